//! Peers that speak the transport and talk nonsense: they are named, cost little, and the node goes on, equal with others.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use grid_node::network::{self, Network, NetworkConfig, NetworkEvent};
use grid_node::setup::Signing;
use grid_protocol::limits::{MAX_FRAME, MAX_REQUEST};
use grid_tests::grid::{Member, PATIENCE, until_equal};
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

const LISTEN: [&str; 2] = ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"];

/// A stranger on the transport, and where it listens.
async fn stranger(seed: u8, listen: &str) -> (Network, mpsc::Receiver<NetworkEvent>, String) {
    let mut config = NetworkConfig::new(Zeroizing::new([seed; 32]), [seed; 32]);
    config.listen = vec![listen.to_owned()];
    let (network, mut news) = network::start(config).await.unwrap();
    let address = wait(&mut news, |event| match event {
        NetworkEvent::Listening { address } => Some(address),
        _ => None,
    })
    .await;
    (network, news, address)
}

async fn wait<T>(news: &mut mpsc::Receiver<NetworkEvent>, pick: impl Fn(NetworkEvent) -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = pick(news.recv().await.expect("the network runs")) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.expect("the event comes")
}

async fn fault(member: &Member) -> String {
    member
        .until("a faulty peer is named", async |member| {
            member.status().await.peers.into_iter().find_map(|peer| peer.fault)
        })
        .await
}

/// The node writes, and is one with an honest member that joins only now.
async fn assert_usable(member: &Member) {
    let action = member.write("action", serde_json::json!({"title": "Still here"})).await;
    assert_eq!(member.text(&action, "title"), "Still here");
    let guest = Member::join("Bridge Singers", &member.invite().await, Signing::Sign, &LISTEN[..1]).await;
    guest.until_here(action).await;
    until_equal(&[member, &guest]).await;
    assert_eq!(guest.text(&action, "title"), "Still here");
}

/// What this process has used so far: processor time, and the most memory, in bytes, where the system tells.
fn used() -> (Duration, u64) {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    (seconds, kilobytes.unwrap_or(0) * 1_024)
}

/// So much nonsense may take next to no processor time, and the memory of a few frames.
fn assert_cheap(before: (Duration, u64)) {
    let after = used();
    let (time, memory) = (after.0.saturating_sub(before.0), after.1.saturating_sub(before.1));
    println!("{time:?} of processor time, {memory} bytes");
    assert!(time <= Duration::from_secs(20), "{time:?} of processor time");
    assert!(memory <= 24 * MAX_FRAME as u64, "{memory} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_that_asks_nonsense_is_answered_and_named() {
    for listen in LISTEN {
        let member = Member::found("Clean River", &[listen]).await;
        let (network, mut news, _) = stranger(7, listen).await;
        network.dial(member.status().await.listen[0].clone()).await;
        let peer = wait(&mut news, |event| match event {
            NetworkEvent::Connected { peer, .. } => Some(peer),
            _ => None,
        })
        .await;
        let before = used();
        let nonsense = [vec![], vec![9], vec![1, 0], vec![1, 1, 0xff], vec![1, 0, 0xff, 0xff], vec![0x5a; MAX_REQUEST]];
        for (id, bytes) in (0..).zip(nonsense) {
            network.request(peer, id, bytes).await;
            wait(&mut news, |event| match event {
                NetworkEvent::Response { id: answered, .. } | NetworkEvent::RequestFailed { id: answered, .. } => {
                    (answered == id).then_some(())
                }
                _ => None,
            })
            .await;
        }
        let fault = fault(&member).await;
        assert!(fault.contains("frame"), "{fault}");
        assert_cheap(before);
        assert_usable(&member).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_answers_with_megabytes_of_nonsense_is_named() {
    for size in [3, 1_900_000, MAX_FRAME] {
        let member = Member::found("Clean River", &LISTEN[..1]).await;
        let (network, mut news, address) = stranger(8, LISTEN[0]).await;
        member.handle().dial(address).await.unwrap();
        let token = wait(&mut news, |event| match event {
            NetworkEvent::Request { token, .. } => Some(token),
            _ => None,
        })
        .await;
        let before = used();
        network.respond(token, vec![0x5a; size]).await;
        let fault = fault(&member).await;
        assert!(fault.contains("frame"), "{fault}");
        assert_cheap(before);
        assert_usable(&member).await;
    }
}
