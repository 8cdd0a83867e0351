//! The simulated network: many nodes in one thread, in virtual time, all chance from one seed.
//!
//! Each node is the replica that the daemon drives, with a [`Disk`] in memory. The network delays,
//! loses, repeats and reorders what they say, connections break, nodes lose power. A run is a function of
//! its seed, so whatever goes wrong can be looked at again.
//!
//! ```text
//! Agenda (by time) ─▶ Event ─▶ Replica::handle / work ─▶ Effects ─▶ Agenda
//! ```

mod author;
mod broadcast;
mod check;
mod conduct;
mod contest;
mod counted;
mod drive;
mod event;
mod exchange;
mod forge;
mod gossip;
mod governing;
mod hear;
mod history;
mod life;
mod network;
mod node;
mod pairing;
mod random;
mod score;
mod siege;
mod spent;
mod storage;
mod story;
mod teller;
mod watch;

pub use author::{Author, Keys, Subject};
pub use broadcast::{Broadcast, Churn, Spread};
pub use check::{Acknowledged, Dissent};
pub use conduct::Conduct;
pub use counted::{Sayings, Speaker};
pub use event::NodeIndex;
pub use exchange::{Exchange, Frame, NOON, open};
pub use forge::{Forger, Forgery, Scene, Tried};
pub use history::{Ending, History, Shown, Shows, Stored, Told, Witness, check_roots};
pub use life::Stop;
pub use network::Conditions;
pub use node::Node;
pub use random::Random;
pub use siege::{Siege, announced, told};
pub use spent::{Allocated, Meter, Spent};
pub use storage::{Clock, Disk, Room};
pub use story::{Outcome, Story};

use event::{Agenda, Event};
use grid_protocol::id::{GroupId, RecordId};
use grid_protocol::key::{DeviceId, PeerKey};
use grid_protocol::record::Registry;
use grid_protocol::replica::{Belief, Beliefs, Now, Replica};
use grid_protocol::time::Timestamp;
use network::Link;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use watch::Watch;

/// The wall clock at the beginning of the world.
const BEGINNING: Timestamp = Timestamp(1_700_000_000_000);
/// No node looks at its deadlines more often.
const GRAIN: Duration = Duration::from_millis(1);

/// One node says that another broke a rule.
#[derive(Clone, Debug)]
pub struct Blame {
    /// When.
    pub at: Duration,
    /// Who says so.
    pub by: NodeIndex,
    /// Who is meant, where it is a node of this world.
    pub of: Option<NodeIndex>,
    /// The rule, in words.
    pub why: String,
}

/// What a run cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events that happened.
    pub events: u64,
    /// Requests and answers that were sent.
    pub frames: u64,
    /// Bytes of requests and answers.
    pub frame_bytes: u64,
    /// Pieces of news that were sent from one node to another.
    pub news: u64,
    /// Bytes of that news.
    pub news_bytes: u64,
    /// Pulls that ended.
    pub pulls: u64,
}

impl Counts {
    /// What was spent since an earlier count.
    pub const fn since(&self, before: &Self) -> Self {
        Self {
            events: self.events - before.events,
            frames: self.frames - before.frames,
            frame_bytes: self.frame_bytes - before.frame_bytes,
            news: self.news - before.news,
            news_bytes: self.news_bytes - before.news_bytes,
            pulls: self.pulls - before.pulls,
        }
    }
}

/// A world of simulated nodes.
pub struct World {
    /// What all chance comes from.
    pub seed: u64,
    /// How well the network works.
    pub conditions: Conditions,
    /// Who blamed whom.
    pub blames: Vec<Blame>,
    /// Writes that nodes acknowledged.
    pub acknowledged: Vec<Acknowledged>,
    /// What it cost so far.
    pub counts: Counts,
    /// Failures of disks that nodes reported.
    pub disk_failures: u64,
    random: Random,
    clock: Clock,
    now: Duration,
    agenda: Agenda,
    nodes: Vec<Node>,
    links: BTreeMap<(NodeIndex, NodeIndex), Link>,
    by_peer: HashMap<PeerKey, NodeIndex>,
    /// The side of each node while the network is split.
    sides: Option<Vec<u8>>,
    registry: Arc<Registry>,
    /// What was written, held and shown.
    pub history: History,
    dissent: Option<Dissent>,
    told: Told,
    watch: Option<Watch>,
    /// Groups that nobody let in.
    shams: Vec<GroupId>,
    /// Devices whose groups certified too many, and the certificates.
    crowded: BTreeMap<DeviceId, Vec<RecordId>>,
    /// Nodes of groups of which nobody can say yet whether they are let in.
    undecided: BTreeSet<NodeIndex>,
    /// What follows from the control records that several disks share.
    shared: Option<(Disk, Belief)>,
    /// What nodes with the same records believe, worked out once.
    beliefs: Beliefs,
    /// Counts memory, where somebody asks for it.
    meter: Option<Meter>,
}

impl World {
    /// An empty world.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            conditions: Conditions::default(),
            blames: Vec::new(),
            acknowledged: Vec::new(),
            counts: Counts::default(),
            disk_failures: 0,
            random: Random::new(seed),
            clock: Clock::default(),
            now: Duration::ZERO,
            agenda: Agenda::default(),
            nodes: Vec::new(),
            links: BTreeMap::new(),
            by_peer: HashMap::new(),
            sides: None,
            registry: Arc::new(Registry::standard().clone()),
            history: History::default(),
            dissent: None,
            told: Told::default(),
            watch: None,
            shams: Vec::new(),
            crowded: BTreeMap::new(),
            undecided: BTreeSet::new(),
            shared: None,
            beliefs: Beliefs::default(),
            meter: None,
        }
    }

    /// Virtual time since the beginning.
    pub const fn now(&self) -> Duration {
        self.now
    }

    /// The chance of this world, for stories that are told in it.
    pub const fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// All nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A running node.
    pub fn replica(&self, node: NodeIndex) -> &Replica<Disk> {
        self.nodes[node].replica().expect("the node runs")
    }

    /// Lets everything happen that happens within `span`.
    pub fn run_for(&mut self, span: Duration) {
        let until = self.now + span;
        while let Some((at, event)) = self.agenda.next_until(until) {
            self.at(at);
            self.counts.events += 1;
            self.happen(event);
            self.look();
        }
        self.at(until);
    }

    /// Time passes in which nothing happens, as when all computers sleep.
    pub fn sleep(&mut self, span: Duration) {
        self.at(self.now + span);
    }

    fn at(&mut self, now: Duration) {
        self.now = self.now.max(now);
        self.clock.set(self.now);
    }

    fn clocks(&self, node: NodeIndex) -> Now {
        Now { monotonic: self.now, wall: BEGINNING.after(self.now + self.nodes[node].skew) }
    }

    fn put(&mut self, delay: Duration, event: Event) {
        self.agenda.put(self.now + delay, event);
    }
}
