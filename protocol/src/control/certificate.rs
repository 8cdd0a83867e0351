//! DeviceCert: a group says that a device speaks for it.
//!
//! Signed by a root of the group, by the device, and by the key behind its PeerId, so that nobody can
//! certify a device or claim a PeerId that is not his. Rights once given are taken away by revocation,
//! not by a later certificate with fewer of them: otherwise the order of arrival would matter.

use crate::codec::{Format, encode};
use crate::control::error::{RecordError, Unmet, bounds, check_line};
use crate::control::record::RecordKey;
use crate::control::set::ControlSet;
use crate::control::signed::{Body, Signed, Signer, Signers, SigningKey};
use crate::domain::{self, Purpose};
use crate::id::{CoalitionId, GroupId, RecordId, VersionId};
use crate::key::{DeviceId, KeyError, PeerKey, PublicKey, SealKey, SecretKey, Signature};
use crate::limits::MAX_NAME;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use x25519_dalek::StaticSecret;

/// What a device may do for its group: one byte, bit 0 write, bit 1 govern, bit 2 relay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Capabilities(u8);

impl Capabilities {
    /// None at all.
    pub const NONE: Self = Self(0);
    /// Writes the group's documents.
    pub const WRITE: Self = Self(1);
    /// Signs, vouches, invites and votes for the group.
    pub const GOVERN: Self = Self(2);
    /// Passes on the traffic of others. Reserved: nothing asks for it.
    pub const RELAY: Self = Self(4);
    /// What the first device of a group has.
    pub const ALL: Self = Self(7);

    /// Each that there is, ascending.
    pub(crate) fn every() -> impl Iterator<Item = Self> {
        (Self::NONE.0..=Self::ALL.0).map(Self)
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both have.
    #[must_use]
    pub const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether all of `other` are among these.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl From<Capabilities> for u8 {
    fn from(capabilities: Capabilities) -> u8 {
        capabilities.0
    }
}

impl TryFrom<u8> for Capabilities {
    type Error = RecordError;

    fn try_from(bits: u8) -> Result<Self, RecordError> {
        if bits <= Self::ALL.0 { Ok(Self(bits)) } else { Err(bounds("capabilities", "bits 0 to 2", bits.into())) }
    }
}

/// What a group says about a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCertBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The group.
    pub group: GroupId,
    /// The device's signing key.
    pub device: DeviceId,
    /// The key to which secrets for the device are sealed.
    pub seal: SealKey,
    /// The key behind the device's PeerId.
    pub peer: PeerKey,
    /// What the device may do.
    pub capabilities: Capabilities,
    /// What the group calls the device.
    pub label: String,
    /// Reserved: kept, and compared with nothing, since no clock enters who may do what.
    pub expires: Option<Timestamp>,
    /// Of several certificates of one device the highest is shown.
    pub serial: u32,
}

/// The secret keys of one device.
#[derive(Debug)]
pub struct DeviceSecrets {
    /// Signs entries and records.
    pub device: SecretKey,
    /// The key behind the PeerId.
    pub peer: SecretKey,
    /// The public key to which secrets are sealed.
    pub seal: SealKey,
}

/// A device certificate with its three signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCert {
    /// The content, signed by a root of the group.
    pub signed: Signed<DeviceCertBody>,
    /// The device's signature over the same.
    pub by_device: Signature,
    /// The signature over the same by the key behind the PeerId.
    pub by_peer: Signature,
}

impl DeviceCert {
    /// Certifies a device.
    pub fn new(body: DeviceCertBody, root: SigningKey<'_>, secrets: &DeviceSecrets) -> Self {
        let signed = Signed::sign(body, root);
        let id = signed.id();
        Self {
            by_device: secrets.device.sign(domain::DEVICE_CERT, id.as_bytes()),
            by_peer: secrets.peer.sign(domain::DEVICE_CERT, id.as_bytes()),
            signed,
        }
    }

    /// A certificate that the device and its PeerId's key have signed before the root does.
    pub(crate) fn countersigned(
        body: DeviceCertBody,
        root: SigningKey<'_>,
        by_device: Signature,
        by_peer: Signature,
    ) -> Self {
        Self { signed: Signed::sign(body, root), by_device, by_peer }
    }

    /// The content.
    pub fn body(&self) -> &DeviceCertBody {
        &self.signed.body
    }

    /// The hash of content and signer.
    pub fn id(&self) -> RecordId {
        self.signed.id()
    }

    pub(crate) fn admit(&self, known: &ControlSet) -> Result<(), Unmet> {
        let (id, body) = (self.id(), self.body());
        let proven = |key: PublicKey, signature: &Signature, by: &str| {
            known
                .proven()
                .verify(&key, domain::DEVICE_CERT, &id, signature)
                .map_err(|source| RecordError::Signature { by: by.to_owned(), source })
        };
        proven(body.device.0, &self.by_device, "the device")?;
        proven(PublicKey(body.peer.0), &self.by_peer, "the PeerId's key")?;
        self.signed.admit(known)
    }
}

impl DeviceCertBody {
    /// The id that the certificate has once this root signs it.
    pub(crate) fn id_under(&self, root: Signer) -> RecordId {
        RecordId::of(Self::PURPOSE, &encode(&(self, root)))
    }
}

impl Body for DeviceCertBody {
    const PURPOSE: Purpose = domain::DEVICE_CERT;
    const SIGNERS: Signers = Signers::Roots;

    fn group(&self) -> GroupId {
        self.group
    }

    fn coalition(&self) -> Option<CoalitionId> {
        None
    }

    fn version(&self) -> Option<VersionId> {
        None
    }

    /// Certificates of different capabilities stand in different places: what a device once could do
    /// must not depend on which of its certificates arrived first.
    fn key(&self, signer: Signer) -> RecordKey {
        RecordKey::DeviceCert { group: self.group, device: self.device, capabilities: self.capabilities, signer }
    }

    fn rank(&self) -> u64 {
        self.serial.into()
    }

    fn check(&self) -> Result<(), RecordError> {
        check_line("label of the device", &self.label, MAX_NAME)?;
        self.device.0.check().map_err(|source| RecordError::Key { whose: "device", source })?;
        PublicKey(self.peer.0).check().map_err(|source| RecordError::Key { whose: "PeerId", source })?;
        // Sealing to a point of small order would give a secret that everybody knows.
        let sealed = StaticSecret::from([1; 32]).diffie_hellman(&x25519_dalek::PublicKey::from(self.seal.0));
        if !sealed.was_contributory() {
            return Err(RecordError::Key { whose: "seal", source: KeyError::WeakKey });
        }
        Ok(())
    }
}
