//! The control set: every record that proves itself, at most two in each place.
//!
//! A record is admitted when it is signed by a root of its group, or by a device that the group certified
//! with `govern`; until that is known it waits. In each place stand at most the two records that decide:
//! highest rank first, then smallest id. Admission depends only on facts that are never taken back (an
//! inception, a certificate of certain capabilities), so the set is a function of what was ever seen.

use crate::control::certificate::Capabilities;
use crate::control::devices::Devices;
use crate::control::error::{Missing, RecordError, Unmet};
use crate::control::genesis::Genesis;
use crate::control::inception::Inception;
use crate::control::layer::Layer;
use crate::control::proven::Proven;
use crate::control::record::{Record, RecordKey};
use crate::control::root::RootNumber;
use crate::control::signed::Signer;
use crate::control::standing::Charter;
use crate::control::waiting::Waiting;
use crate::domain;
use crate::effort;
use crate::id::{CoalitionId, Digest, GroupId, RecordId, VersionId, derive};
use crate::key::{DeviceId, PeerKey};
use crate::limits::MAX_RECORD;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::RangeInclusive;
use std::sync::Arc;

mod adopting;
mod certified;
mod keeping;
mod proof;
mod unlocking;

use keeping::Keeps;

/// Records that stand in one place at most; of forks of a device only the lowest is kept.
const fn per_place(key: &RecordKey) -> usize {
    match key {
        RecordKey::ForkProof { .. } => 1,
        _ => 2,
    }
}

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
    /// Why some of those that were offered are invalid. Of what had waited and proves invalid nothing is told: who brings the
    /// record that it waited for has not brought it.
    pub refused: Vec<RecordError>,
    /// The lowest layer in which records have come or gone; none where all is as it was.
    pub touched: Option<Layer>,
}

/// How a record comes to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coming {
    /// Somebody has just offered it.
    Offered,
    /// It had waited for one that came.
    Waited,
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

    /// Judges a record and keeps it if it counts.
    pub fn offer(&mut self, record: Record) -> Offer {
        let (first, mut batch) = (record.id(), Batch::default());
        let outcome = self.take(vec![(record, None)], Coming::Offered, &mut batch);
        self.settle(&mut batch);
        let Batch { inserted, displaced, .. } = batch;
        match outcome {
            _ if inserted.contains(&first) => Offer::Inserted { inserted, displaced },
            Some(Offer::Inserted { .. }) | None => Offer::Superseded,
            Some(other) => other,
        }
    }

    /// Judges records that came together, from a peer or from the store, and keeps those that count. Of these
    /// none is forgotten because another one comes later in the list.
    pub fn offer_all(&mut self, records: Vec<Record>, source: Option<PeerKey>) -> Batch {
        let mut batch = Batch::default();
        self.take(records.into_iter().map(|record| (record, source)).collect(), Coming::Offered, &mut batch);
        self.settle(&mut batch);
        batch.touched = self.touched.take();
        batch
    }

    /// Offers records, and those that waited for them. What became of the first of them is returned.
    fn take(&mut self, records: Vec<(Record, Option<PeerKey>)>, coming: Coming, batch: &mut Batch) -> Option<Offer> {
        let mut queue: VecDeque<_> = records.into_iter().map(|(record, source)| (record, source, coming)).collect();
        let mut first = None;
        while let Some((record, source, coming)) = queue.pop_front() {
            let id = record.id();
            let offer = self.offer_one(id, record, source);
            match &offer {
                Offer::Inserted { displaced, .. } => {
                    batch.inserted.push(id);
                    batch.displaced.extend(displaced);
                    let unlocked = self.unlocked_by(&id).into_iter();
                    queue.extend(unlocked.map(|(record, source)| (record, source, Coming::Waited)));
                }
                Offer::Refused(error) if coming == Coming::Offered => batch.refused.push(error.clone()),
                _ => {}
            }
            first.get_or_insert(offer);
        }
        first
    }

    fn offer_one(&mut self, id: RecordId, record: Record, source: Option<PeerKey>) -> Offer {
        if self.records.contains_key(&id) {
            return Offer::AlreadyKnown;
        }
        if let Err(error) = self.check(&record) {
            return Offer::Refused(error);
        }
        if let (Record::Genesis(genesis), Keeps::Named { charter, stale, .. }) = (&record, &mut self.keeps)
            && charter.is_none()
        {
            // Its founders' inceptions prove it, so they are let in first.
            *charter = Some(Charter::of(genesis));
            *stale = true;
        }
        let (key, place) = (record.key(), (Reverse(record.rank()), id));
        if self.places.get(&key).and_then(|held| held.get(per_place(&key) - 1)).is_some_and(|last| *last < place)
            || !self.has_slots(&record)
            || self.devices.is_beyond(&record)
        {
            return self.supersede(record, source);
        }
        if let Some(group) = record.group().filter(|group| !self.stands(group)) {
            if let Record::Join(join) = &record
                && let Err(error) = join.check_invite_key(self)
            {
                return Offer::Refused(error);
            }
            let missing = Missing::Standing(group);
            self.waiting.hold(record, missing, source);
            if self.waiting.has_join_of(&group) {
                self.note_names();
            }
            return Offer::Waiting { missing };
        }
        match record.admit(self) {
            Ok(()) => {}
            Err(Unmet::Refused(error)) => return Offer::Refused(error),
            Err(Unmet::Missing(missing)) => {
                self.note_vote(&record);
                self.waiting.hold(record, missing, source);
                return Offer::Waiting { missing };
            }
        }
        let displaced = self.insert(id, key, place, record);
        Offer::Inserted { inserted: vec![id], displaced }
    }

    fn check(&self, record: &Record) -> Result<(), RecordError> {
        if let Some(found) = record.coalition()
            && found != self.coalition
        {
            return Err(RecordError::WrongCoalition { expected: self.coalition, found });
        }
        record.check()?;
        // Only these can be as large as the limit of all records.
        match record {
            Record::Genesis(_) | Record::Adoption(_) => match record.encode().len() {
                found if found > MAX_RECORD => Err(RecordError::TooLarge { found }),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn insert(
        &mut self,
        id: RecordId,
        key: RecordKey,
        place: (Reverse<u64>, RecordId),
        record: Record,
    ) -> Vec<RecordId> {
        self.note_change(&record);
        self.note_vote(&record);
        let mut surplus = None;
        if let Record::DeviceCert(certificate) = &record {
            let body = certificate.body();
            if body.capabilities.has(Capabilities::GOVERN) {
                self.governing.insert((body.group, body.device));
            }
            surplus = self.devices.add(certificate).map(|device| (body.group, device));
        }
        match &record {
            Record::Rotation(rotation) => {
                self.devices.list(rotation.body.group, rotation.body.number, &rotation.body.devices);
            }
            Record::Recovery(recovery) => {
                let number = RootNumber { recovery: recovery.body.recovery, rotation: 0 }.number();
                self.devices.list(recovery.body.group, number, &recovery.body.devices);
            }
            _ => {}
        }
        Arc::make_mut(&mut self.records).insert(id, Arc::new(record));
        let most = per_place(&key);
        let held = Arc::make_mut(&mut self.places).entry(key).or_default();
        held.push(place);
        held.sort_unstable();
        let last = (held.len() > most).then(|| held.last().map(|(_, id)| *id)).flatten();
        self.stale.insert(id.0[0]);
        let mut lost: Vec<RecordId> = last.into_iter().collect();
        if let Some((group, device)) = surplus {
            lost.extend(self.records_of(&group, &device));
        }
        self.displace(lost)
    }

    /// A record comes or goes.
    fn note_change(&mut self, record: &Record) {
        if keeping::names_groups(record) {
            self.note_names();
        }
        let layer = Layer::of(record.kind());
        self.touched = Some(self.touched.map_or(layer, |touched| touched.min(layer)));
    }

    /// The certificates of a device, and what it signed for the group and does not prove itself.
    fn records_of(&self, group: &GroupId, device: &DeviceId) -> Vec<RecordId> {
        let is_its = |record: &Record| match record {
            Record::DeviceCert(certificate) => certificate.body().device == *device,
            Record::Version(_) | Record::Vote(_) => false,
            other => other.signer() == Some(Signer::Device(*device)),
        };
        let its = self.records.iter().filter(|(_, record)| record.group() == Some(*group) && is_its(record));
        its.map(|(id, _)| *id).collect()
    }

    fn remove(&mut self, id: &RecordId) -> Option<Record> {
        let record = Arc::unwrap_or_clone(Arc::make_mut(&mut self.records).remove(id)?);
        self.note_change(&record);
        let key = record.key();
        let places = Arc::make_mut(&mut self.places);
        if let Some(held) = places.get_mut(&key) {
            held.retain(|(_, held)| held != id);
            if held.is_empty() {
                places.remove(&key);
            }
        }
        if let Record::DeviceCert(certificate) = &record {
            let body = certificate.body();
            let place = (body.group, body.device);
            if !self.is_certified(&place, |rights| rights.has(Capabilities::GOVERN)) {
                self.governing.remove(&place);
            }
            if !self.is_certified(&place, |_| true) {
                self.devices.remove(&body.group, &body.device);
            }
        }
        self.stale.insert(id.0[0]);
        Some(record)
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

    /// A short hash of each of the 256 buckets, for finding out where two sets differ.
    pub fn bucket_fingerprints(&self) -> Vec<u64> {
        self.buckets
            .iter()
            .map(|digest| digest.0.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
            .collect()
    }

    /// The ids whose first byte is `bucket`, ascending.
    pub fn ids_in_bucket(&self, bucket: u8) -> Vec<RecordId> {
        self.ids_in(bucket).collect()
    }

    /// Ids of the records that wait here, and whose first byte is `bucket`.
    pub fn waiting_in_bucket(&self, bucket: u8) -> impl Iterator<Item = RecordId> {
        let (low, high) = bounds_of(bucket);
        self.waiting.ids(low, high)
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
