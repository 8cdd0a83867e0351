//! H. Safety, privacy, endurance.

use grid_tests::mission::{Pair, each};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn h01_each_field_that_is_stored_is_in_the_policy() {
    let pair = Pair::new().await;
    let policy = pair.mill.ask("privacy", "fields", &[]).await;
    for kind in grid_protocol::record::Registry::standard().kinds() {
        for field in &kind.fields {
            let of = |row: &&serde_json::Value| row["kind"] == json!(kind.name) && row["field"] == json!(&*field.name);
            let row = policy.iter().find(of).unwrap_or_else(|| panic!("{} {}", kind.name, field.name));
            assert_eq!(row["audience"], json!(field.audience.to_string()));
            assert_eq!(row["purpose"], json!(field.about));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h03_a_review_of_threats_is_due_until_it_is_done() {
    let pair = Pair::new().await;
    let review = pair.river.make("review", json!({"title": "Our doors", "threats": "theft"})).await;
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("reviews", "due", &[]).await, "why"), ["it names no measure"]);
    let done = json!({"measures": "locks", "partners": ["Mill Street"], "again": "2126-01-10T10:00:00Z"});
    pair.river.edit("review", &review, done).await;
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        assert!(side.ask("reviews", "due", &[]).await.is_empty());
    }
    // What could happen, and what is done about it, is nobody's but the group's: a list of what hurts.
    let seen = pair.mill.show("review", &review).await;
    assert_eq!((&seen["threats"], &seen["measures"]), (&json!(null), &json!(null)));
    assert_eq!(pair.river.show("review", &review).await["measures"], "locks");
    assert_eq!(each(&pair.mill.ask("reviews", "fresh", &[]).await, "partners"), ["Mill Street"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn h03_the_template_is_done_before_the_first_sync() {
    use grid_node::setup::{self, Signing};
    use grid_node::threats::{Part, ThreatReview};
    use grid_tests::grid::Member;
    use grid_tests::mission::Side;
    let listen = &["/ip4/127.0.0.1/tcp/0"];
    let river = Member::found("Clean River", listen).await;
    let mut mill = Member::joined("Mill Street", &river.invite().await, Signing::Sign, listen);
    let mut text = ThreatReview::template();
    for (part, said) in [
        (Part::Assets, "The list of supporters."),
        (Part::Adversaries, "The mill's owner."),
        (Part::Threats, "A laptop is taken."),
        (Part::Measures, "A passphrase, and words on paper at Bo's."),
    ] {
        text = text.replace(part.guide(), &format!("{}\n\n{said}", part.guide()));
    }
    let review = setup::review(&mill.path(), &ThreatReview::parse(&text).unwrap(), None).unwrap().to_string();
    mill.start().await;
    river.until_members(2).await;
    mill.until_members(2).await;
    let pair = Pair { river: Side::serve(river).await, mill: Side::serve(mill).await };
    pair.settle().await;
    let groups = pair.river.ask("reviews", "groups", &[]).await;
    assert_eq!(each(&groups, "name"), ["Clean River", "Mill Street"]);
    assert_eq!(each(&groups, "before"), ["none yet", "before its first sync"]);
    assert_eq!(pair.mill.get("/api/status").await["threat_review"], "before_sync");
    // What is protected and from whom stays where it was written, beside what travels.
    let (here, there) = (pair.mill.show("review", &review).await, pair.river.show("review", &review).await);
    assert_eq!((&here["assets"], &here["threats"]), (&json!("The list of supporters."), &json!("A laptop is taken.")));
    assert!(["assets", "adversaries", "threats", "measures"].iter().all(|field| there[field].is_null()), "{there}");
    assert_eq!((&there["title"], &there["before_sync"]), (&json!("Our group"), &json!(true)));
    // Whoever met others without one is told so until there is one.
    assert_eq!(pair.river.get("/api/status").await["threat_review"], "missed");
    let unspoken = pair.river.ask("health", "unspoken", &[]).await;
    let step = |row: &serde_json::Value| row["step"] == "grid review start" && row["who"] == "Clean River";
    assert!(unspoken.iter().any(step), "{unspoken:?}");
    assert!(!pair.mill.ask("health", "unspoken", &[]).await.iter().any(|row| row["step"] == "grid review start"));
    pair.river.make("review", json!({"title": "Us", "threats": "floods", "measures": "boats"})).await;
    assert_eq!(pair.river.get("/api/status").await["threat_review"], "later");
    assert!(!pair.river.ask("health", "unspoken", &[]).await.iter().any(step));
}

#[tokio::test(flavor = "multi_thread")]
async fn h05_an_alias_hides_the_place_and_a_block_holds_after_sync() {
    let pair = Pair::new().await;
    let owl = json!({"name": "Owl", "agreed": true, "alias": true, "whereabouts": "Ballina"});
    let error =
        pair.mill.refused("person", json!({"name": "Owl", "agreed": true, "alias": true, "place": "Ballina"})).await;
    assert!(error["message"].as_str().unwrap().contains("alias"), "{error}");
    let owl = pair.mill.make("person", owl).await;
    pair.settle().await;
    let found = pair.river.ask("find", "people", &[("text", "owl")]).await;
    assert_eq!((each(&found, "name"), &found[0]["place"]), (vec!["Owl".to_owned()], &json!(null)));
    assert!(pair.river.ask("find", "people", &[("text", "ballina")]).await.is_empty());
    let hide = json!({"what": "Mill Street", "sort": "group", "of_group": pair.mill.group().await});
    pair.river.make("hiding", hide).await;
    pair.mill.make("action", json!({"title": "Soup at the gate"})).await;
    pair.settle().await;
    for (question, section, words) in [
        ("find", "people", vec![("text", "owl")]),
        ("find", "others", vec![("text", "soup")]),
        ("leaders", "people", vec![]),
    ] {
        assert!(pair.river.ask(question, section, &words).await.is_empty(), "{question}");
    }
    assert_eq!(each(&pair.river.ask("introduce", "isolated", &[]).await, "name"), ["Clean River"]);
    // What it says of its place stays with its group, and who is blocked nobody else learns.
    assert!(pair.river.show("person", &owl).await["whereabouts"].is_null());
    assert_eq!(pair.mill.show("person", &owl).await["whereabouts"], "Ballina");
    assert!(pair.mill.list("hiding", "").await.is_empty());
    assert_eq!(pair.mill.list("action", "").await.len(), 1);
    // The block holds whatever else comes, and after a restart.
    let Pair { river, mill } = pair;
    let pair = Pair { river: river.restarted().await, mill };
    pair.mill.make("action", json!({"title": "Soup again"})).await;
    pair.settle().await;
    assert!(pair.river.list("action", "").await.is_empty());
    assert_eq!(pair.river.list("action", "hidden=yes").await.len(), 2);
    assert!(!pair.river.text("/api/feeds/news.atom").await.contains("Soup"));
}
