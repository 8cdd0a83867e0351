//! Records that came before what they depend on: bounded, in fair [shares](crate::shares).

use crate::control::error::Missing;
use crate::control::invitation::Join;
use crate::control::record::Record;
use crate::id::{GroupId, RecordId};
use crate::key::PeerKey;
use crate::limits::{MAX_WAITING_RECORD_BYTES, MAX_WAITING_RECORDS};
use crate::shares::Shares;
use std::collections::{BTreeMap, BTreeSet};

/// Records by what they wait for, and in order of arrival.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    arrivals: u64,
    held: BTreeMap<u64, Held>,
    by_missing: BTreeMap<Missing, BTreeSet<u64>>,
    by_hash: BTreeSet<[u8; 32]>,
    by_id: BTreeSet<(RecordId, u64)>,
    joins: BTreeSet<(GroupId, u64)>,
    shares: Shares<Option<PeerKey>>,
}

#[derive(Clone, Debug)]
struct Held {
    id: RecordId,
    record: Record,
    missing: Missing,
    size: usize,
    hash: [u8; 32],
    source: Option<PeerKey>,
}

impl Waiting {
    /// Keeps a record until `missing` is known. The same bytes are kept once; what has a forged
    /// signature never stands in the way of the real record. Bounds hold again after [`Self::trim`].
    pub(crate) fn hold(&mut self, record: Record, missing: Missing, source: Option<PeerKey>) {
        let bytes = record.encode();
        let (size, hash) = (bytes.len(), *blake3::hash(&bytes).as_bytes());
        if !self.by_hash.insert(hash) {
            return;
        }
        let (arrival, id) = (self.arrivals, record.id());
        self.arrivals += 1;
        self.by_missing.entry(missing).or_default().insert(arrival);
        self.by_id.insert((id, arrival));
        if let Record::Join(join) = &record {
            self.joins.insert((join.body().group, arrival));
        }
        self.shares.add(source, arrival, size);
        self.held.insert(arrival, Held { id, record, missing, size, hash, source });
    }

    /// Lets go of records until the others fit.
    pub(crate) fn trim(&mut self) {
        while self.held.len() > MAX_WAITING_RECORDS || self.shares.bytes() > MAX_WAITING_RECORD_BYTES {
            let Some(oldest) = self.shares.oldest_of_largest() else { break };
            self.take(oldest);
        }
    }

    /// The records that waited for this and that are wanted, in the order in which they came. The others wait on.
    pub(crate) fn release(
        &mut self,
        missing: &Missing,
        wants: impl Fn(&Record) -> bool,
    ) -> Vec<(Record, Option<PeerKey>)> {
        let arrivals = self.by_missing.get(missing).into_iter().flatten().copied();
        let wanted = |arrival: &u64| self.held.get(arrival).is_some_and(|held| wants(&held.record));
        let arrivals: Vec<u64> = arrivals.filter(wanted).collect();
        arrivals.into_iter().filter_map(|arrival| self.take(arrival)).collect()
    }

    /// The records that wait for this, in the order in which they came.
    pub(crate) fn held(&self, missing: Missing) -> impl Iterator<Item = &Record> {
        let arrivals = self.by_missing.get(&missing).into_iter().flatten();
        arrivals.filter_map(|arrival| self.held.get(arrival).map(|held| &held.record))
    }

    /// How many records wait.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// What is waited for.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &Missing> {
        self.by_missing.keys()
    }

    /// The joins that wait, whatever for.
    pub(crate) fn joins(&self) -> impl Iterator<Item = (RecordId, &Join)> {
        self.joins.iter().filter_map(|(_, arrival)| match self.held.get(arrival) {
            Some(Held { id, record: Record::Join(join), .. }) => Some((*id, join)),
            _ => None,
        })
    }

    /// Whether a join of this group waits.
    pub(crate) fn has_join_of(&self, group: &GroupId) -> bool {
        self.joins.range((*group, 0)..=(*group, u64::MAX)).next().is_some()
    }

    /// Hashes of all the bytes of the records that wait, of those with ids from `low` to `high`.
    pub(crate) fn hashes(&self, low: RecordId, high: RecordId) -> impl Iterator<Item = [u8; 32]> {
        let arrivals = self.by_id.range((low, 0)..=(high, u64::MAX));
        arrivals.filter_map(|(_, arrival)| self.held.get(arrival).map(|held| held.hash))
    }

    fn take(&mut self, arrival: u64) -> Option<(Record, Option<PeerKey>)> {
        let held = self.held.remove(&arrival)?;
        self.by_hash.remove(&held.hash);
        self.by_id.remove(&(held.id, arrival));
        if let Record::Join(join) = &held.record {
            self.joins.remove(&(join.body().group, arrival));
        }
        if let Some(others) = self.by_missing.get_mut(&held.missing) {
            others.remove(&arrival);
            if others.is_empty() {
                self.by_missing.remove(&held.missing);
            }
        }
        self.shares.remove(&held.source, arrival, held.size);
        Some((held.record, held.source))
    }
}
