//! Why a home can't be used.

use super::WHICH_GOES_ON;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// What to do where the system refuses to read or write.
pub(crate) const CHECK_DISK: &str = "check that the disk has space and that the directory belongs to you";
/// What to do where a newer program was here.
pub(crate) const NEWER_PROGRAM: &str = "install the newest version of this program";

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
    #[error("a node runs on the home {} already", path.display())]
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
    /// The program was stopped while it made the home.
    #[error("the home {} was never finished: the program was stopped while making it", path.display())]
    Unfinished {
        /// Where it was begun.
        path: PathBuf,
    },
    /// It is a copy, and nobody has said which home goes on.
    #[error("the home {} is a copy, or was put back from a backup, and nothing is written in it yet", path.display())]
    Copied {
        /// The home.
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
    /// No socket fits into it, and the API needs one.
    #[error("the path of the home is too long for a Unix socket: {} has {found} bytes, at most {most} fit", path.display())]
    PathTooLong {
        /// The socket.
        path: PathBuf,
        /// How long its path is.
        found: usize,
        /// How long it may be.
        most: usize,
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
            Self::InUse { .. } => "stop that node first (Ctrl-C in its window), or choose another --home",
            Self::Missing { .. } => "found a coalition with `grid init`, or take an invite with `grid join`",
            Self::Unfinished { .. } => {
                "run `grid init`, `grid join` or `grid device join` again: it begins anew, and nothing was lost"
            }
            Self::Copied { .. } => WHICH_GOES_ON,
            Self::Exists { .. } => "choose another --home for a second group",
            Self::Foreign { .. } => "choose an empty directory, or one that doesn't exist yet",
            Self::PathTooLong { .. } => "choose a --home with a shorter path",
            Self::UnreadableFormat { .. } => "restore the file from a backup; its content is a number, such as 1",
            Self::Io { .. } => CHECK_DISK,
        }
    }
}
