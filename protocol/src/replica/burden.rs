//! What members cost this node, and when that is too much.
//!
//! Members may ask for everything and are heard by everybody, so each of them could keep all others busy. What a device
//! **asks** is counted against what is there: who catches up asks for each thing once, however much it is. What a device
//! **says** by gossip is counted against the rate at which people and computers have something to say; what comes faster
//! is not judged and not passed on, but pulled together with everything else.
//!
//! Nothing of this decides what is valid: it is this node's own choice, and who was honest in a hurry loses nothing but
//! time. Only what a device says itself, on a connection of its own, is held against it: anybody could repeat what
//! others once said, so that what others tell is counted apart.

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
/// How many of the oldest are looked at for one that is over.
const LOOKED_THROUGH: usize = 16;

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
        let nanoseconds = bound.over.as_nanos().saturating_mul(amount.into()).div_ceil(u128::from(bound.most.max(1)));
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
    /// What others tell and is older than what is known of its device, or lies behind a gap. It is counted to whoever
    /// tells it, who is not named for it: anybody may repeat what a device once signed, and news may overtake news.
    Late,
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
            Self::Late => (2_048, 128),
        };
        Bound { most, over: Duration::from_secs(seconds) }
    }

    /// How much above the bound a device is named for within an hour: large imports go above it, and end.
    const fn named_for(self) -> u64 {
        match self {
            Self::Entry => 32 * self.bound().most,
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

/// What went beyond a bound, steadily given back over an hour.
#[derive(Clone, Copy, Debug, Default)]
struct Excess {
    used: Used,
    named_until: Duration,
}

impl Excess {
    fn add(&mut self, now: Duration, amount: u64, named_for: u64) -> Room {
        let bound = Bound { most: named_for, over: HOUR };
        let was_named = self.is_named(now);
        self.used.add(now, bound, amount);
        self.used.until = self.used.until.min(now.saturating_add(HOUR));
        if !self.used.is_all(now, bound) {
            return Room::None;
        }
        self.named_until = now.saturating_add(HOUR);
        if was_named { Room::None } else { Room::NoneAtAll }
    }

    fn is_named(&self, now: Duration) -> bool {
        self.named_until > now
    }
}

/// Something of so many at most. The oldest make way, first those that are over.
#[derive(Debug)]
struct Few<K, V> {
    kept: BTreeMap<K, V>,
    order: VecDeque<K>,
}

impl<K, V> Default for Few<K, V> {
    fn default() -> Self {
        Self { kept: BTreeMap::new(), order: VecDeque::new() }
    }
}

impl<K: Copy + Ord, V: Default> Few<K, V> {
    fn get(&self, key: &K) -> Option<&V> {
        self.kept.get(key)
    }

    fn entry(&mut self, key: K, is_over: impl Fn(&V) -> bool) -> &mut V {
        if !self.kept.contains_key(&key) {
            if self.kept.len() >= KNOWN {
                self.make_way(is_over);
            }
            self.order.push_back(key);
        }
        self.kept.entry(key).or_default()
    }

    /// Never looks at many: whoever fills this up must not make every call dear.
    fn make_way(&mut self, is_over: impl Fn(&V) -> bool) {
        let oldest = self.order.iter().take(LOOKED_THROUGH);
        let over = oldest.enumerate().find(|(_, key)| self.kept.get(key).is_none_or(&is_over));
        let place = over.map_or(0, |(place, _)| place);
        if let Some(key) = self.order.remove(place) {
            self.kept.remove(&key);
        }
        // Those that stay are looked at again when all others have been.
        self.order.rotate_left(place);
    }
}

/// What one device asked.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    weight: Used,
    sent: Used,
    excess: Excess,
}

impl Asked {
    fn is_over(&self, now: Duration) -> bool {
        self.weight.until <= now && self.sent.until <= now && !self.excess.is_named(now)
    }
}

/// Who tells what a voice says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    /// The voice itself.
    Itself,
    /// Others, who may repeat it.
    Others,
}

impl Told {
    const fn by(tells: Option<DeviceId>) -> Self {
        match tells {
            Some(_) => Self::Itself,
            None => Self::Others,
        }
    }
}

/// What members cost.
#[derive(Debug, Default)]
pub(super) struct Burden {
    asked: Few<DeviceId, Asked>,
    said: Few<(Voice, Sort, Told), Used>,
    too_loud: Few<(DeviceId, Sort), Excess>,
    waiting: VecDeque<(Duration, PeerKey, u64)>,
}

const LOOKED_AT: Bound = Bound { most: MAX_ASKED, over: HOUR };

const fn sent_bound(held: u64) -> Bound {
    Bound { most: MAX_SENT.saturating_add(held.saturating_mul(3)), over: HOUR }
}

impl Burden {
    /// Whether a device of a member, where so many entries and records are held, may ask for something now.
    pub(super) fn ask(&mut self, now: Duration, device: DeviceId, held: u64) -> Room {
        let asked = self.asked.entry(device, |asked| asked.is_over(now));
        match asked.weight.is_all(now, LOOKED_AT) || asked.sent.is_all(now, sent_bound(held)) {
            true => asked.excess.add(now, 1, MAX_TURNED_AWAY),
            false => Room::Left,
        }
    }

    /// Counts what an answer to a device took.
    pub(super) fn answered(&mut self, now: Duration, device: DeviceId, held: u64, weight: Weight) {
        let asked = self.asked.entry(device, |asked| asked.is_over(now));
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

    /// Whether something that a voice says is judged. Where it is not and a device of the voice `tells` it itself,
    /// that is held against the device. What others tell takes nothing from what it may tell itself.
    pub(super) fn hear(
        &mut self,
        now: Duration,
        voice: Voice,
        sort: Sort,
        amount: u64,
        tells: Option<DeviceId>,
    ) -> Room {
        if !self.said.get(&(voice, sort, Told::by(tells))).is_some_and(|said| said.is_all(now, sort.bound())) {
            return Room::Left;
        }
        let Some(device) = tells else { return Room::None };
        let is_over = |excess: &Excess| excess.used.until <= now && !excess.is_named(now);
        self.too_loud.entry((device, sort), is_over).add(now, amount, sort.named_for())
    }

    /// Counts what a voice has said, as its signature proves.
    pub(super) fn heard(&mut self, now: Duration, voice: Voice, sort: Sort, amount: u64, tells: Option<DeviceId>) {
        let said = self.said.entry((voice, sort, Told::by(tells)), |said| said.until <= now);
        said.add(now, sort.bound(), amount);
    }

    /// Whether a device is not listened to, because it said too much.
    pub(super) fn is_too_loud(&self, now: Duration, device: &DeviceId) -> bool {
        let sorts = [Sort::Receipt, Sort::Addresses, Sort::Entry, Sort::Record, Sort::Head];
        sorts.into_iter().any(|sort| self.too_loud.get(&(*device, sort)).is_some_and(|excess| excess.is_named(now)))
    }

    /// What is wrong with a device.
    pub(super) fn complaint(&self, now: Duration, device: &DeviceId) -> Option<Complaint> {
        if self.is_too_loud(now, device) {
            return Some(Complaint::Says);
        }
        let asks = self.asked.get(device).is_some_and(|asked| asked.excess.is_named(now));
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
