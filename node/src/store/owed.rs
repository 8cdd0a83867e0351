//! Entries that count and are not yet in sled.
//!
//! Own ones are in the journal by then, and others' can be fetched again; so nobody who only writes waits
//! for sled. It follows when the flusher comes by, when somebody reads, or when too much is owed.

use super::health::Fault;
use super::trees::Trees;
use grid_protocol::run::VerifiedRun;
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

/// The entries, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Owed {
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    runs: Vec<VerifiedRun>,
    bytes: usize,
}

impl Owed {
    /// Takes entries in.
    pub(super) fn add(&self, runs: &[VerifiedRun]) -> Due {
        let mut queue = self.queue();
        queue.runs.extend_from_slice(runs);
        queue.bytes += runs.iter().flat_map(VerifiedRun::entries).map(|entry| entry.body().len()).sum::<usize>();
        match queue.bytes {
            0..PRESSING => Due::Soon,
            PRESSING..MOST => Due::Now,
            _ => Due::Overdue,
        }
    }

    /// Gives sled what it is owed. Whoever calls meanwhile waits until it is there.
    pub(super) fn settle(&self, trees: &Trees) -> Result<(), Fault> {
        let mut queue = self.queue();
        if !queue.runs.is_empty() {
            trees.write_runs(&queue.runs)?;
            *queue = Queue::default();
        }
        Ok(())
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
