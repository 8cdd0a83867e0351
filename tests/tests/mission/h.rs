//! H. Safety, privacy, endurance.

use grid_tests::mission::{Pair, each};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn h05_an_alias_hides_the_place_and_a_block_holds_after_sync() {
    let pair = Pair::new().await;
    let owl = json!({"name": "Owl", "agreed": true, "alias": true, "whereabouts": "Ballina"});
    let error =
        pair.mill.refused("person", json!({"name": "Owl", "agreed": true, "alias": true, "place": "Ballina"})).await;
    assert!(error["message"].as_str().unwrap().contains("alias"), "{error}");
    pair.mill.new("person", owl).await;
    pair.settle().await;
    let found = pair.river.ask("find", "people", &[("text", "owl")]).await;
    assert_eq!((each(&found, "name"), &found[0]["place"]), (vec!["Owl".to_owned()], &json!(null)));
    assert!(pair.river.ask("find", "people", &[("text", "ballina")]).await.is_empty());
    let hide = json!({"what": "Mill Street", "sort": "group", "of_group": pair.mill.group().await});
    pair.river.new("hiding", hide).await;
    pair.mill.new("action", json!({"title": "Soup at the gate"})).await;
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
