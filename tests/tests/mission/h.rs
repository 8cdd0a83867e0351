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
    let review = pair.river.make("review", json!({"title": "Our doors", "threats": "theft"})).await;
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("reviews", "due", &[]).await, "why"), ["it names no measure"]);
    let done = json!({"measures": "locks", "partners": ["Mill Street"], "again": "2126-01-10T10:00:00Z"});
    pair.river.edit("review", &review, done).await;
    pair.settle().await;
    assert!(pair.mill.ask("reviews", "due", &[]).await.is_empty());
    // What could happen, and what is done about it, is nobody's but the group's.
    let seen = pair.mill.show("review", &review).await;
    assert_eq!((&seen["threats"], &seen["measures"]), (&json!(null), &json!(null)));
    assert_eq!(pair.river.show("review", &review).await["measures"], "locks");
    assert_eq!(each(&pair.mill.ask("reviews", "fresh", &[]).await, "partners"), ["Mill Street"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn h05_an_alias_hides_the_place_and_a_block_holds_after_sync() {
    let pair = Pair::new().await;
    let owl = json!({"name": "Owl", "agreed": true, "alias": true, "whereabouts": "Ballina"});
    let error =
        pair.mill.refused("person", json!({"name": "Owl", "agreed": true, "alias": true, "place": "Ballina"})).await;
    assert!(error["message"].as_str().unwrap().contains("alias"), "{error}");
    pair.mill.make("person", owl).await;
    pair.settle().await;
    let found = pair.river.ask("find", "people", &[("text", "owl")]).await;
    assert_eq!((each(&found, "name"), &found[0]["place"]), (vec!["Owl".to_owned()], &json!(null)));
    assert!(pair.river.ask("find", "people", &[("text", "ballina")]).await.is_empty());
    let hide = json!({"what": "Mill Street", "sort": "group", "of_group": pair.mill.group().await});
    pair.river.make("hiding", hide).await;
    pair.mill.make("action", json!({"title": "Soup at the gate"})).await;
    pair.settle().await;
    for (question, section, words) in [
        ("find", "people", vec![("text", "owl")]),
        ("find", "others", vec![("text", "soup")]),
        ("leaders", "people", vec![]),
    ] {
        assert!(pair.river.ask(question, section, &words).await.is_empty(), "{question}");
    }
    assert_eq!(each(&pair.river.ask("introduce", "isolated", &[]).await, "name"), ["Clean River"]);
}
