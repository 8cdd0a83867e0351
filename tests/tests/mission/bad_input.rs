//! What nobody should have written: each has an outcome, and it is the same on both nodes.

use grid_protocol::record::{Field, FieldType, Kind, RecordHome, Registry, Writes};
use grid_tests::api;
use grid_tests::every::{self, Turn, mark, said, text};
use grid_tests::mission::{Pair, Side, each};
use serde_json::{Value, json};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_to_nothing_is_said_to_be_on_its_way() {
    let pair = Pair::new().await;
    let nowhere = "a".repeat(52);
    let support = pair.river.make("support", json!({"of": nowhere, "sort": "boost"})).await;
    pair.settle().await;
    let seen = pair.mill.show("support", &support).await;
    assert!(seen["called"].as_str().unwrap().contains("not here yet"), "{seen}");
    assert_eq!(seen["referred"], json!({}));
    // Every question bears records that refer to nothing, from every kind.
    for kind in Registry::standard().kinds().filter(|kind| kind.home() == RecordHome::Log) {
        pair.river.make(&kind.name, every::fields(kind, Turn::First)).await;
    }
    pair.settle().await;
    let questions = pair.mill.get("/api/questions").await;
    let asked = each(questions["items"].as_array().unwrap(), "name");
    assert!(asked.len() > 30, "{asked:?}");
    let mut told = String::new();
    for question in asked.iter().filter(|question| !matches!(question.as_str(), "who" | "find")) {
        let answer = pair.mill.get(&format!("/api/questions/{question}")).await;
        let sections = answer["sections"].as_array().unwrap().iter();
        let rows = sections.map(|it| format!(" {} {}", text(&it["name"]), it["rows"].as_array().unwrap().len()));
        told += &format!("{question}:{}\n", rows.collect::<String>());
    }
    assert_eq!(told, ROWS);
    // What refers to nothing is counted by itself, and adds nothing to anything else.
    let sums = async |question: &str, section: &str, key: &str| each(&pair.mill.ask(question, section, &[]).await, key);
    assert_eq!(sums("report", "totals", "figure").await, ["1", "1", "1", "1", "1", "1"]);
    assert_eq!(sums("report", "groups", "people").await, ["1"]);
    assert_eq!(sums("letters", "total", "letters").await, ["1"]);
    assert_eq!(sums("moments", "moments", "actions").await, ["0"]);
    assert_eq!(sums("success", "relationships", "figure").await, ["1", "1", "0", "0"]);
}

/// How many rows each part of each answer has, where of every kind there is one record that refers to nothing.
const ROWS: &str = "\
leaders: people 1 groups 1
wanted: wanted 1 counts 6
match: matches 0 unmet 2
introduce: pairs 0 stale 0 isolated 2 uncovered 4 follow_up 0 answers 1
board: connect 1 align 0 produce 0 without 1
newcomers: people 1 groups 2 leaders 6
help: open 0 closed 0
bookings: bookings 1
words: terms 0 narrative 0 value 0 faq 1 frames 1
makers: made 0 used 0
map: groups 2
lessons: lessons 1
silence: silent 0
health: way 6 back 3 adding_up 1 unspoken 2
agenda: agenda 0 overdue 0
report: totals 6 groups 1 reports 1 owed 0
units: units 1 total 1 unplaced 2
bodies: bodies 1 vacant 2 warnings 0 seats 0 attendance 0 tasks 0 gaps 0
decisions: open 1 closed 0
mode: now 1 coming 0 suggested 1
spoken: spoken 0 refused 0
drafts: open 1 frozen 0
talk: threads 1 said 1
systems: levers 0 factors 1 influences 1 loops 0
moments: moments 1 actions 0 unlinked 60
amplify: things 2 alerts 1 credit 1
calls: calls 1 answers 0
adding-up: objectives 1 unlinked 1
letters: total 1 actions 1 targets 1
cases: cases 1
flows: nothing 2 groups 2
costs: balances 2 payments 1 costs 1
funds: funds 1 entries 0 rights 0
success: wins 1 climate 0 relationships 4 leaders 1
trust: scores 0 published 1 left_out 0
backbone: scores 0 left_out 0 holders 0
reflection: coming 0 past 0 surveys 0
plans: plans 1 changes 0
reviews: due 0 fresh 1 groups 2
privacy: fields 405 beside 32 audiences 4
";

#[tokio::test(flavor = "multi_thread")]
async fn units_that_lie_in_each_other_are_named_and_counted_once_on_both_nodes() {
    let pair = Pair::by_hand().await;
    let north = pair.river.make("unit", json!({"name": "North"})).await;
    let south = pair.mill.make("unit", json!({"name": "South"})).await;
    pair.settle().await;
    pair.mill.edit("group", &pair.mill.group().await, json!({"name": "Mill Street", "units": [north]})).await;
    pair.part().await;
    // Neither knows that the other does the opposite.
    pair.river.edit("unit", &north, json!({"parents": [south]})).await;
    pair.mill.edit("unit", &south, json!({"parents": [north]})).await;
    pair.meet().await;
    let units = pair.river.ask("units", "units", &[]).await;
    assert_eq!(units, pair.mill.ask("units", "units", &[]).await);
    assert_eq!((each(&units, "title"), each(&units, "groups")), (words(&["North", "South"]), words(&["1", "1"])));
    assert!(units.iter().all(|unit| text(&unit["why"]).contains("lies in itself")), "{units:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_mandates_for_one_time_both_hold_and_the_newer_setting_counts_on_both_nodes() {
    let pair = Pair::new().await;
    let change =
        json!({"title": "What unites us", "text": "The river belongs to all.\n", "add_electors": ["Mill Street"]});
    pair.adopt(change).await;
    for (side, other) in [(&pair.river, &pair.mill), (&pair.mill, &pair.river)] {
        let claim = json!({"role": "steward", "scope": "the dial", "from": null, "until": "2126-01-01T00:00:00Z"});
        let mandate = side.post("/api/mandates", claim).await["id"].as_str().unwrap().to_owned();
        pair.settle().await;
        for elector in [side, other] {
            elector.post(&format!("/api/mandates/{mandate}/endorsement"), json!({})).await;
        }
        pair.settle().await;
    }
    let mode = |setting: &str, from: &str| json!({"title": setting, "setting": setting, "from": from, "until": "2125-12-01T10:00:00Z", "voice": "network"});
    pair.river.make("mode", mode("coordinated", "2026-01-02T00:00:00Z")).await;
    pair.mill.make("mode", mode("balanced", "2026-01-01T00:00:00Z")).await;
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        assert_eq!(each(&side.ask("backbone", "holders", &[]).await, "name"), ["Clean River", "Mill Street"]);
        assert_eq!(each(&side.ask("mode", "now", &[]).await, "setting"), ["coordinated"]);
        let other = side.ask("mode", "suggested", &[]).await;
        assert_eq!(
            (each(&other, "title"), each(&other, "why")),
            (words(&["balanced"]), words(&["a newer setting came after it"]))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_time_and_no_place_is_refused_with_the_rule() {
    let pair = Pair::new().await;
    let nowhere = |latitude: f64, longitude: f64| json!({"latitude": latitude, "longitude": longitude});
    for (field, value) in [
        ("coordinates", nowhere(91.0, 0.0)),
        ("coordinates", nowhere(-90.1, 0.0)),
        ("coordinates", nowhere(0.0, 180.5)),
        ("coordinates", nowhere(0.0, -1e300)),
        ("coordinates", json!("1e400,0")),
        ("coordinates", json!("NaN,0")),
        ("starts", json!("tomorrow")),
        ("starts", json!("2026-11-30T18:00")),
        ("starts", json!("2026-11-30T18:00:00")),
        ("starts", json!("2026-02-30T18:00:00Z")),
        ("link", json!("javascript:alert(1)")),
    ] {
        let error = pair.river.refused("action", json!({"title": "x", field: value})).await;
        assert!(error["message"].as_str().unwrap().contains(field), "{value}: {error}");
        assert!(!error["hint"].as_str().unwrap().is_empty(), "{error}");
    }
    // A table says which row, and takes the others.
    let table =
        "title,starts\nNo zone,2026-11-30T18:00\nNo day,2026-02-30T18:00:00Z\nWhole,2026-11-30T18:00:00+11:00\n";
    let taken = pair.river.import("action", table).await;
    assert_eq!((&taken["created"], each(taken["bad"].as_array().unwrap(), "line")), (&json!(1), words(&["2", "3"])));
    pair.settle().await;
    assert_eq!(each(&pair.mill.list("action", "").await, "title"), ["Whole"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_megabytes_of_text_are_refused_with_the_limit_and_the_node_goes_on() {
    let pair = Pair::new().await;
    let long = "x".repeat(10 * 1024 * 1024);
    let path = pair.river.member.path();
    let thread = pair.river.make("thread", json!({"title": "The bridge"})).await;
    for (method, at) in
        [("POST", "/api/records/message".to_owned()), ("PATCH", format!("/api/records/thread/{thread}"))]
    {
        let (status, answer) = api::request_json(&path, method, &at, json!({"fields": {"text": long}})).await;
        assert_eq!((status, &answer["error"]["code"]), (413, &json!("too_large")), "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains("4 MiB"), "{answer}");
    }
    // What the door lets through, the record does not take.
    let error = pair.river.refused("message", json!({"text": &long[..2 * 1024 * 1024]})).await;
    assert!(error["message"].as_str().unwrap().contains("1 MiB"), "{}", error["message"]);
    // A table of that size is read, and the row that no record can hold is named.
    let taken = pair.river.import("message", &format!("text\n{long}\nWe have a boat.\n")).await;
    assert_eq!((&taken["created"], each(taken["bad"].as_array().unwrap(), "line")), (&json!(1), words(&["2"])));
    assert!(taken["bad"].to_string().contains("1 MiB") && taken.to_string().len() < 2_000, "{taken}");
    let whole = format!("text\n{}", "x\n".repeat(20 * 1024 * 1024));
    let answer = api::request(&path, "POST", "/api/records/message/import", "text/csv", &whole).await;
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("32 MiB"), "{}", answer.body);
    pair.river.make("message", json!({"text": "Still here."})).await;
    pair.settle().await;
    let mut heard = each(&pair.mill.list("message", "").await, "text");
    heard.sort();
    assert_eq!(heard, ["Still here.", "We have a boat."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_all_scripts_and_directions_come_back_as_they_were() {
    let pair = Pair::new().await;
    let titles =
        ["مسيرة من أجل النهر", "e\u{301}te\u{301}", "ह\u{93f}न\u{94d}द\u{940}", "\u{202e}abc\u{202c}", "👩🏽‍🌾 march"];
    for title in titles {
        pair.river.make("action", json!({"title": title, "description": format!("{title}\n{title}")})).await;
    }
    pair.settle().await;
    let seen = pair.mill.list("action", "").await;
    let mut found = each(&seen, "title");
    found.sort();
    let mut titles = titles.map(str::to_owned).to_vec();
    titles.sort();
    assert_eq!(found, titles);
    for action in &seen {
        let title = text(&action["title"]);
        assert_eq!(pair.mill.show("action", text(&action["id"])).await["description"], format!("{title}\n{title}"));
    }
    // Whoever types the letter with its accent in one piece finds what was typed in two.
    assert_eq!(
        each(&pair.mill.ask("find", "others", &[("text", "\u{e9}t\u{e9}")]).await, "name"),
        ["e\u{301}te\u{301}"]
    );
}

/// Two computers of one group: nobody else may change what a group wrote.
#[tokio::test(flavor = "multi_thread")]
async fn two_edits_of_every_field_of_every_kind_at_once_end_alike_and_none_is_lost() {
    let pair = Pair::of_one_group().await;
    let kinds: Vec<&Arc<Kind>> = Registry::standard().kinds().collect();
    let mut made = Vec::new();
    for kind in &kinds {
        made.push(pair.river.make(&kind.name, every::fields(kind, Turn::First)).await);
    }
    pair.part().await;
    for (kind, id) in kinds.iter().zip(&made) {
        pair.river.edit(&kind.name, id, every::fields(kind, Turn::One)).await;
        match kind.home() {
            RecordHome::Log => pair.mill.edit(&kind.name, id, every::fields(kind, Turn::Other)).await,
            RecordHome::Here => assert!(pair.mill.list(&kind.name, "").await.is_empty(), "{} travels", kind.name),
        }
    }
    pair.meet().await;
    let mut passed_over = Vec::new();
    for (kind, id) in kinds.iter().zip(&made).filter(|(kind, _)| kind.home() == RecordHome::Log) {
        let one = Seen::on(&pair.river, kind, id).await;
        passed_over.extend(both(kind, &one, &Seen::on(&pair.mill, kind, id).await));
    }
    passed_over.sort();
    assert_eq!(passed_over, NOT_BY_TWO);
}

/// Fields that two do not change at the same time here, beside those that are said when a record is made and never
/// again. They have tests of their own: for whom something speaks, what is sealed, who reads it, and how it comes back.
const NOT_BY_TWO: &[&str] = &[
    "action mandate",
    "action repeats",
    "action voice",
    "alert mandate",
    "alert voice",
    "draft frozen_hash",
    "draft status",
    "event readers",
    "event repeats",
    "message mandate",
    "message voice",
    "mode mandate",
    "mode voice",
    "moment mandate",
    "moment voice",
    "person agreed",
];

/// A record as a node shows it, and all that it ever said.
struct Seen {
    shown: Value,
    history: Vec<Value>,
}

impl Seen {
    async fn on(side: &Side, kind: &Kind, id: &str) -> Self {
        let history = side.get(&format!("/api/records/{}/{id}/history", kind.name)).await;
        let history = history["items"]
            .as_array()
            .expect("a history has items")
            .iter()
            .map(|item| item["fields"].clone())
            .collect();
        Self { shown: side.show(&kind.name, id).await, history }
    }

    fn ever_said(&self, field: &Field, said: &Value) -> bool {
        let mut told = self.history.iter().map(|fields| &fields[&*field.name]);
        told.any(|told| same(said, told) || said.is_string() && told.to_string().contains(text(said).trim_end()))
    }
}

/// Compares what both show; returns the fields that the two did not change.
fn both(kind: &Kind, here: &Seen, there: &Seen) -> Vec<String> {
    let mut passed_over = Vec::new();
    let (one, other) = (&here.shown, &there.shown);
    let heads = one["heads"].as_array().map(Vec::len);
    assert_eq!((&one["heads"], heads), (&other["heads"], Some(2)), "{}", kind.name);
    for field in &kind.fields {
        let ends = [Turn::One, Turn::Other].map(|turn| said(kind, field, turn));
        let [Some(first), Some(second)] = &ends else {
            if field.writes != Writes::First {
                passed_over.push(format!("{} {}", kind.name, field.name));
            }
            continue;
        };
        let what = format!("{} {}: {} and {}", kind.name, field.name, one[&*field.name], other[&*field.name]);
        if !field.audience.travels() {
            // It stays on the computer that it was written on.
            let written = [Turn::One, Turn::Other].map(|turn| every::fields(kind, turn)[&*field.name].clone());
            assert_eq!([&one[&*field.name], &other[&*field.name]], [&written[0], &written[1]], "{what}");
            continue;
        }
        assert_eq!(one[&*field.name], other[&*field.name], "{what}");
        merged(kind, field, &one[&*field.name], &ends, &what);
        for seen in [here, there] {
            let kept = [first, second].iter().all(|said| seen.ever_said(field, said));
            assert!(kept, "{what}: the history tells {:?}", seen.history);
        }
    }
    passed_over
}

/// Texts and sets hold what both wrote; of anything else one of the two stands.
fn merged(kind: &Kind, field: &Field, end: &Value, ends: &[Option<Value>; 2], what: &str) {
    let marks = [Turn::First, Turn::One, Turn::Other].map(|turn| mark(kind, field, turn));
    match field.field_type {
        FieldType::Text => {
            let [first, one, other] = marks;
            assert_eq!(end, &json!(format!("{one}\n{first}\n{other}\n")), "{what}");
        }
        FieldType::Tags | FieldType::References(_) => {
            let said = [Turn::First, Turn::One, Turn::Other].map(|turn| said(kind, field, turn));
            let held: Vec<&Value> = end.as_array().expect("a set is a list").iter().collect();
            assert_eq!(held.len(), 3, "{what}");
            assert!(said.iter().flatten().all(|said| held.contains(&said)), "{what}");
        }
        _ => assert!(ends.iter().flatten().any(|said| same(said, end)), "{what}"),
    }
}

/// Whether two values are the same, however a number is written.
fn same(said: &Value, shown: &Value) -> bool {
    said == shown || said.as_f64().is_some_and(|number| shown.as_f64() == Some(number))
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
