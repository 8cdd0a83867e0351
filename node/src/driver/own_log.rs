//! This device's own log: whether it may be written, and what the operator is told about it.
//!
//! A home that was restored from a backup does not know what its device has written since. So the first
//! write after a start waits until the addresses of members were tried and the nodes that are connected were
//! compared with: what they hold of this log comes back, and the log goes on behind it. Where it is too late, because two copies have
//! written, the log has an end, and nothing more is written.

use super::Driver;
use super::custody;
use crate::handle::{Answer, Command, CommandError, Target};
use crate::home::Custody;
use crate::node::Dialling;
use crate::start_troubles::MISSING_ENTRIES;
use crate::trouble::Trouble;
use grid_protocol::authority::{Cut, Fault};
use grid_protocol::id::ChangeHash;
use grid_protocol::replica::OwnLog;
use std::collections::VecDeque;
use std::time::Duration;

/// How long the first write waits at most for peers to be compared with.
const PATIENCE: Duration = Duration::from_secs(3);
/// Writes that wait at most; further ones are refused.
const MOST: usize = 256;

/// What the driver knows of its own log.
#[derive(Default)]
pub(super) struct OwnLogState {
    /// How many entries the home held when it was started, and has written since.
    known: u64,
    /// How long the log must be before it may be written: entries of it are in the journal, and those before
    /// them have to come back from peers first.
    needed: u64,
    begun: Begun,
    held: VecDeque<Command>,
    until: Option<Duration>,
    end: Option<End>,
    counted: Option<Counted>,
}

/// How many entries an end takes from a log, as it was when they were counted.
#[derive(Clone, Copy, Debug)]
struct Counted {
    cut: Cut,
    held: u64,
    lost: usize,
}

/// Whether anything was written since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Begun {
    #[default]
    NotYet,
    Writing,
}

/// Why the log has an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Two copies of this home have written from this place on.
    Forked { seq: u64, lost: usize },
    /// This group ended the device.
    Revoked { seq: u64, lost: usize },
    /// Another group certified the device as well.
    Disputed { lost: usize },
}

impl OwnLogState {
    pub(super) fn new(known: u64, needed: u64) -> Self {
        Self { known, needed, ..Self::default() }
    }

    /// The next moment at which writes that wait go on.
    pub(super) fn due(&self) -> Option<Duration> {
        self.until.filter(|_| !self.held.is_empty())
    }

    /// Whether a write waits that is asked for now. `is_compared` says whether all that is connected has said how long
    /// the log is, and nobody is left to be tried.
    fn has_to_wait(&self, now: Duration, custody: Custody, is_compared: impl FnOnce() -> bool) -> bool {
        let over = self.until.is_some_and(|until| now >= until);
        let unsure = || custody == Custody::Moved || !is_compared();
        // Who waits for what is not going to come learns so at once.
        custody != Custody::Copied && self.begun == Begun::NotYet && !over && unsure()
    }

    /// How many entries an end takes: counted once for each end and each length of the log, since each of them is read.
    fn lost<E>(&mut self, cut: Cut, held: u64, count: impl FnOnce() -> Result<usize, E>) -> Result<usize, E> {
        if let Some(counted) = self.counted.filter(|counted| (counted.cut, counted.held) == (cut, held)) {
            return Ok(counted.lost);
        }
        let lost = count()?;
        self.counted = Some(Counted { cut, held, lost });
        Ok(lost)
    }
}

impl Driver {
    /// Whether a write has to wait until peers were compared with.
    pub(super) fn has_to_wait(&self) -> bool {
        let is_compared = || !self.is_looking_for_others() && self.replica.own_log() == OwnLog::Whole;
        self.own_log.has_to_wait(self.clock.now().monotonic, self.custodian.custody(), is_compared)
    }

    /// Whether there are addresses of members that were not tried yet.
    pub(super) fn is_looking_for_others(&self) -> bool {
        self.dialling == Dialling::Automatic && self.book.has_untried(&self.replica.me().device)
    }

    /// Lets a write wait. It stays a change of the record as it was when it was asked for: what comes back
    /// meanwhile is no part of what its writer has seen.
    pub(super) fn hold(&mut self, mut command: Command) {
        if let Command::Write { target, patch, .. } = &mut command
            && patch.based_on.is_empty()
        {
            patch.based_on = self.heads(target);
        }
        if self.own_log.held.len() < MOST {
            let until = self.clock.now().monotonic + PATIENCE;
            self.own_log.until.get_or_insert(until);
            self.own_log.held.push_back(command);
            return;
        }
        let busy = || CommandError::Refused {
            why: "the node has just started and compares its records with other nodes first".to_owned(),
            hint: "try again in a few seconds".to_owned(),
        };
        match command {
            Command::Write { answer, .. } | Command::Remove { answer, .. } => refuse(answer, busy()),
            Command::Import { answer, .. } => refuse(answer, busy()),
            Command::PublishLost { answer, .. } => refuse(answer, busy()),
            Command::Prove { answer, .. } => refuse(answer, busy()),
            _ => {}
        }
    }

    /// The heads of a record as it is shown now.
    fn heads(&self, target: &Target) -> Vec<ChangeHash> {
        let Some(document) = self.outbound.document(target) else { return Vec::new() };
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        views.records.row(&document).map(|row| row.heads.clone()).unwrap_or_default()
    }

    /// The writes that need not wait any longer.
    pub(super) fn released(&mut self) -> VecDeque<Command> {
        if self.own_log.held.is_empty() || self.has_to_wait() {
            return VecDeque::new();
        }
        std::mem::take(&mut self.own_log.held)
    }

    /// The writes that waited were carried out; a later one may have to wait again.
    pub(super) fn end_waiting(&mut self) {
        self.own_log.until = None;
    }

    /// Notes entries that were written.
    pub(super) fn note_written(&mut self, entries: usize) {
        self.own_log.begun = Begun::Writing;
        self.own_log.known += entries as u64;
    }

    /// Whether this device's own log may be written, so that a new entry can't contradict one that is known.
    pub(super) fn whole(&self) -> Result<(), CommandError> {
        if self.replica.is_pairing() {
            return Err(CommandError::Refused {
                why: "this computer waits for your group's other computer, which has to let it in first".to_owned(),
                hint: "keep `grid node` running on both until they have met; see `grid status`".to_owned(),
            });
        }
        if let Some(end) = self.own_log.end {
            let trouble = end.trouble();
            return Err(CommandError::Refused { why: trouble.what, hint: trouble.hint });
        }
        self.may_sign()?;
        let held = self.replica.logs().entries(&self.replica.me().device);
        let needed = self.own_log.needed;
        if held < needed {
            return Err(CommandError::Refused {
                why: format!(
                    "{} of this device's own entries were lost with the store and have not come back from peers yet",
                    needed - held
                ),
                hint: MISSING_ENTRIES.to_owned(),
            });
        }
        match self.replica.own_log() {
            OwnLog::Behind { by } if self.own_log.begun == Begun::NotYet => Err(CommandError::Refused {
                why: format!("{by} entries that this home has written before are on their way back from other nodes"),
                hint: "try again when the node is in sync: see `grid status`".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Looks where the own log ends, now that other records are believed.
    pub(super) fn note_own_end(&mut self) {
        let device = self.replica.me().device;
        let Some(cut) = self.replica.authority().cut(&device) else {
            self.own_log.end = None;
            return;
        };
        let (held, replica) = (self.replica.logs().entries(&device), &mut self.replica);
        let lost = match self.own_log.lost(cut, held, || replica.lost(&device).map(|lost| lost.len())) {
            Ok(lost) => lost,
            Err(error) => {
                self.note_storage(&error);
                0
            }
        };
        let is_fork = |fault: &Fault| matches!(fault, Fault::Forked { device: of, .. } if *of == device);
        if self.replica.authority().keys().is_disputed(&device) {
            self.own_log.end = Some(End::Disputed { lost });
            return;
        }
        let forked = !self.replica.authority().is_revoked(&device) && self.replica.authority().faults().any(is_fork);
        self.own_log.end = Some(match forked {
            true => End::Forked { seq: cut.seq, lost },
            false => End::Revoked { seq: cut.seq, lost },
        });
    }

    /// All that is wrong with this machine.
    pub(super) fn troubles(&self) -> Vec<Trouble> {
        let held = self.replica.logs().entries(&self.replica.me().device);
        let came_back = match held.saturating_sub(self.own_log.known) {
            0 => None,
            count => Some(Trouble {
                what: format!("this home is older than what others hold of it; {count} entries came back"),
                hint: "if it was restored from a backup, all is well; if it was copied, never run both copies"
                    .to_owned(),
            }),
        };
        let end = self.own_log.end.map(End::trouble);
        let own = [custody::trouble(self.custodian.custody()), end, came_back].into_iter().flatten();
        own.chain(self.start_troubles.iter().chain(&self.storage_trouble).cloned()).collect()
    }
}

impl End {
    fn trouble(self) -> Trouble {
        let (what, seq, lost, hint) = match self {
            Self::Forked { seq, lost } => (
                "this home was restored from a copy, or runs twice",
                seq,
                lost,
                "stop every other copy of this home, stop this node, and give it new keys: `grid device renew`; then \
                 `grid device lost --publish` writes again what was lost",
            ),
            Self::Revoked { seq, lost } => (
                "your group has ended this device",
                seq,
                lost,
                "nothing more can be written with its keys: ask for a code on another computer of your group (`grid \
                 device add`) and use it in a new home (`grid device join`)",
            ),
            Self::Disputed { lost } => (
                "another group certified this computer as well, with its keys, so it speaks for nobody",
                0,
                lost,
                "nothing more can be written with its keys: go on with another computer of your group, or in a new home \
                 (`grid group recover --from INVITE`), where `grid device lost --publish` writes again what is lost",
            ),
        };
        let gone = match lost {
            0 => "nothing written here is lost".to_owned(),
            1 => "1 entry written here does not count".to_owned(),
            many => format!("{many} entries written here do not count"),
        };
        Trouble {
            what: format!("{what}: what it writes counts up to entry {seq} only, and {gone}"),
            hint: hint.to_owned(),
        }
    }
}

fn refuse<T>(answer: Answer<T>, error: CommandError) {
    // Whoever asked may be gone.
    let _ = answer.send(Err(error));
}

#[cfg(test)]
mod tests {
    use super::*;
    use grid_protocol::id::EntryId;
    use std::convert::Infallible;

    #[test]
    fn a_write_waits_in_a_home_that_was_moved_though_nobody_is_left_to_be_asked_but_not_for_ever() {
        let mut state = OwnLogState::new(3, 0);
        let waits = |state: &OwnLogState, custody, seconds, compared| {
            state.has_to_wait(Duration::from_secs(seconds), custody, || compared)
        };
        assert!(waits(&state, Custody::Moved, 0, true));
        assert_eq!([true, false].map(|compared| waits(&state, Custody::Own, 0, compared)), [false, true]);
        assert!(!waits(&state, Custody::Copied, 0, false), "nothing is going to come that would help");
        state.until = Some(PATIENCE);
        assert_eq!([2, 3].map(|seconds| waits(&state, Custody::Moved, seconds, true)), [true, false]);
        state.until = None;
        state.begun = Begun::Writing;
        assert!(!waits(&state, Custody::Own, 0, false));
    }

    #[test]
    fn what_an_end_takes_is_counted_once_for_each_end_and_each_length_of_the_log() {
        let (mut state, mut counts) = (OwnLogState::new(3, 0), 0);
        let end = |seq| Cut { seq, entry: EntryId([7; 32]) };
        let mut lost = |cut, held, found| {
            let count = || {
                counts += 1;
                Ok::<usize, Infallible>(found)
            };
            (state.lost(cut, held, count).unwrap(), counts)
        };
        assert_eq!(lost(end(2), 5, 3), (3, 1));
        assert_eq!(lost(end(2), 5, 0), (3, 1), "only something else is believed");
        assert_eq!(lost(end(1), 5, 4), (4, 2));
        assert_eq!(lost(end(1), 6, 5), (5, 3));
        let failed = state.lost(end(0), 6, || Err("the disk fails"));
        assert_eq!((failed, state.lost(end(0), 6, || Ok::<usize, &str>(6))), (Err("the disk fails"), Ok(6)));
    }
}
