//! What stays on this computer: records and fields that never enter a log.
//!
//! Nobody can give them back, so they are in the journal, and in the store beside it: whichever of the two is lost,
//! the other has them. The latest of a record counts.

use super::journal::JournalItem;
use super::{Reader, Store};
use grid_protocol::codec::{self, Format};
use grid_protocol::document::Opening;
use grid_protocol::id::DocumentId;
use grid_protocol::record::Presence;
use grid_protocol::storage::StorageError;
use grid_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Where they stand among the hints of the store.
const PREFIX: &[u8] = b"local/";

/// What stays on this computer of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalRecord {
    /// The version of this layout.
    pub version: Format<1>,
    /// The record.
    pub document: DocumentId,
    /// What it is.
    pub opening: Opening,
    /// When it was made here.
    pub created: Timestamp,
    /// When it was changed here.
    pub changed: Timestamp,
    /// The fields that stay here, in their JSON form: a kind's fields may differ between versions of the program.
    pub values: String,
    /// Whether it was removed.
    pub presence: Presence,
}

impl LocalRecord {
    /// Its key in the store.
    pub(super) fn key(&self) -> Vec<u8> {
        [PREFIX, self.document.as_bytes()].concat()
    }
}

impl Store {
    /// Keeps what stays here of a record. When this returns it would survive a loss of power.
    ///
    /// # Errors
    ///
    /// [`StorageError`]; then nothing was kept.
    pub fn local_put(&mut self, records: &[LocalRecord]) -> Result<(), StorageError> {
        self.writable()?;
        let items: Vec<JournalItem> = records.iter().cloned().map(JournalItem::Local).collect();
        self.journal.append(&items)?;
        records.iter().try_for_each(|record| self.hint_put(&record.key(), &codec::encode(record)))
    }
}

impl Store {
    /// Keeps these with the next own entries or records, in one write of the journal: all of it or nothing. What an
    /// earlier call named and nothing came with is let go.
    pub fn local_beside(&mut self, records: Vec<LocalRecord>) {
        self.beside = records;
    }
}

impl Reader {
    /// What stays here of a record.
    pub fn local(&self, document: &DocumentId) -> Option<LocalRecord> {
        let value = self.hint(&[PREFIX, document.as_bytes()].concat()).ok().flatten()?;
        codec::decode(&value).ok()
    }

    /// Everything that stays here. What does not read is left out; the journal still has it.
    pub fn locals(&self) -> Vec<LocalRecord> {
        let values = self.hints_iter(PREFIX).filter_map(Result::ok);
        values.filter_map(|(_, value)| codec::decode(&value).ok()).collect()
    }
}
