//! D. Talk and publishing.

use grid_tests::mission::{Pair, each};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn d01_two_who_write_while_they_are_apart_are_both_heard() {
    let pair = Pair::by_hand().await;
    let thread = pair.river.make("thread", json!({"title": "The bridge"})).await;
    pair.part().await;
    pair.river.make("message", json!({"text": "It is closed.", "thread": thread})).await;
    pair.mill.make("message", json!({"text": "We have a boat.", "thread": thread})).await;
    let heard = async |side: &grid_tests::mission::Side| {
        let mut said = each(&side.list("message", &format!("thread={thread}")).await, "text");
        said.sort();
        said
    };
    assert_eq!(heard(&pair.river).await, ["It is closed."], "they are apart");
    assert_eq!(heard(&pair.mill).await, ["We have a boat."], "they are apart");
    pair.meet().await;
    for side in [&pair.river, &pair.mill] {
        assert_eq!(heard(side).await, ["It is closed.", "We have a boat."]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d02_the_list_of_supporters_stays_with_its_group() {
    let pair = Pair::new().await;
    let list = "Name,Email,City\nAna Novak,ana@example.org,Hollin\nBo Li,bo@example.org,Weir\n";
    let imported = pair.mill.import("supporter", list).await;
    assert_eq!((&imported["created"], &imported["bad"]), (&json!(2), &json!([])), "{imported}");
    let again = pair.mill.import("supporter", list).await;
    assert_eq!((&again["created"], &again["unchanged"]), (&json!(0), &json!(2)), "{again}");
    pair.settle().await;
    assert_eq!(pair.mill.list("supporter", "place=Hollin").await.len(), 1);
    assert!(pair.river.list("supporter", "").await.is_empty());
    // A file is passed on: what stays here is in it only where somebody says so.
    let export = "/api/records/supporter/export?format=csv";
    let (status, refused) = grid_tests::api::request_json(&pair.mill.member.path(), "GET", export, json!(null)).await;
    assert_eq!((status, &refused["error"]["code"]), (403, &json!("refused")), "{refused}");
    assert!(pair.mill.text(&format!("{export}&audience=local")).await.contains("ana@example.org"));
    pair.mill.make("report", json!({"title": "Vigil at Hollin", "private": "Ana drove."})).await;
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
    pair.settle().await;
    pair.keeps_at_mill(&["ana@example.org", "Ana Novak", "bo@example.org", "Ana drove."], "Vigil at Hollin").await;
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
    let on_the_map = async || {
        let map: serde_json::Value = serde_json::from_str(&pair.mill.text("/api/feeds/map.geojson").await).unwrap();
        let features = map["features"].as_array().unwrap();
        let of = features.iter().find(|feature| feature["properties"]["label"] == "River v. Mine");
        of.map(|case| (case["properties"]["status"].clone(), case["geometry"]["coordinates"].clone()))
    };
    assert_eq!(on_the_map().await, Some((json!("heard"), json!([153.28, -28.81]))));
    pair.river.edit("case", &case, json!({"status": "settled"})).await;
    pair.settle().await;
    assert_eq!(on_the_map().await, Some((json!("settled"), json!([153.28, -28.81]))));
    // Who has left is on no map any more.
    pair.river.member.handle().withdraw().await.unwrap();
    let left = |mill: &grid_tests::grid::Member| mill.handle().look(|views| views.members.len() == 1).then_some(());
    pair.mill.member.until("the group has left", async |mill| left(mill)).await;
    assert_eq!(on_the_map().await, None);
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
    pair.river.make("event", json!({"title": "Picnic", "recording": "https://river.example/picnic.mp3"})).await;
    pair.settle().await;
    let feed = rss::Channel::read_from(pair.mill.text("/api/feeds/podcast.rss").await.as_bytes()).unwrap();
    let heard: Vec<_> = feed.items().iter().map(|item| (item.title(), item.enclosure().map(|it| it.url()))).collect();
    assert_eq!(heard, [(Some("Law for neighbours"), Some("https://river.example/law.mp3"))]);
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
    // 12.51 AUD by two: one of them bears the odd cent, and who it is everybody works out alike.
    let balance = |name: &str| here.iter().find(|row| row["name"] == name).unwrap()["balance"].as_i64().unwrap();
    assert!([375, 376].contains(&balance("Clean River")), "{here:?}");
    assert_eq!(balance("Mill Street"), -balance("Clean River"));
    let payments = pair.mill.ask("costs", "payments", &[]).await;
    assert_eq!(
        (each(&payments, "from"), each(&payments, "to")),
        (vec!["Mill Street".into()], vec!["Clean River".into()])
    );
}
