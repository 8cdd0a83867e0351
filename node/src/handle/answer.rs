//! What goes into a node and comes out of it, as plain data.

use super::findings::Findings;
use crate::space::Space;
use crate::trouble::Trouble;
use crate::view::{Need, PeerRow};
use grid_protocol::id::{ChangeHash, CoalitionId, Digest, DocumentId, GroupId, VersionId};
use grid_protocol::key::DeviceId;
use grid_protocol::time::Timestamp;

/// What a record is written into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A new record of this kind.
    New(String),
    /// This node's own record of a kind that exists once per group; made when it is not there yet.
    Own(String),
    /// A record that is there.
    Existing(DocumentId),
}

/// What a write did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The record.
    pub document: DocumentId,
    /// Whether anything changed.
    pub change: Change,
    /// Accepted heads after the write.
    pub heads: Vec<ChangeHash>,
}

/// Whether a write changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The record is new.
    Created,
    /// The record changed.
    Changed,
    /// All was so already; nothing was written.
    Unchanged,
}

/// Whether an import writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// It only says what it would do.
    DryRun,
    /// It does.
    Write,
}

/// What becomes of a row whose record was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Removed {
    /// It is left alone: what somebody took away stays away.
    #[default]
    Stays,
    /// It makes a new record.
    ComesAgain,
}

/// What an import did, or would do, with one row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Line of the file.
    pub line: u64,
    /// What became of it.
    pub outcome: ImportOutcome,
    /// What somebody should look at, though the row was taken.
    pub note: Option<String>,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// Its record says all that.
    Done(Change),
    /// It stands for something that another group writes, or that was removed, and is sound otherwise; why.
    Skipped(String),
    /// It can't be taken; why.
    Refused(String),
}

/// A new invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInvite {
    /// The whole text, with the statement in it: for a link or a file.
    pub text: String,
    /// The short form, for a QR code: the statement is fetched when the nodes meet.
    pub short: String,
    /// When it ends.
    pub expires: Timestamp,
    /// Its slots.
    pub slots: Vec<u32>,
    /// The titles of the pages that the whole text brings, to be read before signing.
    pub pages: Vec<String>,
}

/// An invite that this device has issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InviteRow {
    /// The slot.
    pub slot: u32,
    /// The version of the statement that its slots belong to.
    pub version: VersionId,
    /// When it ends.
    pub expires: Timestamp,
    /// Where it stands.
    pub state: InviteState,
}

/// Where an invite stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InviteState {
    /// Nobody has used it.
    Open,
    /// Its time is over, and nobody has used it.
    Expired,
    /// A group has used it.
    Used(GroupId),
    /// It was taken back.
    Revoked,
}

/// Whose node this is: what costs nothing to tell.
#[derive(Clone, Debug)]
pub struct Me {
    /// The coalition.
    pub coalition: CoalitionId,
    /// Its name, once the founding records are here.
    pub coalition_name: Option<String>,
    /// The name of this group.
    pub group_name: String,
    /// This device.
    pub device: DeviceId,
}

/// Where this node stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// The coalition.
    pub coalition: CoalitionId,
    /// Its name, once the founding records are here.
    pub coalition_name: Option<String>,
    /// This group.
    pub group: GroupId,
    /// Its name.
    pub group_name: String,
    /// This device.
    pub device: DeviceId,
    /// Whether this group is a member, and what is missing.
    pub standing: OwnStanding,
    /// Equal on nodes that hold the same.
    pub state_root: Digest,
    /// Member groups.
    pub members: usize,
    /// Records that are held.
    pub records: usize,
    /// Own entries that no other group has received yet.
    pub pending: u64,
    /// Connected and known peers.
    pub peers: Vec<PeerRow>,
    /// Addresses under which this node listens.
    pub listen: Vec<String>,
    /// What is wrong with this machine, in words, with what to do.
    pub troubles: Vec<Trouble>,
    /// What waits for the people of this group: votes, signatures.
    pub needs: Vec<Need>,
    /// What the entries of each group take up here.
    pub space: Space,
    /// Rules that somebody broke, and records that can't be read here.
    pub findings: Findings,
}

/// Where this group stands in the coalition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnStanding {
    /// It is a member.
    Member,
    /// It has not signed the statement.
    NotSigned,
    /// It has answered an invite, and no member's node has taken the answer in yet.
    Waiting,
    /// It has signed, and too few vouches count for it: how many, and who is to do what.
    LacksVouches(String),
    /// This computer waits for its certificate from the group's other one, which has refused it for this reason.
    Pairing(Option<String>),
    /// A member's node has refused the answer.
    Refused(String),
    /// It has withdrawn.
    Withdrawn,
    /// An adopted version of the statement removed it: which one, and what that means.
    Removed(String),
}
