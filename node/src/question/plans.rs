//! Plans: what is meant to be done, how it was changed, and which data led to each change.

use super::asked::tags;
use super::period::day_or_written;
use super::shown::{at_or_written, brief, by_title, day_or_moment, line};
use super::told::record;
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use grid_protocol::replica::Row;
use serde_json::json;
use std::cmp::Reverse;
use std::sync::Arc;

/// How plans change.
pub(super) const QUESTION: Question = Question {
    name: "plans",
    about: "Plans, how they were changed, and the data that each change goes back to.",
    place: Place::Ask,
    words: &[Word { name: "of", about: "Only this plan: its id or its title.", many: Given::Once }],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let of = record(asked, "of", &["plan"])?;
    let mut plans: Vec<&Arc<Row>> =
        asked.records("plan").filter(|plan| of.is_none_or(|of| of.document == plan.document)).collect();
    by_title(asked, &mut plans);
    let mut changes = Vec::new();
    let mut rows = Vec::new();
    for plan in plans {
        let mut revisions: Vec<&Arc<Row>> = asked.referring(plan, "revision").collect();
        revisions.sort_by_key(|revision| (Reverse(day_or_written(revision, "on")), revision.document));
        let more = json!({
            "until": day_or_moment(asked, plan, "until"),
            "objectives": tags(plan, "objectives").count(),
            "revisions": revisions.len(),
            "last": revisions.first().map(|revision| at_or_written(asked, revision, "on")),
            "body": asked.referred(plan.values.text("body")).map(|body| asked.title(body)),
        });
        rows.push(line(asked, plan, more));
        changes.extend(revisions.into_iter().map(|revision| {
            let because: Vec<String> = tags(revision, "because")
                .map(|id| asked.views.title_of_id(id).unwrap_or_else(|| "something that is not here".to_owned()))
                .collect();
            let cited = if because.is_empty() { "no data".to_owned() } else { because.join(", ") };
            let more = json!({
                "change": brief(revision.values.text("change")),
                "on": at_or_written(asked, revision, "on"),
                "because": tags(revision, "because").collect::<Vec<_>>(),
                "cites": because.len(),
                "cited": cited,
            });
            line(asked, revision, more)
        }));
    }
    let columns = [
        ("title", "Plan"),
        ("by", "Group"),
        ("objectives", "Objectives"),
        ("revisions", "Changes"),
        ("last", "Changed"),
        ("until", "Until"),
    ];
    let empty = "There is no plan yet: `grid plan new --title TITLE` makes one.";
    let plans = Section::new("plans", "Plans", &columns, empty).rows(rows);
    let columns = [("title", "Plan"), ("change", "Change"), ("by", "Group"), ("on", "When"), ("cited", "Because of")];
    let empty = "No plan was changed: `grid revision new --plan ID --because ID` tells why one is.";
    Ok(Reply::default()
        .with(plans)
        .with(Section::new("changes", "Changes, and what led to them", &columns, empty).rows(changes)))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn a_change_of_a_plan_cites_its_data_and_one_without_is_told() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let plan = coalition.record(0, "plan", json!({"title": "Autumn"}));
        let report = coalition.record(0, "report", json!({"title": "The vigil"}));
        let change = json!({"plan": plan, "change": "fewer vigils", "because": [report, Coalition::group(40)], "on": "2026-11-02T10:00:00Z"});
        coalition.record(0, "revision", change);
        // Whoever writes with another program may leave the data out.
        let songs = json!({"plan": plan, "change": "more songs", "on": "2026-11-01T10:00:00Z"});
        coalition.unchecked(0, "revision", songs);
        let reply = coalition.ask("plans", &[("of", "Autumn")]).unwrap();
        assert_eq!(Coalition::column(&reply, "plans", "revisions"), [2]);
        assert_eq!(Coalition::column(&reply, "changes", "change"), ["fewer vigils", "more songs"]);
        let cited = Coalition::column(&reply, "changes", "cited");
        assert!(cited[0].as_str().unwrap().contains("The vigil"), "{cited:?}");
        assert_eq!(cited[1], "no data");
    }
}
