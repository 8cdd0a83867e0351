//! Calendars, feeds, news and repairs, as the command line asks a node for them.

use crate::support::{FakeNode, answer, code, stderr, stdout};
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
fn what_is_no_json_is_not_printed_where_json_was_asked_for() {
    let node = FakeNode::saying(200, Value::String("BEGIN:VCALENDAR\r\n".to_owned()));
    let feeds = ["calendar", "news", "podcast", "map"].map(|what| vec!["feed", what]);
    let exports = ["csv", "ics", "atom", "geojson", "vcf"].map(|format| vec!["action", "export", "--format", format]);
    for words in feeds.into_iter().chain(exports) {
        let refused = node.run(words.iter().copied().chain(["--json"]));
        assert_eq!((code(&refused), stdout(&refused).as_str()), (2, ""), "{words:?}");
        let told: Value = serde_json::from_str(&stderr(&refused)).unwrap();
        assert!(told["error"]["message"].as_str().unwrap().contains("takes no --json"), "{told}");
        assert_eq!(code(&node.run(words)), 0);
    }
    assert_eq!(code(&node.run(["action", "export", "--json"])), 0);
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
    assert_eq!(asked[3].path, "/api/news?since=2026-01-01&limit=50");
}

#[test]
fn what_was_not_shown_is_not_marked_as_seen_unless_somebody_says_so() {
    let item = json!({"id": "a".repeat(52), "kind": "alert", "title": "Flood", "what": "new",
        "changed_at": "2026-01-01T00:00:00Z"});
    let node = FakeNode::saying(
        200,
        json!({"schema": 1, "items": [item], "total": 3, "asked_at": "2026-01-02T00:00:00Z", "seen": {"d": 7}}),
    );
    for narrow in [["--kind", "alert"], ["--group", "Weir"], ["--since", "2026-01-01"]] {
        assert_eq!(code(&node.run(["news", "--seen"].into_iter().chain(narrow))), 2, "{narrow:?}");
    }
    assert!(node.asked().is_empty());
    let told = node.run(["news", "--seen", "--limit", "1"]);
    assert!(
        stderr(&told).contains("2 are not shown") && stderr(&told).contains("news --seen --all"),
        "{}",
        stderr(&told)
    );
    let marked = answer(&node.run(["news", "--seen", "--all", "--json"]));
    assert_eq!((&marked["marked"], &marked["last_seen"]), (&json!(true), &json!(null)));
    node.run(["news"]);
    let seen: Vec<Value> = node.asked().iter().map(|asked| asked.json()["seen"].clone()).collect();
    assert_eq!(seen, [json!({}), json!({}), json!({"d": 7})]);
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
    assert_eq!(code(&node.run(["page", "undo", "aaaaaaaa", "--change", "bbbbbbbb", "--of", "Weir"])), 2);
    let shown = stdout(&node.run(["place", "merge", "aaaaaaaa", "bbbbbbbb", "--dry-run"]));
    assert!(shown.contains("Would be one place") && shown.contains("1 record of yours"), "{shown}");
    assert_eq!(node.asked().len(), 2, "a preview asks once");
    node.run(["place", "merge", "aaaaaaaa", "bbbbbbbb", "--yes"]);
    assert_eq!(node.asked()[3].json()["dry_run"], false);
    node.run(["page", "undo", "aaaaaaaa", "--of", "Weir"]);
    assert_eq!(node.asked()[4].json(), json!({"of": "Weir"}));
}

#[test]
fn a_history_tells_what_an_edit_put_in_and_how_to_see_more() {
    let excerpt = |text: &str, left_out: u64| json!({"text": text, "left_out": left_out});
    let place = json!({"at": 7, "before": "meet on ", "taken": excerpt("Monday", 0), "put": excerpt("Tuesday", 9),
        "after": ". Bring boots"});
    let step = json!({"time": "2026-01-01T00:00:00Z", "group": "g", "name": "Weir", "device": "d",
        "change": "c".repeat(52), "what": "changed", "fields": {"title": "Plan"}, "cleared": [], "inert": null,
        "edits": {"text": {"letters": 4000, "places": [place], "more": 2}}, "beside_others": false});
    let node = FakeNode::saying(
        200,
        json!({"schema": 1, "items": [step], "total": 8, "earlier": 7, "before": "c".repeat(52)}),
    );
    let output = node.run(["page", "history", "aaaaaaaa", "--limit", "1", "--before", "dddddddd"]);
    let shown = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    for told in ["Title: Plan", "4000 letters", "[-Monday-]", "[+Tuesday… (9 letters more)+]", "2 more places"] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    assert!(stderr(&output).contains("7 more before these. See them: --before cccccccc"), "{}", stderr(&output));
    assert_eq!(node.asked()[0].path, "/api/records/page/aaaaaaaa/history?limit=1&before=dddddddd");
    assert_eq!(code(&node.run(["page", "history", "aaaaaaaa", "--limit", "0"])), 2);
}

#[test]
fn a_record_of_which_edits_met_is_shown_with_both_and_a_command_for_the_other() {
    let rival = |value: &str, name: &str| json!({"value": value, "change": "c".repeat(52), "group": "g", "name": name});
    let contest = json!({"field": "title", "shown": rival("In the mill", "Mill"),
        "others": [rival("By the river's bend", "Weir")], "more": 0});
    let node = FakeNode::saying(
        200,
        json!({"schema": 1, "id": "a".repeat(52), "title": "In the mill", "contested": [contest], "heads": [],
            "group_name": "Weir", "mine": true, "changed_at": "2026-01-01T00:00:00Z"}),
    );
    let shown = stdout(&node.run(["page", "show", "aaaaaaaa"])).split_whitespace().collect::<Vec<_>>().join(" ");
    for told in [
        "\u{201c}By the river's bend\u{201d} of Weir does not show",
        "page history aaaaaaaaaa",
        "page edit aaaaaaaaaa --title 'By the river'\\''s bend'",
    ] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
}

#[test]
fn a_search_is_kept_under_a_name_that_can_be_read() {
    let node = FakeNode::saying(200, json!({"schema": 1, "items": [], "total": 0}));
    for name in ["", "  ", "\u{200b}"] {
        assert_eq!(code(&node.run(["find", "van", "--save", name])), 2, "{name:?}");
    }
    assert!(node.asked().is_empty(), "nothing was searched for");
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

#[test]
fn an_address_for_a_calendar_program_is_told_once_with_how_to_take_it_back() {
    let made = json!({"schema": 1, "id": "a".repeat(52), "name": "Desk", "feed": "calendar", "audience": "public",
        "filter": "", "created_at": null, "path": "/feeds/5ec3e7/calendar.ics",
        "address": "http://127.0.0.1:4711/feeds/5ec3e7/calendar.ics"});
    let node = FakeNode::saying(201, made);
    let words = ["feed", "link", "calendar", "--audience", "public", "--name", "Desk", "--kind", "event"];
    let output = node.run(words.into_iter().chain(["--where", "place=North Lismore", "--since", "2026-11-01"]));
    assert_eq!(stdout(&output), "http://127.0.0.1:4711/feeds/5ec3e7/calendar.ics\n");
    let notes = stderr(&output);
    assert!(notes.contains("feed unlink aaaaaaaaaa") && notes.contains("--http 127.0.0.1:4711"), "{notes}");
    let asked = node.asked()[0].json();
    assert_eq!(asked["filter"], "kind=event&since=2026-11-01&place=North%20Lismore");
    assert_eq!(
        (&asked["feed"], &asked["audience"], &asked["name"]),
        (&json!("calendar"), &json!("public"), &json!("Desk"))
    );
    // Where the port is fixed nothing is said of it.
    std::fs::write(node.home().join("config.toml"), "http = \"127.0.0.1:4711\"\n").unwrap();
    assert!(!stderr(&node.run(["feed", "link", "news"])).contains("--http"));
    for wrong in [&["feed", "link"][..], &["feed", "link", "calendar", "--series", "Water"], &["feed"]] {
        assert_eq!(code(&node.run(wrong)), 2, "{wrong:?}");
    }
    assert_eq!(code(&node.run(["feed", "link", "calendar", "--kind", "event", "--where", "Lismore"])), 2);
}

#[test]
fn links_are_listed_and_taken_back() {
    let item = json!({"id": "a".repeat(52), "name": "Desk", "feed": "calendar", "audience": "own",
        "filter": "kind=event&place=S%C3%A3o+Tom%C3%A9%20100%", "created_at": "2026-01-01T00:00:00Z"});
    let node = FakeNode::saying(200, json!({"schema": 1, "id": "a".repeat(52), "items": [item]}));
    let shown = stdout(&node.run(["feed", "links"]));
    let filter = "kind=event&place=S\u{e3}o Tom\u{e9} 100%";
    assert!(["aaaaaaaaaa", "Desk", "calendar", "own", filter].iter().all(|word| shown.contains(word)), "{shown}");
    assert!(stdout(&node.run(["feed", "unlink", "Desk"])).contains("opens nothing"));
    let asked = node.asked().pop().unwrap();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("DELETE", "/api/feeds/links/desk"));
    let none = FakeNode::saying(200, json!({"schema": 1, "items": []}));
    assert!(stdout(&none.run(["feed", "links"])).contains("feed link calendar"));
}

#[test]
fn a_list_that_leaves_something_out_says_so_once_and_how_to_see_it() {
    let node = FakeNode::saying(200, json!({"schema": 1, "items": [], "total": 0, "hidden": 3}));
    for kind in ["group", "action"] {
        let output = node.run([kind, "list"]);
        let note = stderr(&output);
        assert_eq!(note.matches("3 hidden").count(), 1, "{note}");
        assert!(note.contains(&format!("{kind} list --hidden yes")), "{note}");
    }
    assert_eq!(stderr(&node.run(["action", "list", "--json"])), "");
    node.run(["action", "list", "--hidden", "yes", "--since", "2026-11-01"]);
    assert!(node.asked().pop().unwrap().path.ends_with("hidden=yes&since=2026-11-01"), "{:?}", node.asked().pop());
    let shown = FakeNode::saying(200, json!({"schema": 1, "items": [], "total": 0, "hidden": 0}));
    assert!(!stderr(&shown.run(["action", "list"])).contains("hidden"));
}

#[test]
fn a_removal_is_a_line_of_its_own_in_a_history() {
    let change = |what: &str, fields: serde_json::Value| {
        json!({"time": "2026-01-01T00:00:00Z", "group": "g", "name": "Mill Street", "device": "d",
            "change": "c".repeat(52), "what": what, "fields": fields, "inert": null})
    };
    let items = [change("made", json!({"title": "Vigil"})), change("removed", json!({}))];
    let node = FakeNode::saying(200, json!({"schema": 1, "items": items}));
    let shown = stdout(&node.run(["action", "history", "aaaaaaaa"]));
    let last = shown.lines().last().unwrap();
    assert!(last.contains("Mill Street") && last.contains("removed"), "{shown}");
}
