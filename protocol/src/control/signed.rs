//! What all control records share: a body, who signed it, and the signature.
//!
//! A record's id is the hash of its body followed by its signer under the purpose of its kind; the
//! signature covers `purpose || id`. The signer is inside the id, so that two signers of equal bodies
//! make two records and nobody can put his own in the place of somebody else's.

use crate::codec::encode;
use crate::control::error::{Missing, RecordError, Unmet};
use crate::control::proven::Proven;
use crate::control::record::RecordKey;
use crate::control::root::RootNumber;
use crate::control::set::ControlSet;
use crate::domain::Purpose;
use crate::id::{CoalitionId, GroupId, RecordId, VersionId};
use crate::key::{DeviceId, PublicKey, SecretKey, Signature};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which key of a group signed a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Signer {
    /// The root of this number, which the group has had from the beginning or by rotation since.
    Root(u32),
    /// A device that the group certified with `govern`.
    Device(DeviceId),
    /// A root that the group has after a recovery: its number, as [`RootNumber`] makes it, and its key, since recoveries
    /// that contradict each other bring several roots of one number.
    Recovered(u32, PublicKey),
}

impl Signer {
    /// No signer comes before it in order.
    pub(crate) const FIRST: Self = Self::Root(0);
    /// No signer comes after it in order.
    pub(crate) const LAST: Self = Self::Recovered(u32::MAX, PublicKey([0xff; 32]));

    /// The root of this number with this key. There is one way to name it.
    pub const fn of_root(number: RootNumber, key: PublicKey) -> Self {
        match number.recovery {
            0 => Self::Root(number.number()),
            _ => Self::Recovered(number.number(), key),
        }
    }

    /// Which root it is; none where it is a device, or no root that there can be.
    pub const fn root(&self) -> Option<RootNumber> {
        match self {
            Self::Root(number) | Self::Recovered(number, _) => RootNumber::of(*number),
            Self::Device(_) => None,
        }
    }

    /// Checks that a root is named in the one way that there is.
    pub(crate) fn check(&self) -> Result<(), RecordError> {
        let expected = "a root up to 64, or one after a recovery up to 64 with its key";
        match (self, self.root()) {
            (Self::Device(_), _) | (Self::Root(_), Some(RootNumber { recovery: 0, .. })) => Ok(()),
            (Self::Recovered(_, key), Some(RootNumber { recovery: 1.., .. })) => {
                key.check().map_err(|source| RecordError::Key { whose: "root", source })
            }
            _ => Err(RecordError::Signer { expected, found: *self }),
        }
    }
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(number) | Self::Recovered(number, _) => match RootNumber::of(*number) {
                Some(root) => root.fmt(f),
                None => write!(f, "root {number}"),
            },
            Self::Device(device) => write!(f, "device {}", &device.to_string()[..10]),
        }
    }
}

/// Whose signature a kind of record asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signers {
    /// A root only.
    Roots,
    /// A device with `govern` only: the record is about that device's own slots.
    Devices,
    /// Either.
    Both,
}

/// A secret key together with what it is in its group.
#[derive(Clone, Copy, Debug)]
pub enum SigningKey<'a> {
    /// The group's root of this number.
    Root(u32, &'a SecretKey),
    /// A device of the group.
    Device(&'a SecretKey),
}

impl SigningKey<'_> {
    /// What the record names as its signer.
    pub fn signer(&self) -> Signer {
        match self {
            Self::Root(number, key) => match RootNumber::of(*number) {
                Some(root) => Signer::of_root(root, key.public()),
                None => Signer::Root(*number),
            },
            Self::Device(key) => Signer::Device(DeviceId(key.public())),
        }
    }

    fn secret(&self) -> &SecretKey {
        match self {
            Self::Root(_, key) | Self::Device(key) => key,
        }
    }
}

/// The part of a record that its signature covers, and the rules of its kind.
pub trait Body: Serialize {
    /// Under which its ids are made.
    const PURPOSE: Purpose;
    /// Who may sign it.
    const SIGNERS: Signers;

    /// The group that speaks.
    fn group(&self) -> GroupId;
    /// The coalition that it is for; none where a record holds in every coalition.
    fn coalition(&self) -> Option<CoalitionId>;
    /// The version of the statement that it is about.
    fn version(&self) -> Option<VersionId>;
    /// Its place in the set.
    fn key(&self, signer: Signer) -> RecordKey;
    /// Of several records in one place, those of the highest rank count.
    fn rank(&self) -> u64;
    /// Checks everything about its shape that is not in its types.
    ///
    /// # Errors
    ///
    /// [`RecordError`] naming what is out of bounds.
    fn check(&self) -> Result<(), RecordError>;
}

/// The three lines that are alike in every body with fields `group`, `coalition` and `version`.
macro_rules! about_the_coalition {
    () => {
        fn group(&self) -> $crate::id::GroupId {
            self.group
        }

        fn coalition(&self) -> Option<$crate::id::CoalitionId> {
            Some(self.coalition)
        }

        fn version(&self) -> Option<$crate::id::VersionId> {
            Some(self.version)
        }
    };
}
pub(crate) use about_the_coalition;

/// The same of every body with fields `group` and `coalition` that is under no version, or under one that
/// it asks for itself.
macro_rules! about_no_version {
    () => {
        fn group(&self) -> $crate::id::GroupId {
            self.group
        }

        fn coalition(&self) -> Option<$crate::id::CoalitionId> {
            Some(self.coalition)
        }

        fn version(&self) -> Option<$crate::id::VersionId> {
            None
        }
    };
}
pub(crate) use about_no_version;

/// Checks that a group is an elector of a version.
pub(super) fn check_elector(known: &ControlSet, group: GroupId, version: VersionId) -> Result<(), Unmet> {
    let electors = known.electors_of(&version).ok_or(Unmet::Missing(Missing::Version(version)))?;
    match electors.binary_search(&group) {
        Ok(_) => Ok(()),
        Err(_) => Err(RecordError::NotElector { group, version }.into()),
    }
}

/// A body with its signer and signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed<B> {
    /// What is said.
    pub body: B,
    /// Which key of the group says it.
    pub signer: Signer,
    /// That key's signature over `purpose || id`.
    pub signature: Signature,
}

impl<B: Body> Signed<B> {
    /// Signs a body.
    pub fn sign(body: B, key: SigningKey<'_>) -> Self {
        let signer = key.signer();
        let id = id_of(&body, signer);
        let signature = key.secret().sign(B::PURPOSE, id.as_bytes());
        Self { body, signer, signature }
    }

    /// The bytes whose hash is the id: the body, then the signer.
    pub fn hashed_bytes(&self) -> Vec<u8> {
        hashed_bytes(&self.body, self.signer)
    }

    /// The hash of body and signer.
    pub fn id(&self) -> RecordId {
        id_of(&self.body, self.signer)
    }

    /// The place of this record in the set.
    pub fn key(&self) -> RecordKey {
        self.body.key(self.signer)
    }

    /// Checks that `key` made the signature.
    ///
    /// # Errors
    ///
    /// [`RecordError::Signature`] otherwise.
    pub fn verify(&self, key: &PublicKey) -> Result<(), RecordError> {
        self.verify_by(&Proven::default(), key)
    }

    /// The same, unless that is known.
    pub(super) fn verify_by(&self, proven: &Proven, key: &PublicKey) -> Result<(), RecordError> {
        proven
            .verify(key, B::PURPOSE, &self.id(), &self.signature)
            .map_err(|source| RecordError::Signature { by: self.signer.to_string(), source })
    }

    pub(crate) fn check(&self) -> Result<(), RecordError> {
        match (B::SIGNERS, self.signer) {
            (Signers::Roots, Signer::Device(_)) => Err(RecordError::Signer { expected: "a root", found: self.signer }),
            (Signers::Devices, Signer::Root(_) | Signer::Recovered(..)) => {
                Err(RecordError::Signer { expected: "a device", found: self.signer })
            }
            _ => {
                self.signer.check()?;
                self.body.check()
            }
        }
    }

    /// Checks the signature against what the set knows of the group's keys.
    pub(crate) fn admit(&self, known: &ControlSet) -> Result<(), Unmet> {
        let group = self.body.group();
        match self.signer {
            Signer::Device(device) => {
                self.verify_by(known.proven(), &device.0)?;
                if !known.governs(&group, &device) {
                    return Err(Unmet::Missing(Missing::Certificate { group, device }));
                }
            }
            root => known.verify_root(&group, root, (B::PURPOSE, self.id()), &self.signature)?,
        }
        match self.body.version() {
            Some(version) if !known.knows_version(&version) => Err(Unmet::Missing(Missing::Version(version))),
            _ => Ok(()),
        }
    }
}

fn hashed_bytes<B: Body>(body: &B, signer: Signer) -> Vec<u8> {
    encode(&(body, signer))
}

fn id_of<B: Body>(body: &B, signer: Signer) -> RecordId {
    RecordId::of(B::PURPOSE, &hashed_bytes(body, signer))
}
