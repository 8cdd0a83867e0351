//! Units: from a street to the globe, each with what its groups add up to.
//!
//! A unit may lie in several others, and a mistake may make it lie in itself. A group that is in two units counts once
//! in whatever lies above both.

use super::line::{count, figure, line};
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use crate::question::asked::tags;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// What rolls up.
pub(super) const QUESTION: Question = Question {
    name: "units",
    about: "Neighbourhoods, districts, cities and regions, with the groups, people, actions and letters in each.",
    place: Place::Ask,
    words: &[],
    answer,
};

/// Levels below a unit that count for it: from a street to the globe there are six.
const LEVELS: usize = 16;

/// Levels by which a table indents at most.
const INDENTED: usize = 8;

/// The units and what lies in which: a question works it out once, see [`Asked::tree`].
pub(super) struct Tree<'a> {
    units: BTreeMap<DocumentId, &'a Arc<Row>>,
    /// The names, for order.
    names: HashMap<DocumentId, (String, DocumentId)>,
    below: HashMap<DocumentId, Vec<DocumentId>>,
    groups: HashMap<DocumentId, Vec<GroupId>>,
}

/// What lies in a unit, with itself.
struct Within {
    units: HashSet<DocumentId>,
    circle: Circle,
}

/// Whether a unit lies in itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Circle {
    None,
    Itself,
}

impl<'a> Tree<'a> {
    pub(super) fn new(asked: &Asked<'a>) -> Self {
        let units: BTreeMap<DocumentId, &Arc<Row>> = asked.records("unit").map(|unit| (unit.document, unit)).collect();
        let names = units.iter().map(|(id, unit)| (*id, (asked.title(unit).to_lowercase(), *id))).collect();
        let mut tree = Self { units, names, below: HashMap::new(), groups: HashMap::new() };
        for (id, unit) in &tree.units {
            for parent in references(unit, "parents").filter(|parent| tree.units.contains_key(parent)) {
                tree.below.entry(parent).or_default().push(*id);
            }
        }
        let names = &tree.names;
        tree.below.values_mut().for_each(|below| below.sort_by_key(|id| names.get(id)));
        let members: HashSet<GroupId> = asked.members().collect();
        for profile in asked.current("group") {
            let Some(group) = profile.owner().filter(|group| members.contains(group)) else { continue };
            for unit in references(profile, "units") {
                tree.groups.entry(unit).or_default().push(group);
            }
        }
        tree
    }

    fn below(&self, unit: &DocumentId) -> &[DocumentId] {
        self.below.get(unit).map_or(&[], Vec::as_slice)
    }

    fn within(&self, unit: DocumentId) -> Within {
        let mut within = Within { units: HashSet::from([unit]), circle: Circle::None };
        let mut level = vec![unit];
        for _ in 0..LEVELS {
            let mut next = Vec::new();
            for below in level.iter().flat_map(|unit| self.below(unit)) {
                if *below == unit {
                    within.circle = Circle::Itself;
                }
                if within.units.insert(*below) {
                    next.push(*below);
                }
            }
            level = next;
        }
        within
    }

    fn groups(&self, within: &Within) -> BTreeSet<GroupId> {
        within.units.iter().filter_map(|unit| self.groups.get(unit)).flatten().copied().collect()
    }

    /// Every unit with its depth, below the first unit that it lies in; where it lies in more, that is told of it.
    fn in_order(&self) -> Vec<(DocumentId, usize)> {
        let mut seen = HashSet::new();
        let mut order = Vec::with_capacity(self.units.len());
        let has_parent = |id: &DocumentId| {
            self.units
                .get(id)
                .is_some_and(|unit| references(unit, "parents").any(|parent| self.units.contains_key(&parent)))
        };
        let mut roots: Vec<DocumentId> = self.units.keys().copied().collect();
        roots.sort_by_key(|id| (has_parent(id), self.names.get(id)));
        // Whoever has a parent and was not met below one lies in a circle, and is a beginning as good as any.
        for root in roots {
            let mut open = vec![(root, 0)];
            while let Some((unit, depth)) = open.pop() {
                if seen.insert(unit) {
                    order.push((unit, depth));
                    open.extend(self.below(&unit).iter().rev().map(|below| (*below, depth + 1)));
                }
            }
        }
        order
    }
}

fn references(row: &Row, field: &str) -> impl Iterator<Item = DocumentId> {
    tags(row, field).filter_map(|id| id.parse().ok())
}

/// The member groups in a unit and in whatever lies in it.
pub(super) fn groups_in(asked: &Asked<'_>, unit: &Row) -> BTreeSet<GroupId> {
    let tree = asked.tree();
    tree.groups(&tree.within(unit.document))
}

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

fn rolled_up(groups: &BTreeSet<GroupId>, figures: &HashMap<GroupId, Figures>) -> Json {
    let mut sum = Figures::default();
    for group in groups {
        let of = figures.get(group).copied().unwrap_or_default();
        sum.people += of.people;
        sum.actions += of.actions;
        sum.letters += of.letters;
    }
    json!({"groups": groups.len(), "people": sum.people, "actions": sum.actions, "letters": figure(sum.letters)})
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let tree = asked.tree();
    let figures = figures(asked);
    let mut placed: BTreeSet<GroupId> = BTreeSet::new();
    let mut rows = Vec::new();
    for (id, depth) in tree.in_order() {
        let Some(unit) = tree.units.get(&id) else { continue };
        let within = tree.within(id);
        let groups = tree.groups(&within);
        let mut more = rolled_up(&groups, &figures);
        placed.extend(&groups);
        more["unit"] = format!("{}{}", "  ".repeat(depth.min(INDENTED)), asked.title(unit)).into();
        more["depth"] = depth.into();
        more["level"] = unit.values.text("level").into();
        more["coordinates"] = super::line::field(unit, "coordinates");
        more["parents"] = tags(unit, "parents").collect();
        more["why"] = notes(tree, unit, within.circle).into();
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
    let empty = "There is no unit yet: `grid unit new --name NAME` makes one.";
    let units = Section::new("units", "Units, each with all that lies in it", &columns, empty).rows(rows);
    let total = rolled_up(&placed, &figures);
    let columns = [("groups", "Groups"), ("people", "People"), ("actions", "Actions"), ("letters", "Letters")];
    let total = Section::new("total", "All units, each group once", &columns, empty).rows([total]);
    Ok(Reply::default().with(units).with(total).with(unplaced(asked, &placed)))
}

fn notes(tree: &Tree<'_>, unit: &Row, circle: Circle) -> String {
    let mut notes = Vec::new();
    if circle == Circle::Itself {
        notes.push("it lies in itself: one of its parents should go".to_owned());
    }
    let (here, gone): (Vec<_>, Vec<_>) = references(unit, "parents").partition(|id| tree.units.contains_key(id));
    if here.len() > 1 {
        notes.push(format!("lies in {} units", here.len()));
    }
    if !gone.is_empty() {
        notes.push("lies in a unit that is not here".to_owned());
    }
    notes.join("; ")
}

fn unplaced(asked: &Asked<'_>, placed: &BTreeSet<GroupId>) -> Section {
    let mut groups: Vec<(String, GroupId)> = asked
        .members()
        .filter(|group| !placed.contains(group))
        .map(|group| (asked.views.name_of(&group), group))
        .collect();
    groups.sort_by_cached_key(|(name, group)| (name.to_lowercase(), *group));
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
