//! What the command line makes of words: right ones, wrong ones, and pleas for help.

use crate::support::{answer, code, error, grid, on, stderr, stdout};

#[test]
fn wrong_words_end_with_2_and_say_how_to_go_on() {
    for words in [&["statsu"][..], &["action"], &["action", "new", "--colour", "red"], &["invite", "revoke", "x"]] {
        let output = grid().args(words).output().unwrap();
        assert_eq!(code(&output), 2, "{words:?}");
        assert!(output.stdout.is_empty(), "{words:?}");
        assert!(stderr(&output).starts_with("Error: "), "{words:?}: {}", stderr(&output));
    }
    let output = grid().arg("statsu").output().unwrap();
    assert!(stderr(&output).contains("Hint: "), "{}", stderr(&output));
}

#[test]
fn wrong_words_with_json_are_told_in_json() {
    for words in
        [&["--json", "statsu"][..], &["action", "new", "--colour", "red", "--json"], &["--json"], &["page", "--json"]]
    {
        let output = grid().args(words).output().unwrap();
        assert_eq!(code(&output), 2, "{words:?}");
        assert_eq!(error(&output)["code"], "usage", "{words:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_field_that_does_not_take_its_value_says_what_it_takes() {
    let home = crate::support::home();
    let output = on(home.path(), ["action", "new", "--title", "Vigil", "--starts", "tomorrow", "--json"]);
    assert_eq!(code(&output), 2);
    let error = error(&output);
    assert_eq!(error["code"], "invalid");
    assert!(error["message"].as_str().unwrap().contains("starts"), "{error}");
}

#[test]
fn help_and_version_go_to_stdout_and_are_no_errors() {
    for words in [&["--help"][..], &["--version"], &["action", "--help"], &["action", "new", "--help"], &["node", "-h"]]
    {
        let output = grid().args(words).output().unwrap();
        assert_eq!(code(&output), 0, "{words:?}");
        assert!(!output.stdout.is_empty() && output.stderr.is_empty(), "{words:?}");
    }
}

#[test]
fn every_field_of_a_kind_is_a_flag_with_its_help() {
    let output = grid().args(["action", "new", "--help"]).output().unwrap();
    let help = stdout(&output);
    for kind in [grid_protocol::record::Registry::standard().kind("action").unwrap()] {
        for flag in kind.flags() {
            assert!(help.contains(&format!("--{}", flag.name)), "{} is missing in {help}", flag.name);
        }
    }
}

#[test]
fn settings_are_shown_with_where_they_come_from() {
    let home = crate::support::home();
    std::fs::write(home.path().join("config.toml"), "log = \"info\"\n").unwrap();
    let output = grid()
        .env("GRID_HTTP", "127.0.0.1:7")
        .arg("--home")
        .arg(home.path())
        .args(["config", "show", "--origin", "--json"])
        .output()
        .unwrap();
    let shown = answer(&output);
    assert_eq!(shown["http"]["value"], "127.0.0.1:7");
    assert_eq!(shown["http"]["origin"], "GRID_HTTP");
    assert_eq!(shown["log"]["value"], "info");
    assert!(shown["log"]["origin"].as_str().unwrap().ends_with("config.toml"));
    assert_eq!(shown["listen"]["origin"], "default");
}

#[test]
fn a_mistyped_setting_is_named_with_its_file() {
    let home = crate::support::home();
    std::fs::write(home.path().join("config.toml"), "htpt = \"x\"\n").unwrap();
    let output = on(home.path(), ["config", "show"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("htpt") && stderr(&output).contains("config.toml"));
}

#[test]
fn shells_and_readers_of_manuals_get_what_they_need() {
    for shell in ["bash", "zsh", "fish"] {
        let output = grid().args(["completions", shell]).output().unwrap();
        assert!(output.status.success() && stdout(&output).contains("statement"), "{shell}");
    }
    let output = grid().arg("man").output().unwrap();
    assert!(stdout(&output).contains(".TH"));
    let dir = tempfile::tempdir().unwrap();
    let output = grid().arg("man").arg("--dir").arg(dir.path()).output().unwrap();
    assert!(output.status.success());
    assert!(dir.path().join("grid-action-new.1").exists());
}

#[test]
fn the_reference_in_the_documentation_is_the_one_of_this_program() {
    let output = grid().arg("help-reference").output().unwrap();
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cli.md");
    let kept = std::fs::read_to_string(kept).unwrap_or_default();
    assert!(kept == stdout(&output), "docs/cli.md is out of date: write `grid help-reference` into it");
}

#[test]
fn an_invite_that_is_none_is_refused_before_anything_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    let cases = [("hello", "invalid_invite"), ("grid1abc", "invalid_invite"), ("grid9abc", "invalid_invite")];
    for (invite, expected) in cases {
        let output = on(&home, ["join", invite, "--group", "Weir", "--json", "--no-input"]);
        assert_eq!(code(&output), 2, "{invite}");
        let error = error(&output);
        assert_eq!(error["code"], expected, "{invite}");
        assert!(error["hint"].is_string(), "{invite}");
        assert!(!home.exists(), "{invite}");
    }
}

#[test]
fn founding_without_a_keyboard_names_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    let output = on(&home, ["init", "--group", "Weir", "--no-input", "--json"]);
    assert_eq!(code(&output), 2);
    let message = error(&output)["message"].as_str().unwrap().to_owned();
    assert!(message.contains("--coalition") && message.contains("--statement") && !message.contains("--group"));
    assert!(!home.exists());
}

#[test]
fn a_home_that_is_there_is_not_founded_again() {
    let home = crate::support::home();
    let statement = home.path().join("config.toml");
    std::fs::write(&statement, "").unwrap();
    let statement = statement.to_str().unwrap();
    let output = on(home.path(), ["init", "--coalition", "C", "--group", "G", "--statement", statement, "--json"]);
    assert_eq!(code(&output), 5);
    assert_eq!(error(&output)["code"], "home_exists");
}

#[test]
fn a_file_that_is_no_sheet_does_not_verify() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sheet.json");
    std::fs::write(&file, "{}").unwrap();
    let output = grid().args(["statement", "verify", "--json"]).arg(&file).output().unwrap();
    assert_eq!(code(&output), 5);
    assert_eq!(error(&output)["code"], "not_valid");
    let output = grid().args(["statement", "verify", "--json", "/does/not/exist"]).output().unwrap();
    assert_eq!(code(&output), 4);
}

#[test]
fn what_prints_a_text_takes_no_json() {
    for words in [&["completions", "bash"][..], &["man"], &["help-reference"]] {
        let output = grid().args(words).arg("--json").output().unwrap();
        assert_eq!(code(&output), 2, "{words:?}");
        assert!(error(&output)["message"].as_str().unwrap().contains("takes no --json"), "{words:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_page_of_nothing_and_an_invite_for_ever_are_refused_in_the_words_of_the_command_line() {
    let home = crate::support::home();
    for (words, said) in [
        (&["action", "list", "--limit", "0"][..], "--limit"),
        (&["invite", "create", "--expires", "2000d"], "--expires takes a time of up to a year"),
        (&["invite", "create", "--expires", "0"], "--expires"),
        (&["action", "export", "--file", "a.xlsx"], "a.xlsx"),
    ] {
        let output = on(home.path(), words);
        assert_eq!(code(&output), 2, "{words:?}");
        let text = stderr(&output);
        assert!(text.contains(said) && text.contains("Hint: ") && !text.contains("expires_s"), "{words:?}: {text}");
    }
}

#[test]
fn a_home_that_no_socket_fits_into_is_refused_when_it_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("long".repeat(30));
    let statement = dir.path().join("statement.md");
    std::fs::write(&statement, "# Clean water").unwrap();
    let statement = statement.to_str().unwrap();
    let words = ["init", "--coalition", "C", "--group", "G", "--statement", statement, "--no-input", "--json"];
    let output = on(&home, words);
    assert_eq!(code(&output), 2, "{output:?}");
    assert_eq!(error(&output)["code"], "path_too_long");
    assert!(!home.exists());
}

#[test]
fn help_uses_the_right_article() {
    let help = stdout(&grid().args(["action", "--help"]).output().unwrap());
    assert!(help.contains("Show an action") && !help.contains(" a action"), "{help}");
}

#[test]
fn joining_without_an_invite_names_both_ways_to_give_one() {
    let dir = tempfile::tempdir().unwrap();
    let output = on(&dir.path().join("home"), ["join", "--group", "Weir", "--json", "--no-input"]);
    assert_eq!(code(&output), 2);
    let message = error(&output)["message"].as_str().unwrap().to_owned();
    assert!(message.contains("INVITE") && message.contains("--file"), "{message}");
}
