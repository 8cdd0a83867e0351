//! Changes behind the cut of their device: which of them count because others have built on them.
//!
//! Such a change counts when it is in the causal past of a change that may be written, is not cut, and is
//! of another device. A fork has two such changes of equal actor and sequence number: the one retained
//! through more groups counts, then the one with the smaller hash. Only places and rights are looked at,
//! never verdicts, so the outcome is the same on all nodes that know what was built on.

use super::history::Right;
use crate::id::{Actor, ChangeHash, GroupId};
use crate::key::DeviceId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A change whose whole past is known.
pub(super) struct Candidate<'a> {
    pub(super) hash: ChangeHash,
    pub(super) deps: &'a [ChangeHash],
    pub(super) device: DeviceId,
    pub(super) actor: Actor,
    pub(super) seq: u64,
    pub(super) level: u64,
    pub(super) right: Right,
}

/// What counts of the changes behind cuts.
#[derive(Debug, Default)]
pub(super) struct Retained {
    kept: BTreeSet<ChangeHash>,
    beaten: BTreeMap<ChangeHash, ChangeHash>,
    /// Who has built on what. Where it names a device for a change, it does so for all of the change's past.
    builders: Builders,
    /// How many changes were looked at.
    #[cfg(test)]
    pub(super) looked_at: usize,
}

/// A change that may be written and is not cut, and what it means for those behind cuts on which it builds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BuiltOn {
    /// These count from now on; none of them has a rival.
    Counts(BTreeSet<ChangeHash>),
    /// Something that has a rival is built on by one more device: all is to be worked out anew.
    HasRival,
}

/// A change as it is seen from one that builds on it.
pub(super) struct Seen<'a> {
    pub(super) deps: &'a [ChangeHash],
    pub(super) device: DeviceId,
    pub(super) right: Right,
    pub(super) rivals: usize,
}

impl Retained {
    /// Works it out from all placed changes, each after those it depends on.
    pub(super) fn work_out(ordered: &[Candidate<'_>], groups: &BTreeMap<DeviceId, GroupId>) -> Self {
        let (through, builders) = builders(ordered, groups);
        let mut this = Self { kept: through.keys().copied().collect(), builders, ..Self::default() };
        this.settle_rivals(ordered, &through);
        #[cfg(test)]
        {
            this.looked_at = ordered.len();
        }
        this
    }

    /// Notes that a device builds on these changes and on their past. `seen` gives a change that lies behind a cut
    /// or builds on one. What counted before still does where a rival is met. Each change is come to once for each device, however many changes build on it.
    pub(super) fn build_on<'a>(
        &mut self,
        device: DeviceId,
        deps: &[ChangeHash],
        seen: impl Fn(&ChangeHash) -> Option<Seen<'a>>,
    ) -> BuiltOn {
        let mut open = deps.to_vec();
        let mut counts = BTreeSet::new();
        while let Some(next) = open.pop() {
            #[cfg(test)]
            {
                self.looked_at += 1;
            }
            let Some(Seen { deps, device: of, right, rivals }) = seen(&next) else { continue };
            if !self.builders.add(next, device) {
                continue;
            }
            if rivals > 1 {
                self.kept.retain(|change| !counts.contains(change));
                return BuiltOn::HasRival;
            }
            if right == Right::IfBuiltOn && of != device && self.kept.insert(next) {
                counts.insert(next);
            }
            open.extend(deps);
        }
        BuiltOn::Counts(counts)
    }

    /// Whether another device that is not cut has built on the change.
    pub(super) fn keeps(&self, hash: &ChangeHash) -> bool {
        self.kept.contains(hash)
    }

    /// The change that counts in the place of this one.
    pub(super) fn beaten_by(&self, hash: &ChangeHash) -> Option<ChangeHash> {
        self.beaten.get(hash).copied()
    }

    /// The changes of which it says something else.
    pub(super) fn differing(&self, other: &Self) -> BTreeSet<ChangeHash> {
        let beaten = self.beaten.keys().chain(other.beaten.keys());
        let beaten = beaten.filter(|hash| self.beaten_by(hash) != other.beaten_by(hash)).copied();
        self.kept.symmetric_difference(&other.kept).copied().chain(beaten).collect()
    }

    /// From the first places on, so that what builds on a beaten change takes nobody's place. Two places may build on
    /// rivals at each other: then the one of the smaller sequence number and actor is settled first, on every node.
    fn settle_rivals(&mut self, ordered: &[Candidate<'_>], through: &HashMap<ChangeHash, usize>) {
        let mut places: BTreeMap<(u64, Actor), Vec<&Candidate<'_>>> = BTreeMap::new();
        for candidate in ordered.iter().filter(|one| one.right == Right::MayWrite || self.kept.contains(&one.hash)) {
            places.entry((candidate.seq, candidate.actor)).or_default().push(candidate);
        }
        let mut lost = Lost::default();
        for rivals in places.into_values().filter(|rivals| rivals.len() > 1) {
            let standing: Vec<&Candidate<'_>> = rivals.into_iter().filter(|one| !lost.contains(&one.hash)).collect();
            let rank = |one: &&Candidate<'_>| match one.right {
                Right::MayWrite => (Reverse(usize::MAX), one.level, one.hash),
                _ => (Reverse(through.get(&one.hash).copied().unwrap_or(0)), 0, one.hash),
            };
            let Some(winner) = standing.iter().copied().min_by_key(rank) else { continue };
            for loser in standing.iter().filter(|one| one.hash != winner.hash && one.right != Right::MayWrite) {
                self.beaten.insert(loser.hash, winner.hash);
                lost.add(loser.hash, ordered);
            }
        }
    }
}

/// Changes that were beaten, with all that builds on them. Each is come to once, however many there are.
#[derive(Default)]
struct Lost {
    changes: HashSet<ChangeHash>,
    /// What builds on what, once anything is lost.
    dependants: Option<HashMap<ChangeHash, Vec<ChangeHash>>>,
}

impl Lost {
    fn contains(&self, hash: &ChangeHash) -> bool {
        self.changes.contains(hash)
    }

    fn add(&mut self, hash: ChangeHash, ordered: &[Candidate<'_>]) {
        let dependants = self.dependants.get_or_insert_with(|| {
            let mut dependants: HashMap<ChangeHash, Vec<ChangeHash>> = HashMap::new();
            for candidate in ordered {
                candidate.deps.iter().for_each(|dep| dependants.entry(*dep).or_default().push(candidate.hash));
            }
            dependants
        });
        let mut open = vec![hash];
        while let Some(next) = open.pop() {
            if self.changes.insert(next) {
                open.extend(dependants.get(&next).into_iter().flatten());
            }
        }
    }
}

/// Who has built on which changes.
#[derive(Debug, Default)]
struct Builders {
    numbers: HashMap<DeviceId, usize>,
    of: HashMap<ChangeHash, Devices>,
}

impl Builders {
    fn number(&mut self, device: DeviceId) -> usize {
        let next = self.numbers.len();
        *self.numbers.entry(device).or_insert(next)
    }

    /// Whether it is new that the device has built on the change.
    fn add(&mut self, change: ChangeHash, device: DeviceId) -> bool {
        let number = self.number(device);
        let devices = self.of.entry(change).or_default();
        let is_new = !devices.has(number);
        devices.add(number);
        is_new
    }
}

/// Devices, one bit for each.
#[derive(Clone, Debug, Default)]
struct Devices(Vec<u64>);

impl Devices {
    fn has(&self, device: usize) -> bool {
        self.0.get(device / 64).is_some_and(|word| word >> (device % 64) & 1 == 1)
    }

    fn add(&mut self, device: usize) {
        let (at, bit) = (device / 64, device % 64);
        self.0.resize(self.0.len().max(at + 1), 0);
        self.0[at] |= 1 << bit;
    }

    fn add_all(&mut self, others: &Self) {
        self.0.resize(self.0.len().max(others.0.len()), 0);
        self.0.iter_mut().zip(&others.0).for_each(|(own, other)| *own |= other);
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.0.iter().enumerate();
        words.flat_map(|(at, word)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit))
    }
}

/// Of every change behind a cut on which others have built, how many groups have; and who has built on what.
fn builders(ordered: &[Candidate<'_>], groups: &BTreeMap<DeviceId, GroupId>) -> (HashMap<ChangeHash, usize>, Builders) {
    // Who has built matters to changes behind cuts and to what lies between, which in most documents is nothing.
    let mut at: HashMap<ChangeHash, usize> = HashMap::new();
    let mut of: Vec<(&Candidate<'_>, Devices)> = Vec::new();
    for candidate in ordered {
        if candidate.right == Right::IfBuiltOn || candidate.deps.iter().any(|dep| at.contains_key(dep)) {
            at.insert(candidate.hash, of.len());
            of.push((candidate, Devices::default()));
        }
    }
    let (mut builders, mut names): (Builders, Vec<DeviceId>) = Default::default();
    let mut through = HashMap::new();
    while let Some((candidate, mut devices)) = of.pop() {
        if candidate.right == Right::IfBuiltOn {
            let others =
                devices.iter().filter_map(|device| names.get(device)).filter(|name| **name != candidate.device);
            let of_groups: HashSet<[u8; 32]> =
                others.map(|device| groups.get(device).map_or(*device.as_bytes(), |group| group.0)).collect();
            if !of_groups.is_empty() {
                through.insert(candidate.hash, of_groups.len());
            }
        }
        if candidate.right == Right::MayWrite {
            let number = builders.number(candidate.device);
            devices.add(number);
            if number == names.len() {
                names.push(candidate.device);
            }
        }
        for dep in candidate.deps.iter().filter_map(|dep| at.get(dep)) {
            if let Some((_, later)) = of.get_mut(*dep) {
                later.add_all(&devices);
            }
        }
        builders.of.insert(candidate.hash, devices);
    }
    (through, builders)
}
