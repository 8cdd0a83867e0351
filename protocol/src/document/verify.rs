//! The verdict about the operations of one change, ours alone: no Automerge, no clock, no arrival order.
//!
//! Automerge trusts what it applies. An operation on an object that does not exist panics; one that
//! names a predecessor of another key is saved and never loads again; a mark that ends before it begins
//! does the same. Each rule here stands for one of those, and everything Automerge itself writes passes.

use super::change::Layout;
use super::columns::Malformed;
use super::index::{Actors, Clock, Effect, Entry, HEAD, Index, OpId, Place, Shape};
use super::operations::{Decoded, Id, Key, Operation, Value};
use super::prescan::Prescanned;
use crate::id::{Actor, ChangeHash};
use crate::limits::{MAX_CHANGE_KEYS, MAX_COUNTER, MAX_NESTING};

/// Why a device may not write a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum NoRight {
    /// Only the owner's devices write it.
    #[error("only the group that owns the document writes it")]
    NotOwner,
    /// Only members write it.
    #[error("the writer's group is no member")]
    NotMember,
    /// The device's certificate does not allow writing.
    #[error("the device's certificate does not allow writing")]
    NoCapability,
    /// Written after the cut of the device.
    #[error("written after the cut of the device")]
    AfterCut,
    /// Nobody can say yet who the members of a space are.
    #[error("documents of spaces are not supported yet")]
    Space,
}

/// Why a change has no effect, on every node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inert {
    /// The writer may not write the document.
    #[error("{0}")]
    NoRight(NoRight),
    /// Another change of the same actor and place counts.
    #[error("the actor wrote another change with this sequence number, and that one counts: {0}")]
    Twin(ChangeHash),
    /// It builds on a change without effect.
    #[error("it depends on a change without effect: {0}")]
    DependsOnInert(ChangeHash),
    /// The writer's own change before is not in the past.
    #[error("expected sequence number {expected} after its past, found {found}")]
    Sequence {
        /// The one after the highest in its past.
        expected: u64,
        /// Its own.
        found: u64,
    },
    /// Operations are numbered on from the past, without gap and overlap.
    #[error("expected start op {expected} after its past, found {found}")]
    StartOp {
        /// The one after the highest in its past.
        expected: u64,
        /// Its own.
        found: u64,
    },
    /// Automerge would write the change in other bytes.
    #[error("the change is not written as Automerge writes it: {0}")]
    NotCanonical(&'static str),
    /// An operation on an object that is not in the past.
    #[error("operation {operation} is on an object that is not in its past")]
    MissingObject {
        /// Which of the operations, from 0.
        operation: usize,
    },
    /// An operation at an element that is not in the past.
    #[error("operation {operation} is at an element that is not in its past")]
    MissingElement {
        /// Which of the operations, from 0.
        operation: usize,
    },
    /// An operation that overwrites what is not in the past or stands elsewhere.
    #[error("operation {operation} overwrites what is not in its past at that place")]
    MissingPredecessor {
        /// Which of the operations, from 0.
        operation: usize,
    },
    /// Objects in objects beyond the bound.
    #[error("operation {operation} nests objects deeper than {MAX_NESTING}")]
    TooDeep {
        /// Which of the operations, from 0.
        operation: usize,
    },
    /// An operation that Automerge never writes.
    #[error("operation {operation} is not supported: {what}")]
    Unsupported {
        /// Which of the operations, from 0.
        operation: usize,
        /// What is wrong about it.
        what: &'static str,
    },
}

impl From<Malformed> for Inert {
    fn from(malformed: Malformed) -> Self {
        Inert::NotCanonical(malformed.expected)
    }
}

/// Checks the operations of a change and adds them to the index; the index is unchanged by one refused.
///
/// `clock` is the causal past with the change itself; `by` the number of its actor.
pub(crate) fn verify(
    change: &Prescanned,
    by: u32,
    clock: &Clock,
    actors: &Actors,
    index: &mut Index,
) -> Result<(), Inert> {
    let layout = Layout::read(change.bytes()).map_err(|_| Inert::NotCanonical("a change chunk"))?;
    let decoded = Decoded::read(layout)?;
    let Layout { others, deps, .. } = &decoded.layout;
    check_tables(&decoded, &change.actor(), others, deps)?;
    if decoded.encode() != change.bytes() {
        return Err(Inert::NotCanonical("columns in the one form"));
    }
    let table = std::iter::once(Some(by)).chain(others.iter().map(|other| actors.number(other))).collect();
    index.begin();
    let mut reading =
        Reading { table, by, seq: change.seq(), clock, actors, index, open_mark: None, last_key: None, keys: 0 };
    let read = reading.read(&decoded, change.start_op());
    if read.is_err() {
        index.take_back();
    }
    read
}

/// Automerge writes dependencies once, and those other actors that the operations name, in order.
fn check_tables(decoded: &Decoded<'_>, author: &Actor, others: &[Actor], deps: &[ChangeHash]) -> Result<(), Inert> {
    if !others.is_sorted_by(|one, next| one < next) || others.contains(author) {
        return Err(Inert::NotCanonical("other actors in order"));
    }
    let mut deps = deps.to_vec();
    deps.sort_unstable();
    if !deps.is_sorted_by(|one, next| one < next) {
        return Err(Inert::NotCanonical("dependencies named once"));
    }
    let mut used = vec![false; others.len() + 1];
    let keys = decoded.operations.iter().filter_map(|operation| match operation.key {
        Key::Element(id) => Some(id),
        _ => None,
    });
    let objects = decoded.operations.iter().filter_map(|operation| operation.object);
    for id in keys.chain(objects).chain(decoded.predecessors.iter().copied()) {
        if let Some(used) = used.get_mut(id.actor) {
            *used = true;
        }
    }
    if used.iter().skip(1).all(|used| *used) { Ok(()) } else { Err(Inert::NotCanonical("actors that are named")) }
}

struct Reading<'a, 'd> {
    table: Vec<Option<u32>>,
    by: u32,
    seq: u64,
    clock: &'a Clock,
    actors: &'a Actors,
    index: &'a mut Index,
    /// The beginning of a mark that the next operation must end: its object and its entry.
    open_mark: Option<Entry>,
    /// One run of a column names a key for many operations; it is looked up once, however long it is.
    last_key: Option<(&'d str, Place)>,
    /// Bytes of the keys of all operations.
    keys: usize,
}

impl<'d> Reading<'_, 'd> {
    fn read(&mut self, decoded: &Decoded<'d>, start_op: u64) -> Result<(), Inert> {
        let mut predecessors = decoded.predecessors.as_slice();
        for (at, operation) in decoded.operations.iter().enumerate() {
            let (own, rest) = predecessors
                .split_at_checked(operation.predecessors)
                .ok_or(Inert::MissingPredecessor { operation: at })?;
            predecessors = rest;
            self.operation(at, OpId { counter: start_op + at as u64, actor: self.by }, operation, own)?;
        }
        match self.open_mark {
            None => Ok(()),
            Some(_) => Err(unsupported(decoded.operations.len(), "a mark without an end")),
        }
    }

    /// The operation of that name, if it is in the past or earlier in this change.
    fn known(&self, id: Id) -> Option<(OpId, Entry)> {
        let actor = self.table.get(id.actor).copied().flatten()?;
        let id = OpId { counter: id.counter, actor };
        let entry = self.index.entry(id)?;
        (entry.seq <= self.clock.seq(actor)).then_some((id, *entry))
    }

    fn operation(&mut self, at: usize, id: OpId, operation: &Operation<'d>, own: &[Id]) -> Result<(), Inert> {
        let (object, shape, depth) = match operation.object {
            None => (None, Shape::Map, 0),
            Some(id) => match self.known(id) {
                Some((id, Entry { effect: Effect::Object(shape, depth), .. })) => (Some(id), shape, depth),
                _ => return Err(Inert::MissingObject { operation: at }),
            },
        };
        let (place, inserted) = self.place(at, id, operation, object, shape)?;
        let counters = self.predecessors(at, operation.insert, own, object, place)?;
        let effect = effect(at, operation, shape, depth, own.len(), counters)?;
        let entry = Entry { seq: self.seq, object, place, effect, inserted };
        self.mark(at, operation, &entry)?;
        if effect != Effect::Passing {
            // Nothing can name what makes nothing, so it need not be remembered.
            self.index.add(id, entry);
        }
        Ok(())
    }

    fn place(
        &mut self,
        at: usize,
        id: OpId,
        operation: &Operation<'d>,
        object: Option<OpId>,
        shape: Shape,
    ) -> Result<(Place, Option<super::index::ElementId>), Inert> {
        let element = match (shape, operation.key) {
            (Shape::Map, Key::Text(_)) if operation.insert => return Err(unsupported(at, "an insertion into a map")),
            (Shape::Map, Key::Text(text)) => return Ok((self.key(at, text)?, None)),
            (Shape::Map, _) => return Err(unsupported(at, "an element of a map")),
            (_, Key::Text(_)) => return Err(unsupported(at, "a key of a list or text")),
            (_, Key::Head) if operation.insert => HEAD,
            (_, Key::Head) => return Err(unsupported(at, "a value before the first element")),
            (_, Key::Element(id)) => match self.known(id) {
                Some((_, Entry { object: other, inserted: Some(element), effect, .. })) if other == object => {
                    if !operation.insert && effect == Effect::Mark {
                        return Err(unsupported(at, "a value at a mark"));
                    }
                    element
                }
                _ => return Err(Inert::MissingElement { operation: at }),
            },
        };
        if operation.insert {
            let element = self.index.insert_after(element, id);
            Ok((Place::Element(element), Some(element)))
        } else {
            Ok((Place::Element(element), None))
        }
    }

    fn key(&mut self, at: usize, text: &'d str) -> Result<Place, Inert> {
        self.keys += text.len();
        if self.keys > MAX_CHANGE_KEYS {
            return Err(unsupported(at, "long keys for too many operations"));
        }
        match self.last_key {
            Some((last, place)) if std::ptr::eq(last, text) => Ok(place),
            _ => {
                let place = self.index.key(text);
                self.last_key = Some((text, place));
                Ok(place)
            }
        }
    }

    /// Checks what an operation overwrites; gives the number of counters among it.
    fn predecessors(
        &self,
        at: usize,
        insert: bool,
        own: &[Id],
        object: Option<OpId>,
        place: Place,
    ) -> Result<usize, Inert> {
        let (mut last, mut counters) = (None, 0);
        for id in own {
            let (id, entry) = self.known(*id).ok_or(Inert::MissingPredecessor { operation: at })?;
            let overwritten = matches!(entry.effect, Effect::Object(..) | Effect::Value | Effect::Counter);
            if insert || !overwritten || entry.object != object || entry.place != place {
                return Err(Inert::MissingPredecessor { operation: at });
            }
            if last.is_some_and(|last| !self.actors.order(last, id).is_lt()) {
                return Err(Inert::NotCanonical("predecessors in order"));
            }
            last = Some(id);
            counters += usize::from(entry.effect == Effect::Counter);
        }
        Ok(counters)
    }

    /// A mark is two operations in a row, and ends behind its beginning.
    fn mark(&mut self, at: usize, operation: &Operation<'_>, entry: &Entry) -> Result<(), Inert> {
        match (self.open_mark.take(), entry.effect, operation.mark) {
            (None, Effect::Mark, Some(_)) => self.open_mark = Some(*entry),
            (Some(begin), Effect::Mark, None) if begin.object == entry.object => {
                let (Some(begin), Some(end)) = (begin.inserted, entry.inserted) else {
                    return Err(unsupported(at, "a mark that is not inserted"));
                };
                if !self.index.stands_before(self.actors, begin, end) {
                    return Err(unsupported(at, "a mark that ends before it begins"));
                }
            }
            (None, Effect::Mark, None) => return Err(unsupported(at, "the end of no mark")),
            (Some(_), _, _) => return Err(unsupported(at, "a mark without an end")),
            (None, _, Some(_)) => return Err(unsupported(at, "the name of a mark at another operation")),
            (None, _, None) => {}
        }
        Ok(())
    }
}

const fn unsupported(operation: usize, what: &'static str) -> Inert {
    Inert::Unsupported { operation, what }
}

fn effect(
    at: usize,
    operation: &Operation<'_>,
    shape: Shape,
    depth: u32,
    predecessors: usize,
    counters: usize,
) -> Result<Effect, Inert> {
    let value = operation.value()?;
    if operation.expand && operation.action != 7 {
        return Err(unsupported(at, "an operation that expands like a mark"));
    }
    match (operation.action, value) {
        (_, Value::Unknown) => Err(unsupported(at, "a value of unknown type")),
        (_, Value::Counter(start)) if start.unsigned_abs() > MAX_COUNTER.unsigned_abs() => {
            Err(unsupported(at, "a counter out of range"))
        }
        (0 | 2 | 4, Value::Null) => {
            let made = match operation.action {
                0 => Shape::Map,
                2 => Shape::List,
                _ => Shape::Text,
            };
            if shape == Shape::Text && !(operation.insert && made == Shape::Map) {
                return Err(unsupported(at, "an object in a text that is no block"));
            }
            if depth >= MAX_NESTING {
                Err(Inert::TooDeep { operation: at })
            } else {
                Ok(Effect::Object(made, depth + 1))
            }
        }
        // Automerge panics when it reads one that was incremented.
        (1, Value::Counter(_)) if shape == Shape::Text => Err(unsupported(at, "a counter in a text")),
        (1, Value::Counter(_)) => Ok(Effect::Counter),
        (1, _) => Ok(Effect::Value),
        (3, Value::Null) if !operation.insert && predecessors > 0 => Ok(Effect::Passing),
        (3, Value::Null) => Err(unsupported(at, "a deletion of nothing")),
        (5, Value::Integer(by)) if by.unsigned_abs() <= MAX_COUNTER.unsigned_abs() && !operation.insert => {
            if counters > 0 { Ok(Effect::Passing) } else { Err(unsupported(at, "an increment of no counter")) }
        }
        (5, _) => Err(unsupported(at, "an increment that is no number in range")),
        (6, _) => Err(unsupported(at, "a table")),
        (7, _) if shape != Shape::Text || !operation.insert => Err(unsupported(at, "a mark outside a text")),
        (7, Value::NotANumber) => Err(unsupported(at, "a mark that does not equal itself")),
        (7, Value::Null) => Ok(Effect::Mark),
        (7, _) if operation.mark.is_some() => Ok(Effect::Mark),
        (0 | 2 | 3 | 4 | 7, _) => Err(unsupported(at, "a value at an operation that has none")),
        _ => Err(unsupported(at, "an unknown action")),
    }
}
