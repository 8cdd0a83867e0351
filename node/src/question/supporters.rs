//! Supporters: which groups stand behind something, in which ways, and what each of them said.
//!
//! A group that spreads the word, joins and answers stands there once, with all that it does.

use super::Asked;
use super::amplify::{THINGS, answers};
use super::backing::{Backing, last_words, standing};
use super::shown::{brief, by_name, count, figure, newest_of_each};
use crate::view::Views;
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Groups that are named; where there are more they are counted.
const NAMED: usize = 30;

/// Who stands behind a record, as the API shows it; nothing where it is of a kind that nobody supports.
pub(crate) fn supporters(views: &Views, now: Timestamp, row: &Row) -> Option<Json> {
    let is_supported = row.kind().is_some_and(|kind| THINGS.contains(&kind));
    is_supported.then(|| of(&Asked::new(views, now, BTreeMap::new()), row))
}

fn of(asked: &Asked<'_>, row: &Row) -> Json {
    let backing = Backing::of(asked, row);
    let groups = if is_call(row) { answers(asked, row).len() } else { backing.groups.len() };
    let mut said: BTreeMap<GroupId, Vec<&Arc<Row>>> = BTreeMap::new();
    for word in words(asked, row) {
        if let Some(group) = word.owner() {
            said.entry(group).or_default().push(word);
        }
    }
    let mut said: Vec<_> = said.into_iter().filter(|(group, _)| asked.shows_group(group)).collect();
    said.sort_by_cached_key(|(group, _)| by_name(&asked.name(group), *group));
    let more = said.len().saturating_sub(NAMED);
    let who = said.into_iter().take(NAMED).map(|(group, words)| {
        let how: Vec<&str> = words.iter().map(|word| sort(word)).collect();
        let does: Vec<String> = words.iter().map(|word| does(word)).collect();
        json!({
            "group": group.to_string(),
            "name": asked.name(&group),
            "how": how,
            "people": figure(backing.people_of(&group)),
            "does": does.join(", "),
        })
    });
    json!({
        "groups": groups,
        "people": figure(backing.people()),
        "boosts": backing.boosts,
        "joins": backing.joins,
        "offers": backing.offers,
        "pledges": backing.pledges,
        "who": who.collect::<Vec<_>>(),
        "more": more,
    })
}

/// What other groups say to something: their supports, and to a call for help their answers, each way's last word.
pub(super) fn words<'a>(asked: &Asked<'a>, row: &Row) -> Vec<&'a Arc<Row>> {
    let others = |word: &&Arc<Row>| word.owner() != row.owner();
    let mut words: Vec<&Arc<Row>> = last_words(standing(asked, row).filter(others)).collect();
    if is_call(row) {
        words.extend(newest_of_each(asked.current_referring(row, "reply").filter(others)).into_values());
    }
    words
}

fn is_call(row: &Row) -> bool {
    row.kind() == Some("alert")
}

/// The word for what a support or an answer is: `boost`, `join`, `yes`.
fn sort(word: &Row) -> &str {
    match word.kind() {
        Some("reply") => word.values.text("says"),
        _ => word.values.text("sort"),
    }
}

/// What a support or an answer says, in words: `joins with 25 people`, `offers help: ten people`.
pub(super) fn does(word: &Row) -> String {
    let does = match sort(word) {
        "join" => "joins",
        "offer" => "offers help",
        "pledge" => "promises something",
        "yes" => "says yes",
        "no" => "says no",
        "maybe" => "says perhaps",
        _ => "spreads the word",
    };
    let with = match count(word, "people") {
        1.0 => " with 1 person".to_owned(),
        people if people > 0.0 => format!(" with {} people", figure(people)),
        _ => String::new(),
    };
    let what = ["what", "note"].map(|field| brief(word.values.text(field)));
    match what.into_iter().find(|what| !what.is_empty()) {
        Some(what) => format!("{does}{with}: {what}"),
        None => format!("{does}{with}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Coalition, NOW};
    use serde_json::{Value as Json, json};

    fn told(coalition: &Coalition, id: &str) -> Json {
        let row = coalition.views.records.row(&id.parse().unwrap()).unwrap();
        super::supporters(&coalition.views, NOW, row).unwrap_or_default()
    }

    #[test]
    fn a_group_that_boosts_and_joins_is_one_supporter_with_all_that_it_does() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let vigil = coalition.record(0, "action", json!({"title": "Vigil"}));
        coalition.record(1, "support", json!({"of": vigil, "sort": "boost"}));
        coalition.record(1, "support", json!({"of": vigil, "sort": "join", "people": 25}));
        coalition.record(2, "support", json!({"of": vigil, "sort": "pledge", "what": "candles"}));
        coalition.record(0, "support", json!({"of": vigil, "sort": "join", "people": 99}));
        let told = told(&coalition, &vigil);
        assert_eq!((&told["groups"], &told["people"], &told["joins"]), (&json!(2), &json!(25), &json!(1)));
        let of = |number: usize, key: &str| told["who"][number][key].clone();
        assert_eq!((of(0, "name"), of(0, "does")), (json!("Ferry Friends"), json!("promises something: candles")));
        assert_eq!((of(1, "name"), of(1, "how")), (json!("Hollin Choir"), json!(["boost", "join"])));
        assert_eq!((of(1, "does"), of(1, "people")), (json!("spreads the word, joins with 25 people"), json!(25)));
        assert_eq!(told["who"].as_array().unwrap().len(), 2);
        coalition.hides(1);
        let shown = self::told(&coalition, &vigil);
        assert_eq!((&shown["groups"], shown["who"].as_array().unwrap().len()), (&json!(2), 1));
    }

    #[test]
    fn what_was_answered_to_a_call_for_help_is_read_there_also_a_no() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let flood = coalition.record(0, "alert", json!({"title": "Flood"}));
        coalition.record(1, "support", json!({"of": flood, "sort": "offer", "what": "ten people"}));
        coalition.record(1, "reply", json!({"to": flood, "says": "yes", "note": "We come."}));
        coalition.record(2, "reply", json!({"to": flood, "says": "no"}));
        let told = told(&coalition, &flood);
        assert_eq!(told["groups"], 1, "who says no does not help");
        assert_eq!(told["who"][0]["does"], "says no");
        assert_eq!(told["who"][1]["does"], "offers help: ten people, says yes: We come.");
        assert_eq!(told["who"][1]["how"], json!(["offer", "yes"]));
    }

    #[test]
    fn who_has_left_does_not_come_to_what_is_ahead_and_was_there_at_what_is_over() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let week = json!({"title": "Week", "starts": "2026-11-20T10:00:00Z", "ends": "2026-12-20T10:00:00Z"});
        let week = coalition.record(0, "moment", week);
        let action = |title: &str, starts: &str| json!({"title": title, "starts": starts, "moment": week});
        let before = coalition.record(0, "action", action("Before", "2026-11-20T10:00:00Z"));
        let ahead = coalition.record(0, "action", action("Ahead", "2026-12-10T10:00:00Z"));
        for of in [&week, &before, &ahead] {
            coalition.record(1, "support", json!({"of": of, "sort": "join", "people": 25}));
            coalition.record(2, "support", json!({"of": of, "sort": "join", "people": 4}));
        }
        coalition.leaves(1);
        for (of, people, who) in [(&week, 4, 1), (&before, 29, 2), (&ahead, 4, 1)] {
            let told = told(&coalition, of);
            assert_eq!((&told["people"], told["who"].as_array().unwrap().len()), (&json!(people), who), "{told}");
            assert_eq!(told["groups"], who);
            let reply = coalition.ask("amplify", &[("of", of)]).unwrap();
            assert_eq!(Coalition::column(&reply, "things", "people"), [people]);
            assert_eq!(reply.section("backers").unwrap().rows.len(), who);
        }
        let all = coalition.ask("amplify", &[]).unwrap();
        assert_eq!(Coalition::column(&all, "things", "people"), [29, 4, 4]);
        let moments = coalition.ask("moments", &[]).unwrap();
        assert_eq!(Coalition::column(&moments, "actions", "people"), [29, 4], "Before, Ahead");
    }

    #[test]
    fn what_nobody_supports_has_no_supporters() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let page = coalition.record(0, "page", json!({"title": "Tea"}));
        assert_eq!(told(&coalition, &page), json!(null));
    }
}
