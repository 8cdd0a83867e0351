//! One connected peer.

use super::branch::BranchesAsked;
use super::burden::Complaint;
use super::disputed::DisputedAsked;
use super::effect::{Direction, PeerStanding, PeerSync, PeerView};
use super::fork::Hunt;
use crate::authority::Authority;
use crate::id::{Digest, GroupId};
use crate::key::{DeviceId, PeerKey};
use crate::sync::{Failed, Session};

/// Whoever lost power may lack once what it had; the second time it is named.
const WITHHELD_TWICE: u32 = 2;

/// What is kept of a connected peer.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) direction: Direction,
    pub(super) standing: PeerStanding,
    pub(super) session: Session,
    pub(super) sync: PeerSync,
    pub(super) fault: Option<String>,
    /// News showed that a pull is due while one was under way.
    pub(super) pull_again: bool,
    /// In the pull under way it showed another history of some device.
    pub(super) contradicts: bool,
    /// Pulls in a row in which it did not send what it said that it holds.
    pub(super) withholds: u32,
    /// Fingerprints of what it held when it asked last: control set and logs.
    pub(super) said: Option<(Digest, Digest)>,
    /// Batches of this peer that wait to be admitted.
    pub(super) backlog: usize,
    /// The request that carries our application, and a digest of what it handed in.
    pub(super) application: Option<(u64, Digest)>,
    /// The search for the place where its log of a device parts from ours.
    pub(super) hunt: Option<Hunt>,
    /// Whether its gossip is listened to.
    pub(super) hearing: Hearing,
    /// What was asked of it that may lie behind a cut.
    pub(super) branches: Option<BranchesAsked>,
    /// What was asked of it that this group's devices wrote and nobody counts.
    pub(super) disputed: Option<DisputedAsked>,
}

/// Whether the gossip of a member is listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hearing {
    /// It is.
    Open,
    /// It said too much.
    Closed,
}

/// Whether this node knows the coalition that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Knows {
    /// It does.
    Coalition,
    /// The founding records are not here: this node is new, or has lost its store.
    Nobody,
}

impl Peer {
    pub(super) fn new(direction: Direction, standing: PeerStanding) -> Self {
        Self {
            direction,
            standing,
            session: Session::default(),
            sync: PeerSync::NotYet,
            fault: None,
            pull_again: false,
            contradicts: false,
            withholds: 0,
            said: None,
            backlog: 0,
            application: None,
            hunt: None,
            hearing: Hearing::Open,
            branches: None,
            disputed: None,
        }
    }

    /// We ask members, and whoever we dialled ourselves: its address came from an invite or a member. Where we
    /// can't tell who is a member, we ask whoever comes.
    pub(super) fn is_asked(&self, knows: Knows) -> bool {
        let member = matches!(self.standing, PeerStanding::Member { .. });
        member || self.direction == Direction::Dialled || knows == Knows::Nobody
    }

    /// A request got no answer.
    pub(super) fn forget(&mut self, id: u64) {
        self.application.take_if(|(application, _)| *application == id);
        self.hunt.take_if(|hunt| hunt.waits_for(id));
        self.branches.take_if(|asked| asked.id == id);
        self.disputed.take_if(|asked| asked.id == id);
        if self.session.fail(id) == Failed::Pull {
            self.sync = PeerSync::NotYet;
        }
    }

    /// The device that it is, of a member.
    pub(super) fn device(&self) -> Option<DeviceId> {
        match self.standing {
            PeerStanding::Member { device, .. } => Some(device),
            PeerStanding::Lobby => None,
        }
    }

    /// The group that it is a device of.
    pub(super) fn group(&self) -> Option<GroupId> {
        match self.standing {
            PeerStanding::Member { group, .. } => Some(group),
            PeerStanding::Lobby => None,
        }
    }

    pub(super) fn view(&self, peer: PeerKey, burdens: Option<Complaint>) -> PeerView {
        let withholds = (self.withholds >= WITHHELD_TWICE).then(|| {
            "it says that it holds entries, and does not send them; others will, where they have them".to_owned()
        });
        // As long as something is missing that it says it has, it is not shown as if both held the same.
        let sync = match self.sync {
            PeerSync::InSync if self.withholds > 0 => PeerSync::Fetching,
            sync => sync,
        };
        let fault = self.fault.clone().or(withholds).or_else(|| burdens.map(|burdens| burdens.to_string()));
        PeerView { peer, standing: self.standing, sync, fault }
    }
}

/// What a peer may do, as far as authority goes.
pub(super) fn standing(authority: &Authority, peer: &PeerKey) -> PeerStanding {
    match authority.device_of_peer(peer) {
        Some((group, device)) if authority.is_member(&group) && !authority.is_revoked(&device) => {
            PeerStanding::Member { group, device }
        }
        _ => PeerStanding::Lobby,
    }
}
