//! What is going to happen, in the order of its time.

use super::gossip::Word;
use grid_protocol::replica::Direction;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

/// A node, by its number.
pub type NodeIndex = usize;

/// One direction of one connection: what was sent over an earlier one never arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) from: NodeIndex,
    pub(super) to: NodeIndex,
    /// Which connection of this pair it is.
    pub(super) epoch: u64,
}

/// Something that happens.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// Two nodes try to connect.
    Dial { from: NodeIndex, to: NodeIndex },
    /// A node learns that a connection is open.
    Opened { route: Route, direction: Direction },
    /// A node learns that a connection is gone.
    Closed { route: Route },
    /// News of one node reaches the other from now on.
    Audible { route: Route },
    /// A request arrives.
    Request { route: Route, id: u64, bytes: Arc<[u8]> },
    /// An answer arrives.
    Response { route: Route, id: u64, bytes: Arc<[u8]> },
    /// A node stops waiting for an answer.
    GiveUp { route: Route, id: u64 },
    /// Something said on the topic arrives.
    Word { route: Route, word: Word },
    /// The heartbeat of gossip at a node.
    Beat { node: NodeIndex, life: u64 },
    /// A node looks at its deadlines.
    Wake { node: NodeIndex, life: u64 },
    /// A node works on its backlog.
    Work { node: NodeIndex, life: u64 },
}

#[derive(Debug)]
struct Scheduled {
    at: Duration,
    number: u64,
    event: Event,
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    /// The earliest is the greatest, because the heap gives the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

/// All that is going to happen.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Scheduled>,
    number: u64,
}

impl Agenda {
    pub(super) fn put(&mut self, at: Duration, event: Event) {
        self.number += 1;
        self.heap.push(Scheduled { at, number: self.number, event });
    }

    /// The next event, if it happens by `until`.
    pub(super) fn next_until(&mut self, until: Duration) -> Option<(Duration, Event)> {
        if self.heap.peek()?.at > until {
            return None;
        }
        self.heap.pop().map(|scheduled| (scheduled.at, scheduled.event))
    }
}
