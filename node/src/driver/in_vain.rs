//! Vouches that count for nobody, because of the computer that gave them: told to whoever stood on them.

use super::Driver;
use crate::handle::{Vain, VainVouch};
use grid_protocol::authority::{Authority, Fault};
use grid_protocol::control::{InviteBody, Record, Signer};
use grid_protocol::id::{GroupId, VersionId};
use grid_protocol::key::{DeviceId, PublicKey};
use std::collections::{BTreeMap, BTreeSet};

/// By whom somebody stands for a group: a vouch or an invite, with the computer that gave it.
struct Given {
    by: GroupId,
    device: DeviceId,
    place: Option<(VersionId, u32)>,
}

impl Driver {
    /// Of each group that others stood for in vain, who did, and what befell that.
    pub(super) fn in_vain(&self) -> BTreeMap<GroupId, BTreeSet<VainVouch>> {
        let authority = self.replica.authority();
        let mut several: BTreeMap<DeviceId, Vec<GroupId>> = BTreeMap::new();
        let mut void: BTreeMap<(DeviceId, VersionId, u32), [GroupId; 2]> = BTreeMap::new();
        for fault in authority.faults() {
            match fault {
                Fault::DeviceOfSeveralGroups { device, groups } => drop(several.insert(*device, groups.clone())),
                Fault::DoubleVouch { device, version, slot, targets } => {
                    void.insert((*device, *version, *slot), *targets);
                }
                _ => {}
            }
        }
        let why = |given: &Given| {
            if let Some(groups) = several.get(&given.device) {
                let others = groups.iter().filter(|group| **group != given.by).copied();
                return Some(Vain::SeveralGroups(others.collect()));
            }
            let (version, slot) = given.place?;
            match void.get(&(given.device, version, slot)) {
                Some(targets) => Some(Vain::TwoVouches(*targets)),
                None => is_left_out(authority, &given.device).then_some(Vain::LeftOut),
            }
        };
        let mut vain: BTreeMap<GroupId, BTreeSet<VainVouch>> = BTreeMap::new();
        for (target, given) in self.given() {
            if let Some(why) = why(&given) {
                vain.entry(target).or_default().insert(VainVouch { by: given.by, why });
            }
        }
        vain
    }

    /// All vouches and all invites that were answered, for whom, whether they count or not.
    fn given(&self) -> Vec<(GroupId, Given)> {
        let mut invites: BTreeMap<(DeviceId, PublicKey), &InviteBody> = BTreeMap::new();
        let (mut answers, mut given) = (Vec::new(), Vec::new());
        for record in self.replica.control().iter() {
            match record {
                Record::Vouch(vouch) => {
                    if let Signer::Device(device) = vouch.signer {
                        let place = Some((vouch.body.version, vouch.body.slot));
                        given.push((vouch.body.target, Given { by: vouch.body.group, device, place }));
                    }
                }
                Record::Invite(invite) => {
                    if let Signer::Device(device) = invite.signer {
                        invites.insert((device, invite.body.key), &invite.body);
                    }
                }
                Record::Join(join) => answers.push(join.body()),
                _ => {}
            }
        }
        given.extend(answers.into_iter().filter_map(|answer| {
            let invite = invites.get(&(answer.issuer, answer.key))?;
            let place = Some((answer.version, answer.slot));
            Some((answer.group, Given { by: invite.group, device: answer.issuer, place }))
        }));
        given
    }
}

/// Whether its group left the device out when it got new keys.
fn is_left_out(authority: &Authority, device: &DeviceId) -> bool {
    authority.group_of(device).is_none() && authority.author_of(device).is_some()
}
