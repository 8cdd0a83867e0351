//! Members that abuse a node, each with what it costs the node, and with honest nodes that are one in the end.
//!
//! Whoever is let in can do most harm. What a node spends is counted: bytes, signatures, what is hashed, decoded and given to
//! Automerge, and memory. `strangers.rs` has those that nobody let in, `flood.rs` those that do what is right without
//! end; slow streams are tested in the network of the node.

mod meter;

use grid_protocol::codec::Format;
use grid_protocol::control::{
    Capabilities, DeviceCert, DeviceSecrets, NewGroup, Record, Recovery, RecoveryBody, RootNumber, RotationBody,
    Signed, SigningKey, StatementSignature, Withdrawal, first_device, first_device_with,
};
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::id::EntryId;
use grid_protocol::key::{SealKey, SecretKey, Signature};
use grid_protocol::limits::{
    MAX_BODY, MAX_FRAME, MAX_GOSSIP, MAX_OPENING, MAX_RECOVERIES, MAX_RUNS_IN_FLIGHT, MAX_WAITING_PER_LOG,
};
use grid_protocol::replica::PeerSync;
use grid_protocol::storage::Storage;
use grid_protocol::sync::message::Hello;
use grid_protocol::sync::{News, Request, pack};
use grid_protocol::time::Timestamp;
use grid_protocol::words::RecoveryWords;
use grid_tests::fuzz::Mutator;
use grid_tests::sim::{Author, Clock, Conduct, Disk, Keys, NOON, Siege, Spent, Subject, World, announced, open, told};
use meter::meter;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const KB: u64 = 1_000;
/// Messages of a flood.
const FLOOD: u32 = 600;
/// What two minutes cost at most in which nobody does anything: peers compare, and addresses are announced.
const QUIET: Spent = Spent {
    bytes_in: 20 * KB,
    bytes_out: 20 * KB,
    news_judged: 20,
    answered: 20,
    worked: 20,
    signatures: 40,
    hashed: 60 * KB,
    decoded: 20 * KB,
    applied: 0,
    held: 50 * KB,
    at_once: 50 * KB,
};

/// Seven honest members and one that does what the test makes it do.
fn siege(seed: u64) -> Siege {
    Siege::new(seed, 7, meter)
}

#[test]
fn a_quiet_time_costs_as_little_as_the_others_are_measured_by() {
    siege(0).endures("two quiet minutes", &QUIET, |siege| siege.run_for(2 * MINUTE));
}

#[test]
fn a_flood_of_valid_news_costs_no_more_than_it_is_long() {
    let mut siege = siege(1);
    let entries = siege.entries(FLOOD);
    entries.iter().for_each(|entry| siege.history.written(entry));
    let flood: Vec<Vec<u8>> = entries.iter().map(announced).collect();
    let (count, bytes) = (u64::from(FLOOD), flood.iter().map(|news| news.len() as u64 + 40).sum::<u64>());
    let most = Spent {
        // Each goes on to the other six at most, and comes back from some of them; and so do receipts.
        bytes_in: 4 * bytes,
        bytes_out: 6 * bytes,
        // Each is judged once; receipts of six nodes for what came in a fifth of a second come on top.
        news_judged: 3 * count,
        answered: 80,
        signatures: 2 * count,
        hashed: 6 * bytes,
        decoded: 3 * bytes,
        applied: 20 * count,
        // What is valid is kept, with what is read from it.
        held: 24 * bytes,
        at_once: 500 * KB,
        ..QUIET
    };
    siege.endures("a flood of valid news", &most, |siege| {
        for news in flood {
            siege.shout(news);
            siege.run_for(Duration::from_millis(30));
        }
        siege.run_for(2 * SECOND);
    });
    let abuser = siege.abuser().me.device;
    assert_eq!(siege.replica(siege.victim).logs().entries(&abuser), count);
    assert!(!siege.is_named(), "who says what is right is not blamed");
}

#[test]
fn news_that_waits_for_what_never_comes_is_bounded() {
    let mut siege = siege(2);
    // All but the first, the latest first: none of them can be taken in.
    let flood: Vec<Vec<u8>> = siege.entries(FLOOD).iter().skip(1).rev().map(announced).collect();
    let (count, bytes) = (u64::from(FLOOD), flood.iter().map(|news| news.len() as u64 + 40).sum::<u64>());
    let most = Spent {
        bytes_in: bytes + QUIET.bytes_in,
        // Each is looked at once, and its signature is proven once. A gap makes the victim ask the one that told of
        // it: one question at a time, and not for every message.
        news_judged: count + QUIET.news_judged,
        signatures: count + QUIET.signatures,
        hashed: 2 * bytes + QUIET.hashed,
        decoded: 2 * bytes + QUIET.decoded,
        held: 3 * KB * MAX_WAITING_PER_LOG as u64,
        ..QUIET
    };
    siege.endures("news that waits", &most, |siege| {
        flood.into_iter().for_each(|news| siege.shout(news));
        siege.run_for(2 * MINUTE);
    });
    let (abuser, victim) = (siege.abuser().me.device, siege.replica(siege.victim));
    assert_eq!(victim.logs().entries(&abuser), 0);
    assert!(victim.waiting_entries() <= MAX_WAITING_PER_LOG);
}

#[test]
fn a_signature_that_is_shown_under_other_heights_makes_nobody_ask() {
    let mut siege = siege(4);
    let author = siege.abuser();
    let quiet = siege.costs(|siege| siege.run_for(MINUTE));
    let most = Spent {
        bytes_in: 200 * u64::from(FLOOD),
        // Nobody is told of any, and nobody is asked: what it sends is what it sends in a quiet minute.
        bytes_out: 2 * quiet.bytes_out + 4 * KB,
        // What a voice says beyond what anybody has reason to say is not proven any more.
        news_judged: u64::from(FLOOD) + QUIET.news_judged,
        signatures: 100 + QUIET.signatures,
        decoded: 100 * u64::from(FLOOD) + QUIET.decoded,
        ..QUIET
    };
    siege.endures("heads that are not", &most, |siege| {
        for number in 1..=u64::from(FLOOD) {
            let id = EntryId([u8::try_from(number % 251).expect("below 256"); 32]);
            let head = Head { seq: number * 1_000_000, id, signature: author.sign_head(&id) };
            siege.shout(told(News::Head { device: author.me.device, head }));
            siege.run_for(SECOND / 10);
        }
    });
    assert_eq!(siege.replica(siege.victim).logs().entries(&author.me.device), 0);
}

#[test]
fn the_longest_entry_there_can_be_fits_gossip() {
    let mut entry = siege(6).entries(1)[0].announce().expect("each entry is signed");
    // What does not become shorter when it is packed.
    entry.body = Mutator::new(1).bytes(MAX_BODY + MAX_OPENING);
    entry.header.seq = u64::MAX;
    entry.header.time = Timestamp(u64::MAX);
    entry.header.body_len = u32::MAX;
    assert!(told(News::Entry(entry)).len() <= MAX_GOSSIP);
}

#[test]
fn forged_heads_are_the_fault_of_who_tells_of_them_and_soon_not_looked_at() {
    let mut siege = siege(5);
    let device = siege.author(2).me.device;
    let most = Spent {
        bytes_in: 400 * u64::from(FLOOD),
        // Three broken rules within minutes, and gossip of that peer is not listened to.
        news_judged: QUIET.news_judged,
        signatures: QUIET.signatures,
        ..QUIET
    };
    siege.endures("forged heads", &most, |siege| {
        for number in 0..u64::from(FLOOD) {
            let head = Head { seq: 9 + number, id: EntryId([1; 32]), signature: Signature([2; 64]) };
            siege.shout(told(News::Head { device, head }));
            siege.run_for(SECOND / 10);
        }
    });
    assert!(siege.is_named(), "{:?}", siege.blames);
}

#[test]
fn a_peer_that_claims_much_and_withholds_it_is_asked_a_few_times_and_not_taken_for_equal() {
    let mut siege = siege(10);
    let abuser = siege.abuser;
    siege.set_conduct(abuser, Conduct::Withholding);
    // Each time that the two compare it is asked a few times for what it claims.
    let pulls = 12 * (1 + 2 * MAX_RUNS_IN_FLIGHT as u64);
    let most = Spent { bytes_out: QUIET.bytes_out + pulls * 200, hashed: 12 * 40 * KB, ..QUIET };
    siege.endures("ten minutes beside a peer that withholds", &most, |siege| {
        let victim = siege.victim;
        for _ in 0..10 {
            // Whoever has just met it compares at once.
            siege.flap(abuser, victim);
            siege.run_for(MINUTE);
        }
    });
    let (peer, victim) = (siege.abuser().peer(), siege.replica(siege.victim));
    let shown = victim.peers().find(|view| view.peer == peer).expect("it is connected");
    assert_eq!(shown.sync, PeerSync::Fetching, "it says that it has more");
    assert_eq!(victim.logs().entries(&siege.abuser().me.device), 0);
}

#[test]
fn requests_and_news_that_claim_megabytes_are_not_unpacked() {
    let mut siege = siege(11);
    let bomb = pack(&vec![0_u8; 4 * MAX_FRAME]);
    assert!(bomb.len() < 4_096, "{} bytes claim eight megabytes", bomb.len());
    let bytes = 2 * u64::from(FLOOD) * (bomb.len() as u64 + 40);
    let most = Spent {
        bytes_in: bytes + QUIET.bytes_in,
        answered: u64::from(FLOOD) + QUIET.answered,
        decoded: 0,
        at_once: 20 * KB,
        ..QUIET
    };
    siege.endures("frames that claim megabytes", &most, |siege| {
        for id in 0..FLOOD {
            siege.demand(id.into(), bomb.clone());
            siege.shout([&bomb[..], &id.to_be_bytes()].concat());
            siege.run_for(SECOND / 10);
        }
    });
    assert!(siege.is_named(), "{:?}", siege.blames);
    let victim = siege.world.replica(siege.victim);
    assert!(victim.peers().all(|peer| peer.fault.is_none() || peer.peer == siege.abuser().peer()));
}

/// What a member asks first, which knows of no log.
fn hello(world: &World, victim: usize) -> Vec<u8> {
    let hello = Hello {
        version: Format,
        coalition: world.author(victim).me.coalition,
        control: world.replica(victim).control().fingerprint(),
        logs: grid_protocol::id::Digest([1; 32]),
        devices: grid_protocol::id::Digest([2; 32]),
        nonce: 5,
    };
    pack(&Request::Hello(hello))
}

#[test]
fn a_member_that_asks_without_end_is_answered_from_what_is_there_and_others_go_on() {
    let mut siege = siege(6);
    for count in 0..20 {
        siege.write(count % 3, &Subject::New("action"), &json!({"title": "Walk"}));
    }
    siege.run_for(MINUTE / 6);
    let request = hello(&siege, siege.victim);
    let count = u64::from(FLOOD);
    let most = Spent {
        bytes_in: count * (request.len() as u64 + 40) + QUIET.bytes_in,
        // What is answered is as long as the list of logs, which the asker says it does not know.
        bytes_out: 300 * count,
        answered: count + QUIET.answered,
        decoded: 2 * count * request.len() as u64 + QUIET.decoded,
        // The fingerprint of the control set is worked out for each, from 256 digests.
        hashed: 10 * KB * count,
        ..QUIET
    };
    siege.endures("questions without end", &most, |siege| {
        (0..FLOOD).for_each(|id| siege.demand(id.into(), request.clone()));
        siege.run_for(10 * SECOND);
    });
}

#[test]
fn peers_that_never_answer_hold_up_nobody_but_themselves() {
    let mut siege = siege(7);
    for node in 4..siege.abuser {
        siege.set_conduct(node, Conduct::Silent);
    }
    let most = Spent {
        bytes_in: 60 * KB,
        bytes_out: 200 * KB,
        news_judged: 200,
        signatures: 100,
        hashed: 200 * KB,
        decoded: 60 * KB,
        applied: 20 * 20,
        held: 400 * KB,
        at_once: 100 * KB,
        ..QUIET
    };
    siege.endures("five minutes with four that never answer", &most, |siege| {
        for count in 0..20 {
            siege.write(count % 3, &Subject::New("action"), &json!({"title": "Walk"}));
            siege.run_for(15 * SECOND);
        }
        for node in 0..4 {
            assert_eq!(siege.replica(node).documents().len(), 20, "node {node}");
        }
    });
}

#[test]
fn what_was_written_in_another_coalition_is_worth_nothing_here() {
    let mut siege = siege(8);
    let registry = Arc::new(grid_protocol::record::Registry::standard().clone());
    let (other, records) = Author::found(Arc::new(Keys::new(900)), registry, "Another", NOON.wall);
    let mut disk = Disk::new(Clock::default());
    disk.append_own(&[], &records).expect("storage in memory");
    let mut desk = open(&other, disk);
    let (mut replay, mut head) = (Vec::new(), None);
    for number in 0..100_u8 {
        let fields = json!({"title": "Not for them"});
        let (_, entries) =
            other.write_after(head, &mut desk, NOON.wall, &Subject::New("action"), [number; 16], &fields);
        head = entries.last().and_then(VerifiedEntry::head);
        replay.extend(entries.iter().map(announced));
    }
    replay.extend(records.into_iter().map(|record: Record| told(News::Record(record))));
    let victim = siege.victim;
    let (root, records) = (siege.root(victim), siege.replica(victim).control().len());
    let bytes = replay.iter().map(|news| news.len() as u64 + 40).sum::<u64>();
    let most = Spent {
        bytes_in: bytes + QUIET.bytes_in,
        // Entries of another coalition are refused as such, unproven; what holds in every coalition waits.
        news_judged: replay.len() as u64 + QUIET.news_judged,
        decoded: bytes + QUIET.decoded,
        ..QUIET
    };
    siege.endures("what was said elsewhere", &most, |siege| {
        for news in replay {
            siege.shout(news);
            siege.run_for(SECOND / 50);
        }
        assert_eq!((siege.root(victim), siege.replica(victim).control().len()), (root, records));
        assert!(siege.replica(victim).control().waiting() <= 8);
    });
}

/// A group that the abuser makes up and vouches for, with its contact: recovered as often as can be, one device with
/// many certificates of earlier roots, and words that claim to be of later ones.
fn made_up(siege: &Siege) -> Vec<Record> {
    let author = siege.abuser();
    let known = siege.replica(siege.victim);
    let version = known.authority().followed().expect("a member knows the genesis");
    let text = known.control().genesis().expect("a member knows the genesis").body.statement.text_hash();
    let words = [61, 62, 63].map(|entropy| RecoveryWords::from_entropy([entropy; 32]));
    let key = |number| SecretKey::from_seed(&[number; 32]);
    let device = DeviceSecrets { device: key(64), peer: key(65), seal: SealKey([66; 32]) };
    let plan = |words| NewGroup { name: "Nobody", words, nonce: [0; 16], device: &device, label: "laptop" };
    let (contact, _) = first_device(&plan(&words[1]));
    let (group, first) = first_device_with(&plan(&words[0]), vec![contact.group()], 1);
    let (about, id) = ((author.me.coalition, version), group.group());
    let mut records = vec![author.vouch_for(version, 7, id)];
    let (root, chain) = words[2].beginning();
    let (format, coalition, recovery) = (Format, author.me.coalition, MAX_RECOVERIES);
    let body = RecoveryBody { format, coalition, group: id, recovery, root, chain, devices: Vec::new() };
    let approval = body.approve(contact.group(), RootNumber::FIRST, &words[1].root(0));
    records.extend([Record::Inception(group), Record::Inception(contact)]);
    records.push(Record::Recovery(Box::new(Recovery::new(body, vec![approval]))));
    let (next, chain) = (words[0].root(1), words[0].commitment(1));
    let body =
        RotationBody { format: Format, coalition, group: id, number: 1, root: next.public(), chain, devices: vec![] };
    records.push(Record::Rotation(Signed::sign(body, SigningKey::Root(1, &next))));
    for (number, rights) in (0..2).flat_map(|number| (0..8_u8).map(move |rights| (number, rights))) {
        for serial in [0, 1] {
            let mut body = first.body().clone();
            body.capabilities = Capabilities::try_from(rights).expect("there are eight");
            body.serial = serial;
            let root = words[0].root(number);
            records.push(Record::DeviceCert(DeviceCert::new(body, SigningKey::Root(number, &root), &device)));
        }
    }
    let key = SigningKey::Device(&device.device);
    for counter in [2 << 32 | 1, 2 << 32 | 2] {
        let (signed_at, last) = (NOON.wall, Vec::new());
        records.push(Record::Signature(StatementSignature::new(about, text, id, counter, signed_at, key)));
        records.push(Record::Withdrawal(Withdrawal::new(about, id, counter, signed_at, last, key)));
    }
    records
}

#[test]
fn a_group_that_somebody_makes_up_costs_what_its_records_are_long_and_not_their_product() {
    let mut siege = siege(9);
    let records = made_up(&siege);
    let before = siege.replica(siege.victim).control().len();
    let count = records.len() as u64;
    let news: Vec<Vec<u8>> = records.into_iter().map(|record| told(News::Record(record))).collect();
    let bytes = news.iter().map(|news| news.len() as u64 + 40).sum::<u64>();
    let most = Spent {
        bytes_in: 4 * bytes + QUIET.bytes_in,
        bytes_out: 6 * bytes + QUIET.bytes_out,
        news_judged: 4 * count + QUIET.news_judged,
        signatures: 4 * count + QUIET.signatures,
        // What everybody believes is worked out for each that is taken in.
        hashed: count * 20 * KB,
        decoded: 6 * bytes + QUIET.decoded,
        // What each record led to is kept for the other nodes of this process, the last 64 times.
        held: count * 40 * KB,
        ..QUIET
    };
    siege.endures("a group that was made up", &most, |siege| {
        for news in news {
            siege.shout(news);
            siege.run_for(SECOND / 10);
        }
        assert_eq!(siege.replica(siege.victim).control().len() as u64, before as u64 + count, "all of it is valid");
    });
}
