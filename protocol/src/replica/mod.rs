//! A node without I/O: what it holds, what it believes, and what it says to its peers.
//!
//! ```text
//! Input ─▶ handle ─▶ Effects          (quick: decode, answer, decide)
//!             └─▶ backlog ─▶ work ─▶ Effects   (verify, store, read: one batch a call)
//! ```
//!
//! The daemon drives it with a real network and a real store; the simulated network drives the same
//! code with others. Time and randomness come in as arguments.

mod admit;
mod apart;
mod applicant;
mod belief;
mod branch;
mod burden;
mod causal;
mod confirm;
mod delivery;
mod disputed;
mod document;
mod documents;
mod effect;
mod fork;
mod hints;
mod history;
mod inbound;
mod lobby;
mod lost;
mod members;
mod news;
mod own_log;
mod pairing;
mod past;
mod peer;
mod recall;
mod regain;
mod told;
mod undo;
mod voided;
mod waiting;

pub use belief::{Belief, Beliefs};
pub use delivery::{Counted, Delivery, Holders, Receipts};
pub use disputed::OwnWords;
pub use document::{Breach, LiveDocument, Row, Wholeness};
pub use documents::Documents;
pub use effect::{Direction, Effect, Input, Judgement, Now, PeerStanding, PeerSync, PeerView};
pub use history::{Deed, Knew, Step, Told};
pub use lost::{Lost, Written};
pub use own_log::OwnLog;
pub use pairing::{OpenPairingError, PairOutcome};
pub use past::{Contests, Past, PastChange, PastOutcome};
pub use regain::{Legibility, Regained, Removal};
pub use undo::{Taking, UndoError, Undoing};

use crate::authority::Authority;
use crate::codec;
use crate::control::{ControlSet, Record};
use crate::domain;
use crate::entry::{Head, VerifiedEntry};
use crate::id::{CoalitionId, Digest, DocumentId, GroupId, RecordId};
use crate::key::{DeviceId, PeerKey};
use crate::log::Logs;
use crate::record::Registry;
use crate::run::VerifiedRun;
use crate::storage::{Storage, StorageError};
use crate::sync::{Gossip, Hint, HintBody, News, View, pack};
use peer::Peer;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use waiting::Waiting;

/// A pull with a random peer, in case news went lost.
const PULL_EVERY: Duration = Duration::from_secs(60);
/// A pull follows this soon, or up to twice as late, after one that showed that news had gone lost.
const PULL_SOON: Duration = Duration::from_secs(2);

/// Who this node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its coalition.
    pub coalition: CoalitionId,
    /// Its group.
    pub group: GroupId,
    /// Its device.
    pub device: DeviceId,
}

/// The state of a node and the machine that changes it.
pub struct Replica<S> {
    me: Identity,
    storage: S,
    control: ControlSet,
    authority: Authority,
    logs: Logs,
    documents: Documents,
    peers: BTreeMap<PeerKey, Peer>,
    waiting: Waiting,
    backlog: VecDeque<inbound::Work>,
    receipts: Receipts,
    random: Random,
    pull_due: Duration,
    pull_soon: Option<Duration>,
    /// What this group hands in where it is not known yet.
    application: Vec<Record>,
    /// Where devices can be reached, to be passed on to whoever connects.
    hints: hints::Reachable,
    /// What strangers asked lately.
    lobby: lobby::Lobby,
    /// What members asked and said lately.
    burden: burden::Burden,
    /// How far this group's own words are held of logs that a second certificate took.
    trails: BTreeMap<DeviceId, disputed::Trail>,
    /// Codes for new devices of this group.
    pairings: pairing::Pairings,
    /// The monotonic time of the input that is worked on.
    clock: Duration,
    /// A member's node that this group has not let in itself has answered this one.
    confirmed: bool,
    /// What others in this process have worked out.
    beliefs: Option<Beliefs>,
    /// What was believed when all rows were read, where reading them anew failed since.
    unread: Option<Authority>,
    /// Whether the control records in memory are those that are stored.
    records: Records,
}

/// Whether the control records in memory are those that are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Records {
    AsStored,
    /// Some could not be stored, nor those that are stored be read.
    InDoubt,
}

/// Rows that an earlier run of the node read, and how far they reach.
#[derive(Debug, Default)]
pub struct Recalled {
    /// The rows.
    pub rows: Vec<Arc<Row>>,
    /// For every log how many entries they reflect.
    pub entries: BTreeMap<DeviceId, u64>,
    /// The rights under which they were read: [`Replica::read_under`].
    pub rights: Option<Digest>,
}

impl<S: Storage> Replica<S> {
    /// Opens a replica over what its storage holds. The rows are those that `recalled` did not have.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage can't be read.
    pub fn open(
        me: Identity,
        registry: Arc<Registry>,
        storage: S,
        recalled: &Recalled,
        seed: [u8; 32],
    ) -> Result<(Self, Vec<Row>), StorageError> {
        let belief = Belief::of(&me, &storage)?;
        Self::open_believing(me, registry, storage, belief, recalled, seed)
    }

    /// As [`Self::open`], where the control records that the storage holds have been judged before, by a replica
    /// in the same process that holds the same ones.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage can't be read.
    pub fn open_believing(
        me: Identity,
        registry: Arc<Registry>,
        mut storage: S,
        belief: Belief,
        recalled: &Recalled,
        seed: [u8; 32],
    ) -> Result<(Self, Vec<Row>), StorageError> {
        let Belief { control, authority, lost } = belief;
        if !lost.is_empty() {
            // On a full disk they stay, and are named again at the next start.
            drop(storage.put_records(&[], &lost));
        }
        let mut replica = Self {
            me,
            logs: Logs::new(storage.heads()?),
            documents: Documents::new(me.coalition, registry).of(me.group),
            storage,
            control,
            authority,
            peers: BTreeMap::new(),
            waiting: Waiting::default(),
            backlog: VecDeque::new(),
            receipts: Receipts::default(),
            random: Random::new(seed),
            pull_due: Duration::ZERO,
            pull_soon: None,
            application: Vec::new(),
            hints: hints::Reachable::default(),
            lobby: lobby::Lobby::default(),
            burden: burden::Burden::default(),
            trails: BTreeMap::new(),
            pairings: pairing::Pairings::default(),
            clock: Duration::ZERO,
            confirmed: false,
            beliefs: None,
            unread: None,
            records: Records::AsStored,
        };
        replica.end_logs()?;
        replica.application = replica.own_application()?;
        let rows = replica.read_again(recalled)?;
        Ok((replica, rows))
    }

    /// Rows for every document that `recalled` does not reflect.
    fn read_again(&mut self, recalled: &Recalled) -> Result<Vec<Row>, StorageError> {
        let stale = if recalled.rights == Some(self.authority.rights()) {
            recalled.rows.iter().for_each(|row| self.documents.recall(row));
            let logs: Vec<(DeviceId, u64)> = self
                .logs
                .iter()
                .map(|(device, _)| (*device, recalled.entries.get(device).copied().unwrap_or(0)))
                .collect();
            // Rows that were kept and did not read come from storage, whatever the logs reach.
            let lost = self.storage.documents()?.into_iter().filter(|document| !self.documents.knows(document));
            let mut stale: BTreeSet<DocumentId> = lost.collect();
            // Entries behind a cut come without any log growing.
            stale.extend(self.storage.branch_documents()?.into_iter().map(|(_, document)| document));
            for (device, from) in logs {
                stale.extend(self.documents_of(&device, from)?);
            }
            stale
        } else {
            self.storage.documents()?.into_iter().collect()
        };
        self.documents.rebuild(stale, &self.storage, &self.authority)
    }

    /// The documents that a log changes from `first` on.
    fn documents_of(&self, device: &DeviceId, mut first: u64) -> Result<BTreeSet<DocumentId>, StorageError> {
        let mut documents = BTreeSet::new();
        while first < self.logs.entries(device) {
            let Some(run) = self.storage.run(device, first, 1 << 20)? else { break };
            first = first.saturating_add(run.entries.len().max(1) as u64);
            documents.extend(run.entries.iter().map(|entry| entry.document));
        }
        Ok(documents)
    }

    /// Who this node is.
    pub const fn me(&self) -> Identity {
        self.me
    }

    /// The control records.
    pub const fn control(&self) -> &ControlSet {
        &self.control
    }

    /// What they add up to.
    pub const fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The rights under which all rows are read: what they follow from besides entries. None while some could not be read.
    pub fn read_under(&self) -> Option<Digest> {
        self.unread.is_none().then(|| self.authority.rights())
    }

    /// The logs.
    pub const fn logs(&self) -> &Logs {
        &self.logs
    }

    /// The documents.
    pub const fn documents(&self) -> &Documents {
        &self.documents
    }

    /// What lies behind all this.
    pub const fn storage(&self) -> &S {
        &self.storage
    }

    /// Its storage, to keep what a replica knows nothing of.
    pub const fn storage_mut(&mut self) -> &mut S {
        &mut self.storage
    }

    /// The storage, to be closed.
    pub fn into_storage(self) -> S {
        self.storage
    }

    /// Receipts for this node's log.
    pub const fn receipts(&self) -> &Receipts {
        &self.receipts
    }

    /// Takes in a receipt that was kept: what it says, and that no older one is news.
    pub fn recall_receipt(&mut self, hint: &HintBody) {
        self.hints.hear(hint);
        self.receipts.take(&self.me, self.logs.head(&self.me.device), hint);
    }

    /// What this group hands in where it is not known yet.
    pub fn application(&self) -> &[Record] {
        &self.application
    }

    /// Head of this node's own log.
    pub fn own_head(&self) -> Option<&Head> {
        self.logs.head(&self.me.device)
    }

    /// The connected peers.
    pub fn peers(&self) -> impl Iterator<Item = PeerView> {
        self.peers.iter().map(|(key, peer)| {
            let complaint = peer.device().and_then(|device| self.burden.complaint(self.clock, &device));
            peer.view(*key, complaint)
        })
    }

    /// How many entries wait for those before them.
    pub fn waiting_entries(&self) -> usize {
        self.waiting.len()
    }

    /// One hash over everything that is held and believed: equal on nodes that hold the same.
    pub fn state_root(&self) -> Digest {
        let parts = (self.logs.digest(), self.authority.digest(), self.documents.digest());
        Digest::of(domain::STATE_ROOT, &codec::encode(&parts))
    }

    /// A document in memory, for a writer.
    ///
    /// # Errors
    ///
    /// [`StorageError`].
    pub fn live(&mut self, document: DocumentId) -> Result<&mut LiveDocument, StorageError> {
        self.documents.live(document, &self.storage, &self.authority)
    }

    /// Takes in what this node itself has written. When it returns, everything would survive a loss of
    /// power; the news is among the effects, and reading follows with [`Self::work`].
    ///
    /// # Errors
    ///
    /// [`StorageError`]; then nothing was kept and nothing is announced.
    pub fn commit(&mut self, entries: Vec<VerifiedEntry>, records: Vec<Record>) -> Result<Vec<Effect>, StorageError> {
        let runs: Vec<VerifiedRun> = entries.iter().cloned().filter_map(VerifiedRun::single).collect();
        self.storage.append_own(&runs, &records)?;
        let mut effects = Vec::new();
        for run in &runs {
            self.logs.advance(run.device(), *run.head());
            let announced = run.first().announce();
            effects.extend(announced.map(|entry| Effect::Publish { bytes: news(News::Entry(entry)) }));
        }
        if !entries.is_empty() {
            self.backlog.push_front(inbound::Work::Read(entries));
        }
        if !records.is_empty() {
            effects.extend(records.iter().map(|record| Effect::Publish { bytes: news(News::Record(record.clone())) }));
            if let Err(error) = self.admit_records(records, None, &mut effects) {
                // They are kept: the start after next believes them, whatever happens now.
                effects.push(Effect::Failed(Arc::new(error)));
            }
            self.application = self.own_application()?;
            self.apply_again(&mut effects);
        }
        Ok(effects)
    }

    /// Announces a hint that this node has signed.
    pub fn announce(&mut self, hint: Hint) -> Effect {
        self.hints.keep(&hint);
        Effect::Publish { bytes: news(News::Hint(hint)) }
    }

    /// When [`Input::Tick`] is due.
    pub fn next_deadline(&self) -> Duration {
        [self.receipts.due(), self.pull_soon, self.burden.due()]
            .into_iter()
            .flatten()
            .fold(self.pull_due, Duration::min)
    }

    /// Whether [`Self::work`] has anything to do.
    pub fn is_busy(&self) -> bool {
        !self.backlog.is_empty()
    }

    fn view(&self) -> View<'_> {
        View { coalition: self.me.coalition, control: &self.control, authority: &self.authority, logs: &self.logs }
    }
}

/// The control set that a storage holds, and which of the records there have no place in it.
fn recall(me: &Identity, storage: &impl Storage) -> Result<(ControlSet, Vec<RecordId>), StorageError> {
    Ok(ControlSet::of_stored(me.coalition, me.group, storage.records()?))
}

/// The frame of a piece of news.
pub(crate) fn news(news: News) -> Vec<u8> {
    pack(&Gossip { version: codec::Format, news })
}

/// Jitter and nonces from a seed: BLAKE3 in counter mode.
struct Random(blake3::OutputReader);

impl Random {
    fn new(seed: [u8; 32]) -> Self {
        Self(blake3::Hasher::new_keyed(&seed).finalize_xof())
    }

    fn number(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A duration from zero to `most`.
    fn up_to(&mut self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
        Duration::from_millis(self.number() % most)
    }
}
