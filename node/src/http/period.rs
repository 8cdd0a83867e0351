//! Since and until: the days that a listing, a feed or an export is about, as this computer counts them.

use super::error::ApiError;
use super::input::Words;
use grid_protocol::record::format::Shape;
use grid_protocol::record::{FieldName, Kind, Times, Value, Values};
use grid_protocol::replica::Row;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// The field that says how something comes back.
const REPEATS: &str = "repeats";

/// From a moment on and up to one; open where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Period {
    since: Option<Timestamp>,
    /// The first moment that does not belong to it.
    end: Option<Timestamp>,
}

/// A period, and the fields that say when a record of a kind takes place.
#[derive(Debug)]
pub(super) struct During {
    period: Period,
    starts: Option<FieldName>,
    ends: Option<FieldName>,
}

impl Period {
    /// What `since` and `until` say: days with all their hours in the zone of this computer, or moments.
    pub(super) fn take(words: &mut Words) -> Result<Self, ApiError> {
        Self::take_in(words, &TimeZone::system())
    }

    fn take_in(words: &mut Words, zone: &TimeZone) -> Result<Self, ApiError> {
        let mut said = |word| words.take(word).map(|text| text.filter(|text| !text.trim().is_empty()));
        let (since, until) = (said("since")?, said("until")?);
        let period = Self {
            since: since.as_deref().map(|text| first(text, zone).ok_or_else(|| unfit("since", text))).transpose()?,
            end: until.as_deref().map(|text| behind(text, zone).ok_or_else(|| unfit("until", text))).transpose()?,
        };
        match (period.since, period.end, since, until) {
            (Some(begin), Some(end), Some(since), Some(until)) if end <= begin => {
                let message = format!("until: expected nothing before {}, found {}", since.trim(), until.trim());
                Err(ApiError::invalid(message, "Give the earlier day to since and the later one to until."))
            }
            _ => Ok(period),
        }
    }

    /// The moment at which it begins, in milliseconds since 1970.
    pub(super) fn since(&self) -> Option<grid_protocol::time::Timestamp> {
        self.since.map(millis)
    }

    /// The same for records of a kind, as its reader sees it; none where it is open on both sides.
    pub(super) fn during(self, kind: &Kind) -> Option<During> {
        if self == Self::default() {
            return None;
        }
        let Shape { starts, ends, .. } = Shape::of(kind);
        Some(During { period: self, starts, ends })
    }

    /// Whether a moment lies in it.
    pub(super) fn holds(&self, at: grid_protocol::time::Timestamp) -> bool {
        instant(at).is_some_and(|at| self.touches(at, at))
    }

    /// Whether something from a moment to a later one reaches into it.
    fn touches(&self, from: Timestamp, to: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= to) && self.end.is_none_or(|end| from < end)
    }

    /// Whether one of these times reaches into it. None is looked at that is over before it begins, or begins behind it.
    fn meets(&self, times: &Times<'_>) -> bool {
        let occasions = times.from(self.since.unwrap_or(Timestamp::MIN));
        let spans =
            occasions.map(|it| (it.starts.instant(), it.ends.map_or(it.starts.instant(), |ends| ends.instant())));
        let mut not_behind = spans.take_while(|(from, _)| self.end.is_none_or(|end| *from < end));
        not_behind.any(|(from, to)| self.touches(from, to))
    }
}

impl During {
    /// Whether a record takes place then, if only one of the times that it comes back; one that names no time: whether it
    /// was changed last then.
    pub(super) fn holds(&self, row: &Row, seen: &Values) -> bool {
        // Few come back, and taking all times of each record apart costs more than the rest.
        let comes_back = !seen.text(REPEATS).is_empty();
        if comes_back && let Some(times) = Times::of(seen).filter(Times::comes_back) {
            return self.period.meets(&times);
        }
        let said = |field: &Option<FieldName>| match seen.get(field.as_ref()?) {
            Some(Value::DateTime(moment)) => Some(moment.instant()),
            _ => None,
        };
        let named = said(&self.starts).or_else(|| said(&self.ends));
        let Some(from) = named.or_else(|| instant(row.changed)) else { return false };
        self.period.touches(from, said(&self.ends).map_or(from, |to| to.max(from)))
    }
}

/// The first moment of what a text says.
fn first(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    moment(text).or_else(|| begins(day(text)?, zone))
}

/// The first moment behind what a text says.
fn behind(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    match moment(text) {
        Some(moment) => moment.checked_add(Span::new().milliseconds(1)).ok(),
        None => begins(day(text)?.tomorrow().ok()?, zone),
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok()
}

/// A day alone: what names an hour too, and no zone, is refused rather than cut.
fn day(text: &str) -> Option<Date> {
    text.trim().parse().ok().filter(|_| !text.contains(':'))
}

fn begins(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    day.to_zoned(zone.clone()).map(|zoned| zoned.timestamp()).ok()
}

fn instant(at: grid_protocol::time::Timestamp) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(at.0).ok()?).ok()
}

fn millis(at: Timestamp) -> grid_protocol::time::Timestamp {
    grid_protocol::time::Timestamp(u64::try_from(at.as_millisecond()).unwrap_or_default())
}

fn unfit(word: &str, text: &str) -> ApiError {
    let shown: String = text.chars().take(80).collect();
    let message = format!("{word}: expected a day, or a moment with its zone, found {shown:?}");
    ApiError::invalid(message, "Give one like 2026-11-30 or 2026-11-30T10:00:00Z.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(since: &str, until: &str, zone: &str) -> Result<Period, ApiError> {
        let zone = TimeZone::get(zone).unwrap();
        Period::take_in(&mut Words::read(&format!("since={since}&until={until}")).unwrap(), &zone)
    }

    #[test]
    fn days_have_all_their_hours_where_this_computer_stands() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let november = period("2026-11-01", "2026-11-30", "Australia/Sydney").unwrap();
        // The first of November begins there while it is October in UTC, and the last day ends before UTC's does.
        for (text, is_in) in [
            ("2026-10-31T12:59:59Z", false),
            ("2026-10-31T13:00:00Z", true),
            ("2026-11-30T12:59:59Z", true),
            ("2026-11-30T13:00:00Z", false),
        ] {
            assert_eq!(november.touches(at(text), at(text)), is_in, "{text}");
        }
        assert!(november.touches(at("2026-10-01T00:00:00Z"), at("2026-12-24T00:00:00Z")), "it lasts all the time");
        let hour = period("2026-11-01T10:00:00Z", "2026-11-01T11:00:00Z", "UTC").unwrap();
        assert!(hour.touches(at("2026-11-01T11:00:00Z"), at("2026-11-01T11:00:00Z")), "a moment belongs to it");
        assert!(!hour.touches(at("2026-11-01T11:00:01Z"), at("2026-11-01T11:00:01Z")));
        let day = period("2026-11-01", "2026-11-01", "UTC").unwrap();
        assert!(day.touches(at("2026-11-01T23:59:59Z"), at("2026-11-01T23:59:59Z")), "a day alone is a period");
    }

    #[test]
    fn what_is_no_day_and_a_period_that_runs_backwards_are_refused_with_what_was_found() {
        for (since, until, found) in [
            ("soon", "", "soon"),
            ("", "2026-02-30", "2026-02-30"),
            ("2026-11-30T10:00", "", "T10:00"),
            ("2026-11-30", "2026-11-29", "2026-11-29"),
        ] {
            let error = period(since, until, "UTC").unwrap_err();
            assert!(error.message.contains(found) && !error.hint.is_empty(), "{error:?}");
        }
        assert_eq!(period("", "", "UTC").unwrap(), Period::default());
    }
}
