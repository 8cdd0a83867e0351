//! Invite, InviteRevoked and Join: how a group comes in through a slot that somebody opened for it.
//!
//! A device publishes the public half of an invite key for a range of its slots. Whoever holds the secret
//! half joins with it: the join counts as the vouch until the device confirms it with an explicit one, so
//! that joining works while the inviter is away.

use crate::codec::Format;
use crate::control::error::{RecordError, Unmet, check_list};
use crate::control::record::RecordKey;
use crate::control::set::ControlSet;
use crate::control::signed::{Body, Signed, Signer, Signers, SigningKey, about_the_coalition};
use crate::control::vouch::check_slots;
use crate::domain::{self, Purpose};
use crate::id::{CoalitionId, GroupId, RecordId, VersionId};
use crate::key::{DeviceId, PublicKey, SecretKey, Signature};
use crate::limits::MAX_SLOTS;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What a device offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// The version of its statement.
    pub version: VersionId,
    /// The group that invites.
    pub group: GroupId,
    /// The first slot of the signing device that is open.
    pub first: u32,
    /// How many slots are open: for as many groups.
    pub count: u32,
    /// The public half of the key that opens them.
    pub key: PublicKey,
    /// When it was made; of several on the same first slot the latest two count.
    pub issued_at: Timestamp,
    /// After this nobody is let in by it.
    pub expires: Timestamp,
}

/// An invite, signed by the device whose slots it opens.
pub type Invite = Signed<InviteBody>;

impl InviteBody {
    /// Whether the invite opens this slot.
    pub fn covers(&self, slot: u32) -> bool {
        slot >= self.first && slot - self.first < self.count
    }
}

/// Slots that a device has closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteRevokedBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// The version of its statement.
    pub version: VersionId,
    /// The group of the device.
    pub group: GroupId,
    /// All slots that the device has closed up to now, ascending: the longest list counts.
    pub slots: Vec<u32>,
}

/// Invites taken back, signed by the device that issued them. Confirmed slots stay as they are.
pub type InviteRevoked = Signed<InviteRevokedBody>;

/// A group's answer to an invite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// The version of its statement.
    pub version: VersionId,
    /// The group that joins.
    pub group: GroupId,
    /// The device that issued the invite.
    pub issuer: DeviceId,
    /// The slot of that device.
    pub slot: u32,
    /// The public half of the invite key.
    pub key: PublicKey,
    /// When the group says that it joined; its latest two joins count.
    pub joined_at: Timestamp,
}

/// A join, signed by the group and by the invite key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// The content, signed by the group.
    pub signed: Signed<JoinBody>,
    /// The invite key's signature over the same.
    pub by_invite: Signature,
}

impl Join {
    /// Joins through a slot.
    pub fn new(body: JoinBody, key: SigningKey<'_>, invite: &SecretKey) -> Self {
        let signed = Signed::sign(body, key);
        Self { by_invite: invite.sign(domain::JOIN, signed.id().as_bytes()), signed }
    }

    /// The content.
    pub fn body(&self) -> &JoinBody {
        &self.signed.body
    }

    /// The hash of content and signer.
    pub fn id(&self) -> RecordId {
        self.signed.id()
    }

    /// Checks the invite key's signature, for which nothing else has to be known.
    pub(crate) fn check_invite_key(&self, known: &ControlSet) -> Result<(), RecordError> {
        known
            .proven()
            .verify(&self.body().key, domain::JOIN, &self.id(), &self.by_invite)
            .map_err(|source| RecordError::Signature { by: "the invite key".to_owned(), source })
    }

    pub(crate) fn admit(&self, known: &ControlSet) -> Result<(), Unmet> {
        self.check_invite_key(known)?;
        self.signed.admit(known)
    }
}

impl Body for InviteBody {
    const PURPOSE: Purpose = domain::INVITE;
    const SIGNERS: Signers = Signers::Devices;

    about_the_coalition!();

    fn key(&self, signer: Signer) -> RecordKey {
        RecordKey::Invite { group: self.group, version: self.version, signer, first: self.first }
    }

    fn rank(&self) -> u64 {
        self.issued_at.0
    }

    fn check(&self) -> Result<(), RecordError> {
        check_slots(self.first, self.count)?;
        self.key.check().map_err(|source| RecordError::Key { whose: "invite", source })
    }
}

impl Body for InviteRevokedBody {
    const PURPOSE: Purpose = domain::INVITE_REVOKED;
    const SIGNERS: Signers = Signers::Devices;

    about_the_coalition!();

    fn key(&self, signer: Signer) -> RecordKey {
        RecordKey::InviteRevoked { group: self.group, version: self.version, signer }
    }

    fn rank(&self) -> u64 {
        self.slots.len() as u64
    }

    fn check(&self) -> Result<(), RecordError> {
        check_list("revoked slots", &self.slots, MAX_SLOTS as usize)?;
        self.slots.iter().try_for_each(|slot| check_slots(*slot, 1))
    }
}

impl Body for JoinBody {
    const PURPOSE: Purpose = domain::JOIN;
    const SIGNERS: Signers = Signers::Both;

    about_the_coalition!();

    /// A group has one place for its joins, whatever they name: nobody grows the set by inventing slots.
    fn key(&self, signer: Signer) -> RecordKey {
        RecordKey::Join { group: self.group, version: self.version, signer }
    }

    fn rank(&self) -> u64 {
        self.joined_at.0
    }

    fn check(&self) -> Result<(), RecordError> {
        check_slots(self.slot, 1)?;
        self.key.check().map_err(|source| RecordError::Key { whose: "invite", source })
    }
}
