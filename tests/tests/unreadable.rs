//! A disk that fails for a while: what followed from control records meanwhile is made good when it works again.

use grid_protocol::authority::Cut;
use grid_protocol::chain::{BranchEntry, VerifiedBranch};
use grid_protocol::control::Record;
use grid_protocol::entry::Head;
use grid_protocol::id::{DocumentId, EntryId, RecordId};
use grid_protocol::key::DeviceId;
use grid_protocol::record::Registry;
use grid_protocol::replica::{Effect, Input, Recalled, Replica};
use grid_protocol::run::{Run, VerifiedRun};
use grid_protocol::storage::{Storage, StorageError, StoredEntry};
use grid_protocol::sync::{Gossip, News, pack};
use grid_tests::memory::MemoryStorage;
use grid_tests::sim::{Author, Clock, Disk, Keys, NOON, Subject, open};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What fails now.
#[derive(Clone, Default)]
struct Fails {
    entries: Arc<AtomicBool>,
    records: Arc<AtomicBool>,
}

/// A storage in memory of which something fails for a while.
struct Failing {
    inner: MemoryStorage,
    fails: Fails,
}

impl Failing {
    fn entries(&self) -> Result<&MemoryStorage, StorageError> {
        if self.fails.entries.load(Ordering::Relaxed) { Err(StorageError::Full) } else { Ok(&self.inner) }
    }

    fn check_records(&self) -> Result<(), StorageError> {
        if self.fails.records.load(Ordering::Relaxed) { Err(StorageError::Full) } else { Ok(()) }
    }
}

impl Storage for Failing {
    fn append(&mut self, runs: &[VerifiedRun]) -> Result<(), StorageError> {
        self.inner.append(runs)
    }

    fn append_own(&mut self, runs: &[VerifiedRun], records: &[Record]) -> Result<(), StorageError> {
        self.inner.append_own(runs, records)
    }

    fn put_records(&mut self, records: &[Record], displaced: &[RecordId]) -> Result<(), StorageError> {
        self.check_records()?;
        self.inner.put_records(records, displaced)
    }

    fn records(&self) -> Result<Vec<Record>, StorageError> {
        self.check_records()?;
        self.inner.records()
    }

    fn heads(&self) -> Result<Vec<(DeviceId, Head)>, StorageError> {
        self.inner.heads()
    }

    fn run(&self, device: &DeviceId, first: u64, budget: usize) -> Result<Option<Run>, StorageError> {
        self.entries()?.run(device, first, budget)
    }

    fn entry_id(&self, device: &DeviceId, seq: u64) -> Result<Option<EntryId>, StorageError> {
        self.entries()?.entry_id(device, seq)
    }

    fn document(&self, document: &DocumentId) -> Result<Vec<StoredEntry>, StorageError> {
        self.entries()?.document(document)
    }

    fn put_branches(&mut self, entries: &[VerifiedBranch]) -> Result<(), StorageError> {
        self.inner.put_branches(entries)
    }

    fn branches(&self, document: &DocumentId) -> Result<Vec<BranchEntry>, StorageError> {
        self.entries()?.branches(document)
    }

    fn branch_documents(&self) -> Result<BTreeSet<(DeviceId, DocumentId)>, StorageError> {
        self.entries()?.branch_documents()
    }

    fn documents(&self) -> Result<Vec<DocumentId>, StorageError> {
        self.entries()?.documents()
    }
}

/// A founder's node, which holds a record that a second computer of it wrote, and how its disk fails.
struct Home {
    founder: Author,
    office: Author,
    node: Replica<Failing>,
    fails: Fails,
}

impl Home {
    fn new() -> Self {
        let registry = Arc::new(Registry::standard().clone());
        let (founder, mut records) = Author::found(Arc::new(Keys::new(0)), registry.clone(), "Clear Water", NOON.wall);
        let (office, certificate) = founder.further_device(51);
        records.push(certificate);
        let mut disk = Disk::new(Clock::default());
        disk.append_own(&[], &records).expect("storage in memory");
        let (subject, fields) = (Subject::New("action"), json!({"title": "Walk"}));
        let (_, entries) = office.write(&mut open(&office, disk), NOON.wall, &subject, [5; 16], &fields);
        let runs: Vec<VerifiedRun> = entries.into_iter().filter_map(VerifiedRun::single).collect();
        let mut inner = MemoryStorage::new();
        inner.append_own(&runs, &records).expect("storage in memory");
        let fails = Fails::default();
        let storage = Failing { inner, fails: fails.clone() };
        let opened = Replica::open(founder.me, registry, storage, &Recalled::default(), [3; 32]);
        Self { founder, office, node: opened.expect("the disk works").0, fails }
    }

    /// The end of the second computer, before all that it wrote.
    fn end(&self) -> Record {
        self.founder.end(0, self.office.me.device, Cut { seq: 0, entry: EntryId::ZERO })
    }

    fn hear(&mut self, record: Record) -> Result<Vec<Effect>, StorageError> {
        let bytes = pack(&Gossip { version: grid_protocol::codec::Format, news: News::Record(record) });
        self.node.handle(NOON, Input::Gossip { from: self.office.peer(), token: 0, bytes })
    }

    /// What the same records and entries add up to at a start.
    fn is_as_at_a_start(&self) -> bool {
        let registry = Arc::new(Registry::standard().clone());
        let inner = self.node.storage().inner.clone();
        let storage = Failing { inner, fails: Fails::default() };
        let anew = Replica::open(self.founder.me, registry, storage, &Recalled::default(), [3; 32]);
        anew.expect("the disk works").0.state_root() == self.node.state_root()
    }
}

#[test]
fn what_could_not_be_read_under_new_rights_is_read_when_the_disk_works_again_and_stands_under_none_until_then() {
    let mut home = Home::new();
    let before = home.node.read_under();
    assert_eq!(before, Some(home.node.authority().rights()));
    home.fails.entries.store(true, Ordering::Relaxed);
    let effects = home.hear(home.end()).expect("the record was kept");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Failed(_))), "{effects:?}");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::AuthorityChanged)), "{effects:?}");
    assert_eq!(home.node.read_under(), None);
    assert!(home.node.handle(NOON, Input::Tick).is_err(), "it fails still");

    home.fails.entries.store(false, Ordering::Relaxed);
    let effects = home.node.handle(NOON, Input::Tick).expect("the disk works");
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Rows(rows) if rows[0].heads.is_empty())),
        "{effects:?}"
    );
    assert!(effects.iter().any(|effect| matches!(effect, Effect::AuthorityChanged)), "{effects:?}");
    assert_eq!(home.node.read_under(), Some(home.node.authority().rights()));
    assert_ne!(home.node.read_under(), before);
    assert!(home.is_as_at_a_start());
}

#[test]
fn a_record_that_could_neither_be_kept_nor_given_up_is_taken_when_it_comes_again() {
    let mut home = Home::new();
    home.fails.records.store(true, Ordering::Relaxed);
    let told = home.hear(home.end());
    let failed = |effects: &Vec<Effect>| effects.iter().any(|effect| matches!(effect, Effect::Failed(_)));
    assert!(told.as_ref().map_or(true, failed), "{told:?}");
    home.fails.records.store(false, Ordering::Relaxed);
    home.node.handle(NOON, Input::Tick).expect("the disk works");
    assert_eq!(home.node.authority().cut(&home.office.me.device), None);
    home.hear(home.end()).expect("the disk works");
    assert!(home.node.authority().cut(&home.office.me.device).is_some());
    assert!(home.is_as_at_a_start());
}
