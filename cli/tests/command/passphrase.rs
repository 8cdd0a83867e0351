//! `grid passphrase`: what lies on the disk, and the two bad days: the laptop is gone, the passphrase is forgotten.

use crate::running::{Group, Place};
use crate::support::{code, error, stderr, stdout};
use serde_json::Value;
use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

const SENTENCE: &str = "The heron nests behind the old mill";

/// A file that its owner alone can read.
fn private(place: &Place, name: &str, text: &str) -> String {
    let path = place.file(name, text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("the file is ours");
    path
}

/// Every file under a directory in which a text stands.
fn shown(directory: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(directory).expect("a directory") {
        let path = item.expect("an item").path();
        if path.is_dir() {
            found.extend(shown(&path, text));
        } else if let Ok(bytes) = fs::read(&path)
            && bytes.windows(text.len()).any(|window| window == text.as_bytes())
        {
            found.push(path);
        }
    }
    found
}

/// A founded coalition, and the recovery words of its founder.
fn founder(place: &Place, more: &[&str]) -> (Group, String) {
    let statement = place.file("statement.md", &format!("# Clean water\n\n{SENTENCE}.\n"));
    let group = Group { home: place.path("founder") };
    let words = ["init", "--coalition", "River", "--group", "Weir", "--statement", &statement, "--no-input"];
    let made = group.json(words.iter().chain(more));
    let words = made["recovery_words"].as_array().expect("words").iter().map(|word| word.as_str().expect("a word"));
    let words = words.collect::<Vec<_>>().join(" ");
    (group, words)
}

const LISTEN: &[&str] = &["--listen", "/ip4/127.0.0.1/tcp/0", "--http", "127.0.0.1:0"];

fn with_file(file: &str) -> Vec<&str> {
    LISTEN.iter().copied().chain(["--passphrase-file", file]).collect()
}

#[test]
fn a_home_that_gets_a_passphrase_shows_nothing_on_the_disk_and_works_as_before() {
    let place = Place::new();
    let (weir, _) = founder(&place, &[]);
    let node = weir.start();
    let id = weir.json(["action", "new", "--title", "Vigil", "--description", SENTENCE])["id"].clone();
    node.signal("TERM");
    assert_eq!(node.ended().0, Some(0));
    assert!(!shown(&weir.home, SENTENCE).is_empty());

    let file = private(&place, "passphrase", "five words are quite enough\n");
    let done = weir.json(["passphrase", "set", "--passphrase-file", &file]);
    assert_eq!((&done["passphrase"], &done["words_open_it"]), (&Value::Bool(true), &Value::Bool(true)));
    assert_eq!(shown(&weir.home, SENTENCE), Vec::<PathBuf>::new());
    assert_eq!(shown(&weir.home, "Vigil"), Vec::<PathBuf>::new());

    let node = weir.start_with(&with_file(&file));
    let id = id.as_str().expect("an id");
    assert_eq!(weir.json(["action", "show", id])["description"], SENTENCE);
    let late = "The otter is back";
    weir.json(["action", "edit", id, "--description", late]);
    node.signal("KILL");
    node.ended();
    assert_eq!(shown(&weir.home, late), Vec::<PathBuf>::new());
    let node = weir.start_with(&with_file(&file));
    assert_eq!(weir.json(["action", "show", id])["description"], late);
    drop(node);

    let removed = weir.json(["passphrase", "remove", "--passphrase-file", &file]);
    assert_eq!(removed["passphrase"], false);
    let _node = weir.start();
    assert_eq!(weir.json(["action", "show", id])["description"], late);
}

#[test]
fn a_node_without_its_passphrase_does_not_start_and_says_how_it_would() {
    let place = Place::new();
    let file = private(&place, "passphrase", "five words are quite enough\n");
    let wrong = private(&place, "wrong", "five other words than those\n");
    let (weir, _) = founder(&place, &["--passphrase-file", &file]);
    assert_eq!(shown(&weir.home, SENTENCE), Vec::<PathBuf>::new());
    let keys = fs::read(weir.home.join("keys")).expect("keys");

    let output = weir.run(["node", "--no-input", "--json"].iter().chain(LISTEN));
    assert_eq!(code(&output), 1);
    assert_eq!(error(&output)["code"], "passphrase_needed");
    assert!(error(&output)["hint"].as_str().expect("a hint").contains("--passphrase-file"));

    let output = weir.run(["node", "--json"].iter().chain(&with_file(&wrong)));
    assert_eq!(code(&output), 1);
    assert_eq!(error(&output)["code"], "wrong_passphrase");
    assert!(error(&output)["hint"].as_str().expect("a hint").contains("grid passphrase reset"));
    assert_eq!(fs::read(weir.home.join("keys")).expect("keys"), keys);

    for words in [&["set"][..], &["change"], &["remove"]] {
        let output = weir.run(["passphrase"].iter().chain(words).chain(&["--passphrase-file", &wrong, "--json"]));
        assert_ne!(code(&output), 0, "{words:?}");
        assert!(error(&output)["hint"].is_string(), "{words:?}");
    }
    assert_eq!(fs::read(weir.home.join("keys")).expect("keys"), keys);

    // The file can be a setting, so that a node starts by itself.
    fs::write(weir.home.join("config.toml"), format!("passphrase_file = {file:?}\n")).expect("a file");
    let _node = weir.start();
    let output = weir.run(["passphrase", "remove", "--json"]);
    assert_eq!((code(&output), error(&output)["code"].as_str()), (1, Some("home_in_use")));
}

#[test]
fn i_forgot_the_passphrase() {
    let place = Place::new();
    let file = private(&place, "passphrase", "five words are quite enough\n");
    let new = private(&place, "new", "a sentence I will remember\n");
    let (weir, words) = founder(&place, &["--passphrase-file", &file]);
    let node = weir.start_with(&with_file(&file));
    let id = weir.json(["action", "new", "--title", "Vigil"])["id"].as_str().expect("an id").to_owned();
    // Nobody types 24 words to hear then that a node runs.
    let busy = weir.run(["passphrase", "reset", "--json"]);
    assert_eq!((code(&busy), error(&busy)["code"].as_str()), (1, Some("home_in_use")));
    drop(node);

    let other = place.file("other", "abandon ".repeat(23).trim());
    let output = weir.run(["passphrase", "reset", "--words-file", &other, "--new-passphrase-file", &new, "--json"]);
    assert_eq!((code(&output), error(&output)["code"].as_str()), (2, Some("invalid_words")));
    let other = place.file("other", &grid_protocol::words::RecoveryWords::from_entropy([7; 32]).words().join(" "));
    let output = weir.run(["passphrase", "reset", "--words-file", &other, "--new-passphrase-file", &new, "--json"]);
    assert_eq!((code(&output), error(&output)["code"].as_str()), (5, Some("wrong_words")));

    let output = piped(&weir, &["passphrase", "reset", "--words-file", "-", "--new-passphrase-file", &new], &words);
    assert_eq!(code(&output), 0, "{output:?}");
    let said = stdout(&output);
    assert!(["1. ", "2. ", "3. ", "The words fit", "grid --home"].iter().all(|part| said.contains(part)), "{said}");
    let old = weir.run(["node", "--json"].iter().chain(&with_file(&file)));
    assert_eq!(error(&old)["code"], "wrong_passphrase");
    let _node = weir.start_with(&with_file(&new));
    assert_eq!(weir.json(["action", "show", &id])["title"], "Vigil");
}

#[test]
fn a_passphrase_is_changed_by_whoever_knows_it() {
    let place = Place::new();
    let file = private(&place, "passphrase", "five words are quite enough");
    let new = private(&place, "new", "a sentence I will remember\r\n");
    let (weir, _) = founder(&place, &["--passphrase-file", &file]);
    let change = |old: &str, new: &str| {
        weir.run(["passphrase", "change", "--passphrase-file", old, "--new-passphrase-file", new, "--json"])
    };
    assert_eq!(error(&change(&new, &file))["code"], "wrong_passphrase");
    assert_eq!(code(&change(&file, &new)), 0);
    assert_eq!(error(&change(&file, &new))["code"], "wrong_passphrase");
    assert_eq!(code(&change(&new, &file)), 0);
}

#[test]
fn words_that_open_a_home_are_those_of_its_group_alone() {
    let place = Place::new();
    let file = private(&place, "passphrase", "five words are quite enough");
    let (weir, words) = founder(&place, &["--passphrase-file", &file]);
    let own = private(&place, "words", &words);
    let other = grid_protocol::words::RecoveryWords::from_entropy([7; 32]).words().join(" ");
    let other = private(&place, "other", &other);
    let change = |words: &str| {
        let files = ["--passphrase-file", &file, "--new-passphrase-file", &file, "--words-file", words, "--json"];
        weir.run(["passphrase", "change"].iter().chain(&files))
    };
    assert_eq!(error(&change(&other))["code"], "wrong_words");
    assert_eq!(code(&change(&own)), 0);
    let reset = ["passphrase", "reset", "--words-file", &own, "--new-passphrase-file", &file, "--json"];
    assert_eq!(code(&weir.run(reset)), 0);
}

#[test]
fn a_home_without_a_passphrase_says_what_that_means_and_never_to_scripts() {
    let place = Place::new();
    let statement = place.file("statement.md", "# Clean water\n");
    let home = place.path("weir");
    let weir = Group { home };
    let words = ["init", "--coalition", "River", "--group", "Weir", "--statement", &statement, "--no-input"];
    let output = weir.run(words);
    assert!(stderr(&output).contains("lie unencrypted on this disk"), "{output:?}");
    assert!(stderr(&output).contains("passphrase set"), "{output:?}");
    let again = Group { home: place.path("again") };
    let output = again.run(words.iter().chain(&["--json"]));
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""));
    assert!(!stdout(&output).contains("unencrypted"));
    let output = weir.run(["passphrase", "remove", "--json"]);
    assert_eq!((code(&output), error(&output)["code"].as_str()), (5, Some("no_passphrase")));
    assert!(error(&output)["hint"].as_str().expect("a hint").contains("passphrase set"));
}

#[test]
fn files_that_are_no_good_as_a_passphrase_are_named() {
    let place = Place::new();
    let (weir, _) = founder(&place, &[]);
    let open = place.file("open", "five words are quite enough\n");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).expect("the file is ours");
    for (text, said) in [("short\n", "at least 8"), ("", "at least 8"), ("two lines\nof words\n", "control")] {
        let file = private(&place, "unfit", text);
        let output = weir.run(["passphrase", "set", "--passphrase-file", &file, "--json"]);
        assert_eq!(code(&output), 2, "{text:?}");
        assert!(error(&output)["message"].as_str().expect("a message").contains(said), "{output:?}");
        assert!(error(&output)["hint"].is_string());
    }
    let output = weir.run(["passphrase", "set", "--no-input", "--json"]);
    assert_eq!(code(&output), 2);
    let output = weir.run(["passphrase", "set", "--passphrase-file", &open]);
    assert_eq!(code(&output), 0);
    assert!(stderr(&output).contains("chmod 600"), "{output:?}");
}

#[test]
fn an_invite_is_taken_under_a_passphrase_and_taken_again() {
    let place = Place::new();
    let file = private(&place, "passphrase", "five words are quite enough\n");
    let (weir, _node) = place.running_founder();
    let mill = place.guest("Mill", &weir.invite(), &["--sign", "--passphrase-file", &file]);
    assert_eq!(shown(&mill.home, "Mill"), Vec::<PathBuf>::new());
    let again = weir.invite();
    let output = mill.run(["join", &again, "--no-input", "--json"]);
    assert_eq!((code(&output), error(&output)["code"].as_str()), (1, Some("passphrase_needed")));
    mill.json(["join", &again, "--passphrase-file", &file]);
    let _mill_node = mill.start_with(&with_file(&file));
    mill.until(&["status"], |status| status["standing"] == "member");
}

/// Runs a command with this on its stdin.
fn piped(group: &Group, words: &[&str], text: &str) -> Output {
    let mut child = crate::support::grid()
        .arg("--home")
        .arg(&group.home)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}
