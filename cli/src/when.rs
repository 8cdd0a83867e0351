//! Times as people read them: how long ago in lists, date with zone in detail.

use crate::words::count;
use jiff::{
    Timestamp, Zoned,
    civil::Date,
    fmt::temporal::Pieces,
    tz::{Offset, TimeZone},
};

/// How a time in RFC 3339 lies to now: `3 minutes ago`, `in 2 days`; beyond a month the date. What is no time stays as
/// it is.
pub(crate) fn relative(text: &str, now: Timestamp) -> String {
    let Ok(time) = text.parse::<Timestamp>() else { return text.to_owned() };
    let seconds = time.as_second().saturating_sub(now.as_second());
    // An invite for seven days says so, also a second later: what lies ahead is rounded up a little.
    let round = |unit: u64, seconds: u64| if time > now { (seconds + unit / 20) / unit } else { seconds / unit };
    let span = match seconds.unsigned_abs() {
        0..10 => return "just now".to_owned(),
        seconds @ 10..60 => count(seconds, "second"),
        seconds @ 60..3_600 => count(round(60, seconds), "minute"),
        seconds @ 3_600..86_400 => count(round(3_600, seconds), "hour"),
        seconds @ 86_400..2_678_400 => count(round(86_400, seconds), "day"),
        _ => return time.to_zoned(TimeZone::system()).strftime("%-d %b %Y").to_string(),
    };
    if seconds < 0 { format!("{span} ago") } else { format!("in {span}") }
}

/// A time in RFC 3339 as answers show it: what lies ahead with day and hour by the clock of this computer, what has been
/// by how long ago.
pub(crate) fn ahead_or_ago(text: &str, now: Timestamp) -> String {
    match text.parse::<Timestamp>() {
        Ok(time) if time > now => {
            let (here, today) = (time.to_zoned(TimeZone::system()), now.to_zoned(TimeZone::system()));
            let form = if here.year() == today.year() { "%a %-d %b, %H:%M" } else { "%a %-d %b %Y, %H:%M" };
            here.strftime(form).to_string()
        }
        _ => relative(text, now),
    }
}

/// A day as answers show it: what lies ahead by its name, what has been by how long ago.
pub(crate) fn day(text: &str, now: Timestamp) -> String {
    let Ok(day) = text.parse::<Date>() else { return text.to_owned() };
    let today = now.to_zoned(TimeZone::system()).date();
    match i64::from((day - today).get_days()) {
        0 => "today".to_owned(),
        -1 => "yesterday".to_owned(),
        days @ -31..=-2 => format!("{} ago", count(days.unsigned_abs(), "day")),
        days if days > 0 && day.year() == today.year() => day.strftime("%a %-d %b").to_string(),
        days if days > 0 => day.strftime("%a %-d %b %Y").to_string(),
        _ => day.strftime("%-d %b %Y").to_string(),
    }
}

/// A time in RFC 3339 in the zone of this computer, and how it lies to now.
pub(crate) fn detailed(text: &str, now: Timestamp) -> String {
    match text.parse::<Timestamp>() {
        Ok(time) => {
            let here = time.to_zoned(TimeZone::system());
            format!("{} ({})", full(&here), relative(text, now))
        }
        Err(_) => text.to_owned(),
    }
}

/// A moment as its people see it, with their zone: `Mon 30 Nov 2026, 10:00 (Australia/Sydney, +11:00)`.
pub(crate) fn moment(text: &str) -> String {
    let Some((local, zone)) = parts(text) else { return text.to_owned() };
    format!("{} ({zone})", local.strftime("%a %-d %b %Y, %H:%M"))
}

/// A moment in a list, by the clock of its own people: `30 Nov 2026 10:00`; where that is not the clock of this
/// computer, it says so: `30 Nov 2026 10:00 (UTC+11)`.
pub(crate) fn moment_short(text: &str) -> String {
    short_from(text, &TimeZone::system())
}

/// Takes the zone off moments in a list where all of them name the same one, which then stands above them.
pub(crate) fn common_zone(moments: &mut [String]) -> Option<String> {
    const ZONE: &str = " (UTC";
    let named = moments.iter().find(|moment| !moment.is_empty())?;
    let zone = named.get(named.rfind(ZONE)?..)?.to_owned();
    if !moments.iter().all(|moment| moment.is_empty() || moment.ends_with(&zone)) {
        return None;
    }
    moments.iter_mut().for_each(|moment| moment.truncate(moment.len().saturating_sub(zone.len())));
    Some(zone)
}

fn short_from(text: &str, here: &TimeZone) -> String {
    let Some((local, _)) = parts(text) else { return text.to_owned() };
    let shown = local.strftime("%-d %b %Y %H:%M").to_string();
    let theirs = Pieces::parse(text).ok().and_then(|pieces| pieces.to_numeric_offset());
    match (theirs, text.parse::<Timestamp>()) {
        (Some(theirs), Ok(time)) if here.to_offset(time) != theirs => format!("{shown} ({})", from_utc(theirs)),
        _ => shown,
    }
}

/// The zone of this computer, by its name where it has one.
pub(crate) fn zone_here(now: Timestamp) -> String {
    let here = TimeZone::system();
    match here.iana_name() {
        Some(name) if !is_utc(name) => name.to_owned(),
        _ => from_utc(here.to_offset(now)),
    }
}

fn from_utc(offset: Offset) -> String {
    if offset.seconds() == 0 { "UTC".to_owned() } else { format!("UTC{offset}") }
}

fn full(time: &Zoned) -> String {
    let shown = time.strftime("%a %-d %b %Y, %H:%M:%S");
    match time.time_zone().iana_name() {
        Some(name) if is_utc(name) => format!("{shown} UTC"),
        Some(name) => format!("{shown} {}, {name}", time.strftime("%:z")),
        None => format!("{shown} {}", time.strftime("%:z")),
    }
}

/// Whether a zone is UTC under one of the names that computers give it.
fn is_utc(zone: &str) -> bool {
    matches!(zone.strip_prefix("Etc/").unwrap_or(zone), "UTC" | "UCT" | "Zulu" | "Universal" | "GMT" | "Unknown")
}

/// Date and time as written, and the zone as written: no zone database is asked.
fn parts(text: &str) -> Option<(jiff::civil::DateTime, String)> {
    let pieces = Pieces::parse(text).ok()?;
    let local = pieces.date().to_datetime(pieces.time()?);
    let offset = pieces.to_numeric_offset()?;
    let written = from_utc(offset);
    let zone = match pieces.time_zone_annotation().map(|annotation| annotation.kind().clone()) {
        Some(jiff::fmt::temporal::TimeZoneAnnotationKind::Named(name)) if !is_utc(name.as_str()) => {
            format!("{}, {written}", name.as_str())
        }
        _ => written,
    };
    Some((local, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_as_people_say_it() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(relative("2026-03-01T11:59:55Z", now), "just now");
        assert_eq!(relative("2026-03-01T11:59:00Z", now), "1 minute ago");
        assert_eq!(relative("2026-03-01T15:30:00Z", now), "in 3 hours");
        assert_eq!(relative("2026-02-20T12:00:00Z", now), "9 days ago");
        assert_eq!(relative("2026-03-08T11:59:58Z", now), "in 7 days");
        assert_eq!(relative("not a time", now), "not a time");
    }

    #[test]
    fn what_lies_ahead_is_told_with_its_hour() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let ahead = ahead_or_ago("2026-03-15T10:30:00Z", now);
        assert!(ahead.contains("Mar, ") && ahead.ends_with(":30") && !ahead.contains("2026"), "{ahead}");
        assert!(ahead_or_ago("2027-06-05T10:30:00Z", now).contains("2027"));
        assert_eq!(ahead_or_ago("2026-02-27T12:00:00Z", now), "2 days ago");
    }

    #[test]
    fn a_day_is_the_same_day_for_everybody() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let today = now.to_zoned(TimeZone::system()).date();
        let shown = |days: i64| day(&today.checked_add(jiff::Span::new().days(days)).unwrap().to_string(), now);
        assert_eq!([shown(0), shown(-1), shown(-5)], ["today", "yesterday", "5 days ago"]);
        assert_eq!(day("2026-11-25", now), "Wed 25 Nov");
        assert_eq!(day("2027-11-25", now), "Thu 25 Nov 2027");
        assert_eq!(day("2024-11-25", now), "25 Nov 2024");
        assert_eq!(day("soon", now), "soon");
    }

    #[test]
    fn a_time_of_a_computer_that_runs_on_utc_says_so_in_the_usual_word() {
        let time: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        for zone in ["UTC", "Etc/UTC"] {
            let shown = full(&time.to_zoned(TimeZone::get(zone).unwrap()));
            assert_eq!(shown, "Sun 1 Mar 2026, 12:00:00 UTC", "{zone}");
        }
        let sydney = full(&time.to_zoned(TimeZone::get("Australia/Sydney").unwrap()));
        assert!(sydney.ends_with("+11:00, Australia/Sydney"), "{sydney}");
    }

    #[test]
    fn a_moment_is_shown_as_its_own_people_see_it() {
        assert_eq!(
            moment("2026-11-30T10:00:00+11:00[Australia/Sydney]"),
            "Mon 30 Nov 2026, 10:00 (Australia/Sydney, UTC+11)"
        );
        assert_eq!(moment("2026-11-30T10:00:00Z"), "Mon 30 Nov 2026, 10:00 (UTC)");
        assert_eq!(moment("2026-11-30T10:00:00+00:00[Etc/UTC]"), "Mon 30 Nov 2026, 10:00 (UTC)");
        let zone = |hours| TimeZone::fixed(Offset::constant(hours));
        assert_eq!(short_from("2026-11-30T10:00:00+11:00", &zone(11)), "30 Nov 2026 10:00");
        assert_eq!(short_from("2026-11-30T10:00:00+11:00", &zone(1)), "30 Nov 2026 10:00 (UTC+11)");
        assert_eq!(short_from("2026-11-30T10:00:00Z", &zone(1)), "30 Nov 2026 10:00 (UTC)");
        assert_eq!(moment("soon"), "soon");
    }

    #[test]
    fn a_zone_that_all_moments_of_a_list_share_stands_above_them_once() {
        let cells = |all: [&str; 3]| all.map(str::to_owned);
        let mut same = cells(["30 Nov 2026 10:00 (UTC+11)", "", "1 Dec 2026 10:00 (UTC+11)"]);
        assert_eq!(common_zone(&mut same).as_deref(), Some(" (UTC+11)"));
        assert_eq!(same, ["30 Nov 2026 10:00", "", "1 Dec 2026 10:00"]);
        for mut others in [
            cells(["30 Nov 2026 10:00 (UTC+11)", "", "1 Dec 2026 10:00 (UTC+10)"]),
            cells(["30 Nov 2026 10:00 (UTC+11)", "", "1 Dec 2026 10:00"]),
            cells(["", "", ""]),
        ] {
            let before = others.clone();
            assert_eq!(common_zone(&mut others), None);
            assert_eq!(others, before);
        }
    }
}
