//! A record on its way into an open format, and what stands above all of them.

use super::Shape;
use crate::record::{Audience, Coordinates, DateTime, FieldName, Kind, Presence, Repeat, Tags, Times, Value, Values};
use crate::time::Timestamp;
use jiff::civil;
use std::fmt;

/// A record on its way into an open format.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The id of its record.
    pub id: String,
    /// The coalition, so that ids of two coalitions never meet in one calendar.
    pub coalition: String,
    /// Its kind.
    pub kind: String,
    /// Its title, as people read it.
    pub title: String,
    /// The group that wrote it.
    pub author: String,
    /// What it was made from, and who made that, where it was made from something.
    pub credit: Option<Credit>,
    /// When it was made, by the clock of who made it.
    pub created: Timestamp,
    /// When it was changed last, by the clock of who did.
    pub changed: Timestamp,
    /// Higher with every change, and equal wherever the same changes are.
    pub sequence: u64,
    /// Whether it was removed.
    pub presence: Presence,
    /// Its fields, as far as the reader may see them.
    pub values: Values,
    /// Which of them plays which part.
    pub shape: Shape,
}

/// What something was made from, and who made that: recognition goes to makers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// What the original is called, or what stands for its name.
    pub of: String,
    /// Who made it, where that is known.
    pub maker: Option<String>,
}

impl fmt::Display for Credit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.maker {
            Some(maker) => write!(f, "{} by {maker}", self.of),
            None => f.write_str(&self.of),
        }
    }
}

/// What stands above the entries of a feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    /// What it is called.
    pub title: String,
    /// What it is about, in a sentence.
    pub about: String,
    /// What tells it from other feeds: it never changes.
    pub id: String,
    /// A page of whoever gives it out; may be empty.
    pub link: String,
    /// Who gives it out.
    pub author: String,
}

impl Values {
    /// The values of the fields that such a reader sees.
    #[must_use]
    pub fn seen_by(&self, kind: &Kind, audience: Audience) -> Values {
        let seen = |name: &FieldName| kind.field(name).is_some_and(|field| field.audience <= audience);
        self.iter().filter(|(name, _)| seen(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

impl Entry {
    /// The name under which calendars and address books know it for ever.
    pub fn uid(&self) -> String {
        format!("{}@{}", self.id, self.coalition)
    }

    fn value(&self, field: Option<&FieldName>) -> Option<&Value> {
        self.values.get(field?)
    }

    /// The text of a part, empty where there is none.
    pub(super) fn text(&self, field: Option<&FieldName>) -> &str {
        self.value(field).and_then(Value::as_text).unwrap_or_default()
    }

    /// When it begins.
    pub fn starts(&self) -> Option<&DateTime> {
        moment(self.value(self.shape.starts.as_ref()))
    }

    /// When it ends, where that is later than its beginning.
    pub fn ends(&self) -> Option<&DateTime> {
        let starts = self.starts()?.instant();
        moment(self.value(self.shape.ends.as_ref())).filter(|ends| ends.instant() > starts)
    }

    /// The day on which it begins, where no hour is given.
    pub(super) fn first_day(&self) -> Option<civil::Date> {
        self.starts()?.as_day(self.shape.begins_on?)
    }

    /// The day on which it ends, where no hour is given.
    pub(super) fn last_day(&self) -> Option<civil::Date> {
        self.ends()?.as_day(self.shape.ends_on?)
    }

    /// How it comes back, where it does and the rule is understood.
    pub fn repeat(&self) -> Option<Repeat> {
        self.text(self.shape.repeats.as_ref()).parse().ok()
    }

    /// The same at the time that it takes place next, where it comes back: for what shows one time of each.
    #[must_use]
    pub fn at_its_next(mut self, now: Timestamp) -> Self {
        let Some(times) = Times::of(&self.values).filter(Times::comes_back) else { return self };
        let Some(next) = times.from(instant(now)).next() else { return self };
        for (field, moment) in [(&self.shape.starts, Some(next.starts)), (&self.shape.ends, next.ends)] {
            if let (Some(field), Some(moment)) = (field, moment) {
                self.values.set(field.clone(), Value::DateTime(Box::new(moment)));
            }
        }
        self
    }

    /// The days on which it does not take place although it comes back.
    pub(super) fn except(&self) -> impl Iterator<Item = civil::Date> {
        let days = self.value(self.shape.except.as_ref()).and_then(Value::as_tags).into_iter().flat_map(Tags::iter);
        // Calendars have no years before the first.
        days.filter_map(|day| day.parse().ok()).filter(|day: &civil::Date| day.year() > 0)
    }

    /// Where it is on the map.
    pub fn point(&self) -> Option<Coordinates> {
        self.value(self.shape.point.as_ref())?.as_coordinates()
    }

    /// What it is listed under.
    pub(super) fn tags(&self) -> impl Iterator<Item = &str> {
        self.value(self.shape.tags.as_ref()).and_then(Value::as_tags).into_iter().flat_map(Tags::iter)
    }

    /// What it was made from, as a sentence; nothing where it was made from nothing.
    pub(super) fn thanks(&self) -> String {
        self.credit.as_ref().map(|credit| format!("After {credit}.")).unwrap_or_default()
    }

    /// Whether it does not take place: it says so, or it was removed.
    pub(super) fn is_off(&self) -> bool {
        let status = self.text(self.shape.status.as_ref());
        self.presence == Presence::Removed || matches!(status, "cancelled" | "dropped" | "withdrawn")
    }

    /// The words for what it is called: a record that was removed gives its name to nobody.
    pub(super) fn shown_title(&self) -> String {
        match self.presence {
            Presence::Present => self.title.clone(),
            Presence::Removed => format!("({} removed)", self.kind),
        }
    }
}

fn moment(value: Option<&Value>) -> Option<&DateTime> {
    match value? {
        Value::DateTime(moment) => Some(moment),
        _ => None,
    }
}

/// A claimed time as an instant; one that no calendar has is the beginning of 1970.
pub(super) fn instant(time: Timestamp) -> jiff::Timestamp {
    let whole = i64::try_from(time.0).ok().map(|millis| millis / 1_000);
    let instant = whole.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    let year = |instant: &jiff::Timestamp| jiff::tz::Offset::UTC.to_datetime(*instant).year();
    instant.filter(|instant| (1970..=9999).contains(&year(instant))).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}
