//! The counters under which a group signs, leaves and endorses, and what it says once more when a device ended.

use super::Outbound;
use super::governing::refused;
use crate::handle::CommandError;
use grid_protocol::authority::{Ending, say_again};
use grid_protocol::control::{Record, SigningKey};
use grid_protocol::replica::Replica;
use grid_protocol::storage::Storage;

/// Why no word of this group can count any more under the root in force.
pub(super) fn used_up() -> CommandError {
    refused(
        "a computer of your group has used up all that the group can say with its present key",
        "end that computer: `grid device list`, `grid device revoke`; or give your group a new key: `grid group recover`",
    )
}

impl Outbound {
    /// The counter of this group's next signature or withdrawal.
    pub(super) fn next_counter<S: Storage>(&self, replica: &Replica<S>) -> Result<u64, CommandError> {
        replica.authority().next_counter(&self.me.group).ok_or_else(used_up)
    }

    /// This group's signatures that stand, once more, where devices that it ended could still answer them. The
    /// computer that holds the root in force says them, so that they are said once.
    pub(crate) fn say_again<S: Storage>(&self, replica: &Replica<S>, ending: Ending) -> Vec<Record> {
        let holds_root = replica.is_let_in() && self.root_in_force(replica).is_ok();
        match self.governing(replica) {
            Ok(_) if holds_root => {
                let key = SigningKey::Device(self.keys.device());
                say_again(replica.control(), replica.authority(), &self.me.group, key, ending)
            }
            _ => Vec::new(),
        }
    }
}
