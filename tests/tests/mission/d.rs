//! D. Talk and publishing.

use grid_tests::mission::Pair;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn d02_the_list_of_supporters_stays_with_its_group() {
    let pair = Pair::new().await;
    let list = "Name,Email,City\nAna Novak,ana@example.org,Hollin\nBo Li,bo@example.org,Weir\n";
    let imported =
        grid_tests::api::request(&pair.mill.member.path(), "POST", "/api/records/supporter/import", "text/csv", list)
            .await
            .json();
    assert_eq!((&imported["created"], &imported["bad"]), (&json!(2), &json!([])), "{imported}");
    let again =
        grid_tests::api::request(&pair.mill.member.path(), "POST", "/api/records/supporter/import", "text/csv", list)
            .await
            .json();
    assert_eq!((&again["created"], &again["unchanged"]), (&json!(0), &json!(2)), "{again}");
    pair.settle().await;
    assert_eq!(pair.mill.list("supporter", "place=Hollin").await.len(), 1);
    assert!(pair.river.list("supporter", "").await.is_empty());
    let gone = pair.mill.list("supporter", "text=bo").await;
    let path = format!("/api/records/supporter/{}", gone[0]["id"].as_str().unwrap());
    let (status, _) = grid_tests::api::request_json(&pair.mill.member.path(), "DELETE", &path, json!(null)).await;
    assert_eq!(status, 200);
    assert_eq!(pair.mill.list("supporter", "").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn d01_two_who_write_while_they_are_apart_are_both_heard() {
    let pair = Pair::new().await;
    let thread = pair.river.new("thread", json!({"title": "The bridge"})).await;
    pair.settle().await;
    pair.river.member.handle().hang_up().await.unwrap();
    pair.river.new("message", json!({"text": "It is closed.", "thread": thread})).await;
    pair.mill.new("message", json!({"text": "We have a boat.", "thread": thread})).await;
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        let mut said = grid_tests::mission::each(&side.list("message", &format!("thread={thread}")).await, "text");
        said.sort();
        assert_eq!(said, ["It is closed.", "We have a boat."]);
    }
}
