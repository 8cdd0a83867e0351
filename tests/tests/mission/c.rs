//! C. Structure and decisions.

use grid_tests::mission::Pair;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn c06_two_edits_of_one_map_of_the_system_merge() {
    let pair = Pair::new().await;
    let wells = pair.river.new("factor", json!({"name": "Wells", "about": "They fall dry."})).await;
    let body = pair.river.new("body", json!({"name": "Water lever", "sort": "working_group", "lever": wells})).await;
    pair.settle().await;
    pair.river.member.handle().hang_up().await.unwrap();
    pair.river.edit("factor", &wells, json!({"lever": true})).await;
    pair.mill.edit("factor", &wells, json!({"about": "They fall dry. Since the mine."})).await;
    let mine = pair.mill.new("factor", json!({"name": "The mine"})).await;
    pair.mill.new("influence", json!({"from": mine, "to": wells, "effect": "less"})).await;
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        let shown = side.show("factor", &wells).await;
        assert_eq!((&shown["lever"], &shown["about"]), (&json!(true), &json!("They fall dry. Since the mine.")));
        assert_eq!(side.show("body", &body).await["referred"][&wells], "Wells");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c10_an_action_of_ones_own_needs_no_approval_and_a_decision_shows_who_took_part() {
    let pair = Pair::new().await;
    let proposal = json!({"title": "A common week", "proposal": "All of us, in May."});
    let decision = pair.river.new("decision", proposal).await;
    pair.settle().await;
    pair.mill.new("voice", json!({"decision": decision, "stance": "object", "reason": "We harvest in May."})).await;
    pair.mill.new("action", json!({"title": "Our own day in June"})).await;
    pair.settle().await;
    let voices = pair.river.list("voice", &format!("decision={decision}")).await;
    assert_eq!((&voices[0]["group_name"], &voices[0]["stance"]), (&json!("Mill Street"), &json!("object")));
    assert_eq!(voices[0]["called"], "A common week");
    assert_eq!(pair.river.list("action", "").await[0]["title"], "Our own day in June");
    assert_eq!(pair.river.show("decision", &decision).await["counts"], json!({"voice": 1}));
}
