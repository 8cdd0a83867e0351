//! A kind that exists in this file alone works everywhere: at two nodes, through the API, as a table, in the descriptions.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use grid_node::serve::{ServeConfig, Serving};
use grid_node::setup::Signing;
use grid_protocol::record::{DateTime, Kind, Record, Registry};
use grid_tests::api;
use grid_tests::grid::{Member, until_equal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const TCP: &[&str] = &["/ip4/127.0.0.1/tcp/0"];

/// An orchard where others may pick.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "orchard", "plural": "orchards", "title": "name", "rule": "owner", "section": "own", "identity": ["name"]
}))]
struct Orchard {
    /// What people call it.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    name: String,
    /// How to pick there.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    rules: String,
    /// When picking begins.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    opens: Option<DateTime>,
    /// What grows there.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    fruit: BTreeSet<String>,
    /// How many trees there are.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    trees: Option<f64>,
}

impl Record for Orchard {}

fn registry() -> Registry {
    Registry::standard().with(Kind::compile::<Orchard>().unwrap())
}

fn full() -> Value {
    json!({
        "name": "=Old, \"Steep\" Orchard", "rules": "Ask first.\nThen pick.", "opens": "2030-09-01T08:00:00+02:00",
        "fruit": ["apples", "plums, late"], "trees": 42,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_that_know_a_made_up_kind_converge_on_it() {
    let mut a = Member::found("Clean River", TCP).await;
    let mut b = Member::joined("Mill Street", &a.invite().await, Signing::Sign, TCP);
    a.stop().await;
    a.with_kinds(registry());
    b.with_kinds(registry());
    a.start().await;
    b.start().await;
    b.until_members(2).await;
    let orchard = a.write("orchard", full()).await;
    b.until_here(orchard).await;
    assert_eq!(b.text(&orchard, "rules"), "Ask first.\nThen pick.");
    a.edit("orchard", orchard, json!({"rules": "Ask first, always.\nThen pick.", "fruit": ["apples", "pears"]})).await;
    b.until("the edit is here", async |b| {
        (b.text(&orchard, "rules") == "Ask first, always.\nThen pick.").then_some(())
    })
    .await;
    until_equal(&[&a, &b]).await;
    let values = |member: &Member| {
        member.handle().look(|views| views.records.row(&orchard).map(|row| row.values.to_json())).unwrap()
    };
    assert_eq!(values(&a), values(&b));
    assert_eq!(values(&b)["fruit"], json!(["apples", "pears"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_serves_a_made_up_kind_with_table_schema_and_description() {
    let mut founder = Member::found("Clean River", TCP).await;
    founder.stop().await;
    let home = founder.path();
    let config = ServeConfig {
        listen: vec![TCP[0].to_owned()],
        announce: Vec::new(),
        shared_networks: Vec::new(),
        http: None,
        registry: Some(registry()),
        passphrase: None,
    };
    let serving = Serving::start(&home, config).await.unwrap();

    let (status, made) = api::request_json(&home, "POST", "/api/records/orchard", json!({"fields": full()})).await;
    assert_eq!(status, 201, "{made}");
    let one = format!("/api/records/orchard/{}", made["id"].as_str().unwrap());
    let (status, changed) = api::request_json(&home, "PATCH", &one, json!({"fields": {"trees": 43}})).await;
    assert_eq!(status, 200, "{changed}");
    let (_, shown) = api::request_json(&home, "GET", &one, json!(null)).await;
    assert_eq!((&shown["name"], &shown["trees"]), (&full()["name"], &json!(43)));
    assert_eq!(shown["fruit"], full()["fruit"]);
    let (_, list) = api::request_json(&home, "GET", "/api/records/orchard?text=steep", json!(null)).await;
    assert_eq!(list["total"], 1);
    let (status, refused) =
        api::request_json(&home, "POST", "/api/records/orchard", json!({"fields": {"trees": "many"}})).await;
    assert_eq!((status, &refused["error"]["code"]), (400, &json!("invalid")), "{refused}");

    let export = "/api/records/orchard/export?format=csv";
    let csv = api::request(&home, "GET", export, "text/csv", "").await.body;
    assert!(!csv.contains("\n=Old") && !csv.contains("\n\"=Old") && !csv.contains(",=Old"), "{csv}");
    let import = "/api/records/orchard/import";
    let answer = api::request(&home, "POST", import, "text/csv", &csv).await;
    let report = answer.json();
    assert_eq!((answer.status, &report["unchanged"], &report["bad"]), (200, &json!(1), &json!([])), "{report}");
    let more = csv.lines().next().unwrap().to_owned() + "\n,Young Orchard,,,quinces,7\n";
    let report = api::request(&home, "POST", import, "text/csv", &more).await.json();
    assert_eq!((&report["created"], &report["bad"]), (&json!(1), &json!([])), "{report}");

    let (_, schema) = api::request_json(&home, "GET", "/api/schema/orchard", json!(null)).await;
    assert!(schema.to_string().contains("What grows there."), "{schema}");
    let (_, kinds) = api::request_json(&home, "GET", "/api/kinds", json!(null)).await;
    assert!(kinds.to_string().contains("\"orchard\""), "{kinds}");
    let (_, described) = api::request_json(&home, "GET", "/openapi.json", json!(null)).await;
    for path in ["/api/records/orchard", "/api/records/orchard/{id}", "/api/records/orchard/import"] {
        assert!(described["paths"][path].is_object(), "{path}");
    }
    assert!(described["components"]["schemas"]["record.orchard"]["properties"]["fruit"].is_object());
    serving.until(std::future::ready(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_does_not_know_a_kind_carries_its_records_on() {
    let mut a = Member::found("Clean River", TCP).await;
    let b = Member::join("Mill Street", &a.invite().await, Signing::Sign, TCP).await;
    b.until_members(2).await;
    let mut c = Member::joined("Upper Lake", &a.invite().await, Signing::Sign, TCP);
    a.stop().await;
    a.with_kinds(registry());
    a.start().await;
    let orchard = a.write("orchard", full()).await;
    until_equal(&[&a, &b]).await;
    a.stop().await;
    c.with_kinds(registry());
    c.start().await;
    // The invite may be older than the address of the one that is left.
    c.handle().dial(b.status().await.listen[0].clone()).await.unwrap();
    c.until("the record came through a node that can't read it", async |c| {
        (c.text(&orchard, "rules") == "Ask first.\nThen pick.").then_some(())
    })
    .await;
}
