//! The store: entries, control records, and caches of what was made of them.
//!
//! Three things lie on disk. The [`Journal`](journal::Journal) holds what this node wrote itself, and a write
//! counts once it is there. sled holds everything, and follows within 50 ms: it can be built again from the
//! journal and from peers, and it is, when it turns out damaged. A plain file holds the rows that were made of it.
//! Nothing else in the node knows of any of them.
//!
//! All calls block: they belong on a thread of their own. A [`Reader`] reads from any other.

mod check;
mod convert;
mod flusher;
mod frame;
mod health;
mod index;
pub mod journal;
mod last;
mod local;
mod open;
mod owed;
mod reader;
mod refill;
mod row;
mod rows;
#[cfg(test)]
mod tests;
mod trees;
mod wide;
mod write;

pub use check::RepairedLog;
pub(crate) use convert::copy;
pub use local::LocalRecord;
pub use open::{LastEnd, OpenReport, Rebuilt, StoreError, Unplaced, UnplacedReason};
pub use reader::Reader;
pub(crate) use rows::RowKey;

use std::sync::Mutex;

/// The layout of a store whose values lie there as they are.
pub const STORE_FORMAT: u32 = 1;
/// The layout of a store whose values are sealed under the key of its home.
pub const SEALED_STORE_FORMAT: u32 = 2;

/// The open store. Dropping it flushes what was written.
#[derive(Debug)]
pub struct Store {
    // The thread ends before the trees are let go.
    flusher: flusher::Flusher,
    reader: Reader,
    journal: journal::Journal,
    /// None where the file can't be used: all of it may be lost.
    rows: Mutex<Option<rows::RowFile>>,
    /// What stays here and is kept with the next own entries.
    beside: Vec<LocalRecord>,
    // Dropped last: what is before it has been written by then.
    _ending: open::Ending,
}
