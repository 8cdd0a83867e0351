//! What the driver keeps beside entries and records, so that a start is quick: rows as they were read,
//! how far they reach, and the last hints. All of it may be lost.

use crate::store::{RowKey, Store};
use crate::view::Dated;
use grid_protocol::codec;
use grid_protocol::document::Opening;
use grid_protocol::id::{ChangeHash, Digest, DocumentId};
use grid_protocol::key::DeviceId;
use grid_protocol::log::Logs;
use grid_protocol::record::{Earlier, Presence, Registry, Values};
use grid_protocol::replica::{Breach, Recalled, Row};
use grid_protocol::storage::StorageError;
use grid_protocol::sync::{HintBody, Says};
use grid_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Rows of another format are read anew.
const FORMAT: u8 = 5;
const HINT_RECEIVED: &[u8] = b"received/";
const HINT_REACHABLE: &[u8] = b"reachable/";
const REFUSAL: &[u8] = b"refusal";

#[derive(Serialize, Deserialize)]
struct CachedRow {
    format: u8,
    document: DocumentId,
    opening: Option<Opening>,
    /// JSON, because a kind's fields may differ between versions of the program.
    values: String,
    damaged: Vec<String>,
    heads: Vec<ChangeHash>,
    created: Timestamp,
    changed: Timestamp,
    changed_by: Option<DeviceId>,
    latest: Vec<(DeviceId, u64)>,
    /// What some fields said before: until when, and JSON.
    earlier: Vec<(Timestamp, String)>,
    removed: bool,
    /// What its writer claims instead of `changed`, where that lay ahead.
    claimed: Timestamp,
    /// Of each device that broke a rule here: how many changes, the last place, and its rule.
    breaches: Vec<(DeviceId, u32, u64, String)>,
}

/// Rows that one step keeps: a few milliseconds' worth, so that peers and commands hardly wait.
const STEP: usize = 32;

/// Rows that may wait: their memory is the views' own until they change again.
const MOST: usize = 65_536;

/// What is to be kept once nothing else is to be done: nobody waits for it.
///
/// Rows come first, then how far they reach and under which rights they were read. Whatever is not
/// reached after a crash is read anew.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    rows: VecDeque<Dated>,
    writers: BTreeSet<DeviceId>,
    under: Under,
    noted: Noted,
    state: State,
}

/// Under which rights all rows are read, where that is not noted yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Under {
    #[default]
    AsNoted,
    Rights(Digest),
    /// Some could not be read.
    None,
}

/// Whether rights are noted under which rows were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Noted {
    #[default]
    Yes,
    No,
}

/// Whether rows can still be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Whole,
    /// A row was not kept: nothing may reach further than it before the next start.
    Broken,
}

impl Keeping {
    /// Takes in rows that are shown already.
    pub(super) fn rows(&mut self, rows: impl IntoIterator<Item = Dated>) {
        for dated in rows.into_iter().take_while(|_| self.state == State::Whole) {
            self.writers.extend(dated.row.latest.iter().map(|(device, _)| *device));
            self.rows.push_back(dated);
        }
    }

    /// Takes in under which rights all rows are read from now on; none while some could not be read.
    pub(super) fn rights(&mut self, rights: Option<Digest>) {
        if self.state == State::Whole {
            self.under = rights.map_or(Under::None, Under::Rights);
        }
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.writers.is_empty() && self.under == Under::AsNoted
    }

    /// Whether so much waits that it can't wait for a quiet moment.
    pub(super) fn presses(&self) -> bool {
        self.rows.len() > MOST
    }

    /// Keeps some of it. Call it only while every entry in the logs has been read into a row.
    pub(super) fn step(&mut self, store: &Store, logs: &Logs) {
        if let Err(error) = self.try_step(store, logs) {
            tracing::warn!(%error, "rows are not kept: they are read anew at the next start");
            *self = Self { state: State::Broken, ..Self::default() };
        }
    }

    fn try_step(&mut self, store: &Store, logs: &Logs) -> Result<(), StorageError> {
        let is_due = self.under == Under::None || !self.rows.is_empty();
        if self.under != Under::AsNoted && is_due && self.noted == Noted::Yes {
            // Rows of new rights never stand under the old ones, also where a crash takes what made them new.
            store.row_remove(RowKey::Authority)?;
            self.noted = Noted::No;
        }
        for Dated { row, claimed } in self.rows.drain(..self.rows.len().min(STEP)) {
            let key = RowKey::Row(row.document);
            match row.quarantine.is_some() {
                // Read anew at the next start.
                true => store.row_remove(key)?,
                false => store.row_put(key, &codec::encode(&CachedRow::of(&row, claimed)))?,
            }
        }
        if self.rows.is_empty() {
            for device in std::mem::take(&mut self.writers) {
                let entries = logs.entries(&device);
                store.row_put(RowKey::Reach(device), &entries.to_be_bytes())?;
            }
            if let Under::Rights(digest) = std::mem::take(&mut self.under) {
                store.row_put(RowKey::Authority, digest.as_bytes())?;
                self.noted = Noted::Yes;
            }
        }
        Ok(())
    }
}

/// Keeps a hint.
pub(crate) fn keep_hint(store: &Store, hint: &HintBody) {
    let prefix = match hint.says {
        Says::Received(_) => HINT_RECEIVED,
        Says::Reachable(_) => HINT_REACHABLE,
    };
    note(store.hint_put(&[prefix, hint.device.as_bytes()].concat(), &codec::encode(hint)));
}

/// What was kept: rows, and hints. Whatever does not read is left out, and made again.
pub(crate) fn recall(store: &Store, registry: &Registry, now: Timestamp) -> (Recalled, Vec<HintBody>) {
    let reader = store.reader();
    let held: BTreeMap<DeviceId, u64> =
        reader.amounts().into_iter().map(|(device, amount)| (device, amount.entries)).collect();
    let documents = reader.documents();
    let (mut recalled, mut unfounded) = (Recalled::default(), Vec::new());
    let read = store.rows(|key, value| match key {
        RowKey::Row(document) => {
            let row = codec::decode::<CachedRow>(value).ok().and_then(|row| row.row(registry, now));
            // A crash may have taken entries from the store of which rows were made already.
            let is_there = |row: &Row| documents.binary_search(&document).is_ok() && is_founded(row, &held);
            match row.filter(is_there) {
                Some(row) => recalled.rows.push(Arc::new(row)),
                None => unfounded.push(key),
            }
        }
        RowKey::Reach(device) => {
            let entries = value.try_into().map(u64::from_be_bytes).unwrap_or_default();
            recalled.entries.insert(device, entries.min(held.get(&device).copied().unwrap_or_default()));
        }
        RowKey::Authority => recalled.rights = value.try_into().ok().map(Digest),
    });
    // What lacks its entries now shall not be believed when others stand in their places.
    if let Err(error) = read.and_then(|()| unfounded.into_iter().try_for_each(|key| store.row_remove(key))) {
        tracing::warn!(%error, "rows are read anew");
        recalled = Recalled::default();
    }
    let hints = [HINT_RECEIVED, HINT_REACHABLE]
        .into_iter()
        .flat_map(|prefix| reader.hints_iter(prefix).filter_map(Result::ok).collect::<Vec<_>>())
        .filter_map(|(_, value)| codec::decode::<HintBody>(&value).ok())
        .collect();
    (recalled, hints)
}

/// Whether all entries of which a row was made are in the logs.
fn is_founded(row: &Row, held: &BTreeMap<DeviceId, u64>) -> bool {
    let latest = row.latest.iter().copied();
    let mut all = latest.chain(row.breaches.iter().map(|breach| (breach.device, breach.last)));
    all.all(|(device, last)| held.get(&device).is_some_and(|entries| last < *entries))
}

/// Keeps why this group was not let in; none once it was.
pub(crate) fn keep_refusal(store: &Store, why: Option<&str>) {
    note(match why {
        Some(why) => store.hint_put(REFUSAL, why.as_bytes()),
        None => store.hint_remove(REFUSAL),
    });
}

/// Why this group was not let in, as it was told last.
pub(crate) fn refusal(store: &Store) -> Option<String> {
    String::from_utf8(store.reader().hint(REFUSAL).ok()??).ok()
}

/// Whatever is not kept here is made again.
pub(super) fn note(kept: Result<(), StorageError>) {
    if let Err(error) = kept {
        // It is made again at the next start.
        tracing::warn!(%error, "cache not written");
    }
}

impl CachedRow {
    fn of(row: &Row, claimed: Timestamp) -> Self {
        Self {
            format: FORMAT,
            document: row.document,
            opening: row.opening.clone(),
            values: row.values.to_json().to_string(),
            damaged: row.damaged.clone(),
            heads: row.heads.clone(),
            created: row.created,
            changed: row.changed,
            changed_by: row.changed_by,
            latest: row.latest.to_vec(),
            earlier: row.earlier.iter().map(|it| (it.until, it.values.to_json().to_string())).collect(),
            removed: row.is_removed(),
            claimed,
            breaches: row
                .breaches
                .iter()
                .map(|breach| (breach.device, breach.changes, breach.last, breach.rule.clone()))
                .collect(),
        }
    }

    /// The row, where this program still reads it the same way.
    fn row(self, registry: &Registry, now: Timestamp) -> Option<Row> {
        // A time that lay ahead and does not any more stands as it was claimed: perhaps this clock was wrong.
        if self.format != FORMAT || (self.claimed > self.changed && self.claimed <= now) {
            return None;
        }
        let kind = self.opening.as_ref().and_then(|opening| registry.kind(opening.kind.as_str()));
        let read = |json: &str| {
            let json: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).ok()?;
            let mut values = Values::default();
            for (name, value) in json {
                let field = kind?.field(&name)?;
                if let Some(value) = field.from_stored_json(&value).ok()? {
                    values.set(field.name.clone(), value);
                }
            }
            values.settle();
            Some(values)
        };
        let earlier = self.earlier.iter().map(|(until, json)| Some(Earlier { until: *until, values: read(json)? }));
        let (values, earlier) = (read(&self.values)?, earlier.collect::<Option<_>>()?);
        Some(Row {
            document: self.document,
            opening: self.opening,
            values,
            damaged: self.damaged,
            heads: self.heads,
            created: self.created,
            changed: self.changed,
            changed_by: self.changed_by,
            latest: self.latest.into(),
            earlier,
            presence: if self.removed { Presence::Removed } else { Presence::Present },
            quarantine: None,
            breaches: self
                .breaches
                .into_iter()
                .map(|(device, changes, last, rule)| Breach { device, changes, last, rule })
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::Vault;
    use automerge::transaction::Transactable as _;
    use automerge::{ActorId, AutoCommit, ROOT};
    use grid_protocol::document::{ChangeBody, actor};
    use grid_protocol::entry::VerifiedEntry;
    use grid_protocol::id::CoalitionId;
    use grid_protocol::key::SecretKey;
    use grid_protocol::run::VerifiedRun;
    use grid_protocol::storage::Storage as _;

    const COALITION: CoalitionId = CoalitionId([9; 32]);

    /// A store in which a device has written an entry in each of some documents.
    fn filled(dir: &std::path::Path, documents: u8) -> (Store, DeviceId) {
        let (mut store, _) = Store::open_with(dir, COALITION, &Vault::Plain).unwrap();
        let key = SecretKey::from_seed(&[1; 32]);
        let (device, mut head) = (DeviceId(key.public()), None);
        for number in 1..=documents {
            let document = DocumentId([number; 32]);
            let actor = ActorId::from(&actor(&COALITION, &document, &device).0[..]);
            let mut automerge = AutoCommit::new().with_actor(actor);
            automerge.put(ROOT, "text", "x").unwrap();
            let change = automerge.get_last_local_change().unwrap().raw_bytes().to_vec();
            let body = ChangeBody { opening: None, change }.encode();
            let entry = VerifiedEntry::write(COALITION, &key, head.as_ref(), Timestamp(1), document, body).unwrap();
            head = entry.head();
            store.append(&[VerifiedRun::single(entry).unwrap()]).unwrap();
        }
        (store, device)
    }

    fn row(number: u8, latest: &[(DeviceId, u64)]) -> CachedRow {
        CachedRow {
            format: FORMAT,
            document: DocumentId([number; 32]),
            opening: None,
            values: "{}".to_owned(),
            damaged: Vec::new(),
            heads: Vec::new(),
            created: Timestamp(1),
            changed: Timestamp(1),
            changed_by: None,
            latest: latest.to_vec(),
            earlier: Vec::new(),
            removed: false,
            claimed: Timestamp(1),
            breaches: Vec::new(),
        }
    }

    #[test]
    fn of_entries_that_a_crash_took_no_row_is_believed_nor_kept_and_no_reach() {
        let dir = tempfile::tempdir().unwrap();
        let (store, device) = filled(dir.path(), 3);
        let put = |row: CachedRow| store.row_put(RowKey::Row(row.document), &codec::encode(&row)).unwrap();
        put(row(1, &[(device, 0)]));
        put(row(2, &[(device, 3)]));
        put(CachedRow { breaches: vec![(device, 1, 3, "a rule".to_owned())], ..row(3, &[]) });
        put(row(4, &[]));
        store.row_put(RowKey::Reach(device), &5_u64.to_be_bytes()).unwrap();
        store.row_put(RowKey::Authority, &[7; 32]).unwrap();
        let (recalled, _) = recall(&store, Registry::standard(), Timestamp(2));
        let rows: Vec<u8> = recalled.rows.iter().map(|row| row.document.0[0]).collect();
        assert_eq!((rows, recalled.entries.get(&device)), (vec![1], Some(&3)));
        assert_eq!(recalled.rights, Some(Digest([7; 32])));
        let mut kept = Vec::new();
        store.rows(|key, _| kept.push(key)).unwrap();
        assert_eq!(kept, [RowKey::Row(DocumentId([1; 32])), RowKey::Reach(device), RowKey::Authority]);
    }

    #[test]
    fn rows_of_new_rights_stand_under_none_until_all_of_them_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = filled(dir.path(), 1);
        store.row_put(RowKey::Authority, &[7; 32]).unwrap();
        let rows = (0..2 * STEP).map(|number| {
            let number = u8::try_from(number).unwrap();
            let row = Arc::new(row(number, &[]).row(Registry::standard(), Timestamp(2)).unwrap());
            Dated { row, claimed: Timestamp(1) }
        });
        let mut keeping = Keeping { under: Under::Rights(Digest([8; 32])), ..Keeping::default() };
        keeping.rows(rows);
        let logs = Logs::new(store.heads().unwrap());
        let mut seen = Vec::new();
        while !keeping.is_empty() {
            keeping.step(&store, &logs);
            let (recalled, _) = recall(&store, Registry::standard(), Timestamp(2));
            seen.push(recalled.rights);
        }
        assert_eq!(seen, [None, Some(Digest([8; 32]))]);
        // Where some could not be read, there are no rights under which all are.
        keeping.rights(None);
        keeping.step(&store, &logs);
        assert_eq!(recall(&store, Registry::standard(), Timestamp(2)).0.rights, None);
        assert!(keeping.is_empty());
    }
}
