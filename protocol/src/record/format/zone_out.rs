//! The rules of a zone in a calendar, for what comes back at the same hour.
//!
//! They are written out as the changes of the clocks that are known, one by one, for some years: most programs know the
//! zone by its name and look no further.

use super::lines::Writer;
use crate::record::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, civil};

/// Changes of the clocks that are written out.
const CHANGES: usize = 24;

/// The zone in which something comes back.
#[derive(Clone, Debug)]
pub(super) enum ZoneId {
    /// One that this computer knows.
    Named(String, TimeZone),
    /// The same offset all year.
    Fixed(Offset),
}

impl ZoneId {
    /// The zone of a moment; one that this computer does not know is the offset that people saw.
    pub(super) fn of(moment: &DateTime) -> Self {
        let named = moment.zone().and_then(|name| Some(Self::Named(name.to_owned(), TimeZone::get(name).ok()?)));
        named.unwrap_or_else(|| Self::Fixed(Offset::from_seconds(moment.offset_seconds()).unwrap_or(Offset::UTC)))
    }

    /// What the calendar calls it; UTC needs no name.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Named(name, _) => Some(name.clone()),
            Self::Fixed(Offset::UTC) => None,
            Self::Fixed(offset) => Some(format!("UTC{}", written(*offset))),
        }
    }

    /// A moment as people there see it.
    pub(super) fn local(&self, moment: &DateTime) -> civil::DateTime {
        match self {
            Self::Named(_, rules) => rules.to_datetime(moment.instant()),
            Self::Fixed(offset) => offset.to_datetime(moment.instant()),
        }
    }

    /// Writes its rules, from the one that held at a moment on.
    pub(super) fn write(&self, out: &mut Writer, name: &str, since: Timestamp) {
        out.raw("BEGIN", "VTIMEZONE");
        out.raw("TZID", name);
        match self {
            Self::Fixed(offset) => {
                part(out, "STANDARD", civil::date(1970, 1, 1).to_datetime(civil::Time::MIN), *offset, *offset)
            }
            Self::Named(_, rules) => {
                let first = rules.to_offset_info(since);
                let began = rules.preceding(since).next().map_or(Timestamp::UNIX_EPOCH, |change| change.timestamp());
                let mut before = first.offset();
                part(out, word(first.dst()), before.to_datetime(began), before, before);
                for change in rules.following(since).take(CHANGES) {
                    let after = change.offset();
                    part(out, word(change.dst()), before.to_datetime(change.timestamp()), before, after);
                    before = after;
                }
            }
        }
        out.raw("END", "VTIMEZONE");
    }
}

fn word(dst: jiff::tz::Dst) -> &'static str {
    if dst.is_dst() { "DAYLIGHT" } else { "STANDARD" }
}

fn part(out: &mut Writer, word: &str, at: civil::DateTime, from: Offset, to: Offset) {
    out.raw("BEGIN", word);
    out.raw("DTSTART", &at.strftime("%Y%m%dT%H%M%S").to_string());
    out.raw("TZOFFSETFROM", &written(from));
    out.raw("TZOFFSETTO", &written(to));
    out.raw("END", word);
}

/// `+1100`
fn written(offset: Offset) -> String {
    let (sign, size) = (if offset.seconds() < 0 { '-' } else { '+' }, offset.seconds().unsigned_abs());
    let seconds = if size % 60 == 0 { String::new() } else { format!("{:02}", size % 60) };
    format!("{sign}{:02}{:02}{seconds}", size / 3_600, size / 60 % 60)
}
