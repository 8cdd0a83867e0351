//! H. Safety, privacy, endurance.

use grid_tests::mission::{Pair, each};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn h01_each_field_that_is_stored_is_in_the_policy() {
    let pair = Pair::new().await;
    let policy = pair.mill.ask("privacy", "fields", &[]).await;
    for kind in grid_protocol::record::Registry::standard().kinds() {
        for field in &kind.fields {
            let of = |row: &&serde_json::Value| row["kind"] == json!(kind.name) && row["field"] == json!(&*field.name);
            let row = policy.iter().find(of).unwrap_or_else(|| panic!("{} {}", kind.name, field.name));
            assert_eq!(row["audience"], json!(field.audience.to_string()));
            assert_eq!(row["purpose"], json!(field.about));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h03_a_review_of_threats_is_due_until_it_is_done() {
    let pair = Pair::new().await;
    let review = pair.river.new("review", json!({"title": "Our doors", "threats": "theft"})).await;
    pair.settle().await;
    assert_eq!(each(&pair.mill.ask("reviews", "due", &[]).await, "why"), ["it names no measure"]);
    let done = json!({"measures": "locks", "partners": ["Mill Street"], "again": "2126-01-10T10:00:00Z"});
    pair.river.edit("review", &review, done).await;
    pair.settle().await;
    assert!(pair.mill.ask("reviews", "due", &[]).await.is_empty());
    assert_eq!(each(&pair.mill.ask("reviews", "fresh", &[]).await, "partners"), ["Mill Street"]);
}
