//! A control record of any kind, its place in the set, and its bytes.

use crate::codec;
use crate::control::adoption::Adoption;
use crate::control::certificate::{Capabilities, DeviceCert};
use crate::control::error::{RecordError, Unmet};
use crate::control::fork_proof::ForkProof;
use crate::control::genesis::Genesis;
use crate::control::inception::Inception;
use crate::control::invitation::{Invite, InviteRevoked, Join};
use crate::control::mandate::{Endorsement, Mandate};
use crate::control::recovery::Recovery;
use crate::control::revoke::Revoke;
use crate::control::rotation::Rotation;
use crate::control::set::ControlSet;
use crate::control::signature::{StatementSignature, Withdrawal};
use crate::control::signed::{Body, Signer};
use crate::control::version::Version;
use crate::control::vote::Vote;
use crate::control::vouch::Vouch;
use crate::id::{CoalitionId, Digest, GroupId, RecordId, VersionId};
use crate::key::{DeviceId, PublicKey};
use crate::limits::MAX_RECORD;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A control record. The order of the kinds is their number on the wire: new kinds go to the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// The beginning of a group.
    Inception(Inception),
    /// A device of a group.
    DeviceCert(DeviceCert),
    /// The beginning of a coalition.
    Genesis(Box<Genesis>),
    /// A group's signature under the statement.
    Signature(StatementSignature),
    /// A group takes its signature back.
    Withdrawal(Withdrawal),
    /// A device vouches for a group.
    Vouch(Vouch),
    /// A device opens slots.
    Invite(Invite),
    /// A device closes slots.
    InviteRevoked(InviteRevoked),
    /// A group answers an invite.
    Join(Join),
    /// The next root of a group.
    Rotation(Rotation),
    /// A new root by the recovery contacts.
    Recovery(Box<Recovery>),
    /// The end of a device.
    Revoke(Revoke),
    /// A device has written two histories.
    ForkProof(Box<ForkProof>),
    /// An elector proposes a version.
    Version(Box<Version>),
    /// An elector votes for a version.
    Vote(Vote),
    /// A version was adopted.
    Adoption(Box<Adoption>),
    /// A group claims a mandate.
    Mandate(Mandate),
    /// An elector endorses a mandate, or takes that back.
    Endorsement(Endorsement),
}

/// The kinds of control records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// See [`Record::Inception`].
    Inception,
    /// See [`Record::DeviceCert`].
    DeviceCert,
    /// See [`Record::Genesis`].
    Genesis,
    /// See [`Record::Signature`].
    Signature,
    /// See [`Record::Withdrawal`].
    Withdrawal,
    /// See [`Record::Vouch`].
    Vouch,
    /// See [`Record::Invite`].
    Invite,
    /// See [`Record::InviteRevoked`].
    InviteRevoked,
    /// See [`Record::Join`].
    Join,
    /// See [`Record::Rotation`].
    Rotation,
    /// See [`Record::Recovery`].
    Recovery,
    /// See [`Record::Revoke`].
    Revoke,
    /// See [`Record::ForkProof`].
    ForkProof,
    /// See [`Record::Version`].
    Version,
    /// See [`Record::Vote`].
    Vote,
    /// See [`Record::Adoption`].
    Adoption,
    /// See [`Record::Mandate`].
    Mandate,
    /// See [`Record::Endorsement`].
    Endorsement,
}

impl Kind {
    /// All kinds, in the order of their numbers on the wire.
    pub const ALL: [Self; 18] = [
        Self::Inception,
        Self::DeviceCert,
        Self::Genesis,
        Self::Signature,
        Self::Withdrawal,
        Self::Vouch,
        Self::Invite,
        Self::InviteRevoked,
        Self::Join,
        Self::Rotation,
        Self::Recovery,
        Self::Revoke,
        Self::ForkProof,
        Self::Version,
        Self::Vote,
        Self::Adoption,
        Self::Mandate,
        Self::Endorsement,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inception => "inception",
            Self::DeviceCert => "device certificate",
            Self::Genesis => "genesis",
            Self::Signature => "statement signature",
            Self::Withdrawal => "withdrawal",
            Self::Vouch => "vouch",
            Self::Invite => "invite",
            Self::InviteRevoked => "revocation of invites",
            Self::Join => "join",
            Self::Rotation => "rotation",
            Self::Recovery => "recovery",
            Self::Revoke => "revocation of a device",
            Self::ForkProof => "proof of a fork",
            Self::Version => "version",
            Self::Vote => "vote",
            Self::Adoption => "adoption",
            Self::Mandate => "mandate",
            Self::Endorsement => "endorsement",
        })
    }
}

/// The place of a record in the set. At most two records share one.
///
/// Everything here is covered by the record's signature, the signer above all: nobody can displace a
/// record that another key signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the fields are those of the records, explained there")]
pub enum RecordKey {
    /// See [`Record::Inception`].
    Inception(GroupId),
    /// See [`Record::DeviceCert`].
    DeviceCert { group: GroupId, device: DeviceId, capabilities: Capabilities, signer: Signer },
    /// See [`Record::Genesis`].
    Genesis,
    /// See [`Record::Signature`].
    Signature { group: GroupId, version: VersionId, signer: Signer },
    /// See [`Record::Withdrawal`].
    Withdrawal { group: GroupId, version: VersionId, signer: Signer },
    /// See [`Record::Vouch`].
    Vouch { group: GroupId, version: VersionId, signer: Signer, slot: u32 },
    /// See [`Record::Invite`].
    Invite { group: GroupId, version: VersionId, signer: Signer, first: u32 },
    /// See [`Record::InviteRevoked`].
    InviteRevoked { group: GroupId, version: VersionId, signer: Signer },
    /// See [`Record::Join`].
    Join { group: GroupId, version: VersionId, signer: Signer },
    /// See [`Record::Rotation`]. Rival recoveries lead to rival roots of one number.
    Rotation { group: GroupId, number: u32, root: PublicKey, chain: Digest },
    /// See [`Record::Recovery`]. A root that was known once stays known, whichever rival decides.
    Recovery { group: GroupId, recovery: u32, root: PublicKey, chain: Digest },
    /// See [`Record::Revoke`].
    Revoke { group: GroupId, device: DeviceId, signer: Signer },
    /// See [`Record::ForkProof`]. The lowest one alone is kept.
    ForkProof { group: GroupId, device: DeviceId },
    /// See [`Record::Version`].
    Version { base: VersionId, group: GroupId, number: u32 },
    /// See [`Record::Vote`].
    Vote { version: VersionId, group: GroupId },
    /// See [`Record::Adoption`].
    Adoption { version: VersionId },
    /// See [`Record::Mandate`].
    Mandate { group: GroupId, version: VersionId, signer: Signer, number: u32 },
    /// See [`Record::Endorsement`].
    Endorsement { mandate: RecordId, group: GroupId, signer: Signer },
}

/// Calls one expression for the record of whichever kind; `$signed` names its signed part, `$whole` a
/// record that is not signed by one key of its group.
macro_rules! of_each {
    ($record:expr, genesis($g:ident) => $genesis:expr, whole($w:ident) => $whole:expr, signed($s:ident) => $signed:expr) => {
        match $record {
            Record::Genesis($g) => $genesis,
            Record::Recovery($w) => $whole,
            Record::ForkProof($w) => $whole,
            Record::Rotation($s) => $signed,
            Record::Revoke($s) => $signed,
            Record::Adoption($g) => $genesis,
            Record::Inception($s) => $signed,
            Record::DeviceCert($crate::control::DeviceCert { signed: $s, .. }) => $signed,
            Record::Signature($s) => $signed,
            Record::Withdrawal($s) => $signed,
            Record::Vouch($s) => $signed,
            Record::Invite($s) => $signed,
            Record::InviteRevoked($s) => $signed,
            Record::Join($crate::control::Join { signed: $s, .. }) => $signed,
            Record::Vote($crate::control::Vote { signed: $s, .. }) => $signed,
            Record::Mandate($s) => $signed,
            Record::Endorsement($s) => $signed,
            Record::Version(version) => {
                let $s = &version.signed;
                $signed
            }
        }
    };
}

pub(super) use of_each;

impl Record {
    /// The record's id: the hash of all that is signed in it.
    pub fn id(&self) -> RecordId {
        of_each!(self, genesis(g) => g.id(), whole(w) => w.id(), signed(s) => s.id())
    }

    /// The record's place in the set.
    pub fn key(&self) -> RecordKey {
        of_each!(self, genesis(g) => g.key(), whole(w) => w.key(), signed(s) => s.key())
    }

    /// The group that speaks, or that is spoken of; none for a genesis and an adoption.
    pub fn group(&self) -> Option<GroupId> {
        of_each!(self, genesis(_g) => None, whole(w) => Some(w.body.group), signed(s) => Some(s.body.group()))
    }

    /// Which key of the group signed; none where several did, or nobody.
    pub fn signer(&self) -> Option<Signer> {
        of_each!(self, genesis(_g) => None, whole(_w) => None, signed(s) => Some(s.signer))
    }

    /// The coalition that the record is for; none where it holds in every coalition.
    pub fn coalition(&self) -> Option<CoalitionId> {
        of_each!(self, genesis(g) => Some(g.coalition()), whole(w) => Some(w.body.coalition), signed(s) => s.body.coalition())
    }

    /// The kind of the record.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Inception(_) => Kind::Inception,
            Self::DeviceCert(_) => Kind::DeviceCert,
            Self::Genesis(_) => Kind::Genesis,
            Self::Signature(_) => Kind::Signature,
            Self::Withdrawal(_) => Kind::Withdrawal,
            Self::Vouch(_) => Kind::Vouch,
            Self::Invite(_) => Kind::Invite,
            Self::InviteRevoked(_) => Kind::InviteRevoked,
            Self::Join(_) => Kind::Join,
            Self::Rotation(_) => Kind::Rotation,
            Self::Recovery(_) => Kind::Recovery,
            Self::Revoke(_) => Kind::Revoke,
            Self::ForkProof(_) => Kind::ForkProof,
            Self::Version(_) => Kind::Version,
            Self::Vote(_) => Kind::Vote,
            Self::Adoption(_) => Kind::Adoption,
            Self::Mandate(_) => Kind::Mandate,
            Self::Endorsement(_) => Kind::Endorsement,
        }
    }

    /// The bytes of the record.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The record of exactly these bytes, with its shape checked. Signatures are checked when it is
    /// offered to a set, which knows the keys.
    ///
    /// # Errors
    ///
    /// [`RecordError`] when the bytes are no record, or one out of bounds.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() > MAX_RECORD {
            return Err(RecordError::TooLarge { found: bytes.len() });
        }
        let record: Self = codec::decode(bytes)?;
        record.check()?;
        Ok(record)
    }

    /// Checks everything about the record's shape that is not in its types.
    ///
    /// # Errors
    ///
    /// [`RecordError`] naming what is out of bounds.
    pub fn check(&self) -> Result<(), RecordError> {
        match self {
            Self::Version(record) => record.check(),
            Self::Vote(record) => record.check(),
            other => of_each!(other, genesis(g) => g.check(), whole(w) => w.check(), signed(s) => s.check()),
        }
    }

    pub(crate) fn rank(&self) -> u64 {
        of_each!(self, genesis(_g) => 0, whole(w) => w.rank(), signed(s) => s.body.rank())
    }

    /// Whether it counts.
    pub(crate) fn admit(&self, known: &ControlSet) -> Result<(), Unmet> {
        match self {
            Self::Inception(record) => record.admit_alone(known),
            Self::DeviceCert(record) => record.admit(known),
            Self::Genesis(record) => record.admit(known),
            Self::Signature(record) => record.admit(known),
            Self::Withdrawal(record) => record.admit(known),
            Self::Vouch(record) => record.admit(known),
            Self::Invite(record) => record.admit(known),
            Self::InviteRevoked(record) => record.admit(known),
            Self::Join(record) => record.admit(known),
            Self::Rotation(record) => record.admit_next(known),
            Self::Recovery(record) => record.admit(known),
            Self::Revoke(record) => record.admit_end(known),
            Self::ForkProof(record) => record.admit(known),
            Self::Version(record) => record.admit_proposal(known),
            Self::Vote(record) => record.admit_vote(known),
            Self::Adoption(record) => record.admit(known),
            Self::Mandate(record) => record.admit(known),
            Self::Endorsement(record) => record.admit_endorsement(known),
        }
    }
}
