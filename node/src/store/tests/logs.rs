//! Entries, records and rows: written, read, and read again after a start.

use super::{COALITION, Writer, assert_plain, document, open, read_log, record};
use crate::space::Amount;
use crate::store::{Store, StoreError};
use grid_protocol::id::CoalitionId;
use grid_protocol::run::Run;
use grid_protocol::storage::{Storage as _, StorageError};
use proptest::prelude::*;

#[test]
fn entries_are_read_back_as_they_came_in_and_after_a_start() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, report) = open(dir.path());
    assert_plain(&report);
    let (mut one, mut two) = (Writer::new(1), Writer::new(2));
    let runs = [one.write_many(20), two.write_many(3), vec![one.write(document(2), 60_000)]].concat();
    store.append(&runs).unwrap();
    for round in 0..2 {
        let log = read_log(&store, one.device(), 1_000);
        assert_eq!(log.len(), 21);
        assert_eq!(log.last().unwrap().body(), runs[23].first().body());
        for entry in &log {
            let seq = entry.header().seq;
            assert_eq!(store.entry_id(&one.device(), seq).unwrap(), Some(entry.id()), "round {round}");
        }
        assert_eq!(store.entry_id(&one.device(), 21).unwrap(), None);
        let mut heads = vec![(one.device(), one.head.unwrap()), (two.device(), two.head.unwrap())];
        heads.sort_by_key(|(device, _)| *device);
        assert_eq!(store.heads().unwrap(), heads);
        assert_eq!(store.documents().unwrap(), [document(1), document(2)]);
        assert_eq!(store.document(&document(1)).unwrap().len(), 23);
        let big = store.document(&document(2)).unwrap();
        assert_eq!((big[0].device, big[0].seq, &big[0].body[..]), (one.device(), 20, runs[23].first().body()));
        assert_eq!(store.document(&document(3)).unwrap(), []);
        drop(store);
        let (again, report) = open(dir.path());
        assert_plain(&report);
        store = again;
    }
}

#[test]
fn what_logs_take_up_is_counted_as_they_come_and_the_same_after_a_start() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = open(dir.path());
    let (mut one, mut two) = (Writer::new(1), Writer::new(2));
    store.append(&[one.write_many(20), two.write_many(3)].concat()).unwrap();
    store.append_own(&[one.write(document(2), 60_000)], &[]).unwrap();
    let taken = |store: &Store| {
        let mut amounts = store.reader().amounts();
        amounts.sort_by_key(|(device, _)| *device);
        amounts
    };
    let mut expected: Vec<_> = [one.device(), two.device()]
        .into_iter()
        .map(|device| {
            let log = read_log(&store, device, 1_000);
            let bytes = log.iter().map(|entry| entry.body().len() as u64 + 100).sum();
            (device, Amount { entries: log.len() as u64, bytes })
        })
        .collect();
    expected.sort_by_key(|(device, _)| *device);
    assert!(expected.iter().any(|(_, amount)| amount.entries == 21 && amount.bytes > 60_000), "{expected:?}");
    assert_eq!(taken(&store), expected);
    drop(store);
    assert_eq!(taken(&open(dir.path()).0), expected);
}

#[test]
fn long_bodies_stay_out_of_the_files_that_sled_never_syncs() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = open(dir.path());
    let mut writer = Writer::new(1);
    let body = writer.body(document(1), 65_000);
    let runs: Vec<_> = (0..80).map(|_| writer.write_body(document(1), body.clone())).collect();
    store.append(&runs).unwrap();
    for number in 0..300_u32 {
        store.hint_put(&number.to_be_bytes(), &vec![1; 7_000]).unwrap();
    }
    store.flush().unwrap();
    assert_eq!(std::fs::read_dir(dir.path().join("store/blobs")).unwrap().count(), 0);
    drop(store);
    let (store, report) = open(dir.path());
    assert_plain(&report);
    assert_eq!(read_log(&store, writer.device(), 1 << 20).len(), 80);
}

#[test]
fn the_store_moves_between_threads_and_its_reader_is_shared() {
    fn sent<T: Send>(value: T) -> T {
        value
    }
    let dir = tempfile::tempdir().unwrap();
    let mut store = sent(open(dir.path()).0);
    let mut writer = Writer::new(1);
    let reader = store.reader();
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            // Whatever the reader sees, it is a whole log.
            loop {
                if let Some(run) = reader.run(&Writer::new(1).device(), 0, 1 << 20).unwrap() {
                    let head = *run.verify(&COALITION).unwrap().head();
                    if head.seq == 199 {
                        return;
                    }
                }
            }
        });
        for run in writer.write_many(200) {
            store.append(&[run]).unwrap();
        }
        reading.join().unwrap();
    });
}

#[test]
fn a_run_that_does_not_continue_its_log_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = open(dir.path());
    let runs = Writer::new(1).write_many(3);
    let rival = Writer::new(1).write(document(7), 5);
    assert!(matches!(store.append(&runs[1..]), Err(StorageError::Damaged { .. })));
    store.append(&runs[..1]).unwrap();
    assert!(store.append(&runs[..1]).is_err());
    assert!(store.append_own(&[rival], &[]).is_err());
    store.append(&runs[1..]).unwrap();
    assert_eq!(store.heads().unwrap()[0].1.seq, 2);
}

#[test]
fn records_of_any_length_are_kept_and_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = open(dir.path());
    let (short, long) = (record("short"), record(&"long".repeat(30_000)));
    store.put_records(&[short.clone(), long.clone()], &[]).unwrap();
    let sorted = |mut records: Vec<grid_protocol::control::Record>| {
        records.sort_by_key(|record| record.id());
        records
    };
    assert_eq!(sorted(store.records().unwrap()), sorted(vec![short.clone(), long.clone()]));
    store.put_records(&[], &[long.id()]).unwrap();
    drop(store);
    let (store, report) = open(dir.path());
    assert_plain(&report);
    assert_eq!(store.records().unwrap(), [short]);
}

#[test]
fn hints_of_any_length_are_replaced_and_listed_by_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    let long = vec![7; 50_000];
    store.hint_put(b"a1", b"one").unwrap();
    store.hint_put(b"a2", &long).unwrap();
    store.hint_put(b"a2", &long).unwrap();
    store.hint_put(b"b1", &long).unwrap();
    store.hint_put(b"b1", b"short").unwrap();
    let reader = store.reader();
    let pairs: Vec<_> = reader.hints_iter(b"a").map(Result::unwrap).collect();
    assert_eq!(pairs, [(b"a1".to_vec(), b"one".to_vec()), (b"a2".to_vec(), long)]);
    assert_eq!(reader.hint(b"b1").unwrap().as_deref(), Some(&b"short"[..]));
    store.hint_remove(b"a1").unwrap();
    assert_eq!(reader.hint(b"a1").unwrap(), None);
    assert_eq!(reader.hints_iter(b"").count(), 2);
}

#[test]
fn own_writes_come_back_from_the_journal_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = open(dir.path());
    let mut own = Writer::new(1);
    store.append_own(&own.write_many(40), &[record("own")]).unwrap();
    drop(store);
    std::fs::remove_dir_all(dir.path().join("store")).unwrap();
    let (store, report) = open(dir.path());
    assert_eq!((report.replayed, report.journal.items), (41, 41));
    assert_eq!(report.rebuilt.unwrap().kept_in, None);
    assert_eq!(read_log(&store, own.device(), 10_000).len(), 40);
    assert_eq!(store.records().unwrap(), [record("own")]);
    drop(store);
    assert_plain(&open(dir.path()).1);
}

#[test]
fn a_store_of_another_coalition_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let error = Store::open(dir.path(), CoalitionId([1; 32])).unwrap_err();
    assert!(matches!(error, StoreError::WrongCoalition { found: COALITION, .. }), "{error}");
    assert_plain(&open(dir.path()).1);
}

#[test]
fn a_store_of_a_newer_format_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    store.reader.trees.db.open_tree("meta").unwrap().insert("format", &3_u32.to_le_bytes()).unwrap();
    drop(store);
    let error = Store::open(dir.path(), COALITION).unwrap_err();
    assert!(matches!(error, StoreError::NewerFormat { found: 3, known: 2, .. }), "{error}");
    assert!(!dir.path().join("store.damaged-1").exists());
}

#[test]
fn a_store_in_use_is_not_taken_for_a_damaged_one() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    let error = Store::open(dir.path(), COALITION).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    drop(store);
    assert_plain(&open(dir.path()).1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_run_verifies_and_all_of_them_make_up_the_log(
        sizes in prop::collection::vec(0_usize..9_000, 1..60),
        budgets in prop::collection::vec(0_usize..40_000, 1..8),
        starts in prop::collection::vec(0_u64..70, 5),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (mut store, _) = open(dir.path());
        let mut writer = Writer::new(1);
        let runs: Vec<_> = sizes.iter().map(|size| writer.write(document(1), *size)).collect();
        store.append(&runs).unwrap();
        for budget in budgets {
            let log = read_log(&store, writer.device(), budget);
            prop_assert_eq!(log.len(), runs.len());
            prop_assert!(log.iter().zip(&runs).all(|(entry, run)| entry.id() == run.first().id()));
        }
        for first in starts {
            let run = store.run(&writer.device(), first, 20_000).unwrap();
            prop_assert_eq!(run.is_some(), first < runs.len() as u64);
            let Some(run) = run else { continue };
            let cost: usize = run.entries.iter().map(|entry| entry.body.len() + 100).sum();
            let signatures = run.entries.iter().filter(|entry| entry.signature.is_some()).count();
            prop_assert!(cost <= 20_000 || signatures == 1);
            prop_assert_eq!(run.first, first);
            prop_assert!(Run::verify(run, &COALITION).is_ok());
        }
    }
}
