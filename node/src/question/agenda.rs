//! The agenda: everything that is ahead, whatever it is, in one list by time.

use super::asked::instant;
use super::line::{at, line};
use super::period::end_of;
use super::told::{GROUP, group};
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use crate::view::MandateState;
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

/// What is ahead.
pub(super) const QUESTION: Question = Question {
    name: "agenda",
    about: "What is ahead: events, actions, moments, hearings, tasks that are due, terms that end; and what is overdue.",
    place: Place::Command,
    words: &[
        Word { name: "days", about: "How many days ahead; 30 if nothing is said.", many: Given::Once },
        GROUP,
        Word { name: "kind", about: "Only this kind, such as event or task.", many: Given::Often },
    ],
    answer,
};

/// Days ahead that a heading names: a hundred years.
const LONGEST: f64 = 36_525.0;

/// Days ahead, where nothing is said.
const DAYS: f64 = 30.0;

/// What may be ahead: the kind, the field that says when, and what happens then.
const AHEAD: &[(&str, &str, &str)] = &[
    ("event", "starts", "begins"),
    ("action", "starts", "begins"),
    ("moment", "starts", "begins"),
    ("case", "next_hearing", "is heard"),
    ("task", "due", "is due"),
    ("alert", "until", "help is needed until then"),
    ("need", "until", "is needed by then"),
    ("decision", "closes", "voices are heard until then"),
    ("draft", "until", "comments are heard until then"),
    ("survey", "closes", "closes"),
    ("seat", "until", "the term ends"),
    ("mode", "until", "ends"),
    ("review", "again", "is gone through again"),
    ("objective", "until", "should be reached"),
    ("plan", "until", "holds until then"),
    ("introduction", "follow_up", "somebody asks how it went"),
];

/// Words of a status by which something is no longer ahead.
const BEHIND: &[&str] =
    &["cancelled", "done", "dropped", "over", "met", "withdrawn", "adopted", "rejected", "frozen", "reached", "closed"];

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let days = asked.amount("days")?.unwrap_or(DAYS);
    let ahead = Duration::try_from_secs_f64(days * 86_400.0).unwrap_or(Duration::MAX);
    let horizon = asked.now.after(ahead);
    let of = group(asked)?;
    let kinds: Vec<&str> = asked.all("kind").collect();
    if let Some(unknown) =
        kinds.iter().find(|kind| **kind != "mandate" && AHEAD.iter().all(|(known, ..)| known != *kind))
    {
        let known: Vec<&str> = AHEAD.iter().map(|(kind, ..)| *kind).collect();
        let shown: String = unknown.chars().take(80).collect();
        let hint = format!("What is on the agenda: {}, mandate.", known.join(", "));
        return Err(Unanswerable::new(format!("kind: nothing of the kind {shown:?} is on the agenda"), hint));
    }
    let wanted = |kind: &str| kinds.is_empty() || kinds.contains(&kind);
    let mut found: Vec<Found> = Vec::new();
    for (kind, field, why) in AHEAD.iter().filter(|(kind, ..)| wanted(kind)) {
        for row in asked.current(kind).filter(|row| of.is_none_or(|of| row.owner() == Some(of))) {
            let Some(when) = instant(row, field).filter(|when| is_ahead(row, *when, asked.now, horizon)) else {
                continue;
            };
            let why = if when < asked.now { "is going on" } else { why };
            let more = json!({"when": at(when), "why": why, "place": row.values.text("place")});
            let title = asked.title(row).to_lowercase();
            found.push((when, title, row.document.to_string(), line(asked, row, more)));
        }
    }
    if wanted("mandate") {
        found.extend(mandates(asked, of, horizon));
    }
    let columns =
        [("when", "When"), ("title", "What"), ("kind", "Kind"), ("why", "Why"), ("by", "Group"), ("place", "Where")];
    let heading = match days {
        days if days > LONGEST => "All that is ahead".to_owned(),
        days => format!("The next {days} days"),
    };
    let section = Section::new("agenda", heading, &columns, "Nothing is ahead in that time.").rows(in_order(found));
    let late = overdue(asked).filter(|(kind, row, ..)| wanted(kind) && of.is_none_or(|of| row.owner() == Some(of)));
    let late = late.map(|(_, row, when, why)| {
        let more = json!({"when": at(when), "why": why});
        (when, asked.title(row).to_lowercase(), row.document.to_string(), line(asked, row, more))
    });
    let late = in_order(late.collect());
    let columns = [("when", "When"), ("title", "What"), ("kind", "Kind"), ("why", "Why"), ("by", "Group")];
    let overdue = Section::new("overdue", "Overdue", &columns, "Nothing is overdue.");
    Ok(Reply::default().with(section).with(overdue.rows(late)))
}

/// When something is, what it is called, its id, and its row.
type Found = (Timestamp, String, String, Json);

fn in_order(mut found: Vec<Found>) -> impl Iterator<Item = Json> {
    found.sort_by(|a, b| (a.0, &a.1, &a.2).cmp(&(b.0, &b.1, &b.2)));
    found.into_iter().map(|(.., row)| row)
}

/// What should have been done by a day, and what is wrong once that is behind us.
const DUE: &[(&str, &str, &str)] = &[
    ("task", "due", "was due"),
    ("case", "next_hearing", "was heard: how did it go?"),
    ("decision", "closes", "is open past its day"),
    ("review", "again", "should be gone through again"),
    ("objective", "until", "should have been reached"),
    ("introduction", "follow_up", "somebody should ask how it went"),
];

/// What is open and past its day: its kind, the record, the day, and what is wrong.
pub(super) fn overdue<'a>(
    asked: &Asked<'a>,
) -> impl Iterator<Item = (&'static str, &'a Arc<Row>, Timestamp, &'static str)> {
    DUE.iter().flat_map(move |(kind, field, why)| {
        let open = asked.current(kind).filter(|row| !BEHIND.contains(&row.values.text("status")));
        let late = open.filter_map(move |row| Some((row, instant(row, field).filter(|day| *day < asked.now)?)));
        late.map(move |(row, day)| (*kind, row, day, *why))
    })
}

/// Whether something is ahead, or going on.
fn is_ahead(row: &Row, when: Timestamp, now: Timestamp, horizon: Timestamp) -> bool {
    let going_on = || end_of(row).is_some_and(|end| now <= end);
    !BEHIND.contains(&row.values.text("status")) && when <= horizon && (now <= when || going_on())
}

fn mandates(asked: &Asked<'_>, of: Option<GroupId>, horizon: Timestamp) -> Vec<Found> {
    let mandates = asked.views.mandates.iter().filter(|row| of.is_none_or(|of| row.group == of));
    let ending = mandates.filter_map(|row| match row.state(asked.now) {
        MandateState::Valid { until } if until <= horizon => Some((row, until)),
        _ => None,
    });
    let rows = ending.map(|(row, until)| {
        let name = asked.views.name_of(&row.group);
        let shown = json!({
            "id": row.id.to_string(),
            "kind": "mandate",
            "title": format!("{} of {name}", row.role),
            "group": row.group.to_string(),
            "by": name,
            "when": at(until),
            "why": "the mandate ends",
            "place": "",
        });
        (until, name.to_lowercase(), row.id.to_string(), shown)
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn what_is_ahead_comes_by_time_and_what_is_past_does_not() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        coalition.record(0, "event", json!({"title": "Call", "starts": "2026-11-25T10:00:00Z"}));
        coalition.record(0, "event", json!({"title": "Old call", "starts": "2026-11-20T10:00:00Z"}));
        coalition.record(0, "event", json!({"title": "Off", "starts": "2026-11-26T10:00:00Z", "status": "cancelled"}));
        let camp = json!({"title": "Camp", "starts": "2026-11-20T10:00:00Z", "ends": "2026-11-30T10:00:00Z"});
        coalition.record(1, "action", camp);
        coalition.record(1, "task", json!({"title": "Print", "due": "2026-11-24T10:00:00Z"}));
        coalition.record(1, "task", json!({"title": "Far", "due": "2027-11-24T10:00:00Z"}));
        coalition.record(1, "case", json!({"title": "River v. Mine", "next_hearing": "2026-12-01T10:00:00Z"}));
        coalition.record(0, "survey", json!({"title": "Trust", "closes": "2026-12-02T10:00:00Z"}));
        let titles =
            |words: &[(&str, &str)]| Coalition::column(&coalition.ask("agenda", words).unwrap(), "agenda", "title");
        assert_eq!(titles(&[]), ["Camp", "Print", "Call", "River v. Mine", "Trust"]);
        assert_eq!(titles(&[("days", "3")]), ["Camp", "Print", "Call"]);
        assert_eq!(titles(&[("group", "Clean River")]), ["Call", "Trust"]);
        assert_eq!(titles(&[("kind", "task"), ("kind", "case"), ("days", "1e300")]), ["Print", "River v. Mine", "Far"]);
        let heading =
            |days| coalition.ask("agenda", &[("days", days)]).unwrap().section("agenda").unwrap().heading.clone();
        assert_eq!((heading("7").as_str(), heading("1e308").as_str()), ("The next 7 days", "All that is ahead"));
        assert!(coalition.ask("agenda", &[("kind", "song")]).unwrap_err().hint.contains("task"));
    }

    #[test]
    fn what_has_begun_is_going_on_for_a_day_and_what_was_not_done_is_overdue() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        coalition.record(0, "action", json!({"title": "Vigil", "starts": "2026-11-22T09:00:00Z"}));
        coalition.record(0, "action", json!({"title": "Gone", "starts": "2026-11-20T09:00:00Z"}));
        coalition.record(0, "task", json!({"title": "Letter", "due": "2026-11-20T09:00:00Z"}));
        coalition.record(0, "task", json!({"title": "Done", "due": "2026-11-20T09:00:00Z", "status": "done"}));
        coalition.record(1, "task", json!({"title": "Left", "due": "2026-11-20T09:00:00Z"}));
        coalition.record(1, "event", json!({"title": "Song", "starts": "2026-11-24T09:00:00Z"}));
        coalition.leaves(1);
        let reply = coalition.ask("agenda", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "agenda", "title"), ["Vigil"]);
        assert_eq!(Coalition::column(&reply, "overdue", "title"), ["Letter"]);
        let health = coalition.ask("health", &[]).unwrap();
        let what = Coalition::column(&health, "adding_up", "what");
        assert!(what.contains(&"Letter was due".into()), "{what:?}");
    }
}
