//! What no program that keeps to the rules writes, and a peer sends all the same.

use automerge::transaction::Transactable as _;
use automerge::{ActorId, ROOT};
use grid_node::view::Views;
use grid_protocol::document::{ChangeBody, actor};
use grid_protocol::entry::VerifiedEntry;
use grid_protocol::sync::News;
use grid_tests::grid::Member;
use grid_tests::mission::{Side, each};
use grid_tests::scripted::Scripted;
use serde_json::{Value, json};

const LISTEN: [&str; 1] = ["/ip4/127.0.0.1/tcp/0"];

/// Makes an action, and puts these words into its fields, whatever the fields take; both go behind this log.
fn action(scripted: &Scripted, log: &mut Vec<VerifiedEntry>, title: &str, fields: &[(&str, &str)]) {
    let nonce = u8::try_from(log.len()).expect("a few entries");
    let head = log.last().and_then(VerifiedEntry::head);
    log.extend(scripted.entries(head, title, nonce));
    let made = log.last().expect("an action was made");
    let (author, document, head) = (&scripted.author, made.header().document, made.head());
    let mut desk = scripted.replica(log);
    let live = desk.live(document).expect("a storage in memory reads");
    let name = actor(&author.me.coalition, &document, &author.me.device);
    let automerge = live.document().automerge().expect("it can be read").clone();
    let mut draft = automerge.with_actor(ActorId::from(name.0.as_slice()));
    let mut transaction = draft.transaction();
    for (field, word) in fields {
        transaction.put(ROOT, *field, *word).expect("a map");
    }
    transaction.commit();
    let change = draft.get_last_local_change().expect("something was put").raw_bytes().to_vec();
    log.push(author.entry(head.as_ref(), scripted.now, document, ChangeBody { opening: None, change }.encode()));
}

#[tokio::test(flavor = "multi_thread")]
async fn points_and_times_that_are_none_are_shown_as_damaged_and_every_list_goes_on() {
    let member = Member::found("Clean River", &LISTEN).await;
    let scripted = Scripted::join(&member).await;
    let side = Side::serve(member).await;
    let mut log = Vec::new();
    action(&scripted, &mut log, "Nowhere", &[("coordinates", "91,1e300"), ("starts", "2026-02-30T18:00:00Z")]);
    action(&scripted, &mut log, "Nothing", &[("coordinates", "NaN,inf"), ("starts", "+275760-09-13T00:00:00Z")]);
    action(&scripted, &mut log, "Far out", &[("starts", "9999-12-30T00:00:00Z"), ("repeats", "FREQ=DAILY")]);
    action(&scripted, &mut log, "Long ago", &[("starts", "0001-01-01T00:00:00Z"), ("ends", "9999-12-30T00:00:00Z")]);
    for entry in &log {
        scripted.say(News::Entry(entry.announce().expect("each entry is signed"))).await;
    }
    let last = log.last().map(|entry| entry.header().seq);
    let all = async |me: &Member| {
        let places = |views: &Views| {
            let actions = views.records.of_kind("action");
            actions.flat_map(|row| row.latest.iter().map(|(_, seq)| *seq)).max()
        };
        (me.handle().look(places) == last).then_some(())
    };
    side.member.until("everything has come", all).await;
    let shown = side.list("action", "").await;
    let of = |title: &str| shown.iter().find(|action| action["title"] == title).expect("it is listed");
    for title in ["Nowhere", "Nothing"] {
        let action = side.show("action", of(title)["id"].as_str().unwrap()).await;
        assert_eq!(action["damaged"], json!(["coordinates", "starts"]), "{action}");
        assert_eq!((&action["starts"], &action["coordinates"]), (&Value::Null, &Value::Null));
    }
    assert_eq!((&of("Far out")["damaged"], &of("Long ago")["damaged"]), (&json!([]), &json!([])));
    let questions = side.get("/api/questions").await;
    for question in each(questions["items"].as_array().unwrap(), "name") {
        if !matches!(question.as_str(), "who" | "find") {
            side.get(&format!("/api/questions/{question}")).await;
        }
    }
    // What has no date that can be read is listed by when it was changed.
    assert_eq!(
        each(&side.list("action", "since=2026-01-01&until=9000-01-01").await, "title"),
        ["Long ago", "Nothing", "Nowhere"]
    );
    for feed in ["calendar.ics", "map.geojson", "news.atom"] {
        assert!(!side.text(&format!("/api/feeds/{feed}")).await.contains("1e300"), "{feed}");
    }
    assert!(side.member.status().await.findings.unreadable.is_empty());
}
