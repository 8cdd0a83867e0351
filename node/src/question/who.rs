//! Who: all about one group: who it is, where, what it stands for, what it does, how to reach it, how it works. Of a
//! group that is not here yet it is what somebody wrote down about it.

use super::asked::{instant, tags};
use super::period::{is_over, next_or_first};
use super::shown::{by_name, day_or_moment, or_nothing, place};
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use crate::view::fold::Phrase;
use crate::view::told::{Untold, only};
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

/// Groups that are not here yet.
const PROSPECT: &str = "prospect";

/// All about one group.
pub(super) const QUESTION: Question = Question {
    name: "who",
    about: "All about one group, here or not yet: who, where, what it stands for, what it does, how to reach it, how it works.",
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
    let group = match party(asked, text)? {
        Party::Group(group) => group,
        Party::Prospect(row) => return of_prospect(asked, row),
    };
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
    let place = profile.map_or("", |row| place(row));
    let answers = [
        sentences(&[&asked.name(&group), member, said("sector"), said("about"), &listed("tags")]),
        sentences(&[place, &units]),
        said("stance").to_owned(),
        current,
        sentences(&[&titles(&doing, &["need"]), &listed("needs")]),
        sentences(&[&titles(&doing, &["asset"]), &listed("skills")]),
        sentences(&[said("reach"), said("website")]),
        said("how_we_work").to_owned(),
        listed("languages"),
    ];
    Ok(told(&asked.name(&group), Some(group), answers, doing, people(asked, &group)))
}

/// What people ask about a group.
const QUESTIONS: [(&str, &str); 9] = [
    ("who", "Who are they?"),
    ("where", "Where are they?"),
    ("stance", "Where do they stand?"),
    ("doing", "What are they doing?"),
    ("needs", "What do they need?"),
    ("offers", "What can they do for others?"),
    ("reach", "How to reach them?"),
    ("how", "How do they work?"),
    ("languages", "Which languages do they speak?"),
];

fn told(name: &str, group: Option<GroupId>, answers: [String; 9], doing: Vec<Json>, people: Vec<Json>) -> Reply {
    let answers = QUESTIONS.into_iter().zip(answers).map(|((about, question), answer)| {
        let group = group.map(|group| group.to_string());
        json!({"about": about, "question": question, "answer": or_nothing(&answer), "group": group})
    });
    let columns = [("question", "Question"), ("answer", "Answer")];
    let told = Section::new("answers", name, &columns, "Nothing is known of this group.").rows(answers);
    let columns = [("kind", "What"), ("name", "Title"), ("when", "When"), ("place", "Where"), ("status", "How far")];
    let doing = Section::new("doing", "What it does, needs and lends", &columns, "Nothing at present.").rows(doing);
    let columns = [("name", "Name"), ("roles", "Roles"), ("skills", "Skills"), ("reach", "Reach")];
    let people = Section::new("people", "Its people", &columns, "It has listed nobody.").rows(people);
    Reply::default().with(told).with(doing).with(people)
}

/// Who is meant.
enum Party<'a> {
    Group(GroupId),
    /// A group that is not here yet.
    Prospect(&'a Arc<Row>),
}

/// The group that is meant, or the one that is not here yet: by a whole name or an id, then by a part of a name.
fn party<'a>(asked: &Asked<'a>, text: &str) -> Result<Party<'a>, Unanswerable> {
    let views = asked.views;
    match views.group_told(text) {
        Err(Untold::Nothing { .. }) => {}
        whole => return Ok(Party::Group(whole?)),
    }
    let nobody = match views.record_told(&[PROSPECT], text) {
        Ok(row) => return Ok(joined(asked, row)),
        Err(Untold::Nothing { .. }) => match views.group_like(text) {
            Err(nobody @ Untold::Nothing { .. }) => nobody,
            part => return Ok(Party::Group(part?)),
        },
        Err(several) => return Err(several.into()),
    };
    let phrase = Phrase::new(text).exactly();
    let of_part = views.shown(PROSPECT).filter(|row| views.holds(row) && phrase.is_in(&asked.title(row)));
    let called = |row: &&Arc<Row>| (views.told_apart(row), row.document.to_string());
    match only(PROSPECT, text, of_part.collect(), called) {
        Err(Untold::Nothing { .. }) => Err(nobody.into()),
        one => Ok(joined(asked, one?)),
    }
}

/// A prospect is the group that it became, once it joined.
fn joined<'a>(asked: &Asked<'a>, row: &'a Arc<Row>) -> Party<'a> {
    asked.group_of(row.values.text("joined_as")).map_or(Party::Prospect(row), Party::Group)
}

/// What somebody wrote down about a group that is not here yet.
fn of_prospect(asked: &Asked<'_>, row: &Arc<Row>) -> Result<Reply, Unanswerable> {
    let title = asked.title(row);
    let name = or_nothing(&title).unwrap_or("(no name)");
    if !asked.shows(row) {
        return Err(Unanswerable::new(
            format!("{name} is hidden on this computer"),
            "`grid hiding list` shows what is hidden here.",
        ));
    }
    let said = |field: &str| row.values.text(field).to_owned();
    let standing = format!("not here yet ({}), as {} wrote", said("contact"), asked.group_name(row));
    let tags = tags(row, "tags").collect::<Vec<_>>().join(", ");
    let mut answers: [String; 9] = Default::default();
    let [who, place, .., reach, _, _] = &mut answers;
    *who = sentences(&[name, &standing, &said("about"), &tags]);
    (*place, *reach) = (said("place"), said("website"));
    Ok(told(name, None, answers, Vec::new(), Vec::new()))
}

fn sentences(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().filter_map(|part| or_nothing(part)).collect();
    parts.join("; ")
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
    fn a_group_that_is_not_here_yet_is_answered_for_by_what_others_wrote() {
        let mut coalition = coalition();
        let bakers = json!({"name": "Bakers' union", "place": "Ford", "website": "https://bakers.example",
            "about": "Ninety ovens", "contact": "talking"});
        coalition.record(1, "prospect", bakers);
        coalition.record(1, "prospect", json!({"name": "The choir", "joined_as": Coalition::group(2)}));
        for name in ["Bakers union", "bakers"] {
            let answers = Coalition::column(&coalition.ask("who", &[("group", name)]).unwrap(), "answers", "answer");
            let who = "Bakers' union; not here yet (talking), as Clean Air wrote; Ninety ovens";
            assert_eq!((&answers[0], &answers[1]), (&json!(who), &json!("Ford")));
            assert_eq!((&answers[2], &answers[6]), (&Json::Null, &json!("https://bakers.example")));
        }
        // Whoever has joined answers for itself.
        let reply = coalition.ask("who", &[("group", "The choir")]).unwrap();
        assert_eq!(Coalition::column(&reply, "answers", "answer")[2], "No wells");
        coalition.record(1, "prospect", json!({"name": "Bakers of Hollin"}));
        let error = coalition.ask("who", &[("group", "bakers")]).unwrap_err();
        assert!(error.message.contains("Bakers of Hollin") && error.message.contains("Bakers' union"), "{error}");
        coalition.record(0, "hiding", json!({"what": "Air", "sort": "group", "of_group": Coalition::group(1)}));
        assert!(coalition.ask("who", &[("group", "Bakers union")]).unwrap_err().message.contains("is hidden"));
        assert!(coalition.ask("who", &[("group", "bakers")]).unwrap_err().message.contains("no group"));
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
