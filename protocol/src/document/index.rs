//! The guard's own memory of a document: which operations exist, what they made, and the order of the
//! elements of its lists and texts. Everything the verdict asks about the past is answered here.

use crate::id::Actor;
use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// The actors of a document as small numbers, in the order in which they came.
#[derive(Default)]
pub(crate) struct Actors {
    numbers: HashMap<Actor, u32>,
    names: Vec<Actor>,
}

impl Actors {
    pub(crate) fn number(&self, actor: &Actor) -> Option<u32> {
        self.numbers.get(actor).copied()
    }

    pub(crate) fn add(&mut self, actor: Actor) -> u32 {
        *self.numbers.entry(actor).or_insert_with(|| {
            self.names.push(actor);
            self.names.len() as u32 - 1
        })
    }

    /// Automerge's order of operations: by counter, then by the bytes of the actor.
    pub(crate) fn order(&self, one: OpId, other: OpId) -> Ordering {
        let name = |id: OpId| self.names.get(id.actor as usize);
        one.counter.cmp(&other.counter).then_with(|| name(one).cmp(&name(other)))
    }
}

/// What a change has in its causal past, itself included: for each actor its highest sequence number.
///
/// A change differs little from the one before it, of which there may be as many as there are actors: most of it is
/// shared, so that a document takes memory by its changes and not by changes times actors.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    /// In the order of the actors, as `recent` is.
    shared: Arc<[(u32, u64)]>,
    /// What is missing in `shared`, or higher.
    recent: Vec<(u32, u64)>,
}

/// So many are kept apart before they are put together with the others.
const MOST_RECENT: usize = 32;

fn seq_in(clock: &[(u32, u64)], actor: u32) -> u64 {
    let at = clock.binary_search_by_key(&actor, |(actor, _)| *actor);
    at.ok().and_then(|at| clock.get(at)).map_or(0, |(_, seq)| *seq)
}

impl Clock {
    pub(crate) fn seq(&self, actor: u32) -> u64 {
        // What is kept apart is the higher.
        match seq_in(&self.recent, actor) {
            0 => seq_in(&self.shared, actor),
            seq => seq,
        }
    }

    pub(crate) fn include(&mut self, actor: u32, seq: u64) {
        if seq <= self.seq(actor) {
            return;
        }
        match self.recent.binary_search_by_key(&actor, |(actor, _)| *actor) {
            Ok(at) => self.recent[at].1 = seq,
            Err(at) => self.recent.insert(at, (actor, seq)),
        }
        if self.recent.len() > MOST_RECENT {
            let recent = std::mem::take(&mut self.recent);
            self.shared = higher(&self.shared, &recent).into();
        }
    }

    pub(crate) fn join(&mut self, other: &Clock) {
        if self.shared.is_empty() && self.recent.is_empty() {
            self.clone_from(other);
        } else if Arc::ptr_eq(&self.shared, &other.shared) {
            other.recent.iter().for_each(|(actor, seq)| self.include(*actor, *seq));
        } else {
            // Of the larger one, in which most of the other is.
            let (larger, smaller) =
                if self.shared.len() < other.shared.len() { (other.clone(), &*self) } else { (self.clone(), other) };
            let ahead = smaller.shared.iter().chain(&smaller.recent).filter(|(actor, seq)| *seq > larger.seq(*actor));
            let mut ahead: Vec<(u32, u64)> = ahead.copied().collect();
            ahead.sort_unstable();
            *self = larger;
            self.add(&ahead);
        }
    }

    /// Adds many at once, in the order of the actors and of the sequence numbers of each.
    fn add(&mut self, ahead: &[(u32, u64)]) {
        if ahead.len() <= MOST_RECENT {
            ahead.iter().for_each(|(actor, seq)| self.include(*actor, *seq));
        } else {
            let recent = higher(&std::mem::take(&mut self.recent), ahead);
            self.shared = higher(&self.shared, &recent).into();
        }
    }
}

/// Two clocks in one, both in the order of the actors.
fn higher(one: &[(u32, u64)], other: &[(u32, u64)]) -> Vec<(u32, u64)> {
    let mut joined: Vec<(u32, u64)> = one.iter().chain(other).copied().collect();
    // From the highest of each actor on, of which the others are left out.
    joined.sort_unstable_by_key(|(actor, seq)| (*actor, Reverse(*seq)));
    joined.dedup_by_key(|(actor, _)| *actor);
    joined
}

/// Names an operation of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct OpId {
    pub(crate) counter: u64,
    pub(crate) actor: u32,
}

/// What an operation is to those after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Object(Shape, u32),
    Value,
    Counter,
    Mark,
    /// A deletion or an increment: nothing that can be overwritten.
    Passing,
}

/// The shape of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Map,
    List,
    Text,
}

/// Where in its object an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Key(u32),
    Element(ElementId),
}

/// An operation that has effect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// The sequence number of its change.
    pub(crate) seq: u64,
    /// None is the root.
    pub(crate) object: Option<OpId>,
    pub(crate) place: Place,
    pub(crate) effect: Effect,
    /// The element that it inserted, if it did.
    pub(crate) inserted: Option<ElementId>,
}

/// Names an element of a list or text. [`HEAD`] is the place before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ElementId(u32);

pub(crate) const HEAD: ElementId = ElementId(u32::MAX);

/// An element, as a node in the tree of what was inserted after what. `jump` leads up several levels at
/// once, such that any ancestor is found in logarithmic time: a text typed in order is one long branch.
#[derive(Clone, Copy)]
struct Element {
    id: OpId,
    parent: ElementId,
    jump: ElementId,
    depth: u32,
}

/// Hashes names of operations: counters without gaps and small numbers, neither of which a writer chooses, so that
/// spreading them is enough.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0.rotate_left(32) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

/// All operations that make something.
#[derive(Default)]
pub(crate) struct Index {
    operations: HashMap<OpId, Entry, BuildHasherDefault<Spread>>,
    elements: Vec<Element>,
    keys: HashMap<Box<str>, u32>,
    added: Vec<OpId>,
    elements_before: usize,
}

impl Index {
    pub(crate) fn entry(&self, id: OpId) -> Option<&Entry> {
        self.operations.get(&id)
    }

    pub(crate) fn add(&mut self, id: OpId, entry: Entry) {
        self.operations.insert(id, entry);
        self.added.push(id);
    }

    pub(crate) fn key(&mut self, text: &str) -> Place {
        let next = self.keys.len() as u32;
        Place::Key(match self.keys.get(text) {
            Some(number) => *number,
            None => *self.keys.entry(text.into()).or_insert(next),
        })
    }

    /// Adds an element after `parent`.
    pub(crate) fn insert_after(&mut self, parent: ElementId, id: OpId) -> ElementId {
        let (depth, jump) = (self.depth(parent), self.jump(parent));
        let further = self.jump(jump);
        let even = depth - self.depth(jump) == self.depth(jump) - self.depth(further);
        let jump = if even { further } else { parent };
        self.elements.push(Element { id, parent, jump, depth: depth + 1 });
        ElementId(self.elements.len() as u32 - 1)
    }

    /// Begins a change, whose additions can be taken back until the next one.
    pub(crate) fn begin(&mut self) {
        self.added.clear();
        self.elements_before = self.elements.len();
    }

    /// Forgets what was added since the last [`Index::begin`].
    pub(crate) fn take_back(&mut self) {
        for id in self.added.drain(..) {
            self.operations.remove(&id);
        }
        self.elements.truncate(self.elements_before);
    }

    /// Whether `one` stands before `other` in their list or text: an element stands after the one that it
    /// was inserted after, and of several inserted after the same one the newest comes first.
    pub(crate) fn stands_before(&self, actors: &Actors, one: ElementId, other: ElementId) -> bool {
        let level = self.depth(one).min(self.depth(other));
        let (mut a, mut b) = (self.ancestor(one, level), self.ancestor(other, level));
        if a == b {
            return one != other && a == one;
        }
        while self.parent(a) != self.parent(b) {
            (a, b) = match (self.jump(a), self.jump(b)) {
                (up_a, up_b) if up_a != up_b => (up_a, up_b),
                _ => (self.parent(a), self.parent(b)),
            };
        }
        match (self.element(a), self.element(b)) {
            (Some(a), Some(b)) => actors.order(a.id, b.id).is_gt(),
            _ => false,
        }
    }

    fn ancestor(&self, mut at: ElementId, level: u32) -> ElementId {
        while self.depth(at) > level {
            let jump = self.jump(at);
            at = if self.depth(jump) >= level { jump } else { self.parent(at) };
        }
        at
    }

    fn element(&self, at: ElementId) -> Option<&Element> {
        self.elements.get(at.0 as usize)
    }

    fn depth(&self, at: ElementId) -> u32 {
        self.element(at).map_or(0, |element| element.depth)
    }

    fn parent(&self, at: ElementId) -> ElementId {
        self.element(at).map_or(HEAD, |element| element.parent)
    }

    fn jump(&self, at: ElementId) -> ElementId {
        self.element(at).map_or(HEAD, |element| element.jump)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_clock_that_shares_with_others_tells_what_one_of_its_own_would() {
        let (mut clocks, mut plain) = (vec![Clock::default()], vec![HashMap::new()]);
        for step in 0..3_000_u64 {
            let chance = |salt: u64| (step * 31 + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            let pick = |salt: u64| clocks.len() - 1 - (chance(salt) as usize % clocks.len().min(9));
            let (one, other) = (pick(1), pick(2));
            let (mut clock, mut all): (Clock, HashMap<u32, u64>) = (clocks[one].clone(), plain[one].clone());
            clock.join(&clocks[other]);
            plain[other].iter().for_each(|(actor, seq)| {
                let held = all.entry(*actor).or_insert(0);
                *held = (*seq).max(*held);
            });
            let actor = chance(3) as u32 % 200;
            let seq = all.get(&actor).copied().unwrap_or(0) + 1;
            clock.include(actor, seq);
            all.insert(actor, seq);
            for actor in 0..200 {
                assert_eq!(clock.seq(actor), all.get(&actor).copied().unwrap_or(0), "{step} {actor}");
            }
            assert!(clock.recent.len() <= MOST_RECENT);
            clocks.push(clock);
            plain.push(all);
        }
    }

    #[test]
    fn changes_in_a_row_share_most_of_their_clocks() {
        let mut clocks = vec![Clock::default()];
        for change in 0..3_200_u32 {
            let mut clock = clocks.last().cloned().unwrap_or_default();
            clock.include(change % 400, u64::from(change / 400 + 1));
            clocks.push(clock);
        }
        let shared: HashSet<*const u8> = clocks.iter().map(|clock| Arc::as_ptr(&clock.shared).cast()).collect();
        assert!(shared.len() <= 3_200 / MOST_RECENT + 1, "{}", shared.len());
    }

    #[test]
    fn elements_stand_in_the_order_of_the_tree_they_were_inserted_in() {
        let mut actors = Actors::default();
        let actor = actors.add(Actor([1; 32]));
        let mut index = Index::default();
        // A list kept by hand beside the tree: each new element goes right behind its parent, as a newer
        // sibling stands first.
        let mut list = vec![HEAD];
        for counter in 1..400_u64 {
            let at = (counter * 7919 % 101) as usize % list.len();
            let at = if counter % 3 == 0 { list.len() - 1 } else { at };
            let element = index.insert_after(list[at], OpId { counter, actor });
            list.insert(at + 1, element);
        }
        let list = &list[1..];
        for (at, one) in list.iter().enumerate() {
            for (beside, other) in list.iter().enumerate() {
                assert_eq!(index.stands_before(&actors, *one, *other), at < beside, "{at} {beside}");
            }
        }
    }
}
