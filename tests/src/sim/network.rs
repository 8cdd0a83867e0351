//! Connections: opened, broken, split and healed; what travels over them is late, lost, repeated,
//! overtaken.

use super::World;
use super::event::{Event, NodeIndex, Route};
use super::node::Side;
use super::random::mix;
use grid_protocol::replica::{Direction, Input, PeerStanding};
use std::sync::Arc;
use std::time::Duration;

/// A node waits for an answer this long.
const PATIENCE: Duration = Duration::from_secs(10);
/// A broken connection is noticed within this.
const NOTICED: Duration = Duration::from_secs(8);
/// A lost connection is tried again within this, when it can work.
const REDIALLED: Duration = Duration::from_secs(12);

/// How well the network works.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// The shortest way takes this long.
    pub quickest: Duration,
    /// The longest way takes this long.
    pub slowest: Duration,
    /// Pieces of news lost in a thousand, at each hop.
    pub news_lost: u16,
    /// Pieces of news and requests that arrive twice, in a thousand.
    pub repeated: u16,
    /// Requests and answers that never arrive, in a thousand.
    pub frames_lost: u16,
}

impl Default for Conditions {
    fn default() -> Self {
        let (quickest, slowest) = (Duration::from_millis(40), Duration::from_millis(130));
        Self { quickest, slowest, news_lost: 0, repeated: 0, frames_lost: 0 }
    }
}

impl Conditions {
    /// A bad day.
    pub fn rough() -> Self {
        Self { news_lost: 50, repeated: 50, frames_lost: 20, ..Self::default() }
    }
}

/// Two nodes that keep a connection whenever they can.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    /// Who dials: a newcomer knows its host's address, and not the other way round.
    dialler: NodeIndex,
    epoch: u64,
    open: bool,
    audible: bool,
}

impl Link {
    fn dial(&self, (a, b): (NodeIndex, NodeIndex)) -> Event {
        let to = if self.dialler == a { b } else { a };
        Event::Dial { from: self.dialler, to }
    }
}

fn pair(a: NodeIndex, b: NodeIndex) -> (NodeIndex, NodeIndex) {
    (a.min(b), a.max(b))
}

impl World {
    /// Two nodes will keep a connection whenever they can.
    pub fn link(&mut self, from: NodeIndex, to: NodeIndex) {
        if from != to {
            let new = Link { dialler: from, epoch: 0, open: false, audible: false };
            let dial = self.links.entry(pair(from, to)).or_insert(new).dial((from, to));
            self.put(Duration::from_millis(1), dial);
        }
    }

    /// Links a node with a few others among the first `among`.
    pub fn link_with_some(&mut self, node: NodeIndex, count: usize, among: usize) {
        for _ in 0..count {
            let other = self.random.below(among);
            self.link(node, other);
        }
    }

    /// Splits the network: nodes reach those of their own side only.
    pub fn split(&mut self, sides: Vec<u8>) {
        let cut: Vec<(NodeIndex, NodeIndex)> =
            self.links.keys().filter(|(a, b)| sides.get(*a) != sides.get(*b)).copied().collect();
        self.sides = Some(sides);
        cut.into_iter().for_each(|(a, b)| self.break_link(a, b));
        self.redial();
    }

    /// Splits the network in two by chance.
    pub fn split_by_chance(&mut self) {
        let sides = (0..self.nodes.len()).map(|_| u8::from(self.random.happens(500))).collect();
        self.split(sides);
    }

    /// A newcomer is where somebody else is while the network is split.
    pub(super) fn place_beside(&mut self, newcomer: NodeIndex, other: NodeIndex) {
        if let Some(sides) = &mut self.sides {
            let side = sides.get(other).copied().unwrap_or_default();
            sides.resize(newcomer, 0);
            sides.push(side);
        }
    }

    /// The network is whole again.
    pub fn heal(&mut self) {
        self.sides = None;
        self.redial();
    }

    /// A connection breaks, and is opened again later.
    pub fn flap(&mut self, a: NodeIndex, b: NodeIndex) {
        self.break_link(a, b);
        let Some(dial) = self.links.get(&pair(a, b)).map(|link| link.dial((a, b))) else { return };
        let delay = self.random.between(NOTICED, NOTICED + REDIALLED);
        self.put(delay, dial);
    }

    /// The links of this world.
    pub fn links(&self) -> Vec<(NodeIndex, NodeIndex)> {
        self.links.keys().copied().collect()
    }

    fn redial(&mut self) {
        let closed: Vec<Event> =
            self.links.iter().filter(|(_, link)| !link.open).map(|(pair, link)| link.dial(*pair)).collect();
        for dial in closed {
            let delay = self.random.between(Duration::from_millis(500), REDIALLED);
            self.put(delay, dial);
        }
    }

    /// All links of a node that has just started.
    pub(super) fn redial_of(&mut self, node: NodeIndex) {
        let of_node = self.links.iter().filter(|((a, b), _)| *a == node || *b == node);
        let dials: Vec<Event> = of_node.map(|(pair, link)| link.dial(*pair)).collect();
        for dial in dials {
            let delay = self.random.between(Duration::from_millis(50), Duration::from_secs(3));
            self.put(delay, dial);
        }
    }

    /// The connection breaks; each end notices later.
    pub(super) fn break_link(&mut self, a: NodeIndex, b: NodeIndex) {
        let Some(link) = self.links.get_mut(&pair(a, b)).filter(|link| link.open) else { return };
        link.open = false;
        let epoch = link.epoch;
        for (from, to) in [(a, b), (b, a)] {
            let delay = self.random.between(Duration::from_millis(1), NOTICED);
            self.put(delay, Event::Closed { route: Route { from, to, epoch } });
        }
    }

    pub(super) fn dial(&mut self, from: NodeIndex, to: NodeIndex) {
        let apart = self.sides.as_ref().is_some_and(|sides| sides.get(from) != sides.get(to));
        let both_run = [from, to].iter().all(|node| self.nodes.get(*node).is_some_and(|node| node.replica().is_some()));
        let Some(link) = self.links.get_mut(&pair(from, to)) else { return };
        if link.open || apart || !both_run {
            return;
        }
        let before = link.epoch;
        *link = Link { epoch: before + 1, open: true, audible: false, ..*link };
        let epoch = link.epoch;
        // An end that has not noticed yet that the old connection is gone does so now.
        for (from, to) in [(from, to), (to, from)] {
            self.closed(Route { from, to, epoch: before });
        }
        let (there, back) = (Route { from, to, epoch }, Route { from: to, to: from, epoch });
        self.put(Duration::ZERO, Event::Opened { route: back, direction: Direction::Accepted });
        let later = self.conditions.quickest / 4;
        self.put(later, Event::Opened { route: there, direction: Direction::Dialled });
    }

    pub(super) fn opened(&mut self, route: Route, direction: Direction) {
        let Route { from: node, to: peer, epoch } = route;
        let current = self.links.get(&pair(node, peer)).is_some_and(|link| link.open && link.epoch == epoch);
        if !current || self.nodes[node].replica().is_none() {
            return;
        }
        self.nodes[node].sides.insert(peer, Side { epoch, standing: PeerStanding::Lobby });
        let key = self.nodes[peer].author.peer();
        self.input(node, Input::Connected { peer: key, direction });
    }

    /// A node learns that a connection is gone: first for each open question, then as a whole.
    pub(super) fn closed(&mut self, route: Route) {
        let Route { from: node, to: peer, epoch } = route;
        if !self.nodes[node].is_open(peer, epoch) {
            return;
        }
        self.nodes[node].sides.remove(&peer);
        self.nodes[node].gossip.leave(peer);
        let asked = self.nodes[node].asked.iter().filter(|((to, _), at)| *to == peer && **at == epoch);
        let mut failed: Vec<u64> = asked.map(|((_, id), _)| *id).collect();
        failed.sort_unstable();
        let key = self.nodes[peer].author.peer();
        for id in failed {
            self.nodes[node].asked.remove(&(peer, id));
            self.input(node, Input::RequestFailed { peer: key, id });
        }
        self.input(node, Input::Disconnected { peer: key });
    }

    /// Once both ends take each other for members, news flows.
    pub(super) fn become_audible(&mut self, a: NodeIndex, b: NodeIndex) {
        let there = self.nodes[a].member_epoch(b);
        if there.is_none() || there != self.nodes[b].member_epoch(a) {
            return;
        }
        let Some(link) = self.links.get_mut(&pair(a, b)).filter(|link| !link.audible) else { return };
        link.audible = true;
        let epoch = link.epoch;
        for (from, to) in [(a, b), (b, a)] {
            let delay = self.latency_between(a, b);
            self.put(delay, Event::Audible { route: Route { from, to, epoch } });
        }
    }

    /// A peer is no member any more for one end: no news flows until it is one again.
    pub(super) fn fall_silent(&mut self, a: NodeIndex, b: NodeIndex) {
        self.nodes[a].gossip.leave(b);
        if let Some(link) = self.links.get_mut(&pair(a, b)) {
            link.audible = false;
        }
    }

    /// Sends a request; it is given up when no answer comes.
    pub(super) fn ask(&mut self, from: NodeIndex, to: NodeIndex, id: u64, bytes: Vec<u8>) {
        let Some(epoch) = self.nodes[from].sides.get(&to).map(|side| side.epoch) else {
            let key = self.nodes[to].author.peer();
            self.input(from, Input::RequestFailed { peer: key, id });
            return;
        };
        let route = Route { from, to, epoch };
        self.nodes[from].asked.insert((to, id), epoch);
        self.put(PATIENCE, Event::GiveUp { route, id });
        let bytes: Arc<[u8]> = bytes.into();
        self.carry(route, &bytes, |bytes| Event::Request { route, id, bytes });
    }

    pub(super) fn answer(&mut self, route: Route, id: u64, bytes: Vec<u8>) {
        let bytes: Arc<[u8]> = bytes.into();
        self.carry(route, &bytes, |bytes| Event::Response { route, id, bytes });
    }

    fn carry(&mut self, route: Route, bytes: &Arc<[u8]>, event: impl Fn(Arc<[u8]>) -> Event) {
        self.counts.frames += 1;
        self.counts.frame_bytes += bytes.len() as u64;
        self.nodes[route.from].spent.bytes_out += bytes.len() as u64;
        if self.random.happens(self.conditions.frames_lost) {
            return;
        }
        let times = 1 + usize::from(self.random.happens(self.conditions.repeated));
        for _ in 0..times {
            let delay = self.latency_between(route.from, route.to);
            self.put(delay, event(bytes.clone()));
        }
    }

    /// Whether what was sent over a connection still arrives.
    pub(super) fn arrives(&self, route: Route) -> bool {
        let link = self.links.get(&pair(route.from, route.to));
        link.is_some_and(|link| link.open && link.epoch == route.epoch)
            && self.nodes[route.to].is_open(route.from, route.epoch)
    }

    /// Who dials of two nodes that are linked.
    pub(super) fn dialler(&self, a: NodeIndex, b: NodeIndex) -> Option<NodeIndex> {
        self.links.get(&pair(a, b)).map(|link| link.dialler)
    }

    /// Each link has a length, from which every message differs a little.
    pub(super) fn latency_between(&mut self, a: NodeIndex, b: NodeIndex) -> Duration {
        let Conditions { quickest, slowest, .. } = self.conditions;
        let (low, high) = pair(a, b);
        let span = slowest.saturating_sub(quickest);
        let steady = span * 7 / 10;
        let number = mix(self.seed ^ ((low as u64) << 32) ^ high as u64) % 1_000;
        let length = steady * u32::try_from(number).unwrap_or(0) / 1_000;
        quickest + length + self.random.between(Duration::ZERO, span.saturating_sub(steady))
    }
}
