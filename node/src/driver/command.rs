//! Commands of the handle: one method each.

use super::{Driver, Flow};
use crate::clock::random;
use crate::handle::{Command, CommandError, InviteRow, InviteState, NewInvite, OwnStanding};
use crate::invited;
use crate::node::Dialling;
use grid_protocol::authority::SlotState;
use grid_protocol::control::Record;
use grid_protocol::id::{DocumentId, VersionId};
use grid_protocol::invite::{self, InviteTicket};
use grid_protocol::replica::{Contests, Delivery, Past};
use grid_protocol::sheet::{SheetError, StatementSheet};
use grid_protocol::time::Timestamp;
use std::time::Duration;
use tokio::sync::mpsc;

impl Driver {
    pub(super) async fn take_command(&mut self, command: Command, more: &mut mpsc::Receiver<Command>) -> Flow {
        match command {
            Command::Write { .. }
            | Command::Remove { .. }
            | Command::Prove { .. }
            | Command::Import { .. }
            | Command::PublishLost { .. }
                if self.has_to_wait() =>
            {
                self.hold(command);
            }
            Command::Write { .. } | Command::Remove { .. } | Command::Import { .. } => {
                return self.write_batch(command, more).await;
            }
            Command::Prove { writes, removed, answer } => {
                let _ = answer.send(self.prove(writes, removed));
            }
            Command::Act { act, answer } => {
                let act = |()| self.outbound.act(&self.replica, self.clock.now().wall, &act);
                let record = self.may_govern().and_then(act);
                let _ = answer.send(self.commit_record(record).await);
            }
            Command::Withdraw { answer } => {
                let withdraw = |()| self.outbound.withdraw(&self.replica, self.clock.now().wall);
                let record = self.may_govern().and_then(withdraw);
                let _ = answer.send(self.commit_record(record).await);
            }
            Command::Invite { count, expires, answer } => {
                let invite = self.invite(count, expires).await;
                let _ = answer.send(invite);
            }
            Command::Invites { answer } => {
                let _ = answer.send(Ok(self.invites()));
            }
            Command::RevokeInvite { slot, version, answer } => {
                let revoked = self.revoke_invite(slot, version).await;
                let _ = answer.send(revoked);
            }
            Command::Vouches { answer } => {
                let _ = answer.send(Ok(self.vouches()));
            }
            Command::Vouched { group, answer } => {
                let _ = answer.send(Ok(self.vouched(&group)));
            }
            Command::AddDevice { device, answer } => {
                let code = self.add_device(device);
                let _ = answer.send(code);
            }
            Command::Devices { answer } => {
                let _ = answer.send(Ok(self.devices()));
            }
            Command::Revocation { device, at, answer } => {
                let planned = self.revocation(device, at);
                let _ = answer.send(planned.map(|(planned, _)| planned));
            }
            Command::RevokeDevice { device, at, answer } => {
                let revoked = self.revoke_device(device, at).await;
                let _ = answer.send(revoked);
            }
            Command::Moved { answer } => {
                let _ = answer.send(self.moved());
            }
            Command::Lost { answer } => {
                let lost = self.lost();
                let _ = answer.send(lost);
            }
            Command::PublishLost { of, answer } => {
                let published = self.publish_lost(of).await;
                let _ = answer.send(published);
            }
            Command::Contacts { answer } => {
                let _ = answer.send(Ok(self.contacts()));
            }
            Command::Appealed { appeal, answer } => {
                let appealed = self.appealed(*appeal);
                let _ = answer.send(appealed);
            }
            Command::Approve { appeal, answer } => {
                let approved = self.approve(*appeal).await;
                let _ = answer.send(approved);
            }
            Command::Sheet { version, answer } => {
                let _ = answer.send(self.sheet(version));
            }
            Command::Me { answer } => {
                let _ = answer.send(Ok(self.me()));
            }
            Command::Status { answer } => {
                let _ = answer.send(Ok(self.status()));
            }
            Command::Past { document, answer } => {
                let _ = answer.send(self.past(document));
            }
            Command::Contests { document, answer } => {
                let _ = answer.send(self.contests(document));
            }
            Command::Deliveries { documents, answer } => {
                let _ = answer.send(Ok(self.deliveries(&documents)));
            }
            Command::Dial { address, answer } => {
                match self.dialling {
                    Dialling::Automatic => {
                        self.book.give(address);
                        self.dial_due().await;
                    }
                    Dialling::OnRequest => self.network.dial(address).await,
                }
                let _ = answer.send(Ok(()));
            }
            Command::HangUp { answer } => {
                for peer in self.links.keys() {
                    self.network.disconnect(*peer).await;
                }
                let _ = answer.send(Ok(()));
            }
            Command::Stop { answer } => return Flow::Stop(answer),
        }
        Flow::Continue
    }

    /// Keeps and announces a control record of this group.
    pub(super) async fn commit_record(&mut self, record: Result<Record, CommandError>) -> Result<Record, CommandError> {
        let record = record?;
        self.commit_records(vec![record.clone()]).await?;
        Ok(record)
    }

    /// Keeps and announces control records of this group, all or none of them.
    pub(super) async fn commit_records(&mut self, records: Vec<Record>) -> Result<(), CommandError> {
        self.may_sign()?;
        match self.replica.commit(Vec::new(), records) {
            Ok(effects) => {
                self.carry_out(effects).await;
                Ok(())
            }
            Err(error) => {
                self.note_storage(&error);
                Err(error.into())
            }
        }
    }

    async fn invite(&mut self, count: u32, expires: Duration) -> Result<NewInvite, CommandError> {
        let now = self.clock.now().wall;
        if self.standing() != OwnStanding::Member {
            return Err(CommandError::Refused {
                why: "only a member can invite, and no member's node has taken this group in yet".to_owned(),
                hint: "see `grid status` for what is missing".to_owned(),
            });
        }
        self.outbound.may_vouch(&self.replica)?;
        let new = invite::NewInvite {
            device: self.outbound.device_key(),
            seed: random(),
            count,
            now,
            expires: now.after(expires),
            addresses: self.book.for_invite(&self.listen),
        };
        let (ticket, record) =
            InviteTicket::issue(self.replica.control(), self.replica.authority(), new).map_err(|error| {
                CommandError::Refused {
                    why: error.to_string(),
                    hint: "places of invites that ran out come free again (`grid invite list`), those of invites that \
                           were taken back do not; another computer or another member can invite as well"
                        .to_owned(),
                }
            })?;
        let slots = (ticket.first..ticket.first.saturating_add(ticket.count)).collect();
        let expires = ticket.expires;
        self.commit_record(Ok(record)).await?;
        let short = ticket.clone().short().to_text().map_err(too_long)?;
        let pages = invited::pages(&self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner));
        let mut ticket = ticket.with_pages(pages);
        let text = loop {
            match ticket.to_text() {
                Ok(text) => break text,
                Err(_) if ticket.pages.pop().is_some() => {}
                // A statement too long for the text of an invite is fetched when the nodes meet.
                Err(_) => break short.clone(),
            }
        };
        let pages = ticket.pages.into_iter().map(|page| page.title).collect();
        Ok(NewInvite { text, short, expires, slots, pages })
    }

    fn invites(&self) -> Vec<InviteRow> {
        let me = self.replica.me().device;
        let authority = self.replica.authority();
        let now = self.clock.now().wall;
        let mut rows = Vec::new();
        // Each version has slots of its own; those of the newest come first.
        let versions = authority.governance().versions();
        let mut ways = versions.path(&authority.followed().unwrap_or(VersionId([0; 32])));
        ways.reverse();
        let elsewhere = versions.adopted().map(|rules| rules.version).filter(|version| !ways.contains(version));
        let elsewhere: Vec<VersionId> = elsewhere.collect();
        let all = ways.into_iter().chain(elsewhere);
        let slots = all.flat_map(|version| {
            authority.slots_under(&version, &me).into_iter().map(move |(slot, state)| (version, slot, state))
        });
        for (version, slot, state) in slots {
            let expires = authority
                .governance()
                .invites_of(&me)
                .find(|invite| invite.version == version && invite.covers(slot))
                .map_or(Timestamp(0), |invite| invite.expires);
            let state = match state {
                SlotState::Free | SlotState::None => continue,
                SlotState::Taken { group, .. } => InviteState::Used(group),
                SlotState::Revoked | SlotState::Void => InviteState::Revoked,
                SlotState::Invited { .. } if now > expires => InviteState::Expired,
                SlotState::Invited { .. } => InviteState::Open,
            };
            rows.push(InviteRow { slot, version, expires, state });
        }
        rows
    }

    async fn revoke_invite(&mut self, slot: u32, version: Option<VersionId>) -> Result<(), CommandError> {
        let named = |row: &InviteRow| row.slot == slot && version.is_none_or(|version| row.version == version);
        let rows: Vec<InviteRow> = self.invites().into_iter().filter(named).collect();
        let open = rows.iter().find(|row| matches!(row.state, InviteState::Open | InviteState::Expired));
        let Some(row) = open.or(rows.first()) else {
            return Err(CommandError::NotFound { what: "invite".to_owned(), id: slot.to_string() });
        };
        let version = row.version;
        match &row.state {
            InviteState::Used(_) => {
                return Err(CommandError::Refused {
                    why: format!("invite {slot} has been used; the group that used it is in"),
                    hint: "a used invite can't be taken back".to_owned(),
                });
            }
            InviteState::Revoked => return Ok(()),
            InviteState::Open | InviteState::Expired => {}
        }
        let record = self.outbound.revoke_invites(&self.replica, version, vec![slot]);
        self.commit_record(Ok(record)).await.map(drop)
    }

    fn sheet(&self, version: Option<VersionId>) -> Result<Vec<u8>, CommandError> {
        let (control, authority) = (self.replica.control(), self.replica.authority());
        let sheet = match version {
            Some(version) => StatementSheet::export_version(control, authority, &version),
            None => StatementSheet::export(control, authority),
        };
        sheet.map(|sheet| sheet.to_bytes()).map_err(|error| CommandError::Refused {
            why: error.to_string(),
            hint: match error {
                SheetError::NotAdopted { .. } => "`grid statement versions` shows which ones are".to_owned(),
                _ => "keep the node running until the founding records have arrived".to_owned(),
            },
        })
    }

    fn deliveries(&self, documents: &[DocumentId]) -> Vec<Option<Delivery>> {
        let me = self.replica.me();
        let holders = self.replica.receipts().holders(&me, self.replica.authority());
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let latest = |document| views.records.row(document)?.latest_of(&me.device);
        documents.iter().map(|document| Some(holders.of(latest(document)?))).collect()
    }

    /// The past of a record; what is worked out from it is worked out elsewhere.
    fn past(&mut self, document: DocumentId) -> Result<Past, CommandError> {
        if self.replica.documents().knows(&document) {
            return Ok(self.replica.past(document)?);
        }
        let me = self.replica.me();
        match self.replica.storage().reader().local(&document) {
            // What stays here has no log, and so no history.
            Some(_) => Ok(Past::without_log(me.coalition, document, me.group)),
            None => Err(CommandError::NotFound { what: "record".to_owned(), id: document.to_string() }),
        }
    }

    fn contests(&mut self, document: DocumentId) -> Result<Contests, CommandError> {
        match self.replica.documents().knows(&document) {
            true => Ok(self.replica.contests(document)?),
            false => Ok(Contests::default()),
        }
    }
}

fn too_long(error: invite::InviteTooLong) -> CommandError {
    CommandError::Refused { why: error.to_string(), hint: "shorten the name of the coalition".to_owned() }
}
