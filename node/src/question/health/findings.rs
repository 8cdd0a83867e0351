//! What needs care, one check after the other.

use super::super::asked::{instant, tags};
use super::super::line::by_title;
use super::super::{Asked, adding_up, amplify, bodies, decisions, flows, report, reviews, seats, silence};
use crate::threats::{self, Reviewed};
use crate::view::MandateState;
use grid_protocol::id::GroupId;
use grid_protocol::record::Role;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Days after which a group counts as silent.
const SILENT: f64 = 30.0;

/// Something that needs care.
pub(super) struct Finding {
    what: String,
    who: String,
    group: Option<GroupId>,
    id: Option<String>,
    step: String,
}

impl Finding {
    /// A finding about a record, with its group.
    fn of(asked: &Asked<'_>, row: &Row, what: String, step: String) -> Self {
        Self { what, who: asked.group_name(row), group: row.owner(), id: Some(row.document.to_string()), step }
    }

    /// A finding about a group.
    fn group(asked: &Asked<'_>, group: GroupId, what: String, step: &str) -> Self {
        Self { what, who: asked.views.name_of(&group), group: Some(group), id: None, step: step.to_owned() }
    }

    /// A finding about everybody.
    fn everybody(what: String, step: &str) -> Self {
        Self { what, who: "everybody".to_owned(), group: None, id: None, step: step.to_owned() }
    }
}

/// The findings of one check.
pub(super) struct Sort {
    name: &'static str,
    findings: Vec<Finding>,
    /// What shows all of them.
    closer: &'static str,
}

impl Sort {
    /// Rows: so many findings, then how many more there are.
    pub(super) fn rows(self, shown: usize) -> impl Iterator<Item = Json> {
        let Self { name, findings, closer } = self;
        let more = findings.len().saturating_sub(shown);
        let rest = (more > 0).then(
            || json!({"sort": name, "what": format!("{more} more like that"), "who": "", "step": closer, "more": more}),
        );
        let rows = findings.into_iter().take(shown).map(move |finding| {
            json!({
                "sort": name,
                "what": finding.what,
                "who": finding.who,
                "group": finding.group.map(|group| group.to_string()),
                "id": finding.id,
                "step": finding.step,
            })
        });
        rows.chain(rest)
    }
}

/// The beginning of an id, as commands take it.
fn short(row: &Row) -> String {
    let id = row.document.to_string();
    id.get(..8).unwrap_or(&id).to_owned()
}

/// Members that wrote nothing for a month.
pub(super) fn silent(asked: &Asked<'_>) -> Sort {
    let since = asked.days_ago(SILENT);
    let heard = silence::last_heard(asked);
    let mut silent: Vec<_> = asked
        .members()
        .map(|group| (heard.get(&group).copied(), group))
        .filter(|(last, _)| last.is_none_or(|last| last < since))
        .collect();
    silent.sort_unstable();
    // The profile says how to reach a group.
    let profiles: BTreeMap<GroupId, &Arc<Row>> =
        asked.records("group").filter_map(|profile| Some((profile.owner()?, profile))).collect();
    let findings = silent.into_iter().map(|(_, group)| {
        let profile = profiles.get(&group).map(|profile| format!("grid group show {}", short(profile)));
        let step = profile.unwrap_or_else(|| "grid ask silence".to_owned());
        Finding::group(asked, group, format!("wrote nothing for {SILENT} days"), &step)
    });
    Sort { name: "silent", findings: findings.collect(), closer: "grid ask silence" }
}

/// Seats and roles of bodies in which nobody is.
pub(super) fn vacant(asked: &Asked<'_>) -> Sort {
    let mut rows: Vec<&Arc<Row>> = asked.records("body").collect();
    by_title(asked, &mut rows);
    let findings = rows.into_iter().flat_map(|body| {
        let filled = seats::filled(asked, body);
        seats::vacancies(asked, body, &filled).into_iter().map(|vacancy| {
            let what = format!("{}: vacant: {}", asked.title(body), bodies::vacancy_words(asked, &vacancy));
            Finding::of(asked, body, what, format!("grid seat new --body {}", short(body)))
        })
    });
    Sort { name: "vacant", findings: findings.collect(), closer: "grid ask bodies" }
}

/// Roles of the five that nobody has.
pub(super) fn uncovered(asked: &Asked<'_>) -> Sort {
    let rows = asked.records("group").chain(asked.records("person"));
    let covered: BTreeSet<&str> = rows.flat_map(|row| tags(row, "roles")).collect();
    let open = Role::ALL.into_iter().map(Role::word).filter(|role| !covered.contains(role));
    let findings = open.map(|role| {
        let step = format!("grid person new --agreed yes --roles {role} --name NAME");
        let article = if role.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        Finding::everybody(format!("nobody is {article} {role}"), &step)
    });
    Sort { name: "uncovered", findings: findings.collect(), closer: "grid introduce" }
}

/// Mandates that are over, where the holder has no other for that role.
pub(super) fn expired(asked: &Asked<'_>) -> Sort {
    let mandates = &asked.views.mandates;
    let held: BTreeSet<_> = mandates
        .iter()
        .filter(|row| matches!(row.state(asked.now), MandateState::Valid { .. } | MandateState::Upcoming { .. }))
        .map(|row| (row.group, row.role))
        .collect();
    let over = mandates.iter().filter(|row| row.state(asked.now) == MandateState::Over);
    let over: BTreeSet<_> = over.map(|row| (row.group, row.role)).filter(|over| !held.contains(over)).collect();
    let findings = over.into_iter().map(|(group, role)| {
        let step = format!("grid mandate claim --role {role}");
        Finding::group(asked, group, format!("its mandate as {role} is over"), &step)
    });
    Sort { name: "expired", findings: findings.collect(), closer: "grid mandate list" }
}

/// Members that got nothing back.
pub(super) fn nothing_back(asked: &Asked<'_>) -> Sort {
    let flows = flows::of_members(asked).into_iter().filter(|(_, flow)| flow.got() == 0);
    let mut without: Vec<_> = flows.map(|(group, flow)| (usize::MAX - flow.given(), group, flow.given())).collect();
    without.sort_unstable();
    let findings = without.into_iter().map(|(_, group, given)| {
        let what =
            if given == 0 { "got nothing yet".to_owned() } else { format!("gave {given} times, and got nothing") };
        Finding::group(asked, group, what, "grid match")
    });
    Sort { name: "nothing_back", findings: findings.collect(), closer: "grid ask flows" }
}

/// Calls for help that stand and that nobody answered.
pub(super) fn unanswered(asked: &Asked<'_>) -> Sort {
    let stands = |alert: &&Arc<Row>| {
        alert.values.text("status") != "over" && instant(alert, "until").is_none_or(|until| asked.now < until)
    };
    let mut alerts: Vec<&Arc<Row>> =
        asked.records("alert").filter(stands).filter(|alert| amplify::answers(asked, alert).is_empty()).collect();
    by_title(asked, &mut alerts);
    let findings = alerts.into_iter().map(|alert| {
        let what = format!("nobody answered the call {}", asked.title(alert));
        Finding::of(asked, alert, what, format!("grid support new --of {} --sort offer", short(alert)))
    });
    Sort { name: "unanswered", findings: findings.collect(), closer: "grid ask amplify" }
}

/// Actions that lead to no objective.
pub(super) fn unlinked(asked: &Asked<'_>) -> Sort {
    let findings = adding_up::unlinked(asked).into_iter().map(|(action, _)| {
        let what = format!("{} leads to no objective", asked.title(action));
        Finding::of(asked, action, what, format!("grid action edit {} --objectives OBJECTIVE", short(action)))
    });
    Sort { name: "unlinked", findings: findings.collect(), closer: "grid ask adding-up" }
}

/// Actions that are over and were not reported.
pub(super) fn unreported(asked: &Asked<'_>) -> Sort {
    let findings = report::without_report(asked).into_iter().map(|action| {
        let what = format!("{} is over and has no report", asked.title(action));
        Finding::of(asked, action, what, format!("grid report new --action {}", short(action)))
    });
    Sort { name: "unreported", findings: findings.collect(), closer: "grid report" }
}

/// Decisions that are open past the day on which they were to close.
pub(super) fn undecided(asked: &Asked<'_>) -> Sort {
    let mut late: Vec<&Arc<Row>> = asked.records("decision").filter(|row| decisions::is_late(asked, row)).collect();
    by_title(asked, &mut late);
    let findings = late.into_iter().map(|decision| {
        let what = format!("{} is open past its day", asked.title(decision));
        Finding::of(
            asked,
            decision,
            what,
            format!("grid decision edit {} --status adopted --outcome TEXT", short(decision)),
        )
    });
    Sort { name: "undecided", findings: findings.collect(), closer: "grid ask decisions" }
}

/// Whether a round of reflection is ahead.
pub(super) fn no_reflection(asked: &Asked<'_>) -> Sort {
    let ahead = |row: &Arc<Row>, field: &str| {
        row.values.text("sort") == "reflection"
            && row.values.text("status") != "cancelled"
            && instant(row, field).is_some_and(|at| asked.now <= at)
    };
    let scheduled = asked.records("event").any(|event| ahead(event, "starts"))
        || asked.records("survey").any(|survey| ahead(survey, "closes"));
    let step = "grid event new --sort reflection --title TITLE --starts DAY";
    let finding = || Finding::everybody("no round of reflection on power and absence is set".to_owned(), step);
    Sort {
        name: "no_reflection",
        findings: (!scheduled).then(finding).into_iter().collect(),
        closer: "grid ask reflection",
    }
}

/// Reviews of threats that are due, or that there are none.
pub(super) fn stale_reviews(asked: &Asked<'_>) -> Sort {
    let mut rows: Vec<&Arc<Row>> = asked.records("review").collect();
    by_title(asked, &mut rows);
    let none = rows.is_empty().then(|| {
        let what = "nobody has thought about threats yet".to_owned();
        Finding::everybody(what, "grid review start")
    });
    // What others think about is not enough for one's own people.
    let own = (none.is_none() && threats::reviewed(asked.views) == Reviewed::Missed).then(|| {
        let what = "your group met others before it thought about what threatens its people".to_owned();
        Finding::group(asked, asked.views.own, what, "grid review start")
    });
    let due = rows.into_iter().filter_map(|review| {
        let what = format!("the review of {} is due: {}", asked.title(review), reviews::due(asked, review)?);
        Some(Finding::of(
            asked,
            review,
            what,
            format!("grid review edit {} --reviewed DAY --again DAY --measures TEXT", short(review)),
        ))
    });
    Sort {
        name: "stale_reviews",
        findings: own.into_iter().chain(due).chain(none).collect(),
        closer: "grid ask reviews",
    }
}
