//! Calls for help: which stand, whom each calls, who has answered, and which wait for this group.

use super::asked::{instant, number};
use super::narrow::{self, Strictness};
use super::near::km;
use super::shown::{at, by_name, moment, or_nothing, place, point};
use super::supporters::{does, words};
use super::turns::fairly;
use super::whose::{self, Whose};
use super::{Asked, Place, Question, Reply, Section, Unanswerable, amplify, told};
use crate::view::Views;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::Coordinates;
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use serde_json::{Value as Json, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Calls that stand, and the groups that each reaches.
pub(super) const QUESTION: Question = Question {
    name: "calls",
    about: "Calls for help that stand: which groups each calls, whether yours is one, who has answered, and what.",
    place: Place::Ask,
    words: &[whose::GROUP, narrow::PLACE, narrow::NEAR, narrow::WITHIN],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    narrow::exact_or_forgiving(|strictness| calls(asked, strictness))
}

fn calls(asked: &Asked<'_>, strictness: Strictness) -> Result<Reply, Unanswerable> {
    let whose = Whose::read(asked, strictness)?;
    let own = asked.views.own;
    let profiles = asked.profiles();
    let members: BTreeSet<GroupId> = asked.members().collect();
    // What concerns a group is what it calls for, and what calls it.
    let meant = |row: &Row| {
        let reach =
            |group: &GroupId| whose.is_group(group) && Reach::of(asked, row).reaches(asked, &profiles, row, group);
        whose.holds(row) || whose.is_there(row) && members.iter().any(reach)
    };
    let mut calls: Vec<_> = standing(asked)
        .filter(|row| meant(row))
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
    let said: Vec<Json> =
        calls.iter().filter(|(_, _, row)| asked.shows(row)).flat_map(|(_, _, row)| said(asked, row)).collect();
    let rows = calls.into_iter().map(|(own, reach, row)| {
        let called: BTreeSet<GroupId> =
            members.iter().filter(|group| reach.reaches(asked, &profiles, row, group)).copied().collect();
        let why = reach.why(asked);
        let whom = if own { format!("your group: it calls {why}") } else { why.clone() };
        let title = asked.title(row);
        let call = match place(row) {
            "" => title.clone(),
            place => format!("{title} ({place})"),
        };
        let answers: BTreeSet<GroupId> = amplify::answers(asked, row).into_keys().collect();
        json!({
            "id": row.document.to_string(),
            "name": title,
            "call": call,
            "place": or_nothing(place(row)),
            "by": asked.group_name(row),
            "since": at(row.created),
            "until": moment(row, "until"),
            "you": own,
            "reached": called.len(),
            "groups": told::names(asked, &called),
            "answered": told::names(asked, &answers),
            "answers": answers.len(),
            "why": why,
            "whom": whom,
        })
    });
    let columns = [
        ("call", "Call"),
        ("by", "By"),
        ("since", "Since"),
        ("until", "Until"),
        ("whom", "Whom it calls"),
        ("answered", "Answered by"),
    ];
    let none =
        if whose.is_everybody() { "Nobody calls for help." } else { "Nobody whom you asked for calls or is called." };
    let section = Section::new("calls", "Calls for help", &columns, none).of(count);
    let columns = [("name", "Call"), ("by", "Group"), ("does", "Answer"), ("at", "When")];
    let answers = Section::new("answers", "What was answered", &columns, "Nobody has answered yet.");
    Ok(Reply::default().with(section.rows(rows)).with(answers.rows(said)))
}

/// What was answered to a call, by the name of the group.
fn said(asked: &Asked<'_>, call: &Row) -> Vec<Json> {
    let mut said = words(asked, call);
    said.sort_by_cached_key(|word| by_name(&asked.group_name(word), word.document));
    let row = |word: &Arc<Row>| {
        json!({
            "id": word.document.to_string(),
            "name": asked.title(call),
            "about": call.document.to_string(),
            "group": word.owner().map(|group| group.to_string()),
            "by": asked.group_name(word),
            "does": does(word),
            "at": at(word.changed),
        })
    };
    said.into_iter().map(row).collect()
}

/// The calls for help that stand.
pub(super) fn standing<'a>(asked: &Asked<'a>) -> impl Iterator<Item = &'a Arc<Row>> {
    let now = asked.now;
    let stands =
        move |row: &Row| row.values.text("status") != "over" && instant(row, "until").is_none_or(|until| now < until);
    asked.current("alert").filter(move |row| stands(row))
}

/// A call for help that waits for the word of this group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// The call.
    pub(crate) call: DocumentId,
    /// What it is called.
    pub(crate) title: String,
    /// The group that calls.
    pub(crate) by: String,
    /// Where help is needed.
    pub(crate) place: Option<String>,
}

/// The calls that stand, reach this group, are not hidden here, and to which it has not said anything: the newest of
/// each group that calls, so many at most; and how many there are in all.
pub(crate) fn waiting(views: &Views, now: Timestamp, most: usize) -> (Vec<Waiting>, usize) {
    let asked = Asked::new(views, now, BTreeMap::new());
    let own = views.own;
    if !views.members.contains(&own) {
        return (Vec::new(), 0);
    }
    let said = |call: &Row| {
        let words = ["support", "reply"].into_iter().flat_map(|kind| asked.referring(call, kind));
        words.into_iter().any(|word| word.owner() == Some(own))
    };
    let open = standing(&asked).filter(|call| asked.shows(call) && call.owner() != Some(own) && !said(call));
    let mut open: Vec<&Arc<Row>> = open.collect();
    if open.is_empty() {
        return (Vec::new(), 0);
    }
    let profiles = asked.profiles();
    open.retain(|call| Reach::of(&asked, call).reaches(&asked, &profiles, call, &own));
    open.sort_by_key(|call| (Reverse(call.created), call.document));
    let count = open.len();
    let first = fairly(open, most, |call| call.owner()).into_iter().map(|call| Waiting {
        call: call.document,
        title: asked.title(call),
        by: asked.group_name(call),
        place: or_nothing(place(call)).map(str::to_owned),
    });
    (first.collect(), count)
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
    use super::super::fixture::{Coalition, NOW};
    use super::super::shown::MOST;
    use super::waiting;
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
    fn a_call_says_since_when_until_when_who_answered_and_what() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let fields = json!({"title": "Machines", "until": "2026-11-30T10:00:00Z"});
        let alert = coalition.days_ago(1).record(1, "alert", fields);
        coalition.days_ago(0).record(2, "support", json!({"of": alert, "sort": "offer", "what": "ten people"}));
        coalition.record(0, "reply", json!({"to": alert, "says": "no"}));
        let reply = coalition.ask("calls", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "calls", "answered"), [json!(["Ferry Friends"])]);
        assert_eq!(Coalition::column(&reply, "calls", "until"), ["2026-11-30T10:00:00Z"]);
        assert!(Coalition::column(&reply, "calls", "since")[0].as_str().unwrap().starts_with("2026-11-21T"));
        assert_eq!(Coalition::column(&reply, "answers", "by"), ["Clean River", "Ferry Friends"]);
        assert_eq!(Coalition::column(&reply, "answers", "does"), ["says no", "offers help: ten people"]);
        let shown: Vec<&str> = reply.section("calls").unwrap().columns.iter().map(|column| column.key).collect();
        assert!(["since", "until", "answered"].iter().all(|key| shown.contains(key)), "{shown:?}");
        assert_eq!(Coalition::column(&reply, "calls", "whom"), ["your group: it calls every group"]);
    }

    #[test]
    fn a_call_waits_for_the_groups_that_it_calls_until_they_answer_or_hide_it_or_it_ends() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        coalition.record(
            0,
            "group",
            json!({"name": "Clean River", "coordinates": {"latitude": -28.0, "longitude": 153.0}}),
        );
        let far = json!({"title": "Far", "radius_km": 30, "coordinates": {"latitude": -35.0, "longitude": 153.0}});
        coalition.record(1, "alert", far);
        coalition.record(1, "alert", json!({"title": "Over", "status": "over"}));
        coalition.record(1, "alert", json!({"title": "Past", "until": "2026-11-21T10:00:00Z"}));
        coalition.record(0, "alert", json!({"title": "Ours"}));
        let said_no = coalition.record(1, "alert", json!({"title": "Said no", "place": "Weir"}));
        let helped = coalition.record(1, "alert", json!({"title": "Helped"}));
        coalition.record(2, "alert", json!({"title": "Hidden"}));
        let titles = |coalition: &Coalition, most: usize| {
            let (waiting, count) = waiting(&coalition.views, NOW, most);
            (waiting.into_iter().map(|call| call.title).collect::<Vec<_>>(), count)
        };
        let all = titles(&coalition, 9);
        assert_eq!((all.0.len(), all.1), (3, 3), "{all:?}");
        let (two, count) = titles(&coalition, 2);
        assert!(two.contains(&"Hidden".to_owned()) && two.len() == 2 && count == 3, "each group has its turn: {two:?}");
        coalition.record(0, "reply", json!({"to": said_no, "says": "no"}));
        coalition.record(0, "support", json!({"of": helped, "sort": "offer"}));
        coalition.record(1, "reply", json!({"to": helped, "says": "yes"}));
        assert_eq!(titles(&coalition, 9), (vec!["Hidden".to_owned()], 1));
        coalition.hides(2);
        assert_eq!(titles(&coalition, 9), (Vec::new(), 0));
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
