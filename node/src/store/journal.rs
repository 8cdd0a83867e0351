//! The journal: what this node wrote itself, in one plain file that only grows.
//!
//! Own entries and own control records are the only data that peers can't give back, so they are on disk,
//! past every cache, before anybody hears of them. The file is kept whole; the store is rebuilt from it when
//! it is lost. A write that was cut short leaves half a frame at the end, which the next start lays aside;
//! frames behind a damaged place are found again.
//!
//! In a home that has a passphrase every item is sealed.
//!
//! Space is reserved ahead, as zeros: a sync that need not note a new length of the file takes half as long.

use super::LocalRecord;
use super::frame::{self, Frames, HEADER, MAX_PAYLOAD, Step};
use crate::home::{sync_name, write_private};
use crate::vault::{Room, Vault, VaultError};
use grid_protocol::codec;
use grid_protocol::control::Record;
use grid_protocol::entry::Entry;
use grid_protocol::run::Run;
use grid_protocol::storage::StorageError;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// What a journal begins with.
const MAGIC: &[u8; 12] = b"grid journal";
/// The format of a journal whose payloads lie there as they are.
const FORMAT: u32 = 1;
/// The format of one whose payloads are sealed.
const SEALED_FORMAT: u32 = 2;
/// Bytes that are reserved at a time: a few hundred writes.
const RESERVE: u64 = 256 * 1024;

/// One thing that this node wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JournalItem {
    /// An entry of its log.
    Entry(Entry),
    /// A control record.
    Record(Record),
    /// Entries of its log that came back from peers, up to a signature.
    Run(Run),
    /// What stays on this computer of a record.
    Local(LocalRecord),
}

/// What opening a journal came upon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalReport {
    /// Items that were read.
    pub items: usize,
    /// The end of the file, where it was cut off: a write that never finished, so it was never acknowledged.
    pub cut: Option<Cut>,
    /// Places that don't read and have sound frames behind them: the disk lost something.
    pub damaged: usize,
}

/// Bytes at the end of a journal that are no whole frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Where they stood in the journal.
    pub from: u64,
    /// How many there were.
    pub bytes: usize,
    /// The file in which they are kept.
    pub kept_in: PathBuf,
}

/// Why a journal can't be used. The fault is this machine's.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A newer program wrote it.
    #[error("the journal {} has format {found}, this program knows up to {known}", path.display())]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// Newest format that this program knows.
        known: u32,
    },
    /// It is sealed, and does not open; nothing of it was touched.
    #[error("the journal {} can't be opened", path.display())]
    Vault {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: VaultError,
    },
    /// Reading or writing failed.
    #[error("could not {doing} the journal {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// The file behind a journal: what a test replaces to have a disk that is full.
pub(super) trait Medium: Send + Sync {
    fn write_at(&mut self, place: u64, bytes: &[u8]) -> io::Result<()>;
    fn sync(&mut self) -> io::Result<()>;
    fn truncate(&mut self, length: u64) -> io::Result<()>;
}

impl Medium for File {
    fn write_at(&mut self, place: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_all_at(bytes, place)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

/// An open journal.
pub struct Journal {
    medium: Box<dyn Medium>,
    /// Where the next frame goes.
    length: u64,
    /// Where the zeros behind it end.
    reserved: u64,
    vault: Vault,
    state: State,
}

/// Whether the end of the file is known.
enum State {
    Sound,
    /// Half a frame may stand at the end, or a failed sync left the disk in doubt: only a start clears it up.
    InDoubt,
}

impl Journal {
    /// Opens the journal at `path`, or makes it, and hands every item in it to `visit`.
    ///
    /// # Errors
    ///
    /// [`JournalError`], or what `visit` returns.
    pub fn open<E: From<JournalError>>(
        path: &Path,
        vault: &Vault,
        mut visit: impl FnMut(JournalItem) -> Result<(), E>,
    ) -> Result<(Self, JournalReport), E> {
        let file = open_file(path)?;
        let mut report = JournalReport::default();
        let mut frames = after_header(path, &file, vault, &mut report)?;
        let end = loop {
            match frames.next_step().map_err(io_error("read", path))? {
                Step::End { at } => break at,
                Step::Damaged => report.damaged += 1,
                Step::Torn { from, bytes } => {
                    report.cut = Some(cut_off(path, &file, from, &bytes)?);
                    break from;
                }
                Step::Frame(payload) => match codec::decode(&opened(path, vault, payload)?) {
                    Ok(item) => {
                        report.items += 1;
                        visit(item)?;
                    }
                    Err(_) => report.damaged += 1,
                },
            }
        };
        drop(frames);
        let length = begin(path, &file, vault, end)?;
        let reserved = file.metadata().map_err(io_error("read", path))?.len();
        let vault = vault.clone();
        Ok((Self { medium: Box::new(file), length, reserved, vault, state: State::Sound }, report))
    }

    /// Appends items and returns when they would survive a loss of power.
    ///
    /// # Errors
    ///
    /// [`StorageError::Full`] when there is no space: nothing was kept, and a later call works again once
    /// there is. [`StorageError::Io`] otherwise; when not even the half-written rest could be removed, every
    /// later call fails until the journal is opened again.
    pub fn append(&mut self, items: &[JournalItem]) -> Result<(), StorageError> {
        if let State::InDoubt = self.state {
            return Err(StorageError::Io {
                doing: "write to the journal before the node was started again",
                source: "an earlier write failed and could not be undone".into(),
            });
        }
        if items.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        for item in items {
            let payload = self.payload(item);
            if payload.len() > MAX_PAYLOAD {
                let what = format!("an item of {} bytes, expected at most {MAX_PAYLOAD}", payload.len());
                return Err(StorageError::Io { doing: "write to the journal", source: what.into() });
            }
            frame::push_frame(&payload, &mut bytes);
        }
        let end = self.length + bytes.len() as u64;
        self.reserve(end);
        let written = self.medium.write_at(self.length, &bytes).and_then(|()| self.medium.sync());
        match written {
            Ok(()) => {
                self.length = end;
                self.reserved = self.reserved.max(end);
                Ok(())
            }
            Err(error) => {
                let undone = self.medium.truncate(self.length).and_then(|()| self.medium.sync());
                self.reserved = self.length;
                if undone.is_err() || !is_full(&error) {
                    self.state = State::InDoubt;
                }
                Err(storage_error("write to the journal", error))
            }
        }
    }

    /// An item as it is written.
    fn payload(&self, item: &JournalItem) -> Vec<u8> {
        let plain = codec::encode(item);
        match &self.vault {
            Vault::Plain => plain,
            Vault::Sealed(key) => key.seal(Room::Journal, &[], &plain),
        }
    }

    /// Makes room up to `end` and somewhat beyond. Where there is none, the write itself will say so.
    fn reserve(&mut self, end: u64) {
        if end <= self.reserved {
            return;
        }
        let wanted = end.next_multiple_of(RESERVE);
        let zeros = vec![0; usize::try_from(wanted - self.reserved).unwrap_or_default()];
        match self.medium.write_at(self.reserved, &zeros) {
            Ok(()) => self.reserved = wanted,
            Err(error) => {
                tracing::debug!(%error, "no space is reserved for the journal");
                let _ = self.medium.truncate(self.reserved);
            }
        }
    }

    /// Length of what was written, in bytes.
    pub const fn length(&self) -> u64 {
        self.length
    }

    #[cfg(test)]
    pub(super) fn with_medium(medium: Box<dyn Medium>, length: u64) -> Self {
        Self { medium, length, reserved: length, vault: Vault::Plain, state: State::Sound }
    }
}

impl Drop for Journal {
    /// Gives back what was reserved, so that a copy of a home is no longer than it need be.
    fn drop(&mut self) {
        if let State::Sound = self.state {
            let _ = self.medium.truncate(self.length);
        }
    }
}

/// Whether the system says that there is no space.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge | ErrorKind::WriteZero
    )
}

pub(super) fn storage_error(doing: &'static str, error: io::Error) -> StorageError {
    if is_full(&error) { StorageError::Full } else { StorageError::Io { doing, source: error.into() } }
}

/// The first of `NAME-1`, `NAME-2` ... beside `path` that doesn't exist.
pub(super) fn free_name(path: &Path, suffix: &str) -> PathBuf {
    (1_u32..)
        .map(|number| {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".{suffix}-{number}"));
            PathBuf::from(name)
        })
        .find(|candidate| fs::symlink_metadata(candidate).is_err())
        .expect("no directory holds four billion names")
}

fn open_file(path: &Path) -> Result<File, JournalError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(io_error("open", path))
}

/// The header of a new journal.
pub(super) fn header(vault: &Vault) -> [u8; HEADER as usize] {
    let format = match vault {
        Vault::Plain => FORMAT,
        Vault::Sealed(_) => SEALED_FORMAT,
    };
    frame::header_of(MAGIC, format)
}

/// The payload of a sound frame as it was before it was sealed.
fn opened(path: &Path, vault: &Vault, payload: Vec<u8>) -> Result<Vec<u8>, JournalError> {
    match vault {
        Vault::Plain => Ok(payload),
        Vault::Sealed(key) => {
            key.open(Room::Journal, &[], &payload).map_err(|source| JournalError::Vault { path: path.into(), source })
        }
    }
}

/// Reads the header; what follows are frames. A header that doesn't read is taken for a damaged frame.
fn after_header<'a>(
    path: &Path,
    file: &'a File,
    vault: &Vault,
    report: &mut JournalReport,
) -> Result<Frames<Box<dyn io::Read + 'a>>, JournalError> {
    let mut input = BufReader::new(file);
    let mut found = Vec::new();
    input.by_ref().take(HEADER).read_to_end(&mut found).map_err(io_error("read", path))?;
    let expected = header(vault);
    if found == expected || (found.len() < expected.len() && expected.starts_with(&found)) {
        return Ok(Frames::new(Box::new(input), found.len() as u64));
    }
    let format = found.strip_prefix(MAGIC).and_then(|rest| rest.try_into().ok()).map(u32::from_le_bytes);
    match format {
        Some(found) if found > SEALED_FORMAT => {
            Err(JournalError::NewerFormat { path: path.into(), found, known: SEALED_FORMAT })
        }
        Some(SEALED_FORMAT) => Err(JournalError::Vault { path: path.into(), source: VaultError::Locked }),
        Some(FORMAT) => Err(JournalError::Vault { path: path.into(), source: VaultError::Unsealed }),
        Some(_) => {
            report.damaged += 1;
            Ok(Frames::new(Box::new(input), HEADER))
        }
        None => Ok(Frames::new(Box::new(io::Cursor::new(found).chain(input)), 0)),
    }
}

/// Writes the header where there is none yet; returns where the next frame goes.
fn begin(path: &Path, mut file: &File, vault: &Vault, end: u64) -> Result<u64, JournalError> {
    if end >= HEADER {
        return Ok(end);
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(&header(vault)))
        .and_then(|()| file.sync_all())
        .and_then(|()| sync_name(path))
        .map_err(io_error("begin", path))?;
    Ok(HEADER)
}

/// Keeps the torn end in a file of its own, then takes it off.
fn cut_off(path: &Path, file: &File, from: u64, bytes: &[u8]) -> Result<Cut, JournalError> {
    let kept_in = free_name(path, "torn");
    write_private(&kept_in, bytes).map_err(io_error("lay aside the end of", path))?;
    file.set_len(from).and_then(|()| file.sync_all()).map_err(io_error("cut off the end of", path))?;
    Ok(Cut { from, bytes: bytes.len(), kept_in })
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    move |source| JournalError::Io { doing, path: path.into(), source }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("length", &self.length).finish_non_exhaustive()
    }
}
