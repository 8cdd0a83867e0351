//! The history of one record: what each change did to its fields, a page at a time, the newest first.

use super::past::{Past, PastChange, PastOutcome};
use crate::id::{ChangeHash, GroupId};
use crate::key::DeviceId;
use crate::record::{FieldName, Presence, Reading, TextEdit, Value, Values};
use crate::time::Timestamp;
use automerge::{Automerge, Change};
use std::collections::BTreeMap;

/// One change of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Claimed time of the entry.
    pub time: Timestamp,
    /// The device that wrote it.
    pub device: DeviceId,
    /// The group of that device, where known.
    pub group: Option<GroupId>,
    /// The change.
    pub change: ChangeHash,
    /// What it did to the record.
    pub deed: Deed,
    /// Fields that it changed, with their new content; cleared ones are left out, and long texts.
    pub fields: Values,
    /// What it did to long texts.
    pub edits: BTreeMap<FieldName, TextEdit>,
    /// Fields that it emptied.
    pub cleared: Vec<FieldName>,
    /// Whether its writer knew of what stands before it.
    pub knew: Knew,
    /// Why it has no effect, if it has none.
    pub inert: Option<String>,
}

/// What a change did to a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deed {
    /// It made it.
    Made,
    /// It changed what it says.
    #[default]
    Changed,
    /// It removed it.
    Removed,
}

/// Whether the writer of a change knew of those that a history tells before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Knew {
    /// All of them.
    #[default]
    All,
    /// Not all: somebody wrote at the same time, or apart.
    Some,
}

/// A page of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The changes, oldest first.
    pub steps: Vec<Step>,
    /// How many stand before the first of them.
    pub earlier: usize,
    /// How many there are in all.
    pub total: usize,
}

impl Past {
    /// The last changes before this one, or of all where none is named: in causal order, those without effect last.
    /// What the changes before them did is not worked out.
    pub fn told(&self, before: Option<ChangeHash>, most: usize) -> Told {
        let total = self.changes.len();
        let end = before.and_then(|before| self.changes.iter().position(|it| it.change == before)).unwrap_or(total);
        let from = end.saturating_sub(most);
        let mut tale = Tale::after(self, from);
        let steps = self.changes.get(from..end).into_iter().flatten().filter_map(|change| tale.step(change));
        let steps: Vec<Step> = steps.collect();
        Told { steps, earlier: from, total }
    }
}

/// A history as far as it is told.
struct Tale<'a> {
    past: &'a Past,
    times: BTreeMap<ChangeHash, Timestamp>,
    draft: Automerge,
    before: Reading,
}

impl<'a> Tale<'a> {
    /// What stands before the change of this place.
    fn after(past: &'a Past, from: usize) -> Self {
        // The changes have passed the guard; one that does not apply is left out of the story.
        let bytes = past.changes.iter().take(from).filter_map(|change| match &change.outcome {
            PastOutcome::Effective(bytes) => Change::from_bytes(bytes.clone()).ok(),
            PastOutcome::Without(_) => None,
        });
        let mut draft = Automerge::new();
        let before = match (draft.apply_changes(bytes), &past.kind) {
            (Ok(()), Some(kind)) if from > 0 => kind.read(&draft),
            _ => Reading::default(),
        };
        Self { times: past.times(), past, draft, before }
    }

    /// The next step; none for a change that can't be told.
    fn step(&mut self, written: &PastChange) -> Option<Step> {
        let mut step = Step {
            time: self.times.get(&written.change).copied().unwrap_or_default(),
            device: written.device,
            group: written.group,
            change: written.change,
            deed: Deed::Changed,
            fields: Values::default(),
            edits: BTreeMap::new(),
            cleared: Vec::new(),
            knew: Knew::All,
            inert: None,
        };
        let bytes = match &written.outcome {
            PastOutcome::Effective(bytes) => bytes,
            PastOutcome::Without(why) => {
                step.inert = Some(why.clone());
                return Some(step);
            }
        };
        let applied = Change::from_bytes(bytes.clone()).ok()?;
        let built_on = applied.deps().to_vec();
        let heads = self.draft.get_heads();
        let first = heads.is_empty();
        if heads.iter().any(|head| !built_on.contains(head)) {
            step.knew = Knew::Some;
        }
        self.draft.apply_changes([applied]).ok()?;
        let kind = self.past.kind.as_deref();
        let after = kind.map(|kind| kind.read(&self.draft)).unwrap_or_default();
        match (kind, step.knew) {
            // Whoever did not know of other changes said this beside them, whether or not it is what came of both.
            (Some(kind), Knew::Some) => {
                let at = |heads: &[automerge::ChangeHash]| kind.read_at(&self.draft, Some(heads)).values;
                step.tell(&at(&built_on), &at(&[automerge::ChangeHash(written.change.0)]));
            }
            (Some(_), Knew::All) => step.tell(&self.before.values, &after.values),
            (None, _) => {}
        }
        // Nobody else's mark removes it. Two computers of its owner that remove it at once remove it both.
        let may_remove = self.past.opened.is_some_and(|(owner, _)| written.group == Some(owner));
        step.deed = match after.presence {
            _ if first => Deed::Made,
            Presence::Removed if may_remove && self.before.values == after.values => Deed::Removed,
            _ => Deed::Changed,
        };
        self.before = after;
        Some(step)
    }
}

impl Step {
    /// Tells the fields that hold something else than before, and those that hold nothing any more.
    fn tell(&mut self, before: &Values, after: &Values) {
        for (name, value) in after.iter().filter(|(name, value)| before.get(name) != Some(*value)) {
            match TextEdit::of(name, before, value) {
                Some(edit) => drop(self.edits.insert(name.clone(), edit)),
                None => self.fields.set(name.clone(), Value::clone(value)),
            }
        }
        let cleared = before.iter().filter(|(name, _)| after.get(name).is_none());
        self.cleared.extend(cleared.map(|(name, _)| name.clone()));
    }
}
