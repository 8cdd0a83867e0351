//! A document that is kept apart, because reading it on this machine went wrong.
//!
//! The guard reads bytes that others wrote. Should a fault of ours in it panic, the one document is quarantined here,
//! said plainly, and no other is harmed; with each further change of it, and at the next start, it is tried again.

use super::document::{Incoming, LiveDocument, Row, Wholeness, revive};
use crate::authority::Authority;
use crate::document::{Document, Opening, Quarantine, contained};
use crate::id::{DocumentId, GroupId};
use crate::record::Registry;

/// What brings a document to life from all its changes.
pub(super) type Revive = fn(DocumentId, &Authority, Vec<Incoming>) -> LiveDocument;

/// How it is done.
pub(super) const REVIVE: Revive = revive;

/// Brings a document to life, or keeps it apart.
pub(super) fn revived(revive: Revive, id: DocumentId, authority: &Authority, changes: Vec<Incoming>) -> LiveDocument {
    let opens = |incoming: &Incoming| {
        let opening = incoming.change.opening.as_ref()?;
        authority.keys().is_certified_by(&incoming.device, &opening.owner).then(|| opening.clone())
    };
    let opening = changes.iter().find_map(opens);
    let work = || Ok(revive(id, authority, changes));
    contained("judge", work).unwrap_or_else(|quarantine| LiveDocument::apart(id, opening, quarantine))
}

impl LiveDocument {
    /// A document of which nothing can be told here but what it is.
    fn apart(id: DocumentId, opening: Option<Opening>, quarantine: Quarantine) -> Self {
        let mut apart = Self::new(id);
        apart.opening = opening;
        // Storage has all of it.
        apart.wholeness = Wholeness::Forgetful;
        apart.document = Document::quarantined(id, quarantine.clone());
        apart.quarantine = Some(quarantine);
        apart
    }

    /// Takes changes in, or is kept apart.
    pub(super) fn take_all(&mut self, authority: &Authority, incoming: Vec<Incoming>) {
        self.guarded("judge", |live| incoming.into_iter().for_each(|incoming| live.take(authority, incoming)));
    }

    /// The document as views of this group see it.
    pub fn row_for(&mut self, registry: &Registry, own: Option<GroupId>) -> Row {
        let row = self.guarded("read", |live| live.read_row(registry, own));
        row.unwrap_or_else(|| self.read_row(registry, own))
    }

    /// Does something that a fault of ours may end; then nothing but what the document is stays of it.
    fn guarded<T>(&mut self, step: &'static str, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        match contained(step, || Ok(work(self))) {
            Ok(done) => Some(done),
            Err(quarantine) => {
                let opening = self.opening.take();
                *self = Self::apart(self.id, opening, quarantine);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::documents::{Documents, PARALLEL_FROM, samples::pages_of};
    use super::*;
    use crate::control::sample::Coalition;
    use crate::record::Registry;
    use std::sync::Arc;

    fn is_bad(id: &DocumentId) -> bool {
        id.0[0] < 128
    }

    /// Fails on about half of all documents.
    fn faulty(id: DocumentId, authority: &Authority, changes: Vec<Incoming>) -> LiveDocument {
        assert!(!is_bad(&id), "made up for a test");
        revive(id, authority, changes)
    }

    #[test]
    fn a_panic_of_the_guard_keeps_that_one_document_apart_on_one_thread_and_on_many() {
        let registry = Arc::new(Registry::standard().clone());
        let coalition = Coalition::new();
        let (founder, authority) = (&coalition.founder, Authority::evaluate(&coalition.set()));
        for count in [PARALLEL_FROM as u64 - 1, 2 * PARALLEL_FROM as u64] {
            let pages = pages_of((coalition.id, founder.id), &founder.secrets.device, count, 3);
            let mut documents = Documents::new(coalition.id, registry.clone());
            documents.revive = faulty;
            let rows = documents.read_fresh(pages, &authority);
            assert_eq!(rows.len() as u64, count);
            let (bad, good): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| is_bad(&row.document));
            assert!(!bad.is_empty() && good.iter().all(|row| row.quarantine.is_none()));
            assert!(good.iter().all(|row| row.values.text("title") == "Walk"));
            for row in bad {
                assert!(row.quarantine.as_ref().is_some_and(|why| why.contains("made up for a test")), "{row:?}");
                assert!(row.opening.is_some() && row.heads.is_empty(), "{row:?}");
            }
        }
    }

    #[test]
    fn a_document_that_was_kept_apart_is_neither_read_nor_written_and_is_sound_when_it_is_read_anew() {
        let registry = Registry::standard();
        let coalition = Coalition::new();
        let (founder, authority) = (&coalition.founder, Authority::evaluate(&coalition.set()));
        let (id, changes) = pages_of((coalition.id, founder.id), &founder.secrets.device, 1, 3).remove(0);
        let mut live = revived(REVIVE, id, &authority, changes.clone());
        let before = live.row(registry);
        assert_eq!((before.values.text("title"), &before.quarantine), ("Walk", &None));
        assert_eq!(live.guarded("judge", |_| -> () { panic!("made up for a test") }), None);
        let row = live.row(registry);
        assert_eq!((row.opening, row.quarantine.is_some()), (before.opening.clone(), true));
        assert!(live.document().automerge().is_err() && live.presence().is_err());
        assert!(live.waits() && live.wholeness() == Wholeness::Forgetful, "more of it has it read anew");
        assert_eq!(revived(REVIVE, id, &authority, changes).row(registry), before);
    }
}
