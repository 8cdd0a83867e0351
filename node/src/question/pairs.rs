//! Pairs: people and groups that should know each other, and why.
//!
//! Only those who share a word are compared, a few for each word, those who stand alone first: a word that thousands
//! share introduces nobody.

use super::Asked;
use super::asked::tags;
use super::near::{Nearness, Spot};
use super::shown::{id, or_nothing, short};
use super::ties::Ties;
use super::whose::Whose;
use crate::view::fold::folded;
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Pairs that are shown.
const SHOWN: usize = 30;
/// How often one of them is shown at most.
const EACH: usize = 3;
/// Those of a word who are compared with each other.
const COMPARED: usize = 12;
/// Pairs that are compared at most.
const MOST: usize = 200_000;

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
pub(super) fn pairs(asked: &Asked<'_>, ties: &Ties, isolated: &BTreeSet<GroupId>, whose: &Whose) -> Vec<Json> {
    let profiles = asked.profiles();
    let mut parties: Vec<Party<'_>> = profiles
        .values()
        .copied()
        .chain(asked.people())
        .filter(|row| asked.shows(row))
        .filter_map(|row| Party::of(asked, row))
        .collect();
    // Of each word those who were asked for are compared first.
    let meant = |party: &Party<'_>| whose.holds(party.row);
    parties.sort_by_cached_key(|party| {
        (!meant(party), !isolated.contains(&party.group), folded(&party.name), party.id.clone())
    });
    let mut found: Vec<(Reverse<usize>, usize, usize, Vec<String>)> = candidates(&parties)
        .into_iter()
        .filter_map(|(one, other)| {
            let (first, second) = (parties.get(one)?, parties.get(other)?);
            // Who met whom stays with the groups that wrote it: to everybody else their groups know each other.
            let met =
                ties.join(&first.id, &second.id) || ties.join(&first.group.to_string(), &second.group.to_string());
            let strangers = (meant(first) || meant(second)) && first.group != second.group && !met;
            let (score, mut why) = strangers.then(|| reasons(first, second))??;
            let alone = [first, second].into_iter().filter(|party| isolated.contains(&party.group)).count();
            if alone > 0 {
                why.push("stands alone so far".to_owned());
            }
            Some((Reverse(score + alone), one, other, why))
        })
        .collect();
    found.sort_unstable();
    let mut times: HashMap<usize, usize> = HashMap::new();
    found.retain(|(_, one, other, _)| {
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
    let shown = found.into_iter().take(SHOWN).filter_map(|(_, one, other, why)| {
        let (one, other) = (parties.get(one)?, parties.get(other)?);
        let how: Vec<String> = [how(one), how(other)].into_iter().flatten().collect();
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

impl<'a> Party<'a> {
    fn of(asked: &Asked<'_>, row: &'a Arc<Row>) -> Option<Self> {
        let group = row.owner()?;
        let all = |fields: &[&str]| -> BTreeSet<String> {
            let words = fields.iter().flat_map(|field| tags(row, field)).map(folded);
            words.filter(|word| !word.is_empty()).collect()
        };
        let cares = if row.kind() == Some("group") { all(&["tags"]) } else { all(&["interests"]) };
        let (offers, needs) = (all(&["skills"]), all(&["needs"]));
        Some(Self { row, id: id(row), group, name: asked.title(row), cares, offers, needs, spot: Spot::of(row) })
    }

    fn shown(&self, asked: &Asked<'_>) -> String {
        match self.row.kind() {
            Some("person") => format!("{} ({})", self.name, asked.name(&self.group)),
            _ => self.name.clone(),
        }
    }
}

/// Those who share a word, need and offer first, then what both care about in one place, then what both care about.
fn candidates(parties: &[Party<'_>]) -> Vec<(usize, usize)> {
    let mut offers: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut needs: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut cares: [BTreeMap<String, Vec<usize>>; 2] = [BTreeMap::new(), BTreeMap::new()];
    for (place, party) in parties.iter().enumerate() {
        party.offers.iter().for_each(|word| add(offers.entry(word).or_default(), place));
        party.needs.iter().for_each(|word| add(needs.entry(word).or_default(), place));
        for word in &party.cares {
            for there in party.spot.words() {
                add(cares[0].entry(format!("{word} in {there}")).or_default(), place);
            }
            add(cares[1].entry(word.clone()).or_default(), place);
        }
    }
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    let mut note = |one: usize, other: usize| {
        let pair = (one.min(other), one.max(other));
        if one != other && found.len() < MOST && seen.insert(pair) {
            found.push(pair);
        }
    };
    for (word, needing) in needs {
        for one in needing {
            offers.get(word).into_iter().flatten().for_each(|other| note(one, *other));
        }
    }
    for sharing in cares.into_iter().flat_map(BTreeMap::into_values) {
        for (place, one) in sharing.iter().enumerate() {
            sharing[..place].iter().for_each(|other| note(*one, *other));
        }
    }
    found
}

fn add(sharing: &mut Vec<usize>, place: usize) {
    if sharing.len() < COMPARED {
        sharing.push(place);
    }
}

/// Why two should know each other, and how much that counts; none without a reason beyond the neighbourhood.
fn reasons(one: &Party<'_>, other: &Party<'_>) -> Option<(usize, Vec<String>)> {
    let mut why = Vec::new();
    let mut score = 0;
    for (needing, offering) in [(one, other), (other, one)] {
        for word in needing.needs.intersection(&offering.offers).take(2) {
            why.push(format!("{} needs {word}, {} offers it", needing.name, offering.name));
            score += 4;
        }
    }
    let common: Vec<&str> = one.cares.intersection(&other.cares).take(3).map(String::as_str).collect();
    if !common.is_empty() {
        why.push(format!("both care about {}", common.join(", ")));
        score += 2 * common.len();
    }
    if score == 0 {
        return None;
    }
    let nearness = one.spot.to(&other.spot);
    score += match nearness {
        Nearness::Same(_) => 2,
        Nearness::Km(_) if nearness.why().is_some() => 1,
        Nearness::Km(_) | Nearness::Unknown => 0,
    };
    why.extend(nearness.why());
    Some((score, why))
}
