//! The operations of a change, read out of its columns and written into them again.

use super::change::{COLUMNS, Column, Layout};
use super::columns::{Booleans, BooleansOut, Delta, DeltaOut, Malformed, Reader, RunLength, RunLengthOut};

/// The id of an operation as a change writes it: an index into the author and the other actors, and a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id {
    pub(crate) actor: usize,
    pub(crate) counter: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key<'a> {
    Text(&'a str),
    /// Before the first element of a list or text.
    Head,
    Element(Id),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operation<'a> {
    /// None is the root.
    pub(crate) object: Option<Id>,
    pub(crate) key: Key<'a>,
    pub(crate) insert: bool,
    pub(crate) action: u64,
    pub(crate) value_meta: u64,
    pub(crate) value: &'a [u8],
    /// How many of the predecessors that follow those of the operations before.
    pub(crate) predecessors: usize,
    pub(crate) expand: bool,
    pub(crate) mark: Option<&'a str>,
}

/// What kind of value an operation carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Counter(i64),
    /// A floating-point number that does not even equal itself.
    NotANumber,
    Other,
    /// A type that no version of Automerge known here writes.
    Unknown,
}

impl Operation<'_> {
    /// The value, read in full: its bytes must be the ones that Automerge would write.
    pub(crate) fn value(&self) -> Result<Value, Malformed> {
        let mut reader = Reader::new(self.value);
        let value = match self.value_meta & 0xf {
            0 => Value::Null,
            1 | 2 => Value::Other,
            3 => reader.unsigned("an unsigned number").map(|_| Value::Other)?,
            4 => Value::Integer(reader.signed("a number")?),
            5 => match f64::from_le_bytes(*reader.array("a floating-point number")?) {
                number if number.is_nan() => Value::NotANumber,
                _ => Value::Other,
            },
            6 => {
                return std::str::from_utf8(self.value)
                    .map(|_| Value::Other)
                    .map_err(|_| Malformed { expected: "a text" });
            }
            7 => return Ok(Value::Other),
            8 => Value::Counter(reader.signed("a counter")?),
            9 => reader.signed("a time").map(|_| Value::Other)?,
            _ => return Ok(Value::Unknown),
        };
        if reader.rest().is_empty() { Ok(value) } else { Err(Malformed { expected: "the end of a value" }) }
    }
}

/// A change, read in full.
pub(crate) struct Decoded<'a> {
    pub(crate) layout: Layout<'a>,
    pub(crate) operations: Vec<Operation<'a>>,
    pub(crate) predecessors: Vec<Id>,
}

impl<'a> Decoded<'a> {
    /// Reads the columns of a change whose items were counted before.
    pub(crate) fn read(layout: Layout<'a>) -> Result<Self, Malformed> {
        let numbers = |column| RunLength::<u64>::new(layout.column(column));
        let (mut object_actor, mut object_counter) = (numbers(Column::ObjectActor), numbers(Column::ObjectCounter));
        let (mut key_actor, mut key_counter) =
            (numbers(Column::KeyActor), Delta::new(layout.column(Column::KeyCounter)));
        let mut key_text = RunLength::<&str>::new(layout.column(Column::KeyText));
        let mut insert = Booleans::new(layout.column(Column::Insert));
        let (mut action, mut value_metas) = (numbers(Column::Action), numbers(Column::ValueMeta));
        let mut values = Reader::new(layout.column(Column::Value));
        let mut counts = numbers(Column::Predecessors);
        let mut expand = Booleans::new(layout.column(Column::Expand));
        let mut mark = RunLength::<&str>::new(layout.column(Column::MarkName));
        let actors = layout.others.len() + 1;
        let id = |actor: u64, counter| match usize::try_from(actor) {
            Ok(actor) if actor < actors => Ok(Id { actor, counter }),
            _ => Err(Malformed { expected: "the index of an actor" }),
        };

        let mut operations = Vec::new();
        let mut named = 0;
        while !action.at_end() {
            let object = match (object_actor.next()?, object_counter.next()?) {
                (None, None) => None,
                (Some(actor), Some(counter)) => Some(id(actor, counter)?),
                _ => return Err(Malformed { expected: "an object" }),
            };
            let key = match (key_actor.next()?, key_counter.next()?, key_text.next()?) {
                (None, None, Some(text)) => Key::Text(text),
                (None, Some(0), None) => Key::Head,
                (Some(actor), Some(counter), None) => Key::Element(id(actor, counter)?),
                _ => return Err(Malformed { expected: "a key" }),
            };
            let value_meta = value_metas.next()?.ok_or(Malformed { expected: "the type of a value" })?;
            let count = counts.next()?.ok_or(Malformed { expected: "a number of predecessors" })?;
            let predecessors =
                usize::try_from(count).map_err(|_| Malformed { expected: "a number of predecessors" })?;
            named += u128::from(count);
            operations.push(Operation {
                object,
                key,
                insert: insert.next()?,
                action: action.next()?.ok_or(Malformed { expected: "an action" })?,
                value_meta,
                value: values.take(value_meta >> 4, "a value")?,
                predecessors,
                expand: expand.next()?,
                mark: mark.next()?,
            });
        }
        let mut predecessors = Vec::new();
        let mut actor = numbers(Column::PredecessorActor);
        let mut counter = Delta::new(layout.column(Column::PredecessorCounter));
        while !actor.at_end() {
            match (actor.next()?, counter.next()?) {
                (Some(actor), Some(counter)) => predecessors.push(id(actor, counter)?),
                _ => return Err(Malformed { expected: "a predecessor" }),
            }
        }
        let ended = object_actor.at_end()
            && object_counter.at_end()
            && key_actor.at_end()
            && key_counter.at_end()
            && key_text.at_end()
            && insert.at_end()
            && value_metas.at_end()
            && values.rest().is_empty()
            && counts.at_end()
            && expand.at_end()
            && mark.at_end()
            && counter.at_end()
            && named == predecessors.len() as u128;
        if ended {
            Ok(Self { layout, operations, predecessors })
        } else {
            Err(Malformed { expected: "columns of equal length" })
        }
    }

    /// The chunk as Automerge writes it.
    pub(crate) fn encode(&self) -> Vec<u8> {
        self.layout.write(&self.encode_columns())
    }

    fn encode_columns(&self) -> [Vec<u8>; COLUMNS.len()] {
        let mut object_actor = RunLengthOut::new();
        let mut object_counter = RunLengthOut::new();
        let mut key_actor = RunLengthOut::new();
        let mut key_counter = DeltaOut::new();
        let mut key_text = RunLengthOut::new();
        let mut insert = BooleansOut::new();
        let mut action = RunLengthOut::new();
        let mut value_meta = RunLengthOut::new();
        let mut values = Vec::new();
        let mut counts = RunLengthOut::new();
        let mut expand = BooleansOut::new();
        let mut mark = RunLengthOut::new();
        for operation in &self.operations {
            object_actor.push(operation.object.map(|id| id.actor as u64));
            object_counter.push(operation.object.map(|id| id.counter));
            let (actor, counter, text) = match operation.key {
                Key::Text(text) => (None, None, Some(text)),
                Key::Head => (None, Some(0), None),
                Key::Element(id) => (Some(id.actor as u64), Some(id.counter), None),
            };
            key_actor.push(actor);
            key_counter.push(counter);
            key_text.push(text);
            insert.push(operation.insert);
            action.push(Some(operation.action));
            value_meta.push(Some(operation.value_meta));
            values.extend_from_slice(operation.value);
            counts.push(Some(operation.predecessors as u64));
            expand.push(operation.expand);
            mark.push(operation.mark);
        }
        let mut predecessor_actor = RunLengthOut::new();
        let mut predecessor_counter = DeltaOut::new();
        for id in &self.predecessors {
            predecessor_actor.push(Some(id.actor as u64));
            predecessor_counter.push(Some(id.counter));
        }
        // Automerge leaves out the columns of what no operation has.
        let expand =
            if self.operations.iter().any(|operation| operation.expand) { expand.finish() } else { Vec::new() };
        [
            object_actor.finish(),
            object_counter.finish(),
            key_actor.finish(),
            key_counter.finish(),
            key_text.finish(),
            insert.finish(),
            action.finish(),
            value_meta.finish(),
            values,
            counts.finish(),
            predecessor_actor.finish(),
            predecessor_counter.finish(),
            expand,
            mark.finish(),
        ]
    }
}
