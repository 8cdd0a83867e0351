//! Full-text search over all records: which word stands where, kept up to date with every row.
//!
//! ```text
//! row ──▶ words of its texts, folded ──▶ word ──▶ [number of the record, where in it the word stands]
//! ```
//!
//! A query goes once over all known words: those that are the same, begin with what is looked for or are a slip away
//! count, each with its weight. Words that few records have count more, and names more than what stands in a text.
//!
//! Whoever asks in a sentence means some of its words: what many records say in passing and nobody carries as a skill, a
//! place or a tag tells nothing, and what nothing says neither. The others are told by what they are akin to.

mod hits;

use super::fold::{Near, Phrase, Wanted, signs};
use super::records::{Number, Records, is_shown, with_room};
use super::wording::{OWN, Part, Whole, Words};
use grid_protocol::record::{Kind, Registry};
use grid_protocol::replica::Row;
use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU16;
use std::sync::Arc;

pub(crate) use hits::Hits;
use hits::Scored;

/// Words that can be required at once: what is found is looked at again anyway.
const REQUIRED: usize = 32;
/// What a required word counts beside wished ones, which are fewer.
const REQUIRED_STEP: u32 = 256;
/// What a word that tells nothing counts beside one that does.
const IDLE: f32 = 0.25;
/// A word of which so many hits at least are no tags tells nothing where so many records have it: of few records nobody
/// can say so.
const IN_PASSING: (usize, usize) = (20, 50);
/// Of so many hits one at least is a tag where a word is one that people carry.
const CARRIED: usize = 10;

/// Which words stand in which records.
#[derive(Default)]
pub struct Search {
    words: HashMap<Box<str>, Word>,
    /// The kind of each record by its number: its place in `kinds`, or none where nothing of it is found.
    kind_of: Vec<Option<NonZeroU16>>,
    kinds: Vec<String>,
    /// How many records something is found of.
    size: usize,
    /// Ascending: records that say more than is kept.
    overlong: Vec<Number>,
}

struct Word {
    signs: u64,
    /// Ascending: the number of a record, and in the last two bits where in it the word stands.
    at: Vec<u32>,
}

const PART: u32 = 0b11;

impl Word {
    /// In how many places it is a tag, or in a line.
    fn carried(&self) -> usize {
        self.at.iter().filter(|at| **at & PART == Part::Tag as u32).count()
    }
}

/// The known words that are near a wanted one.
#[derive(Default)]
struct NearWords<'a> {
    words: Vec<(&'a Word, Near)>,
    /// Words that are akin to it, where nothing is nearer.
    akin: Vec<&'a Word>,
    /// Words of other endings.
    endings: Vec<&'a Word>,
    has_begun: bool,
    /// In how many places at most one of the nearer words stands.
    places: usize,
}

impl<'a> NearWords<'a> {
    /// Each with how near it is, and how many places of it count: what is only akin is never worth more for being rarer
    /// than what is nearer.
    fn settle(self) -> Vec<(&'a Word, Near, usize)> {
        // What people carry is meant: `law` by whoever looks for a lawyer, and not `for` by one who looks for a forest.
        let is_carried = |word: &&Word| word.carried() * CARRIED >= word.at.len();
        let akin = self.akin.into_iter().filter(|_| !self.has_begun).map(|word| (word, Near::Akin));
        let kin = akin.chain(self.endings.into_iter().map(|word| (word, Near::Ending)));
        let kin =
            kin.filter(|(word, _)| is_carried(word)).map(|(word, near)| (word, near, word.at.len().max(self.places)));
        self.words.into_iter().map(|(word, near)| (word, near, word.at.len())).chain(kin).collect()
    }
}

const fn weight_of(part: u32) -> f32 {
    match part {
        3 => 3.0,
        2 => 2.0,
        _ => 1.0,
    }
}

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    /// Words that a record must have, each of them or something near.
    pub(crate) required: Vec<Phrase>,
    /// Words of which it should have as many as another record that is found, those that tell nothing left out.
    pub(crate) wished: Option<Phrase>,
}

impl Search {
    /// Takes in what a record says now, and said before.
    pub(super) fn take(&mut self, registry: &Registry, number: Number, before: Option<&Row>, row: &Row) {
        if number > Number::MAX >> 2 {
            // There is no room for the place of so many records; a thousand million of them are found.
            return;
        }
        let words = |row: &Row| if is_shown(row) { Words::of(registry, row) } else { Words::default() };
        let (old, new) = (before.map(words).unwrap_or_default(), words(row));
        let kind = (!new.is_empty()).then(|| self.kind(row.kind().unwrap_or_default())).flatten();
        if self.kind_of.len() <= number as usize {
            self.kind_of.resize(number as usize + 1, None);
        }
        if let Some(known) = self.kind_of.get_mut(number as usize) {
            self.size = self.size + usize::from(kind.is_some()) - usize::from(known.is_some());
            *known = kind;
        }
        match (self.overlong.binary_search(&number), new.whole) {
            (Ok(place), Whole::Kept) => drop(self.overlong.remove(place)),
            (Err(place), Whole::Cut) => self.overlong.insert(place, number),
            _ => {}
        }
        self.change(number, &old, &new);
    }

    /// Gives back what growing left over, but for some room.
    pub(super) fn settle(&mut self) {
        self.words.values_mut().for_each(|word| word.at.shrink_to_fit());
        self.words.shrink_to(with_room(self.words.len()));
        self.kind_of.shrink_to(with_room(self.kind_of.len()));
    }

    fn kind(&mut self, name: &str) -> Option<NonZeroU16> {
        let place = self.kinds.iter().position(|kind| kind == name).unwrap_or_else(|| {
            self.kinds.push(name.to_owned());
            self.kinds.len() - 1
        });
        NonZeroU16::new(u16::try_from(place + 1).ok()?)
    }

    fn change(&mut self, number: Number, old: &Words, new: &Words) {
        let kept: BTreeSet<(&str, Part)> = match old.is_empty() {
            true => BTreeSet::new(),
            false => new.iter().collect(),
        };
        for (text, part) in old.iter() {
            if kept.contains(&(text, part)) {
                continue;
            }
            if let Some(word) = self.words.get_mut(text) {
                if let Ok(place) = word.at.binary_search(&place_of(number, part)) {
                    word.at.remove(place);
                }
                if word.at.is_empty() {
                    self.words.remove(text);
                }
            }
        }
        for (text, part) in new.iter() {
            let at = place_of(number, part);
            match self.words.get_mut(text) {
                Some(word) => match word.at.last() {
                    Some(last) if *last >= at => {
                        if let Err(place) = word.at.binary_search(&at) {
                            word.at.insert(place, at);
                        }
                    }
                    _ => word.at.push(at),
                },
                None => drop(self.words.insert(text.into(), Word { signs: signs(text), at: Vec::from([at]) })),
            }
        }
    }

    /// Whether records of a kind are looked through at all.
    pub(crate) fn holds(&self, kind: &Kind) -> bool {
        kind.section != OWN
    }

    /// The records that fit a query.
    pub(crate) fn hits<'a>(&'a self, records: &'a Records, query: &Query) -> Hits<'a> {
        Hits { search: self, records, scored: self.scored(query) }
    }

    /// The records that have all words of a phrase, or something near, in no order.
    pub(crate) fn having<'a>(&self, records: &'a Records, phrase: &Phrase) -> Vec<&'a Arc<Row>> {
        let query = Query { required: vec![phrase.clone()], wished: None };
        let found = self.scored(&query).into_iter();
        found.filter_map(|scored| records.numbered(scored.number)).collect()
    }

    /// The records that say more than is kept: looking at each tells whether they have some words.
    pub(crate) fn overlong<'a>(&self, records: &'a Records) -> impl Iterator<Item = &'a Arc<Row>> {
        self.overlong.iter().filter_map(|number| records.numbered(*number))
    }

    /// The records that have all required words and one of the wished ones at least, with what they count.
    fn scored(&self, query: &Query) -> Vec<Scored> {
        let required: Vec<&Wanted> = query.required.iter().flat_map(Phrase::wanted).take(REQUIRED).collect();
        let wished: Vec<&Wanted> = query.wished.iter().flat_map(Phrase::wanted).collect();
        let unsayable = query.required.iter().chain(&query.wished).any(|phrase| phrase.wanted().is_empty());
        if unsayable || required.is_empty() && wished.is_empty() {
            return Vec::new();
        }
        let wanted: Vec<&Wanted> = required.iter().chain(&wished).copied().collect();
        let mut total = vec![0.0_f32; self.kind_of.len()];
        let mut found = vec![0_u32; self.kind_of.len()];
        let mut best = vec![0.0_f32; self.kind_of.len()];
        let near = self.near(&wanted, required.len());
        // Where no word of a sentence tells anything, all of them are what was asked.
        let idle: Vec<bool> = near.iter().map(|words| self.is_idle(words)).collect();
        let all_idle = idle.iter().zip(&near).skip(required.len()).all(|(idle, words)| *idle || words.is_empty());
        let all = (self.size as f32).max(1.0);
        for (index, words) in near.into_iter().enumerate() {
            best.fill(0.0);
            let idle = index >= required.len() && !all_idle && idle.get(index).copied().unwrap_or_default();
            for (word, near, places) in words {
                let rare = (1.0 + all / places as f32).ln();
                let weight = near.weight() * rare * if idle { IDLE } else { 1.0 };
                let is_kin = matches!(near, Near::Akin | Near::Ending);
                let meant = |at: &&u32| !is_kin || **at & PART == Part::Tag as u32;
                for at in word.at.iter().filter(meant) {
                    let here = &mut best[(at >> 2) as usize];
                    *here = here.max(weight * weight_of(at & PART));
                }
            }
            // What is required counts for more than all that is wished.
            let step = match (index < required.len(), idle) {
                (true, _) => REQUIRED_STEP,
                (false, false) => 1,
                (false, true) => 0,
            };
            for ((total, found), best) in total.iter_mut().zip(&mut found).zip(&best) {
                if *best > 0.0 {
                    *total += *best;
                    *found += step;
                }
            }
        }
        let least = u32::try_from(required.len()).unwrap_or(u32::MAX).saturating_mul(REQUIRED_STEP);
        let least = least + u32::from(!wished.is_empty());
        let hits = total.into_iter().zip(found).zip(0_u32..);
        let hits = hits.filter(|((_, found), _)| *found >= least);
        hits.map(|((score, found), number)| Scored { score, found, number }).collect()
    }

    /// For each wanted word the known ones that are near it; those that are akin only to what is wished.
    fn near(&self, wanted: &[&Wanted], required: usize) -> Vec<Vec<(&Word, Near, usize)>> {
        let mut near: Vec<NearWords<'_>> = wanted.iter().map(|_| NearWords::default()).collect();
        for (text, word) in &self.words {
            for (index, (wanted, near)) in wanted.iter().zip(&mut near).enumerate() {
                if let Some(how) = wanted.near(text, word.signs) {
                    near.has_begun |= how <= Near::Begins;
                    near.places = near.places.max(word.at.len());
                    near.words.push((word, how));
                } else if index >= required {
                    near.akin.extend(wanted.is_akin(text).then_some(word));
                    near.endings.extend(wanted.has_stem(text).then_some(word));
                }
            }
        }
        near.into_iter().map(NearWords::settle).collect()
    }

    /// Whether words are said in passing by many, and carried by nobody.
    fn is_idle(&self, words: &[(&Word, Near, usize)]) -> bool {
        let hits: usize = words.iter().map(|(word, ..)| word.at.len()).sum();
        let (few, part) = IN_PASSING;
        if hits < few || hits * part < self.size {
            return false;
        }
        let carried: usize = words.iter().map(|(word, ..)| word.carried()).sum();
        carried * CARRIED < hits
    }

    /// The records of a kind that have all these words, folded as they are, and those that say more than is kept. None
    /// where there are no words, or nothing of such a kind is found by words.
    pub(super) fn with_all(&self, kind: &str, words: &BTreeSet<String>) -> Option<Vec<Number>> {
        let mut places = Vec::with_capacity(words.len());
        for word in words {
            places.push(self.words.get(word.as_str()).map(|word| word.at.as_slice()).unwrap_or_default());
        }
        places.sort_unstable_by_key(|at| at.len());
        let (fewest, others) = places.split_first()?;
        let place = self.kinds.iter().position(|known| known == kind)?;
        let kind = Some(NonZeroU16::new(u16::try_from(place + 1).ok()?)?);
        let of_kind = |number: &Number| self.kind_of.get(*number as usize) == Some(&kind);
        let has = |at: &[u32], number: Number| at.binary_search_by_key(&number, |at| at >> 2).is_ok();
        let in_all = |number: &Number| others.iter().all(|at| has(at, *number));
        let numbers = fewest.iter().map(|at| at >> 2).filter(of_kind).filter(in_all);
        let mut found: Vec<Number> = numbers.collect();
        found.extend(self.overlong.iter().filter(|number| of_kind(number)));
        found.sort_unstable();
        found.dedup();
        Some(found)
    }

    /// How many words are known, and in how many places they stand.
    pub fn size(&self) -> (usize, usize) {
        (self.words.len(), self.words.values().map(|word| word.at.len()).sum())
    }
}

const fn place_of(number: Number, part: Part) -> u32 {
    number << 2 | part as u32
}

#[cfg(test)]
mod tests {
    use super::super::Views;
    use super::*;
    use grid_protocol::document::{KindName, Opening, WriteRule};
    use grid_protocol::id::{ChangeHash, CoalitionId, GroupId};
    use grid_protocol::record::{Patch, Presence};
    use grid_protocol::time::Timestamp;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};
    use std::collections::BTreeMap;

    fn row(number: u32, kind: &str, fields: &Json) -> Arc<Row> {
        let known = Registry::standard().kind(kind).expect("the kind exists");
        let patch = Patch::from_json(known, fields).expect("the fields are sound");
        let name: KindName = kind.parse().expect("kinds have sound names");
        let mut opening = Opening::singleton(GroupId([1; 32]), name, WriteRule::Owner);
        opening.nonce[..4].copy_from_slice(&number.to_be_bytes());
        Arc::new(Row {
            document: opening.document(&CoalitionId([7; 32])),
            opening: Some(opening),
            values: patch.over(known, known.defaults()),
            damaged: Vec::new(),
            heads: vec![ChangeHash([1; 32])],
            created: Timestamp(1),
            changed: Timestamp(1),
            changed_by: None,
            latest: Box::default(),
            earlier: Box::default(),
            presence: Presence::Present,
            quarantine: None,
            breaches: Box::default(),
        })
    }

    fn removed(row: &Row) -> Arc<Row> {
        Arc::new(Row { heads: Vec::new(), ..row.clone() })
    }

    fn views(rows: impl IntoIterator<Item = Arc<Row>>) -> Views {
        let mut views = Views::new(Arc::new(Registry::standard().clone()), GroupId([1; 32]));
        views.take_rows(rows);
        views
    }

    fn found(views: &Views, text: &str) -> Vec<String> {
        let query = Query { required: Vec::new(), wished: Some(Phrase::new(text)) };
        let hits = views.search.hits(&views.records, &query).best(|_| true, 9, |_| true);
        hits.iter().map(|hit| hit.row.values.text("title").to_owned()).collect()
    }

    #[test]
    fn names_come_before_texts_and_rare_words_before_common_ones() {
        let views = views([
            row(1, "action", &json!({"title": "Choir at the gate", "description": "Against the well"})),
            row(2, "action", &json!({"title": "Well watch"})),
            row(3, "action", &json!({"title": "Picnic", "tactics": ["choir"]})),
        ]);
        assert_eq!(found(&views, "well"), ["Well watch", "Choir at the gate"]);
        assert_eq!(found(&views, "choir"), ["Choir at the gate", "Picnic"]);
        assert_eq!(found(&views, "choir well"), ["Choir at the gate"], "what has both words is meant");
        assert_eq!(found(&views, "choir gasometer"), ["Choir at the gate", "Picnic"], "one word has no record");
        for nothing in ["gasometer", "", "!?", "a"] {
            assert!(found(&views, nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn a_record_is_found_by_what_it_says_now() {
        let first = row(1, "action", &json!({"title": "Vigil", "place": "Lismore"}));
        let mut views = views([first.clone(), row(2, "action", &json!({"title": "March", "place": "Lismore"}))]);
        assert_eq!(found(&views, "vigil"), ["Vigil"]);
        views.take_rows([row(1, "action", &json!({"title": "Silent walk", "place": "Lismore"}))]);
        assert!(found(&views, "vigil").is_empty());
        assert_eq!(found(&views, "silent"), ["Silent walk"]);
        assert_eq!(found(&views, "lismore").len(), 2);
        views.take_rows([removed(&first)]);
        assert_eq!(found(&views, "lismore"), ["March"]);
        views.take_rows([row(9, "action", &json!({"title": "Lantern night"}))]);
        assert_eq!((found(&views, "lantern").len(), found(&views, "silent").len()), (1, 0), "its number is a new one");
    }

    #[test]
    fn what_only_this_computer_uses_is_not_found_and_a_long_text_is() {
        let long = format!("beginning {} end", "word ".repeat(200_000));
        let views = views([
            row(1, "hiding", &json!({"what": "vigil"})),
            row(2, "page", &json!({"title": "Long", "text": long})),
            row(3, "page", &json!({"title": "Unbroken", "text": "x".repeat(1_000_000)})),
        ]);
        assert!(found(&views, "vigil").is_empty());
        assert_eq!(found(&views, "beginning"), ["Long"]);
        assert_eq!(found(&views, "xxxxxx"), ["Unbroken"]);
        assert!(views.search.size().1 < 20, "{:?}", views.search.size());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn an_index_that_was_kept_up_to_date_is_the_one_that_is_built_anew(
            steps in prop::collection::vec((0_u32..6, prop::option::of("[abc]{2,4}( [abc]{2,4}){0,4}")), 1..40),
        ) {
            let mut kept = views([]);
            let mut last = BTreeMap::new();
            for (number, title) in steps {
                let next = match &title {
                    Some(title) => row(number, "action", &json!({"title": title})),
                    None => removed(&row(number, "action", &json!({"title": "gone"}))),
                };
                kept.take_rows([next.clone()]);
                last.insert(number, next);
            }
            let anew = views(last.into_values());
            prop_assert_eq!(kept.search.size(), anew.search.size());
            for word in ["ab", "abc", "ca", "bb cc", "aaaa"] {
                prop_assert_eq!(found(&kept, word), found(&anew, word));
            }
        }
    }
}
