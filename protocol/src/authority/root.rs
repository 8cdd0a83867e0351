//! Which root of a group is in force, and what it says about the devices.
//!
//! The highest recovery counts, and under it the highest rotation. Several records of one root: a device
//! keeps its place where all of them list it, with the smallest of their cuts.

use crate::control::{Body, Capabilities, ControlSet, Cut, Listed, RecoveryBody, RootNumber, Signed, Signer};
use crate::id::{Digest, GroupId, RecordId};
use crate::key::{DeviceId, PublicKey};
use crate::words::chain_link;
use std::collections::BTreeMap;

/// The root of a group that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootInForce {
    /// Which one it is.
    pub number: RootNumber,
    /// The root.
    pub key: PublicKey,
    /// The commitment to the roots after it.
    pub chain: Digest,
    /// The devices that kept their place; None under the root of the inception, which lists none.
    pub(super) listed: Option<BTreeMap<DeviceId, Kept>>,
    /// The roots since the last recovery, this one included.
    line: Vec<PublicKey>,
    rivals: Rivals,
}

/// Whether other roots since the last recovery are known, which only rival recoveries bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rivals {
    None,
    Some,
}

/// What all lists of a root agree on about one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) certificate: RecordId,
    pub(super) capabilities: Capabilities,
    pub(super) cut: Option<Cut>,
}

impl RootInForce {
    /// None where the inception is not known.
    pub(super) fn of(set: &ControlSet, group: &GroupId) -> Option<Self> {
        let inception = &set.inception(group)?.body;
        let (number, key, chain) = (RootNumber::FIRST, inception.root, inception.chain);
        let mut this = Self { number, key, chain, listed: None, line: vec![key], rivals: Rivals::None };
        this.recover(set, group);
        while this.rotate(set, group) {}
        let first = RootNumber { rotation: 0, ..this.number };
        if first.recovery > 0 && set.roots(group, first.number()).len() > 1 {
            this.rivals = Rivals::Some;
        }
        Some(this)
    }

    /// Whether this root made a record that was admitted as signed by a root of this number.
    pub(super) fn made<B: Body>(&self, record: &Signed<B>) -> bool {
        let of_number = record.signer == Signer::Root(self.number.number());
        of_number && (self.rivals == Rivals::None || record.verify(&self.key).is_ok())
    }

    /// Whether a record that was admitted as signed by a root was signed by one that leads to this root, or by
    /// one before the last recovery.
    pub(super) fn led_by<B: Body>(&self, record: &Signed<B>) -> bool {
        let Signer::Root(number) = record.signer else { return false };
        match RootNumber::of(number) {
            Some(number) if number.recovery < self.number.recovery => true,
            Some(number) if number <= self.number => {
                let key = usize::try_from(number.rotation).ok().and_then(|rotation| self.line.get(rotation));
                self.rivals == Rivals::None || key.is_some_and(|key| record.verify(key).is_ok())
            }
            _ => false,
        }
    }

    /// Whether this root comes from a recovery, or from one after it.
    pub(super) fn comes_from(&self, recovery: &RecoveryBody) -> bool {
        let is_last = recovery.recovery == self.number.recovery;
        recovery.recovery < self.number.recovery || is_last && self.line.first() == Some(&recovery.root)
    }

    /// The highest recovery; of rivals the one with the smallest id decides about the root.
    fn recover(&mut self, set: &ControlSet, group: &GroupId) {
        let Some(highest) = set.recoveries(group).map(|known| known.body.recovery).max() else { return };
        let rivals = set.recoveries(group).filter(|known| known.body.recovery == highest);
        let Some(first) = rivals.min_by_key(|known| known.id()) else { return };
        (self.key, self.chain) = (first.body.root, first.body.chain);
        self.line = vec![self.key];
        self.number = RootNumber { recovery: highest, rotation: 0 };
        let here = |body: &RecoveryBody| (body.recovery, body.root, body.chain) == (highest, self.key, self.chain);
        let lists = set.recoveries(group).map(|known| &known.body).filter(|body| here(body));
        self.listed = intersection(lists.map(|body| body.devices.as_slice()));
    }

    fn rotate(&mut self, set: &ControlSet, group: &GroupId) -> bool {
        let Some(next) = self.number.next() else { return false };
        let follows = |body: &crate::control::RotationBody| chain_link(&body.root, &body.chain) == self.chain;
        let all = || set.rotations(group, next.number()).map(|known| &known.body).filter(|body| follows(body));
        let Some((key, chain)) = all().next().map(|body| (body.root, body.chain)) else { return false };
        let listed = intersection(all().map(|body| body.devices.as_slice()));
        self.line.push(key);
        (self.number, self.key, self.chain, self.listed) = (next, key, chain, listed);
        true
    }
}

fn intersection<'a>(lists: impl Iterator<Item = &'a [Listed]>) -> Option<BTreeMap<DeviceId, Kept>> {
    let mut sum: Option<BTreeMap<DeviceId, Kept>> = None;
    for list in lists {
        let list: BTreeMap<DeviceId, Kept> = list
            .iter()
            .map(|listed| {
                let Listed { device, certificate, capabilities, cut } = *listed;
                (device, Kept { certificate, capabilities, cut })
            })
            .collect();
        sum = Some(match sum {
            None => list,
            Some(before) => before
                .into_iter()
                .filter_map(|(device, one)| {
                    let other = list.get(&device)?;
                    Some((device, one.and(other)))
                })
                .collect(),
        });
    }
    sum
}

impl Kept {
    fn and(self, other: &Self) -> Self {
        Self {
            certificate: self.certificate.min(other.certificate),
            capabilities: self.capabilities.common(other.capabilities),
            cut: smallest([self.cut, other.cut]),
        }
    }
}

/// The smallest of the cuts that there are.
pub(super) fn smallest(cuts: impl IntoIterator<Item = Option<Cut>>) -> Option<Cut> {
    cuts.into_iter().flatten().min()
}
