//! Records that came before what they depend on: bounded, the oldest goes first.

use crate::control::error::Missing;
use crate::control::record::Record;
use crate::limits::{MAX_WAITING_RECORD_BYTES, MAX_WAITING_RECORDS};
use std::collections::{BTreeMap, BTreeSet};

/// Records by what they wait for, and in order of arrival.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    arrivals: u64,
    bytes: usize,
    held: BTreeMap<u64, Held>,
    by_missing: BTreeMap<Missing, BTreeSet<u64>>,
    by_hash: BTreeSet<[u8; 32]>,
}

#[derive(Clone, Debug)]
struct Held {
    record: Record,
    missing: Missing,
    size: usize,
    hash: [u8; 32],
}

impl Waiting {
    /// Keeps a record until `missing` is known. The same bytes are kept once; what has a forged
    /// signature never stands in the way of the real record.
    pub(crate) fn hold(&mut self, record: Record, missing: Missing) {
        let bytes = record.encode();
        let (size, hash) = (bytes.len(), *blake3::hash(&bytes).as_bytes());
        if !self.by_hash.insert(hash) {
            return;
        }
        self.held.insert(self.arrivals, Held { record, missing, size, hash });
        self.by_missing.entry(missing).or_default().insert(self.arrivals);
        self.arrivals += 1;
        self.bytes += size;
        while self.held.len() > MAX_WAITING_RECORDS || self.bytes > MAX_WAITING_RECORD_BYTES {
            let Some(oldest) = self.held.keys().next().copied() else { break };
            self.take(oldest);
        }
    }

    /// The records that waited for this, in the order in which they came.
    pub(crate) fn release(&mut self, missing: &Missing) -> Vec<Record> {
        let arrivals = self.by_missing.remove(missing).unwrap_or_default();
        arrivals.into_iter().filter_map(|arrival| self.take(arrival)).collect()
    }

    /// How many records wait.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// What is waited for.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &Missing> {
        self.by_missing.keys()
    }

    fn take(&mut self, arrival: u64) -> Option<Record> {
        let held = self.held.remove(&arrival)?;
        self.bytes -= held.size;
        self.by_hash.remove(&held.hash);
        if let Some(others) = self.by_missing.get_mut(&held.missing) {
            others.remove(&arrival);
            if others.is_empty() {
                self.by_missing.remove(&held.missing);
            }
        }
        Some(held.record)
    }
}
