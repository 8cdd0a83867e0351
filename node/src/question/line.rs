//! Lines of answers: what every row says of a record, and how figures are written.

use super::Asked;
use super::asked::number;
use grid_protocol::id::GroupId;
use grid_protocol::record::Value;
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Letters of a text that a table shows at most.
const SHOWN: usize = 60;

/// What a row says of a record: its `id`, `kind`, `title`, the `group` that wrote it and its name, `by`; and more.
pub(super) fn line(asked: &Asked<'_>, row: &Row, more: Json) -> Json {
    let mut line = json!({
        "id": row.document.to_string(),
        "kind": row.kind(),
        "title": asked.title(row),
        "group": row.owner().map(|group| group.to_string()),
        "by": asked.group_name(row),
    });
    if let (Some(line), Json::Object(more)) = (line.as_object_mut(), more) {
        line.extend(more);
    }
    line
}

/// The same order everywhere: by name, then by id.
pub(super) fn by_title(asked: &Asked<'_>, rows: &mut [&Arc<Row>]) {
    rows.sort_by_cached_key(|row| (asked.title(row).to_lowercase(), row.document));
}

/// A count of a field: nothing and what is below zero are 0.
pub(super) fn count(row: &Row, field: &str) -> f64 {
    number(row, field).filter(|number| *number > 0.0).unwrap_or(0.0)
}

/// A figure as JSON: whole where it is whole; sums beyond all numbers stop at the largest.
pub(super) fn figure(number: f64) -> Json {
    Value::Number(number.min(f64::MAX)).to_json()
}

/// A flag; nothing is no.
pub(super) fn flag(row: &Row, field: &str) -> bool {
    matches!(row.values.get(field), Some(Value::Flag(true)))
}

/// A field as JSON, as the API shows it.
pub(super) fn field(row: &Row, field: &str) -> Json {
    row.values.get(field).map_or(Json::Null, Value::to_json)
}

/// A moment of a field as answers show moments.
pub(super) fn moment(row: &Row, field: &str) -> Json {
    super::asked::instant(row, field).map_or(Json::Null, at)
}

/// The moment of a field; where there is none, that at which the record was written.
pub(super) fn at_or_written(row: &Row, field: &str) -> Json {
    at(super::asked::instant(row, field).unwrap_or(row.created))
}

/// A moment as answers show moments.
pub(super) fn at(moment: Timestamp) -> Json {
    Json::String(moment.to_string())
}

/// The beginning of a text: a part of its first line.
pub(super) fn brief(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or(line).trim_end()),
        None => line.to_owned(),
    }
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
    use super::*;

    #[test]
    fn figures_are_whole_where_they_can_be_and_never_endless() {
        assert_eq!(figure(3.0).to_string(), "3");
        assert_eq!(figure(2.5).to_string(), "2.5");
        assert!(figure(f64::INFINITY).is_number());
    }

    #[test]
    fn long_texts_are_cut_between_letters() {
        assert_eq!(brief("  one line\nand another"), "one line");
        assert_eq!(brief(&"é".repeat(70)), format!("{}...", "é".repeat(60)));
    }
}
