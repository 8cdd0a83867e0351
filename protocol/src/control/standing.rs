//! Whose records a member's set keeps: those of groups that somebody who belongs has named.
//!
//! A record proves itself, but anyone can make up groups that prove themselves. So the set of a member's
//! node keeps the records of a group only once the group is *named*: as a founder, as an elector of an adopted
//! version, by a vouch, or by a join through an invite, of a group that is itself named by as many groups as
//! admission asks for; or as a recovery contact of a group that is named so, or of the node's own. Whatever else comes waits, within
//! bounds, outside of all fingerprints. This is wider than membership on purpose, and
//! says nothing about who belongs: it asks only for records that exist, so that it can be worked out before
//! anything is believed.

use crate::control::genesis::{Admission, Genesis, VouchedBy};
use crate::control::invitation::{InviteBody, JoinBody};
use crate::control::record::Record;
use crate::control::set::ControlSet;
use crate::id::{GroupId, RecordId, VersionId};
use crate::key::{DeviceId, PublicKey};
use crate::time::Timestamp;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Groups that one slot of an invite names at most: the smallest stands, and the next one in case it goes.
const NAMED_BY_SLOT: usize = 2;

/// What naming needs of a genesis. The coalition's id is its hash, so it can be read before it is admitted.
#[derive(Clone, Debug)]
pub(crate) struct Charter {
    electors: BTreeSet<GroupId>,
    admission: Admission,
    member_slots: u32,
    elector_slots: u32,
}

impl Charter {
    pub(crate) fn of(genesis: &Genesis) -> Self {
        let body = &genesis.body;
        Self {
            electors: body.electors.iter().copied().collect(),
            admission: body.admission,
            member_slots: body.member_slots,
            elector_slots: body.elector_slots,
        }
    }

    /// Whether a group is a founder.
    pub(crate) fn is_elector(&self, group: &GroupId) -> bool {
        self.electors.contains(group)
    }

    /// How many slots each device of a group has under a version.
    pub(crate) fn slots(&self, is_elector: bool) -> u32 {
        if is_elector { self.elector_slots } else { self.member_slots }
    }

    /// Whether signing is enough, so that every group that there is stands.
    pub(crate) fn is_open(&self) -> bool {
        self.admission == Admission::Open
    }
}

/// The joins that count towards naming.
pub(crate) enum Joins<'a> {
    /// Those in the set, as many on one slot as may stand there.
    Admitted,
    /// Those that wait as well, without a bound: to find out which of them can be admitted.
    AndWaiting(Vec<(RecordId, &'a JoinBody)>),
}

/// The groups that are named by the records of a set, which is that of a node of `home`.
pub(crate) fn named(set: &ControlSet, home: &GroupId, charter: &Charter, joins: Joins<'_>) -> BTreeSet<GroupId> {
    let mut targets: BTreeMap<GroupId, BTreeSet<GroupId>> = BTreeMap::new();
    let mut invites: BTreeMap<(DeviceId, PublicKey, VersionId), Vec<&InviteBody>> = BTreeMap::new();
    let mut answers: Vec<(RecordId, &JoinBody)> = Vec::new();
    // Electors of adopted versions have been named by those of the version before.
    let mut electors = charter.electors.clone();
    for (id, record) in set.entries() {
        match record {
            Record::Vouch(vouch) => {
                targets.entry(vouch.body.group).or_default().insert(vouch.body.target);
            }
            Record::Invite(invite) => {
                if let crate::control::Signer::Device(device) = invite.signer {
                    invites.entry((device, invite.body.key, invite.body.version)).or_default().push(&invite.body);
                }
            }
            Record::Join(join) => answers.push((*id, join.body())),
            Record::Adoption(adoption) => electors.extend(&adoption.body.electors),
            _ => {}
        }
    }
    let most = match joins {
        Joins::Admitted => NAMED_BY_SLOT,
        Joins::AndWaiting(waiting) => {
            answers.extend(waiting);
            usize::MAX
        }
    };
    for (inviter, guests) in by_slot(&invites, &answers) {
        targets.entry(inviter).or_default().extend(guests.into_iter().take(most));
    }
    let mut named = reached(charter, electors, &targets);
    // Contacts name nobody in their turn. Those of the own group prove its roots, before anybody is known to have named
    // it.
    let contacts = named
        .iter()
        .chain([home])
        .filter_map(|group| set.inception(group))
        .flat_map(|known| known.body.contacts.clone());
    let contacts: Vec<GroupId> = contacts.collect();
    named.extend(contacts);
    named
}

/// For each slot that an invite opened: the group that invites, and the groups that answered, ascending.
fn by_slot(
    invites: &BTreeMap<(DeviceId, PublicKey, VersionId), Vec<&InviteBody>>,
    answers: &[(RecordId, &JoinBody)],
) -> Vec<(GroupId, BTreeSet<GroupId>)> {
    type Place = (GroupId, VersionId, DeviceId, GroupId);
    // A group takes one slot of a device: that of its latest join.
    let mut latest: BTreeMap<Place, (Reverse<Timestamp>, RecordId, u32)> = BTreeMap::new();
    for (id, join) in answers {
        let opened = invites.get(&(join.issuer, join.key, join.version)).into_iter().flatten().filter(|invite| {
            invite.covers(join.slot) && join.joined_at <= invite.expires && invite.group != join.group
        });
        for invite in opened {
            let this = (Reverse(join.joined_at), *id, join.slot);
            let best = latest.entry((invite.group, join.version, join.issuer, join.group)).or_insert(this);
            *best = this.min(*best);
        }
    }
    let mut slots: BTreeMap<(GroupId, VersionId, DeviceId, u32), BTreeSet<GroupId>> = BTreeMap::new();
    for ((inviter, version, issuer, guest), (_, _, slot)) in latest {
        slots.entry((inviter, version, issuer, slot)).or_default().insert(guest);
    }
    slots.into_iter().map(|((inviter, ..), guests)| (inviter, guests)).collect()
}

/// A least fixpoint as that of membership: only who is named often enough names others.
fn reached(
    charter: &Charter,
    electors: BTreeSet<GroupId>,
    targets: &BTreeMap<GroupId, BTreeSet<GroupId>>,
) -> BTreeSet<GroupId> {
    let mut named = electors.clone();
    let mut next: Vec<GroupId> = electors.iter().copied().collect();
    let mut expanding = electors;
    let mut times: BTreeMap<GroupId, usize> = BTreeMap::new();
    while let Some(namer) = next.pop() {
        for target in targets.get(&namer).into_iter().flatten() {
            named.insert(*target);
            let so_far = times.entry(*target).or_default();
            *so_far += 1;
            let names_others = match charter.admission {
                Admission::Vouched { count, by } => by == VouchedBy::Members && *so_far >= usize::from(count),
                Admission::Open => true,
            };
            if names_others && expanding.insert(*target) {
                next.push(*target);
            }
        }
    }
    named
}
