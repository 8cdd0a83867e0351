//! Sudden deaths while every node writes.

use super::home::{Home, Place, Process, breathe, until_equal};
use super::ledger::{Ledger, Wrote};
use super::partition::{Coalition, gather, names};
use super::room::Room;
use super::{Outcome, Run};
use crate::sim::Random;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Between two writes of one node.
const PACE: Duration = Duration::from_millis(20);
/// Before it dies, a node and its fellows have so many writes acknowledged at most.
const MOST: usize = 40;

/// Stops the writers, however the run ends.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Kills random nodes of a coalition that writes.
pub fn run(run: &Run) -> Outcome {
    let mut random = Random::new(run.seed);
    let place = Place::new(&run.program);
    let homes = names(run.nodes).iter().map(|name| place.home(name, Arc::new(Room::plain()))).collect();
    let Coalition { homes, nodes } = gather(&place, homes, |_, _| {});
    let mut nodes: Vec<Option<Process>> = nodes.into_iter().map(Some).collect();
    let ledger = Ledger::default();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _stop = Stop(&stop);
        for home in &homes {
            scope.spawn(|| write_on(home, &ledger, &stop));
        }
        for _ in 0..run.rounds {
            let enough = ledger.acknowledged() + 1 + random.below(MOST);
            while ledger.acknowledged() < enough {
                breathe(Duration::from_millis(1));
            }
            let victim = random.below(homes.len());
            if let Some(node) = nodes[victim].take() {
                node.kill();
            }
            nodes[victim] = Some(homes[victim].start());
        }
    });
    let all: Vec<&Home> = homes.iter().collect();
    let equal_again = until_equal(&all, homes.len());
    let lost = ledger.lost_at(&all);
    let told = homes.iter().flat_map(Home::troubles).count();
    drop(nodes);
    Outcome {
        fault: "kill -9",
        form: format!("{} nodes that all write", run.nodes),
        tried: run.rounds,
        acknowledged: ledger.acknowledged(),
        lost,
        equal_again,
        notes: vec![
            format!("{} writes got no answer", ledger.attempted() - ledger.acknowledged()),
            format!("{told} troubles told at the end"),
        ],
    }
}

/// Writes until told to stop, through every death of the node.
fn write_on(home: &Home, ledger: &Ledger, stop: &AtomicBool) {
    for number in 1_u64.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let title = format!("{} writes {number}", home.name);
        if let Wrote::Refused(code) = ledger.write(home, &title) {
            panic!("{title}: refused with {code}");
        }
        breathe(PACE);
    }
}
