//! Damage to the files of a home, as bad disks do it: cut, flipped and zeroed, at places from a seed.

use crate::sim::Random;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// What a disk loses at one time, and how it is aligned.
const PAGE: usize = 4_096;
/// The end of a journal: what was written last.
const TAIL: usize = 2_048;

/// Which files suffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// One file of the store.
    Store,
    /// The end of the journal.
    JournalEnd,
    /// Any place of the journal.
    Journal,
}

/// What was done to a file.
#[derive(Clone, Debug)]
pub(super) struct Wound {
    file: PathBuf,
    from: usize,
    harm: Harm,
}

#[derive(Clone, Copy, Debug)]
enum Harm {
    /// Everything from here on is gone.
    Cut,
    /// So many bytes have other bits.
    Flipped(usize),
    /// So many bytes are zeros.
    Zeroed(usize),
}

impl Wound {
    /// Damages a part of the home at `home`.
    pub(super) fn inflict(home: &Path, part: Part, random: &mut Random) -> Self {
        let file = match part {
            Part::Store => random.pick(&files(&home.join("store"))).cloned().expect("a store has files"),
            Part::JournalEnd | Part::Journal => home.join("journal"),
        };
        let length = written(&file);
        let from = match part {
            Part::JournalEnd => length.saturating_sub(1 + random.below(TAIL.min(length))),
            Part::Store | Part::Journal => random.below(length),
        };
        Self::inflict_at(file, from, random)
    }

    /// Damages a file from some place on.
    pub(super) fn inflict_at(file: PathBuf, from: usize, random: &mut Random) -> Self {
        let mut bytes = fs::read(&file).expect("a file of the home");
        let harm = match random.below(3) {
            0 => Harm::Cut,
            1 => Harm::Flipped(1 + random.below(64)),
            _ => Harm::Zeroed(1 + random.below(PAGE)),
        };
        match harm {
            Harm::Cut => bytes.truncate(from),
            Harm::Flipped(count) => {
                let flip = |byte: &mut u8| *byte ^= 1 << random.below(8);
                bytes.iter_mut().skip(from).take(count).for_each(flip);
            }
            Harm::Zeroed(count) => bytes.iter_mut().skip(from).take(count).for_each(|byte| *byte = 0),
        }
        fs::write(&file, bytes).expect("a file of the home");
        Self { file, from, harm }
    }
}

impl fmt::Display for Wound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        match self.harm {
            Harm::Cut => write!(f, "{name} cut off at {}", self.from),
            Harm::Flipped(count) => write!(f, "{count} bytes of {name} flipped from {} on", self.from),
            Harm::Zeroed(count) => write!(f, "{count} bytes of {name} zeroed from {} on", self.from),
        }
    }
}

/// How long a file is without the zeros that were reserved behind it.
pub(super) fn written(file: &Path) -> usize {
    let bytes = fs::read(file).expect("a file of the home");
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

/// Files with something in them, in order, so that a seed means the same each time.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(directory).expect("a directory of the home").flatten() {
        let path = item.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if item.metadata().is_ok_and(|metadata| metadata.len() > 0) {
            found.push(path);
        }
    }
    found.sort();
    found
}
