//! How records come into the set, and how they go: each is judged once, and lets in what waited for it.

use super::displacing::list_of;
use super::keeping::{self, Keeps};
use super::{Batch, ControlSet, Offer};
use crate::control::certificate::Capabilities;
use crate::control::error::{Missing, RecordError, Unmet};
use crate::control::layer::Layer;
use crate::control::record::{Record, RecordKey};
use crate::control::standing::Charter;
use crate::id::RecordId;
use crate::key::PeerKey;
use crate::limits::MAX_RECORD;
use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::Arc;

/// Records that stand in one place at most; of forks of a device only the lowest is kept.
const fn per_place(key: &RecordKey) -> usize {
    match key {
        RecordKey::ForkProof { .. } => 1,
        _ => 2,
    }
}

/// How a record comes to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coming {
    /// Somebody has just offered it.
    Offered,
    /// It had waited for one that came.
    Waited,
}

impl ControlSet {
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
    pub(super) fn take(
        &mut self,
        records: Vec<(Record, Option<PeerKey>)>,
        coming: Coming,
        batch: &mut Batch,
    ) -> Option<Offer> {
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
                Offer::Superseded => batch.superseded.push(id),
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
        if let Some((group, root, devices)) = list_of(&record) {
            self.devices.list(group, root, devices);
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
    pub(super) fn note_change(&mut self, record: &Record) {
        if keeping::names_groups(record) {
            self.note_names();
        }
        let layer = Layer::of(record.kind());
        self.touched = Some(self.touched.map_or(layer, |touched| touched.min(layer)));
    }
}
