//! Places of homes that are copied, moved, and written over.

use super::*;
use std::fs;

/// A place that was noted in a directory of its own.
fn noted(state: State) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("place");
    note(&path, state).unwrap();
    (dir, path)
}

fn seen(path: &Path) -> Custody {
    look(path).unwrap()
}

#[test]
fn a_place_is_known_again_also_after_it_was_renamed_and_a_copy_is_not() {
    for (state, custody) in [(State::Settled, Custody::Own), (State::Moved, Custody::Moved)] {
        let (dir, path) = noted(state);
        assert_eq!(seen(&path), custody);
        let renamed = dir.path().join("elsewhere");
        fs::rename(&path, &renamed).unwrap();
        assert_eq!(seen(&renamed), custody);
        fs::copy(&renamed, &path).unwrap();
        assert_eq!(seen(&path), Custody::Copied);
        // Its people say which home goes on.
        note(&path, State::Settled).unwrap();
        assert_eq!(seen(&path), Custody::Own);
    }
}

#[test]
fn a_backup_that_is_written_over_the_files_of_the_home_shows() {
    let (dir, path) = noted(State::Settled);
    let backup = dir.path().join("backup");
    fs::copy(&path, &backup).unwrap();
    note(&path, State::Settled).unwrap();
    // The file stays, with the words of another one.
    fs::write(&path, fs::read(&backup).unwrap()).unwrap();
    assert_eq!(seen(&path), Custody::Copied);
}

#[test]
fn a_machine_that_stops_while_the_place_is_noted_accuses_nobody() {
    let (_dir, path) = noted(State::Settled);
    for rest in ["", "{\"format\":1,", "{\"format\":1,\"inode\":7}"] {
        fs::write(path.with_extension("new"), rest).unwrap();
        assert_eq!(seen(&path), Custody::Own, "what is beside does not count");
    }
    note(&path, State::Settled).unwrap();
    assert_eq!(seen(&path), Custody::Own);
}

#[test]
fn a_home_without_a_place_or_with_one_that_does_not_read_is_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("place");
    assert_eq!(seen(&path), Custody::Own);
    for text in ["", "{", "null", "{\"format\":1}", "{\"format\":0,\"inode\":1}"] {
        fs::write(&path, text).unwrap();
        assert_eq!(seen(&path), Custody::Own, "{text}");
    }
}

#[test]
fn a_place_of_a_newer_format_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("place");
    fs::write(&path, "{\"format\":2,\"spot\":[]}").unwrap();
    let refused = look(&path).unwrap_err();
    assert!(matches!(refused, HomeError::NewerFormat { found: 2, known: 1, .. }), "{refused}");
    assert!(fs::read_to_string(&path).unwrap().contains("spot"));
}

#[test]
fn the_time_of_birth_decides_and_without_one_the_inode() {
    let spot = |inode, born| Spot { inode, born };
    // Numbered anew when the disk was mounted; the number of a file that was removed.
    assert!(spot(1, Some(5)).is(spot(2, Some(5))));
    assert!(!spot(1, Some(5)).is(spot(1, Some(6))));
    for (one, other) in [(None, None), (Some(5), None), (None, Some(5))] {
        assert!(spot(1, one).is(spot(1, other)));
        assert!(!spot(1, one).is(spot(2, other)));
    }
}

#[test]
fn a_place_of_the_first_format_is_read() {
    let text = r#"{"format":1,"inode":7,"born":1795359358856777103,"state":"moved"}"#;
    let file: PlaceFile = serde_json::from_str(text).unwrap();
    assert_eq!(file.custody(Spot { inode: 9, born: Some(1_795_359_358_856_777_103) }), Custody::Moved);
    assert_eq!(file.custody(Spot { inode: 7, born: Some(1) }), Custody::Copied);
    let file: PlaceFile = serde_json::from_str(r#"{"format":1,"inode":7,"born":null,"state":"settled"}"#).unwrap();
    assert_eq!(file.custody(Spot { inode: 7, born: Some(1) }), Custody::Own);
}
