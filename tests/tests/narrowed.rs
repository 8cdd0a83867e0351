//! A field that was for all and is for few today: its own group goes on reading what it sent, others do not.

use grid_node::setup::Signing;
use grid_protocol::record::{Kind, Record, Registry};
use grid_tests::grid::Member;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

const TCP: &[&str] = &["/ip4/127.0.0.1/tcp/0"];

/// A tie as an earlier program had it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {"name": "tie", "plural": "ties", "title": "title", "rule": "owner", "section": "people"}))]
struct FormerTie {
    /// Who met: two names.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    title: String,
    /// Whom.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": ["person", "group", "prospect"]}))]
    with: String,
    /// What was said.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "text"}))]
    note: String,
}

impl Record for FormerTie {}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_program_sent_stays_readable_for_its_own_group_alone() {
    let former = || Registry::standard().with(Kind::compile::<FormerTie>().unwrap());
    let mut river = Member::found("Clean River", TCP).await;
    let mut mill = Member::joined("Mill Street", &river.invite().await, Signing::Sign, TCP);
    river.stop().await;
    river.with_kinds(former());
    mill.with_kinds(former());
    river.start().await;
    mill.start().await;
    mill.until_members(2).await;
    let with = mill.status().await.group.to_string();
    let tie = river.write("tie", json!({"title": "Ana and Bo", "with": with, "note": "Bo is afraid."})).await;
    mill.until_here(tie).await;
    assert_eq!(mill.text(&tie, "title"), "Ana and Bo");

    // Both go on with the program of today, over the rows that the earlier one kept.
    for member in [&mut river, &mut mill] {
        member.stop().await;
        member.with_kinds(Registry::standard().clone());
        member.start().await;
    }
    assert_eq!((river.text(&tie, "title"), river.text(&tie, "note")), ("Ana and Bo".into(), "Bo is afraid.".into()));
    assert_eq!((mill.text(&tie, "title"), mill.text(&tie, "with")), (String::new(), with));

    // What is said now stays here, emptied too.
    river.edit("tie", tie, json!({"title": "Ana and Bo, again"})).await;
    assert_eq!(river.text(&tie, "title"), "Ana and Bo, again");
    river.edit("tie", tie, json!({"title": null})).await;
    river.stop().await;
    river.start().await;
    assert_eq!((river.text(&tie, "title"), river.text(&tie, "note")), (String::new(), "Bo is afraid.".into()));
}
