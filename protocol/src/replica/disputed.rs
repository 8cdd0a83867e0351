//! The logs of this group's devices that a second group certified as well, fetched from whoever held them before.
//!
//! They count for nothing, so nobody says how long they are and nobody else asks. But what is held is handed out to
//! whoever asks by name; and what its devices wrote is the group's own to say again. Whoever has the device's keys goes on
//! writing, so the group says first where its own words end: up to there it asks, and nobody of the groups that
//! certified the device as well.

use super::Replica;
use super::effect::{Effect, PeerStanding};
use crate::control::Cut;
use crate::key::{DeviceId, PeerKey};
use crate::run::{Run, VerifiedRun};
use crate::storage::{Storage, StorageError};
use crate::sync::message::LogWant;
use crate::sync::{Request, Response, pack};

/// Logs that one request asks for.
const LOGS: usize = 16;

/// The logs that a peer was asked for, and by which request.
#[derive(Debug)]
pub(super) struct DisputedAsked {
    pub(super) id: u64,
    logs: Vec<(DeviceId, Cut)>,
}

/// Whether what is held of a log that a second certificate took may be the group's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnWords {
    /// The device is no such one, or all is here up to the place where the group ended it.
    Here,
    /// The group has not said where they end.
    Endless,
    /// What is held does not lead to the place where the group ended it.
    Elsewhere,
}

impl<S: Storage> Replica<S> {
    /// Asks a member for what it may hold of such logs behind what is held here, up to where this group ended them.
    pub(super) fn ask_disputed(&mut self, key: PeerKey, effects: &mut Vec<Effect>) {
        let Some(PeerStanding::Member { group: asked, .. }) = self.peers.get(&key).map(|peer| peer.standing) else {
            return;
        };
        let (own, keys) = (self.me.group, self.authority.keys());
        let wanted = |(device, end): &(DeviceId, Cut)| {
            let is_rival = asked != own && keys.is_certified_by(device, &asked);
            *device != self.me.device && !is_rival && self.logs.entries(device) < end.seq
        };
        let ended = keys.disputed_of(&own).filter_map(|(device, end)| Some((device, end?)));
        let logs: Vec<(DeviceId, Cut)> = ended.filter(wanted).take(LOGS).collect();
        let Some(peer) = self.peers.get_mut(&key).filter(|_| !logs.is_empty()) else { return };
        if peer.disputed.is_some() {
            return;
        }
        let id = peer.session.fresh_id();
        let want = |(device, _): &(DeviceId, Cut)| LogWant { device: *device, first: self.logs.entries(device) };
        let wants = logs.iter().map(want).collect();
        peer.disputed = Some(DisputedAsked { id, logs });
        effects.push(Effect::Send { peer: key, id, bytes: pack(&Request::Runs(wants)) });
    }

    /// Keeps what a peer sends of them; goes on asking as long as something new comes and the end is not here.
    pub(super) fn take_disputed(
        &mut self,
        key: PeerKey,
        asked: &DisputedAsked,
        response: Response,
        effects: &mut Vec<Effect>,
    ) -> Result<(), StorageError> {
        let runs = match response {
            Response::Runs(runs) => runs,
            Response::Refused(_) => return Ok(()),
            _ => {
                self.fault(key, "the peer's answer is not of the kind that was asked for".to_owned(), effects);
                return Ok(());
            }
        };
        let mut kept = Vec::new();
        for run in runs {
            let Some((_, end)) = asked.logs.iter().find(|(device, _)| *device == run.device) else {
                self.fault(key, "the peer sent entries that nobody asked for".to_owned(), effects);
                break;
            };
            match self.next_disputed(run, *end) {
                Ok(Some(run)) => {
                    self.storage.append(std::slice::from_ref(&run))?;
                    self.logs.advance(run.device(), *run.head());
                    kept.push(run);
                }
                Ok(None) => {}
                Err(why) => {
                    self.fault(key, why, effects);
                    break;
                }
            }
        }
        if kept.is_empty() {
            return Ok(());
        }
        self.end_logs()?;
        let entries = kept.iter().flat_map(VerifiedRun::entries);
        let rows = self.documents.take(entries, &self.storage, &self.authority)?;
        effects.push(Effect::Rows(rows));
        self.ask_disputed(key, effects);
        Ok(())
    }

    /// Whether what is held of a log may be said again as the group's own.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn own_words(&self, device: &DeviceId) -> Result<OwnWords, StorageError> {
        let mut disputed = self.authority.keys().disputed_of(&self.me.group);
        match disputed.find(|(of, _)| of == device) {
            None => Ok(OwnWords::Here),
            Some((_, None)) => Ok(OwnWords::Endless),
            Some((_, Some(end))) if self.cut_after(device, end.seq)? == Some(end) => Ok(OwnWords::Here),
            Some(_) => Ok(OwnWords::Elsewhere),
        }
    }

    /// A run that continues what is held, up to the end; none where it does not, as after a fork.
    fn next_disputed(&self, run: Run, end: Cut) -> Result<Option<VerifiedRun>, String> {
        let run = run.verify(&self.me.coalition).map_err(|error| error.to_string())?;
        let first = run.first().header();
        let fits = match self.logs.head(&run.device()) {
            None => first.seq == 0,
            Some(head) => (first.seq, first.prev) == (head.seq + 1, head.id),
        };
        Ok((fits && first.seq < end.seq).then(|| run.proving(end.seq.saturating_sub(1))))
    }
}
