//! A kind that exists nowhere else gets everything from its struct, without another line.

use super::{copy, document, merge, write, write_json};
use crate::record::{
    Complaint, Coordinates, DateTime, FieldType, ImportOptions, ImportPlan, Kind, Many, Money, Patch, Reading, Record,
    Registry, Singleton, TableRow, WriteRule, export_csv,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// A boat that others may borrow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "boat", "plural": "boats", "title": "name", "rule": "owner", "section": "own", "verbs": ["borrow"],
    "identity": ["name", "mooring"]
}))]
pub(super) struct Boat {
    /// What is painted on it.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Vessel"]}))]
    name: String,
    /// How to handle it.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    manual: String,
    /// Its papers.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "link"}))]
    papers: String,
    /// When it may first be borrowed.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    free_from: Option<DateTime>,
    /// Where it lies.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "place"}))]
    mooring: String,
    /// The point on the chart.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    berth: Option<Coordinates>,
    /// What is on board.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    gear: BTreeSet<String>,
    /// What moves it.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    drive: Drive,
    /// The boat it was built after.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "reference", "of": "boat"}))]
    built_after: String,
    /// Its length in metres.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    length: Option<f64>,
    /// Whether it floats.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    floats: Option<bool>,
    /// What a day costs.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    day_rate: Option<Money>,
}

/// What moves a boat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Drive {
    /// Arms.
    #[default]
    Oars,
    /// Wind.
    Sails,
    /// The current.
    CurrentOnly,
}

impl Record for Boat {
    fn check(&self) -> Result<(), Complaint> {
        match self.length {
            Some(length) if length <= 0.0 => {
                Err(Complaint { fields: &["length"], message: "length: expected more than nothing".to_owned() })
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn boat() -> Kind {
    Kind::compile::<Boat>().unwrap()
}

/// Every field filled, in the text form of a command line.
fn flags() -> Vec<(&'static str, &'static str)> {
    vec![
        ("name", "Heron"),
        ("manual", "Bail first.\nThen row."),
        ("papers", "https://example.org/heron?a=1&b=2"),
        ("free-from", "2026-11-30T10:00:00+11:00[Australia/Sydney]"),
        ("mooring", "Old jetty, Wendle"),
        ("berth", "-28.81,153.28"),
        ("gear", "oars"),
        ("gear", "rope, long; anchor"),
        ("drive", "current-only"),
        ("built-after", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("length", "4.25"),
        ("floats", "no"),
        ("day-rate", "12.50 AUD"),
    ]
}

fn full() -> Patch {
    Patch::from_flags(&boat(), flags()).unwrap()
}

#[test]
fn a_made_up_kind_is_compiled_from_its_struct() {
    let registry = Registry::standard().with(boat());
    let kind = registry.kind("boat").unwrap();
    assert_eq!((kind.plural.as_str(), kind.rule, kind.singleton), ("boats", WriteRule::Owner, Singleton::Many));
    assert_eq!(kind.about, "A boat that others may borrow.");
    assert_eq!(kind.verbs, ["borrow"]);
    let types: Vec<_> = kind.fields.iter().map(|field| (&*field.name, field.field_type.name())).collect();
    assert_eq!(
        types,
        [
            ("name", "line"),
            ("manual", "text"),
            ("papers", "link"),
            ("free_from", "date-time"),
            ("mooring", "place"),
            ("berth", "coordinates"),
            ("gear", "tags"),
            ("drive", "choice"),
            ("built_after", "reference"),
            ("length", "number"),
            ("floats", "flag"),
            ("day_rate", "money"),
        ]
    );
    assert!(
        matches!(&kind.field("drive").unwrap().field_type, FieldType::Choice(words) if words[2].word == "current_only")
    );
    assert_eq!(kind.defaults().to_json(), json!({"drive": "oars"}));
}

#[test]
fn a_made_up_kind_has_a_schema_and_flags() {
    let kind = boat();
    let schema = kind.schema();
    assert_eq!(schema["required"], json!(["name"]));
    assert_eq!(schema["properties"]["manual"]["description"], "How to handle it.");
    assert_eq!(schema["properties"]["berth"]["x-grid-audience"], "coalition");
    assert_eq!(schema["properties"]["drive"]["enum"], json!(["oars", "sails", "current_only", null]));
    let flags = kind.flags();
    let named = |name: &str| flags.iter().find(|flag| flag.name == name).unwrap();
    assert_eq!(named("gear").many, Many::Repeated);
    assert_eq!(named("drive").choices, ["oars", "sails", "current_only"]);
    assert!(named("free-from").help.contains("+11:00"));
}

#[test]
fn flags_and_json_make_the_same_patch() {
    let kind = boat();
    let json = json!({
        "name": "Heron",
        "manual": "Bail first.\nThen row.",
        "papers": "https://example.org/heron?a=1&b=2",
        "free_from": "2026-11-30T10:00:00+11:00[Australia/Sydney]",
        "mooring": "Old jetty, Wendle",
        "berth": {"latitude": -28.81, "longitude": 153.28},
        "gear": ["oars", "anchor", "rope, long"],
        "drive": "current_only",
        "built_after": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "length": 4.25,
        "floats": false,
        "day_rate": {"amount": 1250, "currency": "AUD"},
    });
    assert_eq!(Patch::from_json(&kind, &json).unwrap(), full());
}

#[test]
fn what_is_written_is_read_and_reads_as_the_struct() {
    let kind = boat();
    let mut doc = document(1);
    assert_eq!(write(&kind, &mut doc, &full()), 1);
    let reading = kind.read(&copy(&doc, 2));
    assert_eq!(reading.damaged, Vec::new());
    let written = full();
    assert!(written.fields().all(|(name, value)| reading.values.get(name) == value));
    let json = reading.values.to_json();
    let typed: Boat = serde_json::from_value(json.clone()).unwrap();
    assert_eq!((typed.drive, typed.length), (Drive::CurrentOnly, Some(4.25)));
    assert_eq!(Patch::from_json(&kind, &json).unwrap(), full());
    assert_eq!(write(&kind, &mut doc, &full()), 0, "the same once more writes nothing");
}

#[test]
fn a_table_of_it_comes_back_as_it_was() {
    let kind = boat();
    let mut doc = document(1);
    write(&kind, &mut doc, &full());
    let rows = [TableRow { id: String::new(), values: kind.read(&doc).values }];
    let csv = export_csv(&kind, &rows);
    assert!(csv.starts_with("Id,Name,Manual,Papers,Free from,Mooring,Latitude,Longitude,Gear,"), "{csv}");
    let plan = ImportPlan::read(&kind, csv.as_bytes(), &ImportOptions::default()).unwrap();
    assert_eq!(plan.bad, []);
    assert_eq!(plan.rows[0].patch, full());
    assert_eq!(plan.rows[0].key.as_deref(), Some("heron|old jetty wendle"));
    let again = kind.merge_import(&Reading::default(), &plan.rows[0].patch);
    let mut second = document(2);
    write(&kind, &mut second, &again);
    assert_eq!(kind.read(&second).values, kind.read(&doc).values);
}

#[test]
fn two_documents_edited_at_the_same_time_converge() {
    let kind = boat();
    let mut one = document(1);
    write(&kind, &mut one, &full());
    let mut other = copy(&one, 2);
    write_json(
        &kind,
        &mut one,
        json!({"gear": ["oars", "anchor", "flag"], "manual": "Bail first, always.\nThen row."}),
    );
    write_json(
        &kind,
        &mut other,
        json!({"gear": ["oars", "rope, long", "bucket"], "manual": "Bail first.\nThen row home."}),
    );
    write_json(&kind, &mut one, json!({"length": 5}));
    write_json(&kind, &mut other, json!({"floats": true}));
    let values = merge(&kind, &mut one, &mut other).values.to_json();
    assert_eq!(values["gear"], json!(["bucket", "flag", "oars"]));
    assert_eq!(values["manual"], "Bail first, always.\nThen row home.");
    assert_eq!((&values["length"], &values["floats"]), (&json!(5), &json!(true)));
}

#[test]
fn a_rule_between_fields_is_asked_before_writing() {
    let kind = boat();
    let mut doc = document(1);
    let patch = Patch::from_flags(&kind, [("name", "Heron"), ("length", "-1")]).unwrap();
    let error = super::try_write(&kind, &mut doc, &patch).unwrap_err();
    assert_eq!(error.to_string(), "length: expected more than nothing");
    assert!(doc.get_heads().is_empty());
}
