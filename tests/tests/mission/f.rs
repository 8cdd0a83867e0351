//! F. Resources, skills, money.

use grid_tests::api;
use grid_tests::mission::{Pair, each};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn f05_totals_of_a_fund_match_its_entries() {
    let pair = Pair::new().await;
    let aud = |cents: i64| json!({"amount": cents, "currency": "AUD"});
    let fund = pair.river.make("fund", json!({"title": "Bail", "goal": aud(100_000)})).await;
    pair.settle().await;
    pair.mill.make("pledge", json!({"fund": fund, "amount": aud(3050), "status": "given"})).await;
    pair.mill.make("pledge", json!({"fund": fund, "amount": aud(2000)})).await;
    pair.mill
        .make("pledge", json!({"fund": fund, "what": "two days of work", "amount": aud(5000), "status": "given"}))
        .await;
    pair.river.make("spending", json!({"fund": fund, "amount": aud(1025), "what": "a lawyer"})).await;
    pair.settle().await;
    let funds = pair.mill.ask("funds", "funds", &[]).await;
    assert_eq!(funds[0]["amounts"]["given"], json!([aud(3050)]));
    assert_eq!(funds[0]["amounts"]["promised"], json!([aud(2000)]));
    assert_eq!(each(&funds, "rest"), ["20.25 AUD"], "nobody spends two days of work");
    let entries = pair.river.ask("funds", "entries", &[]).await;
    let mut told: Vec<_> = entries.iter().map(|row| [&row["how"], &row["amount"], &row["what"]]).collect();
    told.sort_by_key(|row| format!("{row:?}"));
    let expected = [
        [&json!("given in kind"), &json!("50.00 AUD"), &json!("two days of work")],
        [&json!("given"), &json!("30.50 AUD"), &json!(null)],
        [&json!("promised"), &json!("20.00 AUD"), &json!(null)],
        [&json!("spent"), &json!("10.25 AUD"), &json!("a lawyer")],
    ];
    let empty = |value: &serde_json::Value| value.is_null() || value == "";
    for (row, expected) in told.iter().zip(expected) {
        let same = row.iter().zip(expected).all(|(one, other)| *one == other || empty(one) && empty(other));
        assert!(same, "{told:?}");
    }
    assert_eq!(told.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn f05_a_table_of_spendings_that_comes_twice_is_spent_once() {
    let pair = Pair::new().await;
    let fund = pair.river.make("fund", json!({"title": "Bail"})).await;
    let spent = async || pair.river.ask("funds", "funds", &[]).await[0]["spent"].clone();
    let table = "Fund,Amount,What\nBail,10 AUD,a lawyer\nBail,10 AUD,a lawyer\nBail,5 AUD,a taxi\n";
    let counts = |taken: &Value| ["created", "changed", "unchanged"].map(|key| taken[key].as_u64().unwrap());
    assert_eq!(counts(&pair.river.import("spending", table).await), [3, 0, 0]);
    assert_eq!(spent().await, "25.00 AUD");
    let preview = "/api/records/spending/import?dry_run=true";
    let preview = api::request(&pair.river.member.path(), "POST", preview, "text/csv", table).await.json();
    assert_eq!(counts(&preview), [0, 0, 3], "{preview}");
    assert_eq!(counts(&pair.river.import("spending", table).await), [0, 0, 3]);
    assert_eq!(spent().await, "25.00 AUD");
    // What was corrected here stays so, what was removed stays away, and what is new comes.
    let rows = pair.river.list("spending", "").await;
    let of = |what: &str| rows.iter().find(|row| row["what"] == what).unwrap()["id"].as_str().unwrap().to_owned();
    pair.river.edit("spending", &of("a lawyer"), json!({"amount": "11 AUD"})).await;
    let path = format!("/api/records/spending/{}", of("a taxi"));
    let (status, _) = api::request_json(&pair.river.member.path(), "DELETE", &path, json!(null)).await;
    assert_eq!(status, 200);
    let longer = format!("{table}Bail,10 AUD,a lawyer\nBail,2 AUD,stamps\n");
    let taken = pair.river.import("spending", &longer).await;
    assert_eq!((counts(&taken), taken["skipped"][0]["line"].as_u64()), ([2, 0, 2], Some(4)), "{taken}");
    assert_eq!(spent().await, "33.00 AUD");
    assert_eq!(pair.river.list("spending", &format!("fund={fund}")).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn f06_a_funder_has_the_rights_of_any_member() {
    let pair = Pair::new().await;
    let funders = pair.river.make("body", json!({"name": "Funders", "sort": "funders"})).await;
    pair.settle().await;
    pair.mill.make("seat", json!({"body": funders, "holder": "Bo"})).await;
    pair.settle().await;
    let rights = pair.river.ask("funds", "rights", &[]).await;
    // The founder votes on the statement; who joined later does not, whether or not it gives money.
    assert_eq!((each(&rights, "name"), each(&rights, "votes")), (vec!["Mill Street".into()], vec!["0".into()]));
    assert_eq!(each(&rights, "rights"), ["those of any member"]);
    pair.river.make("seat", json!({"body": funders, "holder": "Ana"})).await;
    let claim = json!({"role": "speaker", "scope": "The bail fund", "from": null, "until": "2126-01-01T00:00:00Z"});
    let mandate = pair.mill.post("/api/mandates", claim).await["id"].as_str().unwrap().to_owned();
    pair.settle().await;
    pair.river.post(&format!("/api/mandates/{mandate}/endorsement"), json!({})).await;
    pair.settle().await;
    let rights = each(&pair.mill.ask("funds", "rights", &[]).await, "rights");
    let expected =
        ["those of any member, and 1 of 1 votes on the statement", "those of any member, and a mandate as speaker"];
    assert_eq!(rights, expected, "what one has more than others shows");
    // It votes once the others made it an elector: like any other, once, whatever it gave and whatever mandate it holds.
    let fund = pair.river.make("fund", json!({"title": "Bail"})).await;
    pair.settle().await;
    let gift = json!({"amount": 900_000, "currency": "AUD"});
    pair.mill.make("pledge", json!({"fund": fund, "amount": gift, "status": "given"})).await;
    let change =
        json!({"title": "What unites us", "text": "The river belongs to all.\n", "add_electors": ["Mill Street"]});
    pair.adopt(change).await;
    let rights = pair.river.ask("funds", "rights", &[]).await;
    assert_eq!((each(&rights, "votes"), &rights[1]["given"]), (vec!["1".into(), "1".into()], &json!("9000.00 AUD")));
    let change = json!({"title": "What unites us", "text": "The river belongs to the funders.\n"});
    let bought = pair.mill.post("/api/statement/versions", change).await["version"].as_str().unwrap().to_owned();
    let voted = pair.mill.post("/api/statement/votes", json!({"version": bought})).await;
    assert_eq!((&voted["state"], &voted["votes"], &voted["needed"]), (&json!("proposed"), &json!(1), &json!(2)));
    // What is only proposed is in no root.
    pair.river
        .member
        .until("the vote of the other has come", async |_| {
            let versions = pair.river.get("/api/statement/versions").await;
            let items = versions["items"].as_array()?;
            let found = items.iter().find(|item| item["version"] == *bought)?;
            (found["votes"].as_array()?.len() == 1).then_some(())
        })
        .await;
    let voted = pair.river.post("/api/statement/votes", json!({"version": bought})).await;
    assert_eq!((&voted["state"], &voted["votes"]), (&json!("adopted"), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_what_one_group_put_into_the_library_is_found_by_another() {
    let pair = Pair::new().await;
    pair.mill.make("resource", json!({"title": "How to hold a vigil", "tags": ["guide"], "licence": "CC BY"})).await;
    pair.mill.make("resource", json!({"title": "Cooking for many", "tags": ["guide"]})).await;
    pair.mill.make("action", json!({"title": "A vigil"})).await;
    pair.settle().await;
    let words = [("text", "vigils"), ("kind", "resource")];
    assert_eq!(each(&pair.river.ask("find", "others", &words).await, "name"), ["How to hold a vigil"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_a_search_finds_an_asset_and_its_owner_grants_the_booking() {
    let pair = Pair::new().await;
    pair.mill.make("asset", json!({"name": "White van", "sort": "vehicle"})).await;
    pair.settle().await;
    let found = pair.river.ask("find", "others", &[("text", "whiet van")]).await;
    assert_eq!(each(&found, "name"), ["White van"]);
    let times = json!({"asset": found[0]["id"], "from": "2126-12-05T08:00:00Z", "until": "2126-12-05T09:00:00Z"});
    let booking = pair.river.make("booking", times).await;
    pair.settle().await;
    assert_eq!(each(&pair.mill.ask("bookings", "bookings", &[]).await, "says"), ["no answer yet"]);
    pair.mill.make("reply", json!({"to": booking, "says": "yes"})).await;
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("bookings", "bookings", &[]).await, "says"), ["granted"]);
    // Nobody grants what is another's, and who comes second sees that it is taken.
    let again = json!({"asset": found[0]["id"], "from": "2126-12-05T08:30:00Z", "until": "2126-12-05T10:00:00Z"});
    let again = pair.river.make("booking", again).await;
    pair.river.make("reply", json!({"to": again, "says": "yes"})).await;
    pair.settle().await;
    let bookings = pair.mill.ask("bookings", "bookings", &[]).await;
    assert_eq!(each(&bookings, "says"), ["granted", "no answer yet"]);
    assert_eq!(bookings[1]["overlaps"], json!(["Clean River"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn f03_a_gap_closes_when_the_match_is_done() {
    let pair = Pair::new().await;
    let need = pair.river.make("need", json!({"title": "A van", "tags": ["van"]})).await;
    pair.river.make("need", json!({"title": "Drums", "tags": ["music"]})).await;
    pair.settle().await;
    assert_eq!(each(&pair.mill.ask("match", "unmet", &[]).await, "name"), ["A van", "Drums"]);
    let van = pair.mill.make("asset", json!({"name": "White van", "tags": ["van"]})).await;
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("match", "matches", &[]).await, "with"), [van.as_str()]);
    let matched = pair.mill.make("match", json!({"need": need, "with": van, "status": "agreed"})).await;
    pair.settle().await;
    assert_eq!(pair.river.ask("match", "matches", &[]).await.len(), 1, "agreed is not done");
    pair.mill.edit("match", &matched, json!({"status": "done"})).await;
    pair.settle().await;
    assert!(pair.river.ask("match", "matches", &[]).await.is_empty());
    assert_eq!(each(&pair.river.ask("match", "unmet", &[]).await, "name"), ["Drums"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_the_number_of_leaders_rises_on_completion() {
    let pair = Pair::new().await;
    let course = pair.river.make("course", json!({"title": "Leading", "level": "lead", "roles": ["driver"]})).await;
    let songs = pair.river.make("course", json!({"title": "Songs", "level": "train"})).await;
    let ana = pair.mill.make("person", json!({"name": "Ana", "agreed": true})).await;
    pair.settle().await;
    let any = async || each(&pair.river.ask("newcomers", "leaders", &[]).await, "count").pop();
    pair.mill.make("completion", json!({"course": songs, "person": ana})).await;
    pair.settle().await;
    assert_eq!(any().await.as_deref(), Some("0"), "not every course makes a leader");
    pair.mill.make("completion", json!({"course": course, "person": ana})).await;
    pair.settle().await;
    assert_eq!(any().await.as_deref(), Some("1"));
    let leaders = pair.river.ask("newcomers", "leaders", &[]).await;
    let of = |role: &str| leaders.iter().find(|row| row["role"] == role).unwrap();
    assert_eq!((&of("driver")["names"], &of("weaver")["names"]), (&json!(["Ana"]), &json!([])));
}
