//! Members that ask or say what is right, without end: what an honest node spends on them and says about them; and
//! honest nodes in a hurry, about which it says nothing.

use grid_protocol::codec::Format;
use grid_protocol::entry::VerifiedEntry;
use grid_protocol::id::DocumentId;
use grid_protocol::key::PeerKey;
use grid_protocol::limits::{MAX_ASKED, MAX_KEPT_WAITING, MAX_SENT};
use grid_protocol::replica::{Direction, Effect, Input, Judgement, Now, Replica};
use grid_protocol::storage::Storage;
use grid_protocol::sync::message::LogWant;
use grid_protocol::sync::{Gossip, News, Refusal, Request, Response, Says, pack, peer_id, unpack};
use grid_protocol::time::Timestamp;
use grid_tests::fuzz::Mutator;
use grid_tests::sim::{Conduct, NOON, Subject, World, open};
use serde_json::json;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const VICTIM: usize = 0;
const ABUSER: usize = 5;

/// Five honest members and one that does what the test makes it do, connected with the victim.
fn world(seed: u64) -> World {
    let mut world = World::new(seed);
    world.assemble(6, 6);
    world.link(ABUSER, VICTIM);
    world.run_for(10 * SECOND);
    world.set_conduct(ABUSER, Conduct::Silent);
    world
}

/// What the victim shows about the abuser.
fn fault(world: &World) -> Option<String> {
    let device = world.author(ABUSER).me.device;
    world.replica(VICTIM).burdened_by(&device)
}

/// Nobody but the abuser is blamed, honest nodes still hear of each other at once, and are one in the end.
fn assert_honest_go_on(world: &mut World) {
    let action = world.write(3, &Subject::New("action"), &json!({"title": "Still here"}));
    world.run_for(SECOND);
    for node in 0..ABUSER {
        assert_eq!(world.text(node, action, "title"), "Still here", "seed {}, node {node}", world.seed);
    }
    let took = world.until_healed(10 * MINUTE);
    took.map(drop).unwrap_or_else(|dissent| panic!("seed {}: {dissent}", world.seed));
}

fn shout(world: &mut World, news: News) {
    world.shout(ABUSER, VICTIM, pack(&Gossip { version: Format, news }));
}

fn connect<S: Storage>(replica: &mut Replica<S>, peer: PeerKey) {
    let input = Input::Connected { peer, direction: Direction::Accepted };
    replica.handle(NOON, input).expect("storage in memory");
}

/// What becomes of news that a peer passes on.
fn hear<S: Storage>(replica: &mut Replica<S>, now: Now, from: PeerKey, news: News) -> Judgement {
    let bytes = pack(&Gossip { version: Format, news });
    let effects = replica.handle(now, Input::Gossip { from, token: 0, bytes }).expect("storage in memory");
    let blames = effects.iter().find(|effect| matches!(effect, Effect::Fault { .. } | Effect::Standing { .. }));
    assert!(blames.is_none(), "{blames:?}");
    let judgement = effects.iter().find_map(|effect| match effect {
        Effect::Judge { judgement, .. } => Some(*judgement),
        _ => None,
    });
    judgement.expect("all news is judged")
}

/// How much of the abuser's news the victim looked at, and how much it sent, while this was said.
fn said(world: &mut World, times: u64, every: Duration, news: impl Fn(&World, u64) -> News) -> (u64, u64) {
    let before = world.spent(VICTIM);
    for number in 0..times {
        let news = news(world, number);
        shout(world, news);
        world.run_for(every);
    }
    let spent = world.spent(VICTIM).since(&before);
    println!("{times} pieces of news: {spent:?}; {:?}", fault(world));
    (spent.news_judged, spent.bytes_out)
}

#[test]
fn a_member_that_asks_for_everything_again_and_again_is_slowed_and_named() {
    let mut world = world(1);
    let device = world.author(1).me.device;
    for number in 0..60 {
        world.write(1, &Subject::New("action"), &json!({"title": format!("Walk {number}")}));
    }
    world.run_for(MINUTE);
    let request = pack(&Request::Runs(vec![LogWant { device, first: 0 }]));
    let held = world.replica(VICTIM).logs().total() + world.replica(VICTIM).control().len() as u64;
    let before = world.spent(VICTIM);
    world.demand(ABUSER, VICTIM, 0, request.clone());
    world.run_for(SECOND);
    let one = world.spent(VICTIM).since(&before).bytes_out;
    for id in 1..2_000 {
        world.demand(ABUSER, VICTIM, id, request.clone());
        world.run_for(SECOND / 100);
    }
    let spent = world.spent(VICTIM).since(&before);
    let frames = (MAX_SENT + 3 * held) / 60 + 2;
    println!("held {held}, {one} bytes a frame, {spent:?}");
    assert!(spent.bytes_out <= frames * one + 2_000 * 60, "{spent:?}, {frames} frames of {one}");
    // Of those that are turned away each waits half a second, and most are told so at once.
    assert!(fault(&world).is_some_and(|why| why.contains("again and again")), "{:?}", fault(&world));
    assert!(world.blames.iter().any(|blame| blame.of == Some(ABUSER)));
    // It stops: an hour later it is a member like any other.
    world.run_for(61 * MINUTE);
    assert_eq!(fault(&world), None);
    assert_honest_go_on(&mut world);
}

#[test]
fn what_a_request_makes_a_node_look_at_weighs_and_whoever_is_turned_away_waits_for_it() {
    let world = world(2);
    let (disk, author) = (world.replica(VICTIM).storage().clone(), world.author(ABUSER));
    let mut replica = open(&world.author(VICTIM), disk);
    connect(&mut replica, author.peer());
    let hint = author.hint(NOON.wall, Says::Reachable(Vec::new()));
    let request = pack(&Request::Hints(vec![hint; 128]));
    let mut answers = [0_u64; 3];
    for token in 0..MAX_ASKED / 128 + 200 {
        let input = Input::Request { peer: author.peer(), token, bytes: request.clone() };
        let effects = replica.handle(NOON, input).expect("storage in memory");
        let reply = effects.iter().find_map(|effect| match effect {
            Effect::Reply { bytes, .. } => unpack::<Response>(bytes).ok(),
            _ => None,
        });
        match reply {
            Some(Response::Noted) => answers[0] += 1,
            Some(Response::Refused(Refusal::TooSoon)) => answers[1] += 1,
            None => answers[2] += 1,
            other => panic!("{other:?}"),
        }
    }
    println!("answered, refused, kept waiting: {answers:?}");
    assert!(answers[0] <= MAX_ASKED / 128 + 1, "{answers:?}");
    assert_eq!(answers[2], MAX_KEPT_WAITING as u64, "{answers:?}");
    // Who waits is told in half a second.
    let later = Now { monotonic: NOON.monotonic + SECOND / 2, ..NOON };
    let told = replica.handle(later, Input::Tick).expect("storage in memory");
    let told = told.iter().filter(|effect| matches!(effect, Effect::Reply { .. })).count();
    assert_eq!(told, MAX_KEPT_WAITING);
    assert!(replica.peers().any(|peer| peer.fault.is_some_and(|why| why.contains("again and again"))));
    // And when it is over, nothing of it is left at its connection.
    let over = Now { monotonic: NOON.monotonic + 61 * MINUTE, ..NOON };
    replica.handle(over, Input::Tick).expect("storage in memory");
    assert!(replica.peers().all(|peer| peer.fault.is_none()));
}

#[test]
fn a_member_that_announces_ever_new_addresses_is_named_and_not_passed_on() {
    let mut world = world(3);
    let author = world.author(ABUSER);
    let address = format!("/memory/{ABUSER}/p2p/{}", peer_id(&author.peer()));
    let quiet = said(&mut world, 0, SECOND, |_, _| unreachable!("nothing is said"));
    let (judged, bytes) = said(&mut world, 600, SECOND / 20, |_, number| {
        let now = NOON.wall.after(Duration::from_secs(1_000_000 + number));
        News::Hint(author.hint(now, Says::Reachable(vec![address.clone()])))
    });
    assert_eq!(quiet, (0, 0));
    // 32 at once, one every ten seconds, and 128 more until it is no longer listened to.
    assert!(judged <= 250, "{judged}");
    assert!(bytes <= 150_000, "{bytes}");
    assert!(fault(&world).is_some_and(|why| why.contains("says far more")), "{:?}", fault(&world));
    assert_honest_go_on(&mut world);
}

#[test]
fn a_member_that_gives_receipts_without_end_is_named_and_not_passed_on() {
    let mut world = world(4);
    let (author, log) = (world.author(ABUSER), world.author(1).me.device);
    let (judged, bytes) = said(&mut world, 4_000, SECOND / 200, |_, number| {
        let now = NOON.wall.after(Duration::from_secs(1_000_000 + number));
        News::Hint(author.hint(now, Says::Received(vec![(log, number)])))
    });
    assert!(judged <= 3_200, "{judged}");
    // What is passed on goes to the four others: 512 at once, and 16 a second.
    assert!(bytes <= 5 * 240 * (512 + 16 * 20), "{bytes}");
    assert!(fault(&world).is_some_and(|why| why.contains("says far more")), "{:?}", fault(&world));
    assert_honest_go_on(&mut world);
}

#[test]
fn a_member_that_signs_again_without_end_makes_others_work_it_out_a_bounded_number_of_times() {
    let mut world = world(5);
    let author = world.author(ABUSER);
    let mut prints = vec![world.replica(VICTIM).control().fingerprint()];
    for number in 0..1_500 {
        let now = NOON.wall.after(Duration::from_millis(number));
        let signature = author.sign(world.replica(VICTIM), now);
        shout(&mut world, News::Record(signature));
        world.run_for(SECOND / 100);
        prints.push(world.replica(VICTIM).control().fingerprint());
    }
    prints.dedup();
    println!("{} records were taken in; {:?}", prints.len() - 1, fault(&world));
    // 256 at once, and two a second.
    assert!(prints.len() <= 256 + 2 * 16 + 2, "{}", prints.len());
    assert!(fault(&world).is_some_and(|why| why.contains("says far more")), "{:?}", fault(&world));
    assert_honest_go_on(&mut world);
}

/// Entries of a node's own log that nobody can read, each of sixty thousand bytes.
fn long_entries(world: &World, node: usize, count: u32) -> Vec<VerifiedEntry> {
    let author = world.author(node);
    let (mut bytes, mut head) = (Mutator::new(1), None);
    (0..count)
        .map(|_| {
            let sealed = author.sealed(head.as_ref(), NOON.wall, DocumentId([7; 32]), bytes.bytes(60_000));
            let entry = sealed.verify(&author.me.coalition).expect("it is signed");
            head = entry.head();
            entry
        })
        .collect()
}

#[test]
fn what_a_member_writes_faster_than_gossip_carries_is_not_looked_at_there() {
    let mut world = world(6);
    let entries = long_entries(&world, ABUSER, 320);
    entries.iter().for_each(|entry| world.history.written(entry));
    let device = world.author(ABUSER).me.device;
    for entry in &entries {
        shout(&mut world, News::Entry(entry.announce().expect("each entry is signed")));
        world.run_for(SECOND / 1_000);
    }
    world.run_for(SECOND);
    let taken = world.replica(VICTIM).logs().entries(&device);
    println!("{} entries: {taken} by gossip; {:?}", entries.len(), fault(&world));
    assert!(taken < entries.len() as u64 && taken > 200, "{taken}");
    assert_eq!(fault(&world), None, "whoever imports much has done nothing wrong");
    assert_honest_go_on(&mut world);
}

#[test]
fn receipts_that_others_repeat_are_not_held_against_their_device() {
    let mut world = world(8);
    world.write(VICTIM, &Subject::New("action"), &json!({"title": "Walk"}));
    world.run_for(SECOND);
    let (author, honest, other) = (world.author(VICTIM), world.author(1), world.author(2));
    let abuser = world.author(ABUSER);
    let mut replica = open(&author, world.replica(VICTIM).storage().clone());
    [honest.peer(), other.peer(), abuser.peer()].into_iter().for_each(|peer| connect(&mut replica, peer));
    let last = replica.own_head().expect("it has written").seq;
    // What the honest one once said, each of it sound.
    let once = |number: u64| Timestamp(NOON.wall.0 - 100_000 + number);
    let old: Vec<_> =
        (0..100).map(|number| honest.hint(once(number), Says::Received(vec![(other.me.device, 0)]))).collect();
    for round in 0..3_000_u32 {
        let passed = SECOND / 15 * round;
        let now = Now { monotonic: NOON.monotonic + passed, wall: NOON.wall.after(passed) };
        for hint in old.iter().cycle().skip(round as usize * 4 % 100).take(4) {
            hear(&mut replica, now, abuser.peer(), News::Hint(hint.clone()));
        }
        if round % 100 == 0 {
            let (token, bytes) = (u64::from(round), pack(&Request::Hints(old.clone())));
            replica.handle(now, Input::Request { peer: abuser.peer(), token, bytes }).expect("storage in memory");
        }
        // What it says now counts, whoever passes it on.
        let fresh = honest.hint(now.wall, Says::Received(vec![(author.me.device, last)]));
        let from = if round % 2 == 0 { honest.peer() } else { other.peer() };
        assert_eq!(hear(&mut replica, now, from, News::Hint(fresh)), Judgement::Accept, "round {round}");
    }
    let delivery = replica.receipts().delivery(&replica.me(), replica.authority(), last);
    assert!(delivery.received_by.contains(&honest.me.group), "{delivery:?}");
    for member in [honest, other] {
        assert_eq!(replica.burdened_by(&member.me.device), None);
    }
}

#[test]
fn receipts_repeated_right_after_a_start_take_nothing_from_those_that_are_news() {
    let world = world(10);
    let (author, honest, other) = (world.author(VICTIM), world.author(1), world.author(2));
    let abuser = world.author(ABUSER);
    let mut replica = open(&author, world.replica(VICTIM).storage().clone());
    [other.peer(), abuser.peer()].into_iter().for_each(|peer| connect(&mut replica, peer));
    let receipt = |millis: u64| honest.hint(Timestamp(millis), Says::Received(vec![(author.me.device, 0)]));
    // What it kept of the time before.
    replica.recall_receipt(&receipt(NOON.wall.0 - 1_000).body);
    for number in 0..1_000 {
        hear(&mut replica, NOON, abuser.peer(), News::Hint(receipt(NOON.wall.0 - 100_000 + number)));
    }
    assert_eq!(hear(&mut replica, NOON, other.peer(), News::Hint(receipt(NOON.wall.0))), Judgement::Accept);
}

#[test]
fn computers_of_a_group_sign_as_one_and_speak_each_for_itself() {
    let world = world(11);
    let abuser = world.author(ABUSER);
    let (sibling, certificate) = abuser.further_device(901);
    let mut replica = open(&world.author(VICTIM), world.replica(VICTIM).storage().clone());
    connect(&mut replica, abuser.peer());
    assert_eq!(hear(&mut replica, NOON, abuser.peer(), News::Record(certificate)), Judgement::Accept);
    connect(&mut replica, sibling.peer());
    // What goes for the group is counted to the group: more computers are no more voices.
    let signed: Vec<bool> = (0..600)
        .map(|number| {
            let from = if number % 2 == 0 { &abuser } else { &sibling };
            let signature = abuser.sign(&replica, NOON.wall.after(Duration::from_millis(number)));
            hear(&mut replica, NOON, from.peer(), News::Record(signature)) == Judgement::Accept
        })
        .collect();
    assert_eq!(signed.iter().filter(|heard| **heard).count(), 255, "256 with the certificate");
    // Of itself each speaks alone, whatever the other one says.
    let reachable = |of: &grid_tests::sim::Author, number: u64| {
        let address = format!("/memory/1/p2p/{}", peer_id(&of.peer()));
        News::Hint(of.hint(NOON.wall.after(Duration::from_secs(number)), Says::Reachable(vec![address])))
    };
    let spoke: Vec<_> =
        (0..40).map(|number| hear(&mut replica, NOON, abuser.peer(), reachable(&abuser, number))).collect();
    assert_eq!(spoke.iter().filter(|judged| **judged == Judgement::Accept).count(), 32);
    assert_eq!(hear(&mut replica, NOON, sibling.peer(), reachable(&sibling, 1)), Judgement::Accept);
}

#[test]
fn entries_behind_a_gap_that_others_repeat_take_nothing_from_those_that_come_in_order() {
    let world = world(9);
    let (abuser, other) = (world.author(ABUSER), world.author(2));
    let device = world.author(1).me.device;
    let mut replica = open(&world.author(VICTIM), world.replica(VICTIM).storage().clone());
    [other.peer(), abuser.peer()].into_iter().for_each(|peer| connect(&mut replica, peer));
    let entries = long_entries(&world, 1, 2);
    let news = |index: usize| News::Entry(entries[index].announce().expect("each entry is signed"));
    assert_eq!(replica.logs().entries(&device), 0);
    for _ in 0..500 {
        assert_eq!(hear(&mut replica, NOON, abuser.peer(), news(1)), Judgement::Ignore);
    }
    assert_eq!(hear(&mut replica, NOON, other.peer(), news(0)), Judgement::Accept);
    assert!(replica.logs().entries(&device) >= 1);
    assert_eq!(replica.burdened_by(&abuser.me.device), None, "it may only have overtaken");
}

#[test]
fn honest_nodes_that_catch_up_and_meet_after_weeks_are_no_flood() {
    let mut world = World::new(7);
    world.assemble(4, 4);
    world.run_for(10 * SECOND);
    world.stop(3, grid_tests::sim::Stop::Properly);
    let write = |world: &mut World, node: usize, count: u64| {
        for number in 0..count {
            world.write(node, &Subject::New("action"), &json!({"title": format!("Walk {number}")}));
        }
        world.run_for(SECOND);
    };
    // More than anybody is sent without regard to what there is, of one log, whose author is away later.
    write(&mut world, 1, MAX_SENT + 300);
    world.run_for(MINUTE);
    world.start(3);
    world.until_healed(10 * MINUTE).unwrap_or_else(|dissent| panic!("{dissent}"));
    // A new one takes all of it, too.
    let ticket = world.invite(0, 1);
    world.join(&ticket, 0);
    world.until_healed(10 * MINUTE).unwrap_or_else(|dissent| panic!("{dissent}"));
    // Two halves write for weeks, and meet.
    world.split(vec![0, 0, 1, 1, 1]);
    for _ in 0..3 {
        (0..4).for_each(|node| write(&mut world, node, MAX_SENT / 32));
        world.sleep(7 * 24 * 60 * MINUTE);
    }
    world.heal();
    world.until_healed(20 * MINUTE).unwrap_or_else(|dissent| panic!("{dissent}"));
    assert!(world.blames.is_empty(), "{:?}", world.blames);
    let members: Vec<_> = (0..5).map(|node| world.author(node).me.device).collect();
    for node in 0..5 {
        let named = members.iter().find_map(|device| world.replica(node).burdened_by(device));
        assert_eq!(named, None, "at {node}");
    }
}
