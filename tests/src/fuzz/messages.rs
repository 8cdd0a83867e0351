//! Messages to begin with that no fixture holds: pairing, recall, and what forks and cuts are asked about with.

use super::{Seeds, seeds};
use grid_protocol::appeal::{Appeal, Drawn};
use grid_protocol::chain::{BranchEntry, HeaderChain};
use grid_protocol::codec::{self, Format};
use grid_protocol::control::{Capabilities, DeviceSecrets, Record, Recovery, Signer};
use grid_protocol::id::{ChangeHash, CoalitionId, DocumentId, EntryId, GroupId, RecordId};
use grid_protocol::key::{DeviceId, PeerKey, PublicKey, SealKey, SecretKey};
use grid_protocol::pairing::{PairRefusal, PairingCode};
use grid_protocol::run::Run;
use grid_protocol::sync::message::{BranchWant, IdsWant, LogWant, Rest};
use grid_protocol::sync::{Recall, Request, Response};
use grid_protocol::time::Timestamp;
use grid_protocol::words::RecoveryWords;
use serde::Serialize;

const DEVICE: DeviceId = DeviceId(PublicKey([1; 32]));
/// Some entry before another.
const BEFORE: EntryId = EntryId([1; 32]);

fn named<T: Serialize>(name: &str, message: &T) -> (String, Vec<u8>) {
    (name.to_owned(), codec::encode(message))
}

fn code() -> PairingCode {
    PairingCode {
        format: Format,
        coalition: CoalitionId([2; 32]),
        coalition_name: "Clear Water".to_owned(),
        group: GroupId([3; 32]),
        group_name: "Weir".to_owned(),
        root: Signer::Root(0),
        capabilities: Capabilities::ALL,
        label: "office".to_owned(),
        seed: [4; 32],
        expires: Timestamp(1_900_000_000_000),
        addresses: vec!["/ip4/192.0.2.1/tcp/4001".to_owned()],
    }
}

fn secrets() -> DeviceSecrets {
    let seal = SealKey([9; 32]);
    DeviceSecrets { device: SecretKey::from_seed(&[5; 32]), peer: SecretKey::from_seed(&[6; 32]), seal }
}

/// The first entries of the run that is a fixture.
fn run() -> Option<Run> {
    seeds::encoded("run").into_iter().find_map(|(_, bytes)| codec::decode(&bytes).ok())
}

/// The run that is a fixture, and its first entry in the last place that a number names.
pub(super) fn runs() -> Seeds {
    let mut seeds = seeds::encoded("run");
    let last = run().map(|run| Run {
        first: u64::MAX,
        entries: run.entries.into_iter().take(2).collect(),
        prev: BEFORE,
        ..run
    });
    seeds.extend(last.map(|run| named("run-at-the-last-place", &run)));
    seeds
}

/// The records that are fixtures, and a fork in the last place that a number names.
pub(super) fn records_of_all_kinds() -> Seeds {
    let mut seeds = seeds::encoded("record-");
    let fork = seeds.iter().find_map(|(_, bytes)| match Record::decode(bytes) {
        Ok(Record::ForkProof(proof)) => Some(proof),
        _ => None,
    });
    if let Some(mut proof) = fork {
        (proof.body.seq, proof.body.prev) = (u64::MAX, BEFORE);
        proof.branches.iter_mut().for_each(|chain| (chain.seq, chain.prev) = (u64::MAX, BEFORE));
        seeds.push(("record-forkproof-at-the-last-place".to_owned(), Record::ForkProof(proof).encode()));
    }
    seeds
}

/// Small records that are fixtures.
fn records() -> Vec<Record> {
    let small = |(_, bytes): &(String, Vec<u8>)| bytes.len() <= 600;
    seeds::encoded("record-").into_iter().filter(small).filter_map(|(_, bytes)| Record::decode(&bytes).ok()).collect()
}

pub(super) fn requests() -> Seeds {
    let mut seeds = seeds::encoded("request-");
    let pair = code().request("office", &secrets()).expect("a label within bounds");
    let root = SecretKey::from_seed(&[7; 32]);
    let recall = Recall::new(CoalitionId([2; 32]), &PeerKey([8; 32]), &root, None);
    let more = Recall { group: Some(GroupId([3; 32])), after: Some(RecordId([9; 32])), ..recall.clone() };
    let changes = vec![ChangeHash([1; 32]), ChangeHash([2; 32])];
    seeds.extend([
        named("request-pair", &Request::Pair(Box::new(pair))),
        named("request-recall", &Request::Recall(recall)),
        named("request-recall-more", &Request::Recall(more)),
        named("request-ids", &Request::Ids(IdsWant { device: DEVICE, places: vec![0, 7, 300] })),
        named("request-chain", &Request::Chain(LogWant { device: DEVICE, first: 16 })),
        named("request-branches", &Request::Branches(vec![BranchWant { document: DocumentId([1; 32]), changes }])),
    ]);
    seeds
}

pub(super) fn responses() -> Seeds {
    let mut seeds = seeds::encoded("response-");
    let run = run();
    let chain = run.as_ref().and_then(HeaderChain::of);
    let branches = run.as_ref().and_then(BranchEntry::of).into_iter().collect();
    let heads = chain.clone().into_iter().collect();
    let last = chain.clone().map(|chain| Box::new(HeaderChain { seq: u64::MAX, prev: BEFORE, ..chain }));
    seeds.extend([
        named("response-ids", &Response::Ids(vec![EntryId([1; 32]), EntryId([2; 32])])),
        named("response-chain", &Response::Chain(chain.map(Box::new))),
        named("response-chain-at-the-last-place", &Response::Chain(last)),
        named("response-no-chain", &Response::Chain(None)),
        named("response-branches", &Response::Branches(branches)),
        named("response-paired", &Response::Paired { records: records() }),
        named("response-not-paired", &Response::NotPaired(PairRefusal::Full)),
        named("response-recalled", &Response::Recalled { records: records(), heads, rest: Rest::More }),
    ]);
    seeds
}

pub(super) fn pairing_codes() -> Seeds {
    let text = code().to_text();
    vec![
        ("code".to_owned(), text.clone().into_bytes()),
        ("code-in-capitals".to_owned(), text.to_uppercase().into_bytes()),
        named("code-unpacked", &code()),
        named("code-unpacked-short", &PairingCode { addresses: Vec::new(), label: String::new(), ..code() }),
    ]
}

/// Appeals as they are asked with, and as a contact hands them on.
pub(super) fn appeals() -> Seeds {
    let words = RecoveryWords::from_entropy([7; 32]);
    let asked = Appeal::new("Weir", Some(GroupId([3; 32])), vec!["office".to_owned()], &words);
    let text = ("asked-text".to_owned(), asked.to_text().into_bytes());
    let mut seeds = vec![named("asked", &asked), text];
    let signed = seeds::encoded("record-recovery").into_iter().find_map(|(_, bytes)| Record::decode(&bytes).ok());
    if let Some(Record::Recovery(recovery)) = signed {
        let Recovery { body, approvals } = *recovery;
        let (root, chain) = (body.root, body.chain);
        let (coalition_name, addresses) = ("Clear Water".to_owned(), vec!["/ip4/192.0.2.1/tcp/4001".to_owned()]);
        let drawn = Drawn { body, quorum: 2, approvals, coalition_name, addresses };
        seeds.push(named("answered", &Appeal { root, chain, drawn: Some(drawn), ..asked }));
    }
    seeds
}
