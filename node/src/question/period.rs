//! Periods: from a day to a day, as people in each place saw them.

use super::shown::{at, moment};
use super::{Asked, Given, Unanswerable, Word};
use grid_protocol::record::{Occasion, Times, Value};
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde_json::Value as Json;
use std::time::Duration;

/// A day in milliseconds.
pub(super) const DAY: u64 = 86_400_000;

/// The first day of a period.
pub(super) const SINCE: Word =
    Word { name: "since", about: "From this day on, such as 2026-11-01.", many: Given::Once };
/// The last day of a period.
pub(super) const UNTIL: Word =
    Word { name: "until", about: "Up to this day and with it, such as 2026-11-30.", many: Given::Once };

/// From a day to a day, both with it; open where nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    since: Option<Date>,
    until: Option<Date>,
}

impl Period {
    /// What [`SINCE`] and [`UNTIL`] say.
    pub(super) fn asked(asked: &Asked<'_>) -> Result<Self, Unanswerable> {
        let period = Self { since: asked.day(SINCE.name)?, until: asked.day(UNTIL.name)? };
        match period {
            Self { since: Some(since), until: Some(until) } if until < since => Err(Unanswerable::new(
                format!("until: expected a day that is not before {since}, found {until}"),
                "Give the earlier day to since and the later one to until.",
            )),
            period => Ok(period),
        }
    }

    /// Whether a day lies in it.
    pub(super) fn holds(&self, day: Date) -> bool {
        self.since.is_none_or(|since| since <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// Whether what a record tells of lies in it: the day of the field, else the day on which it was written.
    pub(super) fn holds_row(&self, row: &Row, field: &str) -> bool {
        self.holds(day_or_written(row, field))
    }

    /// Whether a period with this name has a day in it: 2026, 2026-Q4 or 2026-11. What is no such name lies where the record
    /// was written.
    pub(super) fn touches(&self, name: &str, row: &Row) -> bool {
        match named(name) {
            Some((first, last)) => {
                self.since.is_none_or(|since| since <= last) && self.until.is_none_or(|until| first <= until)
            }
            None => self.holds(date(row.created)),
        }
    }

    /// The period in words, for headings.
    pub(super) fn words(&self) -> String {
        match (self.since, self.until) {
            (None, None) => "at any time".to_owned(),
            (Some(since), None) => format!("since {since}"),
            (None, Some(until)) => format!("until {until}"),
            (Some(since), Some(until)) => format!("from {since} to {until}"),
        }
    }
}

/// The first and the last day of a year, a quarter or a month.
fn named(name: &str) -> Option<(Date, Date)> {
    let (year, part) = name.trim().split_once('-').unwrap_or((name.trim(), ""));
    let year: i16 = year.parse().ok()?;
    let (first, last): (i8, i8) = match part.strip_prefix(['Q', 'q']) {
        Some(quarter) => {
            let quarter: i8 = quarter.parse().ok().filter(|quarter| (1..=4).contains(quarter))?;
            (quarter * 3 - 2, quarter * 3)
        }
        None if part.is_empty() => (1, 12),
        None => part.parse().ok().map(|month| (month, month))?,
    };
    Some((Date::new(year, first, 1).ok()?, Date::new(year, last, 1).ok()?.last_of_month()))
}

/// The day of a field, as the people there saw it.
pub(super) fn day_of(row: &Row, field: &str) -> Option<Date> {
    match row.values.get(field) {
        Some(Value::DateTime(moment)) => Some(moment.local().date()),
        _ => None,
    }
}

/// The day of a field; where there is none, the day on which the record was written, in UTC.
pub(super) fn day_or_written(row: &Row, field: &str) -> Date {
    day_of(row, field).unwrap_or_else(|| date(row.created))
}

/// A day in UTC.
pub(super) fn date(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(when(at)).date()
}

/// Times of one thing that a list shows at most.
const OCCASIONS: usize = 60;
/// Days ahead that a list looks for the times of what comes back.
const YEAR: u64 = 366;

/// Whether something that starts, and perhaps ends, is behind us; what comes back is not, as long as it does.
pub(super) fn is_over(row: &Row, now: Timestamp) -> bool {
    match row.values.text("status") {
        "done" => true,
        "cancelled" => false,
        _ => match Times::of(&row.values) {
            Some(times) => times.from(when(now)).next().is_none(),
            None => end_of(row).is_some_and(|end| end < now),
        },
    }
}

/// Whether something takes place time and again.
pub(super) fn comes_back(row: &Row) -> bool {
    Times::of(&row.values).is_some_and(|times| times.comes_back())
}

/// Whether something took place, if only the first of many times.
pub(super) fn took_place(row: &Row, now: Timestamp) -> bool {
    match row.values.text("status") {
        "done" => true,
        "cancelled" => false,
        _ => end_of(row).is_some_and(|end| end < now),
    }
}

/// The times at which something took place, the earliest first; of what comes back some, and of one year. What takes place
/// once has no time but its own.
pub(super) fn held(row: &Row, now: Timestamp) -> Vec<Option<Occasion>> {
    if !took_place(row, now) {
        return Vec::new();
    }
    let Some(times) = Times::of(&row.values).filter(|times| times.comes_back()) else { return vec![None] };
    let year_ago = Timestamp(now.0.saturating_sub(YEAR * DAY));
    let over = |occasion: &Occasion| occasion.over() < when(now);
    let mut held: Vec<Occasion> = times.from(when(year_ago)).take_while(over).collect();
    held.drain(..held.len().saturating_sub(OCCASIONS));
    // What ended long ago was held all the same.
    let first = || times.from(jiff::Timestamp::MIN).next().filter(over);
    if held.is_empty() { vec![first()] } else { held.into_iter().map(Some).collect() }
}

/// The time that is going on, or comes next.
pub(super) fn next(row: &Row, now: Timestamp) -> Option<Occasion> {
    Times::of(&row.values)?.from(when(now)).next()
}

/// When something takes place next, in rows; when it took place first where it does not any more.
pub(super) fn next_or_first(row: &Row, now: Timestamp) -> Json {
    next(row, now).map_or_else(|| moment(row, "starts"), |next| at(begins(&next)))
}

/// The times that are not over and begin by then; of what comes back some, and of one year.
pub(super) fn occasions(row: &Row, now: Timestamp, by: Timestamp) -> Vec<Occasion> {
    let Some(times) = Times::of(&row.values) else { return Vec::new() };
    let by = if times.comes_back() { by.min(now.after(Duration::from_millis(YEAR * DAY))) } else { by };
    times.from(when(now)).take(OCCASIONS).take_while(|occasion| begins(occasion) <= by).collect()
}

/// When a time begins; before 1970 is 1970.
pub(super) fn begins(occasion: &Occasion) -> Timestamp {
    Timestamp(u64::try_from(occasion.starts.instant().as_millisecond()).unwrap_or_default())
}

fn when(at: Timestamp) -> jiff::Timestamp {
    let millis = i64::try_from(at.0).ok();
    millis.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok()).unwrap_or(jiff::Timestamp::MAX)
}

/// When something ends, for the first time; what has no end takes a day.
pub(super) fn end_of(row: &Row) -> Option<Timestamp> {
    let day_later = |start: Timestamp| Timestamp(start.0.saturating_add(DAY));
    super::asked::instant(row, "ends").or_else(|| super::asked::instant(row, "starts").map(day_later))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn periods_have_names() {
        let of = |name: &str| super::named(name).map(|(first, last)| format!("{first} {last}"));
        assert_eq!(of("2026-Q4").as_deref(), Some("2026-10-01 2026-12-31"));
        assert_eq!(of("2026-02").as_deref(), Some("2026-02-01 2026-02-28"));
        assert_eq!(of("2026").as_deref(), Some("2026-01-01 2026-12-31"));
        for none in ["", "autumn", "2026-Q5", "2026-Q", "2026-13", "2026-0", "99999", "-", "2026-10-01"] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn a_period_takes_both_its_days_as_people_there_saw_them() {
        let mut coalition = Coalition::new(&["Clean River"]);
        // The first of November in Sydney is still October in UTC.
        coalition.record(0, "win", json!({"title": "Stay", "on": "2026-11-01T08:00:00+11:00[Australia/Sydney]"}));
        let wins = |since: &str, until: &str| {
            coalition.ask("success", &[("since", since), ("until", until)]).unwrap().section("wins").unwrap().rows.len()
        };
        assert_eq!(wins("2026-11-01", "2026-11-01"), 1);
        assert_eq!(wins("2026-10-30", "2026-10-31"), 0);
        let error = coalition.ask("success", &[("since", "2026-11-02"), ("until", "2026-11-01")]).unwrap_err();
        assert!(error.message.contains("2026-11-02"), "{error}");
    }
}
