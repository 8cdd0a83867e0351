//! A record of every kind, and back from its bytes.

use super::sample::{Group, LATER, NOW};
use super::*;
use crate::chain::{HeaderChain, LeanHeader};
use crate::codec::Format;
use crate::domain;
use crate::entry::EntryKind;
use crate::id::{CoalitionId, Digest, DocumentId, EntryId, GroupId, VersionId};
use crate::key::{SecretKey, Signature};
use proptest::prelude::*;
use std::sync::LazyLock;

/// A record of each kind, with these parts.
fn of_every_kind(
    name: &str,
    label: &str,
    text: &str,
    (slot, count): (u32, u32),
    (serial, counter): (u32, u64),
    rights: u8,
) -> Vec<Record> {
    static PAIR: LazyLock<(Group, Group)> = LazyLock::new(|| (Group::new(1), Group::new(2)));
    let (group, other) = &*PAIR;
    let (root, key) = (group.words.root(0), group.key());
    let mut contacts = vec![other.id, GroupId([1; 32])];
    contacts.sort_unstable();
    let inception = Inception::new(name, &group.words, contacts, 2, [4; 16]);
    let Record::DeviceCert(certificate) = &group.certificate else { unreachable!() };
    let body = DeviceCertBody {
        label: label.into(),
        serial,
        capabilities: Capabilities::try_from(rights).unwrap(),
        expires: Some(LATER),
        ..certificate.body().clone()
    };
    let statement = Statement { title: name.into(), text: text.into(), policies: vec![] };
    let genesis = GenesisBody::usual(name, text, statement, vec![group.id], [1; 16]);
    let about = (genesis.coalition(), VersionId::first(&genesis.coalition()));
    let hash = genesis.statement.text_hash();
    let invite = SecretKey::from_seed(&[8; 32]);
    let join = JoinBody {
        format: Format,
        coalition: about.0,
        version: about.1,
        group: other.id,
        issuer: group.device(),
        slot,
        key: invite.public(),
        joined_at: NOW,
    };
    let cut = Cut { seq: u64::from(slot) + 1, entry: EntryId([slot as u8 | 1; 32]) };
    let devices = vec![Listed {
        device: group.device(),
        certificate: certificate.id(),
        capabilities: body.capabilities,
        cut: Some(cut).filter(|_| serial.is_multiple_of(2)),
    }];
    let rotation = RotationBody {
        format: Format,
        coalition: about.0,
        group: group.id,
        number: 1,
        root: group.words.root(1).public(),
        chain: group.words.commitment(1),
        devices: devices.clone(),
    };
    let recovery = RecoveryBody {
        format: Format,
        coalition: about.0,
        group: group.id,
        recovery: 1 + slot % 64,
        root: other.words.root(0).public(),
        chain: other.words.commitment(0),
        devices,
    };
    vec![
        Record::Inception(inception),
        Record::DeviceCert(DeviceCert::new(body, SigningKey::Root(0, &root), &group.secrets)),
        Record::Genesis(Box::new(Genesis { signatures: vec![genesis.sign(&root)], body: genesis })),
        Record::Signature(StatementSignature::new(about, hash, group.id, counter, NOW, key)),
        Record::Withdrawal(Withdrawal::new(about, group.id, counter, NOW, vec![(group.device(), counter)], key)),
        Record::Vouch(Vouch::new(about, group.id, slot, other.id, &group.secrets.device)),
        Record::Invite(Invite::new(
            about,
            group.id,
            (slot, count),
            invite.public(),
            (NOW, LATER),
            &group.secrets.device,
        )),
        Record::InviteRevoked(InviteRevoked::new(about, group.id, vec![slot, 2, 7], &group.secrets.device)),
        Record::Join(Join::new(join, other.key(), &invite)),
        Record::Rotation(Signed::sign(rotation, SigningKey::Root(1, &group.words.root(1)))),
        Record::Recovery(Box::new(Recovery::new(
            recovery.clone(),
            vec![recovery.approve(other.id, RootNumber::FIRST, &root)],
        ))),
        Record::Revoke(Revoke::new(about.0, group.id, group.device(), cut, SigningKey::Root(0, &root))),
        Record::ForkProof(Box::new(fork_of(about.0, group, slot))),
    ]
}

/// A fork of a group's device at the beginning of its log.
fn fork_of(coalition: CoalitionId, group: &Group, mark: u32) -> ForkProof {
    let branch = |mark: u32| {
        let lean = LeanHeader {
            time: NOW,
            kind: EntryKind::Change,
            document: DocumentId([7; 32]),
            body_len: mark,
            body_hash: Digest([1; 32]),
        };
        let (seq, prev) = (0, EntryId::ZERO);
        let signature = Signature([0; 64]);
        let chain = HeaderChain { device: group.device(), seq, prev, headers: vec![lean], signature };
        let id = chain.first(&coalition).unwrap().id();
        HeaderChain { signature: group.secrets.device.sign(domain::ENTRY, id.as_bytes()), ..chain }
    };
    ForkProof::new(coalition, group.id, branch(mark), branch(mark + 1)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_kind_reads_back_from_its_bytes(
        (name, label, text) in ("[a-z]{1,20}", "[a-z]{1,20}", "[a-zé\n]{1,200}x"),
        (slot, count, serial, counter) in (0_u32..4000, 1_u32..90, any::<u32>(), any::<u64>()),
        rights in 0_u8..8,
    ) {
        for record in of_every_kind(&name, &label, &text, (slot, count), (serial, counter), rights) {
            let bytes = record.encode();
            prop_assert_eq!(Record::decode(&bytes), Ok(record));
            let longer: Vec<u8> = bytes.iter().copied().chain([0]).collect();
            prop_assert!(matches!(Record::decode(&longer), Err(RecordError::Encoding(_))));
        }
    }
}

#[test]
fn the_list_of_kinds_has_each_at_its_number_on_the_wire() {
    assert!(Kind::ALL.iter().enumerate().all(|(number, kind)| *kind as usize == number));
    for record in of_every_kind("a", "b", "c", (1, 1), (1, 1), 1) {
        let number = usize::from(record.encode()[0]);
        assert_eq!(Kind::ALL.get(number), Some(&record.kind()));
    }
}
