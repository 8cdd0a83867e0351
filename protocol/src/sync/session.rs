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

use super::message::{BucketWant, ControlSummary, Height, Hello, LogSummary, LogWant, Request, Response, Rest};
use crate::authority::Authority;
use crate::codec::Format;
use crate::control::{ControlSet, Record};
use crate::id::CoalitionId;
use crate::key::DeviceId;
use crate::limits::{MAX_REQUEST, MAX_RUNS_IN_FLIGHT};
use crate::log::Logs;
use crate::run::Run;
use std::collections::{BTreeMap, BTreeSet};

/// Logs that one request asks for at most.
const LOGS_PER_REQUEST: usize = 512;
/// Bytes of one request for control records at most: a request, less room for what is around them.
const CONTROL_REQUEST: usize = MAX_REQUEST - MAX_REQUEST / 8;
/// Bytes in which a bucket names one record that is held.
const HELD: usize = 8;
/// Bytes in which a bucket names itself, and how many records follow.
const BUCKET: usize = 1 + 5;
/// Rounds of control records in one pull, each up to a frame: what does not fit waits for the next pull.
const CONTROL_ROUNDS: u32 = 64;

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

#[derive(Debug)]
struct Pull {
    nonce: u64,
    /// Our devices when the hello went out: heights come in this order.
    devices: Vec<DeviceId>,
    asked: BTreeMap<u64, Asked>,
    /// The peer's logs, as it said; empty until it answered.
    theirs: Vec<(DeviceId, Height)>,
    /// Buckets that differ and were not asked for yet.
    buckets: BTreeSet<u8>,
    control_rounds: u32,
    /// Per log the next entry to ask for, when it is ahead of what is held.
    ahead: BTreeMap<DeviceId, u64>,
    withheld: BTreeSet<DeviceId>,
}

#[derive(Debug)]
enum Asked {
    Hello,
    Control(Vec<u8>),
    Runs(Vec<LogWant>),
}

impl Session {
    /// Begins a pull. Nothing when one is under way.
    pub fn start(&mut self, view: View<'_>, nonce: u64) -> Option<(u64, Request)> {
        if self.pull.is_some() {
            return None;
        }
        let id = self.fresh_id();
        self.pull = Some(Pull {
            nonce,
            devices: view.logs.all_counted().map(|(device, _)| device).collect(),
            asked: BTreeMap::from([(id, Asked::Hello)]),
            theirs: Vec::new(),
            buckets: BTreeSet::new(),
            control_rounds: 0,
            ahead: BTreeMap::new(),
            withheld: BTreeSet::new(),
        });
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

impl Pull {
    fn take(
        &mut self,
        view: View<'_>,
        asked: Asked,
        response: Response,
    ) -> Result<(Intake, Option<Vec<LogWant>>), SessionError> {
        match (asked, response) {
            (Asked::Hello, Response::Hello { control, logs }) => {
                self.compare(view, control, logs)?;
                Ok((Intake::Nothing, None))
            }
            (Asked::Control(buckets), Response::Control { records, rest }) => {
                if rest == Rest::More && !records.is_empty() && self.control_rounds < CONTROL_ROUNDS {
                    self.buckets.extend(buckets);
                }
                Ok((Intake::Records(records), None))
            }
            (Asked::Runs(wants), Response::Runs(runs)) => {
                let ahead = self.note_runs(&wants, &runs)?;
                Ok((Intake::Runs(runs), ahead))
            }
            (_, Response::Refused(refusal)) => Err(SessionError::Refused(refusal)),
            _ => Err(SessionError::Mismatch),
        }
    }

    fn compare(&mut self, view: View<'_>, control: ControlSummary, logs: LogSummary) -> Result<(), SessionError> {
        if let ControlSummary::Buckets(theirs) = control {
            let ours = view.control.bucket_fingerprints();
            if theirs.len() != ours.len() {
                return Err(SessionError::Length { found: theirs.len(), expected: ours.len() });
            }
            let differing = (0..=u8::MAX).zip(ours.iter().zip(&theirs)).filter(|(_, (ours, theirs))| ours != theirs);
            self.buckets = differing.map(|(bucket, _)| bucket).collect();
        }
        self.theirs = match logs {
            LogSummary::Same => Vec::new(),
            LogSummary::Heights(heights) if heights.len() == self.devices.len() => {
                self.devices.iter().copied().zip(heights).collect()
            }
            LogSummary::Heights(heights) => {
                return Err(SessionError::Length { found: heights.len(), expected: self.devices.len() });
            }
            LogSummary::Devices(list) => list,
        };
        Ok(())
    }

    /// Checks that runs were asked for, notes how far they go, and names what to ask for at once: the
    /// rest of the same logs, as far as the peer said that it has them.
    fn note_runs(&mut self, wants: &[LogWant], runs: &[Run]) -> Result<Option<Vec<LogWant>>, SessionError> {
        let mut open: BTreeMap<DeviceId, u64> = wants.iter().map(|want| (want.device, want.first)).collect();
        for run in runs {
            match open.remove(&run.device) {
                Some(first) if run.first == first && !run.entries.is_empty() => {
                    let after = first.saturating_add(run.entries.len() as u64);
                    self.ahead.insert(run.device, after);
                }
                _ => return Err(SessionError::Unasked),
            }
        }
        if runs.is_empty() {
            // The peer has less than it said.
            self.withheld.extend(open.keys());
        }
        let theirs: BTreeMap<DeviceId, u64> =
            self.theirs.iter().map(|(device, height)| (*device, height.entries)).collect();
        let rest: Vec<LogWant> = wants
            .iter()
            .filter(|want| !self.withheld.contains(&want.device))
            .map(|want| LogWant {
                device: want.device,
                first: self.ahead.get(&want.device).copied().unwrap_or(want.first),
            })
            .filter(|want| theirs.get(&want.device).is_some_and(|entries| *entries > want.first))
            .collect();
        Ok((!rest.is_empty()).then_some(rest))
    }

    /// Further requests, as far as the bound on requests in flight allows.
    fn missing(&mut self, view: View<'_>) -> Vec<(Asked, Request)> {
        let mut requests = Vec::new();
        if !self.buckets.is_empty() {
            self.control_rounds += 1;
            let wants = self.bucket_wants(view);
            let buckets = wants.iter().map(|want| want.bucket).collect();
            requests.push((Asked::Control(buckets), Request::Control(wants)));
        }
        let in_flight: BTreeSet<DeviceId> = self.asked.values().flat_map(Asked::logs).collect();
        let wants: Vec<LogWant> = self
            .theirs
            .iter()
            .filter(|(device, height)| {
                height.entries > view.logs.entries(device)
                    && !view.logs.is_complete(device)
                    && !in_flight.contains(device)
                    && !self.withheld.contains(device)
                    && view.authority.stores_log_of(device)
            })
            .map(|(device, _)| LogWant { device: *device, first: view.logs.entries(device) })
            .collect();
        let runs_in_flight = self.asked.values().filter(|asked| matches!(asked, Asked::Runs(_))).count();
        for chunk in wants.chunks(LOGS_PER_REQUEST).take(MAX_RUNS_IN_FLIGHT.saturating_sub(runs_in_flight)) {
            requests.push((Asked::Runs(chunk.to_vec()), Request::Runs(chunk.to_vec())));
        }
        requests
    }

    /// As many of the buckets that differ as one request holds; the others stay for the next one.
    fn bucket_wants(&mut self, view: View<'_>) -> Vec<BucketWant> {
        let mut room = CONTROL_REQUEST;
        let mut wants: Vec<BucketWant> = Vec::new();
        while let Some(bucket) = self.buckets.pop_first() {
            let mut want = bucket_want(view, bucket);
            let size = BUCKET + HELD * want.held.len();
            if size > room && !wants.is_empty() {
                self.buckets.insert(bucket);
                break;
            }
            // What is not named is sent again, and known.
            want.held.truncate((room - BUCKET) / HELD);
            room = room.saturating_sub(size);
            wants.push(want);
            if room < BUCKET {
                break;
            }
        }
        wants
    }

    fn finish(self, view: View<'_>) -> Pulled {
        let conflicts = self
            .theirs
            .iter()
            .filter_map(|(device, theirs)| {
                let ours = Height::of(view.logs.counted(device)?, self.nonce);
                let contradicts = ours.entries == theirs.entries && ours.head != theirs.head;
                contradicts.then(|| (*device, ours.entries.saturating_sub(1)))
            })
            .collect();
        Pulled { conflicts, withheld: self.withheld.into_iter().collect() }
    }
}

impl Asked {
    fn logs(&self) -> Vec<DeviceId> {
        match self {
            Self::Runs(wants) => wants.iter().map(|want| want.device).collect(),
            Self::Hello | Self::Control(_) => Vec::new(),
        }
    }
}

fn bucket_want(view: View<'_>, bucket: u8) -> BucketWant {
    // What waits is here, too: the answer has room for what is not.
    let held = view.control.ids_in_bucket(bucket).into_iter().chain(view.control.waiting_in_bucket(bucket));
    let held = held.map(|id| BucketWant::prefix(&id)).collect();
    BucketWant { bucket, held }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{InceptionBody, Signed, SigningKey};
    use crate::id::Digest;
    use crate::key::SecretKey;
    use crate::sync::pack;

    #[test]
    fn however_many_records_are_held_no_request_for_more_is_too_long() {
        let root = SecretKey::from_seed(&[1; 32]);
        let mut control = ControlSet::new(CoalitionId([1; 32]));
        for number in 0..(MAX_REQUEST / HELD) as u64 {
            let mut nonce = [0; 16];
            nonce[..8].copy_from_slice(&number.to_be_bytes());
            let body = InceptionBody {
                format: Format,
                name: "Applicant".to_owned(),
                root: root.public(),
                chain: Digest::ZERO,
                contacts: vec![],
                quorum: 0,
                nonce,
            };
            control.offer(Record::Inception(Signed::sign(body, SigningKey::Root(0, &root))));
        }
        let (authority, logs) = (Authority::default(), Logs::default());
        let view = View { coalition: control.coalition(), control: &control, authority: &authority, logs: &logs };
        let mut session = Session::default();
        let (id, _) = session.start(view, 1).unwrap();
        let buckets = control.bucket_fingerprints().iter().map(|print| print ^ 1).collect();
        let hello = Response::Hello { control: ControlSummary::Buckets(buckets), logs: LogSummary::Same };
        session.take(view, id, hello, Lookahead::Held).unwrap();
        let mut asked = BTreeSet::new();
        while let Some(Next::Ask(requests)) = session.next(view) {
            for (id, request) in requests {
                assert!(pack(&request).len() <= MAX_REQUEST);
                let Request::Control(wants) = request else { panic!("only records differ") };
                asked.extend(wants.iter().map(|want| want.bucket));
                let nothing = Response::Control { records: Vec::new(), rest: Rest::None };
                session.take(view, id, nothing, Lookahead::Held).unwrap();
            }
        }
        assert_eq!(asked.len(), 256);
    }
}
