//! The trees of the store, and how sled is opened.
//!
//! | tree | key | value |
//! |---|---|---|
//! | entries | device, seq | see `row` |
//! | heads | device | postcard of the head |
//! | records | id of the control record | its encoding |
//! | branches | document, device, entry id | postcard of the entry and its proof |
//! | hints | as the caller likes | as the caller likes |
//! | pieces | see `wide` | |
//! | meta | `format`, `coalition` | u32 LE; 32 bytes |
//!
//! In a home with a passphrase the format is 2, the values of all but `heads` are sealed, and in `meta` stands
//! `key` in place of `coalition`: its 32 bytes sealed, which shows whether a key is the right one before
//! anything is taken for damaged.

use super::health::{Fault, panic_text};
use super::owed::Rows;
use super::wide::{Wide, WideBatch};
use super::{SEALED_STORE_FORMAT, STORE_FORMAT, StoreError};
use crate::vault::{DataKey, Room, Vault, VaultError};
use grid_protocol::chain::VerifiedBranch;
use grid_protocol::entry::Head;
use grid_protocol::id::CoalitionId;
use grid_protocol::key::DeviceId;
use grid_protocol::{codec, control::Record};
use sled::{Batch, Db, Tree};
use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

/// The pages that sled may keep, in bytes as they lie on the disk; in memory a page is about two and a half times as large.
const CACHE: u64 = 8 * 1024 * 1024;
/// How often, and how long in between, to try again while sled's threads of an earlier use let go of the lock.
const LOCK_TRIES: u32 = 40;
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// Into how many parts sled divides pages, with some to spare, and how many looks at a part it notes before it acts.
const PARTS: usize = 600;
const NOTED: usize = 64;
/// What the sealed name of the coalition is bound to; no tree has this tag.
const META: &[u8] = &[u8::MAX];

/// The trees.
#[derive(Clone, Debug)]
pub(super) struct Trees {
    pub(super) db: Db,
    pub(super) entries: Wide,
    pub(super) heads: Tree,
    pub(super) records: Wide,
    pub(super) hints: Wide,
    pub(super) branches: Wide,
    meta: Tree,
    pieces: Tree,
    pub(super) origin: Origin,
}

/// Whether the trees were there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    New,
    Known,
}

/// Why the trees did not open.
#[derive(Debug)]
pub(super) enum Unopened {
    /// What is on disk can't be used: set aside and built anew.
    Damaged(String),
    /// What is on disk may be sound: left as it is.
    Refused(StoreError),
}

impl From<Fault> for Unopened {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Damaged(what) => Self::Damaged(what),
            Fault::Sled(sled::Error::Io(error)) if is_refusal(error.kind()) => {
                Self::Refused(StoreError::Storage(super::journal::storage_error("open", error)))
            }
            Fault::Sled(error) => Self::Damaged(error.to_string()),
        }
    }
}

impl Trees {
    /// Opens the trees in `path` and checks whose they are, and that they lie as `vault` says.
    pub(super) fn open(path: &Path, coalition: &CoalitionId, vault: &Vault) -> Result<Self, Unopened> {
        let db = open_db(path)?;
        let mut trees = contained(|| {
            let pieces = db.open_tree("pieces")?;
            let wide = |name: &str, tag| {
                Ok::<_, sled::Error>(Wide::new(db.open_tree(name)?, pieces.clone(), tag, vault.clone()))
            };
            Ok(Self {
                entries: wide("entries", 0)?,
                records: wide("records", 1)?,
                hints: wide("hints", 3)?,
                branches: wide("branches", 4)?,
                heads: db.open_tree("heads")?,
                meta: db.open_tree("meta")?,
                pieces,
                db,
                origin: Origin::Known,
            })
        })?;
        let refused = |source| Unopened::Refused(StoreError::Vault { path: path.into(), source });
        match contained(|| Ok(trees.meta.get("format")?))?.as_deref() {
            None => trees.begin(coalition, vault)?,
            Some(bytes) => match (bytes.try_into().map(u32::from_le_bytes), vault) {
                (Ok(found), _) if found > SEALED_STORE_FORMAT => {
                    let (path, known) = (path.into(), SEALED_STORE_FORMAT);
                    return Err(Unopened::Refused(StoreError::NewerFormat { path, found, known }));
                }
                (Ok(SEALED_STORE_FORMAT), Vault::Sealed(_)) | (Ok(STORE_FORMAT), Vault::Plain) => {}
                (Ok(SEALED_STORE_FORMAT), Vault::Plain) => return Err(refused(VaultError::Locked)),
                (Ok(STORE_FORMAT), Vault::Sealed(_)) => return Err(refused(VaultError::Unsealed)),
                _ => return Err(Unopened::Damaged(format!("its format reads {bytes:?}"))),
            },
        }
        let found = match vault {
            Vault::Plain => trees.named(coalition)?,
            Vault::Sealed(key) => trees.sealed_name(key)?.map_err(refused)?,
        };
        match found {
            found if found == *coalition => {
                contained(|| trees.forget_rows(vault))?;
                Ok(trees)
            }
            found => Err(Unopened::Refused(StoreError::WrongCoalition { expected: *coalition, found })),
        }
    }

    /// Takes away the tree in which rows lay before they had a file of their own.
    fn forget_rows(&self, vault: &Vault) -> Result<(), Fault> {
        const ROWS: &str = "rows";
        if self.db.tree_names().iter().any(|name| *name == *ROWS.as_bytes()) {
            Wide::new(self.db.open_tree(ROWS)?, self.pieces.clone(), 2, vault.clone()).clear()?;
            self.db.drop_tree(ROWS)?;
        }
        Ok(())
    }

    /// Lets go of what was read through. sled notes each look at a page, and thinks of what it may keep only when so many
    /// are noted of one part of the pages: after a single pass nearly everything would stay in memory.
    pub(super) fn let_go(&self, spread: &[Vec<u8>]) -> Result<(), Fault> {
        for key in spread.iter().step_by((spread.len() / PARTS).max(1)) {
            for _ in 0..NOTED {
                self.entries.tree().get(key)?;
            }
        }
        Ok(())
    }

    /// Notes how the trees lie; the format last, since what has one is taken for begun.
    fn begin(&mut self, coalition: &CoalitionId, vault: &Vault) -> Result<(), Fault> {
        self.origin = Origin::New;
        contained(|| {
            let format = match vault {
                Vault::Plain => STORE_FORMAT,
                Vault::Sealed(key) => {
                    self.meta.insert("key", key.seal(Room::Store, META, coalition.as_bytes()))?;
                    SEALED_STORE_FORMAT
                }
            };
            self.meta.insert("format", &format.to_le_bytes())?;
            Ok(())
        })
    }

    /// The coalition whose trees these are; the one asked for, where none was noted yet.
    fn named(&self, coalition: &CoalitionId) -> Result<CoalitionId, Unopened> {
        match contained(|| Ok(self.meta.get("coalition")?))?.as_deref() {
            None => {
                contained(|| Ok(self.meta.insert("coalition", coalition.as_bytes()).map(drop)?))?;
                Ok(*coalition)
            }
            Some(bytes) => match bytes.try_into() {
                Ok(found) => Ok(CoalitionId(found)),
                Err(_) => Err(Unopened::Damaged(format!("its coalition reads {bytes:?}"))),
            },
        }
    }

    /// The same where it is sealed: a key that does not open it opens nothing else.
    fn sealed_name(&self, key: &DataKey) -> Result<Result<CoalitionId, VaultError>, Unopened> {
        let sealed = contained(|| Ok(self.meta.get("key")?))?;
        let sealed = sealed.ok_or_else(|| Unopened::Damaged("it does not say which key opens it".to_owned()))?;
        let opened = key.open(Room::Store, META, &sealed);
        Ok(opened.and_then(|name| name.try_into().map(CoalitionId).map_err(|_| VaultError::WrongKey)))
    }

    /// Writes entries, then heads: sled gives back a prefix of what was written, so that after a crash a
    /// head may lag behind its log, and never stand for entries that are gone.
    pub(super) fn write_entries(&self, rows: &Rows, heads: &BTreeMap<DeviceId, Head>) -> Result<(), Fault> {
        let (mut entries, mut tops) = (WideBatch::default(), Batch::default());
        rows.iter().for_each(|(key, row)| self.entries.insert(key, row, &mut entries));
        heads.iter().for_each(|(device, head)| tops.insert(device.as_bytes(), codec::encode(head)));
        self.entries.apply(entries)?;
        Ok(self.heads.apply_batch(tops)?)
    }

    /// Writes entries behind cuts.
    pub(super) fn write_branches(&self, entries: &[VerifiedBranch]) -> Result<(), Fault> {
        entries.iter().try_for_each(|branch| {
            let (header, id) = (branch.entry().header(), branch.entry().id());
            let key = [&header.document.as_bytes()[..], header.device.as_bytes(), id.as_bytes()].concat();
            self.branches.put(&key, &codec::encode(branch.proof()))
        })
    }

    /// Writes control records.
    pub(super) fn write_records(&self, records: &[Record]) -> Result<(), Fault> {
        records.iter().try_for_each(|record| self.records.put(record.id().as_bytes(), &codec::encode(record)))
    }
}

/// Runs a call into sled and makes a panic of it a fault.
pub(super) fn contained<T>(call: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(call))
        .unwrap_or_else(|panic| Err(Fault::Damaged(panic_text(panic.as_ref()).to_owned())))
}

fn open_db(path: &Path) -> Result<Db, Unopened> {
    // sled would open it to everybody on this machine. What stands in the way, sled says better.
    let _ = DirBuilder::new().recursive(true).mode(0o700).create(path);
    let config = sled::Config::new().path(path).cache_capacity(CACHE).flush_every_ms(None);
    for _ in 0..LOCK_TRIES {
        match contained(|| Ok(config.open()?)) {
            // sled gives this case no kind of its own.
            Err(Fault::Sled(sled::Error::Io(error))) if error.to_string().contains("could not acquire lock") => {
                std::thread::sleep(LOCK_PAUSE);
            }
            opened => return Ok(opened?),
        }
    }
    Err(Unopened::Refused(StoreError::InUse { path: path.into() }))
}

/// Errors that say nothing about what is on disk.
fn is_refusal(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::StorageFull
            | ErrorKind::QuotaExceeded
            | ErrorKind::FileTooLarge
            | ErrorKind::OutOfMemory
            | ErrorKind::Interrupted
    )
}
