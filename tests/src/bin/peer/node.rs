//! What a peer does when it is told to.

use crate::watch::{Watch, now};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use grid_node::handle::{Handle, Target};
use grid_node::node::{Dialling, Node, NodeConfig};
use grid_node::setup::{self, Found, JoinRequest, Signing};
use grid_node::view::PeerPath;
use grid_protocol::control::RecoveryContacts;
use grid_protocol::id::DocumentId;
use grid_protocol::record::{Kind, Registry};
use grid_tests::workload::{self, KIND, SEED, Workload};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

pub(crate) type Trouble = Box<dyn std::error::Error + Send + Sync>;

const GUARANTEE: &str = "write() resolves after the journal's fsync: nothing acknowledged is lost with the power";
const HOW: &str = "Event::Synced of each end's own pull";

/// A node, or none yet, over one folder.
pub(crate) struct Peer {
    home: PathBuf,
    listen: String,
    registry: Arc<Registry>,
    workload: Workload,
    running: Mutex<Option<Running>>,
}

struct Running {
    node: Node,
    watch: Arc<Watch>,
}

impl Peer {
    pub(crate) fn new(folder: PathBuf) -> Result<Self, Trouble> {
        let workload = match std::env::var_os("GRID_BENCH_WORDS") {
            Some(path) => Workload::from_file(Path::new(&path), SEED)?,
            None => Workload::new(SEED),
        };
        let listen = std::env::var("GRID_BENCH_LISTEN").unwrap_or_else(|_| "/ip4/127.0.0.1/tcp/0".to_owned());
        let registry = workload::registry()?;
        Ok(Self { home: folder.join("home"), listen, registry, workload, running: Mutex::default() })
    }

    pub(crate) async fn carry_out(&self, message: &Value) -> Result<Value, Trouble> {
        let number = |name: &str| u32::try_from(message.get(name).and_then(Value::as_u64).unwrap_or(0));
        let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default();
        let (n, from) = (number("n")?, number("from")?);
        let count = usize::try_from(n)?;
        match text("cmd") {
            "fill" => self.fill(from, n, usize::try_from(number("inflight")?)?).await,
            "open" => {
                let start = now();
                let (handle, watch) = self.running().await?;
                watch.until(|| (held(&handle) >= count).then_some(())).await;
                Ok(json!({"seconds": seconds(start, now())}))
            }
            "listen" => {
                let (handle, _) = self.running().await?;
                let listen = handle.status().await?.listen;
                Ok(json!({"addr": listen.first().ok_or("the node listens nowhere")?}))
            }
            "join" => {
                let request = JoinRequest {
                    invite: text("share").to_owned(),
                    group_name: "Reader".to_owned(),
                    signing: Signing::Sign,
                };
                setup::join(&self.home, &request, &RecoveryContacts::default(), None)?;
                self.fetch(text("addr"), count).await
            }
            "rejoin" => self.fetch(text("addr"), count).await,
            "rejoin_insync" => {
                let (handle, watch) = self.running().await?;
                let start = now();
                handle.dial(text("addr").to_owned()).await?;
                let end = watch.until(|| watch.synced_since(start)).await;
                Ok(json!({"t0": start, "t1": end, "how": HOW}))
            }
            "insync" => {
                let (_, watch) = self.running().await?;
                let start = now();
                let end = watch.until(|| watch.synced_since(start)).await;
                Ok(json!({"t1": end}))
            }
            "disconnect" => {
                let (handle, watch) = self.running().await?;
                handle.hang_up().await?;
                alone(&handle, &watch).await;
                Ok(json!({}))
            }
            "wait_gone" => {
                let (handle, watch) = self.running().await?;
                alone(&handle, &watch).await;
                Ok(json!({}))
            }
            "watch" => self.running().await.map(|_| json!({})),
            "live" => self.live(from, n, Duration::from_millis(u64::from(number("gap")?))).await,
            "watched" => self.watched(from, n).await,
            "progress" => {
                let have = match self.running.try_lock().ok().as_deref() {
                    Some(Some(running)) => held(&running.node.handle()),
                    _ => 0,
                };
                Ok(json!({"have": have}))
            }
            "stats" => Ok(json!({"sent": null, "received": null})),
            "verify" => {
                let (handle, _) = self.running().await?;
                let here = here(&handle);
                Ok(json!({"good": (0..n).filter(|number| here.contains_key(&self.workload.mark(*number))).count()}))
            }
            "quit" => {
                if let Some(running) = self.running.lock().await.take() {
                    running.node.stop().await;
                }
                Ok(json!({}))
            }
            other => Err(format!("unknown command {other:?}").into()),
        }
    }

    /// The running node, started if it is not.
    async fn running(&self) -> Result<(Handle, Arc<Watch>), Trouble> {
        let mut running = self.running.lock().await;
        if running.is_none() {
            let config = NodeConfig {
                dialling: Dialling::OnRequest,
                ..NodeConfig::new(vec![self.listen.clone()], self.registry.clone())
            };
            let node = Node::start(&self.home, config).await?;
            let watch = Watch::follow(&node.handle());
            *running = Some(Running { node, watch });
        }
        let running = running.as_ref().ok_or("the node has stopped")?;
        Ok((running.node.handle(), running.watch.clone()))
    }

    fn kind(&self) -> Result<&Arc<Kind>, Trouble> {
        Ok(self.registry.kind(KIND).ok_or("the kind is missing")?)
    }

    async fn fill(&self, from: u32, n: u32, inflight: usize) -> Result<Value, Trouble> {
        if !self.home.exists() {
            let found = Found {
                coalition_name: "Measured".to_owned(),
                group_name: "Writer".to_owned(),
                purpose: "To be measured.".to_owned(),
                statement_title: "What unites us".to_owned(),
                statement_text: "We are measured.\n".to_owned(),
                rules: Default::default(),
            };
            setup::found(&self.home, &found, None)?;
        }
        let (handle, _) = self.running().await?;
        let start = now();
        stream::iter(from..from + n)
            .map(|number| self.write(&handle, number))
            .buffered(inflight.max(1))
            .try_collect::<Vec<DocumentId>>()
            .await?;
        let end = now();
        let share = handle.invite(1, Duration::from_secs(86_400)).await?.text;
        Ok(json!({"seconds": seconds(start, end), "share": share, "guarantee": GUARANTEE}))
    }

    async fn write(&self, handle: &Handle, number: u32) -> Result<DocumentId, Trouble> {
        let patch = self.workload.patch(self.kind()?, number)?;
        Ok(handle.write(Target::New(KIND.to_owned()), patch).await?.document)
    }

    /// Dials and waits until that many records are readable.
    async fn fetch(&self, address: &str, count: usize) -> Result<Value, Trouble> {
        let (handle, watch) = self.running().await?;
        let start = now();
        handle.dial(address.to_owned()).await?;
        watch.until(|| (held(&handle) >= count).then_some(())).await;
        Ok(json!({"t0": start, "t1": now()}))
    }

    async fn live(&self, from: u32, n: u32, gap: Duration) -> Result<Value, Trouble> {
        let (handle, _) = self.running().await?;
        let mut times = Vec::new();
        let mut ticks = tokio::time::interval(gap);
        for number in from..from + n {
            ticks.tick().await;
            let patch = self.workload.patch(self.kind()?, number)?;
            let start = now();
            handle.write(Target::New(KIND.to_owned()), patch).await?;
            times.push((start, now()));
        }
        Ok(json!({"t": times}))
    }

    async fn watched(&self, from: u32, n: u32) -> Result<Value, Trouble> {
        let (handle, watch) = self.running().await?;
        let marks: Vec<u64> = (from..from + n).map(|number| self.workload.mark(number)).collect();
        let all_here = watch.until(|| {
            let here = here(&handle);
            marks.iter().all(|mark| here.contains_key(mark)).then_some(())
        });
        let _ = tokio::time::timeout(Duration::from_secs(10), all_here).await;
        let here = here(&handle);
        let records: Vec<Option<DocumentId>> = marks.iter().map(|mark| here.get(mark).copied()).collect();
        Ok(json!({"t": watch.times(&records)}))
    }
}

/// The records that are readable here, by their marks.
fn here(handle: &Handle) -> HashMap<u64, DocumentId> {
    handle.look(|views| views.records.of_kind(KIND).map(|row| (workload::mark_of(&row.values), row.document)).collect())
}

fn held(handle: &Handle) -> usize {
    handle.look(|views| views.records.count_of(KIND))
}

/// Waits until no peer is connected.
async fn alone(handle: &Handle, watch: &Watch) {
    while let Ok(status) = handle.status().await {
        if status.peers.iter().all(|peer| peer.path == PeerPath::None) {
            return;
        }
        watch.moment().await;
    }
}

fn seconds(start: u64, end: u64) -> f64 {
    end.saturating_sub(start) as f64 / 1e9
}
