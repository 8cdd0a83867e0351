//! Several files of a home replaced all at once, whenever the machine stops.
//!
//! They are prepared in `next`, and synced; then the directory is renamed to `ready`. Before that moment the
//! home is as it was, and whoever opens it throws `next` away. From it on, whoever opens the home first moves
//! what is in `ready` to its place. No key is asked for, and each move can be made again.

use super::{Home, HomePaths, sync_name};
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// What was in the way, until all is done.
const OLD: &str = "old";

/// Called between any two steps; what a test stops the machine with.
pub(crate) type Watch<'a> = &'a mut dyn FnMut();

/// Nobody watches.
pub(crate) fn unwatched() {}

/// Files that are being prepared. They are thrown away when this is dropped before it was committed.
#[derive(Debug)]
pub(crate) struct Stage {
    home: HomePaths,
    /// A home of its own: the same names lie in it.
    inner: HomePaths,
}

impl Stage {
    /// Begins with nothing.
    pub(crate) fn begin(home: &Home) -> io::Result<Self> {
        let paths = home.paths().clone();
        let next = paths.next();
        remove(&next)?;
        DirBuilder::new().mode(0o700).create(&next)?;
        Ok(Self { home: paths, inner: HomePaths::new(next) })
    }

    /// Where the files are to be prepared.
    pub(crate) const fn paths(&self) -> &HomePaths {
        &self.inner
    }

    /// Has everything that was prepared replace what the home holds.
    pub(crate) fn commit(self, watch: Watch<'_>) -> io::Result<()> {
        sync(self.inner.root())?;
        watch();
        let ready = self.home.ready();
        fs::rename(self.inner.root(), &ready)?;
        sync_name(&ready)?;
        watch();
        settle(&self.home, watch)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // After a commit there is nothing; what can't be removed goes when the home is opened next.
        let _ = remove(&self.home.next());
    }
}

/// Finishes what was committed, and throws away what was not.
pub(super) fn settle(paths: &HomePaths, watch: Watch<'_>) -> io::Result<()> {
    remove(&paths.next())?;
    let ready = HomePaths::new(paths.ready());
    if !exists(ready.root())? {
        return Ok(());
    }
    // The keys first: a program that knows no passphrases must not write to what is about to be replaced.
    let places = [HomePaths::keys, HomePaths::profile, HomePaths::journal, HomePaths::store];
    for (from, to) in places.map(|place| (place(&ready), place(paths))) {
        if exists(&from)? {
            if to.is_dir() {
                let old = ready.root().join(OLD);
                remove(&old)?;
                fs::rename(&to, old)?;
                watch();
            }
            fs::rename(&from, &to)?;
            sync_name(&to)?;
            watch();
        }
    }
    remove(ready.root())?;
    sync_name(ready.root())?;
    watch();
    Ok(())
}

/// The key file that holds: the prepared one from the moment on that it was committed.
pub(crate) fn keys_in_force(paths: &HomePaths) -> PathBuf {
    let ready = HomePaths::new(paths.ready()).keys();
    if ready.exists() { ready } else { paths.keys() }
}

fn exists(path: &Path) -> io::Result<bool> {
    fs::exists(path)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Brings a directory with all that is in it to the disk.
fn sync(directory: &Path) -> io::Result<()> {
    for item in fs::read_dir(directory)? {
        let item = item?;
        match item.file_type()?.is_dir() {
            true => sync(&item.path())?,
            false => File::open(item.path())?.sync_all()?,
        }
    }
    File::open(directory)?.sync_all()
}
