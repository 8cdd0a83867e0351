//! The zones of a calendar: which instant a written date and time is.
//!
//! A zone is looked up by its name first. Office programs write names of their own and bring the rules along: these are
//! read where they are the usual ones, two changes a year. A time without any zone is no instant until somebody says
//! which zone is meant.

use super::lines::{Component, Line};
use crate::record::DateTime;
use jiff::civil;
use jiff::tz::{Offset, TimeZone};
use std::collections::BTreeMap;

/// The zones that a calendar names.
#[derive(Debug, Default)]
pub(super) struct Zones {
    own: BTreeMap<String, Zone>,
    /// The zone of times without one, and who named it.
    fallback: Option<(Zone, Namer)>,
}

#[derive(Clone, Debug)]
struct Zone {
    rules: TimeZone,
    name: Option<String>,
}

/// Who says which zone is meant where a time has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Namer {
    File,
    Reader,
}

/// A time that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) moment: DateTime,
    /// What somebody should know of it.
    pub(super) note: Option<String>,
    /// How it stood there, so that a duration can be added.
    local: civil::DateTime,
    /// Whether it was a day without a time.
    whole_day: bool,
}

impl Zones {
    /// The zones of a calendar; `given` is the zone that whoever reads it names.
    pub(super) fn of(calendar: &Component, given: Option<&str>) -> Self {
        let named = calendar.text("X-WR-TIMEZONE");
        let file = by_name(&named).map(|zone| (zone, Namer::File));
        let fallback = file.or_else(|| Some((by_name(given?)?, Namer::Reader)));
        let zones = calendar.within.iter().filter(|within| within.name == "VTIMEZONE");
        let own = zones.filter_map(|zone| {
            let rules = by_name(&zone.text("X-LIC-LOCATION")).or_else(|| by_rules(zone));
            Some((zone.text("TZID"), rules?))
        });
        Self { own: own.collect(), fallback }
    }

    /// The instant that a line says.
    pub(super) fn read(&self, line: &Line) -> Result<Read, String> {
        let value = line.value.trim();
        let unfit = || {
            format!(
                "{}: expected a date like 20261130 or a time like 20261130T100000Z, found {}",
                line.name,
                shown(value)
            )
        };
        let (digits, utc) = match value.strip_suffix(['Z', 'z']) {
            Some(digits) => (digits, true),
            None => (value, false),
        };
        let local = local(digits).ok_or_else(unfit)?;
        let whole_day = !digits.contains(['T', 't']);
        let (zone, namer) = match line.param("TZID") {
            _ if utc => (Zone { rules: TimeZone::UTC, name: None }, None),
            Some(id) => (self.zone(id).ok_or_else(|| unknown(line, id))?, None),
            None => {
                let (zone, namer) = self.fallback.clone().ok_or_else(|| without(line, value))?;
                (zone, Some(namer))
            }
        };
        let moment = zone.moment(local).ok_or_else(unfit)?;
        let name = zone.name.as_deref().unwrap_or("UTC");
        let note = namer.map(|namer| {
            let what = if whole_day { "a whole day, from midnight to midnight" } else { "a time without a zone" };
            let who = match namer {
                Namer::File => "which the file names",
                Namer::Reader => "the zone of this import",
            };
            format!("{what}: taken as in {name}, {who}")
        });
        Ok(Read { moment, note, local, whole_day })
    }

    /// The instant so long after another, by the clock on the wall.
    pub(super) fn after(&self, start: &Read, duration: &str) -> Option<DateTime> {
        let span: jiff::Span = duration.trim().trim_start_matches('+').parse().ok()?;
        let end = start.local.checked_add(span).ok()?;
        match start.moment.zone().and_then(by_name) {
            Some(zone) => zone.moment(end),
            None => {
                let offset = Offset::from_seconds(start.moment.offset_seconds()).ok()?;
                DateTime::new(offset.to_timestamp(end).ok()?, offset, None).ok()
            }
        }
    }

    /// The day of a time as people see it where something begins.
    pub(super) fn day(&self, start: &Read, other: &Read) -> civil::Date {
        let instant = other.moment.instant();
        match start.moment.zone().and_then(by_name) {
            // A day without a time is that day, whatever zone it was read in.
            _ if other.whole_day => other.local.date(),
            Some(zone) => zone.rules.to_datetime(instant).date(),
            None => start.moment.at_its_offset(instant).date(),
        }
    }

    fn zone(&self, id: &str) -> Option<Zone> {
        by_name(id).or_else(|| self.own.get(id).cloned())
    }
}

impl Zone {
    fn moment(&self, local: civil::DateTime) -> Option<DateTime> {
        let zoned = self.rules.to_zoned(local).ok()?;
        DateTime::new(zoned.timestamp(), zoned.offset(), self.name.clone()).ok()
    }
}

/// The day of a line that gives no hour.
pub(super) fn whole_day(line: &Line) -> Option<civil::Date> {
    let value = line.value.trim();
    local(value).filter(|_| !value.contains(['T', 't'])).map(|local| local.date())
}

/// `20261130` or `20261130T100000`, with signs between them or not.
fn local(text: &str) -> Option<civil::DateTime> {
    let digits: String = text.chars().filter(|letter| !matches!(letter, '-' | ':' | 'T' | 't')).collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<i16>().ok();
    let date = civil::Date::new(number(0, 4)?, number(4, 6)?.try_into().ok()?, number(6, 8)?.try_into().ok()?).ok()?;
    let time = match digits.len() {
        8 => civil::Time::midnight(),
        12 | 14 => {
            // A leap second is the second before it.
            let second = number(12, 14).unwrap_or(0).min(59);
            let hour = i8::try_from(number(8, 10)?).ok()?;
            civil::Time::new(hour, number(10, 12)?.try_into().ok()?, second.try_into().ok()?, 0).ok()?
        }
        _ => return None,
    };
    Some(date.to_datetime(time))
}

/// The zone of a name, also where programs put a path of theirs in front of it.
fn by_name(name: &str) -> Option<Zone> {
    let name = name.trim().trim_matches('/');
    let tails = name.match_indices('/').map(|(at, _)| name.get(at + 1..).unwrap_or_default());
    let rules = std::iter::once(name)
        .chain(tails)
        .take(8)
        .filter(|name| !name.is_empty())
        .find_map(|name| TimeZone::get(name).ok())?;
    let name = rules.iana_name().map(str::to_owned);
    Some(Zone { rules, name: name.filter(|name| name != "UTC") })
}

/// The zone that a calendar describes: one offset, or two with a change each year.
fn by_rules(zone: &Component) -> Option<Zone> {
    let newest = |name: &str| {
        let parts = zone.within.iter().filter(|part| part.name == name);
        parts.max_by_key(|part| part.text("DTSTART"))
    };
    let offset = |part: &Component| seconds(&part.text("TZOFFSETTO"));
    let rules = match (newest("STANDARD"), newest("DAYLIGHT")) {
        (Some(only), None) | (None, Some(only)) => TimeZone::fixed(Offset::from_seconds(offset(only)?).ok()?),
        (Some(standard), Some(summer)) if standard.line("RRULE").is_none() && summer.line("RRULE").is_none() => {
            if offset(standard) != offset(summer) {
                return None;
            }
            TimeZone::fixed(Offset::from_seconds(offset(standard)?).ok()?)
        }
        (Some(standard), Some(summer)) => {
            let text = format!(
                "<STD>{}<DST>{},{},{}",
                posix(offset(standard)?),
                posix(offset(summer)?),
                change(summer)?,
                change(standard)?
            );
            TimeZone::posix(&text).ok()?
        }
        (None, None) => return None,
    };
    Some(Zone { rules, name: None })
}

/// `+1100` in seconds.
fn seconds(text: &str) -> Option<i32> {
    let (sign, digits) = match text.trim().strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.trim().trim_start_matches('+')),
    };
    let part = |from: usize| digits.get(from..from + 2)?.parse::<i32>().ok();
    Some(sign * (part(0)? * 3_600 + part(2)? * 60 + part(4).unwrap_or(0)))
}

/// An offset as POSIX writes it: west is positive.
fn posix(seconds: i32) -> String {
    let (sign, size) = (if seconds > 0 { '-' } else { '+' }, seconds.unsigned_abs());
    format!("{sign}{:02}:{:02}:{:02}", size / 3_600, size / 60 % 60, size % 60)
}

/// The yearly change as POSIX writes it: `M10.1.0/02:00:00`.
fn change(part: &Component) -> Option<String> {
    let rule = part.text("RRULE").to_ascii_uppercase();
    let word = |name: &str| {
        rule.split(';').find_map(|word| word.trim().strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
    };
    if word("FREQ")? != "YEARLY" {
        return None;
    }
    let month: u8 = word("BYMONTH")?.parse().ok()?;
    let day = word("BYDAY")?;
    let (week, name) = day.split_at_checked(day.len().checked_sub(2)?)?;
    let week: i8 = week.trim_start_matches('+').parse().ok()?;
    let week = if week == -1 { 5 } else { week };
    let day = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"].iter().position(|known| *known == name)?;
    let time = local(part.text("DTSTART").trim())?.time();
    (1..=5)
        .contains(&week)
        .then(|| format!("M{month}.{week}.{day}/{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second()))
}

fn shown(text: &str) -> String {
    format!("{:?}", text.chars().take(80).collect::<String>())
}

fn unknown(line: &Line, id: &str) -> String {
    format!("{}: this computer knows no zone {}; write it with a name like Australia/Sydney", line.name, shown(id))
}

fn without(line: &Line, value: &str) -> String {
    format!(
        "{}: {} has no zone, and nobody elsewhere knows when that is: name the zone, like --zone Australia/Sydney",
        line.name,
        shown(value)
    )
}
