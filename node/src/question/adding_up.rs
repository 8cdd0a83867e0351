//! Adding up: which actions lead to which objective, and which lead to none.

use super::shown::{by_title, day_or_moment, line, moment};
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use crate::question::asked::tags;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::replica::Row;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What adds up.
pub(super) const QUESTION: Question = Question {
    name: "adding-up",
    about: "Which actions lead to which objective, and which lead to none.",
    place: Place::Ask,
    words: &[],
    answer,
};

/// The objectives that an action works towards: those that it names, and that of its moment.
pub(super) fn objectives_of(asked: &Asked<'_>, action: &Row) -> BTreeSet<DocumentId> {
    let moment = asked.referred(action.values.text("moment"));
    let through_moment = moment.map(|moment| moment.values.text("objective")).into_iter();
    let named = tags(action, "objectives").chain(through_moment).filter_map(|id| asked.referred(id));
    named.filter(|row| row.kind() == Some("objective")).map(|row| row.document).collect()
}

/// The actions that lead to no objective, and why that is so; those that were cancelled left out.
pub(super) fn unlinked<'a>(asked: &Asked<'a>) -> Vec<(&'a Arc<Row>, &'static str)> {
    let mut found: Vec<&Arc<Row>> = asked
        .current("action")
        .filter(|action| action.values.text("status") != "cancelled" && objectives_of(asked, action).is_empty())
        .collect();
    by_title(asked, &mut found);
    let why = |action: &Row| match tags(action, "objectives").next() {
        Some(_) => "its objective is not here",
        None => "it names no objective",
    };
    found.into_iter().map(|action| (action, why(action))).collect()
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let mut actions: BTreeMap<DocumentId, (usize, BTreeSet<GroupId>)> = BTreeMap::new();
    for action in asked.records("action").filter(|action| action.values.text("status") != "cancelled") {
        for objective in objectives_of(asked, action) {
            let (count, groups) = actions.entry(objective).or_default();
            *count += 1;
            groups.extend(action.owner());
        }
    }
    let mut objectives: Vec<&Arc<Row>> = asked.records("objective").collect();
    by_title(asked, &mut objectives);
    let rows = objectives.into_iter().map(|objective| {
        let (count, groups) = actions.remove(&objective.document).unwrap_or_default();
        let more = json!({
            "status": objective.values.text("status"),
            "until": day_or_moment(asked, objective, "until"),
            "measure": objective.values.text("measure"),
            "actions": count,
            "groups": groups.len(),
            "wins": asked.referring(objective, "win").count(),
        });
        line(asked, objective, more)
    });
    let columns = [
        ("title", "Objective"),
        ("status", "Status"),
        ("until", "Until"),
        ("actions", "Actions"),
        ("groups", "Groups"),
        ("wins", "Wins"),
    ];
    let objectives =
        Section::new("objectives", "Objectives and what leads to them", &columns, "There is no objective yet.");
    let rows_unlinked = unlinked(asked)
        .into_iter()
        .map(|(action, why)| line(asked, action, json!({"starts": moment(action, "starts"), "why": why})));
    let columns = [("title", "Action"), ("by", "Group"), ("starts", "When"), ("why", "Why")];
    let none = match asked.records("action").next() {
        Some(_) => "Every action leads somewhere.",
        None => "There is no action yet.",
    };
    let unlinked = Section::new("unlinked", "Actions that lead to no objective", &columns, none);
    Ok(Reply::default().with(objectives.rows(rows)).with(unlinked.rows(rows_unlinked)))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn actions_without_an_objective_are_listed_and_those_of_a_moment_count_for_its_own() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let licence = coalition.record(0, "objective", json!({"title": "No licence"}));
        coalition.record(0, "objective", json!({"title": "A clean harbour"}));
        let day = coalition.record(0, "moment", json!({"title": "River day", "objective": licence}));
        coalition.record(0, "action", json!({"title": "Vigil", "objectives": [licence], "moment": day}));
        coalition.record(1, "action", json!({"title": "Song", "moment": day}));
        coalition.record(1, "action", json!({"title": "Bake sale"}));
        coalition.record(1, "action", json!({"title": "Race", "status": "cancelled"}));
        coalition.record(1, "action", json!({"title": "Paddle", "objectives": [Coalition::group(9)]}));
        let reply = coalition.ask("adding-up", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "objectives", "title"), ["A clean harbour", "No licence"]);
        assert_eq!(Coalition::column(&reply, "objectives", "actions"), [0, 2]);
        assert_eq!(Coalition::column(&reply, "objectives", "groups"), [0, 2]);
        assert_eq!(Coalition::column(&reply, "unlinked", "title"), ["Bake sale", "Paddle"]);
        let why = Coalition::column(&reply, "unlinked", "why");
        assert_eq!(why, ["it names no objective", "its objective is not here"]);
    }
}
