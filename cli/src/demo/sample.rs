//! The sample: a fictional river valley, its groups, and what they do.
//!
//! It is data: which kinds of records it holds is its own matter.

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Time, Weekday},
    tz::Offset,
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The whole sample.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sample {
    pub(super) coalition: Coalition,
    /// The kind that holds the profile of a group.
    pub(super) profile_kind: String,
    /// The first founds, the others join.
    pub(super) groups: Vec<Group>,
    /// What is broadcast, and how far it has come is watched.
    pub(super) broadcast: Entry,
    /// The text that two groups edit at the same time.
    pub(super) shared: Shared,
    /// The group whose node is stopped for a while.
    pub(super) away: usize,
    /// What it misses meanwhile.
    pub(super) while_away: Entry,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Coalition {
    pub(super) name: String,
    pub(super) purpose: String,
    pub(super) statement: String,
    /// The text that it agrees on next.
    pub(super) second: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    /// The name of its directory.
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) profile: Map<String, Value>,
    pub(super) records: Vec<Record>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) kind: String,
    pub(super) fields: Map<String, Value>,
}

/// A record that one of the groups makes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) by: usize,
    pub(super) kind: String,
    pub(super) fields: Map<String, Value>,
}

/// A record with a text that several groups edit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shared {
    pub(super) by: usize,
    pub(super) kind: String,
    pub(super) field: String,
    pub(super) fields: Map<String, Value>,
    pub(super) edits: Vec<Edit>,
}

/// One group's edit of the shared text.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    pub(super) by: usize,
    pub(super) find: String,
    pub(super) put: String,
}

impl Sample {
    /// The sample, with its dates counted from today.
    pub(super) fn new(today: Timestamp) -> Self {
        let mut value: Value = serde_json::from_str(include_str!("sample.json")).expect("a test reads the sample");
        place_dates(&mut value, today);
        serde_json::from_value(value).expect("a test reads the sample")
    }
}

/// Puts a date in place of each text like `+12d 05:45`, `-3d 10:00`, or `saturday 09:00`.
pub(super) fn place_dates(value: &mut Value, today: Timestamp) {
    match value {
        Value::String(text) => {
            if let Some(date) = date(text, today) {
                *text = date;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| place_dates(item, today)),
        Value::Object(fields) => fields.values_mut().for_each(|field| place_dates(field, today)),
        _ => {}
    }
}

fn date(text: &str, today: Timestamp) -> Option<String> {
    let today = Offset::UTC.to_datetime(today).date();
    let (day, time) = match text.strip_prefix("saturday ") {
        // One that is far enough ahead to prepare for.
        Some(time) => (today.checked_add(2.days()).ok()?.nth_weekday(1, Weekday::Saturday).ok()?, time),
        None => {
            let (days, time) = text.split_once("d ")?;
            let signed = days.starts_with(['+', '-']);
            (today.checked_add(days.parse::<i32>().ok().filter(|_| signed)?.days()).ok()?, time)
        }
    };
    let time: Time = time.parse().ok()?;
    // The valley lies one hour east of Greenwich.
    Some(format!("{}T{}+01:00", day, time.strftime("%H:%M:%S")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use grid_protocol::record::{Patch, Registry};

    #[test]
    fn the_sample_can_be_read_and_every_kind_takes_its_records() {
        let sample = Sample::new("2026-05-01T00:00:00Z".parse().unwrap());
        let fits = |kind: &str, fields: &Map<String, Value>| {
            let kind = Registry::standard().kind(kind).unwrap();
            Patch::from_json(kind, &Value::Object(fields.clone())).unwrap();
        };
        for group in &sample.groups {
            fits(&sample.profile_kind, &group.profile);
            group.records.iter().for_each(|record| fits(&record.kind, &record.fields));
        }
        fits(&sample.broadcast.kind, &sample.broadcast.fields);
        fits(&sample.while_away.kind, &sample.while_away.fields);
        fits(&sample.shared.kind, &sample.shared.fields);
        let text = sample.shared.fields[&sample.shared.field].as_str().unwrap();
        assert!(sample.shared.edits.iter().all(|edit| text.contains(&edit.find) && edit.by != sample.away));
        assert!(sample.groups.len() == 3 && sample.away < 3 && sample.broadcast.by < 3 && sample.shared.by < 3);
        assert_eq!(sample.broadcast.fields["starts"], "2026-05-13T05:45:00+01:00");
    }

    #[test]
    fn dates_are_counted_from_today_and_saturdays_are_ahead() {
        // A Friday.
        let today = "2026-05-01T00:00:00Z".parse().unwrap();
        assert_eq!(date("-3d 10:00", today).unwrap(), "2026-04-28T10:00:00+01:00");
        assert_eq!(date("saturday 09:00", today).unwrap(), "2026-05-09T09:00:00+01:00");
        assert_eq!(date("3d 10:00", today), None);
        assert_eq!(date("and 10:00", today), None);
    }
}
