//! When something takes place: once, or time and again.
//!
//! Kinds that take place have the fields `starts`, and perhaps `ends`, `repeats` and `except`. What comes back is looked
//! through from a moment on, never from its beginning, so that a call of ten years costs no more than a new one.

use super::{DateTime, Repeat, Tags, Value, Values};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// What says no end takes a day.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The times of something that takes place.
#[derive(Clone, Debug)]
pub struct Times<'v> {
    first: &'v DateTime,
    /// How long it lasts, where it says so.
    lasts: Option<SignedDuration>,
    repeat: Option<Repeat>,
    except: Option<&'v Tags>,
}

/// One time that something takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// When it begins.
    pub starts: DateTime,
    /// When it ends, where that is said.
    pub ends: Option<DateTime>,
    over: Timestamp,
}

impl Occasion {
    /// When it is over: what says no end takes a day.
    pub const fn over(&self) -> Timestamp {
        self.over
    }
}

impl<'v> Times<'v> {
    /// The times of a record; none where it says no beginning. A rule that is not understood names no time but the first.
    pub fn of(values: &'v Values) -> Option<Self> {
        let first = moment(values, "starts")?;
        let lasts = moment(values, "ends").map(|ends| ends.instant().duration_since(first.instant()));
        let repeat = Some(values.text("repeats")).filter(|rule| !rule.is_empty()).and_then(|rule| rule.parse().ok());
        let except = values.get("except").and_then(Value::as_tags);
        Some(Self { first, lasts: lasts.filter(|lasts| !lasts.is_negative()), repeat, except })
    }

    /// Whether it comes back.
    pub const fn comes_back(&self) -> bool {
        self.repeat.is_some()
    }

    /// The times that are not over at a moment, the earliest first. Bounded, as [`Repeat::times`] is.
    pub fn from(&self, moment: Timestamp) -> impl Iterator<Item = Occasion> {
        let since = moment.checked_sub(self.lasts.unwrap_or(DAY)).unwrap_or(Timestamp::MIN);
        let left_out = |day: Date| {
            self.except.is_some_and(|days| days.iter().any(|text| text.parse().is_ok_and(|out: Date| out == day)))
        };
        let again = self.repeat.as_ref().map(|repeat| repeat.times(self.first, since, left_out));
        let once = self.repeat.is_none().then(|| self.first.clone());
        let starts = again.into_iter().flatten().chain(once);
        starts.map(|starts| self.occasion(starts)).filter(move |occasion| moment <= occasion.over)
    }

    fn occasion(&self, starts: DateTime) -> Occasion {
        let over = starts.instant().checked_add(self.lasts.unwrap_or(DAY)).unwrap_or(Timestamp::MAX);
        let ends = self.lasts.and_then(|_| {
            let rules = starts.zone().and_then(|name| TimeZone::get(name).ok());
            let offset = rules.map_or_else(
                || Offset::from_seconds(starts.offset_seconds()).ok(),
                |rules| Some(rules.to_offset(over)),
            )?;
            DateTime::new(over, offset, starts.zone().map(str::to_owned)).ok()
        });
        Occasion { starts, ends, over }
    }
}

fn moment<'v>(values: &'v Values, field: &str) -> Option<&'v DateTime> {
    match values.get(field)? {
        Value::DateTime(moment) => Some(moment),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Patch, Registry};
    use serde_json::{Value as Json, json};

    fn from(fields: &Json, moment: &str) -> Vec<(String, Option<String>)> {
        let kind = Registry::standard().kind("event").unwrap();
        let values = Patch::from_json(kind, fields).unwrap().over(kind, kind.defaults());
        let written = |occasion: Occasion| (occasion.starts.to_string(), occasion.ends.map(|ends| ends.to_string()));
        let times = Times::of(&values).unwrap();
        times.from(moment.parse().unwrap()).take(2).map(written).collect()
    }

    #[test]
    fn what_is_going_on_is_the_next_time_and_what_is_left_out_is_none() {
        let call = json!({"title": "Call", "starts": "2026-11-02T10:00:00Z", "ends": "2026-11-02T12:00:00Z",
            "repeats": "weekly", "except": ["2026-11-30"]});
        let time = |day: &str| (format!("{day}T10:00:00Z"), Some(format!("{day}T12:00:00Z")));
        assert_eq!(from(&call, "2026-11-16T11:00:00Z"), [time("2026-11-16"), time("2026-11-23")]);
        assert_eq!(from(&call, "2026-11-23T12:00:01Z"), [time("2026-12-07"), time("2026-12-14")]);
        let once = json!({"title": "Once", "starts": "2026-11-02T10:00:00Z"});
        assert_eq!(from(&once, "2026-11-03T09:00:00Z"), [("2026-11-02T10:00:00Z".to_owned(), None)]);
        assert!(from(&once, "2026-11-03T11:00:00Z").is_empty(), "what says no end takes a day");
    }
}
