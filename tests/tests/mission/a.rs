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
    // The mandate is that of one group, and no other's.
    let error = pair.mill.refused("action", json!({"title": "March", "voice": "network"})).await;
    assert!(error["message"].as_str().unwrap().contains("mandate"), "{error}");
    assert_eq!(each(&pair.mill.ask("spoken", "spoken", &[]).await, "title"), ["March for the river"]);
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
    pair.keeps_at_mill(&["halal food", "a ramp"], "going").await;
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
    // What was tried alone has won against nothing.
    pair.river.make("frame", json!({"title": "Jobs", "test": "Market", "asked": 40, "convinced": 40})).await;
    pair.settle().await;
    let frames = pair.mill.ask("words", "frames", &[]).await;
    assert_eq!(each(&frames, "name"), ["Home", "Health", "Jobs"]);
    assert_eq!(each(&frames, "winner"), ["so far", "null", "null"]);
    // Whoever tried them may declare another the winner.
    pair.mill.edit("frame", frames[1]["id"].as_str().unwrap(), json!({"winner": true})).await;
    pair.settle().await;
    let frames = pair.river.ask("words", "frames", &[]).await;
    assert_eq!(each(&frames, "winner"), ["null", "yes", "null"]);
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
    let songs = pair.river.make("resource", json!({"title": "Gate songs", "based_on_resource": book})).await;
    pair.river.make("resource", json!({"title": "Map of wells"})).await;
    pair.settle().await;
    let made = pair.mill.ask("makers", "made", &[]).await;
    assert_eq!((each(&made, "name"), each(&made, "origin")), (vec!["Gate songs".to_owned()], vec!["Ana".to_owned()]));
    assert_eq!((&made[0]["maker"], &made[0]["lineage"]), (&json!("Clean River"), &json!(["Song book by Ana"])));
    let seen = pair.mill.show("resource", &songs).await;
    assert_eq!((&seen["referred"][&book], &seen["credit"]["says"]), (&json!("Song book"), &json!("Song book by Ana")));
    // Also once what it was made from was removed, and once its group is hidden.
    let path = format!("/api/records/resource/{book}");
    let (status, _) = grid_tests::api::request_json(&pair.mill.member.path(), "DELETE", &path, json!(null)).await;
    assert_eq!(status, 200);
    pair.settle().await;
    let mill = json!({"what": "Mill Street", "sort": "group", "of_group": pair.mill.group().await});
    for hide in [false, true] {
        if hide {
            pair.river.make("hiding", mill.clone()).await;
        }
        let made = pair.river.ask("makers", "made", &[]).await;
        assert_eq!((each(&made, "maker"), each(&made, "origin")), (vec!["Clean River".into()], vec!["Ana".into()]));
        assert_eq!(pair.river.show("resource", &songs).await["credit"]["maker"], "Ana");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a01_every_node_shows_the_same_version_and_older_ones_stay_readable() {
    let pair = Pair::new().await;
    let versions = async |side: &grid_tests::mission::Side| side.get("/api/statement/versions").await["items"].clone();
    let before = versions(&pair.mill).await;
    let change = json!({"title": "What unites us, again", "text": "The river belongs to all, and to nobody.\n",
        "policies": [{"title": "Money", "text": "None from those who dam it.\n"}]});
    let version = &pair.adopt(change).await;
    let claim = json!({"role": "speaker", "scope": "Upstream talks", "from": null, "until": "2126-01-01T00:00:00Z"});
    pair.river.post("/api/mandates", claim).await;
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        // Whoever looks for a word finds it there, too.
        let found = async |text: &str| each(&side.ask("find", "governing", &[("text", text)]).await, "marked");
        assert_eq!(found("belongs nobody").await, ["What unites us, again"]);
        assert_eq!(found("dam").await, ["Money"]);
        assert_eq!(found("UPSTREAN").await, ["Upstream talks (waiting)"]);
        assert!(found("everybody").await.is_empty(), "the statement that was replaced says that no more");
        let policies = side.ask("find", "governing", &[("kind", "policy")]).await;
        assert_eq!(each(&policies, "name"), ["Money"]);
    }
    for side in [&pair.river, &pair.mill] {
        assert_eq!(&side.get("/api/statement").await["version"], version);
    }
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
    assert_eq!(each(&pair.mill.ask("drafts", "open", &[]).await, "comments"), ["1"]);
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
    // Nor by undoing, nor by a table.
    let error = pair.river.post_refused(&format!("/api/records/draft/{draft}/undo"), json!({})).await;
    assert!(error["message"].as_str().unwrap().contains("stands as it was sealed"), "{error}");
    let table = format!("id,title,text\n{draft},Unity,We act alone.\n");
    let taken = pair.river.import("draft", &table).await;
    assert_eq!(taken["changed"], 0, "{taken}");
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        let seen = side.show("draft", &draft).await;
        assert_eq!((&seen["frozen_hash"], &seen["text"]), (&json!(hash), &json!("We act together.")));
    }
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
    let sound = |sheet: &str| StatementSheet::verify(sheet.as_bytes()).is_ok_and(|report| report.is_sound());
    for (said, altered) in
        [("The river belongs", "The River belongs"), ("Mill Street", "Mill Stroet"), ("Clear Water", "Cloar Water")]
    {
        let altered = sheet.replacen(said, altered, 1);
        assert_ne!(altered, sheet, "{said}");
        assert!(!sound(&altered), "{said}");
    }
    // Not one letter of a hash, a key or a signature may change.
    let is_hex = |at: usize| sheet.get(at..at + 64).is_some_and(|run| run.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let runs: Vec<usize> = (0..sheet.len()).filter(|at| is_hex(*at)).step_by(41).collect();
    assert!(runs.len() > 20, "a sheet holds hashes and signatures: {sheet}");
    for at in runs {
        let other = if &sheet[at..=at] == "0" { "1" } else { "0" };
        let altered = format!("{}{other}{}", &sheet[..at], &sheet[at + 1..]);
        assert!(!sound(&altered), "{at}: {altered}");
    }
    // Who takes the signature back is on the list no longer, and no member.
    pair.mill.member.handle().withdraw().await.unwrap();
    pair.river.member.until_members(1).await;
    let report = StatementSheet::verify(pair.river.text("/api/statement/sheet").await.as_bytes()).unwrap();
    let signed: Vec<String> = report.valid.iter().map(|row| format!("{row:?}")).collect();
    assert_eq!(signed.len(), 1, "{signed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a05_a_policy_that_is_added_asks_every_group_again() {
    let pair = Pair::new().await;
    let policy = json!({"title": "Peaceful behaviour", "text": "Nobody is hurt.\n"});
    let change = json!({"title": "What unites us", "text": "The river belongs to all.\n", "policies": [policy]});
    let needs = pair.mill.get("/api/status").await["needs"].clone();
    assert_eq!(needs, json!([]), "nothing is asked for what was accepted");
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

#[tokio::test(flavor = "multi_thread")]
async fn a05_whoever_joins_is_no_member_and_reaches_nobody_until_the_policies_are_accepted() {
    use grid_node::setup::Signing;
    use grid_tests::grid::Member;
    use grid_tests::mission::Side;
    let pair = Pair::new().await;
    let policies = (1..=8).map(|number| json!({"title": format!("Principle {number}"), "text": "Nobody is hurt.\n"}));
    let policies: Vec<_> = policies.collect();
    let change = json!({"title": "What unites us", "text": "The river belongs to all.\n", "policies": policies});
    let version = pair.adopt(change).await;
    let ferry =
        Member::join("Ferry Friends", &pair.river.member.invite().await, Signing::Later, &["/ip4/127.0.0.1/tcp/0"])
            .await;
    let met = ferry.until("somebody is connected", async |me| (!me.is_alone().await).then_some(()));
    met.await;
    let ferry = Side::serve(ferry).await;
    let asked = ferry.get("/api/statement").await;
    assert_eq!(asked["version"], json!(version), "{asked}");
    let seen = ferry.get(&format!("/api/statement/versions/{version}")).await;
    assert_eq!(each(seen["policies"].as_array().unwrap(), "title").len(), 8, "{seen}");
    assert_eq!(ferry.get("/api/status").await["standing"], "not_signed");
    // What it writes stays with it: nobody takes the word of a group that has accepted nothing.
    ferry.make("action", json!({"title": "Our own march"})).await;
    pair.mill.make("action", json!({"title": "Paddle"})).await;
    pair.settle().await;
    assert_eq!(each(&pair.river.list("action", "").await, "title"), ["Paddle"]);
    assert_eq!(pair.river.member.status().await.members, 2);
    ferry.post("/api/statement/signature", json!({"version": version})).await;
    pair.river.member.until_members(3).await;
    ferry.member.until_members(3).await;
    grid_tests::grid::until_equal(&[&pair.river.member, &ferry.member]).await;
    let mut by = each(&pair.river.list("action", "").await, "group_name");
    by.sort();
    assert_eq!(by, ["Ferry Friends", "Mill Street"]);
}
