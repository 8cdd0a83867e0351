//! Records of every kind: listed, shown, written, removed, with their history.

use super::Api;
use super::directory;
use super::error::ApiError;
use super::filter::{Filter, Page};
use super::find::{Found, find};
use super::input::{Answer, JsonBody, Segments, Words};
use super::items::{Item, Listed, add_contests, add_delivery, add_details, own, with_deliveries};
use super::notes::{NoteItem, add_support, noted};
use crate::handle::{Change, CommandError, Target, Written};
use crate::question::Occasion;
use crate::view::overlong::not_looked_through;
use axum::extract::State;
use axum::http::StatusCode;
use grid_protocol::id::DocumentId;
use grid_protocol::record::{Kind, KindRole, Patch, Singleton};
use grid_protocol::replica::Contests;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct PageAnswer {
    /// The records, newest first; groups by name, members first.
    #[schema(value_type = Vec<Object>)]
    pub(super) items: Vec<Item>,
    /// How many there are on all pages.
    pub(super) total: usize,
    /// How many more there are that the people of this computer do not want to see; `hidden=yes` shows them too.
    pub(super) hidden: usize,
    /// What people should know of records that were not looked through: very long ones, where words were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
}

/// What to write.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WriteRequest {
    /// The fields with their new content; null empties one.
    #[schema(value_type = Object)]
    fields: Map<String, Json>,
    /// The heads of the record as the writer saw it; nothing means: as it is now.
    #[schema(value_type = Option<Vec<String>>)]
    based_on: Option<Json>,
    /// The heads of the record as the writer saw its long texts: other fields are set as they are given.
    #[schema(value_type = Option<Vec<String>>)]
    texts_based_on: Option<Json>,
}

/// What a write did.
#[derive(Serialize, ToSchema)]
pub(crate) struct WriteAnswer {
    /// The record.
    id: String,
    /// Its heads after the write.
    heads: Vec<String>,
    /// `created`, `changed` or `unchanged`.
    change: &'static str,
    /// What the people who wrote it should know.
    notes: Vec<NoteItem>,
}

/// What was removed.
#[derive(Serialize, ToSchema)]
pub(crate) struct RemoveAnswer {
    /// The record.
    pub(super) id: String,
}

pub(crate) async fn list(
    State(api): State<Api>,
    Segments(kind): Segments<String>,
    mut words: Words,
) -> Result<Answer<PageAnswer>, ApiError> {
    let kind = api.kind(&kind)?;
    if kind.role == Some(KindRole::Profile) {
        return directory::list(&api, &kind, words).await.map(Answer);
    }
    let page = Page::take(&mut words)?;
    let now = api.handle.now();
    let (listed, total, hidden, left) = api.handle.look(|views| {
        let filter = Filter::read(views, &kind, words)?;
        let rows = || views.records.of_kind(&kind.name);
        let ((rows, total), hidden) = match filter.is_open() {
            true => ((rows().skip(page.offset).take(page.limit).collect(), views.records.count_of(&kind.name)), 0),
            false => {
                let (rows, hidden) = filter.rows(views, &kind);
                (page.of(rows.into_iter()), hidden)
            }
        };
        let listed: Vec<Listed> = rows.into_iter().map(|row| Listed::new(views, row, now)).collect();
        Ok::<_, ApiError>((listed, total, hidden, filter.left()))
    })?;
    let items = with_deliveries(&api, listed).await?;
    Ok(Answer(PageAnswer { items, total, hidden, note: not_looked_through(left) }))
}

pub(crate) async fn create(
    State(api): State<Api>,
    Segments(kind): Segments<String>,
    JsonBody(request): JsonBody<WriteRequest>,
) -> Result<(StatusCode, Answer<WriteAnswer>), ApiError> {
    let kind = api.kind(&kind)?;
    let target = match kind.singleton {
        Singleton::OncePerGroup => Target::Own(kind.name.clone()),
        Singleton::Many => Target::New(kind.name.clone()),
    };
    let written = api.write(target, request.patch(&kind)?).await?;
    let status = if written.is_new() { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Answer(written)))
}

pub(crate) async fn show(
    State(api): State<Api>,
    Segments((kind, id)): Segments<(String, String)>,
) -> Result<Answer<Item>, ApiError> {
    let kind = api.kind(&kind)?;
    let now = api.handle.now();
    let (mut item, own, together) = api.handle.look(|views| {
        let found = find(views, &kind, &id)?;
        let row = match &found.directory {
            Some(directory) => directory.row.as_deref(),
            None => found.row.as_deref(),
        };
        if let Some(row) = row.filter(|row| row.is_removed()) {
            let hint = format!("`grid {} history {}` still shows what it said.", kind.name, row.document.short());
            return Err(ApiError::not_found(format!("the {} {} was removed", kind.name, row.document), hint));
        }
        let listed = match (&found.directory, row) {
            (Some(directory), _) => directory::listed(views, &kind, directory, now),
            (None, Some(row)) => Listed::new(views, row, now),
            (None, None) => return Err(ApiError::internal("an id was found without what it names")),
        };
        let mut item = listed.item;
        add_details(&mut item, row);
        if let Some(row) = row {
            add_support(&mut item, views, row, now);
        }
        // What one computer wrote alone meets nothing.
        let together = row.filter(|row| row.latest.len() > 1).map(|row| row.document);
        Ok((item, row.and_then(|row| own(views, row)), together))
    })?;
    let delivery = match own {
        Some(document) => api.handle.deliveries(vec![document]).await?.into_iter().next().flatten(),
        None => None,
    };
    let contests = match together {
        Some(document) => api.handle.contests(document).await?,
        None => Contests::default(),
    };
    api.handle.look(|views| {
        add_delivery(&mut item, views, delivery.as_ref());
        add_contests(&mut item, views, &contests);
    });
    Ok(Answer(item))
}

pub(crate) async fn edit(
    State(api): State<Api>,
    Segments((kind, id)): Segments<(String, String)>,
    JsonBody(request): JsonBody<WriteRequest>,
) -> Result<Answer<WriteAnswer>, ApiError> {
    let kind = api.kind(&kind)?;
    let found = api.handle.look(|views| find(views, &kind, &id))?;
    let (target, kind) = match &found.row {
        Some(row) => (Target::Existing(row.document), api.kind(row.kind().unwrap_or(&kind.name))?),
        None => match &found.directory {
            Some(group) if group.group == Some(api.handle.look(|views| views.own)) => {
                (Target::Own(kind.name.clone()), kind)
            }
            _ => return Err(without_record(&found)),
        },
    };
    Ok(Answer(api.write(target, request.patch(&kind)?).await?))
}

pub(crate) async fn remove(
    State(api): State<Api>,
    Segments((kind, id)): Segments<(String, String)>,
) -> Result<Answer<RemoveAnswer>, ApiError> {
    let document = api.document(&kind, &id)?;
    let written = api.handle.remove(document).await?;
    Ok(Answer(RemoveAnswer { id: written.document.to_string() }))
}

impl Api {
    /// Writes, then looks what people should know of it: the write is done by then, and waits for nobody.
    async fn write(&self, target: Target, patch: Patch) -> Result<WriteAnswer, ApiError> {
        let fields: Vec<String> = patch.fields().map(|(name, _)| name.to_string()).collect();
        let written = self.handle.write(target, patch).await?;
        let occasion = match written.change {
            Change::Created => Some(Occasion::Made),
            Change::Changed => Some(Occasion::Changed(&fields)),
            Change::Unchanged => None,
        };
        let notes = occasion.map(|occasion| noted(self, &written.document, occasion)).unwrap_or_default();
        Ok(WriteAnswer::new(written, notes))
    }

    /// The document that an id means.
    pub(super) fn document(&self, kind: &str, id: &str) -> Result<DocumentId, ApiError> {
        let kind = self.kind(kind)?;
        let found = self.handle.look(|views| find(views, &kind, id))?;
        found.row.as_ref().map(|row| row.document).ok_or_else(|| {
            let hint = "It is there once the group has written it.";
            ApiError::not_found(format!("the {} {id} has no record yet", kind.name), hint)
        })
    }
}

impl WriteRequest {
    fn patch(self, kind: &Kind) -> Result<Patch, ApiError> {
        let mut object = self.fields;
        for (name, heads) in [("based_on", self.based_on), ("texts_based_on", self.texts_based_on)] {
            if let Some(heads) = heads.filter(|heads| !heads.is_null()) {
                object.insert(name.to_owned(), heads);
            }
        }
        Ok(Patch::from_json(kind, &Json::Object(object))?)
    }
}

impl WriteAnswer {
    fn new(written: Written, notes: Vec<NoteItem>) -> Self {
        Self {
            notes,
            id: written.document.to_string(),
            heads: written.heads.iter().map(ToString::to_string).collect(),
            change: match written.change {
                Change::Created => "created",
                Change::Changed => "changed",
                Change::Unchanged => "unchanged",
            },
        }
    }

    fn is_new(&self) -> bool {
        self.change == "created"
    }
}

/// A group without a profile: only the group itself can write one.
fn without_record(found: &Found) -> ApiError {
    let owner = found.directory.as_ref().map(|row| row.name.clone()).unwrap_or_default();
    CommandError::NotYours { owner }.into()
}
