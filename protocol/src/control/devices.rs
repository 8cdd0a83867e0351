//! How many devices of one group the set keeps: those that count, and one more that shows the excess.
//!
//! Whoever has a group's root can certify devices without end. Of too many, those that the latest root
//! certified come first, then those with the lowest keys; with a device goes everything it signed.

use crate::control::certificate::DeviceCert;
use crate::control::record::Record;
use crate::control::signed::Signer;
use crate::id::GroupId;
use crate::key::DeviceId;
use crate::limits::MAX_DEVICES;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Devices whose certificates are kept, by group: each with the latest root that certified it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Devices(BTreeMap<GroupId, BTreeMap<DeviceId, u32>>);

impl Devices {
    /// Whether a record certifies a device that comes after all that are kept, and none is wanted any more.
    pub(crate) fn is_beyond(&self, record: &Record) -> bool {
        let Record::DeviceCert(certificate) = record else { return false };
        let body = certificate.body();
        let Some(kept) = self.0.get(&body.group) else { return false };
        let this = (Reverse(root(certificate)), body.device);
        kept.len() > MAX_DEVICES && !kept.contains_key(&body.device) && last(kept).is_some_and(|last| last < this)
    }

    /// Notes a certificate. When there are too many devices, the one that has to go is returned.
    pub(crate) fn add(&mut self, certificate: &DeviceCert) -> Option<DeviceId> {
        let body = certificate.body();
        let kept = self.0.entry(body.group).or_default();
        let latest = kept.entry(body.device).or_default();
        *latest = root(certificate).max(*latest);
        let (_, surplus) = last(kept).filter(|_| kept.len() > MAX_DEVICES + 1)?;
        kept.remove(&surplus);
        Some(surplus)
    }

    /// Forgets a device of which no certificate is kept.
    pub(crate) fn remove(&mut self, group: &GroupId, device: &DeviceId) {
        if let Some(kept) = self.0.get_mut(group) {
            kept.remove(device);
            if kept.is_empty() {
                self.0.remove(group);
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
