//! Two histories of one device: finding the place where they part, and proving it.
//!
//! Whoever meets a peer whose log of a device contradicts its own asks for the ids at a few places, again
//! and again in between, until the first difference is found; then for the headers from there to the next
//! signature. With its own headers that makes the proof, which ends the log for everybody.

use super::{Replica, news};
use crate::chain::HeaderChain;
use crate::control::{ForkProof, Record};
use crate::id::EntryId;
use crate::key::{DeviceId, PeerKey};
use crate::replica::effect::Effect;
use crate::storage::{Storage, StorageError};
use crate::sync::message::{IdsWant, LogWant};
use crate::sync::{News, Request, Response, pack};

/// Places that one question asks about: a million entries take four questions.
const PLACES: u64 = 32;

/// A search for the place where a peer's log of a device parts from ours.
#[derive(Debug)]
pub(super) struct Hunt {
    device: DeviceId,
    /// The entries before this place are the same.
    same_before: u64,
    /// The entries at this place differ.
    differs_at: u64,
    /// The places that were asked about; none when the headers were asked for.
    places: Vec<u64>,
    id: u64,
}

impl Hunt {
    /// The request whose answer goes on with the search.
    pub(super) const fn waits_for(&self, id: u64) -> bool {
        self.id == id
    }
}

impl<S: Storage> Replica<S> {
    /// A peer's log of a device contradicts ours at a place: looks for the first such place, unless the log
    /// ends before it anyway.
    pub(super) fn suspect(&mut self, key: PeerKey, device: DeviceId, at: u64, effects: &mut Vec<Effect>) {
        let is_over = self.authority.cut(&device).is_some_and(|cut| cut.seq <= at);
        let Some(peer) = self.peers.get_mut(&key) else { return };
        if is_over || peer.hunt.is_some() || self.authority.group_of(&device).is_none() {
            return;
        }
        let hunt = Hunt { device, same_before: 0, differs_at: at, places: Vec::new(), id: 0 };
        self.go_on_hunting(key, hunt, effects);
    }

    fn go_on_hunting(&mut self, key: PeerKey, mut hunt: Hunt, effects: &mut Vec<Effect>) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        let Hunt { device, same_before, differs_at, .. } = hunt;
        let span = differs_at.saturating_sub(same_before);
        let step = usize::try_from(span.div_ceil(PLACES).max(1)).unwrap_or(usize::MAX);
        hunt.places = (same_before..differs_at).step_by(step).collect();
        hunt.id = peer.session.fresh_id();
        let request = match hunt.places.is_empty() {
            true => Request::Chain(LogWant { device, first: differs_at }),
            false => Request::Ids(IdsWant { device, places: hunt.places.clone() }),
        };
        effects.push(Effect::Send { peer: key, id: hunt.id, bytes: pack(&request) });
        peer.hunt = Some(hunt);
    }

    /// Takes the answer to a question of the search.
    pub(super) fn hunted(
        &mut self,
        key: PeerKey,
        mut hunt: Hunt,
        response: Response,
        effects: &mut Vec<Effect>,
    ) -> Result<(), StorageError> {
        match response {
            // A peer that holds less than it showed before lost something; the next pull finds it again.
            Response::Ids(ids) if !hunt.places.is_empty() => {
                if ids.len() == hunt.places.len() {
                    self.narrow(&mut hunt, &ids)?;
                    self.go_on_hunting(key, hunt, effects);
                }
            }
            Response::Chain(Some(theirs)) if hunt.places.is_empty() => {
                return self.prove(key, &hunt, *theirs, effects);
            }
            Response::Chain(None) if hunt.places.is_empty() => {}
            Response::Refused(_) => {}
            _ => self.fault(key, "the peer's answer is not of the kind that was asked for".to_owned(), effects),
        }
        Ok(())
    }

    fn narrow(&self, hunt: &mut Hunt, theirs: &[EntryId]) -> Result<(), StorageError> {
        for (place, id) in hunt.places.iter().zip(theirs) {
            if self.storage.entry_id(&hunt.device, *place)? == Some(*id) {
                hunt.same_before = place.saturating_add(1);
            } else {
                hunt.differs_at = *place;
                break;
            }
        }
        Ok(())
    }

    fn prove(
        &mut self,
        key: PeerKey,
        hunt: &Hunt,
        theirs: HeaderChain,
        effects: &mut Vec<Effect>,
    ) -> Result<(), StorageError> {
        let run = self.storage.run(&hunt.device, hunt.differs_at, 0)?;
        let (Some(ours), Some(group)) = (run.as_ref().and_then(HeaderChain::of), self.authority.group_of(&hunt.device))
        else {
            return Ok(());
        };
        match ForkProof::new(self.me.coalition, group, ours, theirs) {
            Ok(proof) => {
                let record = Record::ForkProof(Box::new(proof));
                effects.push(Effect::Publish { bytes: news(News::Record(record.clone())) });
                self.admit_records(vec![record], Some(key), effects)?;
            }
            Err(error) => {
                let why = format!("it shows another history of device {} and does not prove it: {error}", hunt.device);
                self.fault(key, why, effects);
            }
        }
        Ok(())
    }
}
