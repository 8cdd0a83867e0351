//! The place of a home: whether its files lie where the program put them last.
//!
//! A home that was copied, or put back from a backup, does not know what its device has written elsewhere. So a small
//! file in it names itself: its inode, and the moment at which the system made it. In a copy stand the same words, in
//! another file. It is made anew at every start, soon after each write and at the end, so that old words which were written
//! over a newer file show, too, whenever they were copied. A home that is renamed keeps it; and because it names no other
//! file, all else in the home may be replaced, and the machine may stop anywhere.
//!
//! It also says how long the log of this home's device was when it was made. A journal and a store at which nothing is
//! wrong and that hold less of it were put back without it.
//!
//! The time of birth decides where the file system notes one. Elsewhere the inode does, if the file system is known to
//! keep inodes; many that are reached over a network or made by a program number theirs anew whenever they are mounted,
//! and there nobody is accused (decision 0015 remains).
//!
//! `place`: `{"format":1,"inode":..,"born":..,"state":"settled","log":{"device":..,"entries":..}}`.

use super::{HomeError, write_private_by};
use grid_protocol::key::DeviceId;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::UNIX_EPOCH;

const FORMAT: u32 = 1;
/// More than the file ever has.
const MOST: u64 = 4_096;
const NANOS_PER_HOUR: u64 = 3_600_000_000_000;
/// How many hours the clocks of two zones are apart at most.
const ZONES_APART: u64 = 26;
/// Kinds of file systems that keep the inode of a file for good, as Linux calls them.
const KEEP_INODES: [&str; 11] = ["ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "jfs", "nfs", "nfs4", "tmpfs"];

/// Why nothing is written in a home that was copied.
pub(crate) const COPIED: &str = "this home is a copy, or was put back from a backup: nothing is written here until you say which \
     home goes on, because two that write with the same keys contradict each other, and what they write then counts nowhere";
/// What to do about it.
pub(crate) const WHICH_GOES_ON: &str = "if the other home is still in use, delete this one: a further computer is added with `grid device add`. If \
     no other copy will ever run again, stop the node and type `grid device moved`. If you are not sure, let the node run \
     until `grid status` shows it in sync, stop it, and type `grid device renew`: this home gets new keys, and what is \
     here is kept";
/// Why nothing is written yet in a home that was moved.
pub(crate) const MOVED: &str =
    "this home was moved, and not enough other nodes have been there since to say how much it had written before";
/// What to do about it.
pub(crate) const WAIT_FOR_OTHERS: &str = "leave the node running until `grid status` shows peers of two groups in sync (one, where there is only one other): \
     then it writes. Alone it can't know; if the other copy wrote more, what is written here would contradict it and be \
     lost. Where too few can be reached, stop the node and type `grid device renew`";

/// Whether a home may be written, as far as its place tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Custody {
    /// It lies where it lay, or it is from before this was noted.
    Own,
    /// Its people have said that it was moved; not enough others have said yet how long its log is.
    Moved,
    /// It is a copy, or was put back from a backup, and nobody has said which home goes on.
    Copied,
}

/// What the file says of the home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// It is the one that goes on.
    Settled,
    /// It is taken for the one that goes on, once enough others have said how long its log is.
    Moved,
    /// What lies in it is older than this file.
    Older,
}

/// How long the log of a home was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogLength {
    /// Whose log.
    device: String,
    /// Entries of it that were in the journal.
    entries: u64,
}

impl LogLength {
    /// So many entries of this device.
    pub(crate) fn new(device: DeviceId, entries: u64) -> Self {
        Self { device: device.to_string(), entries }
    }

    /// Whether this is the same log, and there was more of it.
    pub(crate) fn is_beyond(&self, other: &Self) -> bool {
        self.device == other.device && self.entries > other.entries
    }
}

/// What a place told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) custody: Custody,
    /// How long the log was, if that was noted.
    pub(super) log: Option<LogLength>,
}

impl Seen {
    /// Nobody is accused, and nothing is known.
    pub(super) const OWN: Self = Self { custody: Custody::Own, log: None };
}

/// What the system says of a file, and a copy of the file does not take along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spot {
    inode: u64,
    /// Nanoseconds since 1970; not every file system notes them.
    born: Option<u64>,
}

impl Spot {
    fn of(metadata: &Metadata) -> Self {
        let since = |born: std::time::SystemTime| born.duration_since(UNIX_EPOCH).ok();
        let born = metadata.created().ok().and_then(since).and_then(|since| u64::try_from(since.as_nanos()).ok());
        Self { inode: metadata.ino(), born: born.filter(|born| *born > 0) }
    }

    /// Inodes are given anew to other files, and some file systems number theirs anew: where both know when they were
    /// made, that decides. On disks that keep local time it moves with the zone of the computer.
    fn is(self, other: Self, inodes: Inodes) -> bool {
        let may_be = inodes == Inodes::Anew || self.inode == other.inode;
        match (self.born, other.born) {
            (Some(ours), Some(theirs)) => ours == theirs || may_be && is_of_zones(ours.abs_diff(theirs)),
            _ => may_be,
        }
    }
}

/// Whether two times differ as the clocks of two zones do.
const fn is_of_zones(nanos: u64) -> bool {
    nanos.is_multiple_of(NANOS_PER_HOUR) && nanos <= ZONES_APART * NANOS_PER_HOUR
}

/// What is known of the numbers of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inodes {
    /// A file keeps its own when the disk is mounted again.
    Kept,
    /// It may get another one.
    Anew,
}

impl Inodes {
    /// As far as the system says where a file lies. Only Linux has file systems without times of birth.
    fn of(metadata: &Metadata) -> Self {
        Self::among(&fs::read_to_string("/proc/self/mountinfo").unwrap_or_default(), metadata.dev())
    }

    /// The same, where these are the mounts (`man proc_pid_mountinfo`).
    fn among(mounts: &str, dev: u64) -> Self {
        let major = (dev >> 8) & 0xfff | (dev >> 32) & !0xfff;
        let minor = dev & 0xff | (dev >> 12) & 0xffff_ff00;
        let dev = format!("{major}:{minor}");
        let here = mounts.lines().find(|line| line.split(' ').nth(2) == Some(&dev));
        let kind = here.and_then(|line| line.split_once(" - ")?.1.split(' ').next());
        if kind.is_some_and(|kind| KEEP_INODES.contains(&kind)) { Self::Kept } else { Self::Anew }
    }
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

#[derive(Serialize, Deserialize)]
struct PlaceFile {
    format: u32,
    inode: u64,
    born: Option<u64>,
    state: State,
    log: Option<LogLength>,
}

impl PlaceFile {
    fn custody(&self, spot: Spot, inodes: Inodes) -> Custody {
        let is_here = Spot { inode: self.inode, born: self.born }.is(spot, inodes);
        match self.state {
            _ if !is_here => Custody::Copied,
            State::Older => Custody::Copied,
            State::Settled => Custody::Own,
            State::Moved => Custody::Moved,
        }
    }
}

/// Looks whether the home of this file lies where it lay.
pub(super) fn look(path: &Path) -> Result<Seen, HomeError> {
    let io = |source| HomeError::Io { doing: "read", path: path.into(), source };
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Seen::OWN),
        file => file.map_err(io)?,
    };
    let metadata = file.metadata().map_err(io)?;
    let mut text = Vec::new();
    file.take(MOST).read_to_end(&mut text).map_err(io)?;
    match serde_json::from_slice(&text) {
        Ok(FormatOnly { format: found }) if found > FORMAT => {
            return Err(HomeError::NewerFormat { path: path.into(), found, known: FORMAT });
        }
        _ => {}
    }
    match serde_json::from_slice::<PlaceFile>(&text) {
        Ok(file) => {
            let custody = file.custody(Spot::of(&metadata), Inodes::of(&metadata));
            Ok(Seen { custody, log: file.log })
        }
        Err(error) => {
            // A file that does not read accuses nobody: the next start writes it anew.
            tracing::warn!(%error, path = %path.display(), "the place of the home does not read");
            Ok(Seen::OWN)
        }
    }
}

/// Notes that the home lies here, and how long its log is. After a crash stands what stood there before, or this.
pub(super) fn note(path: &Path, state: State, log: Option<&LogLength>) -> io::Result<()> {
    note_by(path, (state, log), |path| fs::metadata(path).map(|metadata| Spot::of(&metadata)))
}

/// The same, where so is told of a file by its name. Some file systems say another time of birth of a file that is
/// being made than of the same one later: such a time is not noted.
fn note_by(
    path: &Path,
    said: (State, Option<&LogLength>),
    by_name: impl FnOnce(&Path) -> io::Result<Spot>,
) -> io::Result<()> {
    let noted = write(path, said, |spot| spot)?;
    if by_name(path)?.born == noted.born {
        return Ok(());
    }
    write(path, said, |spot| Spot { born: None, ..spot }).map(drop)
}

/// Writes of the new file what is to be noted of it.
fn write(path: &Path, (state, log): (State, Option<&LogLength>), noted: impl FnOnce(Spot) -> Spot) -> io::Result<Spot> {
    let mut spot = None;
    write_private_by(path, |file| {
        let Spot { inode, born } = *spot.insert(noted(Spot::of(&file.metadata()?)));
        let text = serde_json::to_vec(&PlaceFile { format: FORMAT, inode, born, state, log: log.cloned() })?;
        file.write_all(&text)
    })?;
    spot.ok_or_else(|| io::Error::other("nothing was written"))
}

#[cfg(test)]
mod tests;
