//! Reflection: rounds on power, race and who is not there. What was said stays where it was said.

use super::asked::{instant, number};
use super::period::{begins, is_over, next, next_or_first};
use super::seats::filled_at;
use super::shown::{by_name, by_title, day_or_moment, line, newest_of_each};
use super::told::names;
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Which rounds there are.
pub(super) const QUESTION: Question = Question {
    name: "reflection",
    about: "Rounds of reflection on power and absence: what is set, what was held, how much was answered here.",
    place: Place::Ask,
    words: &[],
    answer,
};

/// Groups that are named as absent; how many more there are is said.
const NAMED: usize = 12;

/// Whether a group came; as long as nobody has written that down, whether it says that it comes.
fn comes(answer: &Row) -> bool {
    match number(answer, "came") {
        Some(came) => came > 0.0,
        None => matches!(answer.values.text("says"), "going" | "maybe"),
    }
}

/// The groups that come to a round, or came, and those that were expected and did not: whoever sits in the body that
/// meets, and whoever said that it comes.
fn there_and_absent(asked: &Asked<'_>, event: &Row) -> (usize, Json) {
    let answers = newest_of_each(asked.referring(event, "attendance"));
    let there: BTreeSet<GroupId> =
        answers.iter().filter(|(_, answer)| comes(answer)).map(|(group, _)| *group).collect();
    let going = answers.iter().filter(|(_, answer)| answer.values.text("says") == "going").map(|(group, _)| *group);
    let mut expected: BTreeSet<GroupId> = going.collect();
    let body = asked.named(event, "body");
    if let Some(body) = body {
        let then = instant(event, "starts").unwrap_or(asked.now);
        expected.extend(filled_at(asked, body, then).iter().filter_map(|seat| seat.owner()));
    }
    let mut absent = names(asked, expected.difference(&there));
    let more = absent.len().saturating_sub(NAMED);
    absent.truncate(NAMED);
    absent.extend((more > 0).then(|| format!("and {more} more")));
    // Where nobody was expected, nobody can say who was missing.
    let known = body.is_some() || !absent.is_empty();
    (there.len(), if known { json!(absent) } else { Json::Null })
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let round = |row: &&Arc<Row>| row.values.text("sort") == "reflection" && row.values.text("status") != "cancelled";
    let mut events: Vec<&Arc<Row>> = asked.records("event").filter(round).collect();
    let begins = |event: &Row| next(event, asked.now).map(|next| begins(&next)).or_else(|| instant(event, "starts"));
    events.sort_by_cached_key(|event| (begins(event), by_name(&asked.title(event), event.document)));
    let (past, mut coming): (Vec<_>, Vec<_>) = events.into_iter().partition(|event| is_over(event, asked.now));
    coming.retain(|event| asked.views.holds(event));
    let one = |event: &Arc<Row>| {
        let (there, absent) = there_and_absent(asked, event);
        let more = json!({
            "starts": next_or_first(event, asked.now),
            "place": event.values.text("place"),
            "groups": there,
            "absent": absent,
        });
        line(asked, event, more)
    };
    let columns = [
        ("title", "Round"),
        ("by", "Group"),
        ("starts", "When"),
        ("place", "Where"),
        ("groups", "Groups that come"),
        ("absent", "Expected, and has not said that it comes"),
    ];
    let empty = "No round is set: `grid event new --sort reflection --title TITLE --starts DAY-AND-HOUR` sets one.";
    let coming = Section::new("coming", "Rounds that are set", &columns, empty).rows(coming.into_iter().map(one));
    let columns = [
        ("title", "Round"),
        ("by", "Group"),
        ("starts", "When"),
        ("place", "Where"),
        ("groups", "Groups that came"),
        ("absent", "Expected, and was not there"),
    ];
    let past =
        Section::new("past", "Rounds that were held", &columns, "None was held yet.").rows(past.into_iter().map(one));
    Ok(Reply::default().with(coming).with(past).with(surveys(asked)))
}

fn surveys(asked: &Asked<'_>) -> Section {
    let mut surveys: Vec<&Arc<Row>> =
        asked.records("survey").filter(|survey| survey.values.text("sort") == "reflection").collect();
    by_title(asked, &mut surveys);
    let rows = surveys.into_iter().map(|survey| {
        let more = json!({
            "facilitator": survey.values.text("facilitator"),
            "closes": day_or_moment(asked, survey, "closes"),
            "answers_here": asked.referring(survey, "answer").count(),
            "published": asked.referring(survey, "score").count(),
        });
        line(asked, survey, more)
    });
    let columns = [
        ("title", "Questions"),
        ("facilitator", "Led by"),
        ("closes", "Closes"),
        ("answers_here", "Answers on this computer"),
        ("published", "Totals that were shared"),
    ];
    let empty = "Nobody asks: `grid survey new --sort reflection --title TITLE` does.";
    Section::new("surveys", "Questions, and answers that stay here", &columns, empty).rows(rows)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn rounds_are_told_and_answers_are_counted_and_never_shown() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let round = |title: &str, starts: &str| json!({"title": title, "sort": "reflection", "starts": starts});
        coalition.record(0, "event", round("Next", "2026-12-01T10:00:00Z"));
        coalition.record(0, "event", round("Last", "2026-10-01T10:00:00Z"));
        coalition.record(0, "event", json!({"title": "Call", "starts": "2026-12-01T10:00:00Z"}));
        let survey = coalition.record(0, "survey", json!({"title": "Who is not here?", "sort": "reflection"}));
        let answer = json!({"survey": survey, "question": "Who decides?", "text": "always the same two", "who": "Bo"});
        coalition.record(0, "answer", answer);
        let reply = coalition.ask("reflection", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "coming", "title"), ["Next"]);
        assert_eq!(Coalition::column(&reply, "past", "title"), ["Last"]);
        assert_eq!(Coalition::column(&reply, "surveys", "answers_here"), [1]);
        let shown = serde_json::to_string(&reply).unwrap();
        assert!(!shown.contains("always the same") && !shown.contains("Bo\""), "{shown}");
    }

    #[test]
    fn whoever_was_expected_and_did_not_come_is_named_where_that_is_known() {
        let groups = ["Clean River", "Hollin Choir", "Ferry Friends", "Weavers", "Late"];
        let mut coalition = Coalition::new(&groups);
        let body = coalition.record(0, "body", json!({"name": "Levers"}));
        for by in [0, 1, 2] {
            coalition.record(by, "seat", json!({"body": body}));
        }
        coalition.record(4, "seat", json!({"body": body, "from": "2026-11-15T10:00:00Z"}));
        let round = |title: &str, starts: &str, body: Option<&str>| {
            json!({"title": title, "sort": "reflection",
            "starts": starts, "body": body})
        };
        let last = coalition.record(0, "event", round("Last", "2026-11-01T10:00:00Z", Some(&body)));
        coalition.record(0, "attendance", json!({"event": last, "says": "going", "came": 2}));
        coalition.record(0, "attendance", json!({"event": last, "came": 3}));
        coalition.record(1, "attendance", json!({"event": last, "says": "going", "came": 0}));
        coalition.record(3, "attendance", json!({"event": last, "says": "not_going"}));
        coalition.record(0, "event", round("Open", "2026-10-01T10:00:00Z", None));
        let next = coalition.record(0, "event", round("Next", "2026-12-01T10:00:00Z", Some(&body)));
        coalition.record(1, "attendance", json!({"event": next, "says": "maybe"}));
        let reply = coalition.ask("reflection", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "past", "title"), ["Open", "Last"]);
        assert_eq!(Coalition::column(&reply, "past", "groups"), [0, 1], "a group counts once");
        let absent = Coalition::column(&reply, "past", "absent");
        assert_eq!(absent, [json!(null), json!(["Ferry Friends", "Hollin Choir"])]);
        let absent = Coalition::column(&reply, "coming", "absent");
        assert_eq!(absent, [json!(["Clean River", "Ferry Friends", "Late"])]);
    }

    #[test]
    fn of_many_who_are_absent_a_few_are_named() {
        let names: Vec<String> = (0..20).map(|number| format!("Group {number:02}")).collect();
        let mut coalition = Coalition::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let body = coalition.record(0, "body", json!({"name": "All"}));
        (0..20).for_each(|by| drop(coalition.record(by, "seat", json!({"body": body}))));
        let round = json!({"title": "Last", "sort": "reflection", "starts": "2026-10-01T10:00:00Z", "body": body});
        coalition.record(0, "event", round);
        let reply = coalition.ask("reflection", &[]).unwrap();
        let absent = Coalition::column(&reply, "past", "absent")[0].as_array().unwrap().clone();
        assert_eq!((absent.len(), absent[12].as_str()), (13, Some("and 8 more")));
    }
}
