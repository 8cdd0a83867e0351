//! Seals: what stands in a record as it stood when it was sealed, whatever anybody writes afterwards.
//!
//! A kind may name a field that seals others: the hash of a frozen text. Who reads such a record looks for the first
//! change after which the seal stood and the rules of the kind held; the sealed fields are read as they were then. So
//! no later edit counts, by whatever program it was written. Two seals that do not know of each other are both told.

use super::{FieldName, Kind, Patch, PatchError, Reading, Values};
use automerge::{Automerge, Change, ChangeHash};
use std::collections::{BTreeMap, BTreeSet};

/// Which field seals which others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The field that seals: once it holds something that fits, it stands.
    pub field: FieldName,
    /// The fields that stand from then on.
    pub fields: Vec<FieldName>,
}

/// What a sealed record said when it was sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    /// The seal and the sealed fields, as far as they held something.
    pub values: Values,
    /// Whether others sealed something else at the same time.
    pub rivals: Rivals,
}

/// Whether a record was sealed twice, by changes that did not know of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rivals {
    /// It was sealed once.
    None,
    /// It was sealed with different content: nobody can say which was meant.
    Some,
}

impl Seal {
    fn all(&self) -> impl Iterator<Item = &FieldName> {
        [&self.field].into_iter().chain(&self.fields)
    }

    /// Whether a change may have set the seal: the name of the field it sets stands in it as it is.
    pub(crate) fn may_stand_in(&self, change: &[u8]) -> bool {
        change.windows(self.field.len()).any(|window| window == self.field.as_bytes())
    }
}

impl Kind {
    /// What stands in a record because it was sealed; none as long as it was not.
    pub fn sealed(&self, doc: &Automerge) -> Option<Sealed> {
        let seal = self.seal.as_ref()?;
        let changes = doc.get_changes(&[]);
        let candidates = changes.iter().filter(|change| seal.may_stand_in(change.raw_bytes()));
        let seals: BTreeMap<ChangeHash, Values> =
            candidates.filter_map(|change| Some((change.hash(), self.sealed_at(doc, seal, change.hash())?))).collect();
        let first = first(&seals, &changes);
        // Of seals that do not know of each other the smallest hash is shown: the same on every node.
        let values = seals.get(first.first()?)?.clone();
        let same = |change: &ChangeHash| seals.get(change) == Some(&values);
        let rivals = if first.iter().all(same) { Rivals::None } else { Rivals::Some };
        Some(Sealed { values, rivals })
    }

    /// What a change sealed, if the record was sealed after it and held to its rules.
    fn sealed_at(&self, doc: &Automerge, seal: &Seal, change: ChangeHash) -> Option<Values> {
        let then = self.read_at(doc, Some(&[change])).values;
        then.get(&seal.field)?;
        self.check(&then).ok()?;
        Some(seal.all().filter_map(|name| Some((name.clone(), then.get(name)?.clone()))).collect())
    }

    /// A reading with the sealed fields as they were sealed. A record with rivals is shown as damaged.
    pub(crate) fn with_seal(&self, mut reading: Reading, sealed: &Sealed) -> Reading {
        for name in self.seal.iter().flat_map(Seal::all) {
            match sealed.values.get(name) {
                Some(value) => reading.values.set(name.clone(), value.clone()),
                None => reading.values.clear(name),
            }
            reading.damaged.retain(|damaged| damaged != name);
        }
        if let (Some(seal), Rivals::Some) = (&self.seal, sealed.rivals) {
            reading.damaged.push(seal.field.clone());
        }
        reading
    }

    /// Refuses a patch that changes what was sealed.
    ///
    /// # Errors
    ///
    /// [`PatchError::Sealed`].
    pub fn keeps_seal(&self, doc: &Automerge, patch: &Patch) -> Result<(), PatchError> {
        let Some(seal) = &self.seal else { return Ok(()) };
        if !seal.all().any(|name| patch.get(name).is_some()) {
            return Ok(());
        }
        let Some(sealed) = self.sealed(doc) else { return Ok(()) };
        let changed = seal.all().find(|name| patch.get(name).is_some_and(|new| new != sealed.values.get(name)));
        changed.map_or(Ok(()), |field| Err(PatchError::Sealed { kind: self.name.clone(), field: field.clone() }))
    }
}

/// Those of some changes that build on no other of them, by hash.
fn first(wanted: &BTreeMap<ChangeHash, Values>, changes: &[Change]) -> Vec<ChangeHash> {
    // Changes come behind those that they build on.
    let mut after: BTreeSet<ChangeHash> = BTreeSet::new();
    let mut first = Vec::new();
    for change in changes {
        let builds_on = change.deps().iter().any(|dep| after.contains(dep) || wanted.contains_key(dep));
        if builds_on {
            after.insert(change.hash());
        } else if wanted.contains_key(&change.hash()) {
            first.push(change.hash());
        }
    }
    first.sort_unstable();
    first
}
