//! How many devices of one group the set keeps: those that count, and one more that shows the excess.
//!
//! Whoever has a group's root can certify devices without end. Of too many, those that the latest root
//! certified or lists come first, then those with the lowest keys; with a device goes everything it signed.

use crate::control::certificate::DeviceCert;
use crate::control::record::Record;
use crate::control::rotation::Listed;
use crate::control::signed::Signer;
use crate::id::GroupId;
use crate::key::DeviceId;
use crate::limits::MAX_DEVICES;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Devices whose certificates are kept, by group: each with the latest root that certified or lists it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Devices {
    kept: BTreeMap<GroupId, BTreeMap<DeviceId, u32>>,
    /// The latest root that lists a device, kept or not.
    listed: BTreeMap<GroupId, BTreeMap<DeviceId, u32>>,
}

impl Devices {
    /// Whether a record certifies a device that comes after all that are kept, and none is wanted any more.
    pub(crate) fn is_beyond(&self, record: &Record) -> bool {
        let Record::DeviceCert(certificate) = record else { return false };
        let body = certificate.body();
        let Some(kept) = self.kept.get(&body.group) else { return false };
        let this = (Reverse(self.latest(certificate)), body.device);
        kept.len() > MAX_DEVICES && !kept.contains_key(&body.device) && last(kept).is_some_and(|last| last < this)
    }

    /// Notes a certificate. When there are too many devices, the one that has to go is returned.
    pub(crate) fn add(&mut self, certificate: &DeviceCert) -> Option<DeviceId> {
        let body = certificate.body();
        let root = self.latest(certificate);
        let kept = self.kept.entry(body.group).or_default();
        let latest = kept.entry(body.device).or_default();
        *latest = root.max(*latest);
        let (_, surplus) = last(kept).filter(|_| kept.len() > MAX_DEVICES + 1)?;
        kept.remove(&surplus);
        Some(surplus)
    }

    /// Notes that a root lists devices.
    pub(crate) fn list(&mut self, group: GroupId, root: u32, devices: &[Listed]) {
        let listed = self.listed.entry(group).or_default();
        let kept = self.kept.entry(group).or_default();
        for device in devices {
            let latest = listed.entry(device.device).or_default();
            *latest = root.max(*latest);
            if let Some(known) = kept.get_mut(&device.device) {
                *known = root.max(*known);
            }
        }
    }

    /// The latest root that is known to certify or list the device of a certificate.
    fn latest(&self, certificate: &DeviceCert) -> u32 {
        let body = certificate.body();
        let listed = self.listed.get(&body.group).and_then(|listed| listed.get(&body.device));
        root(certificate).max(listed.copied().unwrap_or_default())
    }

    /// Forgets a device of which no certificate is kept.
    pub(crate) fn remove(&mut self, group: &GroupId, device: &DeviceId) {
        if let Some(kept) = self.kept.get_mut(group) {
            kept.remove(device);
            if kept.is_empty() {
                self.kept.remove(group);
            }
        }
    }
}

fn last(kept: &BTreeMap<DeviceId, u32>) -> Option<(Reverse<u32>, DeviceId)> {
    kept.iter().map(|(device, root)| (Reverse(*root), *device)).max()
}

fn root(certificate: &DeviceCert) -> u32 {
    match certificate.signed.signer {
        Signer::Root(number) => number,
        Signer::Device(_) => 0,
    }
}
