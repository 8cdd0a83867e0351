//! Edits that met of fields in which one word gives less away than the others: that word counts.

use super::{copy, document, merge, try_write, write_json};
use crate::record::{Audience, Kind, Patch, Registry, Value};
use automerge::transaction::Transactable;
use automerge::{Automerge, ROOT};
use serde_json::{Value as Json, json};

fn kind(name: &str) -> &'static Kind {
    Registry::standard().kind(name).unwrap()
}

/// What two devices read after each wrote one of these without knowing of the other, in either order.
fn met(kind: &Kind, first: &Json, one: &Json, other: &Json) -> [Json; 2] {
    [(one, other), (other, one)].map(|(one, other)| {
        let mut here = document(1);
        write_json(kind, &mut here, first.clone());
        let mut there = copy(&here, 2);
        write_json(kind, &mut here, one.clone());
        write_json(kind, &mut there, other.clone());
        merge(kind, &mut here, &mut there).values.to_json()
    })
}

#[test]
fn of_readers_and_voices_that_met_the_narrower_counts_whoever_said_it() {
    let public = json!({"readers": "public"});
    let event = |narrow: Json| met(kind("event"), &json!({"title": "Call"}), &public, &narrow);
    // Said as it stood anyway, it is said all the same.
    assert!(event(json!({"readers": "coalition"})).iter().all(|read| read["readers"] == "coalition"));
    assert!(event(json!({"readers": null})).iter().all(|read| read["readers"] == "coalition"), "and so is it emptied");
    // Nothing was said of it.
    assert!(event(json!({"title": "The call"})).iter().all(|read| read["readers"] == "public"));
    let open = json!({"title": "Call", "readers": "public"});
    let cleared = met(kind("event"), &open, &json!({"readers": null}), &json!({"link": "https://a.example"}));
    assert!(cleared.iter().all(|read| read["readers"] == "coalition"));
    for name in ["action", "message", "mode", "moment", "alert"] {
        let first = if name == "message" { json!({"text": "Vigil"}) } else { json!({"title": "Vigil"}) };
        let first = if kind(name).field("title").is_some() { json!({"title": "Vigil"}) } else { first };
        let read = met(kind(name), &first, &json!({"voice": "network"}), &json!({"voice": "group"}));
        assert!(read.iter().all(|read| read["voice"] == "group"), "{name}: {read:?}");
    }
}

#[test]
fn a_no_counts_beside_a_yes_by_whatever_program_it_was_written() {
    let person = kind("person");
    let say = |doc: &mut Automerge, agreed: bool| {
        let mut transaction = doc.transaction();
        // To Automerge a value beside an equal one would be no change.
        transaction.delete(ROOT, "agreed").unwrap();
        transaction.put(ROOT, "agreed", agreed).unwrap();
        transaction.commit();
    };
    // Whichever of the two Automerge takes.
    for here_says in [true, false] {
        let mut here = document(1);
        write_json(person, &mut here, json!({"name": "Ann", "agreed": true}));
        let mut there = copy(&here, 2);
        say(&mut here, here_says);
        say(&mut there, !here_says);
        let read = merge(person, &mut here, &mut there);
        assert_eq!(read.values.get("agreed"), Some(&Value::Flag(false)));
        let contests = person.contests(&here);
        assert_eq!(contests[0].shown.value, Some(Value::Flag(false)));
        assert_eq!(contests[0].others[0].value, Some(Value::Flag(true)));
        // Whoever knows of both decides.
        say(&mut here, true);
        assert_eq!(person.read(&here).values.get("agreed"), Some(&Value::Flag(true)));
    }
}

#[test]
fn the_public_reads_nothing_of_what_may_not_say_that_it_is_public() {
    let event = kind("event");
    let [one, other] =
        met(event, &json!({"title": "Caucus"}), &json!({"readers": "public"}), &json!({"body": "a".repeat(52)}));
    assert_eq!((&one["readers"], &one["body"]), (&json!("public"), &other["body"]), "each kept to the rule");
    let values = Patch::from_json(event, &one).unwrap().values();
    assert!(!event.lets_read(&values, &[], Audience::Public) && event.lets_read(&values, &[], Audience::Coalition));
    let open = Patch::from_json(event, &json!({"title": "Fair", "readers": "public"})).unwrap();
    assert!(event.lets_read(&open.over(event, event.defaults()), &[], Audience::Public));
}

#[test]
fn an_event_of_a_body_stays_inside_whatever_else_is_wrong_with_it() {
    let event = kind("event");
    let at = |hour: &str| format!("2026-11-22T{hour}:00Z");
    let first = json!({"title": "Caucus", "starts": at("10:00"), "ends": at("12:00")});
    let open = json!({"starts": at("11:30"), "readers": "public"});
    let values = |read: &Json| Patch::from_json(event, read).unwrap().values();
    for read in met(event, &first, &open, &json!({"ends": at("11:00"), "body": "a".repeat(52)})) {
        let complaint = event.check(&values(&read)).unwrap_err();
        assert_eq!(complaint.fields, ["readers", "body"], "that comes before its hours: {complaint:?}");
        assert!(
            !event.lets_read(&values(&read), &[], Audience::Public)
                && event.lets_read(&values(&read), &[], Audience::Coalition)
        );
    }
    // What breaks a rule is not for the public before somebody has looked at it, whichever rule that is.
    for read in met(event, &first, &open, &json!({"ends": at("11:00")})) {
        assert_eq!(event.check(&values(&read)).unwrap_err().fields, ["starts", "ends"]);
        assert!(!event.lets_read(&values(&read), &[], Audience::Public));
    }
    for read in met(event, &first, &open, &json!({"ends": at("11:45")})) {
        assert!(event.lets_read(&values(&read), &[], Audience::Public));
    }
}

#[test]
fn what_is_written_once_may_be_said_later_and_then_stands() {
    let action = kind("action");
    let mut here = document(1);
    write_json(action, &mut here, json!({"title": "Walk"}));
    let from = |letter: &str| json!({"copied_from": letter.repeat(51) + "a"});
    write_json(action, &mut here, from("b"));
    let mut change = |json: Json| try_write(action, &mut here, &Patch::from_json(action, &json).unwrap());
    assert_eq!(change(from("b")).unwrap(), 0);
    for json in [from("c"), json!({"copied_from": null})] {
        let error = change(json).unwrap_err();
        assert!(error.to_string().contains("as it was said first") && error.hint().is_some(), "{error}");
    }
    assert_eq!(change(json!({"title": "Silent walk"})).unwrap(), 1);
}
