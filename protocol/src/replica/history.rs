//! The history of one record: what each change did to its fields.

use super::Replica;
use crate::document::{ChangeBody, Verdict, actor, prescan};
use crate::entry::EntryKind;
use crate::id::{ChangeHash, DocumentId};
use crate::key::DeviceId;
use crate::record::{FieldName, Presence, Reading, Value, Values};
use crate::storage::{Storage, StorageError};
use crate::time::Timestamp;
use automerge::{Automerge, Change};
use std::collections::BTreeMap;

/// Changes whose fields are worked out; older ones are listed with all fields of the first that is.
const WORKED_OUT: usize = 1_000;

/// One change of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Claimed time of the entry.
    pub time: Timestamp,
    /// The device that wrote it.
    pub device: DeviceId,
    /// The change.
    pub change: ChangeHash,
    /// What it did to the record.
    pub deed: Deed,
    /// Fields that it changed, with their new content; cleared ones are left out.
    pub fields: Values,
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

impl<S: Storage> Replica<S> {
    /// The changes of a record in causal order, then those without effect.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn history(&mut self, document: DocumentId) -> Result<Vec<Step>, StorageError> {
        let times = self.times(document)?;
        let registry = self.documents.registry().clone();
        let live = self.documents.live(document, &self.storage, &self.authority)?;
        let kind = live.opening().and_then(|opening| registry.kind(opening.kind.as_str())).cloned();
        let owner = live.opening().map(|opening| opening.owner);
        let effective: Vec<(ChangeHash, DeviceId, Vec<u8>)> = live
            .document()
            .effective()
            .map(|(change, device)| (change.hash(), device, change.bytes().to_vec()))
            .collect();
        let without: Vec<(ChangeHash, DeviceId, String)> = live
            .document()
            .without_effect()
            .map(|(change, device, verdict)| (change, device, reason(verdict)))
            .collect();
        let skipped = effective.len().saturating_sub(WORKED_OUT);
        let mut draft = Automerge::new();
        let mut before = Reading::default();
        let mut steps = Vec::new();
        for (index, (change, device, bytes)) in effective.into_iter().enumerate() {
            // The changes have passed the guard; one that does not apply is left out of the story.
            let Ok(applied) = Change::from_bytes(bytes) else { continue };
            let built_on = applied.deps().to_vec();
            let saw_all = draft.get_heads().iter().all(|head| built_on.contains(head));
            if draft.apply_changes([applied]).is_err() {
                continue;
            }
            let after = match &kind {
                Some(kind) if index + 1 >= skipped => kind.read(&draft),
                _ => Reading::default(),
            };
            let (fields, cleared) = match &kind {
                // Whoever did not know of other changes said this beside them, whether or not it is what came of both.
                Some(kind) if index >= skipped && !saw_all => {
                    let at = |heads: &[automerge::ChangeHash]| kind.read_at(&draft, Some(heads)).values;
                    changed(&at(&built_on), &at(&[automerge::ChangeHash(change.0)]))
                }
                _ => changed(&before.values, &after.values),
            };
            // Nobody else's mark removes it. Two computers of its owner that remove it at once remove it both.
            let may_remove = owner.is_some() && self.authority.group_of(&device) == owner;
            let deed = match (index, after.presence) {
                (0, _) => Deed::Made,
                (_, Presence::Removed) if may_remove && before.values == after.values => Deed::Removed,
                _ => Deed::Changed,
            };
            before = after;
            let time = times.get(&change).copied().unwrap_or_default();
            let knew = if saw_all { Knew::All } else { Knew::Some };
            steps.push(Step { time, device, change, deed, fields, cleared, knew, inert: None });
        }
        steps.extend(without.into_iter().map(|(change, device, why)| Step {
            time: times.get(&change).copied().unwrap_or_default(),
            device,
            change,
            deed: Deed::Changed,
            fields: Values::default(),
            cleared: Vec::new(),
            knew: Knew::All,
            inert: Some(why),
        }));
        Ok(steps)
    }

    pub(super) fn times(&self, document: DocumentId) -> Result<BTreeMap<ChangeHash, Timestamp>, StorageError> {
        let mut times = BTreeMap::new();
        let entries = self.storage.document(&document)?;
        for entry in entries.into_iter().filter(|entry| entry.kind == EntryKind::Change) {
            let Ok(body) = ChangeBody::decode(&entry.body) else { continue };
            if let Ok(change) = prescan(&body.change, &actor(&self.me.coalition, &document, &entry.device)) {
                times.insert(change.hash(), entry.time);
            }
        }
        Ok(times)
    }
}

/// The fields that hold something else than before, and those that hold nothing any more.
fn changed(before: &Values, after: &Values) -> (Values, Vec<FieldName>) {
    let changed = after.iter().filter(|(name, value)| before.get(name) != Some(*value));
    let cleared = before.iter().filter(|(name, _)| after.get(name).is_none()).map(|(name, _)| name.clone());
    (changed.map(|(name, value)| (name.clone(), Value::clone(value))).collect(), cleared.collect())
}

fn reason(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Effective => String::new(),
        Verdict::Inert(why) => why.to_string(),
        Verdict::Waiting { missing } if missing.is_empty() => {
            "it is not known yet whether its author may write".to_owned()
        }
        Verdict::Waiting { missing } => format!("{} changes that it builds on have not arrived", missing.len()),
    }
}
