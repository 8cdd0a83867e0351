//! The Automerge change chunk, read and written by ourselves.
//!
//! Layout: magic `85 6f 4a 83`, 4 bytes of checksum, the type byte 1, the length, then the body:
//! dependencies, actor, seq, start op, time, message, other actors, column specifications, columns.
//! All numbers are LEB128 in shortest form. Automerge keeps a document in another layout and computes
//! its changes anew from it, so a change that is not written exactly as Automerge would write it saves
//! a document that never loads again.

use super::columns::{Malformed, Reader, write_signed, write_unsigned};
use crate::id::{Actor, ChangeHash};
use crate::limits::MAX_CHANGE_REFS;
use sha2::{Digest as _, Sha256};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// Magic and checksum: what the hash of a chunk leaves out.
const UNHASHED: usize = 8;
const CHANGE: u8 = 1;

/// The columns of a change, in the order in which they stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    ObjectActor,
    ObjectCounter,
    KeyActor,
    KeyCounter,
    KeyText,
    Insert,
    Action,
    ValueMeta,
    Value,
    Predecessors,
    PredecessorActor,
    PredecessorCounter,
    Expand,
    MarkName,
}

/// The specification of each column: its id times 16, plus its type.
pub(crate) const COLUMNS: [(Column, u64); 14] = [
    (Column::ObjectActor, 0x01),
    (Column::ObjectCounter, 0x02),
    (Column::KeyActor, 0x11),
    (Column::KeyCounter, 0x13),
    (Column::KeyText, 0x15),
    (Column::Insert, 0x34),
    (Column::Action, 0x42),
    (Column::ValueMeta, 0x56),
    (Column::Value, 0x57),
    (Column::Predecessors, 0x70),
    (Column::PredecessorActor, 0x71),
    (Column::PredecessorCounter, 0x73),
    (Column::Expand, 0x94),
    (Column::MarkName, 0xa5),
];

/// Bytes that are not laid out as an uncompressed change chunk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// A part does not read.
    #[error("the change does not read")]
    Malformed(#[from] Malformed),
    /// Another chunk: a whole document, a deflated change or a bundle.
    #[error("expected a chunk of type 1, an uncompressed change, found type {found}")]
    OtherChunk {
        /// The type byte.
        found: u8,
    },
    /// The chunk does not end where the bytes end.
    #[error("the chunk claims {claimed} bytes after its head, found {found}")]
    Length {
        /// What the head says.
        claimed: u64,
        /// What there is.
        found: usize,
    },
    /// More dependencies or other actors than allowed.
    #[error("the change names {found} {what}, at most {MAX_CHANGE_REFS} are allowed")]
    TooManyRefs {
        /// What it names.
        what: &'static str,
        /// How many.
        found: u64,
    },
    /// A column that is unknown, deflated, out of order or there twice.
    #[error("column {found:#x} is unknown, deflated or out of order")]
    Column {
        /// Its specification.
        found: u64,
    },
    /// Bytes after the last column.
    #[error("{found} extra bytes follow the last column")]
    ExtraBytes {
        /// How many.
        found: usize,
    },
}

/// The parts of a change chunk, its columns still encoded.
pub(crate) struct Layout<'a> {
    pub(crate) checksum: [u8; 4],
    pub(crate) deps: Vec<ChangeHash>,
    pub(crate) actor: Actor,
    pub(crate) seq: u64,
    pub(crate) start_op: u64,
    pub(crate) time: i64,
    pub(crate) message: &'a str,
    pub(crate) others: Vec<Actor>,
    columns: [&'a [u8]; COLUMNS.len()],
}

impl<'a> Layout<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, LayoutError> {
        let mut reader = Reader::new(bytes);
        if *reader.array("the magic bytes of a chunk")? != MAGIC {
            return Err(Malformed { expected: "the magic bytes of a chunk" }.into());
        }
        let checksum = *reader.array("a checksum")?;
        let [found] = *reader.array("the type of a chunk")?;
        if found != CHANGE {
            return Err(LayoutError::OtherChunk { found });
        }
        let claimed = reader.unsigned("the length of a chunk")?;
        if claimed != reader.rest().len() as u64 {
            return Err(LayoutError::Length { claimed, found: reader.rest().len() });
        }
        let mut deps = Vec::new();
        for _ in 0..refs(&mut reader, "dependencies")? {
            deps.push(ChangeHash(*reader.array("a dependency")?));
        }
        let actor = read_actor(&mut reader)?;
        let seq = reader.unsigned("a sequence number")?;
        let start_op = reader.unsigned("a start op")?;
        let time = reader.signed("a time")?;
        let message = reader.text("a message")?;
        let mut others = Vec::new();
        for _ in 0..refs(&mut reader, "other actors")? {
            others.push(read_actor(&mut reader)?);
        }
        let columns = read_columns(&mut reader)?;
        match reader.rest().len() {
            0 => Ok(Self { checksum, deps, actor, seq, start_op, time, message, others, columns }),
            found => Err(LayoutError::ExtraBytes { found }),
        }
    }

    pub(crate) const fn column(&self, column: Column) -> &'a [u8] {
        self.columns[column as usize]
    }

    /// The chunk of this head and `columns`, as Automerge writes it: empty columns are left out.
    pub(crate) fn write(&self, columns: &[Vec<u8>; COLUMNS.len()]) -> Vec<u8> {
        let mut body = Vec::new();
        write_unsigned(&mut body, self.deps.len() as u64);
        self.deps.iter().for_each(|dep| body.extend(dep.as_bytes()));
        write_actor(&mut body, &self.actor);
        write_unsigned(&mut body, self.seq);
        write_unsigned(&mut body, self.start_op);
        write_signed(&mut body, self.time);
        write_unsigned(&mut body, self.message.len() as u64);
        body.extend_from_slice(self.message.as_bytes());
        write_unsigned(&mut body, self.others.len() as u64);
        self.others.iter().for_each(|actor| write_actor(&mut body, actor));
        let present = COLUMNS.iter().zip(columns).filter(|(_, bytes)| !bytes.is_empty());
        write_unsigned(&mut body, present.clone().count() as u64);
        for ((_, spec), bytes) in present {
            write_unsigned(&mut body, *spec);
            write_unsigned(&mut body, bytes.len() as u64);
        }
        columns.iter().for_each(|bytes| body.extend_from_slice(bytes));
        chunk(&body)
    }
}

fn refs(reader: &mut Reader<'_>, what: &'static str) -> Result<u64, LayoutError> {
    let found = reader.unsigned(what)?;
    if found > MAX_CHANGE_REFS as u64 { Err(LayoutError::TooManyRefs { what, found }) } else { Ok(found) }
}

fn read_actor(reader: &mut Reader<'_>) -> Result<Actor, Malformed> {
    let expected = "an actor of 32 bytes";
    match reader.unsigned(expected)? {
        32 => Ok(Actor(*reader.array(expected)?)),
        _ => Err(Malformed { expected }),
    }
}

fn write_actor(out: &mut Vec<u8>, actor: &Actor) {
    write_unsigned(out, 32);
    out.extend_from_slice(actor.as_bytes());
}

fn read_columns<'a>(reader: &mut Reader<'a>) -> Result<[&'a [u8]; COLUMNS.len()], LayoutError> {
    let mut lengths = [None; COLUMNS.len()];
    let mut known = COLUMNS.iter().enumerate();
    for _ in 0..reader.unsigned("the number of columns")? {
        let found = reader.unsigned("the specification of a column")?;
        let (at, _) = known.find(|(_, (_, spec))| *spec == found).ok_or(LayoutError::Column { found })?;
        lengths[at] = Some(reader.unsigned("the length of a column")?);
    }
    let mut columns: [&[u8]; COLUMNS.len()] = [&[]; COLUMNS.len()];
    for (column, length) in columns.iter_mut().zip(lengths) {
        *column = reader.take(length.unwrap_or(0), "a column")?;
    }
    Ok(columns)
}

/// The hash of a chunk whose length is written in shortest form.
pub(crate) fn hash(chunk: &[u8]) -> ChangeHash {
    ChangeHash(Sha256::digest(chunk.get(UNHASHED..).unwrap_or_default()).into())
}

/// The change chunk of `body`, with the checksum that belongs to it.
pub fn chunk(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(body.len() + 16);
    bytes.extend(MAGIC);
    bytes.extend([0; 4]);
    bytes.push(CHANGE);
    write_unsigned(&mut bytes, body.len() as u64);
    bytes.extend_from_slice(body);
    let ChangeHash(hash) = hash(&bytes);
    bytes[4..UNHASHED].copy_from_slice(&hash[..4]);
    bytes
}
