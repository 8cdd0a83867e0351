//! What keeps the keys of a home shut: a key that argon2id makes of a passphrase.
//!
//! That key is also sealed to the escrow key, whose other half follows from the recovery words, so that a
//! forgotten passphrase is not the end of a home. What stands in the file unencrypted is authenticated.

use super::KeystoreError;
use crate::clock::random;
use crate::passphrase::Passphrase;
use crate::vault::{self, DataKey};
use argon2::{Algorithm, Argon2, Params, Version};
use grid_protocol::domain;
use grid_protocol::id::derive;
use grid_protocol::words::RecoveryWords;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// What argon2id is asked to spend on a passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
    pub(super) lanes: u32,
}

/// What the file says unencrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) cost: Cost,
    pub(super) salt: [u8; 32],
    pub(super) escrow: Option<[u8; 32]>,
}

/// The key of the lock, sealed to the escrow key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Escrowed {
    pub(super) ephemeral: [u8; 32],
    pub(super) sealed: Vec<u8>,
}

/// A lock that is open.
#[derive(Clone)]
pub(super) struct Lock {
    pub(super) header: Header,
    pub(super) escrowed: Option<Escrowed>,
    /// The key that opens the rest of the file.
    key: Zeroizing<[u8; 32]>,
    /// The key of the home's content.
    pub(super) data: DataKey,
}

impl Cost {
    /// What a new passphrase costs: 64 MiB, three passes, four lanes.
    pub(crate) const STANDARD: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };
    /// As little as there can be.
    #[cfg(test)]
    pub(crate) const LEAST: Self = Self { memory_kib: 8, passes: 1, lanes: 1 };
    /// What a file may ask for at most: nobody should need 100 GB to see a forged one refused.
    const MOST: Self = Self { memory_kib: 256 * 1024, passes: 16, lanes: 16 };

    /// What a file asks for; none beyond the bounds.
    pub(super) fn checked(self) -> Option<Self> {
        let Self { memory_kib, passes, lanes } = self;
        let sound = (1..=Self::MOST.passes).contains(&passes)
            && (1..=Self::MOST.lanes).contains(&lanes)
            && (8 * lanes..=Self::MOST.memory_kib).contains(&memory_kib);
        sound.then_some(self)
    }
}

impl Header {
    /// Every byte of it, each in its place.
    fn bytes(&self) -> Vec<u8> {
        let Cost { memory_kib, passes, lanes } = self.cost;
        let mut bytes = b"coalition-grid key file".to_vec();
        for number in [super::file::SEALED_FORMAT, memory_kib, passes, lanes] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.salt);
        if let Some(escrow) = &self.escrow {
            bytes.extend_from_slice(escrow);
        }
        bytes
    }

    /// The key that a passphrase makes.
    fn key(&self, passphrase: &Passphrase) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
        let Cost { memory_kib, passes, lanes } = self.cost;
        let unusable = |error: argon2::Error| KeystoreError::Damaged { what: format!("argon2id: {error}") };
        let params = Params::new(memory_kib, passes, lanes, Some(32)).map_err(unusable)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut key = Zeroizing::new([0; 32]);
        argon.hash_password_into(passphrase.bytes(), &self.salt, key.as_mut_slice()).map_err(unusable)?;
        Ok(key)
    }
}

impl Lock {
    /// A new lock, for a passphrase and, where there is an escrow key, for the recovery words.
    pub(super) fn new(
        passphrase: &Passphrase,
        cost: Cost,
        escrow: Option<[u8; 32]>,
        data: DataKey,
    ) -> Result<Self, KeystoreError> {
        let header = Header { cost, salt: random(), escrow };
        let key = header.key(passphrase)?;
        let escrowed = escrow.map(|escrow| Escrowed::seal(&header, &escrow, &key)).transpose()?;
        Ok(Self { header, escrowed, key, data })
    }

    /// Has the recovery words behind this key open it, and no others.
    pub(super) fn escrow(&mut self, escrow: [u8; 32]) -> Result<(), KeystoreError> {
        let header = Header { escrow: Some(escrow), ..self.header.clone() };
        self.escrowed = Some(Escrowed::seal(&header, &escrow, &self.key)?);
        self.header = header;
        Ok(())
    }

    /// Seals what the file keeps secret.
    pub(super) fn seal(&self, secrets: &[u8]) -> Vec<u8> {
        vault::seal(&self.key, &self.header.bytes(), secrets)
    }
}

/// What opens a file: its key and, opened with it, what the file keeps secret.
pub(super) struct Opened {
    key: Zeroizing<[u8; 32]>,
    pub(super) secrets: Zeroizing<Vec<u8>>,
}

impl Opened {
    /// Opens with a passphrase.
    pub(super) fn by_passphrase(
        header: &Header,
        sealed: &[u8],
        passphrase: &Passphrase,
    ) -> Result<Self, KeystoreError> {
        Self::by_key(header, sealed, header.key(passphrase)?).ok_or(KeystoreError::WrongPassphrase)
    }

    /// Opens with the recovery words.
    pub(super) fn by_words(
        header: &Header,
        escrowed: Option<&Escrowed>,
        sealed: &[u8],
        words: &RecoveryWords,
    ) -> Result<Self, KeystoreError> {
        let (Some(public), Some(escrowed)) = (header.escrow, escrowed) else {
            return Err(KeystoreError::NoEscrow);
        };
        let secret = words.escrow();
        if PublicKey::from(&secret).to_bytes() != public {
            return Err(KeystoreError::WrongWords);
        }
        escrowed
            .open(header, &secret)
            .and_then(|key| Self::by_key(header, sealed, key))
            .ok_or_else(|| KeystoreError::Damaged { what: "what the recovery words open does not read".to_owned() })
    }

    fn by_key(header: &Header, sealed: &[u8], key: Zeroizing<[u8; 32]>) -> Option<Self> {
        let secrets = Zeroizing::new(vault::open(&key, &header.bytes(), sealed).ok()?);
        Some(Self { key, secrets })
    }

    /// The lock as it was.
    pub(super) fn lock(self, header: Header, escrowed: Option<Escrowed>, data: DataKey) -> Lock {
        Lock { header, escrowed, key: self.key, data }
    }
}

impl Escrowed {
    fn seal(header: &Header, escrow: &[u8; 32], key: &[u8; 32]) -> Result<Self, KeystoreError> {
        let secret = StaticSecret::from(random());
        let ephemeral = PublicKey::from(&secret).to_bytes();
        let shared = shared(&secret, escrow, &ephemeral, escrow)
            .ok_or_else(|| KeystoreError::Damaged { what: "`escrow` is no sound key".to_owned() })?;
        Ok(Self { ephemeral, sealed: vault::seal(&shared, &header.bytes(), key) })
    }

    fn open(&self, header: &Header, secret: &StaticSecret) -> Option<Zeroizing<[u8; 32]>> {
        let escrow = PublicKey::from(secret).to_bytes();
        let shared = shared(secret, &self.ephemeral, &self.ephemeral, &escrow)?;
        let opened = Zeroizing::new(vault::open(&shared, &header.bytes(), &self.sealed).ok()?);
        Some(Zeroizing::new(opened.as_slice().try_into().ok()?))
    }
}

/// The key that only the holders of either half can work out; none for a key of small order.
fn shared(
    secret: &StaticSecret,
    other: &[u8; 32],
    ephemeral: &[u8; 32],
    escrow: &[u8; 32],
) -> Option<Zeroizing<[u8; 32]>> {
    let point = secret.diffie_hellman(&PublicKey::from(*other));
    if !point.was_contributory() {
        return None;
    }
    let input = Zeroizing::new([*point.as_bytes(), *ephemeral, *escrow].concat());
    Some(Zeroizing::new(derive(domain::ESCROW_SEAL, &input)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_may_ask_for_is_bounded() {
        assert!(Cost::STANDARD.checked().is_some() && Cost::LEAST.checked().is_some());
        for (memory_kib, passes, lanes) in
            [(100_000_000, 3, 4), (65_536, 1_000, 4), (65_536, 3, 1_000), (65_536, 0, 4), (65_536, 3, 0), (8, 1, 4)]
        {
            let cost = Cost { memory_kib, passes, lanes };
            assert_eq!(cost.checked(), None, "{cost:?}");
        }
        assert_eq!(Cost { memory_kib: u32::MAX, passes: u32::MAX, lanes: u32::MAX }.checked(), None);
    }

    #[test]
    fn nothing_is_sealed_to_a_key_of_small_order() {
        let header = Header { cost: Cost::LEAST, salt: [1; 32], escrow: Some([0; 32]) };
        assert!(matches!(Escrowed::seal(&header, &[0; 32], &[2; 32]), Err(KeystoreError::Damaged { .. })));
    }
}
