//! Disks that run full while a node writes, and while others write to it.

use super::home::{Home, Limit, Place, Process, breathe, until_equal};
use super::ledger::{Ledger, Wrote};
use super::partition::{Coalition, gather, names};
use super::room::{NoRoom, Room};
use super::{Outcome, Run};
use crate::sim::Random;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of a page that is written; nothing makes it smaller.
const PAGE: usize = 40_000;
/// The disk once there is space again.
const LARGE: u64 = 512 << 20;
/// The kinds that are written.
const KINDS: [&str; 2] = ["page", "action"];

/// How a disk is made full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// A small disk in memory, in mounts of its own; takes root.
    SmallDisk,
    /// A bound on the length of files, which fails in the same way.
    FileLimit,
}

/// What came of it, over all rounds.
#[derive(Debug, Default)]
struct Seen {
    acknowledged: usize,
    lost: usize,
    refused: usize,
    went_on: usize,
    restarted: usize,
    ended: usize,
    started_full: usize,
    told_full: usize,
    slowest: Duration,
}

/// Fills disks as often as was asked for.
///
/// # Errors
///
/// [`NoRoom`] where this machine does not offer the form.
pub fn run(run: &Run, full: Full) -> Result<Outcome, NoRoom> {
    let mut random = Random::new(run.seed);
    let mut seen = Seen::default();
    for round in 1..=run.rounds {
        fill(run, full, round, &mut random, &mut seen)?;
    }
    Ok(Outcome {
        fault: "disk full",
        form: match full {
            Full::SmallDisk => format!("a small tmpfs under the home of one of {} nodes", run.nodes),
            Full::FileLimit => format!("a limit on the files of one of {} nodes (ulimit -f)", run.nodes),
        },
        tried: run.rounds,
        acknowledged: seen.acknowledged,
        lost: seen.lost,
        equal_again: seen.slowest,
        notes: vec![
            format!("{} writes were refused", seen.refused),
            format!("with space again {} nodes wrote on at once, {} after a restart", seen.went_on, seen.restarted),
            format!("{} nodes ended by themselves", seen.ended),
            format!("on the full disk {} starts succeeded, {} said why not", seen.started_full, seen.told_full),
        ],
    })
}

fn fill(run: &Run, full: Full, round: usize, random: &mut Random, seen: &mut Seen) -> Result<(), NoRoom> {
    let place = Place::new(&run.program);
    let mount = place.path("disk");
    std::fs::create_dir(&mount).expect("a new directory");
    let size = (6 + random.below(8) as u64) << 20;
    let room = match full {
        Full::SmallDisk => Room::disk(&mount, size)?,
        Full::FileLimit => Room::plain(),
    };
    let mut victim = place.home_at("Mill", mount.join("home"), Arc::new(room));
    if full == Full::FileLimit {
        victim.set_limit(Some(Limit::File(size / 4)));
    }
    let peers = names(run.nodes - 1);
    let homes = peers.iter().map(|name| place.home(name, Arc::new(Room::plain()))).chain([victim]).collect();
    let Coalition { homes: mut peers, nodes: mut peer_nodes } = gather(&place, homes, |_, _| {});
    let (mut mill, mut node) = (peers.pop().expect("its home"), peer_nodes.pop().expect("its node"));
    let weir = &peers[0];

    let ledger = Ledger::default();
    // In every second round it is another node's writes that fill the disk.
    let author = if round % 2 == 1 { &mill } else { weir };
    fill_up(author, &mill, &mut node, &ledger, random, seen);
    if node.is_alive() {
        let code = ledger.write(&mill, "One more");
        seen.refused += usize::from(matches!(&code, Wrote::Refused(code) if code == "disk_full"));
        // A short record may still find a place; a node that has said that it can't save takes none.
        assert!(
            matches!(&code, Wrote::Refused(code) if code == "disk_full") || code == Wrote::Acknowledged,
            "{code:?}"
        );
        if code != Wrote::Acknowledged {
            let troubles = mill.troubles();
            assert!(troubles.iter().any(|what| what.contains("disk") || what.contains("space")), "{troubles:?}");
        }
        assert!(!mill.api().all("page").expect("reading works").is_empty() || author.name == weir.name);
    } else {
        seen.ended += 1;
    }
    // Some go on, some are ended in order, some are killed.
    let mut running = match random.below(3) {
        0 => Some(node),
        1 => {
            node.end();
            start_full(&mill, seen)
        }
        _ => {
            node.kill();
            start_full(&mill, seen)
        }
    };
    make_space(&mut mill, &mount, full, &mut running)?;
    let began = Instant::now();
    let mut process = match running.take() {
        Some(process) => process,
        None => mill.start(),
    };
    if process.is_alive() && ledger.write(&mill, "There is space again") == Wrote::Acknowledged {
        seen.went_on += 1;
    } else {
        process.end();
        process = mill.start();
        let again = ledger.write(&mill, "There is space after a restart");
        assert_eq!(again, Wrote::Acknowledged, "{:?}", mill.troubles());
        seen.restarted += 1;
    }
    if full_still(&mill) {
        // What others wrote was dropped while there was no space; a restart fetches it.
        process.end();
        process = mill.start();
    }
    let all: Vec<&Home> = peers.iter().chain([&mill]).collect();
    until_equal(&all, all.len());
    seen.slowest = seen.slowest.max(began.elapsed());
    for home in all {
        let findings = ledger.compare_as(&KINDS, home).expect("a running node answers");
        assert!(findings.invented.is_empty(), "round {round}: {:?}", findings.invented);
        seen.lost += findings.lost.len();
    }
    seen.acknowledged += ledger.acknowledged();
    assert_eq!(process.end().0, Some(0), "it ends in order");
    Ok(())
}

/// Writes pages until the disk of `home` is full.
fn fill_up(author: &Home, home: &Home, node: &mut Process, ledger: &Ledger, random: &mut Random, seen: &mut Seen) {
    for number in 1..2_000 {
        let title = format!("Page {number}");
        let text: String =
            (0..PAGE).map(|_| char::from(b'a' + u8::try_from(random.below(26)).unwrap_or_default())).collect();
        match ledger.write_as("page", author, &title, json!({ "title": title, "text": text })) {
            Wrote::Acknowledged => {}
            Wrote::Refused(code) => {
                assert_eq!(code, "disk_full");
                seen.refused += 1;
                return;
            }
            Wrote::Unknown => return,
        }
        if !node.is_alive() {
            return;
        }
        if author.name != home.name && full_still(home) {
            // A little later what it could not take is behind it.
            breathe(Duration::from_millis(200));
            return;
        }
    }
    panic!("the disk of {} does not become full", home.name);
}

fn full_still(home: &Home) -> bool {
    home.api().status().is_ok_and(|status| status["troubles"].as_array().is_some_and(|list| !list.is_empty()))
}

/// Starts the node while the disk is full: it may, or it says why not.
fn start_full(home: &Home, seen: &mut Seen) -> Option<Process> {
    match home.try_start() {
        Ok(process) => {
            seen.started_full += 1;
            Some(process)
        }
        Err(error) => {
            assert!(error.said.contains("space") || error.said.contains("disk"), "{error}");
            seen.told_full += 1;
            None
        }
    }
}

fn make_space(home: &mut Home, mount: &Path, full: Full, running: &mut Option<Process>) -> Result<(), NoRoom> {
    match full {
        Full::SmallDisk => home.room().resize(mount, LARGE),
        Full::FileLimit => {
            // A limit can't be lifted from outside: the node is started without it.
            if let Some(process) = running.take() {
                process.end();
            }
            home.set_limit(None);
            Ok(())
        }
    }
}
