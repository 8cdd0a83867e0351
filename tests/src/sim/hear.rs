//! Gossip between nodes: what each says on the topic, and what becomes of what it hears.

use super::World;
use super::conduct::Conduct;
use super::event::{Event, NodeIndex, Route};
use super::gossip::Word;
use super::node::Token;
use super::random::mix;
use grid_protocol::replica::{Direction, Input, Judgement};
use std::sync::Arc;
use std::time::Duration;

/// Between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// A node takes this long to judge news and to pass it on.
const JUDGING: Duration = Duration::from_millis(1);

impl World {
    /// Gossip flows from a node to a peer from now on.
    pub(super) fn join_gossip(&mut self, node: NodeIndex, peer: NodeIndex) {
        let direction = match self.dialler(node, peer) == Some(node) {
            true => Direction::Dialled,
            false => Direction::Accepted,
        };
        let word = self.nodes[node].gossip.join(self.now, peer, direction);
        word.into_iter().for_each(|word| self.say(node, peer, &word, Duration::ZERO));
        self.plan_beat(node);
    }

    /// Own news goes to every member that is connected.
    pub(super) fn publish(&mut self, node: NodeIndex, bytes: Vec<u8>) {
        let (message, bytes, now) = (message_id(&bytes), Arc::from(bytes), self.now);
        for peer in self.nodes[node].gossip.publish(now, message, &bytes) {
            self.say(node, peer, &Word::News { message, bytes: bytes.clone() }, Duration::ZERO);
        }
        self.plan_beat(node);
    }

    /// News was judged.
    pub(super) fn judged(&mut self, node: NodeIndex, judgement: Judgement, news: (NodeIndex, u128, Arc<[u8]>)) {
        let (from, message, bytes) = news;
        let now = self.now;
        match judgement {
            Judgement::Accept => {
                for peer in self.nodes[node].gossip.accepted(now, from, message, &bytes) {
                    self.say(node, peer, &Word::News { message, bytes: bytes.clone() }, JUDGING);
                }
                self.plan_beat(node);
            }
            Judgement::Reject => self.nodes[node].gossip.rejected(now, from),
            Judgement::Ignore => {}
        }
    }

    /// Says something to a peer; it may be lost, repeated and overtaken.
    pub(super) fn say(&mut self, from: NodeIndex, to: NodeIndex, word: &Word, after: Duration) {
        let Some(epoch) = self.nodes[from].member_epoch(to) else { return };
        let bytes = word.bytes();
        self.counts.news += 1;
        self.counts.news_bytes += bytes;
        self.nodes[from].spent.bytes_out += bytes;
        if self.random.happens(self.conditions.news_lost) {
            return;
        }
        let times = 1 + usize::from(self.random.happens(self.conditions.repeated));
        for _ in 0..times {
            let delay = after + self.latency_between(from, to);
            self.put(delay, Event::Word { route: Route { from, to, epoch }, word: word.clone() });
        }
    }

    pub(super) fn hear(&mut self, route: Route, word: Word) {
        let Route { from, to: node, .. } = route;
        if !self.arrives(route) || self.nodes[node].member_epoch(from).is_none() {
            return;
        }
        match self.nodes[node].conduct {
            Conduct::Honest => {}
            Conduct::Silent | Conduct::Withholding => return,
            Conduct::Lying => return self.hear_as_liar(node, from, &word),
        }
        let now = self.now;
        self.nodes[node].spent.bytes_in += word.bytes();
        if !self.nodes[node].gossip.hears(now, from) {
            return;
        }
        match word {
            Word::News { message, bytes } => {
                if self.nodes[node].gossip.is_new(now, message) {
                    self.nodes[node].spent.news_judged += 1;
                    let data = bytes.to_vec();
                    let token = self.nodes[node].token(Token::News { from, message, bytes });
                    let from = self.nodes[from].author.peer();
                    self.input(node, Input::Gossip { from, token, bytes: data });
                }
            }
            Word::Have(ids) => {
                let wanted = self.nodes[node].gossip.told(now, from, &ids);
                wanted.into_iter().for_each(|word| self.say(node, from, &word, Duration::ZERO));
                self.plan_beat(node);
            }
            Word::Want(ids) => {
                for word in self.nodes[node].gossip.asked(now, from, &ids) {
                    self.say(node, from, &word, Duration::ZERO);
                }
            }
            Word::Graft => {
                self.join_gossip(node, from);
                let refusal = self.nodes[node].gossip.grafted(now, from);
                refusal.into_iter().for_each(|word| self.say(node, from, &word, Duration::ZERO));
                self.plan_beat(node);
            }
            Word::Prune => {
                self.nodes[node].gossip.pruned(now, from);
                self.plan_beat(node);
            }
        }
    }

    pub(super) fn beat(&mut self, node: NodeIndex, life: u64) {
        if self.nodes[node].life != life || self.nodes[node].replica().is_none() {
            return;
        }
        let now = self.now;
        let member = &mut self.nodes[node];
        member.gossip.beats = false;
        let words = member.gossip.beat(now, &mut self.random);
        words.into_iter().for_each(|(peer, word)| self.say(node, peer, &word, Duration::ZERO));
        self.plan_beat(node);
    }

    /// Heartbeats of which nothing would come are left out.
    fn plan_beat(&mut self, node: NodeIndex) {
        let now = self.now;
        let member = &mut self.nodes[node];
        if member.gossip.beats || member.conduct != Conduct::Honest || !member.gossip.needs_beat(now) {
            return;
        }
        member.gossip.beats = true;
        let life = member.life;
        // Each node has a beat of its own.
        let period = u64::try_from(HEARTBEAT.as_micros()).unwrap_or(1);
        let phase = mix(self.seed ^ node as u64) % period;
        let into = (u64::try_from(now.as_micros()).unwrap_or(0) + period - phase) % period;
        self.put(Duration::from_micros(period - into), Event::Beat { node, life });
    }
}

pub(super) fn message_id(bytes: &[u8]) -> u128 {
    let mut id = [0; 16];
    id.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    u128::from_le_bytes(id)
}
