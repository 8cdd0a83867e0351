//! What a replica believes: the control records that it holds, and what they add up to.
//!
//! It is a pure function of the records and of the group whose node holds them. Replicas in one process that
//! hold the same records need not work it out, or hold it, once for each.

use super::{Identity, Replica, recall};
use crate::authority::Authority;
use crate::control::ControlSet;
use crate::id::{Digest, GroupId};
use crate::storage::{Storage, StorageError};

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

impl<S> Replica<S> {
    /// What this replica believes now.
    pub fn belief(&self) -> Belief {
        Belief { control: self.control.clone(), authority: self.authority.clone() }
    }
}
