//! Views: what people ask for, as tables in memory that every change keeps up to date.
//!
//! A view holds nothing that could not be read again from the entries. All tables live behind one
//! lock, so that a reader never sees half of a change.

pub(crate) mod credit;
mod directory;
mod duplicates;
mod ending;
mod first_seen;
mod flawed;
pub(crate) mod fold;
mod heard;
mod hidden;
mod inside;
mod link;
pub(crate) mod listed;
pub(crate) mod local;
mod mandates;
mod named;
mod need;
pub(crate) mod overlong;
mod people;
mod records;
mod refer;
mod said;
pub(crate) mod search;
mod spoken;
mod statement;
pub(crate) mod status;
pub(crate) mod told;
mod versions;
mod when;
mod wording;

pub use directory::{DirectoryRow, Membership};
pub(crate) use first_seen::Dated;
pub use flawed::{FaultyDevice, Unreadable};
pub use hidden::Hidden;
pub(crate) use hidden::Sight;
pub(crate) use inside::Inside;
pub(crate) use mandates::endorsed;
pub use mandates::{MandateRow, MandateState};
pub use need::{Need, NeedKind};
pub use people::{PeerPath, PeerRow, PeerState};
pub use records::Records;
pub(crate) use said::{Said, newest_first};
pub use search::Search;
pub use statement::{OwnMembership, SignatureRow, StatementView};
pub(crate) use versions::deliberated;
pub use versions::{Split, VersionRow, VersionState, Way};
pub(crate) use when::{TimeFields, When, moment};
pub(crate) use wording::{worded, wording};

use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::Registry;
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    /// The groups whose name somebody else has, too: it is shown with the beginning of their id.
    double: BTreeSet<GroupId>,
    /// What the coalition is called.
    coalition_name: String,
    /// Names that the known groups were founded under.
    pub(crate) founding_names: BTreeMap<GroupId, String>,
    /// The member groups; this node's own only once somebody else has taken it in.
    pub members: Vec<GroupId>,
    /// The statement in force and its signatures; none until the founding records are here.
    pub statement: Option<StatementView>,
    /// The versions of the statement: each behind its base, those that were proposed first before the others.
    pub versions: Arc<[VersionRow]>,
    /// Where the coalition has split.
    pub splits: Vec<Split>,
    /// The claims of mandates, by ascending id.
    pub mandates: Vec<MandateRow>,
    /// Groups that are no members any more, and how that came.
    pub(crate) ended: BTreeMap<GroupId, Membership>,
    /// What stays here of records that travel.
    beside: HashMap<DocumentId, local::Beside>,
    /// Records with which something is wrong.
    flawed: BTreeMap<DocumentId, Arc<Row>>,
    /// What the people of this computer do not want to see.
    pub hidden: Hidden,
    /// What control records tell of when groups acted.
    acted: heard::Acted,
    /// The moment for which that was worked out.
    now: Timestamp,
    /// Which words stand in which records.
    pub search: Search,
}
