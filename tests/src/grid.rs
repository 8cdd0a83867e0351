//! Real nodes in this process, on loopback, each with a home of its own that goes when it is dropped.

use grid_node::clock::WallClock;
use grid_node::handle::{AddDevice, Governing, Handle, Status, Target};
use grid_node::node::{Dialling, Node, NodeConfig};
use grid_node::setup::{self, Found, JoinRequest, PairJoin, Signing};
use grid_protocol::control::RecoveryContacts;
use grid_protocol::id::DocumentId;
use grid_protocol::record::{Patch, Registry};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// How long anything may take before a test gives up; nothing is ever this slow.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A node that can be stopped and started again.
pub struct Member {
    home: TempDir,
    listen: Vec<String>,
    announce: Vec<String>,
    dialling: Dialling,
    wall: WallClock,
    registry: Arc<Registry>,
    node: Option<Node>,
}

impl Member {
    /// Founds a coalition and starts the founder's node.
    pub async fn found(name: &str, listen: &[&str]) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let found = Found {
            coalition_name: "Clear Water".to_owned(),
            group_name: name.to_owned(),
            purpose: "To keep the river clear.".to_owned(),
            statement_title: "What unites us".to_owned(),
            statement_text: "The river belongs to everybody who lives by it.\n".to_owned(),
            rules: Default::default(),
        };
        setup::found(&inner(&home), &found, None).expect("a new home");
        Self::started(home, listen).await
    }

    /// Joins with an invite and starts the node.
    pub async fn join(name: &str, invite: &str, signing: Signing, listen: &[&str]) -> Self {
        let mut member = Self::joined(name, invite, signing, listen);
        member.start().await;
        member
    }

    /// Joins with an invite; the node is not started.
    pub fn joined(name: &str, invite: &str, signing: Signing, listen: &[&str]) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let request = JoinRequest { invite: invite.to_owned(), group_name: name.to_owned(), signing };
        setup::join(&inner(&home), &request, &RecoveryContacts::default(), None).expect("a new home");
        Self::stopped(home, listen)
    }

    /// A further computer of a running member's group; its node is not started.
    pub async fn paired(of: &Self, listen: &[&str]) -> Self {
        let device = AddDevice { label: None, governing: Governing::No, expires: Duration::from_secs(3_600) };
        let code = of.handle().add_device(device).await.expect("the node makes a code").code;
        let home = tempfile::tempdir().expect("a temporary directory");
        setup::pair(&inner(&home), &PairJoin { code, label: None }, None).expect("a new home");
        Self::stopped(home, listen)
    }

    /// A further computer of a running member's group, whose node is started.
    pub async fn further(of: &Self, listen: &[&str]) -> Self {
        let mut further = Self::paired(of, listen).await;
        further.start().await;
        let device = further.status().await.device;
        let certified =
            async |me: &Self| me.handle().devices().await.ok()?.iter().find(|it| it.device == device).map(drop);
        of.until("the further computer has its certificate", certified).await;
        further
    }

    /// Starts the node of a home that was made in this directory, as `home`.
    pub async fn of_home(home: TempDir, listen: &[&str]) -> Self {
        Self::started(home, listen).await
    }

    async fn started(home: TempDir, listen: &[&str]) -> Self {
        let mut member = Self::stopped(home, listen);
        member.start().await;
        member
    }

    fn stopped(home: TempDir, listen: &[&str]) -> Self {
        let listen = listen.iter().map(|address| (*address).to_owned()).collect();
        let registry = Arc::new(Registry::standard().clone());
        Self {
            home,
            listen,
            announce: Vec::new(),
            dialling: Dialling::Automatic,
            wall: WallClock::default(),
            registry,
            node: None,
        }
    }

    /// Reads records by these kinds from the next start on.
    pub fn with_kinds(&mut self, registry: Registry) {
        self.registry = Arc::new(registry);
    }

    /// Listens there from the next start on.
    pub fn listen_on(&mut self, listen: &[&str]) {
        self.listen = listen.iter().map(|address| (*address).to_owned()).collect();
    }

    /// Tells others of these addresses instead of its own from the next start on.
    pub fn announce(&mut self, addresses: Vec<String>) {
        self.announce = addresses;
    }

    /// Leaves it to the test, or to the node again, whom it dials, from the next start on.
    pub fn dial_by(&mut self, dialling: Dialling) {
        self.dialling = dialling;
    }

    /// The wall clock of the node, which may be set while it runs.
    pub const fn wall(&self) -> &WallClock {
        &self.wall
    }

    /// Starts the node.
    pub async fn start(&mut self) {
        let config = NodeConfig {
            announce: self.announce.clone(),
            dialling: self.dialling,
            wall: self.wall.clone(),
            ..NodeConfig::new(self.listen.clone(), self.registry.clone())
        };
        self.node = Some(Node::start(&inner(&self.home), config).await.expect("the node starts"));
    }

    /// Stops the node.
    pub async fn stop(&mut self) {
        if let Some(node) = self.node.take() {
            node.stop().await;
        }
    }

    /// A copy of the home of a node that is stopped, as an image of its machine would hold it: the home does not know
    /// that it is a copy.
    pub fn backup(&self) -> TempDir {
        let copy = tempfile::tempdir().expect("a temporary directory");
        copy_all(&self.path(), &inner(&copy));
        std::fs::remove_file(inner(&copy).join("place")).expect("a home that says where it lies");
        copy
    }

    /// Puts a copy in the place of the home.
    pub fn restore(&mut self, backup: TempDir) {
        self.home = backup;
    }

    /// Waits until nobody is connected.
    pub async fn until_alone(&self) {
        self.until("nobody is connected", async |me| me.is_alone().await.then_some(())).await;
    }

    /// Whether nobody is connected.
    pub async fn is_alone(&self) -> bool {
        self.status().await.peers.iter().all(|peer| peer.address.is_none())
    }

    /// Waits until a node of another group is connected.
    pub async fn until_connected(&self) {
        self.until("a member is connected", async |me| {
            let peers = me.status().await.peers;
            peers.iter().any(|peer| peer.group.is_some() && peer.address.is_some()).then_some(())
        })
        .await;
    }

    /// The directory of the home.
    pub fn path(&self) -> PathBuf {
        inner(&self.home)
    }

    /// The way into the running node.
    pub fn handle(&self) -> Handle {
        self.node.as_ref().expect("the node runs").handle()
    }

    /// Where the node stands.
    pub async fn status(&self) -> Status {
        self.handle().status().await.expect("a running node answers")
    }

    /// An invite for one group.
    pub async fn invite(&self) -> String {
        self.handle().invite(1, Duration::from_secs(3_600)).await.expect("a member can invite").text
    }

    /// Writes a new record of a kind.
    pub async fn write(&self, kind: &str, fields: serde_json::Value) -> DocumentId {
        let kind = self.registry.kind(kind).expect("a known kind");
        let patch = Patch::from_json(kind, &fields).expect("fields of the kind");
        self.handle().write(Target::New(kind.name.clone()), patch).await.expect("written").document
    }

    /// Changes a record.
    pub async fn edit(&self, kind: &str, document: DocumentId, fields: serde_json::Value) {
        let kind = self.registry.kind(kind).expect("a known kind");
        let patch = Patch::from_json(kind, &fields).expect("fields of the kind");
        self.handle().write(Target::Existing(document), patch).await.expect("written");
    }

    /// The text of a field, empty where the record or the field is not there.
    pub fn text(&self, document: &DocumentId, field: &str) -> String {
        self.handle()
            .look(|views| views.records.row(document).map(|row| row.values.text(field).to_owned()).unwrap_or_default())
    }

    /// Waits until `holds` gives something, looking again whenever anything happens.
    pub async fn until<T>(&self, what: &str, mut holds: impl AsyncFnMut(&Self) -> Option<T>) -> T {
        let mut events = self.handle().events();
        let found = async {
            loop {
                if let Some(found) = holds(self).await {
                    return found;
                }
                // Not everything is an event: look again soon in any case.
                let _ = tokio::time::timeout(Duration::from_millis(50), events.recv()).await;
            }
        };
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(found) => found,
            Err(_) => panic!("waited in vain until {what}; status: {:#?}", self.status().await),
        }
    }

    /// Waits until this node knows `count` members.
    pub async fn until_members(&self, count: usize) {
        self.until(&format!("there are {count} members"), async |me| {
            (me.status().await.members == count).then_some(())
        })
        .await;
    }

    /// Waits until a record is here.
    pub async fn until_here(&self, document: DocumentId) {
        self.until("the record is here", async |me| {
            me.handle().look(|views| views.records.row(&document).map(|row| row.opening.is_some()))
        })
        .await;
    }
}

/// Waits until all members have the same root.
pub async fn until_equal(members: &[&Member]) {
    let Some((first, rest)) = members.split_first() else { return };
    first
        .until("all roots are equal", async |first| {
            let root = first.status().await.state_root;
            for other in rest {
                if other.status().await.state_root != root {
                    return None;
                }
            }
            Some(())
        })
        .await;
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a new directory");
    for item in std::fs::read_dir(from).expect("a directory") {
        let item = item.expect("a directory");
        let place = to.join(item.file_name());
        match item.path().is_dir() {
            true => copy_all(&item.path(), &place),
            false => std::fs::copy(item.path(), place).map(drop).expect("a readable file"),
        }
    }
}

fn inner(home: &TempDir) -> PathBuf {
    Path::new(home.path()).join("home")
}
