//! Members that ask or say what is right, without end: what an honest node spends on them and says about them; and
//! honest nodes in a hurry, about which it says nothing.

mod meter;

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
use grid_tests::sim::{NOON, Siege, Spent, Subject, World, announced, open, told};
use meter::meter;
use serde_json::json;
use std::cell::RefCell;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const KB: u64 = 1_000;
/// What a node does at most in a minute beside what it is made to do.
const BESIDE: Spent = Spent {
    bytes_in: 40 * KB,
    bytes_out: 40 * KB,
    news_judged: 40,
    answered: 40,
    worked: 40,
    signatures: 60,
    hashed: 60 * KB,
    decoded: 20 * KB,
    applied: 0,
    held: 60 * KB,
    at_once: 60 * KB,
};

/// Five honest members and one that does what the test makes it do, connected with the victim.
fn siege(seed: u64) -> Siege {
    Siege::new(seed, 5, meter)
}

/// What the victim shows about the abuser.
fn fault(siege: &Siege) -> Option<String> {
    siege.replica(siege.victim).burdened_by(&siege.abuser().me.device)
}

/// Says something again and again, which may cost so much.
fn says(siege: &mut Siege, most: &Spent, (times, every): (u64, Duration), news: impl Fn(&Siege, u64) -> News) -> Spent {
    siege.endures(&format!("{times} pieces of news"), most, |siege| {
        for number in 0..times {
            let news = told(news(siege, number));
            siege.shout(news);
            siege.run_for(every);
        }
    })
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

#[test]
fn a_member_that_asks_for_everything_again_and_again_is_slowed_and_named() {
    let mut siege = siege(1);
    let device = siege.author(1).me.device;
    for number in 0..60 {
        siege.write(1, &Subject::New("action"), &json!({"title": format!("Walk {number}")}));
    }
    siege.run_for(MINUTE);
    let request = pack(&Request::Runs(vec![LogWant { device, first: 0 }]));
    let victim = siege.replica(siege.victim);
    let held = victim.logs().total() + victim.control().len() as u64;
    let one = siege.costs(|siege| {
        siege.demand(0, request.clone());
        siege.run_for(SECOND);
    });
    let (frames, asked) = ((MAX_SENT + 3 * held) / 60 + 2, 2_000);
    println!("held {held}, {} bytes a frame, {frames} frames", one.bytes_out);
    let most = Spent {
        bytes_in: asked * (request.len() as u64 + 40) + BESIDE.bytes_in,
        bytes_out: frames * one.bytes_out + asked * 60,
        answered: asked + BESIDE.answered,
        decoded: 2 * asked * request.len() as u64 + BESIDE.decoded,
        at_once: 200 * KB,
        ..BESIDE
    };
    siege.endures("two thousand times all of a log", &most, |siege| {
        for id in 1..asked {
            siege.demand(id, request.clone());
            siege.run_for(SECOND / 100);
        }
    });
    // Of those that are turned away each waits half a second, and most are told so at once.
    assert!(fault(&siege).is_some_and(|why| why.contains("again and again")), "{:?}", fault(&siege));
    assert!(siege.is_named());
    // It stops: an hour later it is a member like any other.
    siege.run_for(61 * MINUTE);
    assert_eq!(fault(&siege), None);
}

#[test]
fn what_a_request_makes_a_node_look_at_weighs_and_whoever_is_turned_away_waits_for_it() {
    let siege = siege(2);
    let (disk, author) = (siege.replica(siege.victim).storage().clone(), siege.abuser());
    let mut replica = open(&siege.author(siege.victim), disk);
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
    let mut siege = siege(3);
    let author = siege.abuser();
    let address = format!("/memory/{}/p2p/{}", siege.abuser, peer_id(&author.peer()));
    // 32 at once, one every ten seconds, and 128 more until it is no longer listened to.
    let judged = 250;
    let most = Spent {
        bytes_in: 600 * 400,
        bytes_out: 150 * KB,
        news_judged: judged,
        signatures: 100,
        decoded: judged * 400,
        ..BESIDE
    };
    says(&mut siege, &most, (600, SECOND / 20), |_, number| {
        let now = NOON.wall.after(Duration::from_secs(1_000_000 + number));
        News::Hint(author.hint(now, Says::Reachable(vec![address.clone()])))
    });
    assert!(fault(&siege).is_some_and(|why| why.contains("says far more")), "{:?}", fault(&siege));
}

#[test]
fn a_member_that_gives_receipts_without_end_is_named_and_not_passed_on() {
    let mut siege = siege(4);
    let (author, log) = (siege.abuser(), siege.author(1).me.device);
    let judged = 3_200;
    let most = Spent {
        bytes_in: 4_000 * 300,
        // What is passed on goes to the four others: 512 at once, and 16 a second.
        bytes_out: 5 * 240 * (512 + 16 * 20),
        news_judged: judged,
        signatures: 512 + 16 * 20 + BESIDE.signatures,
        hashed: judged * 100,
        decoded: judged * 300,
        ..BESIDE
    };
    says(&mut siege, &most, (4_000, SECOND / 200), |_, number| {
        let now = NOON.wall.after(Duration::from_secs(1_000_000 + number));
        News::Hint(author.hint(now, Says::Received(vec![(log, number)])))
    });
    assert!(fault(&siege).is_some_and(|why| why.contains("says far more")), "{:?}", fault(&siege));
}

#[test]
fn a_member_that_signs_again_without_end_makes_others_work_it_out_a_bounded_number_of_times() {
    let mut siege = siege(5);
    let author = siege.abuser();
    let victim = siege.victim;
    let prints = RefCell::new(vec![siege.replica(victim).control().fingerprint()]);
    // 256 at once, two a second, and as many more as it takes until it is not listened to.
    let taken = 256 + 2 * 16 + 2;
    let most = Spent {
        bytes_in: 1_500 * 500,
        bytes_out: taken * 500 + BESIDE.bytes_out,
        news_judged: 1_500,
        signatures: taken + BESIDE.signatures,
        // Who belongs is worked out for each that is taken in.
        hashed: taken * 20 * KB,
        decoded: 1_500 * 400,
        held: taken * 5 * KB,
        ..BESIDE
    };
    says(&mut siege, &most, (1_500, SECOND / 100), |siege, number| {
        prints.borrow_mut().push(siege.replica(victim).control().fingerprint());
        let now = NOON.wall.after(Duration::from_millis(number));
        News::Record(author.sign(siege.replica(victim), now))
    });
    let mut prints = prints.into_inner();
    prints.dedup();
    println!("{} records were taken in; {:?}", prints.len() - 1, fault(&siege));
    assert!(prints.len() as u64 <= taken, "{}", prints.len());
    assert!(fault(&siege).is_some_and(|why| why.contains("says far more")), "{:?}", fault(&siege));
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
    let mut siege = siege(6);
    let entries = long_entries(&siege, siege.abuser, 320);
    entries.iter().for_each(|entry| siege.history.written(entry));
    let device = siege.abuser().me.device;
    let bytes = 320 * 60 * KB;
    let most = Spent {
        bytes_in: 2 * bytes,
        bytes_out: 4 * bytes,
        news_judged: 3 * 320,
        signatures: 2 * 320,
        hashed: 2 * bytes,
        decoded: 2 * bytes,
        // What is valid is kept.
        held: 2 * bytes,
        at_once: 6_000 * KB,
        ..BESIDE
    };
    siege.endures("twenty megabytes within a second", &most, |siege| {
        for entry in &entries {
            siege.shout(announced(entry));
            siege.run_for(SECOND / 1_000);
        }
        siege.run_for(SECOND);
        let taken = siege.replica(siege.victim).logs().entries(&device);
        println!("{} entries: {taken} by gossip; {:?}", entries.len(), fault(siege));
        assert!(taken < entries.len() as u64 && taken > 200, "{taken}");
        assert_eq!(fault(siege), None, "whoever imports much has done nothing wrong");
    });
}

#[test]
fn receipts_that_others_repeat_are_not_held_against_their_device() {
    let mut siege = siege(8);
    let victim = siege.victim;
    siege.write(victim, &Subject::New("action"), &json!({"title": "Walk"}));
    siege.run_for(SECOND);
    let (author, honest, other) = (siege.author(victim), siege.author(1), siege.author(2));
    let abuser = siege.abuser();
    let mut replica = open(&author, siege.replica(victim).storage().clone());
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
    let siege = siege(10);
    let (author, honest, other) = (siege.author(siege.victim), siege.author(1), siege.author(2));
    let abuser = siege.abuser();
    let mut replica = open(&author, siege.replica(siege.victim).storage().clone());
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
    let siege = siege(11);
    let abuser = siege.abuser();
    let (sibling, certificate) = abuser.further_device(901);
    let mut replica = open(&siege.author(siege.victim), siege.replica(siege.victim).storage().clone());
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
    let siege = siege(9);
    let (abuser, other) = (siege.abuser(), siege.author(2));
    let device = siege.author(1).me.device;
    let mut replica = open(&siege.author(siege.victim), siege.replica(siege.victim).storage().clone());
    [other.peer(), abuser.peer()].into_iter().for_each(|peer| connect(&mut replica, peer));
    let entries = long_entries(&siege, 1, 2);
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
