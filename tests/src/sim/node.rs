//! A node of the simulated network: a replica, its disk, and its side of each connection.

use super::author::Author;
use super::conduct::Conduct;
use super::event::{NodeIndex, Route};
use super::gossip::Gossip;
use super::spent::{Memory, Spent};
use super::storage::Disk;
use grid_protocol::replica::{PeerStanding, Replica};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// Messages are remembered for at least this long, as gossipsub does.
const REMEMBERED: Duration = Duration::from_secs(60);

/// A node, running or not.
pub struct Node {
    /// Its keys.
    pub author: Author,
    pub(super) state: State,
    /// How often it was started: what was planned for an earlier life does not happen.
    pub(super) life: u64,
    /// How far its wall clock is off.
    pub(super) skew: Duration,
    pub(super) sides: BTreeMap<NodeIndex, Side>,
    pub(super) asked: HashMap<(NodeIndex, u64), u64>,
    pub(super) tokens: HashMap<u64, Token>,
    pub(super) last_token: u64,
    pub(super) gossip: Gossip,
    pub(super) conduct: Conduct,
    pub(super) spent: Spent,
    pub(super) memory: Memory,
    pub(super) wake_at: Option<Duration>,
    pub(super) works: bool,
    pub(super) announced: Option<Duration>,
    /// How often control records had come or gone on its disk when its belief was looked at last.
    pub(super) looked: Option<u64>,
}

pub(super) enum State {
    On(Box<Replica<Disk>>),
    Off(Disk),
    /// Between the two.
    Gone,
}

/// One end of an open connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    pub(super) epoch: u64,
    pub(super) standing: PeerStanding,
}

/// What an answer or a judgement belongs to.
#[derive(Clone, Debug)]
pub(super) enum Token {
    Request { route: Route, id: u64 },
    News { from: NodeIndex, message: u128, bytes: Arc<[u8]> },
}

/// Messages that were seen lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    now: HashSet<u128>,
    before: HashSet<u128>,
    turned: Duration,
}

impl Seen {
    /// Whether the message is known.
    pub(super) fn knows(&self, message: u128) -> bool {
        self.before.contains(&message) || self.now.contains(&message)
    }

    /// Whether the message is new; from now on it is not.
    pub(super) fn is_new(&mut self, now: Duration, message: u128) -> bool {
        if now >= self.turned + REMEMBERED {
            self.turned = now;
            self.before = std::mem::take(&mut self.now);
        }
        !self.before.contains(&message) && self.now.insert(message)
    }
}

impl Node {
    pub(super) fn new(author: Author, disk: Disk, skew: Duration) -> Self {
        Self {
            author,
            state: State::Off(disk),
            life: 0,
            skew,
            sides: BTreeMap::new(),
            asked: HashMap::new(),
            tokens: HashMap::new(),
            last_token: 0,
            gossip: Gossip::default(),
            conduct: Conduct::Honest,
            spent: Spent::default(),
            memory: Memory::default(),
            wake_at: None,
            works: false,
            announced: None,
            looked: None,
        }
    }

    /// The replica, while the node runs.
    pub fn replica(&self) -> Option<&Replica<Disk>> {
        match &self.state {
            State::On(replica) => Some(replica),
            State::Off(_) | State::Gone => None,
        }
    }

    pub(super) fn replica_mut(&mut self) -> Option<&mut Replica<Disk>> {
        match &mut self.state {
            State::On(replica) => Some(replica),
            State::Off(_) | State::Gone => None,
        }
    }

    /// The disk, whether the node runs or not.
    pub fn disk(&self) -> Option<&Disk> {
        match &self.state {
            State::On(replica) => Some(replica.storage()),
            State::Off(disk) => Some(disk),
            State::Gone => None,
        }
    }

    /// The connection to a peer.
    pub(super) fn epoch(&self, peer: NodeIndex) -> Option<u64> {
        self.sides.get(&peer).map(|side| side.epoch)
    }

    pub(super) fn is_open(&self, peer: NodeIndex, epoch: u64) -> bool {
        self.sides.get(&peer).is_some_and(|side| side.epoch == epoch)
    }

    /// The connection to a peer that this node takes for a member.
    pub(super) fn member_epoch(&self, peer: NodeIndex) -> Option<u64> {
        let side = self.sides.get(&peer)?;
        matches!(side.standing, PeerStanding::Member { .. }).then_some(side.epoch)
    }

    pub(super) fn token(&mut self, token: Token) -> u64 {
        self.last_token += 1;
        self.tokens.insert(self.last_token, token);
        self.last_token
    }
}
