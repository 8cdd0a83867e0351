//! When records take place, kept beside them: a listing of a time asks this of every record of a kind, and going to each
//! of them for it would take longer than all else that such a listing does.

use grid_protocol::record::format::Shape;
use grid_protocol::record::{Day, Field, FieldName, Kind, Registry, Times, Value, Values};
use grid_protocol::replica::Row;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// The field that says how something comes back.
const REPEATS: &str = "repeats";

/// The fields of a kind that say when a record begins and ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimeFields {
    starts: Option<TimeField>,
    ends: Option<TimeField>,
}

/// A field that says a time, and which moment of a day stands for one there.
type TimeField = (FieldName, Option<Day>);

/// From when to when a record takes place, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct When {
    from: i64,
    to: i64,
}

impl TimeFields {
    /// Those of a kind.
    pub(crate) fn of(kind: &Kind) -> Self {
        let (starts, ends) = Shape::times(kind);
        let field = |field: &Field| (field.name.clone(), field.day);
        Self { starts: starts.map(field), ends: ends.map(field) }
    }

    /// From when to when a record takes place of which these values are seen; one that names no time: when it was changed
    /// last. None where it comes back, so that it has many times. A day that was given as a day has all its hours where
    /// this computer stands.
    pub(crate) fn span(&self, row: &Row, seen: &Values) -> Option<(Timestamp, Timestamp)> {
        self.span_in(row, seen, TimeZone::system)
    }

    fn span_in(&self, row: &Row, seen: &Values, zone: impl Fn() -> TimeZone) -> Option<(Timestamp, Timestamp)> {
        // Few come back, and taking all times of each record apart costs more than the rest.
        if !seen.text(REPEATS).is_empty() && Times::of(seen).is_some_and(|times| times.comes_back()) {
            return None;
        }
        let said = |field: &Option<TimeField>| {
            let (name, day) = field.as_ref()?;
            let Value::DateTime(moment) = seen.get(name)? else { return None };
            let hours = day.and_then(|day| hours(moment.as_day(day)?, &zone()));
            Some(hours.unwrap_or((moment.instant(), moment.instant())))
        };
        let ends = said(&self.ends);
        let (from, to) = said(&self.starts).or(ends).or_else(|| moment(row.changed).map(|at| (at, at)))?;
        Some((from, ends.map_or(to, |(_, last)| last.max(from))))
    }
}

/// The first and the last moment of a day, where calendars reach as far.
fn hours(day: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let begins = |day: Date| Some(day.to_zoned(zone.clone()).ok()?.timestamp());
    Some((begins(day)?, begins(day.tomorrow().ok()?)?.checked_sub(Span::new().milliseconds(1)).ok()?))
}

impl When {
    /// No moment: only the record itself tells.
    const UNTOLD: Self = Self { from: i64::MAX, to: i64::MAX };

    /// When a record takes place.
    pub(super) fn of(registry: &Registry, row: &Row) -> Self {
        let fields =
            row.kind().and_then(|kind| registry.kind(kind)).map(|kind| TimeFields::of(kind)).unwrap_or_default();
        let span = fields.span(row, &row.values);
        span.map_or(Self::UNTOLD, |(from, to)| Self { from: from.as_millisecond(), to: to.as_millisecond() })
    }

    /// From when to when; none where the record has to be asked.
    pub(crate) fn span(self) -> Option<(Timestamp, Timestamp)> {
        let moment = |at| Timestamp::from_millisecond(at).ok();
        Some((moment(self.from)?, moment(self.to)?))
    }
}

/// A time of the grid as a moment, where calendars reach as far.
pub(crate) fn moment(at: grid_protocol::time::Timestamp) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(at.0).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn a_day_takes_place_on_that_day_wherever_a_computer_stands() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let records = [
            ("task", json!({"title": "Chairs", "due": "2026-11-28"}), "2026-11-28"),
            ("decision", json!({"title": "A bus", "closes": "2026-11-28"}), "2026-11-28"),
            ("report", json!({"title": "Fair", "on": "2026-11-28"}), "2026-11-28"),
            ("asset", json!({"name": "Van", "sort": "vehicle", "from": "2026-11-28"}), "2026-11-28"),
            (
                "asset",
                json!({"name": "Van", "sort": "vehicle", "from": "2026-11-28", "until": "2026-11-30"}),
                "2026-11-30",
            ),
        ];
        for (of, fields, last) in records {
            let id = coalition.record(0, of, fields).parse().unwrap();
            let row = coalition.views.records.row(&id).unwrap();
            let times = TimeFields::of(coalition.views.registry.kind(of).unwrap());
            for zone in ["Pacific/Kiritimati", "Australia/Sydney", "UTC", "America/Los_Angeles", "Etc/GMT+12"] {
                let zone = TimeZone::get(zone).unwrap();
                let (from, to) = times.span_in(row, &row.values, || zone.clone()).unwrap();
                let at = |moment: Timestamp| moment.to_zoned(zone.clone()).datetime().to_string();
                let span = (at(from), at(to));
                assert_eq!(span, ("2026-11-28T00:00:00".to_owned(), format!("{last}T23:59:59.999")), "{of} {zone:?}");
            }
        }
        let hour = json!({"title": "Chairs", "due": "2026-11-28T23:00:00-11:00"});
        let id = coalition.record(0, "task", hour).parse().unwrap();
        let row = coalition.views.records.row(&id).unwrap();
        let span = TimeFields::of(coalition.views.registry.kind("task").unwrap()).span(row, &row.values).unwrap();
        assert_eq!((span.0, span.0.to_string()), (span.1, "2026-11-29T10:00:00Z".to_owned()), "an hour stays one");
    }
}
