//! The keys of this device, in one file that only its owner may read.
//!
//! `keys`, mode 0600: `{"format":1,"root":..,"device":..,"transport":..,"seal":..}`, each a 32-byte
//! seed in hex. The recovery words are not in it: of the group's roots the file holds root 0 alone.

use crate::home::{Home, write_private};
use data_encoding::HEXLOWER;
use grid_protocol::control::DeviceSecrets;
use grid_protocol::key::{SealKey, SecretKey};
use grid_protocol::words::RecoveryWords;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const FORMAT: u32 = 1;

/// The keys of one device.
pub(crate) struct Keystore {
    root: SecretKey,
    device: SecretKey,
    transport: SecretKey,
    seal: x25519_dalek::StaticSecret,
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
    #[error("the key file has format {found}, this program reads format {FORMAT}")]
    NewerFormat {
        /// Its format.
        found: u32,
    },
}

#[derive(Serialize, Deserialize)]
struct KeyFile {
    format: u32,
    root: Zeroizing<String>,
    device: Zeroizing<String>,
    transport: Zeroizing<String>,
    seal: Zeroizing<String>,
}

impl Keystore {
    /// New keys: the root from the words, the others from randomness.
    pub(crate) fn generate(words: &RecoveryWords, random: &mut impl FnMut() -> [u8; 32]) -> Self {
        Self {
            root: words.root(0),
            device: SecretKey::from_seed(&random()),
            transport: SecretKey::from_seed(&random()),
            seal: x25519_dalek::StaticSecret::from(random()),
        }
    }

    /// Writes the keys into a home.
    ///
    /// # Errors
    ///
    /// [`KeystoreError`].
    pub(crate) fn save(&self, home: &Home) -> Result<(), KeystoreError> {
        let file = KeyFile {
            format: FORMAT,
            root: hex(&self.root.seed()),
            device: hex(&self.device.seed()),
            transport: hex(&self.transport.seed()),
            seal: hex(&Zeroizing::new(self.seal.to_bytes())),
        };
        let text = Zeroizing::new(
            serde_json::to_vec(&file).map_err(|error| KeystoreError::Damaged { what: error.to_string() })?,
        );
        Ok(write_private(&home.paths().keys(), &text)?)
    }

    /// Reads the keys of a home.
    ///
    /// # Errors
    ///
    /// [`KeystoreError`].
    pub(crate) fn load(home: &Home) -> Result<Self, KeystoreError> {
        let text = Zeroizing::new(std::fs::read(home.paths().keys())?);
        let file: KeyFile =
            serde_json::from_slice(&text).map_err(|error| KeystoreError::Damaged { what: error.to_string() })?;
        if file.format != FORMAT {
            return Err(KeystoreError::NewerFormat { found: file.format });
        }
        Ok(Self {
            root: SecretKey::from_seed(&*seed(&file.root, "root")?),
            device: SecretKey::from_seed(&*seed(&file.device, "device")?),
            transport: SecretKey::from_seed(&*seed(&file.transport, "transport")?),
            seal: x25519_dalek::StaticSecret::from(*seed(&file.seal, "seal")?),
        })
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

fn hex(seed: &[u8; 32]) -> Zeroizing<String> {
    Zeroizing::new(HEXLOWER.encode(seed))
}

fn seed(text: &str, name: &str) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
    HEXLOWER
        .decode(text.as_bytes())
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
        .map(Zeroizing::new)
        .ok_or_else(|| KeystoreError::Damaged { what: format!("`{name}` is not 32 bytes in hex") })
}
