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
