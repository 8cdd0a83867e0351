//! One document, brought to life from the entries that change it.
//!
//! A document is known once its opening has come from a device of the group that it names as owner:
//! nobody opens a document in another group's name. From then on every change gets its verdict, and
//! what the effective ones add up to is read as a record into a [`Row`].

use super::causal::{Turn, in_causal_order};
use super::told::{Freshness, Told};
use crate::authority::{self, Authority, MayNot};
use crate::codec;
use crate::document::{Document, Inert, NoRight, Opening, Place, Quarantine, Right, Verdict, WriteRule};
use crate::domain;
use crate::entry::VerifiedChange;
use crate::id::{Actor, ChangeHash, Digest, DocumentId, GroupId};
use crate::key::DeviceId;
use crate::limits::MAX_FAULTY_DEVICES;
use crate::record::{Contest, Earlier, Presence, Reader, Registry, Values, removers};
use crate::time::Timestamp;
use automerge::Automerge;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of memory that one operation takes while its document is in memory: in Automerge and in the guard's index.
pub(super) const OPERATION: u64 = 256;

/// A change on its way into a document.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The device that wrote it.
    pub device: DeviceId,
    /// Where it stands: in the device's log as it is held, or apart from it.
    pub place: Place,
    /// Claimed time of the entry.
    pub time: Timestamp,
    /// The change.
    pub change: VerifiedChange,
}

/// A document in memory.
pub struct LiveDocument {
    pub(super) id: DocumentId,
    pub(super) opening: Option<Opening>,
    pub(super) document: Document,
    /// Changes that came before the opening.
    early: Vec<Incoming>,
    /// Bytes of all changes taken in, with what their operations take.
    weight: u64,
    pub(super) wholeness: Wholeness,
    /// Why nothing of it can be told here.
    pub(super) quarantine: Option<Quarantine>,
    told: Told,
    /// When each change says that it was written, and its place in the log; those behind cuts and those that lie apart
    /// left out.
    times: BTreeMap<ChangeHash, (Timestamp, u64)>,
    /// The actors of the owner's devices that wrote to it.
    owners: BTreeSet<Actor>,
}

/// Whether everything that was taken in is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wholeness {
    /// It is.
    Whole,
    /// Changes that waited for others were forgotten to keep within bounds. Storage has them: to take in
    /// what they wait for, read the document anew.
    Forgetful,
}

/// A document as views see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The document.
    pub document: DocumentId,
    /// The group that owns it, its kind and its write rule; none as long as its opening is missing.
    pub opening: Option<Opening>,
    /// The record's fields; defaults where something is missing or damaged.
    pub values: Values,
    /// Fields whose content is of the wrong type.
    pub damaged: Vec<String>,
    /// Accepted heads, sorted.
    pub heads: Vec<ChangeHash>,
    /// Claimed time of the first entry that counts.
    pub created: Timestamp,
    /// Claimed time of the last entry that counts.
    pub changed: Timestamp,
    /// The device that wrote the entry of that time.
    pub changed_by: Option<DeviceId>,
    /// The last entry that counts of every device that wrote to it, by device.
    pub latest: Box<[(DeviceId, u64)]>,
    /// What some fields said before, the oldest first, where its kind names such fields.
    pub earlier: Box<[Earlier]>,
    /// Whether the record was removed.
    pub presence: Presence,
    /// Why Automerge could not be trusted with it on this machine.
    pub quarantine: Option<String>,
    /// The devices that wrote to it against a rule that no honest program breaks, by device.
    pub breaches: Box<[Breach]>,
}

/// What a device wrote to a document against the rules; it counts for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The device.
    pub device: DeviceId,
    /// How many changes of it count for nothing here by such a rule.
    pub changes: u32,
    /// The place of the last of them in its log.
    pub last: u64,
    /// The rule that the last one broke.
    pub rule: String,
}

impl LiveDocument {
    /// A document of which nothing is known yet.
    pub fn new(id: DocumentId) -> Self {
        Self {
            id,
            opening: None,
            document: Document::new(id),
            early: Vec::new(),
            weight: 0,
            wholeness: Wholeness::Whole,
            quarantine: None,
            told: Told::nothing(Freshness::Fresh),
            times: BTreeMap::new(),
            owners: BTreeSet::new(),
        }
    }

    /// Whether no change was taken in yet.
    pub fn is_blank(&self) -> bool {
        self.opening.is_none() && self.early.is_empty()
    }

    /// What the document is, once known.
    pub const fn opening(&self) -> Option<&Opening> {
        self.opening.as_ref()
    }

    /// Whether everything that was taken in is still there.
    pub const fn wholeness(&self) -> Wholeness {
        self.wholeness
    }

    /// About how many bytes it takes up in memory.
    pub const fn weight(&self) -> u64 {
        self.weight
    }

    /// Whether changes wait for something that is not there.
    pub fn waits(&self) -> bool {
        self.opening.is_none() || self.wholeness == Wholeness::Forgetful || self.document.waits()
    }

    /// The guard's view of it.
    pub const fn document(&mut self) -> &mut Document {
        &mut self.document
    }

    /// Takes a change in.
    pub fn take(&mut self, authority: &Authority, incoming: Incoming) {
        let bytes = incoming.change.change.bytes().len() as u64;
        let operations = incoming.change.change.operations();
        self.weight = self.weight.saturating_add(bytes + operations.saturating_mul(OPERATION));
        match (&self.opening, &incoming.change.opening) {
            // Also one of a device that a second group certified since: what others have built on it stays.
            (None, Some(opening)) if authority.keys().is_certified_by(&incoming.device, &opening.owner) => {
                self.opening = Some(opening.clone());
                let mut early = std::mem::take(&mut self.early);
                early.push(incoming);
                let turn = |incoming: &Incoming| turn(authority, self.opening.as_ref(), incoming);
                in_causal_order(early, turn).into_iter().for_each(|incoming| self.offer(authority, incoming));
            }
            (None, _) => self.early.push(incoming),
            (Some(_), _) => self.offer(authority, incoming),
        }
    }

    fn offer(&mut self, authority: &Authority, incoming: Incoming) {
        let Some(opening) = &self.opening else { return };
        if let Some(group) = authority.author_of(&incoming.device) {
            self.document.name_group(incoming.device, group);
            if group == opening.owner {
                self.owners.insert(incoming.change.change.actor());
            }
        }
        let right = right(authority, opening, &incoming);
        let Incoming { device, place, time, change } = incoming;
        let (hash, seq) = (change.change.hash(), place.seq());
        let known = self.document.place_of(&hash);
        if known.is_some_and(|known| place > known) {
            // It counts, and has its time, where it stands first.
            return;
        }
        // What counts only if built on may count, and is nobody's latest word.
        let latest_word = right != Right::IfBuiltOn && authority.cut(&device).is_none_or(|cut| seq < cut.seq);
        match latest_word {
            true => drop(self.times.insert(hash, (time, seq))),
            false => drop(self.times.remove(&hash)),
        }
        let offered = self.document.offer(change.change, device, place, right);
        match (&offered.verdict, known.is_none() && offered.released.is_empty()) {
            (Verdict::Effective, true) if latest_word => self.told.note(device, time, seq),
            (_, true) => {}
            (_, false) => self.told.freshness = Freshness::Stale,
        }
        for dropped in &offered.dropped {
            self.times.remove(dropped);
        }
        if !offered.dropped.is_empty() {
            self.wholeness = Wholeness::Forgetful;
        }
    }

    /// Works out anew what is told of time, where verdicts have changed.
    fn tell(&mut self) {
        if self.told.freshness == Freshness::Fresh {
            return;
        }
        let mut told = Told::nothing(Freshness::Fresh);
        for (change, device) in self.document.effective() {
            if let Some((time, seq)) = self.times.get(&change.hash()) {
                told.note(device, *time, *seq);
            }
        }
        self.told = told;
    }

    /// Whether its owner has removed the record.
    ///
    /// # Errors
    ///
    /// [`Quarantine`] when Automerge can't be trusted with it on this machine.
    pub fn presence(&mut self) -> Result<Presence, Quarantine> {
        let owners = &self.owners;
        self.document.read(|automerge| presence_of(automerge, owners))
    }

    /// The fields of which edits met, with what does not show of them; none where Automerge can't be trusted with it.
    pub fn contests(&mut self, registry: &Registry) -> Vec<Contest> {
        let kind = self.opening.as_ref().and_then(|opening| registry.kind(opening.kind.as_str()));
        kind.and_then(|kind| self.document.read(|automerge| kind.contests(automerge)).ok()).unwrap_or_default()
    }

    /// The document as views of another group see it.
    pub fn row(&mut self, registry: &Registry) -> Row {
        self.row_for(registry, None)
    }

    /// Reads it, whatever comes of that.
    pub(super) fn read_row(&mut self, registry: &Registry, own: Option<GroupId>) -> Row {
        self.tell();
        let mut row = Row {
            document: self.id,
            opening: self.opening.clone(),
            values: Values::default(),
            damaged: Vec::new(),
            heads: self.document.heads(),
            created: self.told.created,
            changed: self.told.changed,
            changed_by: self.told.changed_by,
            latest: self.told.latest.iter().map(|(device, seq)| (*device, *seq)).collect(),
            earlier: Box::default(),
            presence: Presence::Present,
            quarantine: self.quarantine.as_ref().map(ToString::to_string),
            breaches: breaches(&self.document),
        };
        let kind = self.opening.as_ref().and_then(|opening| registry.kind(opening.kind.as_str()));
        let is_own = |opening: &Opening| opening.rule == WriteRule::Owner && Some(opening.owner) == own;
        let reader = if self.opening.as_ref().is_some_and(is_own) { Reader::Owner } else { Reader::Others };
        if let Some(kind) = kind
            && !row.heads.is_empty()
        {
            // A document of one change has been written by its owner.
            let plain = self.document.plain().map(|plain| kind.read_values(plain.entries(), reader));
            let owners = &self.owners;
            let reading = match plain {
                Some(reading) => {
                    let presence = reading.presence;
                    Ok((reading, presence, Box::default()))
                }
                None => {
                    // Only few records are ever sealed, and looking for a seal reads the whole history.
                    let seal = kind.seal.as_ref();
                    let may_be = seal.is_some_and(|seal| {
                        self.document.effective().any(|(change, _)| seal.may_stand_in(change.bytes()))
                    });
                    let changes = self.document.effective().map(|(change, _)| change.hash());
                    let timed = |hash: ChangeHash| Some((self.times.get(&hash)?.0, automerge::ChangeHash(hash.0)));
                    let changes: Vec<_> = changes.filter(|_| !kind.earlier.is_empty()).filter_map(timed).collect();
                    self.document.read(|automerge| {
                        let reading = kind.read_as(automerge, reader);
                        let reading = match may_be.then(|| kind.sealed(automerge)).flatten() {
                            Some(sealed) => kind.with_seal(reading, &sealed),
                            None => reading,
                        };
                        (reading, presence_of(automerge, owners), kind.earlier_in(automerge, changes))
                    })
                }
            };
            match reading {
                Ok((reading, presence, earlier)) => {
                    row.presence = presence;
                    row.earlier = earlier;
                    row.values = reading.values;
                    row.values.settle();
                    row.damaged = reading.damaged.into_iter().map(|name| name.to_string()).collect();
                }
                Err(quarantine) => row.quarantine = Some(quarantine.to_string()),
            }
        }
        row
    }
}

impl Row {
    /// The owner, where the opening is known.
    pub fn owner(&self) -> Option<GroupId> {
        self.opening.as_ref().map(|opening| opening.owner)
    }

    /// The kind's name, where the opening is known.
    pub fn kind(&self) -> Option<&str> {
        self.opening.as_ref().map(|opening| opening.kind.as_str())
    }

    /// The last entry of a device that wrote to it.
    pub fn latest_of(&self, device: &DeviceId) -> Option<u64> {
        let place = self.latest.binary_search_by(|(known, _)| known.cmp(device)).ok()?;
        self.latest.get(place).map(|(_, seq)| *seq)
    }

    /// Whether the record was removed.
    pub fn is_removed(&self) -> bool {
        self.presence == Presence::Removed
    }

    /// What the document adds to the digest of all documents.
    pub fn digest(&self) -> Digest {
        match self.heads.is_empty() {
            true => Digest::ZERO,
            false => Digest::of(domain::DOCUMENT_HEADS, &codec::encode(&(self.document, &self.heads))),
        }
    }
}

/// Of each device that broke such a rule what it did here; of many devices the first.
fn breaches(document: &Document) -> Box<[Breach]> {
    let mut breaches: BTreeMap<DeviceId, (u32, u64, &Inert)> = BTreeMap::new();
    for (device, place, inert) in document.faulty() {
        if breaches.len() == MAX_FAULTY_DEVICES && !breaches.contains_key(&device) {
            continue;
        }
        let (changes, last, rule) = breaches.entry(device).or_insert((0, place, inert));
        *changes = changes.saturating_add(1);
        if place > *last {
            (*last, *rule) = (place, inert);
        }
    }
    let breach = |(device, (changes, last, inert)): (_, (u32, u64, &Inert))| {
        let rule = inert.to_string();
        Breach { device, changes, last, rule }
    };
    breaches.into_iter().map(breach).collect()
}

fn presence_of(automerge: &Automerge, owners: &BTreeSet<Actor>) -> Presence {
    match removers(automerge)
        .iter()
        .any(|actor| <[u8; 32]>::try_from(actor.to_bytes()).is_ok_and(|bytes| owners.contains(&Actor(bytes))))
    {
        true => Presence::Removed,
        false => Presence::Present,
    }
}

/// Brings a document to life from all its changes.
pub(super) fn revive(id: DocumentId, authority: &Authority, changes: Vec<Incoming>) -> LiveDocument {
    let mut live = LiveDocument::new(id);
    live.document.gather();
    // All openings of a document are equal: its name is their hash.
    let opening = changes.iter().find_map(|incoming| incoming.change.opening.clone());
    for incoming in in_causal_order(changes, |incoming| turn(authority, opening.as_ref(), incoming)) {
        live.take(authority, incoming);
    }
    live.document.settle();
    live.told.freshness = Freshness::Stale;
    live
}

/// Whether the guard has what follows in the log wait for it. Before the opening is known, that may be said of all.
fn turn(authority: &Authority, opening: Option<&Opening>, incoming: &Incoming) -> Turn {
    let right = opening.map(|opening| right(authority, opening, incoming));
    match right.is_none_or(Right::is_in_turn) {
        true => Turn::InTurn,
        false => Turn::PassedOver,
    }
}

/// What lies apart from its log counts only if built on: who comes later gets it by its name alone.
fn right(authority: &Authority, opening: &Opening, incoming: &Incoming) -> Right {
    let rule = match opening.rule {
        WriteRule::Owner => authority::WriteRule::Owner,
        WriteRule::Members => authority::WriteRule::Members,
        WriteRule::Space(_) => return Right::MayNot(NoRight::Space),
    };
    match authority.may_write(&incoming.device, &opening.owner, rule, incoming.place.seq()) {
        authority::Right::May if matches!(incoming.place, Place::Apart(_)) => Right::IfBuiltOn,
        authority::Right::May => Right::MayWrite,
        authority::Right::IfBuiltOn => Right::IfBuiltOn,
        authority::Right::Unknown => Right::Unknown,
        authority::Right::MayNot(why) => Right::MayNot(match why {
            MayNot::NotOwner => NoRight::NotOwner,
            MayNot::NoCapability | MayNot::DeviceOfSeveralGroups => NoRight::NoCapability,
        }),
    }
}
