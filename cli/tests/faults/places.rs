//! Homes that are copied, put back, moved and renamed: a copy writes nothing until its people say which home goes on.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use crate::api::{ask, ids, until_equal};
use crate::copies::{end, new, stop, titles};
use crate::running::{Group, Node, Place};
use crate::support::{answer, code, error, grid, stdout};
use grid_protocol::invite::InviteTicket;
use serde_json::json;
use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

/// Copies a home with all that a copy can take along, into `to` or over what is there.
pub(crate) fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let done = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(done.success());
}

/// The home is taken for a copy: it is told so in plain words, reads, and writes nothing.
pub(crate) fn assert_copied(group: &Group) {
    let told = group.json(["status"])["troubles"][0].clone();
    let (what, hint) = (told["what"].as_str().unwrap_or_default(), told["hint"].as_str().unwrap_or_default());
    assert!(what.contains("this home is a copy, or was put back from a backup"), "{told}");
    assert!(what.contains("contradict each other"), "it says why that matters: {told}");
    for way in ["`grid device add`", "`grid device moved`", "`grid device renew`"] {
        assert!(hint.contains(way), "{told}");
    }
    let shown = stdout(&group.run(["status"]));
    assert!(shown.contains("Something needs you") && shown.contains("grid device moved"), "{shown}");
    let before = ids(group, "action");
    for words in [
        &["action", "new", "--title", "By a copy"][..],
        &["group", "edit", "--about", "A copy"],
        &["invite", "create"],
        &["device", "add"],
        &["leave", "--yes"],
    ] {
        let output = group.run(words.iter().chain(&["--json"]));
        assert_eq!((code(&output), error(&output)["code"].as_str()), (5, Some("home_copied")), "{words:?}: {output:?}");
        assert!(error(&output)["hint"].as_str().unwrap().contains("grid device moved"), "{output:?}");
    }
    assert_eq!(ids(group, "action"), before, "nothing was written");
}

/// Its people say that no other copy of this home will run.
pub(crate) fn say_moved(group: &Group) {
    assert_eq!(group.json(["device", "moved", "--yes"])["moved"], true);
}

fn troubles(group: &Group) -> String {
    group.json(["status"])["troubles"].to_string()
}

#[test]
fn a_copy_that_is_made_while_its_home_runs_reads_and_writes_nothing_and_the_home_goes_on() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let (mill, mill_node) = place.member("Mill", &weir);
    new(&mill, "Before the copy");
    until_equal(&[&weir, &mill]);
    let second = Group { home: place.path("copy") };
    copied(&mill.home, &second.home);

    let second_node = second.start();
    assert_copied(&second);
    new(&mill, "By the home");
    new(&weir, "By the others");
    for group in [&weir, &mill, &second] {
        group.until(&["action", "list"], |list| list["total"] == 3);
        assert_eq!(end(&group.json(["status"])), None);
    }
    until_equal(&[&weir, &mill]);
    let peers = weir.json(["status"])["peers"].clone();
    assert!(peers.as_array().unwrap().iter().all(|peer| peer["fault"].is_null()), "{peers}");
    assert_copied(&second);
    stop(second_node);
    stop(mill_node);

    // Nobody has said anything yet, and the next start knows that. While the home is away its copy does not pass for it.
    let second_node = second.start_with(&["--listen", "/ip4/127.0.0.1/udp/0/quic-v1", "--http", "127.0.0.1:0"]);
    assert_copied(&second);
    new(&weir, "While the home is away");
    second.until(&["action", "list"], |list| list["total"] == 4);
    let known = InviteTicket::parse(&weir.invite()).unwrap().addresses;
    assert!(known.len() > 1 && known.iter().all(|address| !address.contains("quic")), "{known:?}");
    stop(second_node);

    // The home is not the copy, and its own next start shows it.
    let _mill_node = mill.start();
    new(&mill, "By the home, later");
    until_equal(&[&weir, &mill]);
    assert_eq!(troubles(&mill), "[]");
}

#[test]
fn a_backup_that_is_put_back_over_the_home_writes_nothing_though_nobody_is_there_and_goes_on_with_new_keys() {
    let place = Place::new();
    let weir = place.founder();
    let node = weir.start();
    new(&weir, "Before the backup");
    stop(node);
    let backup = place.path("backup");
    copied(&weir.home, &backup);
    let node = weir.start();
    new(&weir, "After the backup");
    stop(node);
    // The files that are there stay, and get the content of the backup; a store can't be mixed of two.
    fs::remove_dir_all(weir.home.join("store")).unwrap();
    copied(&backup, &weir.home);

    let node = weir.start();
    assert_copied(&weir);
    assert_eq!(titles(&weir), ["Before the backup".to_owned()].into());
    assert_eq!(code(&weir.run(["device", "moved", "--yes"])), 1, "not while the node runs");
    stop(node);
    assert_eq!(code(&weir.run(["device", "moved", "--no-input"])), 2, "it asks first");

    // It is the only one, and nobody is there who could say what it wrote.
    say_moved(&weir);
    let node = weir.start();
    let output = weir.run(["action", "new", "--title", "Into the dark", "--json"]);
    assert_eq!((code(&output), error(&output)["code"].as_str()), (5, Some("home_copied")), "{output:?}");
    assert!(
        error(&output)["message"].as_str().unwrap().contains("not enough other nodes have been there since"),
        "{output:?}"
    );
    let hint = error(&output)["hint"].clone();
    assert!(hint.as_str().unwrap().contains("contradict it and be lost"), "{hint}");
    assert!(troubles(&weir).contains("not enough other nodes have been there since"));
    stop(node);

    let renewed = weir.json(["device", "renew", "--yes"]);
    assert_ne!(renewed["old"], renewed["device"]);
    let _node = weir.start();
    assert_eq!(troubles(&weir), "[]");
    new(&weir, "With new keys");
    assert_eq!(titles(&weir), ["Before the backup".to_owned(), "With new keys".to_owned()].into());
}

/// Copies a home while its node runs; lets it write once more and end; and puts the copy back over the
/// files that are there. None of them is another one than before.
fn put_back_over(group: &Group, backup: &Path, node: Node, end: impl FnOnce(Node)) {
    copied(&group.home, backup);
    new(group, "After the backup");
    end(node);
    // A store can't be mixed of two.
    fs::remove_dir_all(group.home.join("store")).unwrap();
    copied(backup, &group.home);
}

#[test]
fn a_backup_of_a_home_that_ran_is_known_for_one_when_it_is_put_back_before_the_next_start() {
    let place = Place::new();
    let weir = place.founder();
    let node = weir.start();
    new(&weir, "Before the backup");
    put_back_over(&weir, &place.path("backup"), node, stop);
    let node = weir.start();
    assert_copied(&weir);
    assert_eq!(titles(&weir), ["Before the backup".to_owned()].into());
    stop(node);

    // The same where the machine failed, a moment after the home wrote last.
    let place = Place::new();
    let mill = place.founder();
    let node = mill.start();
    new(&mill, "Before the backup");
    let read = |home: &Path| fs::read(home.join("place")).unwrap();
    let backup = place.path("backup");
    put_back_over(&mill, &backup, node, |node| {
        let deadline = Instant::now() + Duration::from_secs(60);
        while read(&mill.home) == read(&backup) {
            assert!(Instant::now() < deadline, "the place is not made anew");
            mill.json(["status"]);
        }
        drop(node);
    });
    let _node = mill.start();
    assert_copied(&mill);
}

#[test]
fn a_journal_and_a_store_that_are_put_back_alone_are_known_to_be_older_than_their_home() {
    let place = Place::new();
    let weir = place.founder();
    let node = weir.start();
    new(&weir, "Before the backup");
    stop(node);
    let backup = place.path("backup");
    copied(&weir.home, &backup);
    let node = weir.start();
    new(&weir, "After the backup");
    stop(node);
    fs::remove_dir_all(weir.home.join("store")).unwrap();
    fs::remove_file(backup.join("place")).unwrap();
    copied(&backup, &weir.home);
    for _ in 0..2 {
        let node = weir.start();
        assert_copied(&weir);
        stop(node);
    }
    say_moved(&weir);
    let _node = weir.start();
    assert!(troubles(&weir).contains("not enough other nodes have been there since"));
}

/// A copy of a member's home, which wrote once more before it was lost; only the founder has that, whose node is stopped.
fn left_behind(place: &Place, member: &Group, node: Node, founder: &Group, founder_node: Node) -> Group {
    stop(node);
    let moved = Group { home: place.path("moved") };
    copied(&member.home, &moved.home);
    let node = member.start();
    new(member, "After the copy");
    until_equal(&[founder, member]);
    stop(node);
    fs::remove_dir_all(&member.home).unwrap();
    stop(founder_node);
    moved
}

#[test]
fn a_home_that_was_moved_waits_until_another_node_has_said_what_it_wrote_and_goes_on_behind_that() {
    let place = Place::new();
    let (weir, weir_node) = place.running_founder();
    let (mill, node) = place.member("Mill", &weir);
    new(&mill, "Before the copy");
    until_equal(&[&weir, &mill]);
    let moved = left_behind(&place, &mill, node, &weir, weir_node);

    say_moved(&moved);
    let node = moved.start();
    let output = moved.run(["invite", "create", "--json"]);
    assert_eq!((code(&output), error(&output)["code"].as_str()), (5, Some("home_copied")), "{output:?}");
    let _weir_node = weir.start();
    moved.until(&["status"], |status| !status["troubles"].to_string().contains("not enough other nodes"));
    new(&moved, "Behind all of it");
    let all = ["Before the copy", "After the copy", "Behind all of it"].map(str::to_owned);
    until_equal(&[&weir, &moved]);
    for group in [&weir, &moved] {
        assert_eq!(titles(group), all.clone().into());
        assert_eq!(end(&group.json(["status"])), None);
    }
    stop(node);
    // It lies here now, and nobody is asked again.
    let again = moved.run(["device", "moved", "--yes", "--json"]);
    assert_eq!((code(&again), error(&again)["code"].as_str()), (5, Some("in_place")));
    let _node = moved.start();
    assert_eq!(troubles(&moved), "[]");
}

#[test]
fn a_home_that_runs_is_told_by_the_api_that_it_was_moved_and_goes_on_once_another_node_has_said_what_it_wrote() {
    let place = Place::new();
    let (weir, weir_node) = place.running_founder();
    let (mill, node) = place.member("Mill", &weir);
    new(&mill, "Before the copy");
    until_equal(&[&weir, &mill]);
    let moved = left_behind(&place, &mill, node, &weir, weir_node);

    let node = moved.start();
    assert_copied(&moved);
    let say = || ask(&moved, "POST", "/api/devices/moved", &json!({"no_other_copy_will_run": true})).unwrap();
    let (status, said) = say();
    assert_eq!((status, &said["moved"]), (200, &json!(true)));
    assert!(troubles(&moved).contains("not enough other nodes have been there since"), "{}", troubles(&moved));
    // The next start knows it as well.
    stop(node);
    let _node = moved.start();
    assert!(troubles(&moved).contains("not enough other nodes have been there since"), "{}", troubles(&moved));
    let _weir_node = weir.start();
    moved.until(&["status"], |status| !status["troubles"].to_string().contains("not enough other nodes"));
    new(&moved, "Behind all of it");
    until_equal(&[&weir, &moved]);
    let all = ["Before the copy", "After the copy", "Behind all of it"].map(str::to_owned);
    assert_eq!(titles(&moved), all.into());
    assert_eq!(end(&moved.json(["status"])), None);
    let (status, again) = say();
    assert_eq!((status, again["error"]["code"].as_str()), (403, Some("refused")));
}

#[test]
fn a_home_that_was_moved_does_not_believe_the_one_group_that_was_away_when_it_wrote() {
    let place = Place::new();
    let (weir, weir_node) = place.running_founder();
    let (dam, dam_node) = place.member("Dam", &weir);
    let (mill, node) = place.member("Mill", &weir);
    new(&mill, "Before the copy");
    until_equal(&[&weir, &dam, &mill]);
    stop(dam_node);
    let moved = left_behind(&place, &mill, node, &weir, weir_node);

    // The only group that is there holds as little as the copy does.
    say_moved(&moved);
    let (_dam_node, _node) = (dam.start(), moved.start());
    moved.until(&["status"], |status| status["peers"].to_string().contains("in_sync"));
    let output = moved.run(["action", "new", "--title", "Into the dark", "--json"]);
    assert_eq!((code(&output), error(&output)["code"].as_str()), (5, Some("home_copied")), "{output:?}");
    assert!(troubles(&moved).contains("not enough other nodes"));

    let _weir_node = weir.start();
    moved.until(&["status"], |status| !status["troubles"].to_string().contains("not enough other nodes"));
    new(&moved, "Behind all of it");
    until_equal(&[&weir, &dam, &moved]);
    let all = ["Before the copy", "After the copy", "Behind all of it"].map(str::to_owned);
    for group in [&weir, &dam, &moved] {
        assert_eq!(titles(group), all.clone().into());
        assert_eq!(end(&group.json(["status"])), None);
    }
}

#[test]
fn a_home_that_is_renamed_or_gets_and_loses_a_passphrase_is_taken_for_no_copy() {
    let place = Place::new();
    let weir = Group { home: place.path("founder") };
    let statement = place.file("statement.md", "# Clean water\n\nWe want it.\n");
    let words = ["init", "--coalition", "Clean River", "--group", "Weir", "--statement", &statement, "--no-input"];
    let made = weir.json(words);
    let words: Vec<&str> = made["recovery_words"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let words = place.file("words", &words.join(" "));
    let renamed = Group { home: place.path("renamed") };
    fs::rename(&weir.home, &renamed.home).unwrap();
    let weir = renamed;
    let (one, other) = (place.file("one", "five words are quite enough"), place.file("other", "or would it be six"));
    let writes = |title: &str, more: &[&str]| {
        let listen = ["--listen", "/ip4/127.0.0.1/tcp/0", "--http", "127.0.0.1:0"];
        let node = weir.start_with(&[&listen, more].concat());
        assert!(!troubles(&weir).contains("copy"), "{title}: {}", troubles(&weir));
        new(&weir, title);
        stop(node);
    };
    writes("Renamed", &[]);
    let done = |words: &[&str]| drop(answer(&grid().arg("--home").arg(&weir.home).args(words).output().unwrap()));
    done(&["passphrase", "set", "--passphrase-file", &one, "--json"]);
    writes("Sealed", &["--passphrase-file", &one]);
    done(&["passphrase", "reset", "--words-file", &words, "--new-passphrase-file", &other, "--json"]);
    writes("Sealed anew", &["--passphrase-file", &other]);
    done(&["passphrase", "remove", "--passphrase-file", &other, "--json"]);
    writes("Open", &[]);
}

#[test]
fn what_would_sign_for_a_copy_without_a_node_is_refused_and_a_passphrase_is_not() {
    let place = Place::new();
    let weir = place.founder();
    let copy = Group { home: place.path("copy") };
    copied(&weir.home, &copy.home);
    let words = place.file("words", &format!("{}art", "abandon ".repeat(23)));
    let output = copy.run(["--no-input", "group", "recover", "--words-file", &words, "--json"]);
    assert_eq!((code(&output), error(&output)["code"].as_str()), (5, Some("home_copied")), "{output:?}");
    // What is only on this disk may be changed, and changes nothing of that.
    let file = place.file("one", "five words are quite enough");
    copy.json(["passphrase", "set", "--passphrase-file", &file]);
    let _node =
        copy.start_with(&["--passphrase-file", &file, "--listen", "/ip4/127.0.0.1/tcp/0", "--http", "127.0.0.1:0"]);
    assert_copied(&copy);
    let _own = weir.start();
    new(&weir, "By the home");
}
