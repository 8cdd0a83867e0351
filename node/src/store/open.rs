//! Opening the store: read it through, or set it aside and build it anew; then catch up with the journal.

use super::check::{self, RepairedLog};
use super::flusher::Flusher;
use super::health::Health;
use super::index::Index;
use super::journal::{Journal, JournalError, JournalItem, JournalReport, free_name};
use super::owed::{Due, Owed};
use super::reader::Reader;
use super::rows::RowFile;
use super::trees::{Origin, Trees, Unopened, contained};
use super::{LocalRecord, Store};
use crate::home::{HomePaths, sync_name};
use crate::vault::{Vault, VaultError};
use grid_protocol::codec;
use grid_protocol::id::{CoalitionId, DocumentId, EntryId};
use grid_protocol::key::DeviceId;
use grid_protocol::run::{Run, RunError, VerifiedRun};
use grid_protocol::storage::StorageError;
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// What opening the store came upon. In a plain case nothing but zeros and `None`.
#[derive(Debug, Default)]
pub struct OpenReport {
    /// The store was built anew; what others wrote has to be fetched again.
    pub rebuilt: Option<Rebuilt>,
    /// What the journal came upon.
    pub journal: JournalReport,
    /// Logs that were cut back; what is missing of them has to be fetched again.
    pub repaired: Vec<RepairedLog>,
    /// Items of the journal that the store did not have yet: a few after a crash, more when sled went back
    /// to an older state. Others' entries may be missing in the same way; syncing brings them back.
    pub replayed: usize,
    /// How the store was let go before.
    pub last_end: LastEnd,
    /// Entries of the journal that the store could not take. While there are some, nothing may be written to
    /// that log: the entries between have to come back from peers first, and the next start takes the rest.
    pub unplaced: Vec<Unplaced>,
}

/// How a store was let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LastEnd {
    /// In the middle of its work, or there was none before: the newest writes may be in the journal alone.
    #[default]
    Sudden,
    /// In order: whatever it lacks was lost afterwards.
    Closed,
}

impl OpenReport {
    /// Whether the store lacks what it once held, and said nothing: sled leaves out what it can't read at
    /// the end of its log.
    pub fn went_back(&self) -> bool {
        self.rebuilt.is_none() && self.last_end == LastEnd::Closed && self.replayed > 0
    }

    /// Whether neither store nor journal lacks anything that can be known of.
    pub fn is_sound(&self) -> bool {
        let journal = &self.journal;
        self.rebuilt.is_none()
            && self.repaired.is_empty()
            && self.unplaced.is_empty()
            && (journal.items > 0 && journal.damaged == 0 && journal.cut.is_none())
    }

    /// How long the log of a device has to be before it may be written again; 0 where none of it waits.
    pub fn needed(&self, device: &DeviceId) -> u64 {
        self.unplaced_of(device).map(Run::end).max().unwrap_or(0)
    }

    /// How many entries of a device lie in the journal and wait for earlier ones.
    pub fn waiting_of(&self, device: &DeviceId) -> usize {
        self.unplaced_of(device).map(|run| run.entries.len()).sum()
    }

    fn unplaced_of(&self, device: &DeviceId) -> impl Iterator<Item = &Run> {
        self.unplaced.iter().map(|unplaced| &unplaced.run).filter(move |run| run.device == *device)
    }
}

/// A store that was built anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Where the damaged one lies now; none when there was nothing left of it.
    pub kept_in: Option<PathBuf>,
    /// What was wrong with it.
    pub reason: String,
}

/// Entries of the journal that the store could not take.
#[derive(Clone, Debug)]
pub struct Unplaced {
    /// The entries.
    pub run: Run,
    /// Why.
    pub why: UnplacedReason,
}

/// Why entries of the journal have no place in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnplacedReason {
    /// They do not continue their log: entries before them are gone.
    Gap,
    /// They break a rule.
    Refused(RunError),
}

/// Why the store can't be used. The fault is this machine's.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A newer program wrote it.
    #[error("the store {} has format {found}, this program knows up to {known}", path.display())]
    NewerFormat {
        /// The directory.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// Newest format that this program knows.
        known: u32,
    },
    /// It belongs to another coalition.
    #[error("the store belongs to coalition {found}, expected {expected}")]
    WrongCoalition {
        /// The coalition that was asked for.
        expected: CoalitionId,
        /// The coalition that it was made for.
        found: CoalitionId,
    },
    /// It is sealed, and does not open; nothing of it was touched.
    #[error("the store {} can't be opened", path.display())]
    Vault {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: VaultError,
    },
    /// Another process uses it, or another part of this one.
    #[error("the store {} is in use", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The journal can't be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Reading or writing failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A file or directory beside the store can't be used.
    #[error("could not {doing} {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl Store {
    /// Opens the store of a home without a passphrase, or makes it; see [`Store::open_with`].
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub fn open(dir: &Path, coalition: CoalitionId) -> Result<(Self, OpenReport), StoreError> {
        Self::open_with(dir, coalition, &Vault::Plain)
    }

    /// Opens the store of the home at `dir`, or makes it.
    ///
    /// A store that is damaged is set aside and built anew from the journal; the report says so, and the
    /// caller tells the owner and fetches the rest from peers.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; then nothing was set aside, and the journal holds what it held.
    pub fn open_with(dir: &Path, coalition: CoalitionId, vault: &Vault) -> Result<(Self, OpenReport), StoreError> {
        let paths = HomePaths::new(dir);
        let note = paths.store_note();
        let closed = Closed { path: paths.store_closed() };
        let mut report = OpenReport { last_end: closed.take(), ..OpenReport::default() };
        let (trees, index) = match noted_damage(&note)? {
            Some(reason) => rebuild(&paths, coalition, vault, reason, &mut report)?,
            None => match load(&paths.store(), coalition, vault) {
                Ok((trees, index, repaired)) => {
                    report.repaired = repaired;
                    (trees, index)
                }
                Err(Unopened::Refused(error)) => return Err(error),
                Err(Unopened::Damaged(reason)) => rebuild(&paths, coalition, vault, reason, &mut report)?,
            },
        };
        let health = Arc::new(Health::new(note));
        let mut replay = Replay {
            trees,
            index,
            coalition,
            health: Arc::clone(&health),
            owed: Owed::default(),
            locals: BTreeMap::new(),
            report,
        };
        let (journal, journal_report) = Journal::open(&paths.journal(), vault, |item| replay.take(item))?;
        replay.settle(&journal_report)?;
        let Replay { trees, index, owed, mut report, .. } = replay;
        if trees.origin == Origin::New && journal_report.items > 0 && report.rebuilt.is_none() {
            let reason = "it was gone or empty, while the journal was not".to_owned();
            report.rebuilt = Some(Rebuilt { kept_in: None, reason });
        }
        report.journal = journal_report;

        let directory = paths.store();
        let owed = Arc::new(owed);
        let flusher = Flusher::start(trees.clone(), Arc::clone(&owed), &directory, Arc::clone(&health))
            .map_err(|source| StoreError::Io { doing: "flush", path: directory, source })?;
        flusher.flush()?;
        let rows = RowFile::open(&paths.store(), vault).and_then(|mut rows| match report.repaired.is_empty() {
            true => Ok(rows),
            // They were made of entries that may be gone.
            false => rows.clear().map(|()| rows),
        });
        let rows = Mutex::new(rows.inspect_err(|error| tracing::warn!(%error, "rows are not kept")).ok());
        let reader = Reader { trees, index: Arc::new(RwLock::new(index)), health: Arc::clone(&health), owed };
        Ok((Self { flusher, reader, journal, rows, beside: Vec::new(), _ending: Ending { closed, health } }, report))
    }
}

/// The file that says that the store was closed in order.
#[derive(Debug)]
struct Closed {
    path: PathBuf,
}

impl Closed {
    /// Whether it was; from now on it is open.
    fn take(&self) -> LastEnd {
        match fs::remove_file(&self.path) {
            Ok(()) => LastEnd::Closed,
            Err(_) => LastEnd::Sudden,
        }
    }
}

/// The last that is dropped of a store: notes that all before it went well.
#[derive(Debug)]
pub(super) struct Ending {
    closed: Closed,
    health: Arc<Health>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        if self.health.writable().is_ok() {
            // Without the note the next start takes the end for a sudden one.
            let _ = crate::home::write_private(&self.closed.path, b"");
        }
    }
}

fn load(directory: &Path, coalition: CoalitionId, vault: &Vault) -> Result<(Trees, Index, Vec<RepairedLog>), Unopened> {
    let trees = Trees::open(directory, &coalition, vault)?;
    let (index, repaired) = contained(|| check::load(&trees, coalition))?;
    Ok((trees, index, repaired))
}

/// Moves the damaged store away and opens an empty one.
fn rebuild(
    paths: &HomePaths,
    coalition: CoalitionId,
    vault: &Vault,
    reason: String,
    report: &mut OpenReport,
) -> Result<(Trees, Index), StoreError> {
    let store = paths.store();
    wait_until_let_go(&store);
    let aside = free_name(&store, "damaged");
    let moved = match fs::rename(&store, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        moved => moved.and_then(|()| sync_name(&store)).map(|()| Some(aside)),
    };
    let kept_in = moved.map_err(|source| StoreError::Io { doing: "set aside", path: store.clone(), source })?;
    let note = paths.store_note();
    match fs::remove_file(&note) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            return Err(StoreError::Io { doing: "remove", path: note, source });
        }
        _ => {}
    }
    let (trees, index, _) = load(&store, coalition, vault).map_err(|unopened| match unopened {
        Unopened::Refused(error) => error,
        Unopened::Damaged(what) => StoreError::Storage(StorageError::Damaged { what }),
    })?;
    report.rebuilt = Some(Rebuilt { kept_in, reason });
    Ok((trees, index))
}

/// The threads of a sled that failed may still write under the old name; its lock shows when they are gone.
fn wait_until_let_go(store: &Path) {
    const TRIES: u32 = 40;
    let Ok(file) = File::open(store.join("db")) else { return };
    for _ in 0..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(50)),
            _ => return,
        }
    }
}

/// What an earlier use of the store noted about it.
fn noted_damage(note: &Path) -> Result<Option<String>, StoreError> {
    match fs::read(note) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StoreError::Io { doing: "read", path: note.into(), source }),
    }
}

/// Gives the store what the journal has and it has not.
struct Replay {
    trees: Trees,
    index: Index,
    coalition: CoalitionId,
    health: Arc<Health>,
    owed: Owed,
    /// What stays here, as the journal says last.
    locals: BTreeMap<DocumentId, LocalRecord>,
    report: OpenReport,
}

impl Replay {
    fn take(&mut self, item: JournalItem) -> Result<(), StoreError> {
        match item {
            JournalItem::Entry(entry) => self.take_run(entry.into()),
            JournalItem::Run(run) => self.take_run(run),
            JournalItem::Local(record) => {
                self.locals.insert(record.document, record);
                Ok(())
            }
            JournalItem::Record(record) => {
                let known = self.health.guard("read a control record", || {
                    Ok(self.trees.records.tree().contains_key(record.id().as_bytes())?)
                })?;
                if !known {
                    self.report.replayed += 1;
                    self.health
                        .guard("save a control record", || self.trees.write_records(std::slice::from_ref(&record)))?;
                }
                Ok(())
            }
        }
    }

    fn take_run(&mut self, run: Run) -> Result<(), StoreError> {
        let head = self.index.head(&run.device);
        let (next, prev) = head.map_or((0, EntryId::ZERO), |head| (head.seq + 1, head.id));
        if run.end() <= next {
            return Ok(());
        }
        let unplaced = |why| Unplaced { run: run.clone(), why };
        if run.first > next {
            self.report.unplaced.push(unplaced(UnplacedReason::Gap));
            return Ok(());
        }
        let rest = match run.clone().verify(&self.coalition) {
            Ok(verified) => verified.from_seq(next).filter(|rest| rest.first().header().prev == prev),
            Err(error) => {
                self.report.unplaced.push(unplaced(UnplacedReason::Refused(error)));
                return Ok(());
            }
        };
        let Some(rest) = rest else {
            self.report.unplaced.push(unplaced(UnplacedReason::Gap));
            return Ok(());
        };
        if self.owed.add(std::slice::from_ref(&rest)) == Due::Overdue {
            self.health.guard("save entries", || self.owed.settle(&self.trees))?;
        }
        self.index.add_run(&rest);
        self.report.replayed += rest.entries().len();
        Ok(())
    }

    /// Places what had none as it was read: entries before it may have come back later.
    fn settle(&mut self, journal: &JournalReport) -> Result<(), StoreError> {
        let mut unplaced = std::mem::take(&mut self.report.unplaced);
        unplaced.sort_by_key(|unplaced| (unplaced.run.device, unplaced.run.first));
        unplaced.into_iter().try_for_each(|unplaced| self.take_run(unplaced.run))?;
        for record in std::mem::take(&mut self.locals).into_values() {
            let value = codec::encode(&record);
            // Of a journal that lost something the store may have a later word.
            let is_whole = journal.damaged == 0 && journal.cut.is_none();
            let is_later = |known: &[u8]| {
                let known = codec::decode::<LocalRecord>(known);
                !is_whole && known.is_ok_and(|known| known.changed > record.changed)
            };
            self.health.guard("save what stays here", || match self.trees.hints.get(&record.key())? {
                Some(known) if known == value || is_later(&known) => Ok(()),
                _ => self.trees.hints.put(&record.key(), &value),
            })?;
        }
        Ok(())
    }
}

impl Reader {
    /// Adds runs that were written to the index.
    pub(super) fn add_runs(&self, runs: &[VerifiedRun]) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        runs.iter().for_each(|run| index.add_run(run));
    }
}
