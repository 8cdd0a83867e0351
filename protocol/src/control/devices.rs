//! How many devices of one group the set keeps: those that count, and one more that shows the excess.
//!
//! Whoever has a group's root can certify devices without end. Of too many, those that the latest root certified
//! come first, then those that it lists, then those with the lowest keys; with a device goes everything it signed.

use crate::control::certificate::DeviceCert;
use crate::control::record::Record;
use crate::control::root::RootNumber;
use crate::control::rotation::Listed;
use crate::id::GroupId;
use crate::key::DeviceId;
use crate::limits::MAX_DEVICES;
use std::cmp::Reverse;
use std::collections::BTreeMap;

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

/// Devices whose certificates are kept, by group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Devices {
    kept: BTreeMap<GroupId, BTreeMap<DeviceId, Wanted>>,
    /// Those that roots list, kept or not.
    listed: BTreeMap<GroupId, BTreeMap<DeviceId, Wanted>>,
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
        let wanted = self.latest(certificate);
        let kept = self.kept.entry(body.group).or_default();
        let latest = kept.entry(body.device).or_default();
        *latest = wanted.max(*latest);
        let (_, surplus) = last(kept).filter(|_| kept.len() > MAX_DEVICES + 1)?;
        kept.remove(&surplus);
        Some(surplus)
    }

    /// Notes that a root lists devices.
    pub(crate) fn list(&mut self, group: GroupId, root: u32, devices: &[Listed]) {
        let wanted = Wanted { root, by: By::List };
        let listed = self.listed.entry(group).or_default();
        let kept = self.kept.entry(group).or_default();
        for device in devices {
            let latest = listed.entry(device.device).or_default();
            *latest = wanted.max(*latest);
            if let Some(known) = kept.get_mut(&device.device) {
                *known = wanted.max(*known);
            }
        }
    }

    /// What the latest root says that is known to certify or list the device of a certificate.
    fn latest(&self, certificate: &DeviceCert) -> Wanted {
        let body = certificate.body();
        let listed = self.listed.get(&body.group).and_then(|listed| listed.get(&body.device));
        let root = certificate.signed.signer.root().map_or(0, RootNumber::number);
        Wanted { root, by: By::Certificate }.max(listed.copied().unwrap_or_default())
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

fn last(kept: &BTreeMap<DeviceId, Wanted>) -> Option<(Reverse<Wanted>, DeviceId)> {
    kept.iter().map(|(device, wanted)| (Reverse(*wanted), *device)).max()
}
