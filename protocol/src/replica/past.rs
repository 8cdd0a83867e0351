//! The past of one record, taken out of a replica as it is at a moment.
//!
//! Telling a history and undoing a change read a document again and again: the longer its text and its past, the longer
//! that takes. What it takes is handed over here, so that nobody who writes or asks has to wait for it.

use super::Replica;
use crate::document::{ChangeBody, Verdict, WriteRule, actor, prescan};
use crate::entry::EntryKind;
use crate::id::{ChangeHash, CoalitionId, DocumentId, GroupId};
use crate::key::DeviceId;
use crate::record::{Contest, Kind, Rival};
use crate::storage::{Storage, StorageError, StoredEntry};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What happened to one record until now.
#[derive(Clone, Debug)]
pub struct Past {
    /// The coalition.
    pub coalition: CoalitionId,
    /// The record.
    pub document: DocumentId,
    /// Its kind, where this program knows it.
    pub kind: Option<Arc<Kind>>,
    /// The group that made it, and who may write it; none as long as its opening is missing.
    pub opened: Option<(GroupId, WriteRule)>,
    /// The group on whose computer this is.
    pub own: GroupId,
    /// Its changes in causal order, then those without effect.
    pub changes: Vec<PastChange>,
    /// What storage holds of it, for the times of its changes.
    pub entries: Vec<StoredEntry>,
}

/// A change of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastChange {
    /// Its hash.
    pub change: ChangeHash,
    /// The device that wrote it.
    pub device: DeviceId,
    /// The group of that device, where known.
    pub group: Option<GroupId>,
    /// What became of it.
    pub outcome: PastOutcome,
}

/// What became of a change of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PastOutcome {
    /// It counts: its bytes.
    Effective(Vec<u8>),
    /// It does not, and why.
    Without(String),
}

/// The fields of a record of which edits met.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contests {
    /// Each of them.
    pub contests: Vec<Contest>,
    /// The group that wrote each of these edits, where known.
    pub writers: BTreeMap<ChangeHash, GroupId>,
}

impl Past {
    /// The past of a record that has none, because nothing of it travels.
    pub fn without_log(coalition: CoalitionId, document: DocumentId, own: GroupId) -> Self {
        Self { coalition, document, kind: None, opened: None, own, changes: Vec::new(), entries: Vec::new() }
    }

    /// The changes that count, with their bytes.
    pub(super) fn effective(&self) -> impl Iterator<Item = (&PastChange, &[u8])> {
        self.changes.iter().filter_map(|change| match &change.outcome {
            PastOutcome::Effective(bytes) => Some((change, bytes.as_slice())),
            PastOutcome::Without(_) => None,
        })
    }

    /// When each change says that it was written.
    pub(super) fn times(&self) -> BTreeMap<ChangeHash, Timestamp> {
        let mut times = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.kind == EntryKind::Change) {
            let Ok(body) = ChangeBody::decode(&entry.body) else { continue };
            if let Ok(change) = prescan(&body.change, &actor(&self.coalition, &self.document, &entry.device)) {
                // A log may have it once more further on.
                times.entry(change.hash()).or_insert(entry.time);
            }
        }
        times
    }
}

impl<S: Storage> Replica<S> {
    /// The past of a record, as it is now.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn past(&mut self, document: DocumentId) -> Result<Past, StorageError> {
        let entries = self.storage.document(&document)?;
        let registry = self.documents.registry().clone();
        let live = self.documents.live(document, &self.storage, &self.authority)?;
        let kind = live.opening().and_then(|opening| registry.kind(opening.kind.as_str())).cloned();
        let opened = live.opening().map(|opening| (opening.owner, opening.rule));
        let authority = &self.authority;
        let told = |change: ChangeHash, device: DeviceId, outcome: PastOutcome| PastChange {
            change,
            device,
            group: authority.group_of(&device),
            outcome,
        };
        let counted = |bytes: &[u8]| PastOutcome::Effective(bytes.to_vec());
        let effective = live.document().effective();
        let mut changes: Vec<PastChange> =
            effective.map(|(change, device)| told(change.hash(), device, counted(change.bytes()))).collect();
        let without = live.document().without_effect();
        changes.extend(
            without.map(|(change, device, verdict)| told(change, device, PastOutcome::Without(reason(verdict)))),
        );
        let (coalition, own) = (self.me.coalition, self.me.group);
        Ok(Past { coalition, document, kind, opened, own, changes, entries })
    }

    /// The fields of a record of which edits met, as it is now, and whose each of these edits is, where known.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn contests(&mut self, document: DocumentId) -> Result<Contests, StorageError> {
        let registry = self.documents.registry().clone();
        let live = self.documents.live(document, &self.storage, &self.authority)?;
        let contests = live.contests(&registry);
        let rivals = contests.iter().flat_map(|contest| contest.others.iter().chain([&contest.shown]));
        let mut group = |rival: &Rival| self.authority.group_of(&live.document().writer(&rival.change)?);
        let writers = rivals.filter_map(|rival| Some((rival.change, group(rival)?))).collect();
        Ok(Contests { contests, writers })
    }
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
