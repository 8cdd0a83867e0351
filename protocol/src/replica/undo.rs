//! Undoing a change of a record: what was there before is written again, as a change of its own.
//!
//! Nothing is taken out of a history. Texts and sets are put back as a change of what the undone change left, so that
//! what others wrote since stays in them. Any other field is put back only while it still holds what was undone.

use super::Replica;
use crate::id::{ChangeHash, DocumentId};
use crate::key::DeviceId;
use crate::record::{FieldName, FieldType, Patch};
use crate::storage::{Storage, StorageError};
use automerge::{Automerge, Change};

/// What undoing a change takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Undoing {
    /// The change that is undone.
    pub change: ChangeHash,
    /// What is to be written.
    pub patch: Patch,
    /// Fields that it changed and that somebody has changed since: they stay.
    pub kept: Vec<FieldName>,
}

/// Why a change can't be undone.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// The record has no such change.
    #[error("this record has no change {}", change.short())]
    Unknown {
        /// What was asked for.
        change: ChangeHash,
    },
    /// The change has no effect.
    #[error("the change {} has no effect: there is nothing to undo", change.short())]
    WithoutEffect {
        /// The change.
        change: ChangeHash,
    },
    /// The change made the record.
    #[error("the change {} made the record: there is nothing before it", change.short())]
    First {
        /// The change.
        change: ChangeHash,
    },
    /// The change removed the record, or brought it.
    #[error("a removal can't be undone: others may have taken the record away already")]
    Removal,
    /// Nothing that it wrote is left.
    #[error("all that the change {} wrote has been changed since", change.short())]
    Gone {
        /// The change.
        change: ChangeHash,
    },
    /// The record can't be read here.
    #[error("the record can't be read on this computer")]
    Unreadable,
    /// The store fails.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl UndoError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "The history lists the changes; what others wrote may still be on its way.",
            Self::WithoutEffect { .. } => "Choose another change from the history.",
            Self::First { .. } => "Remove the record, if it should not be.",
            Self::Removal => "Make the record anew; its history still shows what it said.",
            Self::Gone { .. } => "Undo the later change first, or edit the record.",
            Self::Unreadable => "Keep the node running until the rest of the record has arrived.",
            Self::Storage(_) => "Look with `grid status` at what is wrong with the disk.",
        }
    }
}

impl<S: Storage> Replica<S> {
    /// What undoing a change takes; without one, the last. An edit that took several changes is undone whole.
    ///
    /// # Errors
    ///
    /// [`UndoError`].
    pub fn undoing(&mut self, document: DocumentId, change: Option<ChangeHash>) -> Result<Undoing, UndoError> {
        let times = self.times(document)?;
        let registry = self.documents.registry().clone();
        let live = self.documents.live(document, &self.storage, &self.authority)?;
        let kind = live.opening().and_then(|opening| registry.kind(opening.kind.as_str())).cloned();
        let kind = kind.ok_or(UndoError::Unreadable)?;
        let effective: Vec<(ChangeHash, DeviceId, Vec<u8>)> = live
            .document()
            .effective()
            .map(|(change, device)| (change.hash(), device, change.bytes().to_vec()))
            .collect();
        let inert: Vec<ChangeHash> = live.document().without_effect().map(|(change, _, _)| change).collect();
        let at = match change {
            None => effective.len().checked_sub(1).ok_or(UndoError::Unreadable)?,
            Some(change) => match effective.iter().position(|(known, _, _)| *known == change) {
                Some(at) => at,
                None if inert.contains(&change) => return Err(UndoError::WithoutEffect { change }),
                None => return Err(UndoError::Unknown { change }),
            },
        };
        let now = live.document().read(|automerge| kind.read(automerge)).map_err(|_| UndoError::Unreadable)?.values;
        let whose = |at: usize| effective.get(at).map(|(change, device, _)| (*device, times.get(change).copied()));
        let same = |other: &usize| whose(*other) == whose(at);
        let first = (0..at).rev().take_while(same).last().unwrap_or(at);
        let last = (at + 1..effective.len()).take_while(same).last().unwrap_or(at);
        let change = effective.get(last).map(|(change, _, _)| *change).ok_or(UndoError::Unreadable)?;
        if first == 0 {
            return Err(UndoError::First { change });
        }
        let mut draft = Automerge::new();
        let mut play = |from: usize, to: usize| {
            for (_, _, bytes) in effective.get(from..to).into_iter().flatten() {
                // The changes have passed the guard.
                let applied = Change::from_bytes(bytes.clone()).map_err(|_| UndoError::Unreadable)?;
                draft.apply_changes([applied]).map_err(|_| UndoError::Unreadable)?;
            }
            Ok::<_, UndoError>((kind.read(&draft), draft.get_heads()))
        };
        let (before, _) = play(0, first)?;
        let (after, heads) = play(first, last + 1)?;
        if before.presence != after.presence {
            return Err(UndoError::Removal);
        }
        let mut patch = Patch::default();
        let mut kept = Vec::new();
        for field in kind.fields.iter().filter(|field| field.audience.travels()) {
            let name = &field.name;
            let (was, became) = (before.values.get(name), after.values.get(name));
            if was == became {
                continue;
            }
            let merges = matches!(field.field_type, FieldType::Text) || field.field_type.is_set();
            // What no longer fits its field can't be written again.
            let fits = (merges || now.get(name) == became) && patch.set(&kind, name, was.cloned()).is_ok();
            if !fits {
                kept.push(name.clone());
            }
        }
        if patch.is_empty() {
            return Err(UndoError::Gone { change });
        }
        let heads = heads.into_iter().map(|head| ChangeHash(head.0));
        Ok(Undoing { change, patch: patch.based_on(heads), kept })
    }
}
