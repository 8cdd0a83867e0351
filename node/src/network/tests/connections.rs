//! Connecting, colliding, leaving and coming back.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_connect_over_either_transport() {
    for (listen, path) in [(TCP, Path::Tcp), (QUIC, Path::Quic)] {
        let (mut a, mut b) = (Node::start(1, listen).await, Node::start(2, listen).await);
        a.network.dial(b.address.clone()).await;
        assert_eq!(a.connected().await, (b.key(), path, Direction::Dialled));
        assert_eq!(b.connected().await, (a.key(), path, Direction::Accepted));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_peer_is_disconnected() {
    let (mut a, mut b) = pair(QUIC).await;
    a.network.admit(b.key(), Standing::Refused).await;
    assert_eq!(b.disconnected().await, a.key());
    assert_eq!(a.disconnected().await, b.key());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_that_dial_each_other_at_once_end_with_one_connection() {
    for listen in [TCP, QUIC] {
        for seed in 0..8u8 {
            let (mut a, mut b) = (Node::start(2 * seed + 1, listen).await, Node::start(2 * seed + 2, listen).await);
            tokio::join!(a.network.dial(b.address.clone()), b.network.dial(a.address.clone()));
            a.connected().await;
            b.connected().await;
            // Gossip in both directions: each side has greeted the other on the connection that stayed.
            a.network.admit(b.key(), Standing::Member).await;
            b.network.admit(a.key(), Standing::Member).await;
            settle(&mut a, &mut b, 100).await;
            settle(&mut b, &mut a, 200).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dial_says_in_plain_words_why_it_failed() {
    let mut a = Node::start(1, TCP).await;
    let peer = a.address.rsplit('/').next().unwrap().to_owned();
    a.network.dial("nonsense".into()).await;
    assert!(matches!(a.dial_failed().await, DialProblem::BadAddress(AddressProblem::Syntax { .. })));
    a.network.dial(a.address.clone()).await;
    assert_eq!(a.dial_failed().await, DialProblem::Ourselves);

    let b = Node::start(2, TCP).await;
    let (host, b_peer) = b.address.rsplit_once('/').unwrap();
    let stranger = address::peer_id(PeerKey([3; 32]));
    a.network.dial(format!("{host}/{stranger}")).await;
    assert_eq!(a.dial_failed().await, DialProblem::WrongPeer { found: b_peer.to_owned() });
    assert_ne!(b_peer, peer);
    a.network.dial(b.address.clone()).await;
    a.connected().await;
    a.network.dial(b.address.clone()).await;
    assert_eq!(a.dial_failed().await, DialProblem::AlreadyConnected);

    let gone = Node::start(4, TCP).await;
    let address = gone.address.clone();
    gone.network.close().await;
    a.network.dial(address).await;
    match a.dial_failed().await {
        DialProblem::Unreachable(why) => assert!(why.contains("refused"), "{why}"),
        other => panic!("expected a refused connection, found {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_resolved_before_it_is_dialled() {
    let (mut a, b) = (Node::start(1, TCP).await, Node::start(2, TCP).await);
    a.network.dial(b.address.replace("/ip4/127.0.0.1/", "/dns4/localhost/")).await;
    assert_eq!(a.connected().await.0, b.key());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_occupied_port_is_named() {
    for listen in [TCP, QUIC] {
        let a = Node::start(1, listen).await;
        let (occupied, _) = a.address.split_once("/p2p/").unwrap();
        match start(config(2, occupied)).await {
            Err(NetworkError::AddressInUse { address }) => assert_eq!(address, occupied),
            other => panic!("expected an occupied port, found {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_be_read_are_named() {
    assert!(matches!(start(config(1, "localhost:80")).await, Err(NetworkError::BadAddress { .. })));
    assert!(matches!(start(config(1, "/dns4/localhost/tcp/0")).await, Err(NetworkError::BadAddress { .. })));
    let mut config = config(1, TCP);
    config.colocation_exempt = vec!["office".to_owned()];
    assert!(matches!(start(config).await, Err(NetworkError::BadRange(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goodbye_is_noticed_at_once_and_a_restart_with_the_same_key_connects_at_once() {
    for listen in [TCP, QUIC] {
        let (a, mut b) = pair(listen).await;
        let key = a.key();
        let started = Instant::now();
        a.network.close().await;
        assert_eq!(b.disconnected().await, key);
        let mut a = Node::start(1, listen).await;
        a.network.dial(b.address.clone()).await;
        a.connected().await;
        assert_eq!(b.connected().await.0, key);
        befriend(&mut a, &mut b).await;
        // Not the ten seconds after which QUIC gives up on a silent peer.
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_lost_its_connection_without_a_goodbye_gets_in_again_and_hears_gossip() {
    for (listen, ghost_seed, seed) in [(TCP, 1, 2), (QUIC, 1, 2), (TCP, 2, 1), (QUIC, 2, 1)] {
        let mut b = Node::start(seed, listen).await;
        // A second node with the same key stands for the one that crashed: the connection stays open.
        let mut ghost = Node::start(ghost_seed, listen).await;
        ghost.network.dial(b.address.clone()).await;
        ghost.connected().await;
        b.connected().await;
        befriend(&mut ghost, &mut b).await;
        let mut risen = Node::start(ghost_seed, listen).await;
        risen.network.admit(b.key(), Standing::Member).await;
        risen.network.dial(b.address.clone()).await;
        risen.connected().await;
        assert_eq!(b.disconnected().await, risen.key());
        assert_eq!(b.connected().await.0, risen.key());
        settle(&mut risen, &mut b, 100).await;
        settle(&mut b, &mut risen, 200).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_stranger_leaves_a_full_lobby_and_members_stay() {
    let mut config = config(1, TCP);
    config.limits.lobby = 2;
    let mut hub = Node::with(config, PullCodec::default()).await;
    let mut guests = Vec::new();
    for seed in 2..=5 {
        let mut node = Node::start(seed, TCP).await;
        if seed == 2 {
            hub.network.admit(node.key(), Standing::Member).await;
        }
        node.network.dial(hub.address.clone()).await;
        node.connected().await;
        hub.connected().await;
        guests.push(node);
    }
    assert_eq!(hub.disconnected().await, guests[1].key());
    assert_eq!(guests[1].disconnected().await, hub.key());
    for index in [0, 2, 3] {
        ask(&mut guests[index], &mut hub, 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_network_stops_when_its_last_handle_is_dropped() {
    let (mut a, mut b) = pair(TCP).await;
    let key = a.key();
    drop(a.network);
    assert_eq!(b.disconnected().await, key);
    // The task that owns the listener holds the other end.
    while a.events.recv().await.is_some() {}
}
