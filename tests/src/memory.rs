//! A storage in memory: for the simulated network, and as the measure of the real one.

use grid_protocol::chain::{BranchEntry, VerifiedBranch};
use grid_protocol::control::Record;
use grid_protocol::entry::{Head, keeps_signature};
use grid_protocol::id::{DocumentId, EntryId, RecordId};
use grid_protocol::key::DeviceId;
use grid_protocol::run::{LeanEntry, Run, VerifiedRun};
use grid_protocol::storage::{Storage, StorageError, StoredEntry};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What an entry of a run is taken to cost beside its body, in bytes.
const ENTRY_COST: usize = 100;

/// Entries and records in memory. Nothing can go wrong with it but a run that doesn't continue its log.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    logs: BTreeMap<DeviceId, Log>,
    documents: BTreeMap<DocumentId, BTreeSet<(DeviceId, u64)>>,
    /// Shared with other storages until it changes, and each record even then.
    records: Arc<BTreeMap<RecordId, Arc<Record>>>,
    branches: BTreeMap<(DocumentId, DeviceId, EntryId), BranchEntry>,
}

/// One log, with the id of each entry.
#[derive(Clone, Debug)]
struct Log {
    entries: Vec<(EntryId, LeanEntry)>,
    head: Head,
}

impl MemoryStorage {
    /// An empty storage.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many entries all logs hold.
    pub fn len(&self) -> usize {
        self.logs.values().map(|log| log.entries.len()).sum()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.logs.is_empty()
    }

    /// The head of one log.
    pub fn head(&self, device: &DeviceId) -> Option<&Head> {
        self.logs.get(device).map(|log| &log.head)
    }

    /// One record.
    pub fn record(&self, id: &RecordId) -> Option<&Record> {
        self.records.get(id).map(|record| &**record)
    }

    /// Holds the same control records as another storage, in the same memory until one of them changes.
    pub fn share_records(&mut self, other: &Self) {
        self.records = other.records.clone();
    }

    /// Whether both hold the same control records in the same memory.
    pub fn shares_records(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.records, &other.records)
    }

    /// Forgets what lies behind an earlier head of a log, as a disk does that lost its last writes.
    pub fn cut_back(&mut self, device: &DeviceId, head: Option<Head>) {
        let Some(log) = self.logs.get_mut(device) else { return };
        let kept = head.map_or(0, |head| head.seq + 1);
        let kept = usize::try_from(kept).expect("a log in memory is no longer than memory");
        for (seq, (_, entry)) in log.entries.drain(kept.min(log.entries.len())..).enumerate() {
            if let Some(places) = self.documents.get_mut(&entry.document) {
                places.remove(&(*device, (kept + seq) as u64));
                if places.is_empty() {
                    self.documents.remove(&entry.document);
                }
            }
        }
        match head {
            Some(head) => log.head = head,
            None => {
                self.logs.remove(device);
            }
        }
    }

    /// Checks that each run continues its log, as it stands or as the runs before leave it.
    fn check(&self, runs: &[VerifiedRun]) -> Result<(), StorageError> {
        let mut moved = BTreeMap::new();
        for run in runs {
            let head = moved.get(&run.device()).or_else(|| self.logs.get(&run.device()).map(|log| &log.head));
            let expected = head.map_or((0, EntryId::ZERO), |head| (head.seq + 1, head.id));
            let first = run.first().header();
            if (first.seq, first.prev) != expected {
                let what = format!("a run starts at {}, its log goes on at {}", first.seq, expected.0);
                return Err(StorageError::Damaged { what });
            }
            moved.insert(run.device(), *run.head());
        }
        Ok(())
    }

    fn append_run(&mut self, run: &VerifiedRun) {
        let device = run.device();
        let log = self.logs.entry(device).or_insert_with(|| Log { entries: Vec::new(), head: *run.head() });
        log.head = *run.head();
        for entry in run.entries() {
            let header = entry.header();
            self.documents.entry(header.document).or_default().insert((device, header.seq));
            let lean = LeanEntry {
                time: header.time,
                kind: header.kind,
                document: header.document,
                body: entry.body().to_vec(),
                signature: entry.signature().copied().filter(|_| keeps_signature(header.seq)),
            };
            log.entries.push((entry.id(), lean));
        }
    }

    fn entry(&self, device: &DeviceId, seq: u64) -> Option<&(EntryId, LeanEntry)> {
        self.logs.get(device)?.entries.get(usize::try_from(seq).ok()?)
    }
}

impl Storage for MemoryStorage {
    fn append(&mut self, runs: &[VerifiedRun]) -> Result<(), StorageError> {
        self.check(runs)?;
        runs.iter().for_each(|run| self.append_run(run));
        Ok(())
    }

    fn append_own(&mut self, runs: &[VerifiedRun], records: &[Record]) -> Result<(), StorageError> {
        self.append(runs)?;
        self.put_records(records, &[])
    }

    fn put_records(&mut self, records: &[Record], displaced: &[RecordId]) -> Result<(), StorageError> {
        if records.is_empty() && displaced.is_empty() {
            return Ok(());
        }
        let held = Arc::make_mut(&mut self.records);
        held.extend(records.iter().map(|record| (record.id(), Arc::new(record.clone()))));
        for id in displaced {
            held.remove(id);
        }
        Ok(())
    }

    fn records(&self) -> Result<Vec<Record>, StorageError> {
        Ok(self.records.values().map(|record| (**record).clone()).collect())
    }

    fn heads(&self) -> Result<Vec<(DeviceId, Head)>, StorageError> {
        Ok(self.logs.iter().map(|(device, log)| (*device, log.head)).collect())
    }

    fn run(&self, device: &DeviceId, first: u64, budget: usize) -> Result<Option<Run>, StorageError> {
        let Some(log) = self.logs.get(device).filter(|log| log.head.seq >= first) else { return Ok(None) };
        let start = usize::try_from(first).expect("a log in memory is no longer than memory");
        let prev = start.checked_sub(1).map_or(EntryId::ZERO, |before| log.entries[before].0);
        let mut run = Run { device: *device, first, prev, entries: Vec::new() };
        let (mut signed, mut cost) = (0, 0);
        for (seq, (_, entry)) in (first..).zip(&log.entries[start..]) {
            cost += entry.body.len() + ENTRY_COST;
            if cost > budget && signed > 0 {
                break;
            }
            let mut entry = entry.clone();
            if seq == log.head.seq {
                entry.signature = Some(log.head.signature);
            }
            run.entries.push(entry);
            if run.entries.last().is_some_and(|entry| entry.signature.is_some()) {
                signed = run.entries.len();
            }
        }
        run.entries.truncate(signed);
        Ok(Some(run))
    }

    fn entry_id(&self, device: &DeviceId, seq: u64) -> Result<Option<EntryId>, StorageError> {
        Ok(self.entry(device, seq).map(|(id, _)| *id))
    }

    fn document(&self, document: &DocumentId) -> Result<Vec<StoredEntry>, StorageError> {
        let places = self.documents.get(document).into_iter().flatten();
        let entries = places.filter_map(|(device, seq)| {
            let (_, entry) = self.entry(device, *seq)?;
            Some(StoredEntry {
                device: *device,
                seq: *seq,
                time: entry.time,
                kind: entry.kind,
                document: entry.document,
                body: entry.body.clone(),
            })
        });
        Ok(entries.collect())
    }

    fn put_branches(&mut self, entries: &[VerifiedBranch]) -> Result<(), StorageError> {
        self.branches.extend(entries.iter().map(|branch| {
            let header = branch.entry().header();
            ((header.document, header.device, branch.entry().id()), branch.proof().clone())
        }));
        Ok(())
    }

    fn branches(&self, document: &DocumentId) -> Result<Vec<BranchEntry>, StorageError> {
        let of_document = self.branches.iter().filter(|((of, ..), _)| of == document);
        Ok(of_document.map(|(_, entry)| entry.clone()).collect())
    }

    fn branch_documents(&self) -> Result<BTreeSet<(DeviceId, DocumentId)>, StorageError> {
        Ok(self.branches.keys().map(|(document, device, _)| (*device, *document)).collect())
    }

    fn documents(&self) -> Result<Vec<DocumentId>, StorageError> {
        Ok(self.documents.keys().copied().collect())
    }
}
