//! Which records say something in a field, by the index of words: a listing looks at those instead of at all.
//!
//! The index says in which records all words of a text stand, whatever else they say: whoever asks looks at each of
//! them again. What it knows nothing of, such as numbers, moments and signs, leads nowhere.

use super::Views;
use super::fold::words;
use super::records::Number;
use grid_protocol::id::DocumentId;
use grid_protocol::record::{Field, FieldType, Kind};
use grid_protocol::replica::Row;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the fields of a record must say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Words that stand in it.
    words: BTreeSet<String>,
    /// What it refers to.
    named: BTreeSet<DocumentId>,
}

impl Said {
    /// A field must say a text, however it is typed.
    pub(crate) fn note(&mut self, field: &Field, text: &str) {
        match field.field_type {
            FieldType::Reference(_) | FieldType::References(_) => self.named.extend(text.parse::<DocumentId>()),
            _ => self.words.extend(words(text)),
        }
    }
}

impl Views {
    /// The records of a kind that say something, newest first. None where the index can't say which they are, or where
    /// those are more than so many.
    pub(crate) fn saying(&self, kind: &Kind, said: &Said, most: usize) -> Option<Vec<&Arc<Row>>> {
        let found: Vec<Number> = match self.search.with_all(&kind.name, &said.words) {
            Some(found) => found,
            None => {
                let fewest = said.named.iter().min_by_key(|named| self.records.naming(&named.0).len())?;
                self.records.naming(&fewest.0).to_vec()
            }
        };
        if found.len() > most {
            return None;
        }
        let rows = found.into_iter().filter_map(|number| self.records.numbered(number));
        Some(newest_first(rows.filter(|row| row.kind() == Some(&*kind.name))))
    }
}

/// Records in the order of listings.
pub(crate) fn newest_first<'a>(rows: impl Iterator<Item = &'a Arc<Row>>) -> Vec<&'a Arc<Row>> {
    let mut rows: Vec<&Arc<Row>> = rows.collect();
    rows.sort_unstable_by_key(|row| (Reverse(row.changed), row.document));
    rows
}

#[cfg(test)]
mod tests {
    use super::super::fold::{bare, folded};
    use super::*;
    use grid_protocol::document::{Opening, WriteRule};
    use grid_protocol::id::{ChangeHash, CoalitionId, GroupId};
    use grid_protocol::record::{Patch, Presence, Registry, Value};
    use grid_protocol::time::Timestamp;
    use proptest::prelude::*;
    use serde_json::json;

    fn row(number: u32, tactics: &[String], place: &str, moment: &DocumentId) -> Arc<Row> {
        let kind = Registry::standard().kind("action").expect("a kind of the grid");
        let title = if number.is_multiple_of(3) { "van in Lismore" } else { "Thing" };
        let fields = json!({"title": title, "tactics": tactics, "place": place, "moment": moment.to_string()});
        let patch = Patch::from_json(kind, &fields).expect("sound fields");
        let name = "action".parse().expect("a sound name");
        let mut opening = Opening::singleton(GroupId([1; 32]), name, WriteRule::Owner);
        opening.nonce[..4].copy_from_slice(&number.to_be_bytes());
        Arc::new(Row {
            document: opening.document(&CoalitionId([7; 32])),
            opening: Some(opening),
            values: patch.over(kind, kind.defaults()),
            damaged: Vec::new(),
            heads: vec![ChangeHash([1; 32])],
            created: Timestamp(1),
            changed: Timestamp(u64::from(number % 4)),
            changed_by: None,
            latest: Box::default(),
            earlier: Box::default(),
            presence: if number.is_multiple_of(5) { Presence::Removed } else { Presence::Present },
            quarantine: None,
            breaches: Box::default(),
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn the_index_leads_to_what_looking_at_all_finds(
            said in prop::collection::vec(
                (0_u32..24, prop::collection::vec("(van|VAN|Straße|STRASSE|été|É|a|ǅ|İ|ﬁ)( boat)?", 0..3), "(Lismore|LISMORE|São Tomé)?", 0_u8..3),
                1..40,
            ),
            tag in "(van|vAn boat|straße|ÉTÉ|é|a|ǆ|i̇|fi)",
            place in "(Lismore|lismore|São Tomé|sao-tome)?",
            named in prop::option::of(0_u8..3),
        ) {
            let mut views = Views::new(Arc::new(Registry::standard().clone()), GroupId([1; 32]));
            for (number, tactics, place, moment) in &said {
                views.take_rows([row(*number, tactics, place, &DocumentId([*moment; 32]))]);
            }
            let kind = views.registry.kind("action").unwrap().clone();
            let named = named.map(|named| DocumentId([named; 32]).to_string());
            let lower = tag.to_lowercase();
            let mut said = Said::default();
            said.note(kind.field("tactics").unwrap(), &lower);
            said.note(kind.field("place").unwrap(), &place);
            if let Some(named) = &named {
                said.note(kind.field("moment").unwrap(), named);
            }
            let alike = |one: &str, other: &str| bare(one) == bare(other) && folded(one) == folded(other);
            let meant = |row: &Row| {
                let tactics = row.values.get("tactics").and_then(Value::as_tags);
                tactics.is_some_and(|tactics| tactics.iter().any(|tactic| alike(tactic, &lower)))
                    && (place.is_empty() || alike(row.values.text("place"), &place))
                    && named.as_ref().is_none_or(|named| row.values.text("moment") == named)
            };
            let all: Vec<&Arc<Row>> = views.records.of_kind("action").filter(|row| meant(row)).collect();
            if let Some(found) = views.saying(&kind, &said, usize::MAX) {
                let found: Vec<&Arc<Row>> = found.into_iter().filter(|row| meant(row)).collect();
                prop_assert_eq!(found, all);
            }
        }
    }

    #[test]
    fn what_has_no_words_leads_nowhere_and_a_word_that_no_record_has_leads_to_none() {
        let mut views = Views::new(Arc::new(Registry::standard().clone()), GroupId([1; 32]));
        views.take_rows((1..5).map(|number| row(number, &["van".to_owned()], "Lismore", &DocumentId([1; 32]))));
        let kind = views.registry.kind("action").unwrap().clone();
        let saying = |tag: &str| {
            let mut said = Said::default();
            said.note(kind.field("tactics").unwrap(), tag);
            views.saying(&kind, &said, 2).map(|rows| rows.len())
        };
        assert_eq!((saying("!?"), saying("tuba"), saying("van")), (None, Some(0), None));
        let own = views.registry.kinds().find(|kind| kind.section == "own").unwrap().clone();
        let mut said = Said::default();
        said.words.insert("tuba".to_owned());
        assert_eq!(views.saying(&own, &said, 2), None, "the index knows nothing of what is only for own use");
    }
}
