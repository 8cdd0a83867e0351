//! Bodies: who sits where, what is vacant, whose term is over, who comes, and what lies open.

use super::came::Answers;
use super::period::held;
use super::seats::{SeatState, Vacancy, chairing_conveners, filled, holder, roles, vacancies};
use super::shown::{at, by_name, by_title, day_or_moment, figure, flag, line};
use super::told::{record, short_id};
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How the bodies do.
pub(super) const QUESTION: Question = Question {
    name: "bodies",
    about: "How each body does: seats, roles, terms, who comes, and what nobody looks after.",
    place: Place::Ask,
    words: &[Word { name: "of", about: "Only this body: its id or its name.", many: Given::Once }],
    answer,
};

/// A body and the seats in which somebody sits.
struct Seen<'a> {
    body: &'a Arc<Row>,
    filled: Vec<&'a Arc<Row>>,
    vacant: Vec<Vacancy>,
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let of = record(asked, "of", &["body"])?;
    let mut bodies: Vec<&Arc<Row>> =
        asked.records("body").filter(|body| of.is_none_or(|of| of.document == body.document)).collect();
    by_title(asked, &mut bodies);
    let seen: Vec<Seen<'_>> = bodies
        .into_iter()
        .map(|body| {
            let filled = filled(asked, body);
            Seen { body, vacant: vacancies(asked, body, &filled), filled }
        })
        .collect();
    let reply =
        Reply::default().with(bodies_section(asked, &seen)).with(vacant(asked, &seen)).with(warnings(asked, &seen));
    let reply = reply.with(seats(asked, &seen)).with(attendance(asked, &seen));
    Ok(reply.with(loose_tasks(asked, of)).with(gaps(asked, of)))
}

fn bodies_section(asked: &Asked<'_>, seen: &[Seen<'_>]) -> Section {
    let rows = seen.iter().map(|Seen { body, filled, vacant }| {
        let wanted: Vec<&str> = vacant.iter().filter_map(wanted_role).collect();
        let empty: f64 = vacant.iter().map(empty_seats).sum();
        let more = json!({
            "sort": body.values.text("sort").replace('_', " "),
            "filled": filled.len(),
            "vacant": figure(empty),
            "wanted": wanted.join(", "),
            "meets": body.values.text("meets"),
            "unit": body.values.text("unit"),
            "lever": body.values.text("lever"),
        });
        line(asked, body, more)
    });
    let columns = [
        ("title", "Body"),
        ("sort", "Sort"),
        ("filled", "Filled"),
        ("vacant", "Vacant"),
        ("wanted", "Roles wanted"),
        ("meets", "Meets"),
    ];
    Section::new("bodies", "Bodies", &columns, "There is no body yet: `grid body new --name NAME` makes one.")
        .rows(rows)
}

fn wanted_role(vacancy: &Vacancy) -> Option<&str> {
    match vacancy {
        Vacancy::Role(role) => Some(role),
        _ => None,
    }
}

const fn empty_seats(vacancy: &Vacancy) -> f64 {
    match vacancy {
        Vacancy::Seats { empty, .. } => *empty,
        Vacancy::Group(_) => 1.0,
        Vacancy::Groups { empty, .. } => *empty as f64,
        Vacancy::Role(_) => 0.0,
    }
}

/// What is vacant, in words.
pub(super) fn vacancy_words(asked: &Asked<'_>, vacancy: &Vacancy) -> String {
    match vacancy {
        Vacancy::Seats { empty, of } => format!("{} of {} seats", figure(*empty), figure(*of)),
        Vacancy::Role(role) => format!("the role {role}"),
        Vacancy::Group(group) => format!("nobody sent by {}", asked.views.name_of(group)),
        Vacancy::Groups { empty, of } => format!("{empty} of {of} groups send nobody"),
    }
}

fn vacant(asked: &Asked<'_>, seen: &[Seen<'_>]) -> Section {
    let rows = seen.iter().flat_map(|Seen { body, vacant, .. }| {
        let step = format!("grid seat new --body {}", short_id(body));
        vacant.iter().map(move |vacancy| {
            line(asked, body, json!({"vacant": vacancy_words(asked, vacancy), "step": step.clone()}))
        })
    });
    let columns = [("title", "Body"), ("vacant", "Vacant"), ("step", "Take it")];
    Section::new("vacant", "Vacant", &columns, "Every seat and every role is filled.").rows(rows)
}

fn warnings(asked: &Asked<'_>, seen: &[Seen<'_>]) -> Section {
    let rows = seen.iter().flat_map(|Seen { body, filled, .. }| {
        chairing_conveners(filled).into_iter().map(|(group, role)| {
            let why = format!("is its {role} and its chair too: whoever convenes does not lead");
            line(asked, body, json!({"who": asked.views.name_of(&group), "who_id": group.to_string(), "why": why}))
        })
    });
    let columns = [("title", "Body"), ("who", "Who"), ("why", "Why")];
    Section::new("warnings", "Warnings", &columns, "No convener is the chair.").rows(rows)
}

fn seats(asked: &Asked<'_>, seen: &[Seen<'_>]) -> Section {
    let rows = seen.iter().flat_map(|Seen { body, .. }| {
        let mut seats: Vec<&Arc<Row>> = asked.referring(body, "seat").collect();
        let state = |seat: &Row| match asked.views.holds(seat) {
            true => SeatState::of(seat, asked.now).word(),
            false => "its group has left",
        };
        seats.sort_by_cached_key(|seat| (SeatState::of(seat, asked.now) as u8, holder(asked, seat), seat.document));
        seats.into_iter().map(move |seat| {
            let more = json!({
                "holder": holder(asked, seat),
                "role": roles(seat).into_iter().collect::<Vec<_>>().join(", "),
                "from": day_or_moment(asked, seat, "from"),
                "until": day_or_moment(asked, seat, "until"),
                "state": state(seat),
            });
            line(asked, seat, more)
        })
    });
    let columns = [
        ("title", "Body"),
        ("role", "Role"),
        ("holder", "Who"),
        ("by", "Group"),
        ("until", "Until"),
        ("state", "Term"),
    ];
    Section::new("seats", "Seats and terms", &columns, "Nobody sits anywhere yet.").rows(rows)
}

/// Who came to the meetings of a body: its groups, and whoever else answered.
fn attendance(asked: &Asked<'_>, seen: &[Seen<'_>]) -> Section {
    let rows = seen.iter().flat_map(|Seen { body, filled, .. }| {
        let mut held_count = 0;
        let mut groups: BTreeMap<GroupId, (usize, usize)> =
            filled.iter().filter_map(|seat| Some((seat.owner()?, (0, 0)))).collect();
        for event in asked.referring(body, "event") {
            for (_, answers) in Answers::to(asked, event, held(event, asked.now)).each() {
                held_count += 1;
                for (group, answer) in answers {
                    let (came, said) = groups.entry(group).or_default();
                    *came += usize::from(answer.is_there(&[]));
                    *said += usize::from(answer.says == "going");
                }
            }
        }
        let mut groups: Vec<_> =
            groups.into_iter().map(|(group, seen)| (asked.views.name_of(&group), group, seen)).collect();
        groups.sort_by_cached_key(|(name, group, _)| by_name(name, *group));
        let rows = groups.into_iter().filter(move |_| held_count > 0).map(|(name, group, (came, said))| {
            json!({
                "id": body.document.to_string(),
                "title": asked.title(body),
                "group": group.to_string(),
                "name": name,
                "came": came,
                "said": said,
                "held": held_count,
            })
        });
        rows.collect::<Vec<Json>>()
    });
    let columns =
        [("title", "Body"), ("name", "Group"), ("came", "Came"), ("said", "Said it would"), ("held", "Meetings held")];
    Section::new("attendance", "Who came", &columns, "No body has met yet.").rows(rows)
}

/// Whether something is still to be done.
pub(super) fn is_open(task: &Row) -> bool {
    !matches!(task.values.text("status"), "done" | "dropped")
}

fn tasks<'a>(asked: &Asked<'a>, of: Option<&Arc<Row>>) -> Vec<&'a Arc<Row>> {
    let of = of.map(|of| of.document.to_string());
    let wanted = |task: &&Arc<Row>| of.as_deref().is_none_or(|of| task.values.text("body") == of);
    let mut tasks: Vec<&Arc<Row>> = asked.current("task").filter(wanted).filter(|task| is_open(task)).collect();
    by_title(asked, &mut tasks);
    tasks
}

fn body_of(asked: &Asked<'_>, row: &Row) -> Json {
    asked.referred(row.values.text("body")).map_or(Json::Null, |body| asked.title(body).into())
}

fn loose_tasks(asked: &Asked<'_>, of: Option<&Arc<Row>>) -> Section {
    let rows = tasks(asked, of).into_iter().filter_map(|task| {
        // A name alone stays with its group: to everybody else nobody does it.
        let owner = match ["person", "assignee"].map(|field| task.values.text(field).is_empty()) {
            [false, _] => None,
            [true, false] => Some("others don't see who does it: name a group, or a listed person"),
            [true, true] => Some("nobody does it"),
        };
        let day = task.values.get("due").is_none().then_some("no day is set");
        let missing: Vec<&str> = [owner, day].into_iter().flatten().collect();
        if missing.is_empty() {
            return None;
        }
        let missing = missing.join(", ");
        Some(line(
            asked,
            task,
            json!({"body": body_of(asked, task), "due": day_or_moment(asked, task, "due"), "missing": missing}),
        ))
    });
    let columns = [("title", "Task"), ("body", "Body"), ("by", "Group"), ("missing", "Missing")];
    Section::new("tasks", "Open tasks without owner or day", &columns, "Every open task has an owner and a day.")
        .rows(rows)
}

/// Who does a task: the listed person or the group, else the name that its own group gave.
fn doer(asked: &Asked<'_>, task: &Row) -> String {
    match asked.title_named(task, "person") {
        named if !named.is_empty() => named,
        _ => task.values.text("assignee").to_owned(),
    }
}

fn gaps(asked: &Asked<'_>, of: Option<&Arc<Row>>) -> Section {
    let rows = tasks(asked, of).into_iter().filter(|task| flag(task, "gap")).map(|task| {
        let more = json!({
            "body": body_of(asked, task),
            "assignee": doer(asked, task),
            "due": day_or_moment(asked, task, "due"),
            "since": at(task.created),
        });
        line(asked, task, more)
    });
    let columns = [("title", "Gap"), ("body", "Body"), ("assignee", "Who"), ("due", "Until"), ("since", "Seen")];
    Section::new("gaps", "Gaps in the strategy", &columns, "Nobody named a gap.").rows(rows)
}

/// The groups that sit in bodies of a sort now.
pub(super) fn groups_in(asked: &Asked<'_>, sort: &str) -> BTreeSet<GroupId> {
    let bodies = asked.records("body").filter(|body| body.values.text("sort") == sort);
    bodies.flat_map(|body| filled(asked, body)).filter_map(|seat| seat.owner()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn vacant_seats_wanted_roles_and_ended_terms_are_told() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let steering =
            json!({"name": "Steering", "sort": "steering", "seats": 3, "wanted_roles": ["note-taker", "Chair"]});
        let body = coalition.record(0, "body", steering);
        coalition.record(0, "seat", json!({"body": body, "role": "chair", "holder": "Ana"}));
        coalition.record(1, "seat", json!({"body": body, "until": "2026-11-01T10:00:00Z"}));
        coalition.record(2, "seat", json!({"body": body, "from": "2027-01-01T10:00:00Z"}));
        let reply = coalition.ask("bodies", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "bodies", "filled"), [1]);
        assert_eq!(Coalition::column(&reply, "bodies", "vacant"), [2]);
        assert_eq!(Coalition::column(&reply, "vacant", "vacant"), ["2 of 3 seats", "the role note-taker"]);
        assert_eq!(Coalition::column(&reply, "seats", "state"), ["filled", "not begun", "over"]);
        assert_eq!(Coalition::column(&reply, "seats", "holder"), ["Ana", "Ferry Friends", "Hollin Choir"]);
        assert!(coalition.ask("bodies", &[("of", "Tea")]).is_err());
    }

    #[test]
    fn groups_of_the_unit_that_send_nobody_leave_a_seat_vacant() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let valley = coalition.record(0, "unit", json!({"name": "Valley"}));
        let town = coalition.record(0, "unit", json!({"name": "Town", "parents": [valley]}));
        coalition.record(1, "group", json!({"name": "Hollin Choir", "units": [town]}));
        coalition.record(2, "group", json!({"name": "Ferry Friends", "units": [valley]}));
        let council = json!({"name": "Council", "sort": "representatives", "unit": valley});
        let body = coalition.record(0, "body", council);
        coalition.record(2, "seat", json!({"body": body, "role": "representative"}));
        let reply = coalition.ask("bodies", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "vacant", "vacant"), ["nobody sent by Hollin Choir"]);
    }

    #[test]
    fn a_convener_who_is_the_chair_too_is_warned_of() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let body = coalition.record(0, "body", json!({"name": "Levers"}));
        coalition.record(0, "seat", json!({"body": body, "role": "Convener"}));
        coalition.record(1, "seat", json!({"body": body, "role": "chair"}));
        let warned =
            |coalition: &Coalition| Coalition::column(&coalition.ask("bodies", &[]).unwrap(), "warnings", "who");
        assert!(warned(&coalition).is_empty());
        coalition.record(1, "seat", json!({"body": body, "role": "fiscal-sponsor"}));
        assert_eq!(warned(&coalition), ["Hollin Choir"]);
    }

    #[test]
    fn attendance_is_counted_by_group_over_the_meetings_that_were_held() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let body = coalition.record(0, "body", json!({"name": "Levers"}));
        coalition.record(2, "seat", json!({"body": body}));
        for (starts, came) in [("2026-10-01T10:00:00Z", 2), ("2026-10-08T10:00:00Z", 0), ("2026-12-08T10:00:00Z", 1)] {
            let event = coalition.record(0, "event", json!({"title": "Call", "body": body, "starts": starts}));
            coalition.record(1, "attendance", json!({"event": event, "says": "going", "came": came}));
        }
        let reply = coalition.ask("bodies", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "attendance", "name"), ["Ferry Friends", "Hollin Choir"]);
        assert_eq!(Coalition::column(&reply, "attendance", "came"), [0, 1]);
        assert_eq!(Coalition::column(&reply, "attendance", "said"), [0, 2]);
        assert_eq!(Coalition::column(&reply, "attendance", "held"), [2, 2]);
    }

    #[test]
    fn of_a_meeting_that_comes_back_each_time_was_held_and_says_for_itself_who_came() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let body = coalition.record(0, "body", json!({"name": "Levers"}));
        let call = json!({"title": "Call", "body": body, "starts": "2026-11-02T10:00:00Z", "repeats": "weekly",
            "except": ["2026-11-09"]});
        let call = coalition.record(0, "event", call);
        let old = json!({"title": "Old call", "body": body, "starts": "2020-01-06T10:00:00Z", "repeats": "FREQ=WEEKLY;COUNT=2"});
        coalition.record(0, "event", old);
        coalition.record(0, "attendance", json!({"event": call, "on": "2026-11-02", "came": 2}));
        coalition.record(0, "attendance", json!({"event": call, "on": "2026-11-16", "came": 3}));
        coalition.record(0, "attendance", json!({"event": call, "on": "2026-11-16", "came": 1}));
        coalition.record(1, "attendance", json!({"event": call, "says": "going", "came": 5}));
        coalition.record(1, "attendance", json!({"event": call, "on": "2026-11-02", "says": "not_going"}));
        // Of a time that was left out, and of one that is ahead, nobody can have come.
        coalition.record(2, "attendance", json!({"event": call, "on": "2026-11-09", "came": 7}));
        coalition.record(2, "attendance", json!({"event": call, "on": "2026-11-23", "says": "going"}));
        let reply = coalition.ask("bodies", &[]).unwrap();
        let column = |key| Coalition::column(&reply, "attendance", key);
        assert_eq!(column("name"), ["Clean River", "Hollin Choir"]);
        assert_eq!((column("came"), column("said")), (vec![json!(2), json!(1)], vec![json!(0), json!(1)]));
        assert_eq!(column("held"), [3, 3], "two calls, and one that ended long ago");
    }

    #[test]
    fn open_tasks_without_owner_or_day_and_gaps_are_listed() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let due = "2026-12-01T10:00:00Z";
        coalition.record(0, "task", json!({"title": "Print", "person": Coalition::group(0), "due": due}));
        coalition.record(0, "task", json!({"title": "Ask the union", "gap": true}));
        coalition.record(0, "task", json!({"title": "Sing", "assignee": "Bo", "due": due}));
        coalition.record(0, "task", json!({"title": "Old", "status": "done"}));
        let reply = coalition.ask("bodies", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "tasks", "title"), ["Ask the union", "Sing"]);
        assert_eq!(
            Coalition::column(&reply, "tasks", "missing"),
            ["nobody does it, no day is set", "others don't see who does it: name a group, or a listed person"]
        );
        assert_eq!(Coalition::column(&reply, "gaps", "title"), ["Ask the union"]);
    }

    #[test]
    fn a_seat_of_a_group_that_has_left_is_vacant_and_hiding_a_group_empties_none() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let body = coalition.record(0, "body", json!({"name": "Steering", "seats": 2}));
        coalition.record(0, "seat", json!({"body": body}));
        coalition.record(1, "seat", json!({"body": body}));
        let filled = |coalition: &Coalition| {
            Coalition::column(&coalition.ask("bodies", &[]).unwrap(), "bodies", "filled")[0].clone()
        };
        coalition.hides(1);
        assert_eq!(filled(&coalition), 2);
        coalition.leaves(1);
        assert_eq!(filled(&coalition), 1);
        let reply = coalition.ask("bodies", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "vacant", "vacant"), ["1 of 2 seats"]);
        assert_eq!(Coalition::column(&reply, "vacant", "step"), [format!("grid seat new --body {}", &body[..8])]);
    }
}
