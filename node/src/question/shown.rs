//! Who and what may be listed, and how rows show it: what every row says of a record, and how figures are written.

use super::Asked;
use super::asked::number;
use crate::view::fold::folded;
pub(super) use crate::view::listed::may_be_listed;
use grid_protocol::id::GroupId;
use grid_protocol::record::{Coordinates, Value};
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Letters of a text that a table shows at most.
const BRIEF: usize = 60;

/// Rows of a section where nothing is said: nobody reads more, and whoever wants more says how many.
pub(super) const MOST: usize = 200;

impl<'a> Asked<'a> {
    /// The profiles of groups, by group; those of groups that have left are not among them.
    pub(super) fn profiles(&self) -> BTreeMap<GroupId, &'a Arc<Row>> {
        let mut profiles = BTreeMap::new();
        for row in self.current("group") {
            if let Some(group) = row.owner() {
                profiles.entry(group).or_insert(row);
            }
        }
        profiles
    }

    /// The member groups that are not hidden here.
    pub(super) fn shown_members(&self) -> BTreeSet<GroupId> {
        self.members().filter(|group| self.shows_group(group)).collect()
    }

    /// The people who agreed to be listed, of groups that have not left.
    pub(super) fn people(&self) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        self.current("person").filter(|row| may_be_listed(row))
    }

    /// The record that a field of a record names.
    pub(super) fn named(&self, row: &Row, field: &str) -> Option<&'a Arc<Row>> {
        self.referred(row.values.text(field))
    }

    /// The group that an id stands for: its own, that of its profile, that of a person.
    pub(super) fn group_of(&self, id: &str) -> Option<GroupId> {
        self.views.group_named(id).or_else(|| match self.referred(id) {
            Some(row) if row.kind() == Some("person") => row.owner(),
            _ => None,
        })
    }

    /// The name of a group that has an id.
    pub(super) fn name(&self, group: &GroupId) -> String {
        self.views.name_of(group)
    }

    /// What a field that names something is called, where that is here and shown.
    pub(super) fn title_named(&self, row: &Row, field: &str) -> String {
        let id = row.values.text(field);
        match (self.referred(id), self.group_of(id)) {
            (Some(row), _) => self.title(row),
            (None, Some(group)) => self.name(&group),
            (None, None) if id.is_empty() => String::new(),
            (None, None) => "not here".to_owned(),
        }
    }
}

/// What a yes-or-no field says.
pub(super) fn flag(row: &Row, field: &str) -> bool {
    matches!(row.values.get(field), Some(Value::Flag(true)))
}

/// Where a record is, in words. Whoever goes by an alias is nowhere.
pub(super) fn place(row: &Row) -> &str {
    match row.values.text("place") {
        _ if flag(row, "alias") => "",
        "" => row.values.text("address"),
        place => place,
    }
}

/// Where a record is on the map. Whoever goes by an alias is nowhere.
pub(super) fn point(row: &Row) -> Option<Coordinates> {
    row.values.get("coordinates").and_then(Value::as_coordinates).filter(|_| !flag(row, "alias"))
}

/// The id under which programs go on with a record: a group's own id stands for its profile.
pub(super) fn id(row: &Row) -> String {
    match (row.kind(), row.owner()) {
        (Some("group"), Some(group)) => group.to_string(),
        _ => row.document.to_string(),
    }
}

/// The id of the group that wrote a record.
pub(super) fn group_id(row: &Row) -> Json {
    row.owner().map_or(Json::Null, |group| Json::String(group.to_string()))
}

/// A text, or nothing where it is empty: tables show that as a dash.
pub(super) fn or_nothing(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// The beginning of a text, in one line.
pub(super) fn short(text: &str, letters: usize) -> String {
    let line: Vec<&str> = text.split_whitespace().take(letters).collect();
    let line = line.join(" ");
    match line.char_indices().nth(letters) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// The moment of a field as rows carry it.
pub(super) fn moment(row: &Row, field: &str) -> Json {
    match row.values.get(field) {
        Some(Value::DateTime(moment)) => Json::String(moment.instant().to_string()),
        _ => Json::Null,
    }
}

/// The day of a field, where it was given as a day, else its moment: as rows carry it.
pub(super) fn day_or_moment(asked: &Asked<'_>, row: &Row, field: &str) -> Json {
    asked.day_of(row, field).map_or_else(|| moment(row, field), |day| Json::String(day.to_string()))
}

/// The first of a list by what is quick to tell, and by what is not where that is the same: names are worked out for
/// those alone that may be shown.
pub(super) fn foremost<T, Q: Ord + Clone, S: Ord>(
    all: Vec<T>,
    most: usize,
    quick: impl Fn(&T) -> Q,
    slow: impl Fn(&T) -> S,
) -> Vec<T> {
    let mut all: Vec<(Q, T)> = all.into_iter().map(|one| (quick(&one), one)).collect();
    if let Some(last) = most.checked_sub(1).filter(|last| *last < all.len()) {
        let (_, (last, _), _) = all.select_nth_unstable_by(last, |(one, _), (other, _)| one.cmp(other));
        let last = last.clone();
        all.retain(|(quick, _)| *quick <= last);
    }
    all.sort_by_cached_key(|(quick, one)| (quick.clone(), slow(one)));
    all.truncate(most);
    all.into_iter().map(|(_, one)| one).collect()
}

/// What lists are ordered by: the name, whatever its case and accents, then the id.
pub(super) fn by_name<I>(name: &str, id: I) -> (String, I) {
    (folded(name), id)
}

/// What a row says of a record: its `id`, `kind`, `title`, the `group` that wrote it and its name, `by`; its `status`
/// where that is not the one with which the kind begins, and `marked`, the title with that status behind it; and more.
pub(super) fn line(asked: &Asked<'_>, row: &Row, more: Json) -> Json {
    let title = asked.title(row);
    let mut line = json!({
        "id": row.document.to_string(),
        "kind": row.kind(),
        "marked": marked(asked, row, &title),
        "title": title,
        "group": row.owner().map(|group| group.to_string()),
        "by": asked.group_name(row),
    });
    if let Some(turned) = asked.views.turned(row) {
        line["status"] = turned.into();
    }
    if let (Some(line), Json::Object(more)) = (line.as_object_mut(), more) {
        line.extend(more);
    }
    line
}

/// What a record is called, with what became of it: `Vigil (cancelled)`.
pub(super) fn marked(asked: &Asked<'_>, row: &Row, title: &str) -> String {
    match asked.views.turned(row) {
        Some(turned) => format!("{title} ({})", turned.replace('_', " ")),
        None => title.to_owned(),
    }
}

/// The same order everywhere: by name, then by id.
pub(super) fn by_title(asked: &Asked<'_>, rows: &mut [&Arc<Row>]) {
    rows.sort_by_cached_key(|row| by_name(&asked.title(row), row.document));
}

/// A count of a field: nothing and what is below zero are 0.
pub(super) fn count(row: &Row, field: &str) -> f64 {
    number(row, field).filter(|number| *number > 0.0).unwrap_or(0.0)
}

/// A figure as JSON: whole where it is whole; sums beyond all numbers stop at the largest.
pub(super) fn figure(number: f64) -> Json {
    Value::Number(number.min(f64::MAX)).to_json()
}

/// A field as JSON, as the API shows it.
pub(super) fn field(row: &Row, field: &str) -> Json {
    row.values.get(field).map_or(Json::Null, Value::to_json)
}

/// The day or the moment of a field; where there is none, that at which the record was written.
pub(super) fn at_or_written(asked: &Asked<'_>, row: &Row, field: &str) -> Json {
    Some(day_or_moment(asked, row, field)).filter(|day| !day.is_null()).unwrap_or_else(|| at(row.created))
}

/// A moment as answers show moments.
pub(super) fn at(moment: Timestamp) -> Json {
    Json::String(moment.to_string())
}

/// The beginning of a text: as much of its first line as a table shows.
pub(super) fn brief(text: &str) -> String {
    short(text.trim().lines().next().unwrap_or_default(), BRIEF)
}

/// Of each group its newest record: whoever speaks twice means the last word.
pub(super) fn newest_of_each<'a>(rows: impl Iterator<Item = &'a Arc<Row>>) -> BTreeMap<GroupId, &'a Arc<Row>> {
    let mut newest: BTreeMap<GroupId, &Arc<Row>> = BTreeMap::new();
    for row in rows {
        let Some(group) = row.owner() else { continue };
        let known = newest.entry(group).or_insert(row);
        if (known.changed, known.document) < (row.changed, row.document) {
            *known = row;
        }
    }
    newest
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    proptest! {
        #[test]
        fn the_first_are_those_that_sorting_all_puts_first(
            all in prop::collection::vec((0_u8..4, 0_u8..9), 0..40),
            most in 0_usize..12,
        ) {
            let mut sorted = all.clone();
            sorted.sort_unstable();
            sorted.truncate(most);
            prop_assert_eq!(foremost(all, most, |(quick, _)| *quick, |(_, slow)| *slow), sorted);
        }
    }

    #[test]
    fn a_group_is_hidden_by_its_own_id_and_by_that_of_its_profile() {
        for named_by_profile in [false, true] {
            let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
            coalition.record(1, "action", json!({"title": "Song at the gate"}));
            let profile = coalition.record(1, "group", json!({"name": "Hollin Choir"}));
            let named = if named_by_profile { profile } else { Coalition::group(1) };
            let titles = |coalition: &Coalition| {
                let reply = coalition.ask("find", &[("text", "song")]).unwrap();
                Coalition::column(&reply, "others", "name")
            };
            assert_eq!(titles(&coalition), ["Song at the gate"]);
            coalition.record(0, "hiding", json!({"what": "the choir", "sort": "group", "of_group": named}));
            assert!(titles(&coalition).is_empty(), "{named}");
        }
    }

    #[test]
    fn nobody_is_listed_or_placed_by_a_record_that_keeps_to_no_rule() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let forced = coalition.unchecked(1, "person", json!({"name": "Ann", "place": "Lismore"}));
        let owl =
            json!({"name": "Owl", "agreed": true, "alias": true, "place": "Ballina", "coordinates": "-28.8,153.5"});
        let owl = coalition.unchecked(1, "person", owl);
        let row = |id: &str| coalition.views.records.row(&id.parse().unwrap()).unwrap().clone();
        assert!(coalition.views.hidden.hides(&row(&forced)) && !coalition.views.hidden.hides(&row(&owl)));
        let owl = row(&owl);
        assert_eq!((owl.values.text("place"), owl.values.get("coordinates")), ("", None));
        assert!(coalition.views.shown("person").all(|row| row.values.text("name") == "Owl"));
    }

    #[test]
    fn figures_are_whole_where_they_can_be_and_never_endless() {
        assert_eq!(figure(3.0).to_string(), "3");
        assert_eq!(figure(2.5).to_string(), "2.5");
        assert!(figure(f64::INFINITY).is_number());
    }

    #[test]
    fn long_texts_are_cut_between_letters() {
        assert_eq!(brief("  one line\nand another"), "one line");
        assert_eq!(brief(&"é".repeat(70)), format!("{}…", "é".repeat(60)));
    }
}
