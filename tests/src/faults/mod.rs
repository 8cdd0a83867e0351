//! Real nodes under real faults: processes of the program that are cut off, killed, starved and torn.
//!
//! Each fault is one function that starts a coalition, does harm by chance from a seed, counts what was
//! acknowledged, and compares every node with that at the end. `docs/reliability.md` says what came out.

pub mod api;
pub mod clock;
pub mod disk;
pub mod home;
pub mod kill;
pub mod ledger;
pub mod memory;
pub mod partition;
pub mod room;
pub mod street;
pub mod torn;
mod wound;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// What a run is given.
#[derive(Clone, Debug)]
pub struct Run {
    /// The program `grid`.
    pub program: PathBuf,
    /// Nodes.
    pub nodes: usize,
    /// How often harm is done.
    pub rounds: usize,
    /// What all chance comes from.
    pub seed: u64,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was done to the nodes.
    pub fault: &'static str,
    /// Where, and what it was.
    pub form: String,
    /// How often.
    pub tried: usize,
    /// Writes that were acknowledged.
    pub acknowledged: usize,
    /// Of these, writes that a node lacks at the end.
    pub lost: usize,
    /// The longest time from the end of the harm until all nodes were equal.
    pub equal_again: Duration,
    /// What else was seen.
    pub notes: Vec<String>,
}

impl Outcome {
    /// Whether nothing was lost.
    pub const fn is_sound(&self) -> bool {
        self.lost == 0
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {}: tried {} times, {} writes acknowledged, {} lost, equal again after {:.1} s at most",
            self.fault,
            self.form,
            self.tried,
            self.acknowledged,
            self.lost,
            self.equal_again.as_secs_f64()
        )?;
        self.notes.iter().try_for_each(|note| write!(f, "; {note}"))
    }
}

/// A list in an order by chance.
fn shuffled<T: Clone>(list: &[T], random: &mut crate::sim::Random) -> Vec<T> {
    let mut rest = list.to_vec();
    let mut out = Vec::new();
    while !rest.is_empty() {
        out.push(rest.swap_remove(random.below(rest.len())));
    }
    out
}
