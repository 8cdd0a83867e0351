//! Vouch: a device uses one of its slots to say that a group belongs.
//!
//! A slot has one target. Two different vouches on one slot void it, for whoever sees both sees that
//! the device cannot be trusted with it.

use crate::codec::Format;
use crate::control::error::{RecordError, bounds};
use crate::control::record::RecordKey;
use crate::control::signed::{Body, Signed, Signer, Signers, about_the_coalition};
use crate::domain::{self, Purpose};
use crate::id::{CoalitionId, GroupId, VersionId};
use crate::limits::MAX_SLOTS;
use serde::{Deserialize, Serialize};

/// What a device says about a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VouchBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// The version of its statement.
    pub version: VersionId,
    /// The group that vouches.
    pub group: GroupId,
    /// The slot of the signing device.
    pub slot: u32,
    /// The group that is vouched for.
    pub target: GroupId,
}

/// A vouch, signed by the device whose slot it uses.
pub type Vouch = Signed<VouchBody>;

impl Body for VouchBody {
    const PURPOSE: Purpose = domain::VOUCH;
    const SIGNERS: Signers = Signers::Devices;

    about_the_coalition!();

    fn key(&self, signer: Signer) -> RecordKey {
        RecordKey::Vouch { group: self.group, version: self.version, signer, slot: self.slot }
    }

    fn rank(&self) -> u64 {
        0
    }

    fn check(&self) -> Result<(), RecordError> {
        check_slots(self.slot, 1)?;
        if self.target == self.group {
            return Err(bounds("target of the vouch", "another group than the one that vouches", 0));
        }
        Ok(())
    }
}

/// Checks that a range of slots is not empty and lies within what any genesis may give.
pub(crate) fn check_slots(first: u32, count: u32) -> Result<(), RecordError> {
    match first.checked_add(count) {
        Some(end) if count > 0 && end <= MAX_SLOTS => Ok(()),
        _ => Err(bounds("slots", format!("one or more slots below {MAX_SLOTS}"), u64::from(first) + u64::from(count))),
    }
}
