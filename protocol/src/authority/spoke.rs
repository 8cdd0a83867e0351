//! Under which roots a device spoke for its group, and which of them ended it.
//!
//! Worked out once for all devices, from the certificates, lists and revocations that there are: a group may
//! have used any of thousands of root numbers, and each of its words asks.

use crate::authority::root::RootInForce;
use crate::control::{ControlSet, Listed, Record, RootNumber, Signer};
use crate::id::GroupId;
use crate::key::{DeviceId, PublicKey};
use std::collections::{BTreeMap, BTreeSet};

/// What the roots of a group say about one device, those that lead to the root in force.
#[derive(Clone, Debug, Default)]
struct Spoke {
    /// The last root under which it spoke: that certified it, or listed it without an end.
    last: Option<RootNumber>,
    /// The roots that revoked it, or listed it with an end.
    ended: BTreeSet<RootNumber>,
}

/// What roots say about devices, by group and device.
#[derive(Clone, Debug, Default)]
pub(super) struct Spoken(BTreeMap<(GroupId, DeviceId), Spoke>);

impl Spoken {
    /// Reads what the roots say that lead to the root in force of their group.
    pub(super) fn evaluate<'a>(set: &ControlSet, in_force: impl Fn(&GroupId) -> Option<&'a RootInForce>) -> Self {
        let mut this = Self::default();
        let brings = |group: &GroupId, number: RootNumber, root: PublicKey| {
            in_force(group).is_some_and(|in_force| in_force.led_by(Signer::of_root(number, root)).is_some())
        };
        for record in set.iter() {
            match record {
                Record::DeviceCert(cert) => {
                    let body = cert.body();
                    if let Some(number) = in_force(&body.group).and_then(|it| it.led_by(cert.signed.signer)) {
                        this.of(body.group, body.device).speaks(number);
                    }
                }
                Record::Revoke(revoke) => {
                    let body = &revoke.body;
                    if let Some(number) = in_force(&body.group).and_then(|it| it.led_by(revoke.signer)) {
                        this.of(body.group, body.device).ended.insert(number);
                    }
                }
                Record::Rotation(rotation) => {
                    let body = &rotation.body;
                    if let Some(number) = RootNumber::of(body.number).filter(|it| brings(&body.group, *it, body.root)) {
                        this.list(body.group, number, &body.devices);
                    }
                }
                Record::Recovery(recovery) => {
                    let body = &recovery.body;
                    let number = RootNumber { recovery: body.recovery, rotation: 0 };
                    if brings(&body.group, number, body.root) {
                        this.list(body.group, number, &body.devices);
                    }
                }
                _ => {}
            }
        }
        this
    }

    fn list(&mut self, group: GroupId, number: RootNumber, devices: &[Listed]) {
        for listed in devices {
            let spoke = self.of(group, listed.device);
            match listed.cut {
                None => spoke.speaks(number),
                Some(_) => drop(spoke.ended.insert(number)),
            }
        }
    }

    fn of(&mut self, group: GroupId, device: DeviceId) -> &mut Spoke {
        self.0.entry((group, device)).or_default()
    }

    /// Whether a device spoke for a group under this root, or under a later one that leads to the root in force.
    pub(super) fn since(&self, group: GroupId, device: DeviceId, root: RootNumber) -> bool {
        self.0.get(&(group, device)).is_some_and(|spoke| spoke.last >= Some(root))
    }

    /// Whether this root ended a device of a group.
    pub(super) fn is_ended_by(&self, group: GroupId, device: DeviceId, root: RootNumber) -> bool {
        self.0.get(&(group, device)).is_some_and(|spoke| spoke.ended.contains(&root))
    }
}

impl Spoke {
    fn speaks(&mut self, number: RootNumber) {
        self.last = self.last.max(Some(number));
    }
}
