//! Duplicates: found by the node, merged by a person.

use super::Api;
use super::error::ApiError;
use super::find::find;
use super::input::{Answer, JsonBody, Segments, Words};
use super::items::{Item, Listed};
use crate::handle::{CommandError, Target};
use crate::view::Views;
use axum::extract::State;
use grid_protocol::id::DocumentId;
use grid_protocol::record::{Field, Kind, Patch, Singleton, Union, Value, Writes};
use grid_protocol::replica::Row;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Records that may be the same.
#[derive(Serialize, ToSchema)]
pub(crate) struct DuplicatesAnswer {
    /// Groups of records that may be the same, the oldest of each first.
    #[schema(value_type = Vec<Vec<Object>>)]
    items: Vec<Vec<Item>>,
}

/// What is to become one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeRequest {
    /// The record that goes: its id, or the beginning of it.
    drop: String,
    /// Whether nothing is to be written.
    #[serde(default)]
    dry_run: bool,
}

/// What became one, or would.
#[derive(Serialize, ToSchema)]
pub(crate) struct MergeAnswer {
    /// The record that stays.
    id: String,
    /// The record that is removed.
    removed: String,
    /// Fields that the record that stays took from it.
    fields: Vec<String>,
    /// Fields in which the two say different things: what the record that stays says stays.
    differ: Vec<String>,
    /// Records of this group that referred to the one that goes, and refer to the one that stays.
    moved: Vec<String>,
    /// How many records of other groups go on referring to the one that goes: its title stays readable.
    others: usize,
}

pub(crate) async fn list(
    State(api): State<Api>,
    Segments(kind): Segments<String>,
    words: Words,
) -> Result<Answer<DuplicatesAnswer>, ApiError> {
    words.nothing_else(&[])?;
    let kind = api.kind(&kind)?;
    let now = api.handle.now();
    let items = api.handle.look(|views| {
        let item = |row: &Arc<Row>| Listed::new(views, row, now).item;
        views.duplicates(&kind).iter().map(|rows| rows.iter().map(item).collect()).collect()
    });
    Ok(Answer(DuplicatesAnswer { items }))
}

/// What merging takes.
struct Plan {
    keep: DocumentId,
    drop: DocumentId,
    union: Union,
    moves: Vec<(DocumentId, Patch)>,
    others: usize,
}

pub(crate) async fn merge(
    State(api): State<Api>,
    Segments((kind, keep)): Segments<(String, String)>,
    JsonBody(request): JsonBody<MergeRequest>,
) -> Result<Answer<MergeAnswer>, ApiError> {
    let kind = api.kind(&kind)?;
    let plan = api.handle.look(|views| plan(views, &kind, &keep, &request.drop))?;
    let answer = MergeAnswer {
        id: plan.keep.to_string(),
        removed: plan.drop.to_string(),
        fields: plan.union.patch.fields().map(|(name, _)| name.to_string()).collect(),
        differ: plan.union.differ.iter().map(ToString::to_string).collect(),
        moved: plan.moves.iter().map(|(document, _)| document.to_string()).collect(),
        others: plan.others,
    };
    // What one write would be refused for is said before the first, and in a preview.
    let writes = std::iter::once((plan.keep, plan.union.patch.clone())).chain(plan.moves.iter().cloned());
    api.handle.prove(writes.filter(|(_, patch)| !patch.is_empty()).collect(), plan.drop).await?;
    if request.dry_run {
        return Ok(Answer(answer));
    }
    // The removal comes last: whatever fails before it, both records are there, and a second try goes on.
    if !plan.union.patch.is_empty() {
        api.handle.write(Target::Existing(plan.keep), plan.union.patch).await?;
    }
    for (document, patch) in plan.moves {
        api.handle.write(Target::Existing(document), patch).await?;
    }
    api.handle.remove(plan.drop).await?;
    Ok(Answer(answer))
}

fn plan(views: &Views, kind: &Kind, keep: &str, drop: &str) -> Result<Plan, ApiError> {
    if kind.singleton == Singleton::OncePerGroup {
        let message = format!("every group has one {}, and none of them is a duplicate", kind.name);
        return Err(ApiError::refused(message, "Two groups become one when one of them leaves."));
    }
    let row = |id: &str| -> Result<Arc<Row>, ApiError> {
        let found = find(views, kind, id)?.row.filter(|row| !row.is_removed());
        let row = found.ok_or_else(|| {
            let message = format!("the {} {id} was removed", kind.name);
            ApiError::not_found(message, "Its history still shows what it said.")
        })?;
        match row.owner() {
            Some(owner) if owner != views.own => Err(CommandError::NotYours { owner: views.name_of(&owner) }.into()),
            _ => Ok(row),
        }
    };
    let (keep, drop) = (row(keep)?, row(drop)?);
    if keep.document == drop.document {
        return Err(ApiError::invalid("both are the same record", "Name the one that stays, and the one that goes."));
    }
    let mut union = kind.unite(&keep.values, &drop.values);
    // A record never refers to itself.
    renamed(views, &keep, &drop.document, &keep.document, &mut union.patch);
    let referring: Vec<&Arc<Row>> = views.records.referring(&drop.document.0).collect();
    let (own, others): (Vec<_>, Vec<_>) = referring.into_iter().partition(|row| row.owner() == Some(views.own));
    let own = own.into_iter().filter(|row| ![keep.document, drop.document].contains(&row.document));
    let moves = own.map(|row| {
        let mut patch = Patch::default();
        renamed(views, row, &drop.document, &keep.document, &mut patch);
        (row.document, patch)
    });
    let moves = moves.filter(|(_, patch)| !patch.is_empty()).collect();
    Ok(Plan { keep: keep.document, drop: drop.document, union, moves, others: others.len() })
}

/// Writes into a patch what a record that refers to one refers to in its place. In the record that stays such a field is
/// emptied. What a field says for good stays: credit holds though the original was removed.
fn renamed(views: &Views, row: &Row, from: &DocumentId, to: &DocumentId, patch: &mut Patch) {
    let Some(kind) = row.kind().and_then(|kind| views.registry.kind(kind)) else { return };
    let own = row.document == *to;
    let (from, to) = (from.to_string(), to.to_string());
    let stands = |field: &Field| field.writes != Writes::Always && row.values.get(&field.name).is_some();
    for field in kind.fields.iter().filter(|field| field.field_type.targets().is_some() && !stands(field)) {
        let value = patch.get(&field.name).flatten().or_else(|| row.values.get(&field.name));
        let value = match value {
            Some(Value::Text(id)) if *id == from || own && *id == to => (!own).then(|| Value::Text(to.as_str().into())),
            Some(Value::Tags(ids)) if ids.contains(&from) || own && ids.contains(&to) => {
                let mut ids = ids.to_set();
                ids.remove(&from);
                if own {
                    ids.remove(&to);
                } else {
                    ids.insert(to.clone());
                }
                (!ids.is_empty()).then(|| Value::Tags(ids.into()))
            }
            _ => continue,
        };
        // A value that its field does not take any more stays as it is.
        let _ = patch.set(kind, &field.name, value);
    }
}
