//! P8 to P11: a node that holds a large coalition: its start, its memory, its disk, and a page of a filtered list.
//!
//! The records are those of a made-up coalition, all written by one group: a node holds them as it holds those of
//! others, and beside that in its journal.

use crate::report::{Goal, Report, median, percentile};
use crate::{Options, Trouble};
use grid_node::handle::Target;
use grid_node::node::{Node, NodeConfig};
use grid_node::question::ALL;
use grid_node::sample::{Sample, Size};
use grid_node::setup::{self, Found};
use grid_protocol::record::{Patch, Registry};
use grid_tests::api;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const QUERIES: usize = 300;

/// The lists of which a page is asked for.
const PATHS: &[(&str, &str)] = &[
    ("by a field", "/api/records/action?place=Hollin&limit=50"),
    ("by two tags", "/api/records/person?skills=press&languages=French&limit=50"),
    ("by a text", "/api/records/need?text=kitchen&limit=50"),
    ("far behind", "/api/records/message?limit=50&offset=10000"),
];

/// How often a question is asked.
const ASKED: usize = 9;

/// What a question is asked with that needs words, and questions that are asked in a second way.
const WORDS: &[(&str, &str)] = &[
    ("find", "text=river"),
    ("find", "near=-28.81,153.28&km=500"),
    ("who", "group=Writer"),
    ("leaders", "skill=press"),
];

/// All questions, as the API is asked for them.
fn questions() -> impl Iterator<Item = String> {
    ALL.iter().flat_map(|question| {
        let given: Vec<&str> =
            WORDS.iter().filter(|(name, _)| *name == question.name).map(|(_, words)| *words).collect();
        let given = if given.is_empty() { vec![""] } else { given };
        given.into_iter().map(|words| format!("{}?{words}", question.name).trim_end_matches('?').to_owned())
    })
}

pub(crate) async fn large_coalition(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let Some(grid) = &options.grid else {
        println!("P8 to P11 are left out: they need --grid PROGRAM\n");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let home = options.home.clone().unwrap_or_else(|| folder.path().join("home"));
    let count = usize::try_from(options.records)?;
    if !home.exists() {
        let begun = Instant::now();
        fill(&home, u64::from(options.seed), count).await?;
        report.note("P8", "time to write them, one at a time", begun.elapsed().as_secs_f64(), "s", Goal::None);
    }

    let entries = std::fs::read(home.join("journal"))?;
    let packed = zstd::encode_all(entries.as_slice(), 3)?.len() as f64;
    let store = size_of(&home.join("store"))? as f64;
    report.ratio("P10", "store / zstd of the entries", store / packed, Goal::AtMost(4.0));
    report.ratio("P10", "store and journal / zstd of the entries", (store + entries.len() as f64) / packed, Goal::None);

    let mut starts = Vec::new();
    for run in 0..options.runs.max(1) {
        let begun = Instant::now();
        let mut node = start(grid, &home)?;
        let answered = first_answer(&home, begun).await;
        if let Ok(time) = answered {
            starts.push(time.as_secs_f64());
        }
        let measured = match answered {
            Ok(_) if run == 0 => measure(&home, node.id(), count, report).await,
            answered => answered.map(drop),
        };
        let _ = api::request_json(&home, "POST", "/api/stop", json!({})).await;
        node.wait()?;
        measured?;
    }
    report.note("P8", "start to the first answered request", median(&starts), "s", Goal::AtMost(2.0));
    Ok(())
}

/// A home in which one group has written a made-up coalition.
async fn fill(home: &Path, seed: u64, count: usize) -> Result<(), Trouble> {
    let found = Found {
        coalition_name: "Measured".to_owned(),
        group_name: "Writer".to_owned(),
        purpose: "To be measured.".to_owned(),
        statement_title: "What unites us".to_owned(),
        statement_text: "We are measured.\n".to_owned(),
        rules: Default::default(),
    };
    setup::found(home, &found, None)?;
    let registry = Arc::new(Registry::standard().clone());
    let node = Node::start(home, NodeConfig::new(vec!["/ip4/127.0.0.1/tcp/0".to_owned()], registry.clone())).await?;
    let handle = node.handle();
    let sample = Sample::new(seed, Size::of(count));
    let mut ids = Vec::with_capacity(sample.records.len());
    for record in &sample.records {
        let mut fields = record.with_ids(&ids);
        // A group has one profile: those of the others are noted as one notes groups that are not here.
        let kind = if record.kind == "group" { "prospect" } else { record.kind };
        if kind == "prospect" {
            fields = ["name", "place", "coordinates", "tags"]
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), fields.remove(*name)?)))
                .collect::<Map<String, Value>>();
        }
        let kind = registry.kind(kind).ok_or("a kind of the grid")?;
        let patch = Patch::from_json(kind, &Value::Object(fields))?;
        ids.push(handle.write(Target::New(kind.name.clone()), patch).await?.document.to_string());
    }
    node.stop().await;
    Ok(())
}

fn start(grid: &Path, home: &Path) -> Result<Child, Trouble> {
    let mut command = Command::new(grid);
    command.arg("--home").arg(home).args(["node", "--listen", "/ip4/127.0.0.1/tcp/0", "--http", "127.0.0.1:0"]);
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

/// How long it took until a request was answered.
async fn first_answer(home: &Path, begun: Instant) -> Result<Duration, Trouble> {
    loop {
        if tokio::net::UnixStream::connect(home.join("api.sock")).await.is_ok() {
            api::request(home, "GET", "/api/records/action?limit=1", "text/plain", "").await;
            return Ok(begun.elapsed());
        }
        if begun.elapsed() > Duration::from_secs(120) {
            return Err("the node did not answer within two minutes".into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn measure(home: &Path, process: u32, records: usize, report: &mut Report) -> Result<(), Trouble> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    let memory = kilobytes.ok_or("the system tells the memory of a process")?.trim().parse::<f64>()? / 1_000.0;
    let most = if records <= 10_000 { 50.0 } else { 200.0 };
    report.note("P9", "memory of the node, idle", memory, "MB", Goal::AtMost(most));
    for (name, path) in PATHS {
        let times = times(home, path, QUERIES).await;
        report.note("P11", &format!("a page of a list {name}, p50"), median(&times), "ms", Goal::None);
        report.note(
            "P11",
            &format!("a page of a list {name}, p99"),
            percentile(&times, 0.99),
            "ms",
            Goal::AtMost(10.0),
        );
    }
    for question in questions() {
        let path = format!("/api/questions/{question}");
        let status = api::request(home, "GET", &path, "text/plain", "").await.status;
        if status != 200 {
            return Err(format!("the question {question} was answered with the status {status}").into());
        }
        let times = times(home, &path, ASKED).await;
        report.note("", &format!("the question {question}, p50"), median(&times), "ms", Goal::None);
    }
    Ok(())
}

async fn times(home: &Path, path: &str, queries: usize) -> Vec<f64> {
    let mut times = Vec::with_capacity(queries);
    for _ in 0..queries {
        let begun = Instant::now();
        api::request(home, "GET", path, "text/plain", "").await;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    times
}

/// Bytes of all files below a directory.
fn size_of(directory: &Path) -> Result<u64, Trouble> {
    let mut bytes = 0;
    for item in std::fs::read_dir(directory)? {
        let item = item?;
        bytes += match item.file_type()?.is_dir() {
            true => size_of(&item.path())?,
            false => item.metadata()?.len(),
        };
    }
    Ok(bytes)
}
