//! Peers that keep a node busy: requests and answers that never end, and news that is worth nothing.

use super::super::codec::{FIRST_ALLOCATION, Room};
use super::*;

/// Requests of one peer that never end.
const REQUESTS: u64 = 100;
/// Answers of one peer that never end.
const ANSWERS: u64 = 12;
/// Streams that the node lets one connection have.
const STREAMS: usize = 8;
/// Broken messages of a flood.
const FLOOD: u64 = 200;

/// A node that lets each connection have a few streams for so long, and a peer that never ends what it sends; and where
/// the node notes the room that it makes.
async fn slow_pair(listen: &str, patience: Duration) -> (Node, Node, Room) {
    let mut patient = config(1, listen);
    patient.limits.streams = 2 * REQUESTS as usize;
    let mut slow = Node::with(patient, PullCodec::slow_writer(BEAT)).await;
    let mut bounded = config(2, listen);
    bounded.limits.streams = STREAMS;
    bounded.request_timeout = patience;
    let codec = PullCodec::default();
    let room = codec.room();
    let mut node = Node::with(bounded, codec).await;
    slow.network.dial(node.address.clone()).await;
    slow.connected().await;
    node.connected().await;
    (slow, node, room)
}

/// Has a slow peer open as many streams as it can.
async fn trickle(slow: &Node, node: &Node) {
    for id in 0..REQUESTS {
        slow.network.request(node.key(), id, vec![7]).await;
    }
}

/// Waits until so many of a node's requests have ended, without an answer.
async fn ended(node: &mut Node, wanted: u64) {
    for _ in 0..wanted {
        node.wait(|event| match event {
            NetworkEvent::RequestFailed { .. } => Some(()),
            NetworkEvent::Response { .. } => panic!("a request that is not there is answered"),
            _ => None,
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_never_end_take_the_streams_of_their_own_connection_alone() {
    for listen in [TCP, QUIC] {
        // They would be waited for longer than this test takes.
        let (mut slow, mut node, room) = slow_pair(listen, 2 * GUARD).await;
        trickle(&slow, &node).await;
        ended(&mut slow, REQUESTS - STREAMS as u64).await;
        let mut other = Node::start(3, listen).await;
        other.network.dial(node.address.clone()).await;
        other.connected().await;
        ask(&mut other, &mut node, 1).await;
        befriend(&mut other, &mut node).await;
        other.network.publish(b"heard".to_vec()).await.unwrap();
        assert_eq!(node.gossip().await.2, b"heard");
        // No more than the others are open, and none of them has become a request.
        node.network.disconnect(slow.key()).await;
        ended(&mut slow, STREAMS as u64).await;
        ask(&mut other, &mut node, 2).await;
        assert!((1..=FIRST_ALLOCATION).contains(&room.most()), "{} bytes for each of {STREAMS} streams", room.most());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_ends_is_waited_for_so_long_and_no_longer() {
    for listen in [TCP, QUIC] {
        let (slow, mut node, room) = slow_pair(listen, 10 * BEAT).await;
        trickle(&slow, &node).await;
        // Bytes come all the time: only a bound on the whole ends it. Whoever does that has a name.
        assert_eq!(named(&mut node).await, slow.key());
        let mut other = Node::start(3, listen).await;
        other.network.dial(node.address.clone()).await;
        other.connected().await;
        ask(&mut other, &mut node, 1).await;
        assert!((1..=FIRST_ALLOCATION).contains(&room.most()), "{} bytes for each stream", room.most());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_ends_is_waited_for_so_long_and_takes_the_room_of_what_has_come() {
    for listen in [TCP, QUIC] {
        let mut slow = Node::with(config(1, listen), PullCodec::slow_writer(BEAT)).await;
        let mut bounded = config(2, listen);
        bounded.request_timeout = 100 * BEAT;
        let codec = PullCodec::default();
        let room = codec.room();
        let mut node = Node::with(bounded, codec).await;
        node.network.dial(slow.address.clone()).await;
        node.connected().await;
        slow.connected().await;
        for id in 0..ANSWERS {
            node.network.request(slow.key(), id, vec![7]).await;
            slow.answer_one(vec![8]).await;
        }
        // Each claims two megabytes, of which a few bytes come.
        assert_eq!(named(&mut node).await, slow.key());
        assert!((1..=FIRST_ALLOCATION).contains(&room.most()), "{} bytes for each of {ANSWERS}", room.most());
        let mut other = Node::start(3, listen).await;
        other.network.dial(node.address.clone()).await;
        other.connected().await;
        node.connected().await;
        ask(&mut node, &mut other, ANSWERS).await;
    }
}

/// The peer of whom a node says that too little comes to its end with it.
async fn named(node: &mut Node) -> PeerKey {
    node.wait(|event| match event {
        NetworkEvent::Misbehaved { peer, why } if why.contains("did not come to their end") => Some(peer),
        NetworkEvent::Response { .. } => panic!("a request that is not there is answered"),
        _ => None,
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_that_speak_while_another_trickles_hear_each_other_and_only_the_one_that_trickles_is_named() {
    for listen in [TCP, QUIC] {
        let (slow, mut node, room) = slow_pair(listen, 10 * BEAT).await;
        let mut other = Node::start(3, listen).await;
        other.network.dial(node.address.clone()).await;
        other.connected().await;
        befriend(&mut other, &mut node).await;
        trickle(&slow, &node).await;
        // Until its streams are given up the node answers all that the other asks, and hears its news.
        let (mut names, began) = (Vec::new(), Instant::now());
        for id in 1.. {
            assert!(began.elapsed() < GUARD, "nobody is named");
            other.network.request(node.key(), id, vec![7]).await;
            other.network.publish(id.to_be_bytes().to_vec()).await.unwrap();
            let (mut asked, mut heard) = (false, false);
            while !(asked && heard) {
                match guarded("the node goes on", node.events.recv()).await.expect("the network runs") {
                    NetworkEvent::Request { peer, token, .. } => {
                        assert_eq!(peer, other.key());
                        node.network.respond(token, vec![8]).await;
                        asked = true;
                    }
                    NetworkEvent::Gossip { bytes, token, .. } => {
                        assert_eq!(bytes, id.to_be_bytes());
                        node.network.judge(token, Judgement::Accept).await;
                        heard = true;
                    }
                    NetworkEvent::Misbehaved { peer, why } => {
                        assert!(why.contains("did not come to their end"), "{why}");
                        names.push(peer);
                    }
                    _ => {}
                }
            }
            assert_eq!(other.outcome(id).await, Ok(vec![8]));
            if !names.is_empty() {
                break;
            }
        }
        assert!(names.iter().all(|peer| *peer == slow.key()), "{names:?}");
        assert!((1..=FIRST_ALLOCATION).contains(&room.most()), "{} bytes for each stream", room.most());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_third_broken_message_is_the_last_that_is_handed_on() {
    let (mut bad, mut node) = pair(TCP).await;
    befriend(&mut bad, &mut node).await;
    let mut good = Node::start(3, TCP).await;
    good.network.dial(node.address.clone()).await;
    good.connected().await;
    befriend(&mut good, &mut node).await;
    for number in 0..3_u64 {
        bad.network.publish(number.to_be_bytes().to_vec()).await.unwrap();
        let (from, token, _) = node.gossip().await;
        assert_eq!(from, bad.key());
        node.network.judge(token, Judgement::Reject).await;
    }
    // Commands are executed in order: with the answer the judgements have been, too.
    ask(&mut node, &mut bad, 1).await;
    for number in 3..FLOOD {
        bad.network.publish(number.to_be_bytes().to_vec()).await.unwrap();
    }
    // Asking is not gossip, and goes on: behind the answers the flood has arrived, and was dropped.
    for id in [1, 2] {
        bad.network.request(node.key(), id, vec![7]).await;
        loop {
            match node.events.recv().await {
                Some(NetworkEvent::Request { token, .. }) => break node.network.respond(token, vec![8]).await,
                Some(NetworkEvent::Gossip { from, .. }) => panic!("news of {from:?} is handed on"),
                Some(_) => {}
                None => panic!("the network runs"),
            }
        }
        assert_eq!(bad.outcome(id).await, Ok(vec![8]));
    }
    good.network.publish(b"sound".to_vec()).await.unwrap();
    let (from, token, bytes) = node.gossip().await;
    assert_eq!((from, bytes), (good.key(), b"sound".to_vec()));
    node.network.judge(token, Judgement::Accept).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_on_which_nobody_speaks_take_a_part_of_the_places_and_not_all() {
    const PLACES: u32 = 8;
    let mut bounded = config(2, TCP);
    bounded.limits.pending = PLACES;
    let mut node = Node::with(bounded, PullCodec::default()).await;
    let port = node.address.split('/').nth(4).and_then(|port| port.parse::<u16>().ok()).expect("a port");
    let mut silent = Vec::new();
    for _ in 0..2 * PLACES {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 9], 0).into()).unwrap();
        silent.push(socket.connect(([127, 0, 0, 1], port).into()).await.unwrap());
    }
    // Those that are too many are hung up on; the first ones wait, and are waited for.
    for mut surplus in silent.split_off(2) {
        let refused = guarded("the node hangs up", surplus.read(&mut [0; 1])).await;
        assert!(refused.is_ok_and(|read| read == 0));
    }
    let mut other = Node::start(3, TCP).await;
    other.network.dial(node.address.clone()).await;
    other.connected().await;
    node.connected().await;
}
