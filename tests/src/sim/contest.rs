//! Who is let in when an invite is used twice or taken back, while those who use it write already: nobody can say
//! beforehand; but in the end all say the same, and of two in one slot one is in.

use super::World;
use super::event::NodeIndex;
use super::{Conduct, Stop};
use grid_protocol::id::GroupId;
use std::collections::BTreeMap;

/// An invite whose outcome is open.
#[derive(Clone, Debug)]
struct Contest {
    /// Those who use its only slot.
    rivals: Vec<NodeIndex>,
    invite: Invite,
}

/// Whether an invite was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invite {
    Stands,
    TakenBack,
}

/// Invites whose outcome is open, and whom those in turn invited who used them.
#[derive(Clone, Debug, Default)]
pub(super) struct Contests {
    open: Vec<Contest>,
    /// Guests, and through whom they came.
    guests: BTreeMap<NodeIndex, NodeIndex>,
}

impl Contests {
    /// Several groups use one slot.
    pub(super) fn begin(&mut self, rivals: Vec<NodeIndex>, invite: Invite) {
        self.open.push(Contest { rivals, invite });
    }

    /// A group came through an invite of a host; whether that of the host is open, so that its own is.
    pub(super) fn came_through(&mut self, guest: NodeIndex, host: NodeIndex) -> bool {
        let open = self.is_open(host);
        if open {
            self.guests.insert(guest, host);
        }
        open
    }

    /// Whether nobody can say yet if a node's group is let in.
    pub(super) fn is_open(&self, node: NodeIndex) -> bool {
        self.nodes().any(|open| open == node)
    }

    /// The nodes of which nobody can say yet whether they are let in.
    pub(super) fn nodes(&self) -> impl Iterator<Item = NodeIndex> {
        self.open.iter().flat_map(|contest| &contest.rivals).chain(self.guests.keys()).copied()
    }
}

impl World {
    /// From now on it is open whether the group of a node is let in.
    pub(super) fn leave_undecided(&mut self, node: NodeIndex) {
        self.undecided.insert(node);
    }

    /// All who are surely members are equal: what they say of the others is how it came out. Those who are out stop, and
    /// what they wrote counts where somebody built on it. How many are in.
    pub(super) fn settle_contests(&mut self, contests: &Contests, judge: NodeIndex) -> usize {
        let seed = self.seed;
        let is_in = |world: &Self, node: NodeIndex| {
            let group: GroupId = world.author(node).me.group;
            world.replica(judge).authority().was_admitted(&group)
        };
        for contest in &contests.open {
            let inside = contest.rivals.iter().filter(|node| is_in(self, **node)).count();
            let least = usize::from(contest.invite == Invite::Stands);
            assert!((least..=1).contains(&inside), "seed {seed}: {inside} are in by one slot: {contest:?}");
        }
        for (guest, host) in &contests.guests {
            let (guest_is, host_is) = (is_in(self, *guest), is_in(self, *host));
            assert_eq!(guest_is, host_is, "seed {seed}: node {guest} came through node {host}");
        }
        let (inside, outside): (Vec<NodeIndex>, Vec<NodeIndex>) = contests.nodes().partition(|node| is_in(self, *node));
        for node in outside {
            let me = self.author(node).me;
            self.history.ended(me.device, 0);
            self.history.sayings.leave_out(me.group);
            if self.runs(node) {
                self.stop(node, Stop::Properly);
            }
            self.set_conduct(node, Conduct::Silent);
        }
        self.undecided.clear();
        inside.len()
    }
}
