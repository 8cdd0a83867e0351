//! Rows: kept over older ones, read as far as the file reads, and written anew.

use super::{COALITION, assert_plain, document, open, rows};
use crate::store::frame::MAX_PAYLOAD;
use crate::store::{RowKey, Store};
use crate::vault::{DataKey, Vault};
use grid_protocol::key::{DeviceId, PublicKey};
use std::fs;
use std::path::{Path, PathBuf};

const FIRST: RowKey = RowKey::Row(super::DocumentId([1; 32]));
const REACH: RowKey = RowKey::Reach(DeviceId(PublicKey([1; 32])));

fn file(dir: &Path) -> PathBuf {
    dir.join("store").join("rows")
}

#[test]
fn of_several_values_the_last_is_read_in_the_order_in_which_they_came_and_what_was_removed_is_not() {
    for vault in [Vault::Plain, Vault::Sealed(DataKey::generate())] {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = Store::open_with(dir.path(), COALITION, &vault).unwrap();
        store.row_put(FIRST, b"an old sentence").unwrap();
        store.row_put(RowKey::Row(document(2)), b"removed").unwrap();
        store.row_put(REACH, b"7").unwrap();
        store.row_put(FIRST, b"a new sentence").unwrap();
        store.row_remove(RowKey::Row(document(2))).unwrap();
        store.row_put(RowKey::Authority, b"digest").unwrap();
        let expected = [(REACH, &b"7"[..]), (FIRST, b"a new sentence"), (RowKey::Authority, b"digest")];
        let expected: Vec<(RowKey, Vec<u8>)> = expected.map(|(key, value)| (key, value.to_vec())).to_vec();
        assert_eq!(rows(&store), expected);
        drop(store);
        let text = fs::read(file(dir.path())).unwrap();
        let is_plain = text.windows(8).any(|window| window == b"sentence");
        assert_eq!(is_plain, matches!(vault, Vault::Plain), "{vault:?}");
        let (store, report) = Store::open_with(dir.path(), COALITION, &vault).unwrap();
        assert_plain(&report);
        assert_eq!(rows(&store), expected);
    }
}

#[test]
fn behind_a_place_that_does_not_read_nothing_is_believed_and_what_is_kept_from_then_on_is() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    for number in 0..9 {
        store.row_put(RowKey::Row(document(number)), &[number; 40]).unwrap();
    }
    store.row_put(REACH, b"9").unwrap();
    drop(store);
    let whole = fs::read(file(dir.path())).unwrap();
    // Bytes flipped, cut off, or zeroed as a loss of power leaves them, from the fourth frame on.
    let fourth = 16 + 3 * (12 + 33 + 40) + 50;
    let flipped = whole.iter().enumerate().map(|(at, byte)| if at == fourth { !byte } else { *byte }).collect();
    let zeroed: Vec<u8> = whole[..fourth].iter().copied().chain(vec![0; whole.len() - fourth]).collect();
    for torn in [flipped, whole[..fourth].to_vec(), zeroed] {
        fs::write(file(dir.path()), torn).unwrap();
        let (store, report) = open(dir.path());
        assert_plain(&report);
        assert_eq!(rows(&store).len(), 3);
        store.row_put(REACH, b"3").unwrap();
        drop(store);
        let found = rows(&open(dir.path()).0);
        assert_eq!((found.len(), found.last()), (4, Some(&(REACH, b"3".to_vec()))));
    }
}

#[test]
fn a_file_that_is_mostly_old_is_written_anew_and_lacks_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    let length = || fs::metadata(file(dir.path())).unwrap().len();
    let mut longest = 0;
    for round in 0..60_u8 {
        for number in 0..20 {
            store.row_put(RowKey::Row(document(number)), &[round; 10_000]).unwrap();
        }
        longest = longest.max(length());
    }
    assert!(longest < 2_000_000, "{longest} bytes for 200,000 that count");
    let found = rows(&store);
    assert!(found.len() == 20 && found.iter().all(|(_, value)| *value == [59; 10_000]), "{}", found.len());
    drop(store);
    let (store, _) = open(dir.path());
    assert_eq!(rows(&store), found);
    assert!(length() < 1_100_000, "{} bytes", length());
}

#[test]
fn a_row_that_is_too_long_to_be_read_again_takes_the_one_before_it_away() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    store.row_put(FIRST, b"short").unwrap();
    store.row_put(FIRST, &vec![1; MAX_PAYLOAD]).unwrap();
    store.row_put(REACH, b"1").unwrap();
    assert_eq!(rows(&store), [(REACH, b"1".to_vec())]);
}

#[test]
fn a_file_of_another_format_or_under_another_key_gives_nothing_and_is_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    store.row_put(FIRST, b"value").unwrap();
    drop(store);
    let mut bytes = fs::read(file(dir.path())).unwrap();
    bytes[12] = 9;
    for other in [bytes, b"grid".to_vec(), Vec::new()] {
        fs::write(file(dir.path()), other).unwrap();
        let (store, report) = open(dir.path());
        assert_plain(&report);
        assert_eq!(rows(&store), []);
        store.row_put(FIRST, b"value").unwrap();
        assert_eq!(rows(&store).len(), 1);
    }
    let (sealed, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for dir in [&sealed, &other] {
        let (store, _) = Store::open_with(dir.path(), COALITION, &Vault::Sealed(DataKey::generate())).unwrap();
        store.row_put(FIRST, b"value").unwrap();
    }
    let vault = Vault::Sealed(DataKey::generate());
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open_with(dir.path(), COALITION, &vault).unwrap());
    fs::copy(file(sealed.path()), file(dir.path())).unwrap();
    assert_eq!(rows(&Store::open_with(dir.path(), COALITION, &vault).unwrap().0), []);
}

#[test]
fn the_tree_in_which_rows_lay_before_goes_with_its_long_values() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    let names =
        |store: &Store| store.reader.trees.db.tree_names().into_iter().filter(|name| *name == b"rows"[..]).count();
    let pieces = |store: &Store| store.reader.trees.db.open_tree("pieces").unwrap().len();
    let (tree, cut) =
        (store.reader.trees.db.open_tree("rows").unwrap(), store.reader.trees.db.open_tree("pieces").unwrap());
    tree.insert(b"row/1", b"\0value").unwrap();
    cut.insert(b"\x02piece of a row", b"value").unwrap();
    cut.insert(b"\x03piece of a hint", b"value").unwrap();
    assert_eq!((names(&store), pieces(&store)), (1, 2));
    drop((tree, cut, store));
    let (store, report) = open(dir.path());
    assert_plain(&report);
    assert_eq!((names(&store), pieces(&store)), (0, 1));
}

#[test]
fn a_file_that_can_not_be_used_keeps_nothing_and_nobody_from_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    store.hint_put(b"hint", b"value").unwrap();
    drop(store);
    fs::remove_file(file(dir.path())).unwrap();
    fs::create_dir(file(dir.path())).unwrap();
    let (store, report) = open(dir.path());
    assert_plain(&report);
    assert!(store.row_put(FIRST, b"value").is_err() && store.rows(|_, _| ()).is_err());
    assert_eq!(store.reader().hint(b"hint").unwrap().as_deref(), Some(&b"value"[..]));
    let to = tempfile::tempdir().unwrap();
    drop(store);
    crate::store::copy(dir.path(), &Vault::Plain, to.path(), &Vault::Plain, COALITION).unwrap();
}

#[test]
fn what_does_not_read_while_the_file_is_written_anew_is_told_and_a_file_without_room_for_that_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    // Nothing can be written beside it.
    fs::create_dir(file(dir.path()).with_extension("new")).unwrap();
    let put = |round: u8| store.row_put(RowKey::Row(document(round)), &vec![round; 100_000]);
    for round in (0..30).flat_map(|round| [round, 1]) {
        put(round).unwrap();
    }
    assert_eq!(rows(&store).len(), 30);
    fs::remove_dir(file(dir.path()).with_extension("new")).unwrap();
    let mut bytes = fs::read(file(dir.path())).unwrap();
    bytes[100] = !bytes[100];
    fs::write(file(dir.path()), bytes).unwrap();
    let failed = (0..250).find_map(|_| put(1).err());
    assert!(failed.is_some_and(|error| error.to_string().contains("write the rows anew")));
}
