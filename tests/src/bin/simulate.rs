//! Tells many stories of the simulated network, and prints how each ended.
//!
//! `cargo run -p grid-tests --release --bin simulate -- --nodes 50 --seeds 100`; `--from N` begins with
//! another seed.

use grid_tests::sim::{Dissent, Story};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut nodes, mut seeds, mut from) = (50_u64, 100_u64, 0_u64);
    while let Some(name) = arguments.next() {
        let value = arguments.next().and_then(|value| value.parse().ok());
        match (name.as_str(), value) {
            ("--nodes", Some(value)) => nodes = value,
            ("--seeds", Some(value)) => seeds = value,
            ("--from", Some(value)) => from = value,
            _ => {
                eprintln!("usage: simulate [--nodes N] [--seeds N] [--from SEED]");
                return ExitCode::from(2);
            }
        }
    }
    let story = Story::of(usize::try_from(nodes).unwrap_or(50));
    let (next, failed) = (AtomicU64::new(from), AtomicU64::new(0));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + seeds {
                        return;
                    }
                    if tell(story, seed).is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    println!("{} of {seeds} seeds hold", seeds - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(story: Story, seed: u64) -> Result<(), Dissent> {
    let begun = Instant::now();
    match story.tell(seed) {
        Ok(outcome) => {
            let (missing, all) = outcome.receipts_missing;
            println!(
                "seed {seed}: equal {:.1} s after healing, {} writes, {missing} of {all} receipts missing, {} events, \
                 {} pulls, {} KB asked and answered, {} KB news; took {:.1} s",
                outcome.healed_in.as_secs_f64(),
                outcome.writes,
                outcome.counts.events,
                outcome.counts.pulls,
                outcome.counts.frame_bytes / 1000,
                outcome.counts.news_bytes / 1000,
                begun.elapsed().as_secs_f64(),
            );
            Ok(())
        }
        Err(dissent) => {
            println!("seed {seed}: FAILED: {dissent}");
            Err(dissent)
        }
    }
}
