//! Units: from a street to the globe, each with what its groups add up to.
//!
//! A unit may lie in several others, and a mistake may make it lie in itself. A group that is in two units counts once
//! in whatever lies above both.

use super::narrow::{self, Strictness};
use super::nested::{Circle, Nested, references};
use super::shown::{by_name, count, figure, line};
use super::whose::{self, Whose};
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use crate::question::asked::tags;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::collections::{BTreeSet, HashMap};

/// What rolls up.
pub(super) const QUESTION: Question = Question {
    name: "units",
    about: "Neighbourhoods, districts, cities and regions, with the groups, people, actions and letters in each.",
    place: Place::Ask,
    words: &[whose::GROUP, narrow::PLACE, narrow::NEAR, narrow::WITHIN],
    answer,
};

/// Units that are shown, from the top down: a coalition of 1,300 groups has fewer than half as many.
const SHOWN: usize = 1_000;

/// Levels by which a table indents at most.
const INDENTED: usize = 8;

/// What each group adds to its units.
#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    people: usize,
    actions: usize,
    letters: f64,
}

fn figures(asked: &Asked<'_>) -> HashMap<GroupId, Figures> {
    let mut figures: HashMap<GroupId, Figures> = HashMap::new();
    let mut add = |kind: &str, to: fn(&mut Figures, &Row)| {
        for row in asked.records(kind) {
            if let Some(group) = row.owner() {
                to(figures.entry(group).or_default(), row);
            }
        }
    };
    add("person", |figures, _| figures.people += 1);
    add("action", |figures, row| figures.actions += usize::from(row.values.text("status") != "cancelled"));
    add("tally", |figures, row| figures.letters += count(row, "letters"));
    figures
}

fn rolled_up(groups: impl Iterator<Item = GroupId>, figures: &HashMap<GroupId, Figures>) -> Json {
    let (mut sum, mut counted) = (Figures::default(), 0_usize);
    for group in groups {
        let of = figures.get(&group).copied().unwrap_or_default();
        counted += 1;
        sum.people += of.people;
        sum.actions += of.actions;
        sum.letters += of.letters;
    }
    json!({"groups": counted, "people": sum.people, "actions": sum.actions, "letters": figure(sum.letters)})
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    narrow::exact_or_forgiving(|strictness| listed(asked, strictness))
}

fn listed(asked: &Asked<'_>, strictness: Strictness) -> Result<Reply, Unanswerable> {
    let whose = Whose::read(asked, strictness)?;
    let nested = asked.nested();
    let figures = figures(asked);
    let placed = nested.placed();
    let mut rows = Vec::new();
    // A unit in which one of the groups lies that were asked for is shown with all that lies in it.
    let meant = |id: &DocumentId| whose.is_everybody() || nested.groups(id).any(|group| whose.holds_group(&group));
    for (id, depth) in nested.in_order().into_iter().filter(|(id, _)| meant(id)).take(SHOWN) {
        let Some(unit) = nested.units.get(&id) else { continue };
        let mut more = rolled_up(nested.groups(&id), &figures);
        more["unit"] = format!("{}{}", "  ".repeat(depth.min(INDENTED)), asked.title(unit)).into();
        more["depth"] = depth.into();
        more["level"] = unit.values.text("level").into();
        more["coordinates"] = super::shown::field(unit, "coordinates");
        more["parents"] = tags(unit, "parents").collect();
        more["why"] = notes(nested, unit).into();
        rows.push(line(asked, unit, more));
    }
    let columns = [
        ("unit", "Unit"),
        ("groups", "Groups"),
        ("people", "People"),
        ("actions", "Actions"),
        ("letters", "Letters"),
        ("why", "Note"),
    ];
    let empty = match whose.is_everybody() {
        true => "There is no unit yet: `grid unit new --name NAME` makes one.",
        false => "Nobody whom you asked for is in a unit.",
    };
    let units = Section::new("units", "Units, each with all that lies in it", &columns, empty).rows(rows);
    let any = whose.is_everybody() || placed.iter().any(|group| whose.holds_group(group));
    let total = rolled_up(placed.iter().copied().filter(|group| whose.holds_group(group)), &figures);
    let columns = [("groups", "Groups"), ("people", "People"), ("actions", "Actions"), ("letters", "Letters")];
    let total = Section::new("total", "All units, each group once", &columns, empty).rows(any.then_some(total));
    Ok(Reply::default().with(units).with(total).with(unplaced(asked, &placed, &whose)))
}

fn notes(nested: &Nested<'_>, unit: &Row) -> String {
    let mut notes = Vec::new();
    if nested.circle(&unit.document) == Circle::Itself {
        notes.push("it lies in itself: one of its parents should go".to_owned());
    }
    let (here, gone): (Vec<_>, Vec<_>) = references(unit, "parents").partition(|id| nested.units.contains_key(id));
    if here.len() > 1 {
        notes.push(format!("lies in {} units", here.len()));
    }
    if !gone.is_empty() {
        notes.push("lies in a unit that is not here".to_owned());
    }
    notes.join("; ")
}

fn unplaced(asked: &Asked<'_>, placed: &BTreeSet<GroupId>, whose: &Whose) -> Section {
    let mut groups: Vec<(String, GroupId)> = asked
        .members()
        .filter(|group| !placed.contains(group) && whose.holds_group(group))
        .map(|group| (asked.views.name_of(&group), group))
        .collect();
    groups.sort_by_cached_key(|(name, group)| by_name(name, *group));
    let rows = groups.into_iter().map(|(name, group)| json!({"group": group.to_string(), "name": name}));
    Section::new("unplaced", "Groups in no unit", &[("name", "Group")], "Every group is in a unit.").rows(rows)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn figures_roll_up_and_a_group_in_two_units_counts_once() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let valley = coalition.record(0, "unit", json!({"name": "Valley", "level": "region"}));
        let coast = coalition.record(0, "unit", json!({"name": "Coast", "level": "region"}));
        let town = coalition.record(0, "unit", json!({"name": "Town", "parents": [valley, coast]}));
        let street = coalition.record(0, "unit", json!({"name": "Street", "parents": [valley]}));
        coalition.record(0, "group", json!({"name": "Clean River", "units": [town, street]}));
        coalition.record(1, "group", json!({"name": "Hollin Choir", "units": [street]}));
        coalition.record(0, "action", json!({"title": "Vigil"}));
        coalition.record(1, "tally", json!({"letters": 12}));
        coalition.record(0, "person", json!({"name": "Ana", "agreed": true}));
        let reply = coalition.ask("units", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "units", "unit"), ["Coast", "  Town", "Valley", "  Street"]);
        assert_eq!(Coalition::column(&reply, "units", "groups"), [1, 1, 2, 2]);
        assert_eq!(Coalition::column(&reply, "units", "actions"), [1, 1, 1, 1]);
        assert_eq!(Coalition::column(&reply, "units", "letters"), [0, 0, 12, 12]);
        assert_eq!(Coalition::column(&reply, "total", "groups"), [2]);
        assert_eq!(Coalition::column(&reply, "unplaced", "name"), ["Ferry Friends"]);
    }

    #[test]
    fn units_that_lie_in_each_other_are_said_so_and_counted_once() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let (one, two) = (coalition.next_id(0, "unit", 0), coalition.next_id(0, "unit", 1));
        coalition.record(0, "unit", json!({"name": "One", "parents": [two]}));
        coalition.record(0, "unit", json!({"name": "Two", "parents": [one]}));
        coalition.record(0, "unit", json!({"name": "Lost", "parents": [Coalition::group(9)]}));
        coalition.record(0, "group", json!({"name": "Clean River", "units": [one]}));
        let reply = coalition.ask("units", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "units", "unit"), ["Lost", "One", "  Two"]);
        assert_eq!(Coalition::column(&reply, "units", "groups"), [0, 1, 1]);
        let why = Coalition::column(&reply, "units", "why");
        assert!(
            why[0].as_str().unwrap().contains("not here") && why[1].as_str().unwrap().contains("in itself"),
            "{why:?}"
        );
        assert_eq!(Coalition::column(&reply, "total", "groups"), [1]);
    }
}
