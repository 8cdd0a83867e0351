//! What is wrong, as the status says it: rules that were broken, devices that break them, records that can't be read.

use crate::handle::{FaultRow, Whose};
use crate::view::{FaultyDevice, Unreadable};
use serde::Serialize;
use utoipa::ToSchema;

/// A rule that somebody broke, as control records show it.
#[derive(Serialize, ToSchema)]
pub(crate) struct FaultItem {
    /// `double_vouch`, `device_of_several_groups`, `forked`, `too_many_devices`, `too_many_governing`, `split`,
    /// `double_proposal` or `other_text`.
    fault: &'static str,
    /// Whether it is this group's own.
    own: bool,
    /// What was found.
    what: String,
    /// What to do.
    hint: String,
    /// The group that broke it, where it is one.
    group: Option<String>,
    /// Its device, where it is one.
    device: Option<String>,
}

/// A device of which changes count for nothing by a rule that no honest program breaks.
#[derive(Serialize, ToSchema)]
pub(crate) struct FaultyDeviceItem {
    /// The device.
    device: String,
    /// Its group, where known.
    group: Option<String>,
    /// What the group calls itself.
    name: Option<String>,
    /// How many changes.
    changes: u64,
    /// The rule that the last of them broke.
    rule: String,
    /// The record that the last of them is about.
    record: String,
}

/// A record that this computer can't read. Nothing is lost: its entries are kept and passed on.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnreadableItem {
    /// The record.
    record: String,
    /// Its kind, where known.
    kind: Option<String>,
    /// What went wrong.
    why: String,
}

impl From<FaultRow> for FaultItem {
    fn from(row: FaultRow) -> Self {
        Self {
            fault: row.name,
            own: row.whose == Whose::Own,
            what: row.what,
            hint: row.hint,
            group: row.group.map(|group| group.to_string()),
            device: row.device.map(|device| device.to_string()),
        }
    }
}

impl From<FaultyDevice> for FaultyDeviceItem {
    fn from(row: FaultyDevice) -> Self {
        Self {
            device: row.device.to_string(),
            group: row.group.map(|group| group.to_string()),
            name: row.name,
            changes: row.changes,
            rule: row.rule,
            record: row.record.to_string(),
        }
    }
}

impl From<Unreadable> for UnreadableItem {
    fn from(row: Unreadable) -> Self {
        Self { record: row.record.to_string(), kind: row.kind, why: row.why }
    }
}
