//! What refers to what, and what records are called.

use super::Views;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::FieldType;
use grid_protocol::replica::Row;
use std::sync::Arc;

/// References that are followed for a name at most: a record may be named by one that is named by a third.
const STEPS: usize = 4;

impl Views {
    /// Whether what a record says holds now: the group that wrote it has not left and was not removed.
    pub fn holds(&self, row: &Row) -> bool {
        row.owner().is_none_or(|group| !self.ended.contains_key(&group))
    }

    /// The records of a kind that hold now, newest first. What is hidden here is among them.
    pub fn current<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        self.records.of_kind(kind).filter(|row| self.holds(row))
    }

    /// The records of a kind that are shown here, newest first, for lists. What is added up or decided looks at all.
    pub fn shown<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        self.records.of_kind(kind).filter(|row| !self.hidden.hides(row))
    }

    /// The records of a kind that refer to a record, by ascending id. What is hidden here is among them.
    pub fn referring<'a>(&'a self, to: &DocumentId, kind: &str) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        let kind = kind.to_owned();
        self.records.referring(&to.0).filter(move |row| row.kind() == Some(&*kind))
    }

    /// What a record is called: its title, or that of the record it is named by.
    pub fn title_of(&self, row: &Row) -> String {
        self.title_within(row, STEPS)
    }

    /// What an id stands for, where that is here: a record or a group.
    pub fn title_of_id(&self, id: &str) -> Option<String> {
        if let Some(row) = id.parse().ok().and_then(|document: DocumentId| self.records.row(&document)) {
            return Some(self.title_of(row)).filter(|title| !title.is_empty());
        }
        let group: GroupId = id.parse().ok()?;
        self.names.get(&group).cloned()
    }

    fn title_within(&self, row: &Row, steps: usize) -> String {
        let Some(kind) = row.kind().and_then(|kind| self.registry.kind(kind)) else { return String::new() };
        let title = kind.title_of(&row.values);
        let refers = kind.field(&kind.title).is_some_and(|field| matches!(field.field_type, FieldType::Reference(_)));
        if !refers || steps == 0 {
            return title.to_owned();
        }
        let referred = title.parse().ok().and_then(|document: DocumentId| self.records.row(&document));
        match referred {
            Some(referred) => self.title_within(referred, steps - 1),
            None => {
                self.title_of_id(title).unwrap_or_else(|| format!("{} (not here yet)", title.get(..8).unwrap_or(title)))
            }
        }
    }
}
