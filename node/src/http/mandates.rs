//! Mandates: claimed, endorsed, taken back, given back.

use super::Api;
use super::error::{ApiError, ErrorAnswer};
use super::input::{Answer, Items, JsonBody, Segments};
use super::pick;
use super::status::Named;
use crate::handle::{Act, Claiming};
use crate::view::{MandateRow, MandateState, Views};
use axum::extract::State;
use grid_protocol::control::{Record, Role, Term};
use grid_protocol::id::{GroupId, RecordId};
use grid_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A mandate, as it stands now.
#[derive(Serialize, ToSchema)]
pub(crate) struct MandateItem {
    /// The id of the claim.
    id: String,
    /// The holder.
    group: String,
    /// The holder's name.
    group_name: String,
    /// Whether this group holds it.
    mine: bool,
    /// `steward`, `backbone`, `representative`, `fiscal-sponsor` or `speaker`.
    role: &'static str,
    /// For what, in words.
    scope: String,
    /// When its term begins, RFC 3339.
    from: String,
    /// When its term ends, RFC 3339.
    until: String,
    /// The version whose electors endorse it.
    version: String,
    /// The electors that endorse it.
    endorsers: Vec<Named>,
    /// How many it takes.
    needed: usize,
    /// Whether this group endorses it.
    endorsed: bool,
    /// Whether this group may endorse it: it is an elector of that version.
    elector: bool,
    /// `valid`, `upcoming`, `waiting` (for endorsements) or `over`.
    state: &'static str,
    /// Until when it is valid, or from when on, RFC 3339.
    state_at: Option<String>,
    /// When it holds and held: from, until.
    held: Vec<Interval>,
}

/// A time in which a mandate holds.
#[derive(Serialize, ToSchema)]
pub(crate) struct Interval {
    /// The first moment, RFC 3339.
    from: String,
    /// The first moment that is no longer part of it, RFC 3339.
    until: String,
}

/// A mandate to claim.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaimRequest {
    /// `steward`, `backbone`, `representative`, `fiscal-sponsor` or `speaker`.
    role: String,
    /// For what, in words.
    scope: String,
    /// When it begins, RFC 3339; now where nothing is said.
    from: Option<String>,
    /// When it ends, RFC 3339.
    until: String,
    /// The version whose electors endorse it; without one that which this group follows.
    version: Option<String>,
}

/// What became of a mandate.
#[derive(Serialize, ToSchema)]
pub(crate) struct MandateAnswer {
    /// The id of the claim that counts now.
    id: String,
}

fn item(views: &Views, row: &MandateRow, now: Timestamp) -> MandateItem {
    let named = |group: &GroupId| Named { id: group.to_string(), name: Some(views.name_of(group)) };
    let (state, state_at) = match row.state(now) {
        MandateState::Valid { until } => ("valid", Some(until)),
        MandateState::Upcoming { from } => ("upcoming", Some(from)),
        MandateState::Waiting => ("waiting", None),
        MandateState::Over => ("over", None),
    };
    let interval = |term: &Term| Interval { from: term.from.to_string(), until: term.to.to_string() };
    MandateItem {
        id: row.id.to_string(),
        group: row.group.to_string(),
        group_name: views.name_of(&row.group),
        mine: row.group == views.own,
        role: row.role.name(),
        scope: row.scope.clone(),
        from: row.term.from.to_string(),
        until: row.term.to.to_string(),
        version: row.version.to_string(),
        endorsers: row.endorsers.iter().map(named).collect(),
        needed: row.needed,
        endorsed: row.endorsers.contains(&views.own),
        elector: views.version(&row.version).is_some_and(|version| version.electors.contains(&views.own)),
        state,
        state_at: state_at.map(|at| at.to_string()),
        held: row.intervals.iter().map(interval).collect(),
    }
}

/// The mandates that groups claim, with who endorses them.
#[utoipa::path(
    get, path = "/api/mandates", operation_id = "mandate_list", tag = "mandates",
    responses((status = 200, description = "The mandates.", body = Items<MandateItem>))
)]
pub(crate) async fn list(State(api): State<Api>) -> Answer<Items<MandateItem>> {
    let now = api.handle.now();
    Answer(Items { items: api.handle.look(|views| views.mandates.iter().map(|row| item(views, row, now)).collect()) })
}

/// One mandate.
#[utoipa::path(
    get, path = "/api/mandates/{id}", operation_id = "mandate_show", tag = "mandates",
    params(("id" = String, Path, description = "The id, or its first letters (six or more) where only one fits.")),
    responses(
        (status = 200, description = "The mandate.", body = MandateItem),
        (status = 404, description = "There is no such mandate.", body = ErrorAnswer),
    )
)]
pub(crate) async fn show(
    State(api): State<Api>,
    Segments(id): Segments<String>,
) -> Result<Answer<MandateItem>, ApiError> {
    let now = api.handle.now();
    api.handle.look(|views| Ok(Answer(item(views, pick::mandate(views, &id)?, now))))
}

/// Claims a mandate for this group. It holds once enough electors endorse it.
#[utoipa::path(
    post, path = "/api/mandates", operation_id = "mandate_claim", tag = "mandates",
    request_body = ClaimRequest,
    responses(
        (status = 200, description = "Claimed.", body = MandateAnswer),
        (status = 400, description = "Something is out of bounds.", body = ErrorAnswer),
        (status = 403, description = "A rule forbids it.", body = ErrorAnswer),
    )
)]
pub(crate) async fn claim(
    State(api): State<Api>,
    JsonBody(request): JsonBody<ClaimRequest>,
) -> Result<Answer<MandateAnswer>, ApiError> {
    let role = Role::ALL.into_iter().find(|role| role.name() == request.role).ok_or_else(|| {
        let known = Role::ALL.map(Role::name).join(", ");
        let shown: String = request.role.chars().take(80).collect();
        ApiError::invalid(format!("role: expected one of {known}, found {shown:?}"), "Choose one of them.")
    })?;
    let from = match &request.from {
        Some(from) => time("from", from)?,
        None => api.handle.now(),
    };
    let term = Term { from, to: time("until", &request.until)? };
    let version = api.handle.look(|views| pick::version_id(views, request.version.as_deref()))?;
    let claiming = Claiming { role, scope: request.scope, term, version };
    answer(api.handle.act(Act::Claim(claiming)).await?)
}

/// Gives a mandate back that this group claimed.
#[utoipa::path(
    delete, path = "/api/mandates/{id}", operation_id = "mandate_give_back", tag = "mandates",
    params(("id" = String, Path, description = "The id, or its first letters.")),
    responses(
        (status = 200, description = "Given back; the claim that stands in its place is over.", body = MandateAnswer),
        (status = 403, description = "It is another group's, or a rule forbids it.", body = ErrorAnswer),
        (status = 404, description = "There is no such mandate.", body = ErrorAnswer),
    )
)]
pub(crate) async fn give_back(
    State(api): State<Api>,
    Segments(id): Segments<String>,
) -> Result<Answer<MandateAnswer>, ApiError> {
    let (mandate, group) = find(&api, &id)?;
    let given = api.handle.act(Act::GiveBack(mandate)).await;
    answer(given.map_err(|error| match error {
        crate::handle::CommandError::NotYours { .. } => {
            crate::handle::CommandError::NotYours { owner: api.handle.look(|views| views.name_of(&group)) }
        }
        other => other,
    })?)
}

/// Endorses a mandate. Only electors of its version may.
#[utoipa::path(
    post, path = "/api/mandates/{id}/endorsement", operation_id = "mandate_endorse", tag = "mandates",
    params(("id" = String, Path, description = "The id, or its first letters.")),
    responses(
        (status = 200, description = "Endorsed.", body = MandateAnswer),
        (status = 403, description = "A rule forbids it.", body = ErrorAnswer),
        (status = 404, description = "There is no such mandate.", body = ErrorAnswer),
    )
)]
pub(crate) async fn endorse(
    State(api): State<Api>,
    Segments(id): Segments<String>,
) -> Result<Answer<MandateAnswer>, ApiError> {
    let (mandate, _) = find(&api, &id)?;
    answer(api.handle.act(Act::Endorse(mandate)).await?)
}

/// Takes this group's endorsement back.
#[utoipa::path(
    delete, path = "/api/mandates/{id}/endorsement", operation_id = "mandate_take_back", tag = "mandates",
    params(("id" = String, Path, description = "The id, or its first letters.")),
    responses(
        (status = 200, description = "Taken back.", body = MandateAnswer),
        (status = 403, description = "This group does not endorse it.", body = ErrorAnswer),
        (status = 404, description = "There is no such mandate.", body = ErrorAnswer),
    )
)]
pub(crate) async fn take_back(
    State(api): State<Api>,
    Segments(id): Segments<String>,
) -> Result<Answer<MandateAnswer>, ApiError> {
    let (mandate, _) = find(&api, &id)?;
    answer(api.handle.act(Act::TakeBack(mandate)).await?)
}

fn find(api: &Api, id: &str) -> Result<(RecordId, GroupId), ApiError> {
    api.handle.look(|views| pick::mandate(views, id).map(|row| (row.id, row.group)))
}

fn answer(record: Record) -> Result<Answer<MandateAnswer>, ApiError> {
    let id = match &record {
        Record::Mandate(claim) => claim.id(),
        Record::Endorsement(word) => word.body.mandate,
        _ => return Err(ApiError::internal("the node signed something else than a word on a mandate")),
    };
    Ok(Answer(MandateAnswer { id: id.to_string() }))
}

/// A moment that a request names.
fn time(field: &str, text: &str) -> Result<Timestamp, ApiError> {
    let moment = text.parse::<jiff::Timestamp>().ok();
    moment.and_then(|moment| u64::try_from(moment.as_millisecond()).ok()).map(Timestamp).ok_or_else(|| {
        let shown: String = text.chars().take(80).collect();
        let message = format!("{field}: expected a moment after 1970 in RFC 3339, found {shown:?}");
        ApiError::invalid(message, "Give it like 2027-03-01T00:00:00Z.")
    })
}
