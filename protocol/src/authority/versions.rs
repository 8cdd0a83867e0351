//! The adopted versions of the statement, as a tree.
//!
//! Version 0 is the genesis. A version is adopted when enough electors that its base lists voted for it; the
//! control set holds the proof. Two adopted children of one base prove double voting: then there are two
//! leaves, both are shown, and each group signs the one that it follows.

use crate::authority::fault::Fault;
use crate::control::{Admission, Adoption, ControlSet, Genesis, VersionBody, Vote};
use crate::id::{Digest, GroupId, VersionId};
use crate::key::DeviceId;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The rules of a version of the statement.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The version.
    pub version: VersionId,
    /// The version that it follows; none for version 0.
    pub base: Option<VersionId>,
    /// How many versions lie before it.
    pub depth: usize,
    /// The hash of its text.
    pub text_hash: Digest,
    /// Who votes on the next version.
    pub electors: BTreeSet<GroupId>,
    /// How groups become members.
    pub admission: Admission,
    /// Whom this version removes: with the last entry of each device that stays.
    pub removed: BTreeMap<GroupId, Vec<(DeviceId, u64)>>,
    /// Whom it or a version before it removed.
    pub gone: BTreeSet<GroupId>,
    pub(super) member_slots: u32,
    pub(super) elector_slots: u32,
}

/// Whether a proposal was adopted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It needs more votes.
    Open,
    /// It was adopted.
    Adopted,
}

/// A version with its votes.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The version.
    pub version: VersionId,
    /// The version that it follows.
    pub base: VersionId,
    /// Who proposed it.
    pub group: GroupId,
    /// Of the proposals of that group on this base.
    pub number: u32,
    /// When it says that it did.
    pub proposed_at: Timestamp,
    /// Which electors voted for it, as far as is known, ascending.
    pub votes: Vec<GroupId>,
    /// How many votes adopt it.
    pub needed: usize,
    /// Whether they did.
    pub decision: Decision,
}

/// The versions that were adopted, and those that were proposed.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    first: Option<VersionId>,
    adopted: BTreeMap<VersionId, Rules>,
    proposals: Vec<Proposal>,
    leaves: Vec<VersionId>,
    faults: Vec<Fault>,
}

impl Versions {
    pub(crate) fn evaluate(set: &ControlSet) -> Self {
        let mut this = Self::default();
        let Some(genesis) = set.genesis() else { return this };
        let first = first_rules(genesis);
        this.first = Some(first.version);
        let mut children: BTreeMap<VersionId, Vec<(VersionId, &Adoption)>> = BTreeMap::new();
        for (version, adoption) in set.adopted() {
            children.entry(adoption.body.base).or_default().push((version, adoption));
        }
        let mut next = vec![first];
        while let Some(rules) = next.pop() {
            let (base, of_base) = (rules.version, children.remove(&rules.version).unwrap_or_default());
            if of_base.is_empty() {
                this.leaves.push(base);
            }
            if of_base.len() > 1 {
                this.faults.push(split(set, base, &of_base));
            }
            next.extend(of_base.into_iter().map(|(version, adoption)| rules_after(&rules, version, &adoption.body)));
            this.adopted.insert(base, rules);
        }
        this.leaves.sort_unstable();
        this.read_proposals(set);
        this
    }

    fn read_proposals(&mut self, set: &ControlSet) {
        let mut bodies: BTreeMap<VersionId, &VersionBody> = BTreeMap::new();
        let mut numbers: BTreeMap<(GroupId, VersionId, u32), usize> = BTreeMap::new();
        for (version, proposal) in set.proposed() {
            let body = proposal.body();
            bodies.insert(version, body);
            *numbers.entry((body.group, body.base, body.number)).or_default() += 1;
        }
        bodies.extend(set.adopted().map(|(version, adoption)| (version, &adoption.body)));
        for (version, body) in bodies {
            let Some(base) = self.adopted.get(&body.base) else { continue };
            let decision = if self.adopted.contains_key(&version) { Decision::Adopted } else { Decision::Open };
            self.proposals.push(Proposal {
                version,
                base: body.base,
                group: body.group,
                number: body.number,
                proposed_at: body.proposed_at,
                votes: voters(set, &version).into_iter().collect(),
                needed: set.votes_needed(base.electors.len()),
                decision,
            });
        }
        let twice = numbers.into_iter().filter(|(_, found)| *found > 1);
        self.faults.extend(twice.map(|((group, base, number), _)| Fault::DoubleProposal { group, base, number }));
    }

    /// Version 0, once the genesis is known.
    pub fn first(&self) -> Option<VersionId> {
        self.first
    }

    /// The rules of an adopted version.
    pub fn rules(&self, version: &VersionId) -> Option<&Rules> {
        self.adopted.get(version)
    }

    /// All adopted versions, by ascending id.
    pub fn adopted(&self) -> impl Iterator<Item = &Rules> {
        self.adopted.values()
    }

    /// All versions but version 0 that were proposed on an adopted one, by ascending id.
    pub fn proposals(&self) -> &[Proposal] {
        &self.proposals
    }

    /// The newest adopted versions, ascending; several only where electors voted twice.
    pub fn leaves(&self) -> &[VersionId] {
        &self.leaves
    }

    /// The versions from version 0 to this one.
    pub fn path(&self, version: &VersionId) -> Vec<VersionId> {
        let mut path = Vec::new();
        let mut next = self.adopted.get(version);
        while let Some(rules) = next {
            path.push(rules.version);
            next = rules.base.and_then(|base| self.adopted.get(&base));
        }
        path.reverse();
        path
    }

    /// The version that a group follows which signed `signed` last: from there on, as far as there is one way
    /// to go. Who has signed none of the branches of a split stays before it.
    pub fn followed(&self, signed: Option<VersionId>) -> Option<VersionId> {
        let from = signed.filter(|version| self.adopted.contains_key(version)).or(self.first)?;
        let mut paths = self.leaves.iter().map(|leaf| self.path(leaf)).filter(|path| path.contains(&from));
        let mut common = paths.next()?;
        for path in paths {
            let shared = common.iter().zip(&path).take_while(|(left, right)| left == right).count();
            common.truncate(shared);
        }
        common.pop()
    }

    /// Who breaks the rules about versions.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

fn first_rules(genesis: &Genesis) -> Rules {
    Rules {
        version: genesis.version(),
        base: None,
        depth: 0,
        text_hash: genesis.body.statement.text_hash(),
        electors: genesis.body.electors.iter().copied().collect(),
        admission: genesis.body.admission,
        removed: BTreeMap::new(),
        gone: BTreeSet::new(),
        member_slots: genesis.body.member_slots,
        elector_slots: genesis.body.elector_slots,
    }
}

/// What a version does not say, it takes over from its base.
fn rules_after(base: &Rules, version: VersionId, body: &VersionBody) -> Rules {
    let removed: BTreeMap<_, _> = body.removed.iter().map(|removal| (removal.group, removal.last.clone())).collect();
    Rules {
        version,
        base: Some(base.version),
        depth: base.depth + 1,
        text_hash: body.statement.text_hash(),
        electors: body.electors.iter().copied().collect(),
        admission: base.admission,
        gone: base.gone.iter().chain(removed.keys()).copied().collect(),
        removed,
        member_slots: base.member_slots,
        elector_slots: base.elector_slots,
    }
}

/// Who voted for a version, by the votes and by the proof of its adoption.
fn voters(set: &ControlSet, version: &VersionId) -> BTreeSet<GroupId> {
    let proven = set.adoption(version).into_iter().flat_map(|adoption| &adoption.votes).map(|vote| vote.group);
    set.votes_for(version).map(|vote: &Vote| vote.body().group).chain(proven).collect()
}

fn split(set: &ControlSet, base: VersionId, children: &[(VersionId, &Adoption)]) -> Fault {
    let mut times: BTreeMap<GroupId, usize> = BTreeMap::new();
    for (version, _) in children {
        voters(set, version).into_iter().for_each(|group| *times.entry(group).or_default() += 1);
    }
    let voters = times.into_iter().filter(|(_, times)| *times > 1).map(|(group, _)| group).collect();
    let mut children: Vec<VersionId> = children.iter().map(|(version, _)| *version).collect();
    children.sort_unstable();
    Fault::Split { base, children, voters }
}
