//! What every command that needs a node says where none runs.

use crate::support::{code, error, home, on, stderr};
use std::os::unix::net::UnixListener;

const COMMANDS: &[&[&str]] = &[
    &["status"],
    &["invite", "create"],
    &["invite", "list"],
    &["invite", "revoke", "1"],
    &["statement", "show"],
    &["statement", "sign"],
    &["statement", "withdraw", "--yes"],
    &["statement", "export"],
    &["leave", "--yes"],
    &["device", "list"],
    &["device", "add"],
    &["device", "revoke", "abcdefgh", "--yes"],
];

const OF_A_KIND: &[&[&str]] =
    &[&["list"], &["show", "abcdefgh"], &["remove", "abcdefgh"], &["history", "abcdefgh"], &["export"], &["schema"]];

#[test]
fn every_command_that_needs_a_node_ends_with_3_and_says_how_to_start_one() {
    let home = home();
    for words in COMMANDS {
        let output = on(home.path(), words.iter().chain(&["--json"]));
        assert_eq!(code(&output), 3, "{words:?}: {output:?}");
        let error = error(&output);
        assert_eq!(error["code"], "not_running", "{words:?}");
        assert!(error["hint"].as_str().unwrap().contains("node"), "{words:?}");
    }
    for kind in grid_protocol::record::Registry::standard().kinds() {
        for words in OF_A_KIND {
            let output = on(home.path(), std::iter::once(&kind.name.as_str()).chain(*words));
            assert_eq!(code(&output), 3, "{} {words:?}: {output:?}", kind.name);
        }
        let title = format!("--{}=x", kind.title);
        for words in [vec!["new", &title], vec!["edit", "abcdefgh", &title]] {
            let output = on(home.path(), std::iter::once(kind.name.as_str()).chain(words.iter().copied()));
            assert_eq!(code(&output), 3, "{} {words:?}: {output:?}", kind.name);
        }
    }
}

#[test]
fn a_socket_that_a_dead_node_left_is_no_node() {
    let home = home();
    drop(UnixListener::bind(home.path().join("api.sock")).unwrap());
    let output = on(home.path(), ["status"]);
    assert_eq!(code(&output), 3);
    assert!(stderr(&output).contains("Hint: start it with"), "{}", stderr(&output));
}

#[test]
fn a_computer_without_a_group_is_shown_the_ways_in() {
    let dir = tempfile::tempdir().unwrap();
    let output = on(&dir.path().join("nothing"), ["status"]);
    assert_eq!(code(&output), 3);
    let said = stderr(&output);
    assert!(said.contains("grid init") && said.contains("grid join") && said.contains("grid demo"), "{said}");
}
