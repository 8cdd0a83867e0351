//! Places of homes that are copied, moved, and written over.

use super::*;
use std::fs;

/// A place that was noted in a directory of its own.
fn noted(state: State) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("place");
    note(&path, state, None).unwrap();
    (dir, path)
}

fn seen(path: &Path) -> Custody {
    look(path).unwrap().custody
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
        note(&path, State::Settled, None).unwrap();
        assert_eq!(seen(&path), Custody::Own);
    }
}

#[test]
fn a_backup_that_is_written_over_the_files_of_the_home_shows() {
    let (dir, path) = noted(State::Settled);
    let backup = dir.path().join("backup");
    fs::copy(&path, &backup).unwrap();
    note(&path, State::Settled, None).unwrap();
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
    note(&path, State::Settled, None).unwrap();
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

const HOUR: u64 = 3_600_000_000_000;

const fn spot(inode: u64, born: Option<u64>) -> Spot {
    Spot { inode, born }
}

#[test]
fn the_time_of_birth_decides_and_without_one_the_inode_where_files_keep_theirs() {
    for inodes in [Inodes::Kept, Inodes::Anew] {
        // Numbered anew when the disk was mounted; the number of a file that was removed.
        assert!(spot(1, Some(5)).is(spot(2, Some(5)), inodes));
        assert!(!spot(1, Some(5)).is(spot(1, Some(6)), inodes));
        for (one, other) in [(None, None), (Some(5), None), (None, Some(5))] {
            assert!(spot(1, one).is(spot(1, other), inodes));
            assert_eq!(spot(1, one).is(spot(2, other), inodes), inodes == Inodes::Anew, "nobody is accused");
        }
    }
}

#[test]
fn a_time_of_birth_that_moved_with_the_zone_is_the_same() {
    let born = 1_795_359_358_850_000_000;
    let is = |later: u64, inode, inodes| {
        let (noted, found) = (spot(1, Some(born)), spot(inode, Some(born + later)));
        assert_eq!(noted.is(found, inodes), found.is(noted, inodes));
        noted.is(found, inodes)
    };
    for hours in [1, 9, 26] {
        assert!(is(hours * HOUR, 1, Inodes::Kept) && is(hours * HOUR, 2, Inodes::Anew), "{hours}");
        assert!(!is(hours * HOUR, 2, Inodes::Kept), "another file");
        assert!(!is(hours * HOUR + 10_000_000, 1, Inodes::Anew) && !is(hours * HOUR - 10_000_000, 1, Inodes::Anew));
    }
    assert!(!is(27 * HOUR, 1, Inodes::Kept) && !is(27 * HOUR, 2, Inodes::Anew));
}

#[test]
fn only_file_systems_that_are_known_to_keep_inodes_accuse_by_them() {
    let mounts = "22 27 0:21 / /proc rw,relatime - proc proc rw\n\
                  30 1 259:2 / / rw,relatime shared:1 master:2 - ext4 /dev/nvme0n1p2 rw\n\
                  31 30 0:52 / /mnt/far rw,nosuid shared:9 - fuse.sshfs me@far: rw,user_id=0\n\
                  32 30 0:300 / /mnt/shared rw - nfs4 far:/ rw\n\
                  33 30 8:17 / /mnt/stick rw - vfat /dev/sdb1 rw\n\
                  34 30 0:53 / /mnt/9 rw - 9p host rw\n\
                  broken\n35 30 0:54 / /mnt/x rw";
    let of = |major: u64, minor: u64| Inodes::among(mounts, (minor & 0xff) | (major << 8) | ((minor & !0xff) << 12));
    assert_eq!((of(259, 2), of(0, 300)), (Inodes::Kept, Inodes::Kept));
    for (major, minor) in [(0, 52), (8, 17), (0, 53), (0, 54), (7, 7)] {
        assert_eq!(of(major, minor), Inodes::Anew, "{major}:{minor}");
    }
    assert_eq!(Inodes::among("", 0), Inodes::Anew);
}

#[test]
fn a_time_of_birth_that_is_another_one_by_name_is_not_noted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("place");
    let noted = || serde_json::from_slice::<PlaceFile>(&fs::read(&path).unwrap()).unwrap().born;
    note(&path, State::Settled, None).unwrap();
    assert_eq!(noted(), Spot::of(&fs::metadata(&path).unwrap()).born);
    note_by(&path, (State::Moved, None), |_| Ok(spot(1, Some(5)))).unwrap();
    assert_eq!(noted(), None);
    assert_eq!(seen(&path), Custody::Moved);
}

#[test]
fn a_place_of_the_first_format_is_read() {
    let text = r#"{"format":1,"inode":7,"born":1795359358856777103,"state":"moved"}"#;
    let file: PlaceFile = serde_json::from_str(text).unwrap();
    assert_eq!(file.custody(spot(9, Some(1_795_359_358_856_777_103)), Inodes::Kept), Custody::Moved);
    assert_eq!(file.custody(spot(7, Some(1)), Inodes::Kept), Custody::Copied);
    let file: PlaceFile = serde_json::from_str(r#"{"format":1,"inode":7,"born":null,"state":"settled"}"#).unwrap();
    assert_eq!(file.custody(spot(7, Some(1)), Inodes::Kept), Custody::Own);
    assert_eq!(file.custody(spot(8, Some(1)), Inodes::Kept), Custody::Copied);
}

const fn device(number: u8) -> DeviceId {
    DeviceId(grid_protocol::key::PublicKey([number; 32]))
}

#[test]
fn a_place_says_how_long_the_log_was_and_only_less_of_the_same_log_is_older() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("place");
    let noted = LogLength::new(device(1), 7);
    note(&path, State::Settled, Some(&noted)).unwrap();
    let seen = look(&path).unwrap();
    assert_eq!(seen, Seen { custody: Custody::Own, log: Some(noted) });
    let is_older = |of, entries| seen.log.as_ref().unwrap().is_beyond(&LogLength::new(device(of), entries));
    assert!(is_older(1, 6) && is_older(1, 0));
    assert!(!is_older(1, 7) && !is_older(1, 8));
    assert!(!is_older(2, 0), "new keys begin anew");
    // Once that was found it stays, until its people say which home goes on.
    note(&path, State::Older, None).unwrap();
    assert_eq!(look(&path).unwrap().custody, Custody::Copied);
}
