//! Who vouches for whom on the way to a version, and who belongs by that alone.
//!
//! A least fixpoint from the founders on: whoever is reached by as many vouches as admission asks for, and has
//! signed, is admitted, and then its own vouches count. Groups that vouch only for each other stay outside.

mod carried;

use crate::authority::governance::Governance;
use crate::authority::keys::Keys;
use crate::control::{Admission, VouchedBy};
use crate::id::{GroupId, VersionId};
use std::collections::{BTreeMap, BTreeSet};

pub use carried::Carried;

/// The vouches that count as seen from one version, and how many it takes.
#[derive(Clone, Debug)]
pub struct Vouching {
    admission: Admission,
    founders: BTreeSet<GroupId>,
    /// By whoever vouches.
    targets: BTreeMap<GroupId, BTreeSet<GroupId>>,
}

/// Whom the vouches reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reached {
    /// Those with enough of them.
    pub(super) vouched: BTreeSet<GroupId>,
    /// Those of them that signed.
    pub(super) admitted: BTreeSet<GroupId>,
}

impl Vouching {
    /// The vouches under the versions of a path; none before the genesis is known.
    pub(super) fn on(path: &[VersionId], keys: &Keys, governance: &Governance) -> Option<Self> {
        let first = governance.rules()?;
        let mut this = Self { admission: first.admission, founders: first.electors.clone(), targets: BTreeMap::new() };
        let path: BTreeSet<&VersionId> = path.iter().collect();
        for (version, device, target) in governance.vouches().filter(|(version, ..)| path.contains(version)) {
            let Some(voucher) = keys.governs(device) else { continue };
            let rules = governance.versions().rules(version);
            let is_elector = || rules.is_some_and(|rules| rules.electors.contains(&voucher));
            if voucher != target && (this.by() == VouchedBy::Members || is_elector()) {
                this.targets.entry(voucher).or_default().insert(target);
            }
        }
        Some(this)
    }

    /// How many groups have to vouch for one; none where signing is enough.
    pub fn needed(&self) -> Option<usize> {
        match self.admission {
            Admission::Vouched { count, .. } => Some(usize::from(count)),
            Admission::Open => None,
        }
    }

    /// Whose vouches count.
    pub fn by(&self) -> VouchedBy {
        match self.admission {
            Admission::Vouched { by, .. } => by,
            Admission::Open => VouchedBy::Members,
        }
    }

    /// Whether the group founded the coalition: it needs no vouch.
    pub fn is_founder(&self, group: &GroupId) -> bool {
        self.founders.contains(group)
    }

    /// Of each group for which somebody vouches, who does, ascending; whether their own vouches count or not.
    pub fn by_target(&self) -> BTreeMap<GroupId, Vec<GroupId>> {
        let mut vouchers: BTreeMap<GroupId, Vec<GroupId>> = BTreeMap::new();
        for (voucher, targets) in &self.targets {
            targets.iter().for_each(|target| vouchers.entry(*target).or_default().push(*voucher));
        }
        vouchers
    }

    /// How many groups vouch for one, of those that are named.
    pub fn count_for(&self, target: &GroupId, counts: impl Fn(&GroupId) -> bool) -> usize {
        let vouches = |(voucher, targets): &(&GroupId, &BTreeSet<GroupId>)| targets.contains(target) && counts(voucher);
        self.targets.iter().filter(vouches).count()
    }

    /// Whom the vouches reach of those that signed.
    pub(super) fn reach(&self, signed: &BTreeSet<GroupId>) -> Reached {
        let mut reached = Reached { vouched: self.founders.clone(), admitted: self.founders.clone() };
        let Some(needed) = self.needed() else {
            reached.admitted.extend(signed);
            return reached;
        };
        let mut vouchers: BTreeMap<GroupId, usize> = BTreeMap::new();
        let mut open: Vec<GroupId> = self.founders.iter().copied().collect();
        while let Some(voucher) = open.pop() {
            for target in self.targets.get(&voucher).into_iter().flatten() {
                let so_far = vouchers.entry(*target).or_default();
                *so_far += 1;
                if *so_far >= needed {
                    reached.vouched.insert(*target);
                    if signed.contains(target) && reached.admitted.insert(*target) {
                        open.push(*target);
                    }
                }
            }
        }
        reached
    }
}
