//! E. Actions.

use grid_tests::mission::{Pair, each};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn e03_a_group_hides_a_tactic_without_blocking_it() {
    let pair = Pair::new().await;
    pair.river.new("action", json!({"title": "Sit-in", "tactics": ["Blockade"]})).await;
    pair.river.new("action", json!({"title": "Letters", "tactics": ["letter"]})).await;
    pair.mill.new("hiding", json!({"what": "blockade", "sort": "tactic"})).await;
    pair.settle().await;
    assert_eq!(each(&pair.mill.list("action", "").await, "title"), ["Letters"]);
    assert_eq!(pair.mill.list("action", "hidden=yes").await.len(), 2);
    assert_eq!(pair.river.list("action", "").await.len(), 2);
    assert!(pair.river.list("hiding", "").await.is_empty(), "nobody is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn e01_an_action_is_seen_on_every_node() {
    let pair = Pair::new().await;
    let action = json!({"title": "Vigil", "place": "Hollin", "ask": "Come.", "starts": "2126-05-01T18:00:00+10:00"});
    let action = pair.mill.new("action", action).await;
    pair.settle().await;
    let seen = pair.river.show("action", &action).await;
    assert_eq!((&seen["title"], &seen["place"], &seen["ask"]), (&json!("Vigil"), &json!("Hollin"), &json!("Come.")));
    assert_eq!(seen["group_name"], "Mill Street");
}

#[tokio::test(flavor = "multi_thread")]
async fn e05_an_answer_that_was_given_offline_arrives_once() {
    let pair = Pair::new().await;
    let action = pair.river.new("action", json!({"title": "Vigil"})).await;
    pair.settle().await;
    let mut mill = pair.mill;
    pair.river.member.handle().hang_up().await.unwrap();
    let invited_by = pair.river.group().await;
    let joins = json!({"of": action, "sort": "join", "people": 7, "invited_by": invited_by});
    mill.new("support", joins).await;
    mill = mill.restarted().await;
    grid_tests::grid::until_equal(&[&pair.river.member, &mill.member]).await;
    let seen = pair.river.list("support", &format!("of={action}")).await;
    assert_eq!(seen.len(), 1);
    assert_eq!((&seen[0]["people"], &seen[0]["referred"][&invited_by]), (&json!(7), &json!("Clean River")));
    assert_eq!(pair.river.show("action", &action).await["counts"], json!({"support": 1}));
}

#[tokio::test(flavor = "multi_thread")]
async fn e08_a_copied_action_shows_where_it_comes_from() {
    let pair = Pair::new().await;
    let first = pair.river.new("action", json!({"title": "Night of lights"})).await;
    pair.settle().await;
    let copy = pair.mill.new("action", json!({"title": "Our night of lights", "copied_from": first})).await;
    pair.settle().await;
    let seen = pair.river.show("action", &copy).await;
    assert_eq!((&seen["group_name"], &seen["referred"][&first]), (&json!("Mill Street"), &json!("Night of lights")));
}
