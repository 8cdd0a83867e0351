//! What members cost this node, and when that is too much.
//!
//! Members may ask for everything and are heard by everybody, so each of them could keep all others busy. What a device
//! **asks** is counted against what is there: who catches up asks for each thing once, however much it is. What a device
//! **says** by gossip is counted against the rate at which people and computers have something to say; what comes faster
//! is not judged and not passed on, but pulled together with everything else.
//!
//! Nothing of this decides what is valid: it is this node's own choice, and who was honest in a hurry loses nothing but
//! time. Only what a device says itself, on a connection of its own, is held against it: anybody could repeat what
//! others once said.

use crate::id::GroupId;
use crate::key::{DeviceId, PeerKey};
use crate::limits::{MAX_ASKED, MAX_KEPT_WAITING, MAX_SENT, MAX_TURNED_AWAY};
use crate::sync::Says;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// What is asked is counted over this long, and who was named stays named for as long after it stops.
const HOUR: Duration = Duration::from_secs(3_600);
/// Whoever asks too much waits this long for being told so: its requests are few then, as it has only so many at a time.
const KEPT_WAITING: Duration = Duration::from_millis(500);
/// Devices and groups that are told apart; what is over is forgotten first.
const KNOWN: usize = 8_192;

/// So much within so long, steadily given back.
#[derive(Clone, Copy, Debug)]
struct Bound {
    most: u64,
    over: Duration,
}

/// What was used of a bound, kept as the moment at which all of it is given back.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    until: Duration,
}

impl Used {
    fn is_all(self, now: Duration, bound: Bound) -> bool {
        self.until.saturating_sub(now) >= bound.over
    }

    fn add(&mut self, now: Duration, bound: Bound, amount: u64) {
        let nanoseconds = bound.over.as_nanos().saturating_mul(amount.into()) / u128::from(bound.most.max(1));
        let step = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        self.until = self.until.max(now).saturating_add(step);
    }
}

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Voice {
    /// A device, of its own log and of itself.
    Device(DeviceId),
    /// A group, by control records.
    Group(GroupId),
}

/// What is said by gossip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    /// A receipt. A computer gives up to ten a second in a small coalition, and fewer in a large one.
    Receipt,
    /// Addresses: repeated at most every twenty seconds. Each makes every node give a receipt.
    Addresses,
    /// An entry, weighed by its length. What an import writes faster is pulled.
    Entry,
    /// A control record. Each makes every node work out anew who may do what; pulled, many do so once.
    Record,
    /// A head. No node announces any.
    Head,
}

impl Sort {
    pub(super) const fn of(says: &Says) -> Self {
        match says {
            Says::Received(_) => Self::Receipt,
            Says::Reachable(_) => Self::Addresses,
        }
    }

    const fn bound(self) -> Bound {
        let (most, seconds) = match self {
            Self::Receipt => (512, 32),
            Self::Addresses => (32, 320),
            Self::Entry => (16_384, 128),
            Self::Record => (256, 128),
            Self::Head => (64, 3_600),
        };
        Bound { most, over: Duration::from_secs(seconds) }
    }

    /// How much above the bound a device is named for: a large import goes above it, and ends.
    const fn named_for(self) -> u64 {
        match self {
            Self::Entry => 16 * self.bound().most,
            _ => 4 * self.bound().most,
        }
    }
}

/// Whether there is room for something under a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// There is.
    Left,
    /// There is none.
    None,
    /// There is none, and was none so often that the device is named from now on.
    NoneAtAll,
}

/// What an answer took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// What had to be looked at, in requests that ask for nothing.
    pub(super) looked_at: u64,
    /// Entries and control records that were sent.
    pub(super) sent: u64,
}

/// Why a device is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Complaint {
    /// It asks too much.
    Asks,
    /// It says too much.
    Says,
}

/// What went beyond a bound, until it stops for an hour.
#[derive(Clone, Copy, Debug, Default)]
struct Excess {
    amount: u64,
    last: Duration,
}

impl Excess {
    fn add(&mut self, now: Duration, amount: u64, named_for: u64) -> Room {
        if now.saturating_sub(self.last) >= HOUR {
            self.amount = 0;
        }
        let before = self.amount;
        (self.amount, self.last) = (before.saturating_add(amount), now);
        if before < named_for && self.amount >= named_for { Room::NoneAtAll } else { Room::None }
    }

    fn is_named(&self, now: Duration, named_for: u64) -> bool {
        self.amount >= named_for && now.saturating_sub(self.last) < HOUR
    }
}

/// What one device asked.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    weight: Used,
    sent: Used,
    excess: Excess,
}

/// What members cost.
#[derive(Debug, Default)]
pub(super) struct Burden {
    asked: BTreeMap<DeviceId, Asked>,
    said: BTreeMap<(Voice, Sort), Used>,
    too_loud: BTreeMap<(DeviceId, Sort), Excess>,
    waiting: VecDeque<(Duration, PeerKey, u64)>,
}

const LOOKED_AT: Bound = Bound { most: MAX_ASKED, over: HOUR };

const fn sent_bound(held: u64) -> Bound {
    Bound { most: MAX_SENT.saturating_add(held.saturating_mul(3)), over: HOUR }
}

impl Burden {
    /// Whether a device of a member, where so many entries and records are held, may ask for something now.
    pub(super) fn ask(&mut self, now: Duration, device: DeviceId, held: u64) -> Room {
        if self.asked.len() >= KNOWN {
            self.asked.retain(|_, asked| {
                asked.weight.until > now || asked.sent.until > now || asked.excess.is_named(now, MAX_TURNED_AWAY)
            });
        }
        let asked = self.asked.entry(device).or_default();
        match asked.weight.is_all(now, LOOKED_AT) || asked.sent.is_all(now, sent_bound(held)) {
            true => asked.excess.add(now, 1, MAX_TURNED_AWAY),
            false => Room::Left,
        }
    }

    /// Counts what an answer to a device took.
    pub(super) fn answered(&mut self, now: Duration, device: DeviceId, held: u64, weight: Weight) {
        let asked = self.asked.entry(device).or_default();
        asked.weight.add(now, LOOKED_AT, weight.looked_at);
        asked.sent.add(now, sent_bound(held), weight.sent);
    }

    /// Notes an answer that is given later; none where enough of the peer's wait.
    pub(super) fn keep_waiting(&mut self, now: Duration, peer: PeerKey, token: u64) -> Room {
        if self.waiting.iter().filter(|(_, of, _)| *of == peer).count() >= MAX_KEPT_WAITING {
            return Room::None;
        }
        self.waiting.push_back((now + KEPT_WAITING, peer, token));
        Room::Left
    }

    /// When the next of these answers is due.
    pub(super) fn due(&self) -> Option<Duration> {
        self.waiting.front().map(|(due, _, _)| *due)
    }

    /// The requests that are answered now.
    pub(super) fn released(&mut self, now: Duration) -> Vec<u64> {
        let due = self.waiting.iter().take_while(|(due, _, _)| *due <= now).count();
        self.waiting.drain(..due).map(|(_, _, token)| token).collect()
    }

    /// Whether something that a voice says is judged. Where it is not and a device of its own group `tells` it,
    /// that is held against the device.
    pub(super) fn hear(
        &mut self,
        now: Duration,
        voice: Voice,
        sort: Sort,
        amount: u64,
        tells: Option<DeviceId>,
    ) -> Room {
        if !self.said.get(&(voice, sort)).is_some_and(|said| said.is_all(now, sort.bound())) {
            return Room::Left;
        }
        let Some(device) = tells else { return Room::None };
        if self.too_loud.len() >= KNOWN {
            self.too_loud.retain(|_, excess| now.saturating_sub(excess.last) < HOUR);
        }
        self.too_loud.entry((device, sort)).or_default().add(now, amount, sort.named_for())
    }

    /// Counts what a voice has said, as its signature proves.
    pub(super) fn heard(&mut self, now: Duration, voice: Voice, sort: Sort, amount: u64) {
        if self.said.len() >= KNOWN {
            self.said.retain(|_, said| said.until > now);
        }
        self.said.entry((voice, sort)).or_default().add(now, sort.bound(), amount);
    }

    /// Whether a device is not listened to, because it said too much.
    pub(super) fn is_too_loud(&self, now: Duration, device: &DeviceId) -> bool {
        let sorts = [Sort::Receipt, Sort::Addresses, Sort::Entry, Sort::Record, Sort::Head];
        let named =
            |sort| self.too_loud.get(&(*device, sort)).is_some_and(|excess| excess.is_named(now, sort.named_for()));
        sorts.into_iter().any(named)
    }

    /// What is wrong with a device.
    pub(super) fn complaint(&self, now: Duration, device: &DeviceId) -> Option<Complaint> {
        if self.is_too_loud(now, device) {
            return Some(Complaint::Says);
        }
        let asks = self.asked.get(device).is_some_and(|asked| asked.excess.is_named(now, MAX_TURNED_AWAY));
        asks.then_some(Complaint::Asks)
    }
}

impl std::fmt::Display for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Asks => {
                "it asks for the same again and again, far more than keeping up takes; most of that is turned away, \
                 until it asks less for an hour"
            }
            Self::Says => {
                "it says far more than anybody can follow; it is not listened to until an hour after it stops, and \
                 what it wrote is fetched now and then"
            }
        })
    }
}

#[cfg(test)]
mod tests;
