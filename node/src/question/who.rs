//! Who: all about one group: who it is, where, what it stands for, what it does, how to reach it, how it works.

use super::asked::{instant, tags};
use super::period::{is_over, next_or_first};
use super::shown::{by_name, day_or_moment, or_nothing, place};
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// What a group does, in the order in which it is told, and when it is over.
const DOING: [(&str, &[&str]); 5] = [
    ("action", &["done", "cancelled"]),
    ("event", &["done", "cancelled"]),
    ("need", &["met", "withdrawn"]),
    ("asset", &[]),
    ("seat", &[]),
];

/// All about one group.
pub(super) const QUESTION: Question = Question {
    name: "who",
    about: "All about one group: who, where, what it stands for, what it does, how to reach it and how it works.",
    place: Place::Ask,
    words: &[Word { name: "group", about: "Its name, or its id or the beginning of it.", many: Given::Once }],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let Some(text) = asked.word("group") else {
        return Err(Unanswerable::new(
            "which group is meant?",
            "Say --group and its name, such as: who --group river.",
        ));
    };
    let group = asked.views.group_like(text)?;
    if !asked.shows_group(&group) {
        return Err(Unanswerable::new(
            format!("{} is hidden on this computer", asked.name(&group)),
            "`grid hiding list` shows what is hidden here.",
        ));
    }
    let profile = asked.profiles().remove(&group);
    let doing = doing(asked, &group);
    let said = |field: &str| profile.map_or("", |row| row.values.text(field));
    let listed = |field: &str| profile.map_or_else(String::new, |row| tags(row, field).collect::<Vec<_>>().join(", "));
    let units = profile.map_or_else(String::new, |row| units(asked, row));
    let current = titles(&doing, &["action", "event"]);
    let member = match asked.views.members.contains(&group) {
        true => "member",
        false => "no member at present",
    };
    let sentences = |parts: &[&str]| {
        let parts: Vec<&str> = parts.iter().filter_map(|part| or_nothing(part)).collect();
        parts.join("; ")
    };
    let place = profile.map_or("", |row| place(row));
    let answers = [
        (
            "who",
            "Who are they?",
            sentences(&[&asked.name(&group), member, said("sector"), said("about"), &listed("tags")]),
        ),
        ("where", "Where are they?", sentences(&[place, &units])),
        ("stance", "Where do they stand?", said("stance").to_owned()),
        ("doing", "What are they doing?", current),
        ("needs", "What do they need?", sentences(&[&titles(&doing, &["need"]), &listed("needs")])),
        ("offers", "What can they do for others?", sentences(&[&titles(&doing, &["asset"]), &listed("skills")])),
        ("reach", "How to reach them?", sentences(&[said("reach"), said("website")])),
        ("how", "How do they work?", said("how_we_work").to_owned()),
        ("languages", "Which languages do they speak?", listed("languages")),
    ];
    let answers = answers.map(|(about, question, answer)| {
        json!({"about": about, "question": question, "answer": or_nothing(&answer), "group": group.to_string()})
    });
    let columns = [("question", "Question"), ("answer", "Answer")];
    let told = Section::new("answers", asked.name(&group), &columns, "Nothing is known of this group.").rows(answers);
    let columns = [("kind", "What"), ("name", "Title"), ("when", "When"), ("place", "Where"), ("status", "How far")];
    let doing = Section::new("doing", "What it does, needs and lends", &columns, "Nothing at present.").rows(doing);
    let columns = [("name", "Name"), ("roles", "Roles"), ("skills", "Skills"), ("reach", "Reach")];
    let people = Section::new("people", "Its people", &columns, "It has listed nobody.").rows(people(asked, &group));
    Ok(Reply::default().with(told).with(doing).with(people))
}

/// What rows of some kinds are called: three of them, and how many more there are.
fn titles(rows: &[Json], kinds: &[&str]) -> String {
    let of_kinds = rows.iter().filter(|row| row["kind"].as_str().is_some_and(|kind| kinds.contains(&kind)));
    let names: Vec<&str> = of_kinds.filter_map(|row| row["name"].as_str()).collect();
    let more = if names.len() > 3 { format!(" and {} more", names.len() - 3) } else { String::new() };
    format!("{}{more}", names.iter().take(3).copied().collect::<Vec<_>>().join(", "))
}

fn units(asked: &Asked<'_>, row: &Row) -> String {
    let mut names: Vec<String> = tags(row, "units").filter_map(|id| Some(asked.title(asked.referred(id)?))).collect();
    names.sort_unstable();
    names.join(", ")
}

/// What a group does, needs, lends, and where it sits, what is over left out.
fn doing(asked: &Asked<'_>, group: &GroupId) -> Vec<Json> {
    let mut rows = Vec::new();
    for (kind, over) in DOING {
        let own = asked.records(kind).filter(|row| row.owner() == Some(*group));
        let mut current: Vec<&Arc<Row>> =
            own.filter(|row| !over.contains(&row.values.text("status")) && !is_past(asked, row)).collect();
        current.sort_by_cached_key(|row| by_name(&asked.title(row), row.document));
        rows.extend(current.into_iter().map(|row| {
            let when = [next_or_first(row, asked.now), day_or_moment(asked, row, "from")]
                .into_iter()
                .find(|when| !when.is_null());
            json!({
                "id": row.document.to_string(),
                "kind": kind,
                "name": asked.title(row),
                "when": when,
                "place": or_nothing(place(row)),
                "status": or_nothing(row.values.text("status")).or(or_nothing(row.values.text("role"))),
            })
        }));
    }
    rows
}

/// Whether its last day is behind us.
fn is_past(asked: &Asked<'_>, row: &Row) -> bool {
    is_over(row, asked.now) || instant(row, "until").is_some_and(|end| end < asked.days_ago(1.0))
}

fn people(asked: &Asked<'_>, group: &GroupId) -> Vec<Json> {
    let mut people: Vec<&Arc<Row>> = asked.people().filter(|row| row.owner() == Some(*group)).collect();
    people.sort_by_cached_key(|row| by_name(row.values.text("name"), row.document));
    let row = |row: &Arc<Row>| {
        json!({
            "id": row.document.to_string(),
            "name": row.values.text("name"),
            "roles": row.values.get("roles"),
            "skills": row.values.get("skills"),
            "reach": or_nothing(row.values.text("reach")),
        })
    };
    people.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::{Value as Json, json};

    fn coalition() -> Coalition {
        let mut coalition = Coalition::quiet_since(1, &["Clean River", "Clean Air", "Hollin Choir"]);
        coalition.record(
            2,
            "group",
            json!({"name": "Hollin Choir", "place": "Hollin", "stance": "No wells", "reach": "Tuesdays, 555 1234",
                "how_we_work": "We sing first", "about": "Forty voices"}),
        );
        coalition
    }

    #[test]
    fn five_answers_and_how_it_works_stand_in_one_place() {
        let mut coalition = coalition();
        coalition.record(2, "action", json!({"title": "Song at the gate", "place": "Hollin"}));
        coalition.record(2, "action", json!({"title": "Over", "status": "done"}));
        coalition.record(2, "event", json!({"title": "Long ago", "starts": "2026-01-01T10:00:00Z"}));
        coalition.record(2, "need", json!({"title": "A van"}));
        let body = coalition.record(0, "body", json!({"name": "Steering"}));
        coalition.record(2, "seat", json!({"body": body, "role": "chair"}));
        coalition.record(2, "person", json!({"name": "Ann", "agreed": true, "reach": "at the hall"}));
        coalition.record(1, "person", json!({"name": "Somebody else", "agreed": true}));
        let reply = coalition.ask("who", &[("group", "holin choir")]).unwrap();
        let answers = Coalition::column(&reply, "answers", "answer");
        let expected =
            ["Forty voices", "Hollin", "No wells", "Song at the gate", "A van", "", "555 1234", "We sing first", ""];
        assert_eq!(answers.len(), expected.len());
        for (answer, expected) in answers.iter().zip(expected) {
            assert!(answer.as_str().unwrap_or_default().contains(expected), "{answers:?}");
        }
        assert_eq!(Coalition::column(&reply, "doing", "kind"), ["action", "need", "seat"]);
        assert_eq!(Coalition::column(&reply, "people", "name"), ["Ann"]);
    }

    #[test]
    fn a_group_that_says_nothing_still_answers() {
        let coalition = coalition();
        let reply = coalition.ask("who", &[("group", &Coalition::group(1))]).unwrap();
        let answers = Coalition::column(&reply, "answers", "answer");
        assert_eq!(answers[0], "Clean Air; member");
        assert!(answers[1..].iter().all(Json::is_null), "{answers:?}");
    }

    #[test]
    fn a_name_that_fits_none_or_several_or_a_hidden_one_says_so() {
        let mut coalition = coalition();
        let error = |coalition: &Coalition, name: &str| coalition.ask("who", &[("group", name)]).unwrap_err().message;
        assert!(error(&coalition, "clean").contains("Clean Air"));
        assert!(error(&coalition, "dragons").contains("no group"));
        assert!(coalition.ask("who", &[]).is_err());
        assert!(coalition.ask("who", &[("group", "clean air")]).is_ok());
        coalition.record(0, "hiding", json!({"what": "Air", "sort": "group", "of_group": Coalition::group(1)}));
        assert!(error(&coalition, "clean air").contains("is hidden"));
        assert!(error(&coalition, &Coalition::group(1)).contains("is hidden"));
    }

    #[test]
    fn needs_and_offers_are_told_as_such() {
        let mut coalition = Coalition::quiet_since(1, &["Clean River"]);
        let profile = json!({"name": "Clean River", "tags": ["river"], "needs": ["van"], "skills": ["driving"],
            "languages": ["Hindi", "Polish"]});
        coalition.record(0, "group", profile);
        coalition.record(0, "need", json!({"title": "A van for Saturday"}));
        let reply = coalition.ask("who", &[("group", "Clean River")]).unwrap();
        let answers = reply.section("answers").unwrap();
        let said = |about: &str| answers.rows.iter().find(|row| row["about"] == about).unwrap()["answer"].clone();
        assert_eq!((said("stance"), said("doing")), (json!(null), json!(null)));
        assert_eq!((said("how"), said("languages")), (json!(null), json!("Hindi, Polish")));
        assert_eq!((said("needs"), said("offers")), (json!("A van for Saturday; van"), json!("driving")));
    }
}
