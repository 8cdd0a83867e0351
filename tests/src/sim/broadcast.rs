//! How fast news reaches a large coalition: P6 of the benchmarks.
//!
//! All nodes know each other's records and hold no entries. Some of them say nothing, or lie; some stop and
//! come back. Others write, and it is noted when each write is on whose disk. Counted are honest nodes that
//! had been running for a while and went on running: who is away cannot be reached. One member more than there are
//! nodes forges what it can all the while. In the end all are awake, equal, and have lost nothing.

use super::conduct::Conduct;
use super::event::NodeIndex;
use super::watch::Watch;
use super::{Counts, Dissent, Forger, Forgery, Scene, Stop, Subject, Tried, World};
use grid_protocol::id::DocumentId;
use serde_json::json;
use std::fmt;
use std::time::Duration;

/// Links that each node dials; it is dialled by as many. The daemon strives for twelve in all.
const DIALLED: usize = 6;
/// Connections are made, and the mesh with them.
const WARMING_UP: Duration = Duration::from_secs(15);
/// Between two writes.
const BETWEEN: Duration = Duration::from_millis(100);
/// The records that are forged have reached everybody.
const SETTLING: Duration = Duration::from_secs(5);
/// Between two forgeries lie so many writes.
const FORGED_EVERY: usize = 5;
/// When all are awake they are equal within this.
const PATIENCE: Duration = Duration::from_secs(20 * 60);
/// What comes later came too late.
const COOLING_DOWN: Duration = Duration::from_secs(3);
/// Nodes count that have been running for so long.
const SETTLED: Duration = Duration::from_secs(10);
/// The goal for nearly all.
const SECOND: Duration = Duration::from_secs(1);
/// With churn a node stops this often.
const LASTS: Duration = Duration::from_secs(600);
/// And is away for so long.
const AWAY: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(12));

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub struct Broadcast {
    /// Nodes.
    pub nodes: usize,
    /// Writes, each by another node.
    pub writes: usize,
    /// Members in a hundred that do not do what they should.
    pub faulty: u16,
    /// What these do instead.
    pub conduct: Conduct,
    /// Whether nodes stop and come back.
    pub churn: Churn,
}

/// Whether nodes stop and come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Churn {
    /// All go on.
    None,
    /// Each stops once in ten minutes, without a word, and comes back within seconds.
    Usual,
}

/// How long news took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// From the write to the disk of another node, ascending; those that were never reached are not among them.
    pub took: Vec<Duration>,
    /// Nodes that a write should have reached, and did not.
    pub missed: usize,
    /// What it cost from the first write on.
    pub counts: Counts,
    /// Virtual time from the first write on.
    pub lasted: Duration,
    /// How often a node stopped.
    pub stops: usize,
    /// How many things were forged.
    pub forged: usize,
    /// How long it took until all were equal, once nobody wrote and all were awake.
    pub equal_in: Duration,
}

struct Run {
    world: World,
    plan: Broadcast,
    forger: Forger,
    forged: usize,
    /// A record of another group than the forger's, and one that members may change.
    targets: [DocumentId; 2],
    /// From when to when each node ran.
    ran: Vec<Vec<(Duration, Option<Duration>)>>,
    away: Vec<(Duration, NodeIndex)>,
    stops: usize,
}

impl Broadcast {
    /// All honest, all awake.
    pub const fn of(nodes: usize) -> Self {
        Self { nodes, writes: 100, faulty: 0, conduct: Conduct::Honest, churn: Churn::None }
    }

    /// Tries it with all chance from one seed.
    ///
    /// # Errors
    ///
    /// What does not hold in it: see [`super::History`].
    pub fn run(self, seed: u64) -> Result<Spread, Dissent> {
        let mut world = World::new(seed);
        world.assemble(self.nodes + 1, 2 * (DIALLED - 1));
        world.hush();
        for node in 1..self.nodes {
            if world.random().below(100) < usize::from(self.faulty) {
                world.set_conduct(node, self.conduct);
            }
        }
        let forger = Forger::new(self.nodes);
        world.set_conduct(forger.node, Conduct::Lying);
        world.run_for(WARMING_UP);
        let owned = world.write(0, &Subject::New("action"), &json!({"title": "Walk"}));
        let shared = world.write(0, &Subject::New("page"), &json!({"title": "Plan", "text": "We meet.\n"}));
        world.run_for(SETTLING);
        let ran = vec![vec![(Duration::ZERO, None)]; self.nodes];
        let targets = [owned, shared];
        Run { world, plan: self, forger, forged: 0, targets, ran, away: Vec::new(), stops: 0 }.tell()
    }
}

impl Run {
    fn tell(mut self) -> Result<Spread, Dissent> {
        self.world.watch = Some(Watch::default());
        let (before, begun) = (self.world.counts, self.world.now());
        for number in 0..self.plan.writes {
            self.write(number);
            if number % FORGED_EVERY == 0 {
                self.forge();
            }
            self.world.run_for(BETWEEN);
            self.come_and_go();
        }
        let lasted = self.world.now() - begun;
        self.world.run_for(COOLING_DOWN);
        self.world.check_always()?;
        let counts = self.world.counts.since(&before);
        let (took, missed) = self.measure();
        let equal_in = self.end()?;
        Ok(Spread { took, missed, counts, lasted, stops: self.stops, forged: self.forged, equal_in })
    }

    /// Everybody comes back, and nothing is lost.
    fn end(&mut self) -> Result<Duration, Dissent> {
        for (_, node) in std::mem::take(&mut self.away) {
            self.world.start(node);
        }
        self.world.until_healed(PATIENCE)
    }

    fn forge(&mut self) {
        let nodes: Vec<NodeIndex> = self.writers();
        let (at, forgery) = (self.world.random().pick(&nodes), self.world.random().pick(&Forgery::PASSING));
        let (Some(at), Some(forgery)) = (at.copied(), forgery.copied()) else { return };
        let [owned, shared] = self.targets;
        if !(self.world.reads(at, owned) && self.world.reads(at, shared)) {
            return;
        }
        let scene = Scene { at, elsewhere: at, owned, shared };
        let tried = self.world.try_to_forge(&mut self.forger, forgery, scene);
        self.forged += usize::from(tried == Tried::Told);
    }

    /// Honest nodes that have been running for a while.
    fn writers(&self) -> Vec<NodeIndex> {
        let now = self.world.now();
        (0..self.plan.nodes).filter(|node| self.world.is_honest(*node) && self.settled(*node, now)).collect()
    }

    fn write(&mut self, number: usize) {
        let nodes = self.writers();
        let Some(node) = self.world.random().pick(&nodes).copied() else { return };
        let fields =
            json!({"title": format!("Walk {number}"), "place": "Old bridge", "description": "We walk to the spring."});
        self.world.write(node, &Subject::New("action"), &fields);
    }

    fn come_and_go(&mut self) {
        if self.plan.churn == Churn::None {
            return;
        }
        let now = self.world.now();
        let back: Vec<NodeIndex> = self.away.iter().filter(|(until, _)| *until <= now).map(|(_, node)| *node).collect();
        self.away.retain(|(until, _)| *until > now);
        for node in back {
            self.world.start(node);
            self.ran[node].push((now, None));
        }
        // As many parts of a node as stop in this time, in millionths.
        let share = BETWEEN.as_micros() * self.plan.nodes as u128 / LASTS.as_millis() * 1_000;
        let mut stops = usize::try_from(share / 1_000_000).unwrap_or(0);
        let rest = usize::try_from(share % 1_000_000).unwrap_or(0);
        stops += usize::from(self.world.random().below(1_000_000) < rest);
        for _ in 0..stops {
            let node = self.world.random().below(self.plan.nodes);
            if self.world.runs(node) {
                self.world.stop(node, Stop::Crash);
                self.stops += 1;
                if let Some(last) = self.ran[node].last_mut() {
                    last.1 = Some(now);
                }
                let until = now + self.world.random().between(AWAY.0, AWAY.1);
                self.away.push((until, node));
            }
        }
    }

    fn settled(&self, node: NodeIndex, at: Duration) -> bool {
        self.ran[node].iter().any(|(from, to)| *from + SETTLED <= at && to.is_none_or(|to| to >= at + SECOND))
    }

    fn measure(&self) -> (Vec<Duration>, usize) {
        let (mut took, mut missed) = (Vec::new(), 0);
        for write in self.world.watch.iter().flat_map(Watch::arrivals) {
            for node in (0..self.plan.nodes).filter(|node| *node != write.by && self.world.is_honest(*node)) {
                match write.reached.get(&node) {
                    _ if !self.settled(node, write.at) => {}
                    Some(at) => took.push(*at - write.at),
                    None => missed += 1,
                }
            }
        }
        took.sort_unstable();
        (took, missed)
    }
}

impl Spread {
    /// The time within which a share of all was reached, in thousandths; none where it was not.
    pub fn within(&self, per_mille: usize) -> Option<Duration> {
        let all = self.took.len() + self.missed;
        let place = (all * per_mille).div_ceil(1_000).max(1) - 1;
        self.took.get(place).copied()
    }

    /// How many in a million were reached within a second.
    pub fn in_a_second(&self) -> usize {
        let all = (self.took.len() + self.missed).max(1);
        self.took.partition_point(|took| *took <= SECOND) * 1_000_000 / all
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, per_mille) in [("p50", 500), ("p90", 900), ("p99", 990), ("p99.9", 999), ("all", 1_000)] {
            match self.within(per_mille) {
                Some(took) => write!(f, "{name} {} ms, ", took.as_millis())?,
                None => write!(f, "{name} never, ")?,
            }
        }
        let (whole, parts) = (self.in_a_second() / 10_000, self.in_a_second() % 10_000);
        write!(f, "{whole}.{parts:04} % within 1 s, of {} deliveries", self.took.len() + self.missed)
    }
}
