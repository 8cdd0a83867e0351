//! What records show about those who break the rules.

use crate::id::{Digest, GroupId, VersionId};
use crate::key::DeviceId;

/// Records that show that somebody breaks the rules. Others are shown them; nothing is undone by them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A device vouched for two groups with one slot: the slot is void.
    DoubleVouch {
        /// The device.
        device: DeviceId,
        /// The version under which it has the slot.
        version: VersionId,
        /// Its slot.
        slot: u32,
        /// Two of the groups that it vouched for.
        targets: [GroupId; 2],
    },
    /// Several groups certified one device: it speaks for none of them.
    DeviceOfSeveralGroups {
        /// The device.
        device: DeviceId,
        /// The groups.
        groups: Vec<GroupId>,
    },
    /// A device has written two histories: its log ends where they part.
    Forked {
        /// The device.
        device: DeviceId,
        /// The first place with two entries.
        seq: u64,
    },
    /// A group certified more devices than count.
    TooManyDevices {
        /// The group.
        group: GroupId,
        /// How many it certified.
        found: usize,
    },
    /// A group gave `govern` to more devices than count.
    TooManyGoverning {
        /// The group.
        group: GroupId,
        /// To how many it gave it.
        found: usize,
    },
    /// Electors voted for two versions on one base, and both were adopted: each group signs the one it follows.
    Split {
        /// The base.
        base: VersionId,
        /// The versions that follow it, ascending.
        children: Vec<VersionId>,
        /// Who voted for more than one of them, as far as is known, ascending.
        voters: Vec<GroupId>,
    },
    /// An elector proposed several versions under one number: only two of them can be seen by everybody.
    DoubleProposal {
        /// The elector.
        group: GroupId,
        /// The base.
        base: VersionId,
        /// The number.
        number: u32,
    },
    /// A group signed a text that is not the text of the version.
    OtherText {
        /// The group.
        group: GroupId,
        /// The hash that it signed.
        text_hash: Digest,
    },
}
