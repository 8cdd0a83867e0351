//! The heads of all logs that a node holds, where a run fits, and where logs end.
//!
//! A log is known by its head alone: height and last id. The entries behind it lie in storage.
//!
//! A log whose device is cut **ends** before the cut. It is held up to the first signature at or behind
//! the last entry that counts, so that whoever holds it can prove it; what lies behind the cut is not
//! counted, in no fingerprint and to no peer.

use crate::codec;
use crate::control::Cut;
use crate::domain;
use crate::entry::Head;
use crate::id::{Digest, EntryId};
use crate::key::DeviceId;
use crate::run::VerifiedRun;
use std::collections::BTreeMap;

/// The heads of the logs that are held.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    heads: BTreeMap<DeviceId, Head>,
    ends: BTreeMap<DeviceId, End>,
}

/// Where a log ends.
#[derive(Clone, Copy, Debug)]
struct End {
    cut: Cut,
    /// The last entry that counts, once it is held.
    last: Option<EntryId>,
}

/// Where a run fits its log.
#[derive(Debug)]
pub enum Placed {
    /// It continues the log; entries that were held already are cut off its front.
    Next(VerifiedRun),
    /// Nothing of it is new, or nothing that counts.
    AlreadyKnown,
    /// Entries before it are missing.
    Gap {
        /// The first entry that is missing.
        missing: u64,
        /// The run, to wait until the gap is filled.
        run: VerifiedRun,
    },
    /// It contradicts what is held: the device has signed two different entries at one place.
    Conflict {
        /// The place.
        seq: u64,
    },
}

/// How far a log counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// How many entries.
    pub entries: u64,
    /// The last of them.
    pub last: EntryId,
}

impl Logs {
    /// The logs with these heads.
    pub fn new(heads: impl IntoIterator<Item = (DeviceId, Head)>) -> Self {
        Self { heads: heads.into_iter().collect(), ends: BTreeMap::new() }
    }

    /// The head of one log, whether it counts or not.
    pub fn head(&self, device: &DeviceId) -> Option<&Head> {
        self.heads.get(device)
    }

    /// How many entries of a log are held, those that do not count included.
    pub fn entries(&self, device: &DeviceId) -> u64 {
        self.head(device).map_or(0, |head| head.seq.saturating_add(1))
    }

    /// All heads, by device.
    pub fn iter(&self) -> impl Iterator<Item = (&DeviceId, &Head)> {
        self.heads.iter()
    }

    /// How far one log counts; none where nothing of it does.
    pub fn counted(&self, device: &DeviceId) -> Option<Counted> {
        let head = self.heads.get(device)?;
        let held = Counted { entries: head.seq.saturating_add(1), last: head.id };
        match self.ends.get(device) {
            Some(end) if held.entries >= end.cut.seq => {
                end.last.map(|last| Counted { entries: end.cut.seq, last }).filter(|counted| counted.entries > 0)
            }
            _ => Some(held),
        }
    }

    /// How far the logs count of which anything does, by device.
    pub fn all_counted(&self) -> impl Iterator<Item = (DeviceId, Counted)> {
        self.heads.keys().filter_map(|device| Some((*device, self.counted(device)?)))
    }

    /// Whether all of a log is held that ever counts.
    pub fn is_complete(&self, device: &DeviceId) -> bool {
        self.ends.get(device).is_some_and(|end| self.entries(device) >= end.cut.seq)
    }

    /// Says where a log ends, and which entry held is the last one that counts.
    pub fn end(&mut self, device: DeviceId, cut: Cut, last: Option<EntryId>) {
        self.ends.insert(device, End { cut, last });
    }

    /// A log has no end any more.
    pub fn reopen(&mut self, device: &DeviceId) {
        self.ends.remove(device);
    }

    /// The logs that have an end.
    pub fn ended(&self) -> impl Iterator<Item = (&DeviceId, &Cut)> {
        self.ends.iter().map(|(device, end)| (device, &end.cut))
    }

    /// Entries held of all logs.
    pub fn total(&self) -> u64 {
        self.heads.values().map(|head| head.seq.saturating_add(1)).sum()
    }

    /// Where a run fits. Of a log that ends, no more is taken than what proves its last entry.
    pub fn place(&self, run: VerifiedRun) -> Placed {
        let run = match self.ends.get(&run.device()) {
            Some(_) if self.is_complete(&run.device()) => return Placed::AlreadyKnown,
            Some(end) => run.proving(end.cut.seq.saturating_sub(1)),
            None => run,
        };
        let first = run.first().header();
        let Some(held) = self.heads.get(&run.device()) else {
            return match first.seq {
                0 => Placed::Next(run),
                _ => Placed::Gap { missing: 0, run },
            };
        };
        if first.seq > held.seq + 1 {
            return Placed::Gap { missing: held.seq + 1, run };
        }
        let joint = if first.seq == held.seq + 1 { Some(first.prev) } else { id_at(&run, held.seq) };
        match joint {
            Some(id) if id != held.id => Placed::Conflict { seq: held.seq },
            Some(_) => run.from_seq(held.seq + 1).map_or(Placed::AlreadyKnown, Placed::Next),
            None => Placed::AlreadyKnown,
        }
    }

    /// Notes that a log now ends at `head`.
    pub fn advance(&mut self, device: DeviceId, head: Head) {
        self.heads.insert(device, head);
    }

    /// Fingerprint of what counts: equal where the same entries do.
    pub fn digest(&self) -> Digest {
        let heads: Vec<(DeviceId, u64, EntryId)> = self
            .all_counted()
            .map(|(device, Counted { entries, last })| (device, entries.saturating_sub(1), last))
            .collect();
        Digest::of(domain::LOG_HEADS, &codec::encode(&heads))
    }

    /// Fingerprint of the list of devices alone of whose logs anything counts.
    pub fn devices_digest(&self) -> Digest {
        let devices: Vec<DeviceId> = self.all_counted().map(|(device, _)| device).collect();
        Digest::of(domain::LOG_HEADS, &codec::encode(&devices))
    }
}

fn id_at(run: &VerifiedRun, seq: u64) -> Option<EntryId> {
    run.entries().iter().find(|entry| entry.header().seq == seq).map(|entry| entry.id())
}
