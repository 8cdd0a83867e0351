//! Recovery contacts, and what a contact's node says of an appeal, as plain data.

use grid_protocol::appeal::Appeal;
use grid_protocol::id::GroupId;
use grid_protocol::key::DeviceId;

/// A group that has named recovery contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recoverable {
    /// The group.
    pub group: GroupId,
    /// Its name.
    pub name: String,
    /// Its contacts, ascending, with their names where they are known here.
    pub contacts: Vec<(GroupId, Option<String>)>,
    /// How many of them it takes.
    pub quorum: u8,
}

/// Who could give whom new words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contacts {
    /// This group, where it has named contacts.
    pub own: Option<Recoverable>,
    /// The groups that have named this one.
    pub entrusted: Vec<Recoverable>,
}

/// An appeal, as a contact's people have to see it before they sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appealed {
    /// It, filled in.
    pub appeal: Appeal,
    /// Whose it is, and which contacts it takes.
    pub asker: Recoverable,
    /// The contacts that have signed, ascending.
    pub signed: Vec<GroupId>,
    /// What becomes of the group's computers.
    pub devices: Vec<AppealedDevice>,
    /// How far it has come.
    pub state: AppealState,
}

/// What an appeal makes of a computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppealedDevice {
    /// The device.
    pub device: DeviceId,
    /// What its group calls it.
    pub label: String,
    /// How many of its entries are held here.
    pub held: u64,
    /// How many of its entries count; none where it goes on.
    pub counting: Option<u64>,
}

/// How far an appeal has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppealState {
    /// More contacts have to sign.
    Open,
    /// Enough have, and nobody has told the coalition yet.
    Complete,
    /// The group has its new root.
    Published,
}
