//! Lessons: what others learned who did something like it.

use super::asked::tags;
use super::shown::{by_name, or_nothing, short};
use super::told::record;
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use crate::view::fold::bare;
use grid_protocol::replica::Row;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What was learned from actions like one that is about to start.
pub(super) const QUESTION: Question = Question {
    name: "lessons",
    about: "What others learned from actions like yours, to be read before it starts.",
    place: Place::Ask,
    words: &[
        Word { name: "action", about: "An action, its id or its title: its tactics count.", many: Given::Once },
        Word { name: "tactic", about: "A tactic, such as vigil; may be given several times.", many: Given::Often },
    ],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let mut wanted: BTreeSet<String> = asked.all("tactic").map(bare).collect();
    if let Some(action) = record(asked, "action", &["action"])? {
        wanted.extend(tags(action, "tactics").map(bare));
    }
    let all = wanted.is_empty() && asked.word("action").is_none();
    let lessons = match all {
        true => ordered(asked, asked.records("lesson").map(|row| (Vec::new(), row)).collect()),
        false => like(asked, asked.records("lesson"), &wanted),
    };
    let rows = lessons.into_iter().map(|(common, row)| {
        let action = asked.referred(row.values.text("action"));
        json!({
            "id": row.document.to_string(),
            "name": asked.title(row),
            "text": or_nothing(&short(row.values.text("text"), 160)),
            "action": action.map(|action| asked.title(action)),
            "by": asked.group_name(row),
            "group": row.owner().map(|group| group.to_string()),
            "why": if common.is_empty() { "one of all lessons".to_owned() } else { common.join(", ") },
        })
    });
    let columns = [
        ("name", "Lesson"),
        ("text", "What happened"),
        ("action", "Learned from"),
        ("by", "By"),
        ("why", "Like it in"),
    ];
    let section =
        Section::new("lessons", "What others learned", &columns, "Nobody has written down a lesson about that yet.");
    Ok(Reply::default().with(section.rows(rows)))
}

/// Those of some lessons that are about one of these tactics, with what they have in common, the likest first.
pub(super) fn like<'a>(
    asked: &Asked<'_>,
    lessons: impl Iterator<Item = &'a Arc<Row>>,
    wanted: &BTreeSet<String>,
) -> Vec<(Vec<String>, &'a Arc<Row>)> {
    let found = lessons.filter_map(|row| {
        let common: Vec<String> = tags(row, "tactics").map(bare).filter(|tactic| wanted.contains(tactic)).collect();
        (!common.is_empty()).then_some((common, row))
    });
    ordered(asked, found.collect())
}

fn ordered<'a>(asked: &Asked<'_>, mut found: Vec<(Vec<String>, &'a Arc<Row>)>) -> Vec<(Vec<String>, &'a Arc<Row>)> {
    found.sort_by_cached_key(|(common, row)| (usize::MAX - common.len(), by_name(&asked.title(row), row.document)));
    found
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn lessons_of_like_actions_come_first_and_others_not_at_all() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let vigil = coalition.record(0, "action", json!({"title": "Vigil", "tactics": ["Vigil", "song"]}));
        coalition.record(1, "lesson", json!({"title": "Bring candles", "tactics": ["vigil", "song"]}));
        coalition.record(1, "lesson", json!({"title": "Sing late", "tactics": ["song"]}));
        coalition.record(1, "lesson", json!({"title": "Print early", "tactics": ["letter"]}));
        let told =
            |words: &[(&str, &str)]| Coalition::column(&coalition.ask("lessons", words).unwrap(), "lessons", "name");
        assert_eq!(told(&[("action", &vigil)]), ["Bring candles", "Sing late"]);
        assert_eq!(told(&[("tactic", "LETTER")]), ["Print early"]);
        assert_eq!(told(&[]).len(), 3);
        assert!(coalition.ask("lessons", &[("action", "nothing")]).unwrap_err().hint.contains("id"));
    }
}
