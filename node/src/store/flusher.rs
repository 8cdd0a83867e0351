//! Brings what was written to the disk in the background, many writes at a time.
//!
//! Own entries are safe in the journal before anybody hears of them, and others' can be fetched again, so
//! nobody waits for this. `flush` of sled leaves a disk's own cache alone: `sync_data` on the file empties it.

use super::health::{Fault, Health};
use super::owed::{Due, Owed};
use super::trees::Trees;
use grid_protocol::storage::StorageError;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long writes are gathered before they are flushed together.
const GATHER: Duration = Duration::from_millis(40);

/// The thread that flushes; stopped and waited for when this is dropped, after a last flush.
#[derive(Debug)]
pub(super) struct Flusher {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    trees: Trees,
    owed: Arc<Owed>,
    file: File,
    health: Arc<Health>,
    wanted: Mutex<Wanted>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Wanted {
    dirty: bool,
    /// Sled is owed more than should wait for the flush.
    pressing: bool,
    stop: bool,
}

impl Flusher {
    /// Starts the thread for the database that lies in `directory`.
    pub(super) fn start(trees: Trees, owed: Arc<Owed>, directory: &Path, health: Arc<Health>) -> io::Result<Self> {
        let file = File::open(directory.join("db"))?;
        let shared = Arc::new(Shared { trees, owed, file, health, wanted: Mutex::default(), changed: Condvar::new() });
        let worker = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("store-flush".into()).spawn(move || worker.work())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Says that something was written, and when sled should have it.
    pub(super) fn wake(&self, due: Due) {
        let mut wanted = self.shared.wanted();
        wanted.pressing |= due != Due::Soon;
        if !wanted.dirty || wanted.pressing {
            wanted.dirty = true;
            self.shared.changed.notify_one();
        }
    }

    /// Flushes now, and returns when everything written before would survive a loss of power.
    pub(super) fn flush(&self) -> Result<(), StorageError> {
        self.shared.flush()
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.shared.wanted().stop = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic in it has been told by its own message.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn work(&self) {
        loop {
            let mut wanted = self.wanted();
            while !wanted.dirty && !wanted.stop {
                wanted = self.changed.wait(wanted).unwrap_or_else(PoisonError::into_inner);
            }
            let Wanted { dirty, stop, .. } = self.gather(wanted);
            if dirty && let Err(error) = self.flush() {
                tracing::error!(%error, "the store can't be written any more");
                return;
            }
            if stop {
                return;
            }
        }
    }

    /// Waits a moment for more; meanwhile sled gets what presses.
    fn gather<'a>(&'a self, mut wanted: MutexGuard<'a, Wanted>) -> Wanted {
        let end = Instant::now() + GATHER;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let idle = |wanted: &mut Wanted| !wanted.stop && !wanted.pressing;
            let gathered = self.changed.wait_timeout_while(wanted, left, idle);
            wanted = gathered.unwrap_or_else(PoisonError::into_inner).0;
            if !wanted.pressing || wanted.stop || left.is_zero() {
                return std::mem::take(&mut *wanted);
            }
            wanted.pressing = false;
            drop(wanted);
            if let Err(error) = self.health.guard("save entries", || self.owed.settle(&self.trees)) {
                tracing::error!(%error, "the store does not take what it is owed");
            }
            wanted = self.wanted();
        }
    }

    fn flush(&self) -> Result<(), StorageError> {
        self.health.guard("bring data to the disk", || {
            self.owed.settle(&self.trees)?;
            self.trees.db.flush()?;
            self.file.sync_data().map_err(|error| Fault::Sled(sled::Error::Io(error)))
        })
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
