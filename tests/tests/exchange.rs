//! What two nodes say to each other: what it costs, in whatever order things come, and with whoever asks.

use grid_protocol::control::Record;
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::limits::{MAX_FRAME, MAX_WAITING_PER_LOG};
use grid_protocol::run::VerifiedRun;
use grid_protocol::storage::Storage;
use grid_protocol::sync::message::{BucketWant, Hello, LogWant, RecordsWant};
use grid_protocol::sync::{Gossip, News, Refusal, Request, Response, pack, unpack};
use grid_tests::sim::{Author, Clock, Disk, Exchange, Keys, NOON, Random, Subject, open};
use serde_json::json;
use std::sync::Arc;

/// A founder, a group that it invited, and the records of both.
struct Pair {
    founder: Author,
    guest: Author,
    records: Vec<Record>,
    joining: Vec<Record>,
}

impl Pair {
    fn new() -> Self {
        let registry = Arc::new(grid_protocol::record::Registry::standard().clone());
        let (founder, mut records) = Author::found(Arc::new(Keys::new(0)), registry.clone(), "Clear Water", NOON.wall);
        let (ticket, invite) = founder.invite(&open(&founder, disk(&records)), [9; 32], 1, NOON.wall);
        records.push(invite);
        let (guest, joining) = Author::join(Arc::new(Keys::new(1)), registry, &ticket, 0, NOON.wall);
        Self { founder, guest, records, joining }
    }

    fn all(&self) -> Vec<Record> {
        [self.records.clone(), self.joining.clone()].concat()
    }
}

fn disk(records: &[Record]) -> Disk {
    let mut disk = Disk::new(Clock::default());
    disk.append_own(&[], records).expect("storage in memory");
    disk
}

fn store(disk: &mut Disk, entries: &[VerifiedEntry]) {
    let runs: Vec<VerifiedRun> = entries.iter().cloned().filter_map(VerifiedRun::single).collect();
    disk.append(&runs).expect("storage in memory");
}

/// A new record behind a head, and the new head.
fn note(
    author: &Author,
    desk: &mut grid_protocol::replica::Replica<Disk>,
    head: Option<Head>,
    number: u32,
) -> VerifiedEntry {
    let mut nonce = [0; 16];
    nonce[..4].copy_from_slice(&number.to_be_bytes());
    let fields = json!({"title": format!("Walk {number}"), "place": "Old bridge"});
    author.write_after(head, desk, NOON.wall, &Subject::New("action"), nonce, &fields).1.remove(0)
}

fn news(news: News) -> Vec<u8> {
    pack(&Gossip { version: grid_protocol::codec::Format, news })
}

#[test]
fn at_1300_logs_catching_up_with_ten_costs_16_kilobytes_and_two_round_trips_and_nothing_new_300_bytes() {
    let pair = Pair::new();
    // 24 groups would need as many sets of 24 words; two groups with many devices have as many logs.
    let mut records = pair.all();
    let mut authors = vec![pair.founder.clone(), pair.guest.clone()];
    let registry = Arc::new(grid_protocol::record::Registry::standard().clone());
    let (ticket, invite) = pair.founder.invite(&open(&pair.founder, disk(&records)), [8; 32], 30, NOON.wall);
    records.push(invite);
    for group in 0..19_u32 {
        let one = grid_protocol::invite::InviteTicket { first: ticket.first + group, count: 1, ..ticket.clone() };
        let (author, joining) = Author::join(Arc::new(Keys::new(100 + group)), registry.clone(), &one, 0, NOON.wall);
        records.extend(joining);
        authors.push(author);
    }
    let groups = authors.clone();
    for (index, group) in (0_u32..).zip(&groups) {
        for device in 0..62 {
            if authors.len() < 1_300 {
                let (author, certificate) = group.further_device(10_000 + index * 100 + device);
                authors.push(author);
                records.push(certificate);
            }
        }
    }
    assert_eq!(authors.len(), 1_300);
    let mut desk = open(&pair.founder, disk(&records));
    let mut old = disk(&records);
    let entries: Vec<VerifiedEntry> =
        (0..).zip(&authors).map(|(number, author)| note(author, &mut desk, None, number)).collect();
    store(&mut old, &entries);
    let mut new = old.clone();
    let mut added = Vec::new();
    for (number, (author, entry)) in (2_000..).zip(authors.iter().zip(&entries).skip(5).step_by(100).take(10)) {
        added.push(note(author, &mut desk, entry.head(), number));
    }
    store(&mut new, &added);

    let mut same = Exchange::new((&pair.founder, new.clone()), (&pair.guest, new.clone()));
    same.pull();
    assert_eq!((same.frames.len(), same.pulls, same.asker.state_root()), (1, 1, same.answerer.state_root()));
    println!("nothing new at 1,300 logs: {} bytes", same.bytes());
    assert!(same.bytes() <= 300);

    let mut behind = Exchange::new((&pair.founder, old), (&pair.guest, new));
    behind.pull();
    assert_eq!(behind.asker.state_root(), behind.answerer.state_root());
    let runs: Vec<_> = behind
        .frames
        .iter()
        .filter_map(|frame| match &frame.response {
            Response::Runs(runs) => Some((frame.after, runs.clone())),
            _ => None,
        })
        .collect();
    let missing: usize = runs.iter().map(|(_, runs)| pack(runs).len()).sum();
    println!("10 of 1,300 logs behind: {} bytes for {missing} bytes of entries", behind.bytes());
    assert!(behind.bytes() - missing <= 16 * 1024);
    assert!(runs.iter().all(|(after, _)| *after == 1), "the first missing entry comes with the second answer");
    assert!(behind.blames.is_empty());
}

#[test]
fn news_in_any_order_leads_to_the_same_state_once_a_pull_was_made() {
    let pair = Pair::new();
    let mut desk = open(&pair.founder, disk(&pair.all()));
    // A shared page: the founder begins, the guest goes on, the founder goes on from there.
    let subject = |document| Subject::Existing(document);
    let (page, mut log) = pair.founder.write(
        &mut desk,
        NOON.wall,
        &Subject::New("page"),
        [1; 16],
        &json!({"title": "Plan", "text": "1\n"}),
    );
    desk.commit(log.clone(), Vec::new()).unwrap();
    while desk.is_busy() {
        desk.work(NOON).unwrap();
    }
    let mut answers = Vec::new();
    for count in 2..6 {
        let text: String = (1..=count).map(|line| format!("{line}\n")).collect();
        let head = answers.last().and_then(VerifiedEntry::head);
        let (_, entries) =
            pair.guest.write_after(head, &mut desk, NOON.wall, &subject(page), [0; 16], &json!({"text": text}));
        let run = VerifiedRun::single(entries[0].clone()).unwrap();
        let bytes = news(News::Entry(run.first().announce().unwrap()));
        desk.handle(NOON, gossip(&pair.guest, bytes)).unwrap();
        answers.extend(entries);
        let text = format!("{text}founder {count}\n");
        let (_, entries) = pair.founder.write(&mut desk, NOON.wall, &subject(page), [0; 16], &json!({"text": text}));
        desk.commit(entries.clone(), Vec::new()).unwrap();
        desk.work(NOON).unwrap();
        log.extend(entries);
    }
    let root = desk.state_root();
    let mut all: Vec<Vec<u8>> = pair.joining.iter().cloned().map(|record| news(News::Record(record))).collect();
    all.extend(log.iter().chain(&answers).map(|entry| news(News::Entry(entry.announce().unwrap()))));
    let complete = desk.into_storage();
    let mut random = Random::new(1);
    let third = pair.founder.further_device(7);
    for round in 0..60 {
        for last in (1..all.len()).rev() {
            all.swap(last, random.below(last + 1));
        }
        let bare = disk(&[pair.records.clone(), vec![third.1.clone()]].concat());
        let mut whole = complete.clone();
        whole.put_records(std::slice::from_ref(&third.1), &[]).unwrap();
        let mut exchange = Exchange::new((&third.0, bare), (&pair.founder, whole));
        for news in &all {
            match round % 2 {
                0 => exchange.overhear(news.clone()),
                _ => exchange.hear(news.clone()),
            }
        }
        exchange.pull();
        assert_eq!(exchange.blames, Vec::<String>::new(), "round {round}");
        assert_eq!(exchange.asker.state_root(), exchange.answerer.state_root(), "round {round}");
        assert_eq!(exchange.asker.documents().digest(), open(&third.0, complete.clone()).documents().digest());
    }
    assert_ne!(root, grid_protocol::id::Digest::ZERO);
}

fn gossip(from: &Author, bytes: Vec<u8>) -> grid_protocol::replica::Input {
    grid_protocol::replica::Input::Gossip { from: from.peer(), token: 0, bytes }
}

#[test]
fn entries_that_wait_are_bounded_and_what_was_left_out_is_pulled() {
    let pair = Pair::new();
    let mut desk = open(&pair.founder, disk(&pair.all()));
    let mut entries: Vec<VerifiedEntry> = Vec::new();
    for number in 0..4 * u32::try_from(MAX_WAITING_PER_LOG).unwrap() {
        let head = entries.last().and_then(VerifiedEntry::head);
        entries.push(note(&pair.guest, &mut desk, head, number));
    }
    let mut whole = disk(&pair.all());
    store(&mut whole, &entries);
    let mut exchange = Exchange::new((&pair.founder, disk(&pair.all())), (&pair.guest, whole));
    for entry in entries.iter().skip(1).chain(&entries[..1]) {
        exchange.overhear(news(News::Entry(entry.announce().unwrap())));
    }
    assert_eq!(exchange.asker.logs().entries(&pair.guest.me.device), 1 + MAX_WAITING_PER_LOG as u64);
    exchange.pull();
    assert_eq!(exchange.asker.logs().entries(&pair.guest.me.device), entries.len() as u64);
    assert_eq!(exchange.asker.state_root(), exchange.answerer.state_root());
}

#[test]
fn garbage_is_refused_and_answered_once() {
    let pair = Pair::new();
    let mut exchange = Exchange::new((&pair.guest, disk(&pair.all())), (&pair.founder, disk(&pair.all())));
    exchange.pull();
    let hello = pack(&Request::Hello(hello(&exchange)));
    let mut random = Random::new(2);
    for _ in 0..2_000 {
        let mut bytes = hello.clone();
        for _ in 0..=random.below(3) {
            let place = random.below(bytes.len());
            bytes[place] = u8::try_from(random.below(256)).unwrap();
        }
        bytes.truncate(hello.len().saturating_sub(random.below(4)));
        let answer = exchange.ask(bytes);
        assert!(unpack::<Response>(&answer).is_ok());
    }
    for length in 0..200 {
        let bytes: Vec<u8> = (0..length).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
        let answer = exchange.ask(bytes.clone());
        assert_eq!(unpack::<Response>(&answer), Ok(Response::Refused(Refusal::NotUnderstood)), "{bytes:?}");
        exchange.overhear(bytes);
    }
    assert_eq!(exchange.asker.state_root(), exchange.answerer.state_root());
}

#[test]
fn whoever_asks_for_too_much_gets_one_frame() {
    let pair = Pair::new();
    let mut desk = open(&pair.founder, disk(&pair.all()));
    let mut whole = disk(&pair.all());
    let mut head = None;
    for number in 0..1_100_u32 {
        let mut nonce = [0; 16];
        nonce[..4].copy_from_slice(&number.to_be_bytes());
        // A link that does not pack well.
        let mut random = Random::new(u64::from(number));
        let path: String = (0..115).map(|_| format!("{:016x}", random.number())).collect();
        let fields = json!({"title": "Map", "link": format!("https://example.org/{path}")});
        let written = pair.founder.write_after(head, &mut desk, NOON.wall, &Subject::New("resource"), nonce, &fields);
        store(&mut whole, &written.1);
        head = written.1.last().and_then(VerifiedEntry::head);
    }
    let mut exchange = Exchange::new((&pair.guest, disk(&pair.all())), (&pair.founder, whole));
    let device = pair.founder.me.device;
    let records = |buckets| Request::Control(RecordsWant { nonce: 1, buckets });
    let greedy = [
        Request::Runs(vec![LogWant { device, first: 0 }; 20_000]),
        Request::Runs((0..20_000).map(|first| LogWant { device, first }).collect()),
        records(vec![BucketWant { bucket: 0, held: Vec::new() }; 20_000]),
        records((0..20_000).map(|n| BucketWant { bucket: (n % 256) as u8, held: Vec::new() }).collect()),
    ];
    for request in greedy {
        let answer = exchange.ask(pack(&request));
        assert!(answer.len() <= MAX_FRAME, "{} bytes", answer.len());
        assert!(unpack::<Response>(&answer).is_ok());
    }
    exchange.pull();
    assert_eq!(exchange.asker.state_root(), exchange.answerer.state_root());
}

#[test]
fn strangers_and_other_coalitions_are_refused() {
    let pair = Pair::new();
    let mut exchange = Exchange::new((&pair.guest, disk(&pair.all())), (&pair.founder, disk(&pair.records)));
    let refused =
        |exchange: &mut Exchange, request: &Request| unpack::<Response>(&exchange.ask(pack(request))).unwrap();
    let greeting = hello(&exchange);
    assert_eq!(refused(&mut exchange, &Request::Hello(greeting.clone())), Response::Refused(Refusal::NotMember));
    assert_eq!(refused(&mut exchange, &Request::Runs(Vec::new())), Response::Refused(Refusal::NotMember));
    assert_eq!(
        refused(&mut exchange, &Request::Control(RecordsWant { nonce: 1, buckets: Vec::new() })),
        Response::Refused(Refusal::NotMember)
    );
    let foreign = Hello { coalition: grid_protocol::id::CoalitionId([1; 32]), ..greeting };
    assert_eq!(refused(&mut exchange, &Request::Hello(foreign)), Response::Refused(Refusal::WrongCoalition));
}

#[test]
fn two_histories_of_one_device_make_no_honest_node_blame_another_and_hold_up_no_other_log() {
    let pair = Pair::new();
    let mut desk = open(&pair.founder, disk(&pair.all()));
    let (forked, certificate) = pair.guest.further_device(50);
    let records = [pair.all(), vec![certificate]].concat();
    let one = note(&forked, &mut desk, None, 1);
    let other = note(&forked, &mut desk, None, 2);
    let longer = note(&forked, &mut desk, other.head(), 3);
    let good = note(&pair.guest, &mut desk, None, 4);
    let (mut ours, mut theirs) = (disk(&records), disk(&records));
    store(&mut ours, std::slice::from_ref(&one));
    store(&mut theirs, &[other, longer.clone()]);
    store(&mut theirs, std::slice::from_ref(&good));
    let third = pair.founder.further_device(51);
    ours.put_records(std::slice::from_ref(&third.1), &[]).unwrap();
    theirs.put_records(std::slice::from_ref(&third.1), &[]).unwrap();
    let mut exchange = Exchange::new((&pair.founder, ours), (&third.0, theirs));
    exchange.pull();
    exchange.hear(news(News::Entry(longer.announce().unwrap())));
    assert_eq!(exchange.blames, Vec::<String>::new());
    assert!(exchange.pulls >= 1);
    assert_eq!(exchange.asker.logs().entries(&pair.guest.me.device), 1);
    assert_eq!(exchange.asker.logs().head(&forked.me.device).map(|head| head.id), Some(one.id()));
}

fn hello(exchange: &Exchange) -> Hello {
    Hello {
        version: grid_protocol::codec::Format,
        coalition: exchange.asker.me().coalition,
        control: exchange.asker.control().fingerprint(),
        logs: exchange.asker.logs().digest(),
        devices: exchange.asker.logs().devices_digest(),
        nonce: 5,
    }
}
