//! D. Talk and publishing.

use grid_tests::mission::{Pair, each};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn d01_two_who_write_while_they_are_apart_are_both_heard() {
    let pair = Pair::new().await;
    let thread = pair.river.make("thread", json!({"title": "The bridge"})).await;
    pair.settle().await;
    pair.river.member.handle().hang_up().await.unwrap();
    pair.river.make("message", json!({"text": "It is closed.", "thread": thread})).await;
    pair.mill.make("message", json!({"text": "We have a boat.", "thread": thread})).await;
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        let mut said = grid_tests::mission::each(&side.list("message", &format!("thread={thread}")).await, "text");
        said.sort();
        assert_eq!(said, ["It is closed.", "We have a boat."]);
    }
}

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
    // A file is passed on: what stays here is in it only where somebody says so.
    let export = "/api/records/supporter/export?format=csv";
    let (status, refused) = grid_tests::api::request_json(&pair.mill.member.path(), "GET", export, json!(null)).await;
    assert_eq!((status, &refused["error"]["code"]), (403, &json!("refused")), "{refused}");
    assert!(pair.mill.text(&format!("{export}&audience=local")).await.contains("ana@example.org"));
    pair.mill.make("report", json!({"title": "One", "private": "Ana drove."})).await;
    for format in ["csv", "json"] {
        let export = format!("/api/records/report/export?format={format}");
        assert!(!pair.mill.text(&export).await.contains("Ana drove."), "{format}");
        assert!(pair.mill.text(&format!("{export}&audience=local")).await.contains("Ana drove."), "{format}");
    }
    let gone = pair.mill.list("supporter", "text=bo").await;
    let path = format!("/api/records/supporter/{}", gone[0]["id"].as_str().unwrap());
    let (status, _) = grid_tests::api::request_json(&pair.mill.member.path(), "DELETE", &path, json!(null)).await;
    assert_eq!(status, 200);
    assert_eq!(pair.mill.list("supporter", "").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn d05_a_change_of_status_shows_on_the_map_of_cases() {
    let pair = Pair::new().await;
    let at = json!({"latitude": -28.81, "longitude": 153.28});
    let case = json!({"title": "River v. Mine", "court": "Land Court", "place": "Lismore", "coordinates": at});
    let case = pair.river.make("case", case).await;
    pair.settle().await;
    assert_eq!(each(&pair.mill.ask("cases", "cases", &[]).await, "status"), ["planned"]);
    pair.river.edit("case", &case, json!({"status": "heard", "parties": "A. Novak against the mine"})).await;
    pair.settle().await;
    let cases = pair.mill.ask("cases", "cases", &[("status", "heard")]).await;
    assert_eq!((&cases[0]["title"], &cases[0]["coordinates"]), (&json!("River v. Mine"), &at));
    let public = pair.river.text("/api/records/case/export?format=json&audience=public").await;
    assert!(public.contains("River v. Mine") && !public.contains("Novak"), "{public}");
    let on_the_map = async || pair.mill.text("/api/feeds/map.geojson").await.contains("River v. Mine");
    assert!(on_the_map().await);
    // Who has left is on no map any more.
    pair.river.member.handle().withdraw().await.unwrap();
    let left = |mill: &grid_tests::grid::Member| mill.handle().look(|views| views.members.len() == 1).then_some(());
    pair.mill.member.until("the group has left", async |mill| left(mill)).await;
    assert!(!on_the_map().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn d06_a_webinar_and_where_it_can_be_heard_reach_every_node() {
    let pair = Pair::new().await;
    let talk = json!({"title": "Law for neighbours", "sort": "webinar", "starts": "2126-01-10T10:00:00Z"});
    let talk = pair.river.make("event", talk).await;
    pair.settle().await;
    assert_eq!(each(&pair.mill.ask("agenda", "agenda", &[("days", "50000")]).await, "title"), ["Law for neighbours"]);
    let recording = json!({"recording": "https://river.example/law.mp3", "recording_bytes": 1200, "status": "done"});
    pair.river.edit("event", &talk, recording).await;
    pair.settle().await;
    assert_eq!(pair.mill.show("event", &talk).await["recording"], "https://river.example/law.mp3");
    assert!(pair.mill.ask("agenda", "agenda", &[("days", "50000")]).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn d07_the_costs_of_a_conference_sum_to_zero() {
    let pair = Pair::new().await;
    let event = pair.river.make("event", json!({"title": "Conference", "sort": "conference"})).await;
    pair.settle().await;
    for (side, cents) in [(&pair.river, 1001), (&pair.mill, 250)] {
        side.make("attendance", json!({"event": event, "came": 3})).await;
        let amount = json!({"amount": cents, "currency": "AUD"});
        side.make("cost", json!({"event": event, "what": "food", "amount": amount})).await;
    }
    pair.settle().await;
    let here = pair.river.ask("costs", "balances", &[]).await;
    assert_eq!(here, pair.mill.ask("costs", "balances", &[]).await);
    assert_eq!(here.len(), 2);
    assert_eq!(here.iter().map(|row| row["balance"].as_i64().unwrap()).sum::<i64>(), 0);
    let payments = pair.mill.ask("costs", "payments", &[]).await;
    assert_eq!(
        (each(&payments, "from"), each(&payments, "to")),
        (vec!["Mill Street".into()], vec!["Clean River".into()])
    );
}
