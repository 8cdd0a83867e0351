//! What `grid status` says about a peer that breaks the rules: a real node, and a member that does what it is told.

use grid_node::network::{self, NetworkConfig, NetworkEvent};
use grid_protocol::codec::Format;
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::id::{Digest, EntryId};
use grid_protocol::key::Signature;
use grid_protocol::limits::{MAX_FRAME, MAX_LOBBY_REQUESTS_PER_PEER, MAX_SENT};
use grid_protocol::sync::message::{ControlSummary, Height, Hello, LogSummary, LogWant, RecordsWant};
use grid_protocol::sync::{News, Refusal, Request, Response, Says, pack, peer_id, unpack};
use grid_tests::grid::Member;
use grid_tests::scripted::Scripted;
use serde_json::json;
use std::time::Duration;
use zeroize::Zeroizing;

const LISTEN: [&str; 1] = ["/ip4/127.0.0.1/tcp/0"];

async fn two() -> (Member, Scripted) {
    let member = Member::found("Clean River", &LISTEN).await;
    let scripted = Scripted::join(&member).await;
    (member, scripted)
}

fn news(entry: &VerifiedEntry) -> News {
    News::Entry(entry.announce().expect("each entry is signed"))
}

/// Its own people notice nothing, whatever a peer does.
async fn assert_usable(member: &Member) {
    let action = member.write("action", json!({"title": "Still here"})).await;
    assert_eq!(member.text(&action, "title"), "Still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_with_two_histories_is_named() {
    let (member, scripted) = two().await;
    for (nonce, title) in [(1, "One history"), (2, "Another history")] {
        let entries = scripted.entries(None, title, nonce);
        scripted.say(news(&entries[0])).await;
    }
    let said = scripted.named_by(&member).await;
    println!("forked: {said}");
    assert!(said.contains("has signed two different entries at 0"), "{said}");
    assert_usable(&member).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_floods_with_broken_news_is_named_and_no_longer_listened_to() {
    let (member, mut scripted) = two().await;
    let entry = scripted.entries(None, "Never signed like this", 1)[0].announce().expect("each entry is signed");
    for place in 1..=256 {
        let mut broken = entry.clone();
        broken.header.seq = place;
        scripted.say(News::Entry(broken)).await;
    }
    // What it is named for last says how much of it was judged; the third is one too many.
    let said = member
        .until("three are judged", async |member| {
            let said = scripted.named_by(member).await;
            let place: u64 = said.split_once("entry ")?.1.split_once(' ')?.0.parse().ok()?;
            (place >= 3).then_some(said)
        })
        .await;
    println!("flooding with news: {said}");
    assert!(said.contains("is not signed by it"), "{said}");
    // An answer comes behind all that was judged before.
    let hello = hello(&scripted);
    assert!(matches!(scripted.ask(9, &hello).await, Response::Hello { .. }));
    // It may still ask, and its sound news comes when it is asked for, not by gossip.
    scripted.say(news(&scripted.entries(None, "Sound", 2)[0])).await;
    for id in 10..12 {
        let answer = scripted.ask(id, &hello).await;
        assert!(matches!(answer, Response::Hello { .. }), "{answer:?}");
    }
    assert_eq!(member.status().await.records, 1, "the founder's own profile alone");
    assert_usable(&member).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_tells_of_a_forged_head_is_named() {
    let (member, scripted) = two().await;
    let head = Head { seq: 9, id: EntryId([1; 32]), signature: Signature([2; 64]) };
    scripted.say(News::Head { device: scripted.author.me.device, head }).await;
    let said = scripted.named_by(&member).await;
    println!("lying about heads: {said}");
    assert!(said.contains("sign"), "{said}");
    assert_usable(&member).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_claims_entries_and_withholds_them_is_named() {
    let (member, mut scripted) = two().await;
    let device = scripted.author.me.device;
    let claims = LogSummary::Devices(vec![(device, Height { entries: 50, head: [7; 6] })]);
    for seq in [49, 59] {
        // News that lacks all before it makes the node ask.
        let id = EntryId([u8::try_from(seq).expect("small"); 32]);
        let before = Head { seq: seq - 1, id, signature: scripted.author.sign_head(&id) };
        scripted.say(news(&scripted.entries(Some(before), "Far ahead", 1)[0])).await;
        loop {
            let (token, request) = scripted.asked(|_| true).await;
            let answer = match &request {
                Request::Hello(_) => Response::Hello { control: ControlSummary::Same, logs: claims.clone() },
                Request::Runs(_) => Response::Runs(Vec::new()),
                Request::Hints(_) => Response::Noted,
                _ => Response::Refused(Refusal::Unable),
            };
            scripted.network.respond(token, pack(&answer)).await;
            if matches!(request, Request::Runs(_)) {
                break;
            }
        }
    }
    let said = scripted.named_by(&member).await;
    println!("withholding: {said}");
    assert!(said.contains("does not send them"), "{said}");
    assert_usable(&member).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_whose_answer_claims_megabytes_is_named() {
    let (member, mut scripted) = two().await;
    let id = EntryId([1; 32]);
    let before = Head { seq: 8, id, signature: scripted.author.sign_head(&id) };
    scripted.say(news(&scripted.entries(Some(before), "Far ahead", 1)[0])).await;
    let (token, _) = scripted.asked(|request| matches!(request, Request::Hello(_))).await;
    scripted.network.respond(token, pack(&vec![0_u8; 4 * MAX_FRAME])).await;
    let said = scripted.named_by(&member).await;
    println!("oversized: {said}");
    assert!(said.contains("at most"), "{said}");
    assert_usable(&member).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_that_asks_without_end_is_named() {
    let member = Member::found("Clean River", &LISTEN).await;
    let (network, mut events) =
        network::start(NetworkConfig::new(Zeroizing::new([7; 32]), [7; 32])).await.expect("it listens nowhere");
    network.dial(member.status().await.listen[0].clone()).await;
    let mut wanted = u64::from(5 * MAX_LOBBY_REQUESTS_PER_PEER);
    let mut stranger = None;
    while wanted > 0 {
        match events.recv().await.expect("the network runs") {
            NetworkEvent::Connected { peer, .. } => stranger = Some(peer),
            NetworkEvent::Response { .. } => {}
            _ => continue,
        }
        wanted -= 1;
        let frame = pack(&Request::Control(RecordsWant { nonce: 1, buckets: Vec::new() }));
        network.request(stranger.expect("it is connected"), wanted, frame).await;
    }
    let said = member
        .until("the stranger is named", async |member| {
            member.status().await.peers.into_iter().find_map(|peer| peer.fault)
        })
        .await;
    println!("flooding with questions: {said}");
    assert!(said.contains("more often than a newcomer"), "{said}");
    assert_usable(&member).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_asks_for_the_same_without_end_is_named_and_others_are_served() {
    let (member, mut scripted) = two().await;
    for number in 0..40 {
        member.write("action", json!({"title": format!("Walk {number}")})).await;
    }
    let request = pack(&Request::Runs(vec![LogWant { device: member.status().await.device, first: 0 }]));
    // As many at a time as a connection carries; the next when one is answered.
    let (mut asked, mut sent) = (100..100 + 32, 0);
    for id in asked.clone() {
        scripted.network.request(scripted.peer, id, request.clone()).await;
    }
    asked.start = asked.end;
    loop {
        let bytes = scripted
            .wait(|event| match event {
                NetworkEvent::Response { bytes, .. } => Ok(bytes),
                NetworkEvent::RequestFailed { why, .. } => panic!("{why}"),
                other => Err(other),
            })
            .await;
        match unpack::<Response>(&bytes) {
            Ok(Response::Runs(runs)) => sent += runs.iter().map(|run| run.entries.len() as u64).sum::<u64>(),
            Ok(Response::Refused(Refusal::TooSoon)) => {}
            other => panic!("{other:?}"),
        }
        if member.status().await.peers.iter().any(|peer| peer.fault.is_some()) {
            break;
        }
        asked.start += 1;
        scripted.network.request(scripted.peer, asked.start, request.clone()).await;
    }
    let said = scripted.named_by(&member).await;
    println!("asking without end: {said}; {sent} entries were sent");
    assert!(said.contains("again and again"), "{said}");
    assert!(sent <= MAX_SENT + 4 * 80, "{sent}");
    assert_usable(&member).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_announces_ever_new_addresses_is_named_and_turned_away() {
    let (member, mut scripted) = two().await;
    let address = format!("/ip4/192.0.2.1/tcp/4001/p2p/{}", peer_id(&scripted.network.local_peer()));
    for number in 0..400 {
        let says = Says::Reachable(vec![address.clone()]);
        let hint = scripted.author.hint(scripted.now.after(Duration::from_secs(number)), says);
        scripted.say(News::Hint(hint)).await;
    }
    let said = scripted.named_by(&member).await;
    println!("announcing without end: {said}");
    assert!(said.contains("says far more"), "{said}");
    // Its gossip ends with the connection.
    let gone = |event| match event {
        NetworkEvent::Disconnected { .. } => Ok(()),
        other => Err(other),
    };
    scripted.wait(gone).await;
    assert_usable(&member).await;
}

fn hello(scripted: &Scripted) -> Request {
    Request::Hello(Hello {
        version: Format,
        coalition: scripted.author.me.coalition,
        control: Digest([0; 32]),
        logs: Digest([1; 32]),
        devices: Digest([2; 32]),
        nonce: 5,
    })
}
