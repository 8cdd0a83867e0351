//! The faults of `docs/reliability.md` in short forms; the long ones are a program of the test crate.

use grid_tests::faults::disk::Full;
use grid_tests::faults::room::NoRoom;
use grid_tests::faults::street::Form;
use grid_tests::faults::{Outcome, Run, disk, kill, memory, partition, torn};
use grid_tests::proxy::Carries;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The program that was built beside these tests: the tests of the whole workspace build it.
fn program() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows where it lies");
    own.parent().and_then(Path::parent).expect("tests lie below the programs").join("grid")
}

/// Runs one fault in a short form. Where this machine does not offer the form, says why; where the program is missing,
/// nothing was tried, and that is a failure.
fn assert_sound(nodes: usize, rounds: usize, fault: impl FnOnce(&Run) -> Result<Outcome, NoRoom>) {
    let run = Run { program: program(), nodes, rounds, seed: 1 };
    let what = run.program.display();
    assert!(run.program.is_file(), "nothing was tried: {what} is not built; run `cargo build -p grid-cli` first");
    match fault(&run) {
        Ok(outcome) => {
            println!("{outcome}");
            assert!(outcome.is_sound(), "{outcome}");
        }
        Err(why) => println!("not shown here because {why}"),
    }
}

#[test]
fn both_sides_of_a_partition_write_and_nothing_is_lost_in_namespaces() {
    assert_sound(4, 1, |run| partition::run(run, Form::Namespaces, Duration::from_secs(1)));
}

#[test]
fn both_sides_of_a_partition_write_and_nothing_is_lost_over_tcp() {
    assert_sound(4, 1, |run| partition::run(run, Form::Loopback(Carries::Tcp), Duration::from_secs(1)));
}

#[test]
fn both_sides_of_a_partition_write_and_nothing_is_lost_over_quic() {
    assert_sound(3, 1, |run| partition::run(run, Form::Loopback(Carries::Udp), Duration::from_secs(1)));
}

#[test]
fn nodes_that_are_killed_while_all_write_lose_nothing_acknowledged() {
    assert_sound(3, 6, |run| Ok(kill::run(run)));
}

#[test]
fn a_small_disk_that_runs_full_loses_nothing_acknowledged() {
    assert_sound(2, 1, |run| disk::run(run, Full::SmallDisk));
}

#[test]
fn files_that_may_not_grow_lose_nothing_acknowledged() {
    assert_sound(2, 2, |run| disk::run(run, Full::FileLimit));
}

#[test]
fn torn_files_come_back_from_the_journal_and_the_peers() {
    assert_sound(3, 6, |run| Ok(torn::run(run)));
}

#[test]
fn a_torn_journal_without_a_store_loses_only_what_nobody_else_had() {
    assert_sound(2, 2, |run| Ok(torn::run_alone(run)));
}

#[test]
fn a_thousand_records_are_fetched_within_little_memory() {
    assert_sound(2, 1, |run| Ok(memory::run(run, 1_000, 256 << 20)));
}
