//! Reading the store: everything that needs no write, from any thread.

use super::health::{Fault, Health};
use super::index::Index;
use super::owed::Owed;
use super::row;
use super::trees::Trees;
use crate::space::Amount;
use grid_protocol::chain::BranchEntry;
use grid_protocol::codec;
use grid_protocol::control::Record;
use grid_protocol::entry::Head;
use grid_protocol::id::{DocumentId, EntryId};
use grid_protocol::key::{DeviceId, PublicKey};
use grid_protocol::run::Run;
use grid_protocol::storage::{StorageError, StoredEntry};
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// A view of the store for reading, cheap to copy. The store stays open while one is left.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(super) trees: Trees,
    pub(super) index: Arc<RwLock<Index>>,
    pub(super) health: Arc<Health>,
    pub(super) owed: Arc<Owed>,
}

impl Reader {
    /// All control records.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn records(&self) -> Result<Vec<Record>, StorageError> {
        self.health.guard("read the control records", || {
            let values = self.trees.records.iter(&[]);
            values.map(|item| codec::decode(&item?.1).map_err(|error| Fault::Damaged(error.to_string()))).collect()
        })
    }

    /// The heads of all logs.
    pub fn heads(&self) -> Vec<(DeviceId, Head)> {
        self.index().heads().map(|(device, head)| (*device, *head)).collect()
    }

    /// The head of one log.
    pub fn head(&self, device: &DeviceId) -> Option<Head> {
        self.index().head(device).copied()
    }

    /// How much is held of every log. Nothing is read for it.
    pub fn amounts(&self) -> Vec<(DeviceId, Amount)> {
        self.index().amounts().collect()
    }

    /// Entries of a log, as [`Storage::run`](grid_protocol::storage::Storage::run) says.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn run(&self, device: &DeviceId, first: u64, budget: usize) -> Result<Option<Run>, StorageError> {
        match self.head(device) {
            Some(head) if head.seq >= first => self.health.guard("read a log", || {
                self.owed.settle(&self.trees)?;
                self.read_run(device, first, budget, &head)
            }),
            _ => Ok(None),
        }
    }

    fn read_run(&self, device: &DeviceId, first: u64, budget: usize, head: &Head) -> Result<Option<Run>, Fault> {
        let entries = &self.trees.entries;
        let mut run = Run { device: *device, first, prev: EntryId::ZERO, entries: Vec::new() };
        let (mut signed, mut cost) = (0, 0_usize);
        let keys = row::key(device, first)..=row::key(device, head.seq);
        // First what sled may not have yet: it has the rest by then.
        let owed = self.owed.rows(keys.clone());
        let mut kept = entries.tree().range(keys).peekable();
        for seq in first..=head.seq {
            let wanted = row::key(device, seq);
            let row = match kept.next_if(|item| !matches!(item, Ok((key, _)) if key[..] != wanted)) {
                Some(item) => {
                    let (key, raw) = item?;
                    entries.read(&key, &raw)?
                }
                None => match owed.get(&wanted) {
                    Some(row) => row.clone(),
                    None => return Err(Fault::Damaged(format!("entry {seq} of device {device} is missing"))),
                },
            };
            let (prev, mut entry) = row::decode(&row)?;
            cost = cost.saturating_add(entry.body.len() + row::ENTRY_COST);
            if cost > budget && signed > 0 {
                break;
            }
            if seq == first {
                run.prev = prev;
            }
            if seq == head.seq {
                entry.signature = Some(head.signature);
            }
            let ends_here = entry.signature.is_some();
            run.entries.push(entry);
            if ends_here {
                signed = run.entries.len();
            }
        }
        run.entries.truncate(signed);
        Ok((signed > 0).then_some(run))
    }

    /// Id of one entry, when it is kept.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn entry_id(&self, device: &DeviceId, seq: u64) -> Result<Option<EntryId>, StorageError> {
        match self.head(device) {
            Some(head) if head.seq == seq => Ok(Some(head.id)),
            Some(head) if head.seq > seq => self.health.guard("read an entry", || {
                let value = self.entry(device, seq + 1)?;
                value.map(|value| Ok(row::decode_front(&value)?.prev)).transpose()
            }),
            _ => Ok(None),
        }
    }

    /// Every kept entry of a document, by device and seq.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn document(&self, document: &DocumentId) -> Result<Vec<StoredEntry>, StorageError> {
        let places = self.index().document(document);
        self.health
            .guard("read a document", || places.into_iter().map(|(device, seq)| self.read_entry(device, seq)).collect())
    }

    /// The row of an entry.
    fn entry(&self, device: &DeviceId, seq: u64) -> Result<Option<Vec<u8>>, Fault> {
        let key = row::key(device, seq);
        self.owed.row(&key).map_or_else(|| self.trees.entries.get(&key), |row| Ok(Some(row)))
    }

    fn read_entry(&self, device: DeviceId, seq: u64) -> Result<StoredEntry, Fault> {
        let value = self.entry(&device, seq)?;
        let value = value.ok_or_else(|| Fault::Damaged(format!("entry {seq} of device {device} is missing")))?;
        let (_, entry) = row::decode(&value)?;
        Ok(StoredEntry { device, seq, time: entry.time, kind: entry.kind, document: entry.document, body: entry.body })
    }

    /// The entries of a document that were kept apart from the logs, each once.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn branches(&self, document: &DocumentId) -> Result<Vec<BranchEntry>, StorageError> {
        self.health.guard("read entries behind a cut", || {
            let values = self.trees.branches.iter(document.as_bytes());
            values.map(|item| codec::decode(&item?.1).map_err(|error| Fault::Damaged(error.to_string()))).collect()
        })
    }

    /// The documents of which entries were kept apart from a log, with the device whose log it is.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn branch_documents(&self) -> Result<BTreeSet<(DeviceId, DocumentId)>, StorageError> {
        self.health.guard("read entries behind a cut", || {
            let mut documents = BTreeSet::new();
            for key in self.trees.branches.tree().iter().keys() {
                let key = key?;
                let Some((document, rest)) = key.split_first_chunk::<32>() else { continue };
                let Some((device, _)) = rest.split_first_chunk::<32>() else { continue };
                documents.insert((DeviceId(PublicKey(*device)), DocumentId(*document)));
            }
            Ok(documents)
        })
    }

    /// Every document that has entries, by ascending id.
    pub fn documents(&self) -> Vec<DocumentId> {
        let mut documents: Vec<DocumentId> = self.index().documents().copied().collect();
        documents.sort_unstable();
        documents
    }

    /// A hint: a receipt, an address, or what else may be lost.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn hint(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        self.health.guard("read a hint", || self.trees.hints.get(key))
    }

    /// Every hint whose key has this prefix, in the order of the keys.
    pub fn hints_iter(
        &self,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, Vec<u8>), StorageError>> + use<'_> {
        let mut pairs = self.trees.hints.iter(prefix);
        std::iter::from_fn(move || self.health.guard("read the hints", || pairs.next().transpose()).transpose())
    }

    pub(super) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }
}
