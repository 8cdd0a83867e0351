//! What is for few readers: it is not named in what travels, not found by asking feeds for it, and not kept when it goes.

use grid_protocol::record::{ImportOptions, ImportPlan, Registry, origin_of};
use grid_tests::api::{request, request_json};
use grid_tests::mission::Pair;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn what_few_may_read_is_in_no_feed_by_name_or_by_asking_for_it() {
    let pair = Pair::new().await;
    let river = &pair.river;
    let sue = river.make("supporter", json!({"name": "Secret Sue"})).await;
    // A record that travels does not name one that stays.
    let error = river.refused("support", json!({"of": sue, "sort": "boost"})).await;
    assert!(error["message"].as_str().unwrap().contains("stays on this computer"), "{error}");
    let meant =
        request(&river.member.path(), "GET", "/api/resolve/support/of?meant=Secret%20Sue", "text/plain", "").await;
    assert_eq!(meant.status, 404, "{}", meant.body);
    // A record that stays is nobody's news.
    let news = river.text("/api/news?kind=supporter").await;
    assert!(!news.contains("Secret Sue"), "{news}");

    let call = json!({"title": "Call", "starts": "2026-11-30T10:00:00Z", "join": "https://meet.example/SECRETPIN",
        "readers": "public"});
    river.make("event", call).await;
    let feed = |query: &str| format!("/api/feeds/calendar.ics?audience=public&kind=event{query}");
    assert!(river.text(&feed("")).await.contains("SUMMARY:Call"));
    assert!(river.text(&feed("&text=call")).await.contains("SUMMARY:Call"));
    assert!(!river.text(&feed("&text=SECRETPIN")).await.contains("SUMMARY:Call"));
    let export = "/api/records/event/export?format=ics&audience=public&text=secretpin";
    assert!(!river.text(export).await.contains("SUMMARY:Call"));
    let asked = feed("&join=https%3A%2F%2Fmeet.example%2FSECRETPIN");
    assert_eq!(request(&river.member.path(), "GET", &asked, "text/plain", "").await.status, 400);
    // Who sits at the computer may look for all that is here.
    assert_eq!(river.list("event", "text=SECRETPIN").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_and_what_was_said_is_asked_by_the_title_that_it_is_about() {
    let pair = Pair::new().await;
    let river = &pair.river;
    let call = river.make("event", json!({"title": "Steering call"})).await;
    let camp = river.make("event", json!({"title": "Camp"})).await;
    let coming = river.make("attendance", json!({"event": call, "says": "going"})).await;
    river.make("attendance", json!({"event": camp, "says": "maybe"})).await;
    for told in ["Steering%20call", "steering%20CALL", &call[..10], &*call] {
        let found = river.list("attendance", &format!("event={told}")).await;
        assert_eq!(found.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>(), [&*coming], "{told}");
    }
    assert_eq!(river.list("attendance", "event=").await.len(), 0, "those that refer to nothing");
    let path = "/api/records/attendance?event=Stirring%20call";
    let missing = request(&river.member.path(), "GET", path, "text/plain", "").await;
    assert_eq!(missing.status, 404, "{}", missing.body);
    river.make("event", json!({"title": "Camp"})).await;
    let path = "/api/records/attendance?event=camp";
    let several = request(&river.member.path(), "GET", path, "text/plain", "").await;
    assert!(several.status == 400 && several.body.contains(&camp[..10]), "{} {}", several.status, several.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stayed_here_of_a_record_goes_with_it() {
    let pair = Pair::new().await;
    let camp = pair.river.make("event", json!({"title": "Camp"})).await;
    let coming = json!({"event": camp, "says": "going", "access_needs": "a ramp, and quiet"});
    let coming = pair.river.make("attendance", coming).await;
    assert_eq!(pair.river.show("attendance", &coming).await["access_needs"], "a ramp, and quiet");
    let path = format!("/api/records/attendance/{coming}");
    let (status, answer) = request_json(&pair.river.member.path(), "DELETE", &path, json!(null)).await;
    assert_eq!(status, 200, "{answer}");
    let shown = request(&pair.river.member.path(), "GET", &path, "text/plain", "").await;
    assert!(!shown.body.contains("a ramp"), "{}", shown.body);
    let river = pair.river.restarted().await;
    let shown = request(&river.member.path(), "GET", &path, "text/plain", "").await;
    assert!(!shown.body.contains("a ramp"), "{}", shown.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_a_row_of_a_table_tells_nobody_else_what_stays_here_of_it() {
    let Pair { river, mill } = Pair::new().await;
    let course = river.make("course", json!({"title": "First aid"})).await;
    let table =
        format!("Course,Who,Date\n{course},Sue Secret,2026-11-20\n{course},Bo,2026-11-20\n{course},,2026-11-21\n");
    let counts = |taken: &Value| ["created", "changed", "unchanged"].map(|key| taken[key].as_u64().unwrap());
    assert_eq!(counts(&river.import("completion", &table).await), [3, 0, 0]);
    assert_eq!(counts(&river.import("completion", &table).await), [0, 0, 3]);
    // In another order, with somebody new; who was removed stays away.
    let rows = river.list("completion", "").await;
    let bo = rows.iter().find(|row| row["who"] == "Bo").unwrap()["id"].as_str().unwrap();
    let (status, _) =
        request_json(&river.member.path(), "DELETE", &format!("/api/records/completion/{bo}"), json!(null)).await;
    assert_eq!(status, 200);
    let river = river.restarted().await;
    let longer =
        format!("Course,Who,Date\n{course},Ann,2026-11-20\n{course},Bo,2026-11-20\n{course},Sue Secret,2026-11-20\n");
    let taken = river.import("completion", &longer).await;
    assert_eq!((counts(&taken), taken["skipped"][0]["line"].as_u64()), ([1, 0, 1], Some(3)), "{taken}");
    // Whoever knows the rest of a row and tries names would find the hash of the right one.
    let completion = Registry::standard().kind("completion").unwrap();
    let plan = ImportPlan::read(completion, table.as_bytes(), &ImportOptions::default()).unwrap();
    let tried: Vec<String> = plan.rows.iter().map(|row| origin_of(row.key.as_deref().unwrap())).collect();
    let kept = river.kept().await;
    assert!(!kept.in_files(&tried[0]).is_empty(), "it is known here");
    assert!(kept.in_sent(&tried[0]).is_empty() && kept.in_sent(&tried[1]).is_empty());
    assert!(!kept.in_sent(&tried[2]).is_empty(), "of this row all is for others");
    drop(mill);
}
