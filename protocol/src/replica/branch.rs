//! Entries that no log gives which still count, because others have built on them.
//!
//! A node that holds a change whose dependency it lacks asks its peers for that dependency by name. The answer proves
//! itself: an entry with the headers behind it up to a signature. It is kept whoever wrote it, and whatever is believed of
//! that device by now: others kept it before, and have gone on. Such entries lie apart from the logs, which hold one history
//! of each device, and count if built on.

use super::Replica;
use super::documents::recall;
use super::effect::Effect;
use crate::chain::BranchEntry;
use crate::entry::read_change;
use crate::id::{ChangeHash, CoalitionId, DocumentId};
use crate::key::PeerKey;
use crate::limits::{MAX_BRANCH_CHANGES, MAX_BRANCH_DOCUMENTS, MAX_FRAME};
use crate::storage::{Storage, StorageError};
use crate::sync::message::BranchWant;
use crate::sync::{Request, Response, pack};
use std::collections::BTreeSet;

/// Bytes of entries in one answer: a frame, less room for what is around them.
const ANSWER_BUDGET: usize = MAX_FRAME - MAX_FRAME / 8;
/// What an entry costs beside its body and the bodies' headers, at most.
const PROOF: usize = 17 * 128;

/// Changes of a document that are looked at for the price of one request.
const LOOKED_AT_UNIT: usize = 64;

/// What was asked of a peer, and by which request.
#[derive(Debug)]
pub(super) struct BranchesAsked {
    pub(super) id: u64,
    changes: BTreeSet<ChangeHash>,
}

impl<S: Storage> Replica<S> {
    /// Asks a peer for what changes here wait for: no log may ever give it.
    pub(super) fn ask_branches(&mut self, key: PeerKey, effects: &mut Vec<Effect>) -> Result<(), StorageError> {
        let knows = self.knows();
        let free = self.peers.get(&key).is_some_and(|peer| peer.is_asked(knows) && peer.branches.is_none());
        if !free || !self.documents.any_waits() {
            return Ok(());
        }
        let mut start = [0; 32];
        start[..8].copy_from_slice(&self.random.number().to_be_bytes());
        let wants = self.documents.lacking(DocumentId(start), &self.storage)?;
        let Some(peer) = self.peers.get_mut(&key).filter(|_| !wants.is_empty()) else { return Ok(()) };
        let id = peer.session.fresh_id();
        let changes = wants.iter().flat_map(|want| want.changes.iter().copied()).collect();
        peer.branches = Some(BranchesAsked { id, changes });
        effects.push(Effect::Send { peer: key, id, bytes: pack(&Request::Branches(wants)) });
        Ok(())
    }

    /// Asks every peer that is asked at all.
    pub(super) fn ask_all_branches(&mut self, effects: &mut Vec<Effect>) -> Result<(), StorageError> {
        let peers: Vec<PeerKey> = self.peers.keys().copied().collect();
        peers.into_iter().try_for_each(|key| self.ask_branches(key, effects))
    }

    /// Takes what a peer sends of it; goes on asking as long as something new comes.
    pub(super) fn take_branches(
        &mut self,
        key: PeerKey,
        asked: &BranchesAsked,
        response: Response,
        effects: &mut Vec<Effect>,
    ) -> Result<(), StorageError> {
        let entries = match response {
            Response::Branches(entries) => entries,
            Response::Refused(_) => return Ok(()),
            _ => {
                self.fault(key, "the peer's answer is not of the kind that was asked for".to_owned(), effects);
                return Ok(());
            }
        };
        let mut kept = Vec::new();
        for entry in entries {
            let verified = match entry.verify(&self.me.coalition) {
                Ok(verified) => verified,
                Err(error) => {
                    self.fault(key, error.to_string(), effects);
                    break;
                }
            };
            let header = verified.entry().header();
            let change = verified.entry().change().map(|change| change.change.hash());
            if change.is_none_or(|change| !asked.changes.contains(&change)) {
                self.fault(key, "the peer sent entries that nobody asked for".to_owned(), effects);
                break;
            }
            if self.storage.entry_id(&header.device, header.seq)? != Some(verified.entry().id()) {
                kept.push(verified);
            }
        }
        if kept.is_empty() {
            return Ok(());
        }
        self.storage.put_branches(&kept)?;
        let rows = self.documents.take_apart(&kept, &self.storage, &self.authority)?;
        effects.push(Effect::Rows(rows));
        self.ask_branches(key, effects)
    }

    /// The entries that carry these changes, as far as they are held here and fit.
    pub(super) fn branches(&self, wants: &[BranchWant], looked_at: &mut u64) -> Result<Response, StorageError> {
        let (mut found, mut room) = (Vec::new(), ANSWER_BUDGET);
        for want in wants.iter().take(MAX_BRANCH_DOCUMENTS) {
            let mut open: BTreeSet<ChangeHash> = want.changes.iter().copied().take(MAX_BRANCH_CHANGES).collect();
            let mut held = self.storage.branches(&want.document)?;
            let stored = self.storage.document(&want.document)?;
            *looked_at = looked_at.saturating_add(1 + ((held.len() + stored.len()) / LOOKED_AT_UNIT) as u64);
            held.retain(|entry| change_of(&self.me.coalition, entry).is_some_and(|change| open.remove(&change)));
            for stored in stored {
                let (device, seq) = (stored.device, stored.seq);
                let Ok(incoming) = recall(&self.me.coalition, stored) else { continue };
                if open.remove(&incoming.change.change.hash()) {
                    held.extend(self.storage.run(&device, seq, 0)?.as_ref().and_then(BranchEntry::of));
                }
            }
            for entry in held {
                let size = entry.body.len() + PROOF;
                if size > room {
                    return Ok(Response::Branches(found));
                }
                room -= size;
                found.push(entry);
            }
        }
        Ok(Response::Branches(found))
    }
}

fn change_of(coalition: &CoalitionId, entry: &BranchEntry) -> Option<ChangeHash> {
    let header = entry.chain.first(coalition)?;
    read_change(&header, &entry.body).ok().map(|change| change.change.hash())
}
