//! B. People and ties.

use grid_tests::mission::{Pair, each};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn b07_the_note_of_a_meeting_never_leaves_the_node() {
    let pair = Pair::new().await;
    let river = pair.river.group().await;
    let met = json!({"with": river, "title": "Ana and Bo", "on": "2026-10-01", "note": "Bo is afraid."});
    let tie = pair.mill.make("tie", met).await;
    pair.settle().await;
    let own = pair.mill.show("tie", &tie).await;
    assert_eq!((&own["title"], &own["note"]), (&json!("Ana and Bo"), &json!("Bo is afraid.")));
    assert_eq!(own["stays_here"], json!(["title", "note"]));
    // That the groups met is for all; who it was is not.
    let seen = pair.river.show("tie", &tie).await;
    assert_eq!((&seen["title"], &seen["note"], &seen["who"]), (&json!(null), &json!(null), &json!(null)));
    assert_eq!((&seen["called"], &seen["on"]), (&json!("Clean River"), &json!("2026-10-01T12:00:00Z")));
    // The note is as durable as anything else.
    let mill = pair.mill.restarted().await;
    assert_eq!(mill.show("tie", &tie).await["note"], "Bo is afraid.");
    mill.edit("tie", &tie, json!({"note": null, "title": "Ana and Bo, again"})).await;
    let shown = mill.show("tie", &tie).await;
    assert_eq!((&shown["title"], &shown["note"]), (&json!("Ana and Bo, again"), &json!(null)));
    Pair { river: pair.river, mill }.keeps_at_mill(&["Bo is afraid.", "Ana and Bo"], &river).await;
}

fn person(name: &str, interest: &str, skill: &str, place: &str) -> Value {
    json!({"name": name, "agreed": true, "interests": [interest], "skills": [skill], "place": place})
}

#[tokio::test(flavor = "multi_thread")]
async fn b01_three_filters_return_exactly_the_seeded_people() {
    let pair = Pair::new().await;
    pair.mill.make("person", person("Ana", "rivers", "driving", "Lismore")).await;
    pair.mill.make("person", person("Bo", "rivers", "driving", "Ballina")).await;
    pair.river.make("person", person("Cy", "rivers", "cooking", "Lismore")).await;
    pair.mill.make("person", person("Di", "forests", "driving", "Lismore")).await;
    pair.settle().await;
    let words = [("interest", "rivers"), ("skill", "driving"), ("place", "Lismore")];
    assert_eq!(each(&pair.river.ask("leaders", "people", &words).await, "name"), ["Ana"]);
    assert_eq!(each(&pair.river.ask("find", "people", &words).await, "name"), ["Ana"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn b03_five_answers_about_any_group_stand_in_one_place() {
    let pair = Pair::new().await;
    let profile = json!({"name": "Mill Street", "about": "Neighbours", "place": "Hollin", "stance": "No more wells",
        "reach": "555 1234", "how_we_work": "We cook first", "languages": ["Hindi"]});
    let mill = pair.mill.group().await;
    pair.mill.edit("group", &mill, profile).await;
    pair.mill.make("action", json!({"title": "Soup at the gate"})).await;
    pair.mill.make("need", json!({"title": "Soap"})).await;
    pair.mill.make("asset", json!({"name": "A pot"})).await;
    // What is over, and what others do, is not what it does.
    pair.mill.make("action", json!({"title": "Old march", "status": "done"})).await;
    pair.mill.make("need", json!({"title": "Bread", "status": "met"})).await;
    pair.river.make("action", json!({"title": "Paddle"})).await;
    pair.settle().await;
    let answers = each(&pair.river.ask("who", "answers", &[("group", "mill street")]).await, "answer");
    let expected = [
        "Mill Street; member; Neighbours",
        "Hollin",
        "No more wells",
        "Soup at the gate",
        "Soap",
        "A pot",
        "555 1234",
        "We cook first",
        "Hindi",
    ];
    assert_eq!(answers, expected);
    // Any group: also one that is wanted and not here.
    pair.mill.make("prospect", json!({"name": "Bakers' union", "place": "Ford"})).await;
    pair.settle().await;
    let answers = each(&pair.river.ask("who", "answers", &[("group", "Bakers union")]).await, "answer");
    assert_eq!(answers[..2], words(["Bakers' union; not here yet (wanted), as Mill Street wrote", "Ford"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn b04_the_gap_is_wanted_minus_signed() {
    let pair = Pair::new().await;
    for name in ["Bakers' union", "Mill Street"] {
        pair.mill.make("prospect", json!({"name": name})).await;
    }
    pair.mill.make("prospect", json!({"name": "The millers", "joined_as": pair.mill.group().await})).await;
    let choir = pair.mill.make("prospect", json!({"name": "Hollin Choir", "contact": "talking"})).await;
    pair.settle().await;
    let gap = pair.river.ask("wanted", "wanted", &[]).await;
    assert_eq!(
        (each(&gap, "name"), each(&gap, "contact")),
        (words(["Bakers' union", "Hollin Choir"]), words(["wanted", "talking"]))
    );
    // Who has signed is no gap any more.
    let invite = pair.mill.member.invite().await;
    let listen = ["/ip4/127.0.0.1/tcp/0"];
    let joined =
        grid_tests::grid::Member::join("Hollin Choir", &invite, grid_node::setup::Signing::Sign, &listen).await;
    joined.until_members(3).await;
    pair.river.member.until_members(3).await;
    assert_eq!(each(&pair.river.ask("wanted", "wanted", &[]).await, "name"), ["Bakers' union"]);
    assert_eq!(pair.river.show("prospect", &choir).await["name"], "Hollin Choir");
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn b05_contacts_are_for_those_who_both_said_yes() {
    let pair = Pair::new().await;
    let people =
        json!([pair.river.make("person", person("Cy", "rivers", "singing", "Lismore")).await, pair.mill.group().await]);
    pair.settle().await;
    let met = pair.mill.make("introduction", json!({"why": "Both sing", "people": people})).await;
    pair.mill.make("reply", json!({"to": met, "says": "yes", "contact": "555 1234"})).await;
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("introduce", "answers", &[]).await, "why"), ["waits for an answer"]);
    pair.river.make("reply", json!({"to": met, "says": "yes"})).await;
    pair.settle().await;
    let why = each(&pair.mill.ask("introduce", "answers", &[]).await, "why");
    assert_eq!(why, ["all said yes: contacts may be shared"]);
    // What came of it is told, and the introduction is open no more. The contact has gone to nobody.
    pair.mill.edit("introduction", &met, json!({"status": "closed", "outcome": "A choir by the river."})).await;
    pair.settle().await;
    let seen = pair.river.show("introduction", &met).await;
    assert_eq!((&seen["status"], &seen["outcome"]), (&json!("closed"), &json!("A choir by the river.")));
    assert!(pair.river.ask("introduce", "answers", &[]).await.is_empty());
    pair.keeps_at_mill(&["555 1234"], "A choir by the river.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b06_the_seeded_pair_ranks_first_and_who_stands_alone_is_named() {
    let pair = Pair::new().await;
    let need = json!({"title": "A van", "sort": "vehicle", "tags": ["van"], "place": "Lismore",
        "from": "2126-12-07T08:00:00+11:00", "until": "2126-12-07T18:00:00+11:00"});
    let need = pair.river.make("need", need).await;
    let asset = |name: &str, place: &str| json!({"name": name, "sort": "vehicle", "tags": ["van"], "place": place, "days": ["saturday"]});
    pair.mill.make("asset", asset("Far van", "Perth")).await;
    pair.mill.make("asset", asset("White van", "Lismore")).await;
    pair.mill.make("asset", json!({"name": "Drums", "sort": "thing", "tags": ["music"], "place": "Byron"})).await;
    let monday =
        json!({"name": "Monday van", "sort": "vehicle", "tags": ["van"], "place": "Lismore", "days": ["monday"]});
    pair.mill.make("asset", monday).await;
    pair.settle().await;
    let found = pair.mill.ask("match", "matches", &[("need", &need)]).await;
    assert_eq!(each(&found, "offer"), ["White van", "Far van"]);
    assert_eq!(found[0]["why"], "both in Lismore, van, Saturday");
    assert_eq!(each(&pair.mill.ask("introduce", "isolated", &[]).await, "name"), ["Clean River", "Mill Street"]);
    pair.mill.make("tie", json!({"with": pair.river.group().await, "on": "2026-10-01"})).await;
    pair.settle().await;
    assert!(pair.river.ask("introduce", "isolated", &[]).await.is_empty(), "who met does not stand alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn b07_stale_ties_are_listed() {
    let pair = Pair::new().await;
    let river = pair.river.group().await;
    let met = json!({"title": "Ana and Cy", "with": river, "on": "2020-10-01T18:00:00Z", "every_days": 30});
    pair.mill.make("tie", met).await;
    // Whoever means to meet once in three hundred years is in time.
    let bakers = pair.river.make("prospect", json!({"name": "Bakers"})).await;
    pair.mill.make("tie", json!({"with": bakers, "on": "2020-10-01T18:00:00Z", "every_days": 100_000})).await;
    pair.settle().await;
    // Nobody is named to others by an id either.
    let cy = pair.mill.make("person", person("Cy", "rivers", "singing", "Lismore")).await;
    let refused = pair.mill.refused("tie", json!({"with": cy})).await;
    assert!(refused["message"].as_str().unwrap().contains("names a person"), "{refused}");
    let stale = pair.river.ask("introduce", "stale", &[]).await;
    assert_eq!(each(&stale, "name"), ["Mill Street and Clean River"], "others read no names");
    assert_eq!(each(&pair.mill.ask("introduce", "stale", &[]).await, "name"), ["Ana and Cy"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn b08_how_a_group_works_is_shown_at_every_introduction() {
    let pair = Pair::new().await;
    let mill = json!({"name": "Mill Street", "tags": ["rivers"], "how_we_work": "We cook first"});
    pair.mill.edit("group", &pair.mill.group().await, mill).await;
    let river = json!({"name": "Clean River", "tags": ["Rivers"], "how_we_work": "By vote"});
    pair.river.edit("group", &pair.river.group().await, river).await;
    pair.settle().await;
    let found = pair.river.ask("introduce", "pairs", &[]).await;
    assert_eq!(found.len(), 1, "{found:?}");
    let mut how: Vec<&str> = found[0]["how"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    how.sort_unstable();
    assert_eq!(how, ["Clean River: By vote", "Mill Street: We cook first"]);
    let people = json!([pair.river.group().await, pair.mill.group().await]);
    pair.mill.make("introduction", json!({"why": "Both love the river", "people": people})).await;
    pair.settle().await;
    let made = pair.river.ask("introduce", "answers", &[]).await;
    let how = made[0]["how"].as_array().unwrap();
    assert!(how.len() == 2 && how.contains(&json!("Mill Street: We cook first")), "{made:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn b09_people_are_found_by_sector_and_may_leave_fields_blank() {
    let pair = Pair::new().await;
    let ana = json!({"name": "Ana", "agreed": true, "sector": "union", "passion": "Clean water"});
    let ana = pair.mill.make("person", ana).await;
    pair.mill.make("person", json!({"name": "Bo", "agreed": true})).await;
    pair.mill.make("person", json!({"name": "Cy", "agreed": true, "sector": "church"})).await;
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("leaders", "people", &[("sector", "Union")]).await, "name"), ["Ana"]);
    assert_eq!(each(&pair.river.ask("leaders", "people", &[]).await, "name"), ["Ana", "Bo", "Cy"]);
    assert_eq!(pair.river.show("person", &ana).await["passion"], "Clean water");
}

#[tokio::test(flavor = "multi_thread")]
async fn b10_a_newcomer_becomes_trained_unaided() {
    let pair = Pair::new().await;
    let course = pair.river.make("course", json!({"title": "Welcome"})).await;
    let ana = pair.mill.make("person", json!({"name": "Ana", "agreed": true})).await;
    let bo = pair.mill.make("person", json!({"name": "Bo", "agreed": true})).await;
    let more = pair.river.make("course", json!({"title": "Songs", "level": "train"})).await;
    pair.settle().await;
    let told = async || {
        let people = pair.river.ask("newcomers", "people", &[]).await;
        people.iter().map(|row| (row["name"].clone(), row["trained"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(told().await, [(json!("Ana"), json!(false)), (json!("Bo"), json!(false))]);
    pair.mill.make("completion", json!({"course": course, "person": ana})).await;
    pair.mill.make("completion", json!({"course": more, "person": bo})).await;
    pair.settle().await;
    assert_eq!(told().await, [(json!("Bo"), json!(false)), (json!("Ana"), json!(true))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn b11_groups_stand_at_different_stages() {
    let pair = Pair::new().await;
    for (side, name, stage) in [(&pair.river, "Clean River", "produce"), (&pair.mill, "Mill Street", "connect")] {
        side.edit("group", &side.group().await, json!({"name": name, "stages": [stage]})).await;
    }
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        assert_eq!(each(&side.ask("board", "produce", &[]).await, "name"), ["Clean River"]);
        assert_eq!(each(&side.ask("board", "connect", &[]).await, "name"), ["Mill Street"]);
        assert!(side.ask("board", "align", &[]).await.is_empty());
    }
    // Not one after the other: a group may be at several.
    let stages = json!({"stages": ["connect", "align", "produce"]});
    pair.mill.edit("group", &pair.mill.group().await, stages).await;
    pair.settle().await;
    let also = pair.river.ask("board", "align", &[]).await;
    assert_eq!((&also[0]["name"], &also[0]["also"]), (&json!("Mill Street"), &json!(["connect", "produce"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn b02_the_map_works_offline_and_shows_who_is_no_member_apart() {
    let pair = Pair::new().await;
    let point = |latitude: f64| json!({"latitude": latitude, "longitude": 153.0});
    pair.mill.make("group", json!({"name": "Mill Street", "coordinates": point(-28.0)})).await;
    pair.mill.make("prospect", json!({"name": "Bakers", "coordinates": point(-29.0)})).await;
    pair.mill.make("prospect", json!({"name": "Nowhere"})).await;
    pair.settle().await;
    pair.mill.stop().await;
    let shown = pair.river.ask("map", "groups", &[]).await;
    assert_eq!(each(&shown, "name"), ["Mill Street", "Bakers"]);
    assert_eq!(each(&shown, "standing"), ["member", "not here yet"]);
    assert_eq!((&shown[0]["latitude"], &shown[1]["latitude"]), (&json!(-28.0), &json!(-29.0)));
    let map: Value = serde_json::from_str(&pair.river.text("/api/feeds/map.geojson").await).unwrap();
    let mut points: Vec<_> = map["features"].as_array().unwrap().iter().map(|it| &it["properties"]).collect();
    points.sort_by_key(|it| it["label"].to_string());
    let points: Vec<_> =
        points.iter().map(|it| (it["label"].as_str().unwrap(), it["record_kind"].as_str().unwrap())).collect();
    assert_eq!(points, [("Bakers", "prospect"), ("Mill Street", "group")]);
}
