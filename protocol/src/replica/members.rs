//! What becomes of members that cost this node too much: they wait, are named, and are no longer listened to.

use super::Replica;
use super::burden::{Complaint, Room, Sort, Voice, Weight};
use super::effect::{Effect, Now, PeerStanding, PeerSync};
use super::lobby::Telling;
use super::pairing::Answered;
use super::peer::{Hearing, Peer};
use crate::id::Digest;
use crate::key::{DeviceId, PeerKey};
use crate::storage::Storage;
use crate::sync::message::{ControlSummary, LogSummary};
use crate::sync::session::View;
use crate::sync::{Refusal, Response, pack};

/// Bytes of a request that are looked at for the price of one request.
const REQUEST_UNIT: usize = 4 * 1024;
/// Heights in an answer that are worked out for the price of one request.
const HEIGHTS_UNIT: usize = 256;
/// Hints, ids and headers for the price of one request.
const SMALL_UNIT: usize = 4;

impl<S: Storage> Replica<S> {
    /// What a device of a member costs too much here, in words; none where it does not.
    pub fn burdened_by(&self, device: &DeviceId) -> Option<String> {
        self.burden.complaint(self.clock, device).map(|complaint| complaint.to_string())
    }

    /// How much there is to ask for.
    fn worth(&self) -> u64 {
        self.logs.total().saturating_add(self.control.len() as u64)
    }

    /// Whether a member's request is answered. Where it is not, it is told so a little later: whoever has only so
    /// many requests under way at a time asks less for it.
    pub(super) fn turn_of_member(
        &mut self,
        now: Now,
        (peer, token): (PeerKey, u64),
        device: DeviceId,
        effects: &mut Vec<Effect>,
    ) -> Option<Answered> {
        let held = self.worth();
        match self.burden.ask(now.monotonic, device, held) {
            Room::Left => return None,
            Room::None => {}
            Room::NoneAtAll => self.complain(peer, Complaint::Asks, effects),
        }
        Some(match self.burden.keep_waiting(now.monotonic, peer, token) {
            Room::Left => Answered::Later,
            Room::None | Room::NoneAtAll => Answered::Now(Response::Refused(Refusal::TooSoon)),
        })
    }

    /// Counts what an answer to a member took.
    pub(super) fn count_answer(&mut self, now: Now, device: DeviceId, asked: usize, weight: Weight) {
        let looked_at = weight.looked_at.saturating_add(1 + (asked / REQUEST_UNIT) as u64);
        let held = self.worth();
        self.burden.answered(now.monotonic, device, held, Weight { looked_at, ..weight });
    }

    /// Tells those whose requests had to wait, and listens again to whom the hour is over for.
    pub(super) fn relent(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let refusal = pack(&Response::Refused(Refusal::TooSoon));
        let released = self.burden.released(now.monotonic);
        effects.extend(released.into_iter().map(|token| Effect::Reply { token, bytes: refusal.clone() }));
        for (key, peer) in &mut self.peers {
            let is_due = peer.hearing == Hearing::Closed
                && peer.device().is_none_or(|device| !self.burden.is_too_loud(now.monotonic, &device));
            if is_due {
                peer.hearing = Hearing::Open;
                effects.push(Effect::Standing { peer: *key, standing: peer.standing });
            }
        }
    }

    /// What gossip is told of a peer: whoever said too much stays outside, however it stands.
    pub(super) fn audible(&mut self, key: PeerKey) -> PeerStanding {
        let Some(peer) = self.peers.get_mut(&key) else { return PeerStanding::Lobby };
        match peer.device() {
            Some(device) if self.burden.is_too_loud(self.clock, &device) => {
                peer.hearing = Hearing::Closed;
                PeerStanding::Lobby
            }
            _ => peer.standing,
        }
    }

    /// Whether something that a voice says is judged. What is not is pulled sooner or later.
    pub(super) fn hears(
        &mut self,
        now: Now,
        from: PeerKey,
        (voice, sort, amount): (Voice, Sort, u64),
        effects: &mut Vec<Effect>,
    ) -> Room {
        let tells = self.peers.get(&from).and_then(|peer| tells(peer, voice, sort));
        let room = self.burden.hear(now.monotonic, voice, sort, amount, tells);
        if room == Room::NoneAtAll {
            self.complain(from, Complaint::Says, effects);
            let standing = self.audible(from);
            effects.push(Effect::Standing { peer: from, standing });
        }
        room
    }

    /// Counts what a voice has said, as its signature proves.
    pub(super) fn count_said(&mut self, now: Now, from: PeerKey, (voice, sort, amount): (Voice, Sort, u64)) {
        let tells = self.peers.get(&from).and_then(|peer| tells(peer, voice, sort));
        self.burden.heard(now.monotonic, voice, sort, amount, tells);
    }

    /// Whom something of a device is counted to that is older than what is known of it, or lies behind a gap:
    /// whoever tells it.
    pub(super) fn late(&self, from: PeerKey, device: DeviceId, sort: Sort) -> (Voice, Sort) {
        match self.peers.get(&from).and_then(Peer::device) {
            Some(teller) if teller == device => (Voice::Device(device), sort),
            Some(teller) => (Voice::Device(teller), Sort::Late),
            None => (Voice::Device(device), Sort::Late),
        }
    }

    /// Tells that a device costs too much. Nothing is kept at its connection: it is over when the burden is.
    fn complain(&mut self, key: PeerKey, complaint: Complaint, effects: &mut Vec<Effect>) {
        if self.lobby.fault(self.clock, key) == Telling::Due {
            effects.push(Effect::Fault { peer: key, why: complaint.to_string() });
        }
    }
}

/// The device that a peer is, where it says itself what the voice says. A sibling that passes on what a device
/// signed does not.
fn tells(peer: &Peer, voice: Voice, sort: Sort) -> Option<DeviceId> {
    let says_itself = match voice {
        Voice::Device(device) => sort != Sort::Late && peer.device() == Some(device),
        Voice::Group(group) => peer.group() == Some(group),
    };
    peer.device().filter(|_| says_itself)
}

impl<S: Storage> Replica<S> {
    /// Compares with a member what both hold: it asks, and this node answers.
    pub(super) fn greeted(
        &mut self,
        now: Now,
        peer: PeerKey,
        says: (Digest, Digest),
        effects: &mut Vec<Effect>,
        answer: impl FnOnce(View<'_>) -> Response,
    ) -> Response {
        // Whoever asks us now will answer us, too, where it did not before.
        if self.peers.get(&peer).is_some_and(|peer| matches!(peer.sync, PeerSync::Waiting | PeerSync::NotYet)) {
            self.pull(peer, effects);
        }
        let answer = answer(self.view());
        let differs = !matches!(answer, Response::Hello { control: ControlSummary::Same, logs: LogSummary::Same });
        // Only what the peer did not say before is a sign of news: two nodes that cannot agree must not keep each
        // other busy.
        if let Some(peer) = self.peers.get_mut(&peer)
            && peer.said.replace(says) != Some(says)
            && differs
        {
            self.hurry(now);
        }
        answer
    }
}

impl Weight {
    /// What an answer took, beside what is looked at to read the request.
    pub(super) fn of(response: &Response) -> Self {
        let small = |count: usize| count / SMALL_UNIT;
        let (looked_at, sent) = match response {
            Response::Hello { control, logs } => {
                let buckets = match control {
                    ControlSummary::Same => 0,
                    ControlSummary::BucketsOf1(buckets) => buckets.len() / HEIGHTS_UNIT,
                    ControlSummary::Buckets(buckets) => buckets.len() / HEIGHTS_UNIT,
                };
                let heights = match logs {
                    LogSummary::Same => 0,
                    LogSummary::Heights(heights) => heights.len(),
                    LogSummary::Devices(devices) => devices.len(),
                };
                (buckets + heights / HEIGHTS_UNIT, 0)
            }
            Response::Control { records, .. } => (0, records.len()),
            Response::Runs(runs) => (runs.len(), runs.iter().map(|run| run.entries.len()).sum()),
            Response::Ids(ids) => (small(ids.len()), 0),
            Response::Chain(chain) => (small(chain.iter().map(|chain| chain.headers.len()).sum()), 0),
            Response::Branches(entries) => (0, entries.len()),
            Response::Recalled { records, heads, .. } => (heads.len(), records.len()),
            Response::Applied { founding: records, .. } | Response::Paired { records } => (0, records.len()),
            Response::Noted | Response::Refused(_) | Response::NotPaired(_) => (0, 0),
        };
        Self { looked_at: looked_at as u64, sent: sent as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::GroupId;
    use crate::key::SecretKey;
    use crate::replica::Direction;

    #[test]
    fn what_a_sibling_passes_on_is_not_held_against_it() {
        let device = |number| DeviceId(SecretKey::from_seed(&[number; 32]).public());
        let group = GroupId([3; 32]);
        let peer = Peer::new(Direction::Accepted, PeerStanding::Member { group, device: device(1) });
        let own = Some(device(1));
        assert_eq!(tells(&peer, Voice::Device(device(1)), Sort::Entry), own);
        assert_eq!(tells(&peer, Voice::Device(device(2)), Sort::Entry), None, "of a sibling");
        assert_eq!(tells(&peer, Voice::Device(device(1)), Sort::Late), None, "of anybody, counted to it");
        assert_eq!(tells(&peer, Voice::Group(group), Sort::Record), own);
        assert_eq!(tells(&peer, Voice::Group(GroupId([4; 32])), Sort::Record), None);
    }
}
