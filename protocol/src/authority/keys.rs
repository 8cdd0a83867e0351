//! Layer 1: which device is whose.
//!
//! A device belongs to the group that certified it; one that several groups certified belongs to none.
//! What a device may do is the union of its certificates: rights end by revocation only. Of too many
//! devices those with the lowest keys count: a device keeps its place however often it is certified anew.

use crate::authority::fault::Fault;
use crate::control::{Capabilities, ControlSet, DeviceCert, Record};
use crate::id::{EntryId, GroupId, RecordId};
use crate::key::{DeviceId, PeerKey};
use crate::limits::{MAX_DEVICES, MAX_GOVERNING_DEVICES};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Where a log ends: entries from here on count only where others have built on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// The first entry that is cut off.
    pub seq: u64,
    /// The entry before it.
    pub entry: EntryId,
}

/// A device that speaks for a group.
#[derive(Clone, Debug)]
pub struct Device {
    /// The group.
    pub group: GroupId,
    /// All that any of its certificates lets it do.
    pub capabilities: Capabilities,
    /// The certificate of the highest serial.
    pub certificate: DeviceCert,
}

#[derive(Clone, Debug)]
struct Group {
    name: String,
    devices: Vec<DeviceId>,
    governing: Vec<DeviceId>,
}

/// The groups and their devices.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    groups: BTreeMap<GroupId, Group>,
    devices: BTreeMap<DeviceId, Device>,
    peers: BTreeMap<PeerKey, Vec<DeviceId>>,
    cuts: BTreeMap<DeviceId, Cut>,
    disputed: BTreeSet<DeviceId>,
    faults: Vec<Fault>,
}

/// The certificates of one device that one group signed.
type Certificates<'a> = Vec<(RecordId, &'a DeviceCert)>;

impl Keys {
    pub(crate) fn evaluate(set: &ControlSet) -> Self {
        let mut keys = Self::default();
        let mut certified: BTreeMap<DeviceId, BTreeMap<GroupId, Certificates<'_>>> = BTreeMap::new();
        for (id, record) in set.entries() {
            match record {
                Record::Inception(inception) => {
                    let name = inception.body.name.clone();
                    keys.groups.insert(GroupId(id.0), Group { name, devices: Vec::new(), governing: Vec::new() });
                }
                Record::DeviceCert(cert) => {
                    let of_device = certified.entry(cert.body().device).or_default();
                    of_device.entry(cert.body().group).or_default().push((*id, cert));
                }
                _ => {}
            }
        }
        let mut by_group: BTreeMap<GroupId, Vec<(DeviceId, Certificates<'_>)>> = BTreeMap::new();
        for (device, mut groups) in certified {
            match groups.pop_first() {
                Some((group, certificates)) if groups.is_empty() => {
                    by_group.entry(group).or_default().push((device, certificates));
                }
                Some((first, _)) => {
                    let groups = std::iter::once(first).chain(groups.into_keys()).collect();
                    keys.disputed.insert(device);
                    keys.faults.push(Fault::DeviceOfSeveralGroups { device, groups });
                }
                None => {}
            }
        }
        by_group.into_iter().for_each(|(group, devices)| keys.add_devices(group, devices));
        keys
    }

    fn add_devices(&mut self, id: GroupId, mut devices: Vec<(DeviceId, Certificates<'_>)>) {
        // They come in ascending order of their keys.
        if devices.len() > MAX_DEVICES {
            self.faults.push(Fault::TooManyDevices { group: id, found: devices.len() });
            devices.truncate(MAX_DEVICES);
        }
        let may = |cert: &DeviceCert| cert.body().capabilities.has(Capabilities::GOVERN);
        let mut governing: Vec<DeviceId> = devices
            .iter()
            .filter(|(_, certificates)| certificates.iter().any(|(_, cert)| may(cert)))
            .map(|(device, _)| *device)
            .collect();
        if governing.len() > MAX_GOVERNING_DEVICES {
            self.faults.push(Fault::TooManyGoverning { group: id, found: governing.len() });
            governing.truncate(MAX_GOVERNING_DEVICES);
        }
        let Some(group) = self.groups.get_mut(&id) else { return };
        group.governing = governing;
        group.devices = devices.iter().map(|(device, _)| *device).collect();
        for (device, certificates) in devices {
            let shown = certificates.iter().min_by_key(|(id, cert)| (Reverse(cert.body().serial), *id));
            let Some((_, shown)) = shown else { continue };
            let capabilities =
                certificates.iter().fold(Capabilities::NONE, |sum, (_, cert)| sum.and(cert.body().capabilities));
            let sharing = self.peers.entry(shown.body().peer).or_default();
            sharing.push(device);
            sharing.sort_unstable();
            let certificate = DeviceCert::clone(shown);
            self.devices.insert(device, Device { group: id, capabilities, certificate });
        }
    }

    /// What is known of a device that speaks for a group.
    pub fn device(&self, device: &DeviceId) -> Option<&Device> {
        self.devices.get(device)
    }

    /// The group that a device signs, vouches and invites for.
    pub fn governs(&self, device: &DeviceId) -> Option<GroupId> {
        let group = self.devices.get(device)?.group;
        self.groups.get(&group)?.governing.contains(device).then_some(group)
    }

    /// The devices of a group, ascending.
    pub fn devices_of(&self, group: &GroupId) -> &[DeviceId] {
        self.groups.get(group).map_or(&[], |group| &group.devices)
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

    /// Whether several groups certified the device, so that it speaks for none.
    pub fn is_disputed(&self, device: &DeviceId) -> bool {
        self.disputed.contains(device)
    }

    /// Who breaks the rules of this layer.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}
