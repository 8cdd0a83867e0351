//! The Automerge document that the effective changes of a [`Document`] make.

use super::apply::{self, Quarantine};
use super::history::Document;
use super::plain::Plain;
use automerge::Automerge;

/// A document of at most so many changes is saved and loaded after each; a larger one whenever it has
/// grown by a sixteenth, because the check costs as much as the whole document (5 ms at 2,000 changes). One
/// change that only sets values at the root is not checked: that would cost twice what applying it does.
const ALWAYS_CHECKED: usize = 64;

pub(super) enum Built {
    Nothing,
    /// The document with the first so many effective changes in it, and how many it had when it was last
    /// saved and loaded.
    Upto(Box<Automerge>, usize, usize),
    Quarantined(Quarantine),
}

impl Document {
    /// The Automerge document of exactly the effective changes.
    ///
    /// # Errors
    ///
    /// [`Quarantine`] when Automerge cannot build it, until the set of effective changes is another.
    pub fn automerge(&mut self) -> Result<&Automerge, Quarantine> {
        let (mut document, applied, mut checked) = match std::mem::replace(&mut self.built, Built::Nothing) {
            Built::Upto(document, applied, checked) => (document, applied, checked),
            Built::Nothing => (Box::new(Automerge::new()), 0, 0),
            Built::Quarantined(quarantine) => {
                self.built = Built::Quarantined(quarantine.clone());
                return Err(quarantine);
            }
        };
        let new = self.effective.get(applied..).unwrap_or_default();
        if !new.is_empty() {
            let changes = new.iter().filter_map(|hash| self.nodes.get(hash)).map(|node| node.change.clone());
            let (changes, heads) = (changes.collect::<Vec<_>>(), self.heads());
            let total = self.effective.len();
            let plain = total == 1 && changes.iter().all(apply::is_plain);
            let due = !plain && (total <= ALWAYS_CHECKED || total >= checked + checked / 16);
            let done = apply::apply(&mut document, &changes, &heads)
                .and_then(|()| if due { apply::check(&document, &heads) } else { Ok(()) });
            if due {
                checked = total;
            }
            if let Err(quarantine) = done {
                self.built = Built::Quarantined(quarantine.clone());
                return Err(quarantine);
            }
        }
        self.built = Built::Upto(document, self.effective.len(), checked);
        match &self.built {
            Built::Upto(document, ..) => Ok(document),
            _ => Err(Quarantine { step: "build", reason: "nothing was built".to_owned() }),
        }
    }

    /// Reads the Automerge document where a panic in it does no harm.
    ///
    /// # Errors
    ///
    /// [`Quarantine`] as for [`Document::automerge`], and when reading panics.
    pub fn read<T>(&mut self, reader: impl FnOnce(&Automerge) -> T) -> Result<T, Quarantine> {
        let document = self.automerge()?;
        let read = apply::contained("read", || Ok(reader(document)));
        if let Err(quarantine) = &read {
            self.built = Built::Quarantined(quarantine.clone());
        }
        read
    }

    /// What the document holds, where it is one change that only sets values at the root, and Automerge was
    /// not asked yet: for most documents it never has to be.
    pub fn plain(&self) -> Option<Plain<'_>> {
        match (&self.built, self.effective.as_slice()) {
            (Built::Nothing, [only]) => Plain::read(&self.nodes.get(only)?.change),
            _ => None,
        }
    }

    /// Gives back the memory of what can be computed again: the Automerge document and the index.
    pub fn rest(&mut self) {
        self.index = None;
        if matches!(self.built, Built::Upto(..)) {
            self.built = Built::Nothing;
        }
    }
}
