//! What a set knows of single devices: their certificates, and the invites that they issued.

use super::ControlSet;
use crate::control::certificate::{Capabilities, DeviceCert};
use crate::control::record::{Record, RecordKey};
use crate::control::revoke::Revoke;
use crate::control::signed::Signer;
use crate::id::{GroupId, VersionId};
use crate::key::DeviceId;
use std::cmp::Reverse;

impl ControlSet {
    /// The certificates in which a group names a device, the one shown to people first.
    pub fn certificates(&self, group: &GroupId, device: &DeviceId) -> Vec<&DeviceCert> {
        let place =
            |capabilities, signer| RecordKey::DeviceCert { group: *group, device: *device, capabilities, signer };
        let range = place(Capabilities::NONE, Signer::Root(0))..=place(Capabilities::ALL, Signer::Root(u32::MAX));
        let mut found: Vec<&DeviceCert> = self
            .in_places(range)
            .filter_map(|record| match record {
                Record::DeviceCert(certificate) => Some(certificate),
                _ => None,
            })
            .collect();
        found.sort_by_key(|certificate| (Reverse(certificate.body().serial), certificate.id()));
        found
    }

    /// The revocations of a device by the root of this number.
    pub(crate) fn revocations(&self, group: &GroupId, device: &DeviceId, root: u32) -> impl Iterator<Item = &Revoke> {
        let place = RecordKey::Revoke { group: *group, device: *device, signer: Signer::Root(root) };
        self.in_places(place..=place).filter_map(|record| match record {
            Record::Revoke(revoke) => Some(revoke),
            _ => None,
        })
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
