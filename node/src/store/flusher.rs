//! Brings what was written to the disk in the background, many writes at a time.
//!
//! Own entries are safe in the journal before anybody hears of them, and others' can be fetched again, so
//! nobody waits for this. `flush` of sled leaves a disk's own cache alone: `sync_data` on the file empties it.

use super::health::{Fault, Health};
use super::owed::Owed;
use super::trees::Trees;
use grid_protocol::storage::StorageError;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

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

    /// Says that something was written.
    pub(super) fn wake(&self) {
        self.shared.wanted().dirty = true;
        self.shared.changed.notify_one();
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
            let gathered = self.changed.wait_timeout_while(wanted, GATHER, |wanted| !wanted.stop);
            let mut wanted = gathered.unwrap_or_else(PoisonError::into_inner).0;
            let Wanted { dirty, stop } = std::mem::take(&mut *wanted);
            drop(wanted);
            if dirty && let Err(error) = self.flush() {
                tracing::error!(%error, "the store can't be written any more");
                return;
            }
            if stop {
                return;
            }
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
