//! Tables in: what a CSV or JSON file of somebody else means as records of a kind.
//!
//! A plan is made before anything is written, so that a person can see which heading became which field and which
//! rows can't be taken. One bad row never holds up the others.

mod delimited;
mod meant;
mod row;

pub use meant::Meant;
pub(super) use row::{Cell, read_row};

use super::{
    FieldName, Imported, Kind, Mapped, Mapping, Patch,
    encoding::{Encoding, decode},
    format,
    heading::map_headings,
    spreadsheet::Times,
};
use crate::id::CoalitionId;
use crate::limits::{MAX_IMPORT, MAX_IMPORT_ROWS};
use delimited::read_csv;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// How to read a file.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// What separates cells; found out from the first line where nothing is said.
    pub delimiter: Option<u8>,
    /// Headings and the fields they stand for, where the plan guessed wrong; an empty field ignores the heading.
    pub mapping: Vec<(String, String)>,
    /// The zone of times that have none, like `Australia/Sydney`; where nobody names one, they are refused.
    pub zone: Option<String>,
    /// Whether the people in an address book agreed to be listed.
    pub agreed: Agreed,
    /// The coalition whose exports name records by their ids; where none is named, no calendar or address book does.
    pub home: Option<CoalitionId>,
    /// What finds the records that cells name by their titles.
    pub meant: Meant,
}

/// Whether people agreed to be listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Agreed {
    /// Nobody said so.
    #[default]
    NotSaid,
    /// Whoever brings the file says so.
    Said,
}

/// What a file holds, before anything is written.
#[derive(Clone, Debug)]
pub struct ImportPlan {
    /// The headings in the order of the table, each with what it stands for.
    pub mapping: Vec<Mapping>,
    /// The rows that can be taken.
    pub rows: Vec<Row>,
    /// The rows that can't.
    pub bad: Vec<BadRow>,
    /// Rows that can be taken, with what somebody should look at.
    pub notes: Vec<BadRow>,
}

/// A row that can be taken.
#[derive(Clone, Debug)]
pub struct Row {
    /// The line of the file where it starts; in JSON the place in the array, from 1.
    pub line: u64,
    /// The id of the record, where the table was exported with ids.
    pub id: Option<String>,
    /// What tells this record from others: [`Kind::identity`]; where its kind has none, all that the row says and how
    /// many rows of the file said the same before it.
    pub key: Option<String>,
    /// The cells that hold something. Give it to [`Kind::merge_import`].
    pub patch: Patch,
}

/// A row that can't be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// The line of the file where it starts; in JSON the place in the array, from 1.
    pub line: u64,
    /// Why, as people read it.
    pub reason: String,
}

/// Why a file can't be read as a table.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is too large.
    #[error("expected a file of at most {} MiB, found {found} bytes", MAX_IMPORT / 1024 / 1024)]
    TooLarge {
        /// Its size.
        found: usize,
    },
    /// There are too many rows.
    #[error("expected at most {MAX_IMPORT_ROWS} rows")]
    TooManyRows,
    /// The file is no text.
    #[error("expected text in UTF-8, found other bytes on line {line}: save the table as \"CSV UTF-8\"")]
    NotUtf8 {
        /// The first such line.
        line: usize,
    },
    /// The file holds nothing.
    #[error("expected a line of headings, found an empty file")]
    Empty,
    /// No heading stands for the field that names a record.
    #[error("expected a column for {title}, found the headings {}", headings.join(", "))]
    NoTitle {
        /// The field.
        title: FieldName,
        /// Other headings that stand for it.
        aliases: Vec<String>,
        /// What the table has.
        headings: Vec<String>,
    },
    /// A chosen mapping names a field that does not exist.
    #[error("{kind} has no field {field:?} to map a heading to")]
    UnknownChoice {
        /// The kind.
        kind: String,
        /// What was asked for.
        field: String,
    },
    /// A quotation mark in the headings is not closed.
    #[error("the headings open a quotation mark on line {line} that is not closed")]
    OpenQuote {
        /// The line.
        line: usize,
    },
    /// The kind has no field for what the file is about.
    #[error("expected a kind with a {part}, and {kind} has none")]
    NoPart {
        /// The kind.
        kind: String,
        /// What it lacks.
        part: &'static str,
    },
    /// The JSON is not an array of objects.
    #[error("expected a JSON array of objects")]
    NotAnArray,
    /// The file starts like JSON and is none.
    #[error("the file is not JSON")]
    Json(#[source] serde_json::Error),
    /// The CSV can't be read.
    #[error("the file is not CSV")]
    Csv(#[source] csv::Error),
}

impl ImportError {
    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        let Self::NoTitle { title, aliases, .. } = self else { return None };
        let names: Vec<&str> = std::iter::once(&**title).chain(aliases.iter().map(String::as_str)).collect();
        Some(format!("Rename the heading of the column that holds it to one of these: {}.", names.join(", ")))
    }
}

impl ImportPlan {
    /// Reads a file as records of a kind: CSV with commas, semicolons or tabs, in UTF-8, UTF-16 or Windows-1252, or a JSON array of objects (also under `items`); or a calendar, an address book or a map in an open format.
    ///
    /// # Errors
    ///
    /// [`ImportError`] when the file is no table, or has no column for the title.
    pub fn read(kind: &Kind, bytes: &[u8], options: &ImportOptions) -> Result<Self, ImportError> {
        if bytes.len() > MAX_IMPORT {
            return Err(ImportError::TooLarge { found: bytes.len() });
        }
        let (text, encoding) = decode(bytes).map_err(|line| ImportError::NotUtf8 { line })?;
        let mut plan = Self::of_text(kind, &text, options)?;
        plan.tell_stand_ins(kind);
        if let Encoding::Guessed { line } = encoding {
            let reason = "this is no UTF-8, so the file was read as Windows-1252: look whether its letters are right, or save \
                          it as \"CSV UTF-8\"";
            plan.notes.push(BadRow { line, reason: reason.to_owned() });
        }
        Ok(plan)
    }

    fn of_text(kind: &Kind, text: &str, options: &ImportOptions) -> Result<Self, ImportError> {
        match text.trim_start().chars().next() {
            None => Err(ImportError::Empty),
            Some('[' | '{') => read_json(kind, text, options),
            Some('B' | 'b') if begins(text, "BEGIN:VCALENDAR") => format::read_calendar(kind, text, options),
            Some('B' | 'b') if begins(text, "BEGIN:VCARD") => format::read_cards(kind, text, options),
            Some(_) => read_csv(kind, text, options),
        }
    }

    /// The headings that stand for nothing.
    pub fn ignored(&self) -> impl Iterator<Item = &str> {
        self.mapping.iter().filter(|mapping| mapping.mapped == Mapped::Ignored).map(|mapping| mapping.heading.as_str())
    }

    fn new(kind: &Kind, mapping: Vec<Mapping>) -> Result<Self, ImportError> {
        let title = kind.field(&kind.title);
        let stand_in = title.and_then(|field| field.stand_in.as_ref());
        let is_title = |mapping: &Mapping| match &mapping.mapped {
            Mapped::Field(field) => *field == kind.title || stand_in == Some(field),
            Mapped::Part { field, .. } => *field == kind.title,
            _ => false,
        };
        if !mapping.iter().any(is_title) {
            let headings = mapping.into_iter().map(|mapping| mapping.heading).collect();
            let parts = title.into_iter().flat_map(|field| field.parts.iter().filter_map(|names| names.first()));
            let aliases = title.into_iter().flat_map(|field| &field.aliases).chain(parts).cloned().collect();
            return Err(ImportError::NoTitle { title: kind.title.clone(), aliases, headings });
        }
        Ok(Self { mapping, rows: Vec::new(), bad: Vec::new(), notes: Vec::new() })
    }

    /// Says where records are called by something else than their name, because the table has none.
    fn tell_stand_ins(&mut self, kind: &Kind) {
        let Some(stand_in) = kind.field(&kind.title).and_then(|field| field.stand_in.as_ref()) else { return };
        let is_called_by = |row: &&Row| row.patch.get(&kind.title) == row.patch.get(stand_in);
        let called: Vec<u64> = self.rows.iter().filter(is_called_by).map(|row| row.line).collect();
        let Some((first, others)) = called.split_first() else { return };
        let rows = match others.len() {
            0 => "this row has".to_owned(),
            1 => "this row and another have".to_owned(),
            more => format!("this row and {more} others have"),
        };
        let reason = format!("{rows} no {}: {stand_in} stands in for it", kind.title);
        self.notes.push(BadRow { line: *first, reason });
    }

    /// Takes a row, unless it stands for the same record as an earlier one.
    pub(super) fn push(&mut self, line: u64, row: Result<Row, String>, seen: &mut Seen) {
        let row = row.map(|row| seen.named(row));
        let row = row.and_then(|row| match row.key.as_ref().filter(|_| row.id.is_none()) {
            None => Ok(row),
            Some(key) => match seen.lines.get(key) {
                Some(first) => Err(format!("stands for the same record as line {first}")),
                None => {
                    seen.lines.insert(key.clone(), line);
                    Ok(row)
                }
            },
        });
        match row {
            Ok(row) => self.rows.push(row),
            Err(reason) => self.bad.push(BadRow { line, reason }),
        }
    }
}

/// The rows of a file so far.
#[derive(Default)]
pub(super) struct Seen {
    /// The first line that stands for a record.
    lines: BTreeMap<String, u64>,
    /// How many rows say the same, of those that nothing else tells apart.
    equal: BTreeMap<String, u64>,
}

impl Seen {
    /// A row that nothing tells from others is named by all that it says and by its place among its equals: two that say
    /// the same are two, and the same file again means the same records.
    fn named(&mut self, mut row: Row) -> Row {
        if row.key.is_none() {
            let said = blake3::hash(row.patch.values().to_json().to_string().as_bytes()).to_hex().to_string();
            let before = self.equal.entry(said.clone()).or_default();
            let key = format!("row {said} {before}");
            *before += 1;
            row.patch.imported = Some(Imported::from_row(&key));
            row.key = Some(key);
        }
        row
    }
}

fn read_json(kind: &Kind, text: &str, options: &ImportOptions) -> Result<ImportPlan, ImportError> {
    let json: Json = serde_json::from_str(text).map_err(ImportError::Json)?;
    if json["type"] == "FeatureCollection" {
        return format::read_map(kind, &json, options);
    }
    let items = json.as_array().or_else(|| json["items"].as_array()).ok_or(ImportError::NotAnArray)?;
    let objects: Vec<&Map<String, Json>> =
        items.iter().map(Json::as_object).collect::<Option<_>>().ok_or(ImportError::NotAnArray)?;
    if objects.len() > MAX_IMPORT_ROWS {
        return Err(ImportError::TooManyRows);
    }
    let objects: Vec<(u64, &Map<String, Json>)> = (1..).zip(objects).collect();
    read_objects(kind, &objects, options)
}

/// Objects as rows, each with its line.
pub(super) fn read_objects(
    kind: &Kind,
    objects: &[(u64, &Map<String, Json>)],
    options: &ImportOptions,
) -> Result<ImportPlan, ImportError> {
    let keys: BTreeSet<&str> = objects.iter().flat_map(|(_, object)| object.keys().map(String::as_str)).collect();
    if keys.is_empty() {
        return Ok(ImportPlan { mapping: Vec::new(), rows: Vec::new(), bad: Vec::new(), notes: Vec::new() });
    }
    let mut plan = ImportPlan::new(kind, map_headings(kind, keys, &options.mapping)?)?;
    let mapping = plan.mapping.clone();
    let times = Times::new(options.zone.as_deref(), None);
    let mut seen = Seen::default();
    for (line, object) in objects {
        let cells =
            mapping.iter().filter_map(|mapping| Some((&mapping.mapped, Cell::Json(object.get(&mapping.heading)?))));
        let row = read_row(kind, *line, cells, &times);
        plan.push(*line, row, &mut seen);
    }
    plan.notes.extend(times.note().map(|(line, reason)| BadRow { line, reason }));
    Ok(plan)
}

/// Whether a text begins like this, whatever the case.
fn begins(text: &str, start: &str) -> bool {
    text.trim_start().get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
}
