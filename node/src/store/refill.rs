//! The journal written again from the store, where it was lost.

use super::Store;
use super::journal::JournalItem;
use grid_protocol::control::Record;
use grid_protocol::domain;
use grid_protocol::entry::Entry;
use grid_protocol::id::{CoalitionId, GroupId};
use grid_protocol::key::{DeviceId, SecretKey};
use grid_protocol::storage::StorageError;

/// Bytes of entries that are read at a time.
const READ: usize = 1 << 20;

impl Store {
    /// Writes what the store holds of a device's own log and of its group's records into the journal; how
    /// many items. The store keeps few signatures, so each entry is signed again, which gives the same one.
    ///
    /// # Errors
    ///
    /// [`StorageError`]; then the journal is as it was.
    pub fn refill_journal(
        &mut self,
        coalition: CoalitionId,
        group: GroupId,
        key: &SecretKey,
    ) -> Result<usize, StorageError> {
        let device = DeviceId(key.public());
        let is_own = |record: &Record| match record {
            Record::Genesis(genesis) => genesis.body.electors.contains(&group),
            record => record.group() == Some(group),
        };
        let records = self.reader.records()?.into_iter().filter(is_own);
        let locals = self.reader.locals().into_iter().map(JournalItem::Local);
        let mut items: Vec<JournalItem> = records.map(JournalItem::Record).chain(locals).collect();
        let mut next = 0;
        while let Some(run) = self.reader.run(&device, next, READ)? {
            let mut prev = run.prev;
            for entry in run.entries {
                let header = entry.header(coalition, device, next, prev);
                prev = header.id();
                let signature = key.sign(domain::ENTRY, prev.as_bytes());
                items.push(JournalItem::Entry(Entry { header, body: entry.body, signature }));
                next += 1;
            }
        }
        self.journal.append(&items)?;
        Ok(items.len())
    }
}
