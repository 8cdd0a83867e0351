//! Questions, answers, and whoever does not keep to the bounds.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn small_and_large_answers_come_back_whole() {
    for listen in [TCP, QUIC] {
        let (mut a, mut b) = pair(listen).await;
        for (id, size) in [(1, 1), (2, 1_900_000), (3, MAX_FRAME)] {
            let answer: Vec<u8> = (0..size).map(|i| (i % 253) as u8).collect();
            a.network.request(b.key(), id, vec![id as u8; 10]).await;
            let (asked, answered) = tokio::join!(b.answer_one(answer.clone()), a.outcome(id));
            assert_eq!(asked, vec![id as u8; 10]);
            assert_eq!(answered, Ok(answer));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_request_is_refused_and_nothing_else_suffers() {
    for listen in [TCP, QUIC] {
        let mut a = Node::with(config(1, listen), PullCodec::unbounded_writer()).await;
        let mut b = Node::start(2, listen).await;
        a.network.dial(b.address.clone()).await;
        a.connected().await;
        a.network.request(b.key(), 1, vec![0; MAX_REQUEST + 1]).await;
        assert!(matches!(a.outcome(1).await, Err(RequestProblem::Stream(_))));
        assert_eq!(b.misbehaved().await, a.key());
        ask(&mut a, &mut b, 2).await;
        b.network.request(a.key(), 3, vec![0; MAX_REQUEST + 1]).await;
        match b.outcome(3).await {
            Err(RequestProblem::Stream(why)) => assert!(why.contains("at most"), "{why}"),
            other => panic!("expected a refusal, found {other:?}"),
        }
        ask(&mut b, &mut a, 4).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_answer_is_refused_and_nothing_else_suffers() {
    let mut a = Node::start(1, TCP).await;
    let mut b = Node::with(config(2, TCP), PullCodec::unbounded_writer()).await;
    a.network.dial(b.address.clone()).await;
    a.connected().await;
    a.network.request(b.key(), 1, vec![1]).await;
    let (_, blamed) = tokio::join!(b.answer_one(vec![0; MAX_FRAME + 1]), a.misbehaved());
    assert_eq!(blamed, b.key());
    let answered = a.outcome(1).await;
    assert!(matches!(answered, Err(RequestProblem::Stream(why)) if why.contains("at most")));
    ask(&mut a, &mut b, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_nobody_answers_ends() {
    let (mut a, mut b) = pair(TCP).await;
    a.network.request(b.key(), 1, vec![1]).await;
    b.wait(|event| matches!(event, NetworkEvent::Request { .. }).then_some(())).await;
    assert!(matches!(a.outcome(1).await, Err(RequestProblem::Stream(_))));
    a.network.request(PeerKey([5; 32]), 2, vec![1]).await;
    assert_eq!(a.outcome(2).await, Err(RequestProblem::NotConnected));
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_on_the_listening_port_disturbs_nobody() {
    let (mut a, mut b) = pair(TCP).await;
    let port: u16 = b.address.split('/').nth(4).unwrap().parse().unwrap();
    for garbage in [vec![0xff; 100_000], b"GET / HTTP/1.1\r\n\r\n".to_vec(), vec![0x13; 3]] {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        // The node may hang up before it has read all of it.
        let _ = stream.write_all(&garbage).await;
        let _ = stream.shutdown().await;
        let _ = tokio::time::timeout(GUARD, stream.read_to_end(&mut Vec::new())).await.unwrap();
    }
    ask(&mut a, &mut b, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_takes_no_events_can_still_give_commands() {
    let (mut a, mut b) = pair(TCP).await;
    let wanted = EVENTS as u64 + 3 * COMMANDS as u64;
    for id in 0..wanted {
        a.network.request(PeerKey([5; 32]), id, Vec::new()).await;
    }
    assert_eq!(a.outcome(wanted - 1).await, Err(RequestProblem::NotConnected));
    ask(&mut a, &mut b, wanted).await;
}
