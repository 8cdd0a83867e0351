//! F. Resources, skills, money.

use grid_tests::mission::{Pair, each};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn f05_totals_of_a_fund_match_its_entries() {
    let pair = Pair::new().await;
    let aud = |cents: i64| json!({"amount": cents, "currency": "AUD"});
    let fund = pair.river.make("fund", json!({"title": "Bail", "goal": aud(100_000)})).await;
    pair.settle().await;
    pair.mill.make("pledge", json!({"fund": fund, "amount": aud(3050), "status": "given"})).await;
    pair.mill.make("pledge", json!({"fund": fund, "amount": aud(2000)})).await;
    pair.mill.make("pledge", json!({"fund": fund, "what": "two days of work", "status": "given"})).await;
    pair.river.make("spending", json!({"fund": fund, "amount": aud(1025), "what": "a lawyer"})).await;
    pair.settle().await;
    let funds = pair.mill.ask("funds", "funds", &[]).await;
    assert_eq!(funds[0]["amounts"]["given"], json!([aud(3050)]));
    assert_eq!(funds[0]["amounts"]["promised"], json!([aud(2000)]));
    assert_eq!(each(&funds, "rest"), ["20.25 AUD"]);
    let what = each(&pair.river.ask("funds", "entries", &[]).await, "what");
    assert!(what.contains(&"two days of work".to_owned()), "{what:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn f06_a_funder_has_the_rights_of_any_member() {
    let pair = Pair::new().await;
    let funders = pair.river.make("body", json!({"name": "Funders", "sort": "funders"})).await;
    pair.settle().await;
    pair.mill.make("seat", json!({"body": funders, "holder": "Bo"})).await;
    pair.settle().await;
    let rights = pair.river.ask("funds", "rights", &[]).await;
    // The founder votes on the statement; who joined later does not, whether or not it gives money.
    assert_eq!((each(&rights, "name"), each(&rights, "votes")), (vec!["Mill Street".into()], vec!["0".into()]));
    assert_eq!(each(&rights, "rights"), ["those of any member"]);
    pair.river.make("seat", json!({"body": funders, "holder": "Ana"})).await;
    let claim = json!({"role": "speaker", "scope": "The bail fund", "from": null, "until": "2126-01-01T00:00:00Z"});
    let mandate = pair.mill.post("/api/mandates", claim).await["id"].as_str().unwrap().to_owned();
    pair.settle().await;
    pair.river.post(&format!("/api/mandates/{mandate}/endorsement"), json!({})).await;
    pair.settle().await;
    let rights = each(&pair.mill.ask("funds", "rights", &[]).await, "rights");
    let expected =
        ["those of any member, and 1 of 1 votes on the statement", "those of any member, and a mandate as speaker"];
    assert_eq!(rights, expected, "what one has more than others shows");
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_what_one_group_put_into_the_library_is_found_by_another() {
    let pair = Pair::new().await;
    pair.mill.make("resource", json!({"title": "How to hold a vigil", "tags": ["guide"], "licence": "CC BY"})).await;
    pair.settle().await;
    let words = [("text", "vigils"), ("kind", "resource")];
    assert_eq!(each(&pair.river.ask("find", "others", &words).await, "name"), ["How to hold a vigil"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_a_search_finds_an_asset_and_its_owner_grants_the_booking() {
    let pair = Pair::new().await;
    pair.mill.make("asset", json!({"name": "White van", "sort": "vehicle"})).await;
    pair.settle().await;
    let found = pair.river.ask("find", "others", &[("text", "whiet van")]).await;
    assert_eq!(each(&found, "name"), ["White van"]);
    let times = json!({"asset": found[0]["id"], "from": "2126-12-05T08:00:00Z", "until": "2126-12-05T09:00:00Z"});
    let booking = pair.river.make("booking", times).await;
    pair.settle().await;
    assert_eq!(each(&pair.mill.ask("bookings", "bookings", &[]).await, "says"), ["no answer yet"]);
    pair.mill.make("reply", json!({"to": booking, "says": "yes"})).await;
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("bookings", "bookings", &[]).await, "says"), ["granted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn f03_a_gap_closes_when_the_match_is_done() {
    let pair = Pair::new().await;
    let need = pair.river.make("need", json!({"title": "A van", "tags": ["van"]})).await;
    pair.settle().await;
    assert_eq!(each(&pair.mill.ask("match", "unmet", &[]).await, "name"), ["A van"]);
    let van = pair.mill.make("asset", json!({"name": "White van", "tags": ["van"]})).await;
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("match", "matches", &[]).await, "with"), [van.as_str()]);
    pair.mill.make("match", json!({"need": need, "with": van, "status": "done"})).await;
    pair.settle().await;
    assert!(pair.river.ask("match", "matches", &[]).await.is_empty());
    assert!(pair.river.ask("match", "unmet", &[]).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_the_number_of_leaders_rises_on_completion() {
    let pair = Pair::new().await;
    let course = pair.river.make("course", json!({"title": "Leading", "level": "lead", "roles": ["driver"]})).await;
    let ana = pair.mill.make("person", json!({"name": "Ana", "agreed": true})).await;
    pair.settle().await;
    let any = async || each(&pair.river.ask("newcomers", "leaders", &[]).await, "count").pop();
    assert_eq!(any().await.as_deref(), Some("0"));
    pair.mill.make("completion", json!({"course": course, "person": ana})).await;
    pair.settle().await;
    assert_eq!(any().await.as_deref(), Some("1"));
}
