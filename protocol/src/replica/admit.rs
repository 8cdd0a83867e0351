//! Admission: control records and runs are verified, stored and read, in this order and through one door.

use super::effect::{Effect, Now, PeerSync};
use super::inbound::Work;
use super::own_log::Branch;
use super::peer::{Peer, standing};
use super::{Records, Replica, recall};
use crate::authority::Authority;
use crate::control::{Batch, Cut, Kind, Layer, Record};
use crate::id::DocumentId;
use crate::key::{DeviceId, PeerKey};
use crate::log::Placed;
use crate::run::{Run, VerifiedRun};
use crate::storage::{Storage, StorageError};
use std::collections::BTreeSet;

/// What became of offered records.
#[derive(Debug, Default)]
pub(super) struct Admitted {
    /// Why some were refused.
    pub(super) refused: Vec<String>,
}

impl<S: Storage> Replica<S> {
    pub(super) fn admit_records_of(
        &mut self,
        peer: PeerKey,
        records: Vec<Record>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), StorageError> {
        for why in self.admit_records(records, Some(peer), effects)?.refused {
            self.fault(peer, why, effects);
        }
        Ok(())
    }

    /// Offers control records to the set, keeps the new ones, and draws the consequences.
    pub(super) fn admit_records(
        &mut self,
        records: Vec<Record>,
        source: Option<PeerKey>,
        effects: &mut Vec<Effect>,
    ) -> Result<Admitted, StorageError> {
        self.settle_records()?;
        let Batch { inserted, displaced, refused, touched, .. } = self.control.offer_all(records, source);
        let admitted = Admitted { refused: refused.iter().map(ToString::to_string).collect() };
        if inserted.is_empty() && displaced.is_empty() {
            return Ok(admitted);
        }
        let kept: Vec<Record> = inserted.iter().filter_map(|id| self.control.get(id).cloned()).collect();
        if let Err(error) = self.storage.put_records(&kept, &displaced) {
            // What is not kept is not believed either, or nobody would ask for it again.
            self.records = Records::InDoubt;
            return self.settle_records().and(Err(error));
        }
        let now = self.believe(touched);
        let before = std::mem::replace(&mut self.authority, now);
        let differs = before.digest() != self.authority.digest();
        // What a device may write may hang on certificates that change nothing of what all believe together, and on the
        // version that is followed here.
        let rights_differ = before.rights() != self.authority.rights();
        let rights_may_differ = rights_differ || touched == Some(Layer::Keys);
        let ends_differ = rights_may_differ && self.ends_differ(&before);
        if rights_differ || kept.iter().any(is_deliberation) {
            effects.push(Effect::AuthorityChanged);
        }
        let read = if rights_may_differ { self.read_touched(before, effects) } else { Ok(()) };
        if differs {
            self.regrade(effects);
        }
        self.note_certified(effects)?;
        read?;
        if ends_differ {
            self.compare_again(effects);
            self.ask_all_branches(effects)?;
        }
        Ok(admitted)
    }

    /// What follows from the control set, in which records have come or gone.
    fn believe(&self, touched: Option<Layer>) -> Authority {
        let anew = || match touched {
            Some(layer) => self.authority.after(&self.control, layer, &self.me.group),
            None => Authority::evaluate_for(&self.control, &self.me.group),
        };
        match &self.beliefs {
            Some(beliefs) => beliefs.authority_of(&self.control, &self.me.group, anew),
            None => anew(),
        }
    }

    /// Up to the end of a log that has one now, those whose histories of it differed hold the same.
    fn compare_again(&mut self, effects: &mut Vec<Effect>) {
        let apart = |(_, peer): &(&PeerKey, &Peer)| peer.contradicts || peer.sync == PeerSync::Apart;
        let apart: Vec<PeerKey> = self.peers.iter().filter(apart).map(|(key, _)| *key).collect();
        apart.into_iter().for_each(|key| self.pull(key, effects));
    }

    /// Takes the records that are stored for those that are held, where some could not be stored.
    pub(super) fn settle_records(&mut self) -> Result<(), StorageError> {
        if self.records == Records::InDoubt {
            (self.control, _) = recall(&self.me, &self.storage)?;
            self.control.note_all_changed();
            self.records = Records::AsStored;
        }
        Ok(())
    }

    /// Whether logs end at other places than before.
    fn ends_differ(&self, before: &Authority) -> bool {
        let is_other = |log: &DeviceId| before.is_of_outsider(log) != self.authority.is_of_outsider(log);
        !before.cuts().eq(self.authority.cuts()) || self.logs.iter().any(|(log, _)| is_other(log))
    }

    /// Reads anew what could not be read when it should have been.
    pub(super) fn read_unread(&mut self, effects: &mut Vec<Effect>) -> Result<(), StorageError> {
        let Some(before) = self.unread.clone() else { return Ok(()) };
        self.read_touched(before, effects)?;
        // Now it is known under which rights all rows are read.
        effects.push(Effect::AuthorityChanged);
        Ok(())
    }

    /// Ends logs where they end now, and reads the documents anew whose writers are believed otherwise than before, or
    /// than when all were read.
    fn read_touched(&mut self, before: Authority, effects: &mut Vec<Effect>) -> Result<(), StorageError> {
        let before = self.unread.get_or_insert(before).clone();
        if self.ends_differ(&before) {
            self.end_logs()?;
        }
        self.read_differing(&before, effects)?;
        self.unread = None;
        Ok(())
    }

    fn read_differing(&mut self, before: &Authority, effects: &mut Vec<Effect>) -> Result<(), StorageError> {
        let behind_ends = self.storage.branch_documents()?;
        let devices: BTreeSet<DeviceId> = self
            .logs
            .iter()
            .map(|(device, _)| *device)
            .chain(before.cuts().chain(self.authority.cuts()).map(|(device, _)| *device))
            .chain(behind_ends.iter().map(|(device, _)| *device))
            .collect();
        let touched: BTreeSet<DeviceId> = devices
            .into_iter()
            .filter(|device| {
                let belongs = |authority: &Authority| {
                    let (group, membership) = (authority.group_of(device)?, authority.membership());
                    Some((membership.may_have_written(&group), membership.ends(&group).to_vec()))
                };
                let certified = |authority: &Authority| authority.keys().writer(device);
                let (keys, keys_before) = (self.authority.keys(), before.keys());
                before.cut(device) != self.authority.cut(device)
                    || certified(before) != certified(&self.authority)
                    || !keys_before.disputed_by(device).eq(keys.disputed_by(device))
                    || before.stores_log_of(device) != self.authority.stores_log_of(device)
                    || belongs(before) != belongs(&self.authority)
            })
            .collect();
        let mut documents: BTreeSet<DocumentId> = BTreeSet::new();
        for device in &touched {
            documents.extend(self.documents_of(device, 0)?);
        }
        let behind_ends = behind_ends.into_iter().filter(|(device, _)| touched.contains(device));
        documents.extend(behind_ends.map(|(_, document)| document));
        if !documents.is_empty() {
            let rows = self.documents.rebuild(documents, &self.storage, &self.authority)?;
            effects.push(Effect::Rows(rows));
        }
        Ok(())
    }

    /// Tells the logs where they end. Those of groups that were not admitted, which are held from before somebody took back
    /// what let them in, count for nothing: others never ask for them.
    pub(super) fn end_logs(&mut self) -> Result<(), StorageError> {
        let over: Vec<DeviceId> = self.logs.ended().map(|(device, _)| *device).collect();
        over.iter().filter(|device| self.authority.cut(device).is_none()).for_each(|device| self.logs.reopen(device));
        let is_outside = |device: &DeviceId| *device != self.me.device && self.authority.is_of_outsider(device);
        let outside: BTreeSet<DeviceId> = self.logs.iter().map(|(device, _)| *device).filter(is_outside).collect();
        outside.iter().for_each(|device| self.logs.end(*device, Cut::NOTHING, None));
        let cuts = self.authority.cuts().map(|(device, _)| *device);
        let cuts: Vec<DeviceId> = cuts.filter(|device| !outside.contains(device)).collect();
        cuts.iter().try_for_each(|device| self.end_log(device))
    }

    fn end_log(&mut self, device: &DeviceId) -> Result<(), StorageError> {
        let Some(cut) = self.authority.cut(device) else { return Ok(()) };
        let last = match cut.seq.checked_sub(1) {
            Some(last) => self.storage.entry_id(device, last)?,
            None => None,
        };
        self.logs.end(*device, cut, last);
        Ok(())
    }

    /// What peers may do follows from who is a member.
    fn regrade(&mut self, effects: &mut Vec<Effect>) {
        let mut risen = Vec::new();
        for (key, peer) in &mut self.peers {
            let standing = standing(&self.authority, key);
            if standing != peer.standing {
                peer.standing = standing;
                risen.push(*key);
            }
        }
        for key in risen {
            let standing = self.audible(key);
            effects.push(Effect::Standing { peer: key, standing });
            self.greet(key, effects);
            self.pull(key, effects);
        }
    }

    pub(super) fn admit_runs(
        &mut self,
        now: Now,
        peer: PeerKey,
        runs: Vec<Run>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), StorageError> {
        for run in runs {
            let device = run.device;
            if !self.authority.stores_log_of(&device) {
                continue;
            }
            match run.verify(&self.me.coalition).map(|run| self.logs.place(run)) {
                Ok(Placed::Next(run)) => self.store(now, run, effects)?,
                Ok(Placed::AlreadyKnown | Placed::Gap { .. }) => {}
                Ok(Placed::Conflict { seq }) => self.contradicted(peer, device, seq, effects),
                Err(error) => self.fault(peer, error.to_string(), effects),
            }
        }
        Ok(())
    }

    /// The one door: stores a run that continues its log, and what was waiting behind it, and reads.
    pub(super) fn store(&mut self, now: Now, run: VerifiedRun, effects: &mut Vec<Effect>) -> Result<(), StorageError> {
        let device = run.device();
        let mut runs = vec![run];
        while let Some(next) = runs.last().and_then(|run| self.waiting.take(&device, run.head().seq + 1)) {
            let fits = runs.last().is_some_and(|run| next.header().prev == run.head().id);
            match VerifiedRun::single(next) {
                Some(next) if fits => runs.push(next),
                _ => break,
            }
        }
        // What comes back of this device's own log was lost here once: it is kept like what is written.
        match device == self.me.device {
            true => self.storage.append_own(&runs, &[])?,
            false => self.storage.append(&runs)?,
        }
        for run in &runs {
            self.logs.advance(device, *run.head());
        }
        self.end_log(&device)?;
        self.owe_receipt(now, device);
        let entries = runs.iter().flat_map(VerifiedRun::entries);
        match self.documents.take(entries.clone(), &self.storage, &self.authority) {
            Ok(rows) => effects.push(Effect::Rows(rows)),
            Err(error) => {
                // They are kept, so nobody sends them again: they are read once more, behind what waits.
                self.backlog.push_back(Work::Read(entries.cloned().collect()));
                return Err(error);
            }
        }
        Ok(())
    }

    /// A device has signed two histories. Whoever passes on the one that came to it first is not to blame,
    /// unless it is that device; the rest of the pull goes on without this log. Where they part is looked for.
    pub(super) fn contradicted(&mut self, key: PeerKey, device: DeviceId, seq: u64, effects: &mut Vec<Effect>) {
        let is_author = self.authority.device_of_peer(&key).is_some_and(|(_, peer)| peer == device);
        if is_author {
            self.fault(key, conflict(&device, seq), effects);
        } else if let Some(peer) = self.peers.get_mut(&key) {
            peer.session.set_aside(device);
        }
        if let Some(peer) = self.peers.get_mut(&key) {
            peer.contradicts = true;
        }
        self.note_branch(key, &device, Branch::Other);
        self.suspect(key, device, seq, effects);
    }

    pub(super) fn owe_receipt(&mut self, now: Now, log: DeviceId) {
        if log != self.me.device {
            let groups = self.authority.membership().member_count();
            self.receipts.owe(now.monotonic, groups, &mut self.random, log);
        }
    }
}

/// What people look at before anything follows from it.
fn is_deliberation(record: &Record) -> bool {
    matches!(record.kind(), Kind::Version | Kind::Vote | Kind::Mandate | Kind::Endorsement)
}

fn conflict(device: &DeviceId, seq: u64) -> String {
    format!("device {device} has signed two different entries at {seq}; what it wrote from there on does not count")
}
