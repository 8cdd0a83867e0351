//! What is told beside a record: what people should know of it, and who stands behind it.

use super::Api;
use super::items::Item;
use crate::question::{Note, Occasion, notes, supporters};
use crate::view::Views;
use grid_protocol::id::DocumentId;
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// What people should know of a record.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoteItem {
    /// Its sort: `kept_inside`, `lesson`, `convener_chairs`, `overlap`.
    sort: &'static str,
    /// The record that it points to.
    about: Option<String>,
    /// What there is to know.
    what: String,
    /// What to do.
    hint: String,
}

impl From<Note> for NoteItem {
    fn from(note: Note) -> Self {
        Self { sort: note.sort, about: note.about.map(|about| about.to_string()), what: note.what, hint: note.hint }
    }
}

/// What whoever wrote a record should know.
pub(super) fn noted(api: &Api, document: &DocumentId, occasion: Occasion<'_>) -> Vec<NoteItem> {
    let now = api.handle.now();
    let notes = api.handle.look(|views| notes(views, now, document, occasion));
    notes.into_iter().map(NoteItem::from).collect()
}

/// Says who stands behind a record that is shown alone, and what whoever looks at it should know.
pub(super) fn add_support(item: &mut Item, views: &Views, row: &Row, now: Timestamp) {
    if let Some(supporters) = supporters(views, now, row) {
        item.insert("supporters".to_owned(), supporters);
    }
    let notes = notes(views, now, &row.document, Occasion::Shown);
    if !notes.is_empty() {
        let notes: Vec<NoteItem> = notes.into_iter().map(NoteItem::from).collect();
        item.insert("noted".to_owned(), json!(notes));
    }
}
