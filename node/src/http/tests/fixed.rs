//! What is there beside records: status, invites, statement, kinds.

use super::*;
use crate::handle::{FaultRow, Findings, Whose};
use crate::view::{FaultyDevice, PeerPath, PeerRow, PeerState, Unreadable};

/// One finding of each sort.
pub(super) fn findings() -> Findings {
    let fault = FaultRow {
        name: "double_vouch",
        whose: Whose::Others,
        what: "Two vouches.".into(),
        hint: "Ask them.".into(),
        group: Some(THEM),
        device: None,
    };
    let faulty = FaultyDevice {
        device: DEVICE,
        group: Some(THEM),
        name: Some("Clean River".into()),
        changes: 3,
        rule: "a rule".into(),
        record: DocumentId(id(11)),
    };
    let unreadable = Unreadable { record: DocumentId(id(12)), kind: Some("action".into()), why: "it panicked".into() };
    Findings { faults: vec![fault], faulty_devices: vec![faulty], unreadable: vec![unreadable] }
}

/// As many as a coalition has of which most are away.
pub(super) fn peers() -> Vec<PeerRow> {
    let peer = |number: u64| PeerRow {
        group: Some(THEM),
        name: Some(format!("Group {number}")),
        device: Some(DEVICE),
        path: PeerPath::None,
        address: None,
        sync: PeerState::Offline,
        last_seen: Some(Timestamp(number)),
        fault: None,
    };
    (0..45).map(peer).collect()
}

#[tokio::test]
async fn the_status_names_some_of_many_peers_and_counts_all_which_have_pages_of_their_own() {
    let grid = Grid::start().await;
    let names = |items: &Json| -> Vec<String> {
        items.as_array().unwrap().iter().map(|peer| peer["name"].as_str().unwrap().to_owned()).collect()
    };
    let some = |from: u64, to: u64| (from..to).map(|number| format!("Group {number}")).collect::<Vec<_>>();
    let status = grid.get("/api/status").await.1;
    assert_eq!((names(&status["peers"]), &status["peers_total"]), (some(0, 20), &json!(45)));
    for (query, expected) in [("", some(0, 45)), ("?limit=2", some(0, 2)), ("?limit=30&offset=30", some(30, 45))] {
        let page = grid.get(&format!("/api/peers{query}")).await.1;
        assert_eq!((names(&page["items"]), &page["total"]), (expected, &json!(45)), "{query}");
    }
    for query in ["limit=1001", "offset=x", "group=y"] {
        assert_eq!(code(&grid.get(&format!("/api/peers?{query}")).await), (400, "invalid"), "{query}");
    }
}

#[tokio::test]
async fn the_status_says_who_broke_which_rule_and_what_cannot_be_read_here() {
    let answer = Grid::start().await.get("/api/status").await.1;
    let (them, record) = (THEM.to_string(), DocumentId(id(12)).to_string());
    let fault = json!({"fault": "double_vouch", "own": false, "what": "Two vouches.", "hint": "Ask them.",
        "group": them, "device": null});
    assert_eq!(answer["faults"], json!([fault]));
    let device = &answer["faulty_devices"][0];
    assert_eq!((&device["name"], &device["changes"]), (&json!("Clean River"), &json!(3)));
    assert_eq!((&device["rule"], &device["group"]), (&json!("a rule"), &json!(them)));
    assert_eq!(answer["unreadable"], json!([{"record": record, "kind": "action", "why": "it panicked"}]));
}

#[tokio::test]
async fn the_status_says_where_the_node_stands() {
    let grid = Grid::start().await;
    let (status, answer) = grid.get("/api/status").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["schema"], 1);
    assert_eq!(answer["coalition"], json!({"id": CoalitionId([4; 32]).to_string(), "name": null}));
    assert_eq!(answer["group"]["name"], "We");
    assert_eq!((&answer["standing"], &answer["standing_why"]), (&json!("refused"), &json!("the invite was used")));
    assert_eq!((&answer["members"], &answer["records"], &answer["pending"]), (&json!(2), &json!(7), &json!(1)));
    assert_eq!(answer["http"], grid.tcp.to_string());
    assert_eq!(answer["state_root"], Digest([5; 32]).to_string());
    let space = &answer["space"];
    assert_eq!(space["held"], json!({"entries": 20_004, "bytes": 20_004_000}));
    assert_eq!(space["last_day"], space["held"]);
    let amount = json!({"entries": 20_000, "bytes": 20_000_000});
    let first = json!({"group": THEM.to_string(), "name": "They", "held": amount, "last_day": amount});
    assert_eq!((&space["groups"][0], &space["groups"][2]), (&first, &Json::Null));
    assert!(space["note"]["what"].as_str().unwrap().contains("is of They"), "{space}");
    assert!(space["note"]["hint"].as_str().unwrap().contains("talk to them"), "{space}");
}

#[tokio::test]
async fn invites_are_made_listed_and_taken_back() {
    let grid = Grid::start().await;
    let made = grid.post("/api/invites", json!({"count": 2})).await.1;
    assert_eq!(made["slots"], json!([0, 1]));
    assert_eq!((&made["invite"], &made["expires"]), (&json!("grid:long"), &json!("1970-01-01T00:00:01Z")));
    let listed = grid.get("/api/invites").await.1;
    let states: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|it| it["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["open", "expired", "used", "revoked"]);
    assert_eq!(listed["items"][2]["name"], "Clean River");
    assert_eq!(grid.ask(Method::DELETE, "/api/invites/0", None).await.0, StatusCode::OK);
    assert_eq!(code(&grid.ask(Method::DELETE, "/api/invites/7", None).await), (404, "not_found"));
    for body in [json!({"count": 0}), json!({"expires_s": 0}), json!({"expires_s": 40_000_000_u64})] {
        assert_eq!(code(&grid.post("/api/invites", body).await), (400, "invalid"));
    }
}

#[tokio::test]
async fn the_statement_comes_with_its_signatures() {
    let grid = Grid::start().await;
    let answer = grid.get("/api/statement").await.1;
    assert_eq!((&answer["title"], &answer["text"]), (&json!("We stand"), &json!("Together.")));
    assert_eq!(answer["signatures"][0]["signed_at"], "1970-01-01T00:00:01Z");
    let sheet = grid.send(Request::builder().uri("/api/statement/sheet").body(nothing()).unwrap()).await;
    assert_eq!(bytes(sheet).await, &b"{\"sheet\": true}"[..]);
    assert_eq!(code(&grid.ask(Method::POST, "/api/statement/signature", None).await), (403, "refused"));
    assert_eq!(code(&grid.ask(Method::DELETE, "/api/statement/signature", None).await), (403, "refused"));
}

#[tokio::test]
async fn every_kind_is_described() {
    let grid = Grid::start().await;
    let answer = grid.get("/api/kinds").await.1;
    let names: Vec<&str> = answer["items"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    let known: Vec<&str> = Registry::standard().kinds().map(|kind| kind.name.as_str()).collect();
    assert_eq!(names, known);
    for name in known {
        let kind = answer["items"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap();
        assert_eq!(grid.get(&format!("/api/schema/{name}")).await.1, kind["schema"]);
        for field in kind["fields"].as_array().unwrap() {
            assert!(!field["help"].as_str().unwrap().is_empty());
        }
    }
}
