//! Undoing a change: what a record held before it is written again.

use super::Api;
use super::error::ApiError;
use super::find::find;
use super::input::{Answer, OptionalBody, Segments};
use super::pick;
use crate::handle::Target;
use axum::extract::State;
use grid_protocol::id::ChangeHash;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which change.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoRequest {
    /// The hash of the change, or its first letters; nothing means the last.
    change: Option<String>,
}

/// What was undone.
#[derive(Serialize, ToSchema)]
pub(crate) struct UndoAnswer {
    /// The record.
    id: String,
    /// Its heads after the write.
    heads: Vec<String>,
    /// The change that was undone.
    undone: String,
    /// The group that wrote it, by name, where it is known.
    written_by: Option<String>,
    /// Fields that hold again what they held before it.
    fields: Vec<String>,
    /// Fields that it changed too, and that somebody has changed since: they stay.
    kept: Vec<String>,
}

pub(crate) async fn undo(
    State(api): State<Api>,
    Segments((kind, id)): Segments<(String, String)>,
    OptionalBody(request): OptionalBody<UndoRequest>,
) -> Result<Answer<UndoAnswer>, ApiError> {
    let kind = api.kind(&kind)?;
    let found = api.handle.look(|views| find(views, &kind, &id))?;
    let Some(row) = found.row else {
        let message = format!("the {} {id} has no record yet", kind.name);
        return Err(ApiError::not_found(message, "It is there once the group has written it."));
    };
    let change = match request.change {
        None => None,
        Some(text) => {
            let prefix = pick::prefix(&text)?;
            let changes = api.handle.history(row.document).await?;
            let fits = changes.iter().map(|it| it.change).filter(|it| it.to_string().starts_with(&prefix)).collect();
            let hint = "The history lists the changes; what others wrote may still be on its way.";
            let shown = |change: &ChangeHash| (change.to_string(), String::new());
            Some(pick::only("change", &text, fits, shown, hint)?)
        }
    };
    let undoing = api.handle.undoing(row.document, change).await?;
    let written = api.handle.history(row.document).await?.into_iter().find(|it| it.change == undoing.change);
    let writer = written.and_then(|it| it.group);
    let written_by = api.handle.look(|views| writer.map(|group| views.name_of(&group)));
    let fields = undoing.patch.fields().map(|(name, _)| name.to_string()).collect();
    let written = api.handle.write(Target::Existing(row.document), undoing.patch).await?;
    Ok(Answer(UndoAnswer {
        id: written.document.to_string(),
        heads: written.heads.iter().map(ToString::to_string).collect(),
        undone: undoing.change.to_string(),
        written_by,
        fields,
        kept: undoing.kept.iter().map(ToString::to_string).collect(),
    }))
}
