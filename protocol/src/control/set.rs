//! The control set: every record that proves itself, at most two in each place.
//!
//! A record is admitted when it is signed by a root of its group, or by a device that the group certified
//! with `govern`; until that is known it waits. In each place stand at most the two records that decide:
//! highest rank first, then smallest id. Admission depends only on facts that are never taken back (an
//! inception, a certificate of certain capabilities), so the set is a function of what was ever seen.

use crate::control::devices::Devices;
use crate::control::error::{Missing, RecordError};
use crate::control::genesis::Genesis;
use crate::control::inception::Inception;
use crate::control::layer::Layer;
use crate::control::proven::Proven;
use crate::control::record::{Record, RecordKey};
use crate::control::waiting::Waiting;
use crate::domain;
use crate::effort;
use crate::id::{CoalitionId, Digest, GroupId, RecordId, VersionId, derive};
use crate::key::DeviceId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

mod adopting;
mod certified;
mod displacing;
mod keeping;
mod proof;
mod taking;
mod unlocking;

use keeping::Keeps;
use taking::Coming;

/// Parts of the set that are compared one by one: by the first byte of the record's id.
const BUCKETS: usize = 256;

/// What became of a record that was offered to a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// It is in the set now, and so are those of the list that waited for it.
    Inserted {
        /// The record itself comes first.
        inserted: Vec<RecordId>,
        /// Records that lost their place to them.
        displaced: Vec<RecordId>,
    },
    /// It was in the set before.
    AlreadyKnown,
    /// Its place is held by two records that decide before it.
    Superseded,
    /// It cannot be judged yet and is kept until it can.
    Waiting {
        /// What is not known yet.
        missing: Missing,
    },
    /// It is invalid, for every node and for ever.
    Refused(RecordError),
}

/// What became of records that were offered together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Those that are in the set now, and those that had waited for them.
    pub inserted: Vec<RecordId>,
    /// Records that lost their place.
    pub displaced: Vec<RecordId>,
    /// Those that were offered and had no place, and are not kept to wait for one.
    pub superseded: Vec<RecordId>,
    /// Why some of those that were offered are invalid. Of what had waited and proves invalid nothing is told: who brings the
    /// record that it waited for has not brought it.
    pub refused: Vec<RecordError>,
    /// The lowest layer in which records have come or gone; none where all is as it was.
    pub touched: Option<Layer>,
}

/// The records that decide in each place, best first.
type Places = BTreeMap<RecordKey, Vec<(Reverse<u64>, RecordId)>>;

/// All control records of a coalition that a node believes. A copy shares them, and when one of the two changes it still
/// shares those that both hold.
#[derive(Clone, Debug)]
pub struct ControlSet {
    coalition: CoalitionId,
    first_version: VersionId,
    records: Arc<BTreeMap<RecordId, Arc<Record>>>,
    places: Arc<Places>,
    governing: BTreeSet<(GroupId, DeviceId)>,
    devices: Devices,
    buckets: Vec<Digest>,
    /// Buckets in which records have come or gone since they were hashed.
    stale: BTreeSet<u8>,
    waiting: Waiting,
    keeps: Keeps,
    /// Versions that may have enough votes by now.
    voted: BTreeSet<VersionId>,
    /// Versions whose adoption another set has proven.
    granted: BTreeSet<VersionId>,
    /// The lowest layer in which records have come or gone since the last batch.
    touched: Option<Layer>,
    /// Signatures that need not be proven once more.
    proven: Proven,
}

impl ControlSet {
    /// The empty set of a coalition. It keeps whatever proves itself.
    pub fn new(coalition: CoalitionId) -> Self {
        Self {
            coalition,
            first_version: VersionId::first(&coalition),
            records: Arc::default(),
            places: Arc::default(),
            governing: BTreeSet::new(),
            devices: Devices::default(),
            buckets: vec![Digest::ZERO; BUCKETS],
            stale: BTreeSet::new(),
            waiting: Waiting::default(),
            keeps: Keeps::All,
            voted: BTreeSet::new(),
            granted: BTreeSet::new(),
            touched: None,
            proven: Proven::default(),
        }
    }

    /// The empty set of a node of a group. It keeps what proves itself of the node's own group, and of groups
    /// that somebody who belongs has vouched for or invited; everything else waits.
    pub fn of_node(coalition: CoalitionId, home: GroupId) -> Self {
        let keeps = Keeps::Named { home, charter: None, named: BTreeSet::new(), stale: false };
        Self { keeps, ..Self::new(coalition) }
    }

    /// Signatures that need not be proven once more.
    pub(super) const fn proven(&self) -> &Proven {
        &self.proven
    }

    /// Hashes the buckets that are not what they were, each once however much came.
    fn refresh_buckets(&mut self) {
        for bucket in std::mem::take(&mut self.stale) {
            let ids: Vec<u8> = self.ids_in(bucket).flat_map(|id| id.0).collect();
            if let Some(digest) = self.buckets.get_mut(usize::from(bucket)) {
                *digest = if ids.is_empty() { Digest::ZERO } else { Digest::of(domain::CONTROL_SET, &ids) };
            }
        }
    }

    /// The coalition whose records these are.
    pub fn coalition(&self) -> CoalitionId {
        self.coalition
    }

    /// All records, by ascending id.
    pub fn iter(&self) -> impl Iterator<Item = &Record> {
        self.records.values().map(|record| &**record)
    }

    /// All records with their ids, by ascending id.
    pub fn entries(&self) -> impl Iterator<Item = (&RecordId, &Record)> {
        self.records.iter().map(|(id, record)| (id, &**record))
    }

    /// The record of this id.
    pub fn get(&self, id: &RecordId) -> Option<&Record> {
        self.records.get(id).map(|record| &**record)
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// How many records wait for others.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// What the waiting records wait for.
    pub fn missing(&self) -> impl Iterator<Item = &Missing> {
        self.waiting.missing()
    }

    /// A hash over the ids of all records: equal on two nodes that keep the same ones.
    pub fn fingerprint(&self) -> Digest {
        let all: Vec<u8> = self.buckets.iter().flat_map(|digest| digest.0).collect();
        Digest(derive(domain::CONTROL_SET, &all))
    }

    /// The hash of each of the 256 buckets, for finding out where two sets differ.
    pub fn buckets(&self) -> &[Digest] {
        &self.buckets
    }

    /// The ids whose first byte is `bucket`, ascending.
    pub fn ids_in_bucket(&self, bucket: u8) -> Vec<RecordId> {
        self.ids_in(bucket).collect()
    }

    /// Hashes of all the bytes of the records that wait here, of those whose id begins with `bucket`.
    pub fn waiting_in_bucket(&self, bucket: u8) -> impl Iterator<Item = [u8; 32]> {
        let (low, high) = bounds_of(bucket);
        self.waiting.hashes(low, high)
    }

    fn ids_in(&self, bucket: u8) -> impl Iterator<Item = RecordId> {
        let (low, high) = bounds_of(bucket);
        self.records.range(low..=high).map(|(id, _)| *id)
    }

    /// The genesis, once it is known.
    pub fn genesis(&self) -> Option<&Genesis> {
        match self.get(&RecordId(self.coalition.0)) {
            Some(Record::Genesis(genesis)) => Some(genesis),
            _ => None,
        }
    }

    /// The inception of a group.
    pub fn inception(&self, group: &GroupId) -> Option<&Inception> {
        match self.get(&RecordId(group.0)) {
            Some(Record::Inception(inception)) => Some(inception),
            _ => None,
        }
    }

    /// The recovery contacts that a group has named, and how many of them it takes; none where it has named none.
    pub fn contacts_of(&self, group: &GroupId) -> Option<(&[GroupId], u8)> {
        let body = &self.inception(group)?.body;
        (!body.contacts.is_empty()).then_some((body.contacts.as_slice(), body.quorum))
    }

    pub(super) fn in_places(&self, range: RangeInclusive<RecordKey>) -> impl Iterator<Item = &Record> {
        self.entries_in(range).map(|(_, record)| record)
    }

    /// The records in these places with their ids, place by place, the best first.
    pub(super) fn entries_in(&self, range: RangeInclusive<RecordKey>) -> impl Iterator<Item = (&RecordId, &Record)> {
        effort::looked();
        let ids = self.places.range(range).flat_map(|(_, held)| held).map(|(_, id)| id);
        ids.inspect(|_| effort::looked()).filter_map(|id| Some((id, self.get(id)?)))
    }

    pub(crate) fn governs(&self, group: &GroupId, device: &DeviceId) -> bool {
        self.governing.contains(&(*group, *device))
    }
}

/// The lowest and the highest id of a bucket.
fn bounds_of(bucket: u8) -> (RecordId, RecordId) {
    let (mut low, mut high) = ([0; 32], [0xff; 32]);
    (low[0], high[0]) = (bucket, bucket);
    (RecordId(low), RecordId(high))
}
