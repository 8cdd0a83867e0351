//! Two edits that met where it matters what comes of them: who may read, who agreed, for whom something speaks, how
//! something comes back, and what was frozen. Two computers of one group write, each without knowing of the other.

use grid_protocol::domain::STATEMENT_TEXT;
use grid_protocol::id::Digest;
use grid_tests::api;
use grid_tests::mission::{Pair, Side, each};
use serde_json::{Value, json};

const STARTS: &str = "2126-03-01T10:00:00Z";

async fn both(pair: &Pair, kind: &str, id: &str) -> [Value; 2] {
    [pair.river.show(kind, id).await, pair.mill.show(kind, id).await]
}

/// What the public reads, on either side.
async fn public(side: &Side) -> String {
    side.text("/api/records/event/export?format=json&audience=public").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_one_computer_makes_public_and_the_other_does_not_stays_in_the_coalition() {
    let pair = Pair::of_one_group().await;
    let body = pair.river.make("body", json!({"name": "Steering"})).await;
    let event = async |title: &str| pair.river.make("event", json!({"title": title, "starts": STARTS})).await;
    let (said, cleared, met) = (event("Said").await, event("Cleared").await, event("A body meets").await);
    pair.river.edit("event", &cleared, json!({"readers": "public"})).await;
    let open = event("Open").await;
    pair.part().await;
    pair.river.edit("event", &cleared, json!({"readers": "coalition"})).await;
    for id in [&said, &cleared, &met, &open] {
        pair.river.edit("event", id, json!({"readers": "public"})).await;
    }
    pair.mill.edit("event", &said, json!({"readers": "coalition", "agenda": "The caucus"})).await;
    pair.mill.edit("event", &cleared, json!({"readers": null})).await;
    pair.mill.edit("event", &met, json!({"body": body})).await;
    pair.meet().await;
    for seen in both(&pair, "event", &said).await {
        assert_eq!((&seen["readers"], &seen["agenda"]), (&json!("coalition"), &json!("The caucus")));
        let told = seen["contested"].as_array().unwrap();
        assert_eq!(each(told, "field"), ["readers"]);
        assert_eq!(
            (&told[0]["shown"]["value"], &told[0]["others"][0]["value"]),
            (&json!("coalition"), &json!("public"))
        );
    }
    for side in [&pair.river, &pair.mill] {
        let read = public(side).await;
        let titles = ["Said", "Cleared", "A body meets", "Open"].map(|title| read.contains(title));
        // What a body meets for is not for the public, whichever of the two came first.
        assert_eq!(titles, [false, false, false, true], "{read}");
    }
    // Said again, by somebody who knows of both, it holds.
    pair.mill.edit("event", &said, json!({"readers": "public"})).await;
    pair.settle().await;
    assert!(public(&pair.river).await.contains("Said"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_that_was_taken_back_stands_beside_no_other_edit() {
    let pair = Pair::of_one_group().await;
    let ann = pair.river.make("person", json!({"name": "Ann", "agreed": true, "skills": ["driving"]})).await;
    pair.part().await;
    pair.river.edit("person", &ann, json!({"agreed": true, "skills": ["driving", "cooking"]})).await;
    // Nobody stays on a list with a no: whoever takes the yes back is taken off.
    let error = pair.mill.edit_refused("person", &ann, json!({"agreed": false})).await;
    assert!(error["message"].as_str().unwrap().contains("agreed"), "{error}");
    let path = format!("/api/records/person/{ann}");
    assert_eq!(api::request_json(&pair.mill.member.path(), "DELETE", &path, json!(null)).await.0, 200);
    pair.meet().await;
    for side in [&pair.river, &pair.mill] {
        assert!(side.list("person", "").await.is_empty());
        assert!(side.ask("find", "people", &[("text", "cooking")]).await.is_empty());
        assert!(!side.text("/api/records/person/export?format=csv").await.contains("Ann"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_voice_of_the_network_beside_another_edit_holds_and_beside_that_of_the_group_does_not() {
    let pair = Pair::of_one_group().await;
    let claim = json!({"role": "speaker", "scope": "speaker", "from": null, "until": "2126-01-01T00:00:00Z"});
    let mandate = pair.river.post("/api/mandates", claim).await["id"].as_str().unwrap().to_owned();
    pair.river.post(&format!("/api/mandates/{mandate}/endorsement"), json!({})).await;
    let march = pair.river.make("action", json!({"title": "March"})).await;
    let song = pair.river.make("action", json!({"title": "Song"})).await;
    pair.part().await;
    for id in [&march, &song] {
        pair.river.edit("action", id, json!({"voice": "network"})).await;
    }
    pair.mill.edit("action", &march, json!({"title": "March to the weir"})).await;
    pair.mill.edit("action", &song, json!({"voice": "group"})).await;
    pair.meet().await;
    for seen in both(&pair, "action", &march).await {
        // Both are of the group that has the mandate: what it says of the network is one record.
        assert_eq!((&seen["speaks"], &seen["title"]), (&json!("network"), &json!("March to the weir")));
        assert_eq!(seen["contested"], json!([]));
    }
    for seen in both(&pair, "action", &song).await {
        assert_eq!((&seen["speaks"], &seen["voice"]), (&json!("group"), &json!("group")));
        assert_eq!(seen["contested"][0]["others"][0]["value"], "network");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_rules_by_which_something_comes_back_one_stands_and_the_other_is_told() {
    let pair = Pair::of_one_group().await;
    let choir = json!({"title": "Choir", "starts": STARTS, "repeats": "monthly"});
    let choir = pair.river.make("event", choir).await;
    pair.part().await;
    pair.river.edit("event", &choir, json!({"repeats": "weekly", "except": ["2126-03-08"]})).await;
    pair.mill.edit("event", &choir, json!({"repeats": "daily", "except": ["2126-03-03"]})).await;
    pair.meet().await;
    let [here, there] = both(&pair, "event", &choir).await;
    assert_eq!((&here["repeats"], &here["contested"]), (&there["repeats"], &there["contested"]));
    let told = &here["contested"][0];
    let mut rules = [&told["shown"]["value"], &told["others"][0]["value"]].map(|rule| rule.as_str().unwrap());
    rules.sort_unstable();
    assert_eq!((rules, &told["shown"]["value"]), (["daily", "weekly"], &here["repeats"]));
    // The days that either left out are left out, and one that the rule does not have takes nothing away.
    assert_eq!(here["except"], json!(["2126-03-03", "2126-03-08"]));
    assert_eq!(here["next"]["starts"], there["next"]["starts"]);
    assert!(here["next"]["starts"].as_str().unwrap().starts_with("2126-03-01"), "{}", here["next"]);
    // Whoever looks says which one is meant, and can.
    pair.river.edit("event", &choir, json!({"repeats": "daily", "except": ["2126-03-03"]})).await;
    pair.settle().await;
    for seen in both(&pair, "event", &choir).await {
        assert_eq!((&seen["repeats"], &seen["contested"]), (&json!("daily"), &json!([])));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_frozen_stands_and_an_edit_that_met_the_freezing_is_in_the_history() {
    let pair = Pair::of_one_group().await;
    let text = "The river belongs to all.\n";
    let draft = pair.river.make("draft", json!({"title": "What unites us", "text": text})).await;
    pair.part().await;
    let hash = Digest::of(STATEMENT_TEXT, text.as_bytes()).to_string();
    pair.river.edit("draft", &draft, json!({"status": "frozen", "frozen_hash": hash})).await;
    let other = "The river belongs to us.\n";
    pair.mill.edit("draft", &draft, json!({"text": other, "title": "Ours"})).await;
    pair.meet().await;
    for (side, seen) in [&pair.river, &pair.mill].into_iter().zip(both(&pair, "draft", &draft).await) {
        assert_eq!(
            (&seen["text"], &seen["status"], &seen["frozen_hash"]),
            (&json!(text), &json!("frozen"), &json!(hash))
        );
        assert_eq!((&seen["title"], &seen["damaged"]), (&json!("Ours"), &json!([])));
        let history = side.get(&format!("/api/records/draft/{draft}/history")).await;
        assert!(history.to_string().contains("us"), "{history}");
        let last = history["items"].as_array().unwrap().iter().any(|item| item["fields"].get("text").is_some());
        assert!(last, "{history}");
        side.edit_refused("draft", &draft, json!({"text": other})).await;
    }
}
