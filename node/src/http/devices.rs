//! The computers of this group and of the others: listed, let in, ended.

use super::Api;
use super::error::{ApiError, ErrorAnswer};
use super::input::{Answer, Items, JsonBody, Segments, Words};
use crate::handle::{AddDevice, CutAt, DevicePlace, DeviceRow, DeviceState, Governing, Revocation, Touched};
use axum::extract::State;
use grid_protocol::control::Capabilities;
use grid_protocol::key::DeviceId;
use grid_protocol::limits::MAX_NAME;
use grid_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// An hour: both computers are at hand.
const EXPIRES_S: u64 = 3_600;
/// The longest that a code may last, in seconds: a week.
const MAX_EXPIRES_S: u64 = 7 * 24 * 3_600;
/// The shortest beginning of an id that is looked up.
const MIN_PREFIX: usize = 6;

/// What code to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceRequest {
    /// What the computer is called.
    label: Option<String>,
    /// Whether it may sign, invite and vote for the group.
    #[serde(default)]
    govern: bool,
    /// How long the code holds, in seconds; an hour where nothing is said.
    #[serde(default = "an_hour")]
    #[schema(minimum = 1)]
    expires_s: u64,
}

fn an_hour() -> u64 {
    EXPIRES_S
}

/// A code for a further computer.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceCode {
    /// The code; whoever has it first can use it, once. The node has to run until then.
    code: String,
    /// When it ends, RFC 3339.
    expires: String,
}

/// A computer.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceItem {
    /// Its id.
    device: String,
    /// What its group calls it.
    label: String,
    /// Its group.
    group: String,
    /// The group's name.
    group_name: String,
    /// Whether it is the computer of this node.
    this: bool,
    /// Whether it is one of this group.
    own: bool,
    /// Whether it signs, invites and votes for its group.
    governs: bool,
    /// What its certificates let it do: `write`, `govern`, `relay`.
    may: Vec<&'static str>,
    /// `active`, `revoked`, `forked` or `disputed`.
    state: &'static str,
    /// The first of its entries that does not count; null where all do.
    cut: Option<u64>,
    /// How many of its entries are held here.
    entries: u64,
    /// `tcp`, `quic` or `none`.
    #[schema(value_type = String)]
    path: crate::view::PeerPath,
    /// When it was connected last, RFC 3339; now, while it is.
    last_seen: Option<String>,
}

/// Where the log of a computer is to end; where neither is said, behind the last entry that is held here.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevocationRequest {
    /// Before this entry.
    before_seq: Option<u64>,
    /// Before the first entry that claims this time or a later one, RFC 3339.
    before_time: Option<String>,
}

/// What ending a computer does.
#[derive(Serialize, ToSchema)]
pub(crate) struct RevocationAnswer {
    /// The computer.
    device: DeviceItem,
    /// Its log ends before this entry.
    cut: u64,
    /// How many of its entries stay.
    kept: u64,
    /// When the last of those was written, RFC 3339.
    kept_until: Option<String>,
    /// How many that are held here do not count then, except where others have built on them.
    lost: u64,
    /// The records that those changed, at most 100.
    records: Vec<TouchedItem>,
}

/// A record.
#[derive(Serialize, ToSchema)]
pub(crate) struct TouchedItem {
    /// Its id.
    id: String,
    /// Its kind, where known.
    kind: Option<String>,
    /// Its title, where known.
    title: Option<String>,
}

impl From<DeviceRow> for DeviceItem {
    fn from(row: DeviceRow) -> Self {
        let rights = [(Capabilities::WRITE, "write"), (Capabilities::GOVERN, "govern"), (Capabilities::RELAY, "relay")];
        Self {
            device: row.device.to_string(),
            label: row.label,
            group: row.group.to_string(),
            group_name: row.group_name,
            this: row.place == DevicePlace::This,
            own: row.place != DevicePlace::Other,
            governs: row.governs,
            may: rights.into_iter().filter(|(right, _)| row.capabilities.has(*right)).map(|(_, name)| name).collect(),
            state: match row.state {
                DeviceState::Active => "active",
                DeviceState::Revoked => "revoked",
                DeviceState::Forked => "forked",
                DeviceState::Disputed => "disputed",
            },
            cut: row.cut,
            entries: row.entries,
            path: row.path,
            last_seen: row.last_seen.map(|time| time.to_string()),
        }
    }
}

impl From<Touched> for TouchedItem {
    fn from(touched: Touched) -> Self {
        Self { id: touched.document.to_string(), kind: touched.kind, title: touched.title }
    }
}

impl From<Revocation> for RevocationAnswer {
    fn from(planned: Revocation) -> Self {
        Self {
            cut: planned.seq,
            kept: planned.seq,
            kept_until: planned.kept_until.map(|time| time.to_string()),
            lost: planned.lost,
            records: planned.records.into_iter().map(TouchedItem::from).collect(),
            device: planned.device.into(),
        }
    }
}

/// The computers of this group and of the members, this one first.
#[utoipa::path(
    get, path = "/api/devices", operation_id = "device_list", tag = "devices",
    responses(
        (status = 200, description = "The computers.", body = Items<DeviceItem>),
    )
)]
pub(crate) async fn list(State(api): State<Api>) -> Result<Answer<Items<DeviceItem>>, ApiError> {
    let items = api.handle.devices().await?.into_iter().map(DeviceItem::from).collect();
    Ok(Answer(Items { items }))
}

/// Makes a code for a further computer of this group. The code holds as long as this node runs.
#[utoipa::path(
    post, path = "/api/devices", operation_id = "device_add", tag = "devices",
    request_body = DeviceRequest,
    responses(
        (status = 200, description = "The code.", body = DeviceCode),
        (status = 400, description = "A number or the label is out of range.", body = ErrorAnswer),
        (status = 403, description = "This computer does not hold the group's key, or there is no room.",
            body = ErrorAnswer),
    )
)]
pub(crate) async fn add(
    State(api): State<Api>,
    JsonBody(request): JsonBody<DeviceRequest>,
) -> Result<Answer<DeviceCode>, ApiError> {
    if request.expires_s == 0 || request.expires_s > MAX_EXPIRES_S {
        let message = format!("expires_s: expected 1 to {MAX_EXPIRES_S} seconds, found {}", request.expires_s);
        return Err(ApiError::invalid(message, "Choose a time of up to a week."));
    }
    let label = request.label.filter(|label| !label.trim().is_empty());
    if label.as_ref().is_some_and(|label| label.len() > MAX_NAME || label.chars().any(char::is_control)) {
        let message = format!("label: expected one line of at most {MAX_NAME} bytes");
        return Err(ApiError::invalid(message, "Choose a shorter name."));
    }
    let governing = if request.govern { Governing::Yes } else { Governing::No };
    let device = AddDevice { label, governing, expires: Duration::from_secs(request.expires_s) };
    let pairing = api.handle.add_device(device).await?;
    Ok(Answer(DeviceCode { code: pairing.code, expires: pairing.expires.to_string() }))
}

/// What ending a computer of this group would do.
#[utoipa::path(
    get, path = "/api/devices/{device}/revocation", operation_id = "device_revocation", tag = "devices",
    params(
        ("device" = String, Path, description = "The id, or its first letters (six or more) where only one fits."),
        ("before_seq" = Option<u64>, Query), ("before_time" = Option<String>, Query),
    ),
    responses(
        (status = 200, description = "What would stay, and what would not count any more.", body = RevocationAnswer),
        (status = 400, description = "There is no such place in its log.", body = ErrorAnswer),
        (status = 403, description = "It can't be ended, or not from here.", body = ErrorAnswer),
        (status = 404, description = "There is no such computer.", body = ErrorAnswer),
    )
)]
pub(crate) async fn revocation(
    State(api): State<Api>,
    Segments(device): Segments<String>,
    mut words: Words,
) -> Result<Answer<RevocationAnswer>, ApiError> {
    let before_seq = words.parse("before_seq", "a number")?;
    let before_time = words.take("before_time")?;
    words.nothing_else(&["before_seq", "before_time"])?;
    let at = cut_at(&RevocationRequest { before_seq, before_time })?;
    let device = find(&api, &device).await?;
    Ok(Answer(api.handle.revocation(device, at).await?.into()))
}

/// Ends a computer of this group: its log counts up to the cut only.
#[utoipa::path(
    post, path = "/api/devices/{device}/revocation", operation_id = "device_revoke", tag = "devices",
    params(("device" = String, Path)),
    request_body = RevocationRequest,
    responses(
        (status = 200, description = "It is ended.", body = RevocationAnswer),
        (status = 400, description = "There is no such place in its log.", body = ErrorAnswer),
        (status = 403, description = "It can't be ended, or not from here.", body = ErrorAnswer),
        (status = 404, description = "There is no such computer.", body = ErrorAnswer),
    )
)]
pub(crate) async fn revoke(
    State(api): State<Api>,
    Segments(device): Segments<String>,
    JsonBody(request): JsonBody<RevocationRequest>,
) -> Result<Answer<RevocationAnswer>, ApiError> {
    let at = cut_at(&request)?;
    let device = find(&api, &device).await?;
    Ok(Answer(api.handle.revoke_device(device, at).await?.into()))
}

/// That a home was moved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MovedRequest {
    /// Must be true: two homes that write with the same keys contradict each other, and what they write then is lost.
    no_other_copy_will_run: bool,
}

/// That a home goes on.
#[derive(Serialize, ToSchema)]
pub(crate) struct MovedAnswer {
    /// True.
    moved: bool,
}

/// Takes this home on, which was moved or put back from a backup, with the keys that it has. It writes once enough
/// other nodes have said how much it had written; `/api/status` says so until then.
#[utoipa::path(
    post, path = "/api/devices/moved", operation_id = "device_moved", tag = "devices",
    request_body = MovedRequest,
    responses(
        (status = 200, description = "It goes on.", body = MovedAnswer),
        (status = 400, description = "It was not said that no other copy will run.", body = ErrorAnswer),
        (status = 403, description = "Nothing shows that it was moved, copied or put back.", body = ErrorAnswer),
    )
)]
pub(crate) async fn moved(
    State(api): State<Api>,
    JsonBody(request): JsonBody<MovedRequest>,
) -> Result<Answer<MovedAnswer>, ApiError> {
    if !request.no_other_copy_will_run {
        return Err(ApiError::invalid(
            "no_other_copy_will_run: expected true",
            "Where another copy goes on, delete this one and add a further computer; if you are not sure, stop the node and \
             type `grid device renew`.",
        ));
    }
    api.handle.moved().await?;
    Ok(Answer(MovedAnswer { moved: true }))
}

fn cut_at(request: &RevocationRequest) -> Result<CutAt, ApiError> {
    match (request.before_seq, &request.before_time) {
        (Some(_), Some(_)) => {
            Err(ApiError::invalid("before_seq and before_time are both given", "Give one of the two."))
        }
        (Some(seq), None) => Ok(CutAt::Seq(seq)),
        (None, None) => Ok(CutAt::Held),
        (None, Some(text)) => {
            let time = text.parse::<jiff::Timestamp>().ok().and_then(|time| u64::try_from(time.as_millisecond()).ok());
            time.map(|time| CutAt::Time(Timestamp(time))).ok_or_else(|| {
                let shown: String = text.chars().take(80).collect();
                let message = format!("before_time: expected a time such as 2026-11-30T10:00:00Z, found {shown:?}");
                ApiError::invalid(message, "Give it in RFC 3339.")
            })
        }
    }
}

/// The device that an id, or the beginning of one, stands for.
pub(super) async fn find(api: &Api, id: &str) -> Result<DeviceId, ApiError> {
    let prefix = id.to_ascii_lowercase();
    let rows = api.handle.devices().await?;
    let fitting: Vec<&DeviceRow> = rows
        .iter()
        .filter(|row| prefix.len() >= MIN_PREFIX && row.device.to_string().starts_with(&prefix) || row.label == id)
        .collect();
    let shown: String = id.chars().take(80).collect();
    match fitting.as_slice() {
        [only] => Ok(only.device),
        [] => Err(ApiError::not_found(
            format!("there is no computer {shown:?} here"),
            "List them to see their ids; the first six letters are enough where only one fits.",
        )),
        several => {
            // A label is a name within a group: the own one is meant first.
            let own: Vec<_> = several.iter().filter(|row| row.place != DevicePlace::Other).collect();
            match own.as_slice() {
                [only] => Ok(only.device),
                _ => Err(ApiError::invalid(
                    format!("{shown:?} fits {} computers", several.len()),
                    "Give more letters of the id.",
                )),
            }
        }
    }
}
