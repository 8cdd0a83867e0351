//! Invites: made, listed, taken back.

use super::Api;
use super::error::{ApiError, ErrorAnswer};
use super::input::{Answer, Done, Items, JsonBody, Segments, Words};
use super::pick;
use crate::handle::InviteState;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// A week: long enough for a meeting, short enough to be forgotten safely.
const EXPIRES_S: u64 = 7 * 24 * 3_600;
/// The longest that an invite may last, in seconds: a year.
const MAX_EXPIRES_S: u64 = 365 * 24 * 3_600;

/// What invite to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InviteRequest {
    /// How many groups it lets in.
    #[serde(default = "one")]
    #[schema(minimum = 1)]
    count: u32,
    /// How long it lasts, in seconds; a week where nothing is said.
    #[serde(default = "a_week")]
    #[schema(minimum = 1)]
    expires_s: u64,
}

fn one() -> u32 {
    1
}

fn a_week() -> u64 {
    EXPIRES_S
}

/// A new invite.
#[derive(Serialize, ToSchema)]
pub(crate) struct InviteAnswer {
    /// The whole text, for a link or a file.
    invite: String,
    /// The short form, for a QR code.
    short: String,
    /// When it ends, RFC 3339.
    expires: String,
    /// Its slots.
    slots: Vec<u32>,
    /// The titles of the pages that it brings, to be read before signing; the short form brings none.
    pages: Vec<String>,
}

/// An invite of this device.
#[derive(Serialize, ToSchema)]
pub(crate) struct InviteItem {
    /// Its slot.
    slot: u32,
    /// The version of the statement that the slot belongs to: each has slots of its own.
    version: String,
    /// `open`, `expired`, `used` or `revoked`.
    state: &'static str,
    /// The group that used it.
    group: Option<String>,
    /// That group's name.
    name: Option<String>,
    /// When it ends, RFC 3339.
    expires: String,
}

/// Makes an invite.
#[utoipa::path(
    post, path = "/api/invites", operation_id = "invite_create", tag = "invites",
    request_body = InviteRequest,
    responses(
        (status = 200, description = "The invite.", body = InviteAnswer),
        (status = 400, description = "A number is out of range.", body = ErrorAnswer),
        (status = 403, description = "This group is no member, or its slots are used up.", body = ErrorAnswer),
    )
)]
pub(crate) async fn create(
    State(api): State<Api>,
    JsonBody(request): JsonBody<InviteRequest>,
) -> Result<Answer<InviteAnswer>, ApiError> {
    if request.count == 0 {
        return Err(ApiError::invalid("count: expected at least 1, found 0", "Say how many groups it lets in."));
    }
    if request.expires_s == 0 || request.expires_s > MAX_EXPIRES_S {
        let message = format!("expires_s: expected 1 to {MAX_EXPIRES_S} seconds, found {}", request.expires_s);
        return Err(ApiError::invalid(message, "Choose a time of up to a year."));
    }
    let invite = api.handle.invite(request.count, Duration::from_secs(request.expires_s)).await?;
    Ok(Answer(InviteAnswer {
        invite: invite.text,
        short: invite.short,
        expires: invite.expires.to_string(),
        slots: invite.slots,
        pages: invite.pages,
    }))
}

/// The invites that this device has issued.
#[utoipa::path(
    get, path = "/api/invites", operation_id = "invite_list", tag = "invites",
    responses(
        (status = 200, description = "The invites.", body = Items<InviteItem>),
    )
)]
pub(crate) async fn list(State(api): State<Api>) -> Result<Answer<Items<InviteItem>>, ApiError> {
    let rows = api.handle.invites().await?;
    let items = api.handle.look(|views| {
        let item = |row: crate::handle::InviteRow| {
            let (state, group) = match row.state {
                InviteState::Open => ("open", None),
                InviteState::Expired => ("expired", None),
                InviteState::Used(group) => ("used", Some(group)),
                InviteState::Revoked => ("revoked", None),
            };
            InviteItem {
                slot: row.slot,
                version: row.version.to_string(),
                state,
                group: group.map(|group| group.to_string()),
                name: group.map(|group| views.name_of(&group)),
                expires: row.expires.to_string(),
            }
        };
        rows.into_iter().map(item).collect()
    });
    Ok(Answer(Items { items }))
}

/// Takes back an invite that nobody has used.
#[utoipa::path(
    delete, path = "/api/invites/{slot}", operation_id = "invite_revoke", tag = "invites",
    params(("slot" = u32, Path), ("version" = Option<String>, Query, description = "Where several versions have such a slot: which one.")),
    responses(
        (status = 200, description = "Done.", body = Done),
        (status = 403, description = "It was used.", body = ErrorAnswer),
        (status = 404, description = "There is no such invite.", body = ErrorAnswer),
    )
)]
pub(crate) async fn revoke(
    State(api): State<Api>,
    Segments(slot): Segments<u32>,
    mut words: Words,
) -> Result<Answer<Done>, ApiError> {
    let version = words.take("version")?;
    words.nothing_else(&["version"])?;
    let version = api.handle.look(|views| pick::version_id(views, version.as_deref()))?;
    api.handle.revoke_invite(slot, version).await?;
    Ok(Answer(Done {}))
}
