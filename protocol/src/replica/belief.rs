//! What a replica believes: the control records that it holds, and what they add up to.
//!
//! It is a pure function of the records and of the group whose node holds them, as it is one of a hint and its
//! signature whether the two belong together. Replicas in one process need not work it out, or hold it, once for
//! each.

use super::{Identity, Replica, recall};
use crate::authority::Authority;
use crate::codec::encode;
use crate::control::ControlSet;
use crate::id::{CoalitionId, Digest, GroupId, RecordId};
use crate::storage::{Storage, StorageError};
use crate::sync::{Hint, HintBody, HintError};
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// So many beliefs are kept for others: news reaches the nodes of one process at about the same time.
const KEPT: usize = 64;
/// So many sound hints are remembered, and as many again from before these.
const SOUND: usize = 65_536;

/// The control records of a coalition, judged, and what they add up to.
#[derive(Clone, Debug)]
pub struct Belief {
    pub(super) control: ControlSet,
    pub(super) authority: Authority,
    /// Records in the storage that have no place among those any more.
    pub(super) lost: Vec<RecordId>,
}

impl Belief {
    /// What follows from the records in a storage.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when they can't be read.
    pub fn of(me: &Identity, storage: &impl Storage) -> Result<Self, StorageError> {
        let (control, lost) = recall(me, storage)?;
        let authority = Authority::evaluate_for(&control, &me.group);
        Ok(Self { control, authority, lost })
    }

    /// The same belief at a node of another group. None where that group may see things otherwise: it is not
    /// named by what everybody keeps, or there are several versions to follow.
    pub fn seen_by(&self, group: &GroupId) -> Option<Self> {
        if self.authority.leaves().len() > 1 {
            return None;
        }
        let control = self.control.at_home_of(group)?;
        Some(Self { control, authority: self.authority.clone(), lost: Vec::new() })
    }

    /// A hash of the records behind it: equal where the same ones are kept.
    pub fn fingerprint(&self) -> Digest {
        self.control.fingerprint()
    }
}

/// What control sets add up to and which hints are signed, for all replicas of one process: nodes that hold the
/// same records, or hear the same hint, need not each work it out. It changes nothing in what any of them believes.
#[derive(Clone, Debug, Default)]
pub struct Beliefs {
    authorities: Arc<Mutex<VecDeque<(Digest, Authority)>>>,
    sound: Arc<Mutex<Sound>>,
}

/// Hints that were found to be sound, by what they say and how they are signed.
#[derive(Debug, Default)]
struct Sound {
    now: HashSet<blake3::Hash>,
    before: HashSet<blake3::Hash>,
}

impl Beliefs {
    /// What follows from a set at the node of a group: as it is known here, or worked out `anew`.
    pub(super) fn authority_of(&self, set: &ControlSet, own: &GroupId, anew: impl FnOnce() -> Authority) -> Authority {
        let fingerprint = set.fingerprint();
        let find = |known: &VecDeque<(Digest, Authority)>| {
            known.iter().rev().find(|(of, _)| *of == fingerprint).map(|(_, authority)| authority.clone())
        };
        let known = find(&self.authorities.lock().unwrap_or_else(PoisonError::into_inner));
        known.map_or_else(
            || {
                let authority = anew();
                let mut kept = self.authorities.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == KEPT {
                    kept.pop_front();
                }
                kept.push_back((fingerprint, authority.clone()));
                authority
            },
            |authority| authority.at_home_of(set, own),
        )
    }

    /// Whether a hint is sound, as [`Hint::verify`] says; of each hint that is, it was asked once.
    pub(super) fn verify<'a>(&self, hint: &'a Hint, coalition: &CoalitionId) -> Result<&'a HintBody, HintError> {
        let this = blake3::hash(&encode(&(coalition, hint)));
        if self.sound.lock().unwrap_or_else(PoisonError::into_inner).knows(&this) {
            return Ok(&hint.body);
        }
        let body = hint.verify(coalition)?;
        self.sound.lock().unwrap_or_else(PoisonError::into_inner).note(this);
        Ok(body)
    }
}

impl Sound {
    fn knows(&self, hint: &blake3::Hash) -> bool {
        self.now.contains(hint) || self.before.contains(hint)
    }

    fn note(&mut self, hint: blake3::Hash) {
        if self.now.len() >= SOUND {
            self.before = std::mem::take(&mut self.now);
        }
        self.now.insert(hint);
    }
}

impl<S> Replica<S> {
    /// Shares what it works out with other replicas of this process.
    #[must_use]
    pub fn sharing(self, beliefs: Beliefs) -> Self {
        Self { beliefs: Some(beliefs), ..self }
    }

    /// Whether a hint is sound.
    pub(super) fn verify_hint<'a>(&self, hint: &'a Hint) -> Result<&'a HintBody, HintError> {
        match &self.beliefs {
            Some(beliefs) => beliefs.verify(hint, &self.me.coalition),
            None => hint.verify(&self.me.coalition),
        }
    }

    /// What this replica believes now.
    pub fn belief(&self) -> Belief {
        Belief { control: self.control.clone(), authority: self.authority.clone(), lost: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::SecretKey;
    use crate::sync::Says;
    use crate::time::Timestamp;

    #[test]
    fn a_hint_that_was_found_sound_says_nothing_about_a_copy_of_it_that_is_not() {
        let (beliefs, coalition) = (Beliefs::default(), CoalitionId([2; 32]));
        let key = SecretKey::from_seed(&[1; 32]);
        let hint = Hint::write(coalition, &key, Timestamp(3), Says::Received(Vec::new()));
        let mut others = [hint.clone(), hint.clone(), hint.clone()];
        others[0].body.time = Timestamp(4);
        others[1].signature.0[0] ^= 1;
        others[2].body.says = Says::Reachable(Vec::new());
        for _ in 0..2 {
            assert_eq!(beliefs.verify(&hint, &coalition), Ok(&hint.body));
            assert!(others.iter().all(|other| beliefs.verify(other, &coalition).is_err()));
            assert!(beliefs.verify(&hint, &CoalitionId([3; 32])).is_err());
        }
    }

    #[test]
    fn what_was_found_sound_is_forgotten_in_the_end() {
        let mut sound = Sound::default();
        let digest = |number: u64| blake3::hash(&number.to_be_bytes());
        (0..3 * SOUND as u64).for_each(|number| sound.note(digest(number)));
        assert!(sound.now.len() + sound.before.len() <= 2 * SOUND);
        assert!(!sound.knows(&digest(0)) && sound.knows(&digest(3 * SOUND as u64 - 1)));
    }
}
