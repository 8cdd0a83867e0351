//! What people read beside a record: what became of it, who stands behind it, and what they should know of it.

use crate::support::{FakeNode, answer, stderr, stdout};
use serde_json::{Value, json};

fn action(more: Value) -> Value {
    let mut action = json!({
        "id": "a".repeat(52), "record_kind": "action", "group": "g".repeat(52), "group_name": "Weir", "mine": true,
        "changed_at": "2026-01-01T00:00:00Z", "created_at": "2026-01-01T00:00:00Z", "damaged": [], "title": "Vigil",
        "starts": "2026-11-30T10:00:00+11:00[Australia/Sydney]", "ends": "2026-11-30T12:00:00+11:00[Australia/Sydney]",
        "place": "Hollin", "moment": "m".repeat(52), "copied_from": "c".repeat(52), "status": "planned",
        "counts": {"support": 2, "task": 1}, "referred": {},
    });
    action.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    action
}

#[test]
fn a_cancelled_action_is_cancelled_in_its_list_and_on_its_page() {
    let list = |status: &str| {
        let page = json!({"schema": 1, "items": [action(json!({"status": status}))], "total": 1});
        stdout(&FakeNode::saying(200, page).run(["action", "list"]))
    };
    assert!(list("cancelled").contains("cancelled"), "{}", list("cancelled"));
    assert!(!list("planned").contains("planned"), "what is as usual needs no column: {}", list("planned"));
    let node = FakeNode::saying(200, action(json!({"status": "cancelled"})));
    let shown = stdout(&node.run(["action", "show", "aaaaaaaa"]));
    assert!(shown.starts_with("Vigil (cancelled)\n"), "{shown}");
}

#[test]
fn the_page_of_an_action_names_its_supporters_once_each_and_counts_no_records_of_theirs() {
    let supporters = json!({"groups": 2, "people": 25, "more": 0, "who": [
        {"name": "Mill Street", "does": "spreads the word, joins with 25 people"},
        {"name": "Lake", "does": "promises something: candles"},
    ]});
    let node = FakeNode::saying(200, action(json!({"supporters": supporters})));
    let shown = stdout(&node.run(["action", "show", "aaaaaaaa"]));
    assert!(shown.contains("Supported by:  2 groups, who bring 25 people\n"), "{shown}");
    assert!(shown.contains("  Mill Street: spreads the word, joins with 25 people\n"), "{shown}");
    assert!(shown.contains("task 1") && !shown.contains("support 2"), "{shown}");
}

#[test]
fn what_was_copied_names_its_maker_on_its_page_and_in_lists() {
    let original = "c".repeat(52);
    let credit = json!({"id": original, "of": "Lantern walk", "maker": "Mill Street",
        "says": "Lantern walk by Mill Street"});
    let copy = action(json!({"credit": credit, "referred": {original: "Lantern walk"}}));
    let shown = stdout(&FakeNode::saying(200, copy.clone()).run(["action", "show", "aaaaaaaa"]));
    assert!(shown.contains("Copied from:   Lantern walk by Mill Street (cccccccc)\n"), "{shown}");
    let page = json!({"schema": 1, "items": [copy], "total": 1});
    let listed = stdout(&FakeNode::saying(200, page).run(["action", "list"]));
    assert!(listed.contains("Lantern walk by Mill Street"), "{listed}");
}

#[test]
fn what_was_answered_to_a_call_stands_on_its_page() {
    // Whoever says no has answered, and is no supporter.
    let call = |who: Value| {
        let supporters = json!({"groups": 0, "people": 0, "more": 0, "who": who});
        let call = json!({"record_kind": "alert", "status": "open", "supporters": supporters,
            "counts": {"reply": 1, "support": 1}});
        stdout(&FakeNode::saying(200, action(call)).run(["alert", "show", "aaaaaaaa"]))
    };
    let shown = call(json!([{"name": "Lake", "does": "offers help: ten people"}]));
    assert!(shown.contains("Answered by:   1 group\n  Lake: offers help: ten people\n"), "{shown}");
    assert!(!shown.contains("reply 1") && !shown.contains("support 1"), "{shown}");
    assert!(call(json!([])).contains("Answered by:   nobody yet"), "{}", call(json!([])));
}

#[test]
fn whoever_writes_reads_the_notes_and_programs_find_them_in_the_answer() {
    let note = json!({"sort": "lesson", "about": "l".repeat(52), "what": "Mill Street learned: Bring candles.",
        "hint": "`grid lesson show llllllll`"});
    let node = FakeNode::new(move |asked| match asked.method.as_str() {
        "GET" => (200, action(json!({"noted": [note]}))),
        _ => (201, json!({"schema": 1, "id": "a".repeat(52), "heads": [], "change": "created", "notes": [note]})),
    });
    let new = ["action", "new", "--title", "Vigil", "--tactics", "vigil"];
    let written = node.run(new);
    let said = stderr(&written);
    assert!(
        said.contains("Note: Mill Street learned: Bring candles.\n  Hint: `grid lesson show llllllll`\n"),
        "{said}"
    );
    assert_eq!(stdout(&written).trim(), "a".repeat(52), "notes stand beside the answer");
    let told = answer(&node.run(new.into_iter().chain(["--json"])));
    assert_eq!(told["notes"][0]["sort"], "lesson");
    let shown = stdout(&node.run(["action", "show", "aaaaaaaa"]));
    assert!(shown.contains("Mill Street learned: Bring candles."), "{shown}");
}
