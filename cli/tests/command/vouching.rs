//! Vouches and the rules of admission between real nodes.

use crate::running::{Group, Place};
use crate::support::{code, error, stderr, stdout};
use serde_json::{Value, json};

/// A founder under rules of its own, whose node does not run yet.
fn founder(place: &Place, rules: &[&str]) -> Group {
    let statement = place.file("statement.md", "# Clean water\n\nWe want it.\n");
    let group = Group { home: place.path("founder") };
    let words = ["init", "--coalition", "Clean River", "--group", "Weir", "--statement", &statement, "--no-input"];
    group.json(words.iter().chain(rules));
    group
}

fn row<'a>(vouches: &'a Value, name: &str) -> &'a Value {
    let rows = vouches["groups"].as_array().expect("a list");
    rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name} in {vouches}"))
}

fn names(groups: &Value) -> Vec<&str> {
    let mut names: Vec<&str> =
        groups.as_array().expect("a list").iter().map(|group| group["name"].as_str().expect("a name")).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_second_member_vouches_and_the_list_says_who_no_longer_falls_with_the_first() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let (mill, _mill_node) = place.member("Mill", &weir);
    let (_lake, _lake_node) = place.member("Lake", &mill);
    let before = weir.until(&["vouch", "list"], |list| list["groups"].as_array().is_some_and(|rows| rows.len() == 3));
    assert_eq!((&before["needed"], &before["by"], &before["free"]), (&json!(1), &json!("members"), &json!(63)));
    assert_eq!(names(&row(&before, "Mill")["carries"]), ["Lake"]);
    assert_eq!(names(&row(&before, "Weir")["carries"]), ["Lake", "Mill"], "Lake stands on Mill, and so on Weir");
    assert_eq!((&row(&before, "Weir")["founder"], &row(&before, "Lake")["founder"]), (&json!(true), &json!(false)));

    let given = weir.json(["vouch", "lake"]);
    assert_eq!((&given["group"]["name"], &given["slot"]), (&json!("Lake"), &json!(1)));
    assert_eq!((&given["standing"], &given["vouchers"], &given["needed"]), (&json!("member"), &json!(2), &json!(1)));
    let after = mill.until(&["vouch", "list"], |list| names(&row(list, "Lake")["vouchers"]).len() == 2);
    assert_eq!(names(&row(&after, "Lake")["vouchers"]), ["Mill", "Weir"]);
    assert_eq!(names(&row(&after, "Mill")["carries"]), [""; 0], "Lake does not fall with Mill any more");
    let own = weir.json(["vouch", "list"]);
    assert_eq!((&own["free"], &own["slots"][1]["state"]), (&json!(62), &json!("vouch")));
    let shown = stdout(&weir.run(["vouch", "list"]));
    assert!(shown.contains("62 free, 2 taken") && shown.contains("a vouch for Lake"), "{shown}");

    for (by, whom, why) in [(&weir, "Lake", "already"), (&mill, "Mill", "itself"), (&mill, "Weir", "founded")] {
        let refused = by.run(["vouch", whom, "--json"]);
        assert_eq!(code(&refused), 5, "{whom}: {refused:?}");
        assert!(error(&refused)["message"].as_str().is_some_and(|said| said.contains(why)), "{refused:?}");
    }
    assert_eq!(code(&mill.run(["vouch", "Nobody at all"])), 4);
    assert_eq!(code(&mill.run(["vouch"])), 2, "nobody is named");
}

#[test]
fn where_electors_let_groups_in_a_member_that_is_none_is_told_who_does() {
    let place = Place::new();
    let weir =
        founder(&place, &["--admission", "electors", "--slots", "3", "--elector-slots", "5", "--threshold", "3/4"]);
    let _weir_node = weir.start();
    let (mill, _mill_node) = place.member("Mill", &weir);
    let list = mill.json(["vouch", "list"]);
    assert_eq!((&list["by"], &list["free"]), (&json!("electors"), &json!(3)));
    assert_eq!(weir.json(["vouch", "list"])["free"], json!(4), "five, and Mill stands in one");
    for words in [&["invite", "create", "--json"][..], &["vouch", "Weir", "--json"]] {
        let refused = mill.run(words);
        assert_eq!(code(&refused), 5, "{refused:?}");
        let error = error(&refused);
        let said = |key: &str, part: &str| error[key].as_str().is_some_and(|said| said.contains(part));
        assert!(said("message", "only an elector brings groups in") && said("hint", "Weir"), "{error}");
    }
    let (_lake, _lake_node) = place.member("Lake", &weir);
}

#[test]
fn whoever_founds_an_open_coalition_is_told_what_strangers_can_do() {
    for (rules, told) in [(&["--admission", "open"][..], true), (&["--admission", "members"], false), (&[], false)] {
        let place = Place::new();
        let statement = place.file("statement.md", "# Clean water\n\nWe want it.\n");
        let words = ["init", "--coalition", "Clean River", "--group", "Weir", "--statement", &statement, "--no-input"];
        let made = Group { home: place.path("founder") }.run(words.iter().chain(rules));
        let said = stderr(&made);
        assert_eq!((code(&made), said.contains("join without an invite")), (0, told), "{rules:?}: {said}");
    }
}

#[test]
fn where_signing_is_enough_an_invite_lets_in_and_no_vouch_is_missing() {
    let place = Place::new();
    let weir = founder(&place, &["--admission", "open"]);
    let _weir_node = weir.start();
    let (mill, _mill_node) = place.member("Mill", &weir);
    let list = mill.json(["vouch", "list"]);
    assert_eq!((&list["needed"], &row(&list, "Weir")["carries"]), (&Value::Null, &json!([])));
    let shown = stdout(&mill.run(["vouch", "list"]));
    assert!(shown.contains("no vouch is needed"), "{shown}");
    let wrong = [
        ["--threshold", "1/2"],
        ["--admission", "nobody"],
        ["--slots", "5000"],
        ["--slots", "0"],
        ["--elector-slots", "0"],
    ];
    for wrong in wrong {
        let other = Place::new();
        let group = Group { home: other.path("founder") };
        assert_eq!(code(&group.run(["init", "--no-input"].iter().chain(&wrong))), 2, "{wrong:?}");
    }
}
