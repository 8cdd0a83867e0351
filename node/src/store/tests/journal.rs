//! The journal alone: torn, damaged, foreign and full.

use super::{Writer, document, record};
use crate::store::journal::{Journal, JournalError, JournalItem, JournalReport, Medium, header};
use crate::vault::Vault;
use grid_protocol::storage::StorageError;
use proptest::prelude::*;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn read(path: &Path) -> (Journal, JournalReport, Vec<JournalItem>) {
    let mut items = Vec::new();
    let (journal, report) = Journal::open(path, &Vault::Plain, |item| {
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

/// Without the zeros at the end, which stand for space that was reserved.
fn written(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)]
}

/// A disk on which the file may grow up to a length.
struct SmallDisk {
    file: File,
    room: Arc<AtomicU64>,
}

impl Medium for SmallDisk {
    fn write_at(&mut self, place: u64, bytes: &[u8]) -> io::Result<()> {
        let fits = self.room.load(Ordering::Relaxed).saturating_sub(place);
        let written = bytes.len().min(usize::try_from(fits).unwrap());
        Medium::write_at(&mut self.file, place, &bytes[..written])?;
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
    drop(journal);
    let bytes = fs::read(&path).unwrap();
    for length in (whole + 1..bytes.len() as u64).step_by(3) {
        let torn = &bytes[..usize::try_from(length).unwrap()];
        fs::write(&path, torn).unwrap();
        let (mut journal, report, found) = read(&path);
        assert_eq!(found, items[..3], "cut at {length}");
        let cut = report.cut.unwrap();
        assert_eq!(cut.from, whole);
        assert_eq!(fs::read(&cut.kept_in).unwrap(), written(&torn[usize::try_from(whole).unwrap()..]));
        fs::remove_file(cut.kept_in).unwrap();
        journal.append(&items[3..]).unwrap();
        assert_eq!(read(&path).2, items);
    }
}

#[test]
fn space_that_was_reserved_is_no_damage_and_is_given_back_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let items = entries(4);
    let (mut journal, _, _) = read(&path);
    journal.append(&items[..3]).unwrap();
    let whole = usize::try_from(journal.length()).unwrap();
    let in_use = fs::read(&path).unwrap();
    assert!(in_use.len() > whole && in_use[whole..].iter().all(|byte| *byte == 0));
    drop(journal);
    assert_eq!(fs::read(&path).unwrap(), in_use[..whole]);
    // A node that was killed leaves the zeros behind.
    fs::write(&path, &in_use).unwrap();
    let (mut journal, report, found) = read(&path);
    assert_eq!((report, found), (JournalReport { items: 3, cut: None, damaged: 0 }, items[..3].to_vec()));
    journal.append(&items[3..]).unwrap();
    drop(journal);
    assert_eq!(read(&path).2, items);
}

#[test]
fn a_beginning_cut_short_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    for length in 0..16 {
        fs::write(&path, &header(&Vault::Plain)[..length]).unwrap();
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
    drop(journal);
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
    fs::write(&path, b"grid journal\x03\0\0\0something new").unwrap();
    let opened = Journal::open(&path, &Vault::Plain, |_| Ok::<_, JournalError>(()));
    assert!(matches!(opened, Err(JournalError::NewerFormat { found: 3, known: 2, .. })));
    assert_eq!(fs::read(&path).unwrap(), b"grid journal\x03\0\0\0something new");
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
    let start = journal.length();
    drop(journal);
    let bytes = fs::read(&path).unwrap();
    let (mut journal, _, _) = read(&path);
    journal.append(&items[1..]).unwrap();
    let end = journal.length();
    drop(journal);
    for limit in (start..end).step_by(11) {
        fs::write(&path, &bytes).unwrap();
        let room = Arc::new(AtomicU64::new(limit));
        let file = OpenOptions::new().write(true).open(&path).unwrap();
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
        fn write_at(&mut self, _: u64, _: &[u8]) -> io::Result<()> {
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
        fs::write(&path, [&header(&Vault::Plain)[..], &bytes].concat()).unwrap();
        let (_, report, _) = read(&path);
        let kept = report.cut.map(|cut| fs::read(cut.kept_in).unwrap()).unwrap_or_default();
        prop_assert_eq!(kept, written(&bytes));
    }
}
