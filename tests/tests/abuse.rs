//! Peers that abuse a node, each with what it costs the node, and with honest nodes that are one in the end.
//!
//! The abuser is a member unless said otherwise: whoever is let in can do most harm. `bounds.rs` and `exchange.rs`
//! have what single frames cost; oversized streams are tested in the network of the node.

use grid_protocol::codec::Format;
use grid_protocol::control::Record;
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::id::EntryId;
use grid_protocol::key::{PeerKey, Signature};
use grid_protocol::limits::{
    MAX_BODY, MAX_FRAME, MAX_GOSSIP, MAX_LOBBY_REQUESTS, MAX_LOBBY_REQUESTS_PER_PEER, MAX_OPENING, MAX_RUNS_IN_FLIGHT,
    MAX_WAITING_PER_LOG,
};
use grid_protocol::replica::{Input, PeerSync};
use grid_protocol::storage::Storage;
use grid_protocol::sync::message::{Height, LogSummary};
use grid_protocol::sync::{Gossip, News, Refusal, Request, Response, pack, unpack};
use grid_protocol::time::Timestamp;
use grid_tests::fuzz::Mutator;
use grid_tests::sim::{Author, Clock, Conduct, Disk, Exchange, Keys, NOON, Spent, Subject, World, open};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
/// Messages of a flood.
const FLOOD: u32 = 600;
/// The node that suffers, and the one that makes it suffer.
const VICTIM: usize = 0;
const ABUSER: usize = 7;

/// Seven honest members and one that does what the test makes it do.
fn world(seed: u64) -> World {
    let mut world = World::new(seed);
    world.assemble(8, 6);
    world.link(ABUSER, VICTIM);
    world.run_for(MINUTE / 6);
    world.set_conduct(ABUSER, Conduct::Silent);
    world
}

/// Entries of the abuser's own log, made with what the victim knows.
fn entries(world: &World, count: u32) -> Vec<VerifiedEntry> {
    let author = world.author(ABUSER);
    let mut desk = open(&author, world.replica(VICTIM).storage().clone());
    let mut entries: Vec<VerifiedEntry> = Vec::new();
    for number in 0..count {
        let mut nonce = [9; 16];
        nonce[..4].copy_from_slice(&number.to_be_bytes());
        let head = entries.last().and_then(VerifiedEntry::head);
        let fields = json!({"title": format!("Walk {number}")});
        let written = author.write_after(head, &mut desk, NOON.wall, &Subject::New("action"), nonce, &fields);
        entries.extend(written.1);
    }
    entries
}

fn news(news: News) -> Vec<u8> {
    pack(&Gossip { version: Format, news })
}

fn announced(entry: &VerifiedEntry) -> Vec<u8> {
    news(News::Entry(entry.announce().expect("each entry is signed")))
}

/// What the victim spent while this happened.
fn spent(world: &mut World, during: impl FnOnce(&mut World)) -> Spent {
    let before = world.spent(VICTIM);
    during(world);
    world.spent(VICTIM).since(&before)
}

/// Honest nodes still hear of each other at once, and are one in the end.
fn assert_honest_go_on(world: &mut World) {
    let action = world.write(3, &Subject::New("action"), &json!({"title": "Still here"}));
    world.run_for(Duration::from_secs(1));
    for node in 0..ABUSER {
        assert_eq!(world.text(node, action, "title"), "Still here", "seed {}, node {node}", world.seed);
    }
    let took = world.until_healed(10 * MINUTE);
    took.map(drop).unwrap_or_else(|dissent| panic!("seed {}: {dissent}", world.seed));
}

#[test]
fn a_flood_of_valid_news_costs_no_more_than_it_is_long() {
    let mut world = world(1);
    let entries = entries(&world, FLOOD);
    entries.iter().for_each(|entry| world.history.written(entry));
    let flood: Vec<Vec<u8>> = entries.iter().map(announced).collect();
    let bytes: u64 = flood.iter().map(|news| news.len() as u64 + 40).sum();
    let spent = spent(&mut world, |world| {
        for news in flood {
            world.shout(ABUSER, VICTIM, news);
            world.run_for(Duration::from_millis(30));
        }
        world.run_for(Duration::from_secs(2));
    });
    println!("{FLOOD} messages, {bytes} bytes: {spent:?}");
    let abuser = world.author(ABUSER).me.device;
    assert_eq!(world.replica(VICTIM).logs().entries(&abuser), u64::from(FLOOD));
    // Each is judged once; receipts of six nodes for what came in a fifth of a second come on top.
    assert!(spent.news_judged <= 3 * u64::from(FLOOD), "{spent:?}");
    // Each goes on to the other six at most, and comes back from each of them at most; and so do receipts.
    assert!(spent.bytes_out <= 12 * bytes, "{spent:?}");
    assert!(spent.bytes_in <= 12 * bytes, "{spent:?}");
    assert_honest_go_on(&mut world);
    assert_eq!(world.check_always(), Ok(()), "who says what is right is not blamed");
}

#[test]
fn news_that_waits_for_what_never_comes_is_bounded() {
    let mut world = world(2);
    // All but the first, the latest first: none of them can be taken in.
    let flood: Vec<Vec<u8>> = entries(&world, FLOOD).iter().skip(1).rev().map(announced).collect();
    let spent = spent(&mut world, |world| {
        flood.into_iter().for_each(|news| world.shout(ABUSER, VICTIM, news));
        world.run_for(2 * MINUTE);
    });
    println!("{spent:?}");
    let abuser = world.author(ABUSER).me.device;
    assert_eq!(world.replica(VICTIM).logs().entries(&abuser), 0);
    assert!(world.replica(VICTIM).waiting_entries() <= MAX_WAITING_PER_LOG);
    // A gap makes the victim ask the one that told of it: one question at a time, and not for every message.
    assert!(spent.bytes_out <= 64 * 1024, "{spent:?}");
    assert_honest_go_on(&mut world);
}

#[test]
fn a_signature_that_is_shown_under_other_heights_makes_nobody_ask() {
    let mut world = world(4);
    let author = world.author(ABUSER);
    let quiet = spent(&mut world, |world| world.run_for(MINUTE));
    let spent = spent(&mut world, |world| {
        for number in 1..=u64::from(FLOOD) {
            let id = EntryId([u8::try_from(number % 251).expect("below 256"); 32]);
            let head = Head { seq: number * 1_000_000, id, signature: author.sign_head(&id) };
            world.shout(ABUSER, VICTIM, news(News::Head { device: author.me.device, head }));
            world.run_for(Duration::from_millis(100));
        }
    });
    println!("{FLOOD} heads in a minute: {spent:?}; without: {quiet:?}");
    // Nobody is told of any, and nobody is asked: what it sends is what it sends in a quiet minute.
    assert!(spent.bytes_out <= 2 * quiet.bytes_out + 4_000, "{spent:?}");
    assert_eq!(world.replica(VICTIM).logs().entries(&author.me.device), 0);
    assert_honest_go_on(&mut world);
}

#[test]
fn the_longest_entry_there_can_be_fits_gossip() {
    let world = world(6);
    let mut entry = entries(&world, 1)[0].announce().expect("each entry is signed");
    // What does not become shorter when it is packed.
    entry.body = Mutator::new(1).bytes(MAX_BODY + MAX_OPENING);
    entry.header.seq = u64::MAX;
    entry.header.time = Timestamp(u64::MAX);
    entry.header.body_len = u32::MAX;
    assert!(news(News::Entry(entry)).len() <= MAX_GOSSIP);
}

#[test]
fn a_forged_head_is_the_fault_of_who_tells_of_it() {
    let mut world = world(5);
    let device = world.author(2).me.device;
    let head = Head { seq: 9, id: EntryId([1; 32]), signature: Signature([2; 64]) };
    world.shout(ABUSER, VICTIM, news(News::Head { device, head }));
    world.run_for(Duration::from_secs(1));
    assert!(world.blames.iter().any(|blame| blame.by == VICTIM && blame.of == Some(ABUSER)), "{:?}", world.blames);
    assert_honest_go_on(&mut world);
}

/// The records of a founder and of a group that it let in.
fn pair() -> (Author, Author, Vec<Record>) {
    let registry = Arc::new(grid_protocol::record::Registry::standard().clone());
    let (founder, mut records) = Author::found(Arc::new(Keys::new(0)), registry.clone(), "Clear Water", NOON.wall);
    let (ticket, invite) = founder.invite(&open(&founder, disk(&records)), [9; 32], 1, NOON.wall);
    records.push(invite);
    let (guest, joining) = Author::join(Arc::new(Keys::new(1)), registry, &ticket, 0, NOON.wall);
    records.extend(joining);
    (founder, guest, records)
}

fn disk(records: &[Record]) -> Disk {
    let mut disk = Disk::new(Clock::default());
    disk.append_own(&[], records).expect("storage in memory");
    disk
}

#[test]
fn a_peer_that_claims_much_and_withholds_it_is_asked_a_few_times_and_not_taken_for_equal() {
    let (founder, guest, records) = pair();
    let mut exchange = Exchange::new((&founder, disk(&records)), (&guest, disk(&records)));
    exchange.twist = |response| match response {
        Response::Hello { control, .. } => {
            let device = Author::found(
                Arc::new(Keys::new(1)),
                Arc::new(grid_protocol::record::Registry::standard().clone()),
                "Clear Water",
                NOON.wall,
            );
            let height = Height { entries: u64::MAX, head: [7; 6] };
            Response::Hello { control, logs: LogSummary::Devices(vec![(device.0.me.device, height)]) }
        }
        Response::Runs(_) => Response::Runs(Vec::new()),
        other => other,
    };
    exchange.pull();
    println!("{} frames, {} bytes, blamed for {:?}", exchange.frames.len(), exchange.bytes(), exchange.blames);
    assert!(exchange.frames.len() <= 1 + 2 * MAX_RUNS_IN_FLIGHT, "{}", exchange.frames.len());
    assert!(exchange.bytes() <= 4_096, "{}", exchange.bytes());
    assert_eq!(exchange.asker.logs().total(), 0);
}

#[test]
fn requests_that_claim_megabytes_are_not_unpacked() {
    let (founder, guest, records) = pair();
    let mut replica = open(&founder, disk(&records));
    let bomb = pack(&vec![0_u8; 4 * MAX_FRAME]);
    assert!(bomb.len() < 4_096, "{} bytes claim eight megabytes", bomb.len());
    let input = Input::Request { peer: guest.peer(), token: 1, bytes: bomb };
    let effects = replica.handle(NOON, input).expect("storage in memory");
    assert_eq!(answer(&effects), Some(Response::Refused(Refusal::NotUnderstood)));
}

fn answer(effects: &[grid_protocol::replica::Effect]) -> Option<Response> {
    effects.iter().find_map(|effect| match effect {
        grid_protocol::replica::Effect::Reply { bytes, .. } => unpack(bytes).ok(),
        _ => None,
    })
}

#[test]
fn a_member_that_asks_without_end_is_answered_from_what_is_there_and_others_go_on() {
    let mut world = world(6);
    for count in 0..20 {
        world.write(count % 3, &Subject::New("action"), &json!({"title": "Walk"}));
    }
    world.run_for(MINUTE / 6);
    let hello = grid_protocol::sync::message::Hello {
        version: Format,
        coalition: world.author(VICTIM).me.coalition,
        control: world.replica(VICTIM).control().fingerprint(),
        logs: grid_protocol::id::Digest([1; 32]),
        devices: grid_protocol::id::Digest([2; 32]),
        nonce: 5,
    };
    let request = pack(&Request::Hello(hello));
    let spent = spent(&mut world, |world| {
        (0..FLOOD).for_each(|id| world.demand(ABUSER, VICTIM, id.into(), request.clone()));
        world.run_for(Duration::from_secs(10));
    });
    println!("{FLOOD} questions of {} bytes: {spent:?}", request.len());
    assert!(spent.answered <= u64::from(FLOOD) + 100, "{spent:?}");
    // What is answered is as long as the list of logs, which the asker says it does not know.
    assert!(spent.bytes_out <= u64::from(FLOOD) * 1_000, "{spent:?}");
    assert_honest_go_on(&mut world);
}

#[test]
fn peers_that_never_answer_hold_up_nobody_but_themselves() {
    let mut world = world(7);
    for node in 4..ABUSER {
        world.set_conduct(node, Conduct::Silent);
    }
    let spent = spent(&mut world, |world| {
        for count in 0..20 {
            world.write(count % 3, &Subject::New("action"), &json!({"title": "Walk"}));
            world.run_for(Duration::from_secs(15));
        }
    });
    println!("five minutes with four that never answer: {spent:?}");
    assert!(spent.bytes_out <= 512 * 1024, "{spent:?}");
    let replica = world.replica(VICTIM);
    let silent: Vec<PeerKey> = (4..=ABUSER).map(|node| world.author(node).peer()).collect();
    let fetching =
        replica.peers().filter(|peer| silent.contains(&peer.peer) && peer.sync == PeerSync::Fetching).count();
    println!("{fetching} of them are being asked at this moment");
    for node in 0..4 {
        assert_eq!(world.replica(node).documents().len(), 20, "node {node}");
    }
    world.until_equal(10 * MINUTE).expect("those that answer are one");
}

#[test]
fn what_was_written_in_another_coalition_is_worth_nothing_here() {
    let mut world = world(8);
    let registry = Arc::new(grid_protocol::record::Registry::standard().clone());
    let (other, records) = Author::found(Arc::new(Keys::new(900)), registry, "Another", NOON.wall);
    let mut desk = open(&other, disk(&records));
    let (mut replay, mut head) = (Vec::new(), None);
    for number in 0..100_u8 {
        let fields = json!({"title": "Not for them"});
        let (_, entries) =
            other.write_after(head, &mut desk, NOON.wall, &Subject::New("action"), [number; 16], &fields);
        head = entries.last().and_then(VerifiedEntry::head);
        replay.extend(entries.iter().map(announced));
    }
    replay.extend(records.into_iter().map(|record| news(News::Record(record))));
    let (root, records) = (world.root(VICTIM), world.replica(VICTIM).control().len());
    let spent = spent(&mut world, |world| {
        for news in replay {
            world.shout(ABUSER, VICTIM, news);
            world.run_for(Duration::from_millis(20));
        }
    });
    println!("{spent:?}");
    assert_eq!((world.root(VICTIM), world.replica(VICTIM).control().len()), (root, records));
    assert!(world.replica(VICTIM).control().waiting() <= 8);
    assert!(spent.bytes_out <= 64 * 1024, "nothing is passed on: {spent:?}");
    assert_honest_go_on(&mut world);
}

#[test]
fn thousands_of_keys_that_belong_to_nobody_are_turned_away_and_cost_little() {
    const KEYS: u32 = 5_000;
    let mut world = world(9);
    let (root, records) = (world.root(VICTIM), world.replica(VICTIM).control().len());
    let hello = grid_protocol::sync::message::Hello {
        version: Format,
        coalition: world.author(VICTIM).me.coalition,
        control: world.replica(VICTIM).control().fingerprint(),
        logs: world.replica(VICTIM).logs().digest(),
        devices: world.replica(VICTIM).logs().devices_digest(),
        nonce: 5,
    };
    let request = pack(&Request::Hello(hello));
    let spent = spent(&mut world, |world| {
        for number in 0..KEYS {
            let mut key = [9; 32];
            key[..4].copy_from_slice(&number.to_be_bytes());
            let peer = PeerKey(key);
            let direction = grid_protocol::replica::Direction::Accepted;
            world.feed(VICTIM, Input::Connected { peer, direction });
            for token in 0..3 {
                world.feed(VICTIM, Input::Request { peer, token: u64::MAX - token, bytes: request.clone() });
            }
            world.feed(VICTIM, Input::Disconnected { peer });
        }
    });
    println!("{KEYS} keys: {spent:?}");
    assert_eq!((spent.bytes_out, spent.news_judged), (0, 0), "none of them is asked anything");
    assert_eq!((world.root(VICTIM), world.replica(VICTIM).control().len()), (root, records));
    assert_eq!(
        world.replica(VICTIM).peers().count(),
        world.replica(VICTIM).peers().filter(|peer| is_known(&world, peer.peer)).count()
    );
    const { assert!(KEYS > MAX_LOBBY_REQUESTS && MAX_LOBBY_REQUESTS_PER_PEER > 3) };
    assert_honest_go_on(&mut world);
}

fn is_known(world: &World, peer: PeerKey) -> bool {
    (0..world.nodes().len()).any(|node| world.author(node).peer() == peer)
}
