//! What a set knows of single devices: their certificates, and the invites that they issued.

use super::ControlSet;
use crate::control::certificate::{Capabilities, DeviceCert};
use crate::control::error::{Missing, Unmet};
use crate::control::record::{Record, RecordKey};
use crate::control::signed::Signer;
use crate::id::{GroupId, RecordId, VersionId};
use crate::key::DeviceId;
use std::cmp::Reverse;

impl ControlSet {
    /// The certificates in which a group names a device, the one shown to people first.
    pub fn certificates(&self, group: &GroupId, device: &DeviceId) -> Vec<&DeviceCert> {
        let mut found: Vec<(&RecordId, &DeviceCert)> = self.certificates_of(group, device).collect();
        found.sort_unstable_by_key(|(id, certificate)| (Reverse(certificate.body().serial), **id));
        found.into_iter().map(|(_, certificate)| certificate).collect()
    }

    /// The same with their ids, in no order that means anything.
    pub(super) fn certificates_of(
        &self,
        group: &GroupId,
        device: &DeviceId,
    ) -> impl Iterator<Item = (&RecordId, &DeviceCert)> {
        let place =
            |capabilities, signer| RecordKey::DeviceCert { group: *group, device: *device, capabilities, signer };
        let range = place(Capabilities::NONE, Signer::FIRST)..=place(Capabilities::ALL, Signer::LAST);
        self.entries_in(range).filter_map(|(id, record)| match record {
            Record::DeviceCert(certificate) => Some((id, certificate)),
            _ => None,
        })
    }

    /// Whether a group has certified a device, for whatever.
    pub(crate) fn knows_device(&self, group: &GroupId, device: &DeviceId) -> bool {
        self.is_certified(&(*group, *device), |_| true)
    }

    /// What is said about a device waits until the group has certified it.
    pub(crate) fn check_device(&self, group: &GroupId, device: &DeviceId) -> Result<(), Unmet> {
        match self.knows_device(group, device) {
            true => Ok(()),
            false => Err(Unmet::Missing(Missing::Certificate { group: *group, device: *device })),
        }
    }

    /// Whether a certificate of a device gives it rights such as these: a look for each sort of rights, however
    /// many certificates there are.
    pub(super) fn is_certified(
        &self,
        (group, device): &(GroupId, DeviceId),
        fits: impl Fn(Capabilities) -> bool,
    ) -> bool {
        let place =
            |capabilities, signer| RecordKey::DeviceCert { group: *group, device: *device, capabilities, signer };
        let range = |rights| place(rights, Signer::FIRST)..=place(rights, Signer::LAST);
        let mut sorts = Capabilities::every().filter(|rights| fits(*rights));
        sorts.any(|rights| self.in_places(range(rights)).next().is_some())
    }

    /// The invites that a device issued, for whichever group.
    pub fn invites_of(&self, device: &DeviceId) -> impl Iterator<Item = &Record> {
        let signer = Signer::Device(*device);
        let groups: Vec<GroupId> =
            self.governing.iter().filter(|(_, governing)| governing == device).map(|(group, _)| *group).collect();
        let (low, high) = (VersionId([0; 32]), VersionId([0xff; 32]));
        groups.into_iter().flat_map(move |group| {
            self.in_places(
                RecordKey::Invite { group, version: low, signer, first: 0 }..=RecordKey::Invite {
                    group,
                    version: high,
                    signer,
                    first: u32::MAX,
                },
            )
            .filter(move |record| matches!(record, Record::Invite(invite) if invite.signer == signer))
        })
    }
}
