//! What stays on this computer, shown with what travels: to its own people a record is one thing.

use super::{Views, listed};
use crate::store::LocalRecord;
use grid_protocol::domain;
use grid_protocol::id::{ChangeHash, Digest};
use grid_protocol::record::{Field, FieldName, IMPORT_MARKS, Imported, Kind, Patch, RecordHome, Registry, Values};
use grid_protocol::replica::Row;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Views {
    /// Takes in what stays here of some records.
    pub fn take_locals(&mut self, records: impl IntoIterator<Item = LocalRecord>) {
        for record in records {
            let Some(kind) = self.registry.kind(record.opening.kind.as_str()).cloned() else { continue };
            let beside = Beside::read(&kind, &record);
            let row = match kind.home() {
                RecordHome::Here => Some(Arc::new(row_of(&kind, &record, &beside.values))),
                RecordHome::Log => {
                    let travels = self.records.row(&record.document).cloned();
                    self.beside.insert(record.document, beside);
                    travels
                }
            };
            // A record whose log comes later is shown then.
            self.take_rows(row);
        }
    }

    /// The row with what stays here beside what travels. What an earlier program of this group sent of a field that is
    /// for fewer today is shown to the group, as long as nothing was said here since; what others sent of it is not.
    pub(super) fn whole(&self, row: Arc<Row>) -> Arc<Row> {
        let Some(kind) = row.kind().and_then(|kind| self.registry.kind(kind)) else { return row };
        let beside = self.beside.get(&row.document);
        let for_few = kind.fields.iter().filter(|field| !field.audience.travels());
        let dropped = |field: &&Field| match row.owner() == Some(self.own) {
            true => beside.is_some_and(|beside| beside.said.contains(&field.name)),
            false => true,
        };
        let dropped: Vec<&Field> =
            for_few.filter(|field| row.values.get(&field.name).is_some()).filter(dropped).collect();
        let unshown: Vec<&str> = listed::unshown(&row).collect();
        if dropped.is_empty() && unshown.is_empty() && beside.is_none() {
            return row;
        }
        let mut whole = (*row).clone();
        unshown.iter().for_each(|field| whole.values.clear(field));
        dropped.iter().for_each(|field| whole.values.clear(&field.name));
        for (name, value) in beside.iter().flat_map(|beside| beside.values.iter()) {
            whole.values.set(name.clone(), value.clone());
        }
        Arc::new(whole)
    }

    /// The fields of a record that stay on this computer and hold something.
    pub fn stays_here(&self, row: &Row) -> Vec<String> {
        let Some(kind) = row.kind().and_then(|kind| self.registry.kind(kind)) else { return Vec::new() };
        let said = |field: &Field| match kind.home() {
            RecordHome::Here => true,
            // Anything else was sent by an earlier program.
            RecordHome::Log => self.beside.get(&row.document).is_some_and(|it| it.said.contains(&field.name)),
        };
        let fields = kind.fields.iter().filter(|field| !field.audience.travels() && said(field));
        fields.filter(|field| row.values.get(&field.name).is_some()).map(|field| field.name.to_string()).collect()
    }
}

/// What stays here of a record that travels.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Beside {
    /// The fields that hold something.
    pub(crate) values: Values,
    /// The fields that were ever said here, emptied ones too: of these, what stands in the log no longer counts.
    pub(crate) said: BTreeSet<FieldName>,
}

impl Beside {
    /// The fields as they were kept; what this program does not take any more is left out.
    pub(crate) fn read(kind: &Kind, record: &LocalRecord) -> Self {
        let json: BTreeMap<String, serde_json::Value> = serde_json::from_str(&record.values).unwrap_or_default();
        let mut beside = Self::default();
        for (name, value) in json {
            let Some(field) = kind.field(&name).filter(|field| !field.audience.travels()) else { continue };
            let Ok(value) = field.from_stored_json(&value) else { continue };
            beside.said.insert(field.name.clone());
            if let Some(value) = value {
                beside.values.set(field.name.clone(), value);
            }
        }
        beside
    }

    /// The same with what a patch sets and empties; nothing is noted of a field that is empty as it is.
    pub(crate) fn with(&self, kind: &Kind, patch: &Patch, shown: &Values) -> Self {
        let news = patch.fields().filter(|(name, value)| value.is_some() || shown.get(name).is_some());
        let said = self.said.iter().cloned().chain(news.map(|(name, _)| name.clone())).collect();
        Self { values: patch.over(kind, self.values.clone()), said }
    }

    /// As it is kept: an emptied field is null.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let mut json = self.values.to_json();
        for name in self.said.iter().filter(|name| self.values.get(name).is_none()) {
            json[&**name] = serde_json::Value::Null;
        }
        json
    }
}

/// The fields of a record of which nothing travels, as they were kept.
pub(crate) fn values_of(kind: &Kind, record: &LocalRecord) -> Values {
    Beside::read(kind, record).values
}

/// What imports noted of a record on this computer alone.
pub(crate) fn marks_of(record: &LocalRecord) -> Imported {
    let json: serde_json::Value = serde_json::from_str(&record.values).unwrap_or_default();
    json[IMPORT_MARKS].as_str().map(Imported::parse).unwrap_or_default()
}

/// What stays here of a record, as it is kept, with what imports noted of it.
pub(crate) fn with_marks(mut json: serde_json::Value, marks: &Imported) -> serde_json::Value {
    if !marks.is_empty() {
        json[IMPORT_MARKS] = marks.to_string().into();
    }
    json
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
        earlier: Box::default(),
        presence: record.presence,
        quarantine: None,
        breaches: Box::default(),
    }
}

/// Whether a kind of this name stays on this computer altogether.
pub(crate) fn is_here(registry: &Registry, kind: &str) -> bool {
    registry.kind(kind).is_some_and(|kind| kind.home() == RecordHome::Here)
}
