//! Tells many stories of the simulated network, or spreads news in a large one, and prints how each ended.
//!
//! ```text
//! cargo run --release -p grid-tests --bin simulate -- all [--nodes 1300] [--seed 1]
//! cargo run --release -p grid-tests --bin simulate -- story --nodes 50 --seeds 100 [--from SEED] [--weeks 3]
//! cargo run --release -p grid-tests --bin simulate -- broadcast --nodes 1300 --seed 1 [--silent 30 | --lying 30] [--churn]
//! ```
//!
//! `all` prints the figures of P6, and tells of a coalition of that size that is split for weeks while everything else
//! goes wrong. Without a verb it tells stories. The same seed gives the same run, on every machine. It ends with an
//! error where a goal is missed or anything does not hold.

use grid_tests::sim::{Broadcast, Churn, Conduct, Dissent, Spread, Story};
use rustix::time::{ClockId, clock_gettime};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const USAGE: &str = "usage: simulate [story] [--nodes N] [--seeds N] [--from SEED] [--threads N] [--weeks N]
       simulate broadcast [--nodes N] [--seed SEED] [--silent PERCENT | --lying PERCENT] [--churn] [--writes N]
       simulate all [--nodes N] [--seed SEED] [--writes N] [--weeks N]";
/// Where all are honest and awake, ninety-nine in a hundred hear within this.
const USUAL: Duration = Duration::from_millis(400);
/// In a million, so many hear within a second, whatever three in ten members do.
const IN_A_SECOND: usize = 999_000;
/// Weeks that the large coalition is split for, where nobody asks for another number.
const WEEKS: usize = 2;

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
    All,
}

/// What became of a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    Met,
    Missed,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(wanted) = read(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let goal = match wanted.verb {
        Verb::Story => stories(&wanted),
        Verb::Broadcast => {
            let Wanted { nodes, writes, faulty, conduct, churn, .. } = wanted;
            broadcast(Broadcast { nodes, writes, faulty, conduct, churn }, wanted.from).1
        }
        Verb::All => all(&wanted),
    };
    if goal == Goal::Met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(arguments: &[String]) -> Option<Wanted> {
    let mut words = arguments.iter().map(String::as_str).peekable();
    let verb = match words.next_if(|word| !word.starts_with("--")) {
        None | Some("story") => Verb::Story,
        Some("broadcast") => Verb::Broadcast,
        Some("all") => Verb::All,
        Some(_) => return None,
    };
    let mut wanted = Wanted {
        verb,
        nodes: if verb == Verb::Story { 50 } else { 1_300 },
        seeds: 100,
        from: u64::from(verb != Verb::Story),
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

/// The figures of P6 one after the other, and the large coalition for which everything goes wrong at once.
fn all(wanted: &Wanted) -> Goal {
    let calm = Broadcast { writes: wanted.writes, ..Broadcast::of(wanted.nodes) };
    let rough = |conduct| Broadcast { faulty: 30, conduct, churn: Churn::Usual, ..calm };
    let runs = [calm, rough(Conduct::Silent), rough(Conduct::Lying)];
    let mut rows = Vec::new();
    for (seed, run) in (wanted.from..).zip(runs) {
        rows.push((seed, run, broadcast(run, seed)));
    }
    let seed = wanted.from + runs.len() as u64;
    let told = tell(Story::apart(wanted.nodes, wanted.weeks.unwrap_or(WEEKS)), seed);
    println!(
        "\n| seed | members | p50 | p99 | p99.9 | within 1 s | deliveries | goal |\n|---|---|---|---|---|---|---|---|"
    );
    let mut goal = if told.is_ok() { Goal::Met } else { Goal::Missed };
    for (seed, run, (spread, met)) in rows {
        let within = |per_mille| match spread.as_ref().and_then(|spread| spread.within(per_mille)) {
            Some(took) => format!("{} ms", took.as_millis()),
            None => "never".to_owned(),
        };
        let in_a_second = spread.as_ref().map_or(0, Spread::in_a_second);
        let deliveries = spread.as_ref().map_or(0, |spread| spread.took.len() + spread.missed);
        println!(
            "| {seed} | {} | {} | {} | {} | {}.{:02} % | {deliveries} | {}: {met:?} |",
            who(&run),
            within(500),
            within(990),
            within(999),
            in_a_second / 10_000,
            in_a_second % 10_000 / 100,
            aim(&run),
        );
        if met == Goal::Missed {
            goal = Goal::Missed;
        }
    }
    println!(
        "| {seed} | {}, 30 % silent or lying, split for weeks, loss, churn | | | | | | all equal in the end, nothing lost: {:?} |",
        wanted.nodes,
        if told.is_ok() { Goal::Met } else { Goal::Missed },
    );
    goal
}

fn who(run: &Broadcast) -> String {
    match run.faulty {
        0 => format!("{}, all honest", run.nodes),
        faulty => format!("{}, {faulty} % {:?}, churn {:?}", run.nodes, run.conduct, run.churn),
    }
}

fn aim(run: &Broadcast) -> &'static str {
    if run.faulty == 0 && run.churn == Churn::None { "p99 at most 400 ms" } else { "99.9 % within 1 s" }
}

fn judge(run: &Broadcast, spread: &Spread) -> Goal {
    let is_met = match run.faulty == 0 && run.churn == Churn::None {
        true => spread.within(990).is_some_and(|took| took <= USUAL),
        false => spread.in_a_second() >= IN_A_SECOND,
    };
    if is_met { Goal::Met } else { Goal::Missed }
}

fn broadcast(run: Broadcast, seed: u64) -> (Option<Spread>, Goal) {
    let begun = Effort::begin();
    match run.run(seed) {
        Ok(spread) => {
            let (counts, nodes, goal) = (spread.counts, run.nodes as u64, judge(&run, &spread));
            println!("seed {seed}: {}: {spread}; {}: {goal:?}", who(&run), aim(&run));
            println!(
                "{} stops, {} forgeries, all equal after {:.1} s; in {:.0} s of virtual time {} events, {} KB gossip and {} KB \
                 asked and answered per node; {}",
                spread.stops,
                spread.forged,
                spread.equal_in.as_secs_f64(),
                spread.lasted.as_secs_f64(),
                counts.events,
                counts.news_bytes / 1_000 / nodes,
                counts.frame_bytes / 1_000 / nodes,
                begun.told(run.nodes),
            );
            (Some(spread), goal)
        }
        Err(dissent) => {
            println!("seed {seed}: {}: FAILED: {dissent}", who(&run));
            (None, Goal::Missed)
        }
    }
}

/// What a run takes of this machine.
struct Effort {
    begun: Instant,
    processor: Duration,
}

impl Effort {
    fn begin() -> Self {
        Self { begun: Instant::now(), processor: processor() }
    }

    /// In words, for so many nodes.
    fn told(&self, nodes: usize) -> String {
        let processor = processor().saturating_sub(self.processor).as_secs_f64();
        format!(
            "took {:.0} s, {processor:.1} s of processor time ({:.1} ms a node){}",
            self.begun.elapsed().as_secs_f64(),
            processor * 1_000.0 / nodes as f64,
            memory(),
        )
    }
}

/// Processor time of this thread.
fn processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let part = |number: i64| u64::try_from(number).unwrap_or(0);
    Duration::from_secs(part(time.tv_sec)) + Duration::from_nanos(part(time.tv_nsec))
}

/// The most memory that this process has used, where the system tells.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: Option<u64> = peak.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    kilobytes.map_or_else(String::new, |kilobytes| format!(", {} MB", kilobytes / 1_000))
}

fn stories(wanted: &Wanted) -> Goal {
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
    if failed == 0 { Goal::Met } else { Goal::Missed }
}

fn tell(story: Story, seed: u64) -> Result<(), Dissent> {
    let begun = Effort::begin();
    match story.tell(seed) {
        Ok(outcome) => {
            let ((missing, all), [adopted, renewed, mandates]) = (outcome.receipts_missing, outcome.governed);
            let ((contested, let_in), (said, saved)) = (outcome.contested, outcome.said);
            println!(
                "seed {seed}: {} nodes equal {:.1} s after healing, {} writes, {} forgeries, {} stops, {adopted} versions adopted, \
                 {renewed} keys renewed or ended, {mandates} mandates, {} computers paired, {let_in} of {contested} groups let in \
                 by invites used twice or taken back, {said} lines of which {saved} count because others built on them, \
                 {missing} of {all} receipts missing, \
                 {} events, {} pulls, {} KB asked and answered, {} KB news; {}",
                story.nodes,
                outcome.healed_in.as_secs_f64(),
                outcome.writes,
                outcome.forged,
                outcome.stops,
                outcome.paired,
                outcome.counts.events,
                outcome.counts.pulls,
                outcome.counts.frame_bytes / 1000,
                outcome.counts.news_bytes / 1000,
                begun.told(story.nodes),
            );
            Ok(())
        }
        Err(dissent) => {
            println!("seed {seed}: FAILED: {dissent}");
            Err(dissent)
        }
    }
}
