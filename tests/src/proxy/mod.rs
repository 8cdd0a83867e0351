//! A network between nodes that does what networks do: delays, loses, stalls, resets, and is cut and healed.
//!
//! A [`Proxy`] stands in front of one address. Nodes are told the proxy's address instead of it, and whatever
//! they say to each other passes through: streams of TCP, or datagrams of QUIC. All chance comes from a seed.
//! The clock is the machine's: this is for real nodes, and the simulated network has a clock of its own.

mod tcp;
mod udp;

use crate::sim::Random;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// What a proxy carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// Streams.
    Tcp,
    /// Datagrams, for QUIC.
    Udp,
}

/// What becomes of what passes through, while the way is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// Everything takes at least this long, in each direction.
    pub delay: Duration,
    /// And up to this much longer, by chance; datagrams overtake each other by it, streams do not.
    pub jitter: Duration,
    /// Datagrams that are lost, of a thousand. A stream loses nothing.
    pub loss_per_mille: u16,
    /// Bytes per second in each direction; no bound when none.
    pub bandwidth: Option<u64>,
}

/// Whether anything passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// Everything does.
    #[default]
    Open,
    /// Nothing does, and nobody is told: streams stand still, datagrams vanish.
    Cut,
    /// New streams are refused at once, and datagrams vanish; streams that are open stand still.
    Refused,
}

/// What a proxy has carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Bytes, both ways.
    pub bytes: u64,
    /// Streams that were opened, or senders of datagrams.
    pub streams: u64,
    /// Datagrams that were lost on purpose.
    pub lost: u64,
}

/// A proxy in front of one address. Dropping it ends everything that passes through it.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    carries: Carries,
    address: SocketAddr,
    task: AbortHandle,
}

/// What the tasks of a proxy look at.
#[derive(Debug)]
struct Shared {
    target: watch::Sender<Option<SocketAddr>>,
    way: watch::Sender<Way>,
    /// Counted up to end every open stream.
    resets: watch::Sender<u64>,
    weather: watch::Sender<Weather>,
    random: Mutex<Random>,
    bytes: AtomicU64,
    streams: AtomicU64,
    lost: AtomicU64,
}

impl Proxy {
    /// Opens a proxy on a free port of loopback. Until it is aimed at an address, whoever comes waits.
    ///
    /// # Errors
    ///
    /// What the system says when there is no port.
    pub async fn open(carries: Carries, seed: u64) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            target: watch::Sender::new(None),
            way: watch::Sender::new(Way::Open),
            resets: watch::Sender::new(0),
            weather: watch::Sender::new(Weather::default()),
            random: Mutex::new(Random::new(seed)),
            bytes: AtomicU64::new(0),
            streams: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        });
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (address, task) = match carries {
            Carries::Tcp => {
                let listener = TcpListener::bind(any).await?;
                (listener.local_addr()?, tokio::spawn(tcp::serve(listener, Arc::clone(&shared))))
            }
            Carries::Udp => {
                let socket = UdpSocket::bind(any).await?;
                (socket.local_addr()?, tokio::spawn(udp::serve(socket, Arc::clone(&shared))))
            }
        };
        Ok(Self { shared, carries, address, task: task.abort_handle() })
    }

    /// Sends whoever comes to this address from now on.
    pub fn aim(&self, target: SocketAddr) {
        self.shared.target.send_replace(Some(target));
    }

    /// Opens or cuts the way.
    pub fn set_way(&self, way: Way) {
        self.shared.way.send_replace(way);
    }

    /// Changes the weather, for what comes in from now on.
    pub fn set_weather(&self, weather: Weather) {
        self.shared.weather.send_replace(weather);
    }

    /// Ends all open streams; both ends notice at once.
    pub fn reset(&self) {
        self.shared.resets.send_modify(|count| *count += 1);
    }

    /// The multiaddress to give to nodes, without the peer.
    pub fn address(&self) -> String {
        let (ip, port) = (self.address.ip(), self.address.port());
        match self.carries {
            Carries::Tcp => format!("/ip4/{ip}/tcp/{port}"),
            Carries::Udp => format!("/ip4/{ip}/udp/{port}/quic-v1"),
        }
    }

    /// What has passed.
    pub fn carried(&self) -> Carried {
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Carried {
            bytes: count(&self.shared.bytes),
            streams: count(&self.shared.streams),
            lost: count(&self.shared.lost),
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn random(&self) -> MutexGuard<'_, Random> {
        self.random.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When something that comes in now goes out, given when the last one before it left.
    fn due(&self, bytes: usize, before: Instant) -> Instant {
        let weather = *self.weather.borrow();
        let late = self.random().between(Duration::ZERO, weather.jitter);
        let sent = Instant::now() + weather.delay + late;
        match weather.bandwidth {
            Some(rate) => sent.max(before) + Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64),
            None => sent,
        }
    }

    fn count(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// The socket address in a multiaddress of a node that listens.
pub fn socket_address(multiaddress: &str) -> Option<SocketAddr> {
    let mut parts = multiaddress.trim_start_matches('/').split('/');
    let (_, ip, _, port) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(SocketAddr::new(ip.parse().ok()?, port.parse().ok()?))
}
