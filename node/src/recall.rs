//! Asking other groups' nodes for the records of a group, as nobody they know.
//!
//! A network of its own, with the key that the new device will have, dials the addresses of an invite, asks
//! whoever answers, and is gone. Several answers are better than one: a node that lies can only leave
//! things out.

use crate::network::{self, Network, NetworkConfig, NetworkError, NetworkEvent};
use grid_protocol::domain;
use grid_protocol::id::{CoalitionId, GroupId, RecordId, derive};
use grid_protocol::key::PeerKey;
use grid_protocol::sync::message::Rest;
use grid_protocol::sync::{Gathered, Recall, Refusal, Request, Response, pack, unpack};
use grid_protocol::words::RecoveryWords;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};
use zeroize::Zeroizing;

#[cfg(test)]
mod tests;

/// After the first whole answer others get this long.
const OTHERS_WITHIN: Duration = Duration::from_secs(3);
/// A node that could not be reached, or had no time, is tried again after this.
const AGAIN_AFTER: Duration = Duration::from_secs(2);
/// Answers that one node may need: more than any honest group fills.
const MOST_PAGES: usize = 64;
/// Addresses that are tried.
const MOST_ADDRESSES: usize = 32;

/// What to ask, and whom.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) coalition: CoalitionId,
    pub(crate) group: Option<GroupId>,
    pub(crate) words: &'a RecoveryWords,
    pub(crate) addresses: &'a [String],
    pub(crate) wait: Duration,
}

/// Why nobody told of the group.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The invite names no node.
    #[error("the invite names no address of a node")]
    NoAddress,
    /// The network of this machine can't be used.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Nobody answered in time.
    #[error("no node of the coalition answered within {} seconds{}", .waited.as_secs(), because(.why))]
    NobodyAnswered {
        /// How long it was tried.
        waited: Duration,
        /// What went wrong last.
        why: Option<String>,
    },
    /// Whoever answered did not tell.
    #[error("a node of the coalition answered, and told nothing: {0}")]
    Refused(#[source] Refusal),
}

fn because(why: &Option<String>) -> String {
    why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default()
}

impl AskError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::NoAddress => "ask any member for an invite made while its node runs".to_owned(),
            Self::Network(_) => "check that this computer has a network connection".to_owned(),
            Self::NobodyAnswered { .. } => {
                "check the network connection, ask a member to keep its node running or for a newer invite, and try \
                 again; --wait 5m waits longer. Nothing was changed"
                    .to_owned()
            }
            Self::Refused(Refusal::NoSuchGroup) => {
                "look whether these are the words of your group, and the invite is for its coalition".to_owned()
            }
            Self::Refused(_) => "try an invite of another member".to_owned(),
        }
    }
}

/// How far the exchange with one node has come.
#[derive(Debug)]
enum Stage {
    /// It is dialled, with the address of this place in the list.
    Dialled(usize),
    /// It was asked.
    Asked { after: Option<RecordId>, pages: usize },
    /// It is tried again then.
    Later(Instant),
    /// It has told all, or will not.
    Done,
}

struct Node {
    addresses: Vec<String>,
    stage: Stage,
}

struct Asking<'a> {
    network: Network,
    question: &'a Question<'a>,
    nodes: BTreeMap<String, Node>,
    peers: BTreeMap<PeerKey, String>,
    gathered: Gathered,
    answered: usize,
    refused: Option<Refusal>,
    why: Option<String>,
    next_id: u64,
}

/// Asks. What was told, and by how many nodes.
pub(crate) async fn ask(
    transport_seed: Zeroizing<[u8; 32]>,
    question: &Question<'_>,
) -> Result<(Gathered, usize), AskError> {
    let mut nodes: BTreeMap<String, Node> = BTreeMap::new();
    for address in question.addresses.iter().take(MOST_ADDRESSES) {
        let peer = address.rsplit_once("/p2p/").map_or(address.as_str(), |(_, peer)| peer);
        let node = Node { addresses: Vec::new(), stage: Stage::Dialled(0) };
        nodes.entry(peer.to_owned()).or_insert(node).addresses.push(address.clone());
    }
    if nodes.is_empty() {
        return Err(AskError::NoAddress);
    }
    let topic = derive(domain::TOPIC, question.coalition.as_bytes());
    let (network, news) = network::start(NetworkConfig::new(transport_seed, topic)).await?;
    let mut asking = Asking {
        network: network.clone(),
        question,
        nodes,
        peers: BTreeMap::new(),
        gathered: Gathered::new(question.coalition, question.words),
        answered: 0,
        refused: None,
        why: None,
        next_id: 0,
    };
    asking.run(news).await;
    network.close().await;
    match (asking.answered, asking.refused) {
        (0, Some(refused)) => Err(AskError::Refused(refused)),
        (0, None) => Err(AskError::NobodyAnswered { waited: question.wait, why: asking.why }),
        (answered, _) => Ok((asking.gathered, answered)),
    }
}

impl Asking<'_> {
    async fn run(&mut self, mut news: mpsc::Receiver<NetworkEvent>) {
        let mut deadline = Instant::now() + self.question.wait;
        let first: Vec<String> = self.nodes.values().filter_map(|node| node.addresses.first().cloned()).collect();
        for address in first {
            self.network.dial(address).await;
        }
        while self.goes_on() {
            let later = self.nodes.values().filter_map(|node| match node.stage {
                Stage::Later(at) => Some(at),
                _ => None,
            });
            let wake = later.min().unwrap_or(deadline).min(deadline);
            tokio::select! {
                event = timeout_at(deadline, news.recv()) => match event {
                    Ok(Some(event)) => self.take(event).await,
                    Ok(None) | Err(_) => return,
                },
                () = sleep_until(wake) => {
                    if Instant::now() >= deadline {
                        return;
                    }
                    self.try_again().await;
                }
            }
            if self.answered > 0 {
                deadline = deadline.min(Instant::now() + OTHERS_WITHIN);
            }
        }
    }

    /// Whether anybody may still answer. Nobody is tried again once somebody has.
    fn goes_on(&self) -> bool {
        self.nodes.values().any(|node| match node.stage {
            Stage::Done => false,
            Stage::Later(_) => self.answered == 0,
            Stage::Dialled(_) | Stage::Asked { .. } => true,
        })
    }

    async fn take(&mut self, event: NetworkEvent) {
        match event {
            NetworkEvent::Connected { peer, address, .. } => {
                let Some((_, name)) = address.rsplit_once("/p2p/") else { return };
                if self.nodes.contains_key(name) {
                    self.peers.insert(peer, name.to_owned());
                    self.request(peer, None, 0).await;
                }
            }
            NetworkEvent::DialFailed { address, why, .. } => {
                self.why = Some(why.to_string());
                let found = self.nodes.values_mut().find(|node| node.addresses.contains(&address));
                let Some(node) = found else { return };
                let Stage::Dialled(at) = node.stage else { return };
                match node.addresses.get(at + 1).cloned() {
                    Some(next) => {
                        node.stage = Stage::Dialled(at + 1);
                        self.network.dial(next).await;
                    }
                    None => node.stage = Stage::Later(Instant::now() + AGAIN_AFTER),
                }
            }
            NetworkEvent::Disconnected { peer } => {
                self.put_off(peer, "the connection ended before the answer");
                self.peers.remove(&peer);
            }
            NetworkEvent::RequestFailed { peer, why, .. } => {
                self.put_off(peer, &why.to_string());
                self.network.disconnect(peer).await;
            }
            NetworkEvent::Response { peer, bytes, .. } => self.answer(peer, &bytes).await,
            _ => {}
        }
    }

    async fn answer(&mut self, peer: PeerKey, bytes: &[u8]) {
        let Some(Stage::Asked { after, pages }) = self.stage(peer) else { return };
        let (after, pages) = (*after, *pages + 1);
        let done = match unpack::<Response>(bytes) {
            Ok(Response::Recalled { records, heads, rest }) => {
                let last = records.iter().map(grid_protocol::control::Record::id).max();
                self.gathered.take(records, &heads);
                if rest == Rest::More && last > after && pages < MOST_PAGES {
                    return self.request(peer, last, pages).await;
                }
                self.answered += 1;
                Stage::Done
            }
            Ok(Response::Refused(Refusal::TooSoon)) => {
                self.why = Some(Refusal::TooSoon.to_string());
                Stage::Later(Instant::now() + AGAIN_AFTER)
            }
            Ok(Response::Refused(refusal)) => {
                self.refused = Some(refusal);
                Stage::Done
            }
            Ok(_) | Err(_) => {
                self.refused = Some(Refusal::NotUnderstood);
                Stage::Done
            }
        };
        if let Some(stage) = self.stage(peer) {
            *stage = done;
        }
    }

    async fn request(&mut self, peer: PeerKey, after: Option<RecordId>, pages: usize) {
        let Question { coalition, group, words, .. } = *self.question;
        let asked = Recall { after, ..Recall::new(coalition, &self.network.local_peer(), &words.root(0), group) };
        self.next_id += 1;
        self.network.request(peer, self.next_id, pack(&Request::Recall(asked))).await;
        if let Some(stage) = self.stage(peer) {
            *stage = Stage::Asked { after, pages };
        }
    }

    fn stage(&mut self, peer: PeerKey) -> Option<&mut Stage> {
        self.nodes.get_mut(self.peers.get(&peer)?).map(|node| &mut node.stage)
    }

    /// The node is tried again later, unless it has told all.
    fn put_off(&mut self, peer: PeerKey, why: &str) {
        let Some(stage) = self.stage(peer) else { return };
        if matches!(stage, Stage::Asked { .. }) {
            *stage = Stage::Later(Instant::now() + AGAIN_AFTER);
            self.why = Some(why.to_owned());
        }
    }

    async fn try_again(&mut self) {
        let now = Instant::now();
        let connected: BTreeMap<String, PeerKey> =
            self.peers.iter().map(|(peer, name)| (name.clone(), *peer)).collect();
        let mut due = Vec::new();
        for (name, node) in &mut self.nodes {
            if matches!(node.stage, Stage::Later(at) if at <= now) {
                node.stage = Stage::Dialled(0);
                due.push((connected.get(name).copied(), node.addresses.first().cloned()));
            }
        }
        for (peer, address) in due {
            match (peer, address) {
                // It had no time.
                (Some(peer), _) => self.request(peer, None, 0).await,
                (None, Some(address)) => self.network.dial(address).await,
                (None, None) => {}
            }
        }
    }
}
