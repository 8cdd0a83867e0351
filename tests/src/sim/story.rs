//! A story by chance: a coalition grows while its network splits, loses and repeats, and its computers
//! come and go; then the network heals, and all must be one again.

use super::event::NodeIndex;
use super::{Conditions, Counts, Dissent, Stop, Subject, World};
use grid_protocol::id::DocumentId;
use serde_json::json;
use std::time::Duration;

/// After the network has healed, all nodes are equal within this.
const PATIENCE: Duration = Duration::from_secs(20 * 60);
/// Connections of one node.
const DEGREE: usize = 6;

/// Deeds that follow close on one another.
const BUSY: usize = 4;

/// How large a story is.
#[derive(Clone, Copy, Debug)]
pub struct Story {
    /// Nodes.
    pub nodes: usize,
    /// Chapters between founding and healing.
    pub chapters: usize,
    /// Things that people do in a chapter.
    pub deeds: usize,
}

/// How a story ended.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// How long it took until all were equal, once the network was whole.
    pub healed_in: Duration,
    /// How many writes were acknowledged.
    pub writes: usize,
    /// How many of the receipts that authors wait for are missing in the end, and of how many.
    pub receipts_missing: (usize, usize),
    /// What it cost.
    pub counts: Counts,
}

struct Teller {
    world: World,
    story: Story,
    pages: Vec<DocumentId>,
    /// What was written into shared pages.
    lines: Vec<(DocumentId, String)>,
}

impl Story {
    /// A story of this size.
    pub const fn of(nodes: usize) -> Self {
        Self { nodes, chapters: 5, deeds: nodes }
    }

    /// A short story with as many nodes.
    pub const fn short(nodes: usize) -> Self {
        Self { nodes, chapters: 3, deeds: 16 }
    }

    /// Tells the story of a seed.
    ///
    /// # Errors
    ///
    /// What does not hold in it.
    pub fn tell(self, seed: u64) -> Result<Outcome, Dissent> {
        let mut teller = Teller { world: World::new(seed), story: self, pages: Vec::new(), lines: Vec::new() };
        teller.begin();
        for chapter in 0..self.chapters {
            teller.chapter(chapter)?;
        }
        teller.end()
    }
}

impl Teller {
    fn begin(&mut self) {
        let founder = self.world.found("Clear Water");
        let ticket = self.world.invite(founder, 8);
        for _ in 0..3.min(self.story.nodes - 1) {
            self.world.join(&ticket, founder);
        }
        self.world.run_for(Duration::from_secs(5));
        self.world.conditions = Conditions::rough();
        self.edit_page(founder);
    }

    fn chapter(&mut self, chapter: usize) -> Result<(), Dissent> {
        match self.world.random().below(3) {
            0 => self.world.split_by_chance(),
            1 => self.world.heal(),
            _ => {}
        }
        self.grow(chapter);
        for number in 0..self.story.deeds {
            self.deed();
            // People are busy by turns: receipts for what comes together go together.
            let longest = if number % BUSY == 0 { Duration::from_secs(6) } else { Duration::from_millis(50) };
            let pause = self.world.random().between(Duration::ZERO, longest);
            self.world.run_for(pause);
        }
        self.world.check_always()
    }

    /// Newcomers join through whoever runs, on whichever side of a split.
    fn grow(&mut self, chapter: usize) {
        let wanted = self.story.nodes * (chapter + 1) / self.story.chapters.max(1);
        let mut tries = 0_u32;
        while self.world.nodes().len() < wanted.min(self.story.nodes) {
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
            let rest = wanted - self.world.nodes().len();
            let seats = 1 + self.world.random().below(rest.min(3));
            let slots = self.world.replica(host).authority().free_slots(&author.me.device, 3, self.world.wall_of(host));
            if slots.is_none() {
                continue;
            }
            let ticket = self.world.invite(host, 3);
            for seat in 0..seats {
                let among = self.world.nodes().len();
                let one = grid_protocol::invite::InviteTicket {
                    first: ticket.first + u32::try_from(seat).expect("at most three seats"),
                    count: 1,
                    ..ticket.clone()
                };
                let newcomer = self.world.join(&one, host);
                self.world.link_with_some(newcomer, DEGREE / 2, among);
            }
        }
    }

    fn deed(&mut self) {
        let Some(node) = self.anybody() else { return self.wake_everybody() };
        match self.world.random().below(20) {
            0 | 1 => {
                let how = if self.world.random().happens(500) { Stop::Crash } else { Stop::Properly };
                self.world.stop(node, how);
            }
            2 | 3 => self.wake_somebody(),
            4 => {
                let links = self.world.links();
                if let Some((a, b)) = self.world.random().pick(&links).copied() {
                    self.world.flap(a, b);
                }
            }
            5..=10 => self.edit_page(node),
            11 | 12 => {
                let about = format!("We are at work since {}.", self.world.now().as_secs());
                let name = format!("Group {node}");
                self.world.write(node, &Subject::Own("group"), &json!({"name": name, "about": about}));
            }
            _ => {
                let title = format!("Walk {} of group {node}", self.world.acknowledged.len());
                self.world.write(node, &Subject::New("action"), &json!({"title": title, "place": "Old bridge"}));
            }
        }
    }

    /// Adds a line to a shared page that the node knows, or begins one.
    fn edit_page(&mut self, node: NodeIndex) {
        let line = format!("{}-{node}\n", self.lines.len());
        let pages = self.pages.clone();
        let known = self.world.random().pick(&pages).copied().filter(|page| {
            let documents = self.world.replica(node).documents();
            documents.knows(page)
        });
        let text = known.map(|page| self.world.text(node, page, "text")).unwrap_or_default();
        match known {
            Some(page) if !text.is_empty() => {
                self.world.write(node, &Subject::Existing(page), &json!({"text": format!("{text}{line}")}));
                self.lines.push((page, line));
            }
            _ => {
                let fields = json!({"title": "How we work", "text": line});
                let page = self.world.write(node, &Subject::New("page"), &fields);
                self.pages.push(page);
                self.lines.push((page, line));
            }
        }
    }

    fn anybody(&mut self) -> Option<NodeIndex> {
        let running: Vec<NodeIndex> = (0..self.world.nodes().len()).filter(|node| self.world.runs(*node)).collect();
        self.world.random().pick(&running).copied()
    }

    fn wake_somebody(&mut self) {
        let asleep: Vec<NodeIndex> = (0..self.world.nodes().len()).filter(|node| !self.world.runs(*node)).collect();
        if let Some(node) = self.world.random().pick(&asleep).copied() {
            self.world.start(node);
        }
    }

    fn wake_everybody(&mut self) {
        for node in 0..self.world.nodes().len() {
            if !self.world.runs(node) {
                self.world.start(node);
            }
        }
    }

    fn end(mut self) -> Result<Outcome, Dissent> {
        self.world.conditions = Conditions::default();
        self.wake_everybody();
        self.world.heal();
        self.world.run_for(Duration::from_secs(15));
        let healed_in = Duration::from_secs(15) + self.world.until_equal(PATIENCE)?;
        // Receipts are on their way a little longer.
        self.world.run_for(Duration::from_secs(5));
        self.world.check_healed()?;
        let members = self.world.replica(0).authority().members().count();
        assert_eq!(members, self.story.nodes, "seed {}: every group that was let in is a member", self.world.seed);
        for node in 0..self.world.nodes().len() {
            for (page, line) in &self.lines {
                let text = self.world.text(node, *page, "text");
                assert!(text.contains(line), "seed {}: node {node} lacks line {line:?} in {text:?}", self.world.seed);
            }
        }
        Ok(Outcome {
            healed_in,
            writes: self.world.acknowledged.len(),
            receipts_missing: self.receipts(),
            counts: self.world.counts,
        })
    }

    /// Receipts for the last entry of each log: missing, and all.
    fn receipts(&self) -> (usize, usize) {
        let (mut missing, mut all) = (0, 0);
        for node in 0..self.world.nodes().len() {
            let replica = self.world.replica(node);
            let Some(head) = replica.own_head() else { continue };
            let delivery = replica.receipts().delivery(&replica.me(), replica.authority(), head.seq);
            missing += delivery.waiting_for.len();
            all += delivery.waiting_for.len() + delivery.received_by.len();
        }
        (missing, all)
    }
}
