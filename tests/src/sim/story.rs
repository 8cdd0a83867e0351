//! A story by chance: a coalition grows while its network splits, loses and repeats, its computers come and
//! go, its groups govern it and renew their keys, and one member tries what it may not; then the network heals,
//! and all must be one again. Or all are there from the beginning, and everything goes wrong at once for weeks.

use super::event::NodeIndex;
use super::teller::Teller;
use super::{Conditions, Conduct, Counts, Dissent, Forger, World};
use grid_protocol::invite::InviteTicket;
use std::time::Duration;

/// After the network has healed, all nodes are equal within this.
const PATIENCE: Duration = Duration::from_secs(20 * 60);
/// Connections of one node.
pub(super) const DEGREE: usize = 6;
/// Connections of one node where all are there from the beginning.
const WIDE_DEGREE: usize = 10;
/// Deeds that follow close on one another.
const BUSY: usize = 4;
/// Days of a week, on each of which people do something and then sleep.
const DAYS: usize = 7;
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// So long people are awake behind the last thing that somebody does on a day.
const EVENING: Duration = Duration::from_secs(10);
/// Where all are there from the beginning, so many members have one that does something in a week.
const IDLE: usize = 20;
/// And at least so many things are done.
const LEAST: usize = 28;
/// Forgers in the largest coalitions: each has every node work out anew who is who, several times.
const MOST_FORGERS: usize = 10;

/// How large a story is.
#[derive(Clone, Copy, Debug)]
pub struct Story {
    /// Honest groups, or where some are silent or lie from the beginning, all groups but the forgers.
    pub nodes: usize,
    /// Chapters between founding and healing.
    pub chapters: usize,
    /// Things that people do in a chapter.
    pub deeds: usize,
    /// How it begins and goes on.
    pub plot: Plot,
}

/// How a story begins and goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plot {
    /// Groups join one after the other, and the network splits and heals by chance.
    Growing,
    /// All are there from the beginning, of a hundred so many say nothing or lie, computers come and go every day, and
    /// the network loses, repeats, and is split from the first chapter to the last. A chapter is a week.
    Apart {
        /// Members in a hundred that do not do what they should.
        faulty: u16,
    },
}

/// How a story ended.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// How long it took until all were equal, once the network was whole.
    pub healed_in: Duration,
    /// How many writes were acknowledged.
    pub writes: usize,
    /// How many things were forged.
    pub forged: usize,
    /// Versions that were adopted, rotations and ends of devices, mandates.
    pub governed: [usize; 3],
    /// Computers that joined a group which had one.
    pub paired: usize,
    /// Groups that came by an invite that was used twice or taken back, and how many of them are in.
    pub contested: (usize, usize),
    /// Lines in shared texts, and those that count although their writer has no right.
    pub said: (usize, usize),
    /// How often a computer stopped, with or without a word.
    pub stops: usize,
    /// How many of the receipts that authors wait for are missing in the end, and of how many.
    pub receipts_missing: (usize, usize),
    /// What it cost.
    pub counts: Counts,
}

impl Story {
    /// A story of this size.
    pub const fn of(nodes: usize) -> Self {
        Self { nodes, chapters: 5, deeds: nodes, plot: Plot::Growing }
    }

    /// A short story with as many nodes.
    pub const fn short(nodes: usize) -> Self {
        Self { nodes, chapters: 3, deeds: 16, plot: Plot::Growing }
    }

    /// A story in which the network is split for weeks and loses news, computers come and go, and three in ten
    /// members are silent or lie. The more members, the more is done.
    pub const fn apart(nodes: usize, weeks: usize) -> Self {
        let deeds = if nodes / IDLE > LEAST { nodes / IDLE } else { LEAST };
        Self { nodes, chapters: weeks, deeds, plot: Plot::Apart { faulty: 30 } }
    }

    /// Members that try what they may not.
    const fn forgers(self) -> usize {
        let forgers = 1 + self.nodes / 20;
        if forgers > MOST_FORGERS { MOST_FORGERS } else { forgers }
    }

    /// Tells the story of a seed.
    ///
    /// # Errors
    ///
    /// What does not hold in it.
    pub fn tell(self, seed: u64) -> Result<Outcome, Dissent> {
        let mut teller = match self.plot {
            Plot::Growing => self.begin_growing(seed),
            Plot::Apart { faulty } => self.begin_apart(seed, faulty),
        };
        for chapter in 0..self.chapters {
            self.chapter(&mut teller, chapter)?;
        }
        self.end(teller)
    }

    fn begin_growing(self, seed: u64) -> Teller {
        let mut world = World::new(seed);
        let founder = world.found("Clear Water");
        let forgers = self.forgers();
        let seats = u32::try_from(forgers + 3.min(self.nodes - 1)).expect("a few");
        let ticket = world.invite(founder, seats);
        for seat in 0..seats {
            world.join(&InviteTicket { first: ticket.first + seat, count: 1, ..ticket.clone() }, founder);
        }
        world.run_for(Duration::from_secs(5));
        let forgers: Vec<Forger> = (1..=forgers).map(Forger::new).collect();
        forgers.iter().for_each(|forger| world.set_conduct(forger.node, Conduct::Lying));
        world.conditions = Conditions::rough();
        let mut teller = Teller::new(world, forgers);
        teller.edit_page(founder);
        teller.write_action(founder);
        teller
    }

    fn begin_apart(self, seed: u64, faulty: u16) -> Teller {
        let mut world = World::new(seed);
        let forgers: Vec<Forger> = (self.nodes..self.nodes + self.forgers()).map(Forger::new).collect();
        world.assemble(self.nodes + forgers.len(), WIDE_DEGREE);
        world.hush();
        for node in 1..self.nodes {
            if world.random().below(100) < usize::from(faulty) {
                let conduct = if world.random().happens(500) { Conduct::Silent } else { Conduct::Lying };
                world.set_conduct(node, conduct);
            }
        }
        forgers.iter().for_each(|forger| world.set_conduct(forger.node, Conduct::Lying));
        world.run_for(Duration::from_secs(15));
        let mut teller = Teller::new(world, forgers);
        teller.edit_page(0);
        teller.write_action(0);
        teller.world.run_for(Duration::from_secs(5));
        teller.world.conditions = Conditions::rough();
        teller.world.split_by_chance();
        teller
    }

    fn chapter(self, teller: &mut Teller, chapter: usize) -> Result<(), Dissent> {
        match self.plot {
            Plot::Growing => {
                match teller.world.random().below(3) {
                    0 => teller.world.split_by_chance(),
                    1 => teller.world.heal(),
                    _ => {}
                }
                teller.grow(self.forgers() + self.nodes * (chapter + 1) / self.chapters.max(1));
                Self::deeds(teller, self.deeds);
            }
            Plot::Apart { .. } => {
                for day in 0..DAYS {
                    teller.come_and_go();
                    Self::deeds(teller, self.deeds * (day + 1) / DAYS - self.deeds * day / DAYS);
                    teller.world.run_for(EVENING);
                    teller.world.sleep(DAY);
                }
            }
        }
        match chapter + 1 == self.chapters {
            true => teller.end_forgers(),
            false => teller.forge_something(),
        }
        teller.world.check_always()
    }

    fn deeds(teller: &mut Teller, count: usize) {
        for number in 0..count {
            teller.deed();
            // People are busy by turns: receipts for what comes together go together.
            let longest = if number % BUSY == 0 { Duration::from_secs(6) } else { Duration::from_millis(50) };
            let pause = teller.world.random().between(Duration::ZERO, longest);
            teller.world.run_for(pause);
        }
    }

    fn end(self, mut teller: Teller) -> Result<Outcome, Dissent> {
        let seed = teller.world.seed;
        teller.world.conditions = Conditions::default();
        teller.wake_everybody();
        teller.world.heal();
        teller.world.run_for(Duration::from_secs(15));
        let mut healed_in = Duration::from_secs(15) + teller.world.until_equal(PATIENCE)?;
        let (contests, judge) = (teller.contests.clone(), 0);
        let let_in = teller.world.settle_contests(&contests, judge);
        teller.world.settle_crowds(judge);
        healed_in += teller.world.until_equal(PATIENCE)?;
        // Receipts are on their way a little longer.
        teller.world.run_for(Duration::from_secs(5));
        teller.world.check_healed()?;
        let (world, authority) = (&teller.world, teller.world.replica(0).authority());
        let gone = teller.forgers.iter().filter(|forger| !authority.is_member(&world.author(forger.node).me.group));
        let expected = self.nodes + let_in + teller.forgers.len() - gone.count();
        assert_eq!(authority.members().count(), expected, "seed {seed}: every group that was let in is a member");
        teller.world.check_counted()?;
        let authority = teller.world.replica(0).authority();
        let adopted = teller.world.replica(0).control().adoptions().count();
        let governed = [adopted, teller.renewals, authority.mandates().len()];
        Ok(Outcome {
            healed_in,
            writes: teller.world.acknowledged.len(),
            forged: teller.forged,
            governed,
            paired: teller.paired.len(),
            contested: (contests.nodes().count(), let_in),
            said: teller.world.history.sayings.counts(),
            stops: teller.stops,
            receipts_missing: receipts(&teller.world),
            counts: teller.world.counts,
        })
    }
}

/// Receipts of honest nodes for the last entry of each other's logs: missing, and all.
fn receipts(world: &World) -> (usize, usize) {
    let honest: Vec<NodeIndex> = (0..world.nodes().len()).filter(|node| world.is_honest(*node)).collect();
    let groups: Vec<_> = honest.iter().map(|node| world.author(*node).me.group).collect();
    let (mut missing, mut all) = (0, 0);
    for node in &honest {
        let replica = world.replica(*node);
        let Some(head) = replica.own_head() else { continue };
        let delivery = replica.receipts().delivery(&replica.me(), replica.authority(), head.seq);
        let count = |list: &[grid_protocol::id::GroupId]| list.iter().filter(|group| groups.contains(group)).count();
        missing += count(&delivery.waiting_for);
        all += count(&delivery.waiting_for) + count(&delivery.received_by);
    }
    (missing, all)
}
