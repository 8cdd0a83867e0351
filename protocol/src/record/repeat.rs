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

pub use written::RepeatError;

mod written;

/// Days, weeks, months or years that are looked through for one answer.
const LOOKED_THROUGH: usize = 4_000;
/// Days, weeks, months or years behind each other without a day that the rule names; after so many there is none: the
/// sparsest that people use is the 29th of each February, of which eight years lack one at most.
const EMPTY: usize = 32;

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
}

#[cfg(test)]
mod tests;
