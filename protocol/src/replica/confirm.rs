//! Whether this group belongs, as somebody else sees it.
//!
//! A node counts its own group as a member as soon as the records that it holds say so, and an invite that
//! somebody else has used says so too, as long as nobody has told. So a group counts itself in only once a
//! member's node has answered it or a member has vouched for it. A member that this group has itself let in
//! proves nothing: who is believed here is a member all the same when this group's own vouches and invites
//! are left out.

use super::Replica;
use super::effect::PeerStanding;
use crate::authority::Authority;
use crate::control::{Admission, Record, VouchedBy};
use crate::id::GroupId;
use crate::storage::Storage;
use std::collections::{BTreeMap, BTreeSet};

impl<S: Storage> Replica<S> {
    /// Whether a member that this group has not let in itself has taken it in, as far as is known here.
    pub fn is_confirmed(&self) -> bool {
        if self.confirmed {
            return true;
        }
        let vouchers: BTreeSet<GroupId> = self
            .control
            .iter()
            .filter_map(|record| match record {
                Record::Vouch(vouch) if vouch.body.target == self.me.group => Some(vouch.body.group),
                _ => None,
            })
            .collect();
        !vouchers.is_empty() && {
            let others = members_without(&self.authority, &self.me.group);
            vouchers.iter().any(|group| others.contains(group))
        }
    }

    /// Whether the group founded the coalition, or is confirmed.
    pub fn is_let_in(&self) -> bool {
        let founder = self.control.genesis().is_some_and(|genesis| genesis.body.electors.contains(&self.me.group));
        founder || self.is_confirmed()
    }

    /// A member's node has answered a pull to its end.
    pub(super) fn answered_by(&mut self, standing: PeerStanding) {
        if let PeerStanding::Member { group, .. } = standing
            && !self.confirmed
        {
            self.confirmed = members_without(&self.authority, &self.me.group).contains(&group);
        }
    }
}

/// The groups that are members when nothing counts that `group` itself has vouched for or opened.
fn members_without(authority: &Authority, group: &GroupId) -> BTreeSet<GroupId> {
    let Some(rules) = authority.governance().rules() else { return BTreeSet::new() };
    let (count, by) = match rules.admission {
        Admission::Vouched { count, by } => (usize::from(count), by),
        Admission::Open => return authority.members().filter(|member| member != group).collect(),
    };
    let mut targets: BTreeMap<GroupId, BTreeSet<GroupId>> = BTreeMap::new();
    let versions = authority.governance().versions();
    for (version, device, target) in authority.governance().vouches() {
        let is_elector = |voucher: &GroupId| versions.rules(version).is_some_and(|it| it.electors.contains(voucher));
        if let Some(voucher) = authority.keys().governs(device)
            && voucher != target
            && voucher != *group
            && (by == VouchedBy::Members || is_elector(&voucher))
        {
            targets.entry(voucher).or_default().insert(target);
        }
    }
    let mut reached: BTreeSet<GroupId> = rules.electors.clone();
    let mut open: Vec<GroupId> = reached.iter().copied().collect();
    let mut vouchers: BTreeMap<GroupId, usize> = BTreeMap::new();
    while let Some(voucher) = open.pop() {
        for target in targets.get(&voucher).into_iter().flatten() {
            let so_far = vouchers.entry(*target).or_default();
            *so_far += 1;
            if *so_far >= count && authority.was_admitted(target) && reached.insert(*target) {
                open.push(*target);
            }
        }
    }
    reached.retain(|member| member != group && authority.is_member(member));
    reached
}
