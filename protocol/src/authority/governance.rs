//! Layer 2: which rules hold, who the electors are, and which vouch slots are taken.
//!
//! A slot with one vouch is taken by its target; with two different ones it is void. Without a vouch a
//! join through a valid invite takes it, the smallest group id of several, until the inviter confirms.

use crate::authority::fault::Fault;
use crate::authority::keys::Keys;
use crate::control::{Admission, ControlSet, InviteBody, JoinBody, Record, Signer};
use crate::id::{Digest, GroupId, RecordId, VersionId};
use crate::key::{DeviceId, PublicKey};
use crate::time::Timestamp;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// By what a slot is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenBy {
    /// The group's join; the device has not confirmed it yet.
    Join,
    /// The device's vouch.
    Vouch,
}

/// The state of one vouch slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotState {
    /// The device has no such slot.
    None,
    /// Nothing stands in it.
    Free,
    /// An invite holds it open.
    Invited {
        /// The public half of the invite's key.
        key: PublicKey,
        /// Until when.
        expires: Timestamp,
    },
    /// A group stands in it.
    Taken {
        /// The group.
        group: GroupId,
        /// By what.
        by: TakenBy,
    },
    /// The device closed it.
    Revoked,
    /// The device vouched for two groups with it: it counts for neither.
    Void,
}

/// A vouch that a device should sign to confirm a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VouchDue {
    /// The version of the statement.
    pub version: VersionId,
    /// The slot.
    pub slot: u32,
    /// The group that joined through it.
    pub target: GroupId,
}

/// The rules of a version of the statement.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The version.
    pub version: VersionId,
    /// The hash of its text.
    pub text_hash: Digest,
    /// Who votes on the next version.
    pub electors: BTreeSet<GroupId>,
    /// How groups become members.
    pub admission: Admission,
    member_slots: u32,
    elector_slots: u32,
}

#[derive(Clone, Copy, Debug)]
enum Slot {
    Taken(GroupId, TakenBy),
    Void,
}

/// The rules in force and the vouch slots under them.
#[derive(Clone, Debug, Default)]
pub struct Governance {
    rules: Option<Rules>,
    leaves: Vec<VersionId>,
    slots: BTreeMap<(DeviceId, u32), Slot>,
    invites: BTreeMap<DeviceId, Vec<InviteBody>>,
    revoked: BTreeMap<DeviceId, BTreeSet<u32>>,
    faults: Vec<Fault>,
}

impl Governance {
    pub(crate) fn evaluate(set: &ControlSet, keys: &Keys) -> Self {
        let mut this = Self::default();
        let Some(genesis) = set.genesis() else { return this };
        let version = genesis.version();
        this.leaves.push(version);
        this.rules = Some(Rules {
            version,
            text_hash: genesis.body.statement.text_hash(),
            electors: genesis.body.electors.iter().copied().collect(),
            admission: genesis.body.admission,
            member_slots: genesis.body.member_slots,
            elector_slots: genesis.body.elector_slots,
        });
        let issuer = |signer: Signer, group: GroupId| match signer {
            Signer::Device(device) if keys.governs(&device) == Some(group) => Some(device),
            _ => None,
        };
        let mut joins: Vec<(RecordId, &JoinBody)> = Vec::new();
        let mut vouches: BTreeMap<(DeviceId, u32), Vec<GroupId>> = BTreeMap::new();
        for (id, record) in set.entries() {
            match record {
                Record::Vouch(vouch) if vouch.body.version == version => {
                    if let Some(device) = issuer(vouch.signer, vouch.body.group)
                        && vouch.body.slot < this.slot_count(keys, &device)
                    {
                        vouches.entry((device, vouch.body.slot)).or_default().push(vouch.body.target);
                    }
                }
                Record::Invite(invite) if invite.body.version == version => {
                    if let Some(device) = issuer(invite.signer, invite.body.group) {
                        this.invites.entry(device).or_default().push(invite.body.clone());
                    }
                }
                Record::InviteRevoked(revoked) if revoked.body.version == version => {
                    if let Some(device) = issuer(revoked.signer, revoked.body.group) {
                        this.revoked.entry(device).or_default().extend(&revoked.body.slots);
                    }
                }
                Record::Join(join) if join.body().version == version => joins.push((*id, join.body())),
                _ => {}
            }
        }
        this.take_by_vouch(vouches);
        this.take_by_join(keys, joins);
        this
    }

    fn take_by_vouch(&mut self, vouches: BTreeMap<(DeviceId, u32), Vec<GroupId>>) {
        for ((device, slot), mut targets) in vouches {
            targets.sort_unstable();
            targets.dedup();
            let state = match targets.as_slice() {
                [] => continue,
                [target] => Slot::Taken(*target, TakenBy::Vouch),
                [first, second, ..] => {
                    self.faults.push(Fault::DoubleVouch { device, slot, targets: [*first, *second] });
                    Slot::Void
                }
            };
            self.slots.insert((device, slot), state);
        }
    }

    fn take_by_join(&mut self, keys: &Keys, joins: Vec<(RecordId, &JoinBody)>) {
        let mut invites: BTreeMap<(DeviceId, PublicKey), Vec<&InviteBody>> = BTreeMap::new();
        for (device, of_device) in &self.invites {
            of_device.iter().for_each(|invite| invites.entry((*device, invite.key)).or_default().push(invite));
        }
        // One group takes one slot of a device, so that a shared invite cannot be used up by one holder.
        let mut latest: BTreeMap<(DeviceId, GroupId), (Reverse<Timestamp>, RecordId, &JoinBody)> = BTreeMap::new();
        for (id, join) in joins {
            let opened = invites.get(&(join.issuer, join.key)).is_some_and(|invites| {
                invites.iter().any(|invite| {
                    invite.covers(join.slot) && join.joined_at <= invite.expires && invite.group != join.group
                })
            });
            let revoked = self.revoked.get(&join.issuer).is_some_and(|slots| slots.contains(&join.slot));
            if !opened || revoked || join.slot >= self.slot_count(keys, &join.issuer) {
                continue;
            }
            let this = (Reverse(join.joined_at), id, join);
            let best = latest.entry((join.issuer, join.group)).or_insert(this);
            if (this.0, this.1) < (best.0, best.1) {
                *best = this;
            }
        }
        // Ascending groups: the smallest comes first and stays.
        let mut taking: Vec<&JoinBody> = latest.into_values().map(|(_, _, join)| join).collect();
        taking.sort_by_key(|join| join.group);
        for join in taking {
            self.slots.entry((join.issuer, join.slot)).or_insert(Slot::Taken(join.group, TakenBy::Join));
        }
    }

    /// The rules in force, once the genesis is known.
    pub fn rules(&self) -> Option<&Rules> {
        self.rules.as_ref()
    }

    /// The newest adopted versions.
    pub fn leaves(&self) -> &[VersionId] {
        &self.leaves
    }

    /// How many slots a device has.
    pub fn slot_count(&self, keys: &Keys, device: &DeviceId) -> u32 {
        match (&self.rules, keys.governs(device)) {
            (Some(rules), Some(group)) if rules.electors.contains(&group) => rules.elector_slots,
            (Some(rules), Some(_)) => rules.member_slots,
            _ => 0,
        }
    }

    /// All slots that a group stands in: the device, the group that vouches by it, and the target.
    pub(crate) fn vouches(&self) -> impl Iterator<Item = (&DeviceId, GroupId)> {
        self.slots.iter().filter_map(|((device, _), slot)| match slot {
            Slot::Taken(target, _) => Some((device, *target)),
            Slot::Void => None,
        })
    }

    /// The state of one slot of a device.
    pub fn slot(&self, keys: &Keys, device: &DeviceId, slot: u32) -> SlotState {
        if slot >= self.slot_count(keys, device) {
            return SlotState::None;
        }
        match self.slots.get(&(*device, slot)) {
            Some(Slot::Taken(group, by)) => return SlotState::Taken { group: *group, by: *by },
            Some(Slot::Void) => return SlotState::Void,
            None => {}
        }
        if self.revoked.get(device).is_some_and(|slots| slots.contains(&slot)) {
            return SlotState::Revoked;
        }
        let open = self.invites_of(device).filter(|invite| invite.covers(slot)).max_by_key(|invite| invite.expires);
        open.map_or(SlotState::Free, |invite| SlotState::Invited { key: invite.key, expires: invite.expires })
    }

    /// The slots of a device that are not free, ascending.
    pub fn slots_of(&self, keys: &Keys, device: &DeviceId) -> Vec<(u32, SlotState)> {
        (0..self.slot_count(keys, device))
            .map(|slot| (slot, self.slot(keys, device, slot)))
            .filter(|(_, state)| *state != SlotState::Free)
            .collect()
    }

    /// The first of `count` slots in a row that are free, or held by an invite that has expired.
    pub fn free_slots(&self, keys: &Keys, device: &DeviceId, count: u32, now: Timestamp) -> Option<u32> {
        let mut run = 0;
        for slot in 0..self.slot_count(keys, device) {
            run = match self.slot(keys, device, slot) {
                SlotState::Free => run + 1,
                SlotState::Invited { expires, .. } if expires < now => run + 1,
                _ => 0,
            };
            if run > 0 && run >= count {
                return Some(slot + 1 - run);
            }
        }
        None
    }

    /// The vouches with which a device should confirm joins.
    pub fn vouches_due(&self, device: &DeviceId) -> Vec<VouchDue> {
        let Some(version) = self.rules.as_ref().map(|rules| rules.version) else { return Vec::new() };
        self.slots
            .range((*device, 0)..=(*device, u32::MAX))
            .filter_map(|((_, slot), state)| match state {
                Slot::Taken(target, TakenBy::Join) => Some(VouchDue { version, slot: *slot, target: *target }),
                _ => None,
            })
            .collect()
    }

    /// The invites of a device.
    pub fn invites_of(&self, device: &DeviceId) -> impl Iterator<Item = &InviteBody> {
        self.invites.get(device).into_iter().flatten()
    }

    /// The slots that a device has closed, ascending.
    pub fn revoked_by(&self, device: &DeviceId) -> impl Iterator<Item = u32> {
        self.revoked.get(device).into_iter().flatten().copied()
    }

    /// Who breaks the rules of this layer.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}
