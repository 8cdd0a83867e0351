//! The control set: signed records that say who belongs and who may do what.
//!
//! One file per kind of record; [`Record`] is one of any kind; [`ControlSet`] keeps them. A record proves
//! itself: every node that has seen the same records keeps the same ones, whatever the order. What the
//! records add up to is worked out in [`crate::authority`].

mod adoption;
mod author;
mod certificate;
mod certified;
mod devices;
mod error;
mod fork_proof;
mod genesis;
mod inception;
mod invitation;
mod known_root;
mod layer;
mod mandate;
pub(crate) mod plain_root;
mod proven;
mod record;
mod recovery;
mod revoke;
mod root;
mod rotation;
mod set;
mod signature;
mod signed;
mod standing;
mod statement;
mod version;
mod vote;
mod vouch;
mod waiting;

#[cfg(test)]
mod governing_tests;
#[cfg(test)]
mod kind_tests;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod standing_tests;
#[cfg(test)]
mod surplus_tests;
#[cfg(test)]
mod tests;

pub use adoption::{Adoption, Ballot};
pub use author::{
    Founding, Joining, NewGroup, Signs, first_device, first_device_with, found, join_records, join_records_with,
};
pub use certificate::{Capabilities, DeviceCert, DeviceCertBody, DeviceSecrets};
pub use certified::Certified;
pub(crate) use error::check_line;
pub use error::{Missing, RecordError};
pub use fork_proof::{ForkBody, ForkError, ForkProof};
pub use genesis::{Admission, Genesis, GenesisBody, RULES_VERSION, Threshold, VouchedBy};
pub use inception::{Inception, InceptionBody, RecoveryContacts};
pub use invitation::{Invite, InviteBody, InviteRevoked, InviteRevokedBody, Join, JoinBody};
pub use known_root::KnownRoot;
pub use layer::Layer;
pub use mandate::{Endorsement, EndorsementBody, Mandate, MandateBody, Role, Stance, Term};
pub use record::{Kind, Record, RecordKey};
pub use recovery::{Approval, Recovery, RecoveryBody};
pub use revoke::{Cut, Revoke, RevokeBody};
pub use root::RootNumber;
pub use rotation::{Listed, Rotation, RotationBody};
pub use set::{Batch, ControlSet, Offer};
pub use signature::{StatementSignature, StatementSignatureBody, Withdrawal, WithdrawalBody};
pub use signed::{Body, Signed, Signer, Signers, SigningKey};
pub use statement::{Policy, Statement};
pub use version::{Removal, Version, VersionBody};
pub use vote::{Vote, VoteBody};
pub use vouch::{Vouch, VouchBody};
