//! The mode: how closely the coalition works together now, until when, and who set it.

use super::asked::instant;
use super::shown::{at, day_or_moment, line};
use super::spoken::standing;
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use serde_json::{Value as Json, json};
use std::cmp::Reverse;
use std::sync::Arc;

/// How closely we work together.
pub(super) const QUESTION: Question = Question {
    name: "mode",
    about: "How closely the groups work together now, until when, by whose mandate, and what was suggested.",
    place: Place::Ask,
    words: &[],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let begins = |mode: &Row| instant(mode, "from").unwrap_or(mode.created);
    let mut modes: Vec<&Arc<Row>> =
        asked.current("mode").filter(|mode| instant(mode, "until").is_some_and(|until| asked.now < until)).collect();
    modes.sort_by_key(|mode| (Reverse((begins(mode), mode.changed)), mode.document));
    let (mut now, mut coming, mut suggested) = (None, Vec::new(), Vec::new());
    for mode in modes {
        let from = begins(mode);
        let for_all = mode.values.text("voice") == "network";
        match standing(asked, mode) {
            Ok(mandate) if for_all => {
                let scope = format!("{}: {}", mandate.role, mandate.scope);
                match (asked.now < from, now.is_some()) {
                    (true, _) => coming.push(one(asked, mode, from, &scope)),
                    (false, false) => now = Some(one(asked, mode, from, &scope)),
                    (false, true) => suggested.push(one(asked, mode, from, "a newer setting came after it")),
                }
            }
            Err(why) if for_all => suggested.push(one(asked, mode, from, &why)),
            _ => suggested.push(one(asked, mode, from, "a group suggests it")),
        }
    }
    coming.reverse();
    let autonomy =
        || json!({"setting": "autonomy", "title": "Nobody set anything else", "why": "no mandate sets another mode"});
    let columns = |why| {
        [
            ("setting", "How closely"),
            ("title", "Why"),
            ("by", "Set by"),
            ("from", "Since"),
            ("until", "Until"),
            ("why", why),
        ]
    };
    let now = Section::new("now", "How closely we work together now", &columns("Mandate"), "")
        .rows([now.unwrap_or_else(autonomy)]);
    let empty = "No other setting is to come.";
    let coming = Section::new("coming", "Still to come", &columns("Mandate"), empty).rows(coming);
    let empty = "Nobody suggests another: `grid mode new --title TITLE --until DAY` does.";
    let suggested = Section::new("suggested", "Suggested", &columns("Note"), empty).rows(suggested);
    Ok(Reply::default().with(now).with(coming).with(suggested))
}

fn one(asked: &Asked<'_>, mode: &Row, from: Timestamp, why: &str) -> Json {
    let objectives = super::asked::tags(mode, "objectives").filter_map(|id| asked.views.title_of_id(id));
    let more = json!({
        "setting": mode.values.text("setting"),
        "from": at(from),
        "until": day_or_moment(asked, mode, "until"),
        "objectives": objectives.collect::<Vec<_>>(),
        "why": why,
    });
    line(asked, mode, more)
}
