//! iCalendar out (RFC 5545).
//!
//! Times stand in UTC, which every program shows in the zone of whoever looks: no zone rules are given out that would
//! be wrong in a year. The zone that people agreed on stands beside them, for whoever takes the calendar in again.

use super::entry::instant;
use super::lines::{Writer, escaped};
use super::{Entry, Feed};
use crate::record::{DateTime, Presence};

/// The program that wrote it.
const PRODUCT: &str = "-//Coalition Grid//grid//EN";
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
    time(out, "DTSTART", "X-GRID-STARTS", starts);
    if let Some(ends) = entry.ends() {
        time(out, "DTEND", "X-GRID-ENDS", ends);
    }
    out.text("SUMMARY", &entry.shown_title());
    out.raw("STATUS", if entry.is_off() { "CANCELLED" } else { "CONFIRMED" });
    if entry.presence == Presence::Present {
        let shape = &entry.shape;
        out.text("LOCATION", entry.text(shape.place.as_ref()));
        if let Some(point) = entry.point() {
            out.raw("GEO", &format!("{};{}", point.latitude(), point.longitude()));
        }
        out.text("DESCRIPTION", entry.text(shape.text.as_ref()));
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
