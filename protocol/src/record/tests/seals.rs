//! A frozen text stands, whoever writes afterwards and by whatever program.

use super::{copy, document, try_write, write_json};
use crate::domain::STATEMENT_TEXT;
use crate::id::Digest;
use crate::record::{Kind, Patch, PatchError, Registry, Rivals};
use automerge::transaction::Transactable;
use automerge::{Automerge, ObjType, ROOT, ReadDoc};
use serde_json::json;

fn draft() -> &'static Kind {
    Registry::standard().kind("draft").unwrap()
}

fn hash(text: &str) -> String {
    Digest::of(STATEMENT_TEXT, text.as_bytes()).to_string()
}

/// What another program writes, which keeps to no rule.
fn forge(doc: &mut Automerge, text: &str, status: &str, hash: Option<String>) {
    let mut transaction = doc.transaction();
    let object = transaction.put_object(ROOT, "text", ObjType::Text).unwrap();
    transaction.splice_text(&object, 0, 0, text).unwrap();
    transaction.put(ROOT, "status", status).unwrap();
    match hash {
        Some(hash) => transaction.put(ROOT, "frozen_hash", hash).unwrap(),
        None => transaction.delete(ROOT, "frozen_hash").unwrap(),
    }
    transaction.commit();
}

fn freeze(doc: &mut Automerge, text: &str) {
    write_json(draft(), doc, json!({"status": "frozen", "frozen_hash": hash(text)}));
}

/// The text, the status and the hash as everybody reads them.
fn read(doc: &Automerge) -> [String; 3] {
    let reading = draft().read(doc);
    let reading = match draft().sealed(doc) {
        Some(sealed) => draft().with_seal(reading, &sealed),
        None => reading,
    };
    ["text", "status", "frozen_hash"].map(|field| reading.values.text(field).to_owned())
}

#[test]
fn a_frozen_text_reads_as_it_was_frozen_whatever_another_program_writes() {
    let mut doc = document(1);
    write_json(draft(), &mut doc, json!({"title": "Unity", "text": "We act together."}));
    assert_eq!(draft().sealed(&doc), None);
    freeze(&mut doc, "We act together.");
    let frozen = ["We act together.".to_owned(), "frozen".to_owned(), hash("We act together.")];
    assert_eq!(read(&doc), frozen);
    // A new text with its new hash; an open one; one that is frozen again.
    forge(&mut doc, "We act alone.", "frozen", Some(hash("We act alone.")));
    assert_eq!(read(&doc), frozen);
    forge(&mut doc, "We wait.", "open", None);
    assert_eq!(read(&doc), frozen);
    forge(&mut doc, "We go.", "frozen", Some(hash("We go.")));
    assert_eq!(read(&doc), frozen);
    assert_eq!(draft().sealed(&doc).unwrap().rivals, Rivals::None);
    assert_ne!(draft().read(&doc).values.text("text"), "We act together.", "the document itself says otherwise");
}

#[test]
fn no_edit_changes_what_was_frozen_in_whatever_combination() {
    let mut doc = document(1);
    write_json(draft(), &mut doc, json!({"title": "Unity", "text": "We act together."}));
    freeze(&mut doc, "We act together.");
    for fields in [
        json!({"text": "We act alone."}),
        json!({"text": "We act alone.", "frozen_hash": hash("We act alone.")}),
        json!({"status": "open", "frozen_hash": null, "text": "We act alone."}),
        json!({"status": "open", "frozen_hash": null}),
        json!({"frozen_hash": null}),
    ] {
        let patch = Patch::from_json(draft(), &fields).unwrap();
        let refused = draft().keeps_seal(&doc, &patch).unwrap_err();
        assert!(matches!(refused, PatchError::Sealed { .. }), "{fields}");
    }
    let patch = Patch::from_json(draft(), &json!({"title": "On unity", "text": "We act together."})).unwrap();
    draft().keeps_seal(&doc, &patch).unwrap();
    try_write(draft(), &mut doc, &patch).unwrap();
    assert_eq!(draft().read(&doc).values.text("title"), "On unity");
}

#[test]
fn a_seal_that_does_not_hold_seals_nothing() {
    let mut doc = document(1);
    write_json(draft(), &mut doc, json!({"title": "Unity", "text": "We act together."}));
    forge(&mut doc, "We act together.", "frozen", Some("00".to_owned()));
    forge(&mut doc, "We act together.", "open", Some(hash("We act together.")));
    assert_eq!(draft().sealed(&doc), None);
    forge(&mut doc, "We act.", "frozen", Some(hash("We act.")));
    assert_eq!(read(&doc)[0], "We act.");
}

#[test]
fn two_texts_frozen_at_one_time_are_told_and_every_node_shows_the_same() {
    let mut one = document(1);
    write_json(draft(), &mut one, json!({"title": "Unity", "text": "We act together."}));
    let mut other = copy(&one, 2);
    freeze(&mut one, "We act together.");
    forge(&mut other, "We act alone.", "frozen", Some(hash("We act alone.")));
    one.merge(&mut other).unwrap();
    other.merge(&mut one).unwrap();
    assert_eq!(draft().sealed(&one).unwrap().rivals, Rivals::Some);
    assert_eq!((draft().sealed(&one), read(&one)), (draft().sealed(&other), read(&other)));
    let reading = draft().with_seal(draft().read(&one), &draft().sealed(&one).unwrap());
    assert!(reading.damaged.iter().any(|field| &**field == "frozen_hash"), "{:?}", reading.damaged);
    // Two who freeze the same text agree.
    let mut doc = document(1);
    write_json(draft(), &mut doc, json!({"title": "Unity", "text": "We act."}));
    let mut second = copy(&doc, 2);
    freeze(&mut doc, "We act.");
    freeze(&mut second, "We act.");
    doc.merge(&mut second).unwrap();
    assert_eq!(draft().sealed(&doc).unwrap().rivals, Rivals::None);
    assert!(doc.get(ROOT, "frozen_hash").unwrap().is_some());
}
