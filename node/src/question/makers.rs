//! Makers: what was made from what, with the maker of each always named, also where the original was removed or is
//! hidden here. Where the way back ends at what is not here, nobody is named as the first maker.

use super::shown::{by_name, or_nothing};
use super::told::record;
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use crate::view::credit::{MADE, Source};
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Steps back that are followed: a chain that is longer, or a ring, ends there.
const STEPS: usize = 16;
/// What stands for a maker whom nothing here names.
const UNKNOWN: &str = "not known here";

/// What was made from what, and by whom.
pub(super) const QUESTION: Question = Question {
    name: "makers",
    about: "Resources and actions that were made from others, with every maker named, and those that others used.",
    place: Place::Ask,
    words: &[Word { name: "of", about: "Only this resource or action: its id or its title.", many: Given::Once }],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let only = record(asked, "of", &MADE.map(|(kind, _)| kind))?.map(|row| row.document);
    let (mut made, mut used) = (Vec::new(), Vec::new());
    for (kind, field) in MADE {
        for row in asked.records(kind).filter(|row| only.is_none_or(|only| row.document == only)) {
            if !row.values.text(field).is_empty() || only.is_some() {
                made.push(row);
            }
            let from = |user: &Row| asked.views.source_of(user).map(|source| source.document());
            let users = asked.referring(row, kind).filter(|user| from(user) == Some(row.document)).count();
            if users > 0 {
                used.push((row, users));
            }
        }
    }
    made.sort_by_cached_key(|row| by_name(&asked.title(row), row.document));
    used.sort_by_cached_key(|(row, users)| (std::cmp::Reverse(*users), by_name(&asked.title(row), row.document)));
    let made = made.into_iter().map(|row| line(asked, row));
    let used = used.into_iter().map(|(row, users)| {
        json!({
            "id": row.document.to_string(),
            "kind": row.kind(),
            "name": asked.title(row),
            "maker": asked.views.maker_of(row),
            "group": row.owner().map(|group| group.to_string()),
            "licence": or_nothing(row.values.text("licence")),
            "users": users,
        })
    });
    let columns = [
        ("name", "Title"),
        ("kind", "What"),
        ("maker", "Made by"),
        ("lineage", "Made from"),
        ("origin", "First maker"),
    ];
    let made =
        Section::new("made", "Made from something", &columns, "Nothing was made from something else yet.").rows(made);
    let columns =
        [("name", "Title"), ("kind", "What"), ("maker", "Made by"), ("licence", "Licence"), ("users", "Used by")];
    let used = Section::new("used", "Used by others", &columns, "Nothing was used by others yet.").rows(used);
    Ok(Reply::default().with(made).with(used))
}

/// Something and what it was made from, step by step.
fn line(asked: &Asked<'_>, row: &Arc<Row>) -> Json {
    let views = asked.views;
    let mut seen = vec![row.document];
    let mut lineage = Vec::new();
    let mut first = Some(row);
    while let Some(last) = first
        && let Some(source) = views.source_of(last)
    {
        if seen.contains(&source.document()) || seen.len() > STEPS {
            lineage.push("and so on".to_owned());
            first = None;
            break;
        }
        seen.push(source.document());
        let credit = views.credit(last).map(|credit| credit.to_string()).unwrap_or_default();
        first = match source {
            Source::Here(row) => Some(row),
            Source::Unknown(_) => None,
        };
        let is_removed = first.is_some_and(|row| row.is_removed());
        lineage.push(if is_removed { format!("{credit} (removed)") } else { credit });
    }
    let maker = first.map(|first| views.maker_of(first)).filter(|maker| !maker.is_empty());
    json!({
        "id": row.document.to_string(),
        "kind": row.kind(),
        "name": asked.title(row),
        "maker": views.maker_of(row),
        "group": row.owner().map(|group| group.to_string()),
        "lineage": lineage,
        "origin": maker.unwrap_or_else(|| UNKNOWN.to_owned()),
        "origin_id": first.map(|first| first.document.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use super::UNKNOWN;
    use serde_json::json;

    #[test]
    fn what_was_made_from_something_names_every_maker() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let first = coalition.record(0, "resource", json!({"title": "Song book", "author": "Ann"}));
        let second = coalition.record(1, "resource", json!({"title": "Songs for gates", "based_on_resource": first}));
        let third = coalition.record(2, "resource", json!({"title": "Ferry songs", "based_on_resource": second}));
        let vigil = coalition.record(0, "action", json!({"title": "Vigil"}));
        coalition.record(1, "action", json!({"title": "Vigil too", "copied_from": vigil}));
        let reply = coalition.ask("makers", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "made", "name"), ["Ferry songs", "Songs for gates", "Vigil too"]);
        assert_eq!(Coalition::column(&reply, "made", "origin"), ["Ann", "Ann", "Clean River"]);
        assert_eq!(
            Coalition::column(&reply, "made", "lineage")[0],
            json!(["Songs for gates by Hollin Choir", "Song book by Ann"])
        );
        assert_eq!(Coalition::column(&reply, "used", "users"), [1, 1, 1]);
        let one = coalition.ask("makers", &[("of", &third)]).unwrap();
        assert_eq!(Coalition::column(&one, "made", "maker"), ["Ferry Friends"]);
    }

    #[test]
    fn rings_and_what_is_not_here_come_to_an_end() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let lost = Coalition::group(9);
        coalition.record(0, "resource", json!({"title": "Orphan", "based_on_resource": lost}));
        let mut before = Coalition::group(8);
        for step in 0..40 {
            before = coalition.record(1, "action", json!({"title": format!("Step {step}"), "copied_from": before}));
        }
        let reply = coalition.ask("makers", &[]).unwrap();
        let lineage = Coalition::column(&reply, "made", "lineage");
        assert_eq!(lineage.len(), 41);
        assert!(lineage.iter().all(|steps| steps.as_array().unwrap().len() <= super::STEPS + 1));
        let origins = Coalition::column(&reply, "made", "origin");
        assert!(origins.iter().all(|origin| origin == UNKNOWN), "whoever copied is no first maker: {origins:?}");
        assert!(Coalition::column(&reply, "made", "origin_id").iter().all(serde_json::Value::is_null));
        // The ids of the second coalition are those of the first: so each can name the other.
        let mut ring = Coalition::new(&["Clean River"]);
        let later = {
            let mut same = Coalition::new(&["Clean River"]);
            same.record(0, "resource", json!({"title": "One"}));
            same.record(0, "resource", json!({"title": "Two"}))
        };
        let one = ring.record(0, "resource", json!({"title": "One", "based_on_resource": later}));
        assert_eq!(ring.record(0, "resource", json!({"title": "Two", "based_on_resource": one})), later);
        let reply = ring.ask("makers", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "made", "lineage")[0], json!(["Two by Clean River", "and so on"]));
        assert_eq!(Coalition::column(&reply, "made", "origin"), [UNKNOWN, UNKNOWN], "in a ring nobody was first");
        coalition.record(0, "hiding", json!({"what": "Choir", "sort": "group", "of_group": Coalition::group(1)}));
        let reply = coalition.ask("makers", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "made", "name"), ["Orphan"]);
        coalition.record(0, "action", json!({"title": "Copy", "copied_from": before}));
        let reply = coalition.ask("makers", &[]).unwrap();
        let lineage = &Coalition::column(&reply, "made", "lineage")[0];
        assert_eq!(lineage[0], "something by Hollin Choir", "what is hidden has a maker all the same");
        assert!(!lineage.to_string().contains("Step"), "and nothing else is told of it: {lineage}");
    }

    #[test]
    fn nobody_is_made_the_maker_of_what_is_of_another_kind_or_not_here() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let page = coalition.record(0, "page", json!({"title": "How we work"}));
        for from in [page, Coalition::group(9)] {
            let copy = coalition.record(1, "action", json!({"title": "Copy", "copied_from": from}));
            let reply = coalition.ask("makers", &[("of", &copy)]).unwrap();
            assert_eq!(Coalition::column(&reply, "made", "origin"), [UNKNOWN]);
            assert_eq!(Coalition::column(&reply, "made", "lineage"), [json!(["something that is not known here"])]);
        }
    }
}
