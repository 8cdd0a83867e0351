//! What needs care, one check after the other.

use super::super::asked::instant;
use super::super::period::{begins, next};
use super::super::shown::{by_name, by_title};
use super::super::told::short_id;
use super::super::{
    Asked, adding_up, agenda, amplify, bodies, calls, decisions, flows, introduce, owed, reviews, seats, silence,
};
use crate::threats::{self, Reviewed};
use crate::view::MandateState;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Days after which a group counts as silent.
const SILENT: f64 = 30.0;

/// Something that needs care, in words.
struct Finding {
    what: String,
    who: String,
    id: Option<String>,
    step: String,
}

impl Finding {
    /// A finding about a record, with its group.
    fn of(asked: &Asked<'_>, row: &Row, what: String, step: String) -> Self {
        Self { what, who: asked.group_name(row), id: Some(row.document.to_string()), step }
    }

    /// A finding about a group.
    fn group(asked: &Asked<'_>, group: GroupId, what: String, step: &str) -> Self {
        Self { what, who: asked.views.name_of(&group), id: None, step: step.to_owned() }
    }

    /// A finding about everybody.
    fn everybody(what: String, step: &str) -> Self {
        Self { what, who: "everybody".to_owned(), id: None, step: step.to_owned() }
    }
}

/// A finding of which only the group is known yet: thousands are counted for every few that are told.
struct Found<'s> {
    group: Option<GroupId>,
    tell: Box<dyn FnOnce() -> Finding + 's>,
}

impl<'s> Found<'s> {
    fn new(group: Option<GroupId>, tell: impl FnOnce() -> Finding + 's) -> Self {
        Self { group, tell: Box::new(tell) }
    }
}

/// The findings of one check.
pub(super) struct Sort<'s> {
    name: &'static str,
    found: Vec<Found<'s>>,
    /// What shows all of them.
    closer: &'static str,
}

impl Sort<'_> {
    /// Rows: so many findings, then how many more there are.
    pub(super) fn rows(self, asked: &Asked<'_>, shown: usize) -> Vec<Json> {
        let Self { name, mut found, closer } = self;
        found.retain(|found| found.group.is_none_or(|group| asked.shows_group(&group)));
        let more = found.len().saturating_sub(shown);
        let rest = (more > 0).then(
            || json!({"sort": name, "what": format!("{more} more like that"), "who": "", "step": closer, "more": more}),
        );
        let rows = found.into_iter().take(shown).map(move |Found { group, tell }| {
            let finding = tell();
            json!({
                "sort": name,
                "what": finding.what,
                "who": finding.who,
                "group": group.map(|group| group.to_string()),
                "id": finding.id,
                "step": finding.step,
            })
        });
        rows.chain(rest).collect()
    }
}

/// Members that wrote nothing for a month.
pub(super) fn silent<'s>(asked: &'s Asked<'_>) -> Sort<'s> {
    // The profile says how to reach a group.
    let profiles = asked.profiles();
    let findings = silence::silent(asked, SILENT).into_iter().map(|(_, group)| {
        let profile = profiles.get(&group).copied();
        Found::new(Some(group), move || {
            let step = profile.map(|profile| format!("grid group show {}", short_id(profile)));
            let step = step.unwrap_or_else(|| "grid ask silence".to_owned());
            Finding::group(asked, group, format!("wrote nothing for {SILENT} days"), &step)
        })
    });
    Sort { name: "silent", found: findings.collect(), closer: "grid ask silence" }
}

/// Seats and roles of bodies in which nobody is.
pub(super) fn vacant<'s>(asked: &'s Asked<'_>) -> Sort<'s> {
    let mut rows: Vec<&Arc<Row>> = asked.records("body").collect();
    by_title(asked, &mut rows);
    let findings = rows.into_iter().flat_map(|body| {
        let filled = seats::filled(asked, body);
        seats::vacancies(asked, body, &filled).into_iter().map(move |vacancy| {
            Found::new(body.owner(), move || {
                let what = format!("{}: vacant: {}", asked.title(body), bodies::vacancy_words(asked, &vacancy));
                Finding::of(asked, body, what, format!("grid seat new --body {}", short_id(body)))
            })
        })
    });
    Sort { name: "vacant", found: findings.collect(), closer: "grid ask bodies" }
}

/// Seats whose term is over, where nobody of that group sits in the body now.
pub(super) fn over<'s>(asked: &'s Asked<'_>) -> Sort<'s> {
    // Who sits where is worked out once: a body may have had a thousand terms.
    let mut sit: HashMap<DocumentId, BTreeSet<Option<GroupId>>> = HashMap::new();
    let mut sits_there = |body: &Row, group: Option<GroupId>| {
        let now = || seats::filled(asked, body).into_iter().map(|seat| seat.owner()).collect();
        sit.entry(body.document).or_insert_with(now).contains(&group)
    };
    let mut over: Vec<(&Arc<Row>, &Arc<Row>)> = asked
        .current("seat")
        .filter(|seat| seats::SeatState::of(seat, asked.now) == seats::SeatState::Over)
        .filter_map(|seat| Some((seat, asked.named(seat, "body")?)))
        .filter(|(seat, body)| !sits_there(body, seat.owner()))
        .collect();
    over.sort_by_cached_key(|(seat, body)| by_name(&asked.title(body), seat.document));
    let findings = over.into_iter().map(|(seat, body)| {
        Found::new(seat.owner(), move || {
            let role = seats::roles(seat).into_iter().collect::<Vec<_>>().join(", ");
            let who = seats::holder(asked, seat);
            let seat_of = if role.is_empty() { who } else { format!("{who}, {role}") };
            let what = format!("{}: the term of {seat_of} is over", asked.title(body));
            Finding::of(asked, seat, what, format!("grid seat new --body {}", short_id(body)))
        })
    });
    Sort { name: "over", found: findings.collect(), closer: "grid ask bodies" }
}

/// What is open and past its day, decisions and reviews apart.
pub(super) fn overdue<'s>(asked: &'s Asked<'_>) -> Sort<'s> {
    let late = agenda::overdue(asked).filter(|(kind, ..)| matches!(*kind, "task" | "case" | "objective"));
    let mut late: Vec<_> = late.collect();
    late.sort_by_key(|(_, row, _, day, _)| (*day, row.document));
    let findings = late.into_iter().map(|(kind, row, _, _, why)| {
        Found::new(row.owner(), move || {
            let step = whose(asked, row, || format!("grid {kind} edit {}", short_id(row)));
            Finding::of(asked, row, format!("{} {why}", asked.title(row)), step)
        })
    });
    Sort { name: "overdue", found: findings.collect(), closer: "grid agenda" }
}

/// A step that only the group can take that wrote a record: others ask it.
fn whose(asked: &Asked<'_>, row: &Row, step: impl FnOnce() -> String) -> String {
    match row.owner() {
        Some(group) if group != asked.views.own => format!("ask them: grid ask who --group {}", group.short()),
        _ => step(),
    }
}

/// Roles of the five that nobody has.
pub(super) fn uncovered<'s>(asked: &'s Asked<'_>) -> Sort<'s> {
    let findings = introduce::uncovered(asked).into_iter().map(|role| {
        Found::new(None, move || {
            let step = format!("grid person new --agreed yes --roles {role} --name NAME");
            let article = if role.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            Finding::everybody(format!("nobody is {article} {role}"), &step)
        })
    });
    Sort { name: "uncovered", found: findings.collect(), closer: "grid introduce" }
}

/// Mandates that are over, where the holder has no other for that role.
pub(super) fn expired<'s>(asked: &'s Asked<'_>) -> Sort<'s> {
    let mandates = &asked.views.mandates;
    let held: BTreeSet<_> = mandates
        .iter()
        .filter(|row| matches!(row.state(asked.now), MandateState::Valid { .. } | MandateState::Upcoming { .. }))
        .map(|row| (row.group, row.role))
        .collect();
    let over = mandates.iter().filter(|row| row.state(asked.now) == MandateState::Over);
    let over: BTreeSet<_> = over.map(|row| (row.group, row.role)).filter(|over| !held.contains(over)).collect();
    let findings = over.into_iter().map(|(group, role)| {
        Found::new(Some(group), move || {
            let step = format!("grid mandate claim --role {role}");
            Finding::group(asked, group, format!("its mandate as {role} is over"), &step)
        })
    });
    Sort { name: "expired", found: findings.collect(), closer: "grid mandate list" }
}

/// Members that got nothing back.
pub(super) fn nothing_back<'s>(asked: &'s Asked<'_>) -> Sort<'s> {
    let flows = flows::of_members(asked).into_iter().filter(|(_, flow)| flow.got() == 0);
    let mut without: Vec<_> = flows.map(|(group, flow)| (usize::MAX - flow.given(), group, flow.given())).collect();
    without.sort_unstable();
    let findings = without.into_iter().map(|(_, group, given)| {
        Found::new(Some(group), move || {
            let what =
                if given == 0 { "got nothing yet".to_owned() } else { format!("gave {given} times, and got nothing") };
            let id = group.to_string();
            let step = format!("grid match --group {}", id.get(..8).unwrap_or(&id));
            Finding::group(asked, group, what, &step)
        })
    });
    Sort { name: "nothing_back", found: findings.collect(), closer: "grid ask flows" }
}

/// Calls for help that stand and that nobody answered.
pub(super) fn unanswered<'s>(asked: &'s Asked<'_>) -> Sort<'s> {
    let mut alerts: Vec<&Arc<Row>> =
        calls::standing(asked).filter(|alert| amplify::answers(asked, alert).is_empty()).collect();
    by_title(asked, &mut alerts);
    let findings = alerts.into_iter().map(|alert| {
        Found::new(alert.owner(), move || {
            let what = format!("nobody answered the call {}", asked.title(alert));
            Finding::of(asked, alert, what, format!("grid support new --of {} --sort offer", short_id(alert)))
        })
    });
    Sort { name: "unanswered", found: findings.collect(), closer: "grid ask calls" }
}

/// Actions that lead to no objective.
pub(super) fn unlinked<'s>(asked: &'s Asked<'_>) -> Sort<'s> {
    let findings = adding_up::unlinked(asked).into_iter().map(|(action, _)| {
        Found::new(action.owner(), move || {
            let what = format!("{} leads to no objective", asked.title(action));
            let step = || format!("grid action edit {} --objectives OBJECTIVE", short_id(action));
            Finding::of(asked, action, what, whose(asked, action, step))
        })
    });
    Sort { name: "unlinked", found: findings.collect(), closer: "grid ask adding-up" }
}

/// Actions that are over and were not reported.
pub(super) fn unreported<'s>(asked: &'s Asked<'_>) -> Sort<'s> {
    let findings = owed::without_report(asked).into_iter().map(|owed| {
        Found::new(owed.action.owner(), move || {
            let title = asked.title(owed.action);
            let what = match owed.day() {
                Some(day) => format!("{title} of {day} is over and has no report"),
                None => format!("{title} is over and has no report"),
            };
            Finding::of(asked, owed.action, what, owed.step())
        })
    });
    Sort { name: "unreported", found: findings.collect(), closer: "grid report" }
}

/// Decisions that are open past the day on which they were to close.
pub(super) fn undecided<'s>(asked: &'s Asked<'_>) -> Sort<'s> {
    let mut late: Vec<&Arc<Row>> = asked.current("decision").filter(|row| decisions::is_late(asked, row)).collect();
    by_title(asked, &mut late);
    let findings = late.into_iter().map(|decision| {
        Found::new(decision.owner(), move || {
            let what = format!("{} is open past its day", asked.title(decision));
            let step = || format!("grid decision edit {} --status adopted --outcome TEXT", short_id(decision));
            Finding::of(asked, decision, what, whose(asked, decision, step))
        })
    });
    Sort { name: "undecided", found: findings.collect(), closer: "grid ask decisions" }
}

/// Whether a round of reflection is ahead.
pub(super) fn no_reflection<'s>(asked: &'s Asked<'_>) -> Sort<'s> {
    let ahead = |row: &Arc<Row>, field: &str| {
        row.values.text("sort") == "reflection"
            && row.values.text("status") != "cancelled"
            && match field {
                "starts" => next(row, asked.now).is_some_and(|next| asked.now <= begins(&next)),
                field => instant(row, field).is_some_and(|at| asked.now <= at),
            }
    };
    let scheduled = asked.current("event").any(|event| ahead(event, "starts"))
        || asked.current("survey").any(|survey| ahead(survey, "closes"));
    let step = "grid event new --sort reflection --title TITLE --starts DAY-AND-HOUR";
    let finding = || {
        let what = "no round of reflection on power and absence is set";
        Found::new(None, move || Finding::everybody(what.to_owned(), step))
    };
    Sort {
        name: "no_reflection",
        found: (!scheduled).then(finding).into_iter().collect(),
        closer: "grid ask reflection",
    }
}

/// Reviews of threats that are due, or that there are none.
pub(super) fn stale_reviews<'s>(asked: &'s Asked<'_>) -> Sort<'s> {
    let mut rows: Vec<&Arc<Row>> = asked.current("review").collect();
    by_title(asked, &mut rows);
    let none = rows.is_empty().then(|| {
        let what = "nobody has thought about threats yet";
        Found::new(None, move || Finding::everybody(what.to_owned(), "grid review start"))
    });
    // What others think about is not enough for one's own people.
    let own = (none.is_none() && threats::reviewed(asked.views) == Reviewed::Missed).then(|| {
        let (own, what) = (asked.views.own, "your group met others before it thought about what threatens its people");
        Found::new(Some(own), move || Finding::group(asked, own, what.to_owned(), "grid review start"))
    });
    let due = rows.into_iter().filter_map(|review| {
        let due = reviews::due(asked, review)?;
        Some(Found::new(review.owner(), move || {
            let what = format!("the review of {} is due: {due}", asked.title(review));
            let step = || format!("grid review edit {} --reviewed DAY --again DAY --measures TEXT", short_id(review));
            Finding::of(asked, review, what, whose(asked, review, step))
        }))
    });
    Sort { name: "stale_reviews", found: own.into_iter().chain(due).chain(none).collect(), closer: "grid ask reviews" }
}
