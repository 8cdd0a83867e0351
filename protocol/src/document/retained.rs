//! Changes behind the cut of their device: which of them count because others have built on them.
//!
//! Such a change counts when it is in the causal past of a change that may be written, is not cut, and is
//! of another device. A fork has two such changes of equal actor and sequence number: the one retained
//! through more groups counts, then the one with the smaller hash. Only places and rights are looked at,
//! never verdicts, so the outcome is the same on all nodes that know what was built on.

use super::history::Right;
use crate::id::{ChangeHash, GroupId};
use crate::key::DeviceId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A change whose whole past is known.
pub(super) struct Candidate<'a> {
    pub(super) hash: ChangeHash,
    pub(super) deps: &'a [ChangeHash],
    pub(super) device: DeviceId,
    pub(super) actor: u32,
    pub(super) seq: u64,
    pub(super) level: u64,
    pub(super) right: Right,
}

/// What counts of the changes behind cuts.
#[derive(Debug, Default)]
pub(super) struct Retained {
    kept: BTreeSet<ChangeHash>,
    beaten: BTreeMap<ChangeHash, ChangeHash>,
}

impl Retained {
    /// Works it out from all placed changes, each after those it depends on.
    pub(super) fn work_out(ordered: &[Candidate<'_>], groups: &BTreeMap<DeviceId, GroupId>) -> Self {
        let mut this = Self::default();
        let through = builders(ordered, groups);
        this.kept = through.keys().copied().collect();
        this.settle_rivals(ordered, &through);
        this
    }

    /// Whether another device that is not cut has built on the change.
    pub(super) fn keeps(&self, hash: &ChangeHash) -> bool {
        self.kept.contains(hash)
    }

    /// The change that counts in the place of this one.
    pub(super) fn beaten_by(&self, hash: &ChangeHash) -> Option<ChangeHash> {
        self.beaten.get(hash).copied()
    }

    /// From the first places on, so that what builds on a beaten change takes nobody's place.
    fn settle_rivals(&mut self, ordered: &[Candidate<'_>], through: &HashMap<ChangeHash, usize>) {
        let mut places: BTreeMap<(u64, u32), Vec<&Candidate<'_>>> = BTreeMap::new();
        for candidate in ordered.iter().filter(|one| one.right == Right::MayWrite || self.kept.contains(&one.hash)) {
            places.entry((candidate.seq, candidate.actor)).or_default().push(candidate);
        }
        let mut lost: HashSet<ChangeHash> = HashSet::new();
        for rivals in places.into_values() {
            let standing: Vec<&Candidate<'_>> = rivals.into_iter().filter(|one| !lost.contains(&one.hash)).collect();
            let rank = |one: &&Candidate<'_>| match one.right {
                Right::MayWrite => (Reverse(usize::MAX), one.level, one.hash),
                _ => (Reverse(through.get(&one.hash).copied().unwrap_or(0)), 0, one.hash),
            };
            let Some(winner) = standing.iter().copied().min_by_key(rank) else { continue };
            let losers = standing.iter().filter(|one| one.hash != winner.hash && one.right != Right::MayWrite);
            let before = lost.len();
            for loser in losers {
                self.beaten.insert(loser.hash, winner.hash);
                lost.insert(loser.hash);
            }
            if lost.len() > before {
                for candidate in ordered {
                    if candidate.deps.iter().any(|dep| lost.contains(dep)) {
                        lost.insert(candidate.hash);
                    }
                }
            }
        }
    }
}

/// Of every change behind a cut on which others have built, how many groups have.
fn builders(ordered: &[Candidate<'_>], groups: &BTreeMap<DeviceId, GroupId>) -> HashMap<ChangeHash, usize> {
    let mut later: HashMap<ChangeHash, BTreeSet<DeviceId>> = HashMap::new();
    let mut through = HashMap::new();
    for candidate in ordered.iter().rev() {
        let mut devices = later.remove(&candidate.hash).unwrap_or_default();
        if candidate.right == Right::IfBuiltOn {
            let others = devices.iter().filter(|device| **device != candidate.device);
            let of_groups: BTreeSet<[u8; 32]> =
                others.map(|device| groups.get(device).map_or(*device.as_bytes(), |group| group.0)).collect();
            if !of_groups.is_empty() {
                through.insert(candidate.hash, of_groups.len());
            }
        }
        if candidate.right == Right::MayWrite {
            devices.insert(candidate.device);
        }
        for dep in candidate.deps {
            later.entry(*dep).or_default().extend(&devices);
        }
    }
    through
}
