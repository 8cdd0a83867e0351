//! Measurements, run on demand: `cargo test --release -p grid-node measure -- --ignored --nocapture`.

use super::{Writer, document, open};
use grid_protocol::id::DocumentId;
use grid_protocol::storage::Storage as _;
use std::time::Instant;

#[test]
#[ignore = "a measurement"]
fn first_sync_start_and_own_writes_are_timed() {
    const ENTRIES: usize = 100_000;
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = open(dir.path());
    let mut writer = Writer::new(1);
    let documents: Vec<_> = (0..100).map(|number| DocumentId(*blake3::hash(&[number]).as_bytes())).collect();
    let bodies: Vec<_> = documents.iter().map(|document| writer.body(*document, 200)).collect();
    let runs: Vec<_> = (0..ENTRIES).map(|n| writer.write_body(documents[n % 100], bodies[n % 100].clone())).collect();
    let start = Instant::now();
    for batch in runs.chunks(2_000) {
        store.append(batch).unwrap();
    }
    let rate = ENTRIES as f64 / start.elapsed().as_secs_f64();
    println!("appended {ENTRIES} entries: {rate:.0}/s");
    store.flush().unwrap();
    drop(store);

    let start = Instant::now();
    let (mut store, report) = open(dir.path());
    println!("opened in {:?}", start.elapsed());
    assert!(report.repaired.is_empty());

    let start = Instant::now();
    let (mut first, mut bytes) = (0, 0);
    while let Some(run) = store.run(&writer.device(), first, 1 << 20).unwrap() {
        first += run.entries.len() as u64;
        bytes += run.entries.iter().map(|entry| entry.body.len()).sum::<usize>();
    }
    println!("read {first} entries, {bytes} bytes, in {:?}", start.elapsed());

    let mut own = Writer::new(2);
    let body = own.body(document(1), 200);
    let runs: Vec<_> = (0..500).map(|_| own.write_body(document(1), body.clone())).collect();
    let start = Instant::now();
    for run in &runs {
        store.append_own(std::slice::from_ref(run), &[]).unwrap();
    }
    println!("own writes: {:?} each", start.elapsed() / 500);
}
