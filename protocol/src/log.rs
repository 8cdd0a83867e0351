//! The heads of all logs that a node holds, and where a run fits.
//!
//! A log is known by its head alone: height and last id. The entries behind it lie in storage.

use crate::codec;
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
}

/// Where a run fits its log.
#[derive(Debug)]
pub enum Placed {
    /// It continues the log; entries that were held already are cut off its front.
    Next(VerifiedRun),
    /// Nothing of it is new.
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

impl Logs {
    /// The logs with these heads.
    pub fn new(heads: impl IntoIterator<Item = (DeviceId, Head)>) -> Self {
        Self { heads: heads.into_iter().collect() }
    }

    /// The head of one log.
    pub fn head(&self, device: &DeviceId) -> Option<&Head> {
        self.heads.get(device)
    }

    /// How many entries of a log are held.
    pub fn entries(&self, device: &DeviceId) -> u64 {
        self.head(device).map_or(0, |head| head.seq.saturating_add(1))
    }

    /// All heads, by device.
    pub fn iter(&self) -> impl Iterator<Item = (&DeviceId, &Head)> {
        self.heads.iter()
    }

    /// Entries held of all logs.
    pub fn total(&self) -> u64 {
        self.heads.values().map(|head| head.seq.saturating_add(1)).sum()
    }

    /// Where a run fits.
    pub fn place(&self, run: VerifiedRun) -> Placed {
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

    /// Fingerprint of all heads: equal where the same entries are held.
    pub fn digest(&self) -> Digest {
        let heads: Vec<(DeviceId, u64, EntryId)> =
            self.heads.iter().map(|(device, head)| (*device, head.seq, head.id)).collect();
        Digest::of(domain::LOG_HEADS, &codec::encode(&heads))
    }

    /// Fingerprint of the list of devices alone.
    pub fn devices_digest(&self) -> Digest {
        let devices: Vec<DeviceId> = self.heads.keys().copied().collect();
        Digest::of(domain::LOG_HEADS, &codec::encode(&devices))
    }
}

fn id_at(run: &VerifiedRun, seq: u64) -> Option<EntryId> {
    run.entries().iter().find(|entry| entry.header().seq == seq).map(|entry| entry.id())
}
