//! What stays on this computer, shown with what travels: to its own people a record is one thing.

use super::Views;
use crate::store::{LocalPresence, LocalRecord};
use grid_protocol::domain;
use grid_protocol::id::{ChangeHash, Digest};
use grid_protocol::record::{Kind, Presence, RecordHome, Registry, Values};
use grid_protocol::replica::Row;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Views {
    /// Takes in what stays here of some records.
    pub fn take_locals(&mut self, records: impl IntoIterator<Item = LocalRecord>) {
        for record in records {
            let Some(kind) = self.registry.kind(record.opening.kind.as_str()).cloned() else { continue };
            let values = values_of(&kind, &record);
            let row = match kind.home() {
                RecordHome::Here => Some(Arc::new(row_of(&kind, &record, &values))),
                RecordHome::Log => {
                    let travels = self.records.row(&record.document).cloned();
                    self.beside.insert(record.document, values.clone());
                    travels
                }
            };
            // A record whose log comes later is shown then.
            self.take_rows(row);
        }
    }

    /// The row with what stays here beside what travels.
    pub(super) fn whole(&self, row: Arc<Row>) -> Arc<Row> {
        let Some(beside) = self.beside.get(&row.document) else { return row };
        let Some(kind) = row.kind().and_then(|kind| self.registry.kind(kind)) else { return row };
        let mut whole = (*row).clone();
        for field in kind.fields.iter().filter(|field| !field.audience.travels()) {
            whole.values.clear(&field.name);
        }
        for (name, value) in beside.iter() {
            whole.values.set(name.clone(), value.clone());
        }
        Arc::new(whole)
    }

    /// The fields of a record that stay on this computer and hold something.
    pub fn stays_here(&self, row: &Row) -> Vec<String> {
        let kind = row.kind().and_then(|kind| self.registry.kind(kind));
        let fields = kind.into_iter().flat_map(|kind| &kind.fields);
        let held = fields.filter(|field| !field.audience.travels() && row.values.get(&field.name).is_some());
        held.map(|field| field.name.to_string()).collect()
    }
}

/// The fields as they were kept; what this program does not take any more is left out.
pub(crate) fn values_of(kind: &Kind, record: &LocalRecord) -> Values {
    let json: BTreeMap<String, serde_json::Value> = serde_json::from_str(&record.values).unwrap_or_default();
    let known = json.into_iter().filter_map(|(name, value)| {
        let field = kind.field(&name).filter(|field| !field.audience.travels())?;
        Some((field.name.clone(), field.from_stored_json(&value).ok()??))
    });
    known.collect()
}

/// A record of which nothing travels, as the views hold it. Its head stands for its content: nobody else knows it.
fn row_of(kind: &Kind, record: &LocalRecord, values: &Values) -> Row {
    let mut shown = kind.defaults();
    for (name, value) in values.iter() {
        shown.set(name.clone(), value.clone());
    }
    let head = Digest::of(domain::LOCAL_RECORD, record.values.as_bytes());
    Row {
        document: record.document,
        opening: Some(record.opening.clone()),
        values: shown,
        damaged: Vec::new(),
        heads: vec![ChangeHash(head.0)],
        created: record.created,
        changed: record.changed,
        changed_by: None,
        latest: Box::default(),
        presence: match record.presence {
            LocalPresence::Present => Presence::Present,
            LocalPresence::Removed => Presence::Removed,
        },
        quarantine: None,
    }
}

/// Whether a kind of this name stays on this computer altogether.
pub(crate) fn is_here(registry: &Registry, kind: &str) -> bool {
    registry.kind(kind).is_some_and(|kind| kind.home() == RecordHome::Here)
}
