//! The keys of this device, in one file that only its owner may read.
//!
//! `keys`, mode 0600: `{"format":2,"root":{"number":..,"seed":..},"device":..,"transport":..,"seal":..}`,
//! each seed 32 bytes in hex. The recovery words are not in it: of the group's roots the file holds one at
//! most, `null` on a device that certifies no others. Format 1 had root 0 as a bare seed.

use crate::home::{Home, write_private};
use data_encoding::HEXLOWER;
use grid_protocol::control::{DeviceSecrets, RootNumber};
use grid_protocol::key::{SealKey, SecretKey};
use grid_protocol::words::RecoveryWords;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const FORMAT: u32 = 2;
/// The one before, still read.
const FIRST_FORMAT: u32 = 1;

/// The keys of one device.
pub(crate) struct Keystore {
    root: Option<HeldRoot>,
    device: SecretKey,
    transport: SecretKey,
    seal: x25519_dalek::StaticSecret,
}

/// A root of the group that this device holds.
pub(crate) struct HeldRoot {
    /// Which one.
    pub(crate) number: RootNumber,
    /// The key.
    pub(crate) key: SecretKey,
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

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

#[derive(Deserialize)]
struct FirstKeyFile {
    root: Zeroizing<String>,
    device: Zeroizing<String>,
    transport: Zeroizing<String>,
    seal: Zeroizing<String>,
}

#[derive(Serialize, Deserialize)]
struct RootInFile {
    number: u32,
    seed: Zeroizing<String>,
}

#[derive(Serialize, Deserialize)]
struct KeyFile {
    format: u32,
    root: Option<RootInFile>,
    device: Zeroizing<String>,
    transport: Zeroizing<String>,
    seal: Zeroizing<String>,
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
            root: self
                .root
                .as_ref()
                .map(|root| RootInFile { number: root.number.number(), seed: hex(&root.key.seed()) }),
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
        let FormatOnly { format } = parse(&text)?;
        let file = match format {
            FORMAT => parse::<KeyFile>(&text)?,
            FIRST_FORMAT => {
                let FirstKeyFile { root, device, transport, seal } = parse(&text)?;
                KeyFile { format: FORMAT, root: Some(RootInFile { number: 0, seed: root }), device, transport, seal }
            }
            found => return Err(KeystoreError::NewerFormat { found }),
        };
        Ok(Self {
            root: file.root.map(|root| held(&root)).transpose()?,
            device: SecretKey::from_seed(&*seed(&file.device, "device")?),
            transport: SecretKey::from_seed(&*seed(&file.transport, "transport")?),
            seal: x25519_dalek::StaticSecret::from(*seed(&file.seal, "seal")?),
        })
    }

    /// The root of the group that this device holds; none on a device that certifies no others.
    pub(crate) const fn root(&self) -> Option<&HeldRoot> {
        self.root.as_ref()
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

fn parse<T: serde::de::DeserializeOwned>(text: &[u8]) -> Result<T, KeystoreError> {
    serde_json::from_slice(text).map_err(|error| KeystoreError::Damaged { what: error.to_string() })
}

fn held(root: &RootInFile) -> Result<HeldRoot, KeystoreError> {
    let number = RootNumber::of(root.number)
        .ok_or_else(|| KeystoreError::Damaged { what: format!("there is no root {}", root.number) })?;
    Ok(HeldRoot { number, key: SecretKey::from_seed(&*seed(&root.seed, "root")?) })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::random;

    #[test]
    fn keys_are_read_as_they_were_written_with_a_root_and_without() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::create(&dir.path().join("home")).unwrap();
        let words = RecoveryWords::from_entropy([7; 32]);
        let mut keys = Keystore::generate(&words, &mut random);
        keys.save(&home).unwrap();
        let read = Keystore::load(&home).unwrap();
        assert_eq!(read.device().public(), keys.device().public());
        assert_eq!(read.root().map(|root| root.key.public()), Some(words.root(0).public()));
        keys.root = None;
        keys.save(&home).unwrap();
        assert!(Keystore::load(&home).unwrap().root().is_none());
    }

    #[test]
    fn keys_of_the_first_format_are_read_and_those_of_a_newer_one_refused() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::create(&dir.path().join("home")).unwrap();
        let seed = "07".repeat(32);
        let write = |format: u32| {
            let text = format!(
                r#"{{"format":{format},"root":"{seed}","device":"{seed}","transport":"{seed}","seal":"{seed}"}}"#
            );
            write_private(&home.paths().keys(), text.as_bytes()).unwrap();
        };
        write(1);
        assert_eq!(Keystore::load(&home).unwrap().root().map(|root| root.number), Some(RootNumber::FIRST));
        write(3);
        assert!(matches!(Keystore::load(&home), Err(KeystoreError::NewerFormat { found: 3 })));
    }
}
