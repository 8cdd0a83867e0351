//! Whether an entry of a device may change a document.

use crate::authority::keys::Keys;
use crate::authority::membership::Membership;
use crate::control::Capabilities;
use crate::id::GroupId;
use crate::key::DeviceId;

/// Who writes a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteRule {
    /// The devices of the group that owns it.
    Owner,
    /// The devices of every group that was admitted.
    Members,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// It may.
    May,
    /// It may not, as far as is known.
    MayNot(MayNot),
    /// The log of the device ends before it, or its group left before: it counts only where a device that may
    /// write built on it.
    IfBuiltOn,
    /// A certificate or the admission of the group has not arrived; it may do so yet.
    Unknown,
}

/// Why an entry may not change a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MayNot {
    /// Several groups certified the device.
    #[error("several groups certified the device, so it speaks for none of them")]
    DeviceOfSeveralGroups,
    /// No certificate of the device gives it `write`.
    #[error("the device may not write for its group")]
    NoCapability,
    /// The document belongs to another group.
    #[error("the document belongs to another group")]
    NotOwner,
}

pub(super) fn may_write(
    keys: &Keys,
    membership: &Membership,
    device: &DeviceId,
    owner: &GroupId,
    rule: WriteRule,
    seq: u64,
) -> Right {
    let Some((group, capabilities)) = keys.writer(device) else {
        return match rule {
            _ if !keys.is_disputed(device) => Right::Unknown,
            WriteRule::Owner => Right::MayNot(MayNot::DeviceOfSeveralGroups),
            // A second certificate must not erase what others built on.
            WriteRule::Members => Right::IfBuiltOn,
        };
    };
    if !capabilities.has(Capabilities::WRITE) {
        return Right::MayNot(MayNot::NoCapability);
    }
    let may = match keys.cut(device) {
        Some(cut) if seq >= cut.seq => Right::IfBuiltOn,
        _ => Right::May,
    };
    match rule {
        WriteRule::Owner if group == *owner => may,
        WriteRule::Owner => Right::MayNot(MayNot::NotOwner),
        WriteRule::Members if !membership.may_have_written(&group) => Right::Unknown,
        WriteRule::Members => {
            // Who names the last entries may name them too low: what others built on stays, as behind a cut.
            match membership.ends(&group).iter().all(|end| written_before(&end.last, device, seq)) {
                true => may,
                false => Right::IfBuiltOn,
            }
        }
    }
}

/// A device that the withdrawal or removal does not list had written nothing.
fn written_before(last: &[(DeviceId, u64)], device: &DeviceId, seq: u64) -> bool {
    last.iter().any(|(listed, last)| listed == device && seq <= *last)
}
