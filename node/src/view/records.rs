//! All records, by id and by kind, newest first.

use grid_protocol::id::DocumentId;
use grid_protocol::record::{Registry, Value};
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What every listing is ordered by: newest first, then id.
type Place = (Reverse<Timestamp>, DocumentId);

/// The table of all records.
#[derive(Default)]
pub struct Records {
    rows: HashMap<DocumentId, Arc<Row>>,
    /// The records that are not removed.
    by_kind: BTreeMap<String, BTreeMap<Place, Arc<Row>>>,
    /// What refers to a record that is not removed: the records by the id that they name, which may be a group's.
    referring: HashMap<Named, BTreeSet<DocumentId>>,
}

/// The bytes of an id that a field names.
type Named = [u8; 32];

impl Records {
    /// Takes rows in that were read anew.
    pub fn take(&mut self, registry: &Registry, rows: impl IntoIterator<Item = Arc<Row>>) {
        for row in rows {
            self.remove(registry, &row.document);
            if let Some(kind) = row.kind().filter(|_| !row.heads.is_empty() && !row.is_removed()) {
                let place = (Reverse(row.changed), row.document);
                for named in named_by(registry, &row) {
                    self.referring.entry(named).or_default().insert(row.document);
                }
                match self.by_kind.get_mut(kind) {
                    Some(rows) => {
                        rows.insert(place, row.clone());
                    }
                    None => {
                        self.by_kind.insert(kind.to_owned(), BTreeMap::from([(place, row.clone())]));
                    }
                }
            }
            self.rows.insert(row.document, row);
        }
    }

    fn remove(&mut self, registry: &Registry, document: &DocumentId) {
        let Some(before) = self.rows.remove(document) else { return };
        if let Some(rows) = before.kind().and_then(|kind| self.by_kind.get_mut(kind)) {
            rows.remove(&(Reverse(before.changed), *document));
        }
        for named in named_by(registry, &before) {
            if let Some(known) = self.referring.get_mut(&named) {
                known.remove(document);
                if known.is_empty() {
                    self.referring.remove(&named);
                }
            }
        }
    }

    /// The records that name this id in a field and are not removed, by ascending id.
    pub fn referring<'a>(&'a self, named: &[u8; 32]) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        self.referring.get(named).into_iter().flatten().filter_map(|document| self.rows.get(document))
    }

    /// All records that are not removed, kind by kind, newest first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Row>> {
        self.by_kind.values().flat_map(BTreeMap::values)
    }

    /// All records, removed ones too, in no order.
    pub fn held(&self) -> impl Iterator<Item = &Arc<Row>> {
        self.rows.values().filter(|row| !row.heads.is_empty())
    }

    /// One record.
    pub fn row(&self, document: &DocumentId) -> Option<&Arc<Row>> {
        self.rows.get(document)
    }

    /// How many records are held, removed ones left out.
    pub fn len(&self) -> usize {
        self.by_kind.values().map(BTreeMap::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many records of a kind are held, removed ones left out.
    pub fn count_of(&self, kind: &str) -> usize {
        self.by_kind.get(kind).map_or(0, BTreeMap::len)
    }

    /// The records of a kind that are not removed, newest first.
    pub fn of_kind<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        self.by_kind.get(kind).into_iter().flat_map(BTreeMap::values)
    }

    /// The records of a kind that were removed, in no order.
    pub fn removed(&self, kind: &str) -> impl Iterator<Item = &Arc<Row>> {
        self.rows.values().filter(move |row| row.kind() == Some(kind) && row.is_removed())
    }

    /// The records of a kind whose id begins with `prefix`, removed ones too.
    pub fn with_prefix(&self, kind: &str, prefix: &str) -> Vec<&Arc<Row>> {
        let prefix = prefix.to_ascii_lowercase();
        let of_kind = self.rows.values().filter(|row| row.kind() == Some(kind) && !row.heads.is_empty());
        of_kind.filter(|row| row.document.to_string().starts_with(&prefix)).collect()
    }
}

/// The ids that the fields of a record name.
fn named_by(registry: &Registry, row: &Row) -> BTreeSet<Named> {
    let kind = row.kind().and_then(|kind| registry.kind(kind));
    let fields = kind.into_iter().flat_map(|kind| &kind.fields).filter(|field| field.field_type.targets().is_some());
    let mut named = BTreeSet::new();
    let mut note = |id: &str| named.extend(id.parse::<DocumentId>().ok().map(|id| id.0));
    for field in fields {
        match row.values.get(&field.name) {
            Some(Value::Text(id)) => note(id),
            Some(Value::Tags(ids)) => ids.iter().for_each(|id| note(id)),
            _ => {}
        }
    }
    named
}
