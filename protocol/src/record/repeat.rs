//! How something comes back: that part of the rules of calendars (RFC 5545, section 3.3.10) which people use.
//!
//! Every day, week, month or year, or every second or third of them; on some days of the week, on the first Monday or the
//! last Friday or the 15th of a month; so many times, or up to a day. Whatever else a rule says is refused by its name: a
//! rule that is half understood would send people to a meeting that does not take place.
//!
//! Days are counted as people there count them: ten o'clock stays ten o'clock when the clocks change. However a rule is
//! written, working out its next days takes a bounded number of steps.

use super::DateTime;
use jiff::civil::{self, Date, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp};
use std::fmt;
use std::str::FromStr;

/// Letters of a rule at most.
const MAX_LETTERS: usize = 300;
/// Times that a rule counts at most: every week for nineteen years.
const MAX_COUNT: u32 = 1_000;
/// Days, weeks, months or years from one time to the next at most.
const MAX_INTERVAL: u32 = 1_000;
/// Days, weeks, months or years that are looked through for one answer.
const LOOKED_THROUGH: usize = 4_000;
/// Days, weeks, months or years behind each other without a day that the rule names; after so many there is none: the
/// sparsest that people use is the 29th of each February, of which eight years lack one at most.
const EMPTY: usize = 32;
/// The days of the week as rules call them, from Monday on.
const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// How something comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    every: Every,
    /// Each, each second, each third.
    interval: u32,
    ends: Ends,
    /// Days of the week; within a month the first, the second, the last; 0 is each of them.
    days: Vec<(i8, Weekday)>,
    /// Days of the month, from its end where they are below zero.
    month_days: Vec<i8>,
    /// The month of a year, where it is not that of the first time.
    month: Option<i8>,
    /// The day on which a week begins.
    first_day: Weekday,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Every {
    Day,
    Week,
    Month,
    Year,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    Never,
    Count(u32),
    /// After this day.
    Day(Date),
    /// After this moment, as people there see it.
    Local(civil::DateTime),
    Moment(Timestamp),
}

/// A rule that is not understood here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RepeatError {
    /// It does not say how often.
    #[error("expected how often it comes back, like weekly or FREQ=WEEKLY;BYDAY=TU, found {found:?}")]
    NoFrequency {
        /// The beginning of the rule.
        found: String,
    },
    /// A part of it is none that is understood, or not beside the others.
    #[error(
        "{part} is not understood here: what is understood are DAILY, WEEKLY, MONTHLY and YEARLY with INTERVAL, COUNT, UNTIL, BYDAY and BYMONTHDAY, like FREQ=MONTHLY;BYDAY=1MO"
    )]
    Part {
        /// The part, as it was written.
        part: String,
    },
    /// It comes back every second week, in words that calendars do not write.
    #[error("{part} is not understood here: every second week is FREQ=WEEKLY;INTERVAL=2")]
    SecondWeek {
        /// The part, as it was written.
        part: String,
    },
    /// A part is said twice, or says more than it may.
    #[error("{part}: expected a whole number from 1 to {most}")]
    Number {
        /// The part, as it was written.
        part: String,
        /// The highest that it takes.
        most: u32,
    },
}

impl FromStr for Repeat {
    type Err = RepeatError;

    /// Reads a rule as calendars write it; `weekly` alone is one, too.
    fn from_str(text: &str) -> Result<Self, RepeatError> {
        let found = || text.chars().take(80).collect::<String>();
        if text.len() > MAX_LETTERS {
            return Err(RepeatError::NoFrequency { found: found() });
        }
        let rule = text.trim().to_ascii_uppercase();
        let rule = rule.strip_prefix("RRULE:").unwrap_or(&rule);
        let mut repeat = Self {
            every: Every::Day,
            interval: 1,
            ends: Ends::Never,
            days: Vec::new(),
            month_days: Vec::new(),
            month: None,
            first_day: Weekday::Monday,
        };
        let (mut every, mut place, mut seen) = (None, None, Vec::new());
        for part in rule.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let unknown = || RepeatError::Part { part: part.chars().take(80).collect() };
            let (name, value) = part.split_once('=').unwrap_or(("FREQ", part));
            if seen.contains(&name) {
                return Err(unknown());
            }
            seen.push(name);
            let number = |most: u32| {
                let fits = value.parse::<u32>().ok().filter(|number| (1..=most).contains(number));
                fits.ok_or_else(|| RepeatError::Number { part: part.chars().take(80).collect(), most })
            };
            match name {
                "FREQ" if matches!(value, "BIWEEKLY" | "FORTNIGHTLY") => {
                    return Err(RepeatError::SecondWeek { part: part.to_owned() });
                }
                "FREQ" => every = Some(every_of(value).ok_or_else(unknown)?),
                "INTERVAL" => repeat.interval = number(MAX_INTERVAL)?,
                "COUNT" if repeat.ends == Ends::Never => repeat.ends = Ends::Count(number(MAX_COUNT)?),
                "UNTIL" if repeat.ends == Ends::Never => repeat.ends = until(value).ok_or_else(unknown)?,
                "BYDAY" => repeat.days = all_of(value, weekday).ok_or_else(unknown)?,
                "BYMONTHDAY" => repeat.month_days = all_of(value, month_day).ok_or_else(unknown)?,
                "BYMONTH" => {
                    let month = value.parse().ok().filter(|month| (1..=12).contains(month));
                    repeat.month = Some(month.ok_or_else(unknown)?);
                }
                "BYSETPOS" => place = Some((value.parse::<i8>().map_err(|_| unknown())?, part)),
                "WKST" => repeat.first_day = weekday(value).filter(|(at, _)| *at == 0).ok_or_else(unknown)?.1,
                _ => return Err(unknown()),
            }
        }
        repeat.every = every.ok_or_else(|| RepeatError::NoFrequency { found: found() })?;
        if let Some((place, part)) = place {
            repeat.take_place(place).ok_or_else(|| RepeatError::Part { part: part.to_owned() })?;
        }
        repeat.fitting()
    }
}

impl Repeat {
    /// The days on which something takes place whose first time is `first`, from the earliest that is not before `from` on;
    /// without those that are left out. The first time is the first of them, whatever the rule says. Bounded: where a rule
    /// names no day for long, nothing more comes.
    pub fn times<'a>(
        &'a self,
        first: &'a DateTime,
        from: Timestamp,
        left_out: impl Fn(Date) -> bool + 'a,
    ) -> impl Iterator<Item = DateTime> + 'a {
        let named = first.zone().and_then(|name| TimeZone::get(name).ok().map(|rules| (rules, name.to_owned())));
        let (rules, name) = match named {
            Some((rules, name)) => (rules, Some(name)),
            None => (TimeZone::fixed(Offset::from_seconds(first.offset_seconds()).unwrap_or(Offset::UTC)), None),
        };
        let local = first.local();
        let near = rules.to_datetime(from).date().yesterday().unwrap_or(Date::MIN);
        let moment = move |date: Date| {
            if date == local.date() {
                return Some((date, first.clone()));
            }
            let zoned = rules.to_zoned(date.to_datetime(local.time())).ok()?;
            Some((date, DateTime::new(zoned.timestamp(), zoned.offset(), name.clone()).ok()?))
        };
        let goes_on = |(date, at): &(Date, DateTime)| match self.ends {
            Ends::Never | Ends::Count(_) => true,
            Ends::Day(last) => *date <= last,
            Ends::Local(last) => at.local() <= last,
            Ends::Moment(last) => at.instant() <= last,
        };
        self.dates(local.date(), near)
            .filter_map(moment)
            .take_while(goes_on)
            .filter(move |(date, at)| from <= at.instant() && !left_out(*date))
            .map(|(_, at)| at)
    }

    /// Whether something whose first time is `first` takes place on a day, as people there count days.
    pub(super) fn falls_on(&self, first: &DateTime, day: Date) -> bool {
        // No zone is two days away from another.
        let before = day.checked_sub(Span::new().days(2)).unwrap_or(Date::MIN);
        let from = Offset::UTC.to_timestamp(before.to_datetime(civil::Time::midnight())).unwrap_or(Timestamp::MIN);
        let dates = self.times(first, from, |_| false).map(|at| at.local().date());
        dates.take_while(|date| *date <= day).any(|date| date == day)
    }

    /// The rule as it stands in a calendar beside this first time: where it ends on a day, or by the clock there, it says
    /// the instant, as RFC 5545 asks.
    pub(super) fn in_calendar(&self, first: &DateTime) -> String {
        let rules = first.zone().and_then(|name| TimeZone::get(name).ok());
        let offset = Offset::from_seconds(first.offset_seconds()).unwrap_or(Offset::UTC);
        let rules = rules.unwrap_or_else(|| TimeZone::fixed(offset));
        let instant = |local: civil::DateTime| rules.to_timestamp(local).map_or(Ends::Local(local), Ends::Moment);
        let ends = match self.ends {
            Ends::Day(day) => instant(day.to_datetime(civil::time(23, 59, 59, 0))),
            Ends::Local(last) => instant(last),
            other => other,
        };
        Self { ends, ..self.clone() }.to_string()
    }

    /// The days, those long before `near` left out where they need not be counted.
    fn dates(&self, start: Date, near: Date) -> impl Iterator<Item = Date> + '_ {
        let most = if let Ends::Count(most) = self.ends { most as usize } else { usize::MAX };
        let begin = if let Ends::Count(_) = self.ends { 0 } else { self.periods_before(start, near) };
        let periods = (begin..).take(LOOKED_THROUGH);
        let mut empty = 0;
        let later = periods.map_while(move |number| {
            let days = self.period(start, number)?;
            empty = if days.is_empty() { empty + 1 } else { 0 };
            (empty < EMPTY).then_some(days)
        });
        let later = later.flatten();
        std::iter::once(start).chain(later.filter(move |date| *date > start)).take(most)
    }

    /// How many periods lie between the first day and another one, and one less for safety.
    fn periods_before(&self, start: Date, near: Date) -> i32 {
        let days = near.since((jiff::Unit::Day, start)).map_or(0, |span| span.get_days());
        let months = 12 * (i32::from(near.year()) - i32::from(start.year())) + i32::from(near.month())
            - i32::from(start.month());
        let periods = match self.every {
            Every::Day => days / self.step(1),
            Every::Week => days / self.step(7),
            Every::Month => months / self.step(1),
            Every::Year => months / self.step(12),
        };
        (periods - 1).max(0)
    }

    fn step(&self, unit: i32) -> i32 {
        unit.saturating_mul(i32::try_from(self.interval).unwrap_or(i32::MAX))
    }

    /// The days of one period, in order; none behind the last year that there is.
    fn period(&self, start: Date, number: i32) -> Option<Vec<Date>> {
        let is_named = |date: &Date| self.days.iter().any(|(_, day)| *day == date.weekday());
        match self.every {
            Every::Day => {
                let date = start.checked_add(Span::new().try_days(number.checked_mul(self.step(1))?).ok()?).ok()?;
                Some(if self.days.is_empty() || is_named(&date) { vec![date] } else { Vec::new() })
            }
            Every::Week => {
                let later = start.checked_add(Span::new().try_days(number.checked_mul(self.step(7))?).ok()?).ok()?;
                if self.days.is_empty() {
                    return Some(vec![later]);
                }
                let since = later.weekday().since(self.first_day);
                let monday = later.checked_sub(Span::new().days(since)).ok()?;
                Some(monday.series(Span::new().days(1)).take(7).filter(is_named).collect())
            }
            Every::Month => self.in_month(start, number.checked_mul(self.step(1))?),
            Every::Year => self.in_month(start, number.checked_mul(self.step(12))?),
        }
    }

    /// The days in the month that comes so many months after the first one.
    fn in_month(&self, start: Date, later: i32) -> Option<Vec<Date>> {
        let from = Date::new(start.year(), self.month.unwrap_or(start.month()), 1).ok()?;
        let month = from.checked_add(Span::new().try_months(later).ok()?).ok()?;
        let length = month.days_in_month();
        let mut dates: Vec<Date> = if !self.month_days.is_empty() {
            let day = |day: &i8| if *day < 0 { length + 1 + *day } else { *day };
            self.month_days.iter().filter_map(|at| Date::new(month.year(), month.month(), day(at)).ok()).collect()
        } else if !self.days.is_empty() {
            let of_day = |(nth, day): &(i8, Weekday)| match nth {
                0 => (1..=5).filter_map(|nth| month.nth_weekday_of_month(nth, *day).ok()).collect(),
                nth => month.nth_weekday_of_month(*nth, *day).into_iter().collect::<Vec<_>>(),
            };
            self.days.iter().flat_map(of_day).collect()
        } else {
            Date::new(month.year(), month.month(), start.day()).into_iter().collect()
        };
        dates.sort_unstable();
        dates.dedup();
        Some(dates)
    }

    /// Some programs write the second Tuesday as a Tuesday, and the second of them.
    fn take_place(&mut self, place: i8) -> Option<()> {
        match self.days.as_mut_slice() {
            [(nth, _)] if *nth == 0 && is_nth(place) && place != 0 && self.month_days.is_empty() => *nth = place,
            _ => return None,
        }
        Some(())
    }

    /// The rule, if its parts go together.
    fn fitting(self) -> Result<Self, RepeatError> {
        let part = |part: &str| Err(RepeatError::Part { part: part.to_owned() });
        let counted = self.days.iter().any(|(nth, _)| *nth != 0);
        match self.every {
            Every::Day | Every::Week if counted => part("BYDAY with a number beside DAILY or WEEKLY"),
            Every::Day | Every::Week if !self.month_days.is_empty() => part("BYMONTHDAY beside DAILY or WEEKLY"),
            Every::Day | Every::Week | Every::Month if self.month.is_some() => part("BYMONTH beside other than YEARLY"),
            Every::Year if self.month.is_none() && !(self.days.is_empty() && self.month_days.is_empty()) => {
                part("BYDAY or BYMONTHDAY beside YEARLY without BYMONTH")
            }
            _ if !self.days.is_empty() && !self.month_days.is_empty() => part("BYDAY beside BYMONTHDAY"),
            _ => Ok(self),
        }
    }
}

/// The rule as calendars write it.
impl fmt::Display for Repeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.every {
            Every::Day => "FREQ=DAILY",
            Every::Week => "FREQ=WEEKLY",
            Every::Month => "FREQ=MONTHLY",
            Every::Year => "FREQ=YEARLY",
        })?;
        match self.ends {
            Ends::Never => {}
            Ends::Count(count) => write!(f, ";COUNT={count}")?,
            Ends::Day(day) => write!(f, ";UNTIL={}", day.strftime("%Y%m%d"))?,
            Ends::Local(last) => write!(f, ";UNTIL={}", last.strftime("%Y%m%dT%H%M%S"))?,
            Ends::Moment(last) => {
                write!(f, ";UNTIL={}", Offset::UTC.to_datetime(last).strftime("%Y%m%dT%H%M%SZ"))?;
            }
        }
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        if let Some(month) = self.month {
            write!(f, ";BYMONTH={month}")?;
        }
        let days = self.days.iter().map(|(nth, day)| match nth {
            0 => name_of(*day).to_owned(),
            nth => format!("{nth}{}", name_of(*day)),
        });
        let days: Vec<String> = days.collect();
        if !days.is_empty() {
            write!(f, ";BYDAY={}", days.join(","))?;
        }
        let days: Vec<String> = self.month_days.iter().map(ToString::to_string).collect();
        if !days.is_empty() {
            write!(f, ";BYMONTHDAY={}", days.join(","))?;
        }
        if self.first_day != Weekday::Monday {
            write!(f, ";WKST={}", name_of(self.first_day))?;
        }
        Ok(())
    }
}

fn name_of(day: Weekday) -> &'static str {
    DAYS[usize::from(day.to_monday_zero_offset().unsigned_abs()) % DAYS.len()]
}

fn every_of(text: &str) -> Option<Every> {
    match text {
        "DAILY" => Some(Every::Day),
        "WEEKLY" => Some(Every::Week),
        "MONTHLY" => Some(Every::Month),
        "YEARLY" => Some(Every::Year),
        _ => None,
    }
}

/// Some of one thing, with a comma between them, each once.
fn all_of<T: PartialEq>(text: &str, one: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let mut all = Vec::new();
    for word in text.split(',') {
        let word = one(word.trim())?;
        if !all.contains(&word) {
            all.push(word);
        }
    }
    Some(all)
}

/// `MO`, `1MO`, `-1FR`.
fn weekday(text: &str) -> Option<(i8, Weekday)> {
    let (nth, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let nth = if nth.is_empty() { 0 } else { nth.parse().ok().filter(|nth| *nth != 0 && is_nth(*nth))? };
    let day = i8::try_from(DAYS.iter().position(|day| *day == name)?).ok()?;
    Some((nth, Weekday::from_monday_zero_offset(day).ok()?))
}

/// No month has a sixth Monday.
const fn is_nth(nth: i8) -> bool {
    nth >= -5 && nth <= 5
}

fn month_day(text: &str) -> Option<i8> {
    text.parse().ok().filter(|day: &i8| *day != 0 && (-31..=31).contains(day))
}

/// `20261231`, `20261231T100000Z`, or `20261231T100000` as people there see it.
fn until(text: &str) -> Option<Ends> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'T' | b'Z')) {
        return None;
    }
    if let Ok(day) = Date::strptime("%Y%m%d", text) {
        return Some(Ends::Day(day));
    }
    let local = civil::DateTime::strptime("%Y%m%dT%H%M%S", text.strip_suffix('Z').unwrap_or(text)).ok()?;
    match text.ends_with('Z') {
        true => Offset::UTC.to_timestamp(local).ok().map(Ends::Moment),
        false => Some(Ends::Local(local)),
    }
}

#[cfg(test)]
mod tests;
