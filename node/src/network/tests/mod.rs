//! Real nodes on loopback, over both transports. Every wait is for an event.

use super::codec::PullCodec;
use super::*;
use grid_protocol::limits::{MAX_FRAME, MAX_GOSSIP, MAX_REQUEST};
use std::time::Instant;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use zeroize::Zeroizing;

mod connections;
mod gossip;
mod requests;
mod slow;

const TCP: &str = "/ip4/127.0.0.1/tcp/0";
const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";
/// Far above what any step takes; reached only when something is broken.
const GUARD: Duration = Duration::from_secs(30);

struct Node {
    network: Network,
    events: mpsc::Receiver<NetworkEvent>,
    address: String,
}

fn config(seed: u8, listen: &str) -> NetworkConfig {
    let mut config = NetworkConfig::new(Zeroizing::new([seed; 32]), [9; 32]);
    config.listen = vec![listen.to_owned()];
    config
}

impl Node {
    async fn start(seed: u8, listen: &str) -> Self {
        Self::with(config(seed, listen), PullCodec::default()).await
    }

    async fn with(config: NetworkConfig, codec: PullCodec) -> Self {
        let (network, mut events) = start_with(config, codec).await.unwrap();
        let address = match events.recv().await {
            Some(NetworkEvent::Listening { address }) => address,
            other => panic!("expected an address, found {other:?}"),
        };
        Self { network, events, address }
    }

    fn key(&self) -> PeerKey {
        self.network.local_peer()
    }

    /// The next event that `pick` recognises; others are passed over.
    async fn wait<T>(&mut self, pick: impl Fn(NetworkEvent) -> Option<T>) -> T {
        let found = async {
            loop {
                let event = self.events.recv().await.expect("the network runs");
                if let Some(found) = pick(event) {
                    return found;
                }
            }
        };
        guarded("the event comes", found).await
    }

    async fn connected(&mut self) -> (PeerKey, Path, Direction) {
        self.wait(|event| match event {
            NetworkEvent::Connected { peer, path, direction, .. } => Some((peer, path, direction)),
            _ => None,
        })
        .await
    }

    async fn disconnected(&mut self) -> PeerKey {
        self.wait(|event| match event {
            NetworkEvent::Disconnected { peer } => Some(peer),
            _ => None,
        })
        .await
    }

    async fn subscribed(&mut self) -> PeerKey {
        self.wait(|event| match event {
            NetworkEvent::Subscribed { peer } => Some(peer),
            _ => None,
        })
        .await
    }

    async fn gossip(&mut self) -> (PeerKey, GossipToken, Vec<u8>) {
        self.wait(|event| match event {
            NetworkEvent::Gossip { from, token, bytes } => Some((from, token, bytes)),
            _ => None,
        })
        .await
    }

    async fn dial_failed(&mut self) -> DialProblem {
        self.wait(|event| match event {
            NetworkEvent::DialFailed { why, .. } => Some(why),
            _ => None,
        })
        .await
    }

    async fn misbehaved(&mut self) -> PeerKey {
        self.wait(|event| match event {
            NetworkEvent::Misbehaved { peer, .. } => Some(peer),
            _ => None,
        })
        .await
    }

    async fn answer_one(&mut self, answer: Vec<u8>) -> Vec<u8> {
        let (token, bytes) = self
            .wait(|event| match event {
                NetworkEvent::Request { token, bytes, .. } => Some((token, bytes)),
                _ => None,
            })
            .await;
        self.network.respond(token, answer).await;
        bytes
    }

    async fn outcome(&mut self, wanted: u64) -> Result<Vec<u8>, RequestProblem> {
        self.wait(|event| match event {
            NetworkEvent::Response { id, bytes, .. } if id == wanted => Some(Ok(bytes)),
            NetworkEvent::RequestFailed { id, why, .. } if id == wanted => Some(Err(why)),
            _ => None,
        })
        .await
    }
}

async fn pair(listen: &str) -> (Node, Node) {
    let (mut a, mut b) = (Node::start(1, listen).await, Node::start(2, listen).await);
    a.network.dial(b.address.clone()).await;
    a.connected().await;
    b.connected().await;
    (a, b)
}

async fn befriend(a: &mut Node, b: &mut Node) {
    a.network.admit(b.key(), Standing::Member).await;
    b.network.admit(a.key(), Standing::Member).await;
    assert_eq!(a.subscribed().await, b.key());
    assert_eq!(b.subscribed().await, a.key());
}

/// Asks `b` from `a` and expects the answer: proof that the connection works.
async fn ask(a: &mut Node, b: &mut Node, id: u64) {
    a.network.request(b.key(), id, vec![7]).await;
    let (asked, answered) = tokio::join!(b.answer_one(vec![8]), a.outcome(id));
    assert_eq!((asked, answered), (vec![7], Ok(vec![8])));
}

/// Between two attempts of something that takes effect without an event on the side that tries.
const BEAT: Duration = Duration::from_millis(20);

/// Publishes from `a` until `b` hears it and then asks until `b` answers, over however many connections
/// it takes: while one connection replaces another, what was under way on the older one is lost.
async fn settle(a: &mut Node, b: &mut Node, id: u64) {
    let (network, to) = (a.network.clone(), b.key());
    let heard = async { while !matches!(b.events.recv().await, Some(NetworkEvent::Gossip { .. })) {} };
    let publish = async {
        for count in 0u64.. {
            network.publish([id, count].map(u64::to_be_bytes).concat()).await.unwrap();
            let _ = tokio::time::timeout(BEAT, a.events.recv()).await;
        }
    };
    guarded("gossip flows", async {
        tokio::select! { () = heard => {}, () = publish => {} }
    })
    .await;

    let serve = async { while b.answer_one(vec![8]).await == vec![7] {} };
    let ask = async {
        for attempt in id.. {
            network.request(to, attempt, vec![7]).await;
            match a.outcome(attempt).await {
                Ok(answer) => return assert_eq!(answer, vec![8]),
                Err(RequestProblem::Disconnected | RequestProblem::NotConnected | RequestProblem::Stream(_)) => {
                    let _ = tokio::time::timeout(BEAT, a.events.recv()).await;
                }
                Err(other) => panic!("{other}"),
            }
        }
    };
    guarded("an answer comes", async {
        tokio::select! { () = serve => {}, () = ask => {} }
    })
    .await;
}

async fn guarded<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(GUARD, future).await.unwrap_or_else(|_| panic!("{what}: not within {GUARD:?}"))
}
