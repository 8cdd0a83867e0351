//! Recovering on a computer of the group: as often as it wants, after a crash, with other words.

use super::{Before, DeviceState, RecoverError, Recovering, here};
use crate::clock::random;
use crate::home::Home;
use crate::keystore::{Cost, HeldRoot, Keystore, Opener};
use crate::local_error::LocalError;
use crate::passphrase::Passphrase;
use crate::profile::Profile;
use crate::setup::{self, Found};
use crate::store::Store;
use grid_protocol::control::{Record, RootNumber};
use grid_protocol::words::RecoveryWords;
use std::collections::BTreeMap;
use std::path::Path;

/// Founds a coalition in a home; the words of the group.
fn found(path: &Path) -> String {
    let found = Found {
        coalition_name: "Clear Water".to_owned(),
        group_name: "Weir".to_owned(),
        purpose: "To keep the river clear.".to_owned(),
        statement_title: "What unites us".to_owned(),
        statement_text: "The river belongs to everybody.\n".to_owned(),
        rules: Default::default(),
    };
    setup::found(path, &found, None).unwrap().words.join(" ")
}

fn words(text: &str) -> RecoveryWords {
    RecoveryWords::parse(text).unwrap()
}

fn held(path: &Path) -> RootNumber {
    Keystore::load(&Home::open(path).unwrap(), Opener::Nothing).unwrap().root().unwrap().number
}

#[test]
fn a_group_goes_on_to_its_next_root_on_its_own_computer_as_often_as_it_wants() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("home");
    let text = found(&path);
    for number in 1..=3 {
        let recovering = here(&path, words(&text), None).unwrap();
        assert_eq!((recovering.name.as_str(), recovering.next.number()), ("Weir", number));
        let [device] = recovering.devices.as_slice() else { panic!("one device") };
        assert_eq!((device.state, device.entries, device.written.is_some()), (DeviceState::Here, 1, true));
        let lost = BTreeMap::from([(device.device, Before::Known)]);
        let error = recovering.finish(&path, "", &lost).unwrap_err();
        assert!(matches!(error, RecoverError::LostHere) && !error.hint().is_empty(), "{error}");
        let recovered = here(&path, words(&text), None).unwrap().finish(&path, "", &BTreeMap::new()).unwrap();
        assert_eq!((recovered.root.number(), held(&path)), (number, recovered.root));
    }
}

#[test]
fn what_the_group_has_signed_it_says_again_under_each_new_root() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("home");
    let text = found(&path);
    for root in 1..=2_u64 {
        here(&path, words(&text), None).unwrap().finish(&path, "", &BTreeMap::new()).unwrap();
        let profile = Profile::load(&Home::open(&path).unwrap()).unwrap();
        let home = Home::open(&path).unwrap();
        let (store, _) = Store::open_with(&path, profile.identity.coalition, &home.vault()).unwrap();
        let records = store.reader().records().unwrap();
        let counters = records.iter().filter_map(|record| match record {
            Record::Signature(signed) => Some(signed.body.counter.0),
            _ => None,
        });
        assert_eq!(counters.max(), Some((root << 32) + 1));
    }
}

#[test]
fn the_words_that_recovered_a_group_open_its_sealed_home_from_then_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("home");
    let text = found(&path);
    // As in a home that was let in by another computer.
    let file = path.join("keys");
    let mut plain: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    plain["escrow"] = serde_json::Value::Null;
    std::fs::write(&file, plain.to_string()).unwrap();
    let passphrase = Passphrase::new("open sesame").unwrap();
    let mut keys = Keystore::load(&Home::open(&path).unwrap(), Opener::Nothing).unwrap();
    keys.protect(&passphrase, Cost::LEAST).unwrap();
    let sealed = |opener: Opener<'_>| Keystore::load(&Home::open(&path).unwrap(), opener);
    assert!(!keys.has_escrow());
    here(&path, words(&text), None).unwrap().finish(&path, "", &BTreeMap::new()).unwrap();
    let mut keys = sealed(Opener::Nothing).unwrap();
    assert!(keys.has_escrow());
    keys.protect(&passphrase, Cost::LEAST).unwrap();
    keys.save_as(&file).unwrap();
    assert!(sealed(Opener::Words(&words(&text))).is_ok());
    assert!(sealed(Opener::Words(&RecoveryWords::from_entropy([3; 32]))).is_err());
}

#[test]
fn a_wrong_passphrase_is_named_as_one_and_not_as_a_failing_disk() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("home");
    let text = found(&path);
    let passphrase = Passphrase::new("open sesame").unwrap();
    let mut keys = Keystore::load(&Home::open(&path).unwrap(), Opener::Nothing).unwrap();
    keys.protect(&passphrase, Cost::LEAST).unwrap();
    keys.save_as(&path.join("keys")).unwrap();
    let wrong = Passphrase::new("open barley").unwrap();
    let Err(error) = here(&path, words(&text), Some(&wrong)) else { panic!("a wrong passphrase opens nothing") };
    assert!(
        matches!(error, RecoverError::Local(LocalError::Keys(_))) && error.hint().contains("grid passphrase reset"),
        "{error}"
    );
}

#[test]
fn a_home_that_was_left_between_the_key_and_its_records_makes_the_same_root_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("home");
    let text = found(&path);
    {
        let home = Home::open(&path).unwrap();
        let mut keys = Keystore::load(&home, Opener::Nothing).unwrap();
        let number = RootNumber { recovery: 0, rotation: 1 };
        keys.hold(HeldRoot { number, key: words(&text).root(1) });
        keys.save(&home).unwrap();
    }
    let recovered = here(&path, words(&text), None).unwrap().finish(&path, "", &BTreeMap::new()).unwrap();
    assert_eq!((recovered.root.number(), held(&path).number()), (1, 1));
    assert_eq!(here(&path, words(&text), None).unwrap().next.number(), 2);
}

#[test]
fn words_of_another_group_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("home");
    found(&path);
    let before = std::fs::read(path.join("keys")).unwrap();
    let refused: Result<Recovering, RecoverError> = here(&path, RecoveryWords::from_entropy(random()), None);
    assert!(matches!(refused, Err(RecoverError::Words(_))));
    assert_eq!(std::fs::read(path.join("keys")).unwrap(), before);
}
