//! From words to what is offered under them: only what somebody needs is looked up, and only so much of it is compared.

use super::asked::tags;
use super::near::Cell;
use super::shown::{place, point};
use crate::view::fold::each_word;
use grid_protocol::record::Coordinates;
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
    /// Where it is on the map.
    pub(super) point: Option<Coordinates>,
    /// Its sort.
    pub(super) sort: &'n str,
}

/// What is offered under what is needed: words everywhere, words and sorts by each word of a place, and near a point.
#[derive(Debug, Default)]
pub(super) struct Lookup<'n> {
    anywhere: Under<'n>,
    by_place: HashMap<&'n str, There<'n>>,
    by_cell: HashMap<Cell, There<'n>>,
}

/// What is offered in one place.
#[derive(Debug, Default)]
struct There<'n> {
    by_word: Under<'n>,
    by_sort: Under<'n>,
}

/// The first offers under each word, by their numbers, ascending.
type Under<'n> = HashMap<&'n str, Vec<usize>>;

impl<'n> Lookup<'n> {
    /// Everything that is needed, and nothing under it yet.
    pub(super) fn of(needs: impl IntoIterator<Item = Wanted<'n>>) -> Self {
        let mut lookup = Self::default();
        for Wanted { words, places, point, sort } in needs {
            let nothing = || words.iter().map(|word| (word.as_str(), Vec::new()));
            lookup.anywhere.extend(nothing());
            let wanted = |there: &mut There<'n>| {
                there.by_word.extend(nothing());
                there.by_sort.insert(sort, Vec::new());
            };
            places.iter().for_each(|place| wanted(lookup.by_place.entry(place).or_default()));
            let cells = point.into_iter().flat_map(Cell::around);
            cells.for_each(|cell| wanted(lookup.by_cell.entry(cell).or_default()));
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
        let note = |there: Option<&mut There<'n>>| {
            let Some(there) = there else { return };
            met.iter().for_each(|word| add(there.by_word.get_mut(word), offer));
            add(sort.and_then(|sort| there.by_sort.get_mut(sort)), offer);
        };
        each_word(place(row), |word| note(self.by_place.get_mut(word)));
        // Most needs have no point.
        if let Some(point) = point(row).filter(|_| !self.by_cell.is_empty()) {
            note(self.by_cell.get_mut(&Cell::of(point)));
        }
    }

    /// What may meet a need, by ascending numbers.
    pub(super) fn near(&self, need: &Wanted<'_>) -> Vec<usize> {
        let by_word = |under: &'_ Under<'n>, found: &mut Vec<usize>| {
            need.words.iter().filter_map(|word| under.get(word.as_str())).for_each(|offers| found.extend(offers));
        };
        let mut found = Vec::new();
        by_word(&self.anywhere, &mut found);
        let by_place = need.places.iter().filter_map(|place| self.by_place.get(place.as_str()));
        let cells = need.point.into_iter().flat_map(Cell::around);
        for there in by_place.chain(cells.filter_map(|cell| self.by_cell.get(&cell))) {
            by_word(&there.by_word, &mut found);
            found.extend(there.by_sort.get(need.sort).into_iter().flatten());
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

    #[test]
    fn what_is_near_on_the_map_is_compared_whatever_its_place_is_called() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let at = |latitude: f64, longitude: f64| json!({"latitude": latitude, "longitude": longitude});
        coalition.record(
            0,
            "need",
            json!({"title": "A van", "sort": "vehicle", "place": "The weir", "coordinates": at(-28.81, 153.24)}),
        );
        for number in 0..250 {
            let van = json!({"name": format!("Van {number}"), "sort": "vehicle", "place": "Perth", "coordinates": at(-31.95, 115.86)});
            coalition.record(1, "asset", van);
        }
        // Over the line between two pieces of the map.
        for name in ["Last van", "Bus"] {
            let near =
                json!({"name": name, "sort": "vehicle", "place": "Mill Street", "coordinates": at(-28.73, 153.26)});
            coalition.record(1, "asset", near);
        }
        let offers = Coalition::column(&coalition.ask("match", &[]).unwrap(), "matches", "offer");
        assert_eq!(offers[..2], ["Last van", "Bus"]);
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
            let mut lookup = Lookup::of(needs.iter().map(|(words, places, sort)| Wanted { words, places, point: None, sort }));
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
                prop_assert_eq!(lookup.near(&Wanted { words: words_of, places, point: None, sort }), all);
            }
        }
    }
}
