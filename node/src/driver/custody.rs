//! What a home may do whose place says that it was copied or moved.
//!
//! A copy reads and keeps itself up to date, and signs nothing: not even where it can be reached, for the home that it
//! was copied from may say so at the same time. A home that was moved speaks, and writes once enough others have
//! said how long its log is.

use super::Driver;
use crate::handle::CommandError;
use crate::home::{COPIED, Custody, MOVED, WAIT_FOR_OTHERS, WHICH_GOES_ON};
use crate::trouble::Trouble;

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
        match reason(self.custody) {
            None => Ok(()),
            Some((why, hint)) => Err(CommandError::Copied { why, hint }),
        }
    }

    /// Whether this node says nothing of itself.
    pub(super) fn is_silent(&self) -> bool {
        self.custody == Custody::Copied
    }

    /// Lets a home that was moved go on, once enough groups have said how long its log is, all who are connected have,
    /// and nobody is left to be tried.
    pub(super) async fn go_on(&mut self) {
        if self.custody != Custody::Moved || self.is_looking_for_others() || !self.replica.knows_own_log() {
            return;
        }
        if let Err(error) = self.home.settle() {
            // The next start asks again.
            tracing::warn!(%error, "the place of the home is not noted");
        }
        self.custody = Custody::Own;
        self.confirm_joins().await;
    }
}
