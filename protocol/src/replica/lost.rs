//! What a cut takes from its author: listed, so that it can be said again under another device.

use super::Replica;
use crate::control::Cut;
use crate::document::{ChangeBody, Verdict, actor, prescan};
use crate::id::{ChangeHash, DocumentId};
use crate::key::DeviceId;
use crate::storage::{Storage, StorageError};
use crate::time::Timestamp;
use std::ops::Range;

/// Bytes of entries that are read at a time.
const READ: usize = 1 << 20;

/// An entry behind a cut whose change has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Its place in the log.
    pub seq: u64,
    /// Claimed time.
    pub time: Timestamp,
    /// The document.
    pub document: DocumentId,
    /// The change, whose fields the document's history lists.
    pub change: ChangeHash,
}

/// An entry that is held, whether it counts or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its place in the log.
    pub seq: u64,
    /// Claimed time.
    pub time: Timestamp,
    /// The document.
    pub document: DocumentId,
}

impl<S: Storage> Replica<S> {
    /// The entries that are held of a log, from `first` on, those behind a cut too.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn written(&self, device: &DeviceId, first: u64) -> Result<Vec<Written>, StorageError> {
        let (mut next, mut written) = (first, Vec::new());
        while let Some(run) = self.storage.run(device, next, READ)? {
            let entries = (next..).zip(&run.entries);
            written.extend(entries.map(|(seq, entry)| Written { seq, time: entry.time, document: entry.document }));
            next = next.saturating_add(run.entries.len().max(1) as u64);
        }
        Ok(written)
    }

    /// The entries held of a device that a cut took away: those on which nobody has built.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn lost(&mut self, device: &DeviceId) -> Result<Vec<Lost>, StorageError> {
        let Some(cut) = self.authority.cut(device) else { return Ok(Vec::new()) };
        let logged = self.logged(device, cut.seq..u64::MAX)?;
        self.without_effect(logged)
    }

    /// The changes that a log holds at these places.
    pub(super) fn logged(&self, device: &DeviceId, places: Range<u64>) -> Result<Vec<Lost>, StorageError> {
        let (mut next, mut logged) = (places.start, Vec::new());
        while places.contains(&next)
            && let Some(run) = self.storage.run(device, next, READ)?
        {
            for (seq, entry) in (next..places.end).zip(&run.entries) {
                let document = entry.document;
                let Ok(body) = ChangeBody::decode(&entry.body) else { continue };
                let Ok(change) = prescan(&body.change, &actor(&self.me.coalition, &document, device)) else { continue };
                logged.push(Lost { seq, time: entry.time, document, change: change.hash() });
            }
            next = next.saturating_add(run.entries.len().max(1) as u64);
        }
        Ok(logged)
    }

    /// Those of them that count for nothing.
    pub(super) fn without_effect(&mut self, changes: Vec<Lost>) -> Result<Vec<Lost>, StorageError> {
        let mut lost = Vec::new();
        for change in changes {
            let live = self.documents.live(change.document, &self.storage, &self.authority)?;
            if live.document().verdict(&change.change) != Some(&Verdict::Effective) {
                lost.push(change);
            }
        }
        Ok(lost)
    }

    /// The cut that ends a device's log with its first `entries` entries; none where fewer are held.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn cut_after(&self, device: &DeviceId, entries: u64) -> Result<Option<Cut>, StorageError> {
        match entries.checked_sub(1) {
            None => Ok(Some(Cut::NOTHING)),
            Some(last) => Ok(self.storage.entry_id(device, last)?.map(|entry| Cut { seq: entries, entry })),
        }
    }
}
