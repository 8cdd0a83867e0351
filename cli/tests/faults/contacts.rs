//! "We lost the laptop and the words", rehearsed: two of three contacts give a group a new key.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use crate::api::{ask, until_equal};
use crate::running::{Group, Node, Place};
use crate::support::{answer, code, error, grid, stdout};
use serde_json::{Value, json};
use std::{ffi::OsStr, fs, path::Path, process::Output};

fn words_file(place: &Place, name: &str, made: &Value) -> String {
    let words: Vec<&str> =
        made["recovery_words"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    place.file(name, &words.join("\n"))
}

/// `grid group recover --by-contacts` in a home that is still to be made.
fn by_contacts<T: AsRef<OsStr>>(home: &Path, more: impl IntoIterator<Item = T>) -> Output {
    let command = ["--json", "--no-input", "group", "recover", "--by-contacts"];
    grid().arg("--home").arg(home).args(command).args(more).output().unwrap()
}

fn refused(output: &Output, exit: i32, code_in_json: &str) -> String {
    let error = error(output);
    assert_eq!((code(output), error["code"].as_str().unwrap()), (exit, code_in_json), "{error}");
    assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{error}");
    error["message"].as_str().unwrap().to_owned()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"))
}

fn group_id(group: &Group) -> String {
    text(&group.json(["status"])["group"], "id").to_owned()
}

/// Weir, Lake and Moor, and Mill, which any two of them can recover.
struct Four {
    place: Place,
    contacts: [Group; 3],
    nodes: Vec<Node>,
    mill: Group,
    mill_node: Node,
    old_words: String,
}

impl Four {
    fn members() -> Self {
        let place = Place::new();
        let weir = place.founder();
        let mut nodes = vec![weir.start()];
        let [lake, moor] = ["Lake", "Moor"].map(|name| {
            let group = place.guest(name, &weir.invite(), &["--sign"]);
            nodes.push(group.start());
            group
        });
        let mill = Group { home: place.path("Mill") };
        let (lake_id, moor_id, invite) = (group_id(&lake), group_id(&moor), weir.invite());
        let joining = ["join", &invite, "--group", "Mill", "--sign", "--no-input", "--recovery-quorum", "2"];
        let contacts = ["weir", &lake_id, &moor_id].into_iter().flat_map(|named| ["--recovery-contact", named]);
        let made = mill.json(joining.into_iter().chain(contacts));
        let old_words = words_file(&place, "mill.words", &made);
        let mill_node = mill.start();
        for group in [&weir, &lake, &moor, &mill] {
            group.until(&["status"], |status| status["members"] == 4);
        }
        Self { place, contacts: [weir, lake, moor], nodes, mill, mill_node, old_words }
    }

    fn approve<T: AsRef<OsStr>>(&self, contact: usize, appeal: T) -> Output {
        let words: [&OsStr; 5] =
            ["group".as_ref(), "approve".as_ref(), appeal.as_ref(), "--yes".as_ref(), "--json".as_ref()];
        self.contacts[contact].run(words)
    }
}

#[test]
fn a_group_that_lost_its_laptop_and_its_words_comes_back_by_two_of_three_contacts() {
    let four = Four::members();
    let [weir, lake, moor] = &four.contacts;
    let own = four.mill.until(&["group", "contacts"], |shown| shown["own"]["contacts"][2]["name"].is_string());
    assert_eq!((&own["own"]["quorum"], own["own"]["contacts"].as_array().unwrap().len()), (&json!(2), 3), "{own}");
    let entrusted = lake.json(["group", "contacts"]);
    assert_eq!((&entrusted["own"], text(&entrusted["entrusted"][0], "group_name")), (&Value::Null, "Mill"));
    let before = text(&four.mill.json(["action", "new", "--title", "Vigil"]), "id").to_owned();
    four.mill.until(&["action", "show", &before], |shown| shown["received_by"] == 3);
    let mill_id = group_id(&four.mill);

    // The laptop is gone, and the paper with it.
    four.mill_node.signal("KILL");
    let thief = Group { home: four.place.path("thief") };
    fs::rename(&four.mill.home, &thief.home).unwrap();
    let back = Group { home: four.place.path("back") };
    let asked = answer(&by_contacts(&back.home, ["--name", "mill"]));
    assert!(!back.home.exists(), "nothing is made before the contacts have signed");
    let new_words = words_file(&four.place, "new.words", &asked);
    let appeal = text(&asked, "appeal").to_owned();

    let unsure = lake.run(["group", "approve", &appeal, "--json", "--no-input"]);
    refused(&unsure, 2, "usage");
    let (_, planned) = ask(lake, "POST", "/api/recovery/appeal", &json!({"appeal": appeal})).unwrap();
    assert_eq!((&planned["comparison"], &planned["signed"]), (&asked["comparison"], &json!([])), "{planned}");
    assert_eq!((text(&planned, "group"), text(&planned, "state")), (&*mill_id, "open"));
    let device = &planned["devices"][0];
    assert!(device["held"].as_u64() > Some(1) && device["held"] == device["counting"], "{planned}");

    let once = answer(&four.approve(1, &appeal));
    assert_eq!((text(&once, "state"), &once["signed"][0]["name"]), ("open", &json!("Lake")), "{once}");
    let twice = answer(&four.approve(1, text(&once, "appeal")));
    assert_eq!((text(&twice, "state"), twice["signed"].as_array().unwrap().len()), ("open", 1), "once is enough");
    let waiting = answer(&by_contacts(&back.home, ["--approval", text(&once, "appeal")]));
    assert_eq!((&waiting["signed"], &waiting["quorum"]), (&json!(1), &json!(2)), "{waiting}");
    let file = four.place.file("once.appeal", text(&once, "appeal"));
    let done = answer(&four.approve(2, &file));
    assert_eq!((text(&done, "state"), done["signed"].as_array().unwrap().len()), ("published", 2), "{done}");
    assert_eq!(done["comparison"], asked["comparison"]);
    let late = answer(&four.approve(0, text(&done, "appeal")));
    assert_eq!((text(&late, "state"), late["signed"].as_array().unwrap().len()), ("published", 2), "nothing to add");

    // Words that the appeal was not made with lead nowhere.
    let approval = four.place.file("done.appeal", text(&done, "appeal"));
    let wrong = by_contacts(&back.home, ["--approval", &approval, "--words-file", &four.old_words]);
    refused(&wrong, 5, "other_words");
    let recovered = answer(&by_contacts(&back.home, ["--approval", &approval, "--words-file", &new_words]));
    assert_eq!((text(&recovered, "group"), &recovered["root"]), (&*mill_id, &json!(257)), "{recovered}");
    let _back_node = back.start();
    back.until(&["status"], |status| status["standing"] == "member" && status["members"] == 4);
    back.until(&["action", "list"], |list| list["total"] == 1);
    back.json(["action", "edit", &before, "--title", "Vigil at the mill"]);
    for group in [weir, lake, moor] {
        group.until(&["action", "show", &before], |shown| shown["title"] == "Vigil at the mill");
    }
    let kept = back.json(["group", "contacts"]);
    assert_eq!(kept["own"]["contacts"].as_array().unwrap().len(), 3, "its contacts stay what they are");

    // The group lives on: it lets others in.
    let dale = four.place.guest("Dale", &back.invite(), &["--sign"]);
    let _dale_node = dale.start();
    for group in [weir, &back, &dale] {
        group.until(&["status"], |status| status["members"] == 5);
    }
    // The thief has root 0, and the finder of the old paper has the old words.
    let thief_node = thief.start();
    let written = thief.run(["action", "new", "--title", "We leave", "--json"]);
    assert!([0, 5].contains(&code(&written)), "{written:?}");
    let honest = text(&weir.json(["action", "new", "--title", "Walk"]), "id").to_owned();
    back.until(&["action", "show", &honest], |shown| shown["title"] == "Walk");
    until_equal(&[weir, &back, lake, moor]);
    assert_eq!(weir.json(["action", "list"])["total"], 2);
    thief_node.signal("TERM");
    thief_node.ended();
    let invite = weir.invite();
    let command = ["--json", "--no-input", "group", "recover", "--words-file", &four.old_words];
    let old = grid().arg("--home").arg(&thief.home).args(command).output().unwrap();
    assert_eq!(code(&old), 5, "{old:?}");
    let elsewhere = four.place.path("elsewhere");
    let old = grid().arg("--home").arg(&elsewhere).args(command).args(["--from", &invite]).output().unwrap();
    refused(&old, 5, "other_words");
    drop(four.nodes);
}

#[test]
fn answers_that_were_drawn_up_apart_are_told_apart_and_every_refusal_says_what_to_do() {
    let mut four = Four::members();
    let home = four.place.path("back");
    let asked = answer(&by_contacts(&home, ["--name", "Mill"]));
    let appeal = text(&asked, "appeal").to_owned();

    // Contacts that each began anew may have signed different contents.
    let weir_signed = text(&answer(&four.approve(0, &appeal)), "appeal").to_owned();
    four.mill.json(["action", "new", "--title", "Vigil"]);
    four.contacts[1].until(&["action", "list"], |list| list["total"] == 1);
    let lake_signed = text(&answer(&four.approve(1, &appeal)), "appeal").to_owned();
    let mixed = by_contacts(&home, ["--approval", &weir_signed, "--approval", &lake_signed]);
    refused(&mixed, 2, "approvals_differ");

    let nobody = answer(&by_contacts(&home, ["--name", "Somebody"]));
    let refusal = refused(&four.approve(1, text(&nobody, "appeal")), 5, "refused");
    assert!(refusal.contains("Somebody") && refusal.contains("contact"), "{refusal}");
    let own = four.mill.run(["group", "approve", &appeal, "--yes", "--json"]);
    assert!(refused(&own, 5, "refused").contains("named your group"), "a group is no contact of itself");
    let tower = answer(&by_contacts(&home, ["--name", "Mill", "--keep", "tower"]));
    assert!(refused(&four.approve(1, text(&tower, "appeal")), 5, "refused").contains("tower"));
    refused(&four.approve(1, "gridappeal1abcdef"), 2, "invalid_appeal");
    refused(&four.approve(1, four.place.path("nowhere")), 4, "not_found");
    refused(&by_contacts(&home, [""; 0]), 2, "usage");
    refused(&by_contacts(&home, ["--name", &"x".repeat(300)]), 2, "invalid_appeal");
    let (status, unseen) =
        ask(&four.contacts[1], "POST", "/api/recovery/approval", &json!({"appeal": appeal})).unwrap();
    assert_eq!((status, text(&unseen["error"], "code")), (400, "invalid"), "nobody has looked at it: {unseen}");
    let (status, torn) = ask(&four.contacts[1], "POST", "/api/recovery/appeal", &json!({"appeal": "x"})).unwrap();
    assert_eq!((status, text(&torn["error"], "code")), (400, "invalid"), "{torn}");

    let moor_node = four.nodes.pop().unwrap();
    moor_node.signal("TERM");
    moor_node.ended();
    refused(&four.approve(2, &appeal), 3, "not_running");
    // Nothing of all this gave Mill another key.
    let status = four.mill.json(["status"]);
    assert_eq!(status["standing"], "member");
    assert!(!home.exists());
    let shown = stdout(&four.mill.run(["group", "contacts"]));
    assert!(shown.contains("2 of these together") && shown.contains("Moor"), "{shown}");
    drop(four.mill_node);
}

#[test]
fn a_group_that_lost_its_words_alone_goes_on_with_its_laptop_and_gets_new_ones() {
    let four = Four::members();
    let (mill, nowhere) = (&four.mill, four.place.path("nowhere"));
    let before = text(&mill.json(["action", "new", "--title", "Vigil"]), "id").to_owned();
    mill.until(&["action", "show", &before], |shown| shown["received_by"] == 3);
    let asked = answer(&by_contacts(&nowhere, ["--name", "Mill", "--keep", "first computer"]));
    let words = words_file(&four.place, "new.words", &asked);
    let once = answer(&four.approve(0, text(&asked, "appeal")));
    assert_eq!(once["devices"][0]["counting"], Value::Null, "it goes on: {once}");
    let done = answer(&four.approve(1, text(&once, "appeal")));
    assert_eq!(text(&done, "state"), "published");
    let record =
        |group: &Group| ask(group, "POST", "/api/recovery/appeal", &json!({"appeal": done["appeal"]})).unwrap();
    four.contacts[2].until(&["status"], |_| record(&four.contacts[2]).1["state"] == "published");
    mill.until(&["status"], |status| status["state_root"] == four.contacts[0].json(["status"])["state_root"]);
    four.mill_node.signal("TERM");
    four.mill_node.ended();
    let recovered = answer(&by_contacts(&mill.home, ["--approval", text(&done, "appeal"), "--words-file", &words]));
    assert_eq!((&recovered["root"], &recovered["lost"]), (&json!(257), &json!([])), "{recovered}");
    let _node = mill.start();
    mill.json(["action", "edit", &before, "--title", "Vigil at the mill"]);
    for group in &four.contacts {
        group.until(&["action", "show", &before], |shown| shown["title"] == "Vigil at the mill");
    }
    drop(four.nodes);
}

#[test]
fn contacts_that_make_no_sense_are_refused_before_anything_is_made() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let invite = weir.invite();
    let home = place.path("mill");
    let join = |more: &[&str]| {
        let words = ["--json", "join", &invite, "--group", "Mill", "--no-input"];
        grid().arg("--home").arg(&home).args(words).args(more).output().unwrap()
    };
    refused(&join(&["--recovery-contact", "Lake"]), 4, "not_found");
    refused(&join(&["--recovery-contact", "Weir", "--recovery-contact", "weir"]), 2, "usage");
    refused(&join(&["--recovery-contact", "Weir", "--recovery-quorum", "2"]), 2, "usage");
    refused(&join(&["--recovery-contact", "Weir", "--recovery-quorum", "0"]), 2, "usage");
    refused(&join(&["--recovery-quorum", "1"]), 2, "usage");
    assert!(!home.exists());
    answer(&join(&["--recovery-contact", "Weir"]));
    refused(&join(&["--recovery-contact", "Weir"]), 2, "usage");
}
