//! The targets of `tests/fuzz` on the stable compiler: what is kept is tried again, and more like it.

use grid_tests::fuzz::{Mutator, Reached, TARGETS, Target};
use std::fs;
use std::path::PathBuf;

const SEED: u64 = 0x6772_6964;

fn folder(target: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz")).join(target)
}

/// The kept inputs of a target by name.
fn kept(target: &Target) -> Vec<(String, Vec<u8>)> {
    let files =
        fs::read_dir(folder("corpus").join(target.name)).unwrap_or_else(|error| panic!("{}: {error}", target.name));
    let mut kept: Vec<_> = files
        .map(|file| file.expect("a file").path())
        .map(|path| {
            (path.file_name().expect("a name").to_string_lossy().into_owned(), fs::read(&path).expect("a file"))
        })
        .collect();
    kept.sort();
    kept
}

/// Tries an input; what a failure says is enough to try it again.
fn try_input(target: &Target, name: &str, bytes: &[u8]) -> Reached {
    let run = target.run;
    std::panic::catch_unwind(|| run(bytes))
        .unwrap_or_else(|_| panic!("target {} fails on {name}: {}", target.name, to_hex(bytes)))
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_kept_corpus_of_every_target_replays() {
    for target in TARGETS {
        let kept = kept(&target);
        let read = kept.iter().filter(|(name, bytes)| try_input(&target, name, bytes) == Reached::Read).count();
        println!("{:<10} {:>3} inputs, {read} of them taken", target.name, kept.len());
        assert!(read > 0, "nothing that is kept for {} comes through its door", target.name);
    }
}

#[test]
fn the_inputs_that_are_made_today_come_through_the_door() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        let read = seeds.iter().filter(|(name, bytes)| try_input(&target, name, bytes) == Reached::Read).count();
        assert!(read * 3 >= seeds.len(), "{}: only {read} of {} are taken", target.name, seeds.len());
    }
}

#[test]
fn thousands_of_inputs_like_those_that_are_kept_break_no_target() {
    for target in TARGETS {
        let inputs: Vec<Vec<u8>> = kept(&target).into_iter().map(|(_, bytes)| bytes).collect();
        let mut mutator = Mutator::new(SEED);
        let mut read = 0;
        for case in 0..target.cases {
            let bytes = mutator.next(&inputs);
            let name = format!("case {case} of seed {SEED:#x}");
            read += usize::from(try_input(&target, &name, &bytes) == Reached::Read);
        }
        println!("{:<10} {:>5} cases, {read} of them taken", target.name, target.cases);
    }
}

#[test]
fn every_target_has_a_program_for_the_fuzzer() {
    let manifest = fs::read_to_string(folder("Cargo.toml")).expect("the manifest of the fuzzing programs");
    let programs = fs::read_dir(folder("fuzz_targets")).expect("the fuzzing programs").count();
    assert_eq!(programs, TARGETS.len());
    for target in TARGETS {
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{} is not in the manifest", target.name);
        let program =
            fs::read_to_string(folder("fuzz_targets").join(format!("{}.rs", target.name))).expect("a program");
        assert!(program.contains(&format!("fuzz::{}(bytes)", target.name)), "{} fuzzes something else", target.name);
    }
}
