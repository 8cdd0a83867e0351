//! What the protocol asks of whatever keeps its entries and records.
//!
//! Only verified things go in: there is no call that stores anything else. Reading back gives what was
//! put in, or a [`StorageError`]; nothing of it is verified again.

use crate::chain::{BranchEntry, VerifiedBranch};
use crate::control::Record;
use crate::entry::{EntryKind, Head};
use crate::id::{DocumentId, EntryId};
use crate::key::DeviceId;
use crate::run::{Run, VerifiedRun};
use crate::time::Timestamp;
use std::collections::BTreeSet;

/// An entry read back, without what only the chain needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// The log.
    pub device: DeviceId,
    /// Its place in the log.
    pub seq: u64,
    /// Claimed wall clock.
    pub time: Timestamp,
    /// What the body is.
    pub kind: EntryKind,
    /// The document.
    pub document: DocumentId,
    /// The body.
    pub body: Vec<u8>,
}

/// Keeping or reading back failed. The fault is this machine's.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// There is no space left; nothing was written.
    #[error("the disk is full: nothing more can be saved until there is space")]
    Full,
    /// Reading or writing failed.
    #[error("the store could not {doing}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What was read is not what was once written.
    #[error("the store is damaged")]
    Damaged {
        /// What was found where, for a log: people can't do anything with it.
        what: String,
    },
}

/// Entries and control records, kept.
pub trait Storage {
    /// Appends runs, each of which continues its log.
    ///
    /// # Errors
    ///
    /// [`StorageError`]; then none of the runs counts as kept.
    fn append(&mut self, runs: &[VerifiedRun]) -> Result<(), StorageError>;

    /// Appends entries of this node's own log, whether it has just written them or they come back from
    /// peers, and own control records, and returns when they would survive a loss of power.
    ///
    /// # Errors
    ///
    /// [`StorageError`]; then none of it is kept.
    fn append_own(&mut self, runs: &[VerifiedRun], records: &[Record]) -> Result<(), StorageError>;

    /// Keeps control records and forgets those that they displaced.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    fn put_records(&mut self, records: &[Record], displaced: &[crate::id::RecordId]) -> Result<(), StorageError>;

    /// All control records.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    fn records(&self) -> Result<Vec<Record>, StorageError>;

    /// The heads of all logs.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    fn heads(&self) -> Result<Vec<(DeviceId, Head)>, StorageError>;

    /// Entries of a log from `first` on: as many as fit `budget` bytes and end at a signature, at least
    /// up to the first signature; none when the log ends before `first`.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    fn run(&self, device: &DeviceId, first: u64, budget: usize) -> Result<Option<Run>, StorageError>;

    /// Id of one entry, when it is kept.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    fn entry_id(&self, device: &DeviceId, seq: u64) -> Result<Option<EntryId>, StorageError>;

    /// Every kept entry of a document, by device and seq.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    fn document(&self, document: &DocumentId) -> Result<Vec<StoredEntry>, StorageError>;

    /// Keeps entries that were asked for by name, by their ids, apart from the logs.
    ///
    /// # Errors
    ///
    /// [`StorageError`]; then none of them counts as kept.
    fn put_branches(&mut self, entries: &[VerifiedBranch]) -> Result<(), StorageError>;

    /// The entries of a document that were kept apart from the logs, each once.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    fn branches(&self, document: &DocumentId) -> Result<Vec<BranchEntry>, StorageError>;

    /// The documents of which entries were kept apart from a log, with the device whose log it is.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    fn branch_documents(&self) -> Result<BTreeSet<(DeviceId, DocumentId)>, StorageError>;

    /// Every document that has entries.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    fn documents(&self) -> Result<Vec<DocumentId>, StorageError>;
}
