//! The history of a run, and what it must look like: judged at every event, from what disks did and what nodes
//! showed, by nothing that the nodes themselves believe.
//!
//! * No write that was acknowledged is lost.
//! * Every node holds a beginning of each log, at all times.
//! * What a group keeps for itself is shown by no honest node that takes the group for nobody's guest.
//! * What breaks a rule is shown by no honest node: never, or never once that node holds the record that ends
//!   the writer's right, unless somebody who may write built on it before.
//! * No honest node holds a record that is signed by somebody else than it says.
//! * In the end all hold the same, which [`super::World::check_healed`] asks, and of what was said in shared texts all
//!   show what counts and nothing else: [`Sayings`].

use super::check::{Acknowledged, Dissent};
use super::counted::Sayings;
use super::event::NodeIndex;
use grid_protocol::entry::VerifiedEntry;
use grid_protocol::id::{Digest, DocumentId, EntryId, GroupId, RecordId};
use grid_protocol::key::DeviceId;
use grid_protocol::run::VerifiedRun;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// How a text begins that nobody may show; its number and a semicolon follow.
const MARK: &str = "forged-";

/// What a disk did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It appended to a log.
    Appended {
        /// The log.
        device: DeviceId,
        /// The place of the first entry.
        first: u64,
        /// What the first entry says was before it.
        prev: EntryId,
        /// The entries.
        entries: Vec<EntryId>,
    },
    /// It lost the end of a log with the power.
    CutBack {
        /// The log.
        device: DeviceId,
        /// Entries that are left.
        kept: u64,
    },
}

impl Stored {
    /// A run was appended.
    pub fn run(run: &VerifiedRun) -> Self {
        let first = run.first().header();
        let entries = run.entries().iter().map(VerifiedEntry::id).collect();
        Self::Appended { device: run.device(), first: first.seq, prev: first.prev, entries }
    }
}

/// Tells what one disk does.
#[derive(Clone, Debug)]
pub struct Witness {
    /// Whose disk it is.
    pub node: NodeIndex,
    /// Where it is told.
    pub told: Told,
}

/// What disks did, until somebody looks.
pub type Told = Arc<Mutex<Vec<(NodeIndex, Stored)>>>;

impl Witness {
    /// Tells of something.
    pub fn tell(&self, stored: Stored) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push((self.node, stored));
    }
}

/// Until when a forgery may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It may not.
    Never,
    /// Until the node holds what ends the writer's right, unless others have built on it.
    Until(Ending),
    /// Somebody who may write has built on it: it stays.
    BuiltOn,
}

/// Whether a node shows a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// It does.
    It,
    /// It does not, or nothing of it counts.
    Nothing,
}

/// What ends a writer's right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// This record.
    Record(RecordId),
    /// A proof that this device has written two histories.
    Fork(DeviceId),
}

/// What was written, what every node holds of it, and what it showed.
#[derive(Clone, Debug, Default)]
pub struct History {
    acknowledged: BTreeMap<(DeviceId, u64), Acknowledged>,
    /// What else was written and signed: by copied homes, by devices without a node, by liars.
    others: BTreeSet<(DeviceId, u64, EntryId)>,
    documents: BTreeSet<DocumentId>,
    /// Where logs end by a cut.
    ends: BTreeMap<DeviceId, u64>,
    held: BTreeMap<NodeIndex, BTreeMap<DeviceId, Vec<EntryId>>>,
    forgeries: Vec<Shown>,
    /// Records that were signed by somebody else than they say.
    forged_records: Vec<RecordId>,
    /// Forgeries that nodes show, by document.
    shown: BTreeMap<NodeIndex, BTreeMap<DocumentId, BTreeSet<usize>>>,
    /// What groups keep for themselves and nodes show, by group.
    kept: BTreeMap<NodeIndex, BTreeMap<GroupId, BTreeSet<DocumentId>>>,
    /// What was said in shared texts.
    pub sayings: Sayings,
}

impl History {
    /// A node acknowledged a write.
    ///
    /// # Errors
    ///
    /// [`Dissent::Rewritten`] where it has acknowledged something else at this place.
    pub fn acknowledged(&mut self, write: Acknowledged, document: DocumentId) -> Result<(), Dissent> {
        self.documents.insert(document);
        match self.acknowledged.insert((write.device, write.seq), write) {
            Some(before) if before.entry != write.entry => {
                Err(Dissent::Rewritten { first: Box::new(before), second: Box::new(write) })
            }
            _ => Ok(()),
        }
    }

    /// Something was written and signed that no node acknowledged.
    pub fn written(&mut self, entry: &VerifiedEntry) {
        let header = entry.header();
        self.note_written((header.device, header.seq, entry.id()), header.document);
    }

    /// As [`Self::written`], with place and document.
    pub fn note_written(&mut self, place: (DeviceId, u64, EntryId), document: DocumentId) {
        self.documents.insert(document);
        self.others.insert(place);
    }

    /// A cut ended a log: from this place on nothing has to be held.
    pub fn ended(&mut self, device: DeviceId, seq: u64) {
        let end = self.ends.entry(device).or_insert(seq);
        *end = seq.min(*end);
    }

    /// A text that breaks a rule where it is shown.
    pub fn forge(&mut self, shown: Shown) -> String {
        self.forgeries.push(shown);
        format!("{MARK}{};", self.forgeries.len() - 1)
    }

    /// Somebody who may write changed a record that read like this.
    pub fn built_on(&mut self, text: &str) {
        for mark in marks(MARK, text) {
            if let Some(shown @ Shown::Until(_)) = self.forgeries.get_mut(mark) {
                *shown = Shown::BuiltOn;
            }
        }
    }

    /// A record that is signed by somebody else than it says.
    pub fn forge_record(&mut self, record: RecordId) {
        self.forged_records.push(record);
    }

    /// A disk did something.
    ///
    /// # Errors
    ///
    /// [`Dissent::Order`], [`Dissent::Strange`].
    pub fn stored(&mut self, node: NodeIndex, stored: &Stored) -> Result<(), Dissent> {
        let logs = self.held.entry(node).or_default();
        match stored {
            Stored::CutBack { device, kept } => {
                let kept = usize::try_from(*kept).unwrap_or(usize::MAX);
                logs.entry(*device).or_default().truncate(kept);
            }
            Stored::Appended { device, first, prev, entries } => {
                let log = logs.entry(*device).or_default();
                let expected = (log.len() as u64, log.last().copied().unwrap_or(EntryId::ZERO));
                if (*first, *prev) != expected {
                    return Err(Dissent::Order { node, device: *device, expected: expected.0, found: *first });
                }
                for (seq, entry) in (*first..).zip(entries) {
                    let is_acknowledged =
                        self.acknowledged.get(&(*device, seq)).is_some_and(|write| write.entry == *entry);
                    if !is_acknowledged && !self.others.contains(&(*device, seq, *entry)) {
                        return Err(Dissent::Strange { node, device: *device, seq });
                    }
                    log.push(*entry);
                }
            }
        }
        Ok(())
    }

    /// A node shows a document with these words in it.
    ///
    /// # Errors
    ///
    /// [`Dissent::Unauthorised`].
    pub fn shows(&mut self, node: NodeIndex, document: DocumentId, text: &str) -> Result<(), Dissent> {
        if !self.documents.contains(&document) {
            let what = "a record that nobody wrote".to_owned();
            return Err(Dissent::Unauthorised { node, document, what });
        }
        let marks: BTreeSet<usize> = marks(MARK, text).collect();
        let never = marks.iter().find(|mark| self.forgeries.get(**mark).is_none_or(|shown| *shown == Shown::Never));
        if let Some(mark) = never {
            let what = format!("{MARK}{mark}, which nobody may show");
            return Err(Dissent::Unauthorised { node, document, what });
        }
        let documents = self.shown.entry(node).or_default();
        match marks.is_empty() {
            true => documents.remove(&document),
            false => documents.insert(document, marks),
        };
        Ok(())
    }

    /// A node shows, or shows no longer, what a group keeps for itself.
    pub fn keeps(&mut self, node: NodeIndex, group: GroupId, document: DocumentId, shows: Shows) {
        let documents = self.kept.entry(node).or_default().entry(group).or_default();
        match shows {
            Shows::It => documents.insert(document),
            Shows::Nothing => documents.remove(&document),
        };
    }

    /// Nobody else than admitted groups are shown at a node.
    ///
    /// # Errors
    ///
    /// [`Dissent::Unauthorised`].
    pub fn admits(&self, node: NodeIndex, was_admitted: impl Fn(&GroupId) -> bool) -> Result<(), Dissent> {
        for (group, documents) in self.kept.get(&node).into_iter().flatten() {
            if let Some(document) = documents.first().filter(|_| !was_admitted(group)) {
                let what = format!("what is {group}'s own, which it takes for nobody's guest");
                return Err(Dissent::Unauthorised { node, document: *document, what });
            }
        }
        Ok(())
    }

    /// Whether anything was forged, so that it matters what nodes show.
    pub fn has_forgeries(&self) -> bool {
        !(self.forgeries.is_empty() && self.forged_records.is_empty())
    }

    /// A node knows these endings, and shows what it shows.
    ///
    /// # Errors
    ///
    /// [`Dissent::Unauthorised`] where it should have stopped to; [`Dissent::Forged`].
    pub fn believes(&self, node: NodeIndex, knows: impl Fn(&Ending) -> bool) -> Result<(), Dissent> {
        if let Some(record) = self.forged_records.iter().find(|record| knows(&Ending::Record(**record))) {
            return Err(Dissent::Forged { node, record: *record });
        }
        for (document, marks) in self.shown.get(&node).into_iter().flatten() {
            for mark in marks {
                if let Some(Shown::Until(ending)) = self.forgeries.get(*mark)
                    && knows(ending)
                {
                    let what = format!("{MARK}{mark}, although it knows better");
                    return Err(Dissent::Unauthorised { node, document: *document, what });
                }
            }
        }
        Ok(())
    }

    /// A node starts: what it shows it will show anew.
    pub fn restarted(&mut self, node: NodeIndex) {
        self.shown.remove(&node);
        self.kept.remove(&node);
    }

    /// Whether a node holds all that was acknowledged, up to where logs end.
    ///
    /// # Errors
    ///
    /// [`Dissent::Lost`].
    pub fn check_complete(&self, node: NodeIndex) -> Result<(), Dissent> {
        self.acknowledged.values().try_for_each(|write| self.check_held(node, write))
    }

    /// Whether a node holds all that it has acknowledged itself.
    ///
    /// # Errors
    ///
    /// [`Dissent::Lost`].
    pub fn check_own(&self, node: NodeIndex, device: DeviceId) -> Result<(), Dissent> {
        let own = self.acknowledged.range((device, 0)..=(device, u64::MAX));
        own.map(|(_, write)| write)
            .filter(|write| write.node == node)
            .try_for_each(|write| self.check_held(node, write))
    }

    fn check_held(&self, node: NodeIndex, write: &Acknowledged) -> Result<(), Dissent> {
        let is_past_end = self.ends.get(&write.device).is_some_and(|end| write.seq >= *end);
        let place = usize::try_from(write.seq).unwrap_or(usize::MAX);
        let held = self.held.get(&node).and_then(|logs| logs.get(&write.device)?.get(place));
        match is_past_end || held == Some(&write.entry) {
            true => Ok(()),
            false => Err(Dissent::Lost { node, write: *write }),
        }
    }
}

/// Whether all have the same root.
///
/// # Errors
///
/// [`Dissent::Roots`], in which the words say what those hold who have each root.
pub fn check_roots(
    roots: impl IntoIterator<Item = (NodeIndex, Digest)>,
    holds: impl Fn(NodeIndex) -> String,
) -> Result<(), Dissent> {
    let mut all: BTreeMap<Digest, (usize, NodeIndex)> = BTreeMap::new();
    for (node, root) in roots {
        all.entry(root).or_insert((0, node)).0 += 1;
    }
    if all.len() <= 1 {
        return Ok(());
    }
    let roots = all.into_iter().map(|(root, (count, node))| (root, (count, holds(node)))).collect();
    Err(Dissent::Roots { roots })
}

/// The numbers that follow a mark in a text.
pub(super) fn marks(mark: &str, text: &str) -> impl Iterator<Item = usize> {
    text.match_indices(mark).filter_map(move |(at, _)| {
        let rest = text.get(at + mark.len()..)?;
        rest.get(..rest.find(';')?)?.parse().ok()
    })
}
