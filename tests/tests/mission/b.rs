//! B. People and ties.

use grid_tests::mission::Pair;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn b07_the_note_of_a_meeting_never_leaves_the_node() {
    let pair = Pair::new().await;
    let met = json!({"title": "Ana and Bo", "on": "2026-10-01T18:00:00Z", "every_days": 30, "note": "Bo is afraid."});
    let tie = pair.mill.new("tie", met).await;
    pair.settle().await;
    assert_eq!(pair.mill.show("tie", &tie).await["note"], "Bo is afraid.");
    let seen = pair.river.show("tie", &tie).await;
    assert_eq!((&seen["title"], &seen["note"]), (&json!("Ana and Bo"), &json!(null)));
    // The note is as durable as anything else.
    let mill = pair.mill.restarted().await;
    assert_eq!(mill.show("tie", &tie).await["note"], "Bo is afraid.");
    mill.edit("tie", &tie, json!({"note": null, "title": "Ana and Bo, again"})).await;
    let shown = mill.show("tie", &tie).await;
    assert_eq!((&shown["title"], &shown["note"]), (&json!("Ana and Bo, again"), &json!(null)));
}
