//! A store and a journal under a key: torn, damaged, lost, and opened with another one.

use super::{COALITION, Writer, assert_plain, document, read_log, record, rows};
use crate::store::journal::{Journal, JournalError, JournalItem, JournalReport};
use crate::store::{OpenReport, RowKey, Store, StoreError};
use crate::vault::{DataKey, Vault, VaultError};
use grid_protocol::storage::Storage as _;
use std::fs;
use std::path::Path;

fn vault() -> Vault {
    Vault::Sealed(DataKey::generate())
}

fn open(dir: &Path, vault: &Vault) -> (Store, OpenReport) {
    Store::open_with(dir, COALITION, vault).unwrap()
}

fn read(path: &Path, vault: &Vault) -> Result<(Journal, JournalReport, Vec<JournalItem>), JournalError> {
    let mut items = Vec::new();
    let (journal, report) = Journal::open(path, vault, |item| {
        items.push(item);
        Ok::<_, JournalError>(())
    })?;
    Ok((journal, report, items))
}

fn items(count: usize) -> Vec<JournalItem> {
    let mut writer = Writer::new(1);
    let runs = (0..count).map(|number| writer.write(document(1), 10 * number));
    runs.map(|run| JournalItem::Entry(run.first().announce().unwrap())).collect()
}

/// A home with 40 own entries, ten records, 20 entries of another, a long one, and rows.
fn filled(dir: &Path, vault: &Vault) -> (Writer, Writer) {
    let (mut store, _) = open(dir, vault);
    let (mut own, mut other) = (Writer::new(1), Writer::new(2));
    for number in 0..10 {
        store.append_own(&own.write_many(4), &[record(&format!("group {number}"))]).unwrap();
    }
    store.append(&other.write_many(20)).unwrap();
    store.append(&[other.write(document(3), 50_000)]).unwrap();
    store.row_put(RowKey::Authority, b"value").unwrap();
    store.hint_put(b"hint", b"value").unwrap();
    (own, other)
}

#[test]
fn what_was_written_under_a_key_is_read_with_it() {
    let (dir, vault) = (tempfile::tempdir().unwrap(), vault());
    let (own, other) = filled(dir.path(), &vault);
    let (store, report) = open(dir.path(), &vault);
    assert_plain(&report);
    assert_eq!(read_log(&store, own.device(), 5_000).len(), 40);
    assert_eq!(read_log(&store, other.device(), 5_000).len(), 21);
    assert_eq!(store.records().unwrap().len(), 10);
    assert_eq!(rows(&store), [(RowKey::Authority, b"value".to_vec())]);
    assert_eq!(store.reader().hint(b"hint").unwrap().as_deref(), Some(&b"value"[..]));
}

#[test]
fn a_long_value_that_is_replaced_leaves_no_pieces_behind() {
    let (dir, vault) = (tempfile::tempdir().unwrap(), vault());
    let (store, _) = open(dir.path(), &vault);
    let pieces = || store.reader.trees.db.open_tree("pieces").unwrap().len();
    for value in [vec![1; 30_000], vec![2; 30_000], vec![2; 30_000]] {
        store.hint_put(b"hint", &value).unwrap();
        assert_eq!((store.reader().hint(b"hint").unwrap(), pieces()), (Some(value), 5));
    }
    store.hint_put(b"hint", b"short").unwrap();
    assert_eq!(pieces(), 0);
}

#[test]
fn another_key_is_refused_and_sets_nothing_aside() {
    let (dir, vault) = (tempfile::tempdir().unwrap(), vault());
    let (own, _) = filled(dir.path(), &vault);
    let error = Store::open_with(dir.path(), COALITION, &self::vault()).unwrap_err();
    assert!(matches!(error, StoreError::Vault { source: VaultError::WrongKey, .. }), "{error}");
    let error = Store::open_with(dir.path(), COALITION, &Vault::Plain).unwrap_err();
    assert!(matches!(error, StoreError::Vault { source: VaultError::Locked, .. }), "{error}");
    let (store, report) = open(dir.path(), &vault);
    assert_plain(&report);
    assert_eq!(read_log(&store, own.device(), 5_000).len(), 40);
}

#[test]
fn a_store_that_is_lost_is_built_again_from_the_journal_under_the_same_key() {
    let (dir, vault) = (tempfile::tempdir().unwrap(), vault());
    let (own, _) = filled(dir.path(), &vault);
    fs::remove_dir_all(dir.path().join("store")).unwrap();
    let (store, report) = open(dir.path(), &vault);
    assert!(report.rebuilt.is_some());
    assert_eq!(read_log(&store, own.device(), 5_000).len(), 40);
    drop(store);
    assert!(Store::open(dir.path(), COALITION).is_err(), "what was built again is sealed");
}

#[test]
fn bytes_overwritten_anywhere_in_a_sealed_store_lose_nothing_that_this_node_wrote() {
    let (source, vault) = (tempfile::tempdir().unwrap(), vault());
    let (own, _) = filled(source.path(), &vault);
    let whole = fs::read(source.path().join("store/db")).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap();
    let store = source.path().join("store");
    let kept: Vec<_> =
        fs::read_dir(&store).unwrap().map(|item| item.unwrap().path()).filter(|it| it.is_file()).collect();
    for part in 0..8 {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("store")).unwrap();
        fs::copy(source.path().join("journal"), dir.path().join("journal")).unwrap();
        for file in &kept {
            fs::copy(file, dir.path().join("store").join(file.file_name().unwrap())).unwrap();
        }
        let mut bytes = whole.clone();
        let at = used * part / 8;
        bytes[at..used.min(at + 700)].fill(0xA5);
        fs::write(dir.path().join("store/db"), bytes).unwrap();
        let (store, _) = open(dir.path(), &vault);
        assert_eq!(read_log(&store, own.device(), 5_000).len(), 40, "overwritten at {at} of {used}");
        drop(store);
        assert_plain(&open(dir.path(), &vault).1);
    }
}

#[test]
fn a_last_sealed_frame_torn_anywhere_is_laid_aside_and_nothing_else_is_lost() {
    let (dir, vault) = (tempfile::tempdir().unwrap(), vault());
    let path = dir.path().join("journal");
    let items = items(4);
    let (mut journal, _, _) = read(&path, &vault).unwrap();
    journal.append(&items[..3]).unwrap();
    let whole = usize::try_from(journal.length()).unwrap();
    journal.append(&items[3..]).unwrap();
    drop(journal);
    let bytes = fs::read(&path).unwrap();
    for length in (whole + 1..bytes.len()).step_by(7) {
        fs::write(&path, &bytes[..length]).unwrap();
        let (mut journal, report, found) = read(&path, &vault).unwrap();
        assert_eq!(found, items[..3], "cut at {length}");
        fs::remove_file(report.cut.unwrap().kept_in).unwrap();
        journal.append(&items[3..]).unwrap();
        drop(journal);
        assert_eq!(read(&path, &vault).unwrap().2, items);
    }
}

#[test]
fn damage_to_a_sealed_journal_is_told_from_a_wrong_key() {
    let (dir, vault) = (tempfile::tempdir().unwrap(), vault());
    let path = dir.path().join("journal");
    let items = items(3);
    let (mut journal, _, _) = read(&path, &vault).unwrap();
    journal.append(&items[..1]).unwrap();
    let at = usize::try_from(journal.length()).unwrap() + 40;
    journal.append(&items[1..]).unwrap();
    drop(journal);
    let sound = fs::read(&path).unwrap();
    let refused = |vault: &Vault| match read(&path, vault) {
        Err(JournalError::Vault { source, .. }) => source,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&self::vault()), VaultError::WrongKey);
    assert_eq!(refused(&Vault::Plain), VaultError::Locked);
    assert_eq!(fs::read(&path).unwrap(), sound);
    let mut bytes = sound;
    bytes[at] ^= 0x55;
    fs::write(&path, bytes).unwrap();
    let (_, report, found) = read(&path, &vault).unwrap();
    assert_eq!(report, JournalReport { items: 2, cut: None, damaged: 1 });
    assert_eq!(found, [items[0].clone(), items[2].clone()]);
}
