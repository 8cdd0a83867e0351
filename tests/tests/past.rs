//! The past of a record: told a page at a time while others go on, taken back by those whose it is, and told of where
//! two edits met.

use grid_tests::api::{percent, request_json};
use grid_tests::mission::{Pair, Side, each};
use serde_json::{Value, json};

const LINE: &str = "Nobody knows where the river begins to bend, and everybody has been there.\n";

async fn undo(side: &Side, kind: &str, id: &str, body: Value) -> (u16, Value) {
    request_json(&side.member.path(), "POST", &format!("/api/records/{kind}/{id}/undo"), body).await
}

/// A page with a long text, and as many edits of it as are asked for: each puts a word of its own in.
async fn long_page(side: &Side, lines: usize, edits: usize) -> String {
    let page = side.make("page", json!({"title": "Plan", "text": LINE.repeat(lines)})).await;
    for edit in 0..edits {
        let (before, after) = (LINE.repeat(lines / 2), LINE.repeat(lines - lines / 2));
        side.edit("page", &page, json!({"text": format!("{before}Word{edit} {after}")})).await;
    }
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_of_a_long_text_is_short_and_goes_back_page_by_page() {
    let pair = Pair::new().await;
    let page = long_page(&pair.river, 100, 9).await;
    let path = format!("/api/records/page/{page}/history");
    let whole = pair.river.get(&path).await;
    assert!(whole.to_string().len() < 20_000, "{} bytes", whole.to_string().len());
    assert_eq!((&whole["total"], &whole["earlier"], &whole["before"]), (&json!(10), &json!(0), &json!(null)));
    let items = whole["items"].as_array().unwrap();
    let made = &items[0]["edits"]["text"];
    assert_eq!((&items[0]["what"], &made["letters"]), (&json!("made"), &json!(LINE.len() * 100)));
    let last = &items[9]["edits"]["text"]["places"][0];
    assert!(last["put"]["text"].as_str().unwrap().contains("Word8"), "{last}");
    assert!(last["taken"]["text"].as_str().unwrap().contains("Word7"), "{last}");
    assert_eq!(items[9]["fields"], json!({}), "{}", items[9]);

    let mut told: Vec<Value> = Vec::new();
    let mut next = format!("{path}?limit=4");
    loop {
        let part = pair.river.get(&next).await;
        let steps = part["items"].as_array().unwrap().clone();
        assert_eq!(part["earlier"], json!(10 - told.len() - steps.len()));
        told.splice(0..0, steps);
        let Some(before) = part["before"].as_str() else { break };
        next = format!("{path}?limit=4&before={}", before.get(..10).unwrap());
    }
    assert_eq!(json!(told), json!(items));
    for wrong in ["limit=0", "limit=1001", "before=x", "after=aaaaaaaa"] {
        let (status, _) = request_json(&pair.river.member.path(), "GET", &format!("{path}?{wrong}"), json!(null)).await;
        assert_eq!(status, 400, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_page_that_all_write_one_takes_back_ones_own_unless_somebody_elses_is_named() {
    let pair = Pair::new().await;
    let page = pair.river.make("page", json!({"title": "How we meet", "text": "On Monday."})).await;
    pair.settle().await;
    pair.mill.edit("page", &page, json!({"language": "en"})).await;
    pair.settle().await;
    // It made the page and changed nothing since: what comes next would be somebody else's work.
    let (status, refused) = undo(&pair.river, "page", &page, json!({})).await;
    assert_eq!(status, 403, "{refused}");
    assert!(refused["error"]["message"].as_str().unwrap().contains("Mill Street"), "{refused}");
    assert!(refused["error"]["hint"].as_str().unwrap().contains("--of \"Mill Street\""), "{refused}");
    pair.river.edit("page", &page, json!({"purpose": "term"})).await;
    pair.settle().await;
    pair.mill.edit("page", &page, json!({"title": "Where we meet"})).await;
    pair.settle().await;
    let (status, undone) = undo(&pair.river, "page", &page, json!({})).await;
    assert_eq!((status, &undone["written_by"]), (200, &json!("Clean River")), "{undone}");
    let now = pair.river.show("page", &page).await;
    assert_eq!((&now["title"], &now["purpose"]), (&json!("Where we meet"), &json!(null)), "others' work stays");
    let (status, undone) = undo(&pair.river, "page", &page, json!({"of": "mill street"})).await;
    assert_eq!((status, &undone["written_by"]), (200, &json!("Mill Street")), "{undone}");
    assert_eq!(pair.river.show("page", &page).await["title"], "How we meet");
    let change = undone["undone"].clone();
    assert_eq!(undo(&pair.river, "page", &page, json!({"of": "Mill Street", "change": change})).await.0, 400);
    assert_eq!(undo(&pair.river, "page", &page, json!({"of": "Nobody"})).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_edits_that_met_are_told_of_where_the_record_is_shown_and_the_other_one_can_be_had() {
    let pair = Pair::by_hand().await;
    let make = async |title: &str| pair.river.make("page", json!({"title": title, "text": "On Monday."})).await;
    let (page, other, kept) = (make("We meet").await, make("We eat").await, make("We sing").await);
    pair.part().await;
    for (side, title) in [(&pair.river, "By the river"), (&pair.mill, "In the mill")] {
        side.edit("page", &page, json!({"title": title, "text": format!("On Monday. {title}.")})).await;
        side.edit("page", &other, json!({"language": "en"})).await;
        side.edit("page", &kept, json!({"title": title})).await;
    }
    pair.meet().await;
    let stands = pair.river.show("page", &kept).await;
    assert_eq!(stands["contested"].as_array().map(Vec::len), Some(1), "{stands}");
    pair.river.edit("page", &kept, json!({"title": stands["title"]})).await;
    let settled = pair.river.show("page", &kept).await;
    assert_eq!((&settled["contested"], &settled["title"]), (&json!([]), &stands["title"]));
    let shown = pair.river.show("page", &page).await;
    assert_eq!(pair.mill.show("page", &page).await["contested"], shown["contested"]);
    let [contest] = shown["contested"].as_array().unwrap().as_slice() else { panic!("{shown}") };
    assert_eq!((&contest["field"], &contest["shown"]["value"]), (&json!("title"), &shown["title"]));
    let rival = &contest["others"][0];
    let mut said = [&contest["shown"], rival].map(|it| (it["name"].clone(), it["value"].clone()));
    said.sort_by_key(|(name, _)| name.to_string());
    let river = (json!("Clean River"), json!("By the river"));
    assert_eq!(said, [river, (json!("Mill Street"), json!("In the mill"))]);
    assert_eq!(pair.river.show("page", &other).await["contested"], json!([]), "both said the same");

    // Taken back, what is shown gives way to the one that it met, and not to what stood before both.
    let (status, undone) = undo(&pair.river, "page", &page, json!({"change": contest["shown"]["change"]})).await;
    assert_eq!(status, 200, "{undone}");
    let now = pair.river.show("page", &page).await;
    assert_eq!((&now["title"], &now["contested"]), (&rival["value"], &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_record_is_found_by_the_name_that_it_had() {
    let pair = Pair::new().await;
    let mut ids = Vec::new();
    for title in ["Vigil at the weir", "Twice", "Twice"] {
        ids.push(pair.river.make("action", json!({"title": title})).await);
    }
    for id in &ids {
        request_json(&pair.river.member.path(), "DELETE", &format!("/api/records/action/{id}"), json!(null)).await;
    }
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        let told = side.get(&format!("/api/records/action/{}/history", percent("vigil AT the weir"))).await;
        assert_eq!(each(told["items"].as_array().unwrap(), "what"), ["made", "removed"]);
        let named = format!("/api/records/action/{}", percent("Vigil at the weir"));
        let (status, gone) = request_json(&side.member.path(), "GET", &named, json!(null)).await;
        assert_eq!(status, 404, "{gone}");
        assert!(gone["error"]["hint"].as_str().unwrap().contains("grid action history"), "{gone}");
        let (status, both) =
            request_json(&side.member.path(), "GET", "/api/records/action/Twice/history", json!(null)).await;
        assert_eq!(status, 400, "{both}");
        assert!(ids[1..].iter().all(|id| both.to_string().contains(&id[..10])), "{both}");
    }
    // One that is there goes before those that are not.
    let there = pair.river.make("action", json!({"title": "Twice"})).await;
    assert_eq!(pair.river.show("action", "Twice").await["id"], json!(there));
}
