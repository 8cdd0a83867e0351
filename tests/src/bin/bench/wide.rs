//! P8 to P11: a node that holds a large coalition: its start, its memory, its disk, and a page of a filtered list.
//!
//! The node is that of the founder of a made-up coalition, in which every group wrote its own share.

use crate::report::{Goal, Report, median, percentile};
use crate::{Options, Trouble};
use grid_node::question::ALL;
use grid_node::sample::{Sample, Size};
use grid_node::setup;
use grid_node::store::Store;
use grid_protocol::codec;
use grid_protocol::id::CoalitionId;
use grid_protocol::time::Timestamp;
use grid_tests::api;
use serde_json::json;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

const QUERIES: usize = 300;

/// The lists of which a page is asked for.
const PATHS: &[(&str, &str)] = &[
    ("by a field", "/api/records/action?place=Hollin&limit=50"),
    ("of a time", "/api/records/action?since=2026-06-01&limit=50"),
    ("of a field of a kind with many", "/api/records/need?place=Hollin&limit=50"),
    ("by two tags", "/api/records/person?skills=press&languages=French&limit=50"),
    ("by a text", "/api/records/need?text=kitchen&limit=50"),
    ("far behind", "/api/records/message?limit=50&offset=10000"),
];

/// How often a question is asked.
const ASKED: usize = 9;

/// What a question is asked with that needs words, and questions that are asked in a second way; `OWN` stands for the
/// id of the node's own group.
const WORDS: &[(&str, &str)] =
    &[("find", "text=river"), ("find", "near=-28.81,153.28&km=500"), ("who", "group=OWN"), ("leaders", "skill=press")];

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
        let sample = Sample::new(u64::from(options.seed), Size::of(count));
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let now = Timestamp(u64::try_from(now.as_millis())?);
        setup::sampled(&home, &sample, now, &mut |_| ControlFlow::Continue(()))?;
    }

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
        let status = api::request(&home, "GET", "/api/status", "text/plain", "").await.json();
        let _ = api::request_json(&home, "POST", "/api/stop", json!({})).await;
        node.wait()?;
        measured?;
        if run == 0 {
            let coalition = status["coalition"]["id"].as_str().ok_or("a status names its coalition")?;
            let packed = packed(&home, coalition.parse()?)?;
            let store = size_of(&home.join("store"))? as f64;
            let journal = std::fs::metadata(home.join("journal"))?.len() as f64;
            report.ratio("P10", "store / zstd of the entries", store / packed, Goal::AtMost(4.0));
            report.ratio("P10", "store and journal / zstd of the entries", (store + journal) / packed, Goal::None);
        }
    }
    report.note("P8", "start to the first answered request", median(&starts), "s", Goal::AtMost(2.0));
    Ok(())
}

/// How long all entries of a home are together, packed.
fn packed(home: &Path, coalition: CoalitionId) -> Result<f64, Trouble> {
    let (store, _) = Store::open(home, coalition)?;
    let reader = store.reader();
    let mut packer = zstd::Encoder::new(Vec::new(), 3)?;
    for (device, head) in reader.heads() {
        let mut next = 0;
        while next <= head.seq {
            let run = reader.run(&device, next, 1 << 20)?.ok_or("a log up to its head")?;
            next += run.entries.len().max(1) as u64;
            packer.write_all(&codec::encode(&run))?;
        }
    }
    Ok(packer.finish()?.len() as f64)
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
    let own = api::request(home, "GET", "/api/status", "text/plain", "").await.json();
    let own = own["group"]["id"].as_str().ok_or("a status names its group")?;
    for question in questions() {
        let path = format!("/api/questions/{}", question.replace("OWN", own));
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
