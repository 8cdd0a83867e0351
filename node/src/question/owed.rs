//! Owed: actions that are over, and that the group whose they are has not reported.
//!
//! What comes back owes a report of each time that was held. The last few are asked for: nobody writes down a year behind.

use super::period::{Period, begins, comes_back, day_of, held, is_over};
use super::shown::{at, by_title, line, moment};
use super::told::short_id;
use super::{Asked, Section};
use grid_protocol::id::GroupId;
use grid_protocol::record::Occasion;
use grid_protocol::replica::Row;
use jiff::civil::Date;
use serde_json::json;
use std::sync::Arc;

/// Times of what comes back that owe a report: those that were held last.
const TIMES: usize = 3;

/// An action that owes a report.
pub(super) struct Owed<'a> {
    /// The action.
    pub(super) action: &'a Arc<Row>,
    /// The time of it that does, where it comes back.
    time: Option<Occasion>,
}

impl Owed<'_> {
    /// The day of the time that owes it, where the action comes back.
    pub(super) fn day(&self) -> Option<Date> {
        self.time.as_ref().map(|time| time.starts.local().date())
    }

    /// The command that settles it.
    pub(super) fn step(&self) -> String {
        let id = short_id(self.action);
        match self.day() {
            Some(day) => format!("grid action report {id} --on {day}"),
            None => format!("grid report new --action {id} --title TITLE"),
        }
    }
}

/// The actions that are over, and the times of what comes back, that their own group has not reported.
pub(super) fn without_report<'a>(asked: &Asked<'a>) -> Vec<Owed<'a>> {
    let mut actions: Vec<&Arc<Row>> = asked.current("action").collect();
    by_title(asked, &mut actions);
    actions.into_iter().flat_map(|action| of(asked, action)).collect()
}

fn of<'a>(asked: &Asked<'a>, action: &'a Arc<Row>) -> Vec<Owed<'a>> {
    let own = || asked.referring(action, "report").filter(|report| report.owner() == action.owner());
    if !comes_back(action) {
        let owes = is_over(action, asked.now) && own().next().is_none();
        return owes.then_some(Owed { action, time: None }).into_iter().collect();
    }
    let mut times: Vec<Occasion> = held(action, asked.now).into_iter().flatten().collect();
    times.drain(..times.len().saturating_sub(TIMES));
    // A report that names no day tells of all that had been by then.
    let tells = |report: &Row, time: &Occasion| match day_of(report, "on") {
        Some(day) => day == time.starts.local().date(),
        None => begins(time) <= report.created,
    };
    times.retain(|time| !own().any(|report| tells(report, time)));
    times.into_iter().map(|time| Owed { action, time: Some(time) }).collect()
}

/// What is owed of a period, and by whom.
pub(super) fn owed(asked: &Asked<'_>, by: Option<GroupId>, period: Period) -> Section {
    let lies_in = |owed: &Owed<'_>| match owed.day() {
        Some(day) => period.holds(day),
        None => period.holds_row(owed.action, "starts"),
    };
    let owed = without_report(asked).into_iter().filter(|owed| by.is_none_or(|by| owed.action.owner() == Some(by)));
    let rows = owed.filter(lies_in).map(|owed| {
        let starts = owed.time.as_ref().map_or_else(|| moment(owed.action, "starts"), |time| at(begins(time)));
        let why = "it is over, and nobody of its group told how it went";
        line(asked, owed.action, json!({"starts": starts, "why": why, "step": owed.step()}))
    });
    let columns = [("title", "Action"), ("by", "Group"), ("starts", "When"), ("step", "Tell it")];
    Section::new("owed", "Actions without a report", &columns, "Every action that is over has a report.").rows(rows)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::{Value as Json, json};

    fn owed(coalition: &Coalition, words: &[(&str, &str)]) -> Vec<Json> {
        let reply = coalition.ask("report", words).unwrap();
        let steps = Coalition::column(&reply, "owed", "step");
        steps.iter().map(|step| json!(step.as_str().unwrap().rsplit(' ').next())).collect()
    }

    #[test]
    fn each_of_the_last_times_of_what_comes_back_owes_a_report_though_it_never_ends() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let vigil = json!({"title": "Vigil", "starts": "2026-01-05T10:00:00Z", "repeats": "FREQ=WEEKLY"});
        let vigil = coalition.record(0, "action", vigil);
        assert_eq!(owed(&coalition, &[]), ["2026-11-02", "2026-11-09", "2026-11-16"]);
        assert_eq!(owed(&coalition, &[("since", "2026-11-09")]), ["2026-11-09", "2026-11-16"]);
        coalition.record(0, "report", json!({"title": "Vigil", "action": vigil, "on": "2026-11-09"}));
        coalition.record(1, "report", json!({"title": "Vigil", "action": vigil, "on": "2026-11-16"}));
        assert_eq!(owed(&coalition, &[]), ["2026-11-02", "2026-11-16"], "its own group tells how it went");
        let health = coalition.ask("health", &[]).unwrap();
        let found = health.sections.iter().flat_map(|section| &section.rows).filter(|row| row["sort"] == "unreported");
        assert_eq!(found.count(), 2);
        coalition.record(0, "report", json!({"title": "The vigils", "action": vigil}));
        assert!(owed(&coalition, &[]).is_empty(), "what names no day tells of all that had been");
    }

    #[test]
    fn what_comes_back_and_was_called_off_or_has_not_begun_owes_nothing() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let walk = |starts: &str, status: &str| json!({"title": "Walk", "starts": starts, "repeats": "FREQ=DAILY", "status": status});
        coalition.record(0, "action", walk("2026-11-01T10:00:00Z", "cancelled"));
        coalition.record(0, "action", walk("2026-12-01T10:00:00Z", "planned"));
        assert!(owed(&coalition, &[]).is_empty());
    }
}
