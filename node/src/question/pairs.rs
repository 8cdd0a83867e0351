//! Pairs: people and groups that should know each other, and why.
//!
//! Only those who share a word are compared, a few for each word, those who stand alone first: a word that thousands
//! share introduces nobody.

use super::Asked;
use super::asked::tags;
use super::near::{Nearness, Spot};
use super::shown::{id, or_nothing, place, short};
use super::ties::Ties;
use crate::view::fold::{each_word, folded};
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Pairs that are shown.
const SHOWN: usize = 30;
/// How often one of them is shown at most.
const EACH: usize = 3;
/// Those of a word who are compared with each other.
const COMPARED: usize = 12;
/// Pairs that are compared at most.
const MOST: usize = 200_000;

/// The fields in which somebody says what they care about, offer and need.
fn cares(row: &Row) -> &'static str {
    if row.kind() == Some("group") { "tags" } else { "interests" }
}
const OFFERS: &str = "skills";
const NEEDS: &str = "needs";

/// Somebody who is compared with others.
struct Party<'a> {
    row: &'a Arc<Row>,
    id: String,
    group: GroupId,
    name: String,
    cares: BTreeSet<String>,
    offers: BTreeSet<String>,
    needs: BTreeSet<String>,
    spot: Spot,
}

/// Those who should know each other, the best reasons first.
pub(super) fn pairs(asked: &Asked<'_>, ties: &Ties, isolated: &BTreeSet<GroupId>) -> Vec<Json> {
    let profiles = asked.profiles();
    let mut rows: Vec<&Arc<Row>> = profiles.values().copied().chain(asked.people()).collect();
    let alone = |row: &Row| row.owner().is_some_and(|group| isolated.contains(&group));
    rows.sort_by_cached_key(|row| (!alone(row), folded(&asked.title(row)), row.document));
    let candidates = candidates(&rows);
    let compared: BTreeSet<usize> = candidates.iter().flat_map(|(one, other)| [*one, *other]).collect();
    let party = |place: usize| rows.get(place).and_then(|row| Some((place, Party::of(asked, row)?)));
    let parties: HashMap<usize, Party<'_>> = compared.into_iter().filter_map(party).collect();
    let mut found: Vec<(Reverse<usize>, usize, usize)> = candidates
        .into_iter()
        .filter_map(|(one, other)| {
            let (first, second) = (parties.get(&one)?, parties.get(&other)?);
            let strangers = first.group != second.group && !ties.join(&first.id, &second.id);
            let score = strangers.then(|| score(first, second))??;
            Some((Reverse(score + stand_alone(first, second, isolated)), one, other))
        })
        .collect();
    found.sort_unstable();
    let mut times: HashMap<usize, usize> = HashMap::new();
    found.retain(|(_, one, other)| {
        let fresh = [one, other].into_iter().all(|party| times.get(party).is_none_or(|times| *times < EACH));
        if fresh {
            [one, other].into_iter().for_each(|party| *times.entry(*party).or_default() += 1);
        }
        fresh
    });
    let how = |party: &Party<'_>| {
        let how = profiles.get(&party.group).map_or("", |row| row.values.text("how_we_work"));
        or_nothing(&short(how, 80)).map(|how| format!("{}: {how}", asked.name(&party.group)))
    };
    let shown = found.into_iter().take(SHOWN).filter_map(|(_, one, other)| {
        let (one, other) = (parties.get(&one)?, parties.get(&other)?);
        let how: Vec<String> = [how(one), how(other)].into_iter().flatten().collect();
        let mut why = reasons(one, other);
        if stand_alone(one, other, isolated) > 0 {
            why.push("stands alone so far".to_owned());
        }
        Some(json!({
            "id": one.id,
            "name": one.shown(asked),
            "group": one.group.to_string(),
            "with_id": other.id,
            "with": other.shown(asked),
            "with_group": other.group.to_string(),
            "why": why,
            "how": how,
        }))
    });
    shown.collect()
}

/// How many of two stand alone.
fn stand_alone(one: &Party<'_>, other: &Party<'_>, isolated: &BTreeSet<GroupId>) -> usize {
    [one, other].into_iter().filter(|party| isolated.contains(&party.group)).count()
}

impl<'a> Party<'a> {
    fn of(asked: &Asked<'_>, row: &'a Arc<Row>) -> Option<Self> {
        let group = row.owner()?;
        let all = |field: &str| -> BTreeSet<String> {
            tags(row, field).map(folded).filter(|word| !word.is_empty()).collect()
        };
        let (cares, offers, needs) = (all(cares(row)), all(OFFERS), all(NEEDS));
        Some(Self { row, id: id(row), group, name: asked.title(row), cares, offers, needs, spot: Spot::of(row) })
    }

    fn shown(&self, asked: &Asked<'_>) -> String {
        match self.row.kind() {
            Some("person") => format!("{} ({})", self.name, asked.name(&self.group)),
            _ => self.name.clone(),
        }
    }
}

/// Words by a number each: most are said by thousands, and folded once.
#[derive(Default)]
struct Spelt<'a> {
    tags: HashMap<&'a str, Option<usize>>,
    places: HashMap<&'a str, Vec<usize>>,
    numbers: HashMap<String, usize>,
}

impl<'a> Spelt<'a> {
    fn number(&mut self, word: String) -> usize {
        let next = self.numbers.len();
        *self.numbers.entry(word).or_insert(next)
    }

    /// The words of a field, in the order of its tags.
    fn tags(&mut self, row: &'a Row, field: &str) -> Vec<usize> {
        let mut numbers = Vec::new();
        for tag in tags(row, field) {
            let known = self.tags.get(tag).copied();
            numbers.extend(known.unwrap_or_else(|| {
                let word = Some(folded(tag)).filter(|word| !word.is_empty());
                let number = word.map(|word| self.number(word));
                self.tags.insert(tag, number);
                number
            }));
        }
        numbers
    }

    /// The words of the place of a record.
    fn places(&mut self, row: &'a Row) -> Vec<usize> {
        let name = place(row);
        if let Some(known) = self.places.get(name) {
            return known.clone();
        }
        let mut words = BTreeSet::new();
        each_word(name, |word| words.extend([word.to_owned()]));
        let numbers: Vec<usize> = words.into_iter().map(|word| self.number(word)).collect();
        self.places.insert(name, numbers.clone());
        numbers
    }

    /// The words by their numbers.
    fn words(self) -> Vec<String> {
        let mut words: Vec<(usize, String)> = self.numbers.into_iter().map(|(word, number)| (number, word)).collect();
        words.sort_unstable();
        words.into_iter().map(|(_, word)| word).collect()
    }
}

/// Those who share a word, need and offer first, then what both care about in one place, then what both care about.
fn candidates(rows: &[&Arc<Row>]) -> Vec<(usize, usize)> {
    let mut spelt = Spelt::default();
    let mut offering: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut needing: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut caring: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut caring_there: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
    for (number, row) in rows.iter().enumerate() {
        for word in spelt.tags(row, OFFERS) {
            add(offering.entry(word).or_default(), number);
        }
        for word in spelt.tags(row, NEEDS) {
            add(needing.entry(word).or_default(), number);
        }
        let there = spelt.places(row);
        for word in spelt.tags(row, cares(row)) {
            there.iter().for_each(|place| add(caring_there.entry((word, *place)).or_default(), number));
            add(caring.entry(word).or_default(), number);
        }
    }
    let words = spelt.words();
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    let mut note = |one: usize, other: usize| {
        let pair = (one.min(other), one.max(other));
        if one != other && found.len() < MOST && seen.insert(pair) {
            found.push(pair);
        }
    };
    for (word, needing) in in_order(needing, |word| words.get(*word)) {
        for one in needing {
            offering.get(&word).into_iter().flatten().for_each(|other| note(one, *other));
        }
    }
    let there = in_order(caring_there, |(word, place)| (words.get(*word), words.get(*place)));
    let anywhere = in_order(caring, |word| words.get(*word));
    for sharing in there.into_iter().map(|(_, sharing)| sharing).chain(anywhere.into_iter().map(|(_, sharing)| sharing))
    {
        for (place, one) in sharing.iter().enumerate() {
            sharing[..place].iter().for_each(|other| note(*one, *other));
        }
    }
    found
}

/// Those who share something, in the order of what they share: where there are too many, everybody leaves out the same.
fn in_order<T, K: Ord>(sharing: HashMap<T, Vec<usize>>, key: impl Fn(&T) -> K) -> Vec<(T, Vec<usize>)> {
    let mut sharing: Vec<(T, Vec<usize>)> = sharing.into_iter().collect();
    sharing.sort_unstable_by_key(|(shared, _)| key(shared));
    sharing
}

fn add(sharing: &mut Vec<usize>, number: usize) {
    if sharing.len() < COMPARED && sharing.last() != Some(&number) {
        sharing.push(number);
    }
}

/// How much counts for it that two should know each other; none without a reason beyond the neighbourhood.
fn score(one: &Party<'_>, other: &Party<'_>) -> Option<usize> {
    let meets =
        |needing: &Party<'_>, offering: &Party<'_>| needing.needs.intersection(&offering.offers).take(2).count();
    let common = one.cares.intersection(&other.cares).take(3).count();
    let score = 4 * (meets(one, other) + meets(other, one)) + 2 * common;
    if score == 0 {
        return None;
    }
    let nearness = one.spot.to(&other.spot);
    let near = match nearness {
        Nearness::Same(_) => 2,
        Nearness::Km(_) if nearness.why().is_some() => 1,
        Nearness::Km(_) | Nearness::Unknown => 0,
    };
    Some(score + near)
}

/// Why two should know each other.
fn reasons(one: &Party<'_>, other: &Party<'_>) -> Vec<String> {
    let mut why = Vec::new();
    for (needing, offering) in [(one, other), (other, one)] {
        for word in needing.needs.intersection(&offering.offers).take(2) {
            why.push(format!("{} needs {word}, {} offers it", needing.name, offering.name));
        }
    }
    let common: Vec<&str> = one.cares.intersection(&other.cares).take(3).map(String::as_str).collect();
    if !common.is_empty() {
        why.push(format!("both care about {}", common.join(", ")));
    }
    why.extend(one.spot.to(&other.spot).why());
    why
}
