//! Any bytes in the trees of the store, and in the payloads of the journal: they are read or refused, and what this node
//! wrote is there again.

use super::{Writer, document, open, read_log, record};
use crate::store::journal::JournalItem;
use crate::store::{frame, row};
use grid_protocol::codec;
use grid_protocol::storage::Storage as _;
use proptest::prelude::*;
use sled::Tree;
use std::fs;

/// What is done to one tree: at an existing key or at this one, these bytes, or some of what lay there and these.
type Edit = (prop::sample::Index, prop::sample::Index, Option<Vec<u8>>, Vec<u8>, bool);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let bytes = |most| prop::collection::vec(any::<u8>(), 0..most);
    let edit = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        prop::option::weighted(0.3, bytes(80)),
        bytes(200),
        any::<bool>(),
    );
    prop::collection::vec(edit, 1..6)
}

fn put(trees: &[&Tree], (tree, at, key, bytes, keeps): &Edit) {
    let tree = trees[tree.index(trees.len())];
    let known: Vec<_> = tree.iter().map(Result::unwrap).collect();
    let old = (!known.is_empty()).then(|| &known[at.index(known.len())]);
    let key = key.clone().or_else(|| old.map(|(key, _)| key.to_vec())).unwrap_or_default();
    // Behind what a value begins with stands what takes it apart.
    let front = old.filter(|_| *keeps).map(|(_, value)| value[..at.index(value.len() + 1)].to_vec());
    tree.insert(key, [front.unwrap_or_default(), bytes.clone()].concat()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn with_any_bytes_in_any_tree_the_store_opens_and_what_this_node_wrote_is_there(edits in edits()) {
        let dir = tempfile::tempdir().unwrap();
        let (mut store, _) = open(dir.path());
        let (mut own, mut other) = (Writer::new(1), Writer::new(2));
        store.append_own(&own.write_many(3), &[record("own")]).unwrap();
        store.append(&other.write_many(20)).unwrap();
        store.append(&[other.write(document(2), 5_000)]).unwrap();
        store.hint_put(b"hint", b"value").unwrap();
        store.flush().unwrap();
        let trees = &store.reader.trees;
        let all = [
            trees.entries.tree(), &trees.heads, trees.records.tree(), trees.hints.tree(), trees.branches.tree(),
        ];
        edits.iter().for_each(|edit| put(&all, edit));
        // What is damaged while it is used is told as an error.
        let read = |store: &crate::store::Store| {
            for device in [own.device(), other.device()] {
                for first in [0, 7, u64::MAX] {
                    let run = store.run(&device, first, 10_000);
                    let _ = (run.map(|run| run.map(|run| run.verify(&super::COALITION))), store.entry_id(&device, first));
                }
            }
            for number in [1, 2] {
                let _ = (store.document(&document(number)), store.branches(&document(number)));
            }
            let _ = (store.branch_documents(), store.records(), store.heads(), store.documents(), store.reader().hint(b"hint"));
            assert!(store.reader().hints_iter(b"").count() <= 40, "each is read once");
        };
        read(&store);
        drop(store);
        let (store, _) = open(dir.path());
        read(&store);
        prop_assert_eq!(read_log(&store, own.device(), 10_000).len(), 3);
        prop_assert!(store.document(&document(1)).is_ok_and(|entries| entries.len() >= 3));
    }

    /// Without what stands around it, and would tell a panic as damage.
    #[test]
    fn any_bytes_are_an_entry_at_rest_or_are_told_as_damage(
        bytes in prop::collection::vec(any::<u8>(), 0..200), keeps in any::<prop::sample::Index>(), seq in any::<u64>(),
    ) {
        let mut own = Writer::new(1);
        let whole = row::encode(own.write(document(1), 10).first());
        for value in [bytes.clone(), [&whole[..keeps.index(whole.len() + 1)], &bytes].concat()] {
            let (front, entry) = (row::decode_front(&value), row::decode(&value));
            prop_assert!(entry.is_err() || front.is_ok());
            prop_assert_eq!(row::id(super::COALITION, own.device(), seq, &value).is_ok(), entry.is_ok());
        }
        prop_assert_eq!(row::read_key(&bytes).is_ok(), bytes.len() == row::KEY);
    }

    #[test]
    fn any_bytes_behind_a_sound_checksum_of_the_journal_are_an_item_or_are_counted_as_damage(
        payloads in prop::collection::vec((prop::collection::vec(any::<u8>(), 1..300), any::<prop::sample::Index>()), 1..6),
        seq in prop::option::of(prop_oneof![Just(u64::MAX), Just(u64::MAX - 1), any::<u64>()]),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (mut store, _) = open(dir.path());
        let mut own = Writer::new(1);
        store.append_own(&own.write_many(3), &[]).unwrap();
        drop(store);
        let mut entry = own.write(document(1), 10).first().announce().unwrap();
        entry.header.seq = seq.unwrap_or(entry.header.seq);
        let item = codec::encode(&JournalItem::Entry(entry));
        let path = dir.path().join("journal");
        let mut bytes = fs::read(&path).unwrap();
        let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        bytes.truncate(written);
        frame::push_frame(&item, &mut bytes);
        for (anything, keeps) in &payloads {
            // Some of an item, and then anything.
            let payload = [&item[..keeps.index(item.len())], anything].concat();
            frame::push_frame(&payload, &mut bytes);
        }
        fs::write(&path, &bytes).unwrap();
        let (store, report) = open(dir.path());
        prop_assert!(report.journal.damaged + report.journal.items <= 4 + payloads.len());
        prop_assert!(read_log(&store, own.device(), 10_000).len() >= 3);
    }
}
