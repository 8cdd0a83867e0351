//! All documents: which ones are in memory, and the digest of what they add up to.
//!
//! A coalition has many small documents; only the few that change again and again stay in memory. A
//! document that comes with all its changes in one batch, as most do in a first sync, is read without
//! looking at storage.

mod fresh;
mod lacking;

use super::apart::{REVIVE, Revive, revived};
use super::document::{Incoming, LiveDocument, Row, Wholeness};
use crate::authority::Authority;
use crate::chain::VerifiedBranch;
use crate::document::{ChangeBody, Place, actor, prescan};
use crate::entry::{EntryError, EntryKind, VerifiedChange, VerifiedEntry, read_change};
use crate::id::{ChangeHash, CoalitionId, Digest, DocumentId, GroupId};
use crate::limits::{MAX_BRANCH_CHANGES, MAX_LIVE_WEIGHT};
use crate::record::Registry;
use crate::storage::{Storage, StorageError, StoredEntry};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// Documents that stay in memory after they changed.
const KEPT: usize = 256;
/// From this many new documents in a batch on, reading them is shared among threads.
pub(super) const PARALLEL_FROM: usize = 64;

/// Reading recurses as deep as documents are nested.
const STACK: usize = 8 * 1024 * 1024;

/// Documents with all their changes.
type Fresh = Vec<(DocumentId, Vec<Incoming>)>;

/// The documents of a replica.
pub struct Documents {
    coalition: CoalitionId,
    registry: Arc<Registry>,
    /// Whose views read them.
    own: Option<GroupId>,
    live: BTreeMap<DocumentId, LiveDocument>,
    /// In the order of their last use.
    recent: VecDeque<DocumentId>,
    /// What each known document adds to the digest.
    digests: HashMap<DocumentId, Digest>,
    sum: [u8; 32],
    /// Documents with changes that wait for others.
    waiting: BTreeSet<DocumentId>,
    /// What some of them lack, as it was found since they changed last.
    lacks: BTreeMap<DocumentId, Vec<ChangeHash>>,
    threads: usize,
    /// Bytes of stack of each of them.
    stack: usize,
    /// What the documents in memory may weigh together.
    most: u64,
    /// What brings them to life.
    pub(super) revive: Revive,
}

impl Documents {
    /// No documents yet.
    pub fn new(coalition: CoalitionId, registry: Arc<Registry>) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            coalition,
            registry,
            own: None,
            live: BTreeMap::new(),
            recent: VecDeque::new(),
            digests: HashMap::new(),
            sum: [0; 32],
            waiting: BTreeSet::new(),
            lacks: BTreeMap::new(),
            threads,
            stack: STACK,
            most: MAX_LIVE_WEIGHT,
            revive: REVIVE,
        }
    }

    /// The same, read by views of this group.
    #[must_use]
    pub const fn of(mut self, own: GroupId) -> Self {
        self.own = Some(own);
        self
    }

    /// The kinds by which documents are read.
    pub const fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// How many documents are known.
    pub fn len(&self) -> usize {
        self.digests.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }

    /// Whether a document is known.
    pub fn knows(&self, document: &DocumentId) -> bool {
        self.digests.contains_key(document)
    }

    /// The digest of the accepted heads of all documents.
    pub const fn digest(&self) -> Digest {
        Digest(self.sum)
    }

    /// Notes a row that was read in an earlier run of the node.
    pub fn recall(&mut self, row: &Row) {
        self.note(row.document, row.digest());
    }

    /// A document in memory, brought to life from storage when it is not there.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn live(
        &mut self,
        document: DocumentId,
        storage: &impl Storage,
        authority: &Authority,
    ) -> Result<&mut LiveDocument, StorageError> {
        if !self.live.contains_key(&document) {
            let entries = all_of(&self.coalition, storage, &document)?;
            let live = revived(self.revive, document, authority, entries);
            self.keep(document, live);
        } else {
            self.recent.retain(|id| *id != document);
            self.recent.push_back(document);
        }
        Ok(self.live.entry(document).or_insert_with(|| LiveDocument::new(document)))
    }

    /// Takes entries in that are in storage already, and reads the documents that they change.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn take<'a>(
        &mut self,
        entries: impl IntoIterator<Item = &'a VerifiedEntry>,
        storage: &impl Storage,
        authority: &Authority,
    ) -> Result<Vec<Row>, StorageError> {
        self.take_at(entries.into_iter().map(|entry| (entry, Place::Log(entry.header().seq))), storage, authority)
    }

    /// As [`Self::take`], of entries that lie apart from the logs.
    pub(super) fn take_apart(
        &mut self,
        entries: &[VerifiedBranch],
        storage: &impl Storage,
        authority: &Authority,
    ) -> Result<Vec<Row>, StorageError> {
        let entries = entries.iter().map(VerifiedBranch::entry);
        self.take_at(entries.map(|entry| (entry, Place::Apart(entry.header().seq))), storage, authority)
    }

    fn take_at<'a>(
        &mut self,
        entries: impl Iterator<Item = (&'a VerifiedEntry, Place)>,
        storage: &impl Storage,
        authority: &Authority,
    ) -> Result<Vec<Row>, StorageError> {
        let mut by_document: BTreeMap<DocumentId, Vec<Incoming>> = BTreeMap::new();
        for (entry, place) in entries {
            if let Some(incoming) = Incoming::of(entry, place) {
                by_document.entry(entry.header().document).or_default().push(incoming);
            }
        }
        let mut rows = Vec::with_capacity(by_document.len());
        let mut fresh = Vec::new();
        for (document, incoming) in by_document {
            if self.live.get(&document).is_some_and(|live| live.wholeness() == Wholeness::Forgetful) {
                self.live.remove(&document);
            }
            if let Some(live) = self.live.get_mut(&document) {
                self.recent.retain(|id| *id != document);
                self.recent.push_back(document);
                live.take_all(authority, incoming);
                rows.push(live.row_for(&self.registry, self.own));
                let waits = live.waits();
                self.track(document, waits);
            } else if self.knows(&document) {
                let (registry, own) = (self.registry.clone(), self.own);
                let live = self.live(document, storage, authority)?;
                rows.push(live.row_for(&registry, own));
                let waits = live.waits();
                self.track(document, waits);
            } else {
                fresh.push((document, incoming));
            }
        }
        rows.extend(self.read_fresh(fresh, authority));
        for row in &rows {
            self.note(row.document, row.digest());
        }
        // Those that were here have grown.
        self.trim();
        Ok(rows)
    }

    /// Reads documents anew from storage, because what is believed about their writers has changed.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn rebuild(
        &mut self,
        documents: impl IntoIterator<Item = DocumentId>,
        storage: &impl Storage,
        authority: &Authority,
    ) -> Result<Vec<Row>, StorageError> {
        let (registry, own) = (self.registry.clone(), self.own);
        let mut rows = Vec::new();
        for document in documents {
            self.live.remove(&document);
            let known = self.knows(&document);
            let live = self.live(document, storage, authority)?;
            if live.is_blank() && !known {
                // All that there is of it is sealed.
                continue;
            }
            let (row, waits) = (live.row_for(&registry, own), live.waits());
            self.track(document, waits);
            self.note(document, row.digest());
            rows.push(row);
        }
        Ok(rows)
    }

    fn track(&mut self, document: DocumentId, waits: bool) {
        self.lacks.remove(&document);
        match waits {
            true => self.waiting.insert(document),
            false => self.waiting.remove(&document),
        };
    }

    fn keep(&mut self, document: DocumentId, live: LiveDocument) {
        self.live.insert(document, live);
        self.recent.retain(|id| *id != document);
        self.recent.push_back(document);
        self.trim();
    }

    /// Lets those go that were not used for longest, until few enough are left and they are light enough together. The
    /// one that was used last stays, whatever it weighs.
    fn trim(&mut self) {
        let mut weight: u64 = self.live.values().map(LiveDocument::weight).sum();
        while self.live.len() > 1 && (self.live.len() > KEPT || weight > self.most) {
            let Some(oldest) = self.recent.pop_front() else { break };
            weight = weight.saturating_sub(self.live.remove(&oldest).map_or(0, |live| live.weight()));
        }
    }

    /// The digest of all documents is the exclusive or of theirs, so that it is kept in one step.
    fn note(&mut self, document: DocumentId, digest: Digest) {
        let before = self.digests.insert(document, digest).unwrap_or(Digest::ZERO);
        for (sum, (before, after)) in self.sum.iter_mut().zip(before.0.iter().zip(digest.0)) {
            *sum ^= before ^ after;
        }
    }

    /// All documents that are known.
    pub fn ids(&self) -> BTreeSet<DocumentId> {
        self.digests.keys().copied().collect()
    }
}

impl Incoming {
    /// The change of a verified entry that stands there; none where it is sealed.
    pub fn of(entry: &VerifiedEntry, place: Place) -> Option<Self> {
        let (header, change) = (entry.header(), entry.change()?.clone());
        Some(Self { device: header.device, place, time: header.time, change })
    }
}

/// What changes of a document build on that is not among them, as much as one request names.
fn missing_of(all: &[Incoming]) -> Vec<ChangeHash> {
    let held: BTreeSet<ChangeHash> = all.iter().map(|incoming| incoming.change.change.hash()).collect();
    let deps = all.iter().flat_map(|incoming| incoming.change.change.deps());
    let missing: BTreeSet<ChangeHash> = deps.filter(|dep| !held.contains(dep)).copied().collect();
    missing.into_iter().take(MAX_BRANCH_CHANGES).collect()
}

/// All changes of a document, those that lie apart from the logs last.
pub(super) fn all_of(
    coalition: &CoalitionId,
    storage: &impl Storage,
    document: &DocumentId,
) -> Result<Vec<Incoming>, StorageError> {
    let mut entries = storage.document(document)?;
    entries.retain(|entry| entry.kind == EntryKind::Change);
    let logged = entries.into_iter().map(|entry| recall(coalition, entry));
    let apart = storage.branches(document)?.into_iter().filter_map(|branch| {
        let header = branch.chain.first(coalition)?;
        let place = Place::Apart(header.seq);
        let change = read_change(&header, &branch.body);
        Some(change.map(|change| Incoming { device: header.device, place, time: header.time, change }))
    });
    // What was admitted once reads again; a stored entry that no longer does is left out of the document.
    Ok(logged.chain(apart).flatten().collect())
}

/// The change of a stored entry, read again.
pub(super) fn recall(coalition: &CoalitionId, entry: StoredEntry) -> Result<Incoming, EntryError> {
    let StoredEntry { device, seq, time, document, body, .. } = entry;
    let ChangeBody { opening, change } = ChangeBody::decode(&body)?;
    let change = prescan(&change, &actor(coalition, &document, &device))?;
    Ok(Incoming { device, place: Place::Log(seq), time, change: VerifiedChange { opening, change } })
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;
    use crate::document::{Opening, WriteRule};
    use crate::id::GroupId;
    use crate::key::{DeviceId, SecretKey};
    use crate::time::Timestamp;
    use automerge::transaction::Transactable as _;
    use automerge::{ActorId, AutoCommit};

    /// Pages of a group of a coalition, written with this key.
    pub(crate) fn pages_of(
        (coalition, group): (CoalitionId, GroupId),
        key: &SecretKey,
        count: u64,
        letters: usize,
    ) -> Vec<(DocumentId, Vec<Incoming>)> {
        let pages = (0..count).map(|number| {
            let mut nonce = [0; 16];
            nonce[..8].copy_from_slice(&number.to_be_bytes());
            let kind = "action".parse().unwrap();
            let opening = Opening { nonce, ..Opening::singleton(group, kind, WriteRule::Owner) };
            let document = opening.document(&coalition);
            let actor = actor(&coalition, &document, &DeviceId(key.public()));
            let mut draft = AutoCommit::new().with_actor(ActorId::from(actor.0.as_slice()));
            draft.put(automerge::ROOT, "title", "Walk").unwrap();
            if letters > 0 {
                let text = draft.put_object(automerge::ROOT, "description", automerge::ObjType::Text).unwrap();
                draft.splice_text(&text, 0, 0, &"a".repeat(letters)).unwrap();
            }
            draft.commit();
            let change = draft.get_last_local_change().unwrap().raw_bytes().to_vec();
            let body = ChangeBody { opening: Some(opening), change }.encode();
            let entry = VerifiedEntry::write(coalition, key, None, Timestamp(1), document, body).unwrap();
            (document, vec![Incoming::of(&entry, Place::Log(0)).unwrap()])
        });
        pages.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::OPERATION;
    use super::samples::pages_of;
    use super::*;
    use crate::id::GroupId;
    use crate::key::SecretKey;

    fn pages(count: u64, letters: usize) -> Vec<(DocumentId, Vec<Incoming>)> {
        pages_of((CoalitionId([1; 32]), GroupId([3; 32])), &SecretKey::from_seed(&[2; 32]), count, letters)
    }

    #[test]
    fn documents_are_read_where_the_system_gives_no_thread() {
        let mut documents = Documents::new(CoalitionId([1; 32]), Arc::new(Registry::standard().clone()));
        documents.stack = 1 << 60;
        let rows = documents.read_fresh(pages(PARALLEL_FROM as u64, 0), &Authority::default());
        assert_eq!(rows.len(), PARALLEL_FROM);
    }

    #[test]
    fn a_panic_while_one_document_is_read_keeps_that_one_apart_and_the_others_as_they_are() {
        let registry = Arc::new(Registry::standard().clone());
        let coalition = crate::control::sample::Coalition::new();
        let (founder, authority) = (&coalition.founder, Authority::evaluate(&coalition.set()));
        let two = || pages_of((coalition.id, founder.id), &founder.secrets.device, 2, 3);
        let mut documents = Documents::new(coalition.id, registry.clone());
        let rows = documents.read_fresh(two(), &authority);
        assert!(rows.iter().all(|row| row.values.text("title") == "Walk"));
        let [bad, good] = [rows[0].document, rows[1].document];
        let live = documents.live.get_mut(&bad).unwrap();
        assert_eq!(live.row(&registry).quarantine, None);
        let quarantine = live.document().read(|_| -> () { panic!("made up for a test") }).unwrap_err();
        assert_eq!((quarantine.step, &*quarantine.reason), ("read", "panic: made up for a test"));
        assert!(live.document().automerge().is_err(), "it is not trusted again");
        let row = live.row(&registry);
        assert!(row.quarantine.unwrap().contains("made up for a test"));
        assert_eq!(row.heads, rows[0].heads, "what counts is as it was: no verdict follows from this machine");
        let other = documents.live.get_mut(&good).unwrap().row(&registry);
        assert_eq!((&other.quarantine, &other.heads), (&None, &rows[1].heads));
        // Read anew from its entries, as the next start does.
        let again = Documents::new(coalition.id, registry).read_fresh(two(), &authority);
        assert_eq!((&again[0].quarantine, &again[0].heads), (&None, &rows[0].heads));
    }

    #[test]
    fn long_documents_leave_memory_sooner_than_short_ones() {
        let registry = Arc::new(Registry::standard().clone());
        let read = |count: u64, letters: usize, most: u64| {
            let mut documents = Documents::new(CoalitionId([1; 32]), registry.clone());
            documents.most = most;
            let rows = documents.read_fresh(pages(count, letters), &Authority::default());
            assert_eq!(rows.len() as u64, count);
            assert!(documents.live.keys().all(|id| documents.recent.contains(id)));
            documents.live.len()
        };
        assert_eq!(read(20, 0, MAX_LIVE_WEIGHT), 20);
        // Each weighs more than a thousand letters' worth of operations; ten times that holds nine of them at most.
        let one = 1_000 * OPERATION;
        let kept = read(20, 1_000, 10 * one);
        assert!((1..10).contains(&kept), "{kept}");
        // The last one used is there, however long it is.
        assert_eq!(read(20, 1_000, 1), 1);
    }
}
