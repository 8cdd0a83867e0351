//! How the nodes of a run are joined: namespaces at a bridge of their own, or loopback with proxies in between.

use super::home::{Home, Place};
use super::room::{NoRoom, Room};
use crate::proxy::{Carries, Proxy, Way, Weather, socket_address};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// How nodes are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Each in a network namespace, joined by a bridge; takes root.
    Namespaces,
    /// On loopback, each pair through a proxy.
    Loopback(Carries),
}

/// Nodes that are joined.
#[derive(Debug)]
pub enum Street {
    /// By a bridge.
    Bridged(Bridged),
    /// By proxies.
    Proxied(Box<Proxied>),
}

/// Namespaces at two bridges; all at the first one while the street is whole.
#[derive(Debug)]
pub struct Bridged {
    hub: Room,
    rooms: Vec<Arc<Room>>,
}

/// A proxy for every pair and direction.
#[derive(Debug)]
pub struct Proxied {
    // What invites name; refused once every pair has its own proxy.
    public: Vec<Proxy>,
    pairs: BTreeMap<(usize, usize), Proxy>,
    carries: Carries,
    random: crate::sim::Random,
    runtime: Runtime,
}

impl Street {
    /// A street of so many nodes.
    ///
    /// # Errors
    ///
    /// [`NoRoom`] where the form does not exist on this machine.
    pub fn open(form: Form, nodes: usize, seed: u64) -> Result<Self, NoRoom> {
        match form {
            Form::Namespaces => Bridged::open(nodes).map(Street::Bridged),
            Form::Loopback(carries) => Ok(Self::Proxied(Box::new(Proxied::open(carries, nodes, seed)))),
        }
    }

    /// The homes of its nodes, which do not exist yet.
    pub fn homes(&self, place: &Place, names: &[String]) -> Vec<Home> {
        let home = |(number, name): (usize, &String)| match self {
            Self::Bridged(bridged) => {
                let mut home = place.home(name, bridged.rooms[number].clone());
                let ip = ip(number);
                home.set_words(
                    [format!("/ip4/{ip}/tcp/4040"), format!("/ip4/{ip}/udp/4041/quic-v1")]
                        .into_iter()
                        .flat_map(|address| ["--listen".to_owned(), address]),
                );
                home
            }
            Self::Proxied(proxied) => {
                let mut home = place.home(name, Arc::new(Room::plain()));
                let listen = match proxied.carries {
                    Carries::Tcp => "/ip4/127.0.0.1/tcp/0",
                    Carries::Udp => "/ip4/127.0.0.1/udp/0/quic-v1",
                };
                let announced = proxied.public[number].address();
                home.set_words(["--listen", listen, "--announce", &announced].map(str::to_owned));
                home
            }
        };
        names.iter().enumerate().map(home).collect()
    }

    /// A node has been started: others find it from now on.
    pub fn started(&mut self, number: usize, home: &Home) {
        if let Self::Proxied(proxied) = self {
            proxied.public[number].aim(listening(home).0);
        }
    }

    /// All nodes know each other: from now on each pair has a way of its own.
    pub fn settle(&mut self, homes: &[Home]) {
        if let Self::Proxied(proxied) = self {
            proxied.settle(homes);
        }
    }

    /// Cuts every way between two sides; the nodes of `right` are those on the one.
    pub fn part(&mut self, right: &[usize]) {
        match self {
            Self::Bridged(bridged) => bridged.plug(right, "right"),
            Self::Proxied(proxied) => {
                proxied.set_ways(
                    |here, there| {
                        if right.contains(&here) == right.contains(&there) { Way::Open } else { Way::Cut }
                    },
                )
            }
        }
    }

    /// Makes it whole again.
    pub fn heal(&mut self) {
        match self {
            Self::Bridged(bridged) => {
                let all: Vec<usize> = (0..bridged.rooms.len()).collect();
                bridged.plug(&all, "left");
            }
            Self::Proxied(proxied) => proxied.set_ways(|_, _| Way::Open),
        }
    }
}

impl Bridged {
    fn open(nodes: usize) -> Result<Self, NoRoom> {
        let hub = Room::network()?;
        for bridge in ["left", "right"] {
            hub.do_in(&format!("ip link add {bridge} type bridge && ip link set {bridge} up"))?;
        }
        let mut rooms = Vec::new();
        for number in 0..nodes {
            let room = Room::network()?;
            let holder = room.holder().unwrap_or_default();
            hub.do_in(&format!(
                "ip link add port{number} type veth peer name street netns {holder} && \
                 ip link set port{number} master left up"
            ))?;
            room.do_in(&format!("ip address add {}/24 dev street && ip link set street up", ip(number)))?;
            rooms.push(Arc::new(room));
        }
        Ok(Self { hub, rooms })
    }

    fn plug(&self, ports: &[usize], bridge: &str) {
        let lines: Vec<String> = ports.iter().map(|port| format!("ip link set port{port} master {bridge}")).collect();
        self.hub.do_in(&lines.join(" && ")).expect("what could be plugged in can be moved");
    }
}

impl Proxied {
    fn open(carries: Carries, nodes: usize, seed: u64) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime for the proxies");
        let mut random = crate::sim::Random::new(seed);
        let public = (0..nodes)
            .map(|_| runtime.block_on(Proxy::open(carries, random.number())).expect("a port of loopback"))
            .collect();
        Self { public, pairs: BTreeMap::new(), carries, random, runtime }
    }

    fn settle(&mut self, homes: &[Home]) {
        let weather = Weather {
            delay: Duration::from_millis(3),
            jitter: Duration::from_millis(4),
            loss_per_mille: 10,
            bandwidth: Some(20_000_000),
        };
        for (there, target) in homes.iter().enumerate() {
            let (address, peer) = listening(target);
            for (here, home) in homes.iter().enumerate().filter(|(here, _)| *here != there) {
                let proxy = self.runtime.block_on(Proxy::open(self.carries, self.random.number()));
                let proxy = proxy.expect("a port of loopback");
                proxy.aim(address);
                proxy.set_weather(weather);
                let dial = json!({ "address": format!("{}/p2p/{peer}", proxy.address()) });
                let answer = home.api().ask("POST", "/api/dial", Some(&dial)).expect("a running node answers");
                answer.expect("an address that a node can dial");
                self.pairs.insert((here, there), proxy);
            }
        }
        let mut public = Vec::new();
        for proxy in &self.public {
            proxy.set_way(Way::Refused);
            proxy.reset();
            public.push(proxy.address());
        }
        for home in homes {
            home.until("it is connected to all others through their own proxies", |status| {
                let peers = status["peers"].as_array().map(Vec::as_slice).unwrap_or_default();
                let address = |peer: &serde_json::Value| peer["address"].as_str().map(str::to_owned);
                let is_own = |address: String| !public.iter().any(|public| address.starts_with(public));
                peers.iter().filter(|peer| address(peer).is_some_and(is_own)).count() + 1 == homes.len()
            });
        }
    }

    fn set_ways(&self, way: impl Fn(usize, usize) -> Way) {
        for ((here, there), proxy) in &self.pairs {
            proxy.set_way(way(*here, *there));
        }
    }
}

/// Where a node listens, and which peer it is.
fn listening(home: &Home) -> (std::net::SocketAddr, String) {
    let status = home.until("it listens", |status| status["listen"][0].is_string());
    let address = status["listen"][0].as_str().unwrap_or_default().to_owned();
    let (_, peer) = address.rsplit_once("/p2p/").expect("an address names the peer");
    (socket_address(&address).expect("an address of loopback"), peer.to_owned())
}

fn ip(number: usize) -> String {
    format!("10.77.0.{}", number + 1)
}
