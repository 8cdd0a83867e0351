//! Reflection: rounds on power, race and who is not there. What was said stays where it was said.

use super::asked::instant;
use super::period::{begins, is_over, next, next_or_first};
use super::shown::{by_name, by_title, count, day_or_moment, line};
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use grid_protocol::replica::Row;
use serde_json::json;
use std::sync::Arc;

/// Which rounds there are.
pub(super) const QUESTION: Question = Question {
    name: "reflection",
    about: "Rounds of reflection on power and absence: what is set, what was held, how much was answered here.",
    place: Place::Ask,
    words: &[],
    answer,
};

/// Whether a group says that it comes, or came.
fn comes(answer: &Row) -> bool {
    matches!(answer.values.text("says"), "going" | "maybe") || count(answer, "came") > 0.0
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let round = |row: &&Arc<Row>| row.values.text("sort") == "reflection" && row.values.text("status") != "cancelled";
    let mut events: Vec<&Arc<Row>> = asked.records("event").filter(round).collect();
    let begins = |event: &Row| next(event, asked.now).map(|next| begins(&next)).or_else(|| instant(event, "starts"));
    events.sort_by_cached_key(|event| (begins(event), by_name(&asked.title(event), event.document)));
    let (past, mut coming): (Vec<_>, Vec<_>) = events.into_iter().partition(|event| is_over(event, asked.now));
    coming.retain(|event| asked.views.holds(event));
    let one = |event: &Arc<Row>| {
        let came = asked.referring(event, "attendance").filter(|answer| comes(answer)).count();
        line(
            asked,
            event,
            json!({"starts": next_or_first(event, asked.now), "place": event.values.text("place"), "groups": came}),
        )
    };
    let columns =
        [("title", "Round"), ("by", "Group"), ("starts", "When"), ("place", "Where"), ("groups", "Groups that come")];
    let empty = "No round is set: `grid event new --sort reflection --title TITLE --starts DAY-AND-HOUR` sets one.";
    let coming = Section::new("coming", "Rounds that are set", &columns, empty).rows(coming.into_iter().map(one));
    let columns = [("title", "Round"), ("by", "Group"), ("starts", "When"), ("place", "Where"), ("groups", "Groups")];
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
}
