//! Nodes that do not do what they should: members that say nothing, and members that lie.
//!
//! Both keep their connections open, so that honest nodes count on them. A silent one passes nothing on and
//! answers nothing. A lying one passes on broken copies, tells of news that it never sends, and says to
//! whoever compares with it that both hold the same. One that withholds says that it holds much more.

use super::World;
use super::event::{Event, NodeIndex, Route};
use super::gossip::Word;
use super::hear::message_id;
use grid_protocol::sync::message::{ControlSummary, Height, LogSummary};
use grid_protocol::sync::{Refusal, Request, Response, pack, unpack};
use std::sync::Arc;
use std::time::Duration;

/// What a node does with what it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conduct {
    /// What the protocol asks for.
    #[default]
    Honest,
    /// Nothing.
    Silent,
    /// It says what is not so.
    Lying,
    /// It says that it holds more than anybody, and gives nothing of it.
    Withholding,
}

impl World {
    /// From now on a node behaves like this.
    pub fn set_conduct(&mut self, node: NodeIndex, conduct: Conduct) {
        self.nodes[node].conduct = conduct;
    }

    /// Whether a node does what it should.
    pub fn is_honest(&self, node: NodeIndex) -> bool {
        self.nodes[node].conduct == Conduct::Honest
    }

    /// Says something on the topic, whatever it is, to a peer with whom gossip flows.
    pub fn shout(&mut self, from: NodeIndex, to: NodeIndex, bytes: Vec<u8>) {
        let word = Word::News { message: message_id(&bytes), bytes: bytes.into() };
        self.say(from, to, &word, Duration::ZERO);
    }

    /// Asks a connected peer for something, whatever it is. Nobody waits for the answer.
    pub fn demand(&mut self, from: NodeIndex, to: NodeIndex, id: u64, bytes: Vec<u8>) {
        let Some(epoch) = self.nodes[from].epoch(to) else { return };
        let delay = self.latency_between(from, to);
        self.put(delay, Event::Request { route: Route { from, to, epoch }, id, bytes: bytes.into() });
    }

    /// A liar makes a broken copy of all news, and tells of news that it does not send.
    pub(super) fn hear_as_liar(&mut self, node: NodeIndex, from: NodeIndex, word: &Word) {
        let Word::News { message, bytes } = word else { return };
        let now = self.now;
        // Liars would never come to an end with each other.
        if !self.is_honest(from) || !self.nodes[node].gossip.is_new(now, *message) {
            return;
        }
        let mut broken = bytes.to_vec();
        if let Some(last) = broken.last_mut() {
            *last ^= 1;
        }
        let broken: Arc<[u8]> = broken.into();
        let lie = Word::News { message: message ^ 1 ^ ((node as u128) << 64), bytes: broken };
        for peer in self.nodes[node].gossip.neighbours() {
            self.say(node, peer, &Word::Have(Arc::from([*message])), Duration::ZERO);
            self.say(node, peer, &lie, Duration::ZERO);
        }
    }

    /// What a liar answers: that there is nothing new, or that there is no end of it, and of what it is asked for nothing.
    pub(super) fn answer_as_liar(&mut self, route: Route, id: u64, bytes: &[u8]) {
        let liar = &self.nodes[route.to];
        let logs = match liar.conduct {
            Conduct::Withholding => {
                let height = Height { entries: u64::MAX, head: [7; 6] };
                LogSummary::Devices(vec![(liar.author.me.device, height)])
            }
            Conduct::Honest | Conduct::Silent | Conduct::Lying => LogSummary::Same,
        };
        let answer = match unpack::<Request>(bytes) {
            Ok(Request::Hello(_)) => Response::Hello { control: ControlSummary::Same, logs },
            Ok(Request::Runs(_)) => Response::Runs(Vec::new()),
            Ok(Request::Hints(_)) => Response::Noted,
            _ => Response::Refused(Refusal::Unable),
        };
        let back = Route { from: route.to, to: route.from, epoch: route.epoch };
        self.answer(back, id, pack(&answer));
    }
}
