//! Keys and signatures: Ed25519, verified strictly, over `purpose || id`.

use crate::domain::Purpose;
use crate::effort;
use crate::id::{derive, to_base32};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A public Ed25519 key of a root, a device or an invite: 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PublicKey(pub [u8; 32]);

/// Names a device: its public signing key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeviceId(pub PublicKey);

/// The public Ed25519 key behind a device's libp2p PeerId: 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PeerKey(pub [u8; 32]);

/// The public X25519 key to which secrets for a device are sealed: 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SealKey(pub [u8; 32]);

/// A detached Ed25519 signature: 64 bytes, RFC 8032.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature(pub [u8; 64]);

/// A signature or key that proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The key is not a point of the curve, or one of small order.
    #[error("the public key is not a sound Ed25519 key")]
    WeakKey,
    /// The signature does not belong to this key and these bytes.
    #[error("the signature does not belong to this key and these bytes")]
    BadSignature,
}

impl PublicKey {
    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Checks that the key is a point of the curve and not of small order.
    ///
    /// # Errors
    ///
    /// [`KeyError::WeakKey`] otherwise.
    pub fn check(&self) -> Result<(), KeyError> {
        self.point().map(drop)
    }

    /// Checks `signature` over `purpose || id` with RFC 8032's strict rules.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the key is weak or the signature is not by it.
    pub fn verify(&self, purpose: Purpose, id: &[u8; 32], signature: &Signature) -> Result<(), KeyError> {
        effort::signature();
        self.point()?
            .verify_strict(&signed_bytes(purpose, id), &ed25519_dalek::Signature::from_bytes(&signature.0))
            .map_err(|_| KeyError::BadSignature)
    }

    fn point(&self) -> Result<VerifyingKey, KeyError> {
        match VerifyingKey::from_bytes(&self.0) {
            Ok(point) if !point.is_weak() => Ok(point),
            _ => Err(KeyError::WeakKey),
        }
    }
}

impl DeviceId {
    /// The 32 bytes of the device's public key.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0.0
    }
}

/// The bytes that a signature covers.
pub fn signed_bytes(purpose: Purpose, id: &[u8; 32]) -> Vec<u8> {
    [purpose.as_str().as_bytes(), id].concat()
}

/// A secret Ed25519 key. Wiped when dropped, never printed.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key of a 32-byte seed, which must be random or derived from randomness.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The seed, to be stored where only its owner reads it.
    pub fn seed(&self) -> zeroize::Zeroizing<[u8; 32]> {
        zeroize::Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `purpose || id`.
    pub fn sign(&self, purpose: Purpose, id: &[u8; 32]) -> Signature {
        Signature(self.0.sign(&signed_bytes(purpose, id)).to_bytes())
    }

    /// A secret of another kind derived from this one, for `purpose`.
    pub fn derive(&self, purpose: Purpose) -> zeroize::Zeroizing<[u8; 32]> {
        zeroize::Zeroizing::new(derive(purpose, self.seed().as_slice()))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {:?})", self.public())
    }
}

macro_rules! base32_text {
    ($($name:ident),*) => { $(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&to_base32(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), &to_base32(&self.0)[..10])
            }
        }
    )* };
}

base32_text!(PublicKey, PeerKey, SealKey, Signature);

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({})", &self.0.to_string()[..10])
    }
}

impl std::str::FromStr for DeviceId {
    type Err = crate::id::ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The same text form as every id.
        text.parse::<crate::id::Digest>().map(|digest| Self(PublicKey(digest.0)))
    }
}

impl Serialize for Signature {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (front, back) = self.0.split_at(32);
        (<[u8; 32]>::try_from(front).expect("half of 64"), <[u8; 32]>::try_from(back).expect("half of 64"))
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (front, back) = <([u8; 32], [u8; 32])>::deserialize(deserializer)?;
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&front);
        bytes[32..].copy_from_slice(&back);
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain;

    #[test]
    fn a_signature_holds_for_its_purpose_id_and_key_alone() {
        let key = SecretKey::from_seed(&[7; 32]);
        let signature = key.sign(domain::ENTRY, &[1; 32]);
        assert_eq!(key.public().verify(domain::ENTRY, &[1; 32], &signature), Ok(()));
        assert_eq!(key.public().verify(domain::VOUCH, &[1; 32], &signature), Err(KeyError::BadSignature));
        assert_eq!(key.public().verify(domain::ENTRY, &[2; 32], &signature), Err(KeyError::BadSignature));
        let other = SecretKey::from_seed(&[8; 32]);
        assert_eq!(other.public().verify(domain::ENTRY, &[1; 32], &signature), Err(KeyError::BadSignature));
    }

    #[test]
    fn keys_of_small_order_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(PublicKey(identity).check(), Err(KeyError::WeakKey));
        assert_eq!(PublicKey([0; 32]).check(), Err(KeyError::WeakKey));
    }

    #[test]
    fn a_secret_key_does_not_print_itself() {
        let key = SecretKey::from_seed(&[7; 32]);
        assert!(!format!("{key:?}").contains("7, 7"));
    }
}
