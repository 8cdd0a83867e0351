//! What can't be read of a field that says who may read something, or for whom it speaks: the careful word counts.

use super::{copy, document, merge, write_json};
use crate::record::{Audience, Field, FieldType, KeptInside, Kind, Reading, Registry, Value};
use automerge::transaction::Transactable;
use automerge::{Automerge, ObjType, ROOT, ScalarValue};
use serde_json::json;

/// What fits no field at all.
fn unfit() -> [Wrong; 4] {
    let bytes = Wrong::Scalar(ScalarValue::Bytes(vec![1]));
    [
        bytes,
        Wrong::Scalar(ScalarValue::Timestamp(7)),
        Wrong::Scalar(ScalarValue::counter(1)),
        Wrong::Object(ObjType::List),
    ]
}

/// What fits no choice and no flag.
fn unfit_for_words() -> Vec<Wrong> {
    let scalars = ["no such word".into(), "true".into(), ScalarValue::Int(1), ScalarValue::F64(1.0)];
    let objects = [ObjType::Map, ObjType::Text].map(Wrong::Object);
    unfit().into_iter().chain(scalars.map(Wrong::Scalar)).chain(objects).collect()
}

#[derive(Clone, Debug)]
enum Wrong {
    Scalar(ScalarValue),
    Object(ObjType),
}

impl Wrong {
    fn put(&self, doc: &mut Automerge, field: &str) {
        let mut transaction = doc.transaction();
        match self {
            Wrong::Scalar(scalar) => transaction.put(ROOT, field, scalar.clone()).unwrap(),
            Wrong::Object(object) => drop(transaction.put_object(ROOT, field, *object).unwrap()),
        }
        transaction.commit();
    }
}

/// A word of a field that gives more away.
fn wide(field: &Field) -> ScalarValue {
    match (&field.field_type, &field.met) {
        (FieldType::Choice(choices), Some(met)) => {
            choices.iter().map(|choice| choice.word.as_str()).find(|word| met.as_text() != Some(*word)).unwrap().into()
        }
        (FieldType::Flag, Some(Value::Flag(met))) => (!met).into(),
        other => panic!("{}: no word of {other:?} gives less away", field.name),
    }
}

fn is_damaged(reading: &Reading, field: &Field) -> bool {
    reading.damaged.contains(&field.name)
}

#[test]
fn a_word_that_nobody_can_read_is_the_careful_one_in_every_field_that_has_one() {
    let of_kind = |kind: &'static std::sync::Arc<Kind>| kind.fields.iter().map(move |field| (kind, field));
    let careful = Registry::standard().kinds().flat_map(of_kind).filter(|(_, field)| field.met.is_some());
    let mut seen = Vec::new();
    for (kind, field) in careful {
        seen.push(format!("{}.{}", kind.name, field.name));
        let met = field.met.as_ref();
        for wrong in unfit_for_words() {
            let mut doc = document(1);
            wrong.put(&mut doc, &field.name);
            let alone = kind.read(&doc);
            assert_eq!(alone.values.get(&field.name), met, "{} {wrong:?}", field.name);
            assert!(is_damaged(&alone, field), "{} {wrong:?}", field.name);
            // Beside a word that gives more away, whichever of the two Automerge takes.
            for first in [1, 2] {
                let mut here = document(first);
                let mut there = copy(&here, 3 - first);
                Wrong::Scalar(wide(field)).put(&mut here, &field.name);
                wrong.put(&mut there, &field.name);
                let read = merge(kind, &mut here, &mut there);
                assert_eq!(read.values.get(&field.name), met, "{} {wrong:?}", field.name);
                assert_eq!(kind.contests(&here)[0].shown.value.as_ref(), met, "and the other is told");
            }
        }
    }
    let expected = ["action.voice", "alert.voice", "event.readers", "message.voice", "mode.voice", "moment.voice"];
    seen.sort();
    assert_eq!(seen, [&expected[..], &["person.agreed", "person.alias"]].concat());
}

#[test]
fn of_what_is_for_everybody_no_field_but_a_text_may_be_one_that_nobody_can_read() {
    let kinds: Vec<_> = Registry::standard().kinds().filter(|kind| kind.readers.is_some()).collect();
    assert_eq!(kinds.iter().map(|kind| kind.name.as_str()).collect::<Vec<_>>(), ["event"]);
    let event = kinds[0];
    for field in &event.fields {
        for wrong in unfit() {
            let mut doc = document(1);
            write_json(event, &mut doc, json!({"title": "Fair", "readers": "public"}));
            wrong.put(&mut doc, &field.name);
            let reading = event.read(&doc);
            assert!(is_damaged(&reading, field), "{} {wrong:?}", field.name);
            let damaged: Vec<String> = reading.damaged.iter().map(|name| name.to_string()).collect();
            let is_text = field.field_type == FieldType::Text;
            assert_eq!(event.lets_read(&reading.values, &damaged, Audience::Public), is_text, "{}", field.name);
            assert!(event.lets_read(&reading.values, &damaged, Audience::Coalition));
            let why = (!is_text).then_some(KeptInside::Unreadable(&field.name));
            assert_eq!(event.kept_inside(&reading.values, &damaged), why, "{}", field.name);
        }
    }
    // What is not for everybody is kept from nobody.
    let values = |readers: &str| {
        let mut doc = document(1);
        write_json(event, &mut doc, json!({"title": "Fair", "readers": readers}));
        event.read(&doc).values
    };
    assert_eq!(event.kept_inside(&values("coalition"), &["body".to_owned()]), None);
    assert_eq!(event.kept_inside(&values("public"), &[]), None);
}

#[test]
fn whoever_leaves_it_open_has_no_alias() {
    let person = Registry::standard().kind("person").unwrap();
    for alias in [json!(null), json!(false)] {
        let mut doc = document(1);
        write_json(person, &mut doc, json!({"name": "Ann", "agreed": true, "place": "Weir", "alias": alias}));
        assert_eq!(person.read(&doc).values.get("alias"), Some(&Value::Flag(false)));
    }
}
