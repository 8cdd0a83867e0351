//! The home: the one directory that holds everything a node keeps.
//!
//! A home belongs to one group on one machine. It is locked while a node runs on it, since two nodes that
//! write one log would contradict each other for ever. A `format` file says which layout it has, so that an
//! older program never touches what a newer one wrote.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The layout of a home that this program reads and writes.
pub const HOME_FORMAT: u32 = 1;

/// Where things lie in a home, whether it exists or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomePaths {
    root: PathBuf,
}

/// A home that is open: no other node can open it until this is dropped.
#[derive(Debug)]
pub struct Home {
    paths: HomePaths,
    // The lock lasts as long as the handle.
    _lock: File,
}

/// What stood where a home is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// A directory.
    Directory,
    /// Nothing.
    Missing,
}

/// Why a home can't be used. The fault is this machine's, or its owner's.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// A newer program wrote it.
    #[error("the home {} has format {found}, this program knows up to {known}", path.display())]
    NewerFormat {
        /// The home.
        path: PathBuf,
        /// Format of the home.
        found: u32,
        /// Newest format that this program knows.
        known: u32,
    },
    /// Another node runs on it.
    #[error("another node runs on the home {}", path.display())]
    InUse {
        /// The home.
        path: PathBuf,
    },
    /// There is none.
    #[error("there is no home at {}", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// There is one already, where a new one was to be made.
    #[error("{} is a home already", path.display())]
    Exists {
        /// The home.
        path: PathBuf,
    },
    /// The directory holds other things.
    #[error("{} is no home: it holds {found:?}", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// One of the things in it.
        found: OsString,
    },
    /// The format file doesn't hold a number.
    #[error("the file {} should hold the format of the home, found {found:?}", path.display())]
    UnreadableFormat {
        /// The file.
        path: PathBuf,
        /// The first characters of what it holds.
        found: String,
    },
    /// Reading or writing failed.
    #[error("could not {doing} {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl HomeError {
    /// What the owner can do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NewerFormat { .. } => "install the newer program that was used here before, or choose another --home",
            Self::InUse { .. } => "stop the other node first, or choose another --home",
            Self::Missing { .. } => "found a coalition with `grid init`, or take an invite with `grid join`",
            Self::Exists { .. } => "choose another --home for a second group",
            Self::Foreign { .. } => "choose an empty directory, or one that doesn't exist yet",
            Self::UnreadableFormat { .. } => "restore the file from a backup; its content is a number, such as 1",
            Self::Io { .. } => "check that the disk has space and that the directory belongs to you",
        }
    }
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

    /// Whether a home has been made here.
    pub fn exists(&self) -> bool {
        self.format().exists()
    }
}

impl Home {
    /// Makes a home at `path`, which may hold nothing but settings, and opens it.
    ///
    /// # Errors
    ///
    /// [`HomeError`]; a directory with other things in it is left as it is.
    pub fn create(path: &Path) -> Result<Self, HomeError> {
        let paths = HomePaths::new(path);
        if paths.exists() {
            check_format(&paths)?;
            return Err(HomeError::Exists { path: path.into() });
        }
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io_error("create", path))?;
        for item in fs::read_dir(path).map_err(io_error("list", path))? {
            let name = item.map_err(io_error("list", path))?.file_name();
            if !is_expected(&name) {
                return Err(HomeError::Foreign { path: path.into(), found: name });
            }
        }
        fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(io_error("close to others", path))?;
        let lock = lock(&paths)?;
        let format = paths.format();
        write_private(&format, format!("{HOME_FORMAT}\n").as_bytes()).map_err(io_error("write", &format))?;
        Ok(Self { paths, _lock: lock })
    }

    /// Opens the home at `path`.
    ///
    /// # Errors
    ///
    /// [`HomeError`] when there is none, when a node runs on it, or when a newer program wrote it.
    pub fn open(path: &Path) -> Result<Self, HomeError> {
        let paths = HomePaths::new(path);
        check_format(&paths)?;
        let lock = lock(&paths)?;
        Ok(Self { paths, _lock: lock })
    }

    /// Undoes [`Home::create`] where making the rest of the home failed: everything in it goes, and the
    /// directory itself unless it stood there before.
    pub(crate) fn discard(self, before: Before) {
        for item in fs::read_dir(self.paths.root()).into_iter().flatten().flatten() {
            if item.file_name() == "config.toml" {
                continue;
            }
            // What can't be removed is named when somebody tries to use the directory again.
            let path = item.path();
            let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        }
        if before == Before::Missing {
            let _ = fs::remove_dir(self.paths.root());
        }
    }

    /// Where things lie.
    pub const fn paths(&self) -> &HomePaths {
        &self.paths
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

/// Writes a file that only its owner can read; after a crash it holds either the old bytes or the new ones.
///
/// # Errors
///
/// What the system says; the old file is untouched then.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = directory_of(path);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let temporary = directory.join(name);
    let written = write_new(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        // The first error is the one worth telling.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    sync_name(path)
}

/// Makes the name of a file or directory survive a loss of power.
///
/// # Errors
///
/// What the system says.
pub(crate) fn sync_name(path: &Path) -> io::Result<()> {
    File::open(directory_of(path))?.sync_all()
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A leftover of a crash may have other permissions.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn check_format(paths: &HomePaths) -> Result<(), HomeError> {
    let path = paths.format();
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(HomeError::Missing { path: paths.root.clone() });
        }
        Err(source) => return Err(HomeError::Io { doing: "read", path, source }),
    };
    let text = String::from_utf8_lossy(&bytes);
    match text.trim().parse::<u32>() {
        Ok(found) if found > HOME_FORMAT => {
            Err(HomeError::NewerFormat { path: paths.root.clone(), found, known: HOME_FORMAT })
        }
        Ok(found) if found > 0 => Ok(()),
        _ => Err(HomeError::UnreadableFormat { path, found: text.trim().chars().take(40).collect() }),
    }
}

fn lock(paths: &HomePaths) -> Result<File, HomeError> {
    let path = paths.lock();
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(io_error("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(HomeError::InUse { path: paths.root.clone() }),
        Err(TryLockError::Error(source)) => Err(HomeError::Io { doing: "lock", path, source }),
    }
}

/// Settings laid there beforehand, and what an interrupted creation leaves.
fn is_expected(name: &std::ffi::OsStr) -> bool {
    ["config.toml", "lock", "format.new"].iter().any(|expected| name == *expected)
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> HomeError {
    move |source| HomeError::Io { doing, path: path.into(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_home_is_made_for_its_owner_alone_and_opens_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/home");
        drop(Home::create(&path).unwrap());
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join("format")), 0o600);
        let home = Home::open(&path).unwrap();
        assert_eq!(home.paths().journal(), path.join("journal"));
    }

    #[test]
    fn a_second_node_on_one_home_is_refused_until_the_first_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("home");
        let first = Home::create(&path).unwrap();
        let error = Home::open(&path).unwrap_err();
        assert!(matches!(error, HomeError::InUse { .. }), "{error}");
        assert!(error.hint().contains("stop the other node"));
        drop(first);
        Home::open(&path).unwrap();
    }

    #[test]
    fn a_home_of_a_newer_format_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("home");
        drop(Home::create(&path).unwrap());
        fs::write(path.join("format"), "2\n").unwrap();
        assert!(matches!(Home::open(&path), Err(HomeError::NewerFormat { found: 2, known: 1, .. })));
        assert!(matches!(Home::create(&path), Err(HomeError::NewerFormat { .. })));
        fs::write(path.join("format"), "two").unwrap();
        assert!(matches!(Home::open(&path), Err(HomeError::UnreadableFormat { .. })));
        assert_eq!(fs::read_to_string(path.join("format")).unwrap(), "two");
    }

    #[test]
    fn a_directory_with_other_things_in_it_does_not_become_a_home() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.odt"), "x").unwrap();
        assert!(matches!(Home::create(dir.path()), Err(HomeError::Foreign { .. })));
        assert!(matches!(Home::open(dir.path()), Err(HomeError::Missing { .. })));
        assert!(!dir.path().join("lock").exists());
    }

    #[test]
    fn a_home_is_made_once_and_around_settings_laid_there_before() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("config.toml"), "").unwrap();
        drop(Home::create(dir.path()).unwrap());
        assert!(matches!(Home::create(dir.path()), Err(HomeError::Exists { .. })));
    }

    #[test]
    fn a_private_file_is_replaced_whole_and_read_by_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("api.token");
        write_private(&path, b"one").unwrap();
        fs::write(dir.path().join("api.token.new"), "leftover").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_default_home_follows_the_state_directory() {
        let home = |pairs: &'static [(&str, &str)]| {
            default_home(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into()))
        };
        assert_eq!(home(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]), Some("/s/coalition-grid".into()));
        assert_eq!(home(&[("XDG_STATE_HOME", "s"), ("HOME", "/h")]), Some("/h/.local/state/coalition-grid".into()));
        assert_eq!(home(&[]), None);
    }
}
