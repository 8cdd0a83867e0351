//! Fair shares of what is kept for others for a while: who handed in how much, and what of it first.
//!
//! When there is no room left, whoever handed in the most gives way first, with the oldest: a peer that floods the node
//! pushes out what it sent itself.

use std::collections::{BTreeMap, BTreeSet};

/// What each source handed in, by the number of its arrival.
#[derive(Clone, Debug)]
pub(crate) struct Shares<S> {
    bytes: usize,
    of: BTreeMap<S, Share>,
}

#[derive(Clone, Debug, Default)]
struct Share {
    bytes: usize,
    arrivals: BTreeSet<u64>,
}

impl<S> Default for Shares<S> {
    fn default() -> Self {
        Self { bytes: 0, of: BTreeMap::new() }
    }
}

impl<S: Ord> Shares<S> {
    /// Counts something of so many bytes. An arrival is counted once.
    pub(crate) fn add(&mut self, source: S, arrival: u64, bytes: usize) {
        let share = self.of.entry(source).or_default();
        share.arrivals.insert(arrival);
        share.bytes += bytes;
        self.bytes += bytes;
    }

    /// No longer counts what was counted like this.
    pub(crate) fn remove(&mut self, source: &S, arrival: u64, bytes: usize) {
        let Some(share) = self.of.get_mut(source) else { return };
        if !share.arrivals.remove(&arrival) {
            return;
        }
        share.bytes -= bytes;
        self.bytes -= bytes;
        if share.arrivals.is_empty() {
            self.of.remove(source);
        }
    }

    /// Bytes in all.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes of one source.
    pub(crate) fn bytes_of(&self, source: &S) -> usize {
        self.of.get(source).map_or(0, |share| share.bytes)
    }

    /// The first arrival of a source that is still counted.
    pub(crate) fn oldest_of(&self, source: &S) -> Option<u64> {
        self.of.get(source)?.arrivals.first().copied()
    }

    /// The same of whoever handed in the most.
    pub(crate) fn oldest_of_largest(&self) -> Option<u64> {
        self.of.values().max_by_key(|share| share.bytes)?.arrivals.first().copied()
    }
}
