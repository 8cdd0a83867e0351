//! Views: what people ask for, as tables in memory that every change keeps up to date.
//!
//! A view holds nothing that could not be read again from the entries. All tables live behind one
//! lock, so that a reader never sees half of a change.

mod directory;
mod link;
mod people;
mod records;
mod statement;

pub use directory::{DirectoryRow, Membership};
pub use people::{PeerPath, PeerRow, PeerState};
pub use records::Records;
pub use statement::OwnMembership;

use crate::handle::StatementView;
use grid_protocol::id::GroupId;
use grid_protocol::record::Registry;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All views of a node.
pub struct Views {
    /// The kinds of records.
    pub registry: Arc<Registry>,
    /// This node's group.
    pub own: GroupId,
    /// The records.
    pub records: Records,
    /// Names of the known groups.
    pub names: BTreeMap<GroupId, String>,
    /// Names that the known groups were founded under.
    founding_names: BTreeMap<GroupId, String>,
    /// The member groups; this node's own only once somebody else has taken it in.
    pub members: Vec<GroupId>,
    /// The statement in force and its signatures; none until the founding records are here.
    pub statement: Option<StatementView>,
}
