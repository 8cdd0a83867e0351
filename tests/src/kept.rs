//! All that a home keeps: the bytes of its files, and what its store holds of logs and control records.
//!
//! What must not leave a computer is looked for here, and not through an API, which leaves such things out by design.

use grid_node::store::Store;
use grid_protocol::id::CoalitionId;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What lies in a home without a passphrase whose node is stopped.
pub struct Kept {
    home: PathBuf,
    files: Vec<(PathBuf, Vec<u8>)>,
    /// What is sent to others: control records, and the bodies of all entries, as the store gives them.
    sent: Vec<(String, Vec<u8>)>,
    records: BTreeSet<String>,
}

impl Kept {
    /// Reads a home.
    pub fn read(home: &Path, coalition: CoalitionId) -> Self {
        let mut files = Vec::new();
        read_all(home, &mut files);
        let (store, _) = Store::open(home, coalition).expect("a store that opens");
        let reader = store.reader();
        let (mut sent, mut records) = (Vec::new(), BTreeSet::new());
        for record in reader.records().expect("readable records") {
            records.insert(record.kind().to_string());
            sent.push((record.kind().to_string(), record.encode()));
        }
        for (device, head) in reader.heads() {
            let mut next = 0;
            while next <= head.seq {
                let run = reader.run(&device, next, usize::MAX).expect("a readable log").expect("a log up to its head");
                for entry in run.entries {
                    sent.push((format!("entry {next} of {device}"), entry.body));
                    next += 1;
                }
            }
        }
        Self { home: home.to_owned(), files, records, sent }
    }

    /// The kinds of control records that are kept.
    pub const fn records(&self) -> &BTreeSet<String> {
        &self.records
    }

    /// What a file of the home says.
    pub fn file(&self, name: &str) -> String {
        let file = self.files.iter().find(|(path, _)| *path == self.home.join(name));
        file.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).expect("a file of the home")
    }

    /// The files in which some words stand.
    pub fn in_files(&self, words: &str) -> Vec<String> {
        let found = self.files.iter().filter(|(_, bytes)| holds(bytes, words));
        found.map(|(path, _)| path.display().to_string()).collect()
    }

    /// The control records and entries in which some words stand.
    pub fn in_sent(&self, words: &str) -> Vec<String> {
        self.sent.iter().filter(|(_, bytes)| holds(bytes, words)).map(|(what, _)| what.clone()).collect()
    }
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

fn read_all(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for item in std::fs::read_dir(folder).expect("a readable folder") {
        let path = item.expect("a readable folder").path();
        let kind = std::fs::symlink_metadata(&path).expect("a file that stays").file_type();
        if kind.is_dir() {
            read_all(&path, files);
        } else if kind.is_file() {
            let bytes = std::fs::read(&path).expect("a readable file");
            files.push((path, bytes));
        }
    }
}
