//! Vouches that count for nobody, because of the computer that gave them: told to whoever stood on them.

use super::Driver;
use crate::handle::{Vain, VainVouch};
use grid_protocol::authority::{Authority, Fault};
use grid_protocol::control::{Record, Signer};
use grid_protocol::id::{GroupId, VersionId};
use grid_protocol::key::{DeviceId, PublicKey};
use std::collections::{BTreeMap, BTreeSet};

/// By whom somebody stands for a group: a vouch or an invite, with the computer that gave it.
struct Given {
    by: GroupId,
    device: DeviceId,
    place: (VersionId, u32),
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
            let (version, slot) = given.place;
            match void.get(&(given.device, version, slot)) {
                Some(targets) => Some(Vain::TwoVouches(*targets)),
                None => is_left_out(authority, &given.device).then_some(Vain::LeftOut),
            }
        };
        let mut vain: BTreeMap<GroupId, BTreeSet<VainVouch>> = BTreeMap::new();
        for (target, given) in given(self.replica.control().iter()) {
            if let Some(why) = why(&given) {
                vain.entry(target).or_default().insert(VainVouch { by: given.by, why });
            }
        }
        vain
    }
}

/// All vouches and all invites that were answered, for whom, whether they count or not. One computer may have invited in
/// the name of several groups, with one key: each of them stood for whoever answered.
fn given<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<(GroupId, Given)> {
    let mut inviters: BTreeMap<(DeviceId, PublicKey, VersionId), BTreeSet<GroupId>> = BTreeMap::new();
    let (mut answers, mut given) = (Vec::new(), Vec::new());
    for record in records {
        match record {
            Record::Vouch(vouch) => {
                if let Signer::Device(device) = vouch.signer {
                    let place = (vouch.body.version, vouch.body.slot);
                    given.push((vouch.body.target, Given { by: vouch.body.group, device, place }));
                }
            }
            Record::Invite(invite) => {
                if let Signer::Device(device) = invite.signer {
                    let place = (device, invite.body.key, invite.body.version);
                    inviters.entry(place).or_default().insert(invite.body.group);
                }
            }
            Record::Join(join) => answers.push(join.body()),
            _ => {}
        }
    }
    for answer in answers {
        let place = (answer.version, answer.slot);
        let groups = inviters.get(&(answer.issuer, answer.key, answer.version)).into_iter().flatten();
        given.extend(groups.map(|by| (answer.group, Given { by: *by, device: answer.issuer, place })));
    }
    given
}

/// Whether its group left the device out when it got new keys.
fn is_left_out(authority: &Authority, device: &DeviceId) -> bool {
    authority.group_of(device).is_none() && authority.author_of(device).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use grid_protocol::codec::Format;
    use grid_protocol::control::{InviteBody, Join, JoinBody, Signed, SigningKey};
    use grid_protocol::id::CoalitionId;
    use grid_protocol::key::SecretKey;
    use grid_protocol::time::Timestamp;

    #[test]
    fn each_group_in_whose_name_a_computer_invited_stood_for_whoever_answered_that_version() {
        let [device, key, guest] = [1, 2, 3].map(|seed| SecretKey::from_seed(&[seed; 32]));
        let (coalition, version, later) = (CoalitionId([0; 32]), VersionId([1; 32]), VersionId([2; 32]));
        let [mill, weir, lake, other] = [5, 6, 7, 8].map(|id| GroupId([id; 32]));
        let invite = |group, version, first| {
            let (issued_at, expires) = (Timestamp(1), Timestamp(2));
            let key = key.public();
            let body =
                InviteBody { format: Format, coalition, version, group, first, count: 4, key, issued_at, expires };
            Record::Invite(Signed::sign(body, SigningKey::Device(&device)))
        };
        let issuer = DeviceId(device.public());
        let body = JoinBody {
            format: Format,
            coalition,
            version,
            group: lake,
            issuer,
            slot: 2,
            key: key.public(),
            joined_at: Timestamp(1),
        };
        let join = Record::Join(Join::new(body, SigningKey::Device(&guest), &key));
        let known = [invite(mill, version, 0), invite(weir, version, 0), invite(mill, version, 4), join];
        let known = [known.to_vec(), vec![invite(other, later, 0)]].concat();
        let given: Vec<(GroupId, GroupId, VersionId)> =
            given(known.iter()).into_iter().map(|(target, given)| (target, given.by, given.place.0)).collect();
        assert_eq!(given, [(lake, mill, version), (lake, weir, version)]);
    }
}
