//! A contact's signature under the recovery of another group.

use super::Outbound;
use super::governing::refused;
use crate::handle::CommandError;
use grid_protocol::control::{Approval, RecoveryBody};
use grid_protocol::replica::Replica;
use grid_protocol::storage::Storage;

impl Outbound {
    /// Signs with this group's root.
    ///
    /// # Errors
    ///
    /// [`CommandError::Refused`] when this computer does not hold the root in force.
    pub(crate) fn approve<S: Storage>(
        &self,
        replica: &Replica<S>,
        body: &RecoveryBody,
    ) -> Result<Approval, CommandError> {
        let root = self.root_in_force(replica).map_err(|error| match error {
            CommandError::Refused { why, .. } => refused(
                format!("{why}; only that key signs for another group as its recovery contact"),
                "do it on the computer that founded or joined for your group, or where `grid group recover` was run last",
            ),
            other => other,
        })?;
        Ok(body.approve(self.me.group, root.number, &root.key))
    }
}
