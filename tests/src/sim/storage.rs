//! A disk that forgets: what others sent is safe only a moment after it was written, as in the real
//! store; what the node itself wrote is safe at once.

use super::history::{Stored, Witness};
use crate::memory::MemoryStorage;
use grid_protocol::chain::{BranchEntry, VerifiedBranch};
use grid_protocol::control::Record;
use grid_protocol::entry::Head;
use grid_protocol::id::{DocumentId, EntryId, RecordId};
use grid_protocol::key::DeviceId;
use grid_protocol::run::{Run, VerifiedRun};
use grid_protocol::storage::{Storage, StorageError, StoredEntry};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long others' entries and records may be lost to a loss of power.
const FLUSHED_AFTER: Duration = Duration::from_millis(50);

/// The virtual time, shared by a world and its disks.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    /// Since the beginning of the world.
    pub fn now(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed))
    }

    pub(super) fn set(&self, now: Duration) {
        self.0.store(u64::try_from(now.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// Whether a disk takes more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// It does.
    Enough,
    /// It is full.
    None,
}

/// A storage in memory that loses its last writes when the power goes.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    inner: MemoryStorage,
    clock: Clock,
    full: Arc<AtomicBool>,
    /// Writes of others' entries and records that still fit; none where nobody counts.
    left: Arc<Mutex<Option<u64>>>,
    recent: Vec<(Duration, Undo)>,
    witness: Option<Witness>,
    /// How often control records have come or gone.
    turns: u64,
}

/// How to take one write back.
#[derive(Clone, Debug)]
enum Undo {
    Log { device: DeviceId, head: Option<Head> },
    Records { added: Vec<RecordId>, displaced: Vec<Record> },
}

impl Disk {
    /// An empty disk.
    pub fn new(clock: Clock) -> Self {
        Self { clock, ..Self::default() }
    }

    /// Somebody is told from now on what the disk does.
    pub fn watch(&mut self, witness: Witness) {
        self.witness = Some(witness);
    }

    /// Holds the same control records as another disk, in the same memory until one of them changes.
    pub fn share_records(&mut self, other: &Self) {
        self.inner.share_records(&other.inner);
    }

    fn tell(&self, runs: &[VerifiedRun]) {
        if let Some(witness) = &self.witness {
            runs.iter().for_each(|run| witness.tell(Stored::run(run)));
        }
    }

    /// What lies on it.
    pub const fn content(&self) -> &MemoryStorage {
        &self.inner
    }

    /// How often control records have come or gone.
    pub const fn turns(&self) -> u64 {
        self.turns
    }

    /// Makes the disk full, or gives it room again.
    pub fn set_room(&self, room: Room) {
        self.full.store(room == Room::None, Ordering::Relaxed);
    }

    /// Makes the disk full after so many further writes.
    pub fn fill_after(&self, writes: u64) {
        *self.left.lock().expect("no test panics while it holds this") = Some(writes);
    }

    /// The power goes: what was not safe yet is lost.
    pub fn lose_power(&mut self) {
        let safe = self.clock.now().saturating_sub(FLUSHED_AFTER);
        for (at, undo) in std::mem::take(&mut self.recent).into_iter().rev() {
            if at < safe {
                break;
            }
            match undo {
                Undo::Log { device, head } => {
                    self.inner.cut_back(&device, head);
                    if let Some(witness) = &self.witness {
                        let kept = head.map_or(0, |head| head.seq + 1);
                        witness.tell(Stored::CutBack { device, kept });
                    }
                }
                Undo::Records { added, displaced } => {
                    self.turns += 1;
                    let written = self.inner.put_records(&displaced, &added);
                    written.expect("a storage in memory takes every record");
                }
            }
        }
    }

    fn check_room(&self) -> Result<(), StorageError> {
        let mut left = self.left.lock().expect("no test panics while it holds this");
        if self.full.load(Ordering::Relaxed) || *left == Some(0) {
            return Err(StorageError::Full);
        }
        *left = left.map(|left| left - 1);
        Ok(())
    }

    fn note(&mut self, undo: Undo) {
        let now = self.clock.now();
        let safe = now.saturating_sub(FLUSHED_AFTER);
        if self.recent.last().is_some_and(|(at, _)| *at < safe) {
            self.recent.clear();
        }
        self.recent.push((now, undo));
    }
}

impl Storage for Disk {
    fn append(&mut self, runs: &[VerifiedRun]) -> Result<(), StorageError> {
        self.check_room()?;
        for run in runs {
            let device = run.device();
            self.note(Undo::Log { device, head: self.inner.head(&device).copied() });
        }
        self.inner.append(runs)?;
        self.tell(runs);
        Ok(())
    }

    fn append_own(&mut self, runs: &[VerifiedRun], records: &[Record]) -> Result<(), StorageError> {
        self.check_room()?;
        self.inner.append_own(runs, records)?;
        self.turns += u64::from(!records.is_empty());
        self.tell(runs);
        Ok(())
    }

    fn put_records(&mut self, records: &[Record], displaced: &[RecordId]) -> Result<(), StorageError> {
        self.check_room()?;
        let added = records.iter().map(Record::id).filter(|id| self.inner.record(id).is_none()).collect();
        let displaced_records = displaced.iter().filter_map(|id| self.inner.record(id).cloned()).collect();
        self.note(Undo::Records { added, displaced: displaced_records });
        self.turns += 1;
        self.inner.put_records(records, displaced)
    }

    fn records(&self) -> Result<Vec<Record>, StorageError> {
        self.inner.records()
    }

    fn heads(&self) -> Result<Vec<(DeviceId, Head)>, StorageError> {
        self.inner.heads()
    }

    fn run(&self, device: &DeviceId, first: u64, budget: usize) -> Result<Option<Run>, StorageError> {
        self.inner.run(device, first, budget)
    }

    fn entry_id(&self, device: &DeviceId, seq: u64) -> Result<Option<EntryId>, StorageError> {
        self.inner.entry_id(device, seq)
    }

    fn document(&self, document: &DocumentId) -> Result<Vec<StoredEntry>, StorageError> {
        self.inner.document(document)
    }

    fn put_branches(&mut self, entries: &[VerifiedBranch]) -> Result<(), StorageError> {
        self.check_room()?;
        self.inner.put_branches(entries)
    }

    fn branches(&self, document: &DocumentId) -> Result<Vec<BranchEntry>, StorageError> {
        self.inner.branches(document)
    }

    fn branch_documents(&self) -> Result<BTreeSet<(DeviceId, DocumentId)>, StorageError> {
        self.inner.branch_documents()
    }

    fn documents(&self) -> Result<Vec<DocumentId>, StorageError> {
        self.inner.documents()
    }
}
