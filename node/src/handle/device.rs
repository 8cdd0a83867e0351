//! The computers of a group, as commands name and answers show them.

use super::{Command, CommandError, Handle};
use crate::view::PeerPath;
use grid_protocol::control::Capabilities;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::key::DeviceId;
use grid_protocol::record::{FieldName, Value};
use grid_protocol::time::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// A further computer to be let in.
#[derive(Clone, Debug)]
pub struct AddDevice {
    /// What it is called, unless its own people say otherwise.
    pub label: Option<String>,
    /// Whether it may speak for the group.
    pub governing: Governing,
    /// How long its code holds.
    pub expires: Duration,
}

/// Whether a computer may sign, invite and vote for its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Governing {
    /// It writes the group's records, and no more.
    No,
    /// It speaks for the group, too.
    Yes,
}

/// A code for a further computer. This node has to run until it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPairing {
    /// The text of the code.
    pub code: String,
    /// When it ends.
    pub expires: Timestamp,
}

/// A computer of some group.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceRow {
    /// The device.
    pub device: DeviceId,
    /// Its group.
    pub group: GroupId,
    /// The group's name.
    pub group_name: String,
    /// What the group calls it.
    pub label: String,
    /// Whose it is, seen from here.
    pub place: DevicePlace,
    /// What its certificates let it do.
    pub capabilities: Capabilities,
    /// Whether it signs, invites and votes for its group.
    pub governs: bool,
    /// Whether it may still write.
    pub state: DeviceState,
    /// The first of its entries that does not count, where its log has an end.
    pub cut: Option<u64>,
    /// How many of its entries are held here.
    pub entries: u64,
    /// How it is reached.
    pub path: PeerPath,
    /// When it was connected last; now, while it is.
    pub last_seen: Option<Timestamp>,
}

/// Whose computer it is, seen from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DevicePlace {
    /// This one.
    This,
    /// Another one of this group.
    Own,
    /// Another group's.
    Other,
}

/// Whether a computer may still write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceState {
    /// It may.
    Active,
    /// Its group has ended it, or left it out when it got new keys.
    Revoked,
    /// Two copies of it have written, and its log ends where they part.
    Forked,
    /// Several groups say that it is theirs, so it is nobody's.
    Disputed,
}

/// Where a computer's log is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutAt {
    /// Behind the last of its entries that is held here.
    Held,
    /// Before this entry.
    Seq(u64),
    /// Before the first entry that claims this time or a later one.
    Time(Timestamp),
}

/// What ending a computer would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Revocation {
    /// The computer.
    pub device: DeviceRow,
    /// Its log ends before this entry.
    pub seq: u64,
    /// How many entries that are held here do not count then, except where others have built on them.
    pub lost: u64,
    /// The records that those changed.
    pub records: Vec<Touched>,
    /// Until when its device wrote what stays.
    pub kept_until: Option<Timestamp>,
}

/// A record that entries changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// The record.
    pub document: DocumentId,
    /// Its kind, where known.
    pub kind: Option<String>,
    /// Its title, where known.
    pub title: Option<String>,
}

/// What a cut took of one record.
#[derive(Clone, Debug, PartialEq)]
pub struct LostRecord {
    /// The record.
    pub document: DocumentId,
    /// Its kind, where known.
    pub kind: Option<String>,
    /// Its title, where known.
    pub title: Option<String>,
    /// How many changes were lost.
    pub changes: usize,
    /// Claimed time of the first of them.
    pub first: Timestamp,
    /// Claimed time of the last of them.
    pub last: Timestamp,
    /// The computers that wrote them.
    pub devices: Vec<DeviceId>,
    /// Whether there is anything to publish again.
    pub state: LostState,
    /// What is missing: fields with what they held, `None` where they were emptied.
    pub fields: BTreeMap<FieldName, Option<Value>>,
    /// What is older than what the record says now.
    pub older: BTreeMap<FieldName, Option<Value>>,
    /// Whether the record was removed, and is there now.
    pub removes: bool,
}

/// Whether anything of a record is still lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostState {
    /// Something is missing, and can be published again.
    Missing,
    /// The record says all of it.
    Here,
    /// What was lost is older than what the record says now.
    Older,
    /// It builds on changes that are not here.
    Unreadable,
}

/// What was published again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Republished {
    /// The records that were written.
    pub records: Vec<Touched>,
    /// Those that could not be.
    pub skipped: Vec<NotRepublished>,
}

/// A record that could not be written again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRepublished {
    /// The record.
    pub record: Touched,
    /// Why.
    pub why: String,
}

impl Handle {
    /// Takes a home on that was moved or put back from a backup, with the keys that it has: no other copy of it will run.
    ///
    /// # Errors
    ///
    /// [`CommandError`] when it was not moved, or that can't be noted.
    pub async fn moved(&self) -> Result<(), CommandError> {
        self.ask(|answer| Command::Moved { answer }).await
    }
}
