//! Whether the store can still be written to, and the wall between its panics and the node.
//!
//! sled fails for good: after its first failed write nothing later reaches the disk. From then on every
//! write is refused until the node is started again; reading goes on as far as sled can read without writing.
//! Damage found while reading is noted in a file, so that the next start builds the store anew.

use super::journal::{is_full, storage_error};
use grid_protocol::storage::StorageError;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is known about the store while it is open.
#[derive(Debug)]
pub(super) struct Health {
    state: Mutex<State>,
    /// Written when damage is found: the next start reads the reason from it.
    note: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Sound,
    Full,
    Failed { doing: &'static str, said: String },
    Damaged { what: String },
}

/// Whether nothing had gone wrong before.
#[derive(PartialEq, Eq)]
enum First {
    Yes,
    No,
}

/// What goes wrong inside a guarded call.
#[derive(Debug)]
pub(super) enum Fault {
    Sled(sled::Error),
    Damaged(String),
}

impl From<sled::Error> for Fault {
    fn from(error: sled::Error) -> Self {
        Self::Sled(error)
    }
}

impl Health {
    pub(super) fn new(note: PathBuf) -> Self {
        Self { state: Mutex::new(State::Sound), note }
    }

    /// Refuses when an earlier write was lost.
    pub(super) fn writable(&self) -> Result<(), StorageError> {
        match self.state().clone() {
            State::Sound => Ok(()),
            State::Full => Err(StorageError::Full),
            State::Failed { doing, said } => Err(StorageError::Io { doing, source: said.into() }),
            State::Damaged { what } => Err(StorageError::Damaged { what }),
        }
    }

    /// Runs `call`; what goes wrong in it, be it a panic, becomes an error and is remembered.
    pub(super) fn guard<T>(
        &self,
        doing: &'static str,
        call: impl FnOnce() -> Result<T, Fault>,
    ) -> Result<T, StorageError> {
        let fault = match catch_unwind(AssertUnwindSafe(call)) {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(fault)) => fault,
            Err(panic) => Fault::Damaged(format!("it could not {doing}: {}", panic_text(panic.as_ref()))),
        };
        Err(match fault {
            Fault::Sled(sled::Error::Io(error)) => {
                let said = error.to_string();
                self.set(if is_full(&error) { State::Full } else { State::Failed { doing, said } });
                storage_error(doing, error)
            }
            Fault::Sled(error @ sled::Error::Corruption { .. }) => self.damaged(error.to_string()),
            Fault::Damaged(what) => self.damaged(what),
            Fault::Sled(error) => {
                tracing::error!(doing, ?error, "the database failed");
                let said = "the database failed; its own words are in the node's log".to_owned();
                self.set(State::Failed { doing, said: said.clone() });
                StorageError::Io { doing, source: said.into() }
            }
        })
    }

    fn damaged(&self, what: String) -> StorageError {
        if self.set(State::Damaged { what: what.clone() }) == First::Yes {
            tracing::error!(what, "the store is damaged");
            // Without the note the next start finds the damage by itself, or this node finds it again.
            let _ = crate::home::write_private(&self.note, what.as_bytes());
        }
        StorageError::Damaged { what }
    }

    /// Keeps the first thing that went wrong: what follows a lost write says nothing about the disk.
    fn set(&self, found: State) -> First {
        let mut state = self.state();
        if *state == State::Sound {
            *state = found;
            First::Yes
        } else {
            First::No
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The message of a panic.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it failed without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_database_are_in_no_error() {
        let dir = tempfile::tempdir().unwrap();
        let health = Health::new(dir.path().join("note"));
        let faults = [
            || Fault::Sled(sled::Error::ReportableBug("a heap item of 77 slots".to_owned())),
            || Fault::Damaged("a heap item of 77 slots".to_owned()),
        ];
        for fault in faults {
            let failed = health.guard("read an entry", || Err::<(), _>(fault())).unwrap_err();
            for error in [failed, health.writable().unwrap_err()] {
                let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                assert!(!format!("{error}{source}").contains("heap"), "{error}: {source}");
            }
        }
    }
}
