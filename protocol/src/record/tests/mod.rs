//! The mechanism as a whole: what every kind gets without another line.

mod careful;
mod documents;
mod kinds;
mod lists;
mod made_up_kind;
mod met;
mod properties;
mod readers;
mod seals;
mod stale_forms;
mod tables;

use super::{Kind, Patch, PatchError, Reading};
use crate::id::ChangeHash;
use automerge::{ActorId, Automerge};
use serde_json::Value as Json;

/// A document written by the device of this number.
fn document(device: u8) -> Automerge {
    Automerge::new().with_actor(ActorId::from([device; 32]))
}

/// Another device's copy of a document.
fn copy(doc: &Automerge, device: u8) -> Automerge {
    Automerge::load(&doc.save()).unwrap().with_actor(ActorId::from([device; 32]))
}

fn heads(doc: &Automerge) -> Vec<ChangeHash> {
    doc.get_heads().iter().map(|head| ChangeHash(head.0)).collect()
}

/// Writes a patch, piece by piece, and says how many changes that took.
fn try_write(kind: &Kind, doc: &mut Automerge, patch: &Patch) -> Result<usize, PatchError> {
    let edit = kind.prepare(doc, patch)?;
    for piece in edit.pieces() {
        let mut transaction = doc.transaction();
        piece.write(&mut transaction)?;
        transaction.commit();
    }
    Ok(edit.pieces().len())
}

fn write(kind: &Kind, doc: &mut Automerge, patch: &Patch) -> usize {
    try_write(kind, doc, patch).unwrap()
}

fn write_json(kind: &Kind, doc: &mut Automerge, json: Json) -> usize {
    write(kind, doc, &Patch::from_json(kind, &json).unwrap())
}

/// Brings two documents together both ways and returns what both then hold.
fn merge(kind: &Kind, one: &mut Automerge, other: &mut Automerge) -> Reading {
    one.merge(other).unwrap();
    other.merge(one).unwrap();
    assert_eq!(one.get_heads(), other.get_heads());
    let reading = kind.read(one);
    assert_eq!(reading, kind.read(other));
    reading
}
