//! Entries that arrived before the ones they follow. Bounded; the oldest go first, and nothing is lost
//! by it, because what waits is also pulled.

use crate::entry::VerifiedEntry;
use crate::key::DeviceId;
use crate::limits::{MAX_WAITING_BYTES, MAX_WAITING_PER_LOG};
use std::collections::{BTreeMap, VecDeque};

/// Entries that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    logs: BTreeMap<DeviceId, BTreeMap<u64, VerifiedEntry>>,
    order: VecDeque<(DeviceId, u64)>,
    bytes: usize,
}

impl Waiting {
    /// Lets an entry wait.
    pub(super) fn push(&mut self, entry: VerifiedEntry) {
        let (device, seq) = (entry.header().device, entry.header().seq);
        let log = self.logs.entry(device).or_default();
        if log.contains_key(&seq) || log.len() >= MAX_WAITING_PER_LOG {
            return;
        }
        self.bytes += entry.body().len();
        log.insert(seq, entry);
        self.order.push_back((device, seq));
        while self.bytes > MAX_WAITING_BYTES {
            let Some((device, seq)) = self.order.pop_front() else { break };
            self.remove(&device, seq);
        }
    }

    /// The entry that was waiting for this place, if any. What is older in its log is forgotten.
    pub(super) fn take(&mut self, device: &DeviceId, seq: u64) -> Option<VerifiedEntry> {
        let stale: Vec<u64> = self.logs.get(device)?.range(..seq).map(|(seq, _)| *seq).collect();
        for seq in stale {
            self.remove(device, seq);
        }
        self.remove(device, seq)
    }

    /// How many entries wait.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    fn remove(&mut self, device: &DeviceId, seq: u64) -> Option<VerifiedEntry> {
        let log = self.logs.get_mut(device)?;
        let entry = log.remove(&seq)?;
        if log.is_empty() {
            self.logs.remove(device);
        }
        self.bytes -= entry.body().len();
        self.order.retain(|waiting| *waiting != (*device, seq));
        Some(entry)
    }
}
