//! What came in lately, and of whom: by the hour in which it came, by this node's own clock.
//!
//! Nothing is counted as it comes: once a minute it is looked how much longer the logs have become. That is noted in the
//! hour under way, and kept now and then, so that a restart forgets little of the last day. What came after the last
//! note before a crash is not counted as having come.

use super::cache::note;
use crate::space::{Acquaintance, Amount};
use crate::store::Store;
use grid_protocol::codec::{self, Format};
use grid_protocol::key::DeviceId;
use grid_protocol::replica::Now;
use grid_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const ARRIVED: &[u8] = b"arrived/";
const SINCE: &[u8] = b"arrivals-since";
/// How often logs are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How often what was seen is kept: of a large coalition it is some ten thousand bytes.
const KEEP_EVERY: Duration = Duration::from_secs(600);
const MILLIS_PER_HOUR: u64 = 3_600_000;
/// A day: the hour under way, and those before it.
const HOURS: u64 = 24;

type Amounts = BTreeMap<DeviceId, Amount>;

/// What came in.
#[derive(Debug)]
pub(super) struct Arrivals {
    /// How long the logs were when they were looked at last.
    seen: Amounts,
    /// What came in which hour since 1970.
    hours: BTreeMap<u64, Amounts>,
    /// The hours that are not kept as they are now.
    unkept: BTreeSet<u64>,
    own: DeviceId,
    /// Since when this node holds entries of others, as far as it knows: a store that was built again from the journal
    /// knows nothing of before, and fetches again what it held.
    since: Option<Timestamp>,
    look_due: Duration,
    keep_due: Duration,
}

/// What came in within an hour, as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptHour {
    version: Format<1>,
    came: Vec<(DeviceId, u64, u64)>,
}

impl Arrivals {
    /// What was kept, of a node whose own log is that of `own`. All that is in the store by now has come before.
    pub(super) fn recall(store: &Store, own: DeviceId) -> Self {
        Self::of(store, own, store.reader().amounts().into_iter().collect())
    }

    /// The same, where the logs are so long.
    fn of(store: &Store, own: DeviceId, seen: Amounts) -> Self {
        let reader = store.reader();
        let hours = reader
            .hints_iter(ARRIVED)
            .filter_map(Result::ok)
            .filter_map(|(key, value)| {
                let hour = u64::from_be_bytes(key.strip_prefix(ARRIVED)?.try_into().ok()?);
                let KeptHour { came, .. } = codec::decode(&value).ok()?;
                let amounts = came.into_iter().map(|(device, entries, bytes)| (device, Amount { entries, bytes }));
                Some((hour, amounts.collect()))
            })
            .collect();
        let since = reader.hint(SINCE).ok().flatten();
        let since = since.and_then(|value| Some(Timestamp(u64::from_be_bytes(value.as_slice().try_into().ok()?))));
        let (look_due, keep_due) = (Duration::ZERO, KEEP_EVERY);
        Self { seen, hours, unkept: BTreeSet::new(), own, since, look_due, keep_due }
    }

    /// Looks how much longer the logs have become, when it is time to.
    pub(super) fn look(&mut self, now: Now, store: &Store) {
        if now.monotonic < self.look_due {
            return;
        }
        self.look_due = now.monotonic + LOOK_EVERY;
        self.take(now.wall, store.reader().amounts());
        if now.monotonic >= self.keep_due {
            self.keep_due = now.monotonic + KEEP_EVERY;
            self.keep(store);
        }
    }

    /// Looks and keeps for the last time.
    pub(super) fn end(&mut self, now: Timestamp, store: &Store) {
        self.take(now, store.reader().amounts());
        self.keep(store);
    }

    fn take(&mut self, now: Timestamp, held: Vec<(DeviceId, Amount)>) {
        self.since = match self.since {
            // The clock may have been set back.
            Some(since) => Some(since.min(now)),
            None => held.iter().any(|(device, _)| *device != self.own).then_some(now),
        };
        let hour = hour_of(now);
        self.hours.retain(|of, _| is_of_day(*of, hour));
        for (device, held) in held {
            let before = self.seen.insert(device, held).unwrap_or_default();
            if held != before {
                let came = self.hours.entry(hour).or_default().entry(device).or_default();
                *came = *came + (held - before);
                self.unkept.insert(hour);
            }
        }
    }

    /// Keeps what came in, and forgets what is older than a day.
    fn keep(&mut self, store: &Store) {
        let reader = store.reader();
        let kept = reader.hints_iter(ARRIVED).filter_map(Result::ok).map(|(key, _)| key);
        let hours: BTreeSet<Vec<u8>> = self.hours.keys().map(|hour| key(*hour)).collect();
        kept.filter(|key| !hours.contains(key)).for_each(|key| note(store.hint_remove(&key)));
        for hour in std::mem::take(&mut self.unkept) {
            let Some(came) = self.hours.get(&hour) else { continue };
            let came = came.iter().map(|(device, came)| (*device, came.entries, came.bytes)).collect();
            note(store.hint_put(&key(hour), &codec::encode(&KeptHour { version: Format, came })));
        }
        if let Some(since) = self.since {
            note(store.hint_put(SINCE, &since.0.to_be_bytes()));
        }
    }

    /// What came in within the last day, where so much is held now.
    pub(super) fn last_day(&self, now: Timestamp, held: &[(DeviceId, Amount)]) -> Amounts {
        let mut day = Amounts::new();
        let hour = hour_of(now);
        let noted = self.hours.iter().filter(|(of, _)| is_of_day(**of, hour)).flat_map(|(_, came)| came);
        let seen = |device: &DeviceId| self.seen.get(device).copied().unwrap_or_default();
        let since = held.iter().map(|(device, held)| (*device, *held - seen(device)));
        for (device, came) in noted.map(|(device, came)| (*device, *came)).chain(since) {
            let sum = day.entry(device).or_default();
            *sum = *sum + came;
        }
        day
    }

    /// Whether this node has had entries of others for a day.
    pub(super) fn acquaintance(&self, now: Timestamp) -> Acquaintance {
        let day = Duration::from_millis(HOURS * MILLIS_PER_HOUR);
        match self.since {
            Some(since) if since.after(day) <= now => Acquaintance::Old,
            _ => Acquaintance::New,
        }
    }
}

fn key(hour: u64) -> Vec<u8> {
    [ARRIVED, &hour.to_be_bytes()].concat()
}

fn hour_of(time: Timestamp) -> u64 {
    time.0 / MILLIS_PER_HOUR
}

/// Whether an hour lies within the day that ends with another one. What lies ahead is of a clock that was wrong.
fn is_of_day(hour: u64, end: u64) -> bool {
    hour <= end && end - hour < HOURS
}

#[cfg(test)]
mod tests {
    use super::*;
    use grid_protocol::id::CoalitionId;
    use grid_protocol::key::PublicKey;

    const OWN: DeviceId = DeviceId(PublicKey([1; 32]));
    const THEIRS: DeviceId = DeviceId(PublicKey([2; 32]));
    const NOON: Timestamp = Timestamp(500_000 * MILLIS_PER_HOUR);

    fn hours(count: u64) -> Duration {
        Duration::from_millis(count * MILLIS_PER_HOUR)
    }

    /// A log of so many entries.
    fn log(device: DeviceId, entries: u64) -> (DeviceId, Amount) {
        (device, Amount { entries, bytes: 1_000 * entries })
    }

    fn empty() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(dir.path(), CoalitionId([4; 32])).unwrap();
        (dir, store)
    }

    /// How many entries of the others came within a day.
    fn came(arrivals: &Arrivals, now: Timestamp, held: u64) -> u64 {
        arrivals.last_day(now, &[log(THEIRS, held)]).get(&THEIRS).map_or(0, |amount| amount.entries)
    }

    #[test]
    fn what_came_counts_for_a_day_from_the_hour_in_which_it_came() {
        let (_dir, store) = empty();
        let mut arrivals = Arrivals::recall(&store, OWN);
        arrivals.take(NOON, vec![log(OWN, 1), log(THEIRS, 5)]);
        arrivals.take(NOON.after(hours(10)), vec![log(OWN, 1), log(THEIRS, 8)]);
        assert_eq!(came(&arrivals, NOON.after(hours(10)), 8), 8);
        assert_eq!(came(&arrivals, NOON.after(hours(10)), 10), 10, "what came since it was looked at last, too");
        assert_eq!(came(&arrivals, NOON.after(hours(23)), 8), 8);
        assert_eq!(came(&arrivals, NOON.after(hours(24)), 8), 3);
        assert_eq!(came(&arrivals, NOON.after(hours(34)), 8), 0);
        arrivals.take(NOON.after(hours(40)), vec![log(THEIRS, 9)]);
        assert_eq!(came(&arrivals, NOON.after(hours(40)), 9), 1);
        assert_eq!(arrivals.hours.len(), 1, "what is over is not kept");
    }

    #[test]
    fn a_restart_forgets_nothing_of_the_day_and_old_hours_go() {
        let (_dir, store) = empty();
        let mut arrivals = Arrivals::recall(&store, OWN);
        arrivals.take(NOON, vec![log(THEIRS, 5)]);
        arrivals.take(NOON.after(hours(2)), vec![log(THEIRS, 7)]);
        arrivals.keep(&store);
        let again = Arrivals::recall(&store, OWN);
        assert_eq!((&again.hours, again.since), (&arrivals.hours, Some(NOON)));
        arrivals.take(NOON.after(hours(25)), vec![log(THEIRS, 8)]);
        arrivals.keep(&store);
        let again = Arrivals::recall(&store, OWN);
        assert_eq!(again.hours, arrivals.hours);
        assert_eq!(again.hours.len(), 2);
    }

    #[test]
    fn what_is_noted_is_kept_every_ten_minutes() {
        let (_dir, store) = empty();
        let mut arrivals = Arrivals::recall(&store, OWN);
        arrivals.take(NOON, vec![log(THEIRS, 5)]);
        let mut look = |seconds| {
            arrivals.look(Now { monotonic: Duration::from_secs(seconds), wall: NOON }, &store);
            Arrivals::recall(&store, OWN).hours.len()
        };
        assert_eq!((look(0), look(599), look(659)), (0, 0, 1));
    }

    #[test]
    fn a_clock_that_was_wrong_leaves_nothing_behind() {
        let (_dir, store) = empty();
        let mut arrivals = Arrivals::recall(&store, OWN);
        let ahead = NOON.after(hours(87_600));
        arrivals.take(ahead, vec![log(THEIRS, 5)]);
        assert_eq!(came(&arrivals, NOON, 5), 0);
        arrivals.take(NOON, vec![log(THEIRS, 6)]);
        assert_eq!(came(&arrivals, NOON, 6), 1);
        assert_eq!((arrivals.hours.len(), arrivals.since), (1, Some(NOON)));
    }

    #[test]
    fn whoever_holds_others_entries_for_a_day_knows_them() {
        let (_dir, store) = empty();
        let mut arrivals = Arrivals::recall(&store, OWN);
        arrivals.take(NOON, vec![log(OWN, 5)]);
        let met = NOON.after(hours(100));
        assert_eq!(arrivals.acquaintance(met), Acquaintance::New, "it was alone");
        arrivals.take(met, vec![log(OWN, 5), log(THEIRS, 1)]);
        assert_eq!(arrivals.acquaintance(met.after(hours(23))), Acquaintance::New);
        assert_eq!(arrivals.acquaintance(met.after(hours(24))), Acquaintance::Old);
    }

    #[test]
    fn whose_store_was_built_again_is_new_to_the_others_as_what_it_held_comes_once_more() {
        let (_dir, store) = empty();
        let seen = BTreeMap::from([log(OWN, 9), log(THEIRS, 3)]);
        let mut arrivals = Arrivals::of(&store, OWN, seen);
        assert_eq!(arrivals.acquaintance(NOON), Acquaintance::New, "nobody noted anything");
        arrivals.take(NOON, vec![log(OWN, 9), log(THEIRS, 500)]);
        assert_eq!((arrivals.since, arrivals.acquaintance(NOON.after(hours(23)))), (Some(NOON), Acquaintance::New));
        assert_eq!(arrivals.acquaintance(NOON.after(hours(24))), Acquaintance::Old);
        arrivals.keep(&store);
        let again = Arrivals::of(&store, OWN, Amounts::new());
        assert_eq!(again.acquaintance(NOON.after(hours(24))), Acquaintance::Old, "a restart is no rebuilding");
    }
}
