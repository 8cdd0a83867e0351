//! Words that a record has to have, all of them, wherever in it they stand.
//!
//! Case and accents do not matter, and where nothing has them as they were typed, slips are forgiven: as in `grid find`,
//! out of the same index. Readers who may not see all of a record find it by what they see alone; there the index says
//! which records are worth a look.

use super::error::ApiError;
use super::input::Words;
use crate::view::fold::{self, Phrase};
use crate::view::{Views, newest_first, worded, wording};
use grid_protocol::id::DocumentId;
use grid_protocol::record::{FieldName, Kind, Values};
use grid_protocol::replica::Row;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The words that a listing of a kind is narrowed by.
#[derive(Debug)]
pub(super) struct Text {
    phrase: Phrase,
    /// The same with slips forgiven: how it was found says something about records that a reader may not see.
    forgiving: Phrase,
    found: Found,
    /// The fields that hold words.
    fields: Vec<FieldName>,
    /// How many records that say more than the index keeps were not looked through.
    left: usize,
}

/// Where the records that have the words are known from.
#[derive(Debug)]
enum Found {
    /// From the index.
    Indexed(HashSet<DocumentId>),
    /// From looking through each: what is only for this computer's own use is in no index.
    Seen,
}

impl Text {
    /// For whoever sees all of a record.
    pub(super) fn new(views: &Views, kind: &Kind, text: &str) -> Self {
        let seen = Self::for_readers(kind, text);
        if !views.search.holds(kind) {
            return seen;
        }
        let long = views.look_through(|of| of == kind.name, |said| seen.forgiving.stands_in(said));
        let found = |phrase: &Phrase, farthest: fold::Near| -> HashSet<DocumentId> {
            let found = views.search.having(&views.records, phrase).into_iter();
            let found = found.filter(|row| row.kind() == Some(&*kind.name));
            let long = long.found.iter().filter(|(_, near)| *near <= farthest).map(|(row, _)| *row);
            found.chain(long).map(|row| row.document).collect()
        };
        let left = long.left.len();
        let exact = seen.forgiving.clone().exactly();
        let documents = found(&exact, fold::Near::Begins);
        if documents.is_empty() {
            return Self { found: Found::Indexed(found(&seen.forgiving, fold::Near::TwoSlips)), left, ..seen };
        }
        Self { found: Found::Indexed(documents), left, phrase: exact, ..seen }
    }

    /// For readers who may not see all of a record.
    pub(super) fn for_readers(kind: &Kind, text: &str) -> Self {
        let forgiving = Phrase::new(text);
        let fields = worded(kind).cloned().collect();
        Self { phrase: forgiving.clone(), forgiving, found: Found::Seen, fields, left: 0 }
    }

    /// The records that have the words, where the index knows them.
    pub(super) const fn found(&self) -> Option<&HashSet<DocumentId>> {
        match &self.found {
            Found::Indexed(documents) => Some(documents),
            Found::Seen => None,
        }
    }

    /// How many records were not looked through, although they say more than the index keeps.
    pub(super) const fn left(&self) -> usize {
        self.left
    }

    pub(super) fn is_in_row(&self, row: &Row) -> bool {
        match &self.found {
            Found::Indexed(documents) => documents.contains(&row.document),
            Found::Seen => self.is_in(&self.all_of(&row.values)),
        }
    }

    /// Looked for in these values alone: the index holds all of a record, and these are what somebody may read of it.
    pub(super) fn is_in_values(&self, values: &Values) -> bool {
        self.forgiving.is_in(&self.all_of(values))
    }

    pub(super) fn is_in(&self, text: &str) -> bool {
        self.phrase.is_in(text)
    }

    /// All that the fields of a record say in words.
    fn all_of(&self, values: &Values) -> String {
        wording(self.fields.iter(), values)
    }
}

/// The records of all kinds that are worth a look where readers look for words: they have them, or something near, in
/// a part that such a reader may see or in another one, or say more than the index keeps.
pub(super) struct Near<'a> {
    by_kind: HashMap<&'a str, Vec<&'a Arc<Row>>>,
    /// Those for which there is no time, although they say more than the index keeps or have the words.
    left: HashMap<DocumentId, &'a Arc<Row>>,
}

impl<'a> Near<'a> {
    /// Those of some kinds that the words of a query lead to; none where it looks for no words.
    pub(super) fn to(views: &'a Views, words: &Words, kinds: impl Fn(&str) -> bool) -> Result<Option<Self>, ApiError> {
        let Some(text) = words.clone().take("text")?.filter(|text| !text.is_empty()) else { return Ok(None) };
        let (overlong, left) = views.overlong(kinds);
        let left: HashMap<DocumentId, &Arc<Row>> = left.into_iter().map(|row| (row.document, row)).collect();
        let mut by_kind: HashMap<&str, Vec<&Arc<Row>>> = HashMap::new();
        let having = views.search.having(&views.records, &Phrase::new(&text)).into_iter();
        let having = having.filter(|row| !left.contains_key(&row.document));
        for row in newest_first(having.chain(overlong.into_iter().filter(|row| !row.is_removed()))) {
            by_kind.entry(row.kind().unwrap_or_default()).or_default().push(row);
        }
        by_kind.values_mut().for_each(|rows| rows.dedup_by_key(|row| row.document));
        Ok(Some(Self { by_kind, left }))
    }

    /// Those of a kind, newest first; all that there are where no words lead anywhere.
    pub(super) fn of_kind<'n>(
        near: Option<&'n Self>,
        views: &'a Views,
        kind: &Kind,
    ) -> Box<dyn Iterator<Item = &'a Arc<Row>> + 'n> {
        match near.filter(|_| views.search.holds(kind)) {
            Some(near) => Box::new(near.by_kind.get(&*kind.name).into_iter().flatten().copied()),
            None => Box::new(views.records.of_kind(&kind.name)),
        }
    }

    /// Those of a kind that were removed, which no index knows.
    pub(super) fn removed<'n>(
        near: Option<&'n Self>,
        views: &'a Views,
        kind: &Kind,
    ) -> impl Iterator<Item = &'a Arc<Row>> + use<'a, 'n> {
        let is_left = move |row: &Row| near.is_some_and(|near| near.left.contains_key(&row.document));
        views.records.removed(&kind.name).filter(move |row| !is_left(row))
    }

    /// Those of a kind for which there is no time.
    pub(super) fn left<'n>(near: Option<&'n Self>, kind: &'n Kind) -> impl Iterator<Item = &'a Arc<Row>> + use<'a, 'n> {
        let left = near.into_iter().flat_map(|near| near.left.values().copied());
        left.filter(move |row| row.kind() == Some(&*kind.name))
    }
}

#[cfg(test)]
mod tests {
    use super::super::filter::Filter;
    use super::super::open::Seen;
    use super::*;
    use crate::question::fixture::Coalition;
    use grid_protocol::record::{Audience, Value};
    use proptest::prelude::*;
    use serde_json::json;

    fn narrowed(text: &str) -> Words {
        Words::read(&format!("text={}", text.replace(' ', "%20"))).expect("a sound query")
    }

    /// A thousand reports, three of which speak of a ferry, one only to the coalition.
    fn reports() -> Coalition {
        let mut coalition = Coalition::new(&["Clean River"]);
        for number in 0..997 {
            coalition.record(0, "report", json!({"title": format!("Vigil {number}")}));
        }
        coalition.record(0, "report", json!({"title": "The Ferry"}));
        coalition.record(0, "report", json!({"title": "By boat", "outcome": "We took the ferrý."}));
        coalition.record(0, "report", json!({"title": "At night", "internal": "The ferry waited."}));
        coalition
    }

    #[test]
    fn a_listing_looks_at_what_has_the_words_and_at_nothing_else() {
        let coalition = reports();
        let views = &coalition.views;
        let kind = views.registry.kind("report").unwrap().clone();
        for (text, found) in [("ferry", 3), ("FÉRRY", 3), ("fery", 0), ("ferrry", 3), ("gasometer", 0)] {
            let filter = Filter::read(views, &kind, narrowed(text)).unwrap();
            assert_eq!(filter.looked_at(views, &kind).len(), filter.rows(views, &kind).0.len(), "{text}");
            assert_eq!(filter.rows(views, &kind).0.len(), found, "{text}");
        }
    }

    #[test]
    fn a_feed_looks_at_what_has_the_words_and_at_nothing_else() {
        let coalition = reports();
        let views = &coalition.views;
        let kind = views.registry.kind("report").unwrap().clone();
        let near = Near::to(views, &narrowed("ferry"), |_| true).unwrap().unwrap();
        let looked_at: Vec<&Arc<Row>> = Near::of_kind(Some(&near), views, &kind).collect();
        assert_eq!(looked_at.len(), 3);
        assert!(Near::to(views, &narrowed(""), |_| true).unwrap().is_none());
        assert_eq!(Near::of_kind(None, views, &kind).count(), 1_000);
        // What stands behind very many words is in no index.
        let mut coalition = reports();
        coalition.record(0, "report", json!({"title": "All of it", "outcome": Coalition::wordy("ferry")}));
        let near = Near::to(&coalition.views, &narrowed("ferry"), |kind| kind == "report").unwrap().unwrap();
        assert_eq!(Near::of_kind(Some(&near), &coalition.views, &kind).count(), 4);
    }

    #[test]
    fn a_listing_finds_the_last_word_of_a_text_however_long_it_is() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let long = format!("{}gasometer", "word ".repeat(200_000));
        coalition.record(0, "page", json!({"title": "Long", "text": long}));
        coalition.record(0, "page", json!({"title": "Wordy", "text": Coalition::wordy("gasometer")}));
        for last in ["lantern", "lanterm"] {
            coalition.record(0, "page", json!({"title": "Night", "text": Coalition::wordy(last)}));
        }
        let views = &coalition.views;
        let kind = views.registry.kind("page").unwrap().clone();
        for (text, found) in [
            ("gasometer", 2),
            ("GASOMETRE", 2),
            ("w0000001 gasometer", 1),
            ("otter", 0),
            ("lantern", 1),
            ("lanterx", 2),
        ] {
            let filter = Filter::read(views, &kind, narrowed(text)).unwrap();
            assert_eq!((filter.rows(views, &kind).0.len(), filter.left()), (found, 0), "{text}");
        }
    }

    fn words() -> impl Strategy<Value = String> {
        prop::string::string_regex("((Fähre|ferry|ferries|Vigil|vigils|boot|van|a|Ströme|町) ?){0,4}")
            .expect("a sound pattern")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_index_leads_to_what_looking_at_all_finds(
            said in prop::collection::vec((words(), words(), words()), 1..30),
            text in "(Fahre|ferri|vigl|vigis|bot|van|a|strome|stroeme|町|!)( (van|vigil|boot))?",
        ) {
            let mut coalition = Coalition::new(&["Clean River"]);
            for (title, outcome, internal) in said {
                let fields = json!({"title": format!("Report {title}"), "outcome": outcome, "internal": internal});
                coalition.record(0, "report", fields);
            }
            let views = &coalition.views;
            let kind = views.registry.kind("report").unwrap().clone();
            let all = |has: &dyn Fn(&Row) -> bool| -> Vec<DocumentId> {
                views.records.of_kind("report").filter(|row| has(row)).map(|row| row.document).collect()
            };
            let says = |phrase: &Phrase, row: &Row| {
                phrase.is_in(&row.values.iter().filter_map(|(_, value)| Value::as_text(value)).collect::<Vec<_>>().join("\n"))
            };
            let (exact, forgiving) = (Phrase::new(&text).exactly(), Phrase::new(&text));
            let expected = match all(&|row| says(&exact, row)) {
                none if none.is_empty() => all(&|row| says(&forgiving, row)),
                found => found,
            };
            let filter = Filter::read(views, &kind, narrowed(&text)).unwrap();
            let found: Vec<DocumentId> = filter.rows(views, &kind).0.iter().map(|row| row.document).collect();
            prop_assert_eq!(found, expected);
            for audience in [Audience::Public, Audience::Coalition] {
                let seen = Seen::by(&kind, audience).unwrap();
                let filter = Filter::for_readers(views, &seen.kind, narrowed(&text)).unwrap();
                let near = Near::to(views, &narrowed(&text), |_| true).unwrap();
                let found = Near::of_kind(near.as_ref(), views, &kind).filter(|row| seen.is_shown(&filter, row));
                let found: Vec<DocumentId> = found.map(|row| row.document).collect();
                let reads = |row: &Row| {
                    let values = row.values.seen_by(&seen.kind, audience);
                    forgiving.is_in(&values.iter().filter_map(|(_, value)| Value::as_text(value)).collect::<Vec<_>>().join("\n"))
                };
                prop_assert_eq!(found, all(&reads), "{:?}", audience);
            }
        }
    }
}
