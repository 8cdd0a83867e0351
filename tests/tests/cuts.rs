//! Logs that end: forks that are found and proven, devices that are revoked, and what others built on.

use grid_protocol::authority::Cut;
use grid_protocol::control::{Kind, Record};
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::id::{DocumentId, EntryId};
use grid_protocol::key::DeviceId;
use grid_protocol::replica::{Direction, Input, OwnLog, PeerSync, Recalled, Replica, Row};
use grid_protocol::run::VerifiedRun;
use grid_protocol::storage::Storage;
use grid_protocol::sync::{Gossip, News, Response, Says, pack};
use grid_tests::sim::{Author, Clock, Disk, Exchange, Keys, NOON, Subject, open};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A founder with three devices, a guest with two, and a page that all may edit.
struct Valley {
    founder: Author,
    guest: Author,
    /// The founder's second and third device.
    office: Author,
    shed: Author,
    /// The guest's second device: the one that goes wrong.
    lost: Author,
    records: Vec<Record>,
    page: DocumentId,
    opening: Vec<VerifiedEntry>,
}

impl Valley {
    fn new() -> Self {
        let registry = Arc::new(grid_protocol::record::Registry::standard().clone());
        let (founder, mut records) = Author::found(Arc::new(Keys::new(0)), registry.clone(), "Clear Water", NOON.wall);
        let (ticket, invite) = founder.invite(&open(&founder, disk(&records, &[])), [9; 32], 1, NOON.wall);
        records.push(invite);
        let (guest, joining) = Author::join(Arc::new(Keys::new(1)), registry, &ticket, 0, NOON.wall);
        records.extend(joining);
        let (office, certificate) = founder.further_device(51);
        records.push(certificate);
        let (shed, certificate) = founder.further_device(52);
        records.push(certificate);
        let (lost, certificate) = guest.further_device(50);
        records.push(certificate);
        let mut desk = open(&founder, disk(&records, &[]));
        let fields = json!({"title": "How we decide", "text": "Together.\n"});
        let (page, opening) = founder.write(&mut desk, NOON.wall, &Subject::New("page"), [5; 16], &fields);
        Self { founder, guest, office, shed, lost, records, page, opening }
    }

    fn device(&self) -> DeviceId {
        self.lost.me.device
    }

    /// Entries with one new action each, behind a head.
    fn notes(&self, author: &Author, mut head: Option<Head>, numbers: std::ops::Range<u32>) -> Vec<VerifiedEntry> {
        let mut desk = open(author, disk(&self.records, &[]));
        let mut entries = Vec::new();
        for number in numbers {
            let mut nonce = [0; 16];
            nonce[..4].copy_from_slice(&number.to_be_bytes());
            let fields = json!({"title": format!("Walk {number}")});
            let (_, new) = author.write_after(head, &mut desk, NOON.wall, &Subject::New("action"), nonce, &fields);
            head = new.last().and_then(VerifiedEntry::head);
            entries.extend(new);
        }
        entries
    }

    /// An edit of the page by one who knows these entries.
    fn edit(&self, author: &Author, head: Option<Head>, known: &[&[VerifiedEntry]], text: &str) -> Vec<VerifiedEntry> {
        let known: Vec<&[VerifiedEntry]> =
            std::iter::once(self.opening.as_slice()).chain(known.iter().copied()).collect();
        let mut desk = open(author, disk(&self.records, &known));
        let fields = json!({ "title": text });
        author.write_after(head, &mut desk, NOON.wall, &Subject::Existing(self.page), [0; 16], &fields).1
    }
}

fn disk(records: &[Record], logs: &[&[VerifiedEntry]]) -> Disk {
    let mut disk = Disk::new(Clock::default());
    disk.append_own(&[], records).expect("storage in memory");
    for entries in logs {
        let runs: Vec<VerifiedRun> = entries.iter().cloned().filter_map(VerifiedRun::single).collect();
        disk.append(&runs).expect("storage in memory");
    }
    disk
}

fn cut_before(entries: &[VerifiedEntry], seq: usize) -> Cut {
    let entry = seq.checked_sub(1).map_or(EntryId::ZERO, |before| entries[before].id());
    Cut { seq: seq as u64, entry }
}

fn gossip(replica: &mut Replica<Disk>, from: &Author, news: News) {
    let bytes = pack(&Gossip { version: grid_protocol::codec::Format, news });
    replica.handle(NOON, Input::Gossip { from: from.peer(), token: 0, bytes }).expect("storage in memory");
    while replica.is_busy() {
        replica.work(NOON).expect("storage in memory");
    }
}

fn title(replica: &mut Replica<Disk>, document: DocumentId) -> String {
    let kind = grid_protocol::record::Registry::standard().kind("page").expect("a known kind").clone();
    let live = replica.live(document).expect("storage in memory");
    live.document().read(|automerge| kind.read(automerge).values.text("title").to_owned()).expect("an honest page")
}

fn effective(replica: &mut Replica<Disk>, document: DocumentId) -> usize {
    replica.live(document).expect("storage in memory").document().effective().count()
}

fn rows(author: &Author, disk: Disk, recalled: &Recalled) -> Vec<Row> {
    let registry = Arc::new(grid_protocol::record::Registry::standard().clone());
    Replica::open(author.me, registry, disk, recalled, [3; 32]).expect("storage in memory").1
}

/// What the page is called after a crash took the rows that were read last, and nothing else: its logs are as long as before.
fn title_after_a_start_with(rows_before: Vec<Row>, replica: &Replica<Disk>, valley: &Valley) -> String {
    let heads = replica.storage().heads().expect("storage in memory");
    let recalled = Recalled {
        rows: rows_before.into_iter().map(Arc::new).collect(),
        entries: heads.into_iter().map(|(device, head)| (device, head.seq + 1)).collect(),
        rights: replica.read_under(),
    };
    let read = rows(&valley.shed, replica.storage().clone(), &recalled);
    let page = read.into_iter().find(|row| row.document == valley.page);
    page.map(|row| row.values.text("title").to_owned()).unwrap_or_default()
}

fn fork_proofs(replica: &Replica<Disk>) -> Vec<Record> {
    replica.control().iter().filter(|record| record.kind() == Kind::ForkProof).cloned().collect()
}

#[test]
fn a_fork_in_the_middle_of_a_log_is_found_proven_and_cut_alike_on_both_sides() {
    for (shared, ours, theirs) in [(0, 1, 1), (1, 3, 3), (20, 40, 40), (20, 40, 90), (16, 40, 17), (47, 48, 48)] {
        let valley = Valley::new();
        let common = valley.notes(&valley.lost, None, 0..shared);
        let head = common.last().and_then(VerifiedEntry::head);
        let one = valley.notes(&valley.lost, head, 100..100 + ours - shared);
        let other = valley.notes(&valley.lost, head, 300..300 + theirs - shared);
        let good = valley.notes(&valley.guest, None, 200..203);
        let left = disk(&valley.records, &[&common, &one]);
        let right = disk(&valley.records, &[&common, &other, &good]);
        let mut exchange = Exchange::new((&valley.founder, left), (&valley.office, right));
        exchange.pull();
        if theirs < ours {
            // The side that is behind finds the contradiction when it asks.
            exchange.hear(pack(&Gossip {
                version: grid_protocol::codec::Format,
                news: News::Entry(other[0].announce().expect("signed")),
            }));
        }
        assert_eq!(exchange.blames, Vec::<String>::new());
        let proofs = fork_proofs(&exchange.asker);
        assert_eq!(proofs.len(), 1, "shared {shared}, ours {ours}, theirs {theirs}");
        assert_eq!(exchange.asker.authority().cut(&valley.device()), Some(cut_before(&common, shared as usize)));
        assert_eq!(exchange.asker.logs().entries(&valley.guest.me.device), 3, "no other log is held up");
        gossip(&mut exchange.answerer, &valley.founder, News::Record(proofs[0].clone()));
        exchange.pull();
        assert_eq!(exchange.asker.logs().digest(), exchange.answerer.logs().digest());
        assert_eq!(exchange.asker.state_root(), exchange.answerer.state_root());
        let again = open(&valley.founder, exchange.asker.into_storage());
        assert_eq!(again.state_root(), exchange.answerer.state_root(), "worked out anew it is the same");
    }
}

#[test]
fn a_peer_that_claims_a_fork_and_cannot_prove_it_is_named_and_nothing_is_cut() {
    let lies: [fn(Response) -> Response; 3] = [
        |answer| match answer {
            Response::Chain(Some(mut chain)) => {
                chain.signature.0[5] ^= 1;
                Response::Chain(Some(chain))
            }
            other => other,
        },
        |answer| match answer {
            Response::Chain(Some(mut chain)) => {
                chain.headers[0].time.0 += 1;
                Response::Chain(Some(chain))
            }
            other => other,
        },
        |answer| match answer {
            Response::Chain(_) => Response::Noted,
            other => other,
        },
    ];
    for lie in lies {
        let valley = Valley::new();
        let (one, other) = (valley.notes(&valley.lost, None, 0..3), valley.notes(&valley.lost, None, 10..13));
        let left = disk(&valley.records, &[&one]);
        let mut exchange = Exchange::new((&valley.founder, left), (&valley.office, disk(&valley.records, &[&other])));
        exchange.twist = lie;
        exchange.pull();
        assert_eq!(exchange.blames.len(), 1, "{:?}", exchange.blames);
        assert!(fork_proofs(&exchange.asker).is_empty());
        assert_eq!(exchange.asker.authority().cut(&valley.device()), None);
    }
}

#[test]
fn what_a_cut_took_is_listed_and_what_others_built_on_is_not() {
    let valley = Valley::new();
    let built = valley.edit(&valley.lost, None, &[], "Built on");
    let lost = valley.notes(&valley.lost, built.last().and_then(VerifiedEntry::head), 0..20);
    let on_top = valley.edit(&valley.office, None, &[&built], "On top");
    let mut records = valley.records.clone();
    let mut replica = open(&valley.lost, disk(&records, &[&valley.opening, &built, &lost, &on_top]));
    assert_eq!(replica.lost(&valley.device()).expect("storage in memory"), []);
    records.push(valley.guest.end(
        0,
        valley.device(),
        replica.cut_after(&valley.device(), 0).expect("read").expect("held"),
    ));
    replica = open(&valley.lost, disk(&records, &[&valley.opening, &built, &lost, &on_top]));
    let listed = replica.lost(&valley.device()).expect("storage in memory");
    let places: Vec<u64> = listed.iter().map(|lost| lost.seq).collect();
    assert_eq!(places, lost.iter().map(|entry| entry.header().seq).collect::<Vec<_>>());
    assert_eq!(listed[0].document, lost[0].header().document);
}

#[test]
fn what_others_built_on_behind_a_fork_is_fetched_by_those_who_hold_the_other_branch() {
    let valley = Valley::new();
    let built = valley.edit(&valley.lost, None, &[], "First, by the forked device");
    let more = valley.edit(&valley.lost, built.last().and_then(VerifiedEntry::head), &[&built], "Again, by it");
    let on_top = valley.edit(&valley.office, None, &[&built, &more], "By the office, on top");
    let alone = valley.notes(&valley.lost, None, 0..2);
    let right = disk(&valley.records, &[&valley.opening, &built, &more, &on_top]);
    let left = disk(&valley.records, &[&valley.opening, &alone]);
    let rows_before = rows(&valley.shed, left.clone(), &Recalled::default());
    let mut exchange = Exchange::new((&valley.shed, left), (&valley.office, right));
    exchange.pull();
    exchange.pull();
    assert_eq!(exchange.blames, Vec::<String>::new());
    assert_eq!(exchange.asker.authority().cut(&valley.device()), Some(Cut::NOTHING));
    assert_eq!(title(&mut exchange.asker, valley.page), "By the office, on top");
    assert_eq!(effective(&mut exchange.asker, valley.page), 4);
    let proof = fork_proofs(&exchange.asker).remove(0);
    gossip(&mut exchange.answerer, &valley.founder, News::Record(proof));
    assert_eq!(exchange.asker.state_root(), exchange.answerer.state_root());
    assert_eq!(title_after_a_start_with(rows_before, &exchange.asker, &valley), "By the office, on top");
    // The one that fetched them passes them on, and knows them after a start.
    let third = disk(&valley.records, &[&valley.opening]);
    let mut next = Exchange::new((&valley.founder, third), (&valley.shed, exchange.asker.into_storage()));
    next.pull();
    next.pull();
    assert_eq!(title(&mut next.asker, valley.page), "By the office, on top");
    assert_eq!(next.asker.state_root(), next.answerer.state_root());
    assert_eq!(next.asker.state_root(), exchange.answerer.state_root());
}

#[test]
fn of_a_log_that_was_cut_no_more_is_fetched_than_what_proves_its_last_entry() {
    let valley = Valley::new();
    let log = valley.notes(&valley.lost, None, 0..40);
    for (seq, held) in [(20, 32), (16, 16), (1, 16), (0, 0), (40, 40), (33, 40)] {
        let mut records = valley.records.clone();
        records.push(valley.guest.end(0, valley.device(), cut_before(&log, seq)));
        let mut exchange =
            Exchange::new((&valley.founder, disk(&records, &[])), (&valley.office, disk(&records, &[&log])));
        exchange.pull();
        assert_eq!(exchange.asker.logs().entries(&valley.device()), held, "cut at {seq}");
        assert_eq!(exchange.asker.state_root(), exchange.answerer.state_root(), "cut at {seq}");
        let actions: usize = log.iter().map(|entry| effective(&mut exchange.asker, entry.header().document)).sum();
        assert_eq!(actions, seq, "what lies behind the cut is nobody's word");
        // The side that holds more asks for nothing, and the one that holds less can serve the next.
        let third = disk(&records, &[]);
        let mut next = Exchange::new((&valley.office, third), (&valley.founder, exchange.asker.into_storage()));
        next.pull();
        assert_eq!(next.asker.state_root(), exchange.answerer.state_root());
    }
}

#[test]
fn a_revocation_takes_back_what_came_too_late_and_a_revoked_device_is_no_member_any_more() {
    let valley = Valley::new();
    let log = valley.notes(&valley.lost, None, 0..4);
    let mut replica = open(&valley.founder, disk(&valley.records, &[&log]));
    assert_eq!(effective(&mut replica, log[3].header().document), 1);
    let input = Input::Connected { peer: valley.lost.peer(), direction: grid_protocol::replica::Direction::Accepted };
    replica.handle(NOON, input).expect("storage in memory");
    let before = replica.state_root();
    gossip(&mut replica, &valley.guest, News::Record(valley.guest.end(0, valley.device(), cut_before(&log, 2))));
    assert_eq!(effective(&mut replica, log[1].header().document), 1);
    assert_eq!(effective(&mut replica, log[3].header().document), 0);
    assert_ne!(replica.state_root(), before);
    let standing = replica.peers().next().expect("it is connected").standing;
    assert_eq!(standing, grid_protocol::replica::PeerStanding::Lobby);
    let late = valley.notes(&valley.lost, log.last().and_then(VerifiedEntry::head), 9..10);
    gossip(&mut replica, &valley.guest, News::Entry(late[0].announce().expect("signed")));
    assert_eq!(replica.logs().entries(&valley.device()), 4, "nothing more of it is taken");
    let reopened = open(&valley.founder, replica.storage().clone());
    assert_eq!(reopened.state_root(), replica.state_root());
}

#[test]
fn a_new_laptop_under_a_new_root_is_let_in_by_whoever_has_not_heard_of_it() {
    let valley = Valley::new();
    let stolen = valley.notes(&valley.guest, None, 0..4);
    let desk = open(&valley.guest, disk(&valley.records, &[]));
    let cuts = BTreeMap::from([(valley.guest.me.device, cut_before(&stolen, 3))]);
    let rotation = valley.guest.rotate(&desk, &cuts);
    let (laptop, certificate) = valley.guest.device_under(1, 70);
    let own = disk(&[valley.records.clone(), vec![rotation, certificate]].concat(), &[]);
    let member = disk(&valley.records, &[&stolen]);
    let mut exchange = Exchange::new((&laptop, own), (&valley.office, member));
    exchange.pull();
    assert_eq!(exchange.blames, Vec::<String>::new());
    assert_eq!(exchange.answerer.authority().group_of(&laptop.me.device), Some(valley.guest.me.group));
    assert_eq!(effective(&mut exchange.asker, stolen[2].header().document), 1);
    assert_eq!(effective(&mut exchange.answerer, stolen[3].header().document), 0);
    assert_eq!(exchange.asker.state_root(), exchange.answerer.state_root());
}

/// Everything that is said in a quarrel: records and entries, in an order in which all of it makes sense.
fn quarrel() -> (Valley, Vec<News>, Disk) {
    let valley = Valley::new();
    let shared = valley.notes(&valley.lost, None, 0..2);
    let head = shared.last().and_then(VerifiedEntry::head);
    let edit = valley.edit(&valley.lost, head, &[], "By the forked device");
    let after = valley.notes(&valley.lost, edit.last().and_then(VerifiedEntry::head), 2..4);
    let on_top = valley.edit(&valley.office, None, &[&shared, &edit], "On top of it");
    let guests = valley.notes(&valley.guest, None, 10..13);
    let desk = open(&valley.founder, disk(&valley.records, &[]));
    let mut records = valley.records.clone();
    records.push(valley.guest.end(0, valley.device(), cut_before(&shared, 2)));
    // Each of the guest's devices is ended by whoever holds the other.
    records.push(valley.guest.end(0, valley.guest.me.device, cut_before(&guests, 1)));
    let cuts = BTreeMap::from([(valley.guest.me.device, cut_before(&guests, 2))]);
    records.push(valley.guest.rotate(&desk, &cuts));
    // A certificate by root 0 that nobody has heard of before the rotation.
    records.push(valley.guest.further_device(60).1);
    let logs = [&valley.opening, &shared, &edit, &after, &on_top, &guests];
    let whole = disk(&records, &logs.map(Vec::as_slice));
    let entries = logs.into_iter().flatten();
    let mut all: Vec<News> = records.into_iter().map(News::Record).collect();
    all.extend(entries.map(|entry| News::Entry(entry.announce().expect("signed"))));
    (valley, all, whole)
}

/// A node that hears all of it in this order, twice, and asks one that has everything for the rest.
fn heard(valley: &Valley, all: &[News], order: &[usize], whole: &Disk) -> Exchange {
    let mut exchange = Exchange::new((&valley.founder, disk(&[], &[])), (&valley.office, whole.clone()));
    for index in order.iter().chain(order) {
        gossip(&mut exchange.asker, &valley.office, all[*index].clone());
    }
    exchange.pull();
    exchange.pull();
    exchange
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_quarrel_about_devices_comes_out_alike_in_any_order_and_as_if_worked_out_anew(seed in any::<u64>()) {
        let (valley, all, whole) = quarrel();
        let straight: Vec<usize> = (0..all.len()).collect();
        let mut shuffled = straight.clone();
        let mut random = grid_tests::sim::Random::new(seed);
        for last in (1..shuffled.len()).rev() {
            shuffled.swap(last, random.below(last + 1));
        }
        let (one, other) = (heard(&valley, &all, &straight, &whole), heard(&valley, &all, &shuffled, &whole));
        prop_assert_eq!(&one.blames, &Vec::<String>::new());
        prop_assert_eq!(&other.blames, &Vec::<String>::new());
        prop_assert_eq!(one.asker.state_root(), one.answerer.state_root());
        let (one, other) = (one.asker, other.asker);
        prop_assert_eq!(one.authority().digest(), other.authority().digest());
        prop_assert_eq!(one.logs().digest(), other.logs().digest());
        prop_assert_eq!(one.documents().digest(), other.documents().digest());
        let anew = open(&valley.founder, other.storage().clone());
        prop_assert_eq!(anew.state_root(), one.state_root());
    }
}

/// A receipt of the office for the log of the device that goes wrong.
fn receipt(valley: &Valley, seq: u64) -> Vec<u8> {
    let hint = valley.office.hint(NOON.wall, Says::Received(vec![(valley.device(), seq)]));
    pack(&Gossip { version: grid_protocol::codec::Format, news: News::Hint(hint) })
}

fn received(replica: &Replica<Disk>, seq: u64) -> usize {
    replica.receipts().delivery(&replica.me(), replica.authority(), seq).received_by.len()
}

#[test]
fn what_others_received_of_another_history_is_no_receipt() {
    let valley = Valley::new();
    let common = valley.notes(&valley.lost, None, 0..2);
    let head = common.last().and_then(VerifiedEntry::head);
    let one = valley.notes(&valley.lost, head, 100..103);
    let other = valley.notes(&valley.lost, head, 300..303);
    let sides = || {
        let ours = (&valley.lost, disk(&valley.records, &[&common, &one]));
        Exchange::new(ours, (&valley.office, disk(&valley.records, &[&common, &other])))
    };
    let mut proven = sides();
    proven.overhear(receipt(&valley, 9));
    assert_eq!(received(&proven.asker, 0), 0, "more than there is here is of something else");
    proven.overhear(receipt(&valley, 4));
    assert_eq!((received(&proven.asker, 4), received(&proven.asker, 1)), (1, 1));
    proven.pull();
    assert_eq!(fork_proofs(&proven.asker).len(), 1);
    proven.overhear(receipt(&valley, 4));
    assert_eq!((received(&proven.asker, 2), received(&proven.asker, 1)), (0, 1), "up to the cut it counts");
    let me = proven.asker.me();
    assert_eq!(proven.asker.receipts().unseen(&me, proven.asker.authority(), Some(4)), 3);
    assert_eq!(proven.asker.lost(&valley.device()).expect("storage in memory").len(), 3);
    assert!(proven.asker.peers().all(|peer| peer.sync == PeerSync::InSync), "now both hold the same");

    // The same without a proof.
    let mut silent = sides();
    silent.twist = |response| match response {
        Response::Chain(_) => Response::Chain(None),
        other => other,
    };
    silent.overhear(receipt(&valley, 4));
    silent.pull();
    assert!(silent.asker.peers().all(|peer| peer.sync == PeerSync::Apart));
    silent.overhear(receipt(&valley, 4));
    assert_eq!(received(&silent.asker, 1), 0);
}

#[test]
fn a_log_that_others_hold_more_of_is_not_whole_until_it_came_back() {
    let valley = Valley::new();
    let all = valley.notes(&valley.lost, None, 0..9);
    let old = disk(&valley.records, &[&all[..3]]);
    let peer = valley.office.peer();
    let mut alone = open(&valley.lost, old.clone());
    assert_eq!(alone.own_log(), OwnLog::Whole, "nobody is there");
    alone.handle(NOON, Input::Connected { peer, direction: Direction::Dialled }).expect("storage in memory");
    assert_eq!(alone.own_log(), OwnLog::NotCompared);
    let mut exchange = Exchange::new((&valley.lost, old), (&valley.office, disk(&valley.records, &[&all])));
    exchange.pull();
    assert_eq!(exchange.asker.own_log(), OwnLog::Whole);
    assert_eq!(exchange.asker.logs().entries(&valley.device()), 9);
}
