//! This device's own log, as others hold it.
//!
//! A home that was restored from a backup, or copied, may be behind what its device has written before.
//! What it writes then contradicts that: two histories of one device, of which only the part before counts.
//! Whoever is about to write asks here first whether the log is whole.

use super::Replica;
use super::effect::{PeerStanding, PeerSync};
use super::peer::Peer;
use crate::id::GroupId;
use crate::key::{DeviceId, PeerKey};
use crate::storage::Storage;
use std::collections::BTreeSet;

/// How this device's own log compares with what connected members hold of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnLog {
    /// As far as is known, nobody holds more of it.
    Whole,
    /// A member's node is connected, and has not said yet how much of it it holds.
    NotCompared,
    /// A peer holds more of it, which is being fetched.
    Behind {
        /// How many entries the peer holds more.
        by: u64,
    },
}

impl<S: Storage> Replica<S> {
    /// How this device's own log compares with what connected members hold of it.
    pub fn own_log(&self) -> OwnLog {
        let held = self.logs.entries(&self.me.device);
        let members = || self.peers.values().filter(|peer| matches!(peer.standing, PeerStanding::Member { .. }));
        let more = members().filter_map(|peer| peer.session.theirs(&self.me.device)).max().unwrap_or(0);
        if more > held && !self.logs.is_complete(&self.me.device) {
            OwnLog::Behind { by: more - held }
        } else if members().any(Peer::is_unheard) {
            OwnLog::NotCompared
        } else {
            OwnLog::Whole
        }
    }

    /// Whether enough groups have said how much of this device's own log they hold, and nobody who is connected holds
    /// more than there is here, or has not said it yet. One group may have been away when the log grew, or lie: where
    /// there are more than two member groups, two must have said it.
    pub fn knows_own_log(&self) -> bool {
        let own = self.me.group;
        // To a group that withdrew nobody says more than that.
        let is_refused = |peer: &&Peer| peer.sync == PeerSync::Waiting && self.authority.is_member(&own);
        let told = self.peers.values().filter(|peer| !peer.is_unheard() && !is_refused(peer));
        let told: BTreeSet<GroupId> = told.filter_map(Peer::group).collect();
        let others = self.authority.members().filter(|group| *group != own).count();
        told.len() >= others.clamp(1, 2) && self.own_log() == OwnLog::Whole
    }

    /// A peer's node holds another history of a device than this one, or no longer does. What it says to have
    /// received of this device's own log is of that other history.
    pub(super) fn note_branch(&mut self, key: PeerKey, of: &DeviceId, branch: Branch) {
        let Some(peer) = self.peers.get(&key) else { return };
        if let PeerStanding::Member { device, .. } = peer.standing
            && *of == self.me.device
        {
            self.receipts.hold(device, branch);
        }
    }
}

impl Peer {
    /// Whether it has said nothing yet of what it holds. What it holds of other logs is nothing to wait for: a
    /// text that was written while it was on its way is merged with it, and not written over it.
    fn is_unheard(&self) -> bool {
        match self.sync {
            PeerSync::NotYet => true,
            PeerSync::Fetching => self.session.is_greeting(),
            PeerSync::InSync | PeerSync::Waiting | PeerSync::Apart => false,
        }
    }
}

/// Which history of a log somebody holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Branch {
    /// The one that is held here.
    Ours,
    /// One that contradicts it.
    Other,
}
