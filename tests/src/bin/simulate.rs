//! Tells many stories of the simulated network, or spreads news in a large one, and prints how each ended.
//!
//! ```text
//! cargo run --release -p grid-tests --bin simulate -- story --nodes 50 --seeds 100 [--from SEED]
//! cargo run --release -p grid-tests --bin simulate -- broadcast --nodes 1300 --seed 1 [--silent 30 | --lying 30] [--churn]
//! ```
//!
//! Without a verb it tells stories. The same seed gives the same run, on every machine.

use grid_tests::sim::{Broadcast, Churn, Conduct, Dissent, Story};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const USAGE: &str = "usage: simulate [story] [--nodes N] [--seeds N] [--from SEED] [--threads N] [--weeks N]
       simulate broadcast [--nodes N] [--seed SEED] [--silent PERCENT | --lying PERCENT] [--churn] [--writes N]";

/// What was asked for.
#[derive(Debug)]
struct Wanted {
    verb: Verb,
    nodes: usize,
    seeds: u64,
    from: u64,
    writes: usize,
    threads: usize,
    weeks: Option<usize>,
    faulty: u16,
    conduct: Conduct,
    churn: Churn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Story,
    Broadcast,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(wanted) = read(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match wanted.verb {
        Verb::Story => stories(&wanted),
        Verb::Broadcast => broadcast(&wanted),
    }
}

fn read(arguments: &[String]) -> Option<Wanted> {
    let mut words = arguments.iter().map(String::as_str).peekable();
    let verb = match words.next_if(|word| !word.starts_with("--")) {
        None | Some("story") => Verb::Story,
        Some("broadcast") => Verb::Broadcast,
        Some(_) => return None,
    };
    let mut wanted = Wanted {
        verb,
        nodes: if verb == Verb::Story { 50 } else { 1_300 },
        seeds: 100,
        from: 0,
        writes: 100,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        weeks: None,
        faulty: 0,
        conduct: Conduct::Honest,
        churn: Churn::None,
    };
    while let Some(name) = words.next() {
        if name == "--churn" {
            wanted.churn = Churn::Usual;
            continue;
        }
        let value = words.next()?;
        match name {
            "--nodes" => wanted.nodes = value.parse().ok()?,
            "--seeds" => wanted.seeds = value.parse().ok()?,
            "--from" | "--seed" => wanted.from = value.parse().ok()?,
            "--writes" => wanted.writes = value.parse().ok()?,
            "--threads" => wanted.threads = value.parse().ok()?,
            "--weeks" => wanted.weeks = Some(value.parse().ok()?),
            "--silent" => (wanted.conduct, wanted.faulty) = (Conduct::Silent, value.parse().ok()?),
            "--lying" => (wanted.conduct, wanted.faulty) = (Conduct::Lying, value.parse().ok()?),
            _ => return None,
        }
    }
    Some(wanted)
}

fn broadcast(wanted: &Wanted) -> ExitCode {
    let Wanted { nodes, writes, faulty, conduct, churn, .. } = *wanted;
    let begun = Instant::now();
    match (Broadcast { nodes, writes, faulty, conduct, churn }).run(wanted.from) {
        Ok(spread) => {
            println!("seed {}: {nodes} nodes, {faulty} % {conduct:?}, churn {churn:?}: {spread}", wanted.from);
            let counts = spread.counts;
            println!(
                "{} stops; in {:.0} s of virtual time {} events, {} KB gossip and {} KB asked and answered per node; took {:.0} s{}",
                spread.stops,
                spread.lasted.as_secs_f64(),
                counts.events,
                counts.news_bytes / 1_000 / nodes as u64,
                counts.frame_bytes / 1_000 / nodes as u64,
                begun.elapsed().as_secs_f64(),
                memory(),
            );
            ExitCode::SUCCESS
        }
        Err(dissent) => {
            println!("seed {}: FAILED: {dissent}", wanted.from);
            ExitCode::FAILURE
        }
    }
}

/// The most memory that this process has used, where the system tells.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: Option<u64> = peak.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    kilobytes.map_or_else(String::new, |kilobytes| format!(", {} MB", kilobytes / 1_000))
}

fn stories(wanted: &Wanted) -> ExitCode {
    let story = match wanted.weeks {
        Some(weeks) => Story::apart(wanted.nodes, weeks),
        None => Story::of(wanted.nodes),
    };
    let (from, seeds) = (wanted.from, wanted.seeds);
    let (next, failed) = (AtomicU64::new(from), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..wanted.threads.max(1) {
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
            let ((missing, all), [adopted, renewed, mandates]) = (outcome.receipts_missing, outcome.governed);
            println!(
                "seed {seed}: equal {:.1} s after healing, {} writes, {} forgeries, {adopted} versions adopted, {renewed} keys \
                 renewed or ended, {mandates} mandates, {} computers paired, {missing} of {all} receipts missing, {} events, \
                 {} pulls, {} KB asked and answered, {} KB news; took {:.1} s{}",
                outcome.healed_in.as_secs_f64(),
                outcome.writes,
                outcome.forged,
                outcome.paired,
                outcome.counts.events,
                outcome.counts.pulls,
                outcome.counts.frame_bytes / 1000,
                outcome.counts.news_bytes / 1000,
                begun.elapsed().as_secs_f64(),
                memory(),
            );
            Ok(())
        }
        Err(dissent) => {
            println!("seed {seed}: FAILED: {dissent}");
            Err(dissent)
        }
    }
}
