//! A full disk: writing stops, says so, and nothing acknowledged is lost.

use super::{COALITION, Writer, document, open, read_log};
use crate::store::Store;
use grid_protocol::storage::{Storage as _, StorageError};
use std::path::Path;
use std::process::Command;

/// Set for the process that runs out of space.
const HOME: &str = "GRID_TEST_FULL_DISK_HOME";
const LIMIT_BLOCKS: u32 = 4_096;

#[test]
fn when_files_can_grow_no_more_writes_are_refused_and_every_acknowledged_one_survives() {
    if let Some(home) = std::env::var_os(HOME) {
        return fill(Path::new(&home));
    }
    let dir = tempfile::tempdir().unwrap();
    let name = std::thread::current().name().unwrap().to_owned();
    // The shell sets the limit on file sizes (in blocks of 512 or 1,024 bytes) and has writes beyond it
    // fail, where they would else end the process.
    let script = format!("trap '' XFSZ; ulimit -f {LIMIT_BLOCKS}; exec \"$0\" --exact {name} --nocapture");
    let output = Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(HOME, dir.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let number = |label: &str| -> usize {
        let rest = text.split_once(label).unwrap_or_else(|| panic!("{label} is not in {text}")).1;
        rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
    };
    let (own, store_full, journal_full) = (number("own="), number("store-full="), number("journal-full="));
    assert_eq!((store_full, journal_full), (1, 1), "{text}");

    let (mut store, report) = open(dir.path());
    assert!(report.rebuilt.is_none(), "{report:?}");
    let mut writer = Writer::new(1);
    let log = read_log(&store, writer.device(), 100_000);
    assert_eq!(log.len(), own);
    writer.head = log.last().and_then(|entry| entry.head());
    store.append_own(&[writer.write(document(1), 10)], &[]).unwrap();
}

/// Runs in a process whose files can't grow beyond the limit.
fn fill(home: &Path) {
    // First the store, by what others write.
    let (mut store, _) = Store::open(home, COALITION).unwrap();
    let (mut own, mut other) = (Writer::new(1), Writer::new(2));
    let mut acknowledged = 0;
    let body = other.body(document(2), 30_000);
    let error = loop {
        match store.append_own(&[own.write(document(1), 10)], &[]) {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
        let run = other.write_body(document(2), body.clone());
        if let Err(error) = store.append(&[run]).and_then(|()| store.flush()) {
            break error;
        }
    };
    println!("store-full={}", u8::from(matches!(error, StorageError::Full)));
    println!("said: {error}");
    assert!(store.append_own(&[own.write(document(1), 10)], &[]).is_err());
    // sled may have to write in order to read; then it says so, and is not taken for damaged.
    match store.reader().run(&own.device(), 0, 1_000) {
        Ok(run) => assert_eq!(run.unwrap().first, 0),
        Err(error) => assert!(matches!(error, StorageError::Full), "{error}"),
    }
    drop(store);

    // Then the journal, by what this node writes itself.
    let path = home.join("journal");
    let (mut journal, _) = crate::store::journal::Journal::open(&path, &crate::vault::Vault::Plain, |_| {
        Ok::<_, crate::store::StoreError>(())
    })
    .unwrap();
    let mut own = Writer::new(1);
    for run in own.write_many(acknowledged) {
        own.head = Some(*run.head());
    }
    let body = own.body(document(1), 60_000);
    let error = loop {
        let run = own.write_body(document(1), body.clone());
        let item = crate::store::journal::JournalItem::Entry(run.first().announce().unwrap());
        match journal.append(&[item]) {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
    };
    println!("journal-full={}", u8::from(matches!(error, StorageError::Full)));
    println!("own={acknowledged}");
}
