//! The key file as it is written: plain, or sealed under a passphrase.
//!
//! Format 2, plain: `{"format":2,"escrow":..,"root":{"number":..,"seed":..},"device":..,"transport":..,"seal":..}`.
//! Format 3: `{"format":3,"escrow":..,"passphrase":{"kdf":"argon2id","memory_kib":..,"passes":..,"lanes":..,
//! "salt":..},"words":{"ephemeral":..,"sealed":..},"sealed":..}`; what is sealed is the plain file without
//! format and escrow, and `data`, the key of the home's content. Bytes are in hex. Format 1 was plain, with
//! root 0 as a bare seed.

use super::KeystoreError;
use super::lock::{Cost, Escrowed, Header};
use data_encoding::HEXLOWER;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use zeroize::Zeroizing;

/// The newest format: keys under a passphrase.
pub(super) const SEALED_FORMAT: u32 = 3;
/// Keys as they are.
const PLAIN_FORMAT: u32 = 2;
/// The first one, still read.
const FIRST_FORMAT: u32 = 1;
/// No key file is longer.
const MOST_BYTES: u64 = 64 * 1024;
const KDF: &str = "argon2id";

/// What a key file holds.
pub(super) enum KeyFile {
    Plain { escrow: Option<[u8; 32]>, secrets: Secrets },
    Sealed(SealedFile),
}

/// A file under a passphrase.
pub(super) struct SealedFile {
    pub(super) header: Header,
    pub(super) escrowed: Option<Escrowed>,
    pub(super) sealed: Vec<u8>,
}

/// The seeds, in hex.
#[derive(Serialize, Deserialize)]
pub(super) struct Secrets {
    pub(super) root: Option<RootInFile>,
    pub(super) device: Zeroizing<String>,
    pub(super) transport: Zeroizing<String>,
    pub(super) seal: Zeroizing<String>,
    /// Only under a passphrase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Zeroizing<String>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RootInFile {
    pub(super) number: u32,
    pub(super) seed: Zeroizing<String>,
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

#[derive(Deserialize)]
struct FirstFile {
    root: Zeroizing<String>,
    device: Zeroizing<String>,
    transport: Zeroizing<String>,
    seal: Zeroizing<String>,
}

#[derive(Serialize, Deserialize)]
struct PlainFile {
    format: u32,
    #[serde(default)]
    escrow: Option<String>,
    #[serde(flatten)]
    secrets: Secrets,
}

#[derive(Serialize, Deserialize)]
struct LockedFile {
    format: u32,
    escrow: Option<String>,
    passphrase: PassphraseInFile,
    words: Option<WordsInFile>,
    sealed: String,
}

#[derive(Serialize, Deserialize)]
struct PassphraseInFile {
    kdf: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
}

#[derive(Serialize, Deserialize)]
struct WordsInFile {
    ephemeral: String,
    sealed: String,
}

impl KeyFile {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> Result<Self, KeystoreError> {
        let mut text = Zeroizing::new(Vec::new());
        File::open(path)?.take(MOST_BYTES).read_to_end(&mut text)?;
        let FormatOnly { format } = parse(&text)?;
        match format {
            SEALED_FORMAT => Ok(Self::Sealed(locked(parse(&text)?)?)),
            PLAIN_FORMAT => {
                let PlainFile { escrow, secrets, .. } = parse(&text)?;
                Ok(Self::Plain { escrow: escrow.map(|text| array(&text, "escrow")).transpose()?, secrets })
            }
            FIRST_FORMAT => {
                let FirstFile { root, device, transport, seal } = parse(&text)?;
                let root = Some(RootInFile { number: 0, seed: root });
                Ok(Self::Plain { escrow: None, secrets: Secrets { root, device, transport, seal, data: None } })
            }
            found => Err(KeystoreError::NewerFormat { found }),
        }
    }

    /// The bytes of the file.
    pub(super) fn encode(self) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
        match self {
            Self::Plain { escrow, secrets } => {
                let escrow = escrow.map(|key| HEXLOWER.encode(&key));
                encode(&PlainFile { format: PLAIN_FORMAT, escrow, secrets })
            }
            Self::Sealed(SealedFile { header: Header { cost, salt, escrow }, escrowed, sealed }) => {
                let words = escrowed.map(|escrowed| WordsInFile {
                    ephemeral: HEXLOWER.encode(&escrowed.ephemeral),
                    sealed: HEXLOWER.encode(&escrowed.sealed),
                });
                let Cost { memory_kib, passes, lanes } = cost;
                let salt = HEXLOWER.encode(&salt);
                encode(&LockedFile {
                    format: SEALED_FORMAT,
                    escrow: escrow.map(|key| HEXLOWER.encode(&key)),
                    passphrase: PassphraseInFile { kdf: KDF.to_owned(), memory_kib, passes, lanes, salt },
                    words,
                    sealed: HEXLOWER.encode(&sealed),
                })
            }
        }
    }
}

impl Secrets {
    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
        encode(self)
    }

    pub(super) fn decode(text: &[u8]) -> Result<Self, KeystoreError> {
        parse(text)
    }
}

fn locked(file: LockedFile) -> Result<SealedFile, KeystoreError> {
    let PassphraseInFile { kdf, memory_kib, passes, lanes, salt } = file.passphrase;
    if kdf != KDF {
        return Err(damaged(format!("it names {kdf:.20} as the way from passphrase to key, expected {KDF}")));
    }
    let cost = Cost { memory_kib, passes, lanes }.checked().ok_or_else(|| {
        damaged(format!(
            "it asks for {memory_kib} KiB, {passes} passes and {lanes} lanes, which is more than a passphrase takes, or nothing"
        ))
    })?;
    let escrow = file.escrow.map(|text| array(&text, "escrow")).transpose()?;
    let header = Header { cost, salt: array(&salt, "salt")?, escrow };
    let escrowed = |words: WordsInFile| {
        Ok::<_, KeystoreError>(Escrowed {
            ephemeral: array(&words.ephemeral, "ephemeral")?,
            sealed: bytes(&words.sealed, "words")?,
        })
    };
    let escrowed = file.words.map(escrowed).transpose()?;
    Ok(SealedFile { header, escrowed, sealed: bytes(&file.sealed, "sealed")? })
}

/// A seed in hex.
pub(super) fn hex(seed: &[u8; 32]) -> Zeroizing<String> {
    Zeroizing::new(HEXLOWER.encode(seed))
}

/// A seed out of hex.
pub(super) fn seed(text: &str, name: &str) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
    array(text, name).map(Zeroizing::new)
}

fn array(text: &str, name: &str) -> Result<[u8; 32], KeystoreError> {
    let bytes = HEXLOWER.decode(text.as_bytes()).ok().map(Zeroizing::new);
    bytes
        .and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok())
        .ok_or_else(|| damaged(format!("`{name}` is not 32 bytes in hex")))
}

fn bytes(text: &str, name: &str) -> Result<Vec<u8>, KeystoreError> {
    HEXLOWER.decode(text.as_bytes()).map_err(|_| damaged(format!("`{name}` is not in hex")))
}

fn encode(file: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
    serde_json::to_vec(file).map(Zeroizing::new).map_err(|error| damaged(error.to_string()))
}

fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, KeystoreError> {
    // Where it stops, and never what stands there: secrets do.
    serde_json::from_slice(text)
        .map_err(|error| damaged(format!("it is no key file: line {}, character {}", error.line(), error.column())))
}

fn damaged(what: String) -> KeystoreError {
    KeystoreError::Damaged { what }
}
