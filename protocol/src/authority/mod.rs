//! What the control set adds up to: who may do what.
//!
//! Three layers, each a pure function of those before it: [`keys`] (which device is whose), then
//! [`governance`] (which rules hold, whose vouch slots are taken), then [`membership`] (who belongs). No
//! clock and no order of arrival enters; all of it can be thrown away and worked out again.
//!
//! [`application`] is not a layer: it is what a node asks before it lets a newcomer's records in.

pub mod appeal;
pub mod application;
mod belonging;
mod fault;
pub mod governance;
pub mod keys;
pub mod mandates;
pub mod membership;
mod reign;
mod renewal;
mod right;
mod root;
mod spoke;
pub mod versions;
mod vouching;

#[cfg(test)]
mod application_tests;
#[cfg(test)]
mod cost_tests;
#[cfg(test)]
mod endings_tests;
#[cfg(test)]
pub(crate) mod keys_tests;
#[cfg(test)]
mod later_versions_tests;
#[cfg(test)]
mod mandates_tests;
#[cfg(test)]
mod reign_tests;
#[cfg(test)]
mod renewal_tests;
#[cfg(test)]
mod story_of_keys;
#[cfg(test)]
mod story_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod versions_tests;
#[cfg(test)]
mod vouching_tests;

pub use belonging::{End, Why};
pub use fault::Fault;
pub use governance::{SlotState, TakenBy, VouchDue};
pub use keys::{Cut, Device, RootInForce, Writer};
pub use mandates::Mandated;
pub use membership::{Lacking, SignedBy, Standing, Validity};
pub use reign::{Ending, say_again};
pub use renewal::{RenewalError, Renewed, next_root, recovery, renew, rotate};
pub use right::{MayNot, Right, WriteRule};
pub use versions::{Decision, Proposal, Rules, Versions};
pub use vouching::{Carried, Vouching};

use crate::codec::encode;
use crate::control::{ControlSet, DeviceCert, Layer};
use crate::domain;
use crate::id::{Digest, GroupId, VersionId};
use crate::key::{DeviceId, PeerKey};
use crate::time::Timestamp;
use governance::Governance;
use keys::Keys;
use membership::Membership;
use std::sync::Arc;

/// Who may do what, as worked out from one control set.
#[derive(Clone, Debug)]
pub struct Authority {
    keys: Arc<Keys>,
    governance: Arc<Governance>,
    membership: Arc<Membership>,
    /// The group of the node that asks.
    own: Option<GroupId>,
    digest: Digest,
    rights: Digest,
}

impl Default for Authority {
    /// What nothing adds up to: nobody is known.
    fn default() -> Self {
        Self::of(Arc::default(), Arc::default(), Membership::default(), None)
    }
}

impl Authority {
    /// Works everything out, for nobody in particular. Signatures were verified when the records were admitted.
    pub fn evaluate(set: &ControlSet) -> Self {
        Self::seen_by(set, None)
    }

    /// Works everything out for a node of a group, which follows the version that the group signed.
    pub fn evaluate_for(set: &ControlSet, own: &GroupId) -> Self {
        Self::seen_by(set, Some(own))
    }

    fn seen_by(set: &ControlSet, own: Option<&GroupId>) -> Self {
        let keys = Keys::evaluate(set);
        let governance = Governance::evaluate(set, &keys);
        let membership = Membership::evaluate(set, &keys, &governance, own);
        Self::of(Arc::new(keys), Arc::new(governance), membership, own)
    }

    /// Works out what a set adds up to in which records have come or gone since, none of them in a layer below
    /// `touched`: what was worked out for those stays.
    #[must_use]
    pub fn after(&self, set: &ControlSet, touched: Layer, own: &GroupId) -> Self {
        let keys = match touched {
            Layer::Keys => Arc::new(Keys::evaluate(set)),
            Layer::Governance | Layer::Membership => self.keys.clone(),
        };
        let governance = match touched {
            Layer::Keys | Layer::Governance => Arc::new(Governance::evaluate(set, &keys)),
            Layer::Membership => self.governance.clone(),
        };
        let membership = Membership::evaluate(set, &keys, &governance, Some(own));
        Self::of(keys, governance, membership, Some(own))
    }

    /// The same at the node of another group, which may follow another version.
    pub(crate) fn at_home_of(&self, set: &ControlSet, own: &GroupId) -> Self {
        let followed = self.governance.versions().followed(self.membership.signed_last(own));
        if followed == self.membership.followed() {
            return Self { own: Some(*own), ..self.clone() };
        }
        let membership = Membership::evaluate(set, &self.keys, &self.governance, Some(own));
        Self::of(self.keys.clone(), self.governance.clone(), membership, Some(own))
    }

    fn of(keys: Arc<Keys>, governance: Arc<Governance>, membership: Membership, own: Option<&GroupId>) -> Self {
        let digest = digest(&keys, &governance, &membership);
        let disputed: Vec<_> = keys.disputed().collect();
        let rights = Digest::of(domain::RIGHTS, &encode(&(digest, membership.followed(), disputed)));
        Self { keys, governance, membership: Arc::new(membership), own: own.copied(), digest, rights }
    }

    /// The layer of keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The layer of rules.
    pub fn governance(&self) -> &Governance {
        &self.governance
    }

    /// The layer of membership.
    pub fn membership(&self) -> &Membership {
        &self.membership
    }

    /// The group that a device speaks for.
    pub fn group_of(&self, device: &DeviceId) -> Option<GroupId> {
        self.keys.device(device).map(|device| device.group)
    }

    /// The group in whose name a device writes, or wrote before a rotation left it out.
    pub fn author_of(&self, device: &DeviceId) -> Option<GroupId> {
        self.keys.writer(device).map(|writer| writer.group)
    }

    /// The certificate of a device that is shown: of the highest serial.
    pub fn certificate(&self, device: &DeviceId) -> Option<&DeviceCert> {
        self.keys.device(device).map(|device| &device.certificate)
    }

    /// The device behind a PeerId, and its group. Where several devices share a PeerId, one of a group
    /// that was admitted comes first.
    pub fn device_of_peer(&self, peer: &PeerKey) -> Option<(GroupId, DeviceId)> {
        let mut all = self.keys.devices_of_peer(peer).filter_map(|id| Some((self.group_of(id)?, *id)));
        let first = all.clone().next();
        all.find(|(group, _)| self.was_admitted(group)).or(first)
    }

    /// The devices of a group, ascending.
    pub fn devices_of(&self, group: &GroupId) -> &[DeviceId] {
        self.keys.devices_of(group)
    }

    /// Whether the group is a member now, as seen from any leaf.
    pub fn is_member(&self, group: &GroupId) -> bool {
        self.membership.is_member(group)
    }

    /// Whether the group was a member at some time, even if it withdrew since. What it wrote is kept.
    pub fn was_admitted(&self, group: &GroupId) -> bool {
        self.membership.was_admitted(group)
    }

    /// The members under the version that is followed here, ascending.
    pub fn members_here(&self) -> impl Iterator<Item = GroupId> {
        self.membership.members_here()
    }

    /// The version that is followed here.
    pub fn followed(&self) -> Option<VersionId> {
        self.membership.followed()
    }

    /// The version that a group signed last.
    pub fn signed_last(&self, group: &GroupId) -> Option<VersionId> {
        self.membership.signed_last(group)
    }

    /// The version that a group follows: from the one that it signed last on, as far as there is one way to go.
    pub fn followed_by(&self, group: &GroupId) -> Option<VersionId> {
        self.governance.versions().followed(self.signed_last(group))
    }

    /// The claims of mandates by ascending id, and when they hold.
    pub fn mandates(&self) -> &[Mandated] {
        self.governance.mandates()
    }

    /// The members as seen from any leaf, ascending.
    pub fn members(&self) -> impl Iterator<Item = GroupId> {
        self.membership.members()
    }

    /// All groups that are known, applicants included, ascending.
    pub fn groups(&self) -> impl Iterator<Item = GroupId> {
        self.keys.groups()
    }

    /// The name that a group had at its beginning.
    pub fn name_of(&self, group: &GroupId) -> Option<&str> {
        self.keys.name_of(group)
    }

    /// The newest adopted versions; several only where electors voted twice.
    pub fn leaves(&self) -> &[VersionId] {
        self.governance.versions().leaves()
    }

    /// The signatures under a version, by ascending group, withdrawn ones marked.
    pub fn signatures(&self, version: &VersionId) -> &[SignedBy] {
        self.membership.signatures(version)
    }

    /// The counter that a group's next signature or withdrawal needs in order to count; none where a device
    /// has used up all that there are under the root in force.
    pub fn next_counter(&self, group: &GroupId) -> Option<u64> {
        self.next_counter_when(group, Ending::Nobody)
    }

    fn next_counter_when(&self, group: &GroupId, ending: Ending) -> Option<u64> {
        self.keys.next_word(group, self.membership.highest_counter(group), ending)
    }

    /// Where a group stands.
    pub fn standing(&self, group: &GroupId) -> Standing {
        if self.keys.name_of(group).is_none() { Standing::Unknown } else { self.membership.standing(group) }
    }

    /// Whether the log of a device is kept and passed on: its group was admitted.
    pub fn stores_log_of(&self, device: &DeviceId) -> bool {
        self.group_of(device).is_some_and(|group| self.was_admitted(&group))
    }

    /// Whether a group was not admitted, and is not the node's own: what it writes is for its own nodes alone so far,
    /// whoever holds it from before.
    pub fn is_outside(&self, group: &GroupId) -> bool {
        !self.was_admitted(group) && self.own != Some(*group)
    }

    /// Whether the log of a device counts for nobody but its own group, if it has one.
    pub fn is_of_outsider(&self, device: &DeviceId) -> bool {
        self.author_of(device).is_none_or(|group| self.is_outside(&group))
    }

    /// Where the log of a device ends for everybody.
    pub fn cut(&self, device: &DeviceId) -> Option<Cut> {
        self.keys.cut(device)
    }

    /// The devices whose log ends, with the cut, ascending.
    pub fn cuts(&self) -> impl Iterator<Item = (&DeviceId, &Cut)> {
        self.keys.cuts()
    }

    /// Whether the group ended the device, or left it out of a rotation. It is nobody's any more: neither
    /// asked nor answered.
    pub fn is_revoked(&self, device: &DeviceId) -> bool {
        self.keys.is_revoked(device)
    }

    /// The root of a group that is in force.
    pub fn root(&self, group: &GroupId) -> Option<&RootInForce> {
        self.keys.root(group)
    }

    /// Whether entry `seq` of a device may change a document of `owner`.
    pub fn may_write(&self, device: &DeviceId, owner: &GroupId, rule: WriteRule, seq: u64) -> Right {
        right::may_write(self, device, owner, rule, seq)
    }

    /// The state of one vouch slot of a device under the version that is followed here.
    pub fn slot(&self, device: &DeviceId, slot: u32) -> SlotState {
        self.followed().map_or(SlotState::None, |version| self.slot_under(&version, device, slot))
    }

    /// The state of one vouch slot of a device under a version.
    pub fn slot_under(&self, version: &VersionId, device: &DeviceId, slot: u32) -> SlotState {
        self.governance.slot(&self.keys, version, device, slot)
    }

    /// The slots of a device under the version that is followed here that are not free, ascending.
    pub fn slots_of(&self, device: &DeviceId) -> Vec<(u32, SlotState)> {
        self.followed().map_or_else(Vec::new, |version| self.slots_under(&version, device))
    }

    /// The slots of a device under a version that are not free, ascending.
    pub fn slots_under(&self, version: &VersionId, device: &DeviceId) -> Vec<(u32, SlotState)> {
        self.governance.slots_of(&self.keys, version, device)
    }

    /// The first of `count` free slots in a row under the version that is followed here; slots of expired
    /// invites are free again.
    pub fn free_slots(&self, device: &DeviceId, count: u32, now: Timestamp) -> Option<u32> {
        self.governance.free_slots(&self.keys, &self.followed()?, device, count, now)
    }

    /// The vouches with which a device should confirm joins: the smallest group of several on one slot.
    pub fn vouches_due(&self, device: &DeviceId) -> Vec<VouchDue> {
        self.governance.vouches_due(device)
    }

    /// The devices of a group that sign for it, ascending.
    pub fn governing(&self, group: &GroupId) -> Vec<DeviceId> {
        let may = |id: &&DeviceId| self.keys.governs(id) == Some(*group) && !self.is_revoked(id);
        self.devices_of(group).iter().filter(may).copied().collect()
    }

    /// A hash of the outcome, equal on two nodes that believe the same.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// A hash of what documents are read by here: the outcome, the version that is followed, and who certified devices
    /// that belong to nobody.
    pub fn rights(&self) -> Digest {
        self.rights
    }

    /// Who breaks the rules, as far as the records show it.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.keys.faults().iter().chain(self.governance.faults()).chain(self.membership.faults())
    }
}

/// Applicants are left out: nodes hear of them at different times, and nothing follows from them yet.
fn digest(keys: &Keys, governance: &Governance, membership: &Membership) -> Digest {
    let groups: Vec<_> = membership
        .admitted()
        .map(|group| {
            let devices: Vec<_> = keys
                .devices_of(&group)
                .iter()
                .filter_map(|id| Some((*id, keys.device(id)?.capabilities, keys.cut(id))))
                .collect();
            (group, devices)
        })
        .collect();
    let mandates: Vec<_> = governance.mandates().iter().map(|mandated| (mandated.id, &mandated.intervals)).collect();
    let believed = encode(&(governance.versions().leaves(), groups, membership.outcome(), mandates));
    let lost: Vec<_> = keys.lost().filter(|(_, writer)| membership.was_admitted(&writer.group)).collect();
    match lost.is_empty() {
        true => Digest::of(domain::AUTHORITY, &believed),
        false => {
            let lost: Vec<_> = lost.into_iter().map(|(device, writer)| (device, writer.group, writer.once)).collect();
            Digest::of(domain::AUTHORITY, &[believed, encode(&lost)].concat())
        }
    }
}
