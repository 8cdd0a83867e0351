//! What people do without ids and the words of records: say, support, join, offer, report, copy, cancel; titles, and dates
//! as spreadsheets write them.

use crate::running::{Group, Place};
use crate::support::{FakeNode, code, grid, stderr, stdout};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The only record of a kind.
fn only(group: &Group, kind: &str) -> Value {
    let list = group.json([kind, "list"]);
    assert_eq!(list["total"], 1, "{list}");
    list["items"][0].clone()
}

#[test]
fn what_is_said_is_read_by_another_group_in_its_thread() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let (mill, _mill_node) = place.member("Mill", &weir);
    weir.json(["thread", "new", "--title", "Boots"]);
    weir.json(["say", "Bring", "boots", "--in", "boots"]);
    weir.json(["say", "Good morning"]);
    let heard = mill.until(&["ask", "talk"], |talk| talk["sections"][1]["rows"].as_array().map(Vec::len) == Some(2));
    let rows = heard["sections"][1]["rows"].as_array().unwrap();
    let said: Vec<_> = rows.iter().map(|row| (&row["by"], &row["title"], &row["where"])).collect();
    assert!(said.contains(&(&json!("Weir"), &json!("Bring boots"), &json!("Boots"))), "{said:?}");
    assert!(said.contains(&(&json!("Weir"), &json!("Good morning"), &json!("everybody"))), "{said:?}");
    let in_thread = mill.json(["ask", "talk", "--in", "Boots"]);
    assert_eq!(in_thread["sections"][0]["rows"][0]["title"], "Bring boots");
    assert_eq!(code(&mill.run(["say", " "])), 2);
    assert_eq!(code(&mill.run(["say", "Hello", "--in", "Shoes"])), 4);
    let refused = mill.run(["say", "We all stand firm", "--voice", "network"]);
    assert_eq!(code(&refused), 5, "nobody speaks for the network without a mandate");
    assert!(stderr(&refused).contains("mandate"), "{}", stderr(&refused));
}

#[test]
fn a_group_stands_behind_a_thing_once_and_copies_name_their_origin() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let made = weir.json(["action", "new", "--title", "Vigil", "--ask", "Bring candles", "--tactics", "vigil"]);
    let id = made["id"].as_str().unwrap();
    weir.json(["action", "join", id, "--people", "3"]);
    let again = weir.json(["action", "join", id, "--people", "5"]);
    assert_eq!(again["change"], "changed");
    let support = only(&weir, "support");
    assert_eq!((&support["of"], &support["sort"], &support["people"]), (&json!(id), &json!("join"), &json!(5)));
    assert_eq!(weir.json(["action", "join", id])["change"], "unchanged");
    weir.json(["action", "offer", id, "--what", "a van"]);
    weir.json(["action", "support", id]);
    assert_eq!(weir.json(["support", "list"])["total"], 3, "joining, helping and spreading are three things");

    let report = weir.json(["action", "report", id, "--people", "40"]);
    let report = weir.json(["report", "show", report["id"].as_str().unwrap()]);
    assert_eq!((&report["action"], &report["title"]), (&json!(id), &json!("Vigil")));

    let copy = weir.json(["action", "copy", id, "--title", "Vigil at the mill", "--place", "Mill"]);
    let copy = weir.json(["action", "show", copy["id"].as_str().unwrap()]);
    assert_eq!((&copy["copied_from"], &copy["title"]), (&json!(id), &json!("Vigil at the mill")));
    assert_eq!((&copy["ask"], &copy["tactics"]), (&json!("Bring candles"), &json!(["vigil"])));

    weir.json(["action", "cancel", id]);
    assert_eq!(weir.json(["action", "show", id])["status"], "cancelled");
    assert_eq!(code(&weir.run(["action", "join", "--people", "2"])), 2);
    assert_eq!(code(&weir.run(["action", "cancel", id, "--status", "done"])), 2, "it says one thing");
}

#[test]
fn a_title_names_a_record_where_only_one_has_it() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let made = weir.json(["action", "new", "--title", "Vígil at the weir", "--place", "Weir"]);
    assert_eq!(weir.json(["action", "show", "vigil at the weir"])["id"], made["id"]);
    weir.json(["action", "edit", "Vigil at the weir", "--place", "Mill"]);
    weir.json(["action", "new", "--title", "Vigil at the weir"]);
    let unclear = weir.run(["action", "show", "Vigil at the weir"]);
    let short = &made["id"].as_str().unwrap()[..10];
    assert!(stderr(&unclear).contains("by Weir, 2") && stderr(&unclear).contains(short), "{unclear:?}");
    let by_id = &made["id"].as_str().unwrap()[..8];
    assert_eq!(weir.json(["action", "show", by_id])["place"], "Mill");
    assert_eq!(code(&weir.run(["action", "show", "March"])), 4);
    assert_eq!(weir.json(["group", "show", "weir"])["mine"], true);
    assert_eq!(code(&weir.run(["group", "new", "--name", "Dam"])), 5, "a group is not renamed by the way");
    assert_eq!(weir.json(["group", "show"])["name"], "Weir");
}

#[test]
fn a_table_of_a_spreadsheet_is_taken_in_the_zone_that_is_named() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let rows = "Title,Start\nVigil,2026-12-01 10:00\nMarch,13.12.2026 18:30\nWalk,01/12/2026 9:00\nTalk,2026-02-30\n";
    let table = place.file("actions.csv", rows);
    let report = weir.json(["action", "import", &table, "--zone", "Australia/Sydney"]);
    assert_eq!(report["created"], 2, "{report}");
    let list = weir.json(["action", "list"]);
    let starts: BTreeSet<&str> =
        list["items"].as_array().unwrap().iter().filter_map(|item| item["starts"].as_str()).collect();
    let expected = ["2026-12-01T10:00:00+11:00[Australia/Sydney]", "2026-12-13T18:30:00+11:00[Australia/Sydney]"];
    assert_eq!(starts, expected.into());
    let reasons: Vec<&str> =
        report["bad"].as_array().unwrap().iter().filter_map(|bad| bad["reason"].as_str()).collect();
    assert!(reasons[0].contains("told apart") && reasons[1].contains("no such day"), "{reasons:?}");
}

#[test]
fn a_list_shows_what_matters_keeps_ids_and_hours_and_fits() {
    let item = json!({"id": "b".repeat(52), "title": "A vigil with very many candles beside the lower weir",
        "group_name": "Friends of the Upper Weir", "changed_at": "2026-01-01T00:00:00Z",
        "starts": "2026-11-30T10:00:00+11:00[Australia/Sydney]", "place": "Ketterby on the Weir", "status": "planned"});
    let node = FakeNode::saying(200, json!({"schema": 1, "items": [item], "total": 1}));
    let list = |columns: &str| {
        let output = grid().env("COLUMNS", columns).arg("--home").arg(node.home()).args(["action", "list"]).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let narrow = list("80");
    assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
    assert!(narrow.contains("30 Nov 2026 10:00") && narrow.contains(&"b".repeat(10)), "{narrow}");
    assert!(!narrow.contains("Tactics"), "nobody named one: {narrow}");
    assert!(list("200").contains("beside the lower weir"));
}

#[test]
fn where_nothing_fits_a_list_says_what_there_is_and_an_export_what_is_hidden() {
    let node = FakeNode::new(|request| {
        let (total, hidden) = match request.path.as_str() {
            path if path.contains("place=Nowhere") => (0, 0),
            path if path.contains("place=Ketterby") => (0, 3),
            _ => (7, 0),
        };
        (200, json!({"schema": 1, "items": [], "total": total, "hidden": hidden}))
    });
    let said = stdout(&node.run(["action", "list", "--place", "Nowhere"]));
    assert!(said.starts_with("No actions fit the filter. There are 7 without it: grid "), "{said}");
    assert!(said.trim_end().ends_with("action list"), "{said}");
    let output = node.run(["action", "list", "--place", "Ketterby"]);
    assert!(stdout(&output).starts_with("All actions that fit the filter are hidden here."), "{}", stdout(&output));
    for verb in ["list", "export"] {
        let output = node.run(["action", verb, "--place", "Ketterby"]);
        let said = stderr(&output);
        assert!(said.contains("3 hidden. See: grid "), "{said}");
        assert!(said.contains(&format!("action {verb} --place Ketterby --hidden yes")), "{said}");
        assert!(!stdout(&output).contains("See: grid"), "a file holds what was asked for alone");
    }
}

#[test]
fn what_is_answered_by_yes_or_no_is_asked_for_in_one_way() {
    let node = FakeNode::saying(200, json!({"schema": 1, "items": [], "total": 7, "hidden": 0}));
    for (words, asked) in [
        (&["--member"][..], "member=yes"),
        (&["--member", "no"], "member=no"),
        (&["--member", "false"], "member=false"),
        (&["--hidden"], "hidden=yes"),
        (&["--hidden", "yes", "--member", "true"], "hidden=yes"),
    ] {
        let all = ["group", "list"].into_iter().chain(words.iter().copied());
        assert_eq!(code(&node.run(all)), 0, "{words:?}");
        assert!(node.asked().iter().any(|request| request.path.contains(asked)), "{words:?}");
    }
    assert_eq!(code(&node.run(["group", "list", "--member", "perhaps"])), 2);
}

#[test]
fn a_table_names_by_its_title_what_its_rows_refer_to_and_so_does_a_filter() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let survey = weir.json(["survey", "new", "--title", "Trust in autumn", "--questions", "Do you?"]);
    let rows =
        "Survey,Question,Period,Answers,Total\ntrust in AUTUMN,Do you?,2026-Q4,5,20\nTrust,Do you?,2026-Q3,5,20\n";
    let report = weir.json(["score", "import", &place.file("scores.csv", rows)]);
    assert_eq!((&report["created"], &report["bad"][0]["line"]), (&json!(1), &json!(3)), "{report}");
    let why = report["bad"][0]["reason"].as_str().unwrap();
    assert!(
        why.starts_with("survey: there is no survey \"Trust\" here; called like it: Trust in autumn by Weir, "),
        "{why}"
    );
    assert_eq!(only(&weir, "score")["survey"], survey["id"]);
    let found = |survey: &str| weir.json(["score", "list", "--survey", survey])["total"].clone();
    assert_eq!(found("trust in autumn"), 1);
    let short = survey["id"].as_str().unwrap().get(..8).unwrap();
    assert_eq!(found(short), 1);
}
