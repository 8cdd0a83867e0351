//! Notes: what people should know of what they have just written, or look at: lessons of others, two roles that do not
//! go together, a booking that meets another.
//!
//! A rule looks at a record through the questions that would warn of it anyway, and costs a bounded look at the views.
//! Nothing is refused for a note.

use super::asked::tags;
use super::period::is_over;
use super::seats::{chairing_conveners, filled};
use super::shown::short;
use super::told::short_id;
use super::turns::fairly;
use super::{Asked, bookings, lessons};
use crate::view::fold::bare;
use crate::view::{Inside, Views};
use grid_protocol::id::DocumentId;
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use std::collections::BTreeMap;

/// Notes of one sort at most; how many more there are is said.
const SHOWN: usize = 3;
/// Lessons that are looked at, the newest first.
const LESSONS: usize = 2_000;

/// What people should know of a record, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// Its sort, for programs: `kept_inside`, `lesson`, `convener_chairs`, `overlap`.
    pub(crate) sort: &'static str,
    /// The record that it points to.
    pub(crate) about: Option<DocumentId>,
    /// What there is to know.
    pub(crate) what: String,
    /// What to do.
    pub(crate) hint: String,
}

/// On what occasion somebody is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Occasion<'a> {
    /// The record was made.
    Made,
    /// These fields of it were written.
    Changed(&'a [String]),
    /// Somebody looks at it.
    Shown,
}

/// What looks at records of a kind.
struct Rule {
    kind: &'static str,
    /// The fields that it looks at: who writes others is not told again.
    fields: &'static [&'static str],
    look: fn(&Asked<'_>, &Row) -> Vec<Note>,
}

const RULES: &[Rule] = &[
    Rule { kind: "action", fields: &["tactics", "status", "starts", "ends"], look: learned },
    Rule { kind: "seat", fields: &["body", "role", "from", "until"], look: convener_chairs },
    Rule { kind: "booking", fields: &["asset", "from", "until", "status"], look: overlaps },
];

/// What people should know of a record on an occasion.
pub(crate) fn notes(views: &Views, now: Timestamp, document: &DocumentId, occasion: Occasion<'_>) -> Vec<Note> {
    let Some(row) = views.records.row(document).filter(|row| !row.is_removed()) else { return Vec::new() };
    let asked = Asked::new(views, now, BTreeMap::new());
    let touched = |rule: &&Rule| match occasion {
        Occasion::Made | Occasion::Shown => true,
        Occasion::Changed(names) => names.iter().any(|name| rule.fields.contains(&name.as_str())),
    };
    let rules = RULES.iter().filter(|rule| row.kind() == Some(rule.kind)).filter(touched);
    let inside = views.inside(row).map(|inside| kept_inside(&asked, row, inside));
    inside.into_iter().chain(rules.flat_map(|rule| (rule.look)(&asked, row))).collect()
}

/// That the public does not read something although it is for everybody: whatever was written of it, it goes on.
fn kept_inside(asked: &Asked<'_>, row: &Row, inside: Inside) -> Note {
    let (title, Inside { why, hint }) = (asked.title(row), inside);
    Note { sort: "kept_inside", about: None, what: format!("{title} is in no public feed or export: {why}."), hint }
}

/// What others learned who did something like an action of one's own that is still ahead.
fn learned(asked: &Asked<'_>, action: &Row) -> Vec<Note> {
    let behind = matches!(action.values.text("status"), "done" | "cancelled") || is_over(action, asked.now);
    if behind || action.owner() != Some(asked.views.own) {
        return Vec::new();
    }
    let wanted = tags(action, "tactics").map(bare).collect();
    let itself = action.document.to_string();
    let lessons = asked.records("lesson").take(LESSONS);
    let lessons = lessons.filter(|row| asked.shows(row) && row.values.text("action") != itself);
    let found = lessons::like(asked, lessons, &wanted);
    let count = found.len();
    let first = fairly(found, SHOWN, |(_, row)| row.owner());
    let more = count - first.len();
    let all = format!("`grid ask lessons --action {}`", short_id(action));
    let mut notes: Vec<Note> = first
        .into_iter()
        .map(|(common, row)| {
            let text = short(row.values.text("text"), 160);
            let text = if text.is_empty() { text } else { format!(" {text}") };
            let (by, title) = (asked.group_name(row), asked.title(row));
            Note {
                sort: "lesson",
                about: Some(row.document),
                what: format!("{by} learned of an action like this one ({}): {title}.{text}", common.join(", ")),
                hint: format!("`grid lesson show {}`; all that was learned: {all}", short_id(row)),
            }
        })
        .collect();
    if more > 0 {
        let what = format!("There are {more} more lessons of actions like this one.");
        notes.push(Note { sort: "lesson", about: None, what, hint: format!("{all} lists them") });
    }
    notes
}

/// Whether the group of a seat convenes its body and chairs it too.
fn convener_chairs(asked: &Asked<'_>, seat: &Row) -> Vec<Note> {
    let Some(body) = asked.named(seat, "body") else { return Vec::new() };
    let of_seat = |(group, _): &(_, String)| Some(*group) == seat.owner();
    let conveners = chairing_conveners(&filled(asked, body)).into_iter().filter(of_seat);
    let note = |(_, role)| Note {
        sort: "convener_chairs",
        about: Some(body.document),
        what: format!(
            "{} is the {role} of {} and its chair too: whoever convenes does not lead.",
            asked.group_name(seat),
            asked.title(body)
        ),
        hint: format!(
            "end one of the two: `grid seat list --body {}`, then `grid seat edit ID --until DAY`",
            short_id(body)
        ),
    };
    conveners.map(note).collect()
}

/// Which others want an asset at the time of a booking.
fn overlaps(asked: &Asked<'_>, booking: &Row) -> Vec<Note> {
    let (Some(asset), others) = (asked.named(booking, "asset"), bookings::overlaps(asked, booking)) else {
        return Vec::new();
    };
    if others.is_empty() {
        return Vec::new();
    }
    vec![Note {
        sort: "overlap",
        about: Some(asset.document),
        what: format!("{} is asked for at the same time by {}.", asked.title(asset), others.join(", ")),
        hint: format!("`grid ask bookings --asset {}` shows who has it when", short_id(asset)),
    }]
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Coalition, NOW};
    use super::*;
    use serde_json::json;

    fn told(coalition: &Coalition, id: &str, occasion: Occasion<'_>) -> Vec<String> {
        let notes = notes(&coalition.views, NOW, &id.parse().unwrap(), occasion);
        assert!(notes.iter().all(|note| note.hint.contains('`')), "{notes:?}");
        notes.into_iter().map(|note| note.what).collect()
    }

    #[test]
    fn whoever_makes_an_action_hears_what_others_learned_of_one_like_it_and_not_of_its_own() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let candles = json!({"title": "Bring candles", "text": "It was dark.", "tactics": ["Vigil"]});
        coalition.record(1, "lesson", candles);
        coalition.record(1, "lesson", json!({"title": "Bring stamps", "tactics": ["letter"]}));
        let action = json!({"title": "Ours", "tactics": ["vigil", "song"], "starts": "2026-12-01T10:00:00Z"});
        let ours = coalition.record(0, "action", action.clone());
        coalition.record(0, "lesson", json!({"title": "Learned here", "tactics": ["vigil"], "action": ours}));
        let expected = ["Hollin Choir learned of an action like this one (vigil): Bring candles. It was dark."];
        assert_eq!(told(&coalition, &ours, Occasion::Made), expected);
        assert_eq!(told(&coalition, &ours, Occasion::Shown), expected);
        assert_eq!(told(&coalition, &ours, Occasion::Changed(&["tactics".to_owned()])), expected);
        assert!(told(&coalition, &ours, Occasion::Changed(&["place".to_owned()])).is_empty(), "said once is enough");
        let theirs = coalition.record(1, "action", action);
        assert!(told(&coalition, &theirs, Occasion::Shown).is_empty(), "it is theirs to read");
        let past = json!({"title": "Past", "tactics": ["vigil"], "starts": "2026-01-01T10:00:00Z"});
        let past = coalition.record(0, "action", past);
        assert!(told(&coalition, &past, Occasion::Made).is_empty(), "it is too late to learn for it");
        coalition.hides(1);
        assert!(told(&coalition, &ours, Occasion::Shown).iter().all(|what| !what.contains("candles")));
    }

    #[test]
    fn of_many_lessons_each_group_has_its_turn_and_the_others_are_counted() {
        let mut coalition = Coalition::new(&["Clean River", "Mallory", "Hollin Choir"]);
        for number in 0..9 {
            coalition.record(1, "lesson", json!({"title": format!("A {number}"), "tactics": ["vigil"]}));
        }
        coalition.record(2, "lesson", json!({"title": "Bring candles", "tactics": ["vigil"]}));
        let ours = coalition.record(0, "action", json!({"title": "Ours", "tactics": ["vigil"]}));
        let told = told(&coalition, &ours, Occasion::Made);
        assert!(told.len() == 4 && told.iter().any(|what| what.contains("Bring candles")), "{told:?}");
        assert_eq!(told[3], "There are 7 more lessons of actions like this one.");
    }

    #[test]
    fn whoever_takes_the_chair_of_what_it_convenes_is_told_at_once() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let body = coalition.record(0, "body", json!({"name": "Levers"}));
        let chair = coalition.record(0, "seat", json!({"body": body, "role": "chair"}));
        coalition.record(1, "seat", json!({"body": body, "role": "host"}));
        assert!(told(&coalition, &chair, Occasion::Made).is_empty(), "host and chair are two");
        let host = coalition.record(0, "seat", json!({"body": body, "role": "host"}));
        let expected = ["Clean River is the host of Levers and its chair too: whoever convenes does not lead."];
        assert_eq!(told(&coalition, &host, Occasion::Made), expected);
        assert_eq!(told(&coalition, &chair, Occasion::Shown), expected);
    }

    #[test]
    fn a_booking_that_meets_another_says_whose() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let van = coalition.record(0, "asset", json!({"name": "White van", "sort": "vehicle"}));
        let book = |from: &str, until: &str| {
            let day = |hour: &str| format!("2026-12-05T{hour}:00:00Z");
            json!({"asset": van, "from": day(from), "until": day(until)})
        };
        coalition.record(1, "booking", book("08", "12"));
        let later = coalition.record(0, "booking", book("12", "13"));
        assert!(told(&coalition, &later, Occasion::Made).is_empty());
        let meets = coalition.record(0, "booking", book("11", "13"));
        let expected = ["White van is asked for at the same time by Clean River, Hollin Choir."];
        assert_eq!(told(&coalition, &meets, Occasion::Made), expected);
    }
}
