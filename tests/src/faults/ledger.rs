//! What was written and what was acknowledged: the measure of what was lost, and of what nobody wrote.

use super::home::Home;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The kind of record that a run writes.
const KIND: &str = "action";

/// What a run has written.
#[derive(Debug, Default)]
pub struct Ledger {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Titles that somebody tried to write.
    attempted: BTreeSet<String>,
    /// Titles by the ids that a node gave for them.
    acknowledged: BTreeMap<String, String>,
}

/// How a write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrote {
    /// It counts.
    Acknowledged,
    /// The node said no, with this code.
    Refused(String),
    /// The node was gone before it answered: nobody knows.
    Unknown,
}

/// What is wrong with what a node holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Acknowledged and not there.
    pub lost: BTreeSet<String>,
    /// There, and never written by anybody, or written once and there twice.
    pub invented: BTreeSet<String>,
}

impl Ledger {
    /// Writes a record with this title, which nothing else has.
    pub fn write(&self, home: &Home, title: &str) -> Wrote {
        self.write_as(KIND, home, title, json!({ "title": title }))
    }

    /// Writes a record of a kind with these fields; `title` is the one among them.
    pub fn write_as(&self, kind: &str, home: &Home, title: &str, fields: serde_json::Value) -> Wrote {
        self.kept().attempted.insert(title.to_owned());
        match home.api().create(kind, fields) {
            Ok(Ok(id)) => {
                self.kept().acknowledged.insert(id, title.to_owned());
                Wrote::Acknowledged
            }
            Ok(Err(refused)) => Wrote::Refused(refused.error["code"].as_str().unwrap_or_default().to_owned()),
            Err(_) => Wrote::Unknown,
        }
    }

    /// How many writes were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.kept().acknowledged.len()
    }

    /// How many writes were tried.
    pub fn attempted(&self) -> usize {
        self.kept().attempted.len()
    }

    /// Ids of what is acknowledged, with their titles.
    pub fn entries(&self) -> BTreeMap<String, String> {
        self.kept().acknowledged.clone()
    }

    /// Compares a node with what was written, while nobody writes.
    ///
    /// # Errors
    ///
    /// When the node does not answer.
    pub fn compare(&self, home: &Home) -> io::Result<Findings> {
        self.compare_as(&[KIND], home)
    }

    /// The same for records of these kinds.
    ///
    /// # Errors
    ///
    /// When the node does not answer.
    pub fn compare_as(&self, kinds: &[&str], home: &Home) -> io::Result<Findings> {
        let mut found = BTreeMap::new();
        for kind in kinds {
            for item in home.api().all(kind)? {
                let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
                found.insert(text("id"), text("title"));
            }
        }
        let kept = self.kept();
        let lost = kept.acknowledged.iter().filter(|(id, title)| found.get(*id) != Some(title));
        let mut titles = BTreeSet::new();
        let invented = found.values().filter(|title| !kept.attempted.contains(*title) || !titles.insert(*title));
        Ok(Findings { lost: lost.map(|(_, title)| title.clone()).collect(), invented: invented.cloned().collect() })
    }

    /// Checks that nodes hold everything that was acknowledged, and nothing that nobody wrote; how many
    /// acknowledged writes are lost.
    pub fn lost_at(&self, homes: &[&Home]) -> usize {
        let mut lost = BTreeSet::new();
        for home in homes {
            let findings = self.compare(home).unwrap_or_else(|error| panic!("{} does not answer: {error}", home.name));
            assert!(findings.invented.is_empty(), "{} holds what nobody wrote: {:?}", home.name, findings.invented);
            lost.extend(findings.lost);
        }
        lost.len()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
