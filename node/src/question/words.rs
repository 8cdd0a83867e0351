//! Words: what terms mean here, the story that all tell, what newcomers ask, and which wordings convince.

use super::asked::number;
use super::shown::{by_name, flag, or_nothing, short};
use super::{Asked, Place, Question, Reply, Section, Unanswerable};
use crate::view::fold::folded;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The common language.
pub(super) const QUESTION: Question = Question {
    name: "words",
    about: "The common language: terms, the story that all tell, what newcomers ask, and frames by test with the winner.",
    place: Place::Ask,
    words: &[],
    answer,
};

/// The parts that are pages: their name, the purpose of the pages, the heading and what stands there otherwise.
const PAGES: [(&str, &str, &str, &str); 4] = [
    ("terms", "term", "Words and what is meant by them", "No term is explained yet."),
    ("narrative", "narrative", "The story that all tell", "Nobody has written it down yet."),
    ("value", "value", "What a member gets, and gives", "Nobody has written it down yet."),
    ("faq", "faq", "What newcomers ask", "Nobody has written it down yet."),
];

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let mut reply = Reply::default();
    let columns = [("name", "Title"), ("text", "Text"), ("language", "Language")];
    for (name, purpose, heading, empty) in PAGES {
        let mut pages: Vec<&Arc<Row>> =
            asked.records("page").filter(|row| row.values.text("purpose") == purpose).collect();
        pages.sort_by_cached_key(|row| by_name(&asked.title(row), row.document));
        let rows = pages.into_iter().map(|row| {
            let text = row.values.text("text");
            json!({
                "id": row.document.to_string(),
                "name": asked.title(row),
                "text": or_nothing(&short(text, 160)),
                "language": or_nothing(row.values.text("language")),
            })
        });
        reply = reply.with(Section::new(name, heading, &columns, empty).rows(rows));
    }
    let columns = [
        ("test", "Test"),
        ("name", "Frame"),
        ("wording", "Words"),
        ("rate", "Convinced"),
        ("winner", "Winner"),
        ("by", "Tried by"),
    ];
    let frames = Section::new("frames", "Frames by test", &columns, "No wording was tried yet.");
    Ok(reply.with(frames.rows(frames_by_test(asked))))
}

/// The part of those who were asked that a frame convinced. Figures that can't be are none.
fn rate(row: &Row) -> Option<f64> {
    let (asked, convinced) = (number(row, "asked")?, number(row, "convinced")?);
    (asked > 0.0 && (0.0..=asked).contains(&convinced)).then(|| convinced / asked)
}

/// Test by test, the most convincing frame first. The winner is the one that was declared, else the most convincing.
fn frames_by_test(asked: &Asked<'_>) -> Vec<Json> {
    let mut tests: BTreeMap<String, Vec<&Arc<Row>>> = BTreeMap::new();
    for row in asked.records("frame") {
        tests.entry(folded(row.values.text("test"))).or_default().push(row);
    }
    let mut shown = Vec::new();
    for mut frames in tests.into_values() {
        frames.sort_by_cached_key(|row| {
            let convinced = rate(row).map_or(0, |rate| (rate * 1e9) as u64);
            (std::cmp::Reverse(convinced), by_name(&asked.title(row), row.document))
        });
        let declared = frames.iter().any(|row| flag(row, "winner"));
        let compared = frames.iter().filter(|row| rate(row).is_some()).count() > 1;
        for (place, row) in frames.iter().enumerate() {
            let winner = match declared {
                true => flag(row, "winner").then_some("yes"),
                false => (place == 0 && compared).then_some("so far"),
            };
            shown.push(json!({
                "id": row.document.to_string(),
                "name": asked.title(row),
                "test": or_nothing(row.values.text("test")),
                "wording": or_nothing(&short(row.values.text("wording"), 120)),
                "rate": rate(row).map(|rate| format!("{:.0} %", rate * 100.0)),
                "asked": number(row, "asked"),
                "convinced": number(row, "convinced"),
                "winner": winner,
                "group": row.owner().map(|group| group.to_string()),
                "by": asked.group_name(row),
            }));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::{Value as Json, json};

    #[test]
    fn of_two_frames_of_a_test_the_more_convincing_one_wins_unless_another_was_declared() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let mut frame = |title: &str, test: &str, asked: u32, convinced: u32, winner: bool| {
            let fields =
                json!({"title": title, "test": test, "asked": asked, "convinced": convinced, "winner": winner});
            coalition.record(0, "frame", fields);
        };
        frame("Health", "Kitchen tables", 40, 10, false);
        frame("Home", "kitchen tables", 40, 30, false);
        frame("Jobs", "Markets", 10, 9, false);
        frame("Water", "Markets", 10, 8, true);
        frame("Untried", "Alone", 0, 0, false);
        let reply = coalition.ask("words", &[]).unwrap();
        let names = ["Untried", "Home", "Health", "Jobs", "Water"].map(Json::from);
        assert_eq!(Coalition::column(&reply, "frames", "name"), names);
        assert_eq!(
            Coalition::column(&reply, "frames", "rate"),
            json!([null, "75 %", "25 %", "90 %", "80 %"]).as_array().unwrap()[..]
        );
        assert_eq!(
            Coalition::column(&reply, "frames", "winner"),
            json!([null, "so far", null, null, "yes"]).as_array().unwrap()[..]
        );
    }

    #[test]
    fn terms_the_story_and_what_newcomers_ask_stand_apart() {
        let mut coalition = Coalition::new(&["Clean River"]);
        for (title, purpose) in
            [("Well", "term"), ("Aquifer", "term"), ("Our story", "narrative"), ("Why join?", "faq")]
        {
            coalition.record(0, "page", json!({"title": title, "purpose": purpose, "text": "Text"}));
        }
        coalition.record(0, "page", json!({"title": "Minutes"}));
        let reply = coalition.ask("words", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "terms", "name"), ["Aquifer", "Well"]);
        assert_eq!(Coalition::column(&reply, "narrative", "name"), ["Our story"]);
        assert_eq!(Coalition::column(&reply, "faq", "name"), ["Why join?"]);
        assert!(Coalition::column(&reply, "value", "name").is_empty());
    }
}
