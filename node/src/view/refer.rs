//! What refers to what, and what records are called.

use super::Views;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::{Audience, FieldType, KindRole, Value};
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
        self.title_of_id_within(id, STEPS)
    }

    fn title_of_id_within(&self, id: &str, steps: usize) -> Option<String> {
        if let Some(row) = id.parse().ok().and_then(|document: DocumentId| self.records.row(&document)) {
            return Some(self.title_within(row, steps)).filter(|title| !title.is_empty());
        }
        let group: GroupId = id.parse().ok()?;
        self.names.contains_key(&group).then(|| self.name_of(&group))
    }

    /// What a record is called to readers of an audience: what it is named by they may not see, or not have.
    pub fn title_seen_by(&self, row: &Row, audience: Audience) -> String {
        self.title_seen_within(row, audience, STEPS)
    }

    fn title_seen_within(&self, row: &Row, audience: Audience, steps: usize) -> String {
        let Some(kind) = row.kind().and_then(|kind| self.registry.kind(kind)) else { return String::new() };
        let Some(field) = kind.field(&kind.title).filter(|field| field.audience <= audience) else {
            return kind.one();
        };
        if kind.role == Some(KindRole::Profile) {
            return row.owner().map(|group| self.name_of(&group)).unwrap_or_default();
        }
        let title = kind.title_of(&row.values);
        let Some(left) = steps.checked_sub(1).filter(|_| matches!(field.field_type, FieldType::Reference(_))) else {
            return title.to_owned();
        };
        match title.parse().ok().and_then(|document: DocumentId| self.records.row(&document)) {
            Some(referred) => self.title_seen_within(referred, audience, left),
            None => self.title_of(row),
        }
    }

    /// What a record without a title is called: by those whom it brings together.
    fn title_by_names(&self, row: &Row, steps: usize) -> String {
        let kind = row.kind().and_then(|kind| self.registry.kind(kind));
        let fields = kind.into_iter().flat_map(|kind| &kind.fields);
        let mut sets = fields.filter(|field| matches!(field.field_type, FieldType::References(_)));
        let named = sets.find_map(|field| row.values.get(&field.name)).and_then(Value::as_tags);
        let Some(left) = steps.checked_sub(1) else { return String::new() };
        let named = named.into_iter().flat_map(|named| named.iter()).take(STEPS);
        let names = named.filter_map(|id| self.title_of_id_within(id, left));
        names.collect::<Vec<_>>().join(", ")
    }

    fn title_within(&self, row: &Row, steps: usize) -> String {
        let Some(kind) = row.kind().and_then(|kind| self.registry.kind(kind)) else { return String::new() };
        if kind.role == Some(KindRole::Profile)
            && let Some(group) = row.owner().filter(|group| self.names.contains_key(group))
        {
            return self.name_of(&group);
        }
        let title = kind.title_of(&row.values);
        let refers = kind.field(&kind.title).is_some_and(|field| matches!(field.field_type, FieldType::Reference(_)));
        if title.is_empty() {
            return self.title_by_names(row, steps);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn a_title_that_is_anothers_is_told_to_those_who_may_read_that_one() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let sue = coalition.record(0, "supporter", json!({"name": "Secret Sue"}));
        let vigil = coalition.record(0, "action", json!({"title": "Vigil"}));
        let mut support = |of: &str| coalition.record(0, "support", json!({"of": of, "sort": "boost"}));
        let (of_sue, of_vigil) = (support(&sue), support(&vigil));
        let title = |id: &str, audience| {
            let row = coalition.views.records.row(&id.parse().unwrap()).unwrap();
            coalition.views.title_seen_by(row, audience)
        };
        assert_eq!(title(&of_vigil, Audience::Coalition), "Vigil");
        assert_eq!(title(&of_sue, Audience::Coalition), "a supporter");
        assert_eq!(title(&of_sue, Audience::Local), "Secret Sue");
    }
}
