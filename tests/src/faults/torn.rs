//! Files that a disk has torn: the store anywhere, the journal at its end or anywhere.

use super::home::{Home, Place, Process, until_equal};
use super::ledger::{Ledger, Wrote};
use super::partition::{Coalition, gather, names};
use super::room::Room;
use super::wound::{Part, Wound, written};
use super::{Outcome, Run};
use crate::sim::Random;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Writes of every node between two wounds.
const WRITES: usize = 3;

/// Wounds nodes whose peers hold everything: all of it comes back.
pub fn run(run: &Run) -> Outcome {
    let mut random = Random::new(run.seed);
    let place = Place::new(&run.program);
    let homes = names(run.nodes).iter().map(|name| place.home(name, Arc::new(Room::plain()))).collect();
    let Coalition { homes, nodes } = gather(&place, homes, |_, _| {});
    let mut nodes: Vec<Option<Process>> = nodes.into_iter().map(Some).collect();
    let all: Vec<&Home> = homes.iter().collect();
    let ledger = Ledger::default();
    let (mut slowest, mut told, mut lost) = (Duration::ZERO, 0, 0);
    for round in 1..=run.rounds {
        let write = |home: &Home, when: &str| {
            for number in 1..=WRITES {
                let title = format!("{} writes {number} {when} wound {round}", home.name);
                assert_eq!(ledger.write(home, &title), Wrote::Acknowledged, "{title}: {:?}", home.troubles());
            }
        };
        all.iter().for_each(|home| write(home, "before"));
        until_equal(&all, homes.len());
        let victim = random.below(homes.len());
        let home = &homes[victim];
        if let Some(node) = nodes[victim].take() {
            match random.below(2) {
                0 => node.kill(),
                _ => assert_eq!(node.end().0, Some(0), "{} ends in order", home.name),
            }
        }
        let parts: &[Part] = match random.below(4) {
            0 => &[Part::Store],
            1 => &[Part::JournalEnd],
            2 => &[Part::Journal],
            _ => &[Part::Store, Part::Journal],
        };
        let wounds: Vec<String> =
            parts.iter().map(|part| Wound::inflict(&home.outside(), *part, &mut random).to_string()).collect();
        eprintln!("wound {round}, {}: {}", home.name, wounds.join(", "));
        all.iter().filter(|other| other.name != home.name).for_each(|other| write(other, "after"));
        let began = Instant::now();
        let node = home.try_start();
        nodes[victim] = Some(node.unwrap_or_else(|error| panic!("wound {round} ({}): {error}", wounds.join(", "))));
        told += usize::from(!home.troubles().is_empty());
        until_equal(&all, homes.len());
        slowest = slowest.max(began.elapsed());
        let missing = ledger.lost_at(&[home]);
        if missing > 0 {
            eprintln!("wound {round} ({}): {missing} writes are lost", wounds.join(", "));
        }
        lost += missing;
        write(home, "after");
    }
    until_equal(&all, homes.len());
    lost += ledger.lost_at(&all);
    drop(nodes);
    Outcome {
        fault: "torn files",
        form: format!("{} nodes, store and journal cut, flipped and zeroed", run.nodes),
        tried: run.rounds,
        acknowledged: ledger.acknowledged(),
        lost,
        equal_again: slowest,
        notes: vec![format!("{told} of {} starts told of damage", run.rounds)],
    }
}

/// Takes the store away and wounds the journal in the middle of what no other node has: what others have
/// comes back, and nothing is made up.
pub fn run_alone(run: &Run) -> Outcome {
    /// Writes that the other nodes have, and writes that nobody else has.
    const SHARED: usize = 10;
    const ALONE: usize = 20;
    let mut random = Random::new(run.seed);
    let (mut acknowledged, mut lost, mut gone, mut told, mut writes_on) = (0, 0, 0, 0, 0);
    let mut slowest = Duration::ZERO;
    for round in 1..=run.rounds {
        let place = Place::new(&run.program);
        let homes = names(run.nodes).iter().map(|name| place.home(name, Arc::new(Room::plain()))).collect();
        let Coalition { homes, mut nodes } = gather(&place, homes, |_, _| {});
        let all: Vec<&Home> = homes.iter().collect();
        let (home, peers) = all.split_last().expect("a coalition has nodes");
        let ledger = Ledger::default();
        let write = |count: usize, when: &str| {
            for number in 1..=count {
                assert_eq!(ledger.write(home, &format!("{when} {number}")), Wrote::Acknowledged);
            }
        };
        write(SHARED, "shared");
        until_equal(&all, all.len());
        let journal = home.outside().join("journal");
        let known = written(&journal);
        let node = nodes.pop().expect("it runs");
        for peer in nodes {
            peer.end();
        }
        write(ALONE, "alone");
        node.end();
        let place_in_it = known + random.below(written(&journal).saturating_sub(known));
        let wound = Wound::inflict_at(journal, place_in_it, &mut random);
        eprintln!("wound {round}: {wound}, and no store");
        std::fs::remove_dir_all(home.outside().join("store")).expect("a store");

        let began = Instant::now();
        let node = home.try_start().unwrap_or_else(|error| panic!("round {round} ({wound}): {error}"));
        told += usize::from(!home.troubles().is_empty());
        let others: Vec<Process> = peers.iter().map(|peer| peer.start()).collect();
        until_equal(&all, all.len());
        slowest = slowest.max(began.elapsed());
        for one in &all {
            let findings = ledger.compare(one).expect("a running node answers");
            assert!(findings.invented.is_empty(), "round {round} ({wound}): {:?}", findings.invented);
            let of_others: BTreeSet<_> = findings.lost.iter().filter(|title| title.starts_with("shared")).collect();
            lost += of_others.len();
            if one.name == home.name {
                gone += findings.lost.len() - of_others.len();
            }
        }
        acknowledged += ledger.acknowledged();
        writes_on += usize::from(ledger.write(home, "afterwards") == Wrote::Acknowledged);
        drop((node, others));
    }
    Outcome {
        fault: "torn journal, store gone",
        form: format!("{} nodes, damage in what one of them alone held", run.nodes),
        tried: run.rounds,
        acknowledged,
        lost,
        equal_again: slowest,
        notes: vec![
            format!("of {} writes that no other node had, {gone} are gone", ALONE * run.rounds),
            format!("{told} of {} starts told of damage", run.rounds),
            format!("{writes_on} of {} nodes write on with the same keys", run.rounds),
        ],
    }
}
