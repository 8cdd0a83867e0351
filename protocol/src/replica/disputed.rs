//! The logs of this group's devices that a second group certified as well, fetched from whoever held them before.
//!
//! They count for nothing, so nobody says how long they are and nobody else asks. But what is held is handed out to
//! whoever asks by name; and what its devices wrote is the group's own to say again. Whoever has the device's keys goes
//! on writing, and may have written another history of it. So the group says first where its own words end, and from
//! that entry they are fetched backwards: each names the one before it, and nothing else is kept, whoever sends it. They
//! lie apart from the log, which may hold the other history. None of the groups that certified the device as well is asked.

use super::Replica;
use super::effect::{Effect, PeerStanding};
use super::lost::Lost;
use crate::chain::{BranchEntry, VerifiedBranch};
use crate::control::Cut;
use crate::entry::{Header, VerifiedEntry, read_change};
use crate::id::EntryId;
use crate::key::{DeviceId, PeerKey};
use crate::run::VerifiedRun;
use crate::storage::{Storage, StorageError};
use crate::sync::message::LogWant;
use crate::sync::{Request, Response, pack};
use std::collections::BTreeMap;

/// Logs that one request asks for.
const LOGS: usize = 16;
/// Entries that are asked for in front of one that is missing, at most. An answer goes on behind that one as far as it has
/// room, and members count what they send: what an answer held says how much the next one may hold.
const REACH: u64 = 1 << 12;

/// The logs that a peer was asked for, and by which request.
#[derive(Debug)]
pub(super) struct DisputedAsked {
    pub(super) id: u64,
    logs: Vec<LogWant>,
}

/// How far the group's own words of a log are held, back from their end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trail {
    end: Cut,
    before: Before,
    /// How many entries in front of the missing one are asked for with it.
    reach: u64,
}

/// What stands before the words that are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// The first so many entries of the log as it is held.
    Logged(u64),
    /// The last of these entries is missing.
    Missing(Cut),
}

/// The group's own words that lie apart from their log, the last one first.
struct Traced {
    words: Vec<Lost>,
    before: Before,
}

/// An entry that lies apart: its place, the one before it, and its change.
struct Apart {
    seq: u64,
    prev: EntryId,
    word: Option<Lost>,
}

/// What came of a run.
enum Step {
    /// Words that were missing, which are kept now.
    Kept(Vec<VerifiedBranch>),
    /// It had no room for them: less is asked for.
    Shorter,
    /// It is of another history, or brings nothing.
    Nothing,
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
    /// Asks a member for what it may hold of such logs before what is held here, from where this group ended them.
    pub(super) fn ask_disputed(&mut self, key: PeerKey, effects: &mut Vec<Effect>) -> Result<(), StorageError> {
        let Some(PeerStanding::Member { group: asked, .. }) = self.peers.get(&key).map(|peer| peer.standing) else {
            return Ok(());
        };
        let (own, keys) = (self.me.group, self.authority.keys());
        let wanted = |(device, _): &(DeviceId, Cut)| {
            let is_rival = asked != own && keys.is_certified_by(device, &asked);
            *device != self.me.device && !is_rival
        };
        let ended = keys.disputed_of(&own).filter_map(|(device, end)| Some((device, end?)));
        let ended: Vec<(DeviceId, Cut)> = ended.filter(wanted).collect();
        let mut logs = Vec::new();
        for (device, end) in ended {
            let trail = self.trail(device, end)?;
            if let Before::Missing(cut) = trail.before {
                let first = cut.seq.saturating_sub(1).saturating_sub(trail.reach);
                logs.push(LogWant { device, first });
            }
        }
        logs.truncate(LOGS);
        let Some(peer) = self.peers.get_mut(&key).filter(|peer| !logs.is_empty() && peer.disputed.is_none()) else {
            return Ok(());
        };
        let id = peer.session.fresh_id();
        effects.push(Effect::Send { peer: key, id, bytes: pack(&Request::Runs(logs.clone())) });
        peer.disputed = Some(DisputedAsked { id, logs });
        Ok(())
    }

    /// Keeps what a peer sends of them; goes on asking as long as that leads on and something is missing.
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
        let (mut kept, mut leads_on) = (Vec::new(), false);
        for run in runs {
            if !asked.logs.iter().any(|want| want.device == run.device) {
                self.fault(key, "the peer sent entries that nobody asked for".to_owned(), effects);
                break;
            }
            match run.verify(&self.me.coalition).map(|run| self.follow(&run)) {
                Ok(step) => match step? {
                    Step::Kept(words) => kept.extend(words),
                    Step::Shorter => leads_on = true,
                    Step::Nothing => {}
                },
                Err(error) => {
                    self.fault(key, error.to_string(), effects);
                    break;
                }
            }
        }
        if !kept.is_empty() {
            leads_on = true;
            let rows = self.documents.take_apart(&kept, &self.storage, &self.authority)?;
            effects.push(Effect::Rows(rows));
        }
        if leads_on { self.ask_disputed(key, effects) } else { Ok(()) }
    }

    /// Keeps of a run what leads back from the words that are held.
    fn follow(&mut self, run: &VerifiedRun) -> Result<Step, StorageError> {
        let device = run.device();
        let Some(trail) = self.trails.get_mut(&device) else { return Ok(Step::Nothing) };
        let Before::Missing(cut) = trail.before else { return Ok(Step::Nothing) };
        let entries = run.entries();
        // Less than it held, or it would end before the missing one for ever.
        let room = (entries.len() as u64).saturating_mul(3) / 4;
        let Some(last) = entries.iter().position(|entry| behind(entry) == cut) else {
            if run.head().seq.saturating_add(1) >= cut.seq || trail.reach == 0 {
                return Ok(Step::Nothing);
            }
            // Whoever answers with the same again leads nowhere.
            let is_shorter = room < trail.reach;
            trail.reach = trail.reach.min(room);
            return Ok(if is_shorter { Step::Shorter } else { Step::Nothing });
        };
        let mut words = VerifiedBranch::of(run);
        words.truncate(last + 1);
        let Header { seq, prev, .. } = *run.first().header();
        let front = Cut { seq, entry: prev };
        let cuts: Vec<Cut> = std::iter::once(front).chain(words.iter().map(|word| behind(word.entry()))).collect();
        let mut before = Before::Missing(front);
        // From where the log holds the same, it does so down to its beginning.
        for (place, cut) in cuts.iter().enumerate().rev() {
            if self.is_logged(&device, cut)? {
                before = Before::Logged(cut.seq);
                words.drain(..place);
                break;
            }
        }
        self.storage.put_branches(&words)?;
        if let Some(trail) = self.trails.get_mut(&device) {
            (trail.before, trail.reach) = (before, trail.reach.max(room).min(REACH));
        }
        Ok(Step::Kept(words))
    }

    /// How far the words are held that end there.
    fn trail(&mut self, device: DeviceId, end: Cut) -> Result<Trail, StorageError> {
        match self.trails.get(&device) {
            Some(trail) if trail.end == end => Ok(*trail),
            _ => {
                let trail = Trail { end, before: self.trace(&device, end)?.before, reach: REACH };
                self.trails.insert(device, trail);
                Ok(trail)
            }
        }
    }

    /// Goes back from an end, through what lies apart, until the log holds the rest or something is missing.
    fn trace(&self, device: &DeviceId, end: Cut) -> Result<Traced, StorageError> {
        let apart = self.apart(device)?;
        let (mut cut, mut words) = (end, Vec::new());
        while !self.is_logged(device, &cut)? {
            let before = |apart: &&Apart| apart.seq.saturating_add(1) == cut.seq;
            let Some(Apart { seq, prev, word }) = apart.get(&cut.entry).filter(before) else {
                return Ok(Traced { words, before: Before::Missing(cut) });
            };
            words.extend(*word);
            cut = Cut { seq: *seq, entry: *prev };
        }
        Ok(Traced { words, before: Before::Logged(cut.seq) })
    }

    /// Whether the log, as it is held, leads to this place.
    fn is_logged(&self, device: &DeviceId, cut: &Cut) -> Result<bool, StorageError> {
        Ok(cut.seq == 0 || self.cut_after(device, cut.seq)? == Some(*cut))
    }

    /// The entries of a log that lie apart from it.
    fn apart(&self, device: &DeviceId) -> Result<BTreeMap<EntryId, Apart>, StorageError> {
        let mut apart = BTreeMap::new();
        let documents = self.storage.branch_documents()?;
        for (_, document) in documents.into_iter().filter(|(of, _)| of == device) {
            for BranchEntry { chain, body } in self.storage.branches(&document)? {
                let Some(header) = chain.first(&self.me.coalition).filter(|header| header.device == *device) else {
                    continue;
                };
                let word = read_change(&header, &body).ok().map(|change| Lost {
                    seq: header.seq,
                    time: header.time,
                    document,
                    change: change.change.hash(),
                });
                apart.insert(header.id(), Apart { seq: header.seq, prev: header.prev, word });
            }
        }
        Ok(apart)
    }

    /// What this group's own words were on a log that a second certificate took, those on which nobody has built. What
    /// is held of the log stands for what is missing before them.
    pub(super) fn lost_words(&mut self, device: &DeviceId, end: Cut) -> Result<Vec<Lost>, StorageError> {
        let Traced { words, before } = self.trace(device, end)?;
        let (Before::Logged(entries) | Before::Missing(Cut { seq: entries, .. })) = before;
        let mut all = self.logged(device, 0..entries)?;
        all.extend(words.into_iter().rev());
        self.without_effect(all)
    }

    /// Whether what is held of a log may be said again as the group's own.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn own_words(&self, device: &DeviceId) -> Result<OwnWords, StorageError> {
        let mut disputed = self.authority.keys().disputed_of(&self.me.group);
        let end = match disputed.find(|(of, _)| of == device) {
            None => return Ok(OwnWords::Here),
            Some((_, None)) => return Ok(OwnWords::Endless),
            Some((_, Some(end))) => end,
        };
        match self.trace(device, end)?.before {
            Before::Logged(_) => Ok(OwnWords::Here),
            Before::Missing(_) => Ok(OwnWords::Elsewhere),
        }
    }
}

/// The place behind an entry.
fn behind(entry: &VerifiedEntry) -> Cut {
    Cut { seq: entry.header().seq.saturating_add(1), entry: entry.id() }
}
