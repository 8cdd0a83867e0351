//! Layer 1: which device is whose, and where its log ends.
//!
//! A device belongs to the group that certified it; one that several groups certified belongs to none.
//! Certificates count that the root in force signed or lists. What a device may do is the union of them:
//! rights end by revocation only. Of too many devices those count that the root in force certifies itself, then those
//! with the lowest keys: a device keeps its place however often it is certified anew. Of those that govern, devices
//! that the group ended are counted apart.
//!
//! A device that a rotation left out is a **former** one: its log is cut at the very beginning, and what
//! it wrote counts only where others have built on it.
//!
//! The **cut** of a device is the smallest of those that the root in force lists or signs, and of the
//! place where its log is proven to fork. Cuts depend on this layer only.

use crate::authority::fault::Fault;
use crate::authority::root::{Kept, smallest};
use crate::authority::spoke::Spoken;
use crate::control::{Capabilities, ControlSet, DeviceCert, Listed, Record, Revoke};
use crate::id::{GroupId, RecordId};
use crate::key::{DeviceId, PeerKey};
use crate::limits::{MAX_DEVICES, MAX_GOVERNING_DEVICES};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

pub use crate::authority::root::RootInForce;
pub use crate::control::Cut;

/// A device that speaks for a group.
#[derive(Clone, Debug)]
pub struct Device {
    /// The group.
    pub group: GroupId,
    /// All that any of its certificates lets it do that count.
    pub capabilities: Capabilities,
    /// All that any of its certificates ever let it do.
    pub once: Capabilities,
    /// The certificate of the highest serial.
    pub certificate: DeviceCert,
}

/// Who writes with a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writer {
    /// The group.
    pub group: GroupId,
    /// What the device may do.
    pub capabilities: Capabilities,
    /// What it could do at some time: rights that a new root does not list are lost.
    pub once: Capabilities,
}

#[derive(Clone, Debug)]
struct Group {
    name: String,
    devices: Vec<DeviceId>,
    governing: Vec<DeviceId>,
    root: RootInForce,
    revoking: Revoking,
}

/// Whether the root in force has revoked a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Revoking {
    NotYet,
    Done,
}

/// The groups and their devices.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    groups: BTreeMap<GroupId, Group>,
    devices: BTreeMap<DeviceId, Device>,
    former: BTreeMap<DeviceId, Writer>,
    peers: BTreeMap<PeerKey, BTreeSet<DeviceId>>,
    cuts: BTreeMap<DeviceId, Cut>,
    revoked: BTreeSet<DeviceId>,
    /// The devices that several groups certified, and what each of those groups says of them.
    disputed: BTreeMap<DeviceId, BTreeMap<GroupId, Claim>>,
    spoken: Spoken,
    faults: Vec<Fault>,
}

/// The certificates of one device that one group signed.
type Certificates<'a> = Vec<(RecordId, &'a DeviceCert)>;

/// What the root in force of one group says of a device that several groups certified.
#[derive(Clone, Copy, Debug)]
struct Claim {
    /// Where the group ended it itself.
    end: Option<Cut>,
    /// What a list names of it, as far as its certificates count.
    listed: Option<(RecordId, Capabilities)>,
}

/// What the records of this layer are about, by device.
#[derive(Default)]
struct Found<'a> {
    certified: BTreeMap<DeviceId, BTreeMap<GroupId, Certificates<'a>>>,
    /// Those that the root in force made.
    revoked: BTreeMap<DeviceId, Vec<&'a Revoke>>,
    forks: BTreeMap<DeviceId, Cut>,
}

impl Found<'_> {
    /// Where the root in force of a group has ended a device, by a revocation or in its list.
    fn end(&self, group: &GroupId, root: &RootInForce, device: &DeviceId) -> Option<Cut> {
        let signed = self.revoked.get(device).into_iter().flatten();
        let revoked = signed.filter(|revoke| revoke.body.group == *group);
        let listed = root.listed.as_ref().and_then(|listed| listed.get(device)).and_then(|kept| kept.cut);
        smallest(revoked.map(|revoke| Some(revoke.body.cut)).chain([listed]))
    }
}

/// A device whose certificates count.
struct Counting<'a> {
    device: DeviceId,
    capabilities: Capabilities,
    once: Capabilities,
    by: By,
    shown: &'a DeviceCert,
}

/// Why a device counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    /// The root in force certifies it.
    Certificate,
    /// The root in force lists it: it may be whatever a thief has certified before.
    List,
}

impl Keys {
    pub(crate) fn evaluate(set: &ControlSet) -> Self {
        let mut keys = Self::default();
        let mut found = Found::default();
        let mut revoked = Vec::new();
        for (id, record) in set.entries() {
            match record {
                Record::Inception(inception) => {
                    let (name, group) = (inception.body.name.clone(), GroupId(id.0));
                    let Some(root) = RootInForce::of(set, &group) else { continue };
                    let (devices, governing, revoking) = (Vec::new(), Vec::new(), Revoking::NotYet);
                    keys.groups.insert(group, Group { name, devices, governing, root, revoking });
                }
                Record::DeviceCert(cert) => {
                    let of_device = found.certified.entry(cert.body().device).or_default();
                    of_device.entry(cert.body().group).or_default().push((*id, cert));
                }
                Record::Revoke(revoke) => revoked.push(revoke),
                Record::ForkProof(proof) => {
                    let fork = found.forks.entry(proof.body.device).or_insert(proof.cut());
                    *fork = proof.cut().min(*fork);
                }
                _ => {}
            }
        }
        for revoke in revoked {
            let group = keys.groups.get_mut(&revoke.body.group);
            if let Some(group) = group.filter(|group| group.root.signer() == revoke.signer) {
                group.revoking = Revoking::Done;
                found.revoked.entry(revoke.body.device).or_default().push(revoke);
            }
        }
        let mut by_group: BTreeMap<GroupId, Vec<(DeviceId, Certificates<'_>)>> = BTreeMap::new();
        for (device, mut groups) in std::mem::take(&mut found.certified) {
            match groups.pop_first() {
                Some((group, certificates)) if groups.is_empty() => {
                    by_group.entry(group).or_default().push((device, certificates));
                }
                Some(first) => {
                    let claim = |(group, certificates): &(GroupId, Certificates<'_>)| {
                        let root = keys.groups.get(group).map(|group| &group.root);
                        let counting = root.and_then(|root| count(root, device, certificates));
                        let listed = counting.map(|counting| (counting.shown.id(), counting.capabilities));
                        let end = root.and_then(|root| found.end(group, root, &device));
                        (*group, Claim { end, listed })
                    };
                    let claims: BTreeMap<GroupId, Claim> =
                        std::iter::once(first).chain(groups).map(|of_group| claim(&of_group)).collect();
                    let groups = claims.keys().copied().collect();
                    keys.disputed.insert(device, claims);
                    // Some hold its log from before, others never ask for it: it counts for nothing everywhere.
                    keys.cuts.insert(device, Cut::NOTHING);
                    keys.faults.push(Fault::DeviceOfSeveralGroups { device, groups });
                }
                None => {}
            }
        }
        by_group.into_iter().for_each(|(group, devices)| keys.add_devices(group, devices, &found));
        keys.spoken = Spoken::evaluate(set, |group| keys.root(group));
        keys
    }

    fn add_devices(&mut self, id: GroupId, devices: Vec<(DeviceId, Certificates<'_>)>, found: &Found<'_>) {
        let Some(group) = self.groups.get(&id) else { return };
        let root = group.root.clone();
        let mut counting = Vec::new();
        for (device, certificates) in devices {
            match count(&root, device, &certificates) {
                Some(device) => counting.push(device),
                None => {
                    let once = union(&certificates);
                    self.former.insert(device, Writer { group: id, capabilities: once, once });
                    self.cuts.insert(device, Cut::NOTHING);
                }
            }
        }
        counting.sort_unstable_by_key(|device| (device.by, device.device));
        if counting.len() > MAX_DEVICES {
            self.faults.push(Fault::TooManyDevices { group: id, found: counting.len() });
            counting.truncate(MAX_DEVICES);
        }
        let counting: Vec<(Counting<'_>, Option<Cut>)> = counting
            .into_iter()
            .map(|device| {
                let end = found.end(&id, &root, &device.device);
                (device, end)
            })
            .collect();
        let governs = |device: &Counting<'_>| device.capabilities.has(Capabilities::GOVERN);
        let (mut governing, mut before): (Vec<DeviceId>, Vec<DeviceId>) = (Vec::new(), Vec::new());
        for (device, end) in counting.iter().filter(|(device, _)| governs(device)) {
            if end.is_some() { before.push(device.device) } else { governing.push(device.device) }
        }
        if governing.len() > MAX_GOVERNING_DEVICES {
            self.faults.push(Fault::TooManyGoverning { group: id, found: governing.len() });
            governing.truncate(MAX_GOVERNING_DEVICES);
        }
        // What ended devices have vouched for stays, and they take nobody's place: a group that lost its
        // computers can always have a new one that governs.
        governing.extend(before.into_iter().take(MAX_GOVERNING_DEVICES));
        let Some(group) = self.groups.get_mut(&id) else { return };
        group.governing = governing;
        group.devices = counting.iter().map(|(device, _)| device.device).collect();
        group.devices.sort_unstable();
        for (Counting { device, capabilities, once, shown, .. }, ended) in counting {
            self.peers.entry(shown.body().peer).or_default().insert(device);
            self.devices.insert(device, Device { group: id, capabilities, once, certificate: shown.clone() });
            if ended.is_some() {
                self.revoked.insert(device);
            }
            let fork = found.forks.get(&device).copied();
            if let Some(fork) = fork {
                self.faults.push(Fault::Forked { device, seq: fork.seq });
            }
            self.cuts.extend(smallest([ended, fork]).map(|cut| (device, cut)));
        }
    }

    /// What is known of a device that speaks for a group.
    pub fn device(&self, device: &DeviceId) -> Option<&Device> {
        self.devices.get(device)
    }

    /// In whose name a device writes, or wrote before a rotation left it out, and what it may do.
    pub fn writer(&self, device: &DeviceId) -> Option<Writer> {
        match self.devices.get(device) {
            Some(Device { group, capabilities, once, .. }) => {
                Some(Writer { group: *group, capabilities: *capabilities, once: *once })
            }
            None => self.former.get(device).copied(),
        }
    }

    /// The devices that once could do more than they may now, ascending: what they wrote may count where others built on it.
    pub(super) fn lost(&self) -> impl Iterator<Item = (DeviceId, Writer)> {
        let devices = self.devices.keys().chain(self.former.keys()).collect::<BTreeSet<_>>().into_iter();
        let writers = devices.filter_map(|device| Some((*device, self.writer(device)?)));
        writers.filter(|(device, writer)| self.former.contains_key(device) || writer.once != writer.capabilities)
    }

    /// The group that a device signs, vouches and invites for.
    pub fn governs(&self, device: &DeviceId) -> Option<GroupId> {
        let group = self.devices.get(device)?.group;
        self.groups.get(&group)?.governing.contains(device).then_some(group)
    }

    /// The devices of a group, ascending, those that are revoked included.
    pub fn devices_of(&self, group: &GroupId) -> &[DeviceId] {
        self.groups.get(group).map_or(&[], |group| &group.devices)
    }

    /// The root of a group that is in force.
    pub fn root(&self, group: &GroupId) -> Option<&RootInForce> {
        self.groups.get(group).map(|group| &group.root)
    }

    /// Under which roots devices spoke, and which ended them.
    pub(super) fn spoken(&self) -> &Spoken {
        &self.spoken
    }

    /// Whether the root of a group that is in force has revoked a device.
    pub(super) fn has_revoked(&self, group: &GroupId) -> bool {
        self.groups.get(group).is_some_and(|group| group.revoking == Revoking::Done)
    }

    /// What the next root has to list so that every device keeps its place, and every cut holds. Devices that another
    /// group certified as well come last, with this group's own end.
    pub fn listing(&self, group: &GroupId) -> Vec<Listed> {
        let own = self.devices_of(group).iter().filter_map(|device| {
            let Device { capabilities, certificate, .. } = self.devices.get(device)?;
            let (certificate, cut) = (certificate.id(), self.cut(device));
            Some(Listed { device: *device, certificate, capabilities: *capabilities, cut })
        });
        let disputed = self.disputed.iter().filter_map(|(device, claims)| {
            let Claim { end: cut, listed } = claims.get(group)?;
            let (certificate, capabilities) = (*listed)?;
            Some(Listed { device: *device, certificate, capabilities, cut: *cut })
        });
        own.chain(disputed).collect()
    }

    /// The devices that share a PeerId, ascending.
    pub fn devices_of_peer(&self, peer: &PeerKey) -> impl Iterator<Item = &DeviceId> + Clone {
        self.peers.get(peer).into_iter().flatten()
    }

    /// All groups, ascending.
    pub fn groups(&self) -> impl Iterator<Item = GroupId> {
        self.groups.keys().copied()
    }

    /// The name that a group had at its beginning.
    pub fn name_of(&self, group: &GroupId) -> Option<&str> {
        self.groups.get(group).map(|group| group.name.as_str())
    }

    /// Where the log of a device ends for everybody.
    pub fn cut(&self, device: &DeviceId) -> Option<Cut> {
        self.cuts.get(device).copied()
    }

    /// The devices whose log ends, with the cut, ascending.
    pub fn cuts(&self) -> impl Iterator<Item = (&DeviceId, &Cut)> {
        self.cuts.iter()
    }

    /// Whether the group ended the device, or left it out of a rotation.
    pub fn is_revoked(&self, device: &DeviceId) -> bool {
        self.revoked.contains(device) || self.former.contains_key(device)
    }

    /// Whether several groups certified the device, so that it speaks for none.
    pub fn is_disputed(&self, device: &DeviceId) -> bool {
        self.disputed.contains_key(device)
    }

    /// Whether a group certified the device, also where it speaks for it no more: left out, or certified by others too.
    pub fn is_certified_by(&self, device: &DeviceId, group: &GroupId) -> bool {
        match self.disputed.get(device) {
            Some(groups) => groups.contains_key(group),
            None => self.writer(device).is_some_and(|writer| writer.group == *group),
        }
    }

    /// The devices that several groups certified, ascending, with these groups.
    pub(super) fn disputed(&self) -> impl Iterator<Item = (DeviceId, Vec<GroupId>)> {
        self.disputed.iter().map(|(device, claims)| (*device, claims.keys().copied().collect()))
    }

    /// The groups that certified a device which several groups did.
    pub fn disputed_by(&self, device: &DeviceId) -> impl Iterator<Item = &GroupId> {
        self.disputed.get(device).into_iter().flat_map(BTreeMap::keys)
    }

    /// The devices that this group certified and another one too, with the entry behind which this one ended each of
    /// them itself, be it the first one.
    pub fn disputed_of(&self, group: &GroupId) -> impl Iterator<Item = (DeviceId, Option<Cut>)> {
        self.disputed.iter().filter_map(|(device, claims)| Some((*device, claims.get(group)?.end)))
    }

    /// Who breaks the rules of this layer.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

/// What a device may do under a root; none where no certificate of it counts.
fn count<'a>(root: &RootInForce, device: DeviceId, certificates: &Certificates<'a>) -> Option<Counting<'a>> {
    let made = |(_, cert): &(RecordId, &DeviceCert)| root.signer() == cert.signed.signer;
    let signed: Certificates<'a> = certificates.iter().copied().filter(made).collect();
    let kept: Option<&Kept> = root.listed.as_ref().and_then(|listed| listed.get(&device));
    let listed = certificates.iter().filter(|(id, _)| kept.is_some_and(|kept| kept.certificate == *id));
    let by_serial = |(id, cert): &&(RecordId, &'a DeviceCert)| (Reverse(cert.body().serial), *id);
    let shown = signed.iter().chain(listed).min_by_key(by_serial);
    // Where the listed certificate was displaced, another one shows that the device agreed.
    let shown = shown.or_else(|| kept.and(certificates.iter().min_by_key(by_serial)));
    let capabilities = union(&signed).and(kept.map_or(Capabilities::NONE, |kept| kept.capabilities));
    let (_, shown) = shown?;
    let by = if signed.is_empty() { By::List } else { By::Certificate };
    Some(Counting { device, capabilities, once: union(certificates).and(capabilities), by, shown })
}

fn union(certificates: &Certificates<'_>) -> Capabilities {
    certificates.iter().fold(Capabilities::NONE, |sum, (_, cert)| sum.and(cert.body().capabilities))
}
