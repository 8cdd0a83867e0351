//! What is wrong in the coalition and with single records, as far as records show it.

use crate::view::{FaultyDevice, Unreadable};
use grid_protocol::id::GroupId;
use grid_protocol::key::DeviceId;

/// What was found against the rules, and what can't be read here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Control records that show who breaks the rules; this group's own first.
    pub faults: Vec<FaultRow>,
    /// Devices whose changes count for nothing by a rule that no honest program breaks.
    pub faulty_devices: Vec<FaultyDevice>,
    /// Records that this computer can't read.
    pub unreadable: Vec<Unreadable>,
}

/// A rule that somebody broke, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRow {
    /// Which one, in one word.
    pub name: &'static str,
    /// Who broke it.
    pub whose: Whose,
    /// What was found.
    pub what: String,
    /// What to do.
    pub hint: String,
    /// The group that broke it, where it is one.
    pub group: Option<GroupId>,
    /// Its device, where it is one.
    pub device: Option<DeviceId>,
}

/// Whether a fault is this group's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// It is.
    Own,
    /// Somebody else's.
    Others,
}
