//! What a member that turned bad tries, with keys that are its own: each is told to a running node as news, and
//! the history says whether anybody may ever show it.

use super::World;
use super::author::{Author, Keys, Subject};
use super::counted::Speaker;
use super::event::NodeIndex;
use super::hear::message_id;
use super::history::{Ending, Shown};
use super::node::Token;
use grid_protocol::codec::Format;
use grid_protocol::control::{Cut, Record};
use grid_protocol::entry::{Entry, Head, VerifiedEntry};
use grid_protocol::id::{CoalitionId, DocumentId, EntryId, VersionId};
use grid_protocol::limits::MAX_DEVICES;
use grid_protocol::replica::Input;
use grid_protocol::sync::{Gossip, News, pack};
use serde_json::{Value, json};
use std::sync::Arc;

/// Entries that are missing before one that waits.
const GAP: u64 = 1_000;
/// Certificates that leave no place for a device with a higher key.
const CROWD: usize = MAX_DEVICES + 2;

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
    /// A crafted change: of the actor and number of another one that the same device wrote before.
    Twin,
    /// A record that speaks for another group.
    OthersName,
    /// A certificate in another group's name under a root that this group does not have yet: it waits for that root.
    Planted,
    /// An entry far behind a gap of its log, which waits for what is before it.
    Gap,
    /// Two histories, told to two nodes.
    Equivocation,
    /// A change of a shared record by a group that has withdrawn.
    Withdrawn,
    /// A line in a shared record, and then so many certificates that the device which wrote it has no place any more.
    Crowd,
}

impl Forgery {
    /// Those after which the forger goes on.
    pub const PASSING: [Self; 10] = [
        Self::OthersRecord,
        Self::Unsigned,
        Self::Stranger,
        Self::OtherCoalition,
        Self::Sham,
        Self::BehindCut,
        Self::Twin,
        Self::OthersName,
        Self::Planted,
        Self::Gap,
    ];
    /// Those after which nobody listens to the forger any more.
    pub const LAST: [Self; 3] = [Self::Equivocation, Self::Withdrawn, Self::Crowd];
}

/// Where something is tried.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// A running node that knows both records.
    pub at: NodeIndex,
    /// Another running node.
    pub elsewhere: NodeIndex,
    /// A record of another group.
    pub owned: DocumentId,
    /// A record that members may change.
    pub shared: DocumentId,
}

/// A member whose node says nothing true, and where its log stands.
#[derive(Clone, Debug)]
pub struct Forger {
    /// Its node.
    pub node: NodeIndex,
    head: Option<Head>,
    tries: u32,
    /// Whether anybody still listens.
    pub course: Course,
}

/// Whether a forger goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// It does.
    GoesOn,
    /// It has tried one of [`Forgery::LAST`].
    Over,
}

/// Whether something was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It was told to a node.
    Told,
    /// Nothing would be proven by it, and nothing was told.
    Nothing,
}

impl Forger {
    /// The member behind a node that writes nothing itself.
    pub const fn new(node: NodeIndex) -> Self {
        Self { node, head: None, tries: 0, course: Course::GoesOn }
    }

    /// Entries of its own log that were told.
    pub fn written(&self) -> u64 {
        self.head.map_or(0, |head| head.seq + 1)
    }
}

impl World {
    /// Tries something where it can prove something: these nodes take the forger for a member, hold its whole log, and
    /// it has not tried its last.
    pub fn try_to_forge(&mut self, forger: &mut Forger, forgery: Forgery, scene: Scene) -> Tried {
        let me = self.nodes[forger.node].author.me;
        let believes = |node: NodeIndex| {
            let replica = self.replica(node);
            replica.authority().is_member(&me.group) && replica.logs().entries(&me.device) == forger.written()
        };
        let one_place = forgery == Forgery::Equivocation && scene.at == scene.elsewhere;
        if forger.course == Course::Over || one_place || !believes(scene.at) || !believes(scene.elsewhere) {
            return Tried::Nothing;
        }
        self.forge(forger, forgery, scene);
        Tried::Told
    }

    fn forge(&mut self, forger: &mut Forger, forgery: Forgery, scene: Scene) {
        let Scene { at, elsewhere, owned, shared } = scene;
        let author = self.nodes[forger.node].author.clone();
        forger.tries += 1;
        match forgery {
            Forgery::OthersRecord => {
                let mark = self.history.forge(Shown::Never);
                let entry = self.forged_change(&author, forger.head, at, owned, &title(&mark));
                forger.head = entry.head();
                self.history.written(&entry);
                self.tell_entry(&author, at, announced(&entry));
            }
            Forgery::Unsigned => {
                let mark = self.history.forge(Shown::Never);
                let entry = self.forged_change(&author, forger.head, at, shared, &title(&mark));
                let mut entry = announced(&entry);
                entry.signature.0[0] ^= 1;
                self.tell_entry(&author, at, entry);
            }
            Forgery::Stranger => {
                let mark = self.history.forge(Shown::Never);
                let (stranger, _) = author.further_device(500_000 + forger.tries);
                let entry = self.forged_change(&stranger, None, at, shared, &title(&mark));
                self.tell_entry(&author, at, announced(&entry));
            }
            Forgery::OtherCoalition => {
                let mark = self.history.forge(Shown::Never);
                let mut elsewhere = author.clone();
                elsewhere.me.coalition = CoalitionId([7; 32]);
                let entry = self.forged_change(&elsewhere, forger.head, at, shared, &title(&mark));
                self.tell_entry(&author, at, announced(&entry));
            }
            Forgery::Sham => {
                let (sham, records) = self.sham_group(&author, at, 600_000 + forger.tries);
                self.shams.push(sham.me.group);
                records.into_iter().for_each(|record| self.tell_record(&author, at, record));
            }
            Forgery::BehindCut => self.write_behind_cut(forger.tries, &author, at, shared),
            Forgery::Twin => self.write_twin(forger, &author, at, shared),
            Forgery::OthersName => self.speak_for_another(&author, at),
            Forgery::Planted => {
                let mut false_name = author.clone();
                false_name.me.group = self.nodes[at].author.me.group;
                let next = self.nodes[at].author.root_in_force(self.replica(at).authority()) + 1;
                let (_, certificate) = false_name.device_under(next, 900_000 + forger.tries);
                self.history.forge_record(certificate.id());
                self.tell_record(&author, at, certificate);
            }
            Forgery::Gap => {
                let mark = self.history.forge(Shown::Never);
                let id = EntryId([9; 32]);
                let far = Head { seq: forger.written() + GAP, id, signature: author.sign_head(&id) };
                let entry = self.forged_change(&author, Some(far), at, shared, &title(&mark));
                self.tell_entry(&author, at, announced(&entry));
            }
            Forgery::Crowd => self.crowd(forger, &author, at, shared),
            Forgery::Equivocation => self.equivocate(forger, &author, (at, elsewhere), shared),
            Forgery::Withdrawn => self.write_withdrawn(forger, &author, at, shared),
        }
        if Forgery::LAST.contains(&forgery) {
            forger.course = Course::Over;
        }
    }

    /// Two changes of one actor and number, the second crafted: what a device wrote first stands.
    fn write_twin(&mut self, forger: &mut Forger, author: &Author, at: NodeIndex, shared: DocumentId) {
        let mark = self.history.forge(Shown::Never);
        self.build_on(at, shared);
        let one = self.forged_change(
            author,
            forger.head,
            at,
            shared,
            &title(&format!("once {} {}", forger.node, forger.tries)),
        );
        let other = self.forged_change(author, one.head(), at, shared, &title(&mark));
        forger.head = other.head();
        for entry in [one, other] {
            self.history.written(&entry);
            self.tell_entry(author, at, announced(&entry));
        }
    }

    /// Signs in the name of the group at whose node it is told.
    fn speak_for_another(&mut self, author: &Author, at: NodeIndex) {
        let now = self.clocks(at).wall;
        let victim = self.nodes[at].author.me;
        let mut false_name = author.clone();
        false_name.me.group = victim.group;
        let which = self.random.below(4);
        let replica = self.replica(at);
        let record = match which {
            0 => false_name.end(0, victim.device, Cut { seq: 0, entry: EntryId::ZERO }),
            1 => false_name.withdraw(replica, 0, now),
            2 => false_name.sign(replica, now),
            _ => false_name.claim(VersionId::first(&author.me.coalition), 3, now),
        };
        self.history.forge_record(record.id());
        self.tell_record(author, at, record);
    }

    /// One history for one node, another one for another.
    fn equivocate(
        &mut self,
        forger: &mut Forger,
        author: &Author,
        (at, elsewhere): (NodeIndex, NodeIndex),
        shared: DocumentId,
    ) {
        let device = author.me.device;
        let seq = forger.written();
        self.history.ended(device, seq);
        let until = Shown::Until(Ending::Fork(device));
        let mark = self.history.forge(until);
        let one = self.forged_change(author, forger.head, at, shared, &title(&mark));
        let fields = json!({"title": self.history.forge(until)});
        let now = self.clocks(elsewhere).wall;
        let replica = self.nodes[elsewhere].replica_mut().expect("the node runs");
        let subject = Subject::New("action");
        let (_, others) = author.write_after(forger.head, replica, now, &subject, [1; 16], &fields);
        let other = others.into_iter().next().expect("a write makes an entry");
        forger.head = one.head();
        for (node, entry) in [(at, one), (elsewhere, other)] {
            self.history.written(&entry);
            self.tell_entry(author, node, announced(&entry));
        }
    }

    /// A further device writes once, is ended there, and goes on. Forgers that have tried as much certify the same
    /// device, which then belongs to neither of their groups.
    fn write_behind_cut(&mut self, tries: u32, author: &Author, at: NodeIndex, shared: DocumentId) {
        let root = author.root_in_force(self.replica(at).authority());
        let (office, certificate) = author.device_under(root, 700_000 + tries);
        self.tell_record(author, at, certificate);
        self.build_on(at, shared);
        let first = self.forged_change(
            &office,
            None,
            at,
            shared,
            &title(&format!("still welcome {} {tries}", author.peer().0[0])),
        );
        self.history.written(&first);
        self.tell_entry(author, at, announced(&first));
        let cut = Cut { seq: 1, entry: first.id() };
        let end = author.end(root, office.me.device, cut);
        self.history.ended(office.me.device, 1);
        let mark = self.history.forge(Shown::Until(Ending::Record(end.id())));
        let second = self.forged_change(&office, first.head(), at, shared, &title(&mark));
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
        let mark = self.history.forge(Shown::Until(Ending::Record(withdrawal.id())));
        if forger.head.is_none() {
            // What is named as its last entry has to be there.
            self.build_on(at, shared);
            let entry =
                self.forged_change(author, None, at, shared, &title(&format!("{} is leaving", author.me.group)));
            forger.head = entry.head();
            self.history.written(&entry);
            self.tell_entry(author, at, announced(&entry));
        }
        let entry = self.forged_change(author, forger.head, at, shared, &title(&mark));
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
        fields: &Value,
    ) -> VerifiedEntry {
        let now = self.clocks(at).wall;
        let replica = self.nodes[at].replica_mut().expect("the node runs");
        let (_, entries) = author.write_after(head, replica, now, &Subject::Existing(document), [0; 16], fields);
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

    /// A device of a group, without a node of its own, adds a line to a shared text, of which the group's node hears.
    pub(super) fn say_elsewhere(&mut self, device: &Author, at: NodeIndex, document: DocumentId) -> VerifiedEntry {
        self.say_behind(device, None, at, document)
    }

    /// As [`Self::say_elsewhere`], behind a head of the device's log.
    fn say_behind(&mut self, by: &Author, head: Option<Head>, at: NodeIndex, document: DocumentId) -> VerifiedEntry {
        self.build_on(at, document);
        let text = self.text(at, document, "text");
        let speaker = Speaker { group: by.me.group, device: by.me.device };
        let text = self.history.sayings.say(speaker, document, &text);
        let entry = self.forged_change(by, head, at, document, &json!({"text": text}));
        self.history.written(&entry);
        let teller = self.nodes[at].author.clone();
        self.tell_entry(&teller, at, announced(&entry));
        entry
    }

    /// The group adds a line, and then certifies so many devices that the one which wrote it has no place any more.
    fn crowd(&mut self, forger: &mut Forger, author: &Author, at: NodeIndex, shared: DocumentId) {
        forger.head = self.say_behind(author, forger.head, at, shared).head();
        self.history.ended(author.me.device, 0);
        let root = author.root_in_force(self.replica(at).authority());
        let device = author.me.device;
        let crowd = (1_000_000..).map(|number| author.device_under(root, number + 10_000 * forger.tries));
        let lower = crowd.filter(|(other, _)| other.me.device < device).take(CROWD);
        let certificates: Vec<Record> = lower.map(|(_, certificate)| certificate).collect();
        self.crowded.insert(device, certificates.iter().map(Record::id).collect());
        certificates.into_iter().for_each(|certificate| self.tell_record(author, at, certificate));
    }

    /// The words of a device whose place others took count no longer by themselves, where that came through.
    pub(super) fn settle_crowds(&mut self, judge: NodeIndex) {
        for (device, crowd) in std::mem::take(&mut self.crowded) {
            let control = self.replica(judge).control();
            if crowd.iter().filter(|certificate| control.get(certificate).is_some()).count() >= MAX_DEVICES {
                self.history.sayings.lapse(device);
            }
        }
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

/// A title with a mark in it.
fn title(mark: &str) -> Value {
    json!({"title": format!("Walk {mark}")})
}

fn announced(entry: &VerifiedEntry) -> Entry {
    entry.announce().expect("an entry just written is signed")
}
