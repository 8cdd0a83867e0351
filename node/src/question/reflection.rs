//! Reflection: rounds on power, race and who is not there. What was said stays where it was said.

use super::asked::instant;
use super::came::{Answer, Answers};
use super::period::{begins, comes_back, held, is_over, next};
use super::seats::filled_at;
use super::shown::{at, by_name, by_title, day_or_moment, line, moment};
use super::told::names;
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use grid_protocol::id::GroupId;
use grid_protocol::record::Occasion;
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
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

/// The groups that come to a round, or came, and those that were expected and did not: whoever sits in the body that
/// meets, and whoever said that it comes.
fn there_and_absent(
    asked: &Asked<'_>,
    event: &Row,
    then: Option<Timestamp>,
    answers: &BTreeMap<GroupId, Answer<'_>>,
) -> (usize, Json) {
    let there = answers.iter().filter(|(_, answer)| answer.is_there(&["going", "maybe"]));
    let there: BTreeSet<GroupId> = there.map(|(group, _)| *group).collect();
    let going = answers.iter().filter(|(_, answer)| answer.says == "going").map(|(group, _)| *group);
    let mut expected: BTreeSet<GroupId> = going.collect();
    let body = asked.named(event, "body");
    if let Some(body) = body {
        expected.extend(filled_at(asked, body, then.unwrap_or(asked.now)).iter().filter_map(|seat| seat.owner()));
    }
    let mut absent = names(asked, expected.difference(&there));
    let more = absent.len().saturating_sub(NAMED);
    absent.truncate(NAMED);
    absent.extend((more > 0).then(|| format!("and {more} more")));
    // Where nobody was expected, nobody can say who was missing.
    let known = body.is_some() || !absent.is_empty();
    (there.len(), if known { json!(absent) } else { Json::Null })
}

/// Rounds as rows, by when they begin: each of these events at each of its times.
fn rounds<'a>(asked: &Asked<'a>, events: impl Iterator<Item = (&'a Arc<Row>, Vec<Option<Occasion>>)>) -> Vec<Json> {
    let mut rounds = Vec::new();
    for (event, times) in events {
        for (time, answers) in Answers::to(asked, event, times).each() {
            let begins = time.map(begins);
            let then = begins.or_else(|| instant(event, "starts"));
            let (there, absent) = there_and_absent(asked, event, then, &answers);
            let more = json!({
                "starts": begins.map_or_else(|| moment(event, "starts"), at),
                "place": event.values.text("place"),
                "groups": there,
                "absent": absent,
            });
            rounds.push(((then, by_name(&asked.title(event), event.document)), line(asked, event, more)));
        }
    }
    rounds.sort_by(|(one, _), (other, _)| one.cmp(other));
    rounds.into_iter().map(|(_, row)| row).collect()
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let round = |row: &&Arc<Row>| row.values.text("sort") == "reflection" && row.values.text("status") != "cancelled";
    let events: Vec<&Arc<Row>> = asked.records("event").filter(round).collect();
    let ahead = events.iter().filter(|event| !is_over(event, asked.now) && asked.views.holds(event));
    let next = |event: &Row| next(event, asked.now).filter(|_| comes_back(event));
    let coming = rounds(asked, ahead.map(|event| (*event, vec![next(event)])));
    let past = rounds(asked, events.iter().map(|event| (*event, held(event, asked.now))));
    let columns = [
        ("title", "Round"),
        ("by", "Group"),
        ("starts", "When"),
        ("place", "Where"),
        ("groups", "Groups that come"),
        ("absent", "Expected, and has not said that it comes"),
    ];
    let empty = "No round is set: `grid event new --sort reflection --title TITLE --starts DAY-AND-HOUR` sets one.";
    let coming = Section::new("coming", "Rounds that are set", &columns, empty).rows(coming);
    let columns = [
        ("title", "Round"),
        ("by", "Group"),
        ("starts", "When"),
        ("place", "Where"),
        ("groups", "Groups that came"),
        ("absent", "Expected, and was not there"),
    ];
    let past = Section::new("past", "Rounds that were held", &columns, "None was held yet.").rows(past);
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
    fn a_round_that_comes_back_was_held_as_often_as_it_was_and_each_time_has_its_own_answers() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let round = json!({"title": "Power", "sort": "reflection", "starts": "2026-11-02T10:00:00Z",
            "ends": "2026-11-02T12:00:00Z", "repeats": "weekly"});
        let round = coalition.record(0, "event", round);
        coalition.days_ago(25).record(1, "attendance", json!({"event": round, "says": "going"}));
        coalition.days_ago(5).record(1, "attendance", json!({"event": round, "on": "2026-11-09", "came": 0}));
        // Written down without a day after the third time, it is about that.
        coalition.days_ago(3).record(0, "attendance", json!({"event": round, "came": 4}));
        let reply = coalition.ask("reflection", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "past", "groups"), [1, 0, 2]);
        assert_eq!(Coalition::column(&reply, "past", "absent")[1], json!(["Hollin Choir"]));
        let days = |of: &str| {
            let starts = Coalition::column(&reply, of, "starts");
            starts.iter().map(|at| at.as_str().unwrap()[..10].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(days("past"), ["2026-11-02", "2026-11-09", "2026-11-16"]);
        assert_eq!(
            (days("coming"), Coalition::column(&reply, "coming", "groups")),
            (vec!["2026-11-23".to_owned()], vec![json!(1)])
        );
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
