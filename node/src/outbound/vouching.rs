//! A vouch that no invite asked for: one more group says that another one belongs.

use super::Outbound;
use super::governing::{checked, not_arrived, refused};
use crate::handle::CommandError;
use grid_protocol::authority::{Standing, VouchDue};
use grid_protocol::control::{Record, Vouch, VouchedBy};
use grid_protocol::id::GroupId;
use grid_protocol::replica::Replica;
use grid_protocol::storage::Storage;
use grid_protocol::time::Timestamp;

impl Outbound {
    /// Refuses where a vouch of this computer would not count, and so an invite of it would let nobody in.
    ///
    /// # Errors
    ///
    /// [`CommandError`] naming the rule.
    pub(crate) fn may_vouch<S: Storage>(&self, replica: &Replica<S>) -> Result<(), CommandError> {
        self.as_member(replica)?;
        self.governing(replica)?;
        let authority = replica.authority();
        let (version, vouching) =
            authority.followed().zip(authority.membership().vouching()).ok_or_else(not_arrived)?;
        match authority.governance().versions().rules(&version) {
            Some(rules) if vouching.by() == VouchedBy::Electors => {
                self.as_elector(authority, rules, "brings groups in here, by a vouch or an invite")
            }
            _ => Ok(()),
        }
    }

    /// A vouch of this group for another one, in the first free slot of this computer.
    ///
    /// # Errors
    ///
    /// [`CommandError`] naming the rule: only members vouch, each once for a group, as long as slots are left.
    pub(super) fn vouch<S: Storage>(
        &self,
        replica: &Replica<S>,
        now: Timestamp,
        target: &GroupId,
    ) -> Result<Record, CommandError> {
        self.may_vouch(replica)?;
        let authority = replica.authority();
        let (version, vouching) =
            authority.followed().zip(authority.membership().vouching()).ok_or_else(not_arrived)?;
        let name = authority.name_of(target).map_or_else(|| target.short(), str::to_owned);
        if *target == self.me.group {
            return Err(refused("a group does not vouch for itself", "ask another member to vouch for yours"));
        }
        match authority.standing(target) {
            Standing::Member | Standing::Applicant { .. } => {}
            Standing::Unknown => {
                return Err(CommandError::NotFound { what: "group".to_owned(), id: target.to_string() });
            }
            Standing::Removed => {
                let why = format!("a version of the statement removed {name}: a vouch does not bring it back");
                return Err(refused(why, "see `grid statement history`"));
            }
            Standing::Withdrawn => {
                let why = format!("{name} has left: what brings it back is its signature, no vouch");
                return Err(refused(why, "it signs again with `grid statement sign`"));
            }
        }
        if vouching.is_founder(target) {
            return Err(refused(format!("{name} founded the coalition, and needs no vouch"), "see `grid vouch list`"));
        }
        if vouching.by_target().get(target).is_some_and(|vouchers| vouchers.contains(&self.me.group)) {
            return Err(refused(
                format!("your group vouches for {name} already, and each group counts once"),
                "see who else does with `grid vouch list`",
            ));
        }
        let slot = authority.free_slots(&self.me.device, 1, now).ok_or_else(|| {
            refused(
                "this computer has no slot left to vouch with",
                "places of invites that ran out come free again (`grid invite list`); another computer of your group that \
                 may sign has slots of its own, and so has every other member",
            )
        })?;
        checked(self.vouch_in(VouchDue { version, slot, target: *target }))
    }

    /// The vouch in a slot.
    pub(super) fn vouch_in(&self, due: VouchDue) -> Record {
        let about = (self.me.coalition, due.version);
        Record::Vouch(Vouch::new(about, self.me.group, due.slot, due.target, self.keys.device()))
    }
}
