//! One pull: what the peer said that it holds, what was asked for, and what is still missing.

use super::{Intake, Pulled, SessionError, View};
use crate::key::DeviceId;
use crate::limits::{MAX_REQUEST, MAX_RUNS_IN_FLIGHT};
use crate::run::Run;
use crate::sync::message::{
    BucketWant, ControlSummary, Height, LogSummary, LogWant, RecordsWant, Request, Response, Rest, ShortHash,
};
use std::collections::{BTreeMap, BTreeSet};

/// Logs that one request asks for at most.
const LOGS_PER_REQUEST: usize = 512;
/// Bytes of one request for control records at most: a request, less room for what is around them.
const CONTROL_REQUEST: usize = MAX_REQUEST - MAX_REQUEST / 8;
/// Bytes in which a bucket names one record that is held.
pub(super) const HELD: usize = 8;
/// Bytes in which a bucket names itself, and how many records follow.
const BUCKET: usize = 1 + 5;
/// Rounds of control records in one pull, each up to a frame: what does not fit waits for the next pull.
const CONTROL_ROUNDS: u32 = 64;

#[derive(Debug)]
pub(super) struct Pull {
    pub(super) nonce: u64,
    /// Our devices when the hello went out: heights come in this order.
    pub(super) devices: Vec<DeviceId>,
    pub(super) asked: BTreeMap<u64, Asked>,
    /// The peer's logs, as it said; empty until it answered.
    pub(super) theirs: Vec<(DeviceId, Height)>,
    /// Buckets that differ and were not asked for yet.
    pub(super) buckets: BTreeSet<u8>,
    pub(super) control_rounds: u32,
    /// Per log the next entry to ask for, when it is ahead of what is held.
    pub(super) ahead: BTreeMap<DeviceId, u64>,
    /// Logs of which nothing more is asked for.
    pub(super) withheld: BTreeSet<DeviceId>,
    /// Of those, the ones that the peer said it holds, and does not send.
    kept_back: BTreeSet<DeviceId>,
}

#[derive(Debug)]
pub(super) enum Asked {
    Hello,
    Control(Vec<u8>),
    Runs(Vec<LogWant>),
}

impl Pull {
    /// A pull of which the hello goes out under `hello`.
    pub(super) fn new(hello: u64, view: View<'_>, nonce: u64) -> Self {
        Self {
            nonce,
            devices: view.logs.all_counted().map(|(device, _)| device).collect(),
            asked: BTreeMap::from([(hello, Asked::Hello)]),
            theirs: Vec::new(),
            buckets: BTreeSet::new(),
            control_rounds: 0,
            ahead: BTreeMap::new(),
            withheld: BTreeSet::new(),
            kept_back: BTreeSet::new(),
        }
    }

    pub(super) fn take(
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
        match control {
            ControlSummary::Same => {}
            // Nobody has asked for that.
            ControlSummary::BucketsOf1(_) => return Err(SessionError::Mismatch),
            ControlSummary::Buckets(theirs) => {
                let ours = ControlSummary::buckets(view.control, self.nonce);
                if theirs.len() != ours.len() {
                    return Err(SessionError::Length { found: theirs.len(), expected: ours.len() });
                }
                let both = (0..=u8::MAX).zip(ours.iter().zip(&theirs));
                self.buckets = both.filter(|(_, (ours, theirs))| ours != theirs).map(|(bucket, _)| bucket).collect();
            }
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
            self.kept_back.extend(open.keys());
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
    pub(super) fn missing(&mut self, view: View<'_>) -> Vec<(Asked, Request)> {
        let mut requests = Vec::new();
        if !self.buckets.is_empty() {
            self.control_rounds += 1;
            let want = RecordsWant { nonce: self.nonce, buckets: self.bucket_wants(view) };
            let asked = want.buckets.iter().map(|want| want.bucket).collect();
            requests.push((Asked::Control(asked), Request::Control(want)));
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
            let mut want = bucket_want(view, bucket, self.nonce);
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

    pub(super) fn finish(self, view: View<'_>) -> Pulled {
        let conflicts = self
            .theirs
            .iter()
            .filter_map(|(device, theirs)| {
                let ours = Height::of(view.logs.counted(device)?, self.nonce);
                let contradicts = ours.entries == theirs.entries && ours.head != theirs.head;
                contradicts.then(|| (*device, ours.entries.saturating_sub(1)))
            })
            .collect();
        Pulled { conflicts, withheld: self.kept_back.into_iter().collect() }
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

fn bucket_want(view: View<'_>, bucket: u8, nonce: u64) -> BucketWant {
    // What waits is here, too, and the answer has room for what is not. But what waits is not proven: under the id of a
    // record may wait what nobody but a forger has, so it is named by all its bytes.
    let held = view.control.ids_in_bucket(bucket).into_iter().map(|id| id.0);
    let held = held.chain(view.control.waiting_in_bucket(bucket));
    BucketWant { bucket, held: held.map(|hash| ShortHash::of(&hash, nonce)).collect() }
}
