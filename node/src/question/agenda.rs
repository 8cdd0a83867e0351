//! The agenda: everything that is ahead, whatever it is, in one list by time.

use super::asked::instant;
use super::period::{begins, date, end_of, occasions};
use super::shown::{at, foremost, line};
use super::told::{GROUP, group};
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use crate::view::fold::folded;
use crate::view::status::is_cancelled;
use crate::view::{MandateRow, MandateState};
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use jiff::civil::Date;
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
const BEHIND: &[&str] = &[
    "cancelled",
    "done",
    "dropped",
    "over",
    "met",
    "withdrawn",
    "adopted",
    "rejected",
    "frozen",
    "reached",
    "closed",
    "decided",
    "settled",
];

/// Whether a record says by its status that nothing more is to come of it.
pub(super) fn is_behind(row: &Row) -> bool {
    BEHIND.contains(&row.values.text("status"))
}

/// What is said of something that was called off, to those who had it in their calendars.
const CANCELLED: &str = "CANCELLED: it does not take place";

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
    let mut found: Vec<Found<'_>> = Vec::new();
    for (kind, field, why) in AHEAD.iter().filter(|(kind, ..)| wanted(kind)) {
        let of_group = |row: &&Arc<Row>| of.is_none_or(|of| row.owner() == Some(of));
        for row in asked.current(kind).filter(of_group) {
            let cancelled = is_cancelled(row) && concerns(asked, row);
            // What was decided may be heard again: on appeal, say.
            let heard = *kind == "case" && instant(row, field).is_some_and(|hearing| asked.now <= hearing);
            if is_behind(row) && !cancelled && !heard {
                continue;
            }
            let times = times(row, field, asked.now, horizon);
            // Once is enough of what comes back no more.
            let most = if cancelled { 1 } else { usize::MAX };
            found.extend(times.into_iter().take(most).map(|when| {
                let why = match when {
                    _ if cancelled => CANCELLED,
                    when if when < asked.now => "is going on",
                    _ => why,
                };
                Found { when, day: asked.day_of(row, field), why, what: What::Record(row) }
            }));
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
    let most = asked.most()?;
    let section = Section::new("agenda", heading, &columns, "Nothing is ahead in that time.");
    let section = shown(asked, section, found, most);
    let section = match days {
        days if days > LONGEST => section,
        days => section.noting(format!("What comes later: add --days {}", (days * 3.0).ceil().max(1.0))),
    };
    let late = overdue(asked).filter(|(kind, row, ..)| wanted(kind) && of.is_none_or(|of| row.owner() == Some(of)));
    let late = late.map(|(_, row, field, when, why)| Found {
        when,
        day: asked.day_of(row, field),
        why,
        what: What::Record(row),
    });
    let late = late.collect();
    let columns = [("when", "When"), ("title", "What"), ("kind", "Kind"), ("why", "Why"), ("by", "Group")];
    let overdue = Section::new("overdue", "Overdue", &columns, "Nothing is overdue.");
    Ok(Reply::default().with(section).with(shown(asked, overdue, late, most)))
}

/// Whether this group means to be there, or told others of it: it is its own, or one that it backs or comes to.
fn concerns(asked: &Asked<'_>, row: &Row) -> bool {
    let own = Some(asked.views.own);
    let comes = |answer: &Row| answer.values.text("says") != "not_going";
    row.owner() == own
        || asked.referring(row, "support").any(|support| support.owner() == own)
        || asked.referring(row, "attendance").any(|answer| answer.owner() == own && comes(answer))
}

/// Something at a time.
struct Found<'a> {
    when: Timestamp,
    /// The day, where no hour was given.
    day: Option<Date>,
    why: &'static str,
    what: What<'a>,
}

#[derive(Clone, Copy)]
enum What<'a> {
    Record(&'a Arc<Row>),
    Mandate(&'a MandateRow),
}

impl Found<'_> {
    /// When it is, as rows carry it.
    fn shown(&self) -> Json {
        self.day.map_or_else(|| at(self.when), |day| json!(day.to_string()))
    }

    /// Where it stands among others: behind what has an hour on the same day.
    fn place(&self) -> (Date, bool, Timestamp) {
        (self.day.unwrap_or_else(|| date(self.when)), self.day.is_some(), self.when)
    }

    fn title(&self, asked: &Asked<'_>) -> String {
        match self.what {
            What::Record(row) => asked.title(row),
            What::Mandate(row) => format!("{} of {}", row.role, asked.views.name_of(&row.group)),
        }
    }

    fn id(&self) -> String {
        match self.what {
            What::Record(row) => row.document.to_string(),
            What::Mandate(row) => row.id.to_string(),
        }
    }

    fn is_hidden(&self, asked: &Asked<'_>) -> bool {
        match self.what {
            What::Record(row) => !asked.shows(row),
            What::Mandate(row) => !asked.shows_group(&row.group),
        }
    }

    fn row(&self, asked: &Asked<'_>) -> Json {
        match self.what {
            What::Record(row) => {
                let more = json!({"when": self.shown(), "why": self.why, "place": row.values.text("place")});
                line(asked, row, more)
            }
            What::Mandate(row) => json!({
                "id": self.id(),
                "kind": "mandate",
                "title": self.title(asked),
                "group": row.group.to_string(),
                "by": asked.views.name_of(&row.group),
                "when": self.shown(),
                "why": self.why,
                "place": "",
            }),
        }
    }
}

/// The first of what was found, by time; the others are only counted.
fn shown(asked: &Asked<'_>, section: Section, mut found: Vec<Found<'_>>, most: usize) -> Section {
    let all = found.len();
    found.retain(|found| !found.is_hidden(asked));
    let hidden = all - found.len();
    let name = |found: &Found<'_>| (folded(&found.title(asked)), found.id());
    let first = foremost(found, most, Found::place, name);
    section.of(all).hiding(hidden).rows(first.iter().map(|found| found.row(asked)))
}

/// The times at which something is ahead, or going on.
fn times(row: &Row, field: &str, now: Timestamp, horizon: Timestamp) -> Vec<Timestamp> {
    match field {
        "starts" => occasions(row, now, horizon).iter().map(begins).collect(),
        field => {
            let when = instant(row, field).filter(|when| *when <= horizon);
            when.filter(|when| now <= *when || end_of(row).is_some_and(|end| now <= end)).into_iter().collect()
        }
    }
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

/// What is open and past its day: its kind, the record, the field of the day, the day, and what is wrong.
pub(super) fn overdue<'a>(
    asked: &Asked<'a>,
) -> impl Iterator<Item = (&'static str, &'a Arc<Row>, &'static str, Timestamp, &'static str)> {
    DUE.iter().flat_map(move |(kind, field, why)| {
        let open = asked.current(kind).filter(|row| !is_behind(row));
        let late = open.filter_map(move |row| Some((row, instant(row, field).filter(|day| *day < asked.now)?)));
        late.map(move |(row, day)| (*kind, row, *field, day, *why))
    })
}

fn mandates<'a>(asked: &Asked<'a>, of: Option<GroupId>, horizon: Timestamp) -> impl Iterator<Item = Found<'a>> {
    let now = asked.now;
    let mandates = asked.views.mandates.iter().filter(move |row| of.is_none_or(|of| row.group == of));
    mandates.filter_map(move |row| match row.state(now) {
        MandateState::Valid { until } if until <= horizon => {
            Some(Found { when: until, day: None, why: "the mandate ends", what: What::Mandate(row) })
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::{Value as Json, json};

    #[test]
    fn what_is_ahead_comes_by_time_and_what_is_past_does_not() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        coalition.record(0, "event", json!({"title": "Call", "starts": "2026-11-25T10:00:00Z"}));
        coalition.record(0, "event", json!({"title": "Old call", "starts": "2026-11-20T10:00:00Z"}));
        coalition.record(1, "event", json!({"title": "Off", "starts": "2026-11-26T10:00:00Z", "status": "cancelled"}));
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
        let note = |days| coalition.ask("agenda", &[("days", days)]).unwrap().section("agenda").unwrap().note.clone();
        assert_eq!(note("7").as_deref(), Some("What comes later: add --days 21"));
        assert_eq!(note("1e308"), None, "nothing comes later than all");
        let heading =
            |days| coalition.ask("agenda", &[("days", days)]).unwrap().section("agenda").unwrap().heading.clone();
        assert_eq!((heading("7").as_str(), heading("1e308").as_str()), ("The next 7 days", "All that is ahead"));
        assert!(coalition.ask("agenda", &[("kind", "song")]).unwrap_err().hint.contains("task"));
    }

    #[test]
    fn a_case_that_was_decided_or_settled_is_neither_overdue_nor_asked_about() {
        let mut coalition = Coalition::new(&["Clean River"]);
        for status in ["filed", "heard", "decided", "appealed", "settled"] {
            let case = json!({"title": status, "status": status, "next_hearing": "2026-11-20T10:00:00Z"});
            coalition.record(0, "case", case);
        }
        let reply = coalition.ask("agenda", &[]).unwrap();
        let open = ["appealed", "filed", "heard"];
        assert_eq!(Coalition::column(&reply, "overdue", "title"), open);
        let cases = coalition.ask("cases", &[]).unwrap();
        let cases = &cases.section("cases").unwrap().rows;
        let asked: Vec<&Json> = cases.iter().filter(|row| row["why"] != "").map(|row| &row["title"]).collect();
        assert_eq!(asked, open);
        let health = coalition.ask("health", &[]).unwrap();
        let told = serde_json::to_string(&health).unwrap();
        assert!(told.contains("filed was heard") && !told.contains("decided was heard"), "{told}");
    }

    #[test]
    fn what_was_given_as_a_day_is_that_day_and_stands_behind_the_hours_of_it() {
        let mut coalition = Coalition::new(&["Clean River"]);
        coalition.record(0, "task", json!({"title": "Print", "due": "2026-11-25"}));
        coalition.record(0, "event", json!({"title": "Call", "starts": "2026-11-25T10:00:00Z"}));
        coalition.record(0, "event", json!({"title": "Breakfast", "starts": "2026-11-26T07:00:00Z"}));
        coalition.record(0, "task", json!({"title": "Late", "due": "2026-11-20"}));
        let reply = coalition.ask("agenda", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "agenda", "title"), ["Call", "Print", "Breakfast"]);
        assert_eq!(Coalition::column(&reply, "agenda", "when")[1], "2026-11-25");
        assert_eq!(Coalition::column(&reply, "overdue", "when"), ["2026-11-20"]);
    }

    #[test]
    fn what_was_called_off_stays_with_those_who_meant_to_be_there_and_says_so() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let off = |title: &str| {
            json!({"title": title, "starts": "2026-11-25T10:00:00Z", "repeats": "weekly",
            "status": "cancelled"})
        };
        coalition.record(0, "action", off("Ours"));
        let joined = coalition.record(1, "action", off("Joined"));
        coalition.record(0, "support", json!({"of": joined, "sort": "join", "people": 25}));
        let walk = coalition.record(1, "event", off("Walk"));
        coalition.record(0, "attendance", json!({"event": walk, "says": "maybe"}));
        let talk = coalition.record(1, "event", off("Talk"));
        coalition.record(0, "attendance", json!({"event": talk, "says": "not_going"}));
        let theirs = coalition.record(1, "action", off("Theirs"));
        coalition.record(1, "support", json!({"of": theirs, "sort": "join"}));
        let reply = coalition.ask("agenda", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "agenda", "title"), ["Joined", "Ours", "Walk"]);
        let says = |key| Coalition::column(&reply, "agenda", key);
        assert!(says("why").iter().all(|why| why.as_str().unwrap().starts_with("CANCELLED")), "{reply:?}");
        assert!(says("status").iter().all(|status| status == "cancelled"), "{reply:?}");
    }

    #[test]
    fn what_comes_back_stands_there_each_time_but_for_the_days_that_are_left_out() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let call = json!({"title": "Call", "starts": "2025-01-06T10:00:00Z", "repeats": "FREQ=WEEKLY;BYDAY=MO",
            "except": ["2026-11-30"]});
        coalition.record(0, "event", call);
        let vigil = json!({"title": "Vigil", "starts": "2026-11-22T11:00:00Z", "ends": "2026-11-22T13:00:00Z",
            "repeats": "FREQ=MONTHLY;COUNT=2"});
        coalition.record(0, "action", vigil);
        let over = json!({"title": "Over", "starts": "2025-01-06T10:00:00Z", "repeats": "FREQ=WEEKLY;UNTIL=20261101"});
        coalition.record(0, "event", over);
        let reply = coalition.ask("agenda", &[]).unwrap();
        let days: Vec<String> = Coalition::column(&reply, "agenda", "when")
            .iter()
            .map(|when| when.as_str().unwrap()[..10].to_owned())
            .collect();
        assert_eq!(days, ["2026-11-22", "2026-11-23", "2026-12-07", "2026-12-14", "2026-12-21", "2026-12-22"]);
        assert_eq!(Coalition::column(&reply, "agenda", "why")[0], "is going on");
    }

    #[test]
    fn a_rule_that_comes_back_for_ever_costs_a_bounded_list_and_one_that_is_hostile_one_row() {
        let mut coalition = Coalition::new(&["Clean River"]);
        coalition.record(0, "event", json!({"title": "Daily", "starts": "0001-01-01T10:00:00Z", "repeats": "daily"}));
        for rule in ["FREQ=SECONDLY", "FREQ=DAILY;COUNT=1000000000"] {
            let fields = json!({"title": rule, "starts": "2026-11-24T10:00:00Z", "repeats": rule});
            coalition.unchecked(0, "event", fields);
        }
        let agenda = coalition.ask("agenda", &[("days", "1e300"), ("most", "1000")]).unwrap();
        let titles = Coalition::column(&agenda, "agenda", "title");
        assert_eq!(titles.iter().filter(|title| *title == "Daily").count(), 60);
        assert_eq!(titles.len(), 62);
        let first = coalition.ask("agenda", &[("days", "1e300"), ("most", "2")]).unwrap();
        let section = first.section("agenda").unwrap();
        assert_eq!((section.rows.len(), section.total), (2, 62));
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
