//! Questions, and what is said of records that stay on this computer.

use crate::support::{FakeNode, code, stderr, stdout};
use serde_json::{Value, json};

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

/// A node that knows one saved search and answers two questions, the second with a row more.
fn node_with_search(search: Value) -> FakeNode {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    FakeNode::new(move |request| {
        let row = |id: &str, name: &str| json!({"id": id.repeat(52), "name": name});
        match request.path.as_str() {
            path if path.starts_with("/api/records/search/") => (200, search.clone()),
            "/api/records/search" => {
                (201, json!({"schema": 1, "id": "s".repeat(52), "heads": [], "change": "created"}))
            }
            path if path.starts_with("/api/questions/") => {
                let mut rows = vec![row("a", "Ann")];
                if asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0 {
                    rows.push(row("b", "Ben"));
                }
                let columns = json!([{"key": "name", "heading": "Name"}]);
                let section =
                    json!({"name": "people", "heading": "People", "columns": columns, "rows": rows, "empty": "-"});
                (200, json!({"schema": 1, "question": "leaders", "sections": [section]}))
            }
            _ => (404, json!({})),
        }
    })
}

#[test]
fn a_question_is_saved_with_its_words_and_asked_again() {
    let node = node_with_search(json!({}));
    let output = node.run(["ask", "leaders", "--interest", "water & air", "--km", "5", "--save", "Water people"]);
    assert!(stderr(&output).contains("search run ssssssssss"), "{}", stderr(&output));
    let saved = node.asked().pop().unwrap().json()["fields"].clone();
    assert_eq!(saved, json!({"name": "Water people", "question": "leaders", "filter": "interest=water %26 air&km=5"}));

    let mut search = saved;
    search["id"] = json!("s".repeat(52));
    let node = node_with_search(search);
    assert!(stdout(&node.run(["search", "run", "Water people"])).contains("Ann"));
    assert!(node.asked().pop().unwrap().path.ends_with("/leaders?interest=water%20%26%20air&km=5"));
}

#[test]
fn what_a_search_had_found_before_is_not_new() {
    let search =
        json!({"id": "s".repeat(52), "name": "Water people", "question": "leaders", "filter": "interest=water"});
    let node = node_with_search(search);
    let run = |words: &[&str]| stdout(&node.run(["search", "run", "Water people"].iter().chain(words).copied()));
    assert!(run(&["--seen"]).contains("Ann"));
    let new = run(&["--new"]);
    assert!(new.contains("Ben") && !new.contains("Ann"), "{new}");
    assert!(run(&["--new", "--seen"]).contains("Ben"), "it was not said to be seen");
    assert!(run(&["--new"]).contains("Nothing that it had not found before"));
    assert!(run(&[]).contains("Ann"), "asked as ever it shows all");
    assert!(node.asked().iter().any(|asked| asked.path.contains("most=1000000")), "news are looked for in all rows");
}
