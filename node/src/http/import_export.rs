//! Files in and out: tables, calendars, maps, address books.

use super::Api;
use super::error::ApiError;
use super::filter::Filter;
use super::input::{Answer, Download, File, Segments, Words};
use super::open::{self, Asked};
use super::resolve::{Alike, meant_as};
use super::text::Near;
use crate::handle::{Change, ImportMode, ImportOutcome, Imported, Removed};
use crate::view::overlong::not_looked_through;
use axum::extract::State;
use grid_protocol::record::format::{Entry, Feed};
use grid_protocol::record::{Agreed, BadRow, FieldName, ImportOptions, ImportPlan, Kind, Mapped, Meant};
use grid_protocol::replica::Row;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use utoipa::ToSchema;

/// Words of a file that mean nothing here, up to which its errors tell what is called like them: each costs a look at all
/// known words.
const MISSES: usize = 20;

/// What an import did, or would do.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportAnswer {
    /// The kind that the rows become.
    kind: String,
    /// Headings of the table and the fields that they fill.
    mapping: Vec<MappedHeading>,
    /// Headings that fill nothing.
    ignored: Vec<String>,
    /// New records.
    created: usize,
    /// Records that changed.
    changed: usize,
    /// Records that said all that already.
    unchanged: usize,
    /// Rows that are sound and not for this group to write: those of members, of other groups, of removed records.
    skipped: Vec<BadLine>,
    /// Rows that can't be taken.
    bad: Vec<BadLine>,
    /// Rows that were taken, with what somebody should look at.
    notes: Vec<BadLine>,
}

/// A heading and its field.
#[derive(Serialize, ToSchema)]
pub(crate) struct MappedHeading {
    /// The heading, as in the table.
    heading: String,
    /// The field.
    field: String,
}

/// A row that was not taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct BadLine {
    /// The line of the file.
    line: u64,
    /// Why.
    reason: String,
}

pub(crate) async fn import(
    State(api): State<Api>,
    Segments(kind): Segments<String>,
    mut words: Words,
    File(bytes): File,
) -> Result<Answer<ImportAnswer>, ApiError> {
    let dry_run = words.flag("dry_run")?.unwrap_or(false);
    let again = words.flag("again")?.unwrap_or(false);
    let name = words.take("filename")?;
    let said = words.flag("agreed")?.unwrap_or(false);
    let zone = words.take("zone")?.filter(|zone| !zone.is_empty());
    words.nothing_else(&["again", "agreed", "dry_run", "filename", "zone"])?;
    let agreed = if said { Agreed::Said } else { Agreed::NotSaid };
    let home = Some(api.handle.me().await?.coalition);
    let zone = zone.map(known_zone).transpose()?;
    // A table of groups says what others wrote about them. A profile is written by its own group alone.
    let named = api.kind(&kind)?;
    let kind = api.kind(named.imports_as.as_deref().unwrap_or(&kind))?;
    let meant = by_title(&api, &kind);
    let options = ImportOptions { zone, agreed, home, meant, ..ImportOptions::default() };
    let plan = plan(kind.clone(), bytes, name, options).await?;
    let mapping = plan.mapping.iter().filter(|mapping| mapping.mapped != Mapped::Ignored);
    let mapping =
        mapping.map(|it| MappedHeading { heading: it.heading.clone(), field: it.mapped.describe() }).collect();
    let ignored = plan.ignored().map(ToOwned::to_owned).collect();
    let mut bad: Vec<BadLine> = plan.bad.into_iter().map(|BadRow { line, reason }| BadLine { line, reason }).collect();
    let mut counts = Counts::default();
    let mut skipped = Vec::new();
    let mut notes: Vec<BadLine> =
        plan.notes.into_iter().map(|BadRow { line, reason }| BadLine { line, reason }).collect();
    let removed = if again { Removed::ComesAgain } else { Removed::Stays };
    let mode = if dry_run { ImportMode::DryRun } else { ImportMode::Write };
    for Imported { line, outcome, note } in api.handle.import(kind.name.clone(), plan.rows, mode, removed).await? {
        notes.extend(note.map(|reason| BadLine { line, reason }));
        match outcome {
            ImportOutcome::Done(change) => counts.count(change),
            ImportOutcome::Skipped(reason) => skipped.push(BadLine { line, reason }),
            ImportOutcome::Refused(reason) => bad.push(BadLine { line, reason }),
        }
    }
    bad.sort_by_key(|row| row.line);
    notes.sort_by_key(|row| row.line);
    let Counts { created, changed, unchanged } = counts;
    Ok(Answer(ImportAnswer {
        kind: kind.name.clone(),
        mapping,
        ignored,
        created,
        changed,
        unchanged,
        skipped,
        bad,
        notes,
    }))
}

/// Finds what cells mean that say a title, or the beginning of an id, where a field refers to another record. The same
/// words are looked up once, however many rows say them.
fn by_title(api: &Api, kind: &Arc<Kind>) -> Meant {
    type Known = BTreeMap<(FieldName, String), Result<String, String>>;
    let (api, kind, known) = (api.clone(), kind.clone(), Mutex::new(Known::new()));
    Meant::by(move |field, told| {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let missed = known.values().filter(|meant| meant.is_err()).take(MISSES).count();
        let meant = known.entry((field.name.clone(), told.to_owned())).or_insert_with(|| {
            let alike = if missed < MISSES { Alike::Told } else { Alike::LeftOut };
            let meant = api.handle.look(|views| meant_as(views, &kind, field, told, alike));
            meant.map(|meant| meant.id).map_err(|error| format!("{}. {}", error.message, error.hint))
        });
        meant.clone()
    })
}

/// A zone that this computer knows.
fn known_zone(zone: String) -> Result<String, ApiError> {
    if jiff::tz::TimeZone::get(&zone).is_ok() {
        return Ok(zone);
    }
    let shown: String = zone.chars().take(80).collect();
    let message = format!("zone: expected the name of a zone, found {shown:?}");
    Err(ApiError::invalid(message, "Zones have names like Australia/Sydney."))
}

/// Reads the file where it holds up nobody: large tables take a while.
async fn plan(
    kind: Arc<Kind>,
    bytes: axum::body::Bytes,
    name: Option<String>,
    options: ImportOptions,
) -> Result<ImportPlan, ApiError> {
    let read = tokio::task::spawn_blocking(move || ImportPlan::read(&kind, &bytes, &options));
    let plan = read.await.map_err(|_| ApiError::internal("reading the table broke off"))?;
    plan.map_err(|error| {
        let mut error = ApiError::from(error);
        if let Some(name) = name {
            let shown: String = name.chars().take(200).collect();
            error.message = format!("{shown}: {}", error.message);
        }
        error
    })
}

#[derive(Default)]
struct Counts {
    created: usize,
    changed: usize,
    unchanged: usize,
}

impl Counts {
    fn count(&mut self, change: Change) {
        match change {
            Change::Created => self.created += 1,
            Change::Changed => self.changed += 1,
            Change::Unchanged => self.unchanged += 1,
        }
    }
}

pub(crate) async fn export(
    State(api): State<Api>,
    Segments(kind): Segments<String>,
    mut words: Words,
) -> Result<Download, ApiError> {
    let kind = api.kind(&kind)?;
    let asked = Asked::take(&kind, &mut words)?;
    let me = api.handle.me().await?;
    let (entries, left): (Vec<Entry>, usize) = api.handle.look(|views| {
        let near = Near::to(views, &words, |name| name == kind.name)?;
        let filter = Filter::for_readers(views, &asked.seen.kind, words)?;
        let rows = open::rows(near.as_ref(), views, &kind, asked.format).into_iter();
        let rows = rows.filter(|row| asked.seen.is_shown(&filter, row));
        let entries = rows.filter_map(|row| asked.seen.entry(views, &me.coalition, row)).collect();
        let is_for = |row: &&Arc<Row>| !row.is_removed() && asked.seen.takes(views, row);
        Ok::<_, ApiError>((entries, Near::left(near.as_ref(), &kind).filter(is_for).count()))
    })?;
    let feed = Feed {
        title: capital(&kind.plural),
        about: kind.about.clone(),
        id: format!("urn:x-grid:{}:{}", me.coalition, kind.plural),
        link: String::new(),
        author: me.group_name,
    };
    let written = tokio::task::spawn_blocking(move || asked.file(feed, &entries, not_looked_through(left)));
    written.await.map_err(|_| ApiError::internal("writing the table broke off"))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
