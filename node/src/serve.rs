//! A node with its API, from start to stop: what `grid node` runs.

use crate::clock::random;
use crate::handle::Handle;
use crate::home::{CHECK_DISK, HomePaths, write_private};
use crate::http::{self, HttpConfig, HttpError};
use crate::node::{Node, NodeConfig, StartError};
use crate::passphrase::Passphrase;
use crate::trouble::Trouble;
use data_encoding::HEXLOWER;
use grid_protocol::record::Registry;
use grid_protocol::replica::Identity;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a node listens.
#[derive(Debug)]
pub struct ServeConfig {
    /// Multiaddresses for peers.
    pub listen: Vec<String>,
    /// Loopback address of the API; none for the socket alone.
    pub http: Option<SocketAddr>,
    /// The kinds of records; those of the grid when left out.
    pub registry: Option<Registry>,
    /// The passphrase of the home, if it has one.
    pub passphrase: Option<Passphrase>,
    /// Ranges of addresses behind which many groups may sit, such as `10.0.0.0/8`.
    pub shared_networks: Vec<String>,
    /// Multiaddresses to tell others in place of those listened on.
    pub announce: Vec<String>,
}

/// A node that runs and serves its API.
pub struct Serving {
    node: Node,
    server: http::Server,
    paths: HomePaths,
}

/// Why a node can't be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The node did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The API can't be served.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A file beside the API could not be written.
    #[error("could not write {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl ServeError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Start(error) => error.hint(),
            Self::Http(error) => error.hint().to_owned(),
            Self::Io { .. } => CHECK_DISK.to_owned(),
        }
    }
}

impl Serving {
    /// Starts the node of a home and its API.
    ///
    /// # Errors
    ///
    /// [`ServeError`]; then nothing runs.
    pub async fn start(home: &Path, config: ServeConfig) -> Result<Self, ServeError> {
        let registry = Arc::new(config.registry.unwrap_or_else(|| Registry::standard().clone()));
        let shared_networks = config.shared_networks;
        let settings =
            NodeConfig { announce: config.announce, shared_networks, ..NodeConfig::new(config.listen, registry) };
        let node = Node::start_with(home, settings, config.passphrase.as_ref()).await?;
        let paths = HomePaths::new(home);
        match serve(&paths, config.http, node.handle()).await {
            Ok(server) => Ok(Self { node, server, paths }),
            Err(error) => {
                node.stop().await;
                Err(error)
            }
        }
    }

    /// The way into the node.
    pub fn handle(&self) -> Handle {
        self.node.handle()
    }

    /// Who the node is.
    pub const fn identity(&self) -> Identity {
        self.node.identity()
    }

    /// Where the API listens on TCP.
    pub const fn http(&self) -> Option<SocketAddr> {
        self.server.tcp_address
    }

    /// What the operator should know about the start.
    pub fn report(&self) -> &[Trouble] {
        self.node.report()
    }

    /// Runs until `stop` is done, or until the node was stopped through its API; then stops it.
    pub async fn until(self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = stop => {}
            () = self.node.ended() => {}
        }
        // The API first: nobody is answered by half a node.
        self.server.close().await;
        let _ = std::fs::remove_file(self.paths.api_json());
        self.node.stop().await;
    }
}

async fn serve(paths: &HomePaths, tcp: Option<SocketAddr>, handle: Handle) -> Result<http::Server, ServeError> {
    let io = |path: PathBuf| move |source| ServeError::Io { path, source };
    let token = HEXLOWER.encode(&random());
    let (token_file, api_file) = (paths.api_token(), paths.api_json());
    write_private(&token_file, token.as_bytes()).map_err(io(token_file))?;
    let server = http::serve(HttpConfig { socket: paths.api_socket(), tcp, token }, handle).await?;
    let place = serde_json::json!({ "schema": 1, "http": server.tcp_address.map(|address| address.to_string()) });
    write_private(&api_file, place.to_string().as_bytes()).map_err(io(api_file))?;
    Ok(server)
}
