//! What lies on disk as it is, or sealed under the data key of a home that has a passphrase.
//!
//! ```text
//! sealed   1 | nonce, 24 bytes | XChaCha20-Poly1305 ciphertext and tag
//! ```
//!
//! Nonces are random: a file that is cut back and written again uses none twice. What is sealed is bound to
//! the place where it lies, so that nobody exchanges two values without the key.

use crate::clock::random;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The form of sealed bytes that this program reads and writes.
const FORMAT: u8 = 1;
const NONCE: usize = 24;

/// How what a home holds lies on disk.
#[derive(Clone, Debug, Default)]
pub enum Vault {
    /// As it is.
    #[default]
    Plain,
    /// Sealed under the data key of the home.
    Sealed(DataKey),
}

/// The key under which a home's content is sealed. Wiped when the last copy is dropped, never printed.
#[derive(Clone)]
pub struct DataKey(Arc<Zeroizing<[u8; 32]>>);

/// Where sealed bytes lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Journal = 1,
    Store = 2,
    Profile = 3,
    Rows = 4,
}

/// Why content can't be had, although it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// There is no key.
    #[error("it is sealed under a passphrase, and was opened without one")]
    Locked,
    /// It should be sealed, and isn't.
    #[error("it lies there unencrypted, although this home has a passphrase")]
    Unsealed,
    /// The key does not open it.
    #[error("it is damaged, or this is the wrong key")]
    WrongKey,
}

impl VaultError {
    /// What to do about it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Locked => "give the passphrase of this home",
            Self::Unsealed | Self::WrongKey => {
                "put back the whole home from one backup: keys, journal and store belong together"
            }
        }
    }
}

impl DataKey {
    /// A new key.
    pub(crate) fn generate() -> Self {
        Self::of(Zeroizing::new(random()))
    }

    pub(crate) fn of(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(Arc::new(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals what lies at `place` of a room.
    pub(crate) fn seal(&self, room: Room, place: &[u8], plain: &[u8]) -> Vec<u8> {
        seal(&self.0, &bound(room, place), plain)
    }

    /// Opens what lies at `place` of a room.
    ///
    /// # Errors
    ///
    /// [`VaultError::WrongKey`].
    pub(crate) fn open(&self, room: Room, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        open(&self.0, &bound(room, place), sealed)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(secret)")
    }
}

fn bound(room: Room, place: &[u8]) -> Vec<u8> {
    [&[room as u8], place].concat()
}

/// Seals bytes under a key, together with what the reader must know alike.
pub(crate) fn seal(key: &[u8; 32], bound: &[u8], plain: &[u8]) -> Vec<u8> {
    let random = random();
    let (nonce, _) = random.split_at(NONCE);
    let cipher = XChaCha20Poly1305::new(key.into());
    let sealed = cipher.encrypt(XNonce::from_slice(nonce), Payload { msg: plain, aad: bound });
    let sealed = sealed.expect("what is sealed is far shorter than the 256 GiB that the cipher takes");
    [&[FORMAT], nonce, &sealed].concat()
}

/// Opens what [`seal`] sealed.
///
/// # Errors
///
/// [`VaultError::WrongKey`] also where a newer program sealed it: nothing else can be known.
pub(crate) fn open(key: &[u8; 32], bound: &[u8], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
    let (nonce, sealed) =
        sealed.strip_prefix(&[FORMAT]).and_then(|rest| rest.split_at_checked(NONCE)).ok_or(VaultError::WrongKey)?;
    let cipher = XChaCha20Poly1305::new(key.into());
    let opened = cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: bound });
    opened.map_err(|_| VaultError::WrongKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_at_its_place_alone() {
        let key = DataKey::generate();
        let sealed = key.seal(Room::Store, b"here", b"a sentence");
        assert_eq!(key.open(Room::Store, b"here", &sealed).unwrap(), b"a sentence");
        assert_eq!(key.open(Room::Store, b"there", &sealed), Err(VaultError::WrongKey));
        assert_eq!(key.open(Room::Journal, b"here", &sealed), Err(VaultError::WrongKey));
        assert_eq!(DataKey::generate().open(Room::Store, b"here", &sealed), Err(VaultError::WrongKey));
        assert_ne!(key.seal(Room::Store, b"here", b"a sentence"), sealed, "no nonce is used twice");
    }

    #[test]
    fn sealed_bytes_that_were_changed_anywhere_do_not_open() {
        let key = DataKey::generate();
        let sealed = key.seal(Room::Profile, b"", b"a sentence");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(Room::Profile, b"", &changed), Err(VaultError::WrongKey), "byte {at}");
            assert_eq!(key.open(Room::Profile, b"", &sealed[..at]), Err(VaultError::WrongKey), "cut at {at}");
        }
    }

    #[test]
    fn a_key_does_not_print_itself() {
        let key = DataKey::of(Zeroizing::new([7; 32]));
        assert_eq!(format!("{:?}", Vault::Sealed(key)), "Sealed(DataKey(secret))");
    }
}
