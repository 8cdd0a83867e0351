//! A group without words asks this one, as its recovery contact, for a new root.

use super::Driver;
use crate::handle::{AppealState, Appealed, AppealedDevice, CommandError, Contacts, Recoverable};
use crate::view::fold::bare;
use grid_protocol::appeal::{Appeal, Drawn};
use grid_protocol::authority::appeal::{self, AppealError};
use grid_protocol::control::{Cut, Offer, Record, Recovery};
use grid_protocol::id::GroupId;
use grid_protocol::key::DeviceId;
use std::collections::BTreeMap;

fn refused(error: &AppealError) -> CommandError {
    let hint = match error {
        AppealError::NotContact { .. } => {
            "`grid group contacts` lists the groups that have named yours; the name has to be the one that they use, \
             or the appeal has to give their id"
        }
        AppealError::Several { .. } => "ask them for an appeal with the id of the group: --group ID",
        AppealError::OtherCoalition { .. } => "use the home of the group that is a member there: --home DIR",
        AppealError::Overtaken { .. } => {
            "leave the node running until it is in sync; where it is, the group has been recovered since, and asks anew"
        }
        AppealError::UnknownDevice { .. } => {
            "leave the node running until it is in sync; where it is, do not sign, and tell the group what you saw"
        }
        AppealError::Kept { .. } => "ask them for an appeal that names its computers by the beginning of the id",
        AppealError::Approval { .. } => "begin again with the appeal as the group made it",
        AppealError::Renewal(_) => "leave the node running until it is in sync",
    };
    CommandError::Refused { why: error.to_string(), hint: hint.to_owned() }
}

impl Driver {
    /// Whom this group could help to new words, and who could help it.
    pub(super) fn contacts(&self) -> Contacts {
        let (control, keys) = (self.replica.control(), self.replica.authority().keys());
        let me = self.replica.me().group;
        let entrusted = appeal::entrusted(control, keys, &me).filter_map(|group| self.recoverable(group)).collect();
        Contacts { own: self.recoverable(me), entrusted }
    }

    fn recoverable(&self, group: GroupId) -> Option<Recoverable> {
        let (contacts, quorum) = self.replica.control().contacts_of(&group)?;
        let keys = self.replica.authority().keys();
        let named = |contact: &GroupId| keys.name_of(contact).map(|_| self.name_of(contact));
        let contacts = contacts.iter().map(|contact| (*contact, named(contact))).collect();
        Some(Recoverable { group, name: self.name_of(&group), contacts, quorum })
    }

    /// What an appeal asks for: filled in, where this is the first contact that looks at it.
    pub(super) fn appealed(&self, mut appeal: Appeal) -> Result<Appealed, CommandError> {
        let (control, keys) = (self.replica.control(), self.replica.authority().keys());
        let me = self.replica.me();
        let is_called = |group: &GroupId, name: &str| {
            let name = bare(name);
            let known = [self.name_of(group), keys.name_of(group).unwrap_or_default().to_owned()];
            known.iter().any(|known| bare(known) == name)
        };
        let group = appeal::appellant(control, keys, &me.group, &appeal, is_called).map_err(|error| refused(&error))?;
        let is_known = |drawn: &Drawn| control.get(&drawn.body.id()).is_some();
        let published = appeal.drawn.as_ref().is_some_and(is_known);
        if !published {
            appeal::examine(control, keys, &appeal).map_err(|error| refused(&error))?;
        }
        let asker = self.recoverable(group).ok_or_else(|| CommandError::NotFound {
            what: "group with recovery contacts".to_owned(),
            id: group.to_string(),
        })?;
        match &mut appeal.drawn {
            Some(drawn) => drawn.quorum = asker.quorum,
            None => {
                let body = appeal::draw(me.coalition, keys, group, &appeal, &self.ends(&group)?);
                let body = body.map_err(|error| refused(&error))?;
                let coalition_name = control.genesis().map(|it| it.body.name.clone()).unwrap_or_default();
                let (quorum, approvals, addresses) = (asker.quorum, Vec::new(), Vec::new());
                appeal.drawn = Some(Drawn { body, quorum, approvals, coalition_name, addresses });
            }
        }
        let drawn = appeal.drawn.as_ref();
        let signed = drawn.map(|drawn| drawn.approvals.iter().map(|approval| approval.contact).collect());
        let state = match drawn.and_then(Drawn::recovery) {
            _ if published => AppealState::Published,
            Some(_) => AppealState::Complete,
            None => AppealState::Open,
        };
        let devices = self.appealed_devices(&group, drawn);
        Ok(Appealed { asker, signed: signed.unwrap_or_default(), devices, state, appeal })
    }

    /// Signs an appeal that was looked at, and tells the coalition where that makes the quorum.
    pub(super) async fn approve(&mut self, appeal: Appeal) -> Result<Appealed, CommandError> {
        if appeal.drawn.is_none() {
            return Err(CommandError::Invalid {
                why: "nobody has looked at this appeal: it does not say yet what is to be signed".to_owned(),
                hint: "ask first what it does, and sign the appeal that comes with the answer".to_owned(),
            });
        }
        let Appealed { mut appeal, signed, state, .. } = self.appealed(appeal)?;
        let me = self.replica.me().group;
        if let Some(drawn) = &mut appeal.drawn
            && state != AppealState::Published
        {
            if !signed.contains(&me) {
                drawn.add(self.outbound.approve(&self.replica, &drawn.body)?);
            }
            drawn.reach(self.book.for_invite(&self.listen));
            if let Some(recovery) = drawn.recovery() {
                self.publish_recovery(recovery).await?;
            }
        }
        self.appealed(appeal)
    }

    /// Keeps and tells a recovery, where it holds.
    async fn publish_recovery(&mut self, recovery: Recovery) -> Result<(), CommandError> {
        let record = Record::Recovery(Box::new(recovery));
        let why = match self.replica.control().clone().offer(record.clone()) {
            Offer::Inserted { .. } => return self.commit_record(Ok(record)).await.map(drop),
            Offer::AlreadyKnown => return Ok(()),
            Offer::Refused(error) => error.to_string(),
            Offer::Waiting { .. } => "a key of one of the contacts is not known here".to_owned(),
            Offer::Superseded => "other recoveries of the group stand in its place".to_owned(),
        };
        let hint = "leave the node running until it is in sync, and try again".to_owned();
        Err(CommandError::Refused { why, hint })
    }

    /// Where the logs of a group's devices end here.
    fn ends(&self, group: &GroupId) -> Result<BTreeMap<DeviceId, Cut>, CommandError> {
        let mut ends = BTreeMap::new();
        for device in self.replica.authority().devices_of(group) {
            if let Some(cut) = self.replica.cut_after(device, self.replica.logs().entries(device))? {
                ends.insert(*device, cut);
            }
        }
        Ok(ends)
    }

    /// The devices that are listed, and those known here that are left out and so end at their beginning.
    fn appealed_devices(&self, group: &GroupId, drawn: Option<&Drawn>) -> Vec<AppealedDevice> {
        let keys = self.replica.authority().keys();
        let listed = drawn.map_or(&[][..], |drawn| drawn.body.devices.as_slice());
        let mut counting: BTreeMap<DeviceId, Option<u64>> =
            keys.devices_of(group).iter().map(|device| (*device, Some(0))).collect();
        counting.extend(listed.iter().map(|listed| (listed.device, listed.cut.map(|cut| cut.seq))));
        let row = |(device, counting)| {
            let label = keys.device(&device).map(|known| known.certificate.body().label.clone()).unwrap_or_default();
            AppealedDevice { device, label, held: self.replica.logs().entries(&device), counting }
        };
        counting.into_iter().map(row).collect()
    }
}
