//! What a node spends on others: bytes, dear things that are done, and memory.
//!
//! All of it is counted and none of it is timed, so that a test can say what a peer may cost. Memory is counted by
//! whoever asks, with an allocator of its own (see [`Meter`]), because such an allocator would slow everything else down.

use super::World;
use super::event::NodeIndex;
use super::storage::Disk;
use grid_protocol::effort::Effort;
use grid_protocol::replica::{Effect, Replica};
use grid_protocol::storage::StorageError;
use std::fmt;

/// What a node spent on others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Bytes that came in.
    pub bytes_in: u64,
    /// Bytes that went out.
    pub bytes_out: u64,
    /// Pieces of news that were looked at.
    pub news_judged: u64,
    /// Requests that were answered.
    pub answered: u64,
    /// Batches that were worked on.
    pub worked: u64,
    /// Signatures that were proven or refuted.
    pub signatures: u64,
    /// Bytes that were hashed.
    pub hashed: u64,
    /// Bytes that were decoded.
    pub decoded: u64,
    /// Operations that Automerge was given.
    pub applied: u64,
    /// The most bytes of memory and disk that it held at a time, beyond those that it held before.
    pub held: u64,
    /// The most bytes of memory that one message took while it was handled.
    pub at_once: u64,
}

/// What a call did to memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocated {
    /// Bytes that are kept, or given back where it is less than none.
    pub kept: i64,
    /// The most bytes at a time.
    pub at_once: u64,
}

/// Calls something, and says what it did to memory.
pub type Meter = fn(&mut dyn FnMut()) -> Allocated;

/// What a replica makes of an input.
type Outcome = Result<Vec<Effect>, StorageError>;

/// What a node's memory did since somebody began to look.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    held: i64,
    most: i64,
    at_once: u64,
}

impl Spent {
    /// What something takes that is done with replicas outside of any world.
    pub fn by<T>(meter: Meter, act: impl FnOnce() -> T) -> (T, Self) {
        let before = Effort::so_far();
        let (mut act, mut done) = (Some(act), None);
        let allocated = meter(&mut || done = act.take().map(|act| act()));
        let mut spent =
            Self { held: u64::try_from(allocated.kept).unwrap_or(0), at_once: allocated.at_once, ..Self::default() };
        spent.add(&Effort::since(&before));
        (done.expect("a meter calls what it is given"), spent)
    }

    /// Compares everything with what it may be.
    ///
    /// # Panics
    ///
    /// Where anything is more: with all that is.
    pub fn assert_at_most(&self, most: &Self, whom: &str) {
        println!("{whom}: {self}\n  at most {most}");
        let all = self.fields().into_iter().zip(most.fields());
        let over: Vec<_> = all.filter(|((_, found), (_, most))| found > most).map(|((name, _), _)| name).collect();
        assert!(over.is_empty(), "{whom} costs more than it may: {over:?}\n  found   {self}\n  at most {most}");
    }

    const fn fields(&self) -> [(&'static str, u64); 11] {
        [
            ("bytes in", self.bytes_in),
            ("bytes out", self.bytes_out),
            ("news judged", self.news_judged),
            ("answered", self.answered),
            ("batches", self.worked),
            ("signatures", self.signatures),
            ("hashed", self.hashed),
            ("decoded", self.decoded),
            ("applied", self.applied),
            ("held", self.held),
            ("at once", self.at_once),
        ]
    }

    fn add(&mut self, effort: &Effort) {
        self.signatures += effort.signatures;
        self.hashed += effort.hashed;
        self.decoded += effort.decoded;
        self.applied += effort.applied;
    }
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fields().iter().try_for_each(|(name, count)| write!(f, "{count} {name}, "))
    }
}

impl Memory {
    fn note(&mut self, allocated: Allocated) {
        self.held += allocated.kept;
        self.most = self.most.max(self.held);
        self.at_once = self.at_once.max(allocated.at_once);
    }
}

impl World {
    /// Counts the memory of nodes from now on.
    pub fn measure_memory(&mut self, meter: Meter) {
        self.meter = Some(meter);
    }

    /// What a node has spent on others so far.
    pub fn spent(&self, node: NodeIndex) -> Spent {
        let memory = self.nodes[node].memory;
        let held = u64::try_from(memory.most).unwrap_or(0);
        Spent { held, at_once: memory.at_once, ..self.nodes[node].spent }
    }

    /// What a node spends is counted from now on.
    pub fn forget_spent(&mut self, node: NodeIndex) {
        self.nodes[node].spent = Spent::default();
        self.nodes[node].memory = Memory::default();
    }

    /// Has a replica do something, and counts what that takes. `given` bytes of memory are handed over to it.
    pub(super) fn drive(
        &mut self,
        node: NodeIndex,
        given: usize,
        act: impl FnOnce(&mut Replica<Disk>) -> Outcome,
    ) -> Option<Outcome> {
        let (meter, before) = (self.meter, Effort::so_far());
        let member = &mut self.nodes[node];
        let replica = member.replica_mut()?;
        let Some(meter) = meter else {
            let outcome = act(replica);
            member.spent.add(&Effort::since(&before));
            return Some(outcome);
        };
        let (mut act, mut outcome) = (Some(act), None);
        let mut allocated = meter(&mut || outcome = act.take().map(|act| act(replica)));
        member.spent.add(&Effort::since(&before));
        // What it says is not what it holds: a copy goes on, and the original is given back.
        let copy = outcome.as_ref().and_then(|outcome| outcome.as_ref().ok()).cloned();
        let Some(copy) = copy else { return outcome };
        allocated.kept += i64::try_from(given).unwrap_or(0) + meter(&mut || drop(outcome.take())).kept;
        member.memory.note(allocated);
        Some(Ok(copy))
    }
}
