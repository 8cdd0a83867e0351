//! The driver: the one loop that joins clock, network, store and commands.
//!
//! It runs on a thread of its own, so that it may block on the disk. What a replica decides comes out as
//! effects, and the driver carries them out; it decides nothing about the protocol itself.

mod address_book;
mod appeal;
mod arrivals;
mod cache;
mod command;
mod custody;
mod device;
mod effect;
mod findings;
mod import;
mod in_vain;
mod local;
mod lost;
mod own_log;
mod status;
mod vouches;
mod write;

pub(crate) use address_book::AddressBook;
pub(crate) use cache::{keep_refusal, recall, refusal};
pub(crate) use custody::{Custodian, trouble};

use crate::clock::Clock;
use crate::event::Event;
use crate::handle::Command;
use crate::network::{self, GossipToken, Network, NetworkEvent, ResponseToken};
use crate::node::Dialling;
use crate::outbound::Outbound;
use crate::store::Store;
use crate::trouble::Trouble;
use crate::view::{OwnMembership, Views};
use grid_protocol::key::PeerKey;
use grid_protocol::replica::{Effect, Input, Replica, Row};
use grid_protocol::storage::StorageError;
use grid_protocol::time::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot};

/// How often the driver looks at what has no deadline of its own: addresses to dial.
const LOOK_ROUND: Duration = Duration::from_millis(500);
/// After this long without anything to do, the driver keeps rows.
const STILL: Duration = Duration::from_millis(2);
/// Answers and judgements that the network still waits for; the oldest go first.
const MAX_TOKENS: usize = 4_096;

/// A connection, as the operator sees it.
#[derive(Clone, Debug)]
struct Link {
    address: String,
    path: network::Path,
}

/// Everything that the loop owns.
pub(crate) struct Driver {
    clock: Clock,
    replica: Replica<Store>,
    outbound: Outbound,
    views: Arc<RwLock<Views>>,
    events: broadcast::Sender<Event>,
    network: Network,
    book: AddressBook,
    dialling: Dialling,
    keeping: cache::Keeping,
    links: BTreeMap<PeerKey, Link>,
    listen: Vec<String>,
    requests: HashMap<u64, ResponseToken>,
    gossip: HashMap<u64, GossipToken>,
    next_token: u64,
    /// What the start came upon; it stays until the next one.
    start_troubles: Vec<Trouble>,
    /// What keeps this machine from saving, while it does.
    storage_trouble: Option<Trouble>,
    /// Why this group was not let in, as it was told last.
    application: Option<String>,
    announced: Option<Duration>,
    /// The time of the latest hint of this device that anybody knows.
    latest_hint: Timestamp,
    own_log: own_log::OwnLogState,
    /// What came in lately.
    arrivals: arrivals::Arrivals,
    custodian: Custodian,
    /// What the views say of this group.
    own_membership: OwnMembership,
}

/// What a driver starts from.
pub(crate) struct Parts {
    pub(crate) custodian: Custodian,
    pub(crate) clock: Clock,
    pub(crate) replica: Replica<Store>,
    pub(crate) outbound: Outbound,
    pub(crate) views: Arc<RwLock<Views>>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) network: Network,
    pub(crate) book: AddressBook,
    pub(crate) troubles: Vec<Trouble>,
    /// How long this device's own log must be before it may be written.
    pub(crate) own_log: u64,
}

/// Whether the loop goes on.
#[derive(Debug)]
enum Flow {
    Continue,
    Stop(oneshot::Sender<()>),
}

impl Driver {
    pub(crate) fn new(parts: Parts, dialling: Dialling) -> Self {
        let Parts { custodian, clock, replica, outbound, views, events, network, book, troubles, own_log } = parts;
        let known = replica.logs().entries(&replica.me().device);
        let own_log = own_log::OwnLogState::new(known, own_log);
        let application = cache::refusal(replica.storage());
        let arrivals = arrivals::Arrivals::recall(replica.storage(), replica.me().device);
        Self {
            clock,
            replica,
            outbound,
            views,
            events,
            network,
            book,
            dialling,
            keeping: cache::Keeping::default(),
            links: BTreeMap::new(),
            listen: Vec::new(),
            requests: HashMap::new(),
            gossip: HashMap::new(),
            next_token: 0,
            start_troubles: troubles,
            storage_trouble: None,
            application,
            announced: None,
            latest_hint: Timestamp::default(),
            own_log,
            arrivals,
            custodian,
            own_membership: OwnMembership::Claimed,
        }
    }

    /// Takes in rows that were read at the start.
    pub(crate) fn begin(&mut self, rows: Vec<Row>) {
        if !rows.is_empty() {
            self.take_rows(rows);
        }
        self.keeping.rights(self.replica.read_under());
        self.note_own_end();
    }

    /// Runs until told to stop, or until nobody holds a handle any more.
    pub(crate) async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        early: Vec<NetworkEvent>,
        mut news: mpsc::Receiver<NetworkEvent>,
    ) {
        for event in early {
            self.take_event(event).await;
        }
        self.confirm_joins().await;
        let mut look_round = self.clock.now().monotonic;
        let stopped = 'running: loop {
            self.go_on().await;
            self.renew_place();
            let released = self.released();
            if !released.is_empty() {
                for command in released {
                    if let Flow::Stop(done) = self.take_command(command, &mut commands).await {
                        break 'running Some(done);
                    }
                }
                self.end_waiting();
            }
            if self.replica.is_busy() {
                self.work().await;
                // Between two batches, others get their turn.
                if let Ok(event) = news.try_recv() {
                    self.take_event(event).await;
                }
                match commands.try_recv() {
                    Ok(command) => match self.take_command(command, &mut commands).await {
                        Flow::Continue => {}
                        Flow::Stop(done) => break Some(done),
                    },
                    Err(mpsc::error::TryRecvError::Disconnected) => break None,
                    Err(mpsc::error::TryRecvError::Empty) => {}
                }
                continue;
            }
            let now = self.clock.now().monotonic;
            if now >= look_round {
                look_round = now + LOOK_ROUND;
                self.look_at_storage();
                self.arrivals.look(self.clock.now(), self.replica.storage());
                self.dial_due().await;
            }
            if now >= self.replica.next_deadline() {
                self.input(Input::Tick).await;
            }
            let mut wake = look_round.min(self.replica.next_deadline());
            if self.keeping.presses() {
                self.keeping.step(self.replica.storage(), self.replica.logs());
            } else if !self.keeping.is_empty() {
                wake = wake.min(now + STILL);
            }
            wake = self.own_log.due().map_or(wake, |due| wake.min(due));
            let wake = self.clock.instant(wake);
            tokio::select! {
                command = commands.recv() => match command {
                    None => break None,
                    Some(command) => match self.take_command(command, &mut commands).await {
                        Flow::Continue => {}
                        Flow::Stop(done) => break Some(done),
                    },
                },
                event = news.recv() => match event {
                    None => break None,
                    Some(event) => self.take_event(event).await,
                },
                () = tokio::time::sleep_until(wake.into()) => {
                    self.keeping.step(self.replica.storage(), self.replica.logs());
                }
            }
        };
        while !self.replica.is_busy() && !self.keeping.is_empty() {
            self.keeping.step(self.replica.storage(), self.replica.logs());
        }
        self.arrivals.end(self.clock.now().wall, self.replica.storage());
        self.renew_place_at_the_end();
        self.network.close().await;
        // Closing the store flushes it.
        drop(self.replica);
        if let Some(done) = stopped {
            let _ = done.send(());
        }
    }

    async fn work(&mut self) {
        let now = self.clock.now();
        let effects = self.replica.work(now);
        self.carry_out_or_note(effects).await;
    }

    async fn input(&mut self, input: Input) {
        let now = self.clock.now();
        let effects = self.replica.handle(now, input);
        self.carry_out_or_note(effects).await;
    }

    async fn carry_out_or_note(&mut self, effects: Result<Vec<Effect>, StorageError>) {
        match effects {
            Ok(effects) => self.carry_out(effects).await,
            Err(error) => self.note_storage(&error),
        }
    }

    /// Most of what is saved is saved in the background; what goes wrong there shows here.
    fn look_at_storage(&mut self) {
        if self.storage_trouble.is_none()
            && let Err(error) = self.replica.storage().writable()
        {
            self.note_storage(&error);
        }
    }

    /// This machine can't save or read: say so, and go on with what works.
    fn note_storage(&mut self, error: &StorageError) {
        tracing::error!(%error, "storage failed");
        let hint = match error {
            StorageError::Full => {
                "free some space on this disk, then restart the node; nothing that was acknowledged is lost"
            }
            StorageError::Io { .. } => "look at the disk, then restart the node; nothing that was acknowledged is lost",
            StorageError::Damaged { .. } => "restart the node: it sets the damaged part aside and fetches it again",
        };
        let trouble = Trouble { what: error.to_string(), hint: hint.to_owned() };
        let _ = self.events.send(Event::Trouble { what: trouble.what.clone() });
        self.storage_trouble = Some(trouble);
    }

    fn token(&mut self) -> u64 {
        self.next_token += 1;
        self.next_token
    }

    async fn take_event(&mut self, event: NetworkEvent) {
        match event {
            NetworkEvent::Listening { address } => {
                self.book.note_listening(&address);
                self.listen.push(address);
                self.listen.sort();
                self.announced = None;
            }
            NetworkEvent::ListeningEnded { address } => self.listen.retain(|known| *known != address),
            NetworkEvent::Connected { peer, address, path, direction } => {
                tracing::info!(%peer, %address, "peer connected");
                self.book.connected(peer, &address, direction);
                let _ = self.events.send(Event::PeerConnected { address: address.clone() });
                self.links.insert(peer, Link { address, path });
                self.input(Input::Connected { peer, direction }).await;
            }
            NetworkEvent::Disconnected { peer } => {
                tracing::info!(%peer, "peer gone");
                self.links.remove(&peer);
                self.book.disconnected(peer, self.clock.now());
                let _ = self.events.send(Event::PeerGone);
                self.input(Input::Disconnected { peer }).await;
            }
            NetworkEvent::DialFailed { address, why, .. } => {
                tracing::debug!(%address, %why, "dial failed");
                self.book.failed(&address, self.clock.now().monotonic);
            }
            NetworkEvent::Request { peer, token: answer, bytes } => {
                let token = self.token();
                if self.requests.len() >= MAX_TOKENS {
                    self.requests.clear();
                }
                self.requests.insert(token, answer);
                self.input(Input::Request { peer, token, bytes }).await;
            }
            NetworkEvent::Response { peer, id, bytes } => self.input(Input::Response { peer, id, bytes }).await,
            NetworkEvent::RequestFailed { peer, id, why } => {
                tracing::debug!(%peer, %why, "request failed");
                self.input(Input::RequestFailed { peer, id }).await;
            }
            NetworkEvent::Misbehaved { peer, why } => self.input(Input::Misbehaved { peer, why }).await,
            NetworkEvent::Gossip { from, token: judged, bytes } => {
                let token = self.token();
                if self.gossip.len() >= MAX_TOKENS {
                    self.gossip.clear();
                }
                self.gossip.insert(token, judged);
                self.input(Input::Gossip { from, token, bytes }).await;
            }
            NetworkEvent::Subscribed { peer } => {
                self.announce_addresses().await;
                self.input(Input::Audible { peer }).await;
            }
            NetworkEvent::Unsubscribed { .. } | NetworkEvent::Rtt { .. } | NetworkEvent::Observed { .. } => {}
        }
    }
}
