//! What happens to keys in the story of `story_tests`: recoveries that contradict each other, rotations, revocations, forks,
//! words of devices and roots that are over, and an invite that is answered and taken back.

use super::keys_tests::{certificate, cut, fork, recoverable_by, recovered, revoke};
use super::{Authority, renew, rotate};
use crate::control::sample::{Coalition, Group, NOW, secrets};
use crate::control::{ControlSet, Record, RootNumber, SigningKey, StatementSignature, Version, Withdrawal};
use crate::id::GroupId;
use crate::key::DeviceId;
use crate::words::RecoveryWords;
use std::collections::BTreeMap;

/// Further groups, and the records. `followed` is the version that D follows.
pub(super) fn records(
    coalition: &Coalition,
    [a, b, c, d, e]: [&Group; 5],
    followed: &Version,
) -> (Vec<Group>, Vec<Record>) {
    let mut contacts = vec![a.id, b.id, c.id];
    contacts.sort_unstable();
    let (lost, guest) = (recoverable_by(contacts), Group::new(10));
    let mut records = lost.records();
    records.extend([coalition.signature(&lost, 1), coalition.vouch(a, 1, &lost)]);
    records.extend(rivals(coalition, &lost, [a, b, c]));
    records.extend(ended(coalition, d, followed));
    records.extend([4, 2].map(|seq| Record::ForkProof(Box::new(fork(coalition, e, seq, (1, 2))))));
    // The founder of the samples is A: it invites two, and takes one slot back.
    let (ticket, invite) = coalition.invite(&coalition.set(), 2, 7);
    records.push(invite);
    records.extend(coalition.join(&guest, &ticket));
    records.extend([0, 1].map(|slot| coalition.revoke(a, vec![slot])));
    (vec![lost, guest], records)
}

fn known(coalition: &Coalition, more: &[Record]) -> ControlSet {
    coalition.set_with(more)
}

/// Two recoveries of a group, by two of its three contacts each, and what the roots and their devices say.
fn rivals(coalition: &Coalition, lost: &Group, [a, b, c]: [&Group; 3]) -> Vec<Record> {
    let set = known(coalition, &lost.records());
    let number = RootNumber { recovery: 1, rotation: 0 };
    let mut records = Vec::new();
    for (entropy, pair) in [(51, [a, b]), (52, [b, c])] {
        let words = RecoveryWords::from_entropy([entropy; 32]);
        let recovery = Record::Recovery(Box::new(recovered(coalition, &set, lost.id, &pair, &words)));
        let (device, root) = (secrets(u16::from(entropy)), words.root(0));
        records.push(certificate(lost, number, &words, &device, 0));
        let under = u64::from(number.number()) << 32;
        for key in [SigningKey::Device(&device.device), SigningKey::Root(number.number(), &root)] {
            let counter = under + u64::from(entropy);
            records.push(signed(coalition, lost.id, counter, key));
            records.push(left(coalition, lost.id, counter + 3, key));
        }
        // One of the two rotates once more.
        if entropy == 52 {
            let mut after = set.clone();
            after.offer(recovery.clone());
            let authority = Authority::evaluate(&after);
            let next = rotate(coalition.id, authority.keys(), lost.id, &words, &BTreeMap::new()).unwrap();
            let root = words.root(1);
            let key = SigningKey::Root(next.body.number, &root);
            records.push(signed(coalition, lost.id, (under + (1 << 32)) | 1, key));
            records.push(Record::Rotation(next));
        }
        records.push(recovery);
    }
    records.push(left(coalition, lost.id, u64::MAX, lost.key()));
    records
}

/// A group that revoked one device, went on to the next root without another, and says something with all of them.
fn ended(coalition: &Coalition, group: &Group, followed: &Version) -> Vec<Record> {
    let (second, new) = (secrets(60), secrets(61));
    let mut records = vec![group.certify(&second, crate::control::Capabilities::ALL, 0)];
    records.push(revoke(coalition, group, 0, DeviceId(second.device.public()), cut(2)));
    let set = known(coalition, &[group.records(), records.clone()].concat());
    let cuts = BTreeMap::from([(group.device(), cut(12))]);
    let authority = Authority::evaluate(&set);
    let renewed = renew(coalition.id, authority.keys(), group.id, &group.words, (&new, "new"), &cuts).unwrap();
    records.extend(renewed.records);
    let text = followed.body().statement.text_hash();
    let about = (coalition.id, followed.version());
    let key = SigningKey::Device(&new.device);
    records.push(Record::Signature(StatementSignature::new(about, text, group.id, (1 << 32) | 1, NOW, key)));
    let root = group.words.root(0);
    for key in [group.key(), SigningKey::Device(&second.device), SigningKey::Root(0, &root)] {
        for counter in [7, (1 << 31) | 1, (1 << 32) | 9, u64::MAX] {
            records.push(left(coalition, group.id, counter, key));
        }
    }
    records
}

fn signed(coalition: &Coalition, group: GroupId, counter: u64, key: SigningKey<'_>) -> Record {
    Record::Signature(StatementSignature::new(coalition.about(), coalition.text_hash, group, counter, NOW, key))
}

fn left(coalition: &Coalition, group: GroupId, counter: u64, key: SigningKey<'_>) -> Record {
    Record::Withdrawal(Withdrawal::new(coalition.about(), group, counter, NOW, vec![], key))
}
