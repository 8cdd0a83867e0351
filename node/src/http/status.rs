//! How the node does, and what it can be told to do itself: connect, stop.

use super::Api;
use super::auth::Door;
use super::error::{ApiError, ErrorAnswer};
use super::findings::{FaultItem, FaultyDeviceItem, UnreadableItem};
use super::input::{Answer, Done, JsonBody};
use super::needs::{Need, needs};
use crate::handle::OwnStanding;
use crate::space::{Amount, GroupSpace, Space};
use crate::threats::{self, Reviewed};
use crate::trouble;
use crate::view::PeerRow;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// Peers, connected now or known.
    peers: Vec<Peer>,
    /// Where this API listens on TCP.
    http: Option<String>,
    /// Where other nodes reach this one.
    listen: Vec<String>,
    /// What is wrong with this machine.
    troubles: Vec<Trouble>,
    /// What waits for the people of this group.
    needs: Vec<Need>,
    /// Rules that somebody broke, as control records show it; this group's own first.
    faults: Vec<FaultItem>,
    /// Devices of which changes count for nothing by a rule that no honest program breaks.
    faulty_devices: Vec<FaultyDeviceItem>,
    /// Records that this computer can't read.
    unreadable: Vec<UnreadableItem>,
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
    /// By group, those with the most bytes first.
    groups: Vec<GroupSpaceAnswer>,
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
        let groups = space.groups.into_iter().map(row).collect();
        Self { held, last_day, groups, note: space.note.map(Trouble::from) }
    }
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

/// A peer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Peer {
    /// Its group, once it is known as a member.
    group: Option<String>,
    /// The group's name.
    name: Option<String>,
    /// Its device.
    device: Option<String>,
    /// `tcp`, `quic` or `none`.
    #[schema(value_type = String)]
    path: crate::view::PeerPath,
    /// Its address, while connected.
    address: Option<String>,
    /// `in_sync`, `fetching`, `waiting`, `apart`, `offline` or `fault`.
    #[schema(value_type = String)]
    sync: crate::view::PeerState,
    /// When it was connected last, RFC 3339.
    last_seen: Option<String>,
    /// The last rule that it broke, in words.
    fault: Option<String>,
    /// What to do about that.
    hint: Option<&'static str>,
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

impl From<PeerRow> for Peer {
    fn from(peer: PeerRow) -> Self {
        let (sync, hint) = (peer.shown_sync(), peer.hint());
        Self {
            group: peer.group.map(|group| group.to_string()),
            name: peer.name,
            device: peer.device.map(|device| device.to_string()),
            path: peer.path,
            sync,
            hint,
            address: peer.address,
            last_seen: peer.last_seen.map(|time| time.to_string()),
            fault: peer.fault,
        }
    }
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
    Ok(Answer(StatusAnswer {
        threat_review,
        needs,
        faults: status.findings.faults.into_iter().map(FaultItem::from).collect(),
        faulty_devices: status.findings.faulty_devices.into_iter().map(FaultyDeviceItem::from).collect(),
        unreadable: status.findings.unreadable.into_iter().map(UnreadableItem::from).collect(),
        coalition: Named { id: status.coalition.to_string(), name: status.coalition_name },
        group: Named { id: status.group.to_string(), name: Some(status.group_name) },
        device: status.device.to_string(),
        standing,
        standing_why,
        state_root: status.state_root.to_string(),
        members: status.members,
        records: status.records,
        pending: status.pending,
        peers: status.peers.into_iter().map(Peer::from).collect(),
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
