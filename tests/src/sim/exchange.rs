//! Two replicas, one of which asks: every frame between them is counted.

use super::author::Author;
use super::storage::Disk;
use grid_protocol::key::PeerKey;
use grid_protocol::record::Registry;
use grid_protocol::replica::{Direction, Effect, Input, Now, Recalled, Replica};
use grid_protocol::sync::{Request, Response, pack, unpack};
use grid_protocol::time::Timestamp;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// A question and its answer.
#[derive(Debug)]
pub struct Frame {
    /// The question.
    pub request: Request,
    /// The answer.
    pub response: Response,
    /// Bytes of both on the wire.
    pub bytes: usize,
    /// How many answers had come before the question was sent.
    pub after: usize,
}

/// A replica that asks and one that answers.
pub struct Exchange {
    /// The one that asks.
    pub asker: Replica<Disk>,
    /// The one that answers.
    pub answerer: Replica<Disk>,
    /// What was asked and answered so far.
    pub frames: Vec<Frame>,
    /// What the asker says the answerer did wrong.
    pub blames: Vec<String>,
    /// Pulls that ended.
    pub pulls: usize,
    /// Failures of the asker's storage behind something that was kept.
    pub failures: usize,
    /// What a lying answerer makes of its answers.
    pub twist: fn(Response) -> Response,
    asker_key: PeerKey,
    answerer_key: PeerKey,
    token: u64,
}

/// A moment for replicas outside of any world.
pub const NOON: Now = Now { monotonic: Duration::from_secs(3_600), wall: Timestamp(1_700_000_600_000) };

/// Opens a replica over a disk.
pub fn open(author: &Author, disk: Disk) -> Replica<Disk> {
    let registry = Arc::new(Registry::standard().clone());
    let opened = Replica::open(author.me, registry, disk, &Recalled::default(), [3; 32]);
    opened.expect("a storage in memory reads").0
}

impl Exchange {
    /// Between two authors' nodes, which are connected.
    pub fn new(asker: (&Author, Disk), answerer: (&Author, Disk)) -> Self {
        Self {
            asker_key: asker.0.peer(),
            answerer_key: answerer.0.peer(),
            asker: open(asker.0, asker.1),
            answerer: open(answerer.0, answerer.1),
            frames: Vec::new(),
            blames: Vec::new(),
            pulls: 0,
            failures: 0,
            twist: std::convert::identity,
            token: 0,
        }
    }

    /// The asker connects and pulls, until nothing is under way any more.
    pub fn pull(&mut self) {
        let peer = self.answerer_key;
        self.pump(Input::Connected { peer, direction: Direction::Dialled });
    }

    /// The asker hears news from the answerer; what it asks for then is answered.
    pub fn hear(&mut self, news: Vec<u8>) {
        self.token += 1;
        let input = Input::Gossip { from: self.answerer_key, token: self.token, bytes: news };
        self.pump(input);
    }

    /// The asker hears news, and nobody answers what it asks for then.
    pub fn overhear(&mut self, news: Vec<u8>) {
        self.token += 1;
        let input = Input::Gossip { from: self.answerer_key, token: self.token, bytes: news };
        let effects = self.asker.handle(NOON, input).expect("a storage in memory takes everything");
        self.note(&effects);
    }

    /// What the answerer answers to a frame.
    pub fn ask(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        self.token += 1;
        let input = Input::Request { peer: self.asker_key, token: self.token, bytes };
        let effects = self.answerer.handle(NOON, input).expect("a storage in memory reads");
        let mut answers = effects.into_iter().filter_map(|effect| match effect {
            Effect::Reply { token, bytes } if token == self.token => Some(bytes),
            _ => None,
        });
        let answer = answers.next().expect("every request is answered");
        assert!(answers.next().is_none(), "a request is answered once");
        answer
    }

    /// Bytes of all frames.
    pub fn bytes(&self) -> usize {
        self.frames.iter().map(|frame| frame.bytes).sum()
    }

    fn note(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Fault { why, .. } => self.blames.push(why.clone()),
                Effect::Pulled { .. } => self.pulls += 1,
                Effect::Failed(_) => self.failures += 1,
                _ => {}
            }
        }
    }

    fn pump(&mut self, input: Input) {
        let mut asked: VecDeque<(u64, Vec<u8>, usize)> = VecDeque::new();
        let mut effects = self.asker.handle(NOON, input).expect("a storage in memory takes everything");
        loop {
            self.note(&effects);
            for effect in effects {
                if let Effect::Send { id, bytes, .. } = effect {
                    asked.push_back((id, bytes, self.frames.len()));
                }
            }
            effects = if self.asker.is_busy() {
                self.asker.work(NOON).expect("a storage in memory takes everything")
            } else if let Some((id, bytes, after)) = asked.pop_front() {
                let answer = self.ask(bytes.clone());
                let answer = pack(&(self.twist)(unpack(&answer).expect("a replica sends whole frames")));
                self.frames.push(Frame {
                    request: unpack(&bytes).expect("a replica sends whole frames"),
                    response: unpack(&answer).expect("a replica sends whole frames"),
                    bytes: bytes.len() + answer.len(),
                    after,
                });
                let input = Input::Response { peer: self.answerer_key, id, bytes: answer };
                self.asker.handle(NOON, input).expect("a storage in memory takes everything")
            } else {
                return;
            };
        }
    }
}
