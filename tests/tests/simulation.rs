//! The simulated network: what must hold after splits, restarts, losses, repeats and overtaking.
//!
//! `GRID_SIM_SEED=7` tells one story again; the long form with 100 seeds is
//! `cargo run -p grid-tests --release --bin simulate -- --nodes 50 --seeds 100`.

use grid_protocol::control::Capabilities;
use grid_protocol::limits::MAX_WAITING_PER_LOG;
use grid_tests::sim::{Conditions, Conduct, NodeIndex, Room, Stop, Story, Subject, World};
use serde_json::json;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// The seeds to tell: those given, or the one that was asked for.
fn seeds(given: std::ops::Range<u64>) -> Vec<u64> {
    match std::env::var("GRID_SIM_SEED") {
        Ok(seed) => vec![seed.parse().expect("GRID_SIM_SEED is a number")],
        Err(_) => given.collect(),
    }
}

fn tell(nodes: usize, given: std::ops::Range<u64>) {
    for seed in seeds(given) {
        match Story::short(nodes).tell(seed) {
            Ok(outcome) => println!("seed {seed}, {nodes} nodes: {outcome:?}"),
            Err(dissent) => panic!("{nodes} nodes, GRID_SIM_SEED={seed}: {dissent}"),
        }
    }
}

fn equal(world: &mut World) -> Duration {
    let took = world.until_healed(20 * MINUTE);
    took.unwrap_or_else(|dissent| panic!("seed {}: {dissent}", world.seed))
}

fn members(world: &World, node: NodeIndex) -> usize {
    world.replica(node).authority().members().count()
}

fn action(world: &mut World, node: NodeIndex, title: &str) -> grid_protocol::id::DocumentId {
    world.write(node, &Subject::New("action"), &json!({"title": title}))
}

#[test]
fn twenty_nodes_are_one_again_after_splits_restarts_losses_and_repeats() {
    tell(20, 0..6);
}

#[test]
fn fifty_nodes_are_one_again_after_splits_restarts_losses_and_repeats() {
    tell(50, 100..101);
}

#[test]
fn groups_that_were_apart_for_weeks_are_one_again_while_computers_go_and_members_lie_and_say_nothing() {
    for seed in seeds(200..202) {
        match Story::apart(28, 2).tell(seed) {
            Ok(outcome) => {
                println!("seed {seed}: {outcome:?}");
                assert!(outcome.writes >= 20 && outcome.stops >= 14 && outcome.forged >= 1, "{outcome:?}");
            }
            Err(dissent) => panic!("GRID_SIM_SEED={seed}: {dissent}"),
        }
    }
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let tell = || Story::short(6).tell(3).map(|outcome| (outcome.healed_in, outcome.writes, outcome.counts));
    assert_eq!(tell(), tell());
}

#[test]
fn two_edits_of_one_page_on_both_sides_of_a_split_stay() {
    let mut world = World::new(1);
    world.assemble(4, 4);
    world.run_for(MINUTE / 6);
    let page = world.write(0, &Subject::New("page"), &json!({"title": "Plan", "text": "We meet by the river.\n"}));
    equal(&mut world);
    world.split(vec![0, 0, 1, 1]);
    world.run_for(MINUTE / 6);
    world.write(0, &Subject::Existing(page), &json!({"text": "We meet by the river every month.\n"}));
    world.write(3, &Subject::Existing(page), &json!({"text": "Welcome. We meet by the river.\n"}));
    world.run_for(MINUTE);
    assert!(!world.is_equal());
    world.heal();
    equal(&mut world);
    for node in 0..4 {
        assert_eq!(world.text(node, page, "text"), "Welcome. We meet by the river every month.\n", "node {node}");
    }
}

#[test]
fn a_node_that_was_away_for_weeks_catches_up() {
    let mut world = World::new(2);
    world.assemble(5, 4);
    world.run_for(MINUTE / 6);
    world.stop(4, Stop::Properly);
    for week in 0..6 {
        for writer in 0..4 {
            for count in 0..10 {
                action(&mut world, writer, &format!("Week {week}: {count} of {writer}"));
            }
        }
        world.run_for(MINUTE);
        world.sleep(7 * 24 * 60 * MINUTE);
    }
    world.start(4);
    equal(&mut world);
    assert_eq!(world.replica(4).documents().len(), 240);
}

#[test]
fn a_node_that_lost_power_fetches_again_what_was_not_safe_and_keeps_what_it_acknowledged() {
    let mut world = World::new(3);
    world.assemble(3, 2);
    world.run_for(MINUTE / 6);
    for round in 0..20 {
        let node = round % 3;
        action(&mut world, (node + 1) % 3, "before");
        world.run_for(Duration::from_millis(100));
        action(&mut world, node, "acknowledged");
        world.stop(node, Stop::Crash);
        world.run_for(Duration::from_secs(2));
        world.start(node);
        world.run_for(Duration::from_secs(5));
    }
    equal(&mut world);
}

#[test]
fn receipts_reach_an_author_that_was_away() {
    let mut world = World::new(4);
    world.assemble(6, 4);
    world.run_for(MINUTE / 6);
    action(&mut world, 0, "Walk");
    world.stop(0, Stop::Crash);
    world.run_for(2 * MINUTE);
    world.start(0);
    world.run_for(4 * MINUTE);
    let replica = world.replica(0);
    let delivery = replica.receipts().delivery(&replica.me(), replica.authority(), 0);
    assert_eq!((delivery.received_by.len(), delivery.waiting_for), (5, vec![]));
    equal(&mut world);
}

#[test]
fn a_thousand_records_reach_a_new_node() {
    let mut world = World::new(5);
    world.assemble(2, 2);
    for count in 0..1_000 {
        action(&mut world, count % 2, &format!("Walk {count}"));
    }
    let ticket = world.invite(0, 1);
    let node = world.join(&ticket, 0);
    equal(&mut world);
    assert_eq!(world.replica(node).documents().len(), 1_000);
}

#[test]
fn a_group_joins_while_the_inviter_is_away() {
    let mut world = World::new(6);
    world.assemble(3, 2);
    world.run_for(MINUTE / 6);
    let ticket = world.invite(0, 1);
    world.run_for(MINUTE / 6);
    world.stop(0, Stop::Properly);
    let node = world.join(&ticket, 2);
    world.run_for(MINUTE / 6);
    assert_eq!(members(&world, 1), 4);
    action(&mut world, node, "Hello");
    world.start(0);
    equal(&mut world);
    assert_eq!(members(&world, 0), 4);
}

/// What a newcomer writes that is to be out again: something of its own, and a line in a page on which a member builds.
struct Written {
    page: grid_protocol::id::DocumentId,
    own: grid_protocol::id::DocumentId,
}

fn writes_before_it_is_out(world: &mut World, newcomer: NodeIndex, member: NodeIndex) -> Written {
    let page = world.write(member, &Subject::New("page"), &json!({"title": "Plan", "text": "One.\n"}));
    world.run_for(MINUTE / 3);
    let own = action(world, newcomer, "By whoever is not let in");
    for (node, line) in [(newcomer, "Two.\n"), (member, "Three.\n")] {
        let text = world.text(node, page, "text");
        world.write(node, &Subject::Existing(page), &json!({"text": text + line}));
        world.run_for(MINUTE / 3);
    }
    Written { page, own }
}

/// All believe and hold the same, the words on which a member built are nowhere lost, and what was the newcomer's own is
/// shown nowhere.
fn agree_on_what_was_written(world: &mut World, nodes: std::ops::Range<NodeIndex>, written: &Written) {
    let seed = world.seed;
    let took = world.until_equal(20 * MINUTE).and_then(|_| world.check_always());
    took.unwrap_or_else(|dissent| panic!("seed {seed}: {dissent}"));
    for node in nodes {
        assert_eq!(world.text(node, written.page, "text"), "One.\nTwo.\nThree.\n", "seed {seed}, node {node}");
        assert_eq!(world.text(node, written.own, "title"), "", "seed {seed}, node {node}");
    }
}

#[test]
fn of_two_joins_on_one_slot_every_node_takes_the_same_whichever_came_first() {
    for seed in 10..14 {
        let mut world = World::new(seed);
        world.assemble(4, 4);
        world.run_for(MINUTE / 6);
        let ticket = world.invite(0, 1);
        world.run_for(MINUTE / 6);
        // The inviter is away, and the two come in on two sides of a split.
        world.stop(0, Stop::Properly);
        world.split(vec![0, 0, 1, 1]);
        world.run_for(MINUTE / 6);
        let (first, second) = (world.take_invite(&ticket), world.take_invite(&ticket));
        world.split(vec![0, 0, 1, 1, 0, 1]);
        world.start(first);
        world.start(second);
        world.link(first, 1);
        world.link(second, 2);
        world.run_for(MINUTE);
        assert_eq!((members(&world, 1), members(&world, 2)), (5, 5), "seed {seed}");
        let [one, other] = [(first, 1), (second, 2)].map(|(newcomer, member)| {
            let written = writes_before_it_is_out(&mut world, newcomer, member);
            (newcomer, written)
        });
        world.heal();
        world.run_for(5 * MINUTE);
        let lucky = world.author(first).me.group.min(world.author(second).me.group);
        assert!((1..4).all(|node| world.replica(node).authority().is_member(&lucky)), "seed {seed}");
        // The inviter comes back and confirms the one that all agree on.
        world.start(0);
        world.run_for(5 * MINUTE);
        for node in 0..4 {
            let authority = world.replica(node).authority();
            assert!(authority.is_member(&lucky), "seed {seed}, node {node}");
            assert_eq!(members(&world, node), 5, "seed {seed}, node {node}");
        }
        assert!(world.blames.is_empty(), "seed {seed}: {:?}", world.blames);
        // Whoever was not let in holds less than the others.
        let unlucky = if world.author(first).me.group == lucky { second } else { first };
        world.stop(unlucky, Stop::Properly);
        let (_, written) = if one.0 == unlucky { one } else { other };
        agree_on_what_was_written(&mut world, 0..4, &written);
    }
}

#[test]
fn an_invite_taken_back_before_the_join_lets_nobody_in_and_after_it_takes_nobody_out() {
    let mut world = World::new(7);
    world.assemble(3, 2);
    world.run_for(MINUTE / 6);
    let (early, late) = (world.invite(0, 1), world.invite(0, 1));
    let joined = world.join(&early, 1);
    world.run_for(MINUTE);
    assert_eq!(members(&world, 2), 4);
    let record = world.author(0).revoke(world.replica(0), vec![early.first, late.first]);
    world.commit_record(0, record);
    world.run_for(MINUTE / 6);
    let refused = world.join(&late, 1);
    world.run_for(MINUTE);
    for node in [0, 1, 2, joined] {
        assert_eq!(members(&world, node), 4, "node {node}");
    }
    assert!(world.blames.is_empty(), "{:?}", world.blames);
    world.stop(refused, Stop::Properly);
    equal(&mut world);
}

#[test]
fn a_join_and_the_revocation_of_its_invite_on_two_sides_of_a_split_come_out_the_same_everywhere() {
    for seed in 20..24 {
        let mut world = World::new(seed);
        world.assemble(4, 4);
        world.run_for(MINUTE / 6);
        let ticket = world.invite(0, 1);
        world.run_for(MINUTE / 6);
        world.split(vec![0, 0, 1, 1]);
        world.run_for(MINUTE / 6);
        let newcomer = world.take_invite(&ticket);
        world.split(vec![0, 0, 1, 1, 1]);
        world.start(newcomer);
        world.link(newcomer, 2);
        let record = world.author(0).revoke(world.replica(0), vec![ticket.first]);
        world.commit_record(0, record);
        world.run_for(MINUTE);
        assert_eq!((members(&world, 1), members(&world, 2)), (4, 5), "seed {seed}");
        let written = writes_before_it_is_out(&mut world, newcomer, 2);
        world.heal();
        world.run_for(5 * MINUTE);
        world.stop(newcomer, Stop::Properly);
        agree_on_what_was_written(&mut world, 0..4, &written);
        assert_eq!(members(&world, 3), 4, "seed {seed}");
    }
}

#[test]
fn a_withdrawal_counts_the_same_whether_it_comes_before_or_after_what_was_written_behind_it() {
    let mut world = World::new(8);
    world.assemble(4, 4);
    world.run_for(MINUTE / 6);
    let page = world.write(0, &Subject::New("page"), &json!({"title": "Plan", "text": "One.\n"}));
    world.write(1, &Subject::Own("group"), &json!({"name": "Group 1", "about": "We are leaving."}));
    equal(&mut world);
    // Node 1 withdraws in one part, after it wrote to the page in the other.
    world.split(vec![0, 1, 1, 0]);
    world.run_for(MINUTE / 3);
    let text = world.text(1, page, "text");
    world.write(1, &Subject::Existing(page), &json!({"text": format!("{text}After.\n")}));
    world.run_for(MINUTE / 3);
    let withdrawal = world.author(1).withdraw(world.replica(1), 0, world.wall_of(1));
    world.commit_record(1, withdrawal);
    world.run_for(MINUTE / 3);
    world.heal();
    equal(&mut world);
    for node in 0..4 {
        assert_eq!(world.text(node, page, "text"), "One.\n", "node {node}");
    }
}

#[test]
fn changes_that_wait_for_one_that_comes_late_are_all_read_in_the_end() {
    let mut world = World::new(9);
    world.assemble(4, 4);
    world.run_for(MINUTE / 6);
    // The page begins at node 3 and is edited at node 2 only; node 0 gets the edits through node 2's log,
    // and their beginning later, whatever it is asked for first.
    world.split(vec![0, 0, 1, 1]);
    world.run_for(MINUTE / 3);
    let page = world.write(3, &Subject::New("page"), &json!({"title": "Plan", "text": "0\n"}));
    world.run_for(MINUTE);
    for count in 1..3 * MAX_WAITING_PER_LOG {
        let text = world.text(2, page, "text");
        world.write(2, &Subject::Existing(page), &json!({"text": format!("{text}{count}\n")}));
    }
    world.run_for(MINUTE);
    world.heal();
    equal(&mut world);
    let text = world.text(0, page, "text");
    assert_eq!(text.lines().count(), 3 * MAX_WAITING_PER_LOG);
}

#[test]
fn a_stranger_of_another_coalition_is_refused_and_both_sides_say_why() {
    let mut world = World::new(15);
    world.assemble(3, 2);
    world.run_for(MINUTE / 6);
    let root = world.root(1);
    let stranger = world.found("Another");
    action(&mut world, stranger, "Not for them");
    world.link(stranger, 1);
    world.run_for(5 * MINUTE);
    assert_eq!(world.root(1), root);
    assert_eq!(members(&world, stranger), 1);
    let is_between = |blame: &grid_tests::sim::Blame, by, of| blame.by == by && blame.of == Some(of);
    for (by, of) in [(1, stranger), (stranger, 1)] {
        let named =
            |blame: &grid_tests::sim::Blame| is_between(blame, by, of) && blame.why.contains("another coalition");
        assert!(world.blames.iter().any(named), "{:?}", world.blames);
    }
    let between = |blame| is_between(blame, 1, stranger) || is_between(blame, stranger, 1);
    assert!(world.blames.iter().all(between), "{:?}", world.blames);
    // To the others it is a peer like any that does not do what it should, and nothing of it has to be held.
    world.set_conduct(stranger, Conduct::Lying);
    world.history.ended(world.author(stranger).me.device, 0);
    equal(&mut world);
}

#[test]
fn a_node_with_a_full_disk_loses_nothing_acknowledged_and_catches_up_when_there_is_room() {
    let mut world = World::new(16);
    world.assemble(4, 4);
    world.run_for(MINUTE / 6);
    world.replica(2).storage().set_room(Room::None);
    for count in 0..30 {
        action(&mut world, count % 2, "Walk");
        world.run_for(Duration::from_millis(300));
    }
    let ticket = world.invite(0, 1);
    world.join(&ticket, 1);
    world.run_for(2 * MINUTE);
    let failed = world.try_write(2, &Subject::New("action"), &json!({"title": "No room"}));
    assert!(matches!(failed, Err(grid_protocol::storage::StorageError::Full)));
    assert!(world.disk_failures > 0 && !world.is_equal());
    world.replica(2).storage().set_room(Room::Enough);
    action(&mut world, 2, "Room again");
    equal(&mut world);
}

#[test]
fn a_bad_network_delays_and_loses_nothing() {
    let mut world = World::new(17);
    world.assemble(8, 4);
    world.conditions = Conditions { news_lost: 400, repeated: 300, frames_lost: 200, ..Conditions::default() };
    for count in 0..40 {
        action(&mut world, count % 8, "Walk");
        world.run_for(Duration::from_secs(1));
    }
    let took = equal(&mut world);
    assert!(took <= 20 * MINUTE);
}

#[test]
fn the_second_computer_of_a_robbed_group_hands_out_what_the_stolen_one_wrote_and_nobody_blames_it() {
    let mut world = World::new(31);
    world.assemble(3, 4);
    world.run_for(MINUTE / 6);
    let code = world.add_device(2, Capabilities::WRITE);
    let second = world.pair(&code, 2);
    world.run_for(MINUTE);
    world.write(2, &Subject::New("action"), &json!({"title": "Before"}));
    equal(&mut world);
    let (device, head) = (world.author(2).me.device, world.replica(2).own_head().copied());
    let fork = head.map_or(0, |head| head.seq + 1);
    // The group's two computers are by themselves, while a thief shows the others what the copy writes.
    world.split(vec![0, 0, 1, 1]);
    world.run_for(MINUTE / 3);
    // It says more than the copy: who holds the copy's history asks for what comes behind it.
    for title in ["Said at home", "Said at home again"] {
        world.write(2, &Subject::New("action"), &json!({"title": title}));
    }
    world.write_apart(2, 0, head, &Subject::New("action"), &json!({"title": "Said by the thief"}));
    world.run_for(MINUTE / 3);
    world.stop(2, Stop::Properly);
    world.history.ended(device, fork);
    world.heal();
    world.link(second, 0);
    world.run_for(MINUTE);
    assert!(world.replica(0).authority().cut(&device).is_some(), "two histories are proven");
    assert!(world.blames.is_empty(), "{:?}", world.blames);
    equal(&mut world);
}

#[test]
fn a_copied_home_that_writes_on_both_sides_of_a_split_is_proven_and_cut_alike_everywhere() {
    for seed in seeds(0..4) {
        let mut world = World::new(seed);
        world.assemble(14, 4);
        world.run_for(MINUTE);
        let page = world.write(0, &Subject::New("page"), &json!({"title": "Plan", "text": "We meet.\n"}));
        world.write(3, &Subject::New("action"), &json!({"title": "Before"}));
        equal(&mut world);
        let liar = world.author(3).me.device;
        let head = world.replica(3).own_head().copied();
        let fork = head.map_or(0, |head| head.seq + 1);
        world.split((0..14).map(|node| u8::from(node >= 8)).collect());
        world.run_for(MINUTE);
        // On each side the others go on with what the device wrote there, on one more than on the other.
        world.write(3, &Subject::Existing(page), &json!({"title": "Plan, said here"}));
        let lost = world.write_apart(3, 9, head, &Subject::Existing(page), &json!({"title": "Plan, said there"}));
        assert_eq!(lost, page);
        world.run_for(3 * MINUTE);
        for node in [0, 1, 2, 4] {
            assert_eq!(world.text(node, page, "title"), "Plan, said here", "seed {seed}");
            world.write(node, &Subject::Existing(page), &json!({"text": format!("We meet, here {node}.\n")}));
        }
        for node in [8, 10] {
            assert_eq!(world.text(node, page, "title"), "Plan, said there", "seed {seed}");
            world.write(node, &Subject::Existing(page), &json!({"text": format!("We meet, there {node}.\n")}));
        }
        world.write(3, &Subject::New("action"), &json!({"title": "Nobody built on this"}));
        world.run_for(2 * MINUTE);
        world.heal();
        // What the device wrote behind that is cut everywhere, and it is told that it has two histories.
        world.history.ended(liar, fork);
        let took = equal(&mut world);
        for node in 0..14 {
            let cut = world.replica(node).authority().cut(&liar).expect("the fork is proven");
            assert_eq!(cut.seq, fork, "seed {seed}, node {node}");
            assert_eq!(world.text(node, page, "title"), "Plan, said here", "seed {seed}, node {node}");
        }
        println!("seed {seed}: equal after {took:?}");
    }
}
