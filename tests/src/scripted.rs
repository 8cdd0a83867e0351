//! A member on the real transport that does what a test makes it do: its keys are a group's, and behind them is
//! no node.

use crate::grid::{Member, PATIENCE};
use crate::sim::{Author, Clock, Disk, Keys, open};
use grid_node::network::{self, Network, NetworkConfig, NetworkEvent, ResponseToken, Standing};
use grid_protocol::codec::Format;
use grid_protocol::control::Record;
use grid_protocol::domain;
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::id::derive;
use grid_protocol::invite::InviteTicket;
use grid_protocol::key::PeerKey;
use grid_protocol::record::Registry;
use grid_protocol::replica::Replica;
use grid_protocol::run::VerifiedRun;
use grid_protocol::storage::Storage;
use grid_protocol::sync::{Application, ApplicationOutcome, Gossip, News, Request, Response, pack, unpack};
use grid_protocol::time::Timestamp;
use std::sync::Arc;
use tokio::sync::mpsc;

/// The number that its keys are made from.
const NUMBER: u32 = 900;

/// A member without a node.
pub struct Scripted {
    /// Its keys.
    pub author: Author,
    /// The peer that it has joined through.
    pub peer: PeerKey,
    /// Its way onto the network.
    pub network: Network,
    /// When it writes.
    pub now: Timestamp,
    news: mpsc::Receiver<NetworkEvent>,
    records: Vec<Record>,
}

impl Scripted {
    /// Joins through a running node, which takes it for a member from then on.
    pub async fn join(member: &Member) -> Self {
        let ticket = InviteTicket::parse(&member.invite().await).expect("a node makes invites that can be read");
        // Within the time of the invite, whatever the clock says.
        let now = Timestamp(ticket.expires.0.saturating_sub(1_000));
        let (keys, registry) = (Arc::new(Keys::new(NUMBER)), Arc::new(Registry::standard().clone()));
        let (author, own) = Author::join(keys, registry, &ticket, 0, now);
        let topic = derive(domain::TOPIC, ticket.coalition.as_bytes());
        let config = NetworkConfig::new(author.transport_seed(), topic);
        let (network, news) = network::start(config).await.expect("it listens nowhere");
        let address = member.status().await.listen.first().cloned().expect("the node listens");
        network.dial(address).await;
        let mut this = Self { author, peer: network.local_peer(), network, now, news, records: ticket.records.clone() };
        this.peer = this
            .wait(|event| match event {
                NetworkEvent::Connected { peer, .. } => Ok(peer),
                other => Err(other),
            })
            .await;
        this.records.extend(own.iter().cloned());
        let mut records = ticket.proof();
        records.extend(own);
        let application = Application { coalition: ticket.coalition, records };
        let answer = this.ask(1, &Request::Apply(application)).await;
        assert!(matches!(answer, Response::Applied { outcome: ApplicationOutcome::Member, .. }), "{answer:?}");
        this.network.admit(this.peer, Standing::Member).await;
        this.wait(|event| match event {
            NetworkEvent::Subscribed { .. } => Ok(()),
            other => Err(other),
        })
        .await;
        this
    }

    /// The next event that `pick` takes; others are passed over.
    pub async fn wait<T>(&mut self, pick: impl Fn(NetworkEvent) -> Result<T, NetworkEvent>) -> T {
        let found = async {
            loop {
                if let Ok(found) = pick(self.news.recv().await.expect("the network runs")) {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("the event comes")
    }

    /// Asks the node, and gives its answer.
    pub async fn ask(&mut self, id: u64, request: &Request) -> Response {
        self.network.request(self.peer, id, pack(request)).await;
        let bytes = self
            .wait(|event| match event {
                NetworkEvent::Response { id: of, bytes, .. } if of == id => Ok(bytes),
                other => Err(other),
            })
            .await;
        unpack(&bytes).expect("a node answers in whole frames")
    }

    /// The next question of the node that this one wants to answer.
    pub async fn asked(&mut self, wants: impl Fn(&Request) -> bool) -> (ResponseToken, Request) {
        self.wait(|event| match event {
            NetworkEvent::Request { token, bytes, peer } => match unpack::<Request>(&bytes) {
                Ok(request) if wants(&request) => Ok((token, request)),
                _ => Err(NetworkEvent::Request { token, bytes, peer }),
            },
            other => Err(other),
        })
        .await
    }

    /// Says something on the topic.
    pub async fn say(&self, news: News) {
        self.shout(pack(&Gossip { version: Format, news })).await;
    }

    /// Says anything on the topic.
    pub async fn shout(&self, bytes: Vec<u8>) {
        self.network.publish(bytes).await.expect("it is short enough");
    }

    /// Entries that it signs behind a head, each a new record with this title.
    pub fn entries(&self, head: Option<Head>, title: &str, nonce: u8) -> Vec<VerifiedEntry> {
        let mut desk = self.replica(&[]);
        let fields = serde_json::json!({"title": title});
        let subject = crate::sim::Subject::New("action");
        self.author.write_after(head, &mut desk, self.now, &subject, [nonce; 16], &fields).1
    }

    /// A replica that answers for it: it holds these entries of its log.
    pub fn replica(&self, entries: &[VerifiedEntry]) -> Replica<Disk> {
        let mut disk = Disk::new(Clock::default());
        let runs: Option<Vec<VerifiedRun>> = entries.iter().cloned().map(VerifiedRun::single).collect();
        disk.append_own(&runs.expect("each entry is signed"), &self.records).expect("storage in memory");
        open(&self.author, disk)
    }

    /// What the node says about this member in its status.
    pub async fn named_by(&self, member: &Member) -> String {
        let group = self.author.me.group;
        member
            .until("the faulty member is named", async |member| {
                let peers = member.status().await.peers;
                peers.into_iter().find(|peer| peer.group == Some(group)).and_then(|peer| peer.fault)
            })
            .await
    }
}
