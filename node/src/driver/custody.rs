//! What a home may do whose place says that it was copied or moved.
//!
//! A copy reads and keeps itself up to date, and signs nothing: not even where it can be reached, for the home that it
//! was copied from may say so at the same time. A home that was moved speaks, and writes once enough others have
//! said how long its log is.
//!
//! A backup may be made at any moment. So after each write the home's place is made anew: an older copy that is put back
//! over it shows.

use super::Driver;
use crate::handle::CommandError;
use crate::home::{COPIED, Custody, Home, HomeError, LogLength, MOVED, WAIT_FOR_OTHERS, WHICH_GOES_ON};
use crate::setup::SetupError;
use crate::store::{OpenReport, Store};
use crate::trouble::Trouble;
use grid_protocol::key::DeviceId;
use grid_protocol::storage::StorageError;
use std::sync::Arc;
use std::time::Duration;

/// The place is made anew at most once in this time: it costs two syncs.
const PLACE_EVERY: Duration = Duration::from_millis(500);
/// How long it is left alone where that failed.
const PLACE_AGAIN: Duration = Duration::from_secs(60);

/// A home, and whether it may be written.
#[derive(Debug)]
pub(crate) struct Custodian {
    home: Arc<Home>,
    device: DeviceId,
    custody: Custody,
    /// Length of the journal when the place was made.
    noted: u64,
    /// No sooner is it made anew.
    due: Duration,
}

impl Custodian {
    /// Looks at a home and its store, which were just opened, and notes what it found.
    pub(crate) fn begin(home: Arc<Home>, device: DeviceId, store: &Store, report: &OpenReport) -> Self {
        let mut own = Self { custody: home.custody(), home, device, noted: 0, due: Duration::ZERO };
        // Where something is damaged, less may be there by no fault of anybody.
        if own.custody == Custody::Own && report.is_sound() && own.home.is_older(&own.length(store)) {
            own.custody = Custody::Copied;
            told(own.home.doubt());
        }
        if own.custody == Custody::Own {
            own.settle(store);
        }
        own
    }

    /// Whether it may be written.
    pub(crate) const fn custody(&self) -> Custody {
        self.custody
    }

    fn length(&self, store: &Store) -> LogLength {
        LogLength::new(self.device, store.reader().head(&self.device).map_or(0, |head| head.seq + 1))
    }

    /// Notes that this home goes on, here. On a full disk the place that was noted last still holds.
    fn settle(&mut self, store: &Store) -> Noted {
        self.custody = Custody::Own;
        let noted = told(self.home.settle(Some(&self.length(store))));
        if noted == Noted::Yes {
            self.noted = store.journal_length();
        }
        noted
    }

    /// It is the one that goes on, once enough others have said how long its log is.
    fn take_on(&mut self) -> Result<(), HomeError> {
        self.home.take_on()?;
        self.custody = Custody::Moved;
        Ok(())
    }

    fn is_behind(&self, store: &Store) -> bool {
        self.custody == Custody::Own && self.noted != store.journal_length()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Noted {
    Yes,
    No,
}

fn told(noted: Result<(), HomeError>) -> Noted {
    match noted {
        Ok(()) => Noted::Yes,
        Err(error) => {
            tracing::warn!(%error, "the place of the home is not noted");
            Noted::No
        }
    }
}

/// Why nothing may be written in such a home, and what to do.
pub(crate) const fn reason(custody: Custody) -> Option<(&'static str, &'static str)> {
    match custody {
        Custody::Own => None,
        Custody::Moved => Some((MOVED, WAIT_FOR_OTHERS)),
        Custody::Copied => Some((COPIED, WHICH_GOES_ON)),
    }
}

/// The same, as its operator is told.
pub(crate) fn trouble(custody: Custody) -> Option<Trouble> {
    reason(custody).map(|(what, hint)| Trouble { what: what.to_owned(), hint: hint.to_owned() })
}

impl Driver {
    /// Whether entries and records may be signed in this home.
    pub(super) fn may_sign(&self) -> Result<(), CommandError> {
        match reason(self.custodian.custody) {
            None => Ok(()),
            Some((why, hint)) => Err(CommandError::Copied { why, hint }),
        }
    }

    /// Whether this node says nothing of itself.
    pub(super) fn is_silent(&self) -> bool {
        self.custodian.custody == Custody::Copied
    }

    /// Lets a home that was moved go on, once enough groups have said how long its log is, all who are connected have,
    /// and nobody is left to be tried.
    pub(super) async fn go_on(&mut self) {
        if self.custodian.custody != Custody::Moved || self.is_looking_for_others() || !self.replica.knows_own_log() {
            return;
        }
        // Where it can't be noted, the next start asks again.
        self.custodian.settle(self.replica.storage());
        self.confirm_joins().await;
    }

    /// Takes a home on of which its people say that no other copy will run.
    pub(super) fn moved(&mut self) -> Result<(), CommandError> {
        match self.custodian.custody {
            Custody::Own => {
                let error = SetupError::InPlace;
                Err(CommandError::Refused { why: error.to_string(), hint: error.hint() })
            }
            Custody::Moved => Ok(()),
            Custody::Copied => self.custodian.take_on().map_err(|error| {
                CommandError::Storage(StorageError::Io { doing: "note that this home goes on", source: error.into() })
            }),
        }
    }

    /// Makes the place of the home anew where something was written since, and not a moment ago.
    pub(super) fn renew_place(&mut self) {
        if self.clock.now().monotonic < self.custodian.due || !self.custodian.is_behind(self.replica.storage()) {
            return;
        }
        let noted = self.custodian.settle(self.replica.storage());
        // On a slow disk the syncs alone may have taken that long.
        self.custodian.due = self.clock.now().monotonic + if noted == Noted::Yes { PLACE_EVERY } else { PLACE_AGAIN };
    }

    /// The same before the node stops, at once.
    pub(super) fn renew_place_at_the_end(&mut self) {
        if self.custodian.is_behind(self.replica.storage()) {
            self.custodian.settle(self.replica.storage());
        }
    }
}
