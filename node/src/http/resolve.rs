//! What a person means where a field refers to another record: an id, the beginning of one, or a title.

use super::Api;
use super::error::ApiError;
use super::filter::no_field;
use super::input::{Answer, Segments, Words};
use crate::view::Views;
use crate::view::told::{Untold, WHOLE, only};
use axum::extract::State;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::{Field, Kind, KindRole, RecordHome};
use grid_protocol::replica::Row;
use serde::Serialize;
use utoipa::ToSchema;

/// What is meant.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeantAnswer {
    /// Its id.
    pub(super) id: String,
    /// Its title, where it is here.
    title: Option<String>,
}

/// What a text means in a field that refers to other records: an id, the first letters of one, or a title.
#[utoipa::path(get, path = "/api/resolve/{kind}/{field}", tag = "records",
    params(("kind", description = "the kind that has the field"), ("field", description = "the field"),
        ("meant" = String, Query, description = "an id, its first letters, or a title")),
    responses((status = 200, description = "The record that is meant.", body = MeantAnswer)))]
pub(crate) async fn resolve(
    State(api): State<Api>,
    Segments((kind, field)): Segments<(String, String)>,
    mut words: Words,
) -> Result<Answer<MeantAnswer>, ApiError> {
    let kind = api.kind(&kind)?;
    let meant = words.take("meant")?.unwrap_or_default();
    words.nothing_else(&["meant"])?;
    let field = kind.field(&field).ok_or_else(|| no_field(&kind, &field))?;
    api.handle.look(|views| meant_by(views, &kind, field, meant.trim())).map(Answer)
}

/// Whether an error tells what is called like that which nothing is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alike {
    /// For people who typed it.
    Told,
    /// For the many rows of a file.
    LeftOut,
}

/// What is meant in a field that refers to other records, for people.
pub(super) fn meant_by(views: &Views, kind: &Kind, field: &Field, meant: &str) -> Result<MeantAnswer, ApiError> {
    meant_as(views, kind, field, meant, Alike::Told)
}

/// What is meant in a field that refers to other records.
pub(super) fn meant_as(
    views: &Views,
    kind: &Kind,
    field: &Field,
    meant: &str,
    alike: Alike,
) -> Result<MeantAnswer, ApiError> {
    let Some(targets) = field.field_type.targets() else {
        let message = format!("{} of {} refers to no record", field.name, kind.one());
        return Err(ApiError::invalid(message, "Only fields of the types reference and references do."));
    };
    let whole = meant.to_ascii_lowercase();
    if whole.len() == WHOLE && whole.parse::<DocumentId>().is_ok() {
        return Ok(MeantAnswer { title: views.title_of_id(&whole), id: whole });
    }
    let profile = views.registry.with_role(KindRole::Profile).map(|kind| kind.name.clone()).unwrap_or_default();
    if targets.only() == Some(&*profile) {
        return Ok(group(views, views.group_meant(meant)?));
    }
    // What stays here is never named in what travels.
    let travels = kind.home() == RecordHome::Log && field.audience.travels();
    let kinds = views.registry.kinds().filter(|kind| targets.take(&kind.name) && kind.name != profile);
    let kinds: Vec<&str> =
        kinds.filter(|kind| !travels || kind.home() == RecordHome::Log).map(|kind| &*kind.name).collect();
    let found = match alike {
        Alike::Told => views.record_meant(&kinds, meant),
        Alike::LeftOut => views.record_told(&kinds, meant),
    };
    let record = found.map(|row| record(views, row));
    if !targets.take(&profile) {
        return Ok(record?);
    }
    let (record, group) = match (record, views.group_meant(meant).map(|id| group(views, id))) {
        (Err(Untold::Nothing { told, near, .. }), Err(Untold::Nothing { near: groups, .. })) => {
            let near = near.into_iter().chain(groups).collect();
            return Err(Untold::Nothing { what: targets.to_string(), told, near }.into());
        }
        (Err(Untold::Nothing { .. }), group) => return Ok(group?),
        (record, Err(Untold::Nothing { .. })) => return Ok(record?),
        (record, group) => (record?, group?),
    };
    let called = |one: &MeantAnswer| (one.title.clone().unwrap_or_default(), one.id.clone());
    Ok(only(&targets.to_string(), meant, vec![record, group], called)?)
}

fn record(views: &Views, row: &Row) -> MeantAnswer {
    MeantAnswer { id: row.document.to_string(), title: Some(views.title_of(row)) }
}

fn group(views: &Views, group: GroupId) -> MeantAnswer {
    MeantAnswer { id: group.to_string(), title: Some(views.name_of(&group)) }
}
