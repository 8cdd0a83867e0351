//! iCalendar in (RFC 5545): events become records of a kind that has a beginning.
//!
//! What is taken in again is known by its UID, whatever became of its title or time since. A repeated event is taken at
//! its first date, and told so.

use super::Shape;
use super::lines::{Component, components, parts};
use super::row::{Draft, Rows};
use super::zone::Zones;
use crate::limits::MAX_IMPORT_ROWS;
use crate::record::{DateTime, FieldType, ImportError, ImportOptions, ImportPlan, Kind};

/// Reads a calendar as records of a kind.
pub(in crate::record) fn read_calendar(
    kind: &Kind,
    text: &str,
    options: &ImportOptions,
) -> Result<ImportPlan, ImportError> {
    let shape = Shape::of(kind);
    if shape.starts.is_none() {
        return Err(ImportError::NoPart { kind: kind.name.clone(), part: "date-time, which a calendar is about" });
    }
    let mut rows = Rows::new();
    for calendar in components(text) {
        let zones = Zones::of(&calendar, options.zone.as_deref());
        for event in calendar.within.iter().filter(|within| within.name == "VEVENT") {
            if rows.len() >= MAX_IMPORT_ROWS {
                return Err(ImportError::TooManyRows);
            }
            match draft(kind, &shape, &zones, event, options) {
                Ok(draft) => rows.take(draft, event.lines.iter().map(|line| line.name.as_str())),
                Err(reason) => rows.refuse(event.number, reason),
            }
        }
    }
    Ok(rows.into_plan())
}

fn draft<'k>(
    kind: &'k Kind,
    shape: &Shape,
    zones: &Zones,
    event: &Component,
    options: &ImportOptions,
) -> Result<Draft<'k>, String> {
    if event.line("RECURRENCE-ID").is_some() {
        return Err(
            "is one date of a repeated event that was changed; repeated events are not supported: write it as an \
                    event of its own"
                .to_owned(),
        );
    }
    let mut draft = Draft::new(kind, event.number, event.text("UID").trim().to_owned(), options);
    draft.put("SUMMARY", Some(&shape.title), &event.text("SUMMARY"));
    let starts = event.line("DTSTART").ok_or("DTSTART is missing: an event needs a beginning")?;
    let starts = zones.read(starts)?;
    let own = own_form(event, "X-GRID-STARTS", &starts.moment);
    draft.put("DTSTART", shape.starts.as_ref(), &own.to_string());
    starts.note.iter().for_each(|note| draft.note(note.clone()));
    let (name, ends) = match (event.line("DTEND"), event.line("DURATION")) {
        (Some(line), _) => ("DTEND", Some(zones.read(line)?.moment)),
        (None, Some(line)) => {
            let unfit = || {
                format!(
                    "DURATION: expected one like PT1H30M, found {:?}",
                    line.value.chars().take(80).collect::<String>()
                )
            };
            ("DURATION", Some(zones.after(&starts, &line.value).ok_or_else(unfit)?))
        }
        (None, None) => ("DTEND", None),
    };
    if let Some(ends) = ends.filter(|ends| ends.instant() != starts.moment.instant()) {
        draft.put(name, shape.ends.as_ref(), &own_form(event, "X-GRID-ENDS", &ends).to_string());
    }
    if event.line("RRULE").is_some() || event.line("RDATE").is_some() {
        draft.note("is repeated, which is not supported: only its first date is taken".to_owned());
    }
    draft.put("LOCATION", shape.place.as_ref(), &event.text("LOCATION"));
    draft.put("DESCRIPTION", shape.text.as_ref(), &event.text("DESCRIPTION"));
    let url = event.line("URL").map(|line| line.value.clone()).unwrap_or_default();
    draft.put_if_fits("URL", shape.link.as_ref(), &url);
    draft.put_if_fits("GEO", shape.point.as_ref(), &event.text("GEO"));
    let tags: Vec<String> =
        event.lines.iter().filter(|line| line.name == "CATEGORIES").flat_map(|line| parts(&line.value, ',')).collect();
    draft.put_tags("CATEGORIES", shape.tags.as_ref(), &tags);
    if event.text("STATUS").trim().eq_ignore_ascii_case("CANCELLED") && takes_cancelled(kind, shape) {
        draft.put("STATUS", shape.status.as_ref(), "cancelled");
    }
    Ok(draft)
}

/// The form that stands beside a time, if it is still that time.
fn own_form(event: &Component, name: &str, moment: &DateTime) -> DateTime {
    let own = event.line(name).and_then(|line| line.value.trim().parse::<DateTime>().ok());
    own.filter(|own| own.instant() == moment.instant()).unwrap_or_else(|| moment.clone())
}

fn takes_cancelled(kind: &Kind, shape: &Shape) -> bool {
    let status = shape.status.as_ref().and_then(|name| kind.field(name));
    status.is_some_and(|field| match &field.field_type {
        FieldType::Choice(choices) => choices.iter().any(|choice| choice.word == "cancelled"),
        _ => false,
    })
}
