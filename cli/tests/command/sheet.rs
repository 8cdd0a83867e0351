//! An exported statement, checked by strangers: with the Python that the documentation prints, and by its table alone.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use crate::running::Place;
use crate::support::{code, grid};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::Value;
use std::{ffi::OsString, path::Path, process::Command};

const SIGNATURE: &str = "coalition-grid 1 statement signature";
const TEXT: &str = "coalition-grid 1 statement text";
const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

/// The sheet of a coalition of two groups.
fn exported(place: &Place) -> Vec<u8> {
    let (weir, _weir_node) = place.running_founder();
    let mill = place.guest("Mühle \"Süd\"", &weir.invite(), &["--sign"]);
    let _mill_node = mill.start();
    weir.until(&["status"], |status| status["members"] == 2);
    let file = place.path("sheet.json");
    weir.json(["statement", "export", "--file", file.to_str().unwrap()]);
    std::fs::read(file).unwrap()
}

/// Sheets of which each is altered at one place that a signature covers.
fn altered(sheet: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut sheet: Value = serde_json::from_slice(sheet).unwrap();
        change(&mut sheet);
        serde_json::to_vec(&sheet).unwrap()
    };
    let last = |text: &Value, to: [&str; 2]| {
        let text = text.as_str().unwrap();
        let (front, end) = text.split_at(text.len() - 1);
        Value::from(format!("{front}{}", if end == to[0] { to[1] } else { to[0] }))
    };
    let group = |sheet: &Value| sheet["rows"][0]["group"].clone();
    vec![
        ("text", changed(&|it| it["statement"]["text"] = "We sell it.\n".into())),
        ("version", changed(&|it| it["statement"]["version"] = last(&it["statement"]["version"], ["0", "1"]))),
        ("coalition", changed(&|it| it["coalition"]["id"] = group(it))),
        ("group", changed(&|it| it["rows"][1]["group"] = group(it))),
        ("counter", changed(&|it| it["rows"][1]["counter"] = 2.into())),
        ("time", changed(&|it| it["rows"][0]["signed_at_ms"] = 1.into())),
        ("key", changed(&|it| it["rows"][0]["key"] = it["rows"][1]["key"].clone())),
        ("signature", changed(&|it| it["rows"][1]["signature"] = last(&it["rows"][1]["signature"], ["0", "1"]))),
        ("signer", changed(&|it| it["rows"][0]["certificate"] = Value::Null)),
    ]
}

/// The bytes of a member in hex or base32.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    let text = value.as_str()?;
    let base32 = || BASE32_NOPAD.decode(text.to_uppercase().as_bytes());
    HEXLOWER.decode(text.as_bytes()).or_else(|_| base32()).ok()
}

/// Checks every row by the table of the documentation, with Ed25519 and BLAKE3 and nothing of this program.
fn rows_that_hold(sheet: &[u8]) -> usize {
    let sheet: Value = serde_json::from_slice(sheet).unwrap();
    let text = sheet["statement"]["text"].as_str().unwrap();
    let text_hash = blake3::derive_key(TEXT, text.as_bytes());
    let holds = |row: &&Value| {
        let key: [u8; 32] = bytes(&row["key"])?.try_into().ok()?;
        let signer = if row["certificate"].is_null() { vec![0, 0] } else { [&[1], &key[..]].concat() };
        let signed = [
            vec![1],
            bytes(&sheet["coalition"]["id"])?,
            bytes(&sheet["statement"]["version"])?,
            bytes(&row["group"])?,
            row["counter"].as_u64()?.to_be_bytes().to_vec(),
            row["signed_at_ms"].as_u64()?.to_be_bytes().to_vec(),
            text_hash.to_vec(),
            signer,
        ];
        let message = [SIGNATURE.as_bytes(), &blake3::derive_key(SIGNATURE, &signed.concat())].concat();
        let signature = Signature::from_bytes(&bytes(&row["signature"])?.try_into().ok()?);
        VerifyingKey::from_bytes(&key).ok()?.verify_strict(&message, &signature).ok()
    };
    sheet["rows"].as_array().unwrap().iter().filter(|row| holds(row).is_some()).count()
}

/// The program that the documentation prints: the check of the signatures, and the lines that tie keys to groups.
fn printed_program() -> String {
    let (_, section) = DOCUMENT.split_once("\n## Statement sheets\n").expect("the section is there");
    let (section, _) = section.split_once("\n## ").expect("another section follows");
    let blocks: Vec<&str> = section
        .split("```python\n")
        .skip(1)
        .filter_map(|block| block.split_once("```").map(|(code, _)| code))
        .collect();
    assert_eq!(blocks.len(), 2, "the program, and the lines at the end of its loop");
    blocks.concat()
}

/// A Python with what the program imports; `.ci/run` names one, and then there is no way around it.
fn python() -> Option<OsString> {
    let named = std::env::var_os("GRID_PYTHON");
    let python = named.clone().unwrap_or_else(|| "python3".into());
    let found = Command::new(&python).args(["-c", "import blake3, cryptography"]).output();
    let able = found.is_ok_and(|output| output.status.success());
    assert!(able || named.is_none(), "the Python that GRID_PYTHON names lacks blake3 or cryptography");
    able.then_some(python)
}

#[test]
fn the_table_of_the_documentation_is_enough_to_check_every_signature() {
    let place = Place::new();
    let sheet = exported(&place);
    assert_eq!(rows_that_hold(&sheet), 2);
    for (what, sheet) in altered(&sheet) {
        assert!(rows_that_hold(&sheet) < 2, "{what}");
    }
}

#[test]
fn the_python_that_the_documentation_prints_checks_a_sheet() {
    let Some(python) = python() else {
        eprintln!("not run: python3 with blake3 and cryptography is not here; the table is checked all the same");
        return;
    };
    let place = Place::new();
    let sheet = exported(&place);
    let program = place.file("check.py", &printed_program());
    let check = |sheet: &[u8]| {
        let file = place.path("checked.json");
        std::fs::write(&file, sheet).unwrap();
        Command::new(&python).arg(Path::new(&program)).arg(file).env("PYTHONIOENCODING", "utf-8").output().unwrap()
    };
    let output = check(&sheet);
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(code(&output), 0, "{output:?}");
    assert!(said.contains("Weir signed") && said.contains("Mühle \"Süd\" signed 'Clean water' on 2"), "{said}");
    assert_eq!(said.lines().count(), 2, "{said}");
    for (what, sheet) in altered(&sheet) {
        let output = check(&sheet);
        assert_ne!(code(&output), 0, "{what}: {output:?}");
        let file = place.path("checked.json");
        assert_eq!(code(&grid().args(["statement", "verify"]).arg(file).output().unwrap()), 5, "{what}");
    }
}
