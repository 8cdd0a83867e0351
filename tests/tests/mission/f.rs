//! F. Resources, skills, money.

use grid_tests::mission::{Pair, each};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn f05_totals_of_a_fund_match_its_entries() {
    let pair = Pair::new().await;
    let aud = |cents: i64| json!({"amount": cents, "currency": "AUD"});
    let fund = pair.river.new("fund", json!({"title": "Bail", "goal": aud(100_000)})).await;
    pair.settle().await;
    pair.mill.new("pledge", json!({"fund": fund, "amount": aud(3050), "status": "given"})).await;
    pair.mill.new("pledge", json!({"fund": fund, "amount": aud(2000)})).await;
    pair.mill.new("pledge", json!({"fund": fund, "what": "two days of work", "status": "given"})).await;
    pair.river.new("spending", json!({"fund": fund, "amount": aud(1025), "what": "a lawyer"})).await;
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
    let funders = pair.river.new("body", json!({"name": "Funders", "sort": "funders"})).await;
    pair.settle().await;
    pair.mill.new("seat", json!({"body": funders, "holder": "Bo"})).await;
    pair.settle().await;
    let rights = pair.river.ask("funds", "rights", &[]).await;
    assert_eq!((each(&rights, "name"), each(&rights, "votes")), (vec!["Mill Street".into()], vec!["1".into()]));
    assert_eq!(each(&rights, "rights"), ["those of any member"]);
}
