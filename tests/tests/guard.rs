//! Crafted changes reach the same verdicts in every order, and the honest ones beside them count.

use automerge::transaction::Transactable;
use automerge::{ActorId, ROOT, ReadDoc};
use grid_protocol::document::{Document, Inert, NoRight, Prescanned, Right, Shows, Verdict, prescan};
use grid_protocol::effort::Effort;
use grid_protocol::entry::Entry;
use grid_protocol::id::{Actor, ChangeHash, DocumentId};
use grid_protocol::key::{DeviceId, PublicKey};
use grid_protocol::limits::{MAX_BODY, MAX_CHANGE_ITEMS, MAX_CHANGE_REFS, MAX_WAITING_PER_LOG};
use grid_tests::corpus::{
    BOMB, COALITION, Change, ENEMY, Fate, HONEST, Outcome, Probe, Row, STRANGER, bomb, enemy_first, enemy_second,
    entries, honest, probes, set,
};
use rustix::time::{ClockId, clock_gettime};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::process::Command;
use std::time::Duration;

/// Address space of the process that runs the corpus on its own, in KiB: code, stacks and all.
const LIMIT_KIB: u32 = 256 * 1024;
/// Processor time of that process in seconds: far more than the minute that it takes where nothing is wrong.
const LIMIT_SECONDS: u32 = 1_200;
/// Processor time of one probe in that process, and of each order in which it is delivered: far more than any takes.
const PROBE_TAKES: (Duration, Duration) = (Duration::from_secs(5), Duration::from_millis(250));
/// Set for that process.
const LIMITED: &str = "GRID_TEST_LIMITED_MEMORY";

/// Each writer has a device of its own.
fn device(change: &Prescanned) -> DeviceId {
    DeviceId(PublicKey(change.actor().0))
}

/// A change, and whether its writer may.
type Delivery = (Prescanned, Right);

/// What a node makes of these changes, offered in this order.
type Outcomes = (BTreeMap<ChangeHash, Verdict>, Vec<ChangeHash>, String);

/// When the document is built.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Once all changes are there.
    Last,
    /// After each of them.
    Each,
}

/// The documents that changes make in this order: what was built once need not be built again.
#[derive(Default)]
struct Built {
    texts: BTreeMap<Vec<ChangeHash>, String>,
    /// How often a document was read.
    readings: u64,
}

impl Built {
    fn text(&mut self, document: &mut Document) -> String {
        let order = document.effective().map(|(change, _)| change.hash()).collect();
        let readings = &mut self.readings;
        let read = || {
            *readings += 1;
            read(document)
        };
        self.texts.entry(order).or_insert_with(read).clone()
    }

    fn deliver<'a>(&mut self, reading: Reading, changes: impl IntoIterator<Item = &'a Delivery>) -> Outcomes {
        let mut document = Document::new(DocumentId([0; 32]));
        let mut told = BTreeMap::new();
        let changes: Vec<&Delivery> = changes.into_iter().collect();
        for (change, right) in &changes {
            let offered = document.offer((*change).clone(), device(change), place(change, &changes), *right);
            assert_eq!(offered.dropped, []);
            told.insert(change.hash(), offered.verdict);
            told.extend(offered.released);
            if reading == Reading::Each {
                self.readings += 1;
                read(&mut document);
            }
        }
        for (hash, verdict) in &mut told {
            match document.verdict(hash) {
                // Only what it waits for may be less by now.
                Some(now @ Verdict::Waiting { .. }) if matches!(verdict, Verdict::Waiting { .. }) => {
                    *verdict = now.clone()
                }
                now => assert_eq!(now, Some(&*verdict), "what was told is what holds"),
            }
        }
        let faulty = |verdict: &&Verdict| matches!(verdict, Verdict::Inert(why) if why.shows() == Shows::AFault);
        assert_eq!(document.faulty().count(), told.values().filter(faulty).count(), "who is at fault follows");
        let text = if reading == Reading::Each { read(&mut document) } else { self.text(&mut document) };
        self.readings += u64::from(reading == Reading::Each);
        (told, document.heads(), text)
    }
}

/// A place of a change in its log: after those of everything that it builds on.
fn place(change: &Prescanned, among: &[&Delivery]) -> u64 {
    let deps = change.deps().iter().filter_map(|dep| among.iter().find(|(other, _)| other.hash() == *dep));
    deps.map(|(dep, _)| place(dep, among) + 1).max().unwrap_or(0)
}

/// What a reader sees.
fn read(document: &mut Document) -> String {
    let text = document.read(|automerge| {
        let values = |key: String| {
            let values = automerge.get_all(ROOT, &key).expect("a key of the root");
            let shown = values.into_iter().map(|(value, id)| (format!("{value:?}"), automerge.length(&id)));
            format!("{key}={:?}", shown.collect::<Vec<_>>())
        };
        automerge.keys(ROOT).map(values).collect::<Vec<_>>().join(" ")
    });
    text.expect("Automerge takes what the guard lets through")
}

/// Whoever is honest writes on after all of this, and its own next change counts.
fn write_on(name: &str, changes: &[Delivery]) {
    let mut document = Document::new(DocumentId([0; 32]));
    let among: Vec<&Delivery> = changes.iter().collect();
    for (change, right) in changes {
        document.offer(change.clone(), device(change), place(change, &among), *right);
    }
    let before = document.automerge().expect("Automerge takes what the guard lets through");
    let mut draft = before.clone().with_actor(ActorId::from(HONEST[0].0.as_slice()));
    for number in 0..2 {
        let mut transaction = draft.transaction();
        transaction.put(ROOT, "mine", number).unwrap_or_else(|error| panic!("{name}: {error}"));
        transaction.commit();
        let written = draft.get_last_local_change().expect("it was written");
        let written = scanned(written.raw_bytes(), &HONEST[0]);
        let offered = document.offer(written.clone(), device(&written), 1_000 + number, Right::MayWrite);
        assert_eq!(offered.verdict, Verdict::Effective, "{name}");
    }
    assert!(read(&mut document).contains("mine="), "{name}");
}

/// Processor time of this process.
fn processor() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let part = |number: i64| u64::try_from(number).unwrap_or(0);
    Duration::from_secs(part(time.tv_sec)) + Duration::from_nanos(part(time.tv_nsec))
}

/// All orders.
fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    let Some((first, rest)) = items.split_first() else { return vec![vec![]] };
    let all = orders(rest).into_iter().flat_map(|order| {
        (0..=order.len()).map(move |at| [&order[..at], std::slice::from_ref(first), &order[at..]].concat())
    });
    all.collect()
}

fn scanned(bytes: &[u8], actor: &Actor) -> Prescanned {
    prescan(bytes, actor).expect("passes the prescan")
}

fn background() -> Vec<Prescanned> {
    let mut changes: Vec<_> = honest().iter().map(|(bytes, actor)| scanned(bytes, actor)).collect();
    changes.push(scanned(&enemy_first().bytes(), &ENEMY));
    changes
}

fn may_write(changes: &[Prescanned]) -> Vec<Delivery> {
    changes.iter().map(|change| (change.clone(), Right::MayWrite)).collect()
}

/// Delivers a probe in every order among the changes that are there without it; gives how many orders that were.
fn try_probe(probe: &Probe) -> usize {
    let name = probe.name;
    let change = match (prescan(&probe.change, &probe.actor), probe.outcome) {
        (Err(why), Outcome::Refused(expected)) if expected(&why) => return 1,
        (Ok(change), Outcome::Inert(_) | Outcome::Effective | Outcome::Waiting) => change,
        (found, expected) => panic!("{name}: expected {expected:?}, found {found:?}"),
    };
    // What is to be done for it is bounded by what it brings, whatever it claims.
    assert!(change.bytes().len() <= MAX_BODY && change.operations() <= MAX_CHANGE_ITEMS, "{name}");
    assert!(change.deps().len() <= MAX_CHANGE_REFS, "{name}");
    let background = background();
    let (mut built, before) = (Built::default(), Effort::so_far());
    let mut without = may_write(&background);
    without.extend(probe.beside.iter().map(|(bytes, actor)| (scanned(bytes, actor), Right::MayWrite)));
    without.retain(|(other, _)| other.hash() != change.hash());
    let alone = built.deliver(Reading::Last, &without);
    let changes = [without, vec![(change.clone(), probe.right)]].concat();
    let mut seen: Option<Outcomes> = None;
    let orders = orders(&changes);
    for (at, order) in orders.iter().enumerate() {
        let reading = if at % 40 == 7 { Reading::Each } else { Reading::Last };
        let outcomes = built.deliver(reading, order);
        match (&outcomes.0[&change.hash()], probe.outcome) {
            (Verdict::Inert(why), Outcome::Inert(expected)) => {
                assert!(expected(why), "{name}: {why:?}");
                assert_eq!((&outcomes.1, &outcomes.2), (&alone.1, &alone.2), "{name}");
            }
            (Verdict::Waiting { .. }, Outcome::Waiting) => {
                assert_eq!((&outcomes.1, &outcomes.2), (&alone.1, &alone.2), "{name}");
            }
            (Verdict::Effective, Outcome::Effective) => {}
            (found, expected) => panic!("{name}: expected {expected:?}, found {found:?}"),
        }
        assert!(background.iter().all(|honest| outcomes.0[&honest.hash()] == Verdict::Effective), "{name}");
        assert_eq!(*seen.get_or_insert_with(|| outcomes.clone()), outcomes, "{name}");
    }
    // Each time a document is read Automerge is given each operation once at most, whatever the probe claims.
    let operations: u64 = changes.iter().map(|(change, _)| change.operations()).sum();
    let given = Effort::since(&before).applied;
    assert!(given <= built.readings * operations, "{name}: {given} operations, {} readings", built.readings);
    write_on(name, &changes);
    write_on(name, orders.last().expect("at least one order"));
    orders.len()
}

#[test]
fn each_crafted_change_meets_the_same_verdict_and_leaves_the_same_document_in_every_order() {
    let probes = probes();
    let names: BTreeSet<&str> = probes.iter().map(|probe| probe.name).collect();
    assert_eq!(names.len(), probes.len(), "names that are used twice");
    let alone = Built::default().deliver(Reading::Last, &may_write(&background()));
    assert!(alone.0.values().all(|verdict| *verdict == Verdict::Effective));
    let mut all = 0;
    for probe in &probes {
        let begun = processor();
        let orders = try_probe(probe);
        all += orders;
        // Other tests of this process have a part in it, except where it runs on its own.
        let took = processor() - begun;
        println!("{:>6} ms  {orders:>4} orders  {:>6} bytes  {}", took.as_millis(), probe.change.len(), probe.name);
        if std::env::var_os(LIMITED).is_some() {
            let most = PROBE_TAKES.0 + PROBE_TAKES.1 * u32::try_from(orders).unwrap_or(u32::MAX);
            assert!(took <= most, "{}: {took:?} of processor time in {orders} orders", probe.name);
        }
    }
    println!("{} probes, {all} orders", probes.len());
    assert!(probes.len() >= 60);
}

#[test]
fn the_whole_corpus_runs_within_256_mib_and_bounded_time_and_ends_in_order() {
    if std::env::var_os(LIMITED).is_some() {
        // The limit holds: this is what an abort by it would look like.
        let mut more = Vec::<u8>::new();
        assert!(more.try_reserve_exact(LIMIT_KIB as usize * 1024).is_err(), "nothing limits this process");
        each_crafted_change_meets_the_same_verdict_and_leaves_the_same_document_in_every_order();
        each_crafted_entry_is_refused_by_the_rule_that_it_breaks();
        changes_without_their_past_wait_within_bounds();
        return println!("{:.1} s of processor time", processor().as_secs_f64());
    }
    let name = std::thread::current().name().expect("tests have names").to_owned();
    let script =
        format!("ulimit -v {LIMIT_KIB} && ulimit -t {LIMIT_SECONDS} && exec \"$0\" --exact {name} --nocapture");
    let output = Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().expect("this program"))
        .env(LIMITED, "1")
        // Writing out where a panic came from takes more than that by itself.
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("a shell");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {text}", output.status);
    assert!(text.contains("1 passed"), "{text}");
}

#[test]
fn the_deflated_bomb_of_the_corpus_inflates_as_far_as_it_says() {
    let front = enemy_second(&[set("b")]).body();
    let packed = bomb(&front);
    assert!(packed.len() < 270_000, "{} bytes", packed.len());
    let mut inflated = flate2::read::DeflateDecoder::new(packed.as_slice());
    let mut beginning = vec![0xff; front.len()];
    inflated.read_exact(&mut beginning).expect("it inflates");
    assert_eq!(beginning, front);
    let zeros = std::io::copy(&mut inflated, &mut std::io::sink()).expect("it inflates to its end");
    assert_eq!(zeros, BOMB as u64);
}

#[test]
fn each_crafted_entry_is_refused_by_the_rule_that_it_breaks() {
    for probe in entries() {
        let name = probe.name;
        let found = Entry::decode(&probe.bytes).and_then(|entry| entry.verify(&COALITION));
        match (&found, probe.fate) {
            (Err(why), Fate::Refused(expected)) if expected(why) => {}
            (Ok(entry), Fate::Change) if entry.change().is_some() => {}
            (Ok(entry), Fate::Sealed) if entry.change().is_none() => {}
            (found, expected) => panic!("{name}: expected {expected:?}, found {found:?}"),
        }
    }
}

#[test]
fn of_two_changes_with_one_sequence_number_the_smaller_hash_counts_in_every_order() {
    let first = enemy_first();
    let twins = ["b", "c"].map(|key| enemy_second(&[set(key)]));
    let [one, other] = twins.each_ref().map(|twin| scanned(&twin.bytes(), &ENEMY));
    let after = [&one, &other].map(|twin| {
        let change = Change { seq: 3, start_op: 5, deps: vec![twin.hash()], ..enemy_second(&[set("d")]) };
        scanned(&change.bytes(), &ENEMY)
    });
    let (kept, lost) = if one.hash() < other.hash() { (0, 1) } else { (1, 0) };
    let twins = [one, other];
    let changes = [vec![scanned(&first.bytes(), &ENEMY)], twins.to_vec(), after.to_vec()].concat();
    let (mut built, mut seen): (_, Option<Outcomes>) = (Built::default(), None);
    for order in orders(&may_write(&changes)) {
        let outcomes = built.deliver(Reading::Last, &order);
        assert_eq!(outcomes.0[&twins[kept].hash()], Verdict::Effective);
        assert_eq!(outcomes.0[&after[kept].hash()], Verdict::Effective);
        assert_eq!(outcomes.0[&twins[lost].hash()], Verdict::Inert(Inert::Twin(twins[kept].hash())));
        // It also is the twin of what follows the one kept, which is said first.
        assert!(matches!(outcomes.0[&after[lost].hash()], Verdict::Inert(_)));
        assert_eq!(*seen.get_or_insert_with(|| outcomes.clone()), outcomes);
    }
}

#[test]
fn changes_without_their_past_wait_within_bounds() {
    let mut document = Document::new(DocumentId([0; 32]));
    let mut dropped = vec![];
    let orphans: Vec<Prescanned> = (0..200_u8)
        .map(|n| Change { deps: vec![ChangeHash([n; 32])], ..Change::first(STRANGER, &[set("o")]) })
        .map(|change| scanned(&change.bytes(), &STRANGER))
        .collect();
    for orphan in &orphans {
        let offered = document.offer(orphan.clone(), device(orphan), orphan.seq(), Right::MayWrite);
        assert_eq!(offered.verdict, Verdict::Waiting { missing: orphan.deps().to_vec() });
        dropped.extend(offered.dropped);
    }
    let expected: Vec<_> = orphans[..200 - MAX_WAITING_PER_LOG].iter().map(Prescanned::hash).collect();
    assert_eq!(dropped, expected, "the oldest go first");
    assert_eq!(document.without_effect().count(), MAX_WAITING_PER_LOG);
    for change in background() {
        assert!(matches!(
            document.offer(change.clone(), device(&change), change.seq(), Right::MayWrite).verdict,
            Verdict::Effective | Verdict::Waiting { .. }
        ));
    }
    assert_eq!(document.effective().count(), background().len());
}

#[test]
fn a_right_that_becomes_known_or_another_gives_the_verdicts_it_would_have_given_at_once() {
    let changes = background();
    let first = changes.last().expect("the enemy's first").clone();
    let second = scanned(&enemy_second(&[set("b")]).bytes(), &ENEMY);
    let mut document = Document::new(DocumentId([0; 32]));
    let unknown = document.offer(first.clone(), device(&first), first.seq(), Right::Unknown);
    assert_eq!(unknown.verdict, Verdict::Waiting { missing: vec![] });
    let waiting = document.offer(second.clone(), device(&second), second.seq(), Right::MayWrite);
    assert_eq!(waiting.verdict, Verdict::Waiting { missing: vec![first.hash()] });
    let admitted = document.offer(first.clone(), device(&first), first.seq(), Right::MayWrite);
    assert_eq!((admitted.verdict, admitted.released), (Verdict::Effective, vec![(second.hash(), Verdict::Effective)]));
    assert_eq!((document.seq_of(&ENEMY), document.max_op(), document.heads()), (2, 4, vec![second.hash()]));
    let removed = document.offer(first.clone(), device(&first), first.seq(), Right::MayNot(NoRight::NotMember));
    assert_eq!(removed.verdict, Verdict::Inert(Inert::NoRight(NoRight::NotMember)));
    assert_eq!(removed.released, [(second.hash(), Verdict::Inert(Inert::DependsOnInert(first.hash())))]);
    assert_eq!((document.heads(), document.max_op()), (vec![], 0));
    assert!(document.automerge().expect("an empty document").get_changes(&[]).is_empty());
}

/// The change that sets a key to a number, on top of `deps`.
fn numbered(actor: Actor, seq: u64, start_op: u64, deps: &[&Prescanned], number: u32) -> Prescanned {
    let row = Row { value: (7, number.to_be_bytes().to_vec()), ..set("n") };
    let deps = deps.iter().map(|dep| dep.hash()).collect();
    scanned(&Change { seq, start_op, deps, ..Change::first(actor, &[row]) }.bytes(), &actor)
}

/// Judged anew for each of them, a document would take hours for what is done here.
#[test]
fn what_is_written_behind_a_cut_does_not_make_the_others_be_judged_again() {
    let mut document = Document::new(DocumentId([0; 32]));
    let mut offer = |change: &Prescanned, place, right| document.offer(change.clone(), device(change), place, right);
    let opened = numbered(HONEST[0], 1, 1, &[], 0);
    offer(&opened, 0, Right::MayWrite);
    let behind = numbered(ENEMY, 1, 2, &[&opened], 0);
    offer(&behind, 0, Right::IfBuiltOn);
    let mut last = numbered(STRANGER, 1, 3, &[&behind], 0);
    let kept = offer(&last, 0, Right::MayWrite);
    assert_eq!((kept.verdict, kept.released), (Verdict::Effective, vec![(behind.hash(), Verdict::Effective)]));
    for number in 1..3_000 {
        let alone = numbered(ENEMY, 2, 3, &[&behind], number);
        let cut = offer(&alone, u64::from(number), Right::IfBuiltOn);
        assert_eq!(cut.verdict, Verdict::Inert(Inert::NoRight(NoRight::AfterCut)));
        last = numbered(STRANGER, last.seq() + 1, last.max_op() + 1, &[&last], number);
        let on = offer(&last, u64::from(number), Right::MayWrite);
        assert_eq!((on.verdict, on.released), (Verdict::Effective, vec![]));
    }
    assert_eq!((document.heads(), document.seq_of(&ENEMY)), (vec![last.hash()], 1));
}
