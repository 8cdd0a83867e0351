//! Homes that are made, opened, refused and swept.

use super::*;

/// A home that was made to the end.
fn whole(path: &Path) {
    Home::create(path).unwrap().finish().unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_home_is_made_for_its_owner_alone_and_opens_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/home");
    whole(&path);
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(&path.join("format")), 0o600);
    let home = Home::open(&path).unwrap();
    assert_eq!(home.paths().journal(), path.join("journal"));
}

#[test]
fn a_home_that_was_never_finished_is_begun_anew_and_used_by_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("home");
    drop(Home::create(&path).unwrap());
    fs::write(path.join("keys"), "of nobody").unwrap();
    fs::create_dir(path.join("store")).unwrap();
    let error = Home::open(&path).unwrap_err();
    assert!(matches!(error, HomeError::Unfinished { .. }) && error.hint().contains("grid init"), "{error}");
    let home = Home::create(&path).unwrap();
    assert!(!path.join("keys").exists() && !path.join("store").exists());
    home.finish().unwrap();
    drop(home);
    Home::open(&path).unwrap();
    assert!(matches!(Home::create(&path), Err(HomeError::Exists { .. })));
}

#[test]
fn only_what_an_unfinished_home_is_made_of_is_swept_away() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("home");
    drop(Home::create(&path).unwrap());
    fs::write(path.join("thesis.odt"), "x").unwrap();
    assert!(matches!(Home::create(&path), Err(HomeError::Foreign { .. })));
    assert!(path.join("thesis.odt").exists());
}

#[test]
fn a_home_that_stands_open_to_others_is_closed_when_it_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("home");
    whole(&path);
    fs::create_dir(path.join("store")).unwrap();
    for file in ["keys", "journal", "config.toml"] {
        fs::write(path.join(file), "x").unwrap();
        fs::set_permissions(path.join(file), Permissions::from_mode(0o644)).unwrap();
    }
    for directory in [path.clone(), path.join("store")] {
        fs::set_permissions(directory, Permissions::from_mode(0o755)).unwrap();
    }
    drop(Home::open(&path).unwrap());
    let modes = ["", "store", "keys", "journal", "config.toml"].map(|name| mode(&path.join(name)));
    assert_eq!(modes, [0o700, 0o700, 0o600, 0o600, 0o644]);
}

#[test]
fn a_second_node_on_one_home_is_refused_until_the_first_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("home");
    let first = Home::create(&path).unwrap();
    first.finish().unwrap();
    let error = Home::open(&path).unwrap_err();
    assert!(matches!(error, HomeError::InUse { .. }), "{error}");
    assert!(error.hint().contains("stop that node"));
    drop(first);
    Home::open(&path).unwrap();
}

#[test]
fn a_home_of_a_newer_format_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("home");
    whole(&path);
    fs::write(path.join("format"), "2\n").unwrap();
    assert!(matches!(Home::open(&path), Err(HomeError::NewerFormat { found: 2, known: 1, .. })));
    assert!(matches!(Home::create(&path), Err(HomeError::NewerFormat { .. })));
    fs::write(path.join("format"), "two").unwrap();
    assert!(matches!(Home::open(&path), Err(HomeError::UnreadableFormat { .. })));
    assert_eq!(fs::read_to_string(path.join("format")).unwrap(), "two");
}

#[test]
fn a_directory_with_other_things_in_it_does_not_become_a_home() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.odt"), "x").unwrap();
    assert!(matches!(Home::create(dir.path()), Err(HomeError::Foreign { .. })));
    assert!(matches!(Home::open(dir.path()), Err(HomeError::Missing { .. })));
    assert!(!dir.path().join("lock").exists());
}

#[test]
fn a_home_that_no_socket_fits_into_is_refused_before_anything_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("long".repeat(30));
    let error = Home::create(&path).unwrap_err();
    assert!(matches!(error, HomeError::PathTooLong { most: 103, .. }), "{error}");
    assert!(error.hint().contains("shorter"));
    assert!(!path.exists());
}

#[test]
fn a_home_is_made_once_and_around_settings_laid_there_before() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("config.toml"), "").unwrap();
    whole(dir.path());
    assert!(matches!(Home::create(dir.path()), Err(HomeError::Exists { .. })));
}

#[test]
fn a_private_file_is_replaced_whole_and_read_by_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("api.token");
    write_private(&path, b"one").unwrap();
    fs::write(dir.path().join("api.token.new"), "leftover").unwrap();
    write_private(&path, b"two").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(mode(&path), 0o600);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn the_default_home_follows_the_state_directory() {
    let home = |pairs: &'static [(&str, &str)]| {
        default_home(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into()))
    };
    assert_eq!(home(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]), Some("/s/coalition-grid".into()));
    assert_eq!(home(&[("XDG_STATE_HOME", "s"), ("HOME", "/h")]), Some("/h/.local/state/coalition-grid".into()));
    assert_eq!(home(&[]), None);
}

#[test]
fn a_copy_of_a_home_in_which_something_was_written_since_is_one_when_it_is_put_back_over_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("home");
    whole(&path);
    let place = path.join("place");
    let opened = || Home::open(&path).unwrap();
    opened().renew_place();
    assert_eq!(opened().custody(), Custody::Own);
    let before = fs::read(&place).unwrap();
    let born = || fs::metadata(&place).unwrap().created().unwrap();
    let first = born();
    // Clocks of file systems tick a few hundred times a second.
    for _ in 0..100_000 {
        opened().renew_place();
        if born() != first {
            break;
        }
    }
    // The file stays, with the words of the one before.
    fs::write(&place, &before).unwrap();
    assert_eq!(opened().custody(), Custody::Copied);
    opened().renew_place();
    assert_eq!(opened().custody(), Custody::Copied, "nobody has said which home goes on");
    opened().take_on().unwrap();
    opened().renew_place();
    assert_eq!(opened().custody(), Custody::Moved, "others still have to say how long its log is");
    opened().settle(None).unwrap();
    opened().doubt().unwrap();
    assert_eq!(opened().custody(), Custody::Copied);
}
