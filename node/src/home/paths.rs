//! Where things lie in a home, and where a home lies that nobody named.

use super::HomeError;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The longest path of a Unix socket in bytes, on every system that has them: the shortest of their limits.
const MAX_SOCKET: usize = 103;

/// Where things lie in a home, whether it exists or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomePaths {
    root: PathBuf,
}

impl HomePaths {
    /// The places of a home at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Says which layout the home has.
    pub fn format(&self) -> PathBuf {
        self.root.join("format")
    }

    /// Stands there while a home is being made.
    pub fn unfinished(&self) -> PathBuf {
        self.root.join("unfinished")
    }

    /// Locked while a node runs.
    pub fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// What this node wrote itself, and no peer could give back.
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    /// Everything else, which can be built again.
    pub fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    /// What the store noted about damage to itself, for the next start.
    pub fn store_note(&self) -> PathBuf {
        self.root.join("store.suspect")
    }

    /// Says that the store was closed in order; gone while it is open.
    pub fn store_closed(&self) -> PathBuf {
        self.root.join("store.closed")
    }

    /// The secret keys.
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// What the home belongs to.
    pub fn profile(&self) -> PathBuf {
        self.root.join("node.json")
    }

    /// Says where the home lies, so that a copy of it is known for one.
    pub fn place(&self) -> PathBuf {
        self.root.join("place")
    }

    /// Where files are prepared that will replace those of the home all at once.
    pub(super) fn next(&self) -> PathBuf {
        self.root.join("next")
    }

    /// The same once they are complete: they replace those of the home, whatever happens.
    pub(super) fn ready(&self) -> PathBuf {
        self.root.join("ready")
    }

    /// The settings.
    pub fn config(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// The socket of the API.
    pub fn api_socket(&self) -> PathBuf {
        self.root.join("api.sock")
    }

    /// The token that the API asks for over TCP.
    pub fn api_token(&self) -> PathBuf {
        self.root.join("api.token")
    }

    /// Where the API of the running node is reached.
    pub fn api_json(&self) -> PathBuf {
        self.root.join("api.json")
    }

    /// Refuses a home whose API could not be reached later, wherever its node is started from.
    pub(super) fn check_length(&self) -> Result<(), HomeError> {
        let path = std::path::absolute(self.api_socket()).unwrap_or_else(|_| self.api_socket());
        let found = path.as_os_str().len();
        if found > MAX_SOCKET {
            return Err(HomeError::PathTooLong { path, found, most: MAX_SOCKET });
        }
        Ok(())
    }

    /// Whether a home has been made here, to the end.
    pub fn exists(&self) -> bool {
        self.format().exists() && !self.unfinished().exists()
    }
}

/// The home of a user who named none: `coalition-grid` in the XDG state directory.
///
/// `variable` looks up an environment variable. None when neither `XDG_STATE_HOME` nor `HOME` is set to an
/// absolute path.
pub fn default_home(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .map(|state| state.join("coalition-grid"))
}
