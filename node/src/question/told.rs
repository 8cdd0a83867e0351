//! What people tell a question: groups and records by name, by id, by the beginning of an id.

use super::{Asked, Given, Unanswerable, Word};
use crate::view::told::Untold;
use grid_protocol::id::GroupId;
use grid_protocol::record::FieldType;
use grid_protocol::replica::Row;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One group.
pub(super) const GROUP: Word =
    Word { name: "group", about: "Only what this group wrote: its name or its id, or mine.", many: Given::Once };

/// The own group, where no group is called so.
const MINE: &str = "mine";

/// The group that was told, if one was.
pub(super) fn group(asked: &Asked<'_>) -> Result<Option<GroupId>, Unanswerable> {
    let Some(told) = asked.word(GROUP.name) else { return Ok(None) };
    match asked.views.group_told(told) {
        Err(Untold::Nothing { .. }) if told.eq_ignore_ascii_case(MINE) => Ok(Some(asked.views.own)),
        _ => asked.views.group_like(told).map(Some).map_err(Into::into),
    }
}

/// The record that was told with a word, if one was: by its id, the beginning of it, or its whole title.
pub(super) fn record<'a>(asked: &Asked<'a>, word: &str, kinds: &[&str]) -> Result<Option<&'a Arc<Row>>, Unanswerable> {
    let Some(told) = asked.word(word) else { return Ok(None) };
    asked.views.record_meant(kinds, told).map(Some).map_err(Into::into)
}

impl From<Untold> for Unanswerable {
    fn from(untold: Untold) -> Self {
        Self::new(untold.to_string(), untold.hint())
    }
}

/// The group that a reference names, or that wrote the record that it names.
pub(super) fn group_behind(asked: &Asked<'_>, id: &str) -> Option<GroupId> {
    asked.views.group_named(id).or_else(|| asked.referred(id)?.owner())
}

/// Whether the group that has a need, or the one that has what meets it, wrote a match of the two: the word of a third
/// is a suggestion.
pub(super) fn is_of_either(asked: &Asked<'_>, need: &Row, matched: &Row) -> bool {
    let has = has(asked, matched.values.text("with"));
    matched.owner().is_some_and(|by| need.owner() == Some(by) || has == Some(by))
}

/// The group that has what a match names: an asset, a person, itself.
pub(super) fn has(asked: &Asked<'_>, with: &str) -> Option<GroupId> {
    asked.group_of(with).or_else(|| asked.referred(with)?.owner())
}

/// The beginning of the id of a record, as commands take it.
pub(super) fn short_id(row: &Row) -> String {
    let id = row.document.to_string();
    id.get(..8).unwrap_or(&id).to_owned()
}

/// One of some words; nothing where none is said.
///
/// # Errors
///
/// [`Unanswerable`] when it is none of them.
pub(super) fn among<'t>(asked: &'t Asked<'_>, word: &str, known: &[&str]) -> Result<Vec<&'t str>, Unanswerable> {
    let told: Vec<&str> = asked.all(word).collect();
    match told.iter().find(|text| !known.contains(text)) {
        None => Ok(told),
        Some(unknown) => {
            let shown: String = unknown.chars().take(80).collect();
            let message = format!("{word}: expected one of {}, found {shown:?}", known.join(", "));
            Err(Unanswerable::new(message, format!("Leave --{word} out to see all.")))
        }
    }
}

/// The words that a choice of a kind knows.
pub(super) fn choices<'a>(asked: &Asked<'a>, kind: &str, field: &str) -> Vec<&'a str> {
    let field = asked.views.registry.kind(kind).and_then(|kind| kind.field(field));
    match field.map(|field| &field.field_type) {
        Some(FieldType::Choice(choices)) => choices.iter().map(|choice| choice.word.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// The names of groups that are shown here, by name.
pub(super) fn names<'g>(asked: &Asked<'_>, groups: impl IntoIterator<Item = &'g GroupId>) -> Vec<String> {
    let names: BTreeSet<(String, GroupId)> = groups
        .into_iter()
        .filter(|group| asked.shows_group(group))
        .map(|group| (asked.views.name_of(group), *group))
        .collect();
    names.into_iter().map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn a_group_and_a_record_are_named_by_name_by_id_or_by_its_beginning() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "hollin choir"]);
        let vigil = coalition.record(0, "action", json!({"title": "Vigil"}));
        let of = |told: &str| coalition.ask("letters", &[("of", told)]);
        for told in [&*vigil, &vigil[..8], "vigil"] {
            assert!(of(told).is_ok(), "{told}");
        }
        assert!(of("march").unwrap_err().message.contains("march"));
        let by = |told: &str| coalition.ask("report", &[("group", told)]);
        assert!(by("clean river").is_ok());
        assert!(by(&Coalition::group(1)).is_ok());
        assert!(by("Hollin Choir").unwrap_err().message.contains("fits 2"));
    }
}
