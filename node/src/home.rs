//! The home: the one directory that holds everything a node keeps.
//!
//! A home belongs to one group on one machine. It is locked while a node runs on it, since two nodes that
//! write one log would contradict each other for ever. A `format` file says which layout it has, so that an
//! older program never touches what a newer one wrote.

mod error;
mod paths;
mod stage;

pub use error::HomeError;
pub(crate) use error::{CHECK_DISK, NEWER_PROGRAM};
pub use paths::{HomePaths, default_home};
pub(crate) use stage::{Stage, Watch, keys_in_force, unwatched};

use crate::vault::Vault;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::OnceLock;

/// The layout of a home that this program reads and writes.
pub const HOME_FORMAT: u32 = 1;

/// A home that is open: no other node can open it until this is dropped.
#[derive(Debug)]
pub struct Home {
    paths: HomePaths,
    /// How its content lies on disk, once its keys have been read.
    vault: OnceLock<Vault>,
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
        paths.check_length()?;
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io_error("create", path))?;
        let unfinished = paths.unfinished();
        if unfinished.exists() {
            // Held while sweeping: whoever makes a home here at this moment is not disturbed.
            let _lock = lock(&paths)?;
            sweep(path)?;
        }
        for item in fs::read_dir(path).map_err(io_error("list", path))? {
            let name = item.map_err(io_error("list", path))?.file_name();
            if !is_expected(&name) {
                return Err(HomeError::Foreign { path: path.into(), found: name });
            }
        }
        fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(io_error("close to others", path))?;
        let lock = lock(&paths)?;
        write_private(&unfinished, b"").map_err(io_error("write", &unfinished))?;
        let format = paths.format();
        write_private(&format, format!("{HOME_FORMAT}\n").as_bytes()).map_err(io_error("write", &format))?;
        Ok(Self { paths, vault: OnceLock::new(), _lock: lock })
    }

    /// Opens the home at `path`.
    ///
    /// # Errors
    ///
    /// [`HomeError`] when there is none, when a node runs on it, or when a newer program wrote it.
    pub fn open(path: &Path) -> Result<Self, HomeError> {
        let paths = HomePaths::new(path);
        check_format(&paths)?;
        if paths.unfinished().exists() {
            return Err(HomeError::Unfinished { path: path.into() });
        }
        let lock = lock(&paths)?;
        stage::settle(&paths, &mut unwatched).map_err(io_error("finish what was begun on", path))?;
        close_to_others(path)?;
        Ok(Self { paths, vault: OnceLock::new(), _lock: lock })
    }

    /// The home is whole from now on.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn finish(&self) -> io::Result<()> {
        let path = self.paths.unfinished();
        match fs::remove_file(&path) {
            Ok(()) => sync_name(&path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
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

    /// How the content of this home lies on disk. Until its keys have been read, everything is taken for plain.
    pub(crate) fn vault(&self) -> Vault {
        self.vault.get().cloned().unwrap_or_default()
    }

    /// Notes how its content lies on disk. What was noted first holds as long as the home is open.
    pub(crate) fn unlock(&self, vault: Vault) {
        let _ = self.vault.set(vault);
    }

    /// Where things lie.
    pub const fn paths(&self) -> &HomePaths {
        &self.paths
    }
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
            return Err(HomeError::Missing { path: paths.root().into() });
        }
        Err(source) => return Err(HomeError::Io { doing: "read", path, source }),
    };
    let text = String::from_utf8_lossy(&bytes);
    match text.trim().parse::<u32>() {
        Ok(found) if found > HOME_FORMAT => {
            Err(HomeError::NewerFormat { path: paths.root().into(), found, known: HOME_FORMAT })
        }
        Ok(found) if found > 0 => Ok(()),
        _ => Err(HomeError::UnreadableFormat { path, found: text.trim().chars().take(40).collect() }),
    }
}

/// Takes from others what a copy or a backup may have given them: keys lie here.
fn close_to_others(root: &Path) -> Result<(), HomeError> {
    close(root, 0o700)?;
    for item in fs::read_dir(root).map_err(io_error("list", root))? {
        let item = item.map_err(io_error("list", root))?;
        let kind = item.file_type().map_err(io_error("look at", &item.path()))?;
        if kind.is_dir() {
            close(&item.path(), 0o700)?;
        } else if kind.is_file() && item.file_name() != "config.toml" {
            close(&item.path(), 0o600)?;
        }
    }
    Ok(())
}

fn close(path: &Path, mode: u32) -> Result<(), HomeError> {
    let found = fs::metadata(path).map_err(io_error("look at", path))?.permissions().mode();
    match found & 0o077 {
        0 => Ok(()),
        _ => fs::set_permissions(path, Permissions::from_mode(mode)).map_err(io_error("close to others", path)),
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
        Err(TryLockError::WouldBlock) => Err(HomeError::InUse { path: paths.root().into() }),
        Err(TryLockError::Error(source)) => Err(HomeError::Io { doing: "lock", path, source }),
    }
}

/// Removes what an interrupted creation left, and nothing else.
fn sweep(root: &Path) -> Result<(), HomeError> {
    let ours = ["format", "keys", "journal", "store", "node.json", "next", "ready"];
    for item in fs::read_dir(root).map_err(io_error("list", root))? {
        let path = item.map_err(io_error("list", root))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !ours.iter().any(|ours| name.strip_prefix(ours).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
        {
            continue;
        }
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(io_error("remove", &path))?;
    }
    Ok(())
}

/// Settings laid there beforehand, and what an interrupted creation leaves.
fn is_expected(name: &std::ffi::OsStr) -> bool {
    ["config.toml", "lock", "unfinished", "unfinished.new", "format.new"].iter().any(|expected| name == *expected)
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> HomeError {
    move |source| HomeError::Io { doing, path: path.into(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A home that was made to the end.
    fn whole(path: &Path) {
        Home::create(path).unwrap().finish().unwrap();
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_home_is_made_for_its_owner_alone_and_opens_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/home");
        whole(&path);
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join("format")), 0o600);
        let home = Home::open(&path).unwrap();
        assert_eq!(home.paths().journal(), path.join("journal"));
    }

    #[test]
    fn a_home_that_was_never_finished_is_begun_anew_and_used_by_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("home");
        drop(Home::create(&path).unwrap());
        fs::write(path.join("keys"), "of nobody").unwrap();
        fs::create_dir(path.join("store")).unwrap();
        let error = Home::open(&path).unwrap_err();
        assert!(matches!(error, HomeError::Unfinished { .. }) && error.hint().contains("grid init"), "{error}");
        let home = Home::create(&path).unwrap();
        assert!(!path.join("keys").exists() && !path.join("store").exists());
        home.finish().unwrap();
        drop(home);
        Home::open(&path).unwrap();
        assert!(matches!(Home::create(&path), Err(HomeError::Exists { .. })));
    }

    #[test]
    fn only_what_an_unfinished_home_is_made_of_is_swept_away() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("home");
        drop(Home::create(&path).unwrap());
        fs::write(path.join("thesis.odt"), "x").unwrap();
        assert!(matches!(Home::create(&path), Err(HomeError::Foreign { .. })));
        assert!(path.join("thesis.odt").exists());
    }

    #[test]
    fn a_home_that_stands_open_to_others_is_closed_when_it_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("home");
        whole(&path);
        fs::create_dir(path.join("store")).unwrap();
        for file in ["keys", "journal", "config.toml"] {
            fs::write(path.join(file), "x").unwrap();
            fs::set_permissions(path.join(file), Permissions::from_mode(0o644)).unwrap();
        }
        for directory in [path.clone(), path.join("store")] {
            fs::set_permissions(directory, Permissions::from_mode(0o755)).unwrap();
        }
        drop(Home::open(&path).unwrap());
        let modes = ["", "store", "keys", "journal", "config.toml"].map(|name| mode(&path.join(name)));
        assert_eq!(modes, [0o700, 0o700, 0o600, 0o600, 0o644]);
    }

    #[test]
    fn a_second_node_on_one_home_is_refused_until_the_first_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("home");
        let first = Home::create(&path).unwrap();
        first.finish().unwrap();
        let error = Home::open(&path).unwrap_err();
        assert!(matches!(error, HomeError::InUse { .. }), "{error}");
        assert!(error.hint().contains("stop that node"));
        drop(first);
        Home::open(&path).unwrap();
    }

    #[test]
    fn a_home_of_a_newer_format_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("home");
        whole(&path);
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
    fn a_home_that_no_socket_fits_into_is_refused_before_anything_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("long".repeat(30));
        let error = Home::create(&path).unwrap_err();
        assert!(matches!(error, HomeError::PathTooLong { most: 103, .. }), "{error}");
        assert!(error.hint().contains("shorter"));
        assert!(!path.exists());
    }

    #[test]
    fn a_home_is_made_once_and_around_settings_laid_there_before() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("config.toml"), "").unwrap();
        whole(dir.path());
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
