//! Versions in the set: which ones are known, who votes on them, and when votes become an adoption.
//!
//! A proposal and its votes stand in the set until the proposal loses its place. As soon as there are
//! enough votes the set makes an [`Adoption`] of them, which stays. So that it does not matter in which order
//! things came, a proposal that has no place waits, and so do its votes: they are counted there as well.

use super::{Batch, Coming, ControlSet, Offer};
use crate::control::adoption::Adoption;
use crate::control::error::{Missing, Unmet};
use crate::control::mandate::Mandate;
use crate::control::record::{Record, RecordKey};
use crate::control::signed::Signer;
use crate::control::version::{Version, VersionBody};
use crate::control::vote::Vote;
use crate::id::{GroupId, RecordId, VersionId};
use crate::key::PeerKey;
use std::collections::BTreeMap;

const LOWEST: GroupId = GroupId([0; 32]);
const HIGHEST: GroupId = GroupId([0xff; 32]);

impl ControlSet {
    /// The proof that a version was adopted; none for version 0, which the founders signed.
    pub fn adoption(&self, version: &VersionId) -> Option<&Adoption> {
        match self.get(&Adoption::id_of(version)) {
            Some(Record::Adoption(adoption)) => Some(adoption),
            _ => None,
        }
    }

    /// All adopted versions but version 0.
    pub fn adoptions(&self) -> impl Iterator<Item = &Adoption> {
        self.adopted().map(|(_, adoption)| adoption)
    }

    /// All adopted versions but version 0, with their ids: to work one out is to hash its text.
    pub(crate) fn adopted(&self) -> impl Iterator<Item = (VersionId, &Adoption)> {
        let (low, high) = (VersionId([0; 32]), VersionId([0xff; 32]));
        let places = self.places.range(RecordKey::Adoption { version: low }..=RecordKey::Adoption { version: high });
        places.filter_map(|(place, held)| match (place, self.get(&held.first()?.1)?) {
            (RecordKey::Adoption { version }, Record::Adoption(adoption)) => Some((*version, &**adoption)),
            _ => None,
        })
    }

    /// The proposal of a version, as long as it stands in the set.
    pub fn proposal(&self, version: &VersionId) -> Option<&Version> {
        match self.get(&RecordId(version.0)) {
            Some(Record::Version(version)) => Some(version),
            _ => None,
        }
    }

    /// All proposals in the set, also those that were adopted.
    pub fn proposals(&self) -> impl Iterator<Item = &Version> {
        self.proposed().map(|(_, proposal)| proposal)
    }

    /// All proposals in the set, with the ids of their versions.
    pub(crate) fn proposed(&self) -> impl Iterator<Item = (VersionId, &Version)> {
        let place = |byte: u8, group, number| RecordKey::Version { base: VersionId([byte; 32]), group, number };
        self.entries_in(place(0, LOWEST, 0)..=place(0xff, HIGHEST, u32::MAX)).filter_map(|(id, record)| match record {
            Record::Version(version) => Some((VersionId(id.0), &**version)),
            _ => None,
        })
    }

    /// The content of a version that was proposed or adopted; none for version 0.
    pub fn version_body(&self, version: &VersionId) -> Option<&VersionBody> {
        let adopted = self.adoption(version).map(|adoption| &adoption.body);
        adopted.or_else(|| self.proposal(version).map(Version::body))
    }

    /// The votes for a version, by ascending group.
    pub fn votes_for(&self, version: &VersionId) -> impl Iterator<Item = &Vote> {
        let place = |group| RecordKey::Vote { version: *version, group };
        self.in_places(place(LOWEST)..=place(HIGHEST)).filter_map(|record| match record {
            Record::Vote(vote) => Some(vote),
            _ => None,
        })
    }

    /// The electors of an adopted version, ascending.
    pub fn electors_of(&self, version: &VersionId) -> Option<&[GroupId]> {
        if *version == self.first_version {
            return self.genesis().map(|genesis| genesis.body.electors.as_slice());
        }
        self.adoption(version).map(|adoption| adoption.body.electors.as_slice())
    }

    /// How many of so many electors adopt a version.
    pub fn votes_needed(&self, electors: usize) -> usize {
        self.genesis().map_or(electors, |genesis| genesis.body.threshold.votes_needed(electors))
    }

    /// The claim of a mandate.
    pub fn mandate(&self, id: &RecordId) -> Option<&Mandate> {
        match self.get(id) {
            Some(Record::Mandate(mandate)) => Some(mandate),
            _ => None,
        }
    }

    /// Whether a version was adopted: others bear no signatures, vouches or mandates.
    pub(crate) fn knows_version(&self, version: &VersionId) -> bool {
        *version == self.first_version || self.granted.contains(version) || self.adoption(version).is_some()
    }

    /// A record for which its place has no room. A proposal waits, in case enough electors want it.
    pub(super) fn supersede(&mut self, record: Record, source: Option<PeerKey>) -> Offer {
        let Record::Version(version) = &record else { return Offer::Superseded };
        let version = version.version();
        if self.adoption(&version).is_some() {
            return Offer::Superseded;
        }
        let missing = Missing::Votes(version);
        self.voted.insert(version);
        self.waiting.hold(record, missing, source);
        Offer::Waiting { missing }
    }

    /// Notes a record that may complete the votes for a version.
    pub(super) fn note_vote(&mut self, record: &Record) {
        match record {
            Record::Version(version) => self.voted.insert(version.version()),
            Record::Vote(vote) => self.voted.insert(vote.body().version),
            _ => false,
        };
    }

    /// What was said of a mandate.
    pub(super) fn endorsements_of(&self, mandate: &RecordId) -> Vec<RecordId> {
        let place = |group, signer| RecordKey::Endorsement { mandate: *mandate, group, signer };
        let places = place(LOWEST, Signer::FIRST)..=place(HIGHEST, Signer::LAST);
        self.entries_in(places).map(|(id, _)| *id).collect()
    }

    /// Makes adoptions of the versions that have enough votes by now.
    pub(super) fn adopt(&mut self, batch: &mut Batch) {
        while let Some(version) = self.voted.pop_first() {
            if let Some(adoption) = self.adoption_due(&version) {
                self.take(vec![(Record::Adoption(Box::new(adoption)), None)], Coming::Waited, batch);
            }
        }
    }

    fn adoption_due(&mut self, version: &VersionId) -> Option<Adoption> {
        if self.adoption(version).is_some() {
            return None;
        }
        let waits = self.waiting.held(Missing::Votes(*version)).find_map(|record| match record {
            Record::Version(version) => Some((**version).clone()),
            _ => None,
        });
        let proposal = self.proposal(version).cloned().or(waits)?;
        let electors = self.electors_of(&proposal.body().base)?.to_vec();
        let needed = self.votes_needed(electors.len());
        let waiting = self.verified_votes(version);
        let all = self.votes_for(version).chain(&waiting).filter(|vote| electors.contains(&vote.body().group));
        let votes: BTreeMap<GroupId, &Vote> = all.map(|vote| (vote.body().group, vote)).collect();
        if votes.len() < needed {
            return None;
        }
        let votes = votes.into_values().take(needed).collect();
        Some(Adoption::new(proposal.signed.body, proposal.signed.signer, votes))
    }

    /// The votes that wait for a version, verified only now. What is forged goes; what waits for keys, waits
    /// for these.
    fn verified_votes(&mut self, version: &VersionId) -> Vec<Vote> {
        let mut votes = Vec::new();
        for (record, source) in self.waiting.release(&Missing::Version(*version), |_| true) {
            let admitted = match &record {
                Record::Vote(vote) => vote.admit(self),
                _ => Err(Unmet::Missing(Missing::Version(*version))),
            };
            let missing = match (admitted, &record) {
                (Err(Unmet::Refused(_)), _) => continue,
                (Err(Unmet::Missing(missing)), _) => missing,
                (Ok(()), Record::Vote(vote)) => {
                    votes.push(vote.clone());
                    Missing::Version(*version)
                }
                (Ok(()), _) => Missing::Version(*version),
            };
            self.waiting.hold(record, missing, source);
        }
        votes
    }
}
