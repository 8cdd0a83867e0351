//! Amplification: what groups do for the actions, moments and calls of others, and who does it.

use super::backing::{Backing, everything, last_words, standing, supports};
use super::shown::{brief, by_name, figure, line, moment, newest_of_each};
use super::told::{group_behind, names, record};
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use crate::view::fold::folded;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who backs what.
pub(super) const QUESTION: Question = Question {
    name: "amplify",
    about: "What the groups do for each other's actions and calls: who spreads them, joins, offers help.",
    place: Place::Ask,
    words: &[Word {
        name: "of",
        about: "Only this action, alert, moment, event or need: its id or its title.",
        many: Given::Once,
    }],
    answer,
};

/// What can be backed.
pub(super) const THINGS: &[&str] = &["action", "alert", "moment", "event", "need"];

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let of = record(asked, "of", THINGS)?;
    let backed = match of {
        Some(row) => BTreeMap::from([(row.document, Backing::of(asked, row))]),
        None => everything(asked),
    };
    let reply = Reply::default().with(things(asked, &backed));
    // Where something else was asked about, calls for help are not the question.
    let reply = match of.is_none_or(|of| of.kind() == Some("alert")) {
        true => reply.with(alerts(asked, of)),
        false => reply,
    };
    Ok(match of {
        Some(row) => reply.with(backers(asked, row)),
        None => reply.with(credit(asked)),
    })
}

fn things(asked: &Asked<'_>, backed: &BTreeMap<DocumentId, Backing>) -> Section {
    let mut found: Vec<(Reverse<usize>, String, DocumentId, Json)> = Vec::new();
    for (id, backing) in backed {
        let row = asked.referred(&id.to_string());
        // What was removed is backed no more; what never came may come yet.
        if row.is_none() && asked.views.records.row(id).is_some_and(|row| row.is_removed()) {
            continue;
        }
        let more = json!({
            "boosts": backing.boosts,
            "joins": backing.joins,
            "people": figure(backing.people()),
            "offers": backing.offers,
            "pledges": backing.pledges,
            "credit": names(asked, &backing.groups),
        });
        let shown = match row {
            Some(row) => line(asked, row, more),
            None => not_here(id, more),
        };
        let title = folded(shown["title"].as_str().unwrap_or_default());
        found.push((Reverse(backing.groups.len()), title, *id, shown));
    }
    found.sort_by(|a, b| (&a.0, &a.1, &a.2).cmp(&(&b.0, &b.1, &b.2)));
    let columns = [
        ("marked", "What"),
        ("by", "Group"),
        ("boosts", "Spread by"),
        ("joins", "Joined by"),
        ("people", "People"),
        ("offers", "Offers"),
    ];
    let empty = "Nobody backs anything yet: `grid support new --of ID --sort boost` is a beginning.";
    let things = Section::new("things", "What is backed", &columns, empty);
    things.rows(found.into_iter().map(|(.., shown)| shown))
}

fn not_here(id: &DocumentId, mut more: Json) -> Json {
    let id = id.to_string();
    more["title"] = format!("{} (not here yet)", id.get(..8).unwrap_or(&id)).into();
    more["marked"] = more["title"].clone();
    more["id"] = id.into();
    more
}

fn alerts(asked: &Asked<'_>, of: Option<&Arc<Row>>) -> Section {
    let wanted = |row: &&Arc<Row>| of.is_none_or(|of| of.document == row.document);
    let rows = asked.current("alert").filter(wanted).map(|alert| {
        let answers = answers(asked, alert);
        let more = json!({
            "status": alert.values.text("status"),
            "until": moment(alert, "until"),
            "place": alert.values.text("place"),
            "answers": answers.len(),
            "answered_by": names(asked, answers.keys()),
        });
        line(asked, alert, more)
    });
    let columns =
        [("title", "Call for help"), ("by", "Group"), ("place", "Where"), ("status", "Status"), ("answers", "Answers")];
    Section::new("alerts", "Calls for help and how many groups answered", &columns, "Nobody calls for help.").rows(rows)
}

/// The groups that answered a call for help and did not say no, each with its last word.
pub(super) fn answers<'a>(asked: &Asked<'a>, alert: &Row) -> BTreeMap<GroupId, &'a Arc<Row>> {
    let mut answers =
        newest_of_each(asked.current_referring(alert, "support").chain(asked.current_referring(alert, "reply")));
    let says_no = |row: &Row| row.kind() == Some("reply") && row.values.text("says") == "no";
    answers.retain(|group, row| Some(*group) != alert.owner() && !says_no(row));
    answers
}

fn backers(asked: &Asked<'_>, of: &Row) -> Section {
    let mut found: Vec<(String, Json)> = last_words(standing(asked, of))
        .map(|support| {
            let invited = support.values.text("invited_by");
            let more = json!({
                "sort": support.values.text("sort"),
                "people": figure(super::shown::count(support, "people")),
                "what": brief(support.values.text("what")),
                "invited_by": group_behind(asked, invited).map(|group| asked.views.name_of(&group)),
            });
            (folded(&asked.group_name(support)), line(asked, support, more))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let columns =
        [("by", "Group"), ("sort", "Does"), ("people", "People"), ("what", "What"), ("invited_by", "Asked by")];
    Section::new("backers", "Who backs it", &columns, "Nobody yet.").rows(found.into_iter().map(|(_, shown)| shown))
}

fn credit(asked: &Asked<'_>) -> Section {
    let mut givers: BTreeMap<GroupId, Backing> = BTreeMap::new();
    for support in supports(asked) {
        if let Some(group) = support.owner() {
            givers.entry(group).or_default().add(support);
        }
    }
    let mut givers: Vec<_> =
        givers.into_iter().map(|(group, gives)| (asked.views.name_of(&group), group, gives)).collect();
    givers.sort_by_cached_key(|(name, group, gives)| (Reverse(gives.supports()), by_name(name, *group)));
    let rows = givers.into_iter().map(|(name, group, gives)| {
        json!({
            "group": group.to_string(),
            "name": name,
            "supports": gives.supports(),
            "boosts": gives.boosts,
            "joins": gives.joins,
            "people": figure(gives.people()),
            "offers": gives.offers,
            "pledges": gives.pledges,
        })
    });
    let columns = [
        ("name", "Group"),
        ("supports", "Backs"),
        ("boosts", "Spreads"),
        ("joins", "Joins"),
        ("people", "People"),
        ("offers", "Offers"),
    ];
    Section::new("credit", "Thanks to", &columns, "Nobody yet.").rows(rows)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn the_page_of_an_action_lists_and_counts_who_backs_it() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let vigil = coalition.record(0, "action", json!({"title": "Vigil"}));
        coalition.record(1, "support", json!({"of": vigil, "sort": "boost"}));
        coalition.record(2, "support", json!({"of": vigil, "sort": "join", "people": 4}));
        coalition.days_ago(0).record(1, "support", json!({"of": vigil, "sort": "offer", "what": "a choir"}));
        let reply = coalition.ask("amplify", &[("of", "Vigil")]).unwrap();
        assert_eq!(Coalition::column(&reply, "things", "boosts"), [1]);
        assert_eq!(Coalition::column(&reply, "things", "joins"), [1]);
        assert_eq!(Coalition::column(&reply, "things", "people"), [4]);
        assert_eq!(Coalition::column(&reply, "things", "credit"), [json!(["Ferry Friends", "Hollin Choir"])]);
        assert_eq!(Coalition::column(&reply, "backers", "by"), ["Ferry Friends", "Hollin Choir", "Hollin Choir"]);
        assert!(reply.section("alerts").is_none(), "calls for help were not asked about");
        let all = coalition.ask("amplify", &[]).unwrap();
        assert_eq!(Coalition::column(&all, "credit", "name"), ["Hollin Choir", "Ferry Friends"]);
    }

    #[test]
    fn whoever_joins_twice_is_counted_once() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let vigil = coalition.record(0, "action", json!({"title": "Vigil"}));
        coalition.days_ago(3).record(1, "support", json!({"of": vigil, "sort": "join", "people": 9}));
        coalition.days_ago(1).record(1, "support", json!({"of": vigil, "sort": "join", "people": 5}));
        let reply = coalition.ask("amplify", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "things", "joins"), [1]);
        assert_eq!(Coalition::column(&reply, "things", "people"), [5]);
    }

    #[test]
    fn answers_to_a_call_are_counted_by_group_and_what_is_backed_may_be_missing() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let flood = coalition.record(0, "alert", json!({"title": "Flood", "place": "Lismore"}));
        coalition.record(1, "support", json!({"of": flood, "sort": "offer"}));
        coalition.record(1, "reply", json!({"to": flood, "says": "yes"}));
        coalition.record(2, "reply", json!({"to": flood, "says": "maybe"}));
        coalition.record(0, "support", json!({"of": flood}));
        coalition.record(2, "support", json!({"of": Coalition::group(0)}));
        let reply = coalition.ask("amplify", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "alerts", "answers"), [2]);
        let titles = Coalition::column(&reply, "things", "title");
        assert!(titles.iter().any(|title| title.as_str().unwrap().contains("not here yet")), "{titles:?}");
    }

    #[test]
    fn who_says_no_has_not_answered_a_call_and_both_pages_count_alike() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let flood = coalition.record(0, "alert", json!({"title": "Flood"}));
        coalition.record(0, "support", json!({"of": flood, "sort": "offer"}));
        coalition.record(1, "reply", json!({"to": flood, "says": "no"}));
        coalition.record(2, "support", json!({"of": flood, "sort": "offer"}));
        for (question, section) in [("amplify", "alerts"), ("calls", "calls")] {
            let reply = coalition.ask(question, &[]).unwrap();
            assert_eq!(Coalition::column(&reply, section, "answers"), [1], "{question}");
        }
        coalition.leaves(0);
        assert!(coalition.ask("calls", &[]).unwrap().section("calls").unwrap().rows.is_empty());
    }

    #[test]
    fn what_is_hidden_or_was_removed_is_not_said_to_be_on_its_way() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let song = coalition.record(1, "action", json!({"title": "Song"}));
        coalition.record(2, "support", json!({"of": song}));
        coalition.hides(1);
        assert!(Coalition::column(&coalition.ask("amplify", &[]).unwrap(), "things", "title").is_empty());
    }
}
