//! Undoing a change: what a record held before it is written again.

use super::Api;
use super::error::ApiError;
use super::find::find;
use super::history::{change, worked_out};
use super::input::{Answer, OptionalBody, Segments};
use super::pick;
use crate::handle::{CommandError, Target};
use crate::view::Views;
use axum::extract::State;
use grid_protocol::replica::{Past, Taking, UndoError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which change. Where nothing is said: the last one of the own group.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoRequest {
    /// The hash of the change, or its first letters.
    change: Option<String>,
    /// The group whose last change is meant: its name or its id.
    of: Option<String>,
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
    let past = api.handle.past(row.document).await?;
    let taking = api.handle.look(|views| request.taking(views, &past))?;
    let undoing = worked_out(move || past.undoing(taking)).await?;
    let undoing = undoing.map_err(|error| api.handle.look(|views| refused(views, &error)))?;
    let written_by = api.handle.look(|views| undoing.writer.map(|group| views.name_of(&group)));
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

impl UndoRequest {
    fn taking(&self, views: &Views, past: &Past) -> Result<Taking, ApiError> {
        match (&self.change, &self.of) {
            (Some(_), Some(_)) => {
                let hint = "A change has one group that wrote it.";
                Err(ApiError::invalid("change and of: expected one of them, found both", hint))
            }
            (Some(text), None) => change(past, text).map(Taking::Change),
            (None, Some(told)) => pick::group(views, told).map(Taking::LastOf),
            (None, None) => Ok(Taking::OwnLast),
        }
    }
}

/// Why a change can't be undone, and of whom it is, where that matters.
fn refused(views: &Views, error: &UndoError) -> ApiError {
    let (why, hint) = match error {
        UndoError::Others { change, writer: Some(writer) } => {
            let (name, change) = (views.name_of(writer), change.short());
            let why = format!(
                "your group has changed nothing here that could be undone; the last change, {change}, is that of {name}"
            );
            (why, format!("To take that one back: `--of \"{name}\"`, or `--change` with its letters in the history."))
        }
        error => (error.to_string(), error.hint().to_owned()),
    };
    CommandError::Refused { why, hint }.into()
}
