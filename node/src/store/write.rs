//! Writing to the store.

use super::health::Fault;
use super::journal::JournalItem;
use super::owed::Due;
use super::rows::{RowFile, RowKey};
use super::{Reader, Store};
use grid_protocol::chain::{BranchEntry, VerifiedBranch};
use grid_protocol::codec;
use grid_protocol::control::Record;
use grid_protocol::entry::Head;
use grid_protocol::id::{DocumentId, EntryId, RecordId};
use grid_protocol::key::DeviceId;
use grid_protocol::run::{Run, VerifiedRun};
use grid_protocol::storage::{Storage, StorageError, StoredEntry};
use std::collections::BTreeSet;
use std::sync::{MutexGuard, PoisonError};

impl Store {
    /// A view for reading, for use on other threads. Let go of every one before the store is opened again.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Length of what this node wrote itself, in bytes.
    pub(crate) const fn journal_length(&self) -> u64 {
        self.journal.length()
    }

    /// Whether writes still succeed.
    ///
    /// # Errors
    ///
    /// What every write fails with until the node is started again.
    pub fn writable(&self) -> Result<(), StorageError> {
        self.reader.health.writable()
    }

    /// Returns when everything written so far would survive a loss of power.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn flush(&self) -> Result<(), StorageError> {
        self.flusher.flush()
    }

    /// Caches a row for a view, or how far rows reach, over an older one. Rows may outlive the entries they were
    /// made from when a crash takes some of these: whoever reads them looks whether they do.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub(crate) fn row_put(&self, key: RowKey, value: &[u8]) -> Result<(), StorageError> {
        self.row_file().as_mut().map_or_else(|| Err(unusable()), |rows| rows.put(key, value))
    }

    /// Forgets a row.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub(crate) fn row_remove(&self, key: RowKey) -> Result<(), StorageError> {
        self.row_put(key, &[])
    }

    /// Hands on every cached row, in the order in which they were kept.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub(crate) fn rows(&self, visit: impl FnMut(RowKey, &[u8])) -> Result<(), StorageError> {
        self.row_file().as_mut().map_or_else(|| Err(unusable()), |rows| rows.read(visit))
    }

    fn row_file(&self) -> MutexGuard<'_, Option<RowFile>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a hint: a receipt, an address, or what else may be lost.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn hint_put(&self, key: &[u8], value: &[u8]) -> Result<(), StorageError> {
        self.write("save a hint", || self.reader.trees.hints.put(key, value))
    }

    /// Forgets a hint.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn hint_remove(&self, key: &[u8]) -> Result<(), StorageError> {
        self.write("remove a hint", || self.reader.trees.hints.remove(key))
    }

    /// Runs one write, unless an earlier one was lost.
    fn write(&self, doing: &'static str, call: impl FnOnce() -> Result<(), Fault>) -> Result<(), StorageError> {
        self.reader.health.writable()?;
        self.reader.health.guard(doing, call)?;
        self.flusher.wake(Due::Soon);
        Ok(())
    }

    /// Takes entries in that sled is given soon.
    fn owe(&self, runs: &[VerifiedRun]) -> Result<(), StorageError> {
        let due = self.reader.owed.add(runs);
        self.reader.add_runs(runs);
        match due {
            Due::Overdue => self.write("save entries", || self.reader.owed.settle(&self.reader.trees)),
            due => {
                self.flusher.wake(due);
                Ok(())
            }
        }
    }

    /// Checks that `runs` can be appended.
    fn check(&self, runs: &[VerifiedRun]) -> Result<(), StorageError> {
        self.reader.index().check(runs)
    }
}

impl Storage for Store {
    fn append(&mut self, runs: &[VerifiedRun]) -> Result<(), StorageError> {
        self.writable()?;
        self.check(runs)?;
        self.owe(runs)
    }

    fn append_own(&mut self, runs: &[VerifiedRun], records: &[Record]) -> Result<(), StorageError> {
        let beside = std::mem::take(&mut self.beside);
        self.writable()?;
        self.check(runs)?;
        let mut items = journal_items(runs, records);
        items.extend(beside.iter().cloned().map(JournalItem::Local));
        self.journal.append(&items)?;
        // From here on it is kept, whatever happens to sled: a second entry at the same place would
        // contradict the first. When sled fails, the next write is refused, and the next start catches up.
        let records = self.write("save own records", || self.reader.trees.write_records(records));
        let beside = beside.iter().try_for_each(|record| self.hint_put(&record.key(), &codec::encode(record)));
        if let Err(error) = self.owe(runs).and(records).and(beside) {
            tracing::error!(%error, "the journal holds what the store could not take");
        }
        Ok(())
    }

    fn put_records(&mut self, records: &[Record], displaced: &[RecordId]) -> Result<(), StorageError> {
        self.write("save control records", || {
            self.reader.trees.write_records(records)?;
            displaced.iter().try_for_each(|id| self.reader.trees.records.remove(id.as_bytes()))
        })
    }

    fn records(&self) -> Result<Vec<Record>, StorageError> {
        self.reader.records()
    }

    fn heads(&self) -> Result<Vec<(DeviceId, Head)>, StorageError> {
        Ok(self.reader.heads())
    }

    fn run(&self, device: &DeviceId, first: u64, budget: usize) -> Result<Option<Run>, StorageError> {
        self.reader.run(device, first, budget)
    }

    fn entry_id(&self, device: &DeviceId, seq: u64) -> Result<Option<EntryId>, StorageError> {
        self.reader.entry_id(device, seq)
    }

    fn document(&self, document: &DocumentId) -> Result<Vec<StoredEntry>, StorageError> {
        self.reader.document(document)
    }

    fn put_branches(&mut self, entries: &[VerifiedBranch]) -> Result<(), StorageError> {
        self.write("save entries behind a cut", || self.reader.trees.write_branches(entries))
    }

    fn branches(&self, document: &DocumentId) -> Result<Vec<BranchEntry>, StorageError> {
        self.reader.branches(document)
    }

    fn branch_documents(&self) -> Result<BTreeSet<(DeviceId, DocumentId)>, StorageError> {
        self.reader.branch_documents()
    }

    fn documents(&self) -> Result<Vec<DocumentId>, StorageError> {
        Ok(self.reader.documents())
    }
}

fn unusable() -> StorageError {
    StorageError::Io { doing: "use the file of rows", source: "it did not open at the start".into() }
}

/// What the journal gets: entries with their own signatures, so that each stands for itself; where only some
/// were kept, the entries up to each of them.
fn journal_items(runs: &[VerifiedRun], records: &[Record]) -> Vec<JournalItem> {
    let entries = runs.iter().flat_map(|run| {
        let alone: Option<Vec<JournalItem>> =
            run.entries().iter().map(|entry| entry.announce().map(JournalItem::Entry)).collect();
        alone.unwrap_or_else(|| run.pieces().into_iter().map(JournalItem::Run).collect())
    });
    entries.chain(records.iter().cloned().map(JournalItem::Record)).collect()
}
