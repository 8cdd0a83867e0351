//! A moment that people agreed on: the instant, the offset they saw, and the zone it belongs to.
//!
//! The offset is kept beside the instant because the rules of a zone change: a meeting announced for ten o'clock is
//! shown as ten o'clock on every computer, whatever zone database it has. Reading therefore never asks such a database;
//! only a time typed with a zone and without an offset does.

use super::Unfit;
use jiff::{
    Timestamp, civil,
    fmt::temporal::{Pieces, PiecesOffset, TimeZoneAnnotationKind},
    tz::{Offset, TimeZone},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{borrow::Cow, fmt, str::FromStr};

/// A moment with its offset from UTC and, where known, its IANA zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateTime {
    instant: Timestamp,
    offset: Offset,
    zone: Option<String>,
}

/// Which moment stands for a day that is given without a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// Its beginning where it begins first: what is open from that day on is open for everybody who has that day.
    From,
    /// Noon, in UTC: on that day something happened.
    On,
    /// Its end where it ends last: nobody is late who still has that day.
    Until,
}

/// What a date-time looks like where a day will do, for messages.
pub(super) const EXPECTED_DAY: &str =
    "a day like 2026-11-30, or a date and time with its offset, like 2026-11-30T10:00:00+11:00";

/// What a date-time looks like, for messages.
pub(super) const EXPECTED: &str = "a date and time with its offset, like 2026-11-30T10:00:00+11:00[Australia/Sydney]";

impl DateTime {
    /// The instant, for ordering and for comparing with now.
    pub fn instant(&self) -> Timestamp {
        self.instant
    }

    /// The offset from UTC in seconds.
    pub fn offset_seconds(&self) -> i32 {
        self.offset.seconds()
    }

    /// The IANA zone, where it is known.
    pub fn zone(&self) -> Option<&str> {
        self.zone.as_deref()
    }

    /// Date and time as the people there see it.
    pub fn local(&self) -> jiff::civil::DateTime {
        self.offset.to_datetime(self.instant)
    }

    /// Another instant by the same offset.
    pub(super) fn at_its_offset(&self, instant: Timestamp) -> civil::DateTime {
        self.offset.to_datetime(instant)
    }

    /// A moment from its parts; the zone is only a name.
    ///
    /// # Errors
    ///
    /// [`Unfit`] when the zone is no IANA name or the local date lies outside the years 1 to 9999.
    pub fn new(instant: Timestamp, offset: Offset, zone: Option<String>) -> Result<Self, Unfit> {
        if let Some(name) = &zone
            && !is_zone_name(name)
        {
            return Err(Unfit::new(EXPECTED, name).hint("Zones have names like Australia/Sydney."));
        }
        let whole =
            Timestamp::from_second(instant.as_second()).map_err(|_| Unfit::new(EXPECTED, &instant.to_string()))?;
        let moment = Self { instant: whole, offset, zone };
        let year = moment.local().year();
        if (1..=9999).contains(&year) {
            Ok(moment)
        } else {
            Err(Unfit::new("a year from 1 to 9999", &year.to_string()))
        }
    }

    /// Reads what a person typed; a zone without an offset is looked up in this computer's zone database.
    ///
    /// An offset that the zone does not have at that time is a slip, and nobody can say which half is meant. What is
    /// stored is read with [`FromStr`] instead, which takes it: the rules of a zone may have changed since.
    ///
    /// # Errors
    ///
    /// [`Unfit`] when it is no date and time, says neither offset nor zone, or two that contradict each other.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        let unfit = || Unfit::new(EXPECTED, text);
        let text = text.trim();
        let pieces = Pieces::parse(text).map_err(|_| unfit())?;
        let time = pieces.time().ok_or_else(|| {
            let day = pieces.date();
            unfit().hint(format!("The time of day is missing: {day}T18:00+11:00, or {day}T18:00[Australia/Sydney]."))
        })?;
        let local = pieces.date().to_datetime(time);
        let zone = named_zone(&pieces);
        match (pieces.offset(), zone) {
            (Some(PiecesOffset::Zulu), Some(name)) => {
                let instant = Offset::UTC.to_timestamp(local).map_err(|_| unfit())?;
                let offset = zone_rules(text, &name)?.to_offset(instant);
                Self::new(instant, offset, Some(name))
            }
            (None, Some(name)) => {
                let zoned = zone_rules(text, &name)?.to_zoned(local).map_err(|_| unfit())?;
                Self::new(zoned.timestamp(), zoned.offset(), Some(name))
            }
            (None, None) => {
                let offset = bracket_offset(&pieces).ok_or_else(|| {
                    unfit().hint("Without an offset or a zone nobody elsewhere knows when that is: add +11:00 or [Australia/Sydney].")
                })?;
                Self::new(offset.to_timestamp(local).map_err(|_| unfit())?, offset, None)
            }
            (Some(_), _) => text.parse::<Self>()?.without_contradiction(text),
        }
    }

    /// The moment that stands for a day, where the text is a day and nothing else.
    ///
    /// # Errors
    ///
    /// [`Unfit`] when the day lies outside the years 1 to 9999.
    pub fn of_day(text: &str, day: Day) -> Option<Result<Self, Unfit>> {
        let pieces = Pieces::parse(text.trim()).ok()?;
        let plain = pieces.time().is_none() && pieces.offset().is_none() && pieces.time_zone_annotation().is_none();
        let date = plain.then(|| pieces.date())?;
        let (time, hours) = match day {
            Day::From => (civil::time(0, 0, 0, 0), 14),
            Day::On => (civil::time(12, 0, 0, 0), 0),
            Day::Until => (civil::time(23, 59, 59, 0), -12),
        };
        let offset = Offset::constant(hours);
        let instant = offset.to_timestamp(date.to_datetime(time)).map_err(|_| Unfit::new(EXPECTED_DAY, text));
        Some(instant.and_then(|instant| Self::new(instant, offset, None)))
    }

    /// The day that this moment stands for, where it is the one that [`of_day`](Self::of_day) makes of a day.
    pub fn as_day(&self, day: Day) -> Option<civil::Date> {
        let date = self.local().date();
        let stands_for = Self::of_day(&date.to_string(), day)?.ok()?;
        (stands_for == *self).then_some(date)
    }

    /// The date_time, unless this computer knows its zone and the offset is not the zone's.
    fn without_contradiction(self, text: &str) -> Result<Self, Unfit> {
        let Some(rules) = self.zone.as_deref().and_then(|name| TimeZone::get(name).ok()) else { return Ok(self) };
        let offset = rules.to_offset(self.instant);
        // Offsets of old times had seconds, which the written form may leave out.
        if offset.seconds() / 60 == self.offset.seconds() / 60 {
            return Ok(self);
        }
        let unfit = Unfit::new("an offset that the zone has at that time", text);
        let right = rules.to_zoned(self.local()).ok();
        let right = right.and_then(|zoned| Self::new(zoned.timestamp(), zoned.offset(), self.zone).ok());
        Err(match right {
            Some(right) => {
                unfit.hint(format!("If the zone is right, it is {right}; if the offset is, leave the zone out."))
            }
            None => unfit,
        })
    }
}

/// Reads the exact form, without any zone database.
impl FromStr for DateTime {
    type Err = Unfit;

    fn from_str(text: &str) -> Result<Self, Unfit> {
        let unfit = || Unfit::new(EXPECTED, text);
        let pieces = Pieces::parse(text).map_err(|_| unfit())?;
        let (time, offset) = pieces.time().zip(pieces.to_numeric_offset()).ok_or_else(unfit)?;
        let instant = offset.to_timestamp(pieces.date().to_datetime(time)).map_err(|_| unfit())?;
        Self::new(instant, offset, named_zone(&pieces))
    }
}

/// The exact form of RFC 9557: `2026-11-30T10:00:00+11:00[Australia/Sydney]`; without offset and zone it ends in `Z`.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.local().strftime("%Y-%m-%dT%H:%M:%S"))?;
        let seconds = self.offset.seconds();
        if seconds == 0 && self.zone.is_none() {
            return f.write_str("Z");
        }
        let (sign, size) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
        write!(f, "{sign}{:02}:{:02}", size / 3600, size / 60 % 60)?;
        if size % 60 != 0 {
            write!(f, ":{:02}", size % 60)?;
        }
        self.zone.iter().try_for_each(|zone| write!(f, "[{zone}]"))
    }
}

fn named_zone(pieces: &Pieces<'_>) -> Option<String> {
    match pieces.time_zone_annotation()?.kind() {
        TimeZoneAnnotationKind::Named(name) => Some(name.as_str().to_owned()),
        _ => None,
    }
}

fn bracket_offset(pieces: &Pieces<'_>) -> Option<Offset> {
    match pieces.time_zone_annotation()?.kind() {
        TimeZoneAnnotationKind::Offset(offset) => Some(*offset),
        _ => None,
    }
}

fn zone_rules(text: &str, name: &str) -> Result<TimeZone, Unfit> {
    TimeZone::get(name).map_err(|_| {
        Unfit::new(EXPECTED, text).hint(format!("This computer knows no zone {name:?}: add the offset, like +11:00."))
    })
}

fn is_zone_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+'))
}

impl Serialize for DateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for DateTime {
    fn schema_name() -> Cow<'static, str> {
        "DateTime".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "x-grid-type": "date-time", "examples": ["2026-11-30T10:00:00+11:00[Australia/Sydney]"]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_keeps_instant_offset_and_zone() {
        let text = "2026-11-30T10:00:00+11:00[Australia/Sydney]";
        let moment = DateTime::parse(text).unwrap();
        assert_eq!(moment.to_string(), text);
        assert_eq!(moment.instant().to_string(), "2026-11-29T23:00:00Z");
        assert_eq!((moment.offset_seconds(), moment.zone()), (39_600, Some("Australia/Sydney")));
        assert_eq!(text.parse(), Ok(moment));
    }

    #[test]
    fn a_day_stands_for_its_beginning_its_noon_or_its_end_wherever_people_are() {
        let of = |text, day| DateTime::of_day(text, day).map(|moment| moment.unwrap().to_string());
        assert_eq!(of(" 2026-11-22 ", Day::From).unwrap(), "2026-11-22T00:00:00+14:00");
        assert_eq!(of("2026-11-22", Day::On).unwrap(), "2026-11-22T12:00:00Z");
        assert_eq!(of("2026-11-22", Day::Until).unwrap(), "2026-11-22T23:59:59-12:00");
        for text in ["2026-11-22T10:00", "2026-11-22T10:00:00Z", "2026-11-22[Australia/Sydney]", "2026-11-31", "soon"] {
            assert_eq!(of(text, Day::On), None, "{text}");
        }
        for day in [Day::From, Day::On, Day::Until] {
            let moment = DateTime::of_day("2026-11-22", day).unwrap().unwrap();
            assert_eq!(moment.as_day(day), Some(civil::date(2026, 11, 22)), "{day:?}");
        }
        for exact in ["2026-11-22T23:59:59Z", "2026-11-22T23:59:58-12:00", "2026-11-22T12:00:00Z"] {
            assert_eq!(DateTime::parse(exact).unwrap().as_day(Day::Until), None, "{exact}");
        }
    }

    #[test]
    fn plain_rfc_3339_is_taken_and_given_back() {
        for text in ["2026-11-30T10:00:00+11:00", "2026-11-30T10:00:00Z", "2026-11-30T10:00:00-03:30"] {
            assert_eq!(DateTime::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(DateTime::parse("2026-11-30 10:00+11:00").unwrap().to_string(), "2026-11-30T10:00:00+11:00");
    }

    #[test]
    fn a_time_without_offset_and_zone_is_refused_with_the_reason() {
        let error = DateTime::parse("2026-11-30T10:00:00").unwrap_err();
        assert!(error.to_string().contains("offset"), "{error}");
        assert!(error.hint.unwrap().contains("+11:00"));
        for text in ["", "tomorrow", "2026-11-30", "2026-13-30T10:00:00Z", "2026-11-30T10:00:00+11:00[../etc]"] {
            assert!(DateTime::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_offset_that_contradicts_its_zone_is_a_slip_when_typed_and_kept_when_stored() {
        let text = "2026-03-01T18:00:00+05:00[Europe/London]";
        let error = DateTime::parse(text).unwrap_err();
        let hint = error.hint.unwrap();
        assert!(hint.contains("2026-03-01T18:00:00+00:00[Europe/London]"), "{hint}");
        assert_eq!(text.parse::<DateTime>().unwrap().to_string(), text);
        for sound in ["2026-07-01T18:00:00+01:00[Europe/London]", "2026-10-25T01:30:00+01:00[Europe/London]"] {
            assert_eq!(DateTime::parse(sound).unwrap().to_string(), sound);
        }
        let summer = DateTime::parse("2026-07-01T18:00:00+00:00[Europe/London]").unwrap_err();
        assert!(summer.hint.unwrap().contains("+01:00"));
    }

    #[test]
    fn a_zone_that_no_database_knows_is_kept_where_the_offset_is_given() {
        let text = "2026-11-30T10:00:00+11:00[Mars/Olympus_Mons]";
        assert_eq!(DateTime::parse(text).unwrap().to_string(), text);
        assert!(DateTime::parse("2026-11-30T10:00:00[Mars/Olympus_Mons]").unwrap_err().hint.unwrap().contains("Mars"));
    }
}
