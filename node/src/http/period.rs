//! Since and until: the days that a listing, a feed or an export is about, as this computer counts them.

use super::error::ApiError;
use super::input::Words;
use crate::view::{TimeFields, When, moment as instant};
use grid_protocol::record::{Kind, Times, Values};
use grid_protocol::replica::Row;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

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
    fields: TimeFields,
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
        Some(During { period: self, fields: TimeFields::of(kind) })
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
        match self.fields.span(row, seen) {
            Some((from, to)) => self.period.touches(from, to),
            None => Times::of(seen).is_some_and(|times| self.period.meets(&times)),
        }
    }

    /// The same for whoever sees all of a record, which is looked at only where what is noted of it does not tell.
    pub(super) fn takes_in(&self, row: &Row, noted: When) -> bool {
        match noted.span() {
            Some((from, to)) => self.period.touches(from, to),
            None => self.holds(row, &row.values),
        }
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
    use super::super::filter::Filter;
    use super::*;
    use crate::question::fixture::Coalition;
    use serde_json::json;
    use std::sync::Arc;

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

    #[test]
    fn a_day_is_listed_up_to_itself_and_not_from_the_next_one_on() {
        let mut coalition = Coalition::new(&["Clean River"]);
        coalition.record(0, "task", json!({"title": "Chairs", "due": "2026-11-28"}));
        let kind = coalition.views.registry.kind("task").unwrap().clone();
        let listed = |words: &str| {
            let views = &coalition.views;
            let filter = Filter::read(views, &kind, Words::read(words).unwrap()).unwrap();
            let during = Period::take(&mut Words::read(words).unwrap()).unwrap().during(&kind).unwrap();
            let asked = views.records.of_kind("task").filter(|row| during.holds(row, &row.values)).count();
            assert_eq!(filter.rows(views, &kind).0.len(), asked, "{words}");
            asked
        };
        for (words, count) in [
            ("until=2026-11-28", 1),
            ("since=2026-11-28", 1),
            ("since=2026-11-28&until=2026-11-28", 1),
            ("until=2026-11-27", 0),
            ("since=2026-11-29", 0),
        ] {
            assert_eq!(listed(words), count, "{words}");
        }
    }

    #[test]
    fn a_list_of_a_time_holds_what_asking_each_record_finds_before_and_after_it_was_changed() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let on = |day: u32| format!("2026-11-{day:02}T10:00:00Z");
        for day in 1..=28 {
            coalition.days_ago(day.into());
            let number = day % 6;
            let fields = match number {
                0 => json!({"title": "No time"}),
                1 | 2 => json!({"title": "One time", "starts": on(day)}),
                3 => json!({"title": "Long", "starts": on(day), "ends": on(day + 2)}),
                4 => json!({"title": "Over in the year 8000", "starts": "8000-01-01T00:00:00Z"}),
                _ => json!({"title": "Weekly", "starts": on(day), "repeats": "weekly"}),
            };
            coalition.record(0, "action", fields);
        }
        let kind = coalition.views.registry.kind("action").unwrap().clone();
        let check = |coalition: &Coalition| {
            let views = &coalition.views;
            let mut sizes = Vec::new();
            for (since, until) in
                [("2026-11-10", ""), ("2026-11-20", "2026-11-22"), ("", "2026-11-05"), ("2027-01-01", "")]
            {
                let words = || Words::read(&format!("since={since}&until={until}")).unwrap();
                let during = Period::take(&mut words()).unwrap().during(&kind).unwrap();
                let meant: Vec<&Arc<Row>> =
                    views.records.of_kind("action").filter(|row| during.holds(row, &row.values)).collect();
                assert_eq!(Filter::read(views, &kind, words()).unwrap().rows(views, &kind).0, meant, "{since} {until}");
                sizes.push(meant.len());
            }
            sizes
        };
        let before = check(&coalition);
        let rows: Vec<Row> = coalition.views.records.of_kind("action").map(|row| Row::clone(row)).collect();
        coalition.views.take_rows(rows.into_iter().map(|mut row| {
            row.values.clear("starts");
            row.values.clear("ends");
            row.values.clear("repeats");
            row
        }));
        let after = check(&coalition);
        assert!(before.iter().all(|size| (1..28).contains(size)), "{before:?}");
        assert_eq!(after, [12, 2, 12, 0], "each of them counts by the day on which it was written");
    }
}
