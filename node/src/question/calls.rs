//! Calls for help: which stand, whom each calls, and who has answered.

use super::asked::{instant, number};
use super::near::km;
use super::shown::{by_name, or_nothing, place, point};
use super::turns::fairly;
use super::{Asked, Place, Question, Reply, Section, Unanswerable, amplify, told};
use grid_protocol::id::GroupId;
use grid_protocol::record::Coordinates;
use grid_protocol::replica::Row;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
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
    let own = asked.views.own;
    let profiles = asked.profiles();
    let members: BTreeSet<GroupId> = asked.members().collect();
    let mut calls: Vec<_> = standing(asked)
        .map(|row| {
            let reach = Reach::of(asked, row);
            let you = members.contains(&own) && reach.reaches(asked, &profiles, row, &own);
            (you, reach, row)
        })
        .collect();
    // Whoever is called reads that first. The groups are gathered for those that are shown.
    calls.sort_by_cached_key(|(you, _, row)| (!you, by_name(&asked.title(row), row.document)));
    let count = calls.len();
    let calls = fairly(calls, asked.most()?, |(_, _, row)| row.owner());
    let rows = calls.into_iter().map(|(own, reach, row)| {
        let called: BTreeSet<GroupId> =
            members.iter().filter(|group| reach.reaches(asked, &profiles, row, group)).copied().collect();
        let why = reach.why(asked);
        let answers: BTreeSet<GroupId> = amplify::answers(asked, row).into_keys().collect();
        json!({
            "id": row.document.to_string(),
            "name": asked.title(row),
            "place": or_nothing(place(row)),
            "by": asked.group_name(row),
            "you": own,
            "reached": called.len(),
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
    let section = Section::new("calls", "Calls for help", &columns, "Nobody calls for help.").of(count);
    Ok(Reply::default().with(section.rows(rows)))
}

/// The calls for help that stand.
pub(super) fn standing<'a>(asked: &Asked<'a>) -> impl Iterator<Item = &'a Arc<Row>> {
    let now = asked.now;
    let stands =
        move |row: &Row| row.values.text("status") != "over" && instant(row, "until").is_none_or(|until| now < until);
    asked.current("alert").filter(move |row| stands(row))
}

/// Whom a call is meant for.
enum Reach<'a> {
    Everybody,
    Unit(&'a Row),
    /// Whoever is not farther away, in kilometres.
    Around(Coordinates, f64),
}

impl<'a> Reach<'a> {
    fn of(asked: &Asked<'a>, alert: &Row) -> Self {
        match (asked.named(alert, "unit"), number(alert, "radius_km"), point(alert)) {
            (Some(unit), ..) => Reach::Unit(unit),
            (None, Some(radius), Some(here)) => Reach::Around(here, radius),
            _ => Reach::Everybody,
        }
    }

    /// Whether it reaches this member.
    fn reaches(
        &self,
        asked: &Asked<'_>,
        profiles: &BTreeMap<GroupId, &Arc<Row>>,
        alert: &Row,
        group: &GroupId,
    ) -> bool {
        let reached = match self {
            Reach::Everybody => true,
            Reach::Unit(unit) => asked.nested().holds(&unit.document, group),
            // Whoever has not said where it is may be near: a call too many is a smaller mistake than one too few.
            Reach::Around(here, radius) => {
                let there = profiles.get(group).and_then(|profile| point(profile));
                there.is_none_or(|there| km(*here, there) <= *radius)
            }
        };
        reached && alert.owner() != Some(*group)
    }

    fn why(&self, asked: &Asked<'_>) -> String {
        match self {
            Reach::Everybody => "every group".to_owned(),
            Reach::Unit(unit) => format!("the groups of {}", asked.title(unit)),
            Reach::Around(_, radius) => {
                format!("groups within {radius:.0} km, and those that have not said where they are")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use super::super::shown::MOST;
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
    fn one_group_that_calls_without_end_leaves_room_for_another() {
        let mut coalition = Coalition::new(&["Clean River", "Mallory", "Hollin Choir"]);
        for number in 0..MOST + 20 {
            coalition.record(1, "alert", json!({"title": format!("A call {number}")}));
        }
        coalition.record(2, "alert", json!({"title": "Machines at the weir"}));
        let reply = coalition.ask("calls", &[]).unwrap();
        let names = Coalition::column(&reply, "calls", "name");
        assert_eq!(names.len(), MOST);
        assert!(names.contains(&json!("Machines at the weir")));
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
        assert_eq!(Coalition::column(&reply, "calls", "reached"), [2, 1]);
    }
}
