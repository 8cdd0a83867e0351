//! Tries every target of `tests/fuzz` on the stable compiler for a while: `cargo run -p grid-tests --bin try-fuzz -- 60`.
//!
//! The arguments are seconds for each target, the seed to begin with, and the names of targets where not all are meant.
//! An input that fails ends the run, and is shown in hex: it becomes a test.

use grid_tests::fuzz::{Mutator, Reached, TARGETS, Target};
use std::path::Path;
use std::time::{Duration, Instant};

/// Inputs that are kept to be changed further.
const MOST: usize = 2_000;

fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |usual: u64| match arguments.next() {
        Some(text) => text.parse().map_err(|_| format!("expected a number, found {text}")),
        None => Ok(usual),
    };
    let (seconds, seed) = (number(60)?, number(1)?);
    let named: Vec<String> = arguments.collect();
    if let Some(unknown) = named.iter().find(|name| TARGETS.iter().all(|target| target.name != **name)) {
        return Err(format!("there is no target {unknown}"));
    }
    for target in TARGETS.iter().filter(|target| named.is_empty() || named.iter().any(|name| name == target.name)) {
        let (cases, read) = try_for(target, Duration::from_secs(seconds), seed)?;
        println!("{:<10} {cases:>9} inputs, {read} of them taken", target.name);
    }
    Ok(())
}

/// Tries inputs like those that are kept, and like those that were taken; how many, and how many were.
fn try_for(target: &Target, time: Duration, seed: u64) -> Result<(u64, u64), String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target.name);
    let files = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut inputs: Vec<Vec<u8>> = files.flatten().filter_map(|file| std::fs::read(file.path()).ok()).collect();
    inputs.sort();
    let (mut mutator, begun, run) = (Mutator::new(seed), Instant::now(), target.run);
    let (mut cases, mut read) = (0, 0);
    while begun.elapsed() < time {
        let bytes = mutator.next(&inputs);
        let reached = std::panic::catch_unwind(|| run(&bytes)).map_err(|_| {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("target {} fails on input {cases} of seed {seed}: {hex}", target.name)
        })?;
        cases += 1;
        if reached == Reached::Read {
            read += 1;
            if inputs.len() < MOST && bytes.len() < 4_000 {
                inputs.push(bytes);
            }
        }
    }
    Ok((cases, read))
}
