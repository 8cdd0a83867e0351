//! What lies apart from the logs counts alike at whoever kept it early and at whoever comes late.

use grid_protocol::authority::Cut;
use grid_protocol::chain::BranchEntry;
use grid_protocol::control::{Record, SigningKey, StatementSignature};
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::id::{DocumentId, EntryId, VersionId};
use grid_protocol::key::SecretKey;
use grid_protocol::record::Registry;
use grid_protocol::replica::{Effect, Input, Replica, Row};
use grid_protocol::run::{LeanEntry, Run, VerifiedRun};
use grid_protocol::storage::Storage;
use grid_protocol::sync::{Gossip, News, pack};
use grid_protocol::time::Timestamp;
use grid_tests::sim::{Author, Clock, Disk, Exchange, Keys, NOON, Subject, open};
use serde_json::json;
use std::sync::Arc;

/// A founder with two more computers, two guests, one of them with a key that nobody knows, and a page that all may edit.
struct Meadow {
    founder: Author,
    office: Author,
    shed: Author,
    guest: Author,
    other: Author,
    hidden: Author,
    /// What makes the hidden key one of the guest's computers.
    certificate: Record,
    /// The slots through which the guests came.
    slots: [u32; 2],
    records: Vec<Record>,
    page: DocumentId,
    opening: Vec<VerifiedEntry>,
}

/// What one device wrote, one entry behind the other.
type Log = Vec<VerifiedEntry>;

impl Meadow {
    fn new() -> Self {
        let registry = Arc::new(Registry::standard().clone());
        let (founder, mut records) = Author::found(Arc::new(Keys::new(0)), registry.clone(), "Clear Water", NOON.wall);
        let mut join = |number: u8| {
            let (ticket, invite) = founder.invite(&open(&founder, disk(&records, &[])), [number; 32], 1, NOON.wall);
            let keys = Arc::new(Keys::new(number.into()));
            let (guest, joining) = Author::join(keys, registry.clone(), &ticket, 0, NOON.wall);
            records.push(invite);
            records.extend(joining);
            (guest, ticket.first)
        };
        let ((guest, slot), (other, next)) = (join(1), join(2));
        let ((office, first), (shed, second)) = (founder.further_device(51), founder.further_device(52));
        records.extend([first, second]);
        let (hidden, certificate) = guest.further_device(70);
        let mut desk = open(&founder, disk(&records, &[]));
        let fields = json!({"title": "How we decide", "text": "Together.\n"});
        let (page, opening) = founder.write(&mut desk, NOON.wall, &Subject::New("page"), [5; 16], &fields);
        Self { founder, office, shed, guest, other, hidden, certificate, slots: [slot, next], records, page, opening }
    }

    fn with(&self, more: &[Record]) -> Vec<Record> {
        [&self.records, more].concat()
    }

    /// An edit of the page, behind this head, by one who knows these records and logs.
    fn edit(&self, author: &Author, head: Option<Head>, records: &[Record], known: &[&Log], text: &str) -> Log {
        let mut desk = open(author, disk(records, known));
        let fields = json!({ "title": text });
        author.write_after(head, &mut desk, NOON.wall, &Subject::Existing(self.page), [0; 16], &fields).1
    }

    fn note(&self, author: &Author, head: Option<Head>, number: u8) -> Log {
        let mut desk = open(author, disk(&self.records, &[]));
        let fields = json!({"title": format!("Walk {number}")});
        author.write_after(head, &mut desk, NOON.wall, &Subject::New("action"), [number; 16], &fields).1
    }

    /// A newcomer's node beside this one, once it has fetched what it can.
    fn newcomer(&self, records: &[Record], from: &Replica<Disk>) -> Exchange {
        let mut exchange = Exchange::new((&self.shed, disk(records, &[])), (&self.office, from.storage().clone()));
        exchange.pull();
        exchange.pull();
        assert_eq!(exchange.blames, Vec::<String>::new());
        exchange
    }

    /// How much of the page counts at two nodes that hold all that they can fetch, which is the same, also after a start.
    fn counts_alike(&self, [one, other]: [&mut Replica<Disk>; 2]) -> usize {
        let counts = [&mut *one, &mut *other].map(|replica| effective(replica, self.page));
        assert_eq!(counts[0], counts[1]);
        assert_eq!(one.state_root(), other.state_root());
        for (author, replica) in [(&self.office, &*one), (&self.shed, &*other)] {
            assert_eq!(open(author, replica.storage().clone()).state_root(), replica.state_root());
        }
        counts[0]
    }
}

fn disk(records: &[Record], logs: &[&Log]) -> Disk {
    let mut disk = Disk::new(Clock::default());
    disk.append_own(&[], records).expect("storage in memory");
    for entries in logs {
        let runs: Vec<VerifiedRun> = entries.iter().cloned().filter_map(VerifiedRun::single).collect();
        disk.append(&runs).expect("storage in memory");
    }
    disk
}

/// Keeps entries apart from their log.
fn keep_apart(disk: &mut Disk, author: &Author, log: &Log) {
    for entry in log {
        let header = entry.header();
        let lean = LeanEntry {
            time: header.time,
            kind: header.kind,
            document: header.document,
            body: entry.body().to_vec(),
            signature: entry.signature().copied(),
        };
        let run = Run { device: header.device, first: header.seq, prev: header.prev, entries: vec![lean] };
        let branch = BranchEntry::of(&run).expect("it is signed").verify(&author.me.coalition).expect("it is sound");
        disk.put_branches(&[branch]).expect("storage in memory");
    }
}

fn hear(replica: &mut Replica<Disk>, from: &Author, news: News) -> Vec<Effect> {
    let bytes = pack(&Gossip { version: grid_protocol::codec::Format, news });
    let input = Input::Gossip { from: from.peer(), token: 0, bytes };
    let mut effects = replica.handle(NOON, input).expect("storage in memory");
    while replica.is_busy() {
        effects.extend(replica.work(NOON).expect("storage in memory"));
    }
    effects
}

fn tell(replica: &mut Replica<Disk>, from: &Author, entry: &VerifiedEntry) {
    hear(replica, from, News::Entry(entry.announce().expect("signed")));
}

fn row(replica: &mut Replica<Disk>, document: DocumentId) -> Row {
    replica.live(document).expect("storage in memory").row(Registry::standard())
}

fn head(log: &[VerifiedEntry]) -> Option<Head> {
    log.last().and_then(VerifiedEntry::head)
}

fn effective(replica: &mut Replica<Disk>, document: DocumentId) -> usize {
    replica.live(document).expect("storage in memory").document().effective().count()
}

/// The page as an old node holds it: with a change by a key that nobody knew, on which a guest and then others built.
fn kept_early(meadow: &Meadow, records: &[Record]) -> (Log, Replica<Disk>) {
    let certified = meadow.with(std::slice::from_ref(&meadow.certificate));
    let change = meadow.edit(&meadow.hidden, None, &certified, &[&meadow.opening], "By nobody");
    let built = meadow.edit(&meadow.guest, None, &certified, &[&meadow.opening, &change], "Built on it");
    let all = [&meadow.opening, &change, &built];
    let honest = meadow.edit(&meadow.office, None, &certified, &all, "Honest");
    let mut old = disk(records, &[&meadow.opening, &built, &honest]);
    keep_apart(&mut old, &meadow.office, &change);
    let mut old = open(&meadow.office, old);
    assert_eq!(effective(&mut old, meadow.page), 4);
    (change, old)
}

#[test]
fn a_key_that_is_certified_after_others_built_on_its_change_freezes_nothing_for_whoever_comes_later() {
    let meadow = Meadow::new();
    let (lost, of_lost) = meadow.guest.further_device(50);
    let ended = meadow.guest.end(0, lost.me.device, Cut { seq: 0, entry: EntryId::ZERO });
    for records in [meadow.with(&[of_lost, ended]), meadow.records.clone()] {
        let (change, mut old) = kept_early(&meadow, &records);
        hear(&mut old, &meadow.guest, News::Record(meadow.certificate.clone()));
        let known = [records, vec![meadow.certificate.clone()]].concat();
        let mut late = meadow.newcomer(&known, &old);
        assert_eq!(meadow.counts_alike([&mut old, &mut late.asker]), 4);

        // A log of that key without the change, or with it, is the same to both.
        for log in [meadow.note(&meadow.hidden, None, 1), change] {
            let mut both =
                [open(&meadow.office, old.storage().clone()), open(&meadow.shed, late.asker.storage().clone())];
            for replica in &mut both {
                tell(replica, &meadow.guest, &log[0]);
                assert_eq!(replica.logs().entries(&meadow.hidden.me.device), 1);
            }
            let [one, other] = &mut both;
            assert_eq!(meadow.counts_alike([one, other]), 4);
        }
    }
}

#[test]
fn a_log_of_a_group_that_is_out_counts_for_nobody_also_where_its_device_was_ended() {
    let meadow = Meadow::new();
    let mut log = Log::new();
    for number in 0..20 {
        log.extend(meadow.note(&meadow.guest, head(&log), number));
    }
    let cut = Cut { seq: 20, entry: log[19].id() };
    let ended = meadow.guest.end(0, meadow.guest.me.device, cut);
    let version = VersionId::first(&meadow.founder.me.coalition);
    let void = [&meadow.guest, &meadow.other].map(|to| meadow.founder.vouch_for(version, meadow.slots[0], to.me.group));
    let known = meadow.with(&[void.as_slice(), std::slice::from_ref(&ended)].concat());
    let nothing = open(&meadow.office, disk(&known, &[])).state_root();
    for held in [20, 12, 0] {
        let log = log[..held].to_vec();
        let anew = open(&meadow.office, disk(&known, &[&log]));
        assert_eq!((held, anew.state_root()), (held, nothing));
        let mut heard = open(&meadow.office, disk(&meadow.with(std::slice::from_ref(&ended)), &[&log]));
        void.iter().for_each(|vouch| drop(hear(&mut heard, &meadow.founder, News::Record(vouch.clone()))));
        assert_eq!((held, heard.state_root()), (held, nothing));
    }
}

/// An entry with the body of an earlier one, an hour later.
fn copied(author: &Author, behind: &[VerifiedEntry], of: &VerifiedEntry) -> VerifiedEntry {
    let later = NOON.wall.after(std::time::Duration::from_secs(3_600));
    author.entry(head(behind).as_ref(), later, of.header().document, of.body().to_vec())
}

#[test]
fn what_a_thief_writes_once_more_behind_the_end_takes_no_time_from_the_record() {
    let meadow = Meadow::new();
    let mut log = meadow.note(&meadow.guest, None, 1);
    let (walk, honest) = (log[0].header().document, log.clone());
    log.push(copied(&meadow.guest, &log, &log[0]));
    let ended = meadow.guest.end(0, meadow.guest.me.device, Cut { seq: 1, entry: log[0].id() });
    let known = meadow.with(std::slice::from_ref(&ended));
    let expected = row(&mut open(&meadow.office, disk(&known, &[&honest])), walk);
    assert_eq!((expected.created, expected.changed), (NOON.wall, NOON.wall));
    let mut heard = open(&meadow.office, disk(&meadow.records, &[&log]));
    hear(&mut heard, &meadow.guest, News::Record(ended));
    assert_eq!(row(&mut heard, walk), expected);
    let mut late = open(&meadow.office, disk(&known, &[&honest]));
    late.live(walk).expect("storage in memory");
    assert_eq!(row(&mut late, walk), expected);
}

#[test]
fn a_change_that_its_own_log_has_twice_has_the_time_of_the_first_place_however_it_comes() {
    let meadow = Meadow::new();
    let mut log = meadow.note(&meadow.guest, None, 1);
    log.push(copied(&meadow.guest, &log, &log[0]));
    let walk = log[0].header().document;
    let mut heard = open(&meadow.office, disk(&meadow.records, &[]));
    log.iter().for_each(|entry| tell(&mut heard, &meadow.guest, entry));
    let mut anew = open(&meadow.office, disk(&meadow.records, &[&log]));
    let row_heard = row(&mut heard, walk);
    assert_eq!(row_heard, row(&mut anew, walk));
    assert_eq!((row_heard.created, row_heard.changed), (NOON.wall, NOON.wall));
    let past = anew.past(walk).expect("storage in memory");
    assert_eq!(past.changes.len(), 1);
}

/// The guest's signature under a version; its keys are from its number, as all made-up keys are.
fn signature(meadow: &Meadow, version: VersionId, proposal: &Record, counter: u64) -> Record {
    let Record::Version(body) = proposal else { unreachable!("made as one") };
    let mut seed = [1; 32];
    seed[..4].copy_from_slice(&1_u32.to_be_bytes());
    let key = SecretKey::from_seed(&seed);
    let (me, time): (_, Timestamp) = (meadow.guest.me, NOON.wall);
    let (about, text) = ((me.coalition, version), body.body().statement.text_hash());
    Record::Signature(StatementSignature::new(about, text, me.group, counter, time, SigningKey::Device(&key)))
}

#[test]
fn a_group_that_follows_another_version_reads_shared_records_by_that_one() {
    let meadow = Meadow::new();
    let version = VersionId::first(&meadow.founder.me.coalition);
    let desk = open(&meadow.founder, disk(&meadow.records, &[]));
    let electors = vec![meadow.founder.me.group];
    let propose = |number: u32, text: &str| {
        let (id, record) = meadow.founder.propose(&desk, (version, number), text, electors.clone(), NOON.wall);
        (id, record, meadow.founder.vote(&desk, id))
    };
    let ((left, one, for_one), (right, other, for_other)) = (propose(0, "One.\n"), propose(1, "Other.\n"));
    // The guest's invite is taken back; it is vouched for under the left version alone.
    let taken_back = meadow.founder.revoke(&desk, vec![meadow.slots[0]]);
    let vouch = meadow.founder.vouch_for(left, 3, meadow.guest.me.group);
    let split = [one.clone(), for_one, other.clone(), for_other, taken_back, vouch];
    let known = meadow.with(&[split.as_slice(), &[signature(&meadow, left, &one, 2)]].concat());
    let edit = meadow.edit(&meadow.guest, None, &meadow.records, &[&meadow.opening], "By the guest");
    let mut node = open(&meadow.guest, disk(&known, &[&meadow.opening, &edit]));
    assert_eq!((node.authority().followed(), effective(&mut node, meadow.page)), (Some(left), 2));

    let effects = hear(&mut node, &meadow.founder, News::Record(signature(&meadow, right, &other, 3)));
    assert_eq!(node.authority().followed(), Some(right));
    assert_eq!(effective(&mut node, meadow.page), 1);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::AuthorityChanged)), "{effects:?}");
    let anew = open(&meadow.guest, node.storage().clone());
    assert_eq!(anew.state_root(), node.state_root());
}

#[test]
fn a_page_whose_opener_several_groups_certified_opens_whenever_the_certificate_of_its_own_group_comes() {
    let meadow = Meadow::new();
    let (opener, own) = meadow.guest.further_device(80);
    let [of_founder, of_other] = [&meadow.founder, &meadow.other].map(|group| group.further_device(80).1);
    let certified = meadow.with(std::slice::from_ref(&own));
    let mut desk = open(&opener, disk(&certified, &[]));
    let fields = json!({"title": "Who waters what"});
    let (page, opening) = opener.write(&mut desk, NOON.wall, &Subject::New("page"), [6; 16], &fields);
    let mut desk = open(&meadow.founder, disk(&certified, &[&opening]));
    let subject = Subject::Existing(page);
    let (_, built) =
        meadow.founder.write(&mut desk, NOON.wall, &subject, [0; 16], &json!({"title": "Who waters the trees"}));
    let mut held = disk(&meadow.with(&[of_founder, of_other]), &[&built]);
    keep_apart(&mut held, &meadow.office, &opening);
    let mut node = open(&meadow.office, held);
    assert_eq!(effective(&mut node, page), 0, "its own group is not known to have certified it");
    hear(&mut node, &meadow.guest, News::Record(own));
    assert_eq!(effective(&mut node, page), 2);
    assert_eq!(open(&meadow.office, node.storage().clone()).state_root(), node.state_root());
}
