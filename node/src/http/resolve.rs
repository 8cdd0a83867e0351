//! What a person means where a field refers to another record: an id, the beginning of one, or a title.

use super::Api;
use super::error::ApiError;
use super::filter::no_field;
use super::input::{Answer, Segments, Words};
use super::pick::{self, MIN_PREFIX};
use crate::view::Views;
use axum::extract::State;
use grid_protocol::id::DocumentId;
use grid_protocol::record::{Field, Kind, KindRole, RecordHome, Targets};
use serde::Serialize;
use utoipa::ToSchema;

/// The letters of a whole id.
const WHOLE: usize = 52;

/// What is meant.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeantAnswer {
    /// Its id.
    id: String,
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

fn meant_by(views: &Views, kind: &Kind, field: &Field, meant: &str) -> Result<MeantAnswer, ApiError> {
    let Some(targets) = field.field_type.targets() else {
        let message = format!("{} of {} refers to no record", field.name, kind.one());
        return Err(ApiError::invalid(message, "Only fields of the types reference and references do."));
    };
    let meant_lower = meant.to_lowercase();
    if meant.len() == WHOLE && meant_lower.parse::<DocumentId>().is_ok() {
        return Ok(MeantAnswer { title: views.title_of_id(&meant_lower), id: meant_lower });
    }
    let profile = views.registry.with_role(KindRole::Profile).map(|kind| kind.name.clone()).unwrap_or_default();
    if targets.only() == Some(&*profile) {
        let group = pick::group(views, meant)?;
        return Ok(MeantAnswer { id: group.to_string(), title: Some(views.name_of(&group)) });
    }
    let mut fits = Vec::new();
    // What stays here is never named in what travels.
    let travels = kind.home() == RecordHome::Log && field.audience.travels();
    let kinds = views.registry.kinds().filter(|kind| targets.take(&kind.name));
    for kind in kinds.filter(|kind| !travels || kind.home() == RecordHome::Log) {
        let by_id = match meant.len() >= MIN_PREFIX && pick::prefix(meant).is_ok() {
            true => views.records.with_prefix(&kind.name, &meant_lower),
            false => Vec::new(),
        };
        let named = |title: &str| title.to_lowercase() == meant_lower;
        let by_title = views.records.of_kind(&kind.name).filter(|row| named(kind.title_of(&row.values)));
        for row in by_id.into_iter().filter(|row| !row.is_removed()).chain(by_title) {
            let found = (row.document.to_string(), kind.title_of(&row.values).to_owned());
            if !fits.contains(&found) {
                fits.push(found);
            }
        }
    }
    if fits.is_empty()
        && (matches!(targets, Targets::Any) || targets.take(&profile))
        && let Ok(group) = pick::group(views, meant)
    {
        return Ok(MeantAnswer { id: group.to_string(), title: Some(views.name_of(&group)) });
    }
    let hint = "Give an id, its first six letters, or the whole title; what others wrote may still be on its way.";
    let (id, title) = pick::only(&targets.to_string(), meant, fits, Clone::clone, hint)?;
    Ok(MeantAnswer { id, title: Some(title) })
}
