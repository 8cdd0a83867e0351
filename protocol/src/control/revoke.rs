//! Revoke: a group ends the log of one of its devices.
//!
//! The cut names the entry that is the last to count. What the device wrote later counts only where
//! devices that are not cut have built on it. Of several revocations the smallest cut holds.

use crate::codec::Format;
use crate::control::error::{RecordError, Unmet, bounds};
use crate::control::record::RecordKey;
use crate::control::set::ControlSet;
use crate::control::signed::{Body, Signed, Signer, Signers, SigningKey, about_no_version};
use crate::domain::{self, Purpose};
use crate::id::{CoalitionId, EntryId, GroupId};
use crate::key::DeviceId;
use serde::{Deserialize, Serialize};

/// Where a log ends: entries from here on count only where others have built on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cut {
    /// The first entry that is cut off.
    pub seq: u64,
    /// The entry before it; zeros where nothing counts.
    pub entry: EntryId,
}

/// What a group says about the end of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The coalition whose log is cut.
    pub coalition: CoalitionId,
    /// The group.
    pub group: GroupId,
    /// The device.
    pub device: DeviceId,
    /// Where its log ends.
    pub cut: Cut,
}

/// A revocation, signed by a root of the group. It counts while that root is in force; a later one carries
/// its cut on in the rotation's list.
pub type Revoke = Signed<RevokeBody>;

impl Cut {
    /// The cut of a device that counts for nothing at all.
    pub const NOTHING: Self = Self { seq: 0, entry: EntryId::ZERO };

    pub(crate) fn check(&self) -> Result<(), RecordError> {
        if (self.seq == 0) == (self.entry == EntryId::ZERO) {
            Ok(())
        } else {
            Err(bounds("cut", "the entry before it, and none before 0", self.seq))
        }
    }
}

impl Signed<RevokeBody> {
    /// Ends the log of a device with what lies before `cut`.
    pub fn new(coalition: CoalitionId, group: GroupId, device: DeviceId, cut: Cut, root: SigningKey<'_>) -> Self {
        Self::sign(RevokeBody { format: Format, coalition, group, device, cut }, root)
    }

    /// A root has signed it, and the group has certified the device, so that nobody fills the set with the ends of
    /// devices that there are not.
    pub(crate) fn admit_end(&self, known: &ControlSet) -> Result<(), Unmet> {
        self.admit(known)?;
        known.check_device(&self.body.group, &self.body.device)
    }
}

impl Body for RevokeBody {
    const PURPOSE: Purpose = domain::REVOKE;
    const SIGNERS: Signers = Signers::Roots;

    about_no_version!();

    fn key(&self, signer: Signer) -> RecordKey {
        RecordKey::Revoke { group: self.group, device: self.device, signer }
    }

    /// The smallest cut decides.
    fn rank(&self) -> u64 {
        u64::MAX - self.cut.seq
    }

    fn check(&self) -> Result<(), RecordError> {
        self.cut.check()
    }
}
