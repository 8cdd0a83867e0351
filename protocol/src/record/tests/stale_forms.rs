//! A form that was opened before others wrote never takes back what they wrote.

use super::{copy, document, heads, merge, try_write, write, write_json};
use crate::{
    id::ChangeHash,
    record::{Kind, Patch, PatchError, Registry},
};
use automerge::Automerge;
use serde_json::{Value as Json, json};

fn kind(name: &str) -> &'static Kind {
    Registry::standard().kind(name).unwrap()
}

fn form(name: &str, doc: &Automerge, json: Json) -> Patch {
    Patch::from_json(kind(name), &json).unwrap().based_on(heads(doc))
}

#[test]
fn a_stale_form_writes_only_what_its_writer_changed() {
    let kind = kind("action");
    let mut doc = document(1);
    write_json(
        kind,
        &mut doc,
        json!({"title": "Vigil", "ask": "Come", "tactics": ["vigil", "song"], "place": "Wendle"}),
    );
    let form = form(
        "action",
        &doc,
        json!({"title": "Vigil", "ask": "Come and sing", "tactics": ["vigil", "candles"], "place": "Wendle"}),
    );
    write_json(kind, &mut doc, json!({"title": "Night vigil", "tactics": ["vigil", "song", "march"], "place": null}));
    assert_eq!(write(kind, &mut doc, &form), 1);
    let values = kind.read(&doc).values.to_json();
    assert_eq!(
        values,
        json!({"title": "Night vigil", "ask": "Come and sing", "tactics": ["candles", "march", "vigil"], "status": "planned"})
    );
}

#[test]
fn a_stale_edit_of_a_text_keeps_both_edits() {
    let kind = kind("page");
    let text = "The river rises in spring.\nWe meet on Monday.\nBring boots.\n";
    let mut doc = document(1);
    write_json(kind, &mut doc, json!({"title": "Plan", "text": text}));
    let edited =
        form("page", &doc, json!({"text": "The river rises in spring.\nWe meet on Tuesday.\nBring boots and tea.\n"}));
    write_json(
        kind,
        &mut doc,
        json!({"text": "Plan of the valley\nThe river always rises in spring.\nWe meet on Monday.\nBring warm boots.\n"}),
    );
    write(kind, &mut doc, &edited);
    assert_eq!(
        kind.read(&doc).values.text("text"),
        "Plan of the valley\nThe river always rises in spring.\nWe meet on Tuesday.\nBring warm boots and tea.\n"
    );
}

#[test]
fn what_others_removed_from_a_text_stays_removed() {
    let kind = kind("page");
    let mut doc = document(1);
    write_json(kind, &mut doc, json!({"title": "Plan", "text": "one two three four five"}));
    let edited = form("page", &doc, json!({"text": "one TWO three four FIVE"}));
    write_json(kind, &mut doc, json!({"text": "one four five"}));
    write(kind, &mut doc, &edited);
    assert_eq!(kind.read(&doc).values.text("text"), "one TWOfour FIVE");
}

#[test]
fn two_first_versions_of_one_text_are_both_kept() {
    let kind = kind("page");
    let mut doc = document(1);
    write_json(kind, &mut doc, json!({"title": "Plan"}));
    let late = form("page", &doc, json!({"text": "Mine."}));
    write_json(kind, &mut doc, json!({"text": "Theirs."}));
    write(kind, &mut doc, &late);
    assert_eq!(kind.read(&doc).values.text("text"), "Theirs.\n\nMine.");
}

#[test]
fn the_first_words_of_two_members_at_the_same_time_merge() {
    let kind = kind("page");
    let mut one = document(1);
    write_json(kind, &mut one, json!({"title": "Plan"}));
    let mut other = copy(&one, 2);
    write_json(kind, &mut one, json!({"text": "From the hills. "}));
    write_json(kind, &mut other, json!({"text": "From the mouth. "}));
    let reading = merge(kind, &mut one, &mut other);
    let text = reading.values.text("text");
    assert!(text.contains("From the hills.") && text.contains("From the mouth."), "{text}");
}

#[test]
fn objects_made_twice_are_read_together_and_become_one_with_the_next_edit() {
    let kind = kind("group");
    let mut one = document(1);
    write_json(kind, &mut one, json!({"name": "Wendle Wardens"}));
    let mut other = copy(&one, 2);
    write_json(kind, &mut one, json!({"about": "We watch the river.", "tags": ["water", "birds"]}));
    write_json(kind, &mut other, json!({"about": "We plant trees.", "tags": ["trees", "birds"]}));
    let values = merge(kind, &mut one, &mut other).values;
    assert_eq!(values.to_json()["tags"], json!(["birds", "trees", "water"]));
    assert!(values.text("about").contains("river") && values.text("about").contains("trees"));
    let longer = format!("{} And we sing.", values.text("about"));
    write_json(kind, &mut one, json!({"about": longer, "tags": ["trees", "water"]}));
    let values = merge(kind, &mut one, &mut other).values;
    assert_eq!(values.text("about"), longer);
    assert_eq!(values.to_json()["tags"], json!(["trees", "water"]));
}

#[test]
fn a_form_based_on_unknown_heads_is_refused() {
    let kind = kind("page");
    let mut doc = document(1);
    write_json(kind, &mut doc, json!({"title": "Plan"}));
    let patch = Patch::from_json(kind, &json!({"title": "Other"})).unwrap().based_on([ChangeHash([7; 32])]);
    let error = try_write(kind, &mut doc, &patch).unwrap_err();
    assert!(matches!(error, PatchError::UnknownHeads { missing } if missing == ChangeHash([7; 32])));
    assert!(error.hint().is_some());
}

#[test]
fn a_form_carries_its_heads_in_json() {
    let kind = kind("page");
    let mut doc = document(1);
    write_json(kind, &mut doc, json!({"title": "Plan"}));
    let based_on: Vec<String> = heads(&doc).iter().map(ToString::to_string).collect();
    let patch = Patch::from_json(kind, &json!({"title": "Plan", "text": "New", "based_on": based_on})).unwrap();
    write_json(kind, &mut doc, json!({"title": "The plan"}));
    write(kind, &mut doc, &patch);
    assert_eq!(kind.read(&doc).values.to_json(), json!({"title": "The plan", "text": "New"}));
}

#[test]
fn heads_of_texts_alone_leave_other_fields_as_they_are_given() {
    let kind = kind("page");
    let mut doc = document(1);
    write_json(kind, &mut doc, json!({"title": "Plan", "text": "one two three"}));
    let heads: Vec<String> = heads(&doc).iter().map(ToString::to_string).collect();
    write_json(kind, &mut doc, json!({"title": "The plan", "text": "one two three four"}));
    let json = json!({"title": "Plan", "text": "ONE two three", "texts_based_on": heads});
    assert_eq!(write(kind, &mut doc, &Patch::from_json(kind, &json).unwrap()), 1, "one change");
    assert_eq!(kind.read(&doc).values.to_json(), json!({"title": "Plan", "text": "ONE two three four"}));
    let both = json!({"title": "Plan", "texts_based_on": heads, "based_on": heads});
    assert!(matches!(Patch::from_json(kind, &both), Err(PatchError::TwoBases)));
}
