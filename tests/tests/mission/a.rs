//! A. Purpose and belonging.

use grid_protocol::domain::STATEMENT_TEXT;
use grid_protocol::id::Digest;
use grid_tests::mission::{Pair, each};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a02_comments_on_a_draft_are_counted_and_a_frozen_text_cannot_change() {
    let pair = Pair::new().await;
    let draft = pair.river.new("draft", json!({"title": "Unity", "text": "We stand together."})).await;
    pair.settle().await;
    pair.mill.new("message", json!({"text": "Say why.", "about": draft, "author": "a neighbour"})).await;
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("drafts", "open", &[]).await, "comments"), ["1"]);
    let hash = Digest::of(STATEMENT_TEXT, b"We stand together.").to_string();
    pair.river.edit("draft", &draft, json!({"status": "frozen", "frozen_hash": hash})).await;
    let error = pair.river.edit_refused("draft", &draft, json!({"text": "We sit together."})).await;
    assert!(error["message"].as_str().unwrap().contains("frozen"), "{error}");
    pair.settle().await;
    let frozen = pair.mill.ask("drafts", "frozen", &[]).await;
    assert_eq!((each(&frozen, "state"), each(&frozen, "frozen_hash")), (vec!["frozen".into()], vec![hash]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a07_whoever_has_no_mandate_is_refused_the_voice_of_the_network() {
    let pair = Pair::new().await;
    let action = json!({"title": "March for the river", "voice": "network"});
    let error = pair.mill.refused("action", action.clone()).await;
    assert!(error["message"].as_str().unwrap().contains("mandate"), "{error}");
    let own = pair.mill.new("action", json!({"title": "Our own march"})).await;
    let claim = json!({"role": "speaker", "scope": "speaker", "from": null, "until": "2126-01-01T00:00:00Z"});
    let mandate = pair.river.post("/api/mandates", claim).await["id"].as_str().unwrap().to_owned();
    pair.river.post(&format!("/api/mandates/{mandate}/endorsement"), json!({})).await;
    let spoken = pair.river.new("action", action).await;
    pair.settle().await;
    let seen = pair.mill.show("action", &spoken).await;
    assert_eq!((&seen["speaks"], &seen["group_name"]), (&json!("network"), &json!("Clean River")));
    let seen = pair.river.show("action", &own).await;
    assert_eq!((&seen["speaks"], &seen["group_name"]), (&json!("group"), &json!("Mill Street")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a10_what_people_need_to_take_part_never_leaves_the_node() {
    let pair = Pair::new().await;
    let event = pair.river.new("event", json!({"title": "Assembly", "starts": "2126-03-01T10:00:00+11:00"})).await;
    pair.settle().await;
    let coming = json!({"event": event, "says": "going", "people": 4, "access_needs": "a ramp, and halal food"});
    let coming = pair.mill.new("attendance", coming).await;
    pair.settle().await;
    let own = pair.mill.show("attendance", &coming).await;
    assert_eq!(own["access_needs"], "a ramp, and halal food");
    assert_eq!(own["stays_here"], json!(["access_needs"]));
    let seen = pair.river.show("attendance", &coming).await;
    assert_eq!((&seen["people"], &seen["called"]), (&json!(4), &json!("Assembly")));
    assert!(!seen.to_string().contains("halal"), "{seen}");
    let changes = pair.river.get(&format!("/api/records/attendance/{coming}/history")).await;
    assert!(!changes.to_string().contains("halal"), "{changes}");
}
