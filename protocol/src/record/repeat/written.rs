//! Rules as people and calendars write them: read part by part, and written again in one form.

use super::{Ends, Every, Repeat};
use jiff::civil::{self, Date, Weekday};
use jiff::tz::Offset;
use std::fmt;
use std::str::FromStr;

/// Letters of a rule at most.
const MAX_LETTERS: usize = 300;
/// Times that a rule counts at most: every week for nineteen years.
const MAX_COUNT: u32 = 1_000;
/// Days, weeks, months or years from one time to the next at most.
const MAX_INTERVAL: u32 = 1_000;
/// The days of the week as rules call them, from Monday on.
const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

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
