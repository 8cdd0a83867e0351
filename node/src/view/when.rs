//! When records take place, kept beside them: a listing of a time asks this of every record of a kind, and going to each
//! of them for it would take longer than all else that such a listing does.

use grid_protocol::record::format::Shape;
use grid_protocol::record::{FieldName, Kind, Registry, Times, Value, Values};
use grid_protocol::replica::Row;
use jiff::Timestamp;

/// The field that says how something comes back.
const REPEATS: &str = "repeats";

/// The fields of a kind that say when a record begins and ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimeFields {
    starts: Option<FieldName>,
    ends: Option<FieldName>,
}

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
        Self { starts: starts.map(|field| field.name.clone()), ends: ends.map(|field| field.name.clone()) }
    }

    /// From when to when a record takes place of which these values are seen; one that names no time: when it was changed
    /// last. None where it comes back, so that it has many times.
    pub(crate) fn span(&self, row: &Row, seen: &Values) -> Option<(Timestamp, Timestamp)> {
        // Few come back, and taking all times of each record apart costs more than the rest.
        if !seen.text(REPEATS).is_empty() && Times::of(seen).is_some_and(|times| times.comes_back()) {
            return None;
        }
        let said = |field: &Option<FieldName>| match seen.get(field.as_ref()?) {
            Some(Value::DateTime(moment)) => Some(moment.instant()),
            _ => None,
        };
        let ends = said(&self.ends);
        let from = said(&self.starts).or(ends).or_else(|| moment(row.changed))?;
        Some((from, ends.map_or(from, |ends| ends.max(from))))
    }
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
