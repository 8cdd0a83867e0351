//! Measures the goals that a single machine can show, and prints figures with their goals.
//!
//! ```text
//! bench [p4|p5|p7|p12|p13|wide|all] [--records N] [--runs N] [--seed N] [--words FILE] [--grid PROGRAM]
//!     [--home FOLDER]
//! ```
//!
//! Everything that is compared runs in turns within one call, on one disk, and the records are a function
//! of the seed.

mod command;
mod live;
mod pair;
mod relay;
mod report;
mod sync;
mod wide;
mod write;

use grid_tests::workload::{SEED, Workload};
use report::Report;
use std::path::PathBuf;

pub(crate) type Trouble = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "usage: bench [p4|p5|p7|p12|p13|wide|all] [--records N] [--runs N] [--seed N] [--words FILE] [--grid PROGRAM] [--home FOLDER]";

/// What to measure, and how.
pub(crate) struct Options {
    measures: Vec<String>,
    records: u32,
    runs: u32,
    seed: u32,
    words: Option<PathBuf>,
    grid: Option<PathBuf>,
    /// Where the large coalition is kept from one call to the next; made where there is nothing.
    home: Option<PathBuf>,
}

impl Options {
    fn read(arguments: impl IntoIterator<Item = String>) -> Result<Self, Trouble> {
        let mut options =
            Self { measures: Vec::new(), records: 10_000, runs: 3, seed: SEED, words: None, grid: None, home: None };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value; {USAGE}"));
            match argument.as_str() {
                "--records" => options.records = value()?.parse()?,
                "--runs" => options.runs = value()?.parse()?,
                "--seed" => options.seed = value()?.parse()?,
                "--words" => options.words = Some(value()?.into()),
                "--grid" => options.grid = Some(value()?.into()),
                "--home" => options.home = Some(value()?.into()),
                "p4" | "p5" | "p7" | "p12" | "p13" | "wide" => options.measures.push(argument),
                "all" => options.measures.clear(),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }

    fn wants(&self, measure: &str) -> bool {
        self.measures.is_empty() || self.measures.iter().any(|wanted| wanted == measure)
    }

    /// The records.
    pub(crate) fn workload(&self) -> Result<Workload, Trouble> {
        Ok(match &self.words {
            Some(path) => Workload::from_file(path, self.seed)?,
            None => Workload::new(self.seed),
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Trouble> {
    let options = Options::read(std::env::args().skip(1))?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("seed {}, {} records, {} runs, {cores} cores\n", options.seed, options.records, options.runs);
    let mut report = Report::default();
    if options.wants("p4") {
        sync::first_sync(&options, &mut report).await?;
    }
    if options.wants("p5") {
        live::latency(&options, &mut report).await?;
    }
    if options.wants("p7") {
        write::own_writes(&options, &mut report).await?;
    }
    if options.wants("p12") {
        command::start_to_exit(&options, &mut report).await?;
    }
    if options.wants("p13") {
        sync::nothing_new(&options, &mut report).await?;
    }
    // As many records as P8 to P11 ask for take a while to write.
    if options.measures.iter().any(|wanted| wanted == "wide") {
        wide::large_coalition(&options, &mut report).await?;
    }
    report.print();
    Ok(())
}
