//! All records, by id and by kind, newest first.
//!
//! A record has a number here from its first row on, which is never stored and never given to another: whatever lists
//! records lists their numbers, eight of which take the room of one id.

use super::hidden::{Hidden, Sight};
use super::when::When;
use grid_protocol::id::{DocumentId, from_base32};
use grid_protocol::record::{Registry, Value};
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use std::cmp::Reverse;
use std::collections::btree_set::{self, BTreeSet};
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// One part of so many is left as room for more records.
const ROOM: usize = 16;

/// The number of a record on this computer, for as long as the node runs.
pub(super) type Number = u32;

/// What every listing is ordered by: newest first, then id, of which the beginning tells two apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    changed: Reverse<Timestamp>,
    beginning: u64,
    number: Number,
}

/// The table of all records.
#[derive(Default)]
pub struct Records {
    rows: Vec<Arc<Row>>,
    /// When each takes place, by its number.
    when: Vec<When>,
    /// Whether each is shown on this computer, by its number.
    sights: Vec<Sight>,
    numbers: HashMap<DocumentId, Number>,
    /// The records that are not removed.
    by_kind: BTreeMap<String, BTreeSet<Place>>,
    /// Those that are.
    removed: BTreeMap<String, BTreeSet<Number>>,
    /// What refers to a record that is not removed, by ascending id, under the id that is named, which may be a group's.
    referring: HashMap<Named, Vec<Number>>,
}

/// The bytes of an id that a field names.
type Named = [u8; 32];

/// A row that was taken in.
pub(super) struct Taken {
    /// The number of its record.
    pub(super) number: Number,
    /// The row that it takes the place of.
    pub(super) before: Option<Arc<Row>>,
}

impl Records {
    /// Takes a row in that was read anew; none once there are four thousand million records.
    pub(super) fn take(&mut self, registry: &Registry, hidden: &Hidden, row: &Arc<Row>) -> Option<Taken> {
        let (when, sight) = (When::of(registry, row), hidden.sight(row));
        let (number, before) = match self.numbers.get(&row.document) {
            Some(number) => {
                let number = *number;
                self.leave_out(registry, number);
                *self.when.get_mut(number as usize)? = when;
                *self.sights.get_mut(number as usize)? = sight;
                let known = self.rows.get_mut(number as usize)?;
                (number, Some(std::mem::replace(known, row.clone())))
            }
            None => {
                let number = Number::try_from(self.rows.len()).ok()?;
                self.numbers.insert(row.document, number);
                self.rows.push(row.clone());
                self.when.push(when);
                self.sights.push(sight);
                (number, None)
            }
        };
        if let Some(kind) = row.kind().filter(|_| row.is_removed()) {
            match self.removed.get_mut(kind) {
                Some(numbers) => drop(numbers.insert(number)),
                None => drop(self.removed.insert(kind.to_owned(), BTreeSet::from([number]))),
            }
        }
        if let Some(kind) = row.kind().filter(|_| is_shown(row)) {
            for named in named_by(registry, row) {
                let known = self.referring.entry(named).or_default();
                let rows = &self.rows;
                let place = known.partition_point(|known| id_of(rows, *known) < row.document);
                known.insert(place, number);
            }
            match self.by_kind.get_mut(kind) {
                Some(places) => drop(places.insert(place_of(row, number))),
                None => drop(self.by_kind.insert(kind.to_owned(), BTreeSet::from([place_of(row, number)]))),
            }
        }
        Some(Taken { number, before })
    }

    /// Takes a record out of all lists.
    fn leave_out(&mut self, registry: &Registry, number: Number) {
        let Some(before) = self.rows.get(number as usize) else { return };
        if let Some(numbers) = before.kind().and_then(|kind| self.removed.get_mut(kind)) {
            numbers.remove(&number);
        }
        if !is_shown(before) {
            return;
        }
        if let Some(places) = before.kind().and_then(|kind| self.by_kind.get_mut(kind)) {
            places.remove(&place_of(before, number));
        }
        for named in named_by(registry, before) {
            if let Some(known) = self.referring.get_mut(&named) {
                known.retain(|known| *known != number);
                if known.is_empty() {
                    self.referring.remove(&named);
                }
            }
        }
    }

    /// Notes anew of each record whether it is shown, once something else is hidden.
    pub(super) fn look_again(&mut self, hidden: &Hidden) {
        self.sights = self.rows.iter().map(|row| hidden.sight(row)).collect();
    }

    /// Gives back what growing left over, but for some room: a table that is full takes twice as much with the next record.
    pub(super) fn settle(&mut self) {
        let room = with_room(self.rows.len());
        self.rows.shrink_to(room);
        self.when.shrink_to(room);
        self.sights.shrink_to(room);
        self.numbers.shrink_to(room);
        self.referring.values_mut().for_each(Vec::shrink_to_fit);
        self.referring.shrink_to_fit();
    }

    /// The records that name this id in a field and are not removed, by ascending id.
    pub fn referring<'a>(&'a self, named: &[u8; 32]) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        self.referring.get(named).into_iter().flatten().filter_map(move |number| self.numbered(*number))
    }

    /// The same by their numbers.
    pub(super) fn naming(&self, named: &[u8; 32]) -> &[Number] {
        self.referring.get(named).map(Vec::as_slice).unwrap_or_default()
    }

    /// All records that are not removed, kind by kind, newest first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Row>> {
        self.by_kind.values().flat_map(move |places| self.at(places))
    }

    /// All records, removed ones too, in no order.
    pub fn held(&self) -> impl Iterator<Item = &Arc<Row>> {
        self.rows.iter().filter(|row| !row.heads.is_empty())
    }

    /// One record.
    pub fn row(&self, document: &DocumentId) -> Option<&Arc<Row>> {
        self.numbered(*self.numbers.get(document)?)
    }

    /// The record of a number.
    pub(super) fn numbered(&self, number: Number) -> Option<&Arc<Row>> {
        self.rows.get(number as usize)
    }

    /// How many records are held, removed ones left out.
    pub fn len(&self) -> usize {
        self.by_kind.values().map(BTreeSet::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many records of a kind are held, removed ones left out.
    pub fn count_of(&self, kind: &str) -> usize {
        self.by_kind.get(kind).map_or(0, BTreeSet::len)
    }

    /// The records of a kind that are not removed, newest first.
    pub fn of_kind<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        self.by_kind.get(kind).into_iter().flat_map(move |places| self.at(places))
    }

    /// The same, each with when it takes place and whether it is shown here: none of them is looked at for that.
    pub(crate) fn of_kind_noted<'a>(
        &'a self,
        kind: &str,
    ) -> impl Iterator<Item = (&'a Arc<Row>, When, Sight)> + use<'a> {
        let numbers = self.by_kind.get(kind).into_iter().flatten().map(|place| place.number as usize);
        let noted = move |number| Some((self.rows.get(number)?, *self.when.get(number)?, *self.sights.get(number)?));
        numbers.filter_map(noted)
    }

    fn at<'a>(&'a self, places: &'a BTreeSet<Place>) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        let places: btree_set::Iter<'a, Place> = places.iter();
        places.filter_map(move |place| self.numbered(place.number))
    }

    /// The records of a kind that were removed, in no order.
    pub fn removed<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        self.removed.get(kind).into_iter().flatten().filter_map(move |number| self.numbered(*number))
    }

    /// The records of a kind whose id begins with `prefix`, removed ones too.
    pub fn with_prefix(&self, kind: &str, prefix: &str) -> Vec<&Arc<Row>> {
        let prefix = prefix.to_ascii_lowercase();
        let Some(range) = beginnings(&prefix) else { return Vec::new() };
        let places = self.by_kind.get(kind).into_iter().flatten().filter(|place| range.contains(&place.beginning));
        let removed = self.removed.get(kind).into_iter().flatten().copied();
        let rows = places.map(|place| place.number).chain(removed).filter_map(|number| self.numbered(number));
        rows.filter(|row| row.document.to_string().starts_with(&prefix)).collect()
    }
}

/// The first eight bytes that ids may have whose letters begin like this; none where no letters of an id do.
fn beginnings(prefix: &str) -> Option<RangeInclusive<u64>> {
    // Sixteen letters are ten bytes.
    let bound = |pad: char| {
        let letters: String = prefix.chars().chain(std::iter::repeat(pad)).take(16).collect();
        from_base32(&letters)?.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
    };
    Some(bound('a')?..=bound('7')?)
}

/// How much a table keeps that holds so much.
pub(super) const fn with_room(held: usize) -> usize {
    held + held / ROOM
}

/// Whether a record is there and not removed.
pub(super) fn is_shown(row: &Row) -> bool {
    !row.heads.is_empty() && !row.is_removed()
}

fn id_of(rows: &[Arc<Row>], number: Number) -> DocumentId {
    rows.get(number as usize).map_or(DocumentId([0; 32]), |row| row.document)
}

fn place_of(row: &Row, number: Number) -> Place {
    let beginning = row.document.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    Place { changed: Reverse(row.changed), beginning, number }
}

/// The ids that the fields of a record name.
fn named_by(registry: &Registry, row: &Row) -> BTreeSet<Named> {
    let kind = row.kind().and_then(|kind| registry.kind(kind));
    let fields = kind.into_iter().flat_map(|kind| &kind.fields).filter(|field| field.field_type.targets().is_some());
    let mut named = BTreeSet::new();
    let mut note = |id: &str| named.extend(id.parse::<DocumentId>().ok().map(|id| id.0));
    for field in fields {
        match row.values.get(&field.name) {
            Some(Value::Text(id)) => note(id),
            Some(Value::Tags(ids)) => ids.iter().for_each(&mut note),
            _ => {}
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use crate::question::fixture::Coalition;
    use grid_protocol::record::Presence;
    use grid_protocol::replica::Row;
    use serde_json::json;

    #[test]
    fn records_are_found_by_as_many_letters_of_their_ids_as_anybody_gives_removed_ones_too() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let ids: Vec<String> =
            (0..300).map(|number| coalition.record(0, "page", json!({"title": format!("Page {number}")}))).collect();
        let removed = coalition.views.records.row(&ids[7].parse().unwrap()).unwrap();
        let removed = Row { presence: Presence::Removed, ..Row::clone(removed) };
        coalition.views.take_rows([removed]);
        let records = &coalition.views.records;
        for id in ids.iter().take(20) {
            for letters in [1, 2, 6, 12, 13, 16, 17, 51, 52] {
                let prefix = id[..letters].to_uppercase();
                let mut found: Vec<String> =
                    records.with_prefix("page", &prefix).iter().map(|row| row.document.to_string()).collect();
                let mut meant: Vec<&String> = ids.iter().filter(|known| known.starts_with(&id[..letters])).collect();
                found.sort();
                meant.sort();
                assert!(found.iter().eq(meant), "{prefix}");
            }
            assert!(records.with_prefix("need", &id[..6]).is_empty());
        }
        for nothing in ["aé", "0189", "a b"] {
            assert!(records.with_prefix("page", nothing).is_empty(), "{nothing}");
        }
        assert_eq!(records.with_prefix("page", "").len(), 300);
    }

    #[test]
    fn a_table_that_gave_back_what_it_did_not_need_has_room_for_the_next_record() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let page = |coalition: &mut Coalition, number: u32| {
            coalition.record(0, "page", json!({"title": format!("Page {number}")}));
        };
        (0..300).for_each(|number| page(&mut coalition, number));
        coalition.views.records.settle();
        let room = |coalition: &Coalition| {
            let records = &coalition.views.records;
            [records.rows.capacity(), records.when.capacity(), records.sights.capacity()]
        };
        let settled = room(&coalition);
        assert!(settled.iter().all(|room| *room < 340), "{settled:?}");
        (300..310).for_each(|number| page(&mut coalition, number));
        assert_eq!(room(&coalition), settled);
    }
}
