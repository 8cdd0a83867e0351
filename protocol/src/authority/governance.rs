//! Layer 2: which versions hold, who the electors are, and which vouch slots are taken.
//!
//! Each version gives every governing device slots of its own; which versions there are is worked out in
//! [`crate::authority::versions`].
//!
//! A slot with one vouch is taken by its target; with two different ones it is void. Without a vouch a
//! join through a valid invite takes it, the smallest group id of several, until the inviter confirms.

use crate::authority::fault::Fault;
use crate::authority::keys::Keys;
use crate::authority::mandates::{self, Mandated};
use crate::authority::versions::{Rules, Versions};
use crate::control::{ControlSet, InviteBody, JoinBody, Record, Signer};
use crate::id::{GroupId, RecordId, VersionId};
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

#[derive(Clone, Copy, Debug)]
enum Slot {
    Taken(GroupId, TakenBy),
    Void,
}

/// The adopted versions and the vouch slots under them.
#[derive(Clone, Debug, Default)]
pub struct Governance {
    versions: Versions,
    slots: BTreeMap<Place, Slot>,
    invites: BTreeMap<DeviceId, Vec<InviteBody>>,
    revoked: BTreeMap<(VersionId, DeviceId), BTreeSet<u32>>,
    mandates: Vec<Mandated>,
    faults: Vec<Fault>,
}

/// One slot: of a device, under a version.
type Place = (VersionId, DeviceId, u32);

impl Governance {
    pub(crate) fn evaluate(set: &ControlSet, keys: &Keys) -> Self {
        let versions = Versions::evaluate(set);
        let mandates = mandates::evaluate(set, keys, &versions);
        let mut this = Self { versions, mandates, ..Self::default() };
        let issuer = |signer: Signer, group: GroupId| match signer {
            Signer::Device(device) if keys.governs(&device) == Some(group) => Some(device),
            _ => None,
        };
        let mut joins: Vec<(RecordId, &JoinBody)> = Vec::new();
        let mut vouches: BTreeMap<Place, Vec<GroupId>> = BTreeMap::new();
        for (id, record) in set.entries() {
            match record {
                Record::Vouch(vouch) => {
                    let body = &vouch.body;
                    if let Some(device) = issuer(vouch.signer, body.group)
                        && body.slot < this.slot_count(keys, &body.version, &device)
                    {
                        vouches.entry((body.version, device, body.slot)).or_default().push(body.target);
                    }
                }
                Record::Invite(invite) => {
                    if let Some(device) = issuer(invite.signer, invite.body.group) {
                        this.invites.entry(device).or_default().push(invite.body.clone());
                    }
                }
                Record::InviteRevoked(revoked) => {
                    if let Some(device) = issuer(revoked.signer, revoked.body.group) {
                        let place = (revoked.body.version, device);
                        this.revoked.entry(place).or_default().extend(&revoked.body.slots);
                    }
                }
                Record::Join(join) => joins.push((*id, join.body())),
                _ => {}
            }
        }
        this.take_by_vouch(vouches);
        this.take_by_join(keys, joins);
        this
    }

    fn take_by_vouch(&mut self, vouches: BTreeMap<Place, Vec<GroupId>>) {
        for (place @ (version, device, slot), mut targets) in vouches {
            targets.sort_unstable();
            targets.dedup();
            let state = match targets.as_slice() {
                [] => continue,
                [target] => Slot::Taken(*target, TakenBy::Vouch),
                [first, second, ..] => {
                    self.faults.push(Fault::DoubleVouch { device, version, slot, targets: [*first, *second] });
                    Slot::Void
                }
            };
            self.slots.insert(place, state);
        }
    }

    fn take_by_join(&mut self, keys: &Keys, joins: Vec<(RecordId, &JoinBody)>) {
        let mut invites: BTreeMap<(DeviceId, PublicKey, VersionId), Vec<&InviteBody>> = BTreeMap::new();
        for (device, of_device) in &self.invites {
            for invite in of_device {
                invites.entry((*device, invite.key, invite.version)).or_default().push(invite);
            }
        }
        // One group takes one slot of a device, so that a shared invite cannot be used up by one holder.
        type Guest = (VersionId, DeviceId, GroupId);
        let mut latest: BTreeMap<Guest, (Reverse<Timestamp>, RecordId, &JoinBody)> = BTreeMap::new();
        for (id, join) in joins {
            let opened = invites.get(&(join.issuer, join.key, join.version)).is_some_and(|invites| {
                invites.iter().any(|invite| {
                    invite.covers(join.slot) && join.joined_at <= invite.expires && invite.group != join.group
                })
            });
            let revoked = self.is_revoked(&join.version, &join.issuer, join.slot);
            if !opened || revoked || join.slot >= self.slot_count(keys, &join.version, &join.issuer) {
                continue;
            }
            let this = (Reverse(join.joined_at), id, join);
            let best = latest.entry((join.version, join.issuer, join.group)).or_insert(this);
            if (this.0, this.1) < (best.0, best.1) {
                *best = this;
            }
        }
        // Ascending groups: the smallest comes first and stays.
        let mut taking: Vec<&JoinBody> = latest.into_values().map(|(_, _, join)| join).collect();
        taking.sort_by_key(|join| join.group);
        for join in taking {
            self.slots.entry((join.version, join.issuer, join.slot)).or_insert(Slot::Taken(join.group, TakenBy::Join));
        }
    }

    /// The rules of version 0, once the genesis is known.
    pub fn rules(&self) -> Option<&Rules> {
        self.versions.rules(&self.versions.first()?)
    }

    /// The adopted versions, and those that were proposed.
    pub fn versions(&self) -> &Versions {
        &self.versions
    }

    /// The claims of mandates, and when they held.
    pub fn mandates(&self) -> &[Mandated] {
        &self.mandates
    }

    /// How many slots a device has under a version. Whom the version or one before it removed has none.
    pub fn slot_count(&self, keys: &Keys, version: &VersionId, device: &DeviceId) -> u32 {
        match (self.versions.rules(version), keys.governs(device)) {
            (Some(rules), Some(group)) if rules.gone.contains(&group) => 0,
            (Some(rules), Some(group)) if rules.electors.contains(&group) => rules.elector_slots,
            (Some(rules), Some(_)) => rules.member_slots,
            _ => 0,
        }
    }

    /// All slots that a group stands in: the version, the device that vouches, and the target.
    pub(crate) fn vouches(&self) -> impl Iterator<Item = (&VersionId, &DeviceId, GroupId)> {
        self.slots.iter().filter_map(|((version, device, _), slot)| match slot {
            Slot::Taken(target, _) => Some((version, device, *target)),
            Slot::Void => None,
        })
    }

    /// The groups that stand in a slot, whoever's it is.
    pub fn targets(&self) -> impl Iterator<Item = GroupId> {
        self.vouches().map(|(_, _, target)| target)
    }

    fn is_revoked(&self, version: &VersionId, device: &DeviceId, slot: u32) -> bool {
        self.revoked.get(&(*version, *device)).is_some_and(|slots| slots.contains(&slot))
    }

    /// The state of one slot of a device under a version.
    pub fn slot(&self, keys: &Keys, version: &VersionId, device: &DeviceId, slot: u32) -> SlotState {
        if slot >= self.slot_count(keys, version, device) {
            return SlotState::None;
        }
        match self.slots.get(&(*version, *device, slot)) {
            Some(Slot::Taken(group, by)) => return SlotState::Taken { group: *group, by: *by },
            Some(Slot::Void) => return SlotState::Void,
            None => {}
        }
        if self.is_revoked(version, device, slot) {
            return SlotState::Revoked;
        }
        let of_version = self.invites_of(device).filter(|invite| invite.version == *version && invite.covers(slot));
        let open = of_version.max_by_key(|invite| invite.expires);
        open.map_or(SlotState::Free, |invite| SlotState::Invited { key: invite.key, expires: invite.expires })
    }

    /// The slots of a device under a version that are not free, ascending.
    pub fn slots_of(&self, keys: &Keys, version: &VersionId, device: &DeviceId) -> Vec<(u32, SlotState)> {
        (0..self.slot_count(keys, version, device))
            .map(|slot| (slot, self.slot(keys, version, device, slot)))
            .filter(|(_, state)| *state != SlotState::Free)
            .collect()
    }

    /// The first of `count` slots in a row that are free, or held by an invite that has expired.
    pub fn free_slots(
        &self,
        keys: &Keys,
        version: &VersionId,
        device: &DeviceId,
        count: u32,
        now: Timestamp,
    ) -> Option<u32> {
        let mut run = 0;
        for slot in 0..self.slot_count(keys, version, device) {
            run = match self.slot(keys, version, device, slot) {
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
        let of_device = self.slots.iter().filter(|((_, issuer, _), _)| issuer == device);
        of_device
            .filter_map(|((version, _, slot), state)| match state {
                Slot::Taken(target, TakenBy::Join) => {
                    Some(VouchDue { version: *version, slot: *slot, target: *target })
                }
                _ => None,
            })
            .collect()
    }

    /// The invites of a device.
    pub fn invites_of(&self, device: &DeviceId) -> impl Iterator<Item = &InviteBody> {
        self.invites.get(device).into_iter().flatten()
    }

    /// The slots that a device has closed under a version, ascending.
    pub fn revoked_by(&self, version: &VersionId, device: &DeviceId) -> impl Iterator<Item = u32> {
        self.revoked.get(&(*version, *device)).into_iter().flatten().copied()
    }

    /// Who breaks the rules of this layer.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.faults.iter().chain(self.versions.faults())
    }
}
