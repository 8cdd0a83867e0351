//! The kinds of the grid, and descriptions that are none.

use super::{document, try_write, write_json};
use crate::record::{Audience, CompileError, Kind, Patch, PatchError, Record, Registry, Singleton, WriteRule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[test]
fn all_kinds_compile_and_say_all_they_must() {
    let names: Vec<_> = Registry::standard().kinds().map(|kind| kind.name.as_str()).collect();
    assert_eq!(names, ["group", "action", "resource", "page", "prospect"]);
    for kind in Registry::standard().kinds() {
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
    assert_eq!(registry.kinds().count(), 5);
    assert_eq!(registry.kind("page").unwrap().plural, "boats");
}

macro_rules! description {
    ($name:ident, $audience:literal, $field:ident: $type:ty) => {
        /// A description.
        #[derive(Default, Serialize, Deserialize, JsonSchema)]
        #[schemars(extend("x-grid" = {"name": "x", "plural": "xs", "title": "name", "rule": "owner"}))]
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
    description!(Narrow, "local", note: String);
    description!(Clashing, "public", group: String);
    description!(Sound, "public", kind: Option<String>);
    let shape = Kind::compile::<Nested>().unwrap_err();
    assert!(matches!(&shape, CompileError::Shape { place, .. } if place == "Nested.numbers"), "{shape}");
    let audience = Kind::compile::<Narrow>().unwrap_err();
    assert!(audience.to_string().contains("audience"), "{audience}");
    assert!(matches!(Kind::compile::<Clashing>(), Err(CompileError::Reserved { .. })));
    assert!(Kind::compile::<Sound>().is_ok());
}
