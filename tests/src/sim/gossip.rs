//! gossipsub at one node, as the daemon sets it up, without its bytes: a mesh of a few peers to whom news goes
//! at once, the ids of what was heard lately for some of the others, who ask, and scores for what peers send.
//!
//! Own news goes to every peer. A heartbeat mends the mesh and tells the ids. What is left out: peer exchange,
//! which the daemon does not use, and the notice that a large message need not be sent again.

use super::event::NodeIndex;
use super::node::Seen;
use super::random::Random;
use super::score::Score;
use grid_node::network::MESH;
use grid_protocol::replica::Direction;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Peers outside of the mesh that are told ids at a heartbeat, and the share of them where there are many.
const LAZY: usize = 6;
const LAZY_SHARE: usize = 4;
/// Heartbeats for which news can be asked for.
const HISTORY: usize = 5;
/// Heartbeats for which its id is told.
const TOLD: usize = 3;
/// Who left the mesh does not come back before.
const BACKOFF: Duration = Duration::from_secs(60);
/// Who told of news has to send it within this.
const FOLLOW_UP: Duration = Duration::from_secs(3);
/// Every so many heartbeats better peers are looked for.
const OPPORTUNITY: u64 = 60;
/// When the median of the mesh is below this score.
const MEDIOCRE: f64 = 20.0;
/// Peers that are kept for their score when the mesh is too large.
const BEST: usize = 4;
/// Lists of ids that are taken from one peer between two heartbeats.
const MAX_LISTS: u32 = 10;
/// Below these scores a peer is told nothing, sent nothing, not listened to.
const TELL: f64 = -10.0;
const SEND: f64 = -50.0;
const LISTEN: f64 = -80.0;

/// What nodes say to each other on the topic.
#[derive(Clone, Debug)]
pub(super) enum Word {
    /// News itself.
    News { message: u128, bytes: Arc<[u8]> },
    /// Ids of what the sender has.
    Have(Arc<[u128]>),
    /// Ids of what it would like to have.
    Want(Arc<[u128]>),
    /// Take me into your mesh, as I took you.
    Graft,
    /// I let you go.
    Prune,
}

/// One end of a connection on which gossip flows.
#[derive(Clone, Debug)]
struct Neighbour {
    is_dialled: bool,
    /// Not taken into the mesh before.
    backoff: Duration,
    lists: u32,
}

/// gossipsub at one node.
#[derive(Clone, Debug, Default)]
pub(super) struct Gossip {
    peers: BTreeMap<NodeIndex, Neighbour>,
    /// What peers earned, those that are gone included.
    scores: BTreeMap<NodeIndex, Score>,
    /// Since when a peer is in the mesh.
    mesh: BTreeMap<NodeIndex, Duration>,
    seen: Seen,
    /// What was heard between heartbeats, the latest first.
    windows: VecDeque<Vec<u128>>,
    kept: HashMap<u128, Arc<[u8]>>,
    /// Who was asked for news that it told of, and until when it has time.
    promises: BTreeMap<u128, (NodeIndex, Duration)>,
    ticks: u64,
    /// Whether a heartbeat is planned.
    pub(super) beats: bool,
}

impl Word {
    /// Bytes of it, about.
    pub(super) fn bytes(&self) -> u64 {
        const ID: u64 = 34;
        match self {
            Self::News { bytes, .. } => bytes.len() as u64 + 40,
            Self::Have(ids) => 80 + ids.len() as u64 * ID,
            Self::Want(ids) => 10 + ids.len() as u64 * ID,
            Self::Graft | Self::Prune => 80,
        }
    }
}

impl Gossip {
    /// Gossip flows with a peer from now on; where the mesh is small it is taken in at once.
    pub(super) fn join(&mut self, now: Duration, peer: NodeIndex, direction: Direction) -> Option<Word> {
        if self.peers.contains_key(&peer) {
            return None;
        }
        let is_dialled = direction == Direction::Dialled;
        self.peers.insert(peer, Neighbour { is_dialled, backoff: Duration::ZERO, lists: 0 });
        (self.mesh.len() < MESH.low && self.score(now, peer) >= 0.0).then(|| {
            self.mesh.insert(peer, now);
            Word::Graft
        })
    }

    pub(super) fn leave(&mut self, peer: NodeIndex) {
        self.peers.remove(&peer);
        self.mesh.remove(&peer);
    }

    /// Those with whom gossip flows.
    pub(super) fn neighbours(&self) -> Vec<NodeIndex> {
        self.peers.keys().copied().collect()
    }

    /// Whom own news goes to.
    pub(super) fn publish(&mut self, now: Duration, message: u128, bytes: &Arc<[u8]>) -> Vec<NodeIndex> {
        if !self.seen.is_new(now, message) {
            return Vec::new();
        }
        self.keep(message, bytes);
        self.peers.keys().copied().filter(|peer| self.score(now, *peer) >= SEND).collect()
    }

    /// Whether a peer is listened to at all.
    pub(super) fn hears(&self, now: Duration, peer: NodeIndex) -> bool {
        self.score(now, peer) >= LISTEN
    }

    /// Whether news is to be judged; from now on it is known.
    pub(super) fn is_new(&mut self, now: Duration, message: u128) -> bool {
        self.promises.remove(&message);
        self.seen.is_new(now, message)
    }

    /// News was found right: whom it goes to.
    pub(super) fn accepted(
        &mut self,
        now: Duration,
        from: NodeIndex,
        message: u128,
        bytes: &Arc<[u8]>,
    ) -> Vec<NodeIndex> {
        self.keep(message, bytes);
        self.scores.entry(from).or_default().delivered(now);
        self.mesh.keys().copied().filter(|peer| *peer != from && self.peers.contains_key(peer)).collect()
    }

    /// News was found wrong.
    pub(super) fn rejected(&mut self, now: Duration, from: NodeIndex) {
        self.scores.entry(from).or_default().broke_a_rule(now);
    }

    fn keep(&mut self, message: u128, bytes: &Arc<[u8]>) {
        if self.windows.is_empty() {
            self.windows.push_front(Vec::new());
        }
        if let Some(window) = self.windows.front_mut() {
            window.push(message);
        }
        self.kept.insert(message, bytes.clone());
    }

    /// What to ask a peer for that tells what it has.
    pub(super) fn told(&mut self, now: Duration, from: NodeIndex, ids: &[u128]) -> Option<Word> {
        if self.score(now, from) < TELL {
            return None;
        }
        let neighbour = self.peers.get_mut(&from)?;
        neighbour.lists += 1;
        if neighbour.lists > MAX_LISTS {
            return None;
        }
        let lacks = |id: &&u128| !self.seen.knows(**id) && !self.promises.contains_key(*id);
        let wanted: Vec<u128> = ids.iter().filter(lacks).copied().collect();
        self.promises.extend(wanted.iter().map(|id| (*id, (from, now + FOLLOW_UP))));
        (!wanted.is_empty()).then(|| Word::Want(wanted.into()))
    }

    /// What a peer gets that asks.
    pub(super) fn asked(&self, now: Duration, from: NodeIndex, ids: &[u128]) -> Vec<Word> {
        if self.score(now, from) < TELL {
            return Vec::new();
        }
        let kept = |id: &u128| self.kept.get(id).map(|bytes| Word::News { message: *id, bytes: bytes.clone() });
        ids.iter().filter_map(kept).collect()
    }

    /// A peer took this node into its mesh.
    pub(super) fn grafted(&mut self, now: Duration, from: NodeIndex) -> Option<Word> {
        let score = self.score(now, from);
        let neighbour = self.peers.get(&from)?;
        if self.mesh.contains_key(&from) {
            return None;
        }
        if neighbour.backoff > now {
            self.scores.entry(from).or_default().pushed(now);
            return Some(self.let_go(now, from));
        }
        if score < 0.0 || (self.mesh.len() >= MESH.high && !neighbour.is_dialled) {
            return Some(self.let_go(now, from));
        }
        self.mesh.insert(from, now);
        None
    }

    /// A peer let this node go.
    pub(super) fn pruned(&mut self, now: Duration, from: NodeIndex) {
        self.let_go(now, from);
    }

    fn let_go(&mut self, now: Duration, peer: NodeIndex) -> Word {
        self.mesh.remove(&peer);
        if let Some(neighbour) = self.peers.get_mut(&peer) {
            neighbour.backoff = now + BACKOFF;
        }
        Word::Prune
    }

    fn score(&self, now: Duration, peer: NodeIndex) -> f64 {
        let in_mesh = self.mesh.get(&peer).map_or(Duration::ZERO, |since| now.saturating_sub(*since));
        self.scores.get(&peer).map_or_else(|| Score::default().value(now, in_mesh), |score| score.value(now, in_mesh))
    }

    /// Peers outside of the mesh that may be taken in.
    fn candidates(&self, now: Duration) -> Vec<NodeIndex> {
        let may = |(peer, neighbour): &(&NodeIndex, &Neighbour)| {
            !self.mesh.contains_key(*peer) && neighbour.backoff <= now && self.score(now, **peer) >= 0.0
        };
        self.peers.iter().filter(may).map(|(peer, _)| *peer).collect()
    }

    /// Whether there is anything for a heartbeat to do.
    pub(super) fn needs_beat(&self, now: Duration) -> bool {
        !self.windows.is_empty()
            || !self.promises.is_empty()
            || self.mesh.len() >= MESH.high
            || self.mesh.len() < MESH.low && !self.candidates(now).is_empty()
    }

    /// The heartbeat: mends the mesh, tells what there is.
    pub(super) fn beat(&mut self, now: Duration, random: &mut Random) -> Vec<(NodeIndex, Word)> {
        self.ticks += 1;
        let mut words = Vec::new();
        let broken: Vec<u128> =
            self.promises.iter().filter(|(_, (_, until))| *until < now).map(|(id, _)| *id).collect();
        for id in broken {
            if let Some((peer, _)) = self.promises.remove(&id) {
                self.scores.entry(peer).or_default().pushed(now);
            }
        }
        self.peers.values_mut().for_each(|neighbour| neighbour.lists = 0);
        self.drop_some(now, random, &mut words);
        self.take_some(now, random, &mut words);
        self.tell(now, random, &mut words);
        if self.windows.front().is_some_and(|window| !window.is_empty()) || self.windows.len() > 1 {
            self.windows.push_front(Vec::new());
        }
        if let Some(old) = (self.windows.len() > HISTORY).then(|| self.windows.pop_back()).flatten() {
            old.iter().for_each(|id| {
                self.kept.remove(id);
            });
        }
        if self.windows.iter().all(Vec::is_empty) {
            self.windows.clear();
        }
        words
    }

    fn drop_some(&mut self, now: Duration, random: &mut Random, words: &mut Vec<(NodeIndex, Word)>) {
        let bad: Vec<NodeIndex> = self.mesh.keys().copied().filter(|peer| self.score(now, *peer) < 0.0).collect();
        for peer in bad {
            words.push((peer, self.let_go(now, peer)));
        }
        if self.mesh.len() < MESH.high {
            return;
        }
        let mut all: Vec<NodeIndex> = self.mesh.keys().copied().collect();
        random.shuffle(&mut all);
        all.sort_by(|a, b| self.score(now, *a).total_cmp(&self.score(now, *b)));
        let ordinary = all.len().saturating_sub(BEST);
        random.shuffle(&mut all[..ordinary]);
        let is_dialled = |this: &Self, peer: &NodeIndex| this.peers.get(peer).is_some_and(|known| known.is_dialled);
        let mut dialled = all.iter().filter(|peer| is_dialled(self, peer)).count();
        for peer in all {
            if self.mesh.len() <= MESH.usual {
                break;
            }
            if is_dialled(self, &peer) {
                if dialled <= MESH.outbound {
                    continue;
                }
                dialled -= 1;
            }
            words.push((peer, self.let_go(now, peer)));
        }
    }

    fn take_some(&mut self, now: Duration, random: &mut Random, words: &mut Vec<(NodeIndex, Word)>) {
        let mut taken: BTreeSet<NodeIndex> = BTreeSet::new();
        if self.mesh.len() < MESH.low {
            taken.extend(random.some(self.candidates(now), MESH.usual - self.mesh.len()));
        }
        let is_dialled = |peer: &NodeIndex| self.peers.get(peer).is_some_and(|known| known.is_dialled);
        let dialled = self.mesh.keys().chain(&taken).filter(|peer| is_dialled(peer)).count();
        if self.mesh.len() + taken.len() >= MESH.low && dialled < MESH.outbound {
            let more: Vec<NodeIndex> =
                self.candidates(now).into_iter().filter(|peer| is_dialled(peer) && !taken.contains(peer)).collect();
            taken.extend(random.some(more, MESH.outbound - dialled));
        }
        if self.ticks.is_multiple_of(OPPORTUNITY) && self.mesh.len() > 1 {
            let mut scores: Vec<f64> = self.mesh.keys().map(|peer| self.score(now, *peer)).collect();
            scores.sort_by(f64::total_cmp);
            let median = scores[scores.len() / 2];
            if median < MEDIOCRE {
                let better = self.candidates(now).into_iter();
                let better = better.filter(|peer| !taken.contains(peer) && self.score(now, *peer) > median).collect();
                taken.extend(random.some(better, 2));
            }
        }
        for peer in taken {
            self.mesh.insert(peer, now);
            words.push((peer, Word::Graft));
        }
    }

    fn tell(&self, now: Duration, random: &mut Random, words: &mut Vec<(NodeIndex, Word)>) {
        let ids: Arc<[u128]> = self.windows.iter().take(TOLD).flatten().copied().collect();
        if ids.is_empty() {
            return;
        }
        let others: Vec<NodeIndex> = self
            .peers
            .keys()
            .copied()
            .filter(|peer| !self.mesh.contains_key(peer) && self.score(now, *peer) >= TELL)
            .collect();
        let many = LAZY.max(others.len() / LAZY_SHARE);
        words.extend(random.some(others, many).into_iter().map(|peer| (peer, Word::Have(ids.clone()))));
    }
}
