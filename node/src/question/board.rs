//! Board: which groups connect, align and produce; a group may be at several stages.

use super::asked::tags;
use super::shown::{by_name, or_nothing, place};
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::Stage;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Which group is at which stage.
pub(super) const QUESTION: Question = Question {
    name: "board",
    about: "Which groups connect, align and produce, and which have not said.",
    place: Place::Ask,
    words: &[],
    answer,
};

const COLUMNS: [(&str, &str); 3] = [("name", "Group"), ("place", "Where"), ("also", "Also at")];

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let profiles = asked.profiles();
    let mut groups: Vec<(GroupId, Option<&Arc<Row>>)> =
        asked.shown_members().into_iter().map(|group| (group, profiles.get(&group).copied())).collect();
    groups.sort_by_cached_key(|(group, _)| by_name(&asked.name(group), DocumentId(group.0)));
    let at =
        |row: Option<&Arc<Row>>, stage: Stage| row.is_some_and(|row| tags(row, "stages").any(|it| it == stage.word()));
    let row = |(group, profile): &(GroupId, Option<&Arc<Row>>), here: Option<Stage>| -> Json {
        let also: Vec<&str> = Stage::ALL
            .into_iter()
            .filter(|stage| Some(*stage) != here && at(*profile, *stage))
            .map(Stage::word)
            .collect();
        json!({
            "group": group.to_string(),
            "name": asked.name(group),
            "place": profile.and_then(|row| or_nothing(place(row))),
            "also": also,
        })
    };
    let mut reply = Reply::default();
    for (stage, heading) in [
        (Stage::Connect, "Connect: finding out who is there"),
        (Stage::Align, "Align: agreeing on what unites"),
        (Stage::Produce, "Produce: acting together"),
    ] {
        let here = groups.iter().filter(|(_, profile)| at(*profile, stage));
        let section = Section::new(stage.word(), heading, &COLUMNS, "No group says that it is here.");
        reply = reply.with(section.rows(here.map(|group| row(group, Some(stage)))));
    }
    let without = groups.iter().filter(|(_, profile)| Stage::ALL.into_iter().all(|stage| !at(*profile, stage)));
    let section = Section::new("without", "Have not said where they are", &COLUMNS[..2], "Every group has said.");
    Ok(reply.with(section.rows(without.map(|group| row(group, None)))))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn a_group_stands_at_each_of_its_stages_and_one_that_says_nothing_apart() {
        let mut coalition = Coalition::quiet_since(1, &["Clean River", "Hollin Choir", "Ferry Friends", "Quiet Few"]);
        coalition.record(0, "group", json!({"name": "Clean River", "stages": ["connect", "produce"]}));
        coalition.record(1, "group", json!({"name": "Hollin Choir", "stages": ["produce"]}));
        coalition.record(2, "group", json!({"name": "Ferry Friends", "stages": ["align"]}));
        let reply = coalition.ask("board", &[]).unwrap();
        let at = |stage: &str| Coalition::column(&reply, stage, "name");
        assert_eq!(at("connect"), ["Clean River"]);
        assert_eq!(at("align"), ["Ferry Friends"]);
        assert_eq!(at("produce"), ["Clean River", "Hollin Choir"]);
        assert_eq!(at("without"), ["Quiet Few"]);
        assert_eq!(Coalition::column(&reply, "connect", "also"), [json!(["produce"])]);
        coalition.record(0, "hiding", json!({"what": "x", "sort": "group", "of_group": Coalition::group(2)}));
        assert!(Coalition::column(&coalition.ask("board", &[]).unwrap(), "align", "name").is_empty());
    }
}
