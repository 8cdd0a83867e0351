//! A. Purpose and belonging.

use grid_protocol::domain::STATEMENT_TEXT;
use grid_protocol::id::Digest;
use grid_tests::mission::{Pair, each};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a07_whoever_has_no_mandate_is_refused_the_voice_of_the_network() {
    let pair = Pair::new().await;
    let action = json!({"title": "March for the river", "voice": "network"});
    let error = pair.mill.refused("action", action.clone()).await;
    assert!(error["message"].as_str().unwrap().contains("mandate"), "{error}");
    let own = pair.mill.make("action", json!({"title": "Our own march"})).await;
    let claim = json!({"role": "speaker", "scope": "speaker", "from": null, "until": "2126-01-01T00:00:00Z"});
    let mandate = pair.river.post("/api/mandates", claim).await["id"].as_str().unwrap().to_owned();
    pair.river.post(&format!("/api/mandates/{mandate}/endorsement"), json!({})).await;
    let spoken = pair.river.make("action", action).await;
    pair.settle().await;
    let seen = pair.mill.show("action", &spoken).await;
    assert_eq!((&seen["speaks"], &seen["group_name"]), (&json!("network"), &json!("Clean River")));
    let seen = pair.river.show("action", &own).await;
    assert_eq!((&seen["speaks"], &seen["group_name"]), (&json!("group"), &json!("Mill Street")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a10_what_people_need_to_take_part_never_leaves_the_node() {
    let pair = Pair::new().await;
    let event = pair.river.make("event", json!({"title": "Assembly", "starts": "2126-03-01T10:00:00+11:00"})).await;
    pair.settle().await;
    let coming = json!({"event": event, "says": "going", "people": 4, "access_needs": "a ramp, and halal food"});
    let coming = pair.mill.make("attendance", coming).await;
    pair.settle().await;
    let own = pair.mill.show("attendance", &coming).await;
    assert_eq!(own["access_needs"], "a ramp, and halal food");
    assert_eq!(own["stays_here"], json!(["access_needs"]));
    let seen = pair.river.show("attendance", &coming).await;
    assert_eq!((&seen["people"], &seen["called"]), (&json!(4), &json!("Assembly")));
    assert!(!seen.to_string().contains("halal"), "{seen}");
    let changes = pair.river.get(&format!("/api/records/attendance/{coming}/history")).await;
    assert!(!changes.to_string().contains("halal"), "{changes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a06_what_newcomers_ask_and_what_a_member_gets_can_be_read() {
    let pair = Pair::new().await;
    pair.river.make("page", json!({"title": "Why join?", "purpose": "faq", "text": "To win."})).await;
    pair.river.make("page", json!({"title": "What you get", "purpose": "value", "text": "Others who help."})).await;
    pair.settle().await;
    assert_eq!(each(&pair.mill.ask("words", "faq", &[]).await, "text"), ["To win."]);
    assert_eq!(each(&pair.mill.ask("words", "value", &[]).await, "text"), ["Others who help."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a08_of_two_frames_that_were_tested_the_winner_is_marked() {
    let pair = Pair::new().await;
    let frame =
        |title: &str, convinced: u32| json!({"title": title, "test": "Doors", "asked": 40, "convinced": convinced});
    pair.mill.make("frame", frame("Health", 10)).await;
    pair.river.make("frame", frame("Home", 30)).await;
    pair.settle().await;
    let frames = pair.mill.ask("words", "frames", &[]).await;
    assert_eq!(each(&frames, "name"), ["Home", "Health"]);
    assert_eq!(each(&frames, "winner"), ["so far", "null"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a06_an_invited_group_reads_what_members_get_and_what_newcomers_ask_before_it_signs() {
    use grid_node::setup::Signing;
    use grid_protocol::invite::InviteTicket;
    use grid_tests::grid::Member;
    let pair = Pair::new().await;
    pair.river.make("page", json!({"title": "What you get", "purpose": "value", "text": "Songs, and a van."})).await;
    pair.mill.make("page", json!({"title": "Questions", "purpose": "faq", "text": "Who decides? All of us."})).await;
    pair.mill.make("page", json!({"title": "Minutes", "text": "Bo is ill."})).await;
    pair.settle().await;
    // Whoever invites need not have written them.
    let invite = pair.mill.post("/api/invites", json!({})).await;
    assert_eq!(invite["pages"], json!(["What you get", "Questions"]));
    let ticket = InviteTicket::parse(invite["invite"].as_str().unwrap()).unwrap();
    let pages: Vec<_> = ticket.pages.iter().map(|page| (&*page.title, &*page.by, &*page.text)).collect();
    let expected =
        [("What you get", "Clean River", "Songs, and a van."), ("Questions", "Mill Street", "Who decides? All of us.")];
    assert_eq!(pages, expected);
    assert!(ticket.statement().is_some_and(|statement| statement.text.contains("everybody who lives by it")));
    let short = InviteTicket::parse(invite["short"].as_str().unwrap()).unwrap();
    assert!(short.pages.is_empty());
    let listen = &["/ip4/127.0.0.1/tcp/0"];
    let ferry = Member::join("Ferry Friends", invite["invite"].as_str().unwrap(), Signing::Sign, listen).await;
    ferry.until_members(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a09_what_is_used_again_always_shows_its_maker() {
    let pair = Pair::new().await;
    let book = pair.mill.make("resource", json!({"title": "Song book", "author": "Ana"})).await;
    pair.settle().await;
    pair.river.make("resource", json!({"title": "Gate songs", "based_on_resource": book})).await;
    pair.settle().await;
    let made = pair.mill.ask("makers", "made", &[]).await;
    assert_eq!((each(&made, "name"), each(&made, "origin")), (vec!["Gate songs".to_owned()], vec!["Ana".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a01_every_node_shows_the_same_version_and_older_ones_stay_readable() {
    let pair = Pair::new().await;
    let versions = async |side: &grid_tests::mission::Side| side.get("/api/statement/versions").await["items"].clone();
    let before = versions(&pair.mill).await;
    let change = json!({"title": "What unites us, again", "text": "The river belongs to all, and to nobody.\n"});
    let proposed = pair.river.post("/api/statement/versions", change).await;
    let version = proposed["version"].as_str().unwrap();
    pair.settle().await;
    let (river, mill) = (versions(&pair.river).await, versions(&pair.mill).await);
    assert_eq!(river, mill);
    assert_eq!(mill.as_array().unwrap().len(), before.as_array().unwrap().len() + 1);
    let seen = pair.mill.get(&format!("/api/statement/versions/{version}")).await;
    assert_eq!(seen["text"], "The river belongs to all, and to nobody.\n");
    let first = before[0]["version"].as_str().unwrap();
    let old = pair.mill.get(&format!("/api/statement/versions/{first}")).await;
    assert!(old["text"].as_str().unwrap().contains("everybody who lives by it"), "{old}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a02_comments_on_a_draft_arrive_and_a_frozen_text_can_not_change() {
    let pair = Pair::new().await;
    let draft = pair.river.make("draft", json!({"title": "Unity", "text": "We act together."})).await;
    pair.settle().await;
    let comment = json!({"text": "And we listen first.", "about": draft, "author": "a neighbour"});
    pair.mill.make("message", comment).await;
    pair.settle().await;
    let comments = pair.river.list("message", &format!("about={draft}")).await;
    assert_eq!(
        (&comments[0]["text"], &comments[0]["called"]),
        (&json!("And we listen first."), &json!("And we listen first."))
    );
    let hash = Digest::of(STATEMENT_TEXT, b"We act together.").to_string();
    pair.river.edit("draft", &draft, json!({"status": "frozen", "frozen_hash": hash})).await;
    let other = Digest::of(STATEMENT_TEXT, b"We act alone.").to_string();
    for fields in [
        json!({"text": "We act alone."}),
        json!({"text": "We act alone.", "frozen_hash": other}),
        json!({"status": "open", "frozen_hash": null, "text": "We act alone."}),
    ] {
        let error = pair.river.edit_refused("draft", &draft, fields).await;
        assert!(error["message"].as_str().unwrap().contains("stands as it was sealed"), "{error}");
    }
    pair.settle().await;
    assert_eq!(pair.mill.show("draft", &draft).await["frozen_hash"], hash);
    let frozen = pair.mill.ask("drafts", "frozen", &[]).await;
    assert_eq!((each(&frozen, "state"), each(&frozen, "comments")), (vec!["frozen".into()], vec!["1".into()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a03_a_stranger_verifies_the_list_of_signatures_and_one_byte_changed_fails() {
    use grid_protocol::sheet::StatementSheet;
    let pair = Pair::new().await;
    pair.settle().await;
    let sheet = pair.mill.text("/api/statement/sheet").await;
    let report = StatementSheet::verify(sheet.as_bytes()).unwrap();
    assert!(report.is_sound());
    assert_eq!((report.sheet.rows.len(), report.valid.len()), (2, 2));
    let altered = sheet.replacen("The river belongs", "The River belongs", 1);
    assert_ne!(altered, sheet);
    assert!(!StatementSheet::verify(altered.as_bytes()).is_ok_and(|report| report.is_sound()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a05_a_policy_that_is_added_asks_every_group_again() {
    let pair = Pair::new().await;
    let policy = json!({"title": "Peaceful behaviour", "text": "Nobody is hurt.\n"});
    let change = json!({"title": "What unites us", "text": "The river belongs to all.\n", "policies": [policy]});
    let proposed = pair.river.post("/api/statement/versions", change).await;
    let version = proposed["version"].as_str().unwrap().to_owned();
    pair.river.post("/api/statement/votes", json!({"version": version})).await;
    pair.settle().await;
    let seen = pair.mill.get(&format!("/api/statement/versions/{version}")).await;
    assert_eq!(seen["policies"][0]["title"], "Peaceful behaviour");
    let needs = pair.mill.get("/api/status").await["needs"].clone();
    assert!(needs.to_string().contains(&version), "the group is asked to accept it: {needs}");
    pair.mill.post("/api/statement/signature", json!({"version": version})).await;
    let needs = pair.mill.get("/api/status").await["needs"].clone();
    assert!(!needs.to_string().contains(&version), "and once it has, it is not asked again: {needs}");
}
