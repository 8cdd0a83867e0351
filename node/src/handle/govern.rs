//! What a group does about the statement and mandates, as plain data.

use grid_protocol::control::{Policy, Role, Term};
use grid_protocol::id::{GroupId, RecordId, VersionId};

/// Something that a group decides, and that becomes a signed record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// It proposes the next version of the statement.
    Propose(Proposing),
    /// It votes for a version.
    Vote {
        /// The version.
        version: VersionId,
        /// What to do where it voted for another one on the same base.
        second: SecondVote,
    },
    /// It signs an adopted version: from then on it follows that one.
    Sign {
        /// The version; without one the newest on the way that it follows.
        version: Option<VersionId>,
    },
    /// It vouches for a group.
    Vouch(GroupId),
    /// It claims a mandate.
    Claim(Claiming),
    /// It endorses a mandate.
    Endorse(RecordId),
    /// It takes its endorsement back.
    TakeBack(RecordId),
    /// It gives a mandate back that it claimed.
    GiveBack(RecordId),
}

/// How the next version differs from the one that is followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposing {
    /// The title, where it is another.
    pub title: Option<String>,
    /// The text, where it is another.
    pub text: Option<String>,
    /// Policies to add; one of the same title is replaced.
    pub policies: Vec<Policy>,
    /// Titles of policies to leave out.
    pub without_policies: Vec<String>,
    /// Groups that vote on the version after it.
    pub add_electors: Vec<GroupId>,
    /// Groups that no longer do.
    pub remove_electors: Vec<GroupId>,
    /// Groups that are no members any more.
    pub remove: Vec<GroupId>,
}

/// What becomes of a vote where the group voted for another version on the same base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondVote {
    /// It is refused: two adopted versions on one base split the coalition.
    Refuse,
    /// The group means it.
    Give,
}

/// A mandate to claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claiming {
    /// What the holder is.
    pub role: Role,
    /// For what, in words.
    pub scope: String,
    /// For how long.
    pub term: Term,
    /// Whose electors endorse it; without one the version that is followed.
    pub version: Option<VersionId>,
}
