//! The journal alone: torn, damaged, foreign and full.

use super::{Writer, document, record};
use crate::store::frame;
use crate::store::journal::{Journal, JournalError, JournalItem, JournalReport, Medium};
use grid_protocol::storage::StorageError;
use proptest::prelude::*;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn read(path: &Path) -> (Journal, JournalReport, Vec<JournalItem>) {
    let mut items = Vec::new();
    let (journal, report) = Journal::open(path, |item| {
        items.push(item);
        Ok::<_, JournalError>(())
    })
    .unwrap();
    (journal, report, items)
}

fn entries(count: usize) -> Vec<JournalItem> {
    let mut writer = Writer::new(1);
    let runs = (0..count).map(|number| writer.write(document(1), 10 * number));
    runs.map(|run| JournalItem::Entry(run.first().announce().unwrap())).collect()
}

/// A disk on which the file may grow up to a length.
struct SmallDisk {
    file: File,
    room: Arc<AtomicU64>,
}

impl Medium for SmallDisk {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        let fits = self.room.load(Ordering::Relaxed).saturating_sub(length);
        let written = bytes.len().min(usize::try_from(fits).unwrap());
        self.file.append(&bytes[..written])?;
        if written == bytes.len() { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.truncate(length)
    }
}

#[test]
fn what_was_appended_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let items = [entries(3), vec![JournalItem::Record(record("a group"))]].concat();
    let (mut journal, report, found) = read(&path);
    assert_eq!((report, found), (JournalReport::default(), Vec::new()));
    journal.append(&items[..2]).unwrap();
    journal.append(&items[2..]).unwrap();
    let length = journal.length();
    drop(journal);
    let (journal, report, found) = read(&path);
    assert_eq!(found, items);
    assert_eq!(report, JournalReport { items: 4, cut: None, damaged: 0 });
    assert_eq!(journal.length(), length);
}

#[test]
fn a_last_frame_torn_anywhere_is_laid_aside_and_nothing_else_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let items = entries(4);
    let (mut journal, _, _) = read(&path);
    journal.append(&items[..3]).unwrap();
    let whole = journal.length();
    journal.append(&items[3..]).unwrap();
    let bytes = fs::read(&path).unwrap();
    for length in whole + 1..bytes.len() as u64 {
        let torn = &bytes[..usize::try_from(length).unwrap()];
        fs::write(&path, torn).unwrap();
        let (mut journal, report, found) = read(&path);
        assert_eq!(found, items[..3], "cut at {length}");
        let cut = report.cut.unwrap();
        assert_eq!(cut.from, whole);
        assert_eq!(fs::read(&cut.kept_in).unwrap(), torn[usize::try_from(whole).unwrap()..]);
        fs::remove_file(cut.kept_in).unwrap();
        journal.append(&items[3..]).unwrap();
        assert_eq!(read(&path).2, items);
    }
}

#[test]
fn a_beginning_cut_short_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    for length in 0..16 {
        fs::write(&path, &frame::header()[..length]).unwrap();
        let (mut journal, report, _) = read(&path);
        assert_eq!(report, JournalReport::default());
        journal.append(&entries(1)).unwrap();
        assert_eq!(read(&path).2, entries(1));
    }
}

#[test]
fn frames_behind_damage_are_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let items = entries(5);
    let (mut journal, _, _) = read(&path);
    let mut ends = vec![journal.length()];
    for item in &items {
        journal.append(std::slice::from_ref(item)).unwrap();
        ends.push(journal.length());
    }
    let sound = fs::read(&path).unwrap();
    for at in ends[1]..ends[2] {
        let mut bytes = sound.clone();
        bytes[usize::try_from(at).unwrap()] ^= 0x55;
        fs::write(&path, &bytes).unwrap();
        let (_, report, found) = read(&path);
        assert_eq!(report, JournalReport { items: 4, cut: None, damaged: 1 }, "damaged at {at}");
        assert_eq!(found, [&items[..1], &items[2..]].concat());
        assert_eq!(fs::read(&path).unwrap(), bytes, "the damaged frame is left for whoever can mend it");
    }
}

#[test]
fn a_journal_of_a_newer_format_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    fs::write(&path, b"grid journal\x02\0\0\0something new").unwrap();
    let opened = Journal::open(&path, |_| Ok::<_, JournalError>(()));
    assert!(matches!(opened, Err(JournalError::NewerFormat { found: 2, known: 1, .. })));
    assert_eq!(fs::read(&path).unwrap(), b"grid journal\x02\0\0\0something new");
}

#[test]
fn a_file_that_is_no_journal_is_laid_aside() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    fs::write(&path, "Dear diary, today I founded a coalition.").unwrap();
    let (_, report, found) = read(&path);
    assert_eq!(found, []);
    assert_eq!(fs::read(report.cut.unwrap().kept_in).unwrap(), b"Dear diary, today I founded a coalition.");
    assert_eq!(read(&path).1, JournalReport::default());
}

#[test]
fn a_full_disk_takes_nothing_half_and_works_again_when_there_is_space() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let items = entries(3);
    let (mut journal, _, _) = read(&path);
    journal.append(&items[..1]).unwrap();
    let (start, bytes) = (journal.length(), fs::read(&path).unwrap());
    journal.append(&items[1..]).unwrap();
    let end = journal.length();
    for limit in start..end {
        fs::write(&path, &bytes).unwrap();
        let room = Arc::new(AtomicU64::new(limit));
        let file = OpenOptions::new().append(true).open(&path).unwrap();
        let mut journal = Journal::with_medium(Box::new(SmallDisk { file, room: Arc::clone(&room) }), start);
        assert!(matches!(journal.append(&items[1..]), Err(StorageError::Full)));
        assert_eq!(fs::read(&path).unwrap(), bytes);
        room.store(u64::MAX, Ordering::Relaxed);
        journal.append(&items[1..]).unwrap();
        assert_eq!(read(&path).2, items);
    }
}

#[test]
fn a_disk_that_fails_to_undo_takes_nothing_more() {
    struct Broken;
    impl Medium for Broken {
        fn append(&mut self, _: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }
        fn truncate(&mut self, _: u64) -> io::Result<()> {
            Err(io::Error::other("gone"))
        }
    }
    let mut journal = Journal::with_medium(Box::new(Broken), 16);
    assert!(matches!(journal.append(&entries(1)), Err(StorageError::Full)));
    let error = journal.append(&entries(1)).unwrap_err();
    assert!(matches!(error, StorageError::Io { .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic_and_never_get_lost(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        fs::write(&path, [&frame::header()[..], &bytes].concat()).unwrap();
        let (_, report, _) = read(&path);
        let kept = report.cut.map(|cut| fs::read(cut.kept_in).unwrap()).unwrap_or_default();
        prop_assert_eq!(kept, bytes);
    }
}
