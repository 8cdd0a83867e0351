//! A row of a table: what its cells say, as the fields of a record.

use super::Row;
use crate::record::measure::{COORDINATES, Coordinates};
use crate::record::spreadsheet::Times;
use crate::record::{Field, FieldName, FieldType, Kind, Mapped, Patch, PatchError, Unfit, Value, Values};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What stands in a cell.
#[derive(Clone, Copy)]
pub(in crate::record) enum Cell<'a> {
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
pub(in crate::record) fn read_row<'a>(
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
    // A table that was exported here says everything as it is meant.
    let is_own = cells.iter().any(|(mapped, _)| **mapped == Mapped::Id);
    let mut values = Values::default();
    let (mut id, mut by_zone) = (None, None);
    let mut points: BTreeMap<&FieldName, (String, String)> = BTreeMap::new();
    let mut parts: BTreeMap<&FieldName, BTreeMap<usize, String>> = BTreeMap::new();
    for (mapped, cell) in cells.iter().copied() {
        match mapped {
            Mapped::Ignored | Mapped::Time(_) => {}
            Mapped::Id => id = Some(cell.text().trim().to_owned()).filter(|id| !id.is_empty()),
            Mapped::Part { field, at, .. } => {
                parts.entry(field).or_default().insert(*at, cell.text().trim().to_owned());
            }
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
                    (None, Cell::Text(text)) if is_own => field.from_text(text),
                    (None, Cell::Text(text)) => field.from_text(&several(field, text)),
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
            let point = Value::Coordinates(point);
            let point = match kind.field(name) {
                Some(field) => field.kept(point),
                None => point,
            };
            values.set(name.clone(), point);
        }
    }
    for (name, parts) in parts {
        if !values.text(name).is_empty() {
            continue;
        }
        let whole: Vec<&str> = parts.values().map(String::as_str).filter(|part| !part.is_empty()).collect();
        let value = kind.field(name).map(|field| field.from_text(&whole.join(" "))).transpose();
        if let Some(value) = value.map_err(|unfit| cell_unfit(name, &unfit))?.flatten() {
            values.set(name.clone(), value);
        }
    }
    for (field, other) in kind.fields.iter().filter_map(|field| Some((field, field.stand_in.as_ref()?))) {
        let stands_in =
            if values.text(&field.name).is_empty() { field.from_text(values.text(other)) } else { Ok(None) };
        if let Ok(Some(value)) = stands_in {
            values.set(field.name.clone(), value);
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

/// Groups that an address book makes by itself: they say nothing about anybody.
const MADE_BY_PROGRAMS: [&str; 2] = ["* mycontacts", "* starred"];

/// A cell in which another program put several things, as tables here have them: `one ::: two`, or each tag in quotation
/// marks.
fn several<'t>(field: &Field, text: &'t str) -> Cow<'t, str> {
    let is_tags = field.field_type == FieldType::Tags;
    let quoted = text.trim().strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let parts: Vec<&str> = match quoted.filter(|_| is_tags) {
        Some(inner) => inner.split("\",").map(|tag| tag.trim().trim_start_matches('"')).collect(),
        None if text.contains(" ::: ") || is_tags && text.starts_with("* ") => {
            text.split(" ::: ").map(str::trim).collect()
        }
        None => return Cow::Borrowed(text),
    };
    let told = parts.into_iter().filter(|part| !MADE_BY_PROGRAMS.contains(&part.to_lowercase().as_str()));
    let told: Vec<&str> = told.filter(|part| !part.is_empty()).collect();
    match &field.field_type {
        // A separator behind each, so that one tag with a comma in it stays one.
        FieldType::Tags => Cow::Owned(told.iter().map(|tag| format!("{tag};")).collect()),
        FieldType::Line => Cow::Owned(told.join(", ")),
        _ => Cow::Borrowed(text),
    }
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
    let unfit = || Unfit::new(COORDINATES, &format!("{latitude},{longitude}"));
    let (latitude, longitude) = degrees(latitude).zip(degrees(longitude)).ok_or_else(unfit)?;
    Coordinates::new(latitude, longitude).map(Some)
}
