//! Key files of every format: what opens them, and what does not.

use super::*;
use crate::clock::random;
use proptest::prelude::*;
use std::fs;

fn home() -> (tempfile::TempDir, Home) {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::create(&dir.path().join("home")).unwrap();
    (dir, home)
}

fn words() -> RecoveryWords {
    RecoveryWords::from_entropy([7; 32])
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

/// A home whose keys lie under `open sesame`.
fn sealed() -> (tempfile::TempDir, Home, Keystore) {
    let (dir, home) = home();
    let mut keys = Keystore::generate(&words(), &mut random);
    keys.protect(&passphrase("open sesame"), Cost::LEAST).unwrap();
    keys.save(&home).unwrap();
    (dir, home, keys)
}

fn load(home: &Home, text: &str) -> Result<Keystore, KeystoreError> {
    Keystore::load(home, Opener::Passphrase(&passphrase(text)))
}

fn same(one: &Keystore, other: &Keystore) -> bool {
    one.device().public() == other.device().public()
        && one.transport_seed() == other.transport_seed()
        && one.seal.to_bytes() == other.seal.to_bytes()
        && one.root().map(|root| root.key.public()) == other.root().map(|root| root.key.public())
}

fn data(keys: &Keystore) -> [u8; 32] {
    match keys.vault() {
        Vault::Plain => panic!("there is no key to content that lies open"),
        Vault::Sealed(key) => *key.bytes(),
    }
}

#[test]
fn keys_are_read_as_they_were_written_with_a_root_and_without() {
    let (_dir, home) = home();
    let mut keys = Keystore::generate(&words(), &mut random);
    keys.save(&home).unwrap();
    let read = Keystore::load(&home, Opener::Nothing).unwrap();
    assert!(same(&read, &keys) && read.has_escrow());
    assert_eq!(read.root().map(|root| root.key.public()), Some(words().root(0).public()));
    keys.root = None;
    keys.save(&home).unwrap();
    assert!(Keystore::load(&home, Opener::Nothing).unwrap().root().is_none());
}

#[test]
fn keys_of_earlier_formats_are_read_and_those_of_a_newer_one_refused() {
    let (_dir, home) = home();
    let seed = "07".repeat(32);
    let write = |format: u32, root: &str| {
        let text =
            format!(r#"{{"format":{format},"root":{root},"device":"{seed}","transport":"{seed}","seal":"{seed}"}}"#);
        write_private(&home.paths().keys(), text.as_bytes()).unwrap();
    };
    write(1, &format!(r#""{seed}""#));
    let keys = Keystore::load(&home, Opener::Nothing).unwrap();
    assert_eq!(keys.root().map(|root| root.number), Some(RootNumber::FIRST));
    assert!(!keys.has_escrow());
    write(2, "null");
    assert!(Keystore::load(&home, Opener::Nothing).unwrap().root().is_none());
    write(4, "null");
    assert!(matches!(Keystore::load(&home, Opener::Nothing), Err(KeystoreError::NewerFormat { found: 4 })));
}

#[test]
fn a_sealed_file_opens_with_its_passphrase_or_its_words_and_with_nothing_else() {
    let (_dir, home, keys) = sealed();
    let before = fs::read(home.paths().keys()).unwrap();
    for opened in [load(&home, "open sesame").unwrap(), Keystore::load(&home, Opener::Words(&words())).unwrap()] {
        assert!(same(&opened, &keys));
        assert_eq!(data(&opened), data(&keys));
    }
    assert!(matches!(Keystore::load(&home, Opener::Nothing), Err(KeystoreError::Locked)));
    let error = load(&home, "open barley").err().unwrap();
    assert!(matches!(error, KeystoreError::WrongPassphrase));
    assert!(error.hint().contains("grid passphrase reset"));
    let other = RecoveryWords::from_entropy([8; 32]);
    assert!(matches!(Keystore::load(&home, Opener::Words(&other)), Err(KeystoreError::WrongWords)));
    assert_eq!(fs::read(home.paths().keys()).unwrap(), before);
}

#[test]
fn no_seed_and_no_key_stands_in_a_sealed_file() {
    let (_dir, home, keys) = sealed();
    let text = fs::read_to_string(home.paths().keys()).unwrap();
    let seal = Zeroizing::new(keys.seal.to_bytes());
    let secrets =
        [keys.device.seed(), keys.transport.seed(), words().root(0).seed(), seal, Zeroizing::new(data(&keys))];
    for seed in secrets {
        assert!(!text.contains(hex(&seed).as_str()));
    }
    assert_eq!(Keystore::protection(&home.paths().keys()).unwrap(), Protection::Passphrase);
}

#[test]
fn another_passphrase_leaves_the_key_of_the_content_and_shuts_out_the_old_one() {
    let (_dir, home, keys) = sealed();
    let mut opened = load(&home, "open sesame").unwrap();
    opened.protect(&passphrase("correct horse"), Cost::LEAST).unwrap();
    opened.save(&home).unwrap();
    assert!(matches!(load(&home, "open sesame"), Err(KeystoreError::WrongPassphrase)));
    let changed = load(&home, "correct horse").unwrap();
    assert_eq!(data(&changed), data(&keys));
    assert!(same(&Keystore::load(&home, Opener::Words(&words())).unwrap(), &keys));
}

#[test]
fn what_a_sealed_file_says_openly_can_t_be_changed() {
    let (_dir, home, _) = sealed();
    let path = home.paths().keys();
    let text = fs::read_to_string(&path).unwrap();
    let forged = Keystore::generate(&RecoveryWords::from_entropy([9; 32]), &mut random).escrow.unwrap();
    let escrow = hex(&super::escrow_of(&words()));
    for (from, to) in [
        (r#""memory_kib":8"#.to_owned(), r#""memory_kib":9"#.to_owned()),
        (r#""passes":1"#.to_owned(), r#""passes":2"#.to_owned()),
        (escrow.to_string(), hex(&forged).to_string()),
    ] {
        assert!(text.contains(&from), "{from} is not in {text}");
        fs::write(&path, text.replace(&from, &to)).unwrap();
        assert!(matches!(load(&home, "open sesame"), Err(KeystoreError::WrongPassphrase)), "{from} became {to}");
    }
}

#[test]
fn a_file_that_asks_for_too_much_is_refused_before_any_of_it_is_spent() {
    let (_dir, home, _) = sealed();
    let path = home.paths().keys();
    let text = fs::read_to_string(&path).unwrap();
    for (from, to) in [
        (r#""memory_kib":8"#, r#""memory_kib":100000000"#),
        (r#""memory_kib":8"#, r#""memory_kib":0"#),
        (r#""passes":1"#, r#""passes":1000000"#),
        (r#""lanes":1"#, r#""lanes":100000"#),
        (r#""kdf":"argon2id""#, r#""kdf":"md5""#),
    ] {
        assert!(text.contains(from));
        fs::write(&path, text.replace(from, to)).unwrap();
        assert!(matches!(load(&home, "open sesame"), Err(KeystoreError::Damaged { .. })), "{to}");
    }
    fs::write(&path, "{\"format\":3").unwrap();
    let error = load(&home, "open sesame").err().unwrap();
    assert!(error.to_string().contains("line 1"), "{error}");
}

#[test]
fn a_home_made_before_there_was_an_escrow_key_takes_the_words_of_its_root_alone() {
    let (_dir, home) = home();
    let mut keys = Keystore::generate(&words(), &mut random);
    keys.escrow = None;
    assert!(matches!(keys.take_words(&RecoveryWords::from_entropy([8; 32])), Err(KeystoreError::WrongWords)));
    keys.protect(&passphrase("open sesame"), Cost::LEAST).unwrap();
    keys.save(&home).unwrap();
    assert!(matches!(Keystore::load(&home, Opener::Words(&words())), Err(KeystoreError::NoEscrow)));
    keys.take_words(&words()).unwrap();
    keys.save(&home).unwrap();
    for opened in [Keystore::load(&home, Opener::Words(&words())).unwrap(), load(&home, "open sesame").unwrap()] {
        assert!(same(&opened, &keys) && opened.has_escrow());
    }
}

#[test]
fn a_new_passphrase_costs_what_the_documentation_says() {
    assert_eq!(Cost::STANDARD, Cost { memory_kib: 65_536, passes: 3, lanes: 4 });
}

/// Bytes with these edits: at a place one is replaced, removed or put in.
fn edited(mut bytes: Vec<u8>, edits: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    for (at, what, byte) in edits {
        let at = at.index(bytes.len() + 1).min(bytes.len().saturating_sub(1));
        match what % 4 {
            0 => bytes.insert(at, *byte),
            1 if !bytes.is_empty() => drop(bytes.remove(at)),
            2 => bytes.truncate(at),
            _ => bytes.iter_mut().skip(at).take(1).for_each(|old| *old ^= byte),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_stands_in_a_key_file_is_refused_or_gives_the_keys_that_were_sealed(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<u8>()), 0..4),
        anything in prop::option::weighted(0.1, prop::collection::vec(any::<u8>(), 0..300)),
    ) {
        let (_dir, home, keys) = sealed();
        let path = home.paths().keys();
        let bytes = anything.unwrap_or_else(|| edited(fs::read(&path).unwrap(), &edits));
        fs::write(&path, bytes).unwrap();
        let _ = Keystore::protection(&path);
        prop_assert!(Keystore::load(&home, Opener::Nothing).is_err(), "nobody takes a seal away");
        if let Ok(found) = Keystore::load(&home, Opener::Words(&words())) {
            prop_assert!(same(&found, &keys) && data(&found) == data(&keys));
        }
    }
}
