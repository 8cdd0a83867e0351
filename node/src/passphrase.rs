//! The passphrase of a home: set, changed, taken away, and forgotten.
//!
//! With one, keys and content lie sealed on the disk. All of this works on a home that no node runs on, and
//! leaves it either as it was or as it should be, whenever the machine stops.

use crate::home::{Home, HomeError, HomePaths, Stage, Watch, keys_in_force, unwatched};
use crate::keystore::{Cost, Keystore, KeystoreError, Opener, Protection};
use crate::local_error::{LocalError, takes_local_errors};
use crate::profile::Profile;
use crate::store::{self, Store};
use crate::vault::Vault;
use grid_protocol::control::Record;
use grid_protocol::key::DeviceId;
use grid_protocol::words::RecoveryWords;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The fewest characters of a passphrase.
const FEWEST: usize = 8;
/// The most bytes of one.
const MOST: usize = 1024;

/// A passphrase. Wiped when dropped, never printed.
#[derive(PartialEq, Eq)]
pub struct Passphrase(Zeroizing<String>);

/// Words that are no passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitPassphrase {
    /// Anybody would find it out.
    #[error("the passphrase has {found} characters, expected at least {FEWEST}")]
    Short {
        /// How many it has.
        found: usize,
    },
    /// It is no passphrase, but a file.
    #[error("the passphrase has {found} bytes, expected at most {MOST}")]
    Long {
        /// How many it has.
        found: usize,
    },
    /// It holds a line end or another character that no keyboard gives.
    #[error("the passphrase holds a control character")]
    Control,
}

impl UnfitPassphrase {
    /// What to do about it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Short { .. } => "take five or six words that have nothing to do with each other",
            Self::Long { .. } | Self::Control => "take one line of plain words",
        }
    }
}

impl Passphrase {
    /// Takes a passphrase as it was typed.
    ///
    /// # Errors
    ///
    /// [`UnfitPassphrase`].
    pub fn new(text: impl Into<String>) -> Result<Self, UnfitPassphrase> {
        let text = Zeroizing::new(text.into());
        let found = text.chars().count();
        if found < FEWEST {
            return Err(UnfitPassphrase::Short { found });
        }
        if text.len() > MOST {
            return Err(UnfitPassphrase::Long { found: text.len() });
        }
        if text.chars().any(char::is_control) {
            return Err(UnfitPassphrase::Control);
        }
        Ok(Self(text))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(secret)")
    }
}

/// Why a passphrase was not set, changed or taken away. The home is as it was.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// This machine can't do it.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// There is one already.
    #[error("this home has a passphrase already")]
    AlreadySet,
    /// There is none.
    #[error("this home has no passphrase")]
    NotSet,
    /// The keys are those of another home.
    #[error("the key file is that of device {}, this home belongs to {}", found.to_string(), expected.to_string())]
    OtherDevice {
        /// The device of the home.
        expected: DeviceId,
        /// The device of the keys.
        found: DeviceId,
    },
    /// The new files could not be written, or not put in the place of the old ones.
    #[error("could not write the home {} anew", path.display())]
    Io {
        /// The home.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

takes_local_errors!(PassphraseError);

impl PassphraseError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Local(error) => error.hint(),
            Self::AlreadySet => "another one is set with `grid passphrase change`",
            Self::NotSet => "one is set with `grid passphrase set`",
            Self::OtherDevice { .. } => {
                "put back the whole home from one backup: keys, journal and store belong together"
            }
            Self::Io { .. } => "make room on the disk: for a moment the home needs twice its size",
        }
    }
}

/// Whether recovery words open a home whose passphrase is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escrow {
    /// They do.
    Words,
    /// They don't: the home was let in by another computer, or made before there was a way, and nobody gave the words
    /// since.
    Nothing,
}

/// What was done to a home's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// What else opens it.
    pub escrow: Escrow,
    /// Places of the journal that did not read; they are gone now.
    pub damaged: usize,
    /// What an earlier fault set aside in the home: it stays as it was, sealed or not.
    pub left: Vec<PathBuf>,
}

/// Whether a home has a passphrase.
///
/// # Errors
///
/// [`PassphraseError`].
pub fn protection(home: &Path) -> Result<Protection, PassphraseError> {
    let paths = HomePaths::new(home);
    if !paths.exists() {
        return Err(HomeError::Missing { path: home.into() }.into());
    }
    Ok(Keystore::protection(&keys_in_force(&paths))?)
}

/// Whether a passphrase is that of a home, before anything else is done with it.
///
/// # Errors
///
/// [`PassphraseError`] when it isn't.
pub fn check(home: &Path, passphrase: &Passphrase) -> Result<(), PassphraseError> {
    Ok(Keystore::check(&keys_in_force(&HomePaths::new(home)), passphrase)?)
}

/// Sets a passphrase on a home that has none: keys are sealed, journal and store written anew. With the
/// recovery words these open the home too, also where it was made before they did.
///
/// # Errors
///
/// [`PassphraseError`].
pub fn set(home: &Path, new: &Passphrase, words: Option<&RecoveryWords>) -> Result<Rewritten, PassphraseError> {
    set_watched(home, new, words, Cost::STANDARD, &mut unwatched)
}

/// Sets another passphrase. The key of the content stays. Recovery words that are given open the home from now
/// on, and no others.
///
/// # Errors
///
/// [`PassphraseError`].
pub fn change(
    home: &Path,
    old: &Passphrase,
    new: &Passphrase,
    words: Option<&RecoveryWords>,
) -> Result<(), PassphraseError> {
    lock_anew(home, Opener::Passphrase(old), new, words, Cost::STANDARD)
}

/// Takes the passphrase away: everything lies open again.
///
/// # Errors
///
/// [`PassphraseError`].
pub fn remove(home: &Path, old: &Passphrase) -> Result<Rewritten, PassphraseError> {
    remove_watched(home, old, &mut unwatched)
}

/// Sets another passphrase where the old one is forgotten.
///
/// # Errors
///
/// [`PassphraseError`].
pub fn reset(home: &Path, words: &RecoveryWords, new: &Passphrase) -> Result<(), PassphraseError> {
    lock_anew(home, Opener::Words(words), new, None, Cost::STANDARD)
}

fn set_watched(
    path: &Path,
    new: &Passphrase,
    words: Option<&RecoveryWords>,
    cost: Cost,
    watch: Watch<'_>,
) -> Result<Rewritten, PassphraseError> {
    let home = Home::open(path)?;
    let mut keys = match Keystore::load(&home, Opener::Nothing) {
        Err(KeystoreError::Locked) => return Err(PassphraseError::AlreadySet),
        keys => keys?,
    };
    if let Some(words) = words {
        take_words(&home, &mut keys, words)?;
    }
    keys.protect(new, cost)?;
    rewrite(&home, &keys, watch)
}

fn remove_watched(path: &Path, old: &Passphrase, watch: Watch<'_>) -> Result<Rewritten, PassphraseError> {
    let (home, mut keys) = opened(path, Opener::Passphrase(old))?;
    keys.expose();
    rewrite(&home, &keys, watch)
}

fn lock_anew(
    path: &Path,
    opener: Opener<'_>,
    new: &Passphrase,
    words: Option<&RecoveryWords>,
    cost: Cost,
) -> Result<(), PassphraseError> {
    let (home, mut keys) = opened(path, opener)?;
    own(&home, &keys)?;
    if let Some(words) = words {
        take_words(&home, &mut keys, words)?;
    }
    keys.protect(new, cost)?;
    Ok(keys.save(&home)?)
}

/// Has the words of this home's group open it. A computer that was let in by another one holds no root, so there the
/// group's records say which words they are.
fn take_words(home: &Home, keys: &mut Keystore, words: &RecoveryWords) -> Result<(), PassphraseError> {
    if keys.root().is_none() {
        let me = own(home, keys)?.identity;
        let (store, _) = Store::open_with(home.paths().root(), me.coalition, &home.vault())?;
        let first = words.root(0).public();
        let began = |record: &Record| match record {
            Record::Inception(inception) => inception.group() == me.group && inception.body.root == first,
            Record::Recovery(recovery) => recovery.body.group == me.group && recovery.body.root == first,
            _ => false,
        };
        if !store.reader().records()?.iter().any(began) {
            return Err(KeystoreError::WrongWords.into());
        }
    }
    Ok(keys.take_words(words)?)
}

/// Opens a home that has a passphrase.
fn opened(path: &Path, opener: Opener<'_>) -> Result<(Home, Keystore), PassphraseError> {
    let home = Home::open(path)?;
    let keys = Keystore::load(&home, opener)?;
    match keys.vault() {
        Vault::Plain => Err(PassphraseError::NotSet),
        Vault::Sealed(_) => Ok((home, keys)),
    }
}

/// What the home belongs to, which must be whose keys these are.
fn own(home: &Home, keys: &Keystore) -> Result<Profile, PassphraseError> {
    let profile = Profile::load(home)?;
    let (expected, found) = (profile.identity.device, DeviceId(keys.device().public()));
    if expected == found { Ok(profile) } else { Err(PassphraseError::OtherDevice { expected, found }) }
}

/// Writes everything anew, to lie as the keys say, and puts it in the place of what was.
fn rewrite(home: &Home, keys: &Keystore, watch: Watch<'_>) -> Result<Rewritten, PassphraseError> {
    let path = home.paths().root();
    let io = |source| PassphraseError::Io { path: path.into(), source };
    let (profile, vault) = (own(home, keys)?, keys.vault());
    let stage = Stage::begin(home).map_err(io)?;
    watch();
    let copied = store::copy(path, &home.vault(), stage.paths().root(), &vault, profile.identity.coalition)?;
    watch();
    profile.save_as(stage.paths().profile(), &vault)?;
    keys.save_as(&stage.paths().keys())?;
    watch();
    stage.commit(watch).map_err(io)?;
    let escrow = if keys.has_escrow() { Escrow::Words } else { Escrow::Nothing };
    Ok(Rewritten { escrow, damaged: copied.damaged, left: set_aside(home.paths()).map_err(io)? })
}

/// What faults of journal and store set aside.
fn set_aside(paths: &HomePaths) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for item in std::fs::read_dir(paths.root())? {
        let item = item?;
        let name = item.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("journal.torn-") || name.starts_with("store.damaged-") {
            found.push(item.path());
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests;
