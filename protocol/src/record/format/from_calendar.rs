//! iCalendar in (RFC 5545): events become records of a kind that has a beginning.
//!
//! What is taken in again is known by its UID, whatever became of its title or time since. What comes back does so by the
//! same rule, if that is one that is understood here; otherwise it is taken at its first date, told so, and the rule stands
//! in its text. One date of it that was changed is an event of its own, and left out of the others.

use super::Shape;
use super::calendar::{APART, CREDIT};
use super::lines::{Component, Line, components, parts};
use super::row::{Draft, Rows};
use super::zone::{Read, Zones, whole_day};
use crate::limits::{MAX_IMPORT_ROWS, MAX_TAGS};
use crate::record::{DateTime, FieldType, ImportError, ImportOptions, ImportPlan, Kind, Repeat};
use jiff::civil::Date;
use std::collections::HashMap;

/// Letters of rules that are not understood which stand in a text at most.
const LONGEST_RULES: usize = 2_000;
/// Days of one event that are left out at most.
const LEFT_OUT: usize = 400;

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
        let changed = changed(&calendar);
        for event in calendar.within.iter().filter(|within| within.name == "VEVENT") {
            if rows.len() >= MAX_IMPORT_ROWS {
                return Err(ImportError::TooManyRows);
            }
            match draft(kind, &shape, &zones, &changed, event, options) {
                Ok(draft) => rows.take(draft, event.lines.iter().map(|line| line.name.as_str())),
                Err(reason) => rows.refuse(event.number, reason),
            }
        }
    }
    Ok(rows.into_plan())
}

/// The dates of each UID that were changed.
type Changed<'c> = HashMap<String, Vec<&'c Line>>;

fn changed(calendar: &Component) -> Changed<'_> {
    let mut changed: Changed<'_> = HashMap::new();
    for event in calendar.within.iter().filter(|within| within.name == "VEVENT") {
        if let Some(line) = event.line("RECURRENCE-ID") {
            changed.entry(event.text("UID").trim().to_owned()).or_default().push(line);
        }
    }
    changed
}

fn draft<'k>(
    kind: &'k Kind,
    shape: &Shape,
    zones: &Zones,
    changed: &Changed<'_>,
    event: &Component,
    options: &ImportOptions,
) -> Result<Draft<'k>, String> {
    let uid = event.text("UID").trim().to_owned();
    let one_of = event.line("RECURRENCE-ID");
    if one_of.is_some() && shape.repeats.is_none() {
        return Err(format!(
            "is one date of a repeated event that was changed; {} comes back nowhere: write it as one of its own",
            kind.one()
        ));
    }
    let own = one_of.map_or_else(|| uid.clone(), |date| format!("{uid} {}", date.value.trim()));
    let mut draft = Draft::new(kind, event.number, own, options);
    draft.put("SUMMARY", Some(&shape.title), &event.text("SUMMARY"));
    let starts = event.line("DTSTART").ok_or("DTSTART is missing: an event needs a beginning")?;
    let rule = match days(shape, event, starts) {
        Some((first, last)) => {
            draft.put("DTSTART", shape.starts.as_ref(), &first.to_string());
            last.iter().for_each(|last| draft.put("DTEND", shape.ends.as_ref(), &last.to_string()));
            None
        }
        None => hours(&mut draft, shape, zones, changed.get(&uid).map_or(&[], Vec::as_slice), event, starts)?,
    };
    draft.put("LOCATION", shape.place.as_ref(), &event.text("LOCATION"));
    let about = [description(event, draft.id.is_some()), rule.unwrap_or_default()];
    let about: Vec<&str> = about.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    draft.put("DESCRIPTION", shape.text.as_ref(), &about.join("\n\n"));
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

/// What an event is about. Of a record that is from here the thanks that an export put behind it are no part; anywhere else
/// they are all that tells after whose example it is done.
fn description(event: &Component, is_from_here: bool) -> String {
    let (mut about, thanks) = (event.text("DESCRIPTION"), event.text(CREDIT));
    if let Some(own) = about.strip_suffix(&thanks).filter(|_| is_from_here && !thanks.is_empty()) {
        about.truncate(own.strip_suffix(APART).unwrap_or(own).len());
    }
    about
}

/// The first and the last day of what takes whole days, where days will do for the kind.
fn days(shape: &Shape, event: &Component, starts: &Line) -> Option<(Date, Option<Date>)> {
    let by_hours = ["RRULE", "RDATE", "DURATION"].iter().any(|name| event.line(name).is_some());
    let first = shape.begins_on.filter(|_| !by_hours).and_then(|_| whole_day(starts))?;
    match event.line("DTEND") {
        None => Some((first, None)),
        Some(_) if shape.ends.is_none() => Some((first, None)),
        // The end of a calendar is the first day on which it is over.
        Some(over) => {
            let last = shape.ends_on.and_then(|_| whole_day(over))?.yesterday().ok()?;
            Some((first, Some(last.max(first))))
        }
    }
}

/// When it begins and ends by the hour, and how it comes back. A rule that is not understood is given back.
fn hours(
    draft: &mut Draft<'_>,
    shape: &Shape,
    zones: &Zones,
    changed: &[&Line],
    event: &Component,
    starts: &Line,
) -> Result<Option<String>, String> {
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
    Ok(match event.line("RECURRENCE-ID") {
        Some(_) => None,
        None => again(draft, shape, zones, event, (&starts, &own), changed),
    })
}

/// How an event comes back. A rule that is not understood is given back, to stand in its text.
fn again(
    draft: &mut Draft<'_>,
    shape: &Shape,
    zones: &Zones,
    event: &Component,
    (starts, first): (&Read, &DateTime),
    changed: &[&Line],
) -> Option<String> {
    if event.line("RDATE").is_some() {
        draft.note(
            "takes place on further days that no rule names, which is not supported: they are left out".to_owned(),
        );
    }
    let rules: Vec<&Line> = event.lines.iter().filter(|line| line.name == "RRULE").collect();
    let (line, rest) = rules.split_first()?;
    let begun = |repeat: Repeat| match repeat.falls_on(first, first.local().date()) {
        true => Ok(repeat),
        false => Err("it ends before its first date".to_owned()),
    };
    let read = match shape.repeats.is_some() && rest.is_empty() {
        true => line.value.parse::<Repeat>().map_err(|error| error.to_string()).and_then(begun),
        false => Err("rules of its sort are not understood here".to_owned()),
    };
    let repeat = match read {
        Ok(repeat) => repeat,
        Err(why) => {
            let shown: String = line.value.chars().take(80).collect();
            draft.note(format!(
                "is repeated by {shown}: {why}; only its first date is taken, and the rule stands in its text"
            ));
            let shown: Vec<String> = rules.iter().map(|line| format!("RRULE:{}", line.value)).collect();
            return Some(shown.join("\n")).filter(|rules| rules.len() <= LONGEST_RULES);
        }
    };
    let own = event.line("X-GRID-REPEATS").map(Line::text);
    let same = |own: &String| {
        let own: Option<Repeat> = own.parse().ok();
        own.is_some_and(|own| own.in_calendar(&starts.moment) == repeat.in_calendar(&starts.moment))
    };
    let rule = own.filter(same).unwrap_or_else(|| repeat.to_string());
    draft.put("RRULE", shape.repeats.as_ref(), &rule);
    let mut days = Vec::new();
    let out = event.lines.iter().filter(|line| line.name == "EXDATE").chain(changed.iter().copied());
    for (line, value) in out.flat_map(|line| line.value.split(',').map(move |value| (line, value))).take(LEFT_OUT) {
        match zones.read(&line.saying(value)) {
            Ok(read) => days.push(zones.day(starts, &read).to_string()),
            Err(why) => draft.note(format!("a day that is left out is not understood: {why}")),
        }
    }
    if days.len() <= MAX_TAGS {
        days = days_of(&rule.parse().unwrap_or(repeat), draft, shape, first, days);
    }
    draft.put_tags("EXDATE", shape.except.as_ref(), &days);
    None
}

/// The days that are left out of a rule: those that it does not have are told, and left out of nothing. Where no time would
/// be left, all of it is off.
fn days_of(rule: &Repeat, draft: &mut Draft<'_>, shape: &Shape, first: &DateTime, days: Vec<String>) -> Vec<String> {
    let falls_on = |text: &String| text.parse().is_ok_and(|day: Date| rule.falls_on(first, day));
    let (days, others): (Vec<String>, Vec<String>) = days.into_iter().partition(falls_on);
    for day in others {
        draft.note(format!("leaves out {day}, which is no day on which it comes back"));
    }
    let is_out = |day: Date| days.iter().any(|text| text.parse().is_ok_and(|out: Date| out == day));
    if days.is_empty() || rule.times(first, first.instant(), is_out).next().is_some() {
        return days;
    }
    draft.note("all its days are left out: it is taken as cancelled".to_owned());
    draft.put_if_fits("STATUS", shape.status.as_ref(), "cancelled");
    Vec::new()
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
