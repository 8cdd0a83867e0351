//! Tables in and out: what offices and other programs work with.

use super::Api;
use super::error::ApiError;
use super::filter::Filter;
use super::input::{Answer, Download, File, Segments, Words};
use crate::handle::{Change, ImportMode, ImportOutcome, Imported, Removed};
use axum::extract::State;
use grid_protocol::record::{BadRow, ImportOptions, ImportPlan, Kind, Mapped, TableRow, export_csv, export_json};
use grid_protocol::replica::Row;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;

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
    let dry_run = words.parse("dry_run", "true or false")?.unwrap_or(false);
    let again = words.parse("again", "true or false")?.unwrap_or(false);
    let name = words.take("filename")?;
    words.nothing_else(&["again", "dry_run", "filename"])?;
    // A table of groups says what others wrote about them. A profile is written by its own group alone.
    let named = api.kind(&kind)?;
    let kind = api.kind(named.imports_as.as_deref().unwrap_or(&kind))?;
    let plan = plan(kind.clone(), bytes, name).await?;
    let mapping = plan.mapping.iter().filter(|mapping| mapping.mapped != Mapped::Ignored);
    let mapping =
        mapping.map(|it| MappedHeading { heading: it.heading.clone(), field: it.mapped.describe() }).collect();
    let ignored = plan.ignored().map(ToOwned::to_owned).collect();
    let mut bad: Vec<BadLine> = plan.bad.into_iter().map(|BadRow { line, reason }| BadLine { line, reason }).collect();
    let mut counts = Counts::default();
    let (mut skipped, mut notes) = (Vec::new(), Vec::new());
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

/// Reads the file where it holds up nobody: large tables take a while.
async fn plan(kind: Arc<Kind>, bytes: axum::body::Bytes, name: Option<String>) -> Result<ImportPlan, ApiError> {
    let read = tokio::task::spawn_blocking(move || ImportPlan::read(&kind, &bytes, &ImportOptions::default()));
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

#[derive(Clone, Copy)]
enum Format {
    Csv,
    Json,
}

pub(crate) async fn export(
    State(api): State<Api>,
    Segments(kind): Segments<String>,
    mut words: Words,
) -> Result<Download, ApiError> {
    let kind = api.kind(&kind)?;
    let format = match words.take("format")?.as_deref() {
        None | Some("csv") => Format::Csv,
        Some("json") => Format::Json,
        Some(other) => {
            let shown: String = other.chars().take(80).collect();
            let message = format!("format: expected csv or json, found {shown:?}");
            return Err(ApiError::invalid(message, "Ask for format=csv or format=json."));
        }
    };
    let rows: Vec<Arc<Row>> = api.handle.look(|views| {
        let filter = Filter::read(views, &kind, words)?;
        Ok::<_, ApiError>(views.records.of_kind(&kind.name).filter(|row| filter.shows(row)).cloned().collect())
    })?;
    let written = tokio::task::spawn_blocking(move || file(&kind, &rows, format));
    written.await.map_err(|_| ApiError::internal("writing the table broke off"))
}

/// The file. Every field is in it: an [`Audience`](grid_protocol::record::Audience) narrower than the coalition does
/// not exist.
fn file(kind: &Kind, rows: &[Arc<Row>], format: Format) -> Download {
    let table: Vec<TableRow> =
        rows.iter().map(|row| TableRow { id: row.document.to_string(), values: row.values.clone() }).collect();
    match format {
        Format::Csv => Download {
            content_type: "text/csv; charset=utf-8",
            name: format!("{}.csv", kind.plural),
            bytes: export_csv(kind, &table).into_bytes(),
        },
        Format::Json => Download {
            content_type: "application/json",
            name: format!("{}.json", kind.plural),
            bytes: json!({"schema": super::input::SCHEMA, "items": export_json(&table)}).to_string().into_bytes(),
        },
    }
}
