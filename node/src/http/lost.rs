//! What a cut took from this group's computers: listed, and published again.

use super::Api;
use super::devices::{TouchedItem, find};
use super::error::{ApiError, ErrorAnswer};
use super::input::{Answer, Items, JsonBody};
use crate::handle::{LostRecord, LostState};
use axum::extract::State;
use grid_protocol::record::{FieldName, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a cut took of one record.
#[derive(Serialize, ToSchema)]
pub(crate) struct LostItem {
    /// The record.
    id: String,
    /// Its kind, where known.
    kind: Option<String>,
    /// Its title, where known.
    title: Option<String>,
    /// How many changes were lost.
    changes: usize,
    /// When the first of them was written, RFC 3339.
    first: String,
    /// When the last of them was written, RFC 3339.
    last: String,
    /// The computers that wrote them.
    devices: Vec<String>,
    /// `missing`: it can be published again. `here`: the record says all of it. `older`: the record says something
    /// newer. `unreadable`: it builds on changes that are not here.
    state: &'static str,
    /// What is missing: fields with what they held; null where they were emptied.
    #[schema(value_type = Object)]
    fields: Map<String, Json>,
    /// What is older than what the record says now.
    #[schema(value_type = Object)]
    older: Map<String, Json>,
    /// Whether the record was removed, and is there now.
    removes: bool,
}

/// What to publish again.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RepublishRequest {
    /// Of this computer only: its id, or the first letters of it.
    device: Option<String>,
}

/// What was published again.
#[derive(Serialize, ToSchema)]
pub(crate) struct RepublishAnswer {
    /// How many records were written.
    published: usize,
    /// Those records.
    records: Vec<TouchedItem>,
    /// Those that could not be written.
    skipped: Vec<SkippedItem>,
}

/// A record that could not be written.
#[derive(Serialize, ToSchema)]
pub(crate) struct SkippedItem {
    /// The record.
    record: TouchedItem,
    /// Why.
    why: String,
}

impl From<LostRecord> for LostItem {
    fn from(lost: LostRecord) -> Self {
        Self {
            id: lost.document.to_string(),
            kind: lost.kind,
            title: lost.title,
            changes: lost.changes,
            first: lost.first.to_string(),
            last: lost.last.to_string(),
            devices: lost.devices.iter().map(ToString::to_string).collect(),
            state: match lost.state {
                LostState::Missing => "missing",
                LostState::Here => "here",
                LostState::Older => "older",
                LostState::Unreadable => "unreadable",
            },
            fields: json(&lost.fields),
            older: json(&lost.older),
            removes: lost.removes,
        }
    }
}

fn json(fields: &BTreeMap<FieldName, Option<Value>>) -> Map<String, Json> {
    let value = |value: &Option<Value>| value.as_ref().map_or(Json::Null, Value::to_json);
    fields.iter().map(|(name, held)| (name.to_string(), value(held))).collect()
}

/// What this group's computers wrote that a cut took.
#[utoipa::path(
    get, path = "/api/devices/lost", operation_id = "device_lost", tag = "devices",
    responses(
        (status = 200, description = "What was lost, record by record.", body = Items<LostItem>),
    )
)]
pub(crate) async fn list(State(api): State<Api>) -> Result<Answer<Items<LostItem>>, ApiError> {
    let items = api.handle.lost().await?.into_iter().map(LostItem::from).collect();
    Ok(Answer(Items { items }))
}

/// Publishes again what is missing, as new changes of this computer. Asked twice, the second time publishes nothing.
#[utoipa::path(
    post, path = "/api/devices/lost", operation_id = "device_lost_publish", tag = "devices",
    request_body = RepublishRequest,
    responses(
        (status = 200, description = "What was published.", body = RepublishAnswer),
        (status = 403, description = "This computer can't write.", body = ErrorAnswer),
        (status = 404, description = "There is no such computer.", body = ErrorAnswer),
    )
)]
pub(crate) async fn publish(
    State(api): State<Api>,
    JsonBody(request): JsonBody<RepublishRequest>,
) -> Result<Answer<RepublishAnswer>, ApiError> {
    let of = match &request.device {
        Some(device) => Some(find(&api, device).await?),
        None => None,
    };
    let done = api.handle.publish_lost(of).await?;
    Ok(Answer(RepublishAnswer {
        published: done.records.len(),
        records: done.records.into_iter().map(TouchedItem::from).collect(),
        skipped: done.skipped.into_iter().map(|it| SkippedItem { record: it.record.into(), why: it.why }).collect(),
    }))
}
