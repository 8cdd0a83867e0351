//! The faults of `docs/reliability.md` in short forms; the long ones are a program of the test crate.

use grid_tests::faults::disk::Full;
use grid_tests::faults::room::NoRoom;
use grid_tests::faults::street::Form;
use grid_tests::faults::{Outcome, Run, disk, kill, memory, partition, torn};
use grid_tests::proxy::Carries;
use std::path::PathBuf;
use std::time::Duration;

fn run(nodes: usize, rounds: usize) -> Run {
    Run { program: PathBuf::from(env!("CARGO_BIN_EXE_grid")), nodes, rounds, seed: 1 }
}

/// Says what came of it; where this machine does not offer the form, says why.
fn assert_sound(outcome: Result<Outcome, NoRoom>) {
    match outcome {
        Ok(outcome) => {
            println!("{outcome}");
            assert!(outcome.is_sound(), "{outcome}");
        }
        Err(why) => println!("not shown here because {why}"),
    }
}

#[test]
fn both_sides_of_a_partition_write_and_nothing_is_lost_in_namespaces() {
    assert_sound(partition::run(&run(4, 1), Form::Namespaces, Duration::from_secs(1)));
}

#[test]
fn both_sides_of_a_partition_write_and_nothing_is_lost_over_tcp() {
    assert_sound(partition::run(&run(4, 1), Form::Loopback(Carries::Tcp), Duration::from_secs(1)));
}

#[test]
fn both_sides_of_a_partition_write_and_nothing_is_lost_over_quic() {
    assert_sound(partition::run(&run(3, 1), Form::Loopback(Carries::Udp), Duration::from_secs(1)));
}

#[test]
fn nodes_that_are_killed_while_all_write_lose_nothing_acknowledged() {
    assert_sound(Ok(kill::run(&run(3, 6))));
}

#[test]
fn a_small_disk_that_runs_full_loses_nothing_acknowledged() {
    assert_sound(disk::run(&run(2, 1), Full::SmallDisk));
}

#[test]
fn files_that_may_not_grow_lose_nothing_acknowledged() {
    assert_sound(disk::run(&run(2, 2), Full::FileLimit));
}

#[test]
fn torn_files_come_back_from_the_journal_and_the_peers() {
    assert_sound(Ok(torn::run(&run(3, 6))));
}

#[test]
fn a_torn_journal_without_a_store_loses_only_what_nobody_else_had() {
    assert_sound(Ok(torn::run_alone(&run(2, 2))));
}

#[test]
fn a_thousand_records_are_fetched_within_little_memory() {
    assert_sound(Ok(memory::run(&run(2, 1), 1_000, 512 << 20)));
}
