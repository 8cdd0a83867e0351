//! Tables in: what a CSV or JSON file of somebody else means as records of a kind.
//!
//! A plan is made before anything is written, so that a person can see which heading became which field and which
//! rows can't be taken. One bad row never holds up the others.

use super::{
    FieldName, FieldType, Kind, Mapped, Mapping, Patch, PatchError, Unfit, Values,
    encoding::{Encoding, decode},
    format,
    heading::map_headings,
    measure::Coordinates,
    quotes::open_quote,
    spreadsheet::{Order, Times},
    table::undo_defuse,
};
use crate::id::CoalitionId;
use crate::limits::{MAX_IMPORT, MAX_IMPORT_ROWS};
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
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
    /// What tells this record from others: [`Kind::identity`].
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
        if !mapping.iter().any(|mapping| matches!(&mapping.mapped, Mapped::Field(field) if *field == kind.title)) {
            let headings = mapping.into_iter().map(|mapping| mapping.heading).collect();
            let aliases = kind.field(&kind.title).map_or_else(Vec::new, |field| field.aliases.clone());
            return Err(ImportError::NoTitle { title: kind.title.clone(), aliases, headings });
        }
        Ok(Self { mapping, rows: Vec::new(), bad: Vec::new(), notes: Vec::new() })
    }

    /// Takes a row, unless it stands for the same record as an earlier one.
    pub(super) fn push(&mut self, line: u64, row: Result<Row, String>, seen: &mut BTreeMap<String, u64>) {
        let row = row.and_then(|row| match row.key.as_ref().filter(|_| row.id.is_none()) {
            None => Ok(row),
            Some(key) => match seen.insert(key.clone(), line) {
                None => Ok(row),
                Some(first) => {
                    seen.insert(key.clone(), first);
                    Err(format!("stands for the same record as line {first}"))
                }
            },
        });
        match row {
            Ok(row) => self.rows.push(row),
            Err(reason) => self.bad.push(BadRow { line, reason }),
        }
    }
}

fn read_csv(kind: &Kind, text: &str, options: &ImportOptions) -> Result<ImportPlan, ImportError> {
    // Some spreadsheets say the separator in a first line of their own.
    let (said, text, skipped) = match text.strip_prefix("sep=").and_then(|rest| rest.split_once('\n')) {
        Some((said, rest)) => (said.bytes().next(), rest, 1),
        None => (None, text, 0),
    };
    let delimiter = options.delimiter.or(said).unwrap_or_else(|| guess_delimiter(text));
    // Rows that a quotation mark swallows are not read at all, and named.
    let broken = open_quote(text, delimiter);
    let line_of = |line: usize| u64::try_from(line).unwrap_or(u64::MAX).saturating_add(skipped);
    let text = match &broken {
        Some(quote) if text.get(..quote.row).is_none_or(|before| before.trim().is_empty()) => {
            return Err(ImportError::OpenQuote { line: quote.line.saturating_add(usize::from(skipped > 0)) });
        }
        Some(quote) => text.get(..quote.row).unwrap_or_default(),
        None => text,
    };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let headings = reader.headers().map_err(ImportError::Csv)?.clone();
    let headings: Vec<Cow<'_, str>> = headings.iter().map(undo_defuse).collect();
    let headings = headings.iter().map(|heading| &**heading);
    let mut plan = ImportPlan::new(kind, map_headings(kind, headings, &options.mapping)?)?;
    let mapping = plan.mapping.clone();
    let records = numbered(&mut reader, text)?;
    let is_moment = |mapping: &Mapping| match &mapping.mapped {
        Mapped::Field(name) => kind.field(name).is_some_and(|field| field.field_type == FieldType::DateTime),
        _ => false,
    };
    let moments = records.iter().flat_map(|(line, record)| {
        let cells = mapping.iter().zip(record.iter()).filter(|(mapping, _)| is_moment(mapping));
        cells.map(move |(_, text)| (skipped + line, text))
    });
    let order = Order::shown_by(moments);
    if let Some((line, order)) = order {
        let reason =
            format!("this date shows that {order} in this file: those that could be read in two ways are read like it");
        plan.notes.push(BadRow { line, reason });
    }
    let times = Times::new(options.zone.as_deref(), order.map(|(_, order)| order));
    let mut seen = BTreeMap::new();
    for (line, record) in &records {
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let line = skipped + line;
        let row = if record.len() > mapping.len() {
            Err(format!("expected {} cells, found {}", mapping.len(), record.len()))
        } else {
            let texts: Vec<Cow<'_, str>> = record.iter().map(undo_defuse).collect();
            let cells = mapping.iter().zip(&texts).map(|(mapping, text)| (&mapping.mapped, Cell::Text(text)));
            read_row(kind, line, cells, &times)
        };
        plan.push(line, row, &mut seen);
    }
    plan.notes.extend(times.note().map(|(line, reason)| BadRow { line, reason }));
    if let Some(quote) = broken {
        let rest = match quote.lines_after {
            0 => "it".to_owned(),
            1 => "it and the line after it".to_owned(),
            lines => format!("it and the {lines} lines after it"),
        };
        let reason = format!("a quotation mark opens here and is not closed, so {rest} can't be read: close it");
        plan.bad.push(BadRow { line: line_of(quote.line), reason });
    }
    Ok(plan)
}

/// The rows, each with the line of the file where it begins. The reader counts lines by where it stopped, which in files
/// with two signs at the end of a line is one too few.
fn numbered(reader: &mut csv::Reader<&[u8]>, text: &str) -> Result<Vec<(u64, csv::StringRecord)>, ImportError> {
    let mut rows = Vec::new();
    let (mut line, mut counted) = (1, 0);
    for record in reader.records() {
        if rows.len() >= MAX_IMPORT_ROWS {
            return Err(ImportError::TooManyRows);
        }
        let record = record.map_err(ImportError::Csv)?;
        let stopped = record.position().and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or(counted);
        let ends = text.as_bytes().iter().skip(stopped).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let begins = stopped.saturating_add(ends);
        let passed = text.as_bytes().get(counted..begins).unwrap_or_default();
        line += u64::try_from(passed.iter().filter(|byte| **byte == b'\n').count()).unwrap_or_default();
        counted = begins;
        rows.push((line, record));
    }
    Ok(rows)
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
    let mut seen = BTreeMap::new();
    for (line, object) in objects {
        let cells =
            mapping.iter().filter_map(|mapping| Some((&mapping.mapped, Cell::Json(object.get(&mapping.heading)?))));
        let row = read_row(kind, *line, cells, &times);
        plan.push(*line, row, &mut seen);
    }
    plan.notes.extend(times.note().map(|(line, reason)| BadRow { line, reason }));
    Ok(plan)
}

/// What stands in a cell.
#[derive(Clone, Copy)]
pub(super) enum Cell<'a> {
    Text(&'a str),
    Json(&'a Json),
}

impl Cell<'_> {
    fn text(self) -> String {
        match self {
            Cell::Text(text) => text.to_owned(),
            Cell::Json(Json::String(text)) => text.clone(),
            Cell::Json(Json::Null) => String::new(),
            Cell::Json(json) => json.to_string(),
        }
    }
}

/// The row of these cells, or why it can't be taken.
pub(super) fn read_row<'a>(
    kind: &Kind,
    line: u64,
    cells: impl Iterator<Item = (&'a Mapped, Cell<'a>)>,
    times: &Times<'_>,
) -> Result<Row, String> {
    let cells: Vec<(&Mapped, Cell<'_>)> = cells.collect();
    let time_of = |name: &FieldName| {
        let time = cells.iter().find(|(mapped, _)| matches!(mapped, Mapped::Time(field) if field == name));
        // Where others have a time and this has none, it lasts the whole day.
        time.map(|(_, cell)| cell.text()).map(|time| if time.trim().is_empty() { "00:00".to_owned() } else { time })
    };
    let mut values = Values::default();
    let (mut id, mut by_zone) = (None, None);
    let mut points: BTreeMap<&FieldName, (String, String)> = BTreeMap::new();
    for (mapped, cell) in cells.iter().copied() {
        match mapped {
            Mapped::Ignored | Mapped::Time(_) => {}
            Mapped::Id => id = Some(cell.text().trim().to_owned()).filter(|id| !id.is_empty()),
            Mapped::Latitude(field) => points.entry(field).or_default().0 = cell.text(),
            Mapped::Longitude(field) => points.entry(field).or_default().1 = cell.text(),
            Mapped::Field(name) => {
                let Some(field) = kind.field(name) else { continue };
                let written = match (&field.field_type, cell) {
                    (FieldType::DateTime, Cell::Text(text)) => Some(text),
                    (FieldType::DateTime, Cell::Json(Json::String(text))) => Some(text.as_str()),
                    _ => None,
                };
                // Some tables give day and time a column each.
                let joined = written.filter(|day| !day.trim().is_empty()).zip(time_of(name));
                let joined = joined.map(|(day, time)| format!("{} {}", day.trim(), time.trim()));
                let moment = joined.as_deref().or(written).map(|text| times.read(text)).transpose();
                let value = match (moment.map_err(|unfit| cell_unfit(name, &unfit))?.flatten(), cell) {
                    (Some(moment), _) => {
                        // A day alone is read without a zone.
                        by_zone = by_zone.or(moment.ends_with(']').then_some(line));
                        field.from_text(&moment)
                    }
                    (None, _) if joined.is_some() => field.from_text(joined.as_deref().unwrap_or_default()),
                    (None, Cell::Text(text)) => field.from_text(text),
                    (None, Cell::Json(json)) => field.from_json(json),
                };
                if let Some(value) = value.map_err(|unfit| cell_unfit(name, &unfit))? {
                    values.set(name.clone(), value);
                }
            }
        }
    }
    for (name, (latitude, longitude)) in points {
        if let Some(point) = read_point(&latitude, &longitude).map_err(|unfit| format!("{name}: {unfit}"))? {
            values.set(name.clone(), super::Value::Coordinates(point));
        }
    }
    if values.text(&kind.title).is_empty() {
        return Err(PatchError::Missing { kind: kind.name.clone(), field: kind.title.clone() }.to_string());
    }
    kind.check(&values).map_err(|complaint| complaint.message)?;
    let fields = values.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect();
    let patch = Patch { fields, ..Patch::default() };
    if let Some(line) = by_zone {
        times.by_zone(line);
    }
    Ok(Row { line, id, key: kind.identity(&values), patch })
}

/// Why a cell can't be taken, with what to do.
fn cell_unfit(name: &FieldName, unfit: &Unfit) -> String {
    match &unfit.hint {
        Some(hint) => format!("{name}: {unfit}. {hint}"),
        None => format!("{name}: {unfit}"),
    }
}

/// The point of two cells; none when both are blank. A comma as decimal sign is taken.
fn read_point(latitude: &str, longitude: &str) -> Result<Option<Coordinates>, Unfit> {
    let (latitude, longitude) = (latitude.trim(), longitude.trim());
    if latitude.is_empty() && longitude.is_empty() {
        return Ok(None);
    }
    let degrees = |text: &str| text.replace(',', ".").parse::<f64>().ok();
    let unfit = || Unfit::new(super::measure::COORDINATES, &format!("{latitude},{longitude}"));
    let (latitude, longitude) = degrees(latitude).zip(degrees(longitude)).ok_or_else(unfit)?;
    Coordinates::new(latitude, longitude).map(Some)
}

/// Whether a text begins like this, whatever the case.
fn begins(text: &str, start: &str) -> bool {
    text.trim_start().get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
}

/// What separates the cells of the first line, quoted ones aside.
fn guess_delimiter(text: &str) -> u8 {
    let (mut quoted, mut counts) = (false, [0_usize; 3]);
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            b',' if !quoted => counts[0] += 1,
            b';' if !quoted => counts[1] += 1,
            b'\t' if !quoted => counts[2] += 1,
            _ => {}
        }
    }
    match counts {
        [commas, semicolons, tabs] if semicolons > commas && semicolons >= tabs => b';',
        [commas, _, tabs] if tabs > commas => b'\t',
        _ => b',',
    }
}
