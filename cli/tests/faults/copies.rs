//! Homes that were copied so that their place can't tell, as with an image of the whole machine: what they write is
//! found out by others. Copies of files are in [`crate::places`].

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use crate::api::{ids, until_equal};
use crate::places::{copied, say_moved};
use crate::running::{Group, Place};
use crate::support::{code, error, stdout};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

/// Copies a home on which no node runs, as an image of the machine does: the copy does not know that it is one.
pub(crate) fn image(from: &Path, to: &Path) {
    copied(from, to);
    fs::remove_file(to.join("place")).unwrap();
}

pub(crate) fn stop(node: crate::running::Node) {
    node.signal("TERM");
    assert_eq!(node.ended().0, Some(0));
}

pub(crate) fn new(group: &Group, title: &str) -> String {
    group.json(["action", "new", "--title", title])["id"].as_str().unwrap().to_owned()
}

pub(crate) fn titles(group: &Group) -> BTreeSet<String> {
    let list = group.json(["action", "list", "--limit", "1000"]);
    list["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

fn set(titles: &[&str]) -> BTreeSet<String> {
    titles.iter().map(|title| (*title).to_owned()).collect()
}

/// What the status says of the own log, if it says that it has an end.
pub(crate) fn end(status: &Value) -> Option<(&str, &str)> {
    let troubles = status["troubles"].as_array()?;
    let trouble = troubles
        .iter()
        .find(|trouble| trouble["what"].as_str().unwrap_or_default().contains("restored from a copy, or runs twice"))?;
    Some((trouble["what"].as_str()?, trouble["hint"].as_str()?))
}

/// The group is told in plain words, and can write nothing more.
fn assert_ended(group: &Group) {
    let status = group.until(&["status"], |status| end(status).is_some());
    let (what, hint) = end(&status).unwrap();
    assert!(what.contains("restored from a copy, or runs twice"), "{status}");
    assert!(hint.contains("stop every other copy") && hint.contains("grid device renew"), "{status}");
    let shown = stdout(&group.run(["status"]));
    assert!(shown.contains("Something needs you") && shown.contains("Hint: stop every other copy"), "{shown}");
    let before = ids(group, "action");
    let output = group.run(["action", "new", "--title", "Too late", "--json"]);
    assert_eq!(code(&output), 5, "{output:?}");
    assert!(error(&output)["message"].as_str().unwrap().contains("runs twice"), "{output:?}");
    assert!(error(&output)["hint"].as_str().unwrap().contains("stop every other copy"), "{output:?}");
    assert_eq!(ids(group, "action"), before, "nothing was written");
}

#[test]
fn a_home_put_back_from_a_backup_goes_on_behind_what_it_had_written_and_nothing_is_lost() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let (mill, node) = place.member("Mill", &weir);
    new(&mill, "Before the backup");
    let page = mill.json(["page", "new", "--title", "Plan", "--text", "One.\n"])["id"].as_str().unwrap().to_owned();
    until_equal(&[&weir, &mill]);
    stop(node);
    let backup = place.path("backup");
    copied(&mill.home, &backup);

    let node = mill.start();
    for number in 0..20 {
        new(&mill, &format!("After the backup {number}"));
    }
    mill.json(["page", "edit", &page, "--text", "One.\nTwo.\n", "--overwrite"]);
    until_equal(&[&weir, &mill]);
    let before = titles(&mill);
    stop(node);

    fs::remove_dir_all(&mill.home).unwrap();
    copied(&backup, &mill.home);
    say_moved(&mill);
    let node = mill.start();
    // The first thing that it does: the node itself sees to it that its log comes back first.
    new(&mill, "Behind all of it");
    mill.json(["page", "edit", &page, "--text", "One.\nThree.\n"]);
    let status = mill.json(["status"]);
    let what = status["troubles"][0]["what"].as_str().unwrap_or_default();
    assert!(what.contains("older than what others hold") && what.contains("came back"), "{status}");
    until_equal(&[&weir, &mill]);
    for group in [&weir, &mill] {
        let now = titles(group);
        assert!(before.is_subset(&now) && now.contains("Behind all of it"), "{now:?}");
        let text = group.json(["page", "show", &page])["text"].clone();
        let text = text.as_str().unwrap();
        assert!(["One.", "Two.", "Three."].iter().all(|line| text.contains(line)), "{text:?}");
        assert_eq!(end(&group.json(["status"])), None);
    }
    stop(node);

    // What came back is in the journal as well: with store and peers away it is still all there.
    fs::remove_dir_all(mill.home.join("store")).unwrap();
    drop(_weir_node);
    let _node = mill.start();
    assert!(before.is_subset(&titles(&mill)), "{:?}", titles(&mill));
}

#[test]
fn a_copy_that_wrote_alone_learns_of_the_fork_and_others_keep_what_came_before_it() {
    let place = Place::new();
    let (weir, weir_node) = place.running_founder();
    let (mill, node) = place.member("Mill", &weir);
    new(&mill, "Common");
    until_equal(&[&weir, &mill]);
    stop(node);
    let second = Group { home: place.path("copy") };
    image(&mill.home, &second.home);

    let node = mill.start();
    new(&mill, "By the first");
    until_equal(&[&weir, &mill]);
    stop(node);
    stop(weir_node);

    // Nobody is there who could tell it.
    let second_node = second.start();
    new(&second, "By the copy");
    let _weir_node = weir.start();
    assert_ended(&second);
    weir.until(&["action", "list"], |list| list["total"] == 1);
    assert_eq!(titles(&weir), set(&["Common"]));
    let told = |status: &Value| status["peers"][0]["fault"].as_str().is_some_and(|it| it.contains("two histories"));
    weir.until(&["status"], told);
    assert!(stdout(&weir.run(["status"])).contains("with a peer something is wrong"));
    new(&weir, "The others go on");
    stop(second_node);

    // The first learns of it, too.
    let _node = mill.start();
    assert_ended(&mill);
    until_equal(&[&weir, &mill]);
    assert_eq!(titles(&mill), set(&["Common", "The others go on"]));
}

#[test]
fn a_home_that_runs_twice_is_told_on_both_sides() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let (mill, node) = place.member("Mill", &weir);
    new(&mill, "Common");
    until_equal(&[&weir, &mill]);
    stop(node);
    let second = Group { home: place.path("copy") };
    image(&mill.home, &second.home);

    let (_node, _second_node) = (mill.start(), second.start());
    // They may hear of each other in time now and then; sooner or later they do not.
    while [&mill, &second].iter().all(|group| end(&group.json(["status"])).is_none()) {
        std::thread::scope(|scope| {
            for (group, title) in [(&mill, "By the first"), (&second, "By the copy")] {
                scope.spawn(move || {
                    let output = group.run(["action", "new", "--title", title]);
                    assert!([0, 5].contains(&code(&output)), "{output:?}");
                });
            }
        });
    }
    for group in [&mill, &second] {
        assert_ended(group);
    }
    assert!(titles(&weir).contains("Common"));
    new(&weir, "The others go on");
    until_equal(&[&weir, &mill]);
    until_equal(&[&weir, &second]);
    assert!(titles(&second).contains("The others go on"));
}

#[test]
fn a_home_from_before_its_group_withdrew_learns_of_that_and_does_not_take_itself_for_a_member() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let (mill, node) = place.member("Mill", &weir);
    until_equal(&[&weir, &mill]);
    stop(node);
    let backup = place.path("backup");
    copied(&mill.home, &backup);

    let node = mill.start();
    assert_eq!(code(&mill.run(["leave", "--yes"])), 0);
    weir.until(&["status"], |status| status["members"] == 1);
    stop(node);
    fs::remove_dir_all(&mill.home).unwrap();
    copied(&backup, &mill.home);
    let node = mill.start();
    mill.until(&["status"], |status| status["standing"] == "withdrawn");
    // It can sign again, and is a member as it was, once its people have said that it is the one that goes on.
    let output = mill.run(["statement", "sign", "--json"]);
    assert_eq!((code(&output), error(&output)["code"].as_str()), (5, Some("home_copied")));
    stop(node);
    say_moved(&mill);
    let _node = mill.start();
    mill.until(&["status"], |status| status["troubles"].as_array().unwrap().is_empty());
    let output = mill.run(["action", "new", "--title", "To nobody"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("nobody receives it"), "{output:?}");
    assert_eq!(code(&mill.run(["statement", "sign"])), 0);
    weir.until(&["status"], |status| status["members"] == 2);
    new(&mill, "Back again");
    until_equal(&[&weir, &mill]);
}
