//! One peer, seen from the side that asks: a state machine that finds out what the peer has and we
//! lack, and asks for it, a bounded number of requests at a time.
//!
//! ```text
//! start ─ Hello ─▶ same ───────────────────────────────▶ done
//!            └────▶ differs ─ Control, Runs ... ─ Runs ─▶ done
//! ```
//!
//! What comes in is first looked at here ([`Session::take`]), which also names the requests to send
//! ahead, then admitted by the replica, and then [`Session::next`] names what is still missing.

mod pull;
#[cfg(test)]
mod tests;

use super::message::{Hello, Request, Response};
use crate::authority::Authority;
use crate::codec::Format;
use crate::control::{ControlSet, Record};
use crate::id::CoalitionId;
use crate::key::DeviceId;
use crate::log::Logs;
use crate::run::Run;
use pull::{Asked, Pull};

/// What a session looks at: this node's own state.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The coalition.
    pub coalition: CoalitionId,
    /// The control records held.
    pub control: &'a ControlSet,
    /// What they add up to.
    pub authority: &'a Authority,
    /// The logs held.
    pub logs: &'a Logs,
}

/// A session with one peer.
#[derive(Debug, Default)]
pub struct Session {
    pull: Option<Pull>,
    last_id: u64,
}

/// Whether to ask for more before what came is admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookahead {
    /// Yes: transfer and admission overlap.
    Allowed,
    /// No: too much waits to be admitted already.
    Held,
}

/// What a request that got no answer belonged to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The pull under way, which is over now.
    Pull,
    /// Something else.
    Other,
}

/// What a response brings.
#[derive(Debug)]
pub enum Intake {
    /// Nothing to admit.
    Nothing,
    /// Control records to admit.
    Records(Vec<Record>),
    /// Runs to verify and admit.
    Runs(Vec<Run>),
}

/// What follows after everything that came was admitted.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Send these; nothing when answers are outstanding.
    Ask(Vec<(u64, Request)>),
    /// The pull is over: all that the peer said it has is here.
    Done(Pulled),
}

/// How a pull ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pulled {
    /// Logs whose last entry that counts contradicts ours at the same height, and its place.
    pub conflicts: Vec<(DeviceId, u64)>,
    /// Logs that the peer claimed to have and did not deliver.
    pub withheld: Vec<DeviceId>,
}

/// A peer's answer does not fit the question. The fault is the peer's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// An answer of another kind than the question.
    #[error("the peer's answer is not of the kind that was asked for")]
    Mismatch,
    /// A list of other length than both sides agreed on.
    #[error("the peer's list has {found} items, expected {expected}")]
    Length {
        /// How many came.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// Entries nobody asked for.
    #[error("the peer sent entries that nobody asked for")]
    Unasked,
    /// The peer does not answer us.
    #[error("{0}")]
    Refused(super::message::Refusal),
}

impl Session {
    /// Begins a pull. Nothing when one is under way.
    pub fn start(&mut self, view: View<'_>, nonce: u64) -> Option<(u64, Request)> {
        if self.pull.is_some() {
            return None;
        }
        let id = self.fresh_id();
        self.pull = Some(Pull::new(id, view, nonce));
        let hello = Hello {
            version: Format,
            coalition: view.coalition,
            control: view.control.fingerprint(),
            logs: view.logs.digest(),
            devices: view.logs.devices_digest(),
            nonce,
        };
        Some((id, Request::Hello(hello)))
    }

    /// Whether a pull is under way.
    pub const fn is_pulling(&self) -> bool {
        self.pull.is_some()
    }

    /// Whether the pull under way has not brought what the peer holds yet.
    pub fn is_greeting(&self) -> bool {
        self.pull.as_ref().is_some_and(|pull| pull.asked.values().any(|asked| matches!(asked, Asked::Hello)))
    }

    /// How many entries of a log the peer holds, as it says in the pull under way.
    pub fn theirs(&self, device: &DeviceId) -> Option<u64> {
        let pull = self.pull.as_ref().filter(|pull| !pull.withheld.contains(device))?;
        pull.theirs.iter().find(|(of, _)| of == device).map(|(_, height)| height.entries)
    }

    /// An id for a request outside a pull: applications and hints.
    pub const fn fresh_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Looks at a response: what it brings, and a request to send before it is admitted.
    ///
    /// # Errors
    ///
    /// [`SessionError`]; the pull is over then.
    pub fn take(
        &mut self,
        view: View<'_>,
        id: u64,
        response: Response,
        lookahead: Lookahead,
    ) -> Result<(Intake, Option<(u64, Request)>), SessionError> {
        let Some(pull) = self.pull.as_mut() else { return Ok((Intake::Nothing, None)) };
        let Some(asked) = pull.asked.remove(&id) else {
            // Late, from a pull that was given up.
            return Ok((Intake::Nothing, None));
        };
        match pull.take(view, asked, response) {
            Ok((intake, ahead)) => {
                let request = ahead.filter(|_| lookahead == Lookahead::Allowed).map(|wants| {
                    self.last_id += 1;
                    pull.asked.insert(self.last_id, Asked::Runs(wants.clone()));
                    (self.last_id, Request::Runs(wants))
                });
                Ok((intake, request))
            }
            Err(error) => {
                self.pull = None;
                Err(error)
            }
        }
    }

    /// What is still missing. Call it only once all that came was admitted. None when no pull is under way.
    pub fn next(&mut self, view: View<'_>) -> Option<Next> {
        let pull = self.pull.as_mut()?;
        let mut requests = Vec::new();
        for (asked, request) in pull.missing(view) {
            self.last_id += 1;
            pull.asked.insert(self.last_id, asked);
            requests.push((self.last_id, request));
        }
        if requests.is_empty() && pull.asked.is_empty() {
            return self.pull.take().map(|pull| Next::Done(pull.finish(view)));
        }
        Some(Next::Ask(requests))
    }

    /// A request got no answer. If it belongs to the pull under way, the pull is given up.
    pub fn fail(&mut self, id: u64) -> Failed {
        if self.pull.as_ref().is_some_and(|pull| pull.asked.contains_key(&id)) {
            self.pull = None;
            return Failed::Pull;
        }
        Failed::Other
    }

    /// A log of the pull under way can't be taken from this peer: nothing more of it is asked for.
    pub fn set_aside(&mut self, device: DeviceId) {
        if let Some(pull) = &mut self.pull {
            pull.withheld.insert(device);
        }
    }

    /// A request failed or the peer is gone: the pull is given up; the next one starts afresh.
    pub fn give_up(&mut self) {
        self.pull = None;
    }
}
