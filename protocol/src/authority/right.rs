//! Whether an entry of a device may change a document.

use crate::authority::Authority;
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
    /// The log of the device ends before it, its group left before or was not admitted, or the device has not the right:
    /// it counts only where a device that may write built on it.
    IfBuiltOn,
    /// A certificate, or the admission of the group to which the document belongs, has not arrived; it may do so yet.
    Unknown,
}

/// Why an entry may not change a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MayNot {
    /// Several groups certified the device.
    #[error("several groups certified the device, so it speaks for none of them")]
    DeviceOfSeveralGroups,
    /// The document is its group's own, and no certificate of the device gives it `write`.
    #[error("the device may not write for its group")]
    NoCapability,
    /// The document belongs to another group.
    #[error("the document belongs to another group")]
    NotOwner,
}

pub(super) fn may_write(authority: &Authority, device: &DeviceId, owner: &GroupId, rule: WriteRule, seq: u64) -> Right {
    let (keys, membership) = (authority.keys(), authority.membership());
    let Some(writer) = keys.writer(device) else {
        return match rule {
            // Neither a second certificate nor one that lost its place must erase what others built on.
            WriteRule::Members => Right::IfBuiltOn,
            WriteRule::Owner if keys.is_disputed(device) => Right::MayNot(MayNot::DeviceOfSeveralGroups),
            WriteRule::Owner => Right::Unknown,
        };
    };
    let group = writer.group;
    let may = match keys.cut(device) {
        // Neither a list of fewer rights nor a certificate that comes late and gives none must erase what others built on.
        _ if !writer.capabilities.has(Capabilities::WRITE) => Right::IfBuiltOn,
        Some(cut) if seq >= cut.seq => Right::IfBuiltOn,
        _ => Right::May,
    };
    match rule {
        WriteRule::Owner if !writer.once.has(Capabilities::WRITE) => Right::MayNot(MayNot::NoCapability),
        WriteRule::Owner if group != *owner => Right::MayNot(MayNot::NotOwner),
        // Its log is held here from before, or by its own nodes alone.
        WriteRule::Owner if authority.is_outside(&group) => Right::Unknown,
        WriteRule::Owner => may,
        // Whoever brought it in may take that back, which must not erase what others built on meanwhile.
        WriteRule::Members if !membership.may_have_written(&group) => Right::IfBuiltOn,
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
