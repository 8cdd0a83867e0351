//! In which layer of what is believed a record enters.

use super::record::Kind;

/// The layers that follow from the control set, the lowest first. Each is a function of the records that enter in
/// it and of the layers below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Which device is whose.
    Keys,
    /// Which rules hold.
    Governance,
    /// Who belongs.
    Membership,
}

impl Layer {
    /// The layer in which records of a kind enter.
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Inception | Kind::DeviceCert | Kind::Rotation | Kind::Recovery | Kind::Revoke | Kind::ForkProof => {
                Self::Keys
            }
            Kind::Genesis
            | Kind::Vouch
            | Kind::Invite
            | Kind::InviteRevoked
            | Kind::Join
            | Kind::Version
            | Kind::Vote
            | Kind::Adoption
            | Kind::Mandate
            | Kind::Endorsement => Self::Governance,
            Kind::Signature | Kind::Withdrawal => Self::Membership,
        }
    }
}
