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
use crate::control::signed::Signer;
use crate::domain::Purpose;
use crate::id::{Digest, GroupId, RecordId};
use crate::key::{PublicKey, Signature};
use crate::words::chain_link;
use std::collections::BTreeSet;

/// A root of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownRoot {
    /// The root.
    pub key: PublicKey,
    /// The commitment to the roots after it.
    pub chain: Digest,
}

impl KnownRoot {
    /// Whether a record that waits for a root of this number of a group may count because of this one.
    pub(crate) fn may_let_in(&self, record: &Record, group: &GroupId, number: RootNumber) -> bool {
        let this = Signer::of_root(number, self.key);
        match record {
            Record::Rotation(next) => chain_link(&next.body.root, &next.body.chain) == self.chain,
            Record::Recovery(recovery) => {
                recovery.approvals.iter().any(|approval| (approval.contact, approval.signer) == (*group, this))
            }
            Record::Adoption(adoption) => {
                adoption.votes.iter().any(|ballot| ballot.group == *group && ballot.root() == this)
            }
            Record::Version(version) => version.root() == this,
            Record::Vote(vote) => vote.root() == this,
            other => other.signer() == Some(this),
        }
    }
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
        self.recovered(group).map(|(_, recovery)| recovery)
    }

    /// The recoveries of a group with their ids, by ascending number.
    pub(crate) fn recovered(&self, group: &GroupId) -> impl Iterator<Item = (&RecordId, &Recovery)> {
        let place = |recovery, (root, chain)| RecordKey::Recovery { group: *group, recovery, root, chain };
        self.entries_in(place(0, LOWEST)..=place(u32::MAX, HIGHEST)).filter_map(|(id, record)| match record {
            Record::Recovery(recovery) => Some((id, &**recovery)),
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
                    if let Some(number) = approval.signer.root() {
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

    /// The key behind a root of a group, where that root is known here.
    pub(crate) fn root_key(&self, group: &GroupId, root: Signer) -> Option<PublicKey> {
        match root {
            Signer::Root(number) => self.roots(group, number).first().map(|root| root.key),
            Signer::Recovered(number, key) => self.has_root(group, RootNumber::of(number)?, key).then_some(key),
            Signer::Device(_) => None,
        }
    }

    /// Whether a recovery, or a rotation after one, has brought this root: one look, however many rivals there are.
    fn has_root(&self, group: &GroupId, number: RootNumber, root: PublicKey) -> bool {
        let place = |chain| match number {
            RootNumber { recovery, rotation: 0 } => RecordKey::Recovery { group: *group, recovery, root, chain },
            _ => RecordKey::Rotation { group: *group, number: number.number(), root, chain },
        };
        self.in_places(place(LOWEST.1)..=place(HIGHEST.1)).next().is_some()
    }

    /// Checks a signature by a root of a group.
    pub(crate) fn verify_root(
        &self,
        group: &GroupId,
        root: Signer,
        (purpose, id): (Purpose, RecordId),
        signature: &Signature,
    ) -> Result<(), Unmet> {
        if self.inception(group).is_none() {
            return Err(Unmet::Missing(Missing::Inception(*group)));
        }
        match (root, self.root_key(group, root)) {
            (_, Some(key)) => self
                .proven()
                .verify(&key, purpose, &id, signature)
                .map_err(|source| RecordError::Signature { by: root.to_string(), source }.into()),
            (Signer::Root(number) | Signer::Recovered(number, _), None) => {
                Err(Unmet::Missing(Missing::Root { group: *group, number }))
            }
            (Signer::Device(_), None) => Err(RecordError::Signer { expected: "a root", found: root }.into()),
        }
    }
}
