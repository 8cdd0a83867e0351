//! Nodes with many records and little memory.

use super::home::{Home, Limit, Place, Process, until_equal};
use super::room::Room;
use super::{Outcome, Run};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A node takes so many records in at a time.
const SHEET: usize = 1_000;

/// Fills a node with records, starts it again within `limit` bytes of address space, and lets new nodes
/// within the same limit fetch all.
pub fn run(run: &Run, records: usize, limit: u64) -> Outcome {
    let place = Place::new(&run.program);
    let mut first = place.home("Weir", Arc::new(Room::plain()));
    place.found(&first);
    let node = first.start();
    let mut made = 0;
    for sheet in 0..records.div_ceil(SHEET) {
        let mut rows = "Name,City,Tags,About\n".to_owned();
        for number in sheet * SHEET..((sheet + 1) * SHEET).min(records) {
            let _ = writeln!(rows, "Group {number},Ketterby,river; number {number},They meet at bridge {number}.");
        }
        let file = place.path("sheet.csv");
        std::fs::write(&file, rows).expect("a file is written");
        let report = first.json(["prospect", "import", &file.to_string_lossy()]);
        made += report["created"].as_u64().unwrap_or_default();
    }
    assert_eq!(made, records as u64, "all records are made");
    assert_eq!(node.end().0, Some(0), "the node ends in order");
    first.set_limit(Some(Limit::Memory(limit)));
    let (mut peak, mut resident, mut slowest) = (0, 0, Duration::ZERO);
    let mut lost = 0;
    for round in 1..=run.rounds {
        let node = first.start();
        let others: Vec<Home> = (1..run.nodes).map(|number| guest(&place, &first, round, number, limit)).collect();
        let began = Instant::now();
        let mut nodes: Vec<Process> = others.iter().map(Home::start).collect();
        let all: Vec<&Home> = [&first].into_iter().chain(&others).collect();
        for other in &others {
            other.until("all records are here", |status| status["records"].as_u64() >= Some(records as u64));
        }
        until_equal(&all, 1 + round * others.len());
        slowest = slowest.max(began.elapsed());
        let ids = |home: &Home| -> BTreeSet<String> {
            let all = home.api().all("prospect").expect("a running node answers");
            all.iter().map(|item| item["id"].as_str().unwrap_or_default().to_owned()).collect()
        };
        let here = ids(&first);
        lost += records - here.len().min(records);
        for other in &others {
            let there = ids(other);
            lost += here.difference(&there).count();
            assert!(there.is_subset(&here), "nobody makes records up");
        }
        nodes.push(node);
        for process in &mut nodes {
            assert!(process.is_alive(), "nobody was ended");
            peak = peak.max(process.memory("VmPeak").expect("the kernel tells"));
            resident = resident.max(process.memory("VmHWM").expect("the kernel tells"));
        }
        for process in nodes {
            assert_eq!(process.end().0, Some(0), "it ends in order");
        }
    }
    let mebi = |bytes: u64| bytes / (1024 * 1024);
    Outcome {
        fault: "little memory",
        form: format!(
            "{} nodes, one with {records} records and new ones, each within {} MiB (ulimit -v)",
            run.nodes,
            mebi(limit)
        ),
        tried: run.nodes * run.rounds,
        acknowledged: records,
        lost,
        equal_again: slowest,
        notes: vec![format!(
            "at most {} MiB of address space and {} MiB of memory were used",
            mebi(peak),
            mebi(resident)
        )],
    }
}

/// The home of a new group within the limit.
fn guest(place: &Place, founder: &Home, round: usize, number: usize, limit: u64) -> Home {
    let mut home = place.home(&format!("Mill {round}.{number}"), Arc::new(Room::plain()));
    home.join(&founder.invite(1));
    home.set_limit(Some(Limit::Memory(limit)));
    home
}
