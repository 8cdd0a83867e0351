//! How the node does, and what it can be told to do itself: connect, stop.

use super::Api;
use super::auth::Door;
use super::error::{ApiError, ErrorAnswer};
use super::findings::{FaultItem, FaultyDeviceItem, UnreadableItem};
use super::input::{Answer, Done, JsonBody};
use super::needs::{Need, needs};
use super::peers::Peer;
use crate::handle::OwnStanding;
use crate::space::{Amount, GroupSpace, Space};
use crate::threats::{self, Reviewed};
use crate::trouble;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// So many of a list at most stand in the status, however many groups there are.
const NAMED: usize = 20;

/// Where the node stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatusAnswer {
    /// The coalition; its name is not known before the founding records are here.
    coalition: Named,
    /// This group.
    group: Named,
    /// This device.
    device: String,
    /// `member`, `not_signed`, `waiting`, `lacks_vouches`, `pairing`, `refused`, `withdrawn` or `removed`.
    standing: &'static str,
    /// Why, where there is more to say.
    standing_why: Option<String>,
    /// Equal on nodes that hold the same.
    state_root: String,
    /// Member groups.
    members: usize,
    /// Records that are held.
    records: usize,
    /// Own entries that no other group has received yet.
    pending: u64,
    /// Peers, connected now or known, up to 20: those with a fault first, then those that are connected, then those that
    /// were here last.
    peers: Vec<Peer>,
    /// How many peers there are; `/api/peers` has them all.
    peers_total: usize,
    /// Where this API listens on TCP.
    http: Option<String>,
    /// Where other nodes reach this one.
    listen: Vec<String>,
    /// What is wrong with this machine.
    troubles: Vec<Trouble>,
    /// What waits for the people of this group.
    needs: Vec<Need>,
    /// Rules that somebody broke, as control records show it, up to 20; this group's own first.
    faults: Vec<FaultItem>,
    /// How many such faults there are.
    faults_total: usize,
    /// Devices of which changes count for nothing by a rule that no honest program breaks, up to 20.
    faulty_devices: Vec<FaultyDeviceItem>,
    /// How many such devices there are.
    faulty_devices_total: usize,
    /// Records that this computer can't read, up to 20.
    unreadable: Vec<UnreadableItem>,
    /// How many such records there are.
    unreadable_total: usize,
    /// Whether this group has reviewed what threatens its people: `before_sync`, `later`, `not_yet` (and nobody was met)
    /// or `missed` (and others were met).
    threat_review: &'static str,
    /// What the entries of each group take up on this disk.
    space: SpaceAnswer,
}

/// What entries take up, counted as they came in.
#[derive(Serialize, ToSchema)]
pub(crate) struct SpaceAnswer {
    /// All that is held.
    held: AmountAnswer,
    /// What of it came in here within the last day.
    last_day: AmountAnswer,
    /// By group, up to 20, those with the most bytes first.
    groups: Vec<GroupSpaceAnswer>,
    /// How many groups there are of which something is held.
    groups_total: usize,
    /// Set where most of what came within the last day is of one other group, and is much.
    note: Option<Trouble>,
}

/// What the entries of one group take up.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupSpaceAnswer {
    /// The group.
    group: Option<String>,
    /// Its name.
    name: String,
    /// All that is held of it.
    held: AmountAnswer,
    /// What of it came in here within the last day.
    last_day: AmountAnswer,
}

/// How much it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct AmountAnswer {
    /// Entries.
    entries: u64,
    /// Bytes: the bodies, and 100 for what lies beside each.
    bytes: u64,
}

impl From<Amount> for AmountAnswer {
    fn from(amount: Amount) -> Self {
        Self { entries: amount.entries, bytes: amount.bytes }
    }
}

impl From<Space> for SpaceAnswer {
    fn from(space: Space) -> Self {
        let (held, last_day) = (space.held().into(), space.last_day().into());
        let row = |row: GroupSpace| GroupSpaceAnswer {
            group: row.group.map(|group| group.to_string()),
            name: row.name,
            held: row.held.into(),
            last_day: row.last_day.into(),
        };
        let (groups, groups_total) = named(space.groups, row);
        Self { held, last_day, groups, groups_total, note: space.note.map(Trouble::from) }
    }
}

/// The first of a list, as the status names them, and how many there are.
fn named<T, A>(all: Vec<T>, name: impl FnMut(T) -> A) -> (Vec<A>, usize) {
    let total = all.len();
    (all.into_iter().take(NAMED).map(name).collect(), total)
}

impl From<trouble::Trouble> for Trouble {
    fn from(trouble: trouble::Trouble) -> Self {
        Self { what: trouble.what, hint: trouble.hint }
    }
}

/// An id with the name that goes with it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Named {
    /// The id.
    pub(crate) id: String,
    /// The name.
    pub(crate) name: Option<String>,
}

/// What is wrong, and what to do.
#[derive(Serialize, ToSchema)]
pub(crate) struct Trouble {
    /// What is wrong.
    what: String,
    /// What to do.
    hint: String,
}

/// Where to connect.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dial {
    /// A multiaddress.
    address: String,
}

/// How the node does.
#[utoipa::path(
    get, path = "/api/status", operation_id = "status", tag = "node",
    responses(
        (status = 200, description = "Where the node stands.", body = StatusAnswer),
        (status = 503, description = "The node is stopping.", body = ErrorAnswer),
    )
)]
pub(crate) async fn status(State(api): State<Api>) -> Result<Answer<StatusAnswer>, ApiError> {
    let status = api.handle.status().await?;
    let (standing, standing_why) = match status.standing {
        OwnStanding::Member => ("member", None),
        OwnStanding::NotSigned => ("not_signed", None),
        OwnStanding::Waiting => ("waiting", None),
        OwnStanding::LacksVouches(why) => ("lacks_vouches", Some(why)),
        OwnStanding::Pairing(why) => ("pairing", why),
        OwnStanding::Refused(why) => ("refused", Some(why)),
        OwnStanding::Withdrawn => ("withdrawn", None),
        OwnStanding::Removed(why) => ("removed", Some(why)),
    };
    let now = api.handle.now();
    let needs = api.handle.look(|views| needs(views, now, status.needs));
    let threat_review = match api.handle.look(threats::reviewed) {
        Reviewed::BeforeSync => "before_sync",
        Reviewed::Later => "later",
        Reviewed::NotYet => "not_yet",
        Reviewed::Missed => "missed",
    };
    let (peers, peers_total) = named(status.peers, Peer::from);
    let (faults, faults_total) = named(status.findings.faults, FaultItem::from);
    let (faulty_devices, faulty_devices_total) = named(status.findings.faulty_devices, FaultyDeviceItem::from);
    let (unreadable, unreadable_total) = named(status.findings.unreadable, UnreadableItem::from);
    Ok(Answer(StatusAnswer {
        threat_review,
        needs,
        faults,
        faults_total,
        faulty_devices,
        faulty_devices_total,
        unreadable,
        unreadable_total,
        coalition: Named { id: status.coalition.to_string(), name: status.coalition_name },
        group: Named { id: status.group.to_string(), name: Some(status.group_name) },
        device: status.device.to_string(),
        standing,
        standing_why,
        state_root: status.state_root.to_string(),
        members: status.members,
        records: status.records,
        pending: status.pending,
        peers,
        peers_total,
        http: api.tcp_address.map(|address| address.to_string()),
        listen: status.listen,
        troubles: status.troubles.into_iter().map(Trouble::from).collect(),
        space: status.space.into(),
    }))
}

/// Connects to an address.
#[utoipa::path(
    post, path = "/api/dial", operation_id = "dial", tag = "node",
    request_body = Dial,
    responses(
        (status = 200, description = "Done.", body = Done),
        (status = 400, description = "This is no address.", body = ErrorAnswer),
    )
)]
pub(crate) async fn dial(State(api): State<Api>, JsonBody(dial): JsonBody<Dial>) -> Result<Answer<Done>, ApiError> {
    api.handle.dial(dial.address).await?;
    Ok(Answer(Done {}))
}

/// Stops the node. Over the Unix socket only.
#[utoipa::path(
    post, path = "/api/stop", operation_id = "stop", tag = "node",
    responses(
        (status = 200, description = "Done.", body = Done),
        (status = 403, description = "This came over TCP.", body = ErrorAnswer),
    )
)]
pub(crate) async fn stop(State(api): State<Api>) -> Result<Answer<Done>, ApiError> {
    if api.door != Door::Socket {
        return Err(ApiError::refused("a node is stopped over its Unix socket only", "Use the socket in its home."));
    }
    api.handle.stop().await;
    Ok(Answer(Done {}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Acquaintance;
    use grid_protocol::id::GroupId;

    #[test]
    fn of_many_groups_those_that_wrote_most_are_named_and_all_are_counted() {
        let amount = |entries| Amount { entries, bytes: 100 * entries };
        let row = |number: u8| GroupSpace {
            group: Some(GroupId([number; 32])),
            name: format!("Group {number}"),
            held: amount(number.into()),
            last_day: amount(1),
        };
        let space = Space::of((1..=200).map(row).collect(), &GroupId([0; 32]), Acquaintance::New);
        let answer = SpaceAnswer::from(space);
        assert_eq!((answer.groups.len(), answer.groups_total), (NAMED, 200));
        assert_eq!((answer.groups[0].name.as_str(), answer.groups[19].name.as_str()), ("Group 200", "Group 181"));
        assert_eq!((answer.held.entries, answer.last_day.entries), (20_100, 200), "what is not named counts as well");
    }
}
