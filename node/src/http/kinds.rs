//! The kinds of records, described: what forms, command lines and importers need to know.

use super::Api;
use super::error::{ApiError, ErrorAnswer};
use super::input::{Answer, Items, Segments};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use grid_protocol::record::{Field, FieldType, Kind, Singleton, WriteRule};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// A kind of records.
#[derive(Serialize, ToSchema)]
pub(crate) struct KindItem {
    /// Its name in paths and commands.
    name: String,
    /// More than one of it.
    plural: String,
    /// What it is.
    about: String,
    /// Whether a group has exactly one.
    singleton: bool,
    /// Who writes its records: `owner` or `members`.
    rule: &'static str,
    /// The field that names a record.
    title: String,
    /// Commands beside those that every kind has.
    verbs: Vec<String>,
    /// Its fields.
    fields: Vec<FieldItem>,
    /// The JSON Schema of its records.
    #[schema(value_type = Object)]
    schema: Value,
}

/// A field of a kind.
#[derive(Serialize, ToSchema)]
pub(crate) struct FieldItem {
    /// Its name.
    name: String,
    /// The name as people read it.
    label: String,
    /// What it holds.
    r#type: &'static str,
    /// What it is for.
    help: String,
    /// The words that it takes; empty where it takes any.
    choices: Vec<String>,
    /// Headings under which foreign tables carry it.
    aliases: Vec<String>,
    /// Who reads it: `public` or `coalition`.
    audience: String,
    /// Whether it holds several values.
    list: bool,
}

impl From<&Kind> for KindItem {
    fn from(kind: &Kind) -> Self {
        Self {
            name: kind.name.clone(),
            plural: kind.plural.clone(),
            about: kind.about.clone(),
            singleton: kind.singleton == Singleton::OncePerGroup,
            rule: match kind.rule {
                WriteRule::Owner => "owner",
                WriteRule::Members => "members",
            },
            title: kind.title.to_string(),
            verbs: kind.verbs.clone(),
            fields: kind.fields.iter().map(FieldItem::from).collect(),
            schema: kind.schema(),
        }
    }
}

impl From<&Field> for FieldItem {
    fn from(field: &Field) -> Self {
        Self {
            name: field.name.to_string(),
            label: field.label(),
            r#type: field.field_type.name(),
            help: field.about.clone(),
            choices: match &field.field_type {
                FieldType::Choice(choices) => choices.iter().map(|choice| choice.word.clone()).collect(),
                _ => Vec::new(),
            },
            aliases: field.aliases.clone(),
            audience: field.audience.to_string(),
            list: field.field_type.is_set(),
        }
    }
}

impl Api {
    /// The kind of this name.
    pub(super) fn kind(&self, name: &str) -> Result<Arc<Kind>, ApiError> {
        self.handle.look(|views| {
            views.registry.kind(name).cloned().ok_or_else(|| {
                let known: Vec<&str> = views.registry.kinds().map(|kind| kind.name.as_str()).collect();
                let shown: String = name.chars().take(80).collect();
                let hint = format!("The kinds are: {}.", known.join(", "));
                ApiError::not_found(format!("there is no kind of records {shown:?}"), hint)
            })
        })
    }
}

/// All kinds of records.
#[utoipa::path(
    get, path = "/api/kinds", operation_id = "kind_list", tag = "kinds",
    responses(
        (status = 200, description = "The kinds.", body = Items<KindItem>),
    )
)]
pub(crate) async fn list(State(api): State<Api>) -> Answer<Items<KindItem>> {
    let items = api.handle.look(|views| views.registry.kinds().map(|kind| KindItem::from(&**kind)).collect());
    Answer(Items { items })
}

/// The JSON Schema of a kind.
#[utoipa::path(
    get, path = "/api/schema/{kind}", operation_id = "kind_schema", tag = "kinds",
    params(("kind" = String, Path)),
    responses(
        (status = 200, description = "The schema.", content_type = "application/schema+json", body = Object),
        (status = 404, description = "There is no such kind.", body = ErrorAnswer),
    )
)]
pub(crate) async fn schema(State(api): State<Api>, Segments(kind): Segments<String>) -> Result<Response, ApiError> {
    let kind = api.kind(&kind)?;
    Ok(([(header::CONTENT_TYPE, "application/schema+json")], Json(kind.schema())).into_response())
}
