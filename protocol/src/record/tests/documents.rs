//! Reading what others wrote, and writing what fits one change.

use super::{copy, document, heads, made_up_kind::boat, merge, try_write, write, write_json};
use crate::{
    limits::{MAX_BODY, MAX_TAGS},
    record::{Earlier, Outcome, Patch, PatchError, Registry, Value},
    time::Timestamp,
};
use automerge::{Automerge, ObjType, ROOT, ScalarValue, transaction::Transactable};
use serde_json::json;

#[test]
fn a_field_of_the_wrong_type_is_damaged_and_the_others_are_read() {
    let kind = boat();
    let mut doc = document(1);
    let mut transaction = doc.transaction();
    transaction.put(ROOT, "name", "Heron").unwrap();
    transaction.put(ROOT, "length", "long").unwrap();
    transaction.put(ROOT, "drive", "steam").unwrap();
    transaction.put(ROOT, "papers", "javascript:alert(1)").unwrap();
    transaction.put(ROOT, "manual", 7).unwrap();
    transaction.put(ROOT, "berth", "91,0").unwrap();
    transaction.put_object(ROOT, "mooring", ObjType::List).unwrap();
    transaction.put(ROOT, "floats", ScalarValue::Null).unwrap();
    transaction.put(ROOT, "unknown", "kept").unwrap();
    let gear = transaction.put_object(ROOT, "gear", ObjType::Map).unwrap();
    transaction.put(&gear, "rope", true).unwrap();
    transaction.put(&gear, "a;b", true).unwrap();
    transaction.commit();
    let reading = kind.read(&doc);
    let damaged: Vec<&str> = reading.damaged.iter().map(|name| &**name).collect();
    assert_eq!(damaged, ["berth", "drive", "gear", "length", "manual", "mooring", "papers"]);
    assert_eq!(reading.values.to_json(), json!({"name": "Heron", "drive": "oars", "gear": ["rope"]}));

    write_json(
        &kind,
        &mut doc,
        json!({"length": 3, "manual": "Row.", "drive": "oars", "papers": null, "mooring": "Jetty"}),
    );
    let reading = kind.read(&doc);
    let damaged: Vec<&str> = reading.damaged.iter().map(|name| &**name).collect();
    assert_eq!(damaged, ["berth", "gear"]);
    assert_eq!(reading.values.text("manual"), "Row.");
    assert_eq!(automerge::ReadDoc::get(&doc, ROOT, "unknown").unwrap().unwrap().0.as_str(), Some("kept"));
}

#[test]
fn what_no_writer_may_put_in_is_bounded_and_marked_on_reading() {
    let kind = Registry::standard().kind("resource").unwrap();
    let mut doc = document(1);
    let mut transaction = doc.transaction();
    transaction.put(ROOT, "title", "Van").unwrap();
    let text = transaction.put_object(ROOT, "description", ObjType::Text).unwrap();
    transaction.splice_text(&text, 0, 0, "Red\u{1b}[2J\r\nvan").unwrap();
    let tags = transaction.put_object(ROOT, "tags", ObjType::Map).unwrap();
    (0..300).for_each(|number| transaction.put(&tags, format!("tag {number:03}"), true).unwrap());
    transaction.commit();
    let reading = kind.read(&doc);
    let damaged: Vec<&str> = reading.damaged.iter().map(|name| &**name).collect();
    assert_eq!(damaged, ["description", "tags"]);
    assert_eq!(reading.values.text("description"), "Red\u{fffd}[2J\u{fffd}\nvan");
    assert_eq!(reading.values.get("tags").and_then(Value::as_tags).unwrap().len(), MAX_TAGS);
    // Whoever may write it mends it.
    write_json(kind, &mut doc, json!({"description": "Red van"}));
    assert_eq!(kind.read(&doc).values.text("description"), "Red van");
    let damaged: Vec<String> = kind.read(&doc).damaged.iter().map(|name| name.to_string()).collect();
    assert_eq!(damaged, ["tags"]);
}

#[test]
fn only_changed_fields_are_written() {
    let kind = boat();
    let mut doc = document(1);
    write_json(&kind, &mut doc, json!({"name": "Heron", "mooring": "Jetty", "gear": ["rope"]}));
    let before = doc.get_heads();
    let patch =
        Patch::from_json(&kind, &json!({"name": "Heron", "mooring": "Ferry", "gear": ["rope"], "floats": null}))
            .unwrap();
    let mut transaction = doc.transaction();
    assert_eq!(kind.apply(&mut transaction, &patch).unwrap(), Outcome::Changed);
    assert_eq!(transaction.pending_ops(), 1);
    transaction.commit();
    assert_ne!(doc.get_heads(), before);
    let mut transaction = doc.transaction();
    assert_eq!(kind.apply(&mut transaction, &patch).unwrap(), Outcome::Unchanged);
    assert_eq!(transaction.pending_ops(), 0);
    transaction.rollback();
}

#[test]
fn a_record_without_its_title_is_refused() {
    let kind = boat();
    let mut doc = document(1);
    let patch = Patch::from_json(&kind, &json!({"mooring": "Jetty"})).unwrap();
    assert!(matches!(try_write(&kind, &mut doc, &patch), Err(PatchError::Missing { .. })));
    write_json(&kind, &mut doc, json!({"name": "Heron"}));
    write(&kind, &mut doc, &patch);
    let patch = Patch::from_json(&kind, &json!({"name": "  "})).unwrap();
    assert!(matches!(try_write(&kind, &mut doc, &patch), Err(PatchError::Missing { .. })));
}

#[test]
fn a_value_that_does_not_fit_names_its_field_and_what_fits() {
    let kind = boat();
    for (json, words) in [
        (json!({"name": "two\nlines"}), "name: expected a single line"),
        (json!({"name": "x".repeat(501)}), "name: expected at most 500 characters"),
        (json!({"name": 7}), "name: expected a line of text, found \"7\""),
        (json!({"papers": "javascript:alert(1)"}), "papers: expected a link"),
        (json!({"free_from": "2026-11-30T10:00:00"}), "free_from: expected a date and time with its offset"),
        (json!({"berth": {"latitude": 91, "longitude": 0}}), "berth: expected latitude"),
        (json!({"gear": ["x".repeat(81)]}), "gear: expected tags of 1 to 80"),
        (json!({"gear": (0..51).map(|n| n.to_string()).collect::<Vec<_>>()}), "gear: expected at most 50 tags"),
        (json!({"drive": "steam"}), "drive: expected one of oars, sails, current_only, found \"steam\""),
        (json!({"built_after": "heron"}), "built_after: expected the id"),
        (json!({"length": "NaN"}), "length: expected a number"),
        (json!({"floats": "perhaps"}), "floats: expected yes or no"),
        (json!({"day_rate": "12"}), "day_rate: expected an amount and a currency"),
        (json!({"colour": "red"}), "boat has no field \"colour\""),
        (json!(["Heron"]), "expected a JSON object"),
        (json!({"based_on": "x"}), "based_on: expected an array"),
    ] {
        let error = Patch::from_json(&kind, &json).unwrap_err().to_string();
        assert!(error.starts_with(words), "{json}: {error}");
    }
    let twice = Patch::from_flags(&kind, [("name", "a"), ("name", "b")]).unwrap_err();
    assert!(matches!(twice, PatchError::Repeated { .. }));
}

#[test]
fn a_long_text_is_written_in_changes_that_each_fit_an_entry() {
    let kind = Registry::standard().kind("page").unwrap();
    let mut doc = document(1);
    let line = "The river rises in spring, and we all meet at the old jetty: é ü 🚣.\n";
    let text = line.repeat(1_500);
    let pieces = write_json(kind, &mut doc, json!({"title": "Long", "text": text}));
    assert!(pieces > 2, "{pieces}");
    assert_eq!(kind.read(&doc).values.text("text"), text);
    let edited = text.replacen("jetty", "ferry", 60);
    let base = heads(&doc);
    write_json(kind, &mut doc, json!({"text": edited}));
    assert_eq!(kind.read(&doc).values.text("text"), edited);
    write_json(kind, &mut doc, json!({"text": null}));
    let late = Patch::from_json(kind, &json!({"text": format!("Preface.\n{text}")})).unwrap().based_on(base);
    write(kind, &mut doc, &late);
    assert_eq!(kind.read(&doc).values.text("text"), "Preface.\n");
    for change in doc.get_changes(&[]) {
        let (size, operations) = (change.raw_bytes().len(), change.len());
        assert!(size <= MAX_BODY, "{size} bytes, {operations} operations");
        assert!(operations <= 16_384, "{operations} operations");
    }
    let patch = Patch::from_json(kind, &json!({"text": text})).unwrap();
    let mut transaction = doc.transaction();
    assert!(matches!(kind.apply(&mut transaction, &patch), Err(PatchError::ManyPieces { .. })));
}

#[test]
fn a_text_beyond_the_limit_is_refused() {
    let kind = Registry::standard().kind("page").unwrap();
    let error = Patch::from_json(kind, &json!({"text": "x".repeat(1024 * 1024 + 1)})).unwrap_err();
    assert!(error.to_string().contains("at most 1 MiB"), "{error}");
}

#[test]
fn the_same_patch_makes_the_same_change_whatever_the_order_of_its_fields() {
    let kind = boat();
    let flags = [("name", "Heron"), ("mooring", "Jetty"), ("gear", "rope;oars"), ("length", "4")];
    let hashes: Vec<_> = [flags.to_vec(), flags.iter().rev().copied().collect()]
        .into_iter()
        .map(|flags| {
            let mut doc = document(1);
            let mut transaction = doc.transaction();
            kind.apply(&mut transaction, &Patch::from_flags(&kind, flags).unwrap()).unwrap();
            transaction.commit_with(automerge::transaction::CommitOptions::default().with_time(0));
            doc.get_heads()
        })
        .collect();
    assert_eq!(hashes[0], hashes[1]);
}

#[test]
fn a_tag_taken_away_here_and_one_added_there_both_count() {
    let kind = boat();
    let mut one = document(1);
    write_json(&kind, &mut one, json!({"name": "Heron", "gear": ["rope", "oars"]}));
    let mut other = super::copy(&one, 2);
    write_json(&kind, &mut one, json!({"gear": null}));
    write_json(&kind, &mut other, json!({"gear": ["rope", "oars", "anchor"]}));
    assert_eq!(merge(&kind, &mut one, &mut other).values.to_json()["gear"], json!(["anchor"]));
}

#[test]
fn what_a_record_said_before_is_told_with_until_when_by_the_times_of_its_changes() {
    let kind = Registry::standard().kind("voice").unwrap();
    let mut doc = document(1);
    let says = |doc: &mut Automerge, stance: &str, reason: &str| {
        let voice = json!({"decision": "a".repeat(52), "stance": stance, "reason": reason});
        assert_eq!(write_json(kind, doc, voice), 1);
        doc.get_heads()[0]
    };
    let mut changes = vec![(Timestamp(10), says(&mut doc, "object", ""))];
    assert_eq!(kind.earlier_in(&doc, changes.clone()).len(), 0);
    let mut other = copy(&doc, 2);
    changes.push((Timestamp(30), says(&mut doc, "support", "It is cheap.")));
    // Written apart from it, and before it.
    let met = says(&mut other, "object", "It is dear.");
    doc.merge(&mut other).unwrap();
    changes.insert(1, (Timestamp(20), met));
    changes.reverse();
    let told = kind.earlier_in(&doc, changes);
    let told: Vec<_> = told.iter().map(|it| (it.until.0, it.values.text("stance"), it.values.text("reason"))).collect();
    assert_eq!(told, [(20, "object", ""), (30, "object", "It is dear.")]);
    // Of a long text as much is told as tells it from others.
    let long = "It is far. ".repeat(300);
    let times = [(Timestamp(40), says(&mut doc, "object", &long)), (Timestamp(50), says(&mut doc, "object", "No."))];
    let told = kind.earlier_in(&doc, times.to_vec());
    let kept = told[0].values.get("reason").unwrap();
    assert_eq!(*kept, Earlier::kept(&Value::Text(long.as_str().into())));
    assert!(told[0].values.text("reason").len() <= 2_000 && told[0].values.text("reason").starts_with("It is far."));
    assert_ne!(*kept, Earlier::kept(&Value::Text(format!("{long}!").into())));
    // Of very many the newest are told.
    let many =
        (0..40).map(|time| (Timestamp(time), says(&mut doc, if time % 2 == 0 { "object" } else { "concern" }, "x")));
    let many: Vec<_> = many.collect();
    let told = kind.earlier_in(&doc, many);
    assert_eq!((told.len(), told[0].until, told[31].until), (32, Timestamp(8), Timestamp(39)));
}
