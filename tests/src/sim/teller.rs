//! What people do in a story, by chance.

mod governs;

use super::author::Author;
use super::contest::{Contests, Invite};
use super::event::NodeIndex;
use super::story::DEGREE;
use super::{Forger, Forgery, Scene, Stop, Subject, Tried, World};
use grid_protocol::entry::VerifiedEntry;
use grid_protocol::id::{DocumentId, GroupId, RecordId, VersionId};
use grid_protocol::invite::InviteTicket;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// One in so many computers stops in a day.
const STEADY: usize = 30;
/// Whoever uses an invite is in after this, where nothing goes wrong.
const AT_THE_DOOR: Duration = Duration::from_secs(5);

pub(super) struct Teller {
    pub(super) world: World,
    pub(super) forgers: Vec<Forger>,
    /// Rotations, and devices that were ended.
    pub(super) renewals: usize,
    pub(super) forged: usize,
    pub(super) stops: usize,
    /// Further computers of groups, with nodes of their own.
    pub(super) paired: BTreeSet<NodeIndex>,
    /// Groups that have one: their first root stays in force.
    settled: BTreeSet<GroupId>,
    pages: Vec<DocumentId>,
    actions: Vec<DocumentId>,
    /// Invites of which nobody can say yet whom they let in.
    pub(super) contests: Contests,
    /// Devices without a node: who has one, and what it wrote.
    offices: BTreeMap<NodeIndex, (Author, VerifiedEntry)>,
    /// How many of them there ever were.
    devices: u32,
    /// Nobody votes for two versions with one base.
    voted: BTreeSet<(GroupId, VersionId)>,
    proposed: BTreeMap<(GroupId, VersionId), u32>,
    claims: Vec<RecordId>,
}

impl Teller {
    pub(super) fn new(world: World, forgers: Vec<Forger>) -> Self {
        Self {
            world,
            forgers,
            paired: BTreeSet::new(),
            settled: BTreeSet::new(),
            renewals: 0,
            forged: 0,
            stops: 0,
            pages: Vec::new(),
            actions: Vec::new(),
            contests: Contests::default(),
            offices: BTreeMap::new(),
            devices: 0,
            voted: BTreeSet::new(),
            proposed: BTreeMap::new(),
            claims: Vec::new(),
        }
    }

    /// Newcomers join through whoever runs, on whichever side of a split.
    pub(super) fn grow(&mut self, wanted: usize) {
        let mut tries = 0_u32;
        while self.groups() < wanted {
            let Some(host) = self.anybody() else { return };
            let author = self.world.author(host);
            if !self.world.replica(host).authority().is_member(&author.me.group) {
                self.world.run_for(Duration::from_millis(300));
                // Where only newcomers are awake, nobody lets them in, and their invites would run out.
                if tries % 100 == 99 {
                    self.wake_everybody();
                }
                tries += 1;
                continue;
            }
            if self.contests.is_open(host) && !self.world.random().happens(200) {
                continue;
            }
            let rest = wanted - self.groups();
            let seats = 1 + self.world.random().below(rest.min(3));
            let slots = self.world.replica(host).authority().free_slots(&author.me.device, 3, self.world.wall_of(host));
            if slots.is_none() {
                continue;
            }
            let ticket = self.world.invite(host, 3);
            for seat in 0..seats {
                let among = self.world.nodes().len();
                let one = InviteTicket {
                    first: ticket.first + u32::try_from(seat).expect("at most three seats"),
                    count: 1,
                    ..ticket.clone()
                };
                let newcomer = self.world.join(&one, host);
                self.world.link_with_some(newcomer, DEGREE / 2, among);
                if self.contests.came_through(newcomer, host) {
                    self.world.leave_undecided(newcomer);
                }
            }
        }
    }

    /// Groups that were ever there and are surely let in.
    fn groups(&self) -> usize {
        self.world.nodes().len() - self.paired.len() - self.contests.nodes().count()
    }

    /// Two or three groups use the only slot of an invite, each at a node of its own; sometimes the inviter takes it back.
    fn contend(&mut self, inviter: NodeIndex) {
        let (author, now) = (self.world.author(inviter), self.world.wall_of(inviter));
        let authority = self.world.replica(inviter).authority();
        if self.contests.is_open(inviter)
            || !authority.is_member(&author.me.group)
            || authority.free_slots(&author.me.device, 1, now).is_none()
        {
            return;
        }
        let ticket = self.world.invite(inviter, 1);
        let mut rivals = Vec::new();
        for _ in 0..2 + self.world.random().below(2) {
            let Some(host) = self.anybody() else { break };
            let among = self.world.nodes().len();
            let rival = self.world.join(&ticket, host);
            self.world.leave_undecided(rival);
            self.world.link_with_some(rival, DEGREE / 2, among);
            rivals.push(rival);
            self.world.run_for(AT_THE_DOOR);
            let page = self.edit_page(rival);
            if let Some(page) = page {
                self.go_on_with(page, host);
            }
        }
        let taken_back = self.world.runs(inviter) && self.world.random().happens(400);
        if taken_back {
            let record = author.revoke(self.world.replica(inviter), vec![ticket.first]);
            self.world.commit_record(inviter, record);
        }
        self.contests.begin(rivals, if taken_back { Invite::TakenBack } else { Invite::Stands });
    }

    /// One thing that somebody does, or that happens to a computer.
    pub(super) fn deed(&mut self) {
        let Some(node) = self.anybody() else { return self.wake_everybody() };
        match self.world.random().below(30) {
            0 | 1 => self.stop(node),
            2 | 3 => self.wake_somebody(),
            4 => {
                let links = self.world.links();
                if let Some((a, b)) = self.world.random().pick(&links).copied() {
                    self.world.flap(a, b);
                }
            }
            20 | 21 if self.governs(node) => self.govern(node),
            22 | 27 if self.governs(node) => self.renew_keys(node),
            23 if self.governs(node) => self.care_for_mandates(node),
            24 | 25 => self.forge_something(),
            26 => self.add_computer(node),
            28 | 29 => self.contend(node),
            _ => self.write_something(node),
        }
    }

    fn write_something(&mut self, node: NodeIndex) {
        match self.world.random().below(15) {
            0..=5 => drop(self.edit_page(node)),
            6 | 7 => {
                let about = format!("We are at work since {}.", self.world.now().as_secs());
                let name = format!("Group {node}");
                self.world.write(node, &Subject::Own("group"), &json!({"name": name, "about": about}));
            }
            _ => self.write_action(node),
        }
    }

    pub(super) fn write_action(&mut self, node: NodeIndex) {
        let title = format!("Walk {} of group {node}", self.world.acknowledged.len());
        let fields = json!({"title": title, "place": "Old bridge"});
        self.actions.push(self.world.write(node, &Subject::New("action"), &fields));
    }

    /// Adds a line to a shared page that the node knows, or begins one.
    pub(super) fn edit_page(&mut self, node: NodeIndex) -> Option<DocumentId> {
        let group = self.world.author(node).me.group;
        if !self.world.replica(node).authority().was_admitted(&group) {
            // Shared records are not for it, or not yet.
            self.write_action(node);
            return None;
        }
        let known = self.known_page(node);
        let page = self.world.add_line(node, known);
        if known.is_none() {
            self.pages.push(page);
        }
        Some(page)
    }

    /// Somebody mostly goes on with a page soon after it was changed, where it runs and reads anything in it.
    fn go_on_with(&mut self, page: DocumentId, node: NodeIndex) {
        self.world.run_for(AT_THE_DOOR);
        let group = self.world.author(node).me.group;
        let wants = self.world.random().happens(700) && self.world.runs(node);
        if wants && self.world.replica(node).authority().was_admitted(&group) && self.reads_page(node, page) {
            self.world.add_line(node, Some(page));
        }
    }

    /// A page, if a node reads anything in it.
    fn known_page(&mut self, node: NodeIndex) -> Option<DocumentId> {
        let page = self.known(node, &self.pages.clone())?;
        self.reads_page(node, page).then_some(page)
    }

    fn reads_page(&mut self, node: NodeIndex, page: DocumentId) -> bool {
        !self.world.text(node, page, "text").is_empty()
    }

    /// One of these records, if a node can read it.
    fn known(&mut self, node: NodeIndex, documents: &[DocumentId]) -> Option<DocumentId> {
        let document = self.world.random().pick(documents).copied()?;
        self.world.reads(node, document).then_some(document)
    }

    /// A forger tries something after which it goes on.
    pub(super) fn forge_something(&mut self) {
        let forgery = self.world.random().pick(&Forgery::PASSING).copied();
        let forger = self.world.random().below(self.forgers.len());
        forgery.into_iter().for_each(|forgery| self.forge(forger, forgery));
    }

    /// Every forger tries something after which nobody listens any more.
    pub(super) fn end_forgers(&mut self) {
        for forger in 0..self.forgers.len() {
            let forgery = self.world.random().pick(&Forgery::LAST).copied();
            forgery.into_iter().for_each(|forgery| self.forge(forger, forgery));
        }
    }

    /// A forger tries something at nodes that know what it is about.
    fn forge(&mut self, number: usize, forgery: Forgery) {
        let (Some(at), Some(elsewhere)) = (self.anybody(), self.anybody()) else { return };
        let (Some(owned), Some(shared)) = (self.known(at, &self.actions.clone()), self.known_page(at)) else { return };
        let scene = Scene { at, elsewhere, owned, shared };
        let tried = self.world.try_to_forge(&mut self.forgers[number], forgery, scene);
        self.forged += usize::from(tried == Tried::Told);
    }

    /// Somebody honest whose computer runs.
    fn anybody(&mut self) -> Option<NodeIndex> {
        let running: Vec<NodeIndex> = (0..self.world.nodes().len())
            .filter(|node| self.world.runs(*node) && self.world.is_honest(*node))
            .collect();
        self.world.random().pick(&running).copied()
    }

    fn stop(&mut self, node: NodeIndex) {
        let how = if self.world.random().happens(500) { Stop::Crash } else { Stop::Properly };
        self.world.stop(node, how);
        self.stops += 1;
    }

    /// On a new day half of those who were away come back, and others go, whatever they are.
    pub(super) fn come_and_go(&mut self) {
        let (running, away): (Vec<NodeIndex>, Vec<NodeIndex>) =
            (0..self.world.nodes().len()).partition(|node| self.world.runs(*node));
        for node in away {
            if self.world.random().happens(500) {
                self.world.start(node);
            }
        }
        let going = 1 + running.len() / STEADY;
        self.world.random().some(running, going).into_iter().for_each(|node| self.stop(node));
    }

    fn wake_somebody(&mut self) {
        let asleep: Vec<NodeIndex> = (0..self.world.nodes().len()).filter(|node| !self.world.runs(*node)).collect();
        if let Some(node) = self.world.random().pick(&asleep).copied() {
            self.world.start(node);
        }
    }

    pub(super) fn wake_everybody(&mut self) {
        for node in 0..self.world.nodes().len() {
            if !self.world.runs(node) {
                self.world.start(node);
            }
        }
    }
}
