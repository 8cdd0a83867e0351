//! What stays on this computer: durable, and in two places.

use super::{COALITION, Writer, document, record};
use crate::store::{LocalRecord, Store};
use crate::vault::{DataKey, Vault};
use grid_protocol::codec::{self, Format};
use grid_protocol::document::{Opening, WriteRule};
use grid_protocol::id::GroupId;
use grid_protocol::record::Presence;
use grid_protocol::storage::Storage as _;
use grid_protocol::time::Timestamp;
use std::fs;
use std::path::Path;

fn local(nonce: u8, name: &str) -> LocalRecord {
    let kind = "supporter".parse().unwrap();
    let opening = Opening { nonce: [nonce; 16], ..Opening::singleton(GroupId([1; 32]), kind, WriteRule::Owner) };
    LocalRecord {
        version: Format,
        document: opening.document(&COALITION),
        opening,
        created: Timestamp(1),
        changed: Timestamp(2),
        values: format!("{{\"name\":{name:?}}}"),
        presence: Presence::Present,
    }
}

fn names(dir: &Path, vault: &Vault) -> Vec<String> {
    let (store, _) = Store::open_with(dir, COALITION, vault).unwrap();
    let mut names: Vec<String> = store.reader().locals().into_iter().map(|record| record.values).collect();
    names.sort();
    names
}

#[test]
fn what_stays_here_is_kept_with_what_travels_or_neither_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut own = Writer::new(1);
    {
        let (mut store, _) = Store::open_with(dir.path(), COALITION, &Vault::Plain).unwrap();
        // Longer than anything the journal takes.
        store.local_beside(vec![local(1, &"a".repeat(64 * 1024 * 1024))]);
        let run = own.write(document(1), 10);
        assert!(store.append_own(std::slice::from_ref(&run), &[]).is_err());
        assert!(store.reader().heads().is_empty() && store.reader().locals().is_empty());
        store.local_beside(vec![local(1, "Ana")]);
        store.append_own(&[run], &[]).unwrap();
        assert_eq!(store.reader().locals().len(), 1);
        // What was named once goes with one write alone.
        store.append_own(&[own.write(document(1), 10)], &[]).unwrap();
    }
    fs::remove_dir_all(dir.path().join("store")).unwrap();
    assert_eq!(names(dir.path(), &Vault::Plain), ["{\"name\":\"Ana\"}"], "the journal has it");
}

#[test]
fn what_stays_here_outlives_the_store_and_the_journal_each() {
    for vault in [Vault::Plain, Vault::Sealed(DataKey::generate())] {
        let dir = tempfile::tempdir().unwrap();
        let own = Writer::new(1);
        {
            let (mut store, _) = Store::open_with(dir.path(), COALITION, &vault).unwrap();
            store.append_own(&[], &[record("a group")]).unwrap();
            store.local_put(&[local(1, "Ana"), local(2, "Bo")]).unwrap();
            store.local_put(&[local(1, "Ana Novak")]).unwrap();
        }
        let expected = ["{\"name\":\"Ana Novak\"}", "{\"name\":\"Bo\"}"];
        assert_eq!(names(dir.path(), &vault), expected);
        fs::remove_dir_all(dir.path().join("store")).unwrap();
        assert_eq!(names(dir.path(), &vault), expected, "the journal has it");
        fs::remove_file(dir.path().join("journal")).unwrap();
        {
            let (mut store, _) = Store::open_with(dir.path(), COALITION, &vault).unwrap();
            store.refill_journal(COALITION, GroupId([1; 32]), &own.key).unwrap();
        }
        fs::remove_dir_all(dir.path().join("store")).unwrap();
        assert_eq!(names(dir.path(), &vault), expected, "the store gave it back to the journal");
        let journal = fs::read(dir.path().join("journal")).unwrap();
        let readable = journal.windows(3).any(|window| window == b"Ana");
        assert_eq!(readable, matches!(vault, Vault::Plain), "a sealed home shows nothing of it");
    }
}

#[test]
fn the_later_word_of_the_store_stands_where_the_journal_lost_it() {
    let dir = tempfile::tempdir().unwrap();
    let journal = dir.path().join("journal");
    {
        let (mut store, _) = Store::open(dir.path(), COALITION).unwrap();
        store.local_put(&[local(1, "Ana")]).unwrap();
        store.local_put(&[LocalRecord { changed: Timestamp(3), ..local(1, "Ana Novak") }]).unwrap();
        store.local_put(&[local(2, "Bo")]).unwrap();
    }
    let mut bytes = fs::read(&journal).unwrap();
    let place = bytes.windows(9).position(|window| window == b"Ana Novak").unwrap();
    bytes[place] ^= 1;
    fs::write(&journal, bytes).unwrap();
    assert_eq!(names(dir.path(), &Vault::Plain), ["{\"name\":\"Ana Novak\"}", "{\"name\":\"Bo\"}"]);
}

#[test]
fn whether_a_record_is_there_is_kept_as_it_always_was() {
    let bytes = |presence| codec::encode(&LocalRecord { presence, ..local(1, "Ana") });
    let (there, removed) = (bytes(Presence::Present), bytes(Presence::Removed));
    assert_eq!(
        (there.split_last(), removed.split_last()),
        (Some((&0, &there[..there.len() - 1])), Some((&1, &there[..there.len() - 1])))
    );
    for (bytes, presence) in [(there, Presence::Present), (removed, Presence::Removed)] {
        assert_eq!(codec::decode::<LocalRecord>(&bytes).unwrap().presence, presence);
    }
}
