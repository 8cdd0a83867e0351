//! Which root of a group is in force, and what it says about the devices.
//!
//! The highest recovery counts, and under it the highest rotation. Several records of one root: a device
//! keeps its place where all of them list it, with the smallest of their cuts.

use crate::control::{Capabilities, ControlSet, Cut, Listed, Recovery, RecoveryBody, RootNumber, RotationBody, Signer};
use crate::id::{Digest, GroupId, RecordId};
use crate::key::{DeviceId, PublicKey};
use crate::words::chain_link;
use std::cmp::{Ordering, Reverse};
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
        let mut this = Self { number, key, chain, listed: None, line: vec![key] };
        this.recover(set, group);
        while this.rotate(set, group) {}
        Some(this)
    }

    /// What a record names that this root signs.
    pub const fn signer(&self) -> Signer {
        Signer::of_root(self.number, self.key)
    }

    /// The number of the root that signed a record, where it leads to this root, or is one before the last recovery.
    pub(super) fn led_by(&self, signer: Signer) -> Option<RootNumber> {
        let number = signer.root()?;
        let leads = match number.recovery.cmp(&self.number.recovery) {
            Ordering::Less => true,
            Ordering::Greater => false,
            Ordering::Equal => {
                let of_number = usize::try_from(number.rotation).ok().and_then(|rotation| self.line.get(rotation));
                of_number.is_some_and(|key| Signer::of_root(number, *key) == signer)
            }
        };
        leads.then_some(number)
    }

    /// The highest recovery; of rivals the one with the smallest id decides about the root.
    fn recover(&mut self, set: &ControlSet, group: &GroupId) {
        let by_rank = |(id, known): &(&RecordId, &Recovery)| (Reverse(known.body.recovery), **id);
        let Some((_, first)) = set.recovered(group).min_by_key(by_rank) else { return };
        let highest = first.body.recovery;
        (self.key, self.chain) = (first.body.root, first.body.chain);
        self.line = vec![self.key];
        self.number = RootNumber { recovery: highest, rotation: 0 };
        let here = |body: &RecoveryBody| (body.recovery, body.root, body.chain) == (highest, self.key, self.chain);
        let lists = set.recoveries(group).map(|known| &known.body).filter(|body| here(body));
        self.listed = intersection(lists.map(|body| body.devices.as_slice()));
    }

    fn rotate(&mut self, set: &ControlSet, group: &GroupId) -> bool {
        let Some(next) = self.number.next() else { return false };
        let follows = |body: &&RotationBody| chain_link(&body.root, &body.chain) == self.chain;
        let all: Vec<_> = set.rotations(group, next.number()).map(|known| &known.body).filter(follows).collect();
        let Some((key, chain)) = all.first().map(|body| (body.root, body.chain)) else { return false };
        let listed = intersection(all.iter().map(|body| body.devices.as_slice()));
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
