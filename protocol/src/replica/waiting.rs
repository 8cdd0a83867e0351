//! Entries that arrived before the ones they follow: bounded, in fair shares. Nothing is lost by it, because what waits is
//! also pulled.
//!
//! Of one log those nearest to the gap are kept: they are the first of use when it closes. Of one peer the newest are, up
//! to its share; and when there is no room left for all, whoever handed in the most gives way first.

use crate::entry::VerifiedEntry;
use crate::key::{DeviceId, PeerKey};
use crate::limits::{MAX_WAITING_BYTES, MAX_WAITING_BYTES_IN_ALL, MAX_WAITING_PER_LOG};
use crate::shares::Shares;
use std::collections::BTreeMap;

/// Entries that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    arrivals: u64,
    held: BTreeMap<u64, Held>,
    /// The arrivals of each log, by seq.
    logs: BTreeMap<DeviceId, BTreeMap<u64, u64>>,
    shares: Shares<PeerKey>,
}

#[derive(Debug)]
struct Held {
    entry: VerifiedEntry,
    source: PeerKey,
}

impl Held {
    /// What it takes in memory, about.
    fn size(&self) -> usize {
        size_of::<Self>() + self.entry.body().len()
    }
}

impl Waiting {
    /// Lets an entry wait that this peer handed in.
    pub(super) fn push(&mut self, entry: VerifiedEntry, source: PeerKey) {
        let (device, seq) = (entry.header().device, entry.header().seq);
        let log = self.logs.entry(device).or_default();
        if log.contains_key(&seq) {
            return;
        }
        let arrival = self.arrivals;
        self.arrivals += 1;
        log.insert(seq, arrival);
        let farthest = log.last_key_value().filter(|_| log.len() > MAX_WAITING_PER_LOG).map(|(_, arrival)| *arrival);
        let held = Held { entry, source };
        self.shares.add(source, arrival, held.size());
        self.held.insert(arrival, held);
        if let Some(farthest) = farthest {
            self.remove(farthest);
        }
        while self.shares.bytes_of(&source) > MAX_WAITING_BYTES {
            let Some(oldest) = self.shares.oldest_of(&source) else { break };
            self.remove(oldest);
        }
        while self.shares.bytes() > MAX_WAITING_BYTES_IN_ALL {
            let Some(oldest) = self.shares.oldest_of_largest() else { break };
            self.remove(oldest);
        }
    }

    /// The entry that was waiting for this place, if any. What is older in its log is forgotten.
    pub(super) fn take(&mut self, device: &DeviceId, seq: u64) -> Option<VerifiedEntry> {
        let up_to: Vec<u64> = self.logs.get(device)?.range(..=seq).map(|(_, arrival)| *arrival).collect();
        let removed: Vec<VerifiedEntry> = up_to.into_iter().filter_map(|arrival| self.remove(arrival)).collect();
        removed.into_iter().next_back().filter(|last| last.header().seq == seq)
    }

    /// How many entries wait.
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    fn remove(&mut self, arrival: u64) -> Option<VerifiedEntry> {
        let held = self.held.remove(&arrival)?;
        self.shares.remove(&held.source, arrival, held.size());
        let device = held.entry.header().device;
        if let Some(log) = self.logs.get_mut(&device) {
            log.remove(&held.entry.header().seq);
            if log.is_empty() {
                self.logs.remove(&device);
            }
        }
        Some(held.entry)
    }
}

#[cfg(test)]
#[path = "waiting_tests.rs"]
mod tests;
