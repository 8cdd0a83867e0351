//! Whose records a set keeps, and how that follows from what is in it.
//!
//! A set that proves a few records keeps everybody's. That of a node keeps its own group's, and those of
//! groups that are named; see [`crate::control::standing`]. It is worked out anew after each batch that may
//! have changed it: who is named is let in from what waits, until nothing changes, and who is named by
//! nothing that is in the set goes.

use super::{Batch, Coming, ControlSet};
use crate::control::error::Missing;
use crate::control::layer::Layer;
use crate::control::proven::Proven;
use crate::control::record::{Kind, Record};
use crate::control::standing::{Charter, Joins, named};
use crate::id::{CoalitionId, GroupId, RecordId};
use std::collections::BTreeSet;

/// Whose records a set keeps.
#[derive(Clone, Debug)]
pub(super) enum Keeps {
    /// Everybody's: a set that proves a few records.
    All,
    /// Those of groups that are named, and the node's own: see [`crate::control::standing`].
    Named {
        home: GroupId,
        charter: Option<Charter>,
        named: BTreeSet<GroupId>,
        /// Something came that may name a group, or take a name away.
        stale: bool,
    },
}

/// Whether it may follow from a record who is named.
pub(super) fn names_groups(record: &Record) -> bool {
    match record {
        Record::Inception(inception) => !inception.body.contacts.is_empty(),
        other => matches!(other.kind(), Kind::Vouch | Kind::Invite | Kind::Join | Kind::Adoption),
    }
}

impl ControlSet {
    /// The set of a node of a group from the records that it has stored, and those of them that have no place there any
    /// more. Each signature is proven once, on all cores.
    pub fn of_stored(coalition: CoalitionId, home: GroupId, mut records: Vec<Record>) -> (Self, Vec<RecordId>) {
        // What a record depends on is mostly of a kind with a lower number; which devices are wanted follows from lists.
        records.sort_by_key(|record| match record.kind() {
            Kind::Rotation | Kind::Recovery => (Kind::Inception, 1),
            kind => (kind, 0),
        });
        let mut set = Self { proven: Proven::of(&records), ..Self::of_node(coalition, home) };
        let Batch { displaced, superseded, .. } = set.offer_all(records, None);
        set.proven = Proven::default();
        let lost = displaced.into_iter().chain(superseded).filter(|id| set.get(id).is_none()).collect();
        (set, lost)
    }

    /// Lets in whoever is named by now, and out whoever no longer is.
    pub(super) fn settle(&mut self, batch: &mut Batch) {
        let mut dropped = Vec::new();
        loop {
            self.adopt(batch);
            let Some(named) = self.names_anew() else { break };
            let Keeps::Named { named: before, .. } = &mut self.keeps else { break };
            let new: Vec<GroupId> = named.difference(before).copied().collect();
            *before = named;
            for group in new {
                let released = self.waiting.release(&Missing::Standing(group), |_| true);
                self.take(released, Coming::Waited, batch);
            }
            dropped.extend(self.drop_unnamed(batch));
        }
        // What names them may still be on its way, and nobody sends them again meanwhile.
        for (group, record) in dropped {
            if !self.records.contains_key(&record.id()) {
                self.waiting.hold(record, Missing::Standing(group), None);
            }
        }
        self.waiting.trim();
        self.refresh_buckets();
        let records = &self.records;
        batch.inserted.retain(|id| records.contains_key(id));
        batch.inserted.dedup();
        batch.displaced.retain(|id| !records.contains_key(id));
    }

    /// The named groups, where they may have changed.
    fn names_anew(&mut self) -> Option<BTreeSet<GroupId>> {
        let Keeps::Named { home, charter, stale, .. } = &mut self.keeps else { return None };
        let home = *home;
        if !std::mem::take(stale) {
            return None;
        }
        let charter = charter.clone()?;
        let waiting = self.waiting.joins().map(|(id, join)| (id, join.body())).collect();
        Some(named(self, &home, &charter, Joins::AndWaiting(waiting)))
    }

    /// Drops the records of groups that are named by nothing in the set: what waits names nobody for long. Given
    /// back is what has to be kept outside of the set.
    fn drop_unnamed(&mut self, batch: &mut Batch) -> Vec<(GroupId, Record)> {
        let Keeps::Named { home, charter: Some(charter), .. } = &self.keeps else { return Vec::new() };
        if charter.is_open() {
            return Vec::new();
        }
        let (home, firm) = (*home, named(self, home, charter, Joins::Admitted));
        let strays = |record: &Record| record.group().is_some_and(|group| group != home && !firm.contains(&group));
        let dropped: Vec<RecordId> =
            self.records.iter().filter(|(_, record)| strays(record)).map(|(id, _)| *id).collect();
        // Proposals and votes wait by themselves.
        let kept = |id: &RecordId| match self.get(id)? {
            Record::Version(_) | Record::Vote(_) => None,
            record => Some((record.group()?, record.clone())),
        };
        let outside = dropped.iter().filter_map(kept).collect();
        let displaced = self.displace(dropped);
        batch.displaced.extend(displaced);
        // Whom something has named meanwhile is let in with the next round.
        if let Keeps::Named { named, .. } = &mut self.keeps {
            named.retain(|group| firm.contains(group));
        }
        outside
    }

    /// The same set at a node of another group, sharing what it holds until one of them changes; none where
    /// that group's records are kept by its own nodes only.
    pub(crate) fn at_home_of(&self, group: &GroupId) -> Option<Self> {
        let mut set = self.clone();
        let Keeps::Named { home, charter, named, .. } = &mut set.keeps else { return None };
        let is_named = named.contains(group) || charter.as_ref().is_some_and(Charter::is_open);
        if !is_named {
            return None;
        }
        *home = *group;
        Some(set)
    }

    /// Whether the records of a group are kept.
    pub(super) fn stands(&self, group: &GroupId) -> bool {
        match &self.keeps {
            Keeps::All => true,
            Keeps::Named { home, charter, named, .. } => {
                group == home || named.contains(group) || charter.as_ref().is_some_and(Charter::is_open)
            }
        }
    }

    /// Notes that it may be otherwise now who is named.
    pub(super) fn note_names(&mut self) {
        if let Keeps::Named { stale, .. } = &mut self.keeps {
            *stale = true;
        }
    }

    /// Nothing may be taken over of what followed from the set before.
    pub(crate) fn note_all_changed(&mut self) {
        self.touched = Some(Layer::Keys);
    }

    /// Whether the slots of a record are among those that its version gives.
    pub(super) fn has_slots(&self, record: &Record) -> bool {
        let Keeps::Named { charter: Some(charter), .. } = &self.keeps else { return true };
        let (slot, group, version) = match record {
            Record::Vouch(vouch) => (vouch.body.slot, vouch.body.group, vouch.body.version),
            Record::Invite(invite) => (invite.body.first, invite.body.group, invite.body.version),
            _ => return true,
        };
        match self.adoption(&version) {
            Some(adoption) => slot < charter.slots(adoption.body.electors.binary_search(&group).is_ok()),
            // Under a version that is not known it waits, and is asked again.
            None => version != self.first_version || slot < charter.slots(charter.is_elector(&group)),
        }
    }
}
