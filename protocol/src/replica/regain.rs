//! What a cut took from a group, ready to be said again.
//!
//! Its own is what devices wrote that it certified, whatever became of them: ended, left out, forked, or certified by a
//! second group as well. Of the last kind, what the group cuts off itself stays cut off, be it all; and what its
//! other devices wrote on top of such a change has no effect either, and is lost with it.
//!
//! The lost changes of a document are put back beside those that count, in a copy behind the same guard, and
//! what each of them did to the fields is read there. Of a field the last lost value stands for all. It is
//! to be said again unless the record says so already, or somebody has changed the field at a later time:
//! so it can be said again once, and what was written since is never undone.

use super::Replica;
use super::document::Incoming;
use super::documents::all_of;
use super::lost::Lost;
use crate::control::Cut;
use crate::document::{Document, Inert, Opening, Prescanned, Quarantine, Right, Verdict, contained};
use crate::entry::VerifiedChange;
use crate::id::{ChangeHash, DocumentId};
use crate::key::DeviceId;
use crate::record::{FieldName, Kind, Presence, Reading, Value, Values};
use crate::storage::{Storage, StorageError};
use crate::time::Timestamp;
use automerge::Automerge;
use std::collections::{BTreeMap, BTreeSet};

/// How many changes of one device and number are read: one that was said again may be lost again.
const TIMES: usize = 8;

/// What a group lost of one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Regained {
    /// The record.
    pub document: DocumentId,
    /// What it is; none where that is not known here.
    pub opening: Option<Opening>,
    /// The changes that were lost, by claimed time.
    pub changes: Vec<(DeviceId, Lost)>,
    /// What is to be said again: fields with what they held, `None` where they were emptied.
    pub fields: BTreeMap<FieldName, Option<Value>>,
    /// What was changed at a later time, so that the lost content is older.
    pub older: BTreeMap<FieldName, Option<Value>>,
    /// Whether the record was removed, and is there now.
    pub removal: Removal,
    /// Whether all changes could be read.
    pub legibility: Legibility,
}

/// Whether a lost change removed the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// None did, or it is removed anyway.
    None,
    /// One did, and the record is there.
    Lost,
}

/// Whether what was lost can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Legibility {
    /// All of it.
    Whole,
    /// Some changes build on others that are not here.
    Partial,
}

/// A lost change with its bytes.
struct LostChange {
    device: DeviceId,
    lost: Lost,
    change: Prescanned,
}

/// What one change did.
struct Step {
    time: Timestamp,
    fields: BTreeMap<FieldName, Option<Value>>,
    removes: bool,
}

impl Regained {
    /// Whether there is anything to be said again.
    pub fn is_missing(&self) -> bool {
        !self.fields.is_empty() || self.removal == Removal::Lost
    }
}

impl<S: Storage> Replica<S> {
    /// What was lost of this group's own logs, record by record.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn regained(&mut self) -> Result<Vec<Regained>, StorageError> {
        let group = self.me.group;
        let keys = self.authority.keys();
        let own = self.authority.cuts().map(|(device, _)| *device);
        let devices: Vec<DeviceId> = own.filter(|device| keys.is_certified_by(device, &group)).collect();
        let ends: BTreeMap<DeviceId, Option<Cut>> = keys.disputed_of(&group).collect();
        let mut lost: BTreeMap<DocumentId, Vec<(DeviceId, Lost)>> = BTreeMap::new();
        for device in devices {
            let entries = match ends.get(&device).copied().flatten() {
                Some(end) => self.lost_words(&device, end)?,
                None => self.lost(&device)?,
            };
            for entry in entries {
                lost.entry(entry.document).or_default().push((device, entry));
            }
        }
        lost.into_iter().map(|(document, changes)| self.regain(document, changes)).collect()
    }

    fn regain(&mut self, document: DocumentId, mut changes: Vec<(DeviceId, Lost)>) -> Result<Regained, StorageError> {
        let mut wanted: BTreeSet<ChangeHash> = changes.iter().map(|(_, lost)| lost.change).collect();
        let (mut opening, mut times, mut held) = (None, BTreeMap::new(), BTreeMap::new());
        let (registry, keys) = (self.documents.registry().clone(), self.authority.keys());
        let entries = all_of(&self.me.coalition, &self.storage, &document)?;
        let live = self.documents.live(document, &self.storage, &self.authority)?;
        for Incoming { device, place, time, change } in entries {
            let (seq, VerifiedChange { opening: opens, change }) = (place.seq(), change);
            // The first place of a change is that at which it stands.
            times.entry(change.hash()).or_insert(time);
            if !keys.is_certified_by(&device, &self.me.group) {
                continue;
            }
            let builds_on_lost =
                matches!(live.document().verdict(&change.hash()), Some(Verdict::Inert(Inert::DependsOnInert(_))));
            if builds_on_lost && keys.cut(&device).is_none_or(|cut| seq < cut.seq) && wanted.insert(change.hash()) {
                changes.push((device, Lost { seq, time, document, change: change.hash() }));
            }
            let names_us = |opening: &Opening| opening.owner == self.me.group;
            opening = opening.or(opens.filter(names_us));
            held.insert(change.hash(), (change, device));
        }
        changes.sort_by_key(|(device, lost)| (lost.time, *device, lost.seq));
        let opening = live.opening().cloned().or(opening);
        let mut regained = Regained {
            document,
            opening,
            fields: BTreeMap::new(),
            older: BTreeMap::new(),
            removal: Removal::None,
            legibility: Legibility::Whole,
            changes,
        };
        let kind = regained.opening.as_ref().and_then(|opening| registry.kind(opening.kind.as_str())).cloned();
        let Some(kind) = kind else {
            regained.legibility = Legibility::Partial;
            return Ok(regained);
        };
        let effective: Vec<(Prescanned, DeviceId)> =
            live.document().effective().map(|(change, device)| (change.clone(), device)).collect();
        let now = live.document().read(|automerge| kind.read(automerge)).unwrap_or_default();
        let lost: Vec<LostChange> = regained
            .changes
            .iter()
            .filter_map(|(device, lost)| {
                let (change, _) = held.get(&lost.change)?.clone();
                Some(LostChange { device: *device, lost: *lost, change })
            })
            .collect();
        // What others have changed is of interest only where it is later than the first loss.
        let first = regained.changes.first().map_or(Timestamp::default(), |(_, lost)| lost.time);
        let later: Vec<(ChangeHash, Timestamp)> = effective
            .iter()
            .filter_map(|(change, _)| Some((change.hash(), *times.get(&change.hash())?)))
            .filter(|(_, time)| *time > first)
            .collect();
        let beside: Vec<(Prescanned, DeviceId)> = effective.into_iter().chain(held.into_values()).collect();
        let deps = beside.iter().map(|(change, _)| (change.hash(), change.deps().to_vec())).collect();
        let later = live.document().read(|automerge| {
            let step = |(change, time): &(ChangeHash, Timestamp)| step(automerge, &kind, &deps, change, *time);
            later.iter().map(step).collect::<Vec<Step>>()
        });
        // A fault of ours in the guard leaves it unread.
        let lost = contained("judge", || Ok(lost_steps(document, &kind, &deps, &lost, &beside)));
        let steps = later.and_then(|later| Ok((lost??, later)));
        if !matches!(&steps, Ok((lost, _)) if lost.len() == regained.changes.len()) {
            regained.legibility = Legibility::Partial;
        }
        if let Ok((lost, later)) = steps {
            regained.weigh(&now, &lost, &later);
        }
        Ok(regained)
    }
}

/// What each lost change did that can be read, in their order: in a copy in which it counts, beside what it builds on.
/// Where one was said again by the same device and that was lost too, each of the two has a copy of its own.
fn lost_steps(
    document: DocumentId,
    kind: &Kind,
    deps: &BTreeMap<ChangeHash, Vec<ChangeHash>>,
    lost: &[LostChange],
    beside: &[(Prescanned, DeviceId)],
) -> Result<Vec<Step>, Quarantine> {
    let mut steps: BTreeMap<usize, Step> = BTreeMap::new();
    for _ in 0..TIMES {
        let mut copy = Document::new(document);
        copy.gather();
        let mut taken = BTreeSet::new();
        let open = || lost.iter().enumerate().filter(|(place, _)| !steps.contains_key(place));
        let first = open().map(|(_, lost)| (&lost.change, lost.device));
        for (change, device) in first.chain(beside.iter().map(|(change, device)| (change, *device))) {
            if taken.insert((change.actor(), change.seq())) {
                // A change's number among those of its device stands for its place in the log.
                copy.offer(change.clone(), device, change.seq(), Right::MayWrite);
            }
        }
        copy.settle();
        let counts = |change: &ChangeHash| copy.verdict(change) == Some(&Verdict::Effective);
        let readable: Vec<(usize, Lost)> =
            open().filter(|(_, lost)| counts(&lost.lost.change)).map(|(place, lost)| (place, lost.lost)).collect();
        if readable.is_empty() {
            break;
        }
        let read = copy.read(|automerge| {
            let of = |(place, lost): &(usize, Lost)| (*place, step(automerge, kind, deps, &lost.change, lost.time));
            readable.iter().map(of).collect::<Vec<(usize, Step)>>()
        })?;
        steps.extend(read);
        if steps.len() == lost.len() {
            break;
        }
    }
    Ok(steps.into_values().collect())
}

impl Regained {
    /// Sorts what was lost into what is missing, what is there again, and what is older than what is there.
    fn weigh(&mut self, now: &Reading, lost: &[Step], later: &[Step]) {
        let mut last: BTreeMap<&FieldName, (Timestamp, &Option<Value>)> = BTreeMap::new();
        for step in lost {
            last.extend(step.fields.iter().map(|(name, value)| (name, (step.time, value))));
        }
        let is_gone = now.presence == Presence::Removed;
        for (name, (time, value)) in last {
            let changed = |step: &&Step| step.time > time && step.fields.contains_key(name);
            if now.values.get(name) == value.as_ref() {
                continue;
            }
            match is_gone || later.iter().any(|step| changed(&step)) {
                true => self.older.insert(name.clone(), value.clone()),
                false => self.fields.insert(name.clone(), value.clone()),
            };
        }
        let removed = lost.iter().filter(|step| step.removes).map(|step| step.time).max();
        if let Some(time) = removed
            && !is_gone
            && !later.iter().any(|step| step.time > time)
        {
            self.removal = Removal::Lost;
            self.fields.clear();
        }
    }
}

/// What a change did to the fields of a record.
fn step(
    automerge: &Automerge,
    kind: &Kind,
    deps: &BTreeMap<ChangeHash, Vec<ChangeHash>>,
    change: &ChangeHash,
    time: Timestamp,
) -> Step {
    let at = |heads: &[ChangeHash]| -> Reading {
        if heads.is_empty() {
            return Reading { values: kind.defaults(), ..Reading::default() };
        }
        let heads: Vec<automerge::ChangeHash> = heads.iter().map(|head| automerge::ChangeHash(head.0)).collect();
        kind.read_at(automerge, Some(&heads))
    };
    let before = at(deps.get(change).map_or(&[], Vec::as_slice));
    let after = at(&[*change]);
    Step {
        time,
        removes: before.presence != after.presence && after.presence == Presence::Removed,
        fields: differences(kind, &before.values, &after.values),
    }
}

fn differences(kind: &Kind, before: &Values, after: &Values) -> BTreeMap<FieldName, Option<Value>> {
    let names = kind.fields.iter().map(|field| &field.name);
    names
        .filter(|name| before.get(name) != after.get(name))
        .map(|name| (name.clone(), after.get(name).cloned()))
        .collect()
}
