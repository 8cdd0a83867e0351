//! When news reached whom: writes are noted when they are made, and whenever a disk takes one in.

use super::event::NodeIndex;
use super::history::Stored;
use grid_protocol::id::EntryId;
use std::collections::HashMap;
use std::time::Duration;

/// Writes on their way.
#[derive(Debug, Default)]
pub(super) struct Watch {
    written: HashMap<EntryId, usize>,
    arrivals: Vec<Arrivals>,
}

/// One write on its way.
#[derive(Clone, Debug)]
pub(super) struct Arrivals {
    /// Who wrote it.
    pub(super) by: NodeIndex,
    /// When.
    pub(super) at: Duration,
    /// When nodes took it in.
    pub(super) reached: HashMap<NodeIndex, Duration>,
}

impl Watch {
    /// A write was made.
    pub(super) fn wrote(&mut self, at: Duration, by: NodeIndex, entry: EntryId) {
        self.written.insert(entry, self.arrivals.len());
        self.arrivals.push(Arrivals { by, at, reached: HashMap::new() });
    }

    /// A disk took something in.
    pub(super) fn stored(&mut self, now: Duration, node: NodeIndex, stored: &Stored) {
        let Stored::Appended { entries, .. } = stored else { return };
        for entry in entries {
            if let Some(arrivals) = self.written.get(entry).and_then(|index| self.arrivals.get_mut(*index)) {
                arrivals.reached.entry(node).or_insert(now);
            }
        }
    }

    /// All writes.
    pub(super) fn arrivals(&self) -> &[Arrivals] {
        &self.arrivals
    }
}
