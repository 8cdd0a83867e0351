//! What a replica believes: the control records that it holds, and what they add up to.
//!
//! It is a pure function of the records and of the group whose node holds them. Replicas in one process that
//! hold the same records need not work it out, or hold it, once for each.

use super::{Identity, Replica, recall};
use crate::authority::Authority;
use crate::control::ControlSet;
use crate::id::{Digest, GroupId};
use crate::storage::{Storage, StorageError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// So many beliefs are kept for others: news reaches the nodes of one process at about the same time.
const KEPT: usize = 64;

/// The control records of a coalition, judged, and what they add up to.
#[derive(Clone, Debug)]
pub struct Belief {
    pub(super) control: ControlSet,
    pub(super) authority: Authority,
}

impl Belief {
    /// What follows from the records in a storage.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when they can't be read.
    pub fn of(me: &Identity, storage: &impl Storage) -> Result<Self, StorageError> {
        let control = recall(me, storage)?;
        let authority = Authority::evaluate_for(&control, &me.group);
        Ok(Self { control, authority })
    }

    /// The same belief at a node of another group. None where that group may see things otherwise: it is not
    /// named by what everybody keeps, or there are several versions to follow.
    pub fn seen_by(&self, group: &GroupId) -> Option<Self> {
        if self.authority.leaves().len() > 1 {
            return None;
        }
        let control = self.control.at_home_of(group)?;
        Some(Self { control, authority: self.authority.clone() })
    }

    /// A hash of the records behind it: equal where the same ones are kept.
    pub fn fingerprint(&self) -> Digest {
        self.control.fingerprint()
    }
}

/// What control sets add up to, for all replicas of one process: nodes that hold the same records need not each
/// work it out. It changes nothing in what any of them believes.
#[derive(Clone, Debug, Default)]
pub struct Beliefs(Arc<Mutex<VecDeque<(Digest, Authority)>>>);

impl Beliefs {
    /// What follows from a set at the node of a group: as it is known here, or worked out `anew`.
    pub(super) fn authority_of(&self, set: &ControlSet, own: &GroupId, anew: impl FnOnce() -> Authority) -> Authority {
        let fingerprint = set.fingerprint();
        let find = |known: &VecDeque<(Digest, Authority)>| {
            known.iter().rev().find(|(of, _)| *of == fingerprint).map(|(_, authority)| authority.clone())
        };
        let known = find(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        known.map_or_else(
            || {
                let authority = anew();
                let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == KEPT {
                    kept.pop_front();
                }
                kept.push_back((fingerprint, authority.clone()));
                authority
            },
            |authority| authority.at_home_of(set, own),
        )
    }
}

impl<S> Replica<S> {
    /// Shares what it works out with other replicas of this process.
    #[must_use]
    pub fn sharing(self, beliefs: Beliefs) -> Self {
        Self { beliefs: Some(beliefs), ..self }
    }

    /// What this replica believes now.
    pub fn belief(&self) -> Belief {
        Belief { control: self.control.clone(), authority: self.authority.clone() }
    }
}
