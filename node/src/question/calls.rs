//! Calls for help: which stand, whom each calls, and who has answered.

use super::asked::{instant, number};
use super::near::km;
use super::shown::{by_name, or_nothing, place, point};
use super::units::groups_in;
use super::{Asked, Place, Question, Reply, Section, Unanswerable, amplify, told};
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Calls that stand, and the groups that each reaches.
pub(super) const QUESTION: Question = Question {
    name: "calls",
    about: "Calls for help that stand: which groups each calls, whether yours is one, and who has answered.",
    place: Place::Ask,
    words: &[],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let mut calls: Vec<_> = standing(asked)
        .map(|row| {
            let (called, why) = called(asked, row);
            let answers: BTreeSet<GroupId> = amplify::answers(asked, row).into_keys().collect();
            (called.contains(&asked.views.own), called, why, answers, row)
        })
        .collect();
    // Whoever is called reads that first.
    calls.sort_by_cached_key(|(own, _, _, _, row)| (!own, by_name(&asked.title(row), row.document)));
    let rows = calls.into_iter().map(|(own, called, why, answers, row)| {
        json!({
            "id": row.document.to_string(),
            "name": asked.title(row),
            "place": or_nothing(place(row)),
            "by": asked.group_name(row),
            "you": own,
            "called": called.len(),
            "groups": told::names(asked, &called),
            "answered": told::names(asked, &answers),
            "answers": answers.len(),
            "why": why,
        })
    });
    let columns = [
        ("name", "Call"),
        ("place", "Where"),
        ("by", "By"),
        ("you", "Calls you"),
        ("why", "Whom it calls"),
        ("answers", "Answered by"),
    ];
    let section = Section::new("calls", "Calls for help", &columns, "Nobody calls for help.");
    Ok(Reply::default().with(section.rows(rows)))
}

/// The calls for help that stand.
pub(super) fn standing<'a>(asked: &Asked<'a>) -> impl Iterator<Item = &'a Arc<Row>> {
    let now = asked.now;
    let stands =
        move |row: &Row| row.values.text("status") != "over" && instant(row, "until").is_none_or(|until| now < until);
    asked.current("alert").filter(move |row| stands(row))
}

/// The other members that a call reaches: all, those of a unit, or those within its radius.
fn called(asked: &Asked<'_>, alert: &Row) -> (BTreeSet<GroupId>, String) {
    let mut members: BTreeSet<GroupId> = asked.members().collect();
    if let Some(owner) = alert.owner() {
        members.remove(&owner);
    }
    if let Some(unit) = asked.named(alert, "unit") {
        let within = groups_in(asked, unit);
        members.retain(|group| within.contains(group));
        return (members, format!("the groups of {}", asked.title(unit)));
    }
    let (Some(radius), Some(here)) = (number(alert, "radius_km"), point(alert)) else {
        return (members, "every group".to_owned());
    };
    let profiles = asked.profiles();
    let is_near = |group: &GroupId| {
        let there = profiles.get(group).and_then(|profile| point(profile));
        // Whoever has not said where it is may be near: a call too many is a smaller mistake than one too few.
        there.is_none_or(|there| km(here, there) <= radius)
    };
    members.retain(is_near);
    (members, format!("groups within {radius:.0} km, and those that have not said where they are"))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn a_call_reaches_those_who_are_near_and_answers_are_counted_once() {
        let mut coalition = Coalition::quiet_since(5, &["Clean River", "Hollin Choir", "Ferry Friends"]);
        let at = |latitude: f64| json!({"latitude": latitude, "longitude": 153.0});
        coalition.record(0, "group", json!({"name": "Clean River", "coordinates": at(-28.0)}));
        coalition.record(2, "group", json!({"name": "Ferry Friends", "coordinates": at(-34.0)}));
        let fields = json!({"title": "Machines", "coordinates": at(-28.2), "radius_km": 50});
        let alert = coalition.record(1, "alert", fields);
        coalition.record(1, "alert", json!({"title": "Old", "until": "2026-01-01T00:00:00Z"}));
        coalition.record(0, "support", json!({"of": alert, "sort": "offer"}));
        coalition.record(0, "support", json!({"of": alert, "sort": "offer"}));
        let reply = coalition.ask("calls", &[]).unwrap();
        let column = |key| Coalition::column(&reply, "calls", key);
        assert_eq!(column("name"), ["Machines"]);
        assert_eq!((column("groups"), column("you")), (vec![json!(["Clean River"])], vec![json!(true)]));
        assert_eq!(column("answers"), [1]);
    }

    #[test]
    fn a_call_to_a_unit_reaches_its_groups_and_one_without_bounds_reaches_all() {
        let mut coalition = Coalition::quiet_since(5, &["Clean River", "Hollin Choir", "Ferry Friends"]);
        let unit = coalition.record(0, "unit", json!({"name": "Valley"}));
        coalition.record(2, "group", json!({"name": "Ferry Friends", "units": [unit]}));
        coalition.record(1, "alert", json!({"title": "A", "unit": unit}));
        coalition.record(1, "alert", json!({"title": "B"}));
        let reply = coalition.ask("calls", &[]).unwrap();
        // The call that reaches this group comes first.
        assert_eq!(Coalition::column(&reply, "calls", "name"), ["B", "A"]);
        assert_eq!(Coalition::column(&reply, "calls", "called"), [2, 1]);
    }
}
