//! What the tests of the store share: logs with real entries, records, and damage.

mod any_bytes;
mod damage;
mod full_disk;
mod journal;
mod local;
mod logs;
mod mangled;
mod rows;
mod sealed;

use super::{OpenReport, RowKey, Store};
use automerge::transaction::Transactable as _;
use automerge::{ActorId, AutoCommit, ROOT};
use grid_protocol::codec::Format;
use grid_protocol::control::{Inception, InceptionBody, Record, SigningKey};
use grid_protocol::document::{ChangeBody, actor};
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::id::{CoalitionId, Digest, DocumentId};
use grid_protocol::key::{DeviceId, SecretKey};
use grid_protocol::run::VerifiedRun;
use grid_protocol::storage::Storage;
use grid_protocol::time::Timestamp;
use std::path::Path;

const COALITION: CoalitionId = CoalitionId([9; 32]);

/// A device that writes a log.
struct Writer {
    key: SecretKey,
    head: Option<Head>,
}

impl Writer {
    fn new(seed: u8) -> Self {
        Self { key: SecretKey::from_seed(&[seed; 32]), head: None }
    }

    fn device(&self) -> DeviceId {
        DeviceId(self.key.public())
    }

    fn body(&self, document: DocumentId, size: usize) -> Vec<u8> {
        let actor = ActorId::from(&actor(&COALITION, &document, &self.device()).0[..]);
        let mut automerge = AutoCommit::new().with_actor(actor);
        automerge.put(ROOT, "text", "x".repeat(size)).unwrap();
        let change = automerge.get_last_local_change().unwrap().raw_bytes().to_vec();
        ChangeBody { opening: None, change }.encode()
    }

    fn write_body(&mut self, document: DocumentId, body: Vec<u8>) -> VerifiedRun {
        let time = Timestamp(1_700_000_000_000 + self.head.map_or(0, |head| head.seq));
        let entry = VerifiedEntry::write(COALITION, &self.key, self.head.as_ref(), time, document, body).unwrap();
        self.head = entry.head();
        VerifiedRun::single(entry).unwrap()
    }

    fn write(&mut self, document: DocumentId, size: usize) -> VerifiedRun {
        let body = self.body(document, size);
        self.write_body(document, body)
    }

    fn write_many(&mut self, count: usize) -> Vec<VerifiedRun> {
        (0..count).map(|_| self.write(document(1), 10)).collect()
    }
}

/// The rows that a store holds.
fn rows(store: &Store) -> Vec<(RowKey, Vec<u8>)> {
    let mut rows = Vec::new();
    store.rows(|key, value| rows.push((key, value.to_vec()))).expect("rows are read");
    rows
}

fn document(number: u8) -> DocumentId {
    DocumentId([number; 32])
}

fn record(name: &str) -> Record {
    let key = SecretKey::from_seed(&[200; 32]);
    let body = InceptionBody {
        format: Format,
        name: name.to_owned(),
        root: key.public(),
        chain: Digest::ZERO,
        contacts: Vec::new(),
        quorum: 0,
        nonce: [0; 16],
    };
    Record::Inception(Inception::sign(body, SigningKey::Root(0, &key)))
}

fn open(dir: &Path) -> (Store, OpenReport) {
    Store::open(dir, COALITION).unwrap()
}

/// Every entry of a log, read run by run and verified.
fn read_log(store: &Store, device: DeviceId, budget: usize) -> Vec<VerifiedEntry> {
    let mut entries: Vec<VerifiedEntry> = Vec::new();
    while let Some(run) = store.run(&device, entries.len() as u64, budget).unwrap() {
        entries.extend(run.verify(&COALITION).unwrap().entries().iter().cloned());
    }
    entries
}

fn assert_plain(report: &OpenReport) {
    assert!(report.rebuilt.is_none() && report.repaired.is_empty() && report.unplaced.is_empty(), "{report:?}");
    assert!(report.journal.cut.is_none() && report.journal.damaged == 0 && report.replayed == 0, "{report:?}");
}
