//! Which unit lies in which, worked out once for a question however often it is asked for.
//!
//! Anybody can make units, and lay each in many others. What lies in a unit is therefore handed up the tree, a level at a
//! time and for all units at once, instead of being gathered anew for each of them.

use super::Asked;
use super::asked::tags;
use super::shown::by_name;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::replica::Row;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Levels below a unit that count for it: from a street to the globe there are six.
const LEVELS: usize = 16;

/// The units and what lies in which.
pub(super) struct Nested<'a> {
    /// The units that are shown.
    pub(super) units: BTreeMap<DocumentId, &'a Arc<Row>>,
    /// The names, for order.
    names: HashMap<DocumentId, (String, DocumentId)>,
    below: HashMap<DocumentId, Vec<DocumentId>>,
    members: Vec<GroupId>,
    numbers: HashMap<GroupId, usize>,
    within: HashMap<DocumentId, Groups>,
    circles: HashSet<DocumentId>,
    /// How often something was handed up from one unit to another.
    #[cfg(test)]
    steps: usize,
}

/// Member groups by their numbers: 64 in a word.
#[derive(Clone, Debug, Default, PartialEq)]
struct Groups(Vec<u64>);

/// Whether a unit lies in itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Circle {
    /// It does not.
    None,
    /// It does.
    Itself,
}

impl Groups {
    fn insert(&mut self, number: usize) {
        if self.0.len() <= number / 64 {
            self.0.resize(number / 64 + 1, 0);
        }
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    fn take(&mut self, others: &Self) {
        if self.0.len() < others.0.len() {
            self.0.resize(others.0.len(), 0);
        }
        self.0.iter_mut().zip(&others.0).for_each(|(own, other)| *own |= other);
    }

    fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
}

impl<'a> Nested<'a> {
    /// The units that are shown.
    pub(super) fn new(asked: &Asked<'a>) -> Self {
        #[cfg(test)]
        tests::BUILT.with(|built| built.set(built.get() + 1));
        let units: BTreeMap<DocumentId, &Arc<Row>> = asked.records("unit").map(|unit| (unit.document, unit)).collect();
        let names: HashMap<_, _> = units.iter().map(|(id, unit)| (*id, by_name(&asked.title(unit), *id))).collect();
        let mut below: HashMap<DocumentId, Vec<DocumentId>> = HashMap::new();
        for (id, unit) in &units {
            for parent in references(unit, "parents").filter(|parent| units.contains_key(parent)) {
                below.entry(parent).or_default().push(*id);
            }
        }
        below.values_mut().for_each(|below| below.sort_by_key(|id| names.get(id)));
        let members: Vec<GroupId> = asked.members().collect::<BTreeSet<GroupId>>().into_iter().collect();
        let numbers: HashMap<GroupId, usize> =
            members.iter().enumerate().map(|(number, group)| (*group, number)).collect();
        let mut within: HashMap<DocumentId, Groups> = units.keys().map(|id| (*id, Groups::default())).collect();
        for profile in asked.current("group") {
            let Some(number) = profile.owner().and_then(|group| numbers.get(&group)) else { continue };
            for unit in references(profile, "units") {
                if let Some(groups) = within.get_mut(&unit) {
                    groups.insert(*number);
                }
            }
        }
        let mut nested = Self {
            circles: circles(&units, &below),
            units,
            names,
            below,
            members,
            numbers,
            within,
            #[cfg(test)]
            steps: 0,
        };
        nested.hand_up();
        nested
    }

    /// Hands what lies in each unit to those that it lies in, until nothing is new.
    fn hand_up(&mut self) {
        let mut changed: HashSet<DocumentId> = self.units.keys().copied().collect();
        for _ in 0..LEVELS {
            let before = self.within.clone();
            let mut next = HashSet::new();
            for (unit, below) in &self.below {
                let Some(groups) = self.within.get_mut(unit) else { continue };
                let news = below.iter().filter(|below| changed.contains(below)).filter_map(|below| before.get(below));
                for found in news {
                    groups.take(found);
                    #[cfg(test)]
                    {
                        self.steps += 1;
                    }
                }
                if before.get(unit) != Some(&*groups) {
                    next.insert(*unit);
                }
            }
            if next.is_empty() {
                return;
            }
            changed = next;
        }
    }

    fn below(&self, unit: &DocumentId) -> &[DocumentId] {
        self.below.get(unit).map_or(&[], Vec::as_slice)
    }

    /// Whether a unit lies in itself.
    pub(super) fn circle(&self, unit: &DocumentId) -> Circle {
        if self.circles.contains(unit) { Circle::Itself } else { Circle::None }
    }

    /// Whether a member group lies in a unit, or in what lies in it.
    pub(super) fn holds(&self, unit: &DocumentId, group: &GroupId) -> bool {
        let number = self.numbers.get(group);
        number.zip(self.within.get(unit)).is_some_and(|(number, groups)| groups.contains(*number))
    }

    /// How many member groups lie in it.
    pub(super) fn count(&self, unit: &DocumentId) -> usize {
        self.within.get(unit).map_or(0, Groups::len)
    }

    /// The member groups that lie in any unit.
    pub(super) fn placed(&self) -> BTreeSet<GroupId> {
        let mut all = Groups::default();
        self.within.values().for_each(|groups| all.take(groups));
        self.of(Some(&all)).collect()
    }

    /// The member groups in it.
    pub(super) fn groups(&self, unit: &DocumentId) -> impl Iterator<Item = GroupId> {
        self.of(self.within.get(unit))
    }

    fn of(&self, groups: Option<&Groups>) -> impl Iterator<Item = GroupId> {
        let holds = move |number: &usize| groups.is_some_and(|groups| groups.contains(*number));
        self.members.iter().enumerate().filter(move |(number, _)| holds(number)).map(|(_, group)| *group)
    }

    /// Every unit with its depth, below the first unit that it lies in; where it lies in more, that is told of it.
    pub(super) fn in_order(&self) -> Vec<(DocumentId, usize)> {
        let mut seen = HashSet::new();
        let mut order = Vec::with_capacity(self.units.len());
        let with_parents: HashSet<DocumentId> = self.below.values().flatten().copied().collect();
        let mut roots: Vec<DocumentId> = self.units.keys().copied().collect();
        roots.sort_by_key(|id| (with_parents.contains(id), self.names.get(id)));
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

/// The records that a field of a record names.
pub(super) fn references(row: &Row, field: &str) -> impl Iterator<Item = DocumentId> {
    tags(row, field).filter_map(|id| id.parse().ok())
}

/// The units that lie in themselves: those from which a way down leads back (Kosaraju's algorithm, each way walked twice).
fn circles(
    units: &BTreeMap<DocumentId, &Arc<Row>>,
    below: &HashMap<DocumentId, Vec<DocumentId>>,
) -> HashSet<DocumentId> {
    let mut above: HashMap<DocumentId, Vec<DocumentId>> = HashMap::new();
    for (unit, below) in below {
        below.iter().for_each(|below| above.entry(*below).or_default().push(*unit));
    }
    let mut ended: Vec<DocumentId> = Vec::with_capacity(units.len());
    let mut seen: HashSet<DocumentId> = HashSet::new();
    for root in units.keys() {
        // A unit is met on the way down, and once more when all below it has been.
        let mut open = vec![(*root, false)];
        while let Some((unit, left)) = open.pop() {
            if left {
                ended.push(unit);
            } else if seen.insert(unit) {
                open.push((unit, true));
                let below = below.get(&unit).into_iter().flatten().filter(|below| !seen.contains(below));
                open.extend(below.map(|below| (*below, false)));
            }
        }
    }
    // Going up from whoever ended last, each round meets just those that lie in a circle with it.
    let mut circles = HashSet::new();
    let mut met: HashSet<DocumentId> = HashSet::new();
    for root in ended.into_iter().rev() {
        let (mut round, mut open) = (Vec::new(), vec![root]);
        while let Some(unit) = open.pop() {
            if met.insert(unit) {
                round.push(unit);
                open.extend(above.get(&unit).into_iter().flatten().filter(|above| !met.contains(above)));
            }
        }
        let in_itself = |unit: &DocumentId| below.get(unit).is_some_and(|below| below.contains(unit));
        if round.len() > 1 || round.first().is_some_and(in_itself) {
            circles.extend(round);
        }
    }
    circles
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Coalition, NOW};
    use super::*;
    use serde_json::json;
    use std::cell::Cell;

    thread_local! {
        /// How many were made.
        pub(super) static BUILT: Cell<usize> = const { Cell::new(0) };
    }

    fn layers(coalition: &mut Coalition, layers: usize, wide: usize) -> Vec<String> {
        let mut above: Vec<String> = Vec::new();
        for layer in 0..layers {
            let unit = |number: usize| json!({"name": format!("{layer} {number}"), "parents": above});
            above = (0..wide).map(|number| coalition.record(0, "unit", unit(number))).collect();
        }
        above
    }

    #[test]
    fn what_lies_in_units_is_handed_up_once_for_each_way_and_level() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let lowest = layers(&mut coalition, 6, 20);
        coalition.record(0, "group", json!({"name": "Clean River", "units": [lowest[0]]}));
        let asked = Asked::new(&coalition.views, NOW, BTreeMap::new());
        let nested = Nested::new(&asked);
        let ways = 5 * 20 * 20;
        assert!(nested.steps <= 2 * ways, "{} steps over {ways} ways", nested.steps);
        assert_eq!(nested.units.keys().filter(|unit| nested.count(unit) == 1).count(), 5 * 20 + 1);
        assert!(nested.circles.is_empty());
    }

    #[test]
    fn a_question_works_out_once_what_lies_in_what() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let unit = layers(&mut coalition, 2, 3).remove(0);
        for number in 0..20 {
            coalition.record(0, "alert", json!({"title": format!("Call {number}"), "unit": unit}));
            let body = json!({"name": format!("Body {number}"), "sort": "representatives", "unit": unit});
            coalition.record(0, "body", body);
        }
        for question in ["units", "calls", "bodies", "health"] {
            BUILT.with(|built| built.set(0));
            coalition.ask(question, &[]).unwrap();
            assert!(BUILT.with(Cell::get) <= 1, "{question}: {}", BUILT.with(Cell::get));
        }
    }

    #[test]
    fn only_units_on_a_circle_lie_in_themselves() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let id = |coalition: &Coalition, later| coalition.next_id(0, "unit", later);
        let ids: Vec<String> = (0..6).map(|later| id(&coalition, later)).collect();
        // One and two lie in each other; three lies in two, four in three and in five, and five in itself; six is apart.
        for parents in [&[1_usize][..], &[0], &[1], &[2, 4], &[4], &[]] {
            let parents: Vec<&String> = parents.iter().map(|parent| &ids[*parent]).collect();
            coalition.record(0, "unit", json!({"name": "Unit", "parents": parents}));
        }
        let asked = Asked::new(&coalition.views, NOW, BTreeMap::new());
        let nested = Nested::new(&asked);
        let found: Vec<bool> = ids.iter().map(|id| nested.circle(&id.parse().unwrap()) == Circle::Itself).collect();
        assert_eq!(found, [true, true, false, false, true, false]);
    }
}
