//! "My laptop was seized", rehearsed: a group comes back with nothing but its words, and the thief stays outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use crate::api::{ids, until_equal};
use crate::running::{Group, Place};
use crate::support::{answer, code, error, grid};
use serde_json::Value;
use std::{ffi::OsStr, fs, path::Path, process::Output};

/// A group that joined and signed, and the file with its words.
fn guest(place: &Place, name: &str, invite: &str) -> (Group, String) {
    let group = Group { home: place.path(name) };
    let made = group.json(["join", invite, "--group", name, "--sign", "--no-input"]);
    (group, words_file(place, &format!("{name}.words"), &made))
}

fn words_file(place: &Place, name: &str, made: &Value) -> String {
    let words: Vec<&str> =
        made["recovery_words"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    place.file(name, &words.join("\n"))
}

fn recover<T: AsRef<OsStr>>(home: &Path, words: &str, more: impl IntoIterator<Item = T>) -> Output {
    let command = ["--json", "--no-input", "group", "recover", "--words-file", words];
    grid().arg("--home").arg(home).args(command).args(more).output().unwrap()
}

fn refused(output: &Output, exit: i32, code_in_json: &str) -> String {
    let error = error(output);
    assert_eq!((code(output), error["code"].as_str().unwrap()), (exit, code_in_json), "{error}");
    assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{error}");
    error["message"].as_str().unwrap().to_owned()
}

#[test]
fn a_group_whose_laptop_was_seized_comes_back_with_its_words_and_the_thief_counts_for_nothing() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let (mill, words) = guest(&place, "Mill", &weir.invite());
    let mill_node = mill.start();
    let (lake, _lake_node) = place.member("Lake", &weir);
    let all = [&weir, &mill, &lake];
    for group in all {
        group.until(&["status"], |status| status["members"] == 3);
    }
    let before = mill.json(["action", "new", "--title", "Vigil"])["id"].as_str().unwrap().to_owned();
    mill.until(&["action", "show", &before], |shown| shown["received_by"] == 2);
    let mill_id = mill.json(["status"])["group"]["id"].clone();
    // Any invite says where nodes are; one day it has expired.
    let invite = weir.invite();

    mill_node.signal("KILL");
    mill_node.ended();
    let thief = Group { home: place.path("thief") };
    fs::rename(&mill.home, &thief.home).unwrap();

    let back = Group { home: place.path("back") };
    let recovered = answer(&recover(&back.home, &words, ["--from", &invite, "--label", "borrowed laptop"]));
    assert_eq!((&recovered["group"], recovered["root"].as_u64()), (&mill_id, Some(1)));
    assert_eq!(recovered["lost"].as_array().unwrap().len(), 1, "{recovered}");
    assert_eq!(recovered["lost"][0]["entries"], recovered["lost"][0]["entries_that_count"], "{recovered}");
    assert!(recovered["told_by"].as_u64().unwrap() >= 1);

    let _back_node = back.start();
    back.until(&["status"], |status| status["standing"] == "member" && status["members"] == 3);
    back.until(&["action", "list"], |list| list["total"] == 1);
    let shown = back.json(["action", "show", &before]);
    assert_eq!((&shown["group"], shown["mine"].as_bool()), (&mill_id, Some(true)), "its old records are its own");
    let after = back.json(["action", "new", "--title", "Still here"])["id"].as_str().unwrap().to_owned();
    for group in [&weir, &lake] {
        group.until(&["action", "list"], |list| list["total"] == 2);
        assert_eq!(group.json(["action", "show", &after])["group"], mill_id);
    }
    back.json(["action", "edit", &before, "--title", "Vigil at the mill"]);
    weir.until(&["action", "show", &before], |shown| shown["title"] == "Vigil at the mill");

    // The thief has the old home with root 0, and starts it.
    let thief_node = thief.start();
    thief.until(&["status"], |status| {
        status["peers"].as_array().unwrap().iter().any(|peer| peer["address"].is_string())
    });
    // Where it has been told of the recovery already, its own node refuses.
    let written = thief.run(["action", "new", "--title", "We leave", "--json"]);
    let lie = match code(&written) {
        0 => answer(&written)["id"].as_str().unwrap().to_owned(),
        refused => {
            assert_eq!((refused, &error(&written)["code"]), (5, &Value::from("refused")), "{written:?}");
            "nothing".to_owned()
        }
    };
    let honest = weir.json(["action", "new", "--title", "Walk"])["id"].as_str().unwrap().to_owned();
    for group in [&lake, &back] {
        group.until(&["action", "list"], |list| list["total"] == 3);
    }
    let three = [&weir, &lake, &back];
    until_equal(&three);
    for group in three {
        let here = ids(group, "action");
        assert!(!here.contains(&lie) && here.contains(&honest), "{here:?}");
        assert_eq!(group.json(["status"])["members"], 3);
    }
    // It can't follow the keys either: it has no words, and others lead nowhere.
    thief_node.signal("TERM");
    thief_node.ended();
    let made = Group { home: place.path("other") }.json(["join", &weir.invite(), "--group", "Other", "--no-input"]);
    let others = words_file(&place, "other.words", &made);
    refused(&recover(&thief.home, &others, [""; 0]), 5, "other_words");
}

#[test]
fn where_no_node_can_be_reached_nothing_is_left_behind_and_the_exit_code_says_so() {
    let place = Place::new();
    let (weir, node) = place.running_founder();
    let invite = weir.invite();
    let (_, words) = guest(&place, "Mill", &invite);
    node.signal("TERM");
    node.ended();
    let home = place.path("back");
    let said = refused(&recover(&home, &words, ["--from", &invite, "--wait", "1s"]), 75, "wait_ran_out");
    assert!(said.contains("no node of the coalition answered within 1 seconds"), "{said}");
    assert!(!home.exists());
}

#[test]
fn each_way_in_which_a_recovery_can_fail_says_what_to_do_and_changes_nothing() {
    let place = Place::new();
    let weir = Group { home: place.path("weir") };
    let statement = place.file("statement.md", "# Clean water\n\nWe want it.\n");
    let founding = ["init", "--coalition", "Clean River", "--group", "Weir", "--statement", &statement, "--no-input"];
    let words = words_file(&place, "weir.words", &weir.json(founding));
    let missing = place.path("nowhere");
    refused(&recover(&missing, &words, [""; 0]), 4, "no_home");
    let short = place.file("short.words", "abandon ability");
    refused(&recover(&weir.home, &short, [""; 0]), 2, "invalid_words");
    let asked =
        grid().arg("--home").arg(&weir.home).args(["--json", "--no-input", "group", "recover"]).output().unwrap();
    refused(&asked, 2, "usage");
    refused(&recover(&weir.home, &words, ["--lost", "zzzzzz"]), 4, "not_found");
    refused(&recover(&weir.home, &words, ["--lost", "first computer"]), 2, "usage");

    let node = weir.start();
    let invite = weir.invite();
    refused(&recover(&weir.home, &words, [""; 0]), 1, "home_in_use");
    refused(&recover(&weir.home, &words, ["--from", &invite]), 5, "home_exists");
    // A group that nobody let in is known to nobody.
    let (_, unknown) = guest(&place, "Mill", &invite);
    refused(&recover(&missing, &unknown, ["--from", &invite]), 5, "refused");
    refused(&recover(&missing, &words, ["--from", "grid1xyz"]), 2, "invalid_invite");
    assert!(!missing.exists());
    let status = weir.json(["status"]);
    assert_eq!(status["standing"], "member");
    node.signal("TERM");
    node.ended();
}

#[test]
fn a_group_with_two_computers_ends_the_lost_one_from_the_other_and_as_early_as_it_says() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let invite = weir.invite();
    let (mill, words) = guest(&place, "Mill", &weir.invite());
    let mill_node = mill.start();
    weir.until(&["status"], |status| status["members"] == 2);
    for title in ["One", "Two"] {
        mill.json(["action", "new", "--title", title]);
    }
    weir.until(&["action", "list"], |list| list["total"] == 2);

    // A second computer with the words, while the first one goes on.
    let second = Group { home: place.path("second") };
    let kept = answer(&recover(&second.home, &words, ["--from", &invite, "--keep", "first computer"]));
    assert_eq!((kept["lost"].as_array().unwrap().len(), kept["kept"].as_array().unwrap().len()), (0, 1), "{kept}");
    let second_node = second.start();
    second.until(&["action", "list"], |list| list["total"] == 2);
    mill.json(["action", "new", "--title", "Three"]);
    for group in [&weir, &second] {
        group.until(&["action", "list"], |list| list["total"] == 3);
    }
    // It was gone before the third.
    mill_node.signal("TERM");
    mill_node.ended();
    second_node.signal("TERM");
    second_node.ended();
    let unsaid = refused(&recover(&second.home, &words, [""; 0]), 2, "usage");
    assert!(unsaid.contains("first computer"), "{unsaid}");
    let first = kept["kept"][0]["device"].as_str().unwrap();
    let ended = answer(&recover(&second.home, &words, ["--lost", &first[..10], "--before", "3"]));
    assert_eq!(
        (ended["root"].as_u64(), ended["lost"][0]["entries_that_count"].as_u64()),
        (Some(2), Some(3)),
        "{ended}"
    );
    let _second_node = second.start();
    for group in [&second, &weir] {
        group.until(&["action", "list"], |list| list["total"] == 2);
    }
    until_equal(&[&weir, &second]);
    second.json(["action", "new", "--title", "Four"]);
    weir.until(&["action", "list"], |list| list["total"] == 3);
}
