//! Journals with any bytes in them, plain and sealed: what is read was written, and what is read once is read again.

use super::{Writer, document, record};
use crate::store::journal::{Journal, JournalError, JournalItem};
use crate::vault::{DataKey, Vault};
use proptest::prelude::*;
use std::fs;
use std::path::Path;

type Edit = (prop::sample::Index, u8, u8);

fn items() -> Vec<JournalItem> {
    let mut writer = Writer::new(1);
    let entries = (0..6).map(|number| writer.write(document(1), 10 * number));
    let mut items: Vec<JournalItem> = entries.map(|run| JournalItem::Entry(run.first().announce().unwrap())).collect();
    items.extend(["one", "two"].map(|name| JournalItem::Record(record(name))));
    items
}

fn read(path: &Path, vault: &Vault) -> Result<(Journal, Vec<JournalItem>), JournalError> {
    let mut items = Vec::new();
    let (journal, _) = Journal::open(path, vault, |item| {
        items.push(item);
        Ok::<_, JournalError>(())
    })?;
    Ok((journal, items))
}

/// Replaces, removes, puts in, cuts off, or says a piece twice.
fn edit(bytes: &mut Vec<u8>, edits: &[Edit]) {
    for (at, what, byte) in edits {
        let at = at.index(bytes.len() + 1);
        let end = (at + usize::from(*byte)).min(bytes.len());
        match what % 6 {
            0 => bytes.insert(at, *byte),
            1 => drop(bytes.drain(at..end)),
            2 => bytes.truncate(at),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => bytes.splice(at..at, vec![0; usize::from(*byte)]).for_each(drop),
            _ => bytes.iter_mut().skip(at).take(1).for_each(|old| *old ^= byte | 1),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_a_journal_with_any_bytes_in_it_only_what_was_written_is_read_and_it_goes_on(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<u8>()), 0..6),
        anything in prop::option::weighted(0.1, prop::collection::vec(any::<u8>(), 0..400)),
        is_sealed in any::<bool>(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (path, written) = (dir.path().join("journal"), items());
        let vault = if is_sealed { Vault::Sealed(DataKey::generate()) } else { Vault::Plain };
        read(&path, &vault).unwrap().0.append(&written).unwrap();
        let mut bytes = anything.unwrap_or_else(|| fs::read(&path).unwrap());
        edit(&mut bytes, &edits);
        fs::write(&path, &bytes).unwrap();
        let Ok((mut journal, found)) = read(&path, &vault) else {
            prop_assert_eq!(fs::read(&path).unwrap(), bytes, "what does not open is left as it is");
            return Ok(());
        };
        prop_assert!(found.iter().all(|item| written.contains(item)));
        journal.append(&written[..1]).unwrap();
        drop(journal);
        let (_journal, again) = read(&path, &vault).unwrap();
        prop_assert_eq!(&again[..found.len()], &found[..]);
        prop_assert_eq!(&again[found.len()..], &written[..1]);
    }
}
