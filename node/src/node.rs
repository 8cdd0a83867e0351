//! Running a node: opens the home, starts network and driver, and hands out the handle.

use crate::clock::{Clock, WallClock, random};
use crate::driver::{self, AddressBook, Custodian, Driver, Parts, recall};
use crate::handle::Handle;
use crate::home::{Custody, Home};
use crate::keystore::Keystore;
use crate::local_error::{LocalError, takes_local_errors};
use crate::network::{self, NetworkConfig, NetworkError, NetworkEvent};
use crate::outbound::Outbound;
use crate::passphrase::Passphrase;
use crate::ports;
use crate::profile::Profile;
use crate::start_troubles;
use crate::store::Store;
use crate::trouble::Trouble;
use crate::view::{OwnMembership, Views};
use grid_protocol::domain;
use grid_protocol::id::{CoalitionId, derive};
use grid_protocol::key::DeviceId;
use grid_protocol::pairing::PairingCode;
use grid_protocol::record::Registry;
use grid_protocol::replica::{Belief, Identity, Recalled, Replica};
use grid_protocol::sync::{HintBody, Says};
use grid_protocol::time::Timestamp;
use std::path::Path;
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};

/// Commands that may wait for the driver; whoever sends more waits.
const COMMANDS: usize = 1_024;
/// Events that a slow listener may fall behind.
const EVENTS: usize = 4_096;
/// How long the network may take until it listens.
const LISTEN_WITHIN: Duration = Duration::from_secs(5);
/// Reading documents recurses as deep as they are nested.
const STACK: usize = 16 * 1024 * 1024;

/// What a node is started with.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Multiaddresses to listen on. A port of 0 takes the port of the last time, or any that is free.
    pub listen: Vec<String>,
    /// The kinds of records.
    pub registry: Arc<Registry>,
    /// Who decides when a peer is dialled.
    pub dialling: Dialling,
    /// Multiaddresses to tell others in place of those listened on: where a router or a proxy is in between.
    pub announce: Vec<String>,
    /// The wall clock that the node goes by.
    pub wall: WallClock,
    /// Ranges of addresses behind which many groups may sit, such as `10.0.0.0/8`.
    pub shared_networks: Vec<String>,
}

impl NodeConfig {
    /// A node that listens on these addresses and tells others of them, by this machine's clock.
    pub fn new(listen: Vec<String>, registry: Arc<Registry>) -> Self {
        Self {
            listen,
            registry,
            dialling: Dialling::Automatic,
            announce: Vec::new(),
            wall: WallClock::default(),
            shared_networks: Vec::new(),
        }
    }
}

/// Who decides when a peer is dialled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialling {
    /// The node itself, from all the addresses that it knows.
    #[default]
    Automatic,
    /// Only whoever holds its handle: for measurements, where every connection is meant.
    OnRequest,
}

/// A node that runs. Dropping it stops the node without waiting; [`Node::stop`] waits.
pub struct Node {
    handle: Handle,
    driver: Option<JoinHandle<()>>,
    report: Vec<Trouble>,
    identity: Identity,
    // Released last.
    _home: Arc<Home>,
}

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// This machine can't do it.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// The network can't be used.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The system gives no thread.
    #[error("the system gives no thread to run the node on")]
    Thread(#[source] std::io::Error),
}

takes_local_errors!(StartError);

impl StartError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Local(error) => error.hint().to_owned(),
            Self::Network(NetworkError::AddressInUse { .. }) => {
                "stop the other program, or listen elsewhere: --listen /ip4/0.0.0.0/tcp/0".to_owned()
            }
            Self::Network(_) => {
                "an address looks like /ip4/0.0.0.0/tcp/4040 or /ip4/0.0.0.0/udp/4040/quic-v1".to_owned()
            }
            Self::Thread(_) => {
                "the system is short of memory or threads: end other programs, and start it again".to_owned()
            }
        }
    }
}

impl Node {
    /// Starts the node of a home without a passphrase. When this returns it listens and takes commands.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub async fn start(path: &Path, config: NodeConfig) -> Result<Self, StartError> {
        Self::start_with(path, config, None).await
    }

    /// Starts the node of a home, with its passphrase if it has one.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub async fn start_with(
        path: &Path,
        config: NodeConfig,
        passphrase: Option<&Passphrase>,
    ) -> Result<Self, StartError> {
        network::check_announced(&config.announce)?;
        let home = Arc::new(Home::open(path)?);
        let keys = Keystore::load(&home, passphrase.into())?;
        let mut profile = Profile::load(&home)?;
        let device = DeviceId(keys.device().public());
        if profile.identity.device != device {
            // New keys were saved, and the machine stopped before the profile was.
            profile.identity.device = device;
            profile.save(&home)?;
        }
        let identity = profile.identity;
        let (mut store, report) = Store::open_with(path, identity.coalition, &home.vault())?;
        let custodian = Custodian::begin(home.clone(), device, &store, &report);
        let custody = custodian.custody();
        let own_log = report.needed(&identity.device);
        let refilled = match report.journal.items {
            0 => store.refill_journal(identity.coalition, identity.group, keys.device())?,
            _ => 0,
        };
        let mut report = start_troubles::of(&report, refilled, &identity.device);

        let mut settings = NetworkConfig::new(keys.transport_seed(), topic(&identity.coalition));
        settings.listen = ports::with_last(&profile.ports, &config.listen);
        settings.colocation_exempt.clone_from(&config.shared_networks);
        let (network, mut news) = match network::start(settings).await {
            Ok(started) => started,
            // The port of the last time is taken: any other does, where none was asked for.
            Err(NetworkError::AddressInUse { .. })
                if ports::with_last(&profile.ports, &config.listen) != config.listen =>
            {
                let mut settings = NetworkConfig::new(keys.transport_seed(), topic(&identity.coalition));
                settings.listen.clone_from(&config.listen);
                settings.colocation_exempt.clone_from(&config.shared_networks);
                network::start(settings).await?
            }
            Err(error) => return Err(error.into()),
        };

        let locals = store.reader().locals();
        let mut views = Views::new(config.registry.clone(), identity.group);
        // What control records prove and what records say need nothing of each other, and each takes long.
        let (belief, (recalled, hints)) = std::thread::scope(|scope| {
            let proving = std::thread::Builder::new().name("grid-proof".to_owned()).stack_size(STACK);
            let proving = proving.spawn_scoped(scope, || Belief::of(&identity, &store)).map_err(StartError::Thread)?;
            let recalled = show_recalled(&mut views, &store, config.wall.now());
            let belief = proving.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok::<_, StartError>((belief?, recalled))
        })?;
        let registry = config.registry.clone();
        let (mut replica, rows) = Replica::open_believing(identity, registry, store, belief, &recalled, random())?;
        drop(recalled);
        let clock = Clock::start(config.wall.clone());
        let mut book = AddressBook::new(profile.addresses.clone()).announcing(config.announce.clone());
        book.take_authority(replica.authority());
        for hint in &hints {
            match &hint.says {
                Says::Received(_) => {
                    replica.recall_receipt(hint);
                }
                Says::Reachable(addresses) => {
                    let certified = replica.authority().certificate(&hint.device);
                    if certified.is_some_and(|known| hint.leads_to(&known.body().peer)) {
                        book.learn(hint.device, hint.time, addresses, clock.now().monotonic);
                    }
                }
            }
        }
        views.take_locals(locals);
        let own = if replica.is_let_in() { OwnMembership::Confirmed } else { OwnMembership::Claimed };
        views.take_authority(replica.control(), replica.authority(), own);
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (events, _) = broadcast::channel(EVENTS);
        let views = Arc::new(RwLock::new(views));
        let handle = Handle::new(commands, views.clone(), events.clone(), config.wall.clone());
        let outbound = Outbound::new(identity, keys, config.registry, profile.ticket());
        // A copy asks for nothing.
        if let Some(asked) = &profile.pairing
            && custody != Custody::Copied
        {
            match PairingCode::parse(&asked.code).map(|code| outbound.pair_request(&code, &asked.label)) {
                Ok(Ok(request)) => replica.ask_to_pair(request),
                _ => tracing::error!("the pairing code of this home can't be read"),
            }
            if !replica.is_pairing() {
                profile.pairing = None;
                profile.save(&home)?;
            }
        }
        let troubles = report.clone();
        let parts = Parts { custodian, clock, replica, outbound, views, events, network, book, troubles, own_log };
        report.extend(driver::trouble(custody));
        let mut driver = Driver::new(parts, config.dialling);
        driver.begin(rows);
        let early = listening(&mut news, config.listen.len()).await;
        if ports::note(&mut profile.ports, &config.listen, &early) == ports::Noted::New {
            profile.save(&home)?;
        }
        let thread = std::thread::Builder::new().name("grid-driver".to_owned()).stack_size(STACK);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(StartError::Thread)?;
        let kept = home.clone();
        let driver = thread
            .spawn(move || {
                runtime.block_on(driver.run(inbox, early, news));
                drop(kept);
            })
            .map_err(StartError::Thread)?;
        Ok(Self { handle, driver: Some(driver), report, identity, _home: home })
    }

    /// The way into the node.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Who the node is.
    pub const fn identity(&self) -> Identity {
        self.identity
    }

    /// What its operator should know about the start.
    pub fn report(&self) -> &[Trouble] {
        &self.report
    }

    /// Waits until the node has ended, whoever stopped it.
    pub async fn ended(&self) {
        self.handle.ended().await;
    }

    /// Stops the node: connections are closed, everything is on disk.
    pub async fn stop(mut self) {
        self.handle.stop().await;
        let Some(driver) = self.driver.take() else { return };
        if let Ok(Err(_)) = tokio::task::spawn_blocking(move || driver.join()).await {
            tracing::error!(
                "the main thread of the node ended by a panic: this is a bug; the journal has what was acknowledged"
            );
        }
    }
}

/// Reads the rows that an earlier run kept, and shows them.
fn show_recalled(views: &mut Views, store: &Store, now: Timestamp) -> (Recalled, Vec<HintBody>) {
    let (recalled, hints) = recall(store, &views.registry, now);
    let rows: Vec<_> = recalled.rows.iter().map(|row| views.dated(row.clone(), now).row).collect();
    views.take_rows(rows);
    (recalled, hints)
}

/// What the network says until it listens on as many addresses as were asked for.
async fn listening(news: &mut mpsc::Receiver<NetworkEvent>, wanted: usize) -> Vec<NetworkEvent> {
    let mut early = Vec::new();
    let all = async {
        let mut found = 0;
        while found < wanted {
            let Some(event) = news.recv().await else { return };
            found += usize::from(matches!(event, NetworkEvent::Listening { .. }));
            early.push(event);
        }
    };
    // An address that never comes up is missing in the status; the node is of use without it.
    let _ = tokio::time::timeout(LISTEN_WITHIN, all).await;
    early
}

/// The gossip topic of a coalition.
fn topic(coalition: &CoalitionId) -> [u8; 32] {
    derive(domain::TOPIC, coalition.as_bytes())
}
