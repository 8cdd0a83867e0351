//! The Automerge document that the effective changes of a [`Document`] make.

use super::apply::{self, Quarantine};
use super::history::Document;
use super::plain::Plain;
use crate::id::DocumentId;
use crate::limits::MAX_ALWAYS_CHECKED;
use automerge::Automerge;

/// A document of at most so many changes, and few operations, is saved and loaded after each; a larger one whenever
/// its operations have grown by a sixteenth, because the check costs as much as the whole document. One
/// change that only sets values at the root is not checked: that would cost twice what applying it does.
const ALWAYS_CHECKED: usize = 64;

pub(super) enum Built {
    Nothing,
    /// The document with the first so many effective changes in it, and how many operations were known when it was
    /// last saved and loaded.
    Upto(Box<Automerge>, usize, u64),
    Quarantined(Quarantine),
}

impl Document {
    /// A document that nobody reads or writes here.
    pub(crate) fn quarantined(id: DocumentId, quarantine: Quarantine) -> Self {
        let mut document = Self::new(id);
        document.built = Built::Quarantined(quarantine);
        document
    }

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
            let due = !plain && is_due(total, self.operations(), checked);
            let done = apply::apply(&mut document, &changes, &heads)
                .and_then(|()| if due { apply::check(&document, &heads) } else { Ok(()) });
            if due {
                checked = self.operations();
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

/// Whether a document of so many changes and operations is to be saved and loaded, after it was at `checked` operations.
const fn is_due(changes: usize, operations: u64, checked: u64) -> bool {
    (changes <= ALWAYS_CHECKED && operations <= MAX_ALWAYS_CHECKED) || operations >= checked + checked / 16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often a document is saved and loaded that grows by changes of so many operations each.
    fn checks(changes: usize, each: u64) -> usize {
        let (mut checked, mut times) = (0, 0);
        for change in 1..=changes {
            let operations = change as u64 * each;
            if is_due(change, operations, checked) {
                (checked, times) = (operations, times + 1);
            }
        }
        times
    }

    #[test]
    fn a_small_document_is_checked_after_each_change_and_a_large_one_as_it_grows() {
        assert_eq!(checks(64, 10), 64);
        assert_eq!(checks(64, 256), 64);
        // A text of a million letters in 84 changes, and a thousand lines added to it one by one.
        let (mut checked, mut times) = (1_000_000, 0);
        for line in 1..=1_000_u64 {
            if is_due(84, 1_000_000 + 40 * line, checked) {
                (checked, times) = (1_000_000 + 40 * line, times + 1);
            }
        }
        assert_eq!(times, 0);
        // Each check costs the whole document: what all cost together stays in proportion to it.
        assert!(checks(10_000, 100) < 64 + 100, "{}", checks(10_000, 100));
    }
}
