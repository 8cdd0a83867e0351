//! Entries that count and are not yet in sled.
//!
//! Own ones are in the journal by then, and others' can be fetched again; so nobody waits for sled, whether
//! to write or to read. It follows when the flusher comes by, or when too much is owed.

use super::health::Fault;
use super::row;
use super::trees::Trees;
use grid_protocol::entry::Head;
use grid_protocol::key::DeviceId;
use grid_protocol::run::VerifiedRun;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// From so many bytes on, sled is given what it is owed without waiting for more.
const PRESSING: usize = 128 * 1024;
/// So many bytes may be owed at most: memory.
const MOST: usize = 8 * 1024 * 1024;

/// Whether sled should be given its due at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// The flusher comes by soon enough.
    Soon,
    /// It should come now.
    Now,
    /// Whoever writes has to wait for it.
    Overdue,
}

/// Rows of entries by their keys.
pub(super) type Rows = BTreeMap<[u8; row::KEY], Vec<u8>>;

/// What sled is owed.
#[derive(Debug, Default)]
pub(super) struct Owed {
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    rows: Rows,
    heads: BTreeMap<DeviceId, Head>,
    bytes: usize,
}

impl Owed {
    /// Takes entries in.
    pub(super) fn add(&self, runs: &[VerifiedRun]) -> Due {
        let mut queue = self.queue();
        for run in runs {
            let device = run.device();
            for entry in run.entries() {
                let row = row::encode(entry);
                queue.bytes += row.len();
                queue.rows.insert(row::key(&device, entry.header().seq), row);
            }
            queue.heads.insert(device, *run.head());
        }
        match queue.bytes {
            0..PRESSING => Due::Soon,
            PRESSING..MOST => Due::Now,
            _ => Due::Overdue,
        }
    }

    /// Gives sled what it is owed. Whoever calls meanwhile waits until it is there.
    pub(super) fn settle(&self, trees: &Trees) -> Result<(), Fault> {
        let mut queue = self.queue();
        if !queue.rows.is_empty() {
            trees.write_entries(&queue.rows, &queue.heads)?;
            *queue = Queue::default();
        }
        Ok(())
    }

    /// One row, unless sled has it.
    pub(super) fn row(&self, key: &[u8; row::KEY]) -> Option<Vec<u8>> {
        self.queue().rows.get(key).cloned()
    }

    /// The rows of these keys that sled may not have.
    pub(super) fn rows(&self, keys: RangeInclusive<[u8; row::KEY]>) -> Rows {
        self.queue().rows.range(keys).map(|(key, row)| (*key, row.clone())).collect()
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
