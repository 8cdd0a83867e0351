//! The roots of groups that a set knows, and the signatures that they make.
//!
//! A root that is known once stays known: what it signed is admitted, whatever came first. Which root is
//! in force is worked out in [`crate::authority::keys`].

use crate::control::error::{Missing, RecordError, Unmet};
use crate::control::record::{Record, RecordKey};
use crate::control::recovery::Recovery;
use crate::control::root::RootNumber;
use crate::control::rotation::Rotation;
use crate::control::set::ControlSet;
use crate::domain::Purpose;
use crate::id::{Digest, GroupId};
use crate::key::{PublicKey, Signature};
use std::collections::BTreeSet;

/// A root of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownRoot {
    /// The root.
    pub key: PublicKey,
    /// The commitment to the roots after it.
    pub chain: Digest,
}

const LOWEST: (PublicKey, Digest) = (PublicKey([0; 32]), Digest([0; 32]));
const HIGHEST: (PublicKey, Digest) = (PublicKey([0xff; 32]), Digest([0xff; 32]));

impl ControlSet {
    /// The roots of this number that are known: several only where recoveries contradict each other.
    pub fn roots(&self, group: &GroupId, number: u32) -> Vec<KnownRoot> {
        let mut roots: Vec<KnownRoot> = match RootNumber::of(number) {
            None => Vec::new(),
            Some(RootNumber::FIRST) => {
                let inception = self.inception(group).map(|inception| &inception.body);
                inception.map(|body| KnownRoot { key: body.root, chain: body.chain }).into_iter().collect()
            }
            Some(RootNumber { recovery, rotation: 0 }) => {
                let of_number = self.recoveries(group).filter(|known| known.body.recovery == recovery);
                of_number.map(|known| KnownRoot { key: known.body.root, chain: known.body.chain }).collect()
            }
            Some(_) => {
                let rotations = self.rotations(group, number);
                rotations.map(|known| KnownRoot { key: known.body.root, chain: known.body.chain }).collect()
            }
        };
        roots.dedup();
        roots
    }

    /// The recoveries of a group, by ascending number.
    pub fn recoveries(&self, group: &GroupId) -> impl Iterator<Item = &Recovery> {
        let place = |recovery, (root, chain)| RecordKey::Recovery { group: *group, recovery, root, chain };
        self.in_places(place(0, LOWEST)..=place(u32::MAX, HIGHEST)).filter_map(|record| match record {
            Record::Recovery(recovery) => Some(&**recovery),
            _ => None,
        })
    }

    /// The rotations of a group that bring the root of this number.
    pub fn rotations(&self, group: &GroupId, number: u32) -> impl Iterator<Item = &Rotation> {
        let place = |(root, chain)| RecordKey::Rotation { group: *group, number, root, chain };
        self.in_places(place(LOWEST)..=place(HIGHEST)).filter_map(|record| match record {
            Record::Rotation(rotation) => Some(rotation),
            _ => None,
        })
    }

    /// The records that lead from a group's inception to a root, each after those it needs. The inception
    /// itself is left out; those of the contacts who recovered the group are among them.
    pub(crate) fn root_proof(&self, group: &GroupId, number: RootNumber) -> Vec<Record> {
        let mut proof = Vec::new();
        self.lead_to(group, number, &mut BTreeSet::from([*group]), &mut proof);
        proof
    }

    fn lead_to(&self, group: &GroupId, number: RootNumber, known: &mut BTreeSet<GroupId>, proof: &mut Vec<Record>) {
        let recoveries = self.recoveries(group).filter(|recovery| recovery.body.recovery == number.recovery);
        for recovery in recoveries {
            for approval in &recovery.approvals {
                if known.insert(approval.contact) {
                    proof.extend(self.inception(&approval.contact).cloned().map(Record::Inception));
                    if let Some(number) = RootNumber::of(approval.number) {
                        self.lead_to(&approval.contact, number, known, proof);
                    }
                }
            }
            proof.push(Record::Recovery(Box::new(recovery.clone())));
        }
        for rotation in 1..=number.rotation {
            let number = RootNumber { rotation, ..number }.number();
            proof.extend(self.rotations(group, number).cloned().map(Record::Rotation));
        }
    }

    /// The root of this number that made a signature.
    pub(crate) fn signing_root(
        &self,
        group: &GroupId,
        number: u32,
        (purpose, id): (Purpose, &[u8; 32]),
        signature: &Signature,
    ) -> Option<PublicKey> {
        let roots = self.roots(group, number);
        match roots.as_slice() {
            // It was verified when the record was admitted.
            [only] => Some(only.key),
            several => several.iter().map(|root| root.key).find(|key| key.verify(purpose, id, signature).is_ok()),
        }
    }

    /// Checks a signature by the root of this number.
    pub(crate) fn verify_root(
        &self,
        group: &GroupId,
        number: u32,
        (purpose, id): (Purpose, &[u8; 32]),
        signature: &Signature,
    ) -> Result<(), Unmet> {
        if self.inception(group).is_none() {
            return Err(Unmet::Missing(Missing::Inception(*group)));
        }
        let mut last = None;
        for root in self.roots(group, number) {
            match root.key.verify(purpose, id, signature) {
                Ok(()) => return Ok(()),
                Err(source) => last = Some(source),
            }
        }
        let missing = Unmet::Missing(Missing::Root { group: *group, number });
        match (last, RootNumber::of(number)) {
            (Some(source), Some(root)) if root.recovery == 0 => {
                Err(RecordError::Signature { by: root.to_string(), source }.into())
            }
            // A rival recovery, not known yet, may bring another root of this number.
            _ => Err(missing),
        }
    }
}
