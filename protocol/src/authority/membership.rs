//! Layer 3: who belongs.
//!
//! It is worked out for each leaf of the tree of versions (see `belonging`). What is
//! stored and exchanged follows the union of all leaves, so that nodes on both sides of a split go on serving
//! each other. What may be written, and what people are shown, follows the version that the node's own group
//! signed.

use crate::authority::belonging::{Belonging, End, Said, Why, Words};
use crate::authority::fault::Fault;
use crate::authority::governance::Governance;
use crate::authority::keys::Keys;
use crate::authority::vouching::{Carried, Vouching};
use crate::control::{ControlSet, Record, Signer, StatementSignature};
use crate::id::{GroupId, RecordId, VersionId};
use crate::key::PublicKey;
use std::collections::{BTreeMap, BTreeSet};

/// What an applicant lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// It has not signed the statement.
    Signature,
    /// Too few groups vouch for it.
    Vouch,
    /// Neither has happened.
    SignatureAndVouch,
}

/// Where a group stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It signed, was vouched for, and did not withdraw.
    Member,
    /// It is known, and not a member yet.
    Applicant {
        /// What it lacks.
        missing: Lacking,
    },
    /// It signed, and took that back.
    Withdrawn,
    /// A version that is followed here removed it.
    Removed,
    /// There is no such group.
    Unknown,
}

/// Whether a signature still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It does.
    Standing,
    /// The group withdrew it.
    Withdrawn,
}

/// A group's signature that counts.
#[derive(Clone, Debug)]
pub struct SignedBy {
    /// The group.
    pub group: GroupId,
    /// The key that made it: of a root or a device.
    pub key: PublicKey,
    /// The id of the signature.
    pub id: RecordId,
    /// The signature.
    pub record: StatementSignature,
    /// The counter with which it counts: that of the signature, or 0 where its signer may not claim that one.
    pub counter: u64,
    /// Whether it still holds.
    pub validity: Validity,
}

/// Who belongs, and by which signatures.
#[derive(Clone, Debug, Default)]
pub struct Membership {
    /// As seen from each leaf, and from the version that is followed.
    belonging: BTreeMap<VersionId, Belonging>,
    leaves: Vec<VersionId>,
    followed: Option<VersionId>,
    counters: BTreeMap<GroupId, u64>,
    signed_last: BTreeMap<GroupId, VersionId>,
    admitted: BTreeSet<GroupId>,
    members: BTreeSet<GroupId>,
    faults: Vec<Fault>,
}

impl Membership {
    pub(crate) fn evaluate(set: &ControlSet, keys: &Keys, governance: &Governance, own: Option<&GroupId>) -> Self {
        let mut this = Self::default();
        let words = this.read(set, keys, governance);
        this.signed_last = signed_last(&words);
        this.followed = governance.versions().followed(own.and_then(|own| this.signed_last(own)));
        this.leaves = governance.versions().leaves().to_vec();
        for version in this.leaves.iter().chain(&this.followed) {
            this.belonging.entry(*version).or_insert_with(|| Belonging::evaluate(version, &words, keys, governance));
        }
        for leaf in &this.leaves {
            let Some(of_leaf) = this.belonging.get(leaf) else { continue };
            this.admitted.extend(&of_leaf.admitted);
            this.members.extend(&of_leaf.members);
        }
        this
    }

    /// What groups said about adopted versions, under the text of each.
    fn read<'a>(&mut self, set: &'a ControlSet, keys: &Keys, governance: &Governance) -> Words<'a> {
        let mut words = Words::default();
        for (id, record) in set.entries() {
            match record {
                Record::Signature(record) => {
                    let body = &record.body;
                    let Some(rules) = governance.versions().rules(&body.version) else { continue };
                    if body.text_hash != rules.text_hash {
                        self.faults.push(Fault::OtherText { group: body.group, text_hash: body.text_hash });
                        continue;
                    }
                    let Some(key) = key_of(set, record) else { continue };
                    let counter = keys.counted(record, body.counter.0);
                    self.count(body.group, counter);
                    let said = Said { counter, id: *id, record };
                    let of_version = words.signatures.entry(body.version).or_default();
                    if of_version.get(&body.group).is_none_or(|(_, best)| said.rank() < best.rank()) {
                        of_version.insert(body.group, (key, said));
                    }
                }
                Record::Withdrawal(record) => {
                    let body = &record.body;
                    let counter = keys.counted(record, body.counter.0);
                    self.count(body.group, counter);
                    let said = Said { counter, id: *id, record };
                    let of_version = words.withdrawals.entry(body.version).or_default();
                    if of_version.get(&body.group).is_none_or(|best| said.rank() < best.rank()) {
                        of_version.insert(body.group, said);
                    }
                }
                _ => {}
            }
        }
        words
    }

    fn count(&mut self, group: GroupId, counter: u64) {
        let highest = self.counters.entry(group).or_default();
        *highest = counter.max(*highest);
    }

    /// The version that is followed here: a leaf, or where the own group has signed none of the branches of
    /// a split, the last version before it.
    pub fn followed(&self) -> Option<VersionId> {
        self.followed
    }

    fn here(&self) -> Option<&Belonging> {
        self.belonging.get(&self.followed?)
    }

    /// Whether the group is a member as seen from some leaf.
    pub fn is_member(&self, group: &GroupId) -> bool {
        self.members.contains(group)
    }

    /// Whether the group was a member at some time, as seen from some leaf.
    pub fn was_admitted(&self, group: &GroupId) -> bool {
        self.admitted.contains(group)
    }

    /// Whether enough groups vouch for it, or none need to, as seen from some leaf.
    pub fn is_vouched_for(&self, group: &GroupId) -> bool {
        self.belonging.values().any(|belonging| belonging.vouched.contains(group))
    }

    /// Who vouches for whom under the version that is followed here.
    pub fn vouching(&self) -> Option<&Vouching> {
        self.here()?.vouching.as_ref()
    }

    /// Of each group whose vouches count under the version that is followed here, the members that would be none if
    /// nothing counted that it vouched for: how many, and so many names at most. None stands for a group that was
    /// not looked at: its own comes first and then those nearest to the founders, until they have taken about as
    /// many steps as are given. A group that is not in the answer carries nobody.
    pub fn carried(&self, own: &GroupId, names: usize, steps: usize) -> BTreeMap<GroupId, Option<Carried>> {
        self.here().map(|here| here.carried(own, names, steps)).unwrap_or_default()
    }

    /// The members as seen from any leaf, ascending.
    pub fn members(&self) -> impl Iterator<Item = GroupId> {
        self.members.iter().copied()
    }

    /// How many members there are, as seen from any leaf.
    pub fn member_count(&self) -> usize {
        self.members.len()
    }

    /// The members under the version that is followed here, ascending.
    pub fn members_here(&self) -> impl Iterator<Item = GroupId> {
        self.here().into_iter().flat_map(|here| here.members.iter().copied())
    }

    /// The members as seen from a leaf, ascending.
    pub fn members_of(&self, leaf: &VersionId) -> impl Iterator<Item = GroupId> {
        self.belonging.get(leaf).into_iter().flat_map(|of_leaf| of_leaf.members.iter().copied())
    }

    /// All groups that ever were members as seen from any leaf, ascending.
    pub fn admitted(&self) -> impl Iterator<Item = GroupId> {
        self.admitted.iter().copied()
    }

    /// Whether the group was a member at some time under the version that is followed here.
    pub fn may_have_written(&self, group: &GroupId) -> bool {
        self.here().is_some_and(|here| here.admitted.contains(group))
    }

    /// How the membership of a group ended under the version that is followed here: by its withdrawal, and by
    /// each version that removed it.
    pub fn ends(&self, group: &GroupId) -> &[End] {
        self.here().and_then(|here| here.ends.get(group)).map_or(&[], Vec::as_slice)
    }

    /// The signatures under a version that count, by ascending group: as seen from the version that is
    /// followed here where it lies on the way to it, else from the first leaf to which it leads.
    pub fn signatures(&self, version: &VersionId) -> &[SignedBy] {
        let mut views = self.here().into_iter().chain(self.leaves.iter().filter_map(|leaf| self.belonging.get(leaf)));
        views.find_map(|view| view.signatures.get(version)).map_or(&[], Vec::as_slice)
    }

    /// What each leaf adds up to, for a hash: groups with whether they are members and how that ended, and
    /// the signatures that count.
    pub(super) fn outcome(&self) -> Vec<Outcome> {
        let of_leaf = |leaf: &VersionId| {
            let view = self.belonging.get(leaf)?;
            let ends = |group: &GroupId| view.ends.get(group).into_iter().flatten().map(|end| end.by).collect();
            let groups =
                view.admitted.iter().map(|group| (*group, view.members.contains(group), ends(group))).collect();
            let signatures = view.signatures.values().flatten();
            let signatures = signatures.filter(|signed| view.admitted.contains(&signed.group));
            Some((*leaf, groups, signatures.map(|signed| signed.id).collect()))
        };
        self.leaves.iter().filter_map(of_leaf).collect()
    }

    /// The highest counter of a group's signatures and withdrawals that count; 0 where it has said nothing.
    pub fn highest_counter(&self, group: &GroupId) -> u64 {
        self.counters.get(group).copied().unwrap_or(0)
    }

    /// The version that a group signed last, also where it took that back.
    pub fn signed_last(&self, group: &GroupId) -> Option<VersionId> {
        self.signed_last.get(group).copied()
    }

    /// Where a group stands that is known, under the version that is followed here.
    pub fn standing(&self, group: &GroupId) -> Standing {
        let Some(here) = self.here() else {
            return Standing::Applicant { missing: Lacking::SignatureAndVouch };
        };
        if here.members.contains(group) {
            return Standing::Member;
        }
        match self.ends(group).iter().map(|end| end.why).max() {
            Some(Why::Removed) => return Standing::Removed,
            Some(Why::Withdrawn) => return Standing::Withdrawn,
            None => {}
        }
        let missing = match (here.signed.contains(group), here.vouched.contains(group)) {
            (true, _) => Lacking::Vouch,
            (false, true) => Lacking::Signature,
            (false, false) => Lacking::SignatureAndVouch,
        };
        Standing::Applicant { missing }
    }

    /// Who breaks the rules of this layer.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

/// A leaf, its groups, and the signatures of these.
pub(super) type Outcome = (VersionId, Vec<(GroupId, bool, Vec<RecordId>)>, Vec<RecordId>);

/// Of each group the version that it signed under its highest counter.
fn signed_last(words: &Words<'_>) -> BTreeMap<GroupId, VersionId> {
    let mut last = BTreeMap::new();
    for (version, said) in &words.signatures {
        for (group, (_, said)) in said {
            let this = (said.rank(), *version);
            let best = last.entry(*group).or_insert(this);
            *best = this.min(*best);
        }
    }
    last.into_iter().map(|(group, (_, version))| (group, version)).collect()
}

/// The key that made a signature.
fn key_of(set: &ControlSet, signature: &StatementSignature) -> Option<PublicKey> {
    match signature.signer {
        Signer::Device(device) => Some(device.0),
        root => set.root_key(&signature.body.group, root),
    }
}
