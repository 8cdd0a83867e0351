//! A member that turns, or strangers, against one honest node of a small coalition: what that node spends on them, and that
//! all who are honest still hear of each other at once and are one in the end.

use super::conduct::Conduct;
use super::event::NodeIndex;
use super::exchange::{NOON, open};
use super::spent::{Meter, Spent};
use super::{Author, Subject, World};
use grid_protocol::codec::Format;
use grid_protocol::entry::VerifiedEntry;
use grid_protocol::sync::{Gossip, News, pack};
use serde_json::json;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// After all of it everybody honest is equal within this.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// A world with a victim, which is node 0, and an abuser, which is the last one and is linked with it.
pub struct Siege {
    /// The world.
    pub world: World,
    /// The node that suffers.
    pub victim: NodeIndex,
    /// The member that makes it suffer.
    pub abuser: NodeIndex,
}

impl Siege {
    /// So many honest members and one abuser, which says nothing of its own. Memory is counted with `meter`.
    pub fn new(seed: u64, honest: usize, meter: Meter) -> Self {
        let mut world = World::new(seed);
        world.assemble(honest + 1, 6);
        let (victim, abuser) = (0, honest);
        world.link(abuser, victim);
        world.run_for(Duration::from_secs(10));
        world.set_conduct(abuser, Conduct::Silent);
        world.measure_memory(meter);
        Self { world, victim, abuser }
    }

    /// Has the victim endure something: it may cost so much, nobody honest is blamed for it, and honest nodes go on.
    pub fn endures(&mut self, what: &str, most: &Spent, abuse: impl FnOnce(&mut Self)) -> Spent {
        let spent = self.costs(abuse);
        spent.assert_at_most(most, what);
        self.assert_honest_go_on();
        spent
    }

    /// What the victim spends while something happens.
    pub fn costs(&mut self, abuse: impl FnOnce(&mut Self)) -> Spent {
        let victim = self.victim;
        self.world.forget_spent(victim);
        abuse(self);
        self.world.spent(victim)
    }

    /// Honest nodes hear of each other at once, are one in the end, and blame nobody honest.
    pub fn assert_honest_go_on(&mut self) {
        let world = &mut self.world;
        let honest: Vec<NodeIndex> =
            (0..world.nodes().len()).filter(|node| world.runs(*node) && world.is_honest(*node)).collect();
        let writer = honest.last().copied().unwrap_or(self.victim);
        let action = world.write(writer, &Subject::New("action"), &json!({"title": "Still here"}));
        world.run_for(Duration::from_secs(1));
        for node in honest {
            assert_eq!(world.text(node, action, "title"), "Still here", "seed {}, node {node}", world.seed);
        }
        let took = world.until_healed(PATIENCE);
        took.map(drop).unwrap_or_else(|dissent| panic!("seed {}: {dissent}", world.seed));
    }

    /// The abuser's keys.
    pub fn abuser(&self) -> Author {
        self.world.author(self.abuser)
    }

    /// Entries of the abuser's own log, made with what the victim knows.
    pub fn entries(&self, count: u32) -> Vec<VerifiedEntry> {
        let author = self.abuser();
        let mut desk = open(&author, self.world.replica(self.victim).storage().clone());
        let mut entries: Vec<VerifiedEntry> = Vec::new();
        for number in 0..count {
            let mut nonce = [9; 16];
            nonce[..4].copy_from_slice(&number.to_be_bytes());
            let head = entries.last().and_then(VerifiedEntry::head);
            let fields = json!({"title": format!("Walk {number}")});
            let written = author.write_after(head, &mut desk, NOON.wall, &Subject::New("action"), nonce, &fields);
            entries.extend(written.1);
        }
        entries
    }

    /// The abuser tells the victim something, whatever it is.
    pub fn shout(&mut self, news: Vec<u8>) {
        self.world.shout(self.abuser, self.victim, news);
    }

    /// The abuser asks the victim something, whatever it is.
    pub fn demand(&mut self, id: u64, bytes: Vec<u8>) {
        self.world.demand(self.abuser, self.victim, id, bytes);
    }

    /// Whether the victim has named the abuser.
    pub fn is_named(&self) -> bool {
        self.world.blames.iter().any(|blame| blame.by == self.victim && blame.of == Some(self.abuser))
    }
}

impl Deref for Siege {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Siege {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

/// News as it is said on the topic.
pub fn told(news: News) -> Vec<u8> {
    pack(&Gossip { version: Format, news })
}

/// An entry as it is said on the topic.
pub fn announced(entry: &VerifiedEntry) -> Vec<u8> {
    told(News::Entry(entry.announce().expect("each entry is signed")))
}
