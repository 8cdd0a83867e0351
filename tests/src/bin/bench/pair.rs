//! Nodes in this process that dial only when they are told to.

use crate::{Options, Trouble};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use grid_node::event::Event;
use grid_node::handle::{Handle, Target};
use grid_node::node::{Dialling, Node, NodeConfig};
use grid_node::setup::{self, Found, JoinRequest, Signing};
use grid_protocol::control::RecoveryContacts;
use grid_protocol::id::DocumentId;
use grid_protocol::record::Registry;
use grid_tests::workload::{self, KIND, Workload};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::broadcast;

/// A node with a home of its own.
pub(crate) struct Measured {
    home: TempDir,
    registry: Arc<Registry>,
    node: Option<Node>,
}

impl Measured {
    /// Founds a coalition and starts the founder's node.
    pub(crate) async fn found() -> Result<Self, Trouble> {
        let mut new = Self::empty()?;
        let found = Found {
            coalition_name: "Measured".to_owned(),
            group_name: "Writer".to_owned(),
            purpose: "To be measured.".to_owned(),
            statement_title: "What unites us".to_owned(),
            statement_text: "We are measured.\n".to_owned(),
            rules: Default::default(),
        };
        setup::found(&new.path(), &found, None)?;
        new.start().await?;
        Ok(new)
    }

    /// Takes an invite and starts the node; it has met nobody yet.
    pub(crate) async fn join(invite: &str) -> Result<Self, Trouble> {
        let mut new = Self::empty()?;
        let request =
            JoinRequest { invite: invite.to_owned(), group_name: "Reader".to_owned(), signing: Signing::Sign };
        setup::join(&new.path(), &request, &RecoveryContacts::default(), None)?;
        new.start().await?;
        Ok(new)
    }

    fn empty() -> Result<Self, Trouble> {
        Ok(Self { home: tempfile::tempdir()?, registry: workload::registry()?, node: None })
    }

    /// Starts the node.
    pub(crate) async fn start(&mut self) -> Result<(), Trouble> {
        let config = NodeConfig {
            dialling: Dialling::OnRequest,
            ..NodeConfig::new(vec!["/ip4/127.0.0.1/tcp/0".to_owned()], self.registry.clone())
        };
        self.node = Some(Node::start(&self.path(), config).await?);
        Ok(())
    }

    /// Stops the node.
    pub(crate) async fn stop(&mut self) {
        if let Some(node) = self.node.take() {
            node.stop().await;
        }
    }

    /// The directory of the home.
    pub(crate) fn path(&self) -> PathBuf {
        self.home.path().join("home")
    }

    /// The kinds of records.
    pub(crate) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The running node.
    pub(crate) fn node(&self) -> Result<&Node, Trouble> {
        Ok(self.node.as_ref().ok_or("the node has stopped")?)
    }

    /// The way into the running node.
    pub(crate) fn handle(&self) -> Result<Handle, Trouble> {
        Ok(self.node()?.handle())
    }

    /// Where the node listens.
    pub(crate) async fn address(&self) -> Result<String, Trouble> {
        let listen = self.handle()?.status().await?.listen;
        Ok(listen.first().cloned().ok_or("the node listens nowhere")?)
    }

    /// An invite for one group.
    pub(crate) async fn invite(&self) -> Result<String, Trouble> {
        Ok(self.handle()?.invite(1, Duration::from_secs(86_400)).await?.text)
    }

    /// Writes a record.
    pub(crate) async fn write(&self, workload: &Workload, number: u32) -> Result<DocumentId, Trouble> {
        let kind = self.registry.kind(KIND).ok_or("the kind is missing")?;
        let patch = workload.patch(kind, number)?;
        Ok(self.handle()?.write(Target::New(KIND.to_owned()), patch).await?.document)
    }

    /// Writes many records, so many of them in flight.
    pub(crate) async fn fill(&self, workload: &Workload, from: u32, n: u32, inflight: usize) -> Result<(), Trouble> {
        let writes = stream::iter(from..from + n).map(|number| self.write(workload, number));
        writes.buffer_unordered(inflight).try_for_each(|_| async { Ok(()) }).await
    }

    /// Dials, and waits until that many records are readable.
    pub(crate) async fn fetch(&self, address: &str, count: u32) -> Result<(), Trouble> {
        let handle = self.handle()?;
        let mut events = handle.events();
        handle.dial(address.to_owned()).await?;
        while handle.look(|views| views.records.count_of(KIND)) < count as usize {
            next(&mut events).await?;
            while events.try_recv().is_ok() {}
        }
        Ok(())
    }
}

/// Waits until a node has all that its peer has.
pub(crate) async fn synced(events: &mut broadcast::Receiver<Event>) -> Result<(), Trouble> {
    while !matches!(next(events).await?, Some(Event::Synced { .. })) {}
    Ok(())
}

/// The next event; none where some were missed.
pub(crate) async fn next(events: &mut broadcast::Receiver<Event>) -> Result<Option<Event>, Trouble> {
    match tokio::time::timeout(Duration::from_secs(300), events.recv()).await? {
        Ok(event) => Ok(Some(event)),
        Err(broadcast::error::RecvError::Lagged(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A founder with records, and the records that it has.
pub(crate) async fn filled(options: &Options, records: u32) -> Result<(Measured, Workload), Trouble> {
    let workload = options.workload()?;
    let writer = Measured::found().await?;
    writer.fill(&workload, 0, records, 64).await?;
    Ok((writer, workload))
}
