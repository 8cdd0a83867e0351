//! What the founder keeps on its own computer: nothing of it travels.

use super::frame::{SKILLS, TOPICS};
use super::{Drafted, Making, names};
use serde_json::{Value as Json, json};

/// People on the founder's own list.
const SUPPORTERS: usize = 24;
/// People who answered.
const ANSWERS: usize = 12;

/// Makes it.
pub(super) fn make(making: &mut Making) -> Vec<Drafted> {
    let mut made = Vec::new();
    let mut add = |kind: &'static str, fields: Json| {
        if let Json::Object(fields) = fields {
            made.push(Drafted { by: 0, kind, fields });
        }
    };
    for number in 0..SUPPORTERS {
        let joined = making.past();
        let numbers = &mut making.numbers;
        add(
            "supporter",
            json!({"name": names::person(numbers), "email": format!("supporter{number}@example.org"),
            "place": names::place(numbers.below(names::PLACES)), "tags": numbers.words(TOPICS, 2), "joined": joined}),
        );
    }
    for _ in 0..ANSWERS {
        let survey = making.any_where("survey", ("sort", "reflection"));
        let score = 2 + making.numbers.below(4);
        add("answer", json!({"question": "Who decides here without being asked?", "survey": survey, "score": score}));
    }
    let on = making.past();
    add(
        "official",
        json!({"name": names::person(&mut making.numbers), "office": "The water board", "on": on,
        "said": "Will look at the wells again.", "limits": "We do not trade one valley for another."}),
    );
    add("search", json!({"name": "Who can cook", "words": SKILLS.get(2), "of_kind": "person"}));
    add("hiding", json!({"what": "lock-on", "sort": "tactic"}));
    // Nobody knows a secret of this hash.
    add("link", json!({"name": "The calendar in the office", "feed": "calendar", "mark": "0".repeat(64)}));
    made
}
