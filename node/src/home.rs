//! The home: the one directory that holds everything a node keeps.
//!
//! A home belongs to one group on one machine. It is locked while a node runs on it, since two nodes that
//! write one log would contradict each other for ever. A `format` file says which layout it has, so that an
//! older program never touches what a newer one wrote.

mod error;
mod paths;
mod place;
mod stage;

pub use error::HomeError;
pub(crate) use error::{CHECK_DISK, NEWER_PROGRAM};
pub use paths::{HomePaths, default_home};
pub use place::Custody;
pub(crate) use place::{COPIED, LogLength, MOVED, WAIT_FOR_OTHERS, WHICH_GOES_ON};
pub(crate) use stage::{Stage, Watch, keys_in_force, unwatched};

use crate::vault::Vault;
use place::{Seen, State};
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
    /// What its place told as it was opened.
    seen: Seen,
    // The lock lasts as long as the handle.
    _lock: Lock,
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
        Ok(Self { paths, vault: OnceLock::new(), seen: Seen::OWN, _lock: lock })
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
        let seen = place::look(&paths.place())?;
        Ok(Self { paths, vault: OnceLock::new(), seen, _lock: lock })
    }

    /// The home is whole from now on.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn finish(&self) -> io::Result<()> {
        let path = self.paths.unfinished();
        if !fs::exists(&path)? {
            return Ok(());
        }
        place::note(&self.paths.place(), State::Settled, None)?;
        fs::remove_file(&path)?;
        sync_name(&path)
    }

    /// Whether it may be written, as far as its place told when it was opened.
    pub(crate) const fn custody(&self) -> Custody {
        self.seen.custody
    }

    /// Whether its place says that its log was longer than this.
    pub(crate) fn is_older(&self, held: &LogLength) -> bool {
        self.seen.log.as_ref().is_some_and(|noted| noted.is_beyond(held))
    }

    /// Refuses a home of which nobody has said yet whether it goes on.
    ///
    /// # Errors
    ///
    /// [`HomeError::Copied`].
    pub(crate) fn must_go_on(&self) -> Result<(), HomeError> {
        match self.seen.custody {
            Custody::Copied => Err(HomeError::Copied { path: self.paths.root().into() }),
            Custody::Own | Custody::Moved => Ok(()),
        }
    }

    /// Notes that this home goes on, here, and how long its log is, where that is known.
    ///
    /// # Errors
    ///
    /// [`HomeError`]; then stands what stood there before.
    pub(crate) fn settle(&self, log: Option<&LogLength>) -> Result<(), HomeError> {
        self.note(State::Settled, log)
    }

    /// Makes the place of a home anew in which something was written: what was copied before is a copy from now on. On a
    /// full disk the place that was noted last still holds.
    pub(crate) fn renew_place(&self) {
        let noted = match self.seen.custody {
            Custody::Own => self.note(State::Settled, self.seen.log.as_ref()),
            Custody::Moved => self.note(State::Moved, None),
            Custody::Copied => Ok(()),
        };
        if let Err(error) = noted {
            tracing::warn!(%error, "the place of the home is not noted");
        }
    }

    /// Notes that what lies here is older than this home was.
    ///
    /// # Errors
    ///
    /// [`HomeError`]; then stands what stood there before.
    pub(crate) fn doubt(&self) -> Result<(), HomeError> {
        self.note(State::Older, None)
    }

    /// Notes that this home goes on, here, once enough others have said how long its log is.
    ///
    /// # Errors
    ///
    /// [`HomeError`]; then stands what stood there before.
    pub(crate) fn take_on(&self) -> Result<(), HomeError> {
        self.note(State::Moved, None)
    }

    fn note(&self, state: State, log: Option<&LogLength>) -> Result<(), HomeError> {
        let path = self.paths.place();
        place::note(&path, state, log).map_err(io_error("write", &path))
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
    write_private_by(path, |file| file.write_all(bytes))
}

/// The same, by whoever writes into the new file before it gets its name.
fn write_private_by(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let directory = directory_of(path);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let temporary = directory.join(name);
    let written = write_new(&temporary, write).and_then(|()| fs::rename(&temporary, path));
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

fn write_new(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    // A leftover of a crash may have other permissions.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    write(&mut file)?;
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

/// Let go of when it is dropped, also while a program that was begun meanwhile still shares the file.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // A lock that can't be let go of ends with the file.
        let _ = self.0.unlock();
    }
}

fn lock(paths: &HomePaths) -> Result<Lock, HomeError> {
    let path = paths.lock();
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(io_error("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(HomeError::InUse { path: paths.root().into() }),
        Err(TryLockError::Error(source)) => Err(HomeError::Io { doing: "lock", path, source }),
    }
}

/// Removes what an interrupted creation left, and nothing else.
fn sweep(root: &Path) -> Result<(), HomeError> {
    let ours = ["format", "keys", "journal", "store", "node.json", "next", "place", "ready"];
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
mod tests;
