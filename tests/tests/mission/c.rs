//! C. Structure and decisions.

use grid_protocol::time::Timestamp;
use grid_tests::api;
use grid_tests::mission::{Pair, Side, each};
use serde_json::json;

/// In milliseconds.
const DAY: i64 = 86_400_000;

#[tokio::test(flavor = "multi_thread")]
async fn c01_figures_roll_up_and_a_group_in_two_units_counts_once() {
    let pair = Pair::new().await;
    let valley = pair.river.make("unit", json!({"name": "Valley", "level": "region"})).await;
    let town = pair.river.make("unit", json!({"name": "Town", "parents": [valley]})).await;
    let street = pair.river.make("unit", json!({"name": "Street", "parents": [valley]})).await;
    pair.settle().await;
    pair.mill.make("group", json!({"name": "Mill Street", "units": [town, street]})).await;
    pair.mill.make("action", json!({"title": "Vigil"})).await;
    let river = json!({"name": "Clean River", "units": [street]});
    pair.river.edit("group", &pair.river.group().await, river).await;
    pair.river.make("action", json!({"title": "Paddle"})).await;
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        let units = side.ask("units", "units", &[]).await;
        assert_eq!(each(&units, "title"), ["Valley", "Street", "Town"]);
        assert_eq!(each(&units, "groups"), ["2", "2", "1"]);
        assert_eq!(each(&units, "actions"), ["2", "2", "1"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c02_a_vacant_seat_is_flagged_and_attendance_is_told_by_group() {
    let pair = Pair::new().await;
    let council = pair.river.make("body", json!({"name": "Council", "sort": "representatives", "seats": 2})).await;
    let met = json!({"title": "First meeting", "body": council, "starts": "2026-01-10T10:00:00Z"});
    let met = pair.river.make("event", met).await;
    let again = json!({"title": "Second meeting", "body": council, "starts": "2026-02-10T10:00:00Z"});
    let again = pair.river.make("event", again).await;
    pair.settle().await;
    assert_eq!(each(&pair.mill.ask("bodies", "vacant", &[]).await, "vacant"), ["2 of 2 seats"]);
    pair.mill.make("seat", json!({"body": council, "role": "representative", "holder": "Bo"})).await;
    pair.mill.make("attendance", json!({"event": met, "came": 2})).await;
    pair.mill.make("attendance", json!({"event": again, "says": "going"})).await;
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("bodies", "vacant", &[]).await, "vacant"), ["1 of 2 seats"]);
    let came = pair.river.ask("bodies", "attendance", &[]).await;
    assert_eq!(each(&came, "name"), ["Mill Street"]);
    assert_eq!((&came[0]["came"], &came[0]["said"], &came[0]["held"]), (&json!(1), &json!(1), &json!(2)));
    pair.river.make("seat", json!({"body": council, "role": "representative"})).await;
    pair.settle().await;
    assert!(pair.mill.ask("bodies", "vacant", &[]).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn c03_a_caucus_has_its_own_talk_and_calendar() {
    let pair = Pair::new().await;
    let caucus = pair.river.make("body", json!({"name": "Carers", "sort": "caucus"})).await;
    pair.settle().await;
    pair.mill.make("thread", json!({"title": "Who minds the children?", "body": caucus})).await;
    pair.mill.make("event", json!({"title": "Carers' call", "body": caucus, "starts": "2126-01-10T10:00:00Z"})).await;
    // Beside what all talk of, and another body.
    let other = pair.river.make("body", json!({"name": "Drivers", "sort": "working_group"})).await;
    for body in [json!(null), json!(other)] {
        pair.river.make("thread", json!({"title": "The bridge", "body": body})).await;
        pair.river.make("event", json!({"title": "Assembly", "body": body, "starts": "2126-01-10T10:00:00Z"})).await;
    }
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("bodies", "bodies", &[("of", "Carers")]).await, "sort"), ["caucus"]);
    for (kind, title) in [("thread", "Who minds the children?"), ("event", "Carers' call")] {
        assert_eq!(each(&pair.river.list(kind, &format!("body={caucus}")).await, "title"), [title]);
        assert_eq!(pair.river.list(kind, "").await.len(), 3);
    }
    let calendar = pair.river.text("/api/feeds/calendar.ics?audience=public").await;
    assert!(!calendar.contains("Carers"), "what a body meets for is not for the public: {calendar}");
    let threads = pair.river.ask("talk", "threads", &[]).await;
    let of = threads.iter().find(|thread| thread["title"] == "Who minds the children?").unwrap();
    assert_eq!(of["body"], "Carers");
}

#[tokio::test(flavor = "multi_thread")]
async fn c04_open_tasks_without_owner_or_day_are_told_and_so_are_gaps() {
    let pair = Pair::new().await;
    let steering = pair.river.make("body", json!({"name": "Steering", "sort": "steering"})).await;
    pair.settle().await;
    pair.mill.make("task", json!({"title": "Ask the union", "body": steering, "gap": true})).await;
    let mill = pair.mill.group().await;
    let full = json!({"title": "Print", "body": steering, "person": mill, "assignee": "Bo", "due": "2126-01-10"});
    let full = pair.mill.make("task", full).await;
    pair.mill.make("task", json!({"title": "Fold", "body": steering, "status": "done", "gap": true})).await;
    pair.settle().await;
    let loose = pair.river.ask("bodies", "tasks", &[]).await;
    assert_eq!(each(&loose, "missing"), ["nobody does it, no day is set"]);
    // An owner and a day, and no name of anybody who is not listed.
    let seen = pair.river.show("task", &full).await;
    assert_eq!((&seen["assignee"], &seen["due"]), (&json!(null), &json!("2126-01-10T23:59:59-12:00")));
    assert_eq!(seen["referred"][&mill], "Mill Street");
    assert_eq!(each(&pair.river.ask("bodies", "gaps", &[]).await, "title"), ["Ask the union"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn c05_a_role_that_nobody_has_raises_a_warning() {
    let pair = Pair::new().await;
    let uncovered = async || {
        let found = pair.river.ask("health", "way", &[("show", "100")]).await;
        let of = found.iter().filter(|row| row["sort"] == "uncovered").cloned().collect::<Vec<_>>();
        each(&of, "what")
    };
    pair.mill
        .make("person", json!({"name": "Bo", "agreed": true, "roles": ["principal", "driver", "supporter"]}))
        .await;
    pair.settle().await;
    assert_eq!(uncovered().await, ["nobody is a weaver", "nobody is an operator"]);
    let roles = json!({"name": "Mill Street", "roles": ["weaver", "operator"]});
    pair.mill.edit("group", &pair.mill.group().await, roles).await;
    pair.settle().await;
    assert_eq!(uncovered().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn c07_a_request_gets_a_helper_and_a_closing_note() {
    let pair = Pair::new().await;
    let need = pair.mill.make("need", json!({"title": "Sound desk", "sort": "help"})).await;
    pair.mill.make("need", json!({"title": "A van", "sort": "vehicle"})).await;
    pair.settle().await;
    let open = pair.river.ask("help", "open", &[]).await;
    assert_eq!((each(&open, "name"), &open[0]["helpers"]), (vec!["Sound desk".to_owned()], &json!([])));
    pair.river.make("support", json!({"of": need, "sort": "offer"})).await;
    pair.settle().await;
    let open = pair.mill.ask("help", "open", &[]).await;
    assert_eq!(open[0]["helpers"], json!(["Clean River"]));
    pair.mill.edit("need", &need, json!({"status": "met", "closing_note": "It was loud."})).await;
    pair.settle().await;
    let closed = pair.river.ask("help", "closed", &[]).await;
    assert_eq!((each(&closed, "note"), &closed[0]["helpers"]), (vec!["It was loud.".into()], &json!(["Clean River"])));
    assert!(pair.river.ask("help", "open", &[]).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn c06_two_edits_of_one_map_of_the_system_merge() {
    let pair = Pair::by_hand().await;
    let wells = pair.river.make("factor", json!({"name": "Wells", "about": "They fall dry."})).await;
    let body = pair.river.make("body", json!({"name": "Water lever", "sort": "working_group", "lever": wells})).await;
    pair.part().await;
    pair.river.edit("factor", &wells, json!({"lever": true})).await;
    pair.mill.edit("factor", &wells, json!({"about": "They fall dry. Since the mine."})).await;
    let mine = pair.mill.make("factor", json!({"name": "The mine"})).await;
    pair.mill.make("influence", json!({"from": mine, "to": wells, "effect": "less"})).await;
    assert_eq!(pair.mill.show("factor", &wells).await["lever"], json!(false), "they are apart");
    assert_eq!(pair.river.list("factor", "").await.len(), 1, "they are apart");
    pair.meet().await;
    for side in [&pair.river, &pair.mill] {
        let drawn = side.ask("systems", "influences", &[]).await;
        assert_eq!((each(&drawn, "from"), each(&drawn, "effect")), (vec!["The mine".into()], vec!["less of".into()]));
        let shown = side.show("factor", &wells).await;
        assert_eq!((&shown["lever"], &shown["about"]), (&json!(true), &json!("They fall dry. Since the mine.")));
        assert_eq!(side.show("body", &body).await["referred"][&wells], "Wells");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c06_a_lever_names_the_body_that_works_on_it_and_loops_are_found() {
    let pair = Pair::new().await;
    let price = pair.river.make("factor", json!({"name": "Price", "lever": true})).await;
    pair.settle().await;
    pair.river.edit("factor", &price, json!({"about": "What gas costs."})).await;
    pair.mill.edit("factor", &price, json!({"name": "Price of gas"})).await;
    let wells = pair.mill.make("factor", json!({"name": "Wells"})).await;
    pair.mill.make("influence", json!({"from": price, "to": wells})).await;
    pair.settle().await;
    pair.river.make("influence", json!({"from": wells, "to": price, "effect": "less"})).await;
    pair.mill.make("body", json!({"name": "Prices", "lever": price})).await;
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        let levers = side.ask("systems", "levers", &[]).await;
        assert_eq!(
            (each(&levers, "title"), each(&levers, "bodies")),
            (vec!["Price of gas".into()], vec!["Prices".into()])
        );
        assert_eq!(each(&side.ask("systems", "factors", &[]).await, "about"), ["What gas costs.", ""]);
        assert_eq!(each(&side.ask("systems", "loops", &[]).await, "sort"), ["it holds itself back"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c08_a_withdrawn_mandate_removes_the_label() {
    let pair = Pair::new().await;
    let mut paths = Vec::new();
    for role in ["backbone", "speaker"] {
        let claim = json!({"role": role, "scope": "the calendar, the help desk", "from": null, "until": "2126-01-01T00:00:00Z"});
        let mandate = pair.river.post("/api/mandates", claim).await["id"].as_str().unwrap().to_owned();
        paths.push(format!("/api/mandates/{mandate}/endorsement"));
        assert!(pair.river.ask("backbone", "holders", &[]).await.is_empty(), "a claim alone is no mandate");
    }
    for path in &paths {
        pair.river.post(path, json!({})).await;
    }
    let post = json!({"text": "We all meet on Sunday.", "voice": "network"});
    let post = pair.river.make("message", post).await;
    pair.settle().await;
    let holders = pair.mill.ask("backbone", "holders", &[]).await;
    assert_eq!((each(&holders, "name"), each(&holders, "as")), (vec!["Clean River".into()], vec!["backbone".into()]));
    assert_eq!(each(&holders, "scope"), ["the calendar, the help desk"]);
    let label = async || pair.mill.show("message", &post).await["speaks"].clone();
    assert_eq!(label().await, "network");
    // Its term is over, and nobody has done anything: for whoever looks later the label is gone.
    pair.mill.member.wall().set_ahead(101 * 365 * DAY);
    assert_eq!(label().await, "group");
    assert!(pair.mill.ask("backbone", "holders", &[]).await.is_empty());
    pair.mill.member.wall().set_ahead(0);
    assert_eq!(label().await, "network");
    // The licence is taken back.
    for path in &paths {
        let (status, answer) = api::request_json(&pair.river.member.path(), "DELETE", path, json!(null)).await;
        assert_eq!(status, 200, "{answer}");
    }
    pair.settle().await;
    assert!(pair.mill.ask("backbone", "holders", &[]).await.is_empty());
    assert_eq!(label().await, "group");
    assert!(pair.mill.ask("spoken", "spoken", &[]).await.is_empty());
    assert_eq!(each(&pair.mill.ask("spoken", "refused", &[]).await, "by"), ["Clean River"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn c09_a_convener_who_is_set_as_chair_is_warned_of() {
    let pair = Pair::new().await;
    let body = pair.river.make("body", json!({"name": "Levers"})).await;
    pair.settle().await;
    let take = async |side: &Side, role: &str| {
        side.post("/api/records/seat", json!({"fields": {"body": body, "role": role}})).await
    };
    assert_eq!(take(&pair.mill, "host").await["notes"], json!([]));
    assert_eq!(take(&pair.river, "chair").await["notes"], json!([]), "host and chair are two");
    pair.settle().await;
    assert!(pair.river.ask("bodies", "warnings", &[]).await.is_empty());
    // Whoever sets it is warned as it is set.
    let chair = take(&pair.mill, "chair").await;
    let expected = ["Mill Street is the host of Levers and its chair too: whoever convenes does not lead."];
    assert_eq!(each(chair["notes"].as_array().unwrap(), "what"), expected);
    let chair = chair["id"].as_str().unwrap().to_owned();
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("bodies", "warnings", &[]).await, "who"), ["Mill Street"]);
    pair.mill.edit("seat", &chair, json!({"until": "2026-01-01T00:00:00Z"})).await;
    pair.settle().await;
    assert!(pair.river.ask("bodies", "warnings", &[]).await.is_empty(), "its term as chair is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn c10_an_action_of_ones_own_needs_no_approval_and_a_decision_shows_who_took_part() {
    let pair = Pair::new().await;
    let bus = pair.river.make("decision", json!({"title": "A bus", "proposal": "We hire one."})).await;
    pair.mill.make("decision", json!({"title": "A boat", "proposal": "We buy one."})).await;
    pair.settle().await;
    let concern = json!({"decision": bus, "stance": "concern", "reason": "It is dear.", "speaker": "Bo"});
    pair.mill.make("voice", concern).await;
    // While it is open, and against it: whatever a group does itself is its own.
    let own = pair.mill.make("action", json!({"title": "Our own vigil"})).await;
    pair.settle().await;
    assert_eq!(pair.river.show("action", &own).await["group_name"], "Mill Street");
    let open = pair.river.ask("decisions", "open", &[]).await;
    assert_eq!(
        (each(&open, "title"), each(&open, "took_part")),
        (words(["A boat", "A bus"]), words(["0 of 2", "1 of 2"]))
    );
    assert_eq!((each(&open, "concerns"), each(&open, "for")), (words(["0", "1"]), words(["0", "0"])));
    assert_eq!(open[1]["who"], json!(["Mill Street"]));
    assert_eq!(each(&pair.river.ask("decisions", "absent", &[("of", &bus)]).await, "name"), ["Clean River"]);
    let voices = pair.river.ask("decisions", "voices", &[("of", &bus)]).await;
    assert_eq!((&voices[0]["stance"], &voices[0]["reason"]), (&json!("concern"), &json!("It is dear.")));
    pair.river.edit("decision", &bus, json!({"status": "adopted", "outcome": "A small one."})).await;
    pair.settle().await;
    let closed = pair.mill.ask("decisions", "closed", &[]).await;
    assert_eq!((each(&closed, "title"), each(&closed, "outcome")), (words(["A bus"]), words(["A small one."])));
    assert_eq!(closed[0]["who"], json!(["Mill Street"]));
    // What it said in time counts, whatever it makes of that afterwards; also behind a restart.
    let decided = Timestamp(pair.river.member.wall().now().0 + DAY.unsigned_abs()).to_string();
    pair.river.edit("decision", &bus, json!({"decided": decided})).await;
    for side in [&pair.river, &pair.mill] {
        side.member.wall().set_ahead(2 * DAY);
    }
    let voice = pair.mill.list("voice", "").await[0]["id"].as_str().unwrap().to_owned();
    pair.mill.edit("voice", &voice, json!({"stance": "object"})).await;
    pair.mill.edit("voice", &voice, json!({"reason": "Far too dear."})).await;
    pair.settle().await;
    let Pair { river, mill } = pair;
    for side in [river.restarted().await, mill] {
        let closed = side.ask("decisions", "closed", &[]).await;
        assert_eq!((&closed[0]["concerns"], &closed[0]["took_part"]), (&json!(1), &json!("1 of 2")), "{closed:?}");
        let voices = side.ask("decisions", "voices", &[("of", &bus)]).await;
        assert_eq!((&voices[0]["stance"], &voices[0]["reason"]), (&json!("concern"), &json!("It is dear.")));
        assert_eq!(side.show("voice", &voice).await["stance"], "object");
    }
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn c11_a_change_of_mode_is_seen_on_every_node_with_its_end() {
    let pair = Pair::new().await;
    let claim = json!({"role": "steward", "scope": "the dial", "from": null, "until": "2126-01-01T00:00:00Z"});
    let mandate = pair.river.post("/api/mandates", claim).await["id"].as_str().unwrap().to_owned();
    pair.river.post(&format!("/api/mandates/{mandate}/endorsement"), json!({})).await;
    let mode = json!({"title": "Until the vote", "setting": "coordinated", "until": "2099-12-01T10:00:00Z", "voice": "network"});
    pair.river.make("mode", mode).await;
    pair.mill.make("mode", json!({"title": "Let us", "setting": "balanced", "until": "2125-12-01T10:00:00Z"})).await;
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        let now = side.ask("mode", "now", &[]).await;
        assert_eq!(each(&now, "setting"), ["coordinated"]);
        assert_eq!(each(&now, "until"), ["2099-12-01T10:00:00Z"]);
        assert_eq!(each(&side.ask("mode", "suggested", &[]).await, "title"), ["Let us"]);
        // Once it is over everybody is free again, without anybody doing anything.
        side.member.wall().set_ahead(80 * 365 * DAY);
        assert_eq!(each(&side.ask("mode", "now", &[]).await, "setting"), ["autonomy"]);
        side.member.wall().set_ahead(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c12_a_new_node_has_everything_from_one_invite() {
    let pair = Pair::new().await;
    let unit = pair.mill.make("unit", json!({"name": "The valley", "level": "region"})).await;
    pair.settle().await;
    let listen = ["/ip4/127.0.0.1/tcp/0"];
    let invite = pair.mill.member.invite().await;
    let chapter = grid_tests::grid::Member::join("Lake", &invite, grid_node::setup::Signing::Sign, &listen).await;
    chapter.until_members(3).await;
    let chapter = grid_tests::mission::Side::serve(chapter).await;
    grid_tests::grid::until_equal(&[&pair.river.member, &pair.mill.member, &chapter.member]).await;
    assert_eq!(chapter.show("unit", &unit).await["name"], "The valley");
    chapter.make("group", json!({"name": "Lake", "units": [unit]})).await;
    grid_tests::grid::until_equal(&[&pair.river.member, &chapter.member]).await;
    assert_eq!(each(&pair.river.ask("units", "units", &[]).await, "groups"), ["1"]);
}
