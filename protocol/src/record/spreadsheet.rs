//! Dates as spreadsheets write them: `2026-12-01 10:00`, `01.12.2026`, `13/12/2026 6:30 pm`.
//!
//! They name no zone, so that the reader of the file has to. Where a day could be a month, another date of the same file
//! may show which it is; without one nobody guesses: a vigil in the wrong month is worse than a row to look at.

use super::Unfit;
use jiff::civil::{Date, DateTime, Time};
use std::cell::OnceCell;
use std::fmt;

/// What a date in a table looks like, for messages.
const EXPECTED: &str = "a date like 2026-12-01 or 2026-12-01 10:00";

/// How the times of a table are read.
#[derive(Debug, Default)]
pub(super) struct Times<'a> {
    /// The zone of those that name none.
    zone: Option<&'a str>,
    /// What stands first in those that could be read in two ways, where the table shows it.
    order: Option<Order>,
    /// The first line with a time that was read by the zone.
    first: OnceCell<u64>,
}

impl<'a> Times<'a> {
    pub(super) fn new(zone: Option<&'a str>, order: Option<Order>) -> Self {
        Self { zone, order, first: OnceCell::new() }
    }

    /// The text as date-times are written, as [`with_zone`] reads it.
    pub(super) fn read(&self, text: &str) -> Result<Option<String>, Unfit> {
        with_zone(text, self.zone, self.order)
    }

    /// A row is taken of which a time was read by the zone.
    pub(super) fn by_zone(&self, line: u64) {
        self.first.get_or_init(|| line);
    }

    /// The zone by which times were read, for whoever looks at the plan, with the first line of such a time.
    pub(super) fn note(&self) -> Option<(u64, String)> {
        let (line, zone) = self.first.get().zip(self.zone)?;
        let reason = format!(
            "a time without a zone: it and all others without one are taken as in {zone}, the zone of this import"
        );
        Some((*line, reason))
    }
}

/// The text as date-times are written, where it is a date of a spreadsheet and a zone is named; else none.
///
/// # Errors
///
/// [`Unfit`] when a date can be read in two ways, or there is no such day.
fn with_zone(text: &str, zone: Option<&str>, order: Option<Order>) -> Result<Option<String>, Unfit> {
    let text = text.trim();
    let (day, time) = text.split_once([' ', 'T', 't']).unwrap_or((text, ""));
    let Some(numbers) = numbers(day) else { return Ok(None) };
    let Some(time) = read_time(time) else { return Ok(None) };
    let unfit = || Unfit::new(EXPECTED, text);
    let (year, month, day_of_month) = match numbers {
        Numbers::YearFirst(year, month, day) => (year, month, day),
        Numbers::Dots(day, month, year) => (year, month, day),
        Numbers::Slashes(day, month, year) if day > 12 || day == month => (year, month, day),
        Numbers::Slashes(month, day, year) if day > 12 => (year, month, day),
        Numbers::Slashes(day, month, year) if order == Some(Order::DayFirst) => (year, month, day),
        Numbers::Slashes(month, day, year) if order == Some(Order::MonthFirst) => (year, month, day),
        Numbers::Slashes(..) => {
            return Err(unfit().hint("Day and month can't be told apart: write the year first, as 2026-12-01."));
        }
    };
    let date = date(year, month, day_of_month).ok_or_else(|| unfit().hint("There is no such day."))?;
    Ok(match (time, zone) {
        (None, _) => Some(date.to_string()),
        (Some(time), Some(zone)) => Some(format!("{}[{zone}]", DateTime::from_parts(date, time))),
        (Some(_), None) => None,
    })
}

/// What stands first in `1/12/2026`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The day.
    DayFirst,
    /// The month.
    MonthFirst,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DayFirst => "days stand before months",
            Self::MonthFirst => "months stand before days",
        })
    }
}

impl Order {
    /// What the dates of a file show, with the line of the first that does. None where none shows it, where they
    /// contradict each other, or where no date needs it.
    pub(super) fn shown_by<'a>(dates: impl Iterator<Item = (u64, &'a str)>) -> Option<(u64, Self)> {
        let mut found: Option<(u64, Self)> = None;
        let mut needed = false;
        for (line, text) in dates {
            let day = text.trim().split([' ', 'T', 't']).next().unwrap_or_default();
            let Some(Numbers::Slashes(first, second, _)) = numbers(day) else { continue };
            let shown = match (first > 12, second > 12) {
                (true, false) => Self::DayFirst,
                (false, true) => Self::MonthFirst,
                _ => {
                    needed |= first != second;
                    continue;
                }
            };
            match found {
                Some((_, other)) if other != shown => return None,
                Some(_) => {}
                None => found = Some((line, shown)),
            }
        }
        found.filter(|_| needed)
    }
}

/// The numbers of a day, in the order in which they stand.
#[derive(Clone, Copy)]
enum Numbers {
    YearFirst(u16, u16, u16),
    Dots(u16, u16, u16),
    Slashes(u16, u16, u16),
}

fn numbers(day: &str) -> Option<Numbers> {
    let sign = day.chars().find(|letter| !letter.is_ascii_digit())?;
    let parts: Vec<&str> = day.trim_end_matches('.').split(sign).collect();
    let [first, second, third] = parts.as_slice() else { return None };
    let number = |text: &str| text.parse::<u16>().ok().filter(|_| text.len() <= 4);
    let (one, two, three) = (number(first)?, number(second)?, number(third)?);
    match (sign, first.len(), third.len()) {
        ('-' | '/' | '.', 4, 1..=2) => Some(Numbers::YearFirst(one, two, three)),
        ('.', 1..=2, 4) => Some(Numbers::Dots(one, two, three)),
        ('/' | '-', 1..=2, 4) => Some(Numbers::Slashes(one, two, three)),
        _ => None,
    }
}

fn date(year: u16, month: u16, day: u16) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The time of day: none where there is none. The outer none is something else.
#[expect(clippy::option_option, reason = "no time is not the same as no time that can be read")]
fn read_time(text: &str) -> Option<Option<Time>> {
    let folded = text.trim().to_ascii_lowercase();
    if folded.is_empty() {
        return Some(None);
    }
    let (digits, later) = match (folded.strip_suffix("am"), folded.strip_suffix("pm")) {
        (Some(digits), _) => (digits.trim(), Some(0)),
        (_, Some(digits)) => (digits.trim(), Some(12)),
        _ => (folded.as_str(), None),
    };
    let mut parts = digits.split(':').map(|part| part.parse::<i8>().ok().filter(|_| part.len() <= 2));
    let (hour, minute, second) = (parts.next()??, parts.next().unwrap_or(Some(0))?, parts.next().unwrap_or(Some(0))?);
    if parts.next().is_some() || (later.is_none() && !digits.contains(':')) {
        return None;
    }
    let hour = match later {
        Some(later) if (1..=12).contains(&hour) => hour % 12 + later,
        Some(_) => return None,
        None => hour,
    };
    Time::new(hour, minute, second, 0).ok().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        with_zone(text, Some("Australia/Sydney"), None).unwrap()
    }

    #[test]
    fn dates_of_spreadsheets_are_taken_in_the_zone_of_the_reader() {
        for text in
            ["2026-12-01 10:00", "2026-12-01T10:00:00", "2026/12/01 10:00", "1.12.2026 10:00", "01.12.2026 10am"]
        {
            assert_eq!(read(text).unwrap(), "2026-12-01T10:00:00[Australia/Sydney]", "{text}");
        }
        assert_eq!(read("12/13/2026 6:30 PM").unwrap(), "2026-12-13T18:30:00[Australia/Sydney]");
        assert_eq!(read("13/12/2026 12:05 am").unwrap(), "2026-12-13T00:05:00[Australia/Sydney]");
        assert_eq!(read(" 2026-12-01 ").unwrap(), "2026-12-01");
        assert_eq!(read("5/5/2026").unwrap(), "2026-05-05");
    }

    #[test]
    fn nobody_guesses_what_could_be_two_days() {
        let hint = with_zone("01/12/2026", Some("Australia/Sydney"), None).unwrap_err().hint.unwrap();
        assert!(hint.contains("told apart"), "{hint}");
        let hint = with_zone("2026-02-30", None, None).unwrap_err().hint.unwrap();
        assert!(hint.contains("no such day"), "{hint}");
    }

    #[test]
    fn another_date_of_the_file_shows_what_stands_first() {
        let shown = |dates: &[&str]| Order::shown_by((2..).zip(dates.iter().copied()));
        assert_eq!(shown(&["1/12/2026", "11/30/2026 6:00 PM"]), Some((3, Order::MonthFirst)));
        assert_eq!(shown(&["30/11/2026", "1/12/2026"]), Some((2, Order::DayFirst)));
        assert_eq!(shown(&["30/11/2026", "1/12/2026", "11/30/2026"]), None, "they contradict each other");
        assert_eq!(shown(&["30/11/2026", "5/5/2026", "2026-12-01", ""]), None, "no date needs it");
        let read = |order| with_zone("01/12/2026", None, Some(order)).unwrap().unwrap();
        assert_eq!((read(Order::DayFirst).as_str(), read(Order::MonthFirst).as_str()), ("2026-12-01", "2026-01-12"));
    }

    #[test]
    fn what_is_something_else_is_left_to_whoever_knows_it() {
        for text in
            ["", "soon", "tomorrow", "2026-12-01T10:00:00+11:00", "2026-12-01T10:00[Australia/Sydney]", "1.2.3.4"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(with_zone("2026-12-01 10:00", None, None).unwrap(), None, "nobody named a zone");
    }
}
