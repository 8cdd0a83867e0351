//! Undoing a change of a record: what was there before is written again, as a change of its own.
//!
//! Nothing is taken out of a history. Texts and sets are put back as a change of what the undone change left, so that
//! what others wrote since stays in them. Any other field is put back only while it still holds what was undone; where
//! another edit met that one, the other one is what comes back.
//!
//! Where nobody says which change is meant, it is the last one of the own group: a page that all may write holds others'
//! work too, and theirs is taken back only where somebody says so.

use super::past::{Past, PastChange};
use crate::document::WriteRule;
use crate::id::{ChangeHash, GroupId};
use crate::record::{Contest, FieldName, FieldType, Patch, Value};
use automerge::{Automerge, Change};

/// What undoing a change takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Undoing {
    /// The change that is undone.
    pub change: ChangeHash,
    /// The group that wrote it, where known.
    pub writer: Option<GroupId>,
    /// What is to be written.
    pub patch: Patch,
    /// Fields that it changed and that somebody has changed since: they stay.
    pub kept: Vec<FieldName>,
}

/// Which change is to be undone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Taking {
    /// The last one of the own group.
    #[default]
    OwnLast,
    /// The last one of this group.
    LastOf(GroupId),
    /// This one.
    Change(ChangeHash),
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
    /// The own group has changed nothing that could be undone, and others have.
    #[error("your group has changed nothing here that could be undone; the last change, {}, is another group's", change.short())]
    Others {
        /// The last change.
        change: ChangeHash,
        /// The group that wrote it, where known.
        writer: Option<GroupId>,
    },
    /// That group has changed nothing that could be undone.
    #[error("that group has changed nothing here that could be undone")]
    NoneOf,
    /// Nothing of the record travels.
    #[error("what stays on this computer has no history")]
    StaysHere,
    /// The change removed the record, or brought it.
    #[error("a removal can't be undone: others may have taken the record away already")]
    Removal,
    /// Nothing that it wrote is left.
    #[error("nothing that the change {} wrote is shown any more", change.short())]
    Gone {
        /// The change.
        change: ChangeHash,
    },
    /// The record can't be read here.
    #[error("the record can't be read on this computer")]
    Unreadable,
}

impl UndoError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "The history lists the changes; what others wrote may still be on its way.",
            Self::WithoutEffect { .. } => "Choose another change from the history.",
            Self::First { .. } => "Remove the record, if it should not be.",
            Self::Removal => "Make the record anew; its history still shows what it said.",
            Self::Gone { .. } => "Undo the change that wrote what is shown, or edit the record.",
            Self::Unreadable => "Keep the node running until the rest of the record has arrived.",
            Self::Others { .. } => "Say whose change you mean, with `--of GROUP`, or which one, with `--change HASH`.",
            Self::NoneOf => "The history lists the changes and who wrote them.",
            Self::StaysHere => "Edit the record.",
        }
    }
}

/// A change that counts, with its bytes.
type Counted<'a> = (&'a PastChange, &'a [u8]);

impl Past {
    /// What undoing a change takes. An edit that took several changes is undone whole.
    ///
    /// # Errors
    ///
    /// [`UndoError`].
    pub fn undoing(&self, taking: Taking) -> Result<Undoing, UndoError> {
        let kind = match (&self.kind, self.opened) {
            (Some(kind), Some(_)) => kind,
            _ if self.changes.is_empty() => return Err(UndoError::StaysHere),
            _ => return Err(UndoError::Unreadable),
        };
        let effective: Vec<Counted<'_>> = self.effective().collect();
        let (first, last) = self.meant(&effective, taking)?;
        let (change, writer) = effective.get(last).map(|(it, _)| (it.change, it.group)).ok_or(UndoError::Unreadable)?;
        if first == 0 {
            return Err(UndoError::First { change });
        }
        let mut draft = Automerge::new();
        let mut play = |from: usize, to: usize| {
            let changes = effective.get(from..to).into_iter().flatten();
            // The changes have passed the guard.
            let changes: Result<Vec<Change>, _> =
                changes.map(|(_, bytes)| Change::from_bytes(bytes.to_vec())).collect();
            draft.apply_changes(changes.map_err(|_| UndoError::Unreadable)?).map_err(|_| UndoError::Unreadable)?;
            Ok::<_, UndoError>((kind.read(&draft), draft.get_heads()))
        };
        let (before, _) = play(0, first)?;
        let (after, heads) = play(first, last + 1)?;
        let (now, _) = play(last + 1, effective.len())?;
        if before.presence != after.presence {
            return Err(UndoError::Removal);
        }
        let undone = effective.get(first..=last).unwrap_or_default();
        let contests = kind.contests(&draft);
        let mut patch = Patch::default();
        let mut kept = Vec::new();
        for field in kind.fields.iter().filter(|field| field.audience.travels()) {
            let name = &field.name;
            let (was, became) = (before.values.get(name), after.values.get(name));
            if was == became {
                continue;
            }
            let merges = matches!(field.field_type, FieldType::Text) || field.field_type.is_set();
            let met = contests.iter().find(|contest| contest.field == *name).and_then(|contest| met(contest, undone));
            let again = met.unwrap_or(was).cloned();
            // What no longer fits its field can't be written again.
            let fits = (merges || now.values.get(name) == became) && patch.set(kind, name, again).is_ok();
            if !fits {
                kept.push(name.clone());
            }
        }
        if patch.is_empty() {
            return Err(UndoError::Gone { change });
        }
        let heads = heads.into_iter().map(|head| ChangeHash(head.0));
        Ok(Undoing { change, writer, patch: patch.based_on(heads), kept })
    }

    /// The first and the last change of the edit that is meant.
    fn meant(&self, effective: &[Counted<'_>], taking: Taking) -> Result<(usize, usize), UndoError> {
        let times = self.times();
        let whose = |at: usize| effective.get(at).map(|(it, _)| (it.device, times.get(&it.change).copied()));
        let edit = |at: usize| {
            let same = |other: &usize| whose(*other) == whose(at);
            let first = (0..at).rev().take_while(same).last().unwrap_or(at);
            (first, (at + 1..effective.len()).take_while(same).last().unwrap_or(at))
        };
        let end = effective.len().checked_sub(1).ok_or(UndoError::Unreadable)?;
        let last_of = |group: GroupId| {
            let of_group = |at: &usize| effective.get(*at).is_some_and(|(it, _)| it.group == Some(group));
            (0..=end).rev().filter(of_group).map(edit).find(|(first, _)| *first > 0)
        };
        match taking {
            Taking::Change(change) => match effective.iter().position(|(it, _)| it.change == change) {
                Some(at) => Ok(edit(at)),
                None if self.changes.iter().any(|it| it.change == change) => Err(UndoError::WithoutEffect { change }),
                None => Err(UndoError::Unknown { change }),
            },
            Taking::LastOf(group) => last_of(group).ok_or(UndoError::NoneOf),
            // What only its owner may write holds nobody else's work.
            Taking::OwnLast if self.opened.is_some_and(|(_, rule)| rule != WriteRule::Members) => Ok(edit(end)),
            Taking::OwnLast => match (last_of(self.own), effective.get(end)) {
                (Some(edit), _) => Ok(edit),
                (None, Some((last, _))) if edit(end).0 > 0 => {
                    Err(UndoError::Others { change: last.change, writer: last.group })
                }
                (None, _) => Ok(edit(end)),
            },
        }
    }
}

/// What an edit wrote that met one of those that are undone, where what is undone is shown.
fn met<'a>(contest: &'a Contest, undone: &[Counted<'_>]) -> Option<Option<&'a Value>> {
    let is_undone = |change: &ChangeHash| undone.iter().any(|(it, _)| it.change == *change);
    let mut others = contest.others.iter().filter(|rival| !is_undone(&rival.change));
    others.next_back().filter(|_| is_undone(&contest.shown.change)).map(|rival| rival.value.as_ref())
}
