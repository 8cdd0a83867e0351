//! iCalendar out (RFC 5545).
//!
//! Times stand in UTC, which every program shows in the zone of whoever looks: no zone rules are given out that would
//! be wrong in a year. The zone that people agreed on stands beside them, for whoever takes the calendar in again. Only
//! what comes back stands in its own zone, with the rules as they are known now: ten o'clock each Monday is another
//! instant when the clocks have changed.

use super::entry::instant;
use super::lines::{Writer, escaped};
use super::zone_out::ZoneId;
use super::{Entry, Feed};
use crate::record::{DateTime, Presence, Repeat};
use jiff::civil;
use std::collections::BTreeMap;

/// The program that wrote it.
const PRODUCT: &str = "-//Coalition Grid//grid//EN";
/// What stands between the text of a record and whom it thanks.
pub(super) const APART: &str = "\n\n";
/// What says at the end of a description after whose example something is done.
pub(super) const CREDIT: &str = "X-GRID-CREDIT";
/// The highest number that calendar programs take.
const HIGHEST: u64 = 2_147_483_647;

/// The entries that have a time, as a calendar. One that was removed or does not take place is in it as cancelled, under
/// the name that it always had, so that it goes away in the calendars of others.
pub fn calendar<'a>(feed: &Feed, entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let mut out = Writer::default();
    out.raw("BEGIN", "VCALENDAR");
    out.raw("VERSION", "2.0");
    out.raw("PRODID", PRODUCT);
    out.raw("CALSCALE", "GREGORIAN");
    out.text("X-WR-CALNAME", &feed.title);
    out.text("X-WR-CALDESC", &feed.about);
    let entries: Vec<&Entry> = entries.into_iter().collect();
    zones(&mut out, &entries);
    for entry in entries {
        event(&mut out, entry);
    }
    out.raw("END", "VCALENDAR");
    out.into_text()
}

fn event(out: &mut Writer, entry: &Entry) {
    let Some(starts) = entry.starts() else { return };
    out.raw("BEGIN", "VEVENT");
    out.text("UID", &entry.uid());
    out.raw("DTSTAMP", &stamp(instant(entry.changed)));
    out.raw("CREATED", &stamp(instant(entry.created)));
    out.raw("LAST-MODIFIED", &stamp(instant(entry.changed)));
    out.raw("SEQUENCE", &entry.sequence.min(HIGHEST).to_string());
    match entry.repeat().filter(|_| entry.presence == Presence::Present) {
        Some(repeat) => again(out, entry, starts, &repeat),
        None => times(out, entry, starts),
    }
    out.text("SUMMARY", &entry.shown_title());
    out.raw("STATUS", if entry.is_off() { "CANCELLED" } else { "CONFIRMED" });
    if entry.presence == Presence::Present {
        let shape = &entry.shape;
        out.text("LOCATION", entry.text(shape.place.as_ref()));
        if let Some(point) = entry.point() {
            out.raw("GEO", &format!("{};{}", point.latitude(), point.longitude()));
        }
        let about = [entry.text(shape.text.as_ref()), &entry.thanks()];
        let about: Vec<&str> = about.into_iter().filter(|part| !part.is_empty()).collect();
        out.text("DESCRIPTION", &about.join(APART));
        // Whoever takes it in again knows by this what of that is no text of the record.
        out.text(CREDIT, &entry.thanks());
        let link = entry.text(shape.link.as_ref());
        if !link.is_empty() {
            out.raw("URL", link);
        }
        let tags: Vec<String> = entry.tags().map(escaped).collect();
        if !tags.is_empty() {
            out.raw("CATEGORIES", &tags.join(","));
        }
        out.text("CONTACT", &entry.author);
    }
    out.raw("X-GRID-KIND", &entry.kind);
    out.raw("END", "VEVENT");
}

/// What comes back: its times in its zone, the rule, and the days that are left out.
fn again(out: &mut Writer, entry: &Entry, starts: &DateTime, repeat: &Repeat) {
    let zone = ZoneId::of(starts);
    local(out, "DTSTART", &zone, starts.local());
    if let Some(ends) = entry.ends() {
        // The end stands in the zone of the beginning, whatever zone it was written in.
        local(out, "DTEND", &zone, zone.local(ends));
    }
    out.raw("RRULE", &repeat.in_calendar(starts));
    out.text("X-GRID-REPEATS", entry.text(entry.shape.repeats.as_ref()));
    for day in entry.except() {
        local(out, "EXDATE", &zone, day.to_datetime(starts.local().time()));
    }
}

fn local(out: &mut Writer, name: &str, zone: &ZoneId, at: civil::DateTime) {
    let at = at.strftime("%Y%m%dT%H%M%S");
    match zone.name() {
        Some(id) => out.raw(&format!("{name};TZID={id}"), &at.to_string()),
        None => out.raw(name, &format!("{at}Z")),
    }
}

/// The rules of the zones in which something comes back.
fn zones(out: &mut Writer, entries: &[&Entry]) {
    let mut zones: BTreeMap<String, (ZoneId, jiff::Timestamp)> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.repeat().is_some() && entry.presence == Presence::Present) {
        let Some(starts) = entry.starts() else { continue };
        let zone = ZoneId::of(starts);
        let Some(name) = zone.name() else { continue };
        let known = zones.entry(name).or_insert_with(|| (zone, starts.instant()));
        known.1 = known.1.min(starts.instant());
    }
    zones.into_iter().for_each(|(name, (zone, since))| zone.write(out, &name, since));
}

/// When it begins and ends: by days where it was given by days, else both by the hour, as calendars ask.
fn times(out: &mut Writer, entry: &Entry, starts: &DateTime) {
    let ends = entry.ends();
    match (entry.first_day(), ends.map(|_| entry.last_day().and_then(|last| last.tomorrow().ok()))) {
        (Some(first), None) => day(out, "DTSTART", first, "X-GRID-STARTS", starts),
        // The last day of a calendar is the first on which it is over.
        (Some(first), Some(Some(over))) => {
            day(out, "DTSTART", first, "X-GRID-STARTS", starts);
            ends.iter().for_each(|ends| day(out, "DTEND", over, "X-GRID-ENDS", ends));
        }
        _ => {
            time(out, "DTSTART", "X-GRID-STARTS", starts);
            ends.iter().for_each(|ends| time(out, "DTEND", "X-GRID-ENDS", ends));
        }
    }
}

fn day(out: &mut Writer, name: &str, date: civil::Date, own: &str, moment: &DateTime) {
    out.raw(&format!("{name};VALUE=DATE"), &date.strftime("%Y%m%d").to_string());
    out.raw(own, &moment.to_string());
}

fn time(out: &mut Writer, name: &str, own: &str, moment: &DateTime) {
    out.raw(name, &stamp(moment.instant()));
    if moment.zone().is_some() || moment.offset_seconds() != 0 {
        out.raw(own, &moment.to_string());
    }
}

/// `20261129T230000Z`
fn stamp(instant: jiff::Timestamp) -> String {
    jiff::tz::Offset::UTC.to_datetime(instant).strftime("%Y%m%dT%H%M%SZ").to_string()
}
