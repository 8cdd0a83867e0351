//! Drafts: texts that are talked about, and those that stand.
//!
//! A frozen text reads as it was frozen, whatever was written since; two texts frozen at one time are told.

use super::shown::{by_title, day_or_moment, line};
use super::{Asked, Place, Question, Reply, Section, Unanswerable, talk};
use grid_protocol::domain::STATEMENT_TEXT;
use grid_protocol::id::Digest;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Which texts are in the making.
pub(super) const QUESTION: Question = Question {
    name: "drafts",
    about: "Texts in the making and texts that stand, with their comments, and whether somebody altered them.",
    place: Place::Ask,
    words: &[],
    answer,
};

/// Whether the text of a draft is the one that was frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Frozen,
    Rivals,
    Altered,
}

impl State {
    fn of(draft: &Row) -> Self {
        let frozen = draft.values.text("frozen_hash");
        let hash = Digest::of(STATEMENT_TEXT, draft.values.text("text").as_bytes()).to_string();
        match draft.values.text("status") == "frozen" {
            true if draft.damaged.iter().any(|field| field == "frozen_hash") => State::Rivals,
            true if frozen == hash => State::Frozen,
            true => State::Altered,
            false if frozen.is_empty() => State::Open,
            false => State::Altered,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Frozen => "frozen",
            State::Rivals => "frozen twice, with different texts",
            // No program of today writes such a record, and none that froze it reads as another text.
            State::Altered => "says that it is frozen, and its hash is of another text",
        }
    }
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let mut drafts: Vec<&Arc<Row>> = asked.records("draft").collect();
    by_title(asked, &mut drafts);
    let one = |draft: &&Arc<Row>| -> (State, Json) {
        let state = State::of(draft);
        let comments = talk::on(asked, draft);
        let groups: BTreeSet<_> = comments.iter().filter_map(|comment| comment.owner()).collect();
        let more = json!({
            "state": state.words(),
            "comments": comments.len(),
            "groups": groups.len(),
            "until": day_or_moment(asked, draft, "until"),
            "frozen_hash": draft.values.text("frozen_hash"),
        });
        (state, line(asked, draft, more))
    };
    let (open, standing): (Vec<_>, Vec<_>) = drafts.iter().map(one).partition(|(state, _)| *state == State::Open);
    let columns = [
        ("title", "Draft"),
        ("by", "Group"),
        ("comments", "Comments"),
        ("groups", "From groups"),
        ("until", "Heard until"),
        ("state", "State"),
    ];
    let rows = |drafts: Vec<(State, Json)>| drafts.into_iter().map(|(_, row)| row);
    let empty = "Nothing is in the making: `grid draft new --title TITLE` begins a text.";
    let open = Section::new("open", "In the making", &columns, empty).rows(rows(open));
    let frozen = Section::new("frozen", "Texts that stand", &columns, "No text was frozen yet.").rows(rows(standing));
    Ok(Reply::default().with(open).with(frozen))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use grid_protocol::domain::STATEMENT_TEXT;
    use grid_protocol::id::Digest;
    use grid_protocol::record::Value;
    use serde_json::json;
    use std::sync::Arc;

    #[test]
    fn a_hash_of_another_text_is_told_and_comments_are_counted_once() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let open = coalition.record(0, "draft", json!({"title": "Unity", "text": "We stand"}));
        let thread = coalition.record(1, "thread", json!({"title": "On unity", "about": open}));
        coalition.record(1, "message", json!({"text": "Good", "thread": thread, "about": open}));
        coalition.record(0, "message", json!({"text": "Better?", "thread": thread}));
        let hash = Digest::of(STATEMENT_TEXT, b"We act").to_string();
        let frozen = json!({"title": "Action", "text": "We act", "status": "frozen", "frozen_hash": hash});
        let id = coalition.record(0, "draft", frozen);
        let states =
            |coalition: &Coalition| Coalition::column(&coalition.ask("drafts", &[]).unwrap(), "frozen", "state");
        let reply = coalition.ask("drafts", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "open", "comments"), [2]);
        assert_eq!(Coalition::column(&reply, "open", "groups"), [2]);
        assert_eq!(states(&coalition), ["frozen"]);
        let row = coalition.views.records.row(&id.parse().unwrap()).unwrap();
        let mut altered = (**row).clone();
        altered.values.set("text".into(), Value::Text("We wait".into()));
        coalition.views.take_rows([Arc::new(altered)]);
        assert_eq!(states(&coalition), ["says that it is frozen, and its hash is of another text"]);
        let mut rivals = (**coalition.views.records.row(&id.parse().unwrap()).unwrap()).clone();
        rivals.damaged.push("frozen_hash".to_owned());
        coalition.views.take_rows([Arc::new(rivals)]);
        assert_eq!(states(&coalition), ["frozen twice, with different texts"]);
    }
}
