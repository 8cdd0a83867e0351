//! Calendars, feeds, news and repairs, as the command line asks a node for them.

use crate::support::{FakeNode, answer, code, stdout};
use serde_json::{Value, json};

#[test]
fn a_calendar_goes_in_with_the_zone_of_this_computer_unless_another_is_named() {
    let report = json!({"schema": 1, "kind": "event", "mapping": [], "ignored": [], "created": 1, "changed": 0,
        "unchanged": 0, "skipped": [], "bad": [], "notes": [{"line": 2, "reason": "taken as in UTC"}]});
    let node = FakeNode::saying(200, report);
    let file = node.home().join("a.ics");
    std::fs::write(&file, "\u{feff}BEGIN:VCALENDAR\nEND:VCALENDAR\n").unwrap();
    let file = file.to_str().unwrap();
    let shown = stdout(&node.run(["event", "import", file, "--dry-run"]));
    assert!(shown.contains("taken as in UTC"), "{shown}");
    node.run(["event", "import", file, "--zone", "Europe/Paris"]);
    node.run(["person", "import", file, "--agreed"]);
    let asked = node.asked();
    assert!(asked[0].path.contains("zone=UTC") && asked[0].path.contains("dry_run=true"), "{asked:?}");
    assert!(asked[1].path.contains("zone=Europe%2FParis"), "{asked:?}");
    assert!(asked[2].path.contains("agreed=true"), "{asked:?}");
}

#[test]
fn an_export_and_a_feed_ask_for_what_was_said() {
    let node = FakeNode::saying(200, Value::String("BEGIN:VCALENDAR\r\n".to_owned()));
    let file = node.home().join("vigils.ics");
    let words = ["action", "export", "--tactics", "vigil", "--audience", "public", "--file", file.to_str().unwrap()];
    assert_eq!(answer(&node.run(words.into_iter().chain(["--json"])))["format"], "ics");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "BEGIN:VCALENDAR\r\n");
    assert_eq!(stdout(&node.run(["feed", "podcast", "--series", "Water"])), "BEGIN:VCALENDAR\r\n");
    assert_eq!(code(&node.run(["feed", "map", "--series", "Water"])), 2);
    let asked: Vec<String> = node.asked().into_iter().map(|asked| asked.path).collect();
    for word in ["/api/records/action/export?", "tactics=vigil", "audience=public", "format=ics"] {
        assert!(asked[0].contains(word), "{asked:?}");
    }
    assert_eq!(asked[1], "/api/feeds/podcast.rss?audience=coalition&series=Water");
}

#[test]
fn news_are_what_came_since_somebody_said_that_they_saw_it() {
    let item = json!({"id": "a".repeat(52), "kind": "action", "title": "Vigil\u{1b}[2J", "group": null, "group_name": "Weir",
        "what": "new", "changed_at": "2026-01-01T00:00:00Z"});
    let node = FakeNode::saying(
        200,
        json!({"schema": 1, "items": [item], "total": 1, "asked_at": "2026-01-02T00:00:00Z", "seen": {"d": 7}}),
    );
    let shown = stdout(&node.run(["news"]));
    assert!(shown.contains("Vigil") && !shown.contains('\u{1b}'), "{shown:?}");
    node.run(["news", "--seen"]);
    let told = answer(&node.run(["news", "--kind", "action", "--json"]));
    assert_eq!((&told["last_seen"], told.get("seen")), (&json!("2026-01-02T00:00:00Z"), None));
    node.run(["news", "--since", "2026-01-01"]);
    let asked = node.asked();
    let seen: Vec<Value> = asked[..3].iter().map(|asked| asked.json()["seen"].clone()).collect();
    assert_eq!(seen, [json!({}), json!({}), json!({"d": 7})]);
    assert_eq!(asked[3].path, "/api/news?since=2026-01-01T00%3A00%3A00Z&limit=50");
}

#[test]
fn undoing_and_merging_say_what_became_of_what() {
    let node = FakeNode::new(|asked| match asked.path.rsplit('/').next() {
        Some("undo") => {
            (200, json!({"schema": 1, "id": "a", "heads": [], "undone": "b", "fields": ["title"], "kept": ["place"]}))
        }
        _ => (
            200,
            json!({"schema": 1, "id": "a", "removed": "b", "fields": ["about"], "differ": ["name"], "moved": ["x"],
                "others": 2}),
        ),
    });
    let shown = stdout(&node.run(["action", "undo", "aaaaaaaa", "--change", "bbbbbbbb"]));
    assert!(shown.contains("title as before") && shown.contains("place since"), "{shown}");
    assert_eq!(node.asked()[0].json(), json!({"change": "bbbbbbbb"}));
    let shown = stdout(&node.run(["place", "merge", "aaaaaaaa", "bbbbbbbb", "--dry-run"]));
    assert!(shown.contains("Would be one place") && shown.contains("1 record of yours"), "{shown}");
    assert_eq!(node.asked().len(), 2, "a preview asks once");
    node.run(["place", "merge", "aaaaaaaa", "bbbbbbbb", "--yes"]);
    assert_eq!(node.asked()[3].json()["dry_run"], false);
}

#[test]
fn a_saved_search_asks_for_what_it_says() {
    let node = FakeNode::new(|asked| match asked.path.contains("search") {
        true => (
            200,
            json!({"schema": 1, "name": "Near", "words": "van", "of_kind": "asset", "filter": "place=Lismore&sort=thing"}),
        ),
        false => (200, json!({"schema": 1, "items": [], "total": 0})),
    });
    node.run(["search", "run", "aaaaaaaa"]);
    assert_eq!(node.asked()[1].path, "/api/records/asset?place=Lismore&sort=thing&text=van");
}
