//! ForkProof: two entries of one device at the same place of its log.
//!
//! An honest device writes each place once. Whoever holds both entries can prove that a device did
//! otherwise: the headers behind each lead to a signature of the device. Nobody signs the proof; it
//! proves itself. Both branches follow the same entry, so the place is where the log forks. The id
//! names the place alone: two proofs of one fork are one record, and no device can make many of it.

use crate::chain::{ChainError, HeaderChain};
use crate::codec::{Format, encode};
use crate::control::error::{RecordError, Unmet};
use crate::control::record::RecordKey;
use crate::control::revoke::Cut;
use crate::control::set::ControlSet;
use crate::domain;
use crate::id::{CoalitionId, EntryId, GroupId, RecordId};
use crate::key::DeviceId;
use serde::{Deserialize, Serialize};

/// Where a log forks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The coalition of the log.
    pub coalition: CoalitionId,
    /// The group that certified the device.
    pub group: GroupId,
    /// The device.
    pub device: DeviceId,
    /// The first place with two entries.
    pub seq: u64,
    /// The last entry that both branches share; zeros at 0.
    pub prev: EntryId,
}

/// The proof that a device has written two entries at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkProof {
    /// Where.
    pub body: ForkBody,
    /// The two branches, that with the smaller id first.
    pub branches: [HeaderChain; 2],
}

/// Why two chains of headers prove no fork.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForkError {
    /// They are of different logs, or of different places.
    #[error("the branches do not begin at the place that the proof names")]
    Place,
    /// Both begin with the same entry, or stand in the wrong order.
    #[error("the branches do not begin with two entries in ascending order")]
    Branches,
    /// A branch proves nothing.
    #[error("a branch of the fork is not proven")]
    Chain(#[from] ChainError),
}

impl ForkProof {
    /// Makes the proof from two branches of a log of `group`.
    ///
    /// # Errors
    ///
    /// [`ForkError`] when they do not prove a fork.
    pub fn new(
        coalition: CoalitionId,
        group: GroupId,
        one: HeaderChain,
        other: HeaderChain,
    ) -> Result<Self, ForkError> {
        let HeaderChain { device, seq, prev, .. } = one;
        let body = ForkBody { format: Format, coalition, group, device, seq, prev };
        let ordered = one.verify(&coalition)? < other.verify(&coalition)?;
        let branches = if ordered { [one, other] } else { [other, one] };
        let proof = Self { body, branches };
        proof.verify()?;
        Ok(proof)
    }

    /// The hash of the place.
    pub fn id(&self) -> RecordId {
        RecordId::of(domain::FORK_PROOF, &encode(&self.body))
    }

    /// Where the device's log ends for everybody.
    pub fn cut(&self) -> Cut {
        Cut { seq: self.body.seq, entry: self.body.prev }
    }

    pub(crate) fn key(&self) -> RecordKey {
        RecordKey::ForkProof { group: self.body.group, device: self.body.device }
    }

    /// The lowest fork decides.
    pub(crate) fn rank(&self) -> u64 {
        u64::MAX - self.body.seq
    }

    pub(crate) fn check(&self) -> Result<(), RecordError> {
        let ForkBody { device, seq, prev, .. } = self.body;
        let here = |chain: &HeaderChain| (chain.device, chain.seq, chain.prev) == (device, seq, prev);
        if !self.branches.iter().all(here) {
            return Err(ForkError::Place.into());
        }
        self.cut().check()?;
        let checked = self.branches.iter().try_for_each(HeaderChain::check_length);
        Ok(checked.map_err(ForkError::Chain)?)
    }

    fn verify(&self) -> Result<(), ForkError> {
        let [one, other] = &self.branches;
        if (one.device, one.seq, one.prev) != (other.device, other.seq, other.prev) {
            return Err(ForkError::Place);
        }
        let (one, other) = (one.verify(&self.body.coalition)?, other.verify(&self.body.coalition)?);
        if one < other { Ok(()) } else { Err(ForkError::Branches) }
    }

    /// The branches prove themselves; the group has certified the device, so that nobody fills the set with
    /// forks of keys that nobody knows.
    pub(crate) fn admit(&self, known: &ControlSet) -> Result<(), Unmet> {
        self.verify().map_err(RecordError::from)?;
        known.check_device(&self.body.group, &self.body.device)
    }
}
