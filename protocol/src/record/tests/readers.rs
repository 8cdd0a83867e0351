//! Who reads what: names, threats, notes, consents and places of the kinds of the grid.

use super::{document, try_write, write_json};
use crate::id::DocumentId;
use crate::record::{Audience, FieldType, Kind, Patch, PatchError, Registry};
use serde_json::{Value as Json, json};

fn kind(name: &str) -> &'static Kind {
    Registry::standard().kind(name).unwrap()
}

fn id(number: u8) -> String {
    DocumentId([number; 32]).to_string()
}

/// What is said to whoever writes these fields into a new record.
fn refused(name: &str, fields: &Json) -> String {
    let kind = kind(name);
    let (log, _) = Patch::from_json(kind, fields).unwrap().split(kind);
    try_write(kind, &mut document(1), &log).unwrap_err().to_string()
}

fn taken(name: &str, fields: &Json) {
    let kind = kind(name);
    let (log, _) = Patch::from_json(kind, fields).unwrap().split(kind);
    try_write(kind, &mut document(1), &log).unwrap();
}

#[test]
fn names_of_people_who_are_not_listed_and_threats_stay_with_the_group() {
    for (of, fields) in [
        ("tie", &["title", "who", "whom"][..]),
        ("review", &["threats", "measures"]),
        ("attendance", &["who", "access_needs"]),
        ("seat", &["holder"]),
        ("completion", &["who"]),
        ("task", &["assignee"]),
        ("voice", &["speaker"]),
        ("introduction", &["title"]),
    ] {
        for field in fields {
            let audience = kind(of).field(field).unwrap().audience;
            assert_eq!(audience, Audience::Group, "{of} {field}");
        }
    }
    assert_eq!(kind("case").field("parties").unwrap().audience, Audience::Coalition);
    // What a tie says to others names groups, never people.
    let FieldType::Reference(with) = &kind("tie").field("with").unwrap().field_type else { panic!("a reference") };
    assert!(with.take("group") && with.take("prospect") && !with.take("person"));
}

#[test]
fn a_column_of_notes_stays_on_the_computer_that_imports_it() {
    let notes = ["notes", "note", "comments"];
    for kind in Registry::standard().kinds() {
        for field in kind.fields.iter().filter(|field| field.audience.travels()) {
            let taken = field.aliases.iter().find(|alias| notes.contains(&alias.to_lowercase().as_str()));
            assert_eq!(taken, None, "{} {}", kind.name, field.name);
        }
    }
    for (of, field) in [("prospect", "notes"), ("task", "private"), ("supporter", "note")] {
        let field = kind(of).field(field).unwrap();
        assert!(field.audience == Audience::Local && field.aliases.contains(&"Notes".to_owned()), "{of}");
    }
}

#[test]
fn consents_and_votes_have_no_default_and_the_refusal_says_what_there_is_to_say() {
    for (of, fields, words) in [
        ("reply", json!({"to": id(1)}), "yes, no or maybe"),
        ("voice", json!({"decision": id(1), "reason": "It is far."}), "support, stand_aside, concern or object"),
        ("attendance", json!({"event": id(1), "people": 3}), "going, maybe or not_going"),
    ] {
        let told = refused(of, &fields);
        assert!(told.contains(words), "{told}");
    }
    // How many came is no promise.
    taken("attendance", &json!({"event": id(1), "came": 2}));
    // What was said can't be unsaid into nothing.
    let (reply, mut doc) = (kind("reply"), document(1));
    write_json(reply, &mut doc, json!({"to": id(1), "says": "no"}));
    let empty = Patch::from_json(reply, &json!({"says": null})).unwrap();
    assert!(try_write(reply, &mut doc, &empty).unwrap_err().to_string().contains("yes, no or maybe"));
    write_json(reply, &mut doc, json!({"note": "Not this week."}));
}

#[test]
fn an_answer_of_an_earlier_program_that_said_nothing_is_no_yes() {
    let (reply, mut doc) = (kind("reply"), document(1));
    let mut transaction = doc.transaction();
    automerge::transaction::Transactable::put(&mut transaction, automerge::ROOT, "to", id(1)).unwrap();
    transaction.commit();
    assert_eq!(reply.read(&doc).values.text("says"), "");
}

#[test]
fn a_group_is_hidden_by_naming_it_and_a_radius_needs_a_point() {
    let hiding = |fields: Json| {
        let kind = kind("hiding");
        let values = Patch::from_json(kind, &fields).unwrap().over(kind, kind.defaults());
        kind.check(&values).map_err(|complaint| complaint.message)
    };
    assert!(hiding(json!({"what": "Mill Street", "sort": "group"})).unwrap_err().contains("of_group"));
    assert!(hiding(json!({"what": "Mill Street", "of_group": id(1)})).unwrap_err().contains("sort"));
    hiding(json!({"what": "Mill Street", "sort": "group", "of_group": id(1)})).unwrap();
    hiding(json!({"what": "blockade"})).unwrap();
    assert!(refused("alert", &json!({"title": "Flood", "place": "Lismore", "radius_km": 40})).contains("point"));
    taken("alert", &json!({"title": "Flood", "radius_km": 40, "coordinates": "-28.81,153.28"}));
    taken("alert", &json!({"title": "Flood", "unit": id(2)}));
}

#[test]
fn an_event_goes_to_the_public_only_where_it_says_so_and_one_of_a_body_never() {
    let event = kind("event");
    let read_by = |fields: Json, audience| {
        let values = Patch::from_json(event, &fields).unwrap().over(event, event.defaults());
        event.lets_read(&values, &[], audience)
    };
    let (caucus, fair) = (json!({"title": "Caucus"}), json!({"title": "Fair", "readers": "public"}));
    assert!(!read_by(caucus.clone(), Audience::Public) && read_by(caucus, Audience::Coalition));
    assert!(read_by(fair, Audience::Public));
    let told = refused("event", &json!({"title": "Caucus", "body": id(1), "readers": "public"}));
    assert!(told.contains("readers"), "{told}");
    // Kinds whose records do not say so themselves go as far as their fields.
    assert!(kind("action").lets_read(&kind("action").defaults(), &[], Audience::Public));
}

#[test]
fn an_alias_is_said_when_a_person_is_listed_and_never_later() {
    let (person, mut doc) = (kind("person"), document(1));
    write_json(person, &mut doc, json!({"name": "A. Novak", "agreed": true, "place": "Hollin"}));
    let mut change = |fields: Json| try_write(person, &mut doc, &Patch::from_json(person, &fields).unwrap());
    // In one step or in two: the place stays in the history.
    let at_once = change(json!({"name": "Heron", "alias": true, "place": null})).unwrap_err();
    assert!(matches!(&at_once, PatchError::OnlyFirst { .. }) && at_once.hint().unwrap().contains("new"), "{at_once}");
    change(json!({"name": "Heron", "place": null})).unwrap();
    assert!(matches!(change(json!({"alias": true})), Err(PatchError::OnlyFirst { .. })));
    change(json!({"alias": false, "name": "A. Novak"})).unwrap();
}

#[test]
fn what_people_answer_under_and_what_a_voice_is_on_is_said_at_first_and_never_later() {
    let (survey, mut doc) = (kind("survey"), document(1));
    write_json(survey, &mut doc, json!({"title": "Trust", "least": 20}));
    for lower in [json!({"least": 5}), json!({"least": null}), json!({"sort": "backbone"})] {
        let patch = Patch::from_json(survey, &lower).unwrap();
        assert!(matches!(try_write(survey, &mut doc, &patch), Err(PatchError::OnlyFirst { .. })), "{lower}");
    }
    write_json(survey, &mut doc, json!({"title": "Trust among us", "least": 20, "sort": "trust"}));
    let (voice, mut doc) = (kind("voice"), document(1));
    write_json(voice, &mut doc, json!({"decision": id(1), "stance": "support"}));
    let turned = Patch::from_json(voice, &json!({"decision": id(2)})).unwrap();
    assert!(matches!(try_write(voice, &mut doc, &turned), Err(PatchError::OnlyFirst { .. })));
    write_json(voice, &mut doc, json!({"decision": id(1), "stance": "object"}));
}

#[test]
fn counts_are_whole_and_days_may_be_said_without_a_time() {
    for (of, fields) in [
        ("support", json!({"of": id(1), "people": 2.5})),
        ("report", json!({"title": "Vigil", "letters": 0.5})),
        ("tally", json!({"action": id(1), "calls": 1.5})),
        ("body", json!({"name": "Council", "seats": 3.3})),
        ("frame", json!({"title": "Home", "test": "May", "asked": 9.5})),
        ("attendance", json!({"event": id(1), "came": 2.5})),
    ] {
        assert!(refused(of, &fields).contains("whole"), "{of}");
    }
    taken("support", &json!({"of": id(1), "people": 2}));
    let said = |of: &str, field: &str, text: &str| kind(of).field(field).unwrap().from_text(text);
    let day = |of: &str, field: &str| said(of, field, "2026-11-22").unwrap().unwrap().to_string();
    assert_eq!(day("report", "on"), "2026-11-22T12:00:00Z");
    assert_eq!(day("task", "due"), "2026-11-22T23:59:59-12:00");
    assert_eq!(day("seat", "from"), "2026-11-22T00:00:00+14:00");
    let whole = "2026-11-22T10:00:00+11:00[Australia/Sydney]";
    assert_eq!(said("task", "due", whole).unwrap().unwrap().to_string(), whole);
    let told = said("decision", "closes", "22 November").unwrap_err();
    assert!(told.expected.contains("a day like"), "{told}");
    assert!(said("action", "starts", "2026-11-22").is_err(), "whoever comes has to know the hour");
}
