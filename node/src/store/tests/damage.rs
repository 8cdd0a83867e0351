//! Crashes and damage: what was acknowledged survives, and what is lost is said.

use super::{COALITION, Writer, assert_plain, document, open, read_log, record, rows};
use crate::store::journal::{Journal, JournalError, JournalItem};
use crate::store::{LastEnd, RowKey, Store, UnplacedReason, row};
use crate::vault::Vault;
use grid_protocol::codec;
use grid_protocol::storage::Storage as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A home with 300 own entries, a record, 100 entries of another, and rows.
fn filled(dir: &Path) -> (Writer, Writer) {
    let (mut store, _) = open(dir);
    let (mut own, mut other) = (Writer::new(1), Writer::new(2));
    for number in 0..30 {
        store.append_own(&own.write_many(10), &[record(&format!("group {number}"))]).unwrap();
    }
    store.append(&other.write_many(100)).unwrap();
    store.append(&[other.write(document(3), 50_000)]).unwrap();
    store.row_put(RowKey::Authority, b"value").unwrap();
    (own, other)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &target)
        } else {
            drop(fs::copy(item.path(), target))
        }
    }
}

/// What this node wrote is all there, and every log holds together.
fn assert_whole(store: &Store, own: &Writer, context: &str) {
    assert_eq!(read_log(store, own.device(), 5_000).len(), 300, "{context}");
    assert_eq!(store.records().unwrap().len(), 30, "{context}");
    for (device, head) in store.heads().unwrap() {
        let log = read_log(store, device, 5_000);
        assert_eq!(log.last().unwrap().id(), head.id, "{context}");
    }
}

/// The files of the store that hold data.
fn data_files(dir: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(dir.join("store")).unwrap().map(|item| item.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

#[test]
fn bytes_overwritten_anywhere_in_the_store_lose_nothing_that_this_node_wrote() {
    let source = tempfile::tempdir().unwrap();
    let (own, _) = filled(source.path());
    let (mut rebuilt, mut repaired) = (0, 0);
    for file in data_files(source.path()) {
        let length = fs::metadata(&file).unwrap().len();
        for part in 0..6 {
            let dir = tempfile::tempdir().unwrap();
            copy(source.path(), dir.path());
            let target = dir.path().join("store").join(file.file_name().unwrap());
            let mut bytes = fs::read(&target).unwrap();
            let at = usize::try_from(length * part / 6).unwrap();
            let end = bytes.len().min(at + 700);
            bytes[at..end].fill(0xA5);
            fs::write(&target, bytes).unwrap();
            let context = format!("{} overwritten at {at} of {length}", file.display());
            let (store, report) = open(dir.path());
            assert_whole(&store, &own, &context);
            if let Some(found) = report.rebuilt {
                assert!(!found.reason.is_empty(), "{context}");
                rebuilt += usize::from(found.kept_in.is_some_and(|aside| aside.join("db").exists()));
            }
            repaired += report.repaired.len();
            drop(store);
            assert_plain(&open(dir.path()).1);
        }
    }
    println!("{rebuilt} rebuilt, {repaired} logs repaired");
    assert!(rebuilt > 0);
}

#[test]
fn a_store_cut_short_anywhere_loses_nothing_that_this_node_wrote() {
    let source = tempfile::tempdir().unwrap();
    let (own, _) = filled(source.path());
    for file in data_files(source.path()) {
        let length = fs::metadata(&file).unwrap().len();
        for part in 0..8 {
            let dir = tempfile::tempdir().unwrap();
            copy(source.path(), dir.path());
            let target = dir.path().join("store").join(file.file_name().unwrap());
            fs::OpenOptions::new().write(true).open(&target).unwrap().set_len(length * part / 8).unwrap();
            let context = format!("{} cut at {part}/8 of {length}", file.display());
            let (store, _) = open(dir.path());
            assert_whole(&store, &own, &context);
            drop(store);
            assert_plain(&open(dir.path()).1);
        }
    }
}

#[test]
fn copies_of_a_home_in_use_hold_together_and_hold_what_was_acknowledged() {
    let source = tempfile::tempdir().unwrap();
    let (mut store, _) = open(source.path());
    let (mut own, mut other) = (Writer::new(1), Writer::new(2));
    for round in 1..=15 {
        store.append(&other.write_many(round)).unwrap();
        store.append_own(&own.write_many(3), &[]).unwrap();
        let dir = tempfile::tempdir().unwrap();
        // The store before the journal, as a crash in between would leave them.
        copy(&source.path().join("store"), &dir.path().join("store"));
        store.append_own(&own.write_many(2), &[]).unwrap();
        fs::copy(source.path().join("journal"), dir.path().join("journal")).unwrap();
        let (copied, report) = open(dir.path());
        assert!(report.unplaced.is_empty());
        assert_eq!(read_log(&copied, own.device(), 5_000).len(), round * 5, "round {round}");
        for (device, head) in copied.heads().unwrap() {
            assert_eq!(read_log(&copied, device, 5_000).last().unwrap().id(), head.id);
        }
    }
}

#[test]
fn a_head_that_lags_behind_or_runs_ahead_is_put_right() {
    let source = tempfile::tempdir().unwrap();
    let (mut store, _) = open(source.path());
    let mut other = Writer::new(2);
    let mut heads = Vec::new();
    for run in other.write_many(40) {
        heads.push(*run.head());
        store.append(&[run]).unwrap();
    }
    store.row_put(RowKey::Authority, b"made of entries").unwrap();
    drop(store);
    // (head at, entries up to, then the log must end at)
    for (head, last, expected) in [
        (Some(39), 39, Some(39)),
        (Some(35), 39, Some(35)),
        (Some(20), 39, Some(31)),
        (None, 39, Some(31)),
        (Some(39), 33, Some(31)),
        (Some(39), 10, None),
        (None, 10, None),
        (Some(10), 10, Some(10)),
    ] {
        let context = format!("head {head:?}, entries up to {last}");
        let dir = tempfile::tempdir().unwrap();
        copy(source.path(), dir.path());
        let (store, _) = open(dir.path());
        let trees = &store.reader.trees;
        match head {
            Some(seq) => trees.heads.insert(other.device().as_bytes(), codec::encode(&heads[seq])).unwrap(),
            None => trees.heads.remove(other.device().as_bytes()).unwrap(),
        };
        for seq in last + 1..40 {
            trees.entries.remove(&row::key(&other.device(), seq)).unwrap();
        }
        drop(store);
        let (store, report) = open(dir.path());
        let found = store.heads().unwrap().first().map(|(_, head)| head.seq);
        assert_eq!(found, expected, "{context}");
        let entries = expected.map_or(0, |seq| usize::try_from(seq).unwrap() + 1);
        assert_eq!(read_log(&store, other.device(), 5_000).len(), entries, "{context}");
        assert_eq!(store.document(&document(1)).unwrap().len(), entries, "{context}");
        let plain = report.repaired.is_empty();
        assert_eq!(rows(&store).len(), usize::from(plain), "{context}");
        drop(store);
        assert_plain(&open(dir.path()).1);
    }
}

#[test]
fn a_gap_in_a_log_cuts_it_back_to_what_is_proven() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = open(dir.path());
    let mut other = Writer::new(2);
    store.append(&other.write_many(50)).unwrap();
    store.flush().unwrap();
    store.reader.trees.entries.remove(&row::key(&other.device(), 20)).unwrap();
    drop(store);
    let (store, report) = open(dir.path());
    assert_eq!(report.repaired[0].head, Some(15));
    assert_eq!(report.repaired[0].removed, 33);
    assert!(!report.is_sound());
    assert_eq!(read_log(&store, other.device(), 5_000).len(), 16);
}

#[test]
fn own_entries_behind_a_hole_in_the_journal_wait_for_what_peers_give_back() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = open(dir.path());
    let mut own = Writer::new(1);
    let runs = own.write_many(5);
    for run in &runs {
        store.append_own(std::slice::from_ref(run), &[]).unwrap();
    }
    drop(store);
    fs::remove_dir_all(dir.path().join("store")).unwrap();
    let path = dir.path().join("journal");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();

    let (mut store, report) = open(dir.path());
    assert_eq!((report.journal.damaged, report.replayed), (1, 2));
    assert_eq!(report.unplaced.len(), 2);
    assert!(!report.is_sound());
    assert!(report.unplaced.iter().all(|unplaced| unplaced.why == UnplacedReason::Gap));
    store.append(&runs[2..3]).unwrap();
    drop(store);
    let (store, report) = open(dir.path());
    assert!(report.unplaced.is_empty());
    assert_eq!(read_log(&store, own.device(), 5_000).len(), 5);
}

#[test]
fn own_entries_that_come_back_from_peers_are_in_the_journal_whatever_their_order_there() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = open(dir.path());
    let (mut own, there) = (Writer::new(1), tempfile::tempdir().unwrap());
    let runs = own.write_many(45);
    store.append_own(&runs[..5], &[]).unwrap();
    drop(store);
    // Behind a hole lie entries that have no place yet.
    let (mut journal, _) =
        Journal::open(&dir.path().join("journal"), &Vault::Plain, |_| Ok::<_, JournalError>(())).unwrap();
    let late: Vec<JournalItem> =
        runs[40..].iter().map(|run| run.first().announce().unwrap()).map(JournalItem::Entry).collect();
    journal.append(&late).unwrap();
    drop(journal);
    let (mut store, report) = open(dir.path());
    assert_eq!(report.unplaced.len(), 5);

    // As a peer gives them back: with the signatures that are kept, and the last.
    let (mut peer, _) = open(there.path());
    peer.append(&runs[..42]).unwrap();
    let back = peer.run(&own.device(), 5, 1 << 20).unwrap().unwrap().verify(&COALITION).unwrap();
    assert!(back.entries().len() == 37 && back.entries()[0].signature().is_none());
    store.append_own(&[back], &[]).unwrap();
    drop(store);
    for _ in 0..2 {
        let (store, report) = open(dir.path());
        assert!(report.unplaced.is_empty(), "{report:?}");
        assert_eq!(read_log(&store, own.device(), 5_000).len(), 45);
        drop(store);
        fs::remove_dir_all(dir.path().join("store")).unwrap();
    }
}

#[test]
fn damage_found_while_reading_is_noted_and_mended_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = open(dir.path());
    let mut own = Writer::new(1);
    store.append_own(&own.write_many(3), &[]).unwrap();
    store.flush().unwrap();
    let key = row::key(&own.device(), 1);
    store.reader.trees.entries.tree().insert(key, &[0, 77, 77]).unwrap();
    assert!(store.run(&own.device(), 0, 10_000).is_err());
    assert!(store.append(&own.write_many(1)).is_err());
    drop(store);
    let (store, report) = open(dir.path());
    assert!(!report.is_sound());
    assert!(report.rebuilt.unwrap().reason.contains("does not read"));
    assert_eq!(read_log(&store, own.device(), 5_000).len(), 3);
    drop(store);
    assert_plain(&open(dir.path()).1);
    assert_eq!(Store::open(dir.path(), COALITION).unwrap().1.journal.items, 3);
}

#[test]
fn a_store_that_went_back_after_an_orderly_end_says_so() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path()));
    let (mut store, report) = open(dir.path());
    assert_plain(&report);
    assert!(report.is_sound());
    assert!(report.last_end == LastEnd::Closed && !report.went_back());
    let earlier = tempfile::tempdir().unwrap();
    let mut late = Writer::new(3);
    store.append_own(&late.write_many(10), &[]).unwrap();
    store.flush().unwrap();
    drop(store);
    copy(&dir.path().join("store"), &earlier.path().join("store"));

    let (mut store, _) = open(dir.path());
    store.append_own(&late.write_many(5), &[]).unwrap();
    drop(store);
    fs::remove_dir_all(dir.path().join("store")).unwrap();
    copy(&earlier.path().join("store"), &dir.path().join("store"));
    let (store, report) = open(dir.path());
    assert!(report.went_back() && report.replayed == 5, "{report:?}");
    assert_eq!(read_log(&store, late.device(), 100).len(), 15);
}
