//! What waits for the people of this group: votes, signatures, vouches.

use grid_protocol::id::VersionId;

/// Something that waits for the people of this group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What it is.
    pub kind: NeedKind,
    /// The version that it is about.
    pub version: VersionId,
    /// What waits, in words.
    pub what: String,
    /// What to do.
    pub hint: String,
}

/// What waits for the people of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedKind {
    /// A proposal waits for the group's vote.
    Vote,
    /// An adopted version waits for its signature.
    Sign,
    /// The coalition has split, and the group has not said which branch it follows.
    Split,
    /// A group that has signed waits for its vouch.
    Vouch,
}
