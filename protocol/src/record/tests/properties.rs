//! What holds for every record.

use super::{copy, document, heads, made_up_kind::boat, merge, write, write_json};
use crate::record::{ImportOptions, ImportPlan, Kind, Patch, Registry, TableRow, Values, export_csv};
use automerge::{ObjType, ROOT, ReadDoc, ScalarValue, transaction::Transactable};
use proptest::{collection, option, prelude::*};
use serde_json::{Value as Json, json};

/// Any record of the made-up kind, in its JSON form.
fn boats() -> impl Strategy<Value = Json> {
    let texts = (
        "[^\\p{Cc}]{0,20}\\PC{1,4}",
        option::of("(?s)[^\\p{Cc}]{0,10}[\\n\\tab=]{0,3}[^\\p{Cc}]{0,10}"),
        option::of("['=@+-]{0,3}\\PC{1,9}"),
    );
    let measures = (
        option::of((-90.0..=90.0, -180.0..=180.0)),
        option::of(any::<f64>().prop_filter("finite", |number| number.is_finite() && *number > 0.0)),
        option::of((-1_000_000_000_i64..1_000_000_000, prop_oneof!["AUD", "JPY", "KWD"])),
    );
    let rest = (
        option::of(collection::btree_set("[a-z,='é ]{0,8}[a-z]", 0..5)),
        option::of(any::<bool>()),
        option::of((-60_000_000_000_i64..200_000_000_000, -840..840_i32)),
        option::of(prop_oneof!["oars", "sails", "current_only"]),
    );
    (texts, measures, rest).prop_map(|((name, manual, mooring), (berth, length, rate), (gear, floats, free, drive))| {
        let free = free.and_then(|(seconds, minutes)| {
            let instant = jiff::Timestamp::from_second(seconds).ok()?;
            let offset = jiff::tz::Offset::from_seconds(minutes * 60).ok()?;
            Some(crate::record::DateTime::new(instant, offset, Some("Etc/Valley".to_owned())).ok()?.to_string())
        });
        json!({
            "name": format!("x{name}"), "manual": manual, "mooring": mooring,
            "berth": berth.map(|(latitude, longitude)| json!({"latitude": latitude, "longitude": longitude})),
            "length": length, "gear": gear, "floats": floats, "free_from": free, "drive": drive,
            "day_rate": rate.map(|(amount, currency)| json!({"amount": amount, "currency": currency})),
        })
    })
}

fn record(kind: &Kind, json: &Json) -> (automerge::Automerge, Values) {
    let mut doc = document(1);
    write(kind, &mut doc, &Patch::from_json(kind, json).unwrap());
    let reading = kind.read(&doc);
    assert_eq!(reading.damaged, Vec::new(), "{json}");
    (doc, reading.values)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_come_back_from_documents_json_text_and_tables(json in boats()) {
        let kind = boat();
        let (_, values) = record(&kind, &json);
        let again = Patch::from_json(&kind, &values.to_json()).unwrap();
        prop_assert!(values.iter().all(|(name, value)| again.get(name) == Some(Some(value))));
        let text = Patch::from_flags(&kind, values.iter().map(|(name, value)| (name.to_string(), value.to_string()))).unwrap();
        prop_assert_eq!(&text, &again);
        let csv = export_csv(&kind, &[TableRow { id: String::new(), values }]);
        let plan = ImportPlan::read(&kind, csv.as_bytes(), &ImportOptions::default()).unwrap();
        prop_assert_eq!(&plan.bad, &[]);
        prop_assert_eq!(&plan.rows[0].patch, &again);
    }

    #[test]
    fn a_day_stands_in_a_table_as_that_day_and_comes_back_as_the_same_moment(days in 0_i64..20_000, field in 0_usize..2) {
        let kind = Registry::standard().kind("need").unwrap();
        let day = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap().to_string();
        let field = ["from", "until"][field];
        let mut fields = json!({"title": "A van", "until": "2026-12-06T18:00:00Z"});
        fields[field] = json!(day);
        let patch = Patch::from_json(kind, &fields).unwrap();
        let values: Values = patch.fields().filter_map(|(name, value)| Some((name.clone(), value?.clone()))).collect();
        let csv = export_csv(kind, &[TableRow { id: String::new(), values }]);
        prop_assert!(csv.contains(&format!(",{day},")), "{}", csv);
        let plan = ImportPlan::read(kind, csv.as_bytes(), &ImportOptions::default()).unwrap();
        prop_assert_eq!(&plan.rows[0].patch, &patch);
    }

    #[test]
    fn any_text_comes_back_from_a_table(text in "(?s).{0,40}") {
        let kind = Registry::standard().kind("page").unwrap();
        let Ok(patch) = Patch::from_json(kind, &json!({"title": "x", "text": text})) else { return Ok(()) };
        let values: Values = patch.fields().filter_map(|(name, value)| Some((name.clone(), value?.clone()))).collect();
        let csv = export_csv(kind, &[TableRow { id: "1".to_owned(), values: values.clone() }]);
        let plan = ImportPlan::read(kind, csv.as_bytes(), &ImportOptions::default()).unwrap();
        prop_assert!(values.iter().all(|(name, value)| plan.rows[0].patch.get(name) == Some(Some(value))));
    }

    #[test]
    fn arbitrary_bytes_are_a_table_or_an_error(bytes in collection::vec(any::<u8>(), 0..200), text in "[\"a,;\\t\\n=']{0,60}") {
        let kind = Registry::standard().kind("prospect").unwrap();
        let _ = ImportPlan::read(kind, &bytes, &ImportOptions::default());
        let _ = ImportPlan::read(kind, format!("Name,Tags\n{text}").as_bytes(), &ImportOptions::default());
    }

    #[test]
    fn concurrent_edits_of_a_text_converge_and_keep_both(
        words in collection::vec("[a-z]{1,5}", 4..20), first in any::<prop::sample::Index>(), second in any::<prop::sample::Index>()
    ) {
        let kind = Registry::standard().kind("page").unwrap();
        let mut one = document(1);
        write_json(kind, &mut one, json!({"title": "x", "text": words.join(" ")}));
        let mut other = copy(&one, 2);
        let with = |index: &prop::sample::Index, word: &str| {
            let mut words = words.clone();
            words.insert(index.index(words.len()), word.to_owned());
            json!({"text": words.join(" ")})
        };
        write_json(kind, &mut one, with(&first, "HERE"));
        write_json(kind, &mut other, with(&second, "THERE"));
        let reading = merge(kind, &mut one, &mut other);
        let text = reading.values.text("text");
        prop_assert!(text.contains("HERE") && text.contains("THERE"), "{}", text);
    }

    #[test]
    fn a_stale_edit_does_to_the_text_what_the_writer_meant(old in "[ab \n]{0,30}", mine in "[abc \n]{0,30}", theirs in "[abd \n]{0,30}") {
        let kind = Registry::standard().kind("page").unwrap();
        let mut doc = document(1);
        write_json(kind, &mut doc, json!({"title": "x", "text": old}));
        let base = heads(&doc);
        write_json(kind, &mut doc, json!({"text": theirs}));
        let theirs_kept: usize = kind.read(&doc).values.text("text").matches('d').count();
        let form = Patch::from_json(kind, &json!({"text": mine})).unwrap().based_on(base);
        write(kind, &mut doc, &form);
        let text = kind.read(&doc).values.text("text").to_owned();
        prop_assert_eq!(text.matches('d').count(), theirs_kept, "what they added stays: {:?}", text);
        prop_assert_eq!(text.matches('c').count(), mine.matches('c').count(), "what I added is there: {:?}", text);
    }

    #[test]
    fn arbitrary_content_never_breaks_the_reader_or_the_writer(
        ops in collection::vec((0..14_usize, 0..9_u8, any::<i64>(), ".{0,8}"), 0..24), json in boats()
    ) {
        let kind = boat();
        let mut doc = document(1);
        let mut keys: Vec<String> = kind.fields.iter().map(|field| field.name.to_string()).collect();
        keys.extend(["_import".to_owned(), "other".to_owned()]);
        for (key, what, number, text) in ops {
            let mut transaction = doc.transaction();
            let key = keys[key].as_str();
            match what {
                0 => transaction.put(ROOT, key, number).unwrap(),
                1 => transaction.put(ROOT, key, text).unwrap(),
                2 => transaction.put(ROOT, key, ScalarValue::Bytes(text.into_bytes())).unwrap(),
                3 => transaction.put(ROOT, key, f64::NAN).unwrap(),
                4 => {
                    let map = transaction.put_object(ROOT, key, ObjType::Map).unwrap();
                    transaction.put(&map, text, number % 2 == 0).unwrap();
                }
                5 | 6 => {
                    let object = transaction.put_object(ROOT, key, ObjType::Text).unwrap();
                    transaction.splice_text(&object, 0, 0, &text).unwrap();
                    let at = transaction.length(&object) / 2;
                    if what == 6 {
                        transaction.insert(&object, at, "several letters").unwrap();
                        transaction.insert_object(&object, 0, ObjType::Map).unwrap();
                        transaction.insert(&object, 0, number).unwrap();
                    }
                }
                7 => drop(transaction.put_object(ROOT, key, ObjType::List).unwrap()),
                _ => transaction.put(ROOT, key, ScalarValue::counter(number)).unwrap(),
            }
            transaction.commit();
        }
        let base = heads(&doc);
        kind.read(&doc);
        let patch = Patch::from_json(&kind, &json).unwrap();
        if let Ok(edit) = kind.prepare(&doc, &patch.clone().based_on(base.clone())) {
            for piece in edit.pieces() {
                let mut transaction = doc.transaction();
                let _ = piece.write(&mut transaction);
                transaction.commit();
            }
        }
        kind.read(&doc);
        let _ = kind.prepare(&doc, &patch.based_on(base));
    }
}
