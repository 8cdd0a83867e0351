//! Sheets as strangers check them, and as somebody might alter them.

use super::*;
use crate::authority::rotate;
use crate::control::StatementSignature;
use crate::control::sample::{Coalition, Group, NOW};
use crate::control::{Signer, SigningKey};
use crate::key::{PublicKey, Signature};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Four members of which one withdrew and one signed by its root, and an applicant.
fn sheet() -> StatementSheet {
    let coalition = Coalition::new();
    let groups: Vec<Group> = (1..=4).map(Group::new).collect();
    let mut records = Vec::new();
    for (slot, group) in groups.iter().enumerate() {
        records.extend([group.inception.clone(), group.certificate.clone(), coalition.signature(group, 1)]);
        if slot < 3 {
            records.push(coalition.vouch(&coalition.founder, u32::try_from(slot).unwrap(), group));
        }
    }
    records.push(coalition.withdrawal(&groups[0], 2, 9));
    let root = groups[1].words.root(0);
    let key = SigningKey::Root(0, &root);
    let by_root = StatementSignature::new(coalition.about(), coalition.text_hash, groups[1].id, 2, NOW, key);
    assert_eq!(by_root.signer, Signer::Root(0));
    records.push(Record::Signature(by_root));
    let set = coalition.set_with(&records);
    StatementSheet::export(&set, &Authority::evaluate(&set)).unwrap()
}

static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| sheet().to_bytes());

#[test]
fn an_exported_sheet_holds_without_a_node() {
    let report = StatementSheet::verify(&BYTES).unwrap();
    assert!(report.is_sound());
    assert_eq!(report.valid, [0, 1, 2], "founder and two members; neither who withdrew nor who applies");
    assert_eq!(report.sheet.rows.iter().filter(|row| row.certificate.is_none()).count(), 1);
}

#[test]
fn a_row_under_a_later_root_carries_the_rotations_that_lead_to_it() {
    let coalition = Coalition::new();
    let founder = &coalition.founder;
    let mut set = coalition.set();
    for _ in 0..2 {
        let authority = Authority::evaluate(&set);
        let next = rotate(coalition.id, authority.keys(), founder.id, &founder.words, &BTreeMap::new()).unwrap();
        set.offer(Record::Rotation(next));
    }
    let root = founder.words.root(2);
    let key = SigningKey::Root(2, &root);
    let signature = StatementSignature::new(coalition.about(), coalition.text_hash, founder.id, 2, NOW, key);
    set.offer(Record::Signature(signature));
    let sheet = StatementSheet::export(&set, &Authority::evaluate(&set)).unwrap();
    assert_eq!(sheet.rows[0].roots.len(), 2);
    assert!(StatementSheet::verify(&sheet.to_bytes()).unwrap().is_sound());
    let mut cut_short = sheet;
    cut_short.rows[0].roots.pop();
    assert!(!StatementSheet::verify(&cut_short.to_bytes()).unwrap().is_sound());
}

#[test]
fn a_row_is_checked_with_nothing_but_ed25519_and_blake3() {
    let hex = |text: &str| HEXLOWER.decode(text.as_bytes()).unwrap();
    let sheet = sheet();
    for row in &sheet.rows {
        let id = blake3::derive_key(&sheet.purposes.signature, &hex(&row.hashed_bytes));
        assert_eq!(hex(&row.signed_bytes), [sheet.purposes.signature.as_bytes(), &id].concat());
        let key = PublicKey(hex(&row.key).try_into().unwrap());
        let signature = Signature(hex(&row.signature).try_into().unwrap());
        assert_eq!(key.verify(domain::STATEMENT_SIGNATURE, &id, &signature), Ok(()));
    }
    let text = blake3::derive_key(&sheet.purposes.text, sheet.statement.text.as_bytes());
    assert_eq!(hex(&sheet.statement.text_hash), text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn one_byte_changed_anywhere_fails(at: prop::sample::Index, flip in 1_u8..) {
        let mut bytes = BYTES.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let sound = StatementSheet::verify(&bytes).is_ok_and(|report| report.is_sound());
        prop_assert!(!sound, "byte {at}");
    }
}

#[test]
fn every_byte_of_the_significant_fields_matters() {
    let text = String::from_utf8(BYTES.clone()).unwrap();
    let sheet = sheet();
    let row = &sheet.rows[0];
    let fields = [
        &sheet.coalition.id,
        &sheet.coalition.name,
        &sheet.statement.title,
        &sheet.statement.text_hash,
        &sheet.statement.version,
        &row.group,
        &row.name,
        &row.signed_at,
        &row.key,
        &row.signature,
    ];
    for field in fields {
        let start = text.find(field.as_str()).unwrap();
        for at in start..start + field.len() {
            let mut bytes = BYTES.clone();
            bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
            let sound = StatementSheet::verify(&bytes).is_ok_and(|report| report.is_sound());
            assert!(!sound, "byte {at} of {field}");
        }
    }
}

#[test]
fn a_bad_row_is_named_and_the_others_still_hold() {
    let mut sheet = sheet();
    sheet.rows[1].name = "Somebody else".into();
    let report = StatementSheet::verify(&sheet.to_bytes()).unwrap();
    assert_eq!((report.valid.as_slice(), report.bad.len()), ([0, 2].as_slice(), 1));
    assert_eq!(report.bad[0].row, 1);
    assert_eq!(report.bad[0].error, RowError::Altered { field: "name" });
}

#[test]
fn a_row_cannot_stand_twice_nor_lend_its_signature_to_another() {
    let mut twice = sheet();
    twice.rows.insert(0, twice.rows[0].clone());
    let report = StatementSheet::verify(&twice.to_bytes()).unwrap();
    assert_eq!(report.bad[0].error, RowError::OutOfOrder);
    let mut swapped = sheet();
    swapped.rows[0].record = swapped.rows[1].record.clone();
    assert!(!StatementSheet::verify(&swapped.to_bytes()).unwrap().is_sound());
    let mut bare = sheet();
    let certified = bare.rows.iter().position(|row| row.certificate.is_some()).unwrap();
    bare.rows[certified].certificate = None;
    let report = StatementSheet::verify(&bare.to_bytes()).unwrap();
    assert_eq!(report.bad[0].error, RowError::NotCertified);
}

#[test]
fn an_altered_text_another_coalition_and_other_files_are_told_apart() {
    let altered = |change: fn(&mut StatementSheet)| {
        let mut sheet = sheet();
        change(&mut sheet);
        StatementSheet::verify(&sheet.to_bytes()).unwrap_err()
    };
    assert!(matches!(altered(|s| s.statement.text.push(' ')), SheetError::Altered { what: "the text" }));
    assert!(matches!(altered(|s| s.coalition.name.push('x')), SheetError::Altered { what: "the coalition" }));
    assert!(matches!(altered(|s| s.coalition.id = "x".into()), SheetError::Altered { .. }));
    assert!(matches!(altered(|s| s.coalition.genesis.clear()), SheetError::Unreadable { what: "genesis", .. }));
    assert!(matches!(altered(|s| s.coalition.founders.clear()), SheetError::Unproven { what: "genesis" }));
    assert!(matches!(altered(|s| s.schema = 2), SheetError::Altered { what: "the schema" }));
    assert!(matches!(altered(|s| s.schema = 3), SheetError::NewerSchema { found: 3 }));
    assert!(matches!(StatementSheet::verify(b"{}"), Err(SheetError::NotASheet(_))));
    assert!(matches!(StatementSheet::verify(b""), Err(SheetError::NotASheet(_))));
    let spaced: Vec<u8> = [b" ", BYTES.as_slice()].concat();
    assert!(matches!(StatementSheet::verify(&spaced), Err(SheetError::Bytes { at: 0 })));
}
