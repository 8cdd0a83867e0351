//! The statement: its text, who has signed it, this group's own signature.

use super::error::{ApiError, ErrorAnswer};
use super::input::{Answer, Done, Download, OptionalBody, Words};
use super::versions::{self, PolicyItem};
use super::{Api, pick};
use crate::handle::Act;
use axum::extract::State;
use grid_protocol::control::Record;
use grid_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The statement in force.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatementAnswer {
    /// Its title.
    title: String,
    /// Its text.
    text: String,
    /// The policies that come with it.
    policies: Vec<PolicyItem>,
    /// The hash of the text.
    hash: String,
    /// The version that is signed.
    version: String,
    /// The signatures in force.
    signatures: Vec<SignatureItem>,
}

/// A signature in force.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignatureItem {
    /// The group.
    group: String,
    /// Its name.
    name: String,
    /// The public key that signed, in hex.
    key: String,
    /// The Ed25519 signature, in hex.
    signature: String,
    /// When the group says that it signed, RFC 3339.
    signed_at: String,
}

/// This group's own signature.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedAnswer {
    /// The group.
    group: String,
    /// The version that it signed.
    version: String,
    /// When it signed, RFC 3339.
    signed_at: String,
}

/// What to sign.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SignRequest {
    /// The version, by its id or the beginning of it; without one the newest on the way that this group follows.
    version: Option<String>,
}

/// The statement in force and its signatures.
#[utoipa::path(
    get, path = "/api/statement", operation_id = "statement_show", tag = "statement",
    responses(
        (status = 200, description = "The statement.", body = StatementAnswer),
        (status = 404, description = "The founding records are not here yet.", body = ErrorAnswer),
    )
)]
pub(crate) async fn show(State(api): State<Api>) -> Result<Answer<StatementAnswer>, ApiError> {
    let Some(statement) = api.handle.look(|views| views.statement.clone()) else {
        return Err(ApiError::not_found(
            "the statement is not here yet",
            "It comes with the founding records, as soon as a node of the coalition can be reached.",
        ));
    };
    let signature = |row: crate::view::SignatureRow| SignatureItem {
        group: row.group.to_string(),
        name: row.name,
        key: row.key,
        signature: row.signature,
        signed_at: row.signed_at.to_string(),
    };
    Ok(Answer(StatementAnswer {
        title: statement.title,
        text: statement.text,
        policies: versions::policies(&statement.policies),
        hash: statement.hash.to_string(),
        version: statement.version.to_string(),
        signatures: statement.signatures.into_iter().map(signature).collect(),
    }))
}

/// Signs an adopted version for this group: from then on it follows that one. The body may be left out.
#[utoipa::path(
    post, path = "/api/statement/signature", operation_id = "statement_sign", tag = "statement",
    request_body = SignRequest,
    responses(
        (status = 200, description = "Signed.", body = SignedAnswer),
        (status = 403, description = "A rule forbids it.", body = ErrorAnswer),
    )
)]
pub(crate) async fn sign(
    State(api): State<Api>,
    OptionalBody(request): OptionalBody<SignRequest>,
) -> Result<Answer<SignedAnswer>, ApiError> {
    let version = api.handle.look(|views| pick::version_id(views, request.version.as_deref()))?;
    match api.handle.act(Act::Sign { version }).await? {
        Record::Signature(signed) => Ok(Answer(SignedAnswer {
            group: signed.body.group.to_string(),
            version: signed.body.version.to_string(),
            signed_at: Timestamp(signed.body.signed_at.0).to_string(),
        })),
        _ => Err(ApiError::internal("the node signed something else than the statement")),
    }
}

/// Withdraws this group's signature: it is no member any more; what it wrote stays.
#[utoipa::path(
    delete, path = "/api/statement/signature", operation_id = "statement_withdraw", tag = "statement",
    responses(
        (status = 200, description = "Done.", body = Done),
        (status = 403, description = "A rule forbids it.", body = ErrorAnswer),
    )
)]
pub(crate) async fn withdraw(State(api): State<Api>) -> Result<Answer<Done>, ApiError> {
    api.handle.withdraw().await?;
    Ok(Answer(Done {}))
}

/// A version with its signatures, as a file that a stranger can verify; without one that which is followed.
#[utoipa::path(
    get, path = "/api/statement/sheet", operation_id = "statement_sheet", tag = "statement",
    params(("version" = Option<String>, Query, description = "The id, or its first letters.")),
    responses(
        (status = 200, description = "The sheet.", content_type = "application/json", body = Object),
        (status = 404, description = "The founding records are not here yet.", body = ErrorAnswer),
    )
)]
pub(crate) async fn sheet(State(api): State<Api>, mut words: Words) -> Result<Download, ApiError> {
    let version = words.take("version")?;
    words.nothing_else(&["version"])?;
    let version = api.handle.look(|views| pick::version_id(views, version.as_deref()))?;
    let bytes = api.handle.sheet(version).await?;
    Ok(Download { content_type: "application/json", name: "statement.json".to_owned(), bytes })
}
