//! What several nodes told of a group whose words somebody has, put together.
//!
//! Nobody is believed: records prove themselves, and a head comes with the headers and the signature of its
//! device. A node that lies can only leave things out, and then what the others told counts.

use crate::authority::Authority;
use crate::chain::HeaderChain;
use crate::control::{ControlSet, Cut, Record};
use crate::id::{CoalitionId, Digest, GroupId};
use crate::key::{DeviceId, PublicKey};
use crate::time::Timestamp;
use crate::words::RecoveryWords;
use std::collections::BTreeMap;

/// What was told so far.
#[derive(Clone, Debug)]
pub struct Gathered {
    coalition: CoalitionId,
    root: PublicKey,
    chain: Digest,
    /// By the hash of all their bytes: an id leaves out what proves a record.
    records: BTreeMap<Digest, Record>,
    ends: BTreeMap<DeviceId, LogEnd>,
}

/// Where a log ends, as far as anybody showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogEnd {
    /// Behind its last entry.
    pub cut: Cut,
    /// When that one was written, by the clock of its device.
    pub written: Timestamp,
}

/// A group as the records of others show it.
#[derive(Clone, Debug)]
pub struct Regained {
    /// The group.
    pub group: GroupId,
    /// Its name at the beginning.
    pub name: String,
    /// The records, as a node of the group keeps them.
    pub set: ControlSet,
    /// What they add up to.
    pub authority: Authority,
    /// The ends of the logs of its devices.
    pub ends: BTreeMap<DeviceId, LogEnd>,
}

/// Why no group came of what was told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegainError {
    /// Nobody told of a group with these words.
    #[error("no group of this coalition has these words")]
    None,
    /// Whoever holds root 0 can begin further groups with it.
    #[error("{} groups of this coalition have these words: {}", .groups.len(), listed(.groups))]
    Several {
        /// The groups and their names.
        groups: Vec<(GroupId, String)>,
    },
}

fn listed(groups: &[(GroupId, String)]) -> String {
    let named: Vec<String> = groups.iter().map(|(group, name)| format!("{name} ({})", group.short())).collect();
    named.join(", ")
}

impl Gathered {
    /// Nothing yet, for whoever has these words.
    pub fn new(coalition: CoalitionId, words: &RecoveryWords) -> Self {
        let (root, chain) = (words.root(0).public(), words.commitment(0));
        Self { coalition, root, chain, records: BTreeMap::new(), ends: BTreeMap::new() }
    }

    /// Takes in what a node told; heads that prove nothing are left out.
    pub fn take(&mut self, records: Vec<Record>, heads: &[HeaderChain]) {
        let by_bytes = |record: Record| (Digest(*blake3::hash(&record.encode()).as_bytes()), record);
        self.records.extend(records.into_iter().map(by_bytes));
        for head in heads {
            let (Ok(entry), Some(first)) = (head.verify(&self.coalition), head.headers.first()) else { continue };
            let end = LogEnd { cut: Cut { seq: head.seq.saturating_add(1), entry }, written: first.time };
            let known = self.ends.entry(head.device).or_insert(end);
            *known = end.max(*known);
        }
    }

    /// The groups that began, or were recovered, with these words, and their names.
    pub fn groups(&self) -> BTreeMap<GroupId, String> {
        let mut set = ControlSet::new(self.coalition);
        set.offer_all(self.records.values().cloned().collect(), None);
        let ours = (self.root, self.chain);
        let groups = set.iter().filter_map(|record| match record {
            Record::Inception(inception) if (inception.body.root, inception.body.chain) == ours => {
                Some(inception.group())
            }
            Record::Recovery(recovery) if (recovery.body.root, recovery.body.chain) == ours => {
                Some(recovery.body.group)
            }
            _ => None,
        });
        groups.filter_map(|group| Some((group, set.inception(&group)?.body.name.clone()))).collect()
    }

    /// The one group that has these words.
    ///
    /// # Errors
    ///
    /// [`RegainError`].
    pub fn regain(&self) -> Result<Regained, RegainError> {
        let mut groups = self.groups();
        let Some((group, name)) = groups.pop_first() else { return Err(RegainError::None) };
        if !groups.is_empty() {
            let groups = std::iter::once((group, name)).chain(groups).collect();
            return Err(RegainError::Several { groups });
        }
        let mut set = ControlSet::of_node(self.coalition, group);
        set.offer_all(self.records.values().cloned().collect(), None);
        let authority = Authority::evaluate_for(&set, &group);
        let disputed = authority.keys().disputed_of(&group).map(|(device, _)| device);
        let devices = authority.devices_of(&group).iter().copied().chain(disputed);
        let ends = devices.filter_map(|device| Some((device, *self.ends.get(&device)?))).collect();
        Ok(Regained { group, name, authority, set, ends })
    }
}
