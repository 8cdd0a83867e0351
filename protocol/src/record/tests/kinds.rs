//! The kinds of the grid, and descriptions that are none.

use super::{document, try_write, write_json};
use crate::document::KindName;
use crate::record::{
    Audience, CompileError, Kind, Patch, PatchError, Reader, Reading, Record, RecordHome, Registry, Singleton, Targets,
    Value, WriteRule,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn a_point_at_which_people_live_is_kept_to_a_kilometre_and_where_people_come_to_as_it_is() {
    let given = json!({"latitude": -28.812345, "longitude": 153.287654});
    let kept = |kind: &str, json: &serde_json::Value| {
        let kind = Registry::standard().kind(kind).unwrap();
        let patch = Patch::from_json(kind, &json!({"coordinates": json})).unwrap();
        patch.get("coordinates").flatten().unwrap().to_json()
    };
    for kind in ["group", "person", "prospect", "need", "asset"] {
        let about = json!({"latitude": -28.81, "longitude": 153.29});
        assert_eq!(kept(kind, &given), about, "{kind}");
        assert_eq!(kept(kind, &json!("-28.812345,153.287654")), about, "{kind}");
        let field = Registry::standard().kind(kind).unwrap().field("coordinates").unwrap();
        let written_before = field.from_stored_json(&given).unwrap().unwrap();
        assert_eq!(written_before.to_json(), given, "what was written before stands");
        let mut set = Patch::default();
        set.set(Registry::standard().kind(kind).unwrap(), "coordinates", Some(written_before)).unwrap();
        assert_eq!(set.get("coordinates").flatten().unwrap().to_json(), about);
    }
    for kind in ["action", "event", "place", "moment", "alert", "case", "unit"] {
        assert_eq!(kept(kind, &given), given, "{kind}");
    }
    assert_eq!(kept("person", &json!("-0.001,0.004")), json!({"latitude": 0.0, "longitude": 0.0}), "one zero");
}

#[test]
fn all_kinds_compile_and_say_all_they_must() {
    let names: Vec<_> = Registry::standard().kinds().map(|kind| kind.name.as_str()).collect();
    assert!(names.len() > 50, "{names:?}");
    let distinct: BTreeSet<&str> =
        Registry::standard().kinds().map(|kind| kind.plural.as_str()).chain(names.clone()).collect();
    assert_eq!(distinct.len(), 2 * names.len(), "two kinds share a name");
    for kind in Registry::standard().kinds() {
        assert!(kind.name.parse::<KindName>().is_ok(), "{}", kind.name);
        for targets in kind.fields.iter().filter_map(|field| field.field_type.targets()) {
            let Targets::Of(kinds) = targets else { continue };
            assert!(kinds.iter().all(|target| names.contains(&target.as_str())), "{} refers to {targets}", kind.name);
        }
        assert!(kind.schema()["properties"].as_object().is_some_and(|fields| fields.len() == kind.fields.len()));
        assert!(kind.fields.iter().all(|field| !field.about.is_empty() && !field.about.contains("x-grid")));
    }
    let kind = |name: &str| Registry::standard().kind(name).unwrap();
    assert_eq!((kind("group").singleton, kind("group").rule), (Singleton::OncePerGroup, WriteRule::Owner));
    assert_eq!(kind("page").rule, WriteRule::Members);
    let imported = kind("group").imports_as.as_deref().and_then(|name| Registry::standard().kind(name)).unwrap();
    assert_eq!((imported.name.as_str(), &imported.identity), ("prospect", &kind("group").identity));
    assert_eq!(kind("prospect").field("name").unwrap().audience, Audience::Coalition);
    assert!(
        kind("resource").flags().iter().any(|flag| flag.name == "kind" && flag.choices.contains(&"guide".to_owned()))
    );
}

#[test]
fn an_action_that_ends_before_it_starts_is_refused() {
    let kind = Registry::standard().kind("action").unwrap();
    let mut doc = document(1);
    let flags = [("title", "Vigil"), ("starts", "2026-11-30T10:00:00+11:00"), ("ends", "2026-11-29T22:59:59Z")];
    let error = try_write(kind, &mut doc, &Patch::from_flags(kind, flags).unwrap()).unwrap_err();
    assert!(matches!(&error, PatchError::Rule(complaint) if complaint.fields == ["starts", "ends"]), "{error}");
    write_json(
        kind,
        &mut doc,
        json!({"title": "Vigil", "starts": "2026-11-30T10:00:00+11:00", "ends": "2026-11-29T23:00:00Z"}),
    );
}

#[test]
fn what_comes_back_leaves_out_only_days_that_it_has_and_not_all_of_them() {
    let kind = Registry::standard().kind("event").unwrap();
    let call = |repeats: &str, except: &[&str]| json!({"title": "Call", "starts": "2026-11-30T10:00:00+11:00", "repeats": repeats, "except": except});
    let ended = Patch::from_json(kind, &call("FREQ=WEEKLY;UNTIL=20261129", &[])).unwrap();
    assert!(try_write(kind, &mut document(1), &ended).unwrap_err().to_string().contains("no time is left"));
    for (repeats, except, said) in [
        ("", ["2026-12-07"], "clear except too"),
        ("weekly", ["2026-12-01"], "2026-12-01 is no day on which it comes back"),
        ("FREQ=WEEKLY;COUNT=2", ["2026-12-14"], "2026-12-14 is no day"),
        ("FREQ=WEEKLY;COUNT=1", ["2026-11-30"], "no time is left"),
    ] {
        let patch = Patch::from_json(kind, &call(repeats, &except)).unwrap();
        let error = try_write(kind, &mut document(1), &patch).unwrap_err().to_string();
        assert!(error.contains(said), "{repeats} {except:?}: {error}");
    }
    let mut doc = document(1);
    write_json(kind, &mut doc, call("weekly", &["2026-11-30", "2126-12-02"]));
    let error = try_write(kind, &mut doc, &Patch::from_json(kind, &json!({"repeats": null})).unwrap()).unwrap_err();
    assert!(error.to_string().contains("clear except too"), "{error}");
    write_json(kind, &mut doc, json!({"repeats": null, "except": null}));
}

#[test]
fn a_role_is_one_of_five() {
    let kind = Registry::standard().kind("group").unwrap();
    let mut doc = document(1);
    write_json(kind, &mut doc, json!({"name": "Wendle Wardens", "roles": ["weaver", "driver"]}));
    let patch = Patch::from_json(kind, &json!({"roles": ["boss"]})).unwrap();
    assert!(try_write(kind, &mut doc, &patch).unwrap_err().to_string().contains("boss"));
}

#[test]
fn a_new_kind_takes_the_place_of_one_with_its_name() {
    let mut kind = super::made_up_kind::boat();
    kind.name = "page".to_owned();
    let registry = Registry::standard().with(kind);
    assert_eq!(registry.kinds().count(), Registry::standard().kinds().count());
    assert_eq!(registry.kind("page").unwrap().plural, "boats");
}

macro_rules! description {
    ($name:ident, $audience:literal, $field:ident: $type:ty) => {
        /// A description.
        #[derive(Default, Serialize, Deserialize, JsonSchema)]
        #[schemars(extend("x-grid" = {"name": "x", "plural": "xs", "title": "name", "rule": "owner", "section": "own"}))]
        struct $name {
            /// A name.
            #[schemars(extend("x-grid" = {"audience": "public"}))]
            name: String,
            /// A field.
            #[schemars(extend("x-grid" = {"audience": $audience}))]
            $field: $type,
        }
        impl Record for $name {}
    };
}

#[test]
fn a_description_that_is_no_kind_is_refused_with_its_place() {
    description!(Nested, "public", numbers: Vec<f64>);
    description!(Narrow, "friends", note: String);
    description!(Mixed, "local", note: String);
    description!(Clashing, "public", group: String);
    description!(Sound, "public", kind: Option<String>);
    let shape = Kind::compile::<Nested>().unwrap_err();
    assert!(matches!(&shape, CompileError::Shape { place, .. } if place == "Nested.numbers"), "{shape}");
    let audience = Kind::compile::<Narrow>().unwrap_err();
    assert!(audience.to_string().contains("audience"), "{audience}");
    assert!(matches!(Kind::compile::<Clashing>(), Err(CompileError::Reserved { .. })));
    assert!(Kind::compile::<Sound>().is_ok());
    assert!(Kind::compile::<Mixed>().is_ok());
}

fn kind(name: &str) -> &'static Kind {
    Registry::standard().kind(name).unwrap()
}

fn refused(name: &str, fields: &serde_json::Value) -> String {
    let kind = kind(name);
    let patch = Patch::from_json(kind, fields).unwrap();
    try_write(kind, &mut document(1), &patch).unwrap_err().to_string()
}

#[test]
fn nobody_is_listed_without_having_agreed_and_an_alias_shows_no_place() {
    assert!(refused("person", &json!({"name": "A. Novak"})).contains("agreed"));
    assert!(
        refused("person", &json!({"name": "Heron", "agreed": true, "alias": true, "place": "Hollin"}))
            .contains("alias")
    );
    write_json(kind("person"), &mut document(1), json!({"name": "Heron", "agreed": true, "alias": true}));
}

#[test]
fn a_frozen_draft_takes_no_other_text() {
    let kind = kind("draft");
    let mut doc = document(1);
    write_json(kind, &mut doc, json!({"title": "Unity", "text": "We act together."}));
    let freeze = |text: &str| json!({"status": "frozen", "frozen_hash": text});
    let mut try_it = |fields: serde_json::Value| try_write(kind, &mut doc, &Patch::from_json(kind, &fields).unwrap());
    let told = try_it(freeze("00")).unwrap_err().to_string();
    let hash = told.split("frozen_hash ").nth(1).unwrap().split(';').next().unwrap().to_owned();
    try_it(freeze(&hash)).unwrap();
    assert!(try_it(json!({"text": "We act alone."})).unwrap_err().to_string().contains("another draft"));
    assert!(try_it(json!({"status": "open"})).unwrap_err().to_string().contains("another draft"));
}

#[test]
fn what_is_for_few_readers_is_kept_apart_from_what_travels() {
    let tie = kind("tie");
    assert_eq!((tie.home(), kind("supporter").home()), (RecordHome::Log, RecordHome::Here));
    let group = crate::id::DocumentId([7; 32]).to_string();
    let patch = Patch::from_json(tie, &json!({"with": group, "note": "She is afraid."})).unwrap();
    let error = try_write(tie, &mut document(1), &patch).unwrap_err();
    assert!(matches!(&error, PatchError::NotForOthers { field, .. } if &**field == "note"), "{error}");
    let (log, here) = patch.split(tie);
    assert_eq!((log.fields().count(), here.fields().count()), (1, 1));
    assert!(here.get("note").is_some());
    try_write(tie, &mut document(1), &log).unwrap();
}

#[test]
fn a_field_for_few_readers_is_never_read_from_a_document() {
    use automerge::transaction::Transactable as _;
    let mut doc = document(1);
    let mut transaction = doc.transaction();
    let group = crate::id::DocumentId([7; 32]).to_string();
    transaction.put(automerge::ROOT, "with", group.as_str()).unwrap();
    transaction.put(automerge::ROOT, "title", "Ana and Bo").unwrap();
    transaction.put(automerge::ROOT, "on", "not a day").unwrap();
    let note = transaction.put_object(automerge::ROOT, "note", automerge::ObjType::Text).unwrap();
    transaction.splice_text(&note, 0, 0, "forged").unwrap();
    transaction.commit();
    let reading = kind("tie").read(&doc);
    let texts = |reading: &Reading| ["with", "title", "note"].map(|field| reading.values.text(field).to_owned());
    assert_eq!(texts(&reading), [group.as_str(), "", ""]);
    assert_eq!(reading.damaged.iter().map(|name| &**name).collect::<Vec<_>>(), ["on"]);
    // Its own group goes on reading what an earlier program sent when the field was for more.
    assert_eq!(texts(&kind("tie").read_as(&doc, Reader::Owner)), [group.as_str(), "Ana and Bo", "forged"]);
}

#[test]
fn sets_of_references_merge_and_hold_only_ids() {
    let introduction = kind("introduction");
    let ids: Vec<String> = (1..=3).map(|id| crate::id::DocumentId([id; 32]).to_string()).collect();
    let mut one = document(1);
    write_json(introduction, &mut one, json!({"why": "Two", "people": [ids[0]]}));
    let mut other = super::copy(&one, 2);
    write_json(introduction, &mut one, json!({"people": [ids[0], ids[1]]}));
    write_json(introduction, &mut other, json!({"people": [ids[0].to_uppercase(), ids[2]]}));
    one.merge(&mut other).unwrap();
    let read = introduction.read(&one);
    assert_eq!(read.values.get("people").and_then(Value::as_tags).unwrap().len(), 3);
    let error = Patch::from_json(introduction, &json!({"people": ["Ana"]})).unwrap_err();
    assert!(error.to_string().contains("ids of records"), "{error}");
}
