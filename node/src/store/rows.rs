//! Rows as views read them, and how far they reach: one plain file beside the trees.
//!
//! It is read as a whole when a node starts and not once again, so that a database is of no use: its pages would stay in
//! memory. The file only grows, and is written anew where most of it is old. Nothing is synced: all of it may be
//! lost, and is then made again from the entries.
//!
//! ```text
//! file   "grid rows\0\0\0" | format u32 LE | frame ...
//! frame  as in the journal; its payload: sort of the key u8 | key 32 bytes | value, nothing where it was removed
//! ```
//!
//! What comes later stands for what came before. Where a frame does not read the file ends: behind it may stand how
//! far rows reach that are not there. In a home that has a passphrase values are sealed, bound to their key.

use super::frame::{self, push_frame};
use super::journal::storage_error;
use super::last::{KEY, Place, places};
use crate::vault::{Room, Vault};
use grid_protocol::id::DocumentId;
use grid_protocol::key::{DeviceId, PublicKey};
use grid_protocol::storage::StorageError;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The name of the file in the directory of the store.
const NAME: &str = "rows";
const MAGIC: &[u8; 12] = b"grid rows\0\0\0";
/// A file of another format, or that is sealed where it should not be or the other way round, is begun anew.
const FORMAT: u32 = 1;
const SEALED_FORMAT: u32 = 2;
/// A file that is shorter than this is never written anew.
const SMALL: u64 = 1024 * 1024;
/// So many times as long as what is read from it may a file become.
const SLACK: u64 = 3;
/// A file that is longer was not written here: it is begun anew, as it is read as a whole.
const MOST: u64 = 1 << 31;

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowKey {
    /// The row of a document.
    Row(DocumentId),
    /// How far the rows reflect a log.
    Reach(DeviceId),
    /// Under which authority they were read.
    Authority,
}

impl RowKey {
    fn to_bytes(self) -> [u8; KEY] {
        let (sort, id) = match self {
            Self::Row(document) => (1, document.0),
            Self::Reach(device) => (2, device.0.0),
            Self::Authority => (3, [0; 32]),
        };
        let mut bytes = [sort; KEY];
        bytes[1..].copy_from_slice(&id);
        bytes
    }

    fn of(bytes: &[u8; KEY]) -> Option<Self> {
        let (sort, id) = bytes.split_first()?;
        let id: [u8; 32] = id.try_into().ok()?;
        match sort {
            1 => Some(Self::Row(DocumentId(id))),
            2 => Some(Self::Reach(DeviceId(PublicKey(id)))),
            3 => Some(Self::Authority),
            _ => None,
        }
    }
}

/// The open file.
#[derive(Debug)]
pub(super) struct RowFile {
    path: PathBuf,
    file: File,
    vault: Vault,
    /// Where the next frame goes.
    length: u64,
    /// How long it was when it was written anew, or was read.
    settled: u64,
}

impl RowFile {
    /// Opens the file in the directory of the store, or begins it.
    pub(super) fn open(directory: &Path, vault: &Vault) -> Result<Self, StorageError> {
        let path = directory.join(NAME);
        let open = || {
            let mut options = OpenOptions::new();
            let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
            let length = file.metadata()?.len();
            Ok((file, length))
        };
        let (file, length) = open().map_err(|error| storage_error("open the rows", error))?;
        let mut rows = Self { path, file, vault: vault.clone(), length, settled: length };
        let mut found = [0; frame::HEADER as usize];
        match rows.file.read_exact_at(&mut found, 0) {
            Ok(()) if found == rows.header() && rows.length <= MOST => {}
            _ => rows.clear()?,
        }
        Ok(rows)
    }

    fn header(&self) -> [u8; frame::HEADER as usize] {
        let format = match self.vault {
            Vault::Plain => FORMAT,
            Vault::Sealed(_) => SEALED_FORMAT,
        };
        frame::header_of(MAGIC, format)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) -> Result<(), StorageError> {
        let header = self.header();
        let begun = self.file.set_len(0).and_then(|()| self.file.write_all_at(&header, 0));
        (self.length, self.settled) = (frame::HEADER, frame::HEADER);
        begun.map_err(|error| storage_error("begin the rows", error))
    }

    /// Keeps a value over an older one; nothing as a value takes it away.
    pub(super) fn put(&mut self, key: RowKey, value: &[u8]) -> Result<(), StorageError> {
        let key = key.to_bytes();
        let payload = match &self.vault {
            Vault::Sealed(data) if !value.is_empty() => [&key[..], &data.seal(Room::Rows, &key, value)].concat(),
            _ => [&key[..], value].concat(),
        };
        let mut frame = Vec::with_capacity(payload.len() + 16);
        // What is too long to be read again is read anew from its entries.
        push_frame(if payload.len() > frame::MAX_PAYLOAD { &key } else { &payload }, &mut frame);
        if let Err(error) = self.file.write_all_at(&frame, self.length) {
            // Half a frame ends the file for whoever reads it next: nothing may come behind it.
            let _ = self.file.set_len(self.length);
            return Err(storage_error("save a row", error));
        }
        self.length += frame.len() as u64;
        if self.length > SMALL.max(self.settled.saturating_mul(SLACK)) {
            self.compact()?;
        }
        Ok(())
    }

    /// Hands on what is kept, in the order in which it was.
    pub(super) fn read(&mut self, mut visit: impl FnMut(RowKey, &[u8])) -> Result<(), StorageError> {
        let bytes = self.bytes()?;
        let (places, end) = places(&bytes);
        let mut kept = frame::HEADER;
        for Place { from, to } in places {
            let Some((key, value)) = bytes.get(from..to).and_then(|payload| payload.split_first_chunk::<KEY>()) else {
                continue;
            };
            kept += (to - from + frame::FRAME_HEADER) as u64;
            let Some(named) = RowKey::of(key) else { continue };
            match &self.vault {
                Vault::Plain => visit(named, value),
                // One that does not open is read anew.
                Vault::Sealed(data) => {
                    if let Ok(value) = data.open(Room::Rows, key, value) {
                        visit(named, &value);
                    }
                }
            }
        }
        drop(bytes);
        self.settled = kept;
        if end < self.length {
            self.file.set_len(end).map_err(|error| storage_error("cut off the rows", error))?;
            self.length = end;
        }
        if self.length > SMALL.max(kept.saturating_mul(2)) { self.compact() } else { Ok(()) }
    }

    fn bytes(&self) -> Result<Vec<u8>, StorageError> {
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        let read = match bytes.try_reserve_exact(length) {
            Ok(()) => {
                bytes.resize(length, 0);
                self.file.read_exact_at(&mut bytes, 0)
            }
            Err(_) => Err(io::ErrorKind::OutOfMemory.into()),
        };
        read.map(|()| bytes).map_err(|error| storage_error("read the rows", error))
    }

    /// Writes the file anew without what is old. Where there is no room for that it goes on as it is.
    fn compact(&mut self) -> Result<(), StorageError> {
        let bytes = self.bytes()?;
        let (places, end) = places(&bytes);
        if end != self.length {
            // What follows can't be told from what is old, and how far rows reach would be told without it.
            let what = format!("the rows do not read from {end} on");
            return Err(StorageError::Io { doing: "write the rows anew", source: what.into() });
        }
        let beside = self.path.with_extension("new");
        let header = self.header();
        let written = || -> io::Result<(File, u64)> {
            let mut options = OpenOptions::new();
            let file = options.read(true).write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
            let mut out = BufWriter::new(file);
            out.write_all(&header)?;
            let mut length = frame::HEADER;
            for Place { from, to } in places {
                let frame = bytes.get(from - frame::FRAME_HEADER..to).unwrap_or_default();
                out.write_all(frame)?;
                length += frame.len() as u64;
            }
            let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            fs::rename(&beside, &self.path)?;
            Ok((file, length))
        };
        match written() {
            Ok((file, length)) => (self.file, self.length, self.settled) = (file, length, length),
            Err(error) => {
                tracing::debug!(%error, "the rows are not written anew");
                let _ = fs::remove_file(&beside);
                self.settled = self.length;
            }
        }
        Ok(())
    }
}
