//! Clocks that lie by ten years, and jump while the nodes run.
//!
//! The wall clock of a process can't be set without setting the machine's, so these are nodes of the library,
//! each with a wall clock of its own, talking to each other over loopback.

use super::Outcome;
use crate::grid::{Member, until_equal};
use crate::sim::Random;
use grid_node::handle::OwnStanding;
use grid_node::setup::Signing;
use grid_protocol::id::DocumentId;
use serde_json::json;
use std::time::{Duration, Instant};

/// How far a clock is off, in milliseconds.
pub const TEN_YEARS: i64 = 3_652 * 24 * 3_600 * 1_000;
/// Where a clock may stand.
const PLACES: [i64; 3] = [-TEN_YEARS, 0, TEN_YEARS];
/// Records that every node writes at every place of its clock.
const WRITES: usize = 2;

const TCP: &[&str] = &["/ip4/127.0.0.1/tcp/0"];

/// Sets the clocks of a coalition, as often as was asked for, while everybody writes.
pub async fn run(nodes: usize, rounds: usize, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let mut members = vec![Member::found("Group 1", TCP).await];
    for number in 2..=nodes {
        let invite = members[0].invite().await;
        members.push(Member::join(&format!("Group {number}"), &invite, Signing::Sign, TCP).await);
        members[0].until_members(number).await;
    }
    let page = members[0].write("page", json!({"title": "Common", "text": "All of us\n"})).await;
    until_equal(&members.iter().collect::<Vec<_>>()).await;

    let mut written: Vec<(DocumentId, String)> = Vec::new();
    let (mut slowest, mut restarts, mut titles) = (Duration::ZERO, 0, 0);
    for round in 1..=rounds {
        for member in &members {
            member.wall().set_ahead(random.pick(&PLACES).copied().unwrap_or_default());
        }
        if random.happens(500) {
            // A node may also find its clock changed when it starts.
            let member = random.below(members.len());
            members[member].stop().await;
            members[member].start().await;
            restarts += 1;
        }
        let mut last = Vec::new();
        for (number, member) in members.iter().enumerate() {
            for write in 1..=WRITES {
                let title = format!("Node {number} writes {write} in round {round}");
                let document = member.write("action", json!({ "title": title })).await;
                written.push((document, title));
                last.push((number, document));
            }
            // All change the same field: which change counts is not for a clock to say.
            member.edit("page", page, json!({ "title": format!("Common in round {round}, by node {number}") })).await;
            titles += 1;
        }
        let began = Instant::now();
        until_equal(&members.iter().collect::<Vec<_>>()).await;
        slowest = slowest.max(began.elapsed());
        let title = members[0].text(&page, "title");
        assert!(title.contains(&format!("round {round}")), "an older title came back: {title}");
        for member in &members {
            assert_eq!(member.text(&page, "title"), title, "all show the same title");
            is_sorted(member);
        }
        for (number, document) in last {
            members[number]
                .until("all receipts are here", async |member| {
                    let delivery = member.handle().deliveries(vec![document]).await.ok()?.pop()??;
                    delivery.waiting_for.is_empty().then_some(())
                })
                .await;
        }
    }
    let mut lost = 0;
    for member in &members {
        lost += written.iter().filter(|(document, title)| member.text(document, "title") != *title).count();
        let status = member.status().await;
        assert_eq!((status.standing, status.members), (OwnStanding::Member, nodes), "no clock ends a membership");
        assert!(status.troubles.is_empty(), "{:?}", status.troubles);
    }
    for mut member in members {
        member.stop().await;
    }
    Outcome {
        fault: "clocks",
        form: format!("{nodes} nodes, each clock right or 10 years ahead or behind, set while they run"),
        tried: rounds * nodes,
        acknowledged: written.len() + titles,
        lost,
        equal_again: slowest,
        notes: vec![format!("{restarts} nodes were started with a wrong clock"), "all receipts came".to_owned()],
    }
}

/// Checks that a list is newest first by the times that it shows.
fn is_sorted(member: &Member) {
    let times: Vec<_> = member.handle().look(|views| views.records.of_kind("action").map(|row| row.changed).collect());
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]), "newest first: {times:?}");
}
