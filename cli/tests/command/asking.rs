//! Questions, and what is said of records that stay on this computer.

use crate::support::{FakeNode, code, stderr, stdout};
use serde_json::json;

#[test]
fn what_stays_here_is_not_said_to_go_to_others() {
    let made = json!({"schema": 1, "id": "a".repeat(52), "heads": ["00"], "change": "created"});
    let node = FakeNode::saying(200, made);
    let output = node.run(["supporter", "new", "--name", "Ana Novak", "--wait", "1"]);
    assert_eq!(code(&output), 0, "nobody is waited for");
    let said = stderr(&output);
    assert!(said.contains("It stays here") && !said.contains("goes to the others"), "{said}");
}

#[test]
fn a_question_is_asked_with_its_words_and_shown_as_a_table() {
    let columns = json!([{"key": "name", "heading": "Group"}, {"key": "last", "heading": "Last heard of"}]);
    let rows = json!([{"name": "Mill\u{1b}[31m Street", "last": "2026-01-01T00:00:00Z", "group": "x"}]);
    let section = json!({"name": "silent", "heading": "Silent groups", "columns": columns, "rows": rows, "empty": "-"});
    let node = FakeNode::saying(200, json!({"schema": 1, "question": "silence", "sections": [section]}));
    let shown = stdout(&node.run(["ask", "silence", "--days", "10"]));
    assert!(shown.contains("Last heard of") && shown.contains("2026"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "what peers wrote does not reach the terminal as it is");
    assert_eq!(node.asked()[0].path, "/api/questions/silence?days=10");
    assert_eq!(code(&node.run(["ask", "silence", "--weeks", "1"])), 2);
    assert_eq!(code(&node.run(["ask"])), 2);
}

#[test]
fn what_people_think_in_are_commands_of_their_own() {
    let node = FakeNode::saying(200, json!({"schema": 1, "question": "x", "sections": []}));
    for verb in ["find", "match", "introduce", "health", "agenda", "report"] {
        let words: &[&str] = if verb == "find" { &["find", "river"] } else { &[verb] };
        assert_eq!(code(&node.run(words.iter().copied())), 0, "{verb}");
    }
    let asked: Vec<String> = node.asked().into_iter().map(|asked| asked.path).collect();
    assert!(asked.iter().all(|path| path.starts_with("/api/questions/")), "{asked:?}");
}
