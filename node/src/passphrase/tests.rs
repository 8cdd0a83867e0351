//! Homes that get a passphrase, lose it, and stop in the middle of either.

use super::*;
use crate::home::Custody;
use crate::setup::{Found, found};
use crate::store::{Store, StoreError};
use data_encoding::HEXLOWER;
use grid_protocol::storage::Storage as _;
use std::fs;
use std::process::Command;

/// Stands in what the homes of these tests hold: in records and in the body of an entry.
const SENTENCE: &str = "The heron nests behind the old mill";
const NAME: &str = "Upper Weir Association";

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

/// A home with a sentence in it, and its recovery words.
fn home() -> (tempfile::TempDir, PathBuf, RecoveryWords) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("home");
    let created = found(
        &path,
        &Found {
            coalition_name: "Clean River".to_owned(),
            group_name: NAME.to_owned(),
            purpose: SENTENCE.to_owned(),
            statement_title: "Clean water".to_owned(),
            // Long enough to lie in pieces.
            statement_text: format!("{SENTENCE}. ").repeat(400),
            rules: Default::default(),
        },
        None,
    )
    .unwrap();
    (dir, path, RecoveryWords::parse(&created.words.join(" ")).unwrap())
}

fn lock(path: &Path, text: &str) -> Rewritten {
    set_watched(path, &passphrase(text), None, Cost::LEAST, &mut unwatched).unwrap()
}

/// Everything that a home holds, opened with what opens it.
fn content(path: &Path, opener: Opener<'_>) -> Vec<Vec<u8>> {
    let home = Home::open(path).unwrap();
    let keys = Keystore::load(&home, opener).unwrap();
    let profile = Profile::load(&home).unwrap();
    let (store, report) = Store::open_with(path, profile.identity.coalition, &home.vault()).unwrap();
    assert!(report.rebuilt.is_none() && report.repaired.is_empty() && report.unplaced.is_empty(), "{report:?}");
    assert!(report.journal.items >= 4 && report.journal.damaged == 0 && report.replayed == 0, "{report:?}");
    let entries = store.run(&profile.identity.device, 0, usize::MAX).unwrap().unwrap();
    let mut found: Vec<Vec<u8>> = store.records().unwrap().iter().map(|record| record.encode()).collect();
    found.extend(entries.entries.into_iter().map(|entry| entry.body));
    found.extend([keys.device().seed().to_vec(), profile.name.into_bytes()]);
    found
}

/// Every file of a home, its bytes and those that stand in it as hex.
fn files(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for item in fs::read_dir(path).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), fs::read(path).unwrap()));
        }
    }
    found
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// In which files a secret or a text stands.
fn exposed(path: &Path, secrets: &[Vec<u8>]) -> Vec<PathBuf> {
    let mut wanted: Vec<Vec<u8>> = vec![SENTENCE.into(), NAME.into()];
    wanted.extend(secrets.iter().flat_map(|secret| [secret.clone(), HEXLOWER.encode(secret).into_bytes()]));
    let shown = |bytes: &[u8]| wanted.iter().any(|text| holds(bytes, text));
    files(path).into_iter().filter(|(_, bytes)| shown(bytes)).map(|(path, _)| path).collect()
}

fn seeds(path: &Path, words: &RecoveryWords) -> Vec<Vec<u8>> {
    let home = Home::open(path).unwrap();
    let keys = Keystore::load(&home, Opener::Words(words)).unwrap();
    let Vault::Sealed(data) = keys.vault() else { panic!("the home is sealed") };
    vec![
        keys.device().seed().to_vec(),
        keys.transport_seed().to_vec(),
        keys.root().unwrap().key.seed().to_vec(),
        data.bytes().to_vec(),
    ]
}

#[test]
fn a_home_that_gets_a_passphrase_keeps_all_it_holds_and_shows_none_of_it() {
    let (_dir, path, words) = home();
    let before = content(&path, Opener::Nothing);
    assert!(exposed(&path, &[]).len() >= 3, "keys apart, everything shows it: {:?}", exposed(&path, &[]));
    assert_eq!(protection(&path).unwrap(), Protection::Unprotected);
    let done = lock(&path, "open sesame");
    assert_eq!(done, Rewritten { escrow: Escrow::Words, damaged: 0, left: Vec::new() });
    assert_eq!(protection(&path).unwrap(), Protection::Passphrase);
    assert_eq!(exposed(&path, &seeds(&path, &words)), Vec::<PathBuf>::new());
    assert_eq!(content(&path, Opener::Passphrase(&passphrase("open sesame"))), before);
    assert_eq!(exposed(&path, &seeds(&path, &words)), Vec::<PathBuf>::new(), "not after it was used either");

    assert!(matches!(set(&path, &passphrase("open sesame"), None), Err(PassphraseError::AlreadySet)));
    remove(&path, &passphrase("open sesame")).unwrap();
    assert_eq!(content(&path, Opener::Nothing), before);
    assert!(matches!(remove(&path, &passphrase("open sesame")), Err(PassphraseError::NotSet)));
}

#[test]
fn a_home_made_with_a_passphrase_never_shows_what_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("home");
    let found = Found {
        coalition_name: "Clean River".to_owned(),
        group_name: NAME.to_owned(),
        purpose: SENTENCE.to_owned(),
        statement_title: SENTENCE.to_owned(),
        statement_text: SENTENCE.to_owned(),
        rules: Default::default(),
    };
    let words = crate::setup::found(&path, &found, Some(&passphrase("open sesame"))).unwrap().words.join(" ");
    let words = RecoveryWords::parse(&words).unwrap();
    assert_eq!(exposed(&path, &seeds(&path, &words)), Vec::<PathBuf>::new());
}

#[test]
fn a_wrong_passphrase_is_refused_and_changes_nothing() {
    let (_dir, path, _) = home();
    lock(&path, "open sesame");
    let before = files(&path);
    let wrong = passphrase("open barley");
    let other = RecoveryWords::from_entropy([9; 32]);
    for error in [
        change(&path, &wrong, &passphrase("another one"), None).unwrap_err(),
        remove(&path, &wrong).unwrap_err(),
        reset(&path, &other, &passphrase("another one")).unwrap_err(),
    ] {
        assert!(
            matches!(
                error,
                PassphraseError::Local(LocalError::Keys(KeystoreError::WrongPassphrase | KeystoreError::WrongWords))
            ),
            "{error}"
        );
        assert!(!error.hint().is_empty());
    }
    assert_eq!(files(&path), before);
}

#[test]
fn a_forgotten_passphrase_is_replaced_with_the_recovery_words() {
    let (_dir, path, words) = home();
    let before = content(&path, Opener::Nothing);
    lock(&path, "open sesame");
    lock_anew(&path, Opener::Words(&words), &passphrase("never forget"), None, Cost::LEAST).unwrap();
    assert_eq!(content(&path, Opener::Passphrase(&passphrase("never forget"))), before);
    lock_anew(&path, Opener::Passphrase(&passphrase("never forget")), &passphrase("or maybe so"), None, Cost::LEAST)
        .unwrap();
    lock_anew(&path, Opener::Words(&words), &passphrase("once more"), None, Cost::LEAST).unwrap();
    assert_eq!(content(&path, Opener::Passphrase(&passphrase("once more"))), before);
}

#[test]
fn keys_of_another_home_open_nothing_and_nothing_is_set_aside() {
    let (_dir, path, _) = home();
    let (_other_dir, other, _) = home();
    lock(&path, "open sesame");
    lock(&other, "open sesame");
    fs::copy(other.join("keys"), path.join("keys")).unwrap();
    fs::copy(other.join("node.json"), path.join("node.json")).unwrap();
    let names = |path: &Path| {
        let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|item| item.unwrap().file_name()).collect();
        names.sort_unstable();
        names
    };
    let (before, journal) = (names(&path), fs::read(path.join("journal")).unwrap());
    let home = Home::open(&path).unwrap();
    Keystore::load(&home, Opener::Passphrase(&passphrase("open sesame"))).unwrap();
    let coalition = Profile::load(&home).unwrap().identity.coalition;
    let error = Store::open_with(&path, coalition, &home.vault()).unwrap_err();
    assert!(matches!(error, StoreError::Vault { source: crate::vault::VaultError::WrongKey, .. }), "{error}");
    // The journal says the same where there is no store.
    fs::rename(path.join("store"), path.join("elsewhere")).unwrap();
    let error = Store::open_with(&path, coalition, &home.vault()).unwrap_err();
    assert!(matches!(error, StoreError::Journal(_)), "{error}");
    fs::remove_dir_all(path.join("store")).unwrap();
    fs::rename(path.join("elsewhere"), path.join("store")).unwrap();
    drop(home);
    let mut after = names(&path);
    after.retain(|name| name != "store.closed");
    assert_eq!(after, before.into_iter().filter(|name| name != "store.closed").collect::<Vec<_>>());
    assert_eq!(fs::read(path.join("journal")).unwrap(), journal);
}

#[test]
fn what_lies_open_in_a_sealed_home_and_what_is_sealed_in_an_open_one_is_refused() {
    let (_dir, path, _) = home();
    let plain = fs::read(path.join("journal")).unwrap();
    let coalition = Profile::load(&Home::open(&path).unwrap()).unwrap().identity.coalition;
    lock(&path, "open sesame");
    assert!(matches!(
        Store::open(&path, coalition),
        Err(StoreError::Vault { source: crate::vault::VaultError::Locked, .. })
    ));
    fs::write(path.join("journal"), plain).unwrap();
    let home = Home::open(&path).unwrap();
    Keystore::load(&home, Opener::Passphrase(&passphrase("open sesame"))).unwrap();
    let error = Store::open_with(&path, coalition, &home.vault()).unwrap_err();
    assert!(std::error::Error::source(&error).is_some_and(|why| why.to_string().contains("unencrypted")), "{error:?}");
}

#[test]
fn what_faults_set_aside_before_is_named() {
    let (_dir, path, _) = home();
    fs::write(path.join("journal.torn-1"), SENTENCE).unwrap();
    assert_eq!(lock(&path, "open sesame").left, [path.join("journal.torn-1")]);
}

/// The steps that a process makes until it is ended.
const STOP_AT: &str = "GRID_TEST_STOP_AT";
const STOPPED_HOME: &str = "GRID_TEST_STOPPED_HOME";

#[test]
fn a_machine_that_stops_anywhere_leaves_a_home_that_opens_with_all_it_held() {
    if let (Ok(at), Some(path)) = (std::env::var(STOP_AT), std::env::var_os(STOPPED_HOME)) {
        return stop_at(at.parse().unwrap(), Path::new(&path));
    }
    let (_dir, path, words) = home();
    let before = content(&path, Opener::Nothing);
    let copies = tempfile::tempdir().unwrap();
    for begun in [Protection::Unprotected, Protection::Passphrase] {
        let (mut outcomes, mut at) = (Vec::new(), 0);
        loop {
            let copy = copies.path().join(format!("{begun:?}-{at}"));
            copy_all(&path, &copy);
            Home::open(&copy).unwrap().settle(None).unwrap();
            let stopped = run_until(at, &copy);
            assert!(fs::read_dir(&copy).is_ok());
            assert_eq!(Home::open(&copy).unwrap().custody(), Custody::Own, "nobody copied it: stopped at {at}");
            let found = protection(&copy).unwrap();
            let sesame = passphrase("open sesame");
            let opener = if found == Protection::Passphrase { Opener::Passphrase(&sesame) } else { Opener::Nothing };
            assert_eq!(content(&copy, opener), before, "begun {begun:?}, stopped at {at}");
            assert!(!copy.join("next").exists() && !copy.join("ready").exists());
            if found == Protection::Passphrase {
                assert_eq!(exposed(&copy, &seeds(&copy, &words)), Vec::<PathBuf>::new(), "stopped at {at}");
            }
            outcomes.push(found);
            if !stopped {
                break;
            }
            at += 1;
        }
        assert!(at >= 8, "it stopped at {at} steps only");
        assert_eq!(outcomes.first(), Some(&begun));
        assert_ne!(outcomes.last(), Some(&begun));
        assert_eq!(outcomes.iter().filter(|found| **found == begun).count(), 4, "{outcomes:?}");
        if begun == Protection::Unprotected {
            lock(&path, "open sesame");
        }
    }
}

/// Whether the process was ended at that step.
fn run_until(at: usize, path: &Path) -> bool {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", std::thread::current().name().unwrap(), "--nocapture"])
        .env(STOP_AT, at.to_string())
        .env(STOPPED_HOME, path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() || output.status.code().is_none(), "{output:?}");
    assert!(output.status.success() || text.contains("stopped here"), "{text}");
    !output.status.success()
}

/// Runs in a process of its own: sets the passphrase, or takes it away, until a step.
fn stop_at(at: usize, path: &Path) {
    let mut step = 0;
    let mut watch = || {
        if step == at {
            eprintln!("stopped here");
            std::process::abort();
        }
        step += 1;
    };
    let sesame = passphrase("open sesame");
    match protection(path).unwrap() {
        Protection::Unprotected => set_watched(path, &sesame, None, Cost::LEAST, &mut watch).unwrap(),
        Protection::Passphrase => remove_watched(path, &sesame, &mut watch).unwrap(),
    };
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.path().is_dir() {
            copy_all(&item.path(), &target);
        } else {
            fs::copy(item.path(), target).unwrap();
        }
    }
}

#[test]
fn passphrases_that_are_none_say_why() {
    assert_eq!(Passphrase::new("short").unwrap_err(), UnfitPassphrase::Short { found: 5 });
    assert_eq!(Passphrase::new("a".repeat(2_000)).unwrap_err(), UnfitPassphrase::Long { found: 2_000 });
    assert_eq!(Passphrase::new("two lines\nof text").unwrap_err(), UnfitPassphrase::Control);
    assert!(!format!("{:?}", passphrase("open sesame")).contains("sesame"));
}
