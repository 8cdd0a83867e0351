//! From words to what is offered under them: only what somebody needs is looked up, and only so much of it is compared.

use super::asked::tags;
use super::shown::place;
use crate::view::fold::each_word;
use grid_protocol::replica::Row;
use std::collections::{BTreeSet, HashMap};

/// Offers that are compared for each word.
const COMPARED: usize = 200;
/// Words that say nothing about what is needed.
const IDLE: [&str; 16] = [
    "the", "for", "and", "with", "who", "can", "from", "our", "your", "need", "some", "somebody", "people", "to", "on",
    "of",
];

/// What a need looks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'n> {
    /// Its words, as [`each_stem`] gives them.
    pub(super) words: &'n BTreeSet<String>,
    /// The words of its place.
    pub(super) places: &'n [String],
    /// Its sort.
    pub(super) sort: &'n str,
}

/// What is offered under what is needed: words everywhere, words and sorts by each word of a place.
#[derive(Debug, Default)]
pub(super) struct Lookup<'n> {
    anywhere: Under<'n>,
    by_place: HashMap<&'n str, Under<'n>>,
    sort_by_place: HashMap<&'n str, Under<'n>>,
}

/// The first offers under each word, by their numbers, ascending.
type Under<'n> = HashMap<&'n str, Vec<usize>>;

impl<'n> Lookup<'n> {
    /// Everything that is needed, and nothing under it yet.
    pub(super) fn of(needs: impl IntoIterator<Item = Wanted<'n>>) -> Self {
        let mut lookup = Self::default();
        for Wanted { words, places, sort } in needs {
            let nothing = || words.iter().map(|word| (word.as_str(), Vec::new()));
            lookup.anywhere.extend(nothing());
            for place in places {
                lookup.by_place.entry(place).or_default().extend(nothing());
                lookup.sort_by_place.entry(place).or_default().insert(sort, Vec::new());
            }
        }
        lookup
    }

    /// Puts something that is offered under all that it meets. Numbers ascend from call to call.
    pub(super) fn note(&mut self, offer: usize, row: &Row, field: &str) {
        // Most of what is offered meets nothing, and is read once to find that out.
        let mut met: Vec<&'n str> = Vec::new();
        each_stem(row, field, |word| {
            met.extend(self.anywhere.get_key_value(word).map(|(known, _)| *known));
        });
        for word in &met {
            add(self.anywhere.get_mut(word), offer);
        }
        let sort = Some(row.values.text("sort")).filter(|sort| !sort.is_empty());
        each_word(place(row), |there| {
            if let Some(under) = self.by_place.get_mut(there) {
                met.iter().for_each(|word| add(under.get_mut(word), offer));
            }
            if let (Some(under), Some(sort)) = (self.sort_by_place.get_mut(there), sort) {
                add(under.get_mut(sort), offer);
            }
        });
    }

    /// What may meet a need, by ascending numbers.
    pub(super) fn near(&self, need: &Wanted<'_>) -> Vec<usize> {
        let by_word = |under: &'_ Under<'n>, found: &mut Vec<usize>| {
            need.words.iter().filter_map(|word| under.get(word.as_str())).for_each(|offers| found.extend(offers));
        };
        let mut found = Vec::new();
        by_word(&self.anywhere, &mut found);
        for place in need.places {
            if let Some(under) = self.by_place.get(place.as_str()) {
                by_word(under, &mut found);
            }
            let of_sort = self.sort_by_place.get(place.as_str()).and_then(|under| under.get(need.sort));
            found.extend(of_sort.into_iter().flatten());
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn add(known: Option<&mut Vec<usize>>, offer: usize) {
    if let Some(known) = known.filter(|known| known.len() < COMPARED && known.last() != Some(&offer)) {
        known.push(offer);
    }
}

/// The words of the tags of a record, and of what it is called where it is a thing, as they are compared.
pub(super) fn each_stem(row: &Row, field: &str, mut take: impl FnMut(&str)) {
    tags(row, field).for_each(|tag| stems_of(tag, &mut take));
    if matches!(row.kind(), Some("need" | "asset")) {
        stems_of(row.values.text("title"), &mut take);
        stems_of(row.values.text("name"), &mut take);
    }
}

/// The words of a text as they are compared, without those that say nothing.
pub(super) fn stems_of(text: &str, mut take: impl FnMut(&str)) {
    each_word(text, |word| {
        if word.chars().nth(1).is_some() && !IDLE.contains(&word) {
            take(stem(word));
        }
    });
}

/// A van and vans are the same need.
pub(super) fn stem(word: &str) -> &str {
    let plural = word.len() > 3 && word.ends_with('s') && !word.ends_with("ss");
    if plural { &word[..word.len() - 1] } else { word }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use super::*;
    use crate::view::fold::words;
    use proptest::prelude::*;
    use serde_json::json;

    const SORTS: [&str; 3] = ["vehicle", "space", "media"];

    type Said = (Vec<&'static str>, Vec<&'static str>, usize);

    fn said() -> impl Strategy<Value = Said> {
        let words = prop::sample::subsequence(vec!["van", "hall", "tents", "the", "class"], 0..3);
        let place = prop::sample::subsequence(vec!["South", "Lismore", "NSW"], 0..3);
        (words, place, 0..SORTS.len())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn what_is_looked_up_is_what_looking_at_all_offers_finds(
            offers in prop::collection::vec(said(), 0..12),
            needs in prop::collection::vec(said(), 1..6),
        ) {
            let mut coalition = Coalition::new(&["Clean River"]);
            for (number, (tags, place, sort)) in offers.iter().enumerate() {
                let fields = json!({"name": format!("{number}"), "tags": tags, "place": place.join(" "), "sort": SORTS[*sort]});
                coalition.record(0, "asset", fields);
            }
            let rows: Vec<_> = coalition.views.records.of_kind("asset").cloned().collect();
            let stems = |row: &Row| {
                let mut stems = BTreeSet::new();
                each_stem(row, "tags", |word| stems.extend([word.to_owned()]));
                stems
            };
            let needs: Vec<(BTreeSet<String>, Vec<String>, &str)> = needs
                .iter()
                .map(|(tags, place, sort)| {
                    let tags = tags.iter().filter(|tag| !IDLE.contains(tag)).map(|tag| stem(tag).to_owned()).collect();
                    (tags, words(&place.join(" ")), SORTS[*sort])
                })
                .collect();
            let mut lookup = Lookup::of(needs.iter().map(|(words, places, sort)| Wanted { words, places, sort }));
            for (number, row) in rows.iter().enumerate() {
                lookup.note(number, row, "tags");
            }
            for (words_of, places, sort) in &needs {
                let there = |row: &Row| words(place(row)).iter().any(|place| places.contains(place));
                let meets = |row: &Row| {
                    !stems(row).is_disjoint(words_of) || there(row) && row.values.text("sort") == *sort
                };
                let all: Vec<usize> =
                    rows.iter().enumerate().filter(|(_, row)| meets(row)).map(|(number, _)| number).collect();
                prop_assert_eq!(lookup.near(&Wanted { words: words_of, places, sort }), all);
            }
        }
    }
}
