//! `grid demo`, as somebody runs it who has never seen it.

use crate::support::{answer, grid, stdout};

#[test]
fn the_demo_runs_its_story_once_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let output = grid().env("TMPDIR", temporary.path()).args(["demo", "--once", "--json"]).output().unwrap();
    let told = answer(&output);
    assert_eq!(told["converged"], true);
    let groups = told["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 3);
    assert!(groups.iter().all(|group| group["members"] == 3 && group["state_root"].is_string()));
    assert!(std::fs::read_dir(temporary.path()).unwrap().next().is_none());
}

#[test]
fn the_demo_keeps_its_homes_where_it_is_told_to() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("valley");
    let output = grid().arg("demo").arg("--once").arg("--dir").arg(&dir).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(stdout(&output).contains("Received by 2 of 2 groups"), "{output:?}");
    assert_eq!(std::fs::read_dir(&dir).unwrap().filter(|item| item.as_ref().unwrap().path().is_dir()).count(), 3);
    let again = grid().arg("demo").arg("--once").arg("--dir").arg(&dir).output().unwrap();
    assert_eq!(again.status.code(), Some(2));
}
