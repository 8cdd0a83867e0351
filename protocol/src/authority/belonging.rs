//! Who belongs as seen from one version: by the signatures, withdrawals, removals and vouches on the way to it.
//!
//! A group was admitted when it signed a version on the path from genesis and is reached from the founders by
//! as many vouches on that path as admission asks for: a least fixpoint, so that groups that vouch only for
//! each other stay outside. It is a member while a signature of it stands and no version on the path removed
//! it. Vouches of a group that left still count: nobody loses his place because somebody else goes.

use crate::authority::governance::Governance;
use crate::authority::keys::Keys;
use crate::authority::membership::{SignedBy, Validity};
use crate::authority::vouching::{Carried, Reached, Vouching};
use crate::control::{StatementSignature, Withdrawal};
use crate::id::{GroupId, RecordId, VersionId};
use crate::key::{DeviceId, PublicKey};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Why a group is no member any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It withdrew.
    Withdrawn,
    /// A version removed it.
    Removed,
}

/// The end of a group's membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Why.
    pub why: Why,
    /// The withdrawal, or the version.
    pub by: RecordId,
    /// The last entry of each of its devices that stays.
    pub last: Vec<(DeviceId, u64)>,
}

/// A signature as the set holds it.
#[derive(Clone, Debug)]
pub(super) struct Said<'a, R> {
    pub(super) counter: u64,
    pub(super) id: RecordId,
    pub(super) record: &'a R,
}

impl<R> Said<'_, R> {
    /// Of two the one with the higher counter counts, then the one with the smaller id.
    pub(super) fn rank(&self) -> (Reverse<u64>, RecordId) {
        (Reverse(self.counter), self.id)
    }
}

/// What groups said about versions: of each group and version what counts.
#[derive(Debug, Default)]
pub(super) struct Words<'a> {
    pub(super) signatures: BTreeMap<VersionId, BTreeMap<GroupId, (PublicKey, Said<'a, StatementSignature>)>>,
    pub(super) withdrawals: BTreeMap<VersionId, BTreeMap<GroupId, Said<'a, Withdrawal>>>,
}

/// Who belongs, as seen from one version.
#[derive(Clone, Debug, Default)]
pub(super) struct Belonging {
    pub(super) signatures: BTreeMap<VersionId, Vec<SignedBy>>,
    pub(super) ends: BTreeMap<GroupId, Vec<End>>,
    pub(super) signed: BTreeSet<GroupId>,
    pub(super) vouched: BTreeSet<GroupId>,
    pub(super) admitted: BTreeSet<GroupId>,
    pub(super) members: BTreeSet<GroupId>,
    pub(super) vouching: Option<Vouching>,
}

impl Belonging {
    pub(super) fn evaluate(version: &VersionId, words: &Words<'_>, keys: &Keys, governance: &Governance) -> Self {
        let mut this = Self::default();
        let path = governance.versions().path(version);
        this.read(&path, words);
        for removing in path.iter().filter_map(|version| governance.versions().rules(version)) {
            for (group, last) in &removing.removed {
                let end = End { why: Why::Removed, by: RecordId(removing.version.0), last: last.clone() };
                this.ends.entry(*group).or_default().push(end);
            }
        }
        this.admit(&path, keys, governance);
        let removed =
            |group: &GroupId| this.ends.get(group).is_some_and(|ends| ends.iter().any(|end| end.why == Why::Removed));
        let standing = this.signatures.values().flatten().filter(|signed| signed.validity == Validity::Standing);
        this.members = standing
            .map(|signed| signed.group)
            .filter(|group| this.admitted.contains(group) && !removed(group))
            .collect();
        this
    }

    fn read(&mut self, path: &[VersionId], words: &Words<'_>) {
        let mut withdrawn: BTreeMap<GroupId, &Said<'_, Withdrawal>> = BTreeMap::new();
        for (group, said) in path.iter().filter_map(|version| words.withdrawals.get(version)).flatten() {
            let best = withdrawn.entry(*group).or_insert(said);
            if said.rank() < best.rank() {
                *best = said;
            }
        }
        let mut highest: BTreeMap<GroupId, u64> = BTreeMap::new();
        for version in path {
            let mut of_version = Vec::new();
            for (group, (key, said)) in words.signatures.get(version).into_iter().flatten() {
                let counter = highest.entry(*group).or_default();
                *counter = said.counter.max(*counter);
                // The higher counter wins; on a tie the withdrawal.
                let taken_back = withdrawn.get(group).is_some_and(|withdrawal| withdrawal.counter >= said.counter);
                let validity = if taken_back { Validity::Withdrawn } else { Validity::Standing };
                let (key, record, counter) = (*key, said.record.clone(), said.counter);
                of_version.push(SignedBy { group: *group, key, id: said.id, record, counter, validity });
            }
            self.signatures.insert(*version, of_version);
        }
        for (group, withdrawal) in withdrawn {
            if highest.get(&group).is_some_and(|signed| *signed <= withdrawal.counter) {
                let last = withdrawal.record.body.last.clone();
                self.ends.insert(group, vec![End { why: Why::Withdrawn, by: withdrawal.id, last }]);
            }
        }
        self.signed = highest.into_keys().collect();
    }

    fn admit(&mut self, path: &[VersionId], keys: &Keys, governance: &Governance) {
        let Some(vouching) = Vouching::on(path, keys, governance) else { return };
        let Reached { vouched, admitted } = vouching.reach(&self.signed);
        (self.vouched, self.admitted) = (vouched, admitted);
        if vouching.needed().is_none() {
            self.vouched.extend(keys.groups());
        }
        self.vouching = Some(vouching);
    }

    /// What each group carries, as [`Vouching::carried`] says.
    pub(super) fn carried(&self, own: &GroupId, names: usize, steps: usize) -> BTreeMap<GroupId, Option<Carried>> {
        let vouching = self.vouching.as_ref();
        vouching.map(|it| it.carried([&self.signed, &self.members], own, names, steps)).unwrap_or_default()
    }
}
