//! Real nodes under real faults, and one line for each: what was tried, and what was lost.
//!
//! `cargo build --release --workspace && cargo run --release -p grid-tests --bin faults -- all --nodes 8`

use grid_tests::faults::disk::Full;
use grid_tests::faults::room::NoRoom;
use grid_tests::faults::street::Form;
use grid_tests::faults::{Outcome, Run, clock, disk, kill, memory, partition, torn};
use grid_tests::proxy::Carries;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: faults all|partition|kill|disk|clock|torn|memory [--nodes N] [--rounds N] [--seed N] \
                     [--cut SECONDS] [--records N] [--mebibytes N] [--grid PROGRAM]";

/// What the command line says.
struct Asked {
    which: String,
    nodes: usize,
    rounds: Option<usize>,
    seed: u64,
    cut: Duration,
    records: usize,
    mebibytes: u64,
    program: PathBuf,
}

/// The sum of all runs so far.
#[derive(Default)]
struct Tally {
    unsound: usize,
}

fn main() -> ExitCode {
    let asked = match Asked::read(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(why) => {
            eprintln!("{why}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    println!("seed {}, {}", asked.seed, asked.program.display());
    let mut tally = Tally::default();
    for fault in ["partition", "kill", "disk", "clock", "torn", "memory"] {
        if asked.which == fault || asked.which == "all" {
            run(fault, &asked, &mut tally);
        }
    }
    if tally.unsound == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(fault: &str, asked: &Asked, tally: &mut Tally) {
    let with = |rounds: usize| Run {
        program: asked.program.clone(),
        nodes: asked.nodes,
        rounds: asked.rounds.unwrap_or(rounds),
        seed: asked.seed,
    };
    match fault {
        "partition" => {
            for form in [Form::Namespaces, Form::Loopback(Carries::Tcp), Form::Loopback(Carries::Udp)] {
                tally.take("partition", || partition::run(&with(10), form, asked.cut));
            }
        }
        "kill" => tally.take("kill -9", || Ok(kill::run(&with(100)))),
        "disk" => {
            for full in [Full::SmallDisk, Full::FileLimit] {
                tally.take("disk full", || disk::run(&with(20), full));
            }
        }
        "clock" => tally.take("clocks", || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
            let run = with(20);
            Ok(runtime.expect("a runtime").block_on(clock::run(run.nodes, run.rounds, run.seed)))
        }),
        "torn" => {
            tally.take("torn files", || Ok(torn::run(&with(100))));
            tally.take("torn journal, store gone", || Ok(torn::run_alone(&with(20))));
        }
        _ => tally.take("little memory", || Ok(memory::run(&with(2), asked.records, asked.mebibytes << 20))),
    }
}

impl Tally {
    /// Runs one fault and prints its line. A run that fails takes its processes with it.
    fn take(&mut self, fault: &str, run: impl FnOnce() -> Result<Outcome, NoRoom>) {
        let began = Instant::now();
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
            Ok(Ok(outcome)) => {
                println!("{outcome}; took {:.0} s", began.elapsed().as_secs_f64());
                self.unsound += usize::from(!outcome.is_sound());
            }
            Ok(Err(why)) => println!("{fault}: not shown here because {why}"),
            Err(_) => {
                println!("{fault}: FAILED, see above");
                self.unsound += 1;
            }
        }
    }
}

impl Asked {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let which = words.next().ok_or("which fault?")?;
        if !["all", "partition", "kill", "disk", "clock", "torn", "memory"].contains(&which.as_str()) {
            return Err(format!("there is no fault {which:?}"));
        }
        let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join("grid")));
        let mut asked = Self {
            which,
            nodes: 8,
            rounds: None,
            seed: 1,
            cut: Duration::from_secs(10),
            records: 10_000,
            mebibytes: 1_024,
            program: beside.unwrap_or_default(),
        };
        while let Some(name) = words.next() {
            let value = words.next().ok_or_else(|| format!("{name} takes a value"))?;
            let number = || value.parse::<u64>().map_err(|_| format!("{name}: expected a number, found {value:?}"));
            let count = || number().and_then(|it| usize::try_from(it).map_err(|error| error.to_string()));
            match name.as_str() {
                "--nodes" => asked.nodes = count()?.max(2),
                "--rounds" => asked.rounds = Some(count()?),
                "--seed" => asked.seed = number()?,
                "--cut" => asked.cut = Duration::from_secs(number()?),
                "--records" => asked.records = count()?,
                "--mebibytes" => asked.mebibytes = number()?,
                "--grid" => asked.program = PathBuf::from(value),
                _ => return Err(format!("there is no {name}")),
            }
        }
        if !asked.program.is_file() {
            let program = asked.program.display();
            return Err(format!("{program} is no program: build it with `cargo build --release -p grid-cli`"));
        }
        Ok(asked)
    }
}
