//! The store on disk does what the storage in memory does.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use automerge::transaction::Transactable as _;
use automerge::{ActorId, AutoCommit, ROOT};
use grid_node::store::Store;
use grid_protocol::chain::{BranchEntry, VerifiedBranch};
use grid_protocol::codec::{self, Format};
use grid_protocol::control::{Inception, InceptionBody, Record, SigningKey};
use grid_protocol::document::{ChangeBody, actor};
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::id::{CoalitionId, Digest, DocumentId};
use grid_protocol::key::{DeviceId, SecretKey};
use grid_protocol::run::{LeanEntry, Run, VerifiedRun};
use grid_protocol::storage::Storage;
use grid_protocol::time::Timestamp;
use grid_tests::memory::MemoryStorage;
use proptest::prelude::*;

const COALITION: CoalitionId = CoalitionId([9; 32]);

/// One thing that is done to both.
#[derive(Clone, Debug)]
enum Step {
    /// Devices append entries of these sizes to documents.
    Append(Vec<(u8, u8, usize)>),
    /// The device of this node does, and keeps records.
    AppendOwn(Vec<(u8, usize)>, Vec<u8>),
    /// A device appends an entry that does not continue its log.
    Misfit(u8),
    PutRecords(Vec<u8>, Vec<u8>),
    /// Entries of a branch of a device's log are kept apart.
    PutBranches(u8, Vec<(u8, usize)>),
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let size = prop_oneof![9 => 0_usize..300, 1 => 0_usize..40_000];
    let entry = (1_u8..4, 0_u8..5, size.clone());
    let branch = prop::collection::vec((0_u8..5, size.clone()), 1..4);
    let step = prop_oneof![
        4 => prop::collection::vec(entry, 1..30).prop_map(Step::Append),
        3 => (prop::collection::vec((0_u8..5, size), 0..4), prop::collection::vec(0_u8..9, 0..3))
            .prop_map(|(entries, records)| Step::AppendOwn(entries, records)),
        1 => (0_u8..4).prop_map(Step::Misfit),
        2 => (prop::collection::vec(0_u8..9, 0..4), prop::collection::vec(0_u8..9, 0..3))
            .prop_map(|(records, displaced)| Step::PutRecords(records, displaced)),
        1 => (0_u8..4, branch).prop_map(|(writer, entries)| Step::PutBranches(writer, entries)),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..25)
}

struct Writer {
    key: SecretKey,
    head: Option<Head>,
}

impl Writer {
    fn write(&mut self, document: u8, size: usize) -> VerifiedRun {
        let (document, device) = (DocumentId([document; 32]), DeviceId(self.key.public()));
        let actor = ActorId::from(&actor(&COALITION, &document, &device).0[..]);
        let mut automerge = AutoCommit::new().with_actor(actor);
        automerge.put(ROOT, "text", "x".repeat(size)).unwrap();
        let change = automerge.get_last_local_change().unwrap().raw_bytes().to_vec();
        let body = ChangeBody { opening: None, change }.encode();
        let entry =
            VerifiedEntry::write(COALITION, &self.key, self.head.as_ref(), Timestamp(5), document, body).unwrap();
        self.head = entry.head();
        VerifiedRun::single(entry).unwrap()
    }
}

/// An entry with its own signature as proof.
fn apart(run: &VerifiedRun) -> VerifiedBranch {
    let entry = run.first();
    let (header, signature) = (entry.header(), entry.signature().copied());
    let (time, kind, document, body) = (header.time, header.kind, header.document, entry.body().to_vec());
    let entries = vec![LeanEntry { time, kind, document, body, signature }];
    let run = Run { device: header.device, first: header.seq, prev: header.prev, entries };
    BranchEntry::of(&run).unwrap().verify(&COALITION).unwrap()
}

fn record(number: u8) -> Record {
    let key = SecretKey::from_seed(&[200; 32]);
    let body = InceptionBody {
        format: Format,
        name: "x".repeat(usize::from(number) * 3_000),
        root: key.public(),
        chain: Digest::ZERO,
        contacts: Vec::new(),
        quorum: 0,
        nonce: [number; 16],
    };
    Record::Inception(Inception::sign(body, SigningKey::Root(0, &key)))
}

fn assert_equal(store: &impl Storage, memory: &MemoryStorage, writers: &[Writer], budget: usize) {
    let sorted = |records: Vec<Record>| {
        let mut bytes: Vec<_> = records.iter().map(codec::encode).collect();
        bytes.sort();
        bytes
    };
    assert_eq!(sorted(store.records().unwrap()), sorted(memory.records().unwrap()));
    assert_eq!(store.heads().unwrap(), memory.heads().unwrap());
    assert_eq!(store.documents().unwrap(), memory.documents().unwrap());
    for number in 0..6 {
        let document = DocumentId([number; 32]);
        assert_eq!(store.document(&document).unwrap(), memory.document(&document).unwrap());
        assert_eq!(store.branches(&document).unwrap(), memory.branches(&document).unwrap());
    }
    assert_eq!(store.branch_documents().unwrap(), memory.branch_documents().unwrap());
    for writer in writers {
        let device = DeviceId(writer.key.public());
        let length = writer.head.map_or(0, |head| head.seq + 1);
        for seq in 0..length + 2 {
            assert_eq!(store.entry_id(&device, seq).unwrap(), memory.entry_id(&device, seq).unwrap());
        }
        for seq in [0, 1, length / 2, length.saturating_sub(1), length] {
            let run = store.run(&device, seq, budget).unwrap();
            assert_eq!(run, memory.run(&device, seq, budget).unwrap());
            assert!(run.is_none_or(|run| run.verify(&COALITION).is_ok()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_the_store_reads_like_the_memory(steps in steps(), budget in 0_usize..20_000) {
        let dir = tempfile::tempdir().unwrap();
        let (mut store, mut memory) = (Store::open(dir.path(), COALITION).unwrap().0, MemoryStorage::new());
        let writers = (0..4).map(|seed| Writer { key: SecretKey::from_seed(&[seed; 32]), head: None });
        let mut writers: Vec<_> = writers.collect();
        let records = |numbers: &[u8]| numbers.iter().map(|number| record(*number)).collect::<Vec<_>>();
        for step in steps {
            match step {
                Step::Append(entries) => {
                    let runs: Vec<_> = entries
                        .into_iter()
                        .map(|(writer, document, size)| writers[usize::from(writer)].write(document, size))
                        .collect();
                    store.append(&runs).unwrap();
                    memory.append(&runs).unwrap();
                }
                Step::AppendOwn(entries, numbers) => {
                    let runs: Vec<_> =
                        entries.into_iter().map(|(document, size)| writers[0].write(document, size)).collect();
                    store.append_own(&runs, &records(&numbers)).unwrap();
                    memory.append_own(&runs, &records(&numbers)).unwrap();
                }
                Step::Misfit(writer) => {
                    let key = SecretKey::from_seed(&[writer; 32]);
                    let mut rival = Writer { key, head: None };
                    let runs = [rival.write(6, 1), rival.write(6, 1)];
                    prop_assert!(store.append(&runs[1..]).is_err());
                    prop_assert!(memory.append(&runs[1..]).is_err());
                }
                Step::PutRecords(put, displaced) => {
                    let displaced: Vec<_> = records(&displaced).iter().map(Record::id).collect();
                    store.put_records(&records(&put), &displaced).unwrap();
                    memory.put_records(&records(&put), &displaced).unwrap();
                }
                Step::PutBranches(writer, entries) => {
                    let mut rival = Writer { key: SecretKey::from_seed(&[writer; 32]), head: None };
                    let branches: Vec<_> =
                        entries.into_iter().map(|(document, size)| apart(&rival.write(document, size))).collect();
                    store.put_branches(&branches).unwrap();
                    memory.put_branches(&branches).unwrap();
                }
                Step::Restart => {
                    drop(store);
                    store = Store::open(dir.path(), COALITION).unwrap().0;
                }
            }
            if !matches!(store.records(), Ok(found) if found.len() == memory.records().unwrap().len()) {
                // Own records come back from the journal at a start, displaced or not.
                let ids: Vec<_> = memory.records().unwrap().iter().map(Record::id).collect();
                let back: Vec<_> = store.records().unwrap().iter().map(Record::id).collect();
                let back: Vec<_> = back.into_iter().filter(|id| !ids.contains(id)).collect();
                store.put_records(&[], &back).unwrap();
            }
            assert_equal(&store, &memory, &writers, budget);
        }
    }
}
