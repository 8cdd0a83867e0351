//! H. Safety, privacy, endurance.

use grid_protocol::record::{Audience, Kind, RecordHome, Registry};
use grid_tests::every::{self, Turn, is_marked, mark};
use grid_tests::grid::{Member, until_equal};
use grid_tests::mission::{Pair, Side, each};
use serde_json::{Value, json};

const LISTEN: &[&str] = &["/ip4/127.0.0.1/tcp/0"];

#[tokio::test(flavor = "multi_thread")]
async fn h01_each_field_that_is_stored_is_where_the_policy_says_and_nowhere_else() {
    let pair = Pair::new().await;
    let policy = pair.river.ask("privacy", "fields", &[]).await;
    let beside = pair.river.ask("privacy", "beside", &[]).await;
    let mut public = String::new();
    for kind in Registry::standard().kinds() {
        let mut fields = every::fields(kind, Turn::First);
        // Said aloud where a record has to say so.
        if let Some(readers) = &kind.readers {
            (fields[&**readers], fields["body"]) = (json!("public"), json!(null));
        }
        pair.mill.make(&kind.name, fields).await;
    }
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        // Of what is not even called so in public there is no export.
        let named = |kind: &Kind| kind.fields.iter().any(|it| it.name == kind.title && it.audience == Audience::Public);
        for kind in Registry::standard().kinds().filter(|kind| named(kind)) {
            public += &side.text(&format!("/api/records/{}/export?format=json&audience=public", kind.name)).await;
        }
        for feed in ["news.atom", "calendar.ics", "podcast.rss", "map.geojson"] {
            public += &side.text(&format!("/api/feeds/{feed}?audience=public")).await.replace("\r\n ", "");
        }
    }
    let listens = pair.mill.member.status().await.listen[0].clone();
    let port = &listens[listens.find("/tcp/").unwrap()..];
    let (river, mill) = (pair.river.kept().await, pair.mill.kept().await);
    let mut looked = 0;
    for kind in Registry::standard().kinds() {
        for field in &kind.fields {
            let of = |row: &&Value| row["kind"] == json!(kind.name) && row["field"] == json!(&*field.name);
            let row = policy.iter().find(of).unwrap_or_else(|| panic!("{} {}", kind.name, field.name));
            assert_eq!(row["purpose"], json!(field.about));
            if !is_marked(kind, field) {
                assert_eq!(row["audience"], json!(field.audience.to_string()));
                continue;
            }
            looked += 1;
            let word = mark(kind, field, Turn::First);
            let told = (!river.in_files(&word).is_empty(), !river.in_sent(&word).is_empty(), public.contains(&word));
            let found = match (told, mill.in_files(&word).is_empty(), mill.in_sent(&word).is_empty()) {
                ((true, true, true), false, false) => "public",
                ((true, true, false), false, false) => "coalition",
                ((false, false, false), false, true) if field.audience == Audience::Group => "group",
                ((false, false, false), false, true) => "local",
                other => panic!("{word} is half here, half there: {other:?}"),
            };
            assert_eq!(row["audience"], found, "{word}");
        }
    }
    assert!(looked > 150, "{looked} fields");
    // What lies beside records: every kind of control record that is stored, and where computers are reached.
    let named = |what: &str| beside.iter().find(|row| row["what"] == what).unwrap_or_else(|| panic!("{what}"));
    for what in river.records() {
        assert_eq!(named(what)["audience"], "coalition");
    }
    assert!(river.records().len() > 4);
    assert_eq!(named("addresses of a computer")["audience"], "coalition");
    assert!(!river.in_files(port).is_empty(), "{port} is known to the other");
    assert_eq!(named("entry of a log")["audience"], "coalition");
    // And the keys are here alone.
    assert_eq!(named("secret keys")["audience"], "local");
    let keys = mill.file("keys");
    let keys: Vec<&str> =
        keys.split(|letter: char| !letter.is_ascii_hexdigit()).filter(|run| run.len() >= 64).collect();
    assert!(!keys.is_empty());
    assert!(keys.iter().all(|key| river.in_files(key).is_empty() && mill.in_sent(key).is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn h02_what_is_for_the_group_or_this_computer_is_refused_to_nobody_here_and_reaches_nobody_else() {
    let pair = Pair::new().await;
    let report = json!({"title": "Vigil", "internal": "The mayor wavers.", "private": "Ana drove."});
    let report = pair.mill.make("report", report).await;
    let task = pair.mill.make("task", json!({"title": "Print", "assignee": "Bo Li", "private": "He is ill."})).await;
    pair.settle().await;
    let (here, there) = (pair.mill.show("report", &report).await, pair.river.show("report", &report).await);
    assert_eq!((&here["private"], &there["private"]), (&json!("Ana drove."), &json!(null)));
    assert_eq!((&here["internal"], &there["internal"]), (&json!("The mayor wavers."), &json!("The mayor wavers.")));
    let (here, there) = (pair.mill.show("task", &task).await, pair.river.show("task", &task).await);
    assert_eq!((&here["assignee"], &there["assignee"]), (&json!("Bo Li"), &json!(null)));
    // Changed and undone, it stays here all the same.
    pair.mill.edit("task", &task, json!({"assignee": "Cy Reed", "title": "Print it"})).await;
    pair.mill.post(&format!("/api/records/task/{task}/undo"), json!({})).await;
    pair.mill.edit("task", &task, json!({"note": "In two colours."})).await;
    pair.settle().await;
    pair.keeps_at_mill(&["Ana drove.", "Bo Li", "Cy Reed", "He is ill."], "In two colours.").await;
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
    // In a hundred years it is due again, wherever one looks.
    for side in [&pair.river, &pair.mill] {
        side.member.wall().set_ahead(101 * 365 * 86_400_000);
        assert_eq!(each(&side.ask("reviews", "due", &[]).await, "why"), ["its day has come"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h03_the_template_is_done_before_the_first_sync() {
    use grid_node::setup::{self, Signing};
    use grid_node::threats::{Part, ThreatReview};
    let river = Member::found("Clean River", LISTEN).await;
    let mut mill = Member::joined("Mill Street", &river.invite().await, Signing::Sign, LISTEN);
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
    let step = |row: &Value| row["step"] == "grid review start" && row["who"] == "Clean River";
    assert!(unspoken.iter().any(step), "{unspoken:?}");
    assert!(!pair.mill.ask("health", "unspoken", &[]).await.iter().any(|row| row["step"] == "grid review start"));
    pair.river.make("review", json!({"title": "Us", "threats": "floods", "measures": "boats"})).await;
    assert_eq!(pair.river.get("/api/status").await["threat_review"], "later");
    assert!(!pair.river.ask("health", "unspoken", &[]).await.iter().any(step));
    pair.settle().await;
    let secrets = ["The list of supporters.", "The mill's owner.", "A laptop is taken.", "words on paper at Bo's."];
    pair.keeps_at_mill(&secrets, "Our group").await;
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
    // Taken back, everything is there again: it was kept all the while.
    let hiding = pair.river.list("hiding", "").await;
    let path = format!("/api/records/hiding/{}", hiding[0]["id"].as_str().unwrap());
    let (status, _) = grid_tests::api::request_json(&pair.river.member.path(), "DELETE", &path, json!(null)).await;
    assert_eq!((status, hiding.len()), (200, 1));
    assert_eq!(pair.river.list("action", "").await.len(), 2);
    pair.keeps_at_mill(&["Ballina"], "Owl").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h06_whoever_founded_the_coalition_goes_for_good_and_the_rest_go_on() {
    let pair = Pair::new().await;
    let song = pair.river.make("resource", json!({"title": "Song book", "author": "Ana"})).await;
    pair.settle().await;
    let invite = pair.mill.member.invite().await;
    let Pair { river, mill } = pair;
    // Its home goes with it.
    river.stop().await;
    let lake = Member::join("Lake", &invite, grid_node::setup::Signing::Sign, LISTEN).await;
    lake.until_members(3).await;
    mill.member.until_members(3).await;
    let lake = Side::serve(lake).await;
    until_equal(&[&mill.member, &lake.member]).await;
    assert_eq!(lake.show("resource", &song).await["author"], "Ana");
    mill.make("action", json!({"title": "Vigil"})).await;
    lake.make("action", json!({"title": "Paddle"})).await;
    until_equal(&[&mill.member, &lake.member]).await;
    for side in [&mill, &lake] {
        let mut titles = each(&side.list("action", "").await, "title");
        titles.sort();
        assert_eq!(titles, ["Paddle", "Vigil"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h07_one_replica_gives_everything_back_to_whoever_comes_later() {
    let pair = Pair::new().await;
    for kind in Registry::standard().kinds().filter(|kind| kind.home() == RecordHome::Log) {
        pair.river.make(&kind.name, every::fields(kind, Turn::First)).await;
    }
    pair.settle().await;
    let mill = pair.mill;
    let invite = mill.member.invite().await;
    pair.river.stop().await;
    let heir = Member::join("Lake", &invite, grid_node::setup::Signing::Sign, LISTEN).await;
    heir.until_members(3).await;
    let heir = Side::serve(heir).await;
    until_equal(&[&mill.member, &heir.member]).await;
    for kind in Registry::standard().kinds().filter(|kind| kind.home() == RecordHome::Log) {
        let export = format!("/api/records/{}/export?format=json&audience=coalition", kind.name);
        let (old, new) = (mill.text(&export).await, heir.text(&export).await);
        assert_eq!(old, new, "{}", kind.name);
        let field = kind.fields.iter().find(|field| field.audience.travels() && is_marked(kind, field));
        let word = field.map(|field| mark(kind, field, Turn::First));
        assert!(word.is_none_or(|word| new.contains(&word)), "{}: {new}", kind.name);
    }
}
