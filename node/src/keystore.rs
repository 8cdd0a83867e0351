//! The keys of this device, in one file that only its owner may read.
//!
//! `keys`, mode 0600, plain or sealed under a passphrase. The recovery words are not in it: of the group's
//! roots the file holds one at most, none on a device that certifies no others. Whoever opens the file opens
//! the home with it: the key of what is sealed in journal and store lies beside the seeds.

mod file;
mod lock;

pub(crate) use lock::Cost;

use crate::home::{Home, write_private};
use crate::passphrase::Passphrase;
use crate::vault::{DataKey, Vault};
use file::{KeyFile, RootInFile, SEALED_FORMAT, SealedFile, Secrets, hex, seed};
use grid_protocol::control::{DeviceSecrets, RootNumber, SigningKey};
use grid_protocol::key::{SealKey, SecretKey};
use grid_protocol::words::RecoveryWords;
use lock::{Lock, Opened};
use std::path::Path;
use zeroize::Zeroizing;

/// The keys of one device.
pub(crate) struct Keystore {
    root: Option<HeldRoot>,
    device: SecretKey,
    transport: SecretKey,
    seal: x25519_dalek::StaticSecret,
    /// The public half of the key that follows from the recovery words; none in homes made before there was one.
    escrow: Option<[u8; 32]>,
    /// What keeps the file shut.
    lock: Option<Lock>,
}

/// A root of the group that this device holds.
pub(crate) struct HeldRoot {
    /// Which one.
    pub(crate) number: RootNumber,
    /// The key.
    pub(crate) key: SecretKey,
}

impl HeldRoot {
    /// What it signs with.
    pub(crate) fn signing(&self) -> SigningKey<'_> {
        SigningKey::Root(self.number.number(), &self.key)
    }
}

/// What a key file is opened with.
#[derive(Clone, Copy)]
pub(crate) enum Opener<'a> {
    /// Nothing: the file must be a plain one.
    Nothing,
    /// A passphrase, which a plain file does not ask for.
    Passphrase(&'a Passphrase),
    /// The recovery words, where the passphrase is forgotten.
    Words(&'a RecoveryWords),
}

impl<'a> From<Option<&'a Passphrase>> for Opener<'a> {
    fn from(passphrase: Option<&'a Passphrase>) -> Self {
        passphrase.map_or(Self::Nothing, Self::Passphrase)
    }
}

/// Whether the keys of a home lie under a passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// They lie there as they are, and so does everything else.
    Unprotected,
    /// Keys and content are sealed.
    Passphrase,
}

/// Why the keys can't be had.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
    /// The file is missing or can't be read or written.
    #[error("the keys of this home can't be read or written")]
    Io(#[from] std::io::Error),
    /// The file is not what was written.
    #[error("the key file is damaged: {what}")]
    Damaged {
        /// What is wrong with it.
        what: String,
    },
    /// A newer program wrote it.
    #[error("the key file has format {found}, this program reads up to {SEALED_FORMAT}")]
    NewerFormat {
        /// Its format.
        found: u32,
    },
    /// It is sealed, and no passphrase was given.
    #[error("this home has a passphrase, and none was given")]
    Locked,
    /// The passphrase does not open it.
    #[error("the passphrase is wrong, or the key file is damaged")]
    WrongPassphrase,
    /// The words are those of another group, or of this one before it got new ones.
    #[error("these are not the recovery words of this home's group")]
    WrongWords,
    /// The passphrase was set without the words.
    #[error("recovery words do not open this home: its passphrase was set without them")]
    NoEscrow,
}

impl KeystoreError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Locked => {
                "start it in a terminal and type the passphrase, or give a file that holds it: --passphrase-file FILE"
            }
            Self::WrongPassphrase => {
                "try again, and look at capital letters and the keyboard's language; forgotten? `grid passphrase reset` takes your 24 recovery words"
            }
            Self::WrongWords => "look for the paper of this group; every group has words of its own",
            Self::NoEscrow => {
                "only the passphrase opens it; without it, make a new home: with a code of another computer of your group (`grid device add`), or with the words themselves (`grid group recover --from INVITE`)"
            }
            Self::NewerFormat { .. } => crate::home::NEWER_PROGRAM,
            Self::Io(_) => {
                "check that the disk has space and that the directory belongs to you; a file that is gone comes back from a backup of this home"
            }
            Self::Damaged { .. } => {
                "restore the file from a backup of this home; without one, join with a new invite in a new home"
            }
        }
    }
}

impl Keystore {
    /// New keys: the root from the words, the others from randomness.
    pub(crate) fn generate(words: &RecoveryWords, random: &mut impl FnMut() -> [u8; 32]) -> Self {
        let root = HeldRoot { number: RootNumber::FIRST, key: words.root(0) };
        Self {
            root: Some(root),
            device: SecretKey::from_seed(&random()),
            transport: SecretKey::from_seed(&random()),
            seal: x25519_dalek::StaticSecret::from(random()),
            escrow: Some(escrow_of(words)),
            lock: None,
        }
    }

    /// Sets a passphrase, or another one. The home's content keeps its key, or gets a new one with the first
    /// passphrase; the file has to be saved, and with the first one the content to be sealed.
    ///
    /// # Errors
    ///
    /// [`KeystoreError`]; then the keys are as they were.
    pub(crate) fn protect(&mut self, passphrase: &Passphrase, cost: Cost) -> Result<(), KeystoreError> {
        let data = self.lock.as_ref().map_or_else(DataKey::generate, |lock| lock.data.clone());
        self.lock = Some(Lock::new(passphrase, cost, self.escrow, data)?);
        Ok(())
    }

    /// Takes the passphrase away; the file has to be saved, and the content to be opened.
    pub(crate) fn expose(&mut self) {
        self.lock = None;
    }

    /// Takes note of the words that open this home where its passphrase is forgotten: a home made before they
    /// did, or a group that was recovered and has new ones. They must be those of the root that this device
    /// holds, if it holds one; the file has to be saved.
    ///
    /// # Errors
    ///
    /// [`KeystoreError::WrongWords`]; then the keys are as they were.
    pub(crate) fn take_words(&mut self, words: &RecoveryWords) -> Result<(), KeystoreError> {
        let is_other = |root: &HeldRoot| words.root(root.number.rotation).public() != root.key.public();
        if self.root().is_some_and(is_other) {
            return Err(KeystoreError::WrongWords);
        }
        let escrow = escrow_of(words);
        if let Some(lock) = &mut self.lock {
            lock.escrow(escrow)?;
        }
        self.escrow = Some(escrow);
        Ok(())
    }

    /// Whether the recovery words open what a passphrase locks here.
    pub(crate) const fn has_escrow(&self) -> bool {
        self.escrow.is_some()
    }

    /// How the content of this home lies on disk.
    pub(crate) fn vault(&self) -> Vault {
        self.lock.as_ref().map_or(Vault::Plain, |lock| Vault::Sealed(lock.data.clone()))
    }

    /// Whether the keys of a home lie under a passphrase.
    ///
    /// # Errors
    ///
    /// [`KeystoreError`].
    pub(crate) fn protection(path: &Path) -> Result<Protection, KeystoreError> {
        Ok(match KeyFile::read(path)? {
            KeyFile::Plain { .. } => Protection::Unprotected,
            KeyFile::Sealed(_) => Protection::Passphrase,
        })
    }

    /// Whether a passphrase opens a key file; a plain one opens with any.
    ///
    /// # Errors
    ///
    /// [`KeystoreError`].
    pub(crate) fn check(path: &Path, passphrase: &Passphrase) -> Result<(), KeystoreError> {
        match KeyFile::read(path)? {
            KeyFile::Plain { .. } => Ok(()),
            KeyFile::Sealed(SealedFile { header, sealed, .. }) => {
                Opened::by_passphrase(&header, &sealed, passphrase).map(drop)
            }
        }
    }

    /// New keys for a further device, which certifies no others.
    pub(crate) fn further(random: &mut impl FnMut() -> [u8; 32]) -> Self {
        Self {
            root: None,
            device: SecretKey::from_seed(&random()),
            transport: SecretKey::from_seed(&random()),
            seal: x25519_dalek::StaticSecret::from(random()),
            escrow: None,
            lock: None,
        }
    }

    /// New keys for a device that takes this one's place; the root stays, and so does the passphrase.
    pub(crate) fn renewed(&self, random: &mut impl FnMut() -> [u8; 32]) -> Self {
        let root = self.root.as_ref();
        let root = root.map(|root| HeldRoot { number: root.number, key: SecretKey::from_seed(&root.key.seed()) });
        Self { root, escrow: self.escrow, lock: self.lock.clone(), ..Self::further(random) }
    }

    /// Writes the keys into a home.
    ///
    /// # Errors
    ///
    /// [`KeystoreError`].
    pub(crate) fn save(&self, home: &Home) -> Result<(), KeystoreError> {
        self.save_as(&home.paths().keys())
    }

    /// Writes the keys into a file.
    ///
    /// # Errors
    ///
    /// [`KeystoreError`].
    pub(crate) fn save_as(&self, path: &Path) -> Result<(), KeystoreError> {
        let mut secrets = Secrets {
            root: self
                .root
                .as_ref()
                .map(|root| RootInFile { number: root.number.number(), seed: hex(&root.key.seed()) }),
            device: hex(&self.device.seed()),
            transport: hex(&self.transport.seed()),
            seal: hex(&Zeroizing::new(self.seal.to_bytes())),
            data: None,
        };
        let file = match &self.lock {
            None => KeyFile::Plain { escrow: self.escrow, secrets },
            Some(lock) => {
                secrets.data = Some(hex(lock.data.bytes()));
                let sealed = lock.seal(&secrets.encode()?);
                KeyFile::Sealed(SealedFile { header: lock.header.clone(), escrowed: lock.escrowed.clone(), sealed })
            }
        };
        Ok(write_private(path, &file.encode()?)?)
    }

    /// Reads the keys of a home, and opens the home with them.
    ///
    /// # Errors
    ///
    /// [`KeystoreError`].
    pub(crate) fn load(home: &Home, opener: Opener<'_>) -> Result<Self, KeystoreError> {
        let this = match KeyFile::read(&home.paths().keys())? {
            KeyFile::Plain { escrow, secrets } => Self::of(&secrets, escrow, None)?,
            KeyFile::Sealed(SealedFile { header, escrowed, sealed }) => {
                let opened = match opener {
                    Opener::Nothing => return Err(KeystoreError::Locked),
                    Opener::Passphrase(passphrase) => Opened::by_passphrase(&header, &sealed, passphrase)?,
                    Opener::Words(words) => Opened::by_words(&header, escrowed.as_ref(), &sealed, words)?,
                };
                let secrets = Secrets::decode(&opened.secrets)?;
                let data = secrets.data.as_ref().map(|text| seed(text, "data")).transpose()?;
                let data = data.ok_or_else(|| KeystoreError::Damaged { what: "`data` is missing".to_owned() })?;
                let escrow = header.escrow;
                Self::of(&secrets, escrow, Some(opened.lock(header, escrowed, DataKey::of(data))))?
            }
        };
        home.unlock(this.vault());
        Ok(this)
    }

    fn of(secrets: &Secrets, escrow: Option<[u8; 32]>, lock: Option<Lock>) -> Result<Self, KeystoreError> {
        Ok(Self {
            root: secrets.root.as_ref().map(held).transpose()?,
            device: SecretKey::from_seed(&*seed(&secrets.device, "device")?),
            transport: SecretKey::from_seed(&*seed(&secrets.transport, "transport")?),
            seal: x25519_dalek::StaticSecret::from(*seed(&secrets.seal, "seal")?),
            escrow,
            lock,
        })
    }

    /// The root of the group that this device holds; none on a device that certifies no others.
    pub(crate) const fn root(&self) -> Option<&HeldRoot> {
        self.root.as_ref()
    }

    /// Holds another root from now on.
    pub(crate) fn hold(&mut self, root: HeldRoot) {
        self.root = Some(root);
    }

    /// The key that signs entries and records.
    pub(crate) const fn device(&self) -> &SecretKey {
        &self.device
    }

    /// The seed of the key behind the PeerId.
    pub(crate) fn transport_seed(&self) -> Zeroizing<[u8; 32]> {
        self.transport.seed()
    }

    /// The secrets that a device certificate is made with.
    pub(crate) fn secrets(&self) -> DeviceSecrets {
        DeviceSecrets {
            device: SecretKey::from_seed(&self.device.seed()),
            peer: SecretKey::from_seed(&self.transport.seed()),
            seal: SealKey(x25519_dalek::PublicKey::from(&self.seal).to_bytes()),
        }
    }
}

fn escrow_of(words: &RecoveryWords) -> [u8; 32] {
    x25519_dalek::PublicKey::from(&words.escrow()).to_bytes()
}

fn held(root: &RootInFile) -> Result<HeldRoot, KeystoreError> {
    let number = RootNumber::of(root.number)
        .ok_or_else(|| KeystoreError::Damaged { what: format!("there is no root {}", root.number) })?;
    Ok(HeldRoot { number, key: SecretKey::from_seed(&*seed(&root.seed, "root")?) })
}

#[cfg(test)]
mod tests;
