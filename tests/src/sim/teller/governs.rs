//! How the groups of a story govern the coalition and their own keys.

use super::Teller;
use crate::sim::event::NodeIndex;
use crate::sim::story::DEGREE;
use grid_protocol::control::{Capabilities, Cut, Stance};
use grid_protocol::id::{GroupId, RecordId, VersionId};
use std::collections::BTreeMap;
use std::time::Duration;

/// Electors that a proposal lists.
const ELECTORS: usize = 3;
/// How often two computers of a group are looked at until one has let in the other.
const PAIRING_TRIES: usize = 60;
/// Proposals of one group on one base.
const PROPOSALS: u32 = 2;

impl Teller {
    /// Whether a node holds the words of its group, and signs for it.
    pub(super) fn governs(&self, node: NodeIndex) -> bool {
        !self.paired.contains(&node)
    }

    /// An elector votes, or proposes the next statement.
    pub(super) fn govern(&mut self, node: NodeIndex) {
        let (author, now) = (self.world.author(node), self.world.wall_of(node));
        let (group, replica) = (author.me.group, self.world.replica(node));
        let is_elector =
            |base: &VersionId| replica.control().electors_of(base).is_some_and(|electors| electors.contains(&group));
        let open = replica.control().proposals().map(|version| (version.version(), version.body().base));
        let open =
            open.filter(|(_, base)| is_elector(base) && !self.voted.contains(&(group, *base))).collect::<Vec<_>>();
        let followed = replica.authority().followed().filter(&is_elector);
        if let Some((version, base)) = self.world.random().pick(&open).copied() {
            let vote = author.vote(self.world.replica(node), version);
            self.voted.insert((group, base));
            return self.world.commit_record(node, vote);
        }
        let Some(base) = followed else { return };
        let number = self.proposed.entry((group, base)).or_insert(0);
        if *number >= PROPOSALS || self.voted.contains(&(group, base)) {
            return;
        }
        *number += 1;
        let members: Vec<GroupId> = self.world.replica(node).authority().members().collect();
        let mut electors = self.world.random().some(members, ELECTORS - 1);
        electors.push(group);
        let text = format!("The river belongs to everybody who lives by it. {}\n", self.proposed.len());
        let about = (base, self.proposed[&(group, base)] - 1);
        let (version, proposal) = author.propose(self.world.replica(node), about, &text, electors, now);
        self.world.commit_record(node, proposal);
        let vote = author.vote(self.world.replica(node), version);
        self.voted.insert((group, base));
        self.world.commit_record(node, vote);
    }

    /// A group gets a further device, which writes once; later it is ended, by itself or with a rotation, or loses its
    /// right.
    pub(super) fn renew_keys(&mut self, node: NodeIndex) {
        let open: Vec<NodeIndex> = self.offices.keys().copied().filter(|node| self.world.runs(*node)).collect();
        let due = self.world.random().pick(&open).copied().filter(|_| self.world.random().happens(600));
        let node = due.unwrap_or(node);
        let author = self.world.author(node);
        let root = author.root_in_force(self.world.replica(node).authority());
        let Some((office, entry)) = self.offices.remove(&node) else {
            let Some(page) = self.known_page(node) else { return };
            self.devices += 1;
            let number = 800_000 + self.devices;
            let (office, certificate) = author.device_under(root, number);
            self.world.commit_record(node, certificate);
            let entry = self.world.say_elsewhere(&office, node, page);
            self.offices.insert(node, (office, entry));
            return self.go_on_with(page, node);
        };
        let device = office.me.device;
        let after = Cut { seq: entry.header().seq + 1, entry: entry.id() };
        let keeps_root = self.settled.contains(&author.me.group) || self.world.random().happens(500);
        let keeps_words = self.world.random().happens(500);
        let cut = if keeps_words { after } else { Cut::NOTHING };
        let replica = self.world.replica(node);
        let record = match (keeps_root, keeps_words) {
            (true, _) => author.end(root, device, cut),
            (false, true) => author.rotate(replica, &BTreeMap::from([(device, cut)])),
            (false, false) => author.narrow(replica, device),
        };
        self.world.history.ended(device, cut.seq);
        if !keeps_words {
            self.world.history.sayings.lapse(device);
        }
        self.renewals += 1;
        self.world.commit_record(node, record);
    }

    /// A group claims a mandate, or an elector endorses one, or takes that back.
    pub(super) fn care_for_mandates(&mut self, node: NodeIndex) {
        let (author, now) = (self.world.author(node), self.world.wall_of(node));
        let first = VersionId::first(&author.me.coalition);
        let replica = self.world.replica(node);
        let is_elector = replica.control().electors_of(&first).is_some_and(|all| all.contains(&author.me.group));
        let known: Vec<RecordId> =
            self.claims.iter().copied().filter(|claim| replica.control().get(claim).is_some()).collect();
        let record = match self.world.random().pick(&known).copied() {
            Some(claim) if is_elector => {
                let taken_back = self.world.random().happens(200);
                let stance = if taken_back { Stance::Withdrawn } else { Stance::Endorsed };
                author.endorse(claim, 1 + u64::from(taken_back), stance, now)
            }
            _ => {
                let claim = author.claim(first, 0, now);
                self.claims.push(claim.id());
                claim
            }
        };
        self.world.commit_record(node, record);
    }

    /// A group gets a further computer, which writes as the first one does.
    pub(super) fn add_computer(&mut self, node: NodeIndex) {
        let author = self.world.author(node);
        let root = author.root_in_force(self.world.replica(node).authority());
        if root != 0
            || self.contests.is_open(node)
            || self.paired.contains(&node)
            || !self.settled.insert(author.me.group)
        {
            return;
        }
        let code = self.world.add_device(node, Capabilities::WRITE);
        let newcomer = self.world.pair(&code, node);
        self.paired.insert(newcomer);
        // Both are watched until it is done; the code leads to the old one alone.
        for _ in 0..PAIRING_TRIES {
            if !self.world.replica(newcomer).is_pairing() {
                let among = self.world.nodes().len();
                return self.world.link_with_some(newcomer, DEGREE / 2, among - 1);
            }
            self.world.run_for(Duration::from_secs(5));
        }
        panic!("seed {}: node {node} has not let in node {newcomer}", self.world.seed);
    }
}
