//! News: what arrives by gossip, and what becomes of it.
//!
//! Only what is wrong on every node for ever is rejected; what is unknown or waits is ignored, and pulled.

use super::burden::{Room, Sort, Voice};
use super::delivery::Counted;
use super::effect::{Effect, Judgement, Now};
use super::{Replica, hints};
use crate::control::Record;
use crate::entry::{Entry, Head, verify_signature};
use crate::key::{DeviceId, PeerKey};
use crate::log::Placed;
use crate::run::VerifiedRun;
use crate::storage::{Storage, StorageError};
use crate::sync::{Gossip, Hint, News, Says, unpack};

/// Bytes of an entry's body that weigh as much as the entry itself.
const ENTRY_UNIT: usize = 1_024;

impl<S: Storage> Replica<S> {
    pub(super) fn take_news(
        &mut self,
        now: Now,
        from: PeerKey,
        token: u64,
        bytes: &[u8],
        effects: &mut Vec<Effect>,
    ) -> Result<(), StorageError> {
        let judgement = match unpack::<Gossip>(bytes) {
            Err(error) => {
                self.fault(from, error.to_string(), effects);
                Judgement::Reject
            }
            Ok(Gossip { news: News::Entry(entry), .. }) => {
                return self.take_entry(now, from, token, entry, effects);
            }
            Ok(Gossip { news: News::Record(record), .. }) => self.take_record(now, from, record, effects)?,
            Ok(Gossip { news: News::Head { device, head }, .. }) => self.take_head(now, from, device, &head, effects),
            Ok(Gossip { news: News::Hint(hint), .. }) => self.take_hint(now, from, &hint, effects),
        };
        effects.push(Effect::Judge { token, judgement });
        Ok(())
    }

    fn take_head(
        &mut self,
        now: Now,
        from: PeerKey,
        device: DeviceId,
        head: &Head,
        effects: &mut Vec<Effect>,
    ) -> Judgement {
        let is_known = head.seq < self.logs.entries(&device) || self.logs.is_complete(&device);
        if !self.authority.stores_log_of(&device) || is_known {
            return Judgement::Ignore;
        }
        let (voice, sort) = (Voice::Device(device), Sort::Head);
        if self.hears(now, from, (voice, sort, 1), effects) != Room::Left {
            return Judgement::Ignore;
        }
        match verify_signature(&device, head.seq, &head.id, &head.signature) {
            // A signature is over an id, which does not say at which height it stands: who has one signature of a
            // log can make a head of any height. Passed on, each would cost everybody a comparison.
            Ok(()) => {
                self.count_said(now, from, (voice, sort, 1));
                Judgement::Ignore
            }
            Err(error) => {
                self.fault(from, error.to_string(), effects);
                Judgement::Reject
            }
        }
    }

    fn take_entry(
        &mut self,
        now: Now,
        from: PeerKey,
        token: u64,
        entry: Entry,
        effects: &mut Vec<Effect>,
    ) -> Result<(), StorageError> {
        let device = entry.header.device;
        let ignore = Effect::Judge { token, judgement: Judgement::Ignore };
        if self.logs.is_complete(&device) {
            effects.push(ignore);
            return Ok(());
        }
        if entry.header.seq < self.logs.entries(&device) {
            effects.push(ignore);
            let known = self.storage.entry_id(&device, entry.header.seq)?;
            let (id, seq) = (entry.header.id(), entry.header.seq);
            if known != Some(id) && verify_signature(&device, seq, &id, &entry.signature).is_ok() {
                self.contradicted(from, device, seq, effects);
            }
            return Ok(());
        }
        if !self.authority.stores_log_of(&device) {
            effects.push(ignore);
            self.pull(from, effects);
            return Ok(());
        }
        let amount = 1 + (entry.body.len() / ENTRY_UNIT) as u64;
        // What lies behind a gap may be repeated until the gap is closed, by anybody.
        let (voice, sort) = match entry.header.seq > self.logs.entries(&device) {
            true => self.late(from, device, Sort::Entry),
            false => (Voice::Device(device), Sort::Entry),
        };
        if self.hears(now, from, (voice, sort, amount), effects) != Room::Left {
            effects.push(ignore);
            self.hurry(now);
            return Ok(());
        }
        let verified = match entry.verify(&self.me.coalition) {
            Ok(verified) => verified,
            Err(error) => {
                effects.push(Effect::Judge { token, judgement: Judgement::Reject });
                self.fault(from, error.to_string(), effects);
                return Ok(());
            }
        };
        self.count_said(now, from, (voice, sort, amount));
        let Some(run) = VerifiedRun::single(verified) else { return Ok(()) };
        match self.logs.place(run) {
            Placed::Next(run) => {
                effects.push(Effect::Judge { token, judgement: Judgement::Accept });
                self.store(now, run, effects)?;
            }
            Placed::AlreadyKnown => effects.push(ignore),
            Placed::Gap { run, .. } => {
                effects.push(ignore);
                self.waiting.push(run.first().clone(), from);
                self.pull(from, effects);
            }
            Placed::Conflict { seq } => {
                effects.push(ignore);
                self.contradicted(from, device, seq, effects);
            }
        }
        Ok(())
    }

    fn take_record(
        &mut self,
        now: Now,
        from: PeerKey,
        record: Record,
        effects: &mut Vec<Effect>,
    ) -> Result<Judgement, StorageError> {
        if self.control.get(&record.id()).is_some() {
            return Ok(Judgement::Ignore);
        }
        let id = record.id();
        let voice = record.group().map(Voice::Group);
        if let Some(voice) = voice
            && self.hears(now, from, (voice, Sort::Record, 1), effects) != Room::Left
        {
            // Pulled, many are taken in at once, and most of them have made way for others by then.
            self.hurry(now);
            return Ok(Judgement::Ignore);
        }
        let target = match &record {
            Record::Vouch(vouch) => Some(vouch.body.target),
            _ => None,
        };
        let outcome = self.admit_records(vec![record], Some(from), effects)?;
        Ok(match outcome.refused.into_iter().next() {
            Some(why) => {
                self.fault(from, why, effects);
                Judgement::Reject
            }
            None if self.control.get(&id).is_some() => {
                if let Some(voice) = voice {
                    self.count_said(now, from, (voice, Sort::Record, 1));
                }
                // Until now nobody had to keep what this group handed in.
                if target.is_some_and(|group| self.control.inception(&group).is_none()) {
                    self.pull(from, effects);
                }
                Judgement::Accept
            }
            None => {
                self.pull(from, effects);
                Judgement::Ignore
            }
        })
    }

    pub(super) fn take_hint(&mut self, now: Now, from: PeerKey, hint: &Hint, effects: &mut Vec<Effect>) -> Judgement {
        if self.hints.knows(hint) {
            // Every peer tells of a hundred at every meeting: what is known is not proven again.
            return Judgement::Ignore;
        }
        let sort = Sort::of(&hint.body.says);
        let (voice, sort) = match self.hints.is_late(&hint.body) {
            true => self.late(from, hint.body.device, sort),
            false => (Voice::Device(hint.body.device), sort),
        };
        if self.hears(now, from, (voice, sort, 1), effects) != Room::Left {
            return Judgement::Ignore;
        }
        let body = match self.verify_hint(hint) {
            Ok(body) => body,
            Err(error) => {
                self.fault(from, error.to_string(), effects);
                return Judgement::Reject;
            }
        };
        if body.device == self.me.device && matches!(body.says, Says::Reachable(_)) {
            // What others still know of this node may be from a time when its clock was ahead.
            effects.push(Effect::Hint(body.clone()));
            return Judgement::Ignore;
        }
        if body.device == self.me.device || !self.authority.stores_log_of(&body.device) {
            return Judgement::Ignore;
        }
        // Which key its PeerId has may have changed, and we may not have heard of it: no reason to blame anyone.
        if self.authority.certificate(&body.device).is_none_or(|known| !body.leads_to(&known.body().peer)) {
            return Judgement::Ignore;
        }
        self.count_said(now, from, (voice, sort, 1));
        self.hints.hear(body);
        match &body.says {
            // Only the authors that it names keep it.
            Says::Received(_) if self.receipts.take(&self.me, self.logs.head(&self.me.device), body) == Counted::No => {
                return Judgement::Accept;
            }
            Says::Received(_) => {}
            Says::Reachable(_) if self.hints.keep(hint) == hints::Kept::Known => return Judgement::Ignore,
            // Its author is back, or new: it may have missed our receipt.
            Says::Reachable(_) => self.owe_receipt(now, body.device),
        }
        effects.push(Effect::Hint(body.clone()));
        Judgement::Accept
    }
}
