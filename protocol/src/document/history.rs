//! One document: all changes offered to it, what became of each, and the Automerge document they make.
//!
//! The verdicts are a function of the *set* of changes offered (with the right of each), never of their
//! order. Each change has a level: one more than the highest among its dependencies and the change before
//! it in the log of its device. Changes are judged by (level, hash); a change that is in order in itself is
//! a twin if one judged before it took its actor and sequence number: what a device wrote first stands. New
//! changes are judged as they come, which gives the same, unless one arrives late for a sequence number that
//! is taken, or decides what counts behind a cut: then those are judged anew of which it may decide.

mod judging;

use super::built::Built;
use super::index::{Actors, Clock, Index};
use super::place::Place;
use super::prescan::Prescanned;
use super::retained::Retained;
use super::verify::{Inert, NoRight};
use crate::id::{Actor, ChangeHash, DocumentId, GroupId};
use crate::key::DeviceId;
use crate::limits::MAX_WAITING_PER_LOG;
use judging::Reach;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Whether the writer of a change may write the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// It may.
    MayWrite,
    /// Its device's log ends before it: it counts where a device that is not cut has built on it.
    IfBuiltOn,
    /// It may not.
    MayNot(NoRight),
    /// Not known yet: the author is not, or not yet, admitted.
    Unknown,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It counts.
    Effective,
    /// It has no effect, on any node that knows the same changes.
    Inert(Inert),
    /// No verdict yet: these are missing, or the right of the author, or what is before it in its log.
    Waiting {
        /// The direct dependencies that are unknown or waiting themselves.
        missing: Vec<ChangeHash>,
    },
}

/// What an offer led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// What became of the change itself.
    pub verdict: Verdict,
    /// Other changes whose verdict is new or another than before.
    pub released: Vec<(ChangeHash, Verdict)>,
    /// Waiting changes that were forgotten to keep within bounds; to be offered again later.
    pub dropped: Vec<ChangeHash>,
}

pub(super) struct Node {
    pub(super) change: Prescanned,
    pub(super) device: DeviceId,
    pub(super) right: Right,
    /// Its place in the log of its device, or apart from it.
    pub(super) place: Place,
    arrival: u64,
    pub(super) verdict: Verdict,
    /// None while it waits.
    pub(super) placed: Option<Placed>,
}

/// What follows from a change, its causal past and the log before it alone, whatever becomes of them.
pub(super) struct Placed {
    level: u64,
    actor: u32,
    /// The past with the change itself.
    clock: Clock,
    /// The highest operation counter of the past with the change itself.
    max_op: u64,
    /// The sequence number and start op that fit the past.
    fitting: (u64, u64),
    ground: Ground,
}

/// What a change builds on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ground {
    /// Nothing that lies behind a cut.
    Firm,
    /// Something that lies behind a cut, or itself does.
    BehindCuts,
}

/// When changes are judged that can't be judged one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judging {
    AtOnce,
    /// Once all of a batch are there.
    Later,
    /// Now that the batch ends.
    Due,
}

/// One document.
pub struct Document {
    id: DocumentId,
    pub(super) nodes: BTreeMap<ChangeHash, Node>,
    pub(super) dependants: BTreeMap<ChangeHash, Vec<ChangeHash>>,
    /// The changes of each actor in the order of its device's log.
    pub(super) logs: BTreeMap<Actor, BTreeSet<(Place, ChangeHash)>>,
    waiting: BTreeMap<Actor, VecDeque<ChangeHash>>,
    arrivals: u64,
    operations: u64,
    actors: Actors,
    /// Placed changes that may be written, by actor and sequence number.
    rivals: BTreeMap<(u32, u64), Vec<ChangeHash>>,
    pub(super) effective: Vec<ChangeHash>,
    heads: BTreeSet<ChangeHash>,
    /// Changes by whose verdict their device is at fault.
    pub(super) faulty: BTreeSet<ChangeHash>,
    /// The groups of devices, as far as they were named.
    groups: BTreeMap<DeviceId, GroupId>,
    /// What counts of the changes behind cuts; None where there are none.
    pub(super) retained: Option<Retained>,
    judging: Judging,
    /// The operations of the effective changes; None until they are asked for.
    pub(super) index: Option<Index>,
    pub(super) built: Built,
}

impl Document {
    /// A document without changes.
    pub fn new(id: DocumentId) -> Self {
        Self {
            id,
            nodes: BTreeMap::new(),
            dependants: BTreeMap::new(),
            logs: BTreeMap::new(),
            waiting: BTreeMap::new(),
            arrivals: 0,
            operations: 0,
            actors: Actors::default(),
            rivals: BTreeMap::new(),
            effective: Vec::new(),
            heads: BTreeSet::new(),
            faulty: BTreeSet::new(),
            groups: BTreeMap::new(),
            retained: None,
            judging: Judging::AtOnce,
            index: None,
            built: Built::Nothing,
        }
    }

    /// Offers a change of `device`, from this place; it may release waiting ones. Offered again, it is judged by the
    /// last right given. Where it comes from several places, it stands at the first of them: what is written again
    /// behind the end of a log takes nothing from what was written before it.
    pub fn offer(&mut self, change: Prescanned, device: DeviceId, place: impl Into<Place>, right: Right) -> Offered {
        let place = place.into();
        let (hash, actor) = (change.hash(), change.actor());
        let mut released = Vec::new();
        match self.nodes.get_mut(&hash) {
            Some(known) if place > known.place || (place, right) == (known.place, known.right) => {}
            Some(known) => {
                let log = self.logs.entry(actor).or_default();
                log.remove(&(known.place, hash));
                log.insert((place, hash));
                (known.place, known.right) = (place, right);
                released = self.judge_all();
            }
            None => {
                change.deps().iter().for_each(|dep| self.dependants.entry(*dep).or_default().push(hash));
                self.waiting.entry(change.actor()).or_default().push_back(hash);
                self.logs.entry(actor).or_default().insert((place, hash));
                let (verdict, arrival) = (Verdict::Waiting { missing: Vec::new() }, self.arrivals);
                self.arrivals += 1;
                self.operations = self.operations.saturating_add(change.operations());
                self.nodes.insert(hash, Node { change, device, right, place, arrival, verdict, placed: None });
                released = match right.is_in_turn() && self.precedes_placed(&actor, place) {
                    true => self.judge_all(),
                    false => self.place_from(hash),
                };
            }
        }
        let dropped = self.drop_waiting(&actor);
        released.retain(|(other, _)| *other != hash && !dropped.contains(other));
        let verdict =
            self.nodes.get(&hash).map_or(Verdict::Waiting { missing: Vec::new() }, |node| node.verdict.clone());
        Offered { verdict, released, dropped }
    }

    /// Says whose device it is: of rivals behind a cut the one counts on which more groups have built.
    pub fn name_group(&mut self, device: DeviceId, group: GroupId) {
        let is_new = self.groups.insert(device, group) != Some(group);
        if is_new && self.retained.is_some() && self.nodes.values().any(|node| node.device == device) {
            match self.judging {
                Judging::AtOnce => drop(self.judge_placed()),
                _ => self.judging = Judging::Due,
            }
        }
    }

    /// Announces many offers; the verdicts between this and [`Self::settle`] may be out of date.
    pub const fn gather(&mut self) {
        self.judging = Judging::Later;
    }

    /// Judges what was gathered.
    pub fn settle(&mut self) {
        if std::mem::replace(&mut self.judging, Judging::AtOnce) == Judging::Due {
            self.judge_placed();
        }
    }

    /// Whether any change waits for others, or for its author to be known.
    pub fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// How many operations all changes offered so far have.
    pub fn operations(&self) -> u64 {
        self.operations
    }

    /// The name of the document.
    pub fn id(&self) -> DocumentId {
        self.id
    }

    /// The heads of the effective changes, sorted.
    pub fn heads(&self) -> Vec<ChangeHash> {
        self.heads.iter().copied().collect()
    }

    /// The effective changes with their devices, each after those it depends on.
    pub fn effective(&self) -> impl Iterator<Item = (&Prescanned, DeviceId)> {
        self.effective.iter().filter_map(|hash| self.nodes.get(hash)).map(|node| (&node.change, node.device))
    }

    /// The device that wrote a change; None when it was never offered, or dropped.
    pub fn writer(&self, hash: &ChangeHash) -> Option<DeviceId> {
        self.nodes.get(hash).map(|node| node.device)
    }

    /// Where a change stands; None when it was never offered, or dropped.
    pub fn place_of(&self, hash: &ChangeHash) -> Option<Place> {
        self.nodes.get(hash).map(|node| node.place)
    }

    /// What became of a change; None when it was never offered, or dropped.
    pub fn verdict(&self, hash: &ChangeHash) -> Option<&Verdict> {
        self.nodes.get(hash).map(|node| &node.verdict)
    }

    /// The changes without effect and those that wait, with their devices, by hash.
    pub fn without_effect(&self) -> impl Iterator<Item = (ChangeHash, DeviceId, &Verdict)> {
        let others = self.nodes.iter().filter(|(_, node)| node.verdict != Verdict::Effective);
        others.map(|(hash, node)| (*hash, node.device, &node.verdict))
    }

    /// The highest operation counter among the effective changes; 0 when there is none.
    pub fn max_op(&self) -> u64 {
        self.placed_heads().map(|placed| placed.max_op).max().unwrap_or(0)
    }

    /// The sequence number of the last effective change of `actor`; 0 when there is none.
    pub fn seq_of(&self, actor: &Actor) -> u64 {
        let Some(actor) = self.actors.number(actor) else { return 0 };
        self.placed_heads().map(|placed| placed.clock.seq(actor)).max().unwrap_or(0)
    }

    fn placed_heads(&self) -> impl Iterator<Item = &Placed> {
        self.heads.iter().filter_map(|head| self.nodes.get(head)?.placed.as_ref())
    }

    /// Places `hash` and whatever waited for it; gives those whose verdict changed.
    fn place_from(&mut self, hash: ChangeHash) -> Vec<(ChangeHash, Verdict)> {
        let (mut queue, mut changed) = (VecDeque::from([hash]), BTreeMap::new());
        let mut reach = Reach::NoFurther;
        while let Some(next) = queue.pop_front() {
            if !self.place(next) {
                continue;
            }
            if reach == Reach::NoFurther {
                let (judged, further) = self.judge_placed_last(next);
                changed.extend(judged);
                reach = further;
            }
            queue.extend(self.released_by(&next));
        }
        if reach == Reach::Further && self.judging != Judging::AtOnce {
            self.judging = Judging::Due;
        } else if reach == Reach::Further {
            changed.extend(self.judge_placed());
        }
        changed.into_iter().collect()
    }

    /// Places a waiting change if nothing is missing any more.
    fn place(&mut self, hash: ChangeHash) -> bool {
        let Some(node) = self.nodes.get(&hash).filter(|node| node.placed.is_none()) else { return false };
        let deps = node.change.deps();
        let placed = |dep: &&ChangeHash| self.nodes.get(dep).is_some_and(|node| node.placed.is_some());
        let before = match node.right {
            Right::MayWrite => self.before_in_log(&node.change.actor(), node.place),
            _ => Vec::new(),
        };
        let missing: Vec<ChangeHash> = deps.iter().filter(|dep| !placed(dep)).copied().collect();
        let ready = missing.is_empty() && before.iter().all(|before| placed(&before)) && node.right != Right::Unknown;
        let (mut level, mut past_op, mut clock) = (0, 0, Clock::default());
        let mut ground = if node.right == Right::IfBuiltOn { Ground::BehindCuts } else { Ground::Firm };
        for dep in deps.iter().filter_map(|dep| self.nodes.get(dep)?.placed.as_ref()).filter(|_| ready) {
            level = level.max(dep.level + 1);
            past_op = past_op.max(dep.max_op);
            clock.join(&dep.clock);
            if dep.ground == Ground::BehindCuts {
                ground = Ground::BehindCuts;
            }
        }
        for earlier in before.iter().filter_map(|earlier| self.nodes.get(earlier)?.placed.as_ref()) {
            level = level.max(earlier.level + 1);
        }
        let (name, seq, max_op) = (node.change.actor(), node.change.seq(), node.change.max_op().max(past_op));
        let right = node.right;
        let Some(node) = self.nodes.get_mut(&hash) else { return false };
        if !ready {
            node.verdict = Verdict::Waiting { missing };
            return false;
        }
        let actor = self.actors.add(name);
        let fitting = (clock.seq(actor) + 1, past_op + 1);
        clock.include(actor, seq);
        node.placed = Some(Placed { level, actor, clock, max_op, fitting, ground });
        if let Some(waiting) = self.waiting.get_mut(&name) {
            waiting.retain(|other| *other != hash);
            if waiting.is_empty() {
                self.waiting.remove(&name);
            }
        }
        if right == Right::IfBuiltOn {
            self.retained.get_or_insert_default();
        }
        if matches!(right, Right::MayWrite | Right::IfBuiltOn) {
            self.rivals.entry((actor, seq)).or_default().push(hash);
        }
        true
    }

    /// Forgets the oldest waiting changes of an actor beyond the bound.
    fn drop_waiting(&mut self, actor: &Actor) -> Vec<ChangeHash> {
        let mut dropped = Vec::new();
        while let Some(waiting) = self.waiting.get_mut(actor).filter(|waiting| waiting.len() > MAX_WAITING_PER_LOG) {
            let Some(oldest) = waiting.pop_front() else { break };
            dropped.push(oldest);
            let Some(node) = self.nodes.remove(&oldest) else { continue };
            for dep in node.change.deps() {
                if let Some(dependants) = self.dependants.get_mut(dep) {
                    dependants.retain(|dependant| *dependant != oldest);
                    if dependants.is_empty() {
                        self.dependants.remove(dep);
                    }
                }
            }
        }
        dropped
    }
}
