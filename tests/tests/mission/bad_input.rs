//! What nobody should have written: each has an outcome.

use grid_tests::mission::{Pair, each};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_to_nothing_is_said_to_be_on_its_way() {
    let pair = Pair::new().await;
    let nowhere = "a".repeat(52);
    let support = pair.river.make("support", json!({"of": nowhere, "sort": "boost"})).await;
    pair.settle().await;
    let seen = pair.mill.show("support", &support).await;
    assert!(seen["called"].as_str().unwrap().contains("not here yet"), "{seen}");
    assert_eq!(seen["referred"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_are_too_long_and_places_that_are_nowhere_are_refused_with_the_rule() {
    let pair = Pair::new().await;
    let long = "x".repeat(2_000_000);
    let error = pair.river.refused("message", json!({"text": long})).await;
    assert!(error["message"].as_str().unwrap().contains("1 MiB"), "{}", error["message"]);
    for (field, value) in [
        ("coordinates", json!({"latitude": 91.0, "longitude": 0.0})),
        ("coordinates", json!("1e400,0")),
        ("starts", json!("tomorrow")),
        ("link", json!("javascript:alert(1)")),
    ] {
        let error = pair.river.refused("action", json!({"title": "x", field: value})).await;
        assert!(error["message"].as_str().unwrap().contains(field), "{error}");
        assert!(!error["hint"].as_str().unwrap().is_empty(), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_all_scripts_and_directions_come_back_as_they_were() {
    let pair = Pair::new().await;
    let titles = ["مسيرة من أجل النهر", "e\u{301}cole", "ह\u{93f}न\u{94d}द\u{940}", "\u{202e}abc\u{202c}", "👩🏽‍🌾 march"];
    for title in titles {
        pair.river.make("action", json!({"title": title})).await;
    }
    pair.settle().await;
    let mut seen = each(&pair.mill.list("action", "").await, "title");
    seen.sort();
    let mut titles = titles.map(str::to_owned).to_vec();
    titles.sort();
    assert_eq!(seen, titles);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_edits_of_every_field_at_once_end_alike_on_both_nodes() {
    let pair = Pair::new().await;
    let page = pair.river.make("page", json!({"title": "Words", "text": "One.\n"})).await;
    pair.settle().await;
    pair.river.member.handle().hang_up().await.unwrap();
    pair.river
        .edit("page", &page, json!({"title": "Our words", "text": "One.\nTwo.\n", "purpose": "term", "language": "en"}))
        .await;
    pair.mill
        .edit("page", &page, json!({"title": "The words", "text": "Zero.\nOne.\n", "purpose": "faq", "language": "fr"}))
        .await;
    pair.settle().await;
    let (river, mill) = (pair.river.show("page", &page).await, pair.mill.show("page", &page).await);
    for field in ["title", "text", "purpose", "language", "heads"] {
        assert_eq!(river[field], mill[field], "{field}");
    }
    assert_eq!(river["text"], "Zero.\nOne.\nTwo.\n", "texts merge");
}
