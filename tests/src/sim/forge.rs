//! What a member that turned bad tries, with keys that are its own: each is told to a running node as news, and
//! the history says whether anybody may ever show it.

use super::World;
use super::author::{Author, Keys, Subject};
use super::event::NodeIndex;
use super::hear::message_id;
use super::history::Shown;
use super::node::Token;
use grid_protocol::codec::Format;
use grid_protocol::control::{Cut, Record};
use grid_protocol::entry::{Entry, Head, VerifiedEntry};
use grid_protocol::id::{CoalitionId, DocumentId};
use grid_protocol::replica::Input;
use grid_protocol::sync::{Gossip, News, pack};
use serde_json::json;
use std::sync::Arc;

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// A signed change of a record that belongs to another group.
    OthersRecord,
    /// A change whose signature does not hold.
    Unsigned,
    /// A change by a device that nobody certified.
    Stranger,
    /// A change that was signed for another coalition.
    OtherCoalition,
    /// A group that nobody invited, with all its records.
    Sham,
    /// A change by a device behind the end that its group has set.
    BehindCut,
    /// A change of a shared record by a group that has withdrawn.
    Withdrawn,
}

impl Forgery {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::OthersRecord,
        Self::Unsigned,
        Self::Stranger,
        Self::OtherCoalition,
        Self::Sham,
        Self::BehindCut,
        Self::Withdrawn,
    ];
}

/// A member whose node says nothing true, and where its log stands.
#[derive(Clone, Debug)]
pub struct Forger {
    /// Its node.
    pub node: NodeIndex,
    head: Option<Head>,
    tries: u32,
}

impl Forger {
    /// The member behind a node that writes nothing itself.
    pub const fn new(node: NodeIndex) -> Self {
        Self { node, head: None, tries: 0 }
    }

    /// Entries of its own log that were told.
    pub fn written(&self) -> u64 {
        self.head.map_or(0, |head| head.seq + 1)
    }
}

impl World {
    /// Tries something at a running node that knows the record `owned` of another group, and the record `shared`
    /// that members may change.
    pub fn forge(
        &mut self,
        forger: &mut Forger,
        forgery: Forgery,
        at: NodeIndex,
        owned: DocumentId,
        shared: DocumentId,
    ) {
        let author = self.nodes[forger.node].author.clone();
        forger.tries += 1;
        match forgery {
            Forgery::OthersRecord => {
                let mark = self.history.forge(Shown::Never);
                let entry = self.forged_change(&author, forger.head, at, owned, &mark);
                forger.head = entry.head();
                self.history.written(&entry);
                self.tell_entry(&author, at, announced(&entry));
            }
            Forgery::Unsigned => {
                let mark = self.history.forge(Shown::Never);
                let entry = self.forged_change(&author, forger.head, at, shared, &mark);
                let mut entry = announced(&entry);
                entry.signature.0[0] ^= 1;
                self.tell_entry(&author, at, entry);
            }
            Forgery::Stranger => {
                let mark = self.history.forge(Shown::Never);
                let (stranger, _) = author.further_device(500_000 + forger.tries);
                let entry = self.forged_change(&stranger, None, at, shared, &mark);
                self.tell_entry(&author, at, announced(&entry));
            }
            Forgery::OtherCoalition => {
                let mark = self.history.forge(Shown::Never);
                let mut elsewhere = author.clone();
                elsewhere.me.coalition = CoalitionId([7; 32]);
                let entry = self.forged_change(&elsewhere, forger.head, at, shared, &mark);
                self.tell_entry(&author, at, announced(&entry));
            }
            Forgery::Sham => {
                let (sham, records) = self.sham_group(&author, at, 600_000 + forger.tries);
                self.shams.push(sham.me.group);
                records.into_iter().for_each(|record| self.tell_record(&author, at, record));
            }
            Forgery::BehindCut => self.write_behind_cut(forger.tries, &author, at, shared),
            Forgery::Withdrawn => self.write_withdrawn(forger, &author, at, shared),
        }
    }

    /// A further device writes once, is ended there, and goes on.
    fn write_behind_cut(&mut self, tries: u32, author: &Author, at: NodeIndex, shared: DocumentId) {
        let root = author.root_in_force(self.replica(at).authority());
        let (office, certificate) = author.device_under(root, 700_000 + tries);
        self.tell_record(author, at, certificate);
        let first = self.forged_change(&office, None, at, shared, "Still welcome.\n");
        self.history.written(&first);
        self.tell_entry(author, at, announced(&first));
        let cut = Cut { seq: 1, entry: first.id() };
        let end = author.end(root, office.me.device, cut);
        self.history.ended(office.me.device, 1);
        let mark = self.history.forge(Shown::Until(end.id()));
        let second = self.forged_change(&office, first.head(), at, shared, &mark);
        self.history.written(&second);
        // The end and what lies behind it reach nodes in either order.
        match self.random.happens(500) {
            true => {
                self.tell_record(author, at, end);
                self.tell_entry(author, at, announced(&second));
            }
            false => {
                self.tell_entry(author, at, announced(&second));
                self.tell_record(author, at, end);
            }
        }
    }

    /// The group withdraws, and goes on writing.
    fn write_withdrawn(&mut self, forger: &mut Forger, author: &Author, at: NodeIndex, shared: DocumentId) {
        let now = self.clocks(at).wall;
        let last = forger.head.map_or(0, |head| head.seq);
        let withdrawal = author.withdraw(self.replica(at), last, now);
        let mark = self.history.forge(Shown::Until(withdrawal.id()));
        if forger.head.is_none() {
            // What is named as its last entry has to be there.
            let entry = self.forged_change(author, None, at, shared, "We are leaving.\n");
            forger.head = entry.head();
            self.history.written(&entry);
            self.tell_entry(author, at, announced(&entry));
        }
        let entry = self.forged_change(author, forger.head, at, shared, &mark);
        forger.head = entry.head();
        self.history.written(&entry);
        self.tell_entry(author, at, announced(&entry));
        self.tell_record(author, at, withdrawal);
    }

    /// A change of a document as an author would write it, made with what the node `at` knows.
    fn forged_change(
        &mut self,
        author: &Author,
        head: Option<Head>,
        at: NodeIndex,
        document: DocumentId,
        mark: &str,
    ) -> VerifiedEntry {
        let now = self.clocks(at).wall;
        let replica = self.nodes[at].replica_mut().expect("the node runs");
        let fields = json!({"title": format!("Walk {mark}")});
        let (_, entries) = author.write_after(head, replica, now, &Subject::Existing(document), [0; 16], &fields);
        entries.into_iter().next().expect("a write makes an entry")
    }

    /// The keys of a group that nobody invited, and its signature.
    fn sham_group(&self, author: &Author, at: NodeIndex, number: u32) -> (Author, Vec<Record>) {
        let now = self.wall();
        let registry = self.registry.clone();
        let keys = Arc::new(Keys::new(number));
        let (mut sham, own) = Author::found(keys, registry, "Elsewhere", now);
        sham.me.coalition = author.me.coalition;
        let mut records: Vec<Record> = own.into_iter().filter(|record| record.coalition().is_none()).collect();
        records.push(sham.sign(self.replica(at), now));
        (sham, records)
    }

    /// A device of a group, without a node of its own, writes something that the group's node hears of.
    pub(super) fn write_elsewhere(&mut self, device: &Author, at: NodeIndex, document: DocumentId) -> VerifiedEntry {
        let entry = self.forged_change(device, None, at, document, "from the office");
        self.history.written(&entry);
        let by = self.nodes[at].author.clone();
        self.tell_entry(&by, at, announced(&entry));
        entry
    }

    fn tell_entry(&mut self, by: &Author, at: NodeIndex, entry: Entry) {
        self.tell_news(by, at, News::Entry(entry));
    }

    fn tell_record(&mut self, by: &Author, at: NodeIndex, record: Record) {
        self.tell_news(by, at, News::Record(record));
    }

    fn tell_news(&mut self, by: &Author, at: NodeIndex, news: News) {
        let bytes = pack(&Gossip { version: Format, news });
        let judged = self.nodes[at].token(Token::News {
            from: self.by_peer[&by.peer()],
            message: message_id(&bytes),
            bytes: bytes.clone().into(),
        });
        self.feed(at, Input::Gossip { from: by.peer(), token: judged, bytes });
    }
}

fn announced(entry: &VerifiedEntry) -> Entry {
    entry.announce().expect("an entry just written is signed")
}
