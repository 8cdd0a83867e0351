//! The table of an office: in, with its mistakes, and out again, harmless.

use crate::running::Place;
use serde_json::json;

/// Made-up groups of a river valley, under the headings of an office spreadsheet.
const GROUPS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/groups.csv");

#[test]
fn a_table_of_an_office_is_taken_in_with_a_reason_for_each_row_that_is_not() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let report = weir.json(["group", "import", GROUPS]);
    let lines: Vec<_> = report["bad"].as_array().unwrap().iter().map(|bad| bad["line"].clone()).collect();
    assert_eq!(lines, [json!(5), json!(7)], "{report}");
    assert!(report["bad"].as_array().unwrap().iter().all(|bad| !bad["reason"].as_str().unwrap().is_empty()));
    assert_eq!((&report["created"], &report["changed"]), (&json!(8), &json!(0)), "{report}");
    let mapping = report["mapping"].as_array().unwrap();
    assert!(mapping.contains(&json!({"heading": "City", "field": "place"})), "{report}");

    let found = weir.json(["prospect", "list", "--text", "well watchers"]);
    let id = found["items"][0]["id"].as_str().unwrap();
    weir.json([
        "prospect",
        "edit",
        id,
        "--name",
        "Well Watchers of Hollin",
        "--place",
        "Upper Hollin",
        "--about",
        "They measure every well.",
    ]);
    let foreseen = weir.json(["group", "import", GROUPS, "--dry-run"]);
    let again = weir.json(["group", "import", GROUPS]);
    assert_eq!((&again["created"], &again["changed"]), (&json!(0), &json!(0)), "{again}");
    assert_eq!(foreseen, again, "a row that was renamed since is found by its origin in a dry run too");
    let kept = weir.json(["prospect", "show", id]);
    assert_eq!((&kept["place"], &kept["about"]), (&json!("Upper Hollin"), &json!("They measure every well.")));

    let file = place.path("out.csv");
    weir.json(["prospect", "export", "--file", file.to_str().unwrap()]);
    let out = std::fs::read_to_string(file).unwrap();
    for formula in ["=HYPERLINK", "+1+1", "-2+3", "@SUM"] {
        assert!(out.contains(formula), "{formula} is exported: {out}");
        assert!(
            [",", "\n", "\""].iter().all(|before| !out.contains(&format!("{before}{formula}"))),
            "{formula} would run: {out}"
        );
    }
}

#[test]
fn a_prospect_that_joins_is_one_member_and_no_prospect_any_more() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    weir.json(["group", "import", GROUPS]);
    let wanted = weir.json(["group", "list", "--text", "bridge singers"]);
    assert_eq!((&wanted["total"], &wanted["items"][0]["membership"]), (&json!(1), &json!("prospect")), "{wanted}");
    let prospect = wanted["items"][0]["id"].clone();

    let singers = place.guest("Bridge Singers", &weir.invite(), &["--sign"]);
    let _singers_node = singers.start();
    weir.until(&["status"], |status| status["members"] == 2);
    singers.until(&["prospect", "list"], |list| list["total"] == 8);
    for group in [&weir, &singers] {
        let words = ["group", "list", "--text", "bridge singers"];
        let found = group.until(&words, |list| list["items"][0]["membership"] == "member");
        assert_eq!(found["total"], 1, "{found}");
        assert_eq!(found["items"][0]["was"], json!([prospect]), "{found}");
    }
}

#[test]
fn a_dry_run_and_the_import_say_the_same_of_every_row() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    weir.json(["prospect", "new", "--name", "Ferry", "--place", "Ossmouth"]);
    let list = weir.json(["prospect", "list"]);
    let id = list["items"][0]["id"].as_str().unwrap();
    // The same record by its key and by its id, a new one twice, one with a word that does not fit.
    let table = format!(
        "Id,Name,Place,About\n,Ferry,Ossmouth,One\n{id},Ferry,Ossmouth,Two\n{id},Ferry,Ossmouth,Two\n\
         ,Mill,Hollin,Three\n{mill},Mill,Hollin,Four\n,Bee\nBad\n",
        mill = "a".repeat(52),
    );
    let file = place.file("table.csv", &table);
    let mut foreseen = weir.json(["prospect", "import", &file, "--dry-run"]);
    let named = foreseen["notes"].take();
    assert!(named.to_string().contains("changes Ferry"), "a preview names what would change: {named}");
    foreseen["notes"] = json!([]);
    assert_eq!(weir.json(["prospect", "list"])["total"], 1, "a dry run writes nothing");
    let done = weir.json(["prospect", "import", &file]);
    assert_eq!(foreseen, done);
    let counts = ["created", "changed", "unchanged"].map(|name| done[name].as_u64().unwrap());
    assert_eq!(counts, [2, 3, 1], "{done}");
    assert!(weir.json(["prospect", "import", &file])["created"] == 0);
}

#[test]
fn a_table_that_was_exported_changes_nothing_when_it_is_taken_in_again() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let (mill, _mill_node) = place.member("Mill", &weir);
    mill.until(&["status"], |status| status["standing"] == "member");
    weir.json(["group", "edit", "--place", "Hollin", "--tags", "water"]);
    mill.json(["prospect", "new", "--name", "Ferry"]);
    weir.json(["prospect", "new", "--name", "Bridge", "--contact", "wanted"]);
    weir.json(["action", "new", "--title", "Vigil", "--starts", "2026-11-30T10:00:00+11:00[Australia/Sydney]"]);
    weir.until(&["prospect", "list"], |list| list["total"] == 2);
    weir.until(&["group", "list"], |list| list["total"] == 4);

    for (kind, format, unchanged, skipped) in [
        // Both profiles are their groups' own, whatever their names are here.
        ("group", "csv", 0, 2),
        ("group", "json", 0, 2),
        // One's own prospect, and that of the other group.
        ("prospect", "csv", 1, 1),
        ("action", "csv", 1, 0),
        ("action", "json", 1, 0),
    ] {
        let file = place.path(&format!("{kind}.{format}"));
        let file = file.to_str().unwrap();
        weir.json([kind, "export", "--file", file]);
        let history = |kind: &str| weir.json([kind, "list"]);
        let before = history(kind);
        for dry in [&["--dry-run"][..], &[]] {
            let done = weir.json([kind, "import", file].iter().chain(dry));
            let counts = ["created", "changed", "unchanged"].map(|name| done[name].as_u64().unwrap());
            assert_eq!(counts, [0, 0, unchanged], "{kind} {format}: {done}");
            assert_eq!(done["skipped"].as_array().unwrap().len(), skipped, "{kind} {format}: {done}");
        }
        assert_eq!(history(kind)["items"][0]["changed_at"], before["items"][0]["changed_at"], "{kind} {format}");
    }
    assert_eq!(weir.json(["prospect", "list"])["total"], 2);

    // A row that only its id tells to be a member.
    let list = weir.json(["group", "list", "--text", "mill"]);
    let id = list["items"][0]["id"].as_str().unwrap();
    let file = place.file("renamed.csv", &format!("id,name\n{id},The Old Mill\n"));
    let done = weir.json(["group", "import", &file]);
    assert_eq!((&done["created"], &done["skipped"][0]["line"]), (&json!(0), &json!(2)), "{done}");
    assert!(done["skipped"][0]["reason"].as_str().unwrap().contains("Mill is a member"), "{done}");
    let shown = weir.run(["group", "import", &file]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("Mill is a member"), "{shown}");
}

#[test]
fn a_row_that_was_removed_stays_away_until_it_is_asked_for() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let file = place.file("groups.csv", "Name,City\nFerry,Ossmouth\nMill,Hollin\n");
    weir.json(["group", "import", &file]);
    let id =
        |name: &str| weir.json(["prospect", "list", "--text", name])["items"][0]["id"].as_str().unwrap().to_owned();
    // One as it was taken in, one that was renamed since: its origin tells.
    weir.json(["prospect", "edit", &id("mill"), "--name", "Watermill"]);
    for name in ["ferry", "watermill"] {
        weir.json(["prospect", "remove", &id(name), "--yes"]);
    }
    for dry in [&["--dry-run"][..], &[]] {
        let done = weir.json(["group", "import", &file].iter().chain(dry));
        assert_eq!((&done["created"], done["skipped"].as_array().unwrap().len()), (&json!(0), 2), "{done}");
        assert!(
            done["skipped"][0]["reason"].as_str().unwrap().contains("was removed here; import with --again"),
            "{done}"
        );
    }
    let shown = String::from_utf8(weir.run(["group", "import", &file]).stdout).unwrap();
    assert!(shown.contains("was removed here"), "{shown}");
    let again = weir.json(["group", "import", &file, "--again"]);
    assert_eq!(again["created"], 2, "{again}");
    let then = weir.json(["group", "import", &file]);
    assert_eq!((&then["created"], &then["unchanged"]), (&json!(0), &json!(2)), "{then}");
}

#[test]
fn a_row_of_which_everything_but_the_name_changed_is_new_and_that_is_said() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let old = place.file("old.csv", "Name,Website,City\nFerry,https://ferry.example,Ossmouth\n");
    weir.json(["group", "import", &old]);
    let new = place.file("new.csv", "Name,Website,City\nFerry,https://other.example,Hollin\n");
    let foreseen = weir.json(["group", "import", &new, "--dry-run"]);
    let done = weir.json(["group", "import", &new]);
    assert_eq!(foreseen, done);
    assert_eq!((&done["created"], &done["notes"][0]["line"]), (&json!(1), &json!(2)), "{done}");
    let note = done["notes"][0]["reason"].as_str().unwrap();
    assert!(note.contains("Ferry") && note.contains("place and website differ"), "{note}");
    assert_eq!(weir.json(["group", "import", &new])["notes"], json!([]));
}
