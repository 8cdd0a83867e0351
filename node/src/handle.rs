//! The handle: the only way into a running node, for its API and for programs that embed it.
//!
//! Reading looks at shared views and never waits for the node; everything else is a command to the
//! driver, answered when it is done. A write is answered once it would survive a loss of power.

use crate::event::Event;
use crate::view::{PeerRow, Views};
use grid_protocol::control::Record;
use grid_protocol::id::{ChangeHash, CoalitionId, Digest, DocumentId, GroupId, VersionId};
use grid_protocol::key::DeviceId;
use grid_protocol::record::{ImportRow, Patch, Values};
use grid_protocol::replica::Delivery;
use grid_protocol::time::Timestamp;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot};

/// A handle on a running node. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    views: Arc<RwLock<Views>>,
    events: broadcast::Sender<Event>,
}

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

/// What an import did, or would do, with one row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Line of the file.
    pub line: u64,
    /// What became of it.
    pub outcome: ImportOutcome,
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
}

/// An invite that this device has issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InviteRow {
    /// The slot.
    pub slot: u32,
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
}

/// Something that is wrong on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub hint: String,
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
    /// A member's node has refused the answer.
    Refused(String),
    /// It has withdrawn.
    Withdrawn,
}

/// One change of a record's history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// Claimed time.
    pub time: Timestamp,
    /// The group that wrote it, where known.
    pub group: Option<GroupId>,
    /// Its device.
    pub device: DeviceId,
    /// The change.
    pub change: ChangeHash,
    /// Fields that changed, with their new content.
    pub fields: Values,
    /// Why the change has no effect, if it has none.
    pub inert: Option<String>,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no such thing here.
    #[error("there is no {what} {id} here")]
    NotFound {
        /// What was looked for.
        what: String,
        /// Under which name.
        id: String,
    },
    /// Only the owner writes a record.
    #[error("this record belongs to {owner}; only its own group can change it")]
    NotYours {
        /// The group it belongs to.
        owner: String,
    },
    /// A rule forbids it.
    #[error("{why}")]
    Refused {
        /// The rule.
        why: String,
        /// What to do.
        hint: String,
    },
    /// The input is wrong.
    #[error("{why}")]
    Invalid {
        /// What is wrong.
        why: String,
        /// What to do.
        hint: String,
    },
    /// This machine can't save.
    #[error("nothing was saved: {0}")]
    Storage(#[from] grid_protocol::storage::StorageError),
    /// The record can't be read on this machine.
    #[error("the record can't be opened on this machine: {why}")]
    Quarantined {
        /// Why.
        why: String,
    },
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
}

/// The answer to a command.
pub type Answer<T> = oneshot::Sender<Result<T, CommandError>>;

/// A command to the driver.
pub(crate) enum Command {
    Write { target: Target, patch: Patch, answer: Answer<Written> },
    Remove { document: DocumentId, answer: Answer<Written> },
    Import { kind: String, rows: Vec<ImportRow>, mode: ImportMode, answer: Answer<Vec<Imported>> },
    Sign { answer: Answer<Record> },
    Withdraw { answer: Answer<Record> },
    Invite { count: u32, expires: Duration, answer: Answer<NewInvite> },
    Invites { answer: Answer<Vec<InviteRow>> },
    RevokeInvite { slot: u32, answer: Answer<()> },
    Sheet { answer: Answer<Vec<u8>> },
    Status { answer: Answer<Status> },
    History { document: DocumentId, answer: Answer<Vec<HistoryEntry>> },
    Deliveries { documents: Vec<DocumentId>, answer: Answer<Vec<Option<Delivery>>> },
    Dial { address: String, answer: Answer<()> },
    HangUp { answer: Answer<()> },
    Stop { answer: oneshot::Sender<()> },
}

impl Handle {
    pub(crate) fn new(
        commands: mpsc::Sender<Command>,
        views: Arc<RwLock<Views>>,
        events: broadcast::Sender<Event>,
    ) -> Self {
        Self { commands, views, events }
    }

    async fn ask<T>(&self, command: impl FnOnce(Answer<T>) -> Command) -> Result<T, CommandError> {
        let (answer, outcome) = oneshot::channel();
        self.commands.send(command(answer)).await.map_err(|_| CommandError::Stopping)?;
        outcome.await.map_err(|_| CommandError::Stopping)?
    }

    /// Looks at the views. Keep it short: the driver waits to write while anyone looks.
    pub fn look<T>(&self, look: impl FnOnce(&Views) -> T) -> T {
        look(&self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Everything that happens from now on. A receiver that falls behind is told how much it missed.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Writes a record. Answered when it would survive a loss of power.
    ///
    /// # Errors
    ///
    /// [`CommandError`]; then nothing was written.
    pub async fn write(&self, target: Target, patch: Patch) -> Result<Written, CommandError> {
        self.ask(|answer| Command::Write { target, patch, answer }).await
    }

    /// Removes a record of this group: it reads as removed everywhere.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn remove(&self, document: DocumentId) -> Result<Written, CommandError> {
        self.ask(|answer| Command::Remove { document, answer }).await
    }

    /// Imports rows, each on its own: a bad one does not stop the others. A dry run goes the same way and keeps nothing.
    ///
    /// # Errors
    ///
    /// [`CommandError`] when nothing could be imported at all.
    pub async fn import(
        &self,
        kind: String,
        rows: Vec<ImportRow>,
        mode: ImportMode,
    ) -> Result<Vec<Imported>, CommandError> {
        self.ask(|answer| Command::Import { kind, rows, mode, answer }).await
    }

    /// Signs the statement for this group.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn sign(&self) -> Result<Record, CommandError> {
        self.ask(|answer| Command::Sign { answer }).await
    }

    /// Withdraws this group's signature: it is no member any more; what it wrote stays.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn withdraw(&self) -> Result<Record, CommandError> {
        self.ask(|answer| Command::Withdraw { answer }).await
    }

    /// Makes an invite for `count` groups.
    ///
    /// # Errors
    ///
    /// [`CommandError::Refused`] when this device has no free slot or this group is no member.
    pub async fn invite(&self, count: u32, expires: Duration) -> Result<NewInvite, CommandError> {
        self.ask(|answer| Command::Invite { count, expires, answer }).await
    }

    /// The invites that this device has issued.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn invites(&self) -> Result<Vec<InviteRow>, CommandError> {
        self.ask(|answer| Command::Invites { answer }).await
    }

    /// Takes back an invite that nobody has used.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn revoke_invite(&self, slot: u32) -> Result<(), CommandError> {
        self.ask(|answer| Command::RevokeInvite { slot, answer }).await
    }

    /// The statement with its signatures, as a file that a stranger can verify.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn sheet(&self) -> Result<Vec<u8>, CommandError> {
        self.ask(|answer| Command::Sheet { answer }).await
    }

    /// Where this node stands.
    ///
    /// # Errors
    ///
    /// [`CommandError::Stopping`].
    pub async fn status(&self) -> Result<Status, CommandError> {
        self.ask(|answer| Command::Status { answer }).await
    }

    /// The changes of a record, oldest first.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn history(&self, document: DocumentId) -> Result<Vec<HistoryEntry>, CommandError> {
        self.ask(|answer| Command::History { document, answer }).await
    }

    /// Who has received this node's last change of each record; none where this node has written none.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn deliveries(&self, documents: Vec<DocumentId>) -> Result<Vec<Option<Delivery>>, CommandError> {
        self.ask(|answer| Command::Deliveries { documents, answer }).await
    }

    /// Connects to an address.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn dial(&self, address: String) -> Result<(), CommandError> {
        self.ask(|answer| Command::Dial { address, answer }).await
    }

    /// Closes all connections; each is gone once its [`Event::PeerGone`] has come. A node that dials by
    /// itself soon opens them again.
    ///
    /// # Errors
    ///
    /// [`CommandError::Stopping`].
    pub async fn hang_up(&self) -> Result<(), CommandError> {
        self.ask(|answer| Command::HangUp { answer }).await
    }

    /// Waits until the node has ended.
    pub async fn ended(&self) {
        self.commands.closed().await;
    }

    /// Stops the node: connections are closed, everything is on disk.
    pub async fn stop(&self) {
        let (answer, stopped) = oneshot::channel();
        if self.commands.send(Command::Stop { answer }).await.is_ok() {
            let _ = stopped.await;
        }
    }
}

/// A version of the statement and who has signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementView {
    /// The version.
    pub version: VersionId,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Hash of the text.
    pub hash: Digest,
    /// Signatures in force.
    pub signatures: Vec<SignatureRow>,
}

/// A signature in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureRow {
    /// The group.
    pub group: GroupId,
    /// Its name.
    pub name: String,
    /// The key that signed: of a device or a root of the group.
    pub key: String,
    /// The Ed25519 signature, in hex.
    pub signature: String,
    /// Claimed time.
    pub signed_at: Timestamp,
}
