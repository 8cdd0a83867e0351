//! Whether an entry of a device may change a document.

use crate::authority::belonging::Why;
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
    /// The log of the device ends before it: it counts only where a device that is not cut built on it.
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
    /// The group withdrew before the entry.
    #[error("the group withdrew before this entry")]
    AfterWithdrawal,
    /// A version removed the group before the entry.
    #[error("a version of the statement removed the group before this entry")]
    AfterRemoval,
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
        let disputed = keys.is_disputed(device);
        return if disputed { Right::MayNot(MayNot::DeviceOfSeveralGroups) } else { Right::Unknown };
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
            let over = membership.ends(&group).iter().find(|end| !written_before(&end.last, device, seq));
            match over.map(|end| end.why) {
                Some(Why::Withdrawn) => Right::MayNot(MayNot::AfterWithdrawal),
                Some(Why::Removed) => Right::MayNot(MayNot::AfterRemoval),
                None => may,
            }
        }
    }
}

/// A device that the withdrawal or removal does not list had written nothing.
fn written_before(last: &[(DeviceId, u64)], device: &DeviceId, seq: u64) -> bool {
    last.iter().any(|(listed, last)| listed == device && seq <= *last)
}
