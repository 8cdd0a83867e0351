//! Driving the replicas: what happens goes in, what they decide is carried out, as the daemon does it.

use super::check::Rows;
use super::conduct::Conduct;
use super::event::{Event, NodeIndex, Route};
use super::node::Token;
use super::{Blame, GRAIN, World};
use grid_protocol::replica::{Effect, Input, PeerStanding};
use grid_protocol::storage::StorageError;
use grid_protocol::sync::{Says, peer_id};
use std::collections::VecDeque;
use std::time::Duration;

/// A node repeats its addresses at most this often.
const ANNOUNCE_EVERY: Duration = Duration::from_secs(20);
/// A batch of the backlog takes up to this long.
const WORK_TAKES: Duration = Duration::from_millis(5);

impl World {
    pub(super) fn happen(&mut self, event: Event) {
        match event {
            Event::Dial { from, to } => self.dial(from, to),
            Event::Opened { route, direction } => self.opened(route, direction),
            Event::Closed { route } => self.closed(route),
            Event::Audible { route } => self.audible(route),
            Event::Request { route, id, bytes } => {
                if self.arrives(route) {
                    self.nodes[route.to].spent.bytes_in += bytes.len() as u64;
                    match self.nodes[route.to].conduct {
                        Conduct::Honest => {}
                        Conduct::Silent => return,
                        Conduct::Lying | Conduct::Withholding => return self.answer_as_liar(route, id, &bytes),
                    }
                    let token = self.nodes[route.to].token(Token::Request { route, id });
                    let peer = self.nodes[route.from].author.peer();
                    self.input(route.to, Input::Request { peer, token, bytes: bytes.to_vec() });
                }
            }
            Event::Response { route, id, bytes } => {
                if self.arrives(route) {
                    self.nodes[route.to].spent.bytes_in += bytes.len() as u64;
                    self.nodes[route.to].asked.remove(&(route.from, id));
                    let peer = self.nodes[route.from].author.peer();
                    self.input(route.to, Input::Response { peer, id, bytes: bytes.to_vec() });
                }
            }
            Event::GiveUp { route, id } => {
                let asked = &mut self.nodes[route.from].asked;
                if asked.get(&(route.to, id)) == Some(&route.epoch) {
                    asked.remove(&(route.to, id));
                    let peer = self.nodes[route.to].author.peer();
                    self.input(route.from, Input::RequestFailed { peer, id });
                }
            }
            Event::Word { route, word } => self.hear(route, word),
            Event::Beat { node, life } => self.beat(node, life),
            Event::Wake { node, life } => self.wake(node, life),
            Event::Work { node, life } => self.work(node, life),
        }
    }

    fn audible(&mut self, route: Route) {
        if !self.nodes[route.from].is_open(route.to, route.epoch) {
            return;
        }
        self.join_gossip(route.from, route.to);
        if !self.is_honest(route.from) {
            return;
        }
        self.announce_addresses(route.from);
        let peer = self.nodes[route.to].author.peer();
        self.input(route.from, Input::Audible { peer });
    }

    fn announce_addresses(&mut self, node: NodeIndex) {
        let now = self.now;
        if self.nodes[node].announced.is_some_and(|at| now < at + ANNOUNCE_EVERY) {
            return;
        }
        self.nodes[node].announced = Some(now);
        let peer = peer_id(&self.nodes[node].author.peer());
        self.sign(node, Says::Reachable(vec![format!("/memory/{node}/p2p/{peer}")]));
    }

    fn sign(&mut self, node: NodeIndex, says: Says) {
        let hint = self.nodes[node].author.hint(self.clocks(node).wall, says);
        let effect = self.nodes[node].replica_mut().map(|replica| replica.announce(hint));
        self.carry_out(node, effect.into_iter().collect());
    }

    fn wake(&mut self, node: NodeIndex, life: u64) {
        if self.nodes[node].life != life || !self.is_honest(node) {
            return;
        }
        self.nodes[node].wake_at = None;
        let due = self.nodes[node].replica().is_some_and(|replica| replica.next_deadline() <= self.now);
        if due {
            self.input(node, Input::Tick);
        } else {
            self.plan(node);
        }
    }

    fn work(&mut self, node: NodeIndex, life: u64) {
        if self.nodes[node].life != life || !self.is_honest(node) {
            return;
        }
        self.nodes[node].works = false;
        self.nodes[node].spent.worked += 1;
        let now = self.clocks(node);
        if let Some(effects) = self.drive(node, 0, |replica| replica.work(now)) {
            self.carry_out_or_note(node, effects);
        }
        self.plan(node);
    }

    /// Gives a node something to handle.
    ///
    /// Who is not honest hears of connections only, and says nothing that follows from what it holds.
    pub(super) fn input(&mut self, node: NodeIndex, input: Input) {
        if !self.is_honest(node) && !matches!(input, Input::Connected { .. } | Input::Disconnected { .. }) {
            return;
        }
        let now = self.clocks(node);
        let given = match &input {
            Input::Request { bytes, .. } | Input::Response { bytes, .. } | Input::Gossip { bytes, .. } => bytes.len(),
            _ => 0,
        };
        if let Some(effects) = self.drive(node, given, |replica| replica.handle(now, input)) {
            self.carry_out_or_note(node, effects);
        }
        self.plan(node);
    }

    pub(super) fn carry_out_or_note(&mut self, node: NodeIndex, effects: Result<Vec<Effect>, StorageError>) {
        match effects {
            Ok(effects) => self.carry_out(node, effects),
            Err(StorageError::Full) => self.disk_failures += 1,
            Err(error) => panic!("seed {}: node {node}: {error}", self.seed),
        }
    }

    /// Plans when the node works and looks at its deadlines.
    pub(super) fn plan(&mut self, index: NodeIndex) {
        let now = self.now;
        if !self.is_honest(index) {
            return;
        }
        let node = &mut self.nodes[index];
        let life = node.life;
        let Some((busy, due)) = node.replica().map(|replica| (replica.is_busy(), replica.next_deadline())) else {
            return;
        };
        let due = due.max(now + GRAIN);
        if node.wake_at.is_none_or(|at| due < at) {
            node.wake_at = Some(due);
            self.agenda.put(due, Event::Wake { node: index, life });
        }
        if busy && !self.nodes[index].works {
            self.nodes[index].works = true;
            let delay = self.random.between(Duration::ZERO, WORK_TAKES);
            self.put(delay, Event::Work { node: index, life });
        }
    }

    pub(super) fn carry_out(&mut self, node: NodeIndex, effects: Vec<Effect>) {
        let mut queue = VecDeque::from(effects);
        let mut shown = Rows::TheSame;
        if !self.is_honest(node) {
            queue.retain(|effect| matches!(effect, Effect::Standing { .. }));
        }
        while let Some(effect) = queue.pop_front() {
            match effect {
                Effect::Send { peer, id, bytes } => {
                    if let Some(to) = self.by_peer.get(&peer).copied() {
                        self.ask(node, to, id, bytes);
                    }
                }
                Effect::Reply { token, bytes } => {
                    if let Some(Token::Request { route, id }) = self.nodes[node].tokens.remove(&token) {
                        self.nodes[node].spent.answered += 1;
                        let back = Route { from: route.to, to: route.from, epoch: route.epoch };
                        self.answer(back, id, bytes);
                    }
                }
                Effect::Publish { bytes } => self.publish(node, bytes),
                Effect::Judge { token, judgement } => {
                    if let Some(Token::News { from, message, bytes }) = self.nodes[node].tokens.remove(&token) {
                        self.judged(node, judgement, (from, message, bytes));
                    }
                }
                Effect::Standing { peer, standing } => {
                    let Some(of) = self.by_peer.get(&peer).copied() else { continue };
                    if let Some(side) = self.nodes[node].sides.get_mut(&of) {
                        side.standing = standing;
                        match standing {
                            PeerStanding::Member { .. } => self.become_audible(node, of),
                            PeerStanding::Lobby => self.fall_silent(node, of),
                        }
                    }
                }
                Effect::Sign(says) => {
                    let hint = self.nodes[node].author.hint(self.clocks(node).wall, says);
                    queue.extend(self.nodes[node].replica_mut().map(|replica| replica.announce(hint)));
                }
                Effect::AuthorityChanged => queue.extend(self.confirm_joins(node)),
                Effect::Pulled { .. } => self.counts.pulls += 1,
                Effect::Failed(error) if matches!(*error, StorageError::Full) => self.disk_failures += 1,
                Effect::Failed(error) => panic!("storage in memory does not fail: {error}"),
                Effect::Fault { peer, why } => {
                    let of = self.by_peer.get(&peer).copied();
                    self.blames.push(Blame { at: self.now, by: node, of, why });
                }
                Effect::Rows(rows) => {
                    shown = Rows::Changed;
                    self.look_at_rows(node, &rows);
                }
                Effect::Certify { token, request } => {
                    let author = self.nodes[node].author.clone();
                    if let Some(replica) = self.nodes[node].replica_mut() {
                        queue.extend(author.let_in(replica, token, *request));
                    }
                }
                Effect::Hint(_) | Effect::Application { .. } | Effect::Pairing(_) => {}
            }
        }
        self.look_at_belief(node, shown);
    }

    /// A node confirms joins through its invites as soon as it knows of them.
    pub(super) fn confirm_joins(&mut self, node: NodeIndex) -> Vec<Effect> {
        let author = self.nodes[node].author.clone();
        let Some(replica) = self.nodes[node].replica_mut() else { return Vec::new() };
        let vouches = author.vouches(replica);
        if vouches.is_empty() {
            return Vec::new();
        }
        match replica.commit(Vec::new(), vouches) {
            Ok(effects) => effects,
            Err(StorageError::Full) => Vec::new(),
            Err(error) => panic!("seed {}: node {node}: {error}", self.seed),
        }
    }
}
