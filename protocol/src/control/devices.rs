//! How many devices of one group the set keeps: those that count, and one more that shows the excess.
//!
//! Whoever has a group's root can certify devices without end. Of too many, those that the latest root certified
//! come first, then those that it lists, then those with the lowest keys; with a device goes everything it signed, and what
//! is said about its end. Only lists that stand in the set count: else it would depend on what came first.

use crate::control::certificate::DeviceCert;
use crate::control::record::Record;
use crate::control::root::RootNumber;
use crate::control::rotation::Listed;
use crate::id::GroupId;
use crate::key::DeviceId;
use crate::limits::MAX_DEVICES;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What the roots say for a device: the latest one, and of it, what says more for the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    root: u32,
    by: By,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    /// A list may hold what somebody else has certified.
    #[default]
    List,
    Certificate,
}

/// The devices of one group, and what its roots say for them.
#[derive(Clone, Debug, Default)]
struct OfGroup {
    /// Those whose certificates are kept, with the latest root that certified them.
    kept: BTreeMap<DeviceId, u32>,
    /// Those that roots list, kept or not: how many of the lists that stand.
    listed: BTreeMap<(DeviceId, u32), usize>,
}

impl OfGroup {
    /// What is known to say for a device that this root has certified.
    fn wanted(&self, device: DeviceId, root: u32) -> Wanted {
        let lists = self.listed.range((device, 0)..=(device, u32::MAX)).next_back();
        let listed = lists.map(|((_, root), _)| Wanted { root: *root, by: By::List });
        listed.unwrap_or_default().max(Wanted { root, by: By::Certificate })
    }

    /// The device that is wanted least.
    fn last(&self) -> Option<(Reverse<Wanted>, DeviceId)> {
        self.kept.iter().map(|(device, root)| (Reverse(self.wanted(*device, *root)), *device)).max()
    }
}

/// The devices of all groups.
#[derive(Clone, Debug, Default)]
pub(crate) struct Devices(BTreeMap<GroupId, OfGroup>);

impl Devices {
    /// Whether a record certifies a device that comes after all that are kept, and none is wanted any more.
    pub(crate) fn is_beyond(&self, record: &Record) -> bool {
        let Record::DeviceCert(certificate) = record else { return false };
        let body = certificate.body();
        let Some(group) = self.0.get(&body.group) else { return false };
        let this = (Reverse(group.wanted(body.device, root_of(certificate))), body.device);
        group.kept.len() > MAX_DEVICES
            && !group.kept.contains_key(&body.device)
            && group.last().is_some_and(|last| last < this)
    }

    /// Notes a certificate. When there are too many devices, the one that has to go is returned.
    pub(crate) fn add(&mut self, certificate: &DeviceCert) -> Option<DeviceId> {
        let body = certificate.body();
        let group = self.0.entry(body.group).or_default();
        let latest = group.kept.entry(body.device).or_default();
        *latest = root_of(certificate).max(*latest);
        let (_, surplus) = group.last().filter(|_| group.kept.len() > MAX_DEVICES + 1)?;
        group.kept.remove(&surplus);
        Some(surplus)
    }

    /// Notes a list of a root.
    pub(crate) fn list(&mut self, group: GroupId, root: u32, devices: &[Listed]) {
        for device in devices {
            *self.0.entry(group).or_default().listed.entry((device.device, root)).or_default() += 1;
        }
    }

    /// Forgets a list of a root that has lost its place.
    pub(crate) fn unlist(&mut self, group: GroupId, root: u32, devices: &[Listed]) {
        let Some(of_group) = self.0.get_mut(&group) else { return };
        for device in devices {
            if let Entry::Occupied(mut lists) = of_group.listed.entry((device.device, root)) {
                *lists.get_mut() -= 1;
                if *lists.get() == 0 {
                    lists.remove();
                }
            }
        }
        self.forget_empty(&group);
    }

    /// Forgets a device of which no certificate is kept.
    pub(crate) fn remove(&mut self, group: &GroupId, device: &DeviceId) {
        if let Some(of_group) = self.0.get_mut(group) {
            of_group.kept.remove(device);
            self.forget_empty(group);
        }
    }

    fn forget_empty(&mut self, group: &GroupId) {
        let is_empty = |of_group: &OfGroup| of_group.kept.is_empty() && of_group.listed.is_empty();
        if self.0.get(group).is_some_and(is_empty) {
            self.0.remove(group);
        }
    }
}

fn root_of(certificate: &DeviceCert) -> u32 {
    certificate.signed.signer.root().map_or(0, RootNumber::number)
}
