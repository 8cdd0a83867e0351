//! A store and a journal written once more, sealed where they were not, or the other way round.
//!
//! The old ones stay as they are; whoever calls puts the new ones in their place. What others wrote is copied
//! too: peers could give it back, but nobody should need them in order to set a passphrase.

use super::health::Fault;
use super::journal::{Journal, JournalItem};
use super::rows::RowFile;
use super::trees::{Trees, Unopened};
use super::{Store, StoreError};
use crate::home::HomePaths;
use crate::vault::Vault;
use grid_protocol::id::CoalitionId;
use grid_protocol::storage::StorageError;
use std::path::Path;

/// Items of the journal that are written at a time.
const CHUNK: usize = 256;

/// What a copy came upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Copied {
    /// Places of the journal that don't read, and are not in the copy.
    pub(crate) damaged: usize,
}

/// Copies store and journal of the home at `from`, which lie as `open` says, into `to`, to lie as `seal` says;
/// then reads the copy through.
///
/// # Errors
///
/// [`StoreError`]; then the copy is of no use.
pub(crate) fn copy(
    from: &Path,
    open: &Vault,
    to: &Path,
    seal: &Vault,
    coalition: CoalitionId,
) -> Result<Copied, StoreError> {
    let (store, _) = Store::open_with(from, coalition, open)?;
    store.flush()?;
    let heads = store.reader.heads();
    let trees = Trees::open(&HomePaths::new(to).store(), &coalition, seal).map_err(|unopened| match unopened {
        Unopened::Refused(error) => error,
        Unopened::Damaged(what) => StoreError::Storage(StorageError::Damaged { what }),
    })?;
    store.reader.health.guard("copy the store", || trees.take(&store.reader.trees))?;
    if let Err(error) = copy_rows(&store, &HomePaths::new(to).store(), seal) {
        tracing::warn!(%error, "rows are not copied: they are read anew");
    }
    drop((trees, store));

    let damaged = copy_journal(from, open, to, seal)?;

    let (copy, report) = Store::open_with(to, coalition, seal)?;
    let is_whole = report.rebuilt.is_none() && report.repaired.is_empty() && report.journal.damaged == 0;
    if !is_whole || copy.reader.heads() != heads {
        let what = "the copy of the store does not read as what was copied".to_owned();
        return Err(StoreError::Storage(StorageError::Damaged { what }));
    }
    copy.flush()?;
    Ok(Copied { damaged })
}

/// Copies the rows; what is missing of them is read anew.
fn copy_rows(store: &Store, to: &Path, seal: &Vault) -> Result<(), StorageError> {
    let mut rows = RowFile::open(to, seal)?;
    let mut copied = Ok(());
    store.rows(|key, value| {
        if copied.is_ok() {
            copied = rows.put(key, value);
        }
    })?;
    copied
}

/// Copies the journal item by item; how many places of it did not read.
fn copy_journal(from: &Path, open: &Vault, to: &Path, seal: &Vault) -> Result<usize, StoreError> {
    let mut waiting: Vec<JournalItem> = Vec::new();
    let (mut copy, _) = Journal::open(&HomePaths::new(to).journal(), seal, |_| Ok::<_, StoreError>(()))?;
    let (_, report) = Journal::open(&HomePaths::new(from).journal(), open, |item| {
        waiting.push(item);
        if waiting.len() == CHUNK {
            copy.append(&waiting)?;
            waiting.clear();
        }
        Ok::<_, StoreError>(())
    })?;
    copy.append(&waiting)?;
    Ok(report.damaged)
}

impl Trees {
    /// Takes in everything that other trees hold; heads last, so that none stands for entries that are gone.
    fn take(&self, from: &Self) -> Result<(), Fault> {
        let pairs = [
            (&from.entries, &self.entries),
            (&from.records, &self.records),
            (&from.hints, &self.hints),
            (&from.branches, &self.branches),
        ];
        for (from, to) in pairs {
            for item in from.iter(&[]) {
                let (key, value) = item?;
                to.put(&key, &value)?;
            }
        }
        for item in &from.heads {
            let (key, value) = item?;
            self.heads.insert(key, value)?;
        }
        self.db.flush()?;
        Ok(())
    }
}
