//! The way from the genesis to a version, as records that prove themselves to somebody who has none of them.
//!
//! An invite, the lobby and an exported statement hand it over. Inside a node the word of its own set does.

use super::ControlSet;
use crate::control::record::Record;
use crate::control::signed::Signer;
use crate::control::statement::Statement;
use crate::id::{GroupId, RecordId, VersionId};
use std::collections::BTreeSet;

/// Records in an order in which none waits, each once.
#[derive(Debug, Default)]
struct Proof {
    records: Vec<Record>,
    seen: BTreeSet<RecordId>,
}

impl ControlSet {
    /// The empty set of the coalition of another one, on whose word it takes it that versions were adopted.
    pub(crate) fn beside(known: &Self) -> Self {
        let granted = known.adopted().map(|(version, _)| version).collect();
        Self { granted, ..Self::new(known.coalition) }
    }

    /// The statement of a version that was adopted, or is that of the genesis.
    pub fn statement(&self, version: &VersionId) -> Option<&Statement> {
        if *version == self.first_version {
            return self.genesis().map(|genesis| &genesis.body.statement);
        }
        self.adoption(version).map(|adoption| &adoption.body.statement)
    }

    /// What proves a version and those before it: the founders' inceptions, the genesis, and each adoption
    /// behind the keys of its voters, in an order in which none waits. None where the version was not adopted.
    pub fn proof_of(&self, version: &VersionId) -> Option<Vec<Record>> {
        let genesis = self.genesis()?;
        let mut way = Vec::new();
        let mut next = *version;
        while next != self.first_version {
            let adoption = self.adoption(&next)?;
            next = adoption.body.base;
            way.push(adoption);
        }
        let mut proof = Proof::default();
        proof.extend(genesis.body.electors.iter().filter_map(|id| self.inception(id).cloned().map(Record::Inception)));
        proof.extend([Record::Genesis(Box::new(genesis.clone()))]);
        for adoption in way.into_iter().rev() {
            for ballot in &adoption.votes {
                proof.extend(self.keys_of(&ballot.group, ballot.root()));
            }
            proof.extend([Record::Adoption(Box::new(adoption.clone()))]);
        }
        Some(proof.records)
    }

    /// What proves the root of a group: its inception, and what leads from there to that root.
    pub(crate) fn keys_of(&self, group: &GroupId, root: Signer) -> Vec<Record> {
        let inception = self.inception(group).cloned().map(Record::Inception);
        let roots = root.root().map_or_else(Vec::new, |root| self.root_proof(group, root));
        inception.into_iter().chain(roots).collect()
    }
}

impl Proof {
    fn extend(&mut self, records: impl IntoIterator<Item = Record>) {
        for record in records {
            if self.seen.insert(record.id()) {
                self.records.push(record);
            }
        }
    }
}
