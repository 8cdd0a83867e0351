//! The handle: the only way into a running node, for its API and for programs that embed it.
//!
//! Reading looks at shared views and never waits for the node; everything else is a command to the
//! driver, answered when it is done. A write is answered once it would survive a loss of power.

mod answer;
mod appeal;
mod device;
mod error;
mod findings;
mod govern;
mod vouches;

pub use answer::{
    Change, ImportMode, ImportOutcome, Imported, InviteRow, InviteState, Me, NewInvite, OwnStanding, Removed, Status,
    Target, Written,
};
pub use appeal::{AppealState, Appealed, AppealedDevice, Contacts, Recoverable};
pub use device::{
    AddDevice, CutAt, DevicePlace, DeviceRow, DeviceState, Governing, LostRecord, LostState, NewPairing,
    NotRepublished, Republished, Revocation, Touched,
};
pub use error::CommandError;
pub use findings::{FaultRow, Findings, Whose};
pub use govern::{Act, Claiming, Proposing, SecondVote};
pub use vouches::{Origin, SlotRow, SlotUse, Vain, VainVouch, VouchCount, VouchRule, VouchedRow, Vouches};

use crate::clock::WallClock;
use crate::event::Event;
use crate::view::Views;
use grid_protocol::appeal::Appeal;
use grid_protocol::control::Record;
use grid_protocol::id::{DocumentId, GroupId, VersionId};
use grid_protocol::key::DeviceId;
use grid_protocol::record::{ImportRow, Patch};
use grid_protocol::replica::{Contests, Delivery, Past};
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
    wall: WallClock,
}

/// The answer to a command.
pub type Answer<T> = oneshot::Sender<Result<T, CommandError>>;

/// A command to the driver.
pub(crate) enum Command {
    Write { target: Target, patch: Patch, answer: Answer<Written> },
    Remove { document: DocumentId, answer: Answer<Written> },
    Prove { writes: Vec<(DocumentId, Patch)>, removed: DocumentId, answer: Answer<()> },
    Import { kind: String, rows: Vec<ImportRow>, mode: ImportMode, removed: Removed, answer: Answer<Vec<Imported>> },
    Act { act: Act, answer: Answer<Record> },
    Withdraw { answer: Answer<Record> },
    Invite { count: u32, expires: Duration, answer: Answer<NewInvite> },
    Invites { answer: Answer<Vec<InviteRow>> },
    RevokeInvite { slot: u32, version: Option<VersionId>, answer: Answer<()> },
    Vouches { answer: Answer<Vouches> },
    Vouched { group: GroupId, answer: Answer<VouchCount> },
    AddDevice { device: AddDevice, answer: Answer<NewPairing> },
    Devices { answer: Answer<Vec<DeviceRow>> },
    Revocation { device: DeviceId, at: CutAt, answer: Answer<Revocation> },
    RevokeDevice { device: DeviceId, at: CutAt, answer: Answer<Revocation> },
    Moved { answer: Answer<()> },
    Lost { answer: Answer<Vec<LostRecord>> },
    PublishLost { of: Option<DeviceId>, answer: Answer<Republished> },
    Contacts { answer: Answer<Contacts> },
    Appealed { appeal: Box<Appeal>, answer: Answer<Appealed> },
    Approve { appeal: Box<Appeal>, answer: Answer<Appealed> },
    Sheet { version: Option<VersionId>, answer: Answer<Vec<u8>> },
    Me { answer: Answer<Me> },
    Status { answer: Answer<Status> },
    Past { document: DocumentId, answer: Answer<Past> },
    Contests { document: DocumentId, answer: Answer<Contests> },
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
        wall: WallClock,
    ) -> Self {
        Self { commands, views, events, wall }
    }

    async fn ask<T>(&self, command: impl FnOnce(Answer<T>) -> Command) -> Result<T, CommandError> {
        let (answer, outcome) = oneshot::channel();
        self.commands.send(command(answer)).await.map_err(|_| CommandError::Stopping)?;
        outcome.await.map_err(|_| CommandError::Stopping)?
    }

    /// Looks at the views. Keep it short: the driver waits to write while anyone looks.
    pub fn look<T>(&self, look: impl FnOnce(&Views) -> T) -> T {
        let now = self.now();
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !views.hidden.is_over(now) {
            return look(&views);
        }
        // What was hidden until a time is shown to whoever looks after it.
        drop(views);
        self.views.write().unwrap_or_else(std::sync::PoisonError::into_inner).pass(now);
        look(&self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// What the wall clock of the node shows.
    pub fn now(&self) -> Timestamp {
        self.wall.now()
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

    /// Whether some writes, and the removal of a record, would all be taken as things stand. Nothing is written.
    ///
    /// # Errors
    ///
    /// [`CommandError`] of the first that would not.
    pub(crate) async fn prove(
        &self,
        writes: Vec<(DocumentId, Patch)>,
        removed: DocumentId,
    ) -> Result<(), CommandError> {
        self.ask(|answer| Command::Prove { writes, removed, answer }).await
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
        removed: Removed,
    ) -> Result<Vec<Imported>, CommandError> {
        self.ask(|answer| Command::Import { kind, rows, mode, removed, answer }).await
    }

    /// Signs the statement in force for this group.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn sign(&self) -> Result<Record, CommandError> {
        self.act(Act::Sign { version: None }).await
    }

    /// Does what this group has decided about the statement or a mandate.
    ///
    /// # Errors
    ///
    /// [`CommandError`] naming the rule that stands against it; then nothing was signed.
    pub async fn act(&self, act: Act) -> Result<Record, CommandError> {
        self.ask(|answer| Command::Act { act, answer }).await
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

    /// Takes back an invite that nobody has used. Without a version an open one of the newest.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn revoke_invite(&self, slot: u32, version: Option<VersionId>) -> Result<(), CommandError> {
        self.ask(|answer| Command::RevokeInvite { slot, version, answer }).await
    }

    /// Who vouches for whom, and this computer's slots.
    ///
    /// # Errors
    ///
    /// [`CommandError::Stopping`].
    pub async fn vouches(&self) -> Result<Vouches, CommandError> {
        self.ask(|answer| Command::Vouches { answer }).await
    }

    /// Where one group stands, and how many vouch for it.
    ///
    /// # Errors
    ///
    /// [`CommandError::Stopping`].
    pub async fn vouched(&self, group: GroupId) -> Result<VouchCount, CommandError> {
        self.ask(|answer| Command::Vouched { group, answer }).await
    }

    /// Makes a code for a further computer of this group; it holds as long as this node runs.
    ///
    /// # Errors
    ///
    /// [`CommandError::Refused`] when this computer does not hold the group's key, or there is no room.
    pub async fn add_device(&self, device: AddDevice) -> Result<NewPairing, CommandError> {
        self.ask(|answer| Command::AddDevice { device, answer }).await
    }

    /// The computers of this group and of the members, this one first.
    ///
    /// # Errors
    ///
    /// [`CommandError::Stopping`].
    pub async fn devices(&self) -> Result<Vec<DeviceRow>, CommandError> {
        self.ask(|answer| Command::Devices { answer }).await
    }

    /// What ending a computer of this group would do.
    ///
    /// # Errors
    ///
    /// [`CommandError`] when it can't be ended there, or from here.
    pub async fn revocation(&self, device: DeviceId, at: CutAt) -> Result<Revocation, CommandError> {
        self.ask(|answer| Command::Revocation { device, at, answer }).await
    }

    /// Ends a computer of this group.
    ///
    /// # Errors
    ///
    /// [`CommandError`]; then it goes on.
    pub async fn revoke_device(&self, device: DeviceId, at: CutAt) -> Result<Revocation, CommandError> {
        self.ask(|answer| Command::RevokeDevice { device, at, answer }).await
    }

    /// What a cut took from this group, record by record.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn lost(&self) -> Result<Vec<LostRecord>, CommandError> {
        self.ask(|answer| Command::Lost { answer }).await
    }

    /// Publishes again what a cut took, of one computer or of all. Asked twice, it publishes nothing the second time.
    ///
    /// # Errors
    ///
    /// [`CommandError`] when this computer can't write.
    pub async fn publish_lost(&self, of: Option<DeviceId>) -> Result<Republished, CommandError> {
        self.ask(|answer| Command::PublishLost { of, answer }).await
    }

    /// Who could give this group new words, and to whom this one could.
    ///
    /// # Errors
    ///
    /// [`CommandError::Stopping`].
    pub async fn contacts(&self) -> Result<Contacts, CommandError> {
        self.ask(|answer| Command::Contacts { answer }).await
    }

    /// What a group that has lost its words asks of this one.
    ///
    /// # Errors
    ///
    /// [`CommandError::Refused`] when this group is no contact of it, or a rule stands against it.
    pub async fn appealed(&self, appeal: Appeal) -> Result<Appealed, CommandError> {
        self.ask(|answer| Command::Appealed { appeal: Box::new(appeal), answer }).await
    }

    /// Signs an appeal that was looked at. With the quorum the group has its new root.
    ///
    /// # Errors
    ///
    /// [`CommandError`]; then nothing was signed.
    pub async fn approve(&self, appeal: Appeal) -> Result<Appealed, CommandError> {
        self.ask(|answer| Command::Approve { appeal: Box::new(appeal), answer }).await
    }

    /// A version of the statement with its signatures, as a file that a stranger can verify; without one that
    /// which is followed.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn sheet(&self, version: Option<VersionId>) -> Result<Vec<u8>, CommandError> {
        self.ask(|answer| Command::Sheet { version, answer }).await
    }

    /// Whose node this is.
    ///
    /// # Errors
    ///
    /// [`CommandError::Stopping`].
    pub(crate) async fn me(&self) -> Result<Me, CommandError> {
        self.ask(|answer| Command::Me { answer }).await
    }

    /// Where this node stands.
    ///
    /// # Errors
    ///
    /// [`CommandError::Stopping`].
    pub async fn status(&self) -> Result<Status, CommandError> {
        self.ask(|answer| Command::Status { answer }).await
    }

    /// What happened to a record until now. Its history, and what undoing a change takes, are worked out from it by
    /// whoever asks: that may take long, and the node serves others meanwhile.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn past(&self, document: DocumentId) -> Result<Past, CommandError> {
        self.ask(|answer| Command::Past { document, answer }).await
    }

    /// The fields of a record of which edits met, and only one can be shown.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn contests(&self, document: DocumentId) -> Result<Contests, CommandError> {
        self.ask(|answer| Command::Contests { document, answer }).await
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
