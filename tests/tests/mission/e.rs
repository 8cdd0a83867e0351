//! E. Actions.

use grid_tests::mission::{Pair, Side, each};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn e01_an_action_is_seen_on_every_node() {
    let pair = Pair::new().await;
    let action = json!({"title": "Vigil", "place": "Hollin", "ask": "Come.", "starts": "2126-05-01T18:00:00+10:00"});
    let action = pair.mill.make("action", action).await;
    pair.settle().await;
    let seen = pair.river.show("action", &action).await;
    assert_eq!((&seen["title"], &seen["place"], &seen["ask"]), (&json!("Vigil"), &json!("Hollin"), &json!("Come.")));
    assert_eq!((&seen["group_name"], &seen["starts"]), (&json!("Mill Street"), &json!("2126-05-01T18:00:00+10:00")));
}

#[tokio::test(flavor = "multi_thread")]
async fn e02_supporters_of_an_action_are_listed_and_counted() {
    let pair = Pair::new().await;
    let vigil = pair.mill.make("action", json!({"title": "Vigil"})).await;
    pair.settle().await;
    pair.river.make("support", json!({"of": vigil, "sort": "boost"})).await;
    pair.river.make("support", json!({"of": vigil, "sort": "pledge", "what": "candles"})).await;
    pair.river.make("support", json!({"of": vigil, "sort": "join", "people": 25})).await;
    let paddle = pair.mill.make("action", json!({"title": "Paddle"})).await;
    pair.settle().await;
    pair.river.make("support", json!({"of": paddle, "sort": "boost"})).await;
    pair.settle().await;
    // The page of the action counts groups, and not what they wrote: one that does two things is one supporter.
    let supporters = pair.mill.show("action", &vigil).await["supporters"].clone();
    assert_eq!((&supporters["groups"], &supporters["people"]), (&json!(1), &json!(25)));
    assert_eq!(
        (&supporters["boosts"], &supporters["joins"], &supporters["pledges"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(supporters["who"][0]["name"], "Clean River");
    let does = supporters["who"][0]["does"].as_str().unwrap().to_owned();
    assert!(does.contains("joins with 25 people") && does.contains("promises something: candles"), "{does}");
    let things = pair.mill.ask("amplify", "things", &[("of", &vigil)]).await;
    assert_eq!((each(&things, "boosts"), each(&things, "pledges")), (vec!["1".into()], vec!["1".into()]));
    assert_eq!(things[0]["credit"], json!(["Clean River"]));
    let backers = pair.mill.ask("amplify", "backers", &[("of", &vigil)]).await;
    assert_eq!(each(&backers, "by"), ["Clean River", "Clean River", "Clean River"]);
    assert_eq!(each(&backers, "sort").into_iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn e02_whoever_joined_hears_that_an_action_is_cancelled() {
    let pair = Pair::new().await;
    let vigil = json!({"title": "Vigil", "starts": "2126-03-01T10:00:00Z"});
    let vigil = pair.mill.make("action", vigil).await;
    pair.settle().await;
    pair.river.make("support", json!({"of": vigil, "sort": "join", "people": 25})).await;
    let seen = pair.river.post("/api/news", json!({"seen": {}})).await["seen"].clone();
    let news =
        async || each(pair.river.post("/api/news", json!({"seen": seen})).await["items"].as_array().unwrap(), "what");
    pair.mill.edit("action", &vigil, json!({"status": "cancelled"})).await;
    pair.settle().await;
    assert_eq!(news().await, ["cancelled"]);
    for side in [&pair.river, &pair.mill] {
        let ahead = side.ask("agenda", "agenda", &[("days", "100000"), ("kind", "action")]).await;
        assert_eq!(each(&ahead, "why"), ["CANCELLED: it does not take place"]);
        let found = side.ask("find", "others", &[("text", "vigil"), ("kind", "action")]).await;
        assert_eq!(each(&found, "marked"), ["Vigil (cancelled)"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e03_a_group_hides_a_tactic_without_blocking_it() {
    let pair = Pair::new().await;
    pair.river.make("action", json!({"title": "Sit-in", "tactics": ["Blockade"]})).await;
    pair.river.make("action", json!({"title": "Letters", "tactics": ["letter"]})).await;
    pair.mill.make("hiding", json!({"what": "blockade", "sort": "tactic"})).await;
    pair.settle().await;
    assert_eq!(each(&pair.mill.list("action", "").await, "title"), ["Letters"]);
    assert_eq!(pair.mill.list("action", "hidden=yes").await.len(), 2);
    assert_eq!(pair.river.list("action", "").await.len(), 2);
    assert!(pair.river.list("hiding", "").await.is_empty(), "nobody is told");
    assert_eq!(pair.mill.list("hiding", "").await.len(), 1);
    // The action goes on through this computer to whoever comes next.
    let invite = pair.mill.member.invite().await;
    pair.river.stop().await;
    let listen = ["/ip4/127.0.0.1/tcp/0"];
    let lake = grid_tests::grid::Member::join("Lake", &invite, grid_node::setup::Signing::Sign, &listen).await;
    lake.until_members(3).await;
    grid_tests::grid::until_equal(&[&pair.mill.member, &lake]).await;
    let lake = grid_tests::mission::Side::serve(lake).await;
    let mut titles = each(&lake.list("action", "").await, "title");
    titles.sort();
    assert_eq!(titles, ["Letters", "Sit-in"]);
    let pair = Pair { river: lake, mill: pair.mill };
    pair.keeps_at_mill(&["blockade"], "Blockade").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e04_one_page_shows_all_actions_of_a_moment_their_points_and_the_total() {
    let pair = Pair::new().await;
    let day = json!({"title": "River day", "starts": "2126-03-01T00:00:00Z", "ends": "2126-03-02T00:00:00Z"});
    let day = pair.river.make("moment", day).await;
    pair.settle().await;
    let at = json!({"latitude": -28.81, "longitude": 153.28});
    let vigil = pair
        .mill
        .make("action", json!({"title": "Vigil", "moment": day, "coordinates": at, "starts": "2126-03-01T10:00:00Z"}))
        .await;
    pair.mill.make("action", json!({"title": "Paddle", "starts": "2126-03-01T12:00:00Z"})).await;
    pair.river.make("action", json!({"title": "Song", "moment": day})).await;
    pair.river.make("action", json!({"title": "Storm", "moment": day, "status": "cancelled"})).await;
    pair.settle().await;
    pair.river.make("support", json!({"of": vigil, "sort": "join", "people": 12})).await;
    pair.river.make("tally", json!({"action": vigil, "target": "Ms Reed MP", "letters": 40})).await;
    pair.settle().await;
    let moments = pair.mill.ask("moments", "moments", &[("of", "River day")]).await;
    assert_eq!(
        (&moments[0]["actions"], &moments[0]["groups"], &moments[0]["people"]),
        (&json!(2), &json!(2), &json!(12))
    );
    assert_eq!(moments[0]["letters"], 40);
    let actions = pair.mill.ask("moments", "actions", &[]).await;
    assert_eq!(each(&actions, "marked"), ["Song", "Storm (cancelled)", "Vigil"]);
    assert_eq!(actions[2]["coordinates"], at);
    assert_eq!(each(&pair.mill.ask("moments", "unlinked", &[]).await, "title"), ["Paddle"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn e05_an_answer_that_was_given_offline_arrives_once() {
    let pair = Pair::by_hand().await;
    let action = pair.river.make("action", json!({"title": "Vigil"})).await;
    pair.part().await;
    let invited_by = pair.river.group().await;
    let joins = json!({"of": action, "sort": "join", "people": 7, "invited_by": invited_by});
    pair.mill.make("support", joins).await;
    assert!(pair.river.list("support", "").await.is_empty(), "they are apart");
    let pair = Pair { river: pair.river, mill: pair.mill.restarted().await };
    pair.meet().await;
    // Once, however often they meet.
    pair.part().await;
    pair.mill.make("task", json!({"title": "Candles", "about": action})).await;
    pair.meet().await;
    let seen = pair.river.list("support", &format!("of={action}")).await;
    assert_eq!(seen.len(), 1);
    assert_eq!((&seen[0]["people"], &seen[0]["referred"][&invited_by]), (&json!(7), &json!("Clean River")));
    assert_eq!(pair.river.show("action", &action).await["counts"], json!({"support": 1, "task": 1}));
    let joined = pair.river.ask("amplify", "things", &[("of", &action)]).await;
    assert_eq!((&joined[0]["joins"], &joined[0]["people"]), (&json!(1), &json!(7)));
}

#[tokio::test(flavor = "multi_thread")]
async fn e06_answers_to_a_call_for_help_are_counted() {
    let pair = Pair::new().await;
    let flood = json!({"title": "Flood", "place": "Lismore", "radius_km": 40.0, "coordinates": "-28.81,153.28"});
    let flood = pair.river.make("alert", flood).await;
    pair.settle().await;
    assert_eq!(each(&pair.mill.ask("amplify", "alerts", &[]).await, "answers"), ["0"]);
    pair.mill.make("support", json!({"of": flood, "sort": "offer", "what": "two boats"})).await;
    pair.mill.make("reply", json!({"to": flood, "says": "yes", "note": "We come."})).await;
    // One's own word is no answer, and neither is one to another call.
    pair.river.make("reply", json!({"to": flood, "says": "yes"})).await;
    let fire = pair.river.make("alert", json!({"title": "Fire"})).await;
    pair.settle().await;
    let alerts = pair.river.ask("amplify", "alerts", &[("of", &flood)]).await;
    assert_eq!(each(&alerts, "answers"), ["1"]);
    assert_eq!(alerts[0]["answered_by"], json!(["Mill Street"]));
    pair.mill.make("reply", json!({"to": fire, "says": "no"})).await;
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("amplify", "alerts", &[("of", &fire)]).await, "answers"), ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn e07_the_count_equals_the_stored_letters() {
    let pair = Pair::new().await;
    let vigil = pair.river.make("action", json!({"title": "Vigil"})).await;
    pair.settle().await;
    pair.river.make("tally", json!({"action": vigil, "target": "Ms Reed MP", "letters": 40})).await;
    pair.mill.make("tally", json!({"action": vigil, "target": "ms reed mp", "letters": 2, "calls": 5})).await;
    let paddle = pair.mill.make("action", json!({"title": "Paddle"})).await;
    pair.mill.make("tally", json!({"action": paddle, "target": "The premier", "letters": 500})).await;
    pair.settle().await;
    let stored = pair.mill.list("tally", &format!("action={vigil}")).await;
    let stored: f64 = stored.iter().filter_map(|tally| tally["letters"].as_f64()).sum();
    assert_eq!(stored, 42.0);
    for side in [&pair.river, &pair.mill] {
        let total = side.ask("letters", "total", &[("of", "Vigil")]).await;
        assert_eq!(total[0]["letters"].as_f64(), Some(stored));
        let targets = side.ask("letters", "targets", &[]).await;
        assert_eq!((each(&targets, "groups"), each(&targets, "letters")), (words(["2", "1"]), words(["42", "500"])));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e08_a_copied_action_shows_where_it_comes_from() {
    let pair = Pair::new().await;
    let first = pair.river.make("action", json!({"title": "Night of lights"})).await;
    pair.settle().await;
    let copy = pair.mill.make("action", json!({"title": "Our night of lights", "copied_from": first})).await;
    pair.settle().await;
    let seen = pair.river.show("action", &copy).await;
    assert_eq!((&seen["group_name"], &seen["referred"][&first]), (&json!("Mill Street"), &json!("Night of lights")));
    let made = pair.river.ask("makers", "made", &[]).await;
    assert_eq!((each(&made, "name"), each(&made, "origin")), (words(["Our night of lights"]), words(["Clean River"])));
    let used = pair.mill.ask("makers", "used", &[]).await;
    assert_eq!((each(&used, "name"), each(&used, "users")), (words(["Night of lights"]), words(["1"])));
    assert_eq!(seen["credit"]["says"], "Night of lights by Clean River");
    // No edit takes the credit away, nor gives it to another.
    for instead in [json!(null), json!(copy)] {
        let error = pair.mill.edit_refused("action", &copy, json!({"copied_from": instead})).await;
        assert!(error["message"].as_str().unwrap().contains("as it was said first"), "{error}");
    }
    // What the first becomes, or that it is removed, takes nothing from the copy, and nothing from who made it.
    let path = format!("/api/records/action/{first}");
    let (status, _) = grid_tests::api::request_json(&pair.river.member.path(), "DELETE", &path, json!(null)).await;
    assert_eq!(status, 200);
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        assert_eq!(side.show("action", &copy).await["title"], "Our night of lights");
        let made = side.ask("makers", "made", &[]).await;
        assert_eq!(
            (each(&made, "name"), each(&made, "origin")),
            (words(["Our night of lights"]), words(["Clean River"]))
        );
        assert_eq!(made[0]["lineage"], json!(["Night of lights by Clean River (removed)"]));
    }
    let river = pair.river.group().await;
    pair.mill.make("hiding", json!({"what": "Clean River", "sort": "group", "of_group": river})).await;
    let made = pair.mill.ask("makers", "made", &[]).await;
    assert_eq!((each(&made, "maker"), each(&made, "origin")), (words(["Mill Street"]), words(["Clean River"])));
    assert_eq!(made[0]["lineage"], json!(["something by Clean River (removed)"]), "it is hidden, its maker is not");
    let listed = pair.mill.list("action", "").await;
    assert_eq!(listed[0]["credit"]["says"], "something by Clean River");
}

#[tokio::test(flavor = "multi_thread")]
async fn e08_what_goes_out_names_the_maker_of_what_was_copied() {
    let pair = Pair::new().await;
    let first = pair.river.make("action", json!({"title": "Night of lights"})).await;
    pair.settle().await;
    let starts = "2126-05-01T18:00:00Z";
    let copy = json!({"title": "Our night", "description": "Bring a lamp.", "starts": starts, "copied_from": first});
    pair.mill.make("action", copy).await;
    let song = pair.mill.make("action", json!({"title": "Song", "starts": starts})).await;
    pair.settle().await;
    let file = async |side: &Side, format: &str| {
        side.text(&format!("/api/records/action/export?audience=public&format={format}")).await.replace("\r\n ", "")
    };
    let atom = file(&pair.river, "atom").await;
    assert!(atom.contains("Bring a lamp.\n\nAfter Night of lights by Clean River.</content>"), "{atom}");
    assert!(atom.contains("<contributor>") && atom.matches("<name>Clean River</name>").count() >= 2, "{atom}");
    let calendar = file(&pair.mill, "ics").await;
    assert!(calendar.contains("DESCRIPTION:Bring a lamp.\\n\\nAfter Night of lights by Clean River."), "{calendar}");
    // Whoever takes its own calendar in again does not thank twice.
    let path = "/api/records/action/import";
    let again = grid_tests::api::request(&pair.mill.member.path(), "POST", path, "text/calendar", &calendar).await;
    assert_eq!(again.json()["changed"], json!(0), "{}", again.body);
    // A credit that was forgotten may be said later.
    pair.mill.edit("action", &song, json!({"copied_from": first})).await;
    let hidden = json!({"what": "Clean River", "sort": "group", "of_group": pair.river.group().await});
    pair.mill.make("hiding", hidden).await;
    let calendar = file(&pair.mill, "ics").await;
    assert_eq!(calendar.matches("After Night of lights by Clean River.").count(), 4, "hiding is nobody else's matter");
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn e09_what_was_said_to_an_official_stays_with_the_group() {
    let pair = Pair::new().await;
    pair.mill.make("action", json!({"title": "Town hall", "place": "Weir"})).await;
    let talk = json!({"name": "The mayor", "office": "Hollin", "said": "She listens.", "limits": "We do not trade."});
    let talk = pair.mill.make("official", talk).await;
    pair.settle().await;
    assert_eq!(pair.mill.show("official", &talk).await["limits"], "We do not trade.");
    assert!(pair.river.list("official", "").await.is_empty());
    pair.keeps_at_mill(&["The mayor", "Hollin", "She listens.", "We do not trade."], "Town hall").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e06_a_call_reaches_its_region() {
    let pair = Pair::new().await;
    let at = |latitude: f64| json!({"latitude": latitude, "longitude": 153.0});
    pair.mill.make("group", json!({"name": "Mill Street", "coordinates": at(-28.0)})).await;
    let call = |title: &str, latitude: f64| json!({"title": title, "coordinates": at(latitude), "radius_km": 30});
    pair.river.make("alert", call("Here", -28.1)).await;
    pair.river.make("alert", call("Far away", -35.0)).await;
    pair.settle().await;
    let calls = pair.mill.ask("calls", "calls", &[]).await;
    assert_eq!(each(&calls, "name"), ["Here", "Far away"]);
    assert_eq!(each(&calls, "you"), ["true", "false"]);
    // Whoever looks how things stand hears of the call that waits for it, until it has answered.
    let waits = async |side: &Side| {
        let needs = side.get("/api/status").await["needs"].as_array().unwrap().clone();
        each(&needs.into_iter().filter(|need| need["kind"] == "call").collect::<Vec<_>>(), "what")
    };
    assert_eq!(waits(&pair.mill).await, ["Clean River calls your group for help: Here."]);
    assert!(waits(&pair.river).await.is_empty(), "nobody calls itself");
    pair.mill.make("reply", json!({"to": calls[0]["id"], "says": "no"})).await;
    assert!(waits(&pair.mill).await.is_empty());
}
