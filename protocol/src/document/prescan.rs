//! The prescan: what is true of the bytes of a change for ever and on every node.
//!
//! It runs on every entry that arrives, before the entry is admitted to a log, and costs time and memory
//! in proportion to the bytes at hand, whatever they claim. It asks nothing about who may write or what
//! else is known. What passes it has a sound head, a true hash and bounded columns; its operations are
//! read only for the verdict.

use super::change::{COLUMNS, Column, Layout, LayoutError, hash};
use super::columns::{Booleans, Malformed, RunLength};
use crate::id::{Actor, ChangeHash};
use crate::limits::{MAX_BODY, MAX_CHANGE_ITEMS, MAX_CHANGE_TIME, MAX_OP};
use std::sync::Arc;

/// A change that is refused on every node for ever.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrescanError {
    /// Too many bytes.
    #[error("the change is {found} bytes long, at most {MAX_BODY} are allowed")]
    TooLarge {
        /// How many there are.
        found: usize,
    },
    /// The bytes are not laid out as an uncompressed change chunk.
    #[error("the bytes are no uncompressed change chunk")]
    Layout(#[from] LayoutError),
    /// A column does not read.
    #[error("a column of the change does not read")]
    Column(#[from] Malformed),
    /// A column claims more items than allowed.
    #[error("column {column:#x} claims more than {MAX_CHANGE_ITEMS} items")]
    TooManyItems {
        /// Its specification.
        column: u64,
    },
    /// The checksum is not the beginning of the hash.
    #[error("expected the checksum {expected:02x?}, found {found:02x?}")]
    Checksum {
        /// The first four bytes of the hash.
        expected: [u8; 4],
        /// What stands in the chunk.
        found: [u8; 4],
    },
    /// Written as somebody else.
    #[error("expected the actor {expected}, found {found}")]
    Actor {
        /// The actor of the device in the document.
        expected: Actor,
        /// Who the change says wrote it.
        found: Actor,
    },
    /// Sequence numbers and operation counters begin at 1 and end at a bound.
    #[error("{what} is {found}, expected 1 to {MAX_OP}")]
    Counter {
        /// What is out of range.
        what: &'static str,
        /// Its value.
        found: u64,
    },
    /// Times from before and after all times.
    #[error("the time is {found}, at most {MAX_CHANGE_TIME} are allowed, either way of zero")]
    Time {
        /// The time that the writer claims.
        found: i64,
    },
}

/// A change that passed the prescan. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Prescanned(Arc<Parts>);

#[derive(PartialEq, Eq)]
struct Parts {
    bytes: Box<[u8]>,
    hash: ChangeHash,
    actor: Actor,
    deps: Vec<ChangeHash>,
    seq: u64,
    start_op: u64,
    operations: u64,
    time: i64,
}

/// Checks the bytes of a change that is said to be by `actor`.
///
/// # Errors
///
/// [`PrescanError`] for what no node will ever take.
pub fn prescan(change: &[u8], actor: &Actor) -> Result<Prescanned, PrescanError> {
    if change.len() > MAX_BODY {
        return Err(PrescanError::TooLarge { found: change.len() });
    }
    let layout = Layout::read(change)?;
    if layout.actor != *actor {
        return Err(PrescanError::Actor { expected: *actor, found: layout.actor });
    }
    let hash = hash(change);
    let [a, b, c, d, ..] = hash.0;
    if layout.checksum != [a, b, c, d] {
        return Err(PrescanError::Checksum { expected: [a, b, c, d], found: layout.checksum });
    }
    let mut operations = 0;
    for (column, spec) in COLUMNS {
        let bytes = layout.column(column);
        let items = count(column, bytes)?;
        if items > MAX_CHANGE_ITEMS {
            return Err(PrescanError::TooManyItems { column: spec });
        }
        if column == Column::Action {
            operations = items;
        }
    }
    let in_range = |what, found| match found {
        1..=MAX_OP => Ok(()),
        _ => Err(PrescanError::Counter { what, found }),
    };
    in_range("the sequence number", layout.seq)?;
    in_range("the start op", layout.start_op)?;
    in_range("the op after the last", layout.start_op.saturating_add(operations))?;
    if layout.time.unsigned_abs() > MAX_CHANGE_TIME.unsigned_abs() {
        return Err(PrescanError::Time { found: layout.time });
    }
    let Layout { deps, seq, start_op, time, actor, .. } = layout;
    Ok(Prescanned(Arc::new(Parts { bytes: change.into(), hash, actor, deps, seq, start_op, operations, time })))
}

/// How many items a column claims, at most one run beyond the bound.
fn count(column: Column, bytes: &[u8]) -> Result<u64, Malformed> {
    match column {
        Column::Value => Ok(0),
        Column::Insert | Column::Expand => Booleans::new(bytes).count(MAX_CHANGE_ITEMS),
        Column::KeyText | Column::MarkName => RunLength::<&str>::new(bytes).count(MAX_CHANGE_ITEMS),
        Column::KeyCounter | Column::PredecessorCounter => RunLength::<i64>::new(bytes).count(MAX_CHANGE_ITEMS),
        _ => RunLength::<u64>::new(bytes).count(MAX_CHANGE_ITEMS),
    }
}

impl Prescanned {
    /// The hash by which Automerge and all dependants know the change.
    pub fn hash(&self) -> ChangeHash {
        self.0.hash
    }

    /// The actor that wrote it.
    pub fn actor(&self) -> Actor {
        self.0.actor
    }

    /// Its place among the changes of its actor, from 1.
    pub fn seq(&self) -> u64 {
        self.0.seq
    }

    /// The counter of its first operation.
    pub fn start_op(&self) -> u64 {
        self.0.start_op
    }

    /// How many operations it has.
    pub fn operations(&self) -> u64 {
        self.0.operations
    }

    /// The counter of its last operation; that before its first when it has none.
    pub fn max_op(&self) -> u64 {
        self.0.start_op + self.0.operations - 1
    }

    /// The time its writer claims, in the unit its writer chose.
    pub fn time(&self) -> i64 {
        self.0.time
    }

    /// The changes it directly depends on.
    pub fn deps(&self) -> &[ChangeHash] {
        &self.0.deps
    }

    /// The chunk itself.
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl std::fmt::Debug for Prescanned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prescanned")
            .field("hash", &self.0.hash)
            .field("actor", &self.0.actor)
            .field("seq", &self.0.seq)
            .field("start_op", &self.0.start_op)
            .field("operations", &self.0.operations)
            .field("deps", &self.0.deps)
            .finish_non_exhaustive()
    }
}
