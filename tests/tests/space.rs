//! What `grid status` says about whoever fills the disk: a real node, and a member that tells nobody what it writes and
//! lets others fetch it.

use grid_node::network::NetworkEvent;
use grid_node::setup::Signing;
use grid_node::space::{GroupSpace, Space};
use grid_protocol::entry::VerifiedEntry;
use grid_protocol::id::DocumentId;
use grid_protocol::replica::{Direction, Effect, Input};
use grid_tests::fuzz::Mutator;
use grid_tests::grid::Member;
use grid_tests::scripted::Scripted;
use grid_tests::sim::NOON;
use std::collections::BTreeMap;

const LISTEN: [&str; 1] = ["/ip4/127.0.0.1/tcp/0"];
/// A little more than sixteen megabytes together.
const ENTRIES: u64 = 290;
const BODY: usize = 60_000;

/// Entries of its own log that nobody can read.
fn entries(scripted: &Scripted) -> Vec<VerifiedEntry> {
    let (mut bytes, mut head) = (Mutator::new(1), None);
    (0..ENTRIES)
        .map(|_| {
            let sealed = scripted.author.sealed(head.as_ref(), scripted.now, DocumentId([7; 32]), bytes.bytes(BODY));
            let entry = sealed.verify(&scripted.author.me.coalition).expect("it is signed");
            head = entry.head();
            entry
        })
        .collect()
}

/// Does what a node does that tells nobody anything: it asks, and answers, until the other one holds all its entries.
async fn keep_company(scripted: &mut Scripted, entries: &[VerifiedEntry], member: &Member) -> Space {
    let (peer, mut replica, mut tokens) = (scripted.peer, scripted.replica(entries), BTreeMap::new());
    let (mut input, mut number) = (Input::Connected { peer, direction: Direction::Dialled }, 0);
    loop {
        let mut effects = replica.handle(NOON, input).expect("storage in memory");
        while replica.is_busy() {
            effects.extend(replica.work(NOON).expect("storage in memory"));
        }
        for effect in effects {
            match effect {
                Effect::Send { id, bytes, .. } => scripted.network.request(peer, id, bytes).await,
                Effect::Reply { token, bytes } => {
                    let token = tokens.remove(&token).expect("it was asked");
                    scripted.network.respond(token, bytes).await;
                }
                _ => {}
            }
        }
        let space = member.status().await.space;
        if of(&space, scripted).is_some_and(|row| row.held.entries == ENTRIES) {
            return space;
        }
        input = match scripted.wait(Ok).await {
            NetworkEvent::Request { peer, token, bytes } => {
                number += 1;
                tokens.insert(number, token);
                Input::Request { peer, token: number, bytes }
            }
            NetworkEvent::Response { peer, id, bytes } => Input::Response { peer, id, bytes },
            NetworkEvent::RequestFailed { peer, id, .. } => Input::RequestFailed { peer, id },
            _ => Input::Tick,
        };
    }
}

fn of<'s>(space: &'s Space, scripted: &Scripted) -> Option<&'s GroupSpace> {
    space.groups.iter().find(|row| row.group == Some(scripted.author.me.group))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_lets_others_fetch_and_tells_nobody_is_seen_by_those_whose_disks_it_fills() {
    let mut member = Member::found("Clean River", &LISTEN).await;
    let mut friend = Member::join("Old Friends", &member.invite().await, Signing::Sign, &LISTEN).await;
    let knows_two = async |member: &Member| (member.status().await.space.groups.len() == 2).then_some(());
    member.until("it holds what its friend wrote", knows_two).await;
    friend.stop().await;
    // A day later it knows the others.
    member.stop().await;
    member.wall().set_ahead(25 * 3_600_000);
    member.start().await;
    assert_eq!(member.status().await.space.last_day().entries, 0);

    let mut scripted = Scripted::join(&member).await;
    let written = entries(&scripted);
    let space = keep_company(&mut scripted, &written, &member).await;

    let row = of(&space, &scripted).expect("it has entries");
    assert_eq!(row.held.bytes, ENTRIES * (BODY as u64 + 100));
    assert_eq!(row.last_day, row.held, "by when it came, whatever times it claims");
    let note = space.note.as_ref().expect("it is most of what came, and much");
    println!("{}: {}", note.what, note.hint);
    assert!(note.what.contains("17 MB of 17 MB") && note.what.contains(&row.name), "{}", note.what);

    // What is held is counted anew at a start; when it came is kept.
    member.stop().await;
    member.start().await;
    assert_eq!(member.status().await.space, space);
}
