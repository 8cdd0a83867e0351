//! Own entries that are in the journal and not yet in sled.
//!
//! A write is answered once it is in the journal; sled follows when the flusher comes by, or when somebody
//! reads. So nobody waits for sled who only writes.

use super::health::Fault;
use super::trees::Trees;
use grid_protocol::run::VerifiedRun;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The entries, in the order in which they were written.
#[derive(Debug, Default)]
pub(super) struct Owed {
    runs: Mutex<Vec<VerifiedRun>>,
}

impl Owed {
    /// Takes in entries that the journal holds.
    pub(super) fn add(&self, runs: &[VerifiedRun]) {
        self.runs().extend_from_slice(runs);
    }

    /// Gives sled what it is owed. Whoever calls meanwhile waits until it is there.
    pub(super) fn settle(&self, trees: &Trees) -> Result<(), Fault> {
        let mut runs = self.runs();
        if !runs.is_empty() {
            trees.write_runs(&runs)?;
            runs.clear();
        }
        Ok(())
    }

    fn runs(&self) -> MutexGuard<'_, Vec<VerifiedRun>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
