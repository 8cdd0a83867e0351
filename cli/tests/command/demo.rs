//! `grid demo`, as somebody runs it who has never seen it.

use crate::support::{answer, grid, stdout};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// No line of the story is longer, but for those that name a place on this computer.
const WIDEST: usize = 96;

#[test]
fn the_demo_tells_its_story_once_answers_every_question_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let output = grid().env("TMPDIR", temporary.path()).args(["demo", "--once", "--json"]).output().unwrap();
    let told = answer(&output);
    assert_eq!(told["converged"], true);
    let groups = told["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 3);
    assert!(groups.iter().all(|group| group["members"] == 3 && group["state_root"].is_string()));
    assert!(std::fs::read_dir(temporary.path()).unwrap().next().is_none());
    // Every chapter but the first, which waits until all are members, shows something that was checked.
    let observed = told["observed"].as_array().unwrap();
    let checked = observed.iter().filter(|seen| seen["observations"].as_u64() > Some(0));
    let chapters: BTreeSet<u64> = checked.filter_map(|seen| seen["chapter"].as_u64()).collect();
    assert_eq!(chapters, (2..=told["chapters"].as_u64().unwrap()).collect(), "{told}");
    let asked: Vec<&str> = observed.iter().filter_map(|seen| seen["command"].as_str()).collect();
    for part in ["ask leaders", "ask wanted", "match", "introduce", "statement verify", "--voice network", "ask spoken"]
    {
        assert!(asked.iter().any(|command| command.contains(part)), "{part}: {asked:?}");
    }
    for part in
        ["ask units", "ask decisions", "ask help", "ask costs", "ask words", "ask board", "ask backbone", "ask plans"]
    {
        assert!(asked.iter().any(|command| command.contains(part)), "{part}: {asked:?}");
    }
    let answered = told["answered"].as_array().unwrap().iter().filter(|answered| answered["rows"].as_u64() > Some(0));
    let answered: BTreeSet<&str> = answered.filter_map(|answered| answered["question"].as_str()).collect();
    assert_eq!(answered, grid_node::question::ALL.iter().map(|question| question.name).collect());
    for part in [
        "supporter import list.csv --dry-run",
        "feed calendar",
        "feed links",
        "search run",
        "find ",
        "agenda",
        "health",
        "news",
        "action undo",
        "prospect duplicates",
        "prospect merge",
        "--tactics vigil",
    ] {
        assert!(asked.iter().any(|command| command.contains(part)), "{part}: {asked:?}");
    }
    for part in ["ask moments", "ask calls", "adding-up", "ask flows", "report --for public", "ask success", "silence"]
    {
        assert!(asked.iter().any(|command| command.contains(part)), "{part}: {asked:?}");
    }
}

#[test]
fn the_demo_keeps_its_homes_where_it_is_told_to() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("valley");
    let output = grid().arg("demo").arg("--once").arg("--dir").arg(&dir).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let story = stdout(&output);
    assert!(story.contains("Received by 2 of 2 groups"), "{story}");
    assert!(story.contains("$ grid --home weir node"), "{story}");
    let names_a_place = |line: &str| line.contains("$ cd ") || line.contains("$ alias ");
    let wide: Vec<&str> = story.lines().filter(|line| line.chars().count() > WIDEST && !names_a_place(line)).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    // What is private to the group that wrote it is nowhere in it but on its own node.
    assert_eq!(story.matches("Ilse is afraid of deep water.").count(), 1, "{story}");
    assert!(!story.contains("The board is split."), "{story}");
    assert_eq!(homes(&dir), 3);
    let again = grid().arg("demo").arg("--once").arg("--dir").arg(&dir).output().unwrap();
    assert_eq!(again.status.code(), Some(2));
}

#[test]
fn a_made_up_coalition_answers_and_is_the_same_for_its_seed() {
    let temporary = tempfile::tempdir().unwrap();
    let told = |seed: &str| -> Value {
        let mut command = grid();
        command.env("TMPDIR", temporary.path());
        answer(&command.args(["demo", "--groups", "6", "--seed", seed, "--once", "--json"]).output().unwrap())
    };
    let rows = |told: &Value| -> Vec<(String, u64)> {
        let of = |asked: &Value| (asked["command"].as_str().unwrap().to_owned(), asked["rows"].as_u64().unwrap());
        told["asked"].as_array().unwrap().iter().map(of).collect()
    };
    let (one, again, other) = (told("7"), told("7"), told("8"));
    assert_eq!(one["groups"], 6);
    assert!(one["records"].as_u64() >= Some(461), "{one}");
    assert_eq!(rows(&one), rows(&again));
    assert_ne!(rows(&one), rows(&other));
    assert!(std::fs::read_dir(temporary.path()).unwrap().next().is_none());
}

#[test]
fn a_made_up_coalition_of_no_sensible_size_is_refused_before_anything_is_made() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("valleys");
    for groups in ["0", "2", "1301", "18446744073709551615"] {
        let output = grid().args(["demo", "--once", "--groups", groups, "--dir"]).arg(&dir).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("3 to 1300") && said.contains("Hint:"), "{said}");
        assert!(!dir.exists());
    }
    let alone = grid().args(["demo", "--seed", "1"]).output().unwrap();
    assert_eq!(alone.status.code(), Some(2), "a seed without a size says nothing");
}

fn homes(dir: &Path) -> usize {
    let items = std::fs::read_dir(dir).expect("the directory of the demo").filter_map(Result::ok);
    items.filter(|item| item.path().is_dir()).count()
}
