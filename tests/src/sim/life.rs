//! What people do with their nodes: found, invite, join, write, sign, start and stop.

use super::World;
use super::author::{Author, Keys, Subject};
use super::check::Acknowledged;
use super::event::{Event, NodeIndex, Route};
use super::history::Witness;
use super::node::{Node, State};
use super::storage::Disk;
use grid_protocol::codec::Format;
use grid_protocol::control::Record;
use grid_protocol::entry::Head;
use grid_protocol::id::{Digest, DocumentId};
use grid_protocol::invite::InviteTicket;
use grid_protocol::replica::{Input, Recalled, Replica};
use grid_protocol::storage::{Storage, StorageError};
use grid_protocol::sync::{Gossip, News, pack};
use grid_protocol::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Wall clocks are off by up to this much.
const SKEW: Duration = Duration::from_secs(300);

/// How a node stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It says goodbye and everything is on disk.
    Properly,
    /// The power goes: what was not safe on disk yet is lost, and nobody is told.
    Crash,
}

impl World {
    /// Founds a coalition and starts the founder's node.
    pub fn found(&mut self, name: &str) -> NodeIndex {
        let number = self.next_number();
        let (author, records) = Author::found(Arc::new(Keys::new(number)), self.registry.clone(), name, self.wall());
        let node = self.settle(author, &records, &[]);
        self.start(node);
        node
    }

    /// Invites as many groups at one node.
    pub fn invite(&mut self, node: NodeIndex, count: u32) -> InviteTicket {
        let (author, seed, now) = (self.nodes[node].author.clone(), self.random.bytes(), self.clocks(node).wall);
        let (ticket, record) = author.invite(self.replica(node), seed, count, now);
        self.commit_record(node, record);
        ticket
    }

    /// Takes an invite. The node is not started, and linked with nobody yet.
    pub fn take_invite(&mut self, ticket: &InviteTicket) -> NodeIndex {
        self.take_invite_at(ticket, 0)
    }

    /// Takes an invite with the slot of this attempt.
    pub fn take_invite_at(&mut self, ticket: &InviteTicket, attempt: u32) -> NodeIndex {
        let keys = Arc::new(Keys::new(self.next_number()));
        let (author, records) = Author::join(keys, self.registry.clone(), ticket, attempt, self.wall());
        self.settle(author, &records, &ticket.records)
    }

    /// Joins through one node: takes the invite, starts, and links with that node.
    pub fn join(&mut self, ticket: &InviteTicket, through: NodeIndex) -> NodeIndex {
        let node = self.take_invite(ticket);
        self.place_beside(node, through);
        self.start(node);
        self.link(node, through);
        node
    }

    /// A coalition of `count` members who all know each other's records, with linked and started nodes.
    pub fn assemble(&mut self, count: usize, degree: usize) {
        let founder = self.found("Clear Water");
        let seats = u32::try_from(count - 1).expect("a world of that size fits nowhere");
        if seats > 0 {
            let ticket = self.invite(founder, seats);
            let joined: Vec<Record> = (0..seats).flat_map(|seat| self.take_seat(&ticket, seat)).collect();
            self.give(founder, &joined);
        }
        // Joined by fixed seats, so no two groups stand in one slot.
        let effects = self.confirm_joins(founder);
        self.carry_out(founder, effects);
        let founders = self.replica(founder);
        let shared = (founders.storage().clone(), founders.belief());
        for node in 1..count {
            if let State::Off(disk) = &mut self.nodes[node].state {
                disk.share_records(&shared.0);
            }
        }
        self.shared = Some(shared);
        (1..count).for_each(|node| self.start(node));
        for node in 1..count {
            self.link(node, node - 1);
            self.link_with_some(node, degree / 2, count);
        }
    }

    /// A newcomer takes one slot of an invite for many: the records that it hands in.
    fn take_seat(&mut self, ticket: &InviteTicket, seat: u32) -> Vec<Record> {
        let one = InviteTicket { first: ticket.first + seat, count: 1, ..ticket.clone() };
        let node = self.take_invite(&one);
        self.nodes[node].disk().map(Storage::records).expect("a disk").expect("a storage in memory reads")
    }

    /// Puts records on the disk of a node as if they had come over the network.
    fn give(&mut self, node: NodeIndex, records: &[Record]) {
        let was_on = self.nodes[node].replica().is_some();
        if was_on {
            self.stop(node, Stop::Properly);
        }
        if let State::Off(disk) = &mut self.nodes[node].state {
            disk.put_records(records, &[]).expect("a storage in memory takes every record");
        }
        if was_on {
            self.start(node);
        }
    }

    pub(super) fn settle(&mut self, author: Author, own: &[Record], others: &[Record]) -> NodeIndex {
        let mut disk = Disk::new(self.clock.clone());
        disk.put_records(others, &[]).expect("a storage in memory takes every record");
        disk.append_own(&[], own).expect("a storage in memory takes every record");
        let skew = self.random.between(Duration::ZERO, SKEW);
        let node = self.nodes.len();
        self.by_peer.insert(author.peer(), node);
        disk.watch(Witness { node, told: self.told.clone() });
        self.nodes.push(Node::new(author, disk, skew));
        node
    }

    fn next_number(&self) -> u32 {
        u32::try_from(self.nodes.len()).expect("a world of that size fits nowhere")
    }

    pub(super) fn wall(&self) -> Timestamp {
        super::BEGINNING.after(self.now)
    }

    /// Starts a node from its disk.
    pub fn start(&mut self, node: NodeIndex) {
        let seed = self.random.bytes();
        let registry = self.registry.clone();
        let (now, member) = (self.now, &mut self.nodes[node]);
        let State::Off(disk) = std::mem::replace(&mut member.state, State::Gone) else {
            panic!("node {node} runs already");
        };
        let me = member.author.me;
        let belief = self.shared.as_ref().filter(|(shared, _)| disk.content().shares_records(shared.content()));
        let opened = match belief.and_then(|(_, belief)| belief.seen_by(&me.group)) {
            Some(belief) => Replica::open_believing(me, registry, disk, belief, &Recalled::default(), seed),
            None => Replica::open(me, registry, disk, &Recalled::default(), seed),
        };
        let (replica, rows) = opened.expect("a storage in memory reads");
        member.state = State::On(Box::new(replica.sharing(self.beliefs.clone())));
        member.life += 1;
        member.looked = None;
        member.wake_at = Some(now);
        let life = member.life;
        self.history.restarted(node);
        if self.is_honest(node) {
            self.look_at_rows(node, &rows);
        }
        self.put(Duration::ZERO, Event::Wake { node, life });
        let effects = self.confirm_joins(node);
        self.carry_out(node, effects);
        self.redial_of(node);
    }

    /// Stops a node.
    pub fn stop(&mut self, node: NodeIndex, how: Stop) {
        let peers: Vec<(NodeIndex, u64)> =
            self.nodes[node].sides.iter().map(|(peer, side)| (*peer, side.epoch)).collect();
        for (peer, epoch) in peers {
            match how {
                Stop::Crash => self.break_link(node, peer),
                Stop::Properly => {
                    self.break_link(node, peer);
                    self.put(self.conditions.quickest, Event::Closed { route: Route { from: peer, to: node, epoch } });
                }
            }
        }
        let member = &mut self.nodes[node];
        let State::On(replica) = std::mem::replace(&mut member.state, State::Gone) else {
            panic!("node {node} does not run");
        };
        let mut disk = replica.into_storage();
        if how == Stop::Crash {
            disk.lose_power();
        }
        let device = member.author.me.device;
        member.state = State::Off(disk);
        member.life += 1;
        member.sides.clear();
        member.asked.clear();
        member.tokens.clear();
        member.gossip = super::gossip::Gossip::default();
        member.works = false;
        member.wake_at = None;
        member.announced = None;
        self.look();
        let kept = self.history.check_own(node, device);
        self.note(kept);
    }

    /// Everybody has said a moment ago where it can be reached.
    pub(super) fn hush(&mut self) {
        let now = self.now;
        self.nodes.iter_mut().for_each(|node| node.announced = Some(now));
    }

    /// Whether a node runs.
    pub fn runs(&self, node: NodeIndex) -> bool {
        self.nodes[node].replica().is_some()
    }

    /// Writes a record at a node.
    pub fn write(&mut self, node: NodeIndex, subject: &Subject, fields: &serde_json::Value) -> DocumentId {
        let written = self.try_write(node, subject, fields);
        written.unwrap_or_else(|error| panic!("seed {}: node {node} could not write: {error}", self.seed))
    }

    /// Writes a record at a node whose disk may be full.
    ///
    /// # Errors
    ///
    /// [`StorageError`]; then nothing was written.
    pub fn try_write(
        &mut self,
        node: NodeIndex,
        subject: &Subject,
        fields: &serde_json::Value,
    ) -> Result<DocumentId, StorageError> {
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&self.random.bytes()[..16]);
        let (author, now) = (self.nodes[node].author.clone(), self.clocks(node).wall);
        if let Subject::Existing(document) = subject {
            self.build_on(node, *document);
        }
        let replica = self.nodes[node].replica_mut().expect("the node runs");
        let (document, entries) = author.write(replica, now, subject, nonce, fields);
        let acknowledged: Vec<Acknowledged> = entries
            .iter()
            .map(|entry| Acknowledged { node, device: author.me.device, seq: entry.header().seq, entry: entry.id() })
            .collect();
        let effects = replica.commit(entries, Vec::new())?;
        for write in &acknowledged {
            let judged = self.history.acknowledged(*write, document);
            self.note(judged);
        }
        if let (Some(watch), Some(last)) = (&mut self.watch, acknowledged.last()) {
            watch.wrote(self.now, node, last.entry);
        }
        self.acknowledged.extend(acknowledged);
        self.look();
        self.carry_out(node, effects);
        // What was written is readable at once.
        let now = self.clocks(node);
        if let Some(effects) = self.drive(node, 0, |replica| replica.work(now)) {
            self.carry_out_or_note(node, effects);
        }
        self.plan(node);
        Ok(document)
    }

    /// Somebody who may write is about to change a record as a node knows it.
    pub(super) fn build_on(&mut self, node: NodeIndex, document: DocumentId) {
        if !self.history.has_forgeries() {
            return;
        }
        let registry = self.registry.clone();
        let replica = self.nodes[node].replica_mut().expect("the node runs");
        let live = replica.live(document).expect("a storage in memory reads");
        let text = live.row(&registry).values.to_json().to_string();
        self.history.built_on(&text);
    }

    /// A copy of `liar`'s home writes behind an older head, with what the node `at` knows, and that node hears of
    /// it: a second history of the device.
    pub fn write_apart(
        &mut self,
        liar: NodeIndex,
        at: NodeIndex,
        head: Option<Head>,
        subject: &Subject,
        fields: &serde_json::Value,
    ) -> DocumentId {
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&self.random.bytes()[..16]);
        let (author, now) = (self.nodes[liar].author.clone(), self.clocks(at).wall);
        let replica = self.nodes[at].replica_mut().expect("the node runs");
        let (document, entries) = author.write_after(head, replica, now, subject, nonce, fields);
        for entry in entries {
            self.history.written(&entry);
            let news = News::Entry(entry.announce().expect("an entry just written is signed"));
            let bytes = pack(&Gossip { version: Format, news });
            self.input(at, Input::Gossip { from: author.peer(), token: u64::MAX, bytes });
        }
        document
    }

    /// Keeps and announces a control record at its author's node.
    pub fn commit_record(&mut self, node: NodeIndex, record: Record) {
        let replica = self.nodes[node].replica_mut().expect("the node runs");
        let effects = replica.commit(Vec::new(), vec![record]).expect("a storage in memory takes every record");
        self.carry_out(node, effects);
        self.plan(node);
    }

    /// The keys of a node's group.
    pub fn author(&self, node: NodeIndex) -> Author {
        self.nodes[node].author.clone()
    }

    /// The wall clock of a node.
    pub fn wall_of(&self, node: NodeIndex) -> Timestamp {
        self.clocks(node).wall
    }

    /// The text of a field of a record, as a node reads it; empty where it is not there.
    pub fn text(&mut self, node: NodeIndex, document: DocumentId, field: &str) -> String {
        let registry = self.registry.clone();
        let replica = self.nodes[node].replica_mut().expect("the node runs");
        let live = replica.live(document).expect("a storage in memory reads");
        live.row(&registry).values.text(field).to_owned()
    }

    /// Gives an input to a replica directly, as a network of its own would, and carries out what follows.
    pub fn feed(&mut self, node: NodeIndex, input: grid_protocol::replica::Input) {
        self.input(node, input);
        self.look();
    }

    /// Whether a node knows a record so that it can be edited there.
    pub fn reads(&mut self, node: NodeIndex, document: DocumentId) -> bool {
        let replica = self.nodes[node].replica_mut().expect("the node runs");
        let live = replica.live(document).expect("a storage in memory reads");
        live.opening().is_some()
    }

    /// The state root of a running node.
    pub fn root(&self, node: NodeIndex) -> Digest {
        self.replica(node).state_root()
    }
}
