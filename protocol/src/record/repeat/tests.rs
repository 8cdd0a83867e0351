//! Rules as calendars write them, hostile ones among them.

use super::*;
use proptest::prelude::*;

/// The first days of a rule from a day on, as people there write them.
fn days(rule: &str, first: &str, from: &str, most: usize) -> Vec<String> {
    let repeat: Repeat = rule.parse().unwrap_or_else(|error| panic!("{rule}: {error}"));
    let first: DateTime = first.parse().unwrap();
    let from: Timestamp = from.parse().unwrap();
    repeat.times(&first, from, |_| false).take(most).map(|at| at.local().date().to_string()).collect()
}

#[test]
fn the_rules_that_people_use_name_their_days() {
    let first = "2026-11-23T10:00:00+11:00[Australia/Sydney]";
    let from = "2026-11-01T00:00:00Z";
    for (rule, expected) in [
        ("daily", "2026-11-23 2026-11-24 2026-11-25"),
        ("FREQ=DAILY;INTERVAL=10", "2026-11-23 2026-12-03 2026-12-13"),
        ("FREQ=DAILY;BYDAY=MO,FR", "2026-11-23 2026-11-27 2026-11-30"),
        ("RRULE:FREQ=WEEKLY", "2026-11-23 2026-11-30 2026-12-07"),
        ("FREQ=WEEKLY;BYDAY=MO,WE", "2026-11-23 2026-11-25 2026-11-30"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU", "2026-11-23 2026-11-24 2026-11-29"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", "2026-11-23 2026-11-24 2026-12-06"),
        ("FREQ=MONTHLY", "2026-11-23 2026-12-23 2027-01-23"),
        ("FREQ=MONTHLY;BYDAY=4MO", "2026-11-23 2026-12-28 2027-01-25"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=4", "2026-11-23 2026-12-28 2027-01-25"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-11-23 2026-11-27 2026-12-25"),
        ("FREQ=MONTHLY;BYMONTHDAY=15,-1", "2026-11-23 2026-11-30 2026-12-15"),
        ("FREQ=YEARLY", "2026-11-23 2027-11-23 2028-11-23"),
        ("FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=23", "2026-11-23 2027-11-23 2028-11-23"),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2026-11-23 2026-11-26 2027-11-25"),
        ("FREQ=WEEKLY;COUNT=2", "2026-11-23 2026-11-30"),
        ("FREQ=WEEKLY;UNTIL=20261130", "2026-11-23 2026-11-30"),
        ("FREQ=WEEKLY;UNTIL=20261129T230000Z", "2026-11-23 2026-11-30"),
        ("FREQ=WEEKLY;UNTIL=20261129T225959Z", "2026-11-23"),
        ("FREQ=WEEKLY;UNTIL=20261130T095959", "2026-11-23"),
    ] {
        assert_eq!(days(rule, first, from, 3).join(" "), expected, "{rule}");
    }
    assert_eq!(days("FREQ=MONTHLY", "2026-01-31T10:00:00Z", from, 3).join(" "), "2026-12-31 2027-01-31 2027-03-31");
    assert_eq!(days("FREQ=YEARLY", "2024-02-29T10:00:00Z", from, 2).join(" "), "2028-02-29 2032-02-29");
}

#[test]
fn ten_o_clock_stays_ten_o_clock_when_the_clocks_change() {
    let repeat: Repeat = "weekly".parse().unwrap();
    let first: DateTime = "2026-03-30T10:00:00+11:00[Australia/Sydney]".parse().unwrap();
    let times: Vec<String> =
        repeat.times(&first, first.instant(), |_| false).take(2).map(|at| at.to_string()).collect();
    assert_eq!(times[1], "2026-04-06T10:00:00+10:00[Australia/Sydney]");
}

#[test]
fn what_is_left_out_counts_and_does_not_take_place() {
    let repeat: Repeat = "FREQ=WEEKLY;COUNT=3".parse().unwrap();
    let first: DateTime = "2026-11-23T10:00:00Z".parse().unwrap();
    let out: Date = "2026-11-30".parse().unwrap();
    let times = repeat.times(&first, first.instant(), |day| day == out);
    let days: Vec<String> = times.map(|at| at.local().date().to_string()).collect();
    assert_eq!(days, ["2026-11-23", "2026-12-07"]);
}

#[test]
fn what_is_not_understood_is_refused_by_its_name() {
    for (rule, named) in [
        ("FREQ=SECONDLY", "FREQ=SECONDLY"),
        ("FREQ=HOURLY;COUNT=3", "FREQ=HOURLY"),
        ("FREQ=WEEKLY;COUNT=1000000000", "COUNT=1000000000"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0"),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY"),
        ("FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO=20"),
        ("FREQ=YEARLY;BYDAY=MO", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1", "BYSETPOS=1"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY=32"),
        ("FREQ=WEEKLY;COUNT=3;UNTIL=20261231", "UNTIL=20261231"),
        ("FREQ=WEEKLY;FREQ=DAILY", "FREQ=DAILY"),
        ("FREQ=WEEKLY;UNTIL=soon", "UNTIL=SOON"),
        ("INTERVAL=2", "how often"),
        ("every full moon", "EVERY FULL MOON"),
        ("", "how often"),
    ] {
        let error = rule.parse::<Repeat>().unwrap_err().to_string();
        assert!(error.contains(named), "{rule}: {error}");
    }
}

#[test]
fn every_second_week_is_refused_with_the_rule_that_says_it() {
    for rule in ["biweekly", "Fortnightly", "FREQ=BIWEEKLY;BYDAY=TU"] {
        let error = rule.parse::<Repeat>().unwrap_err().to_string();
        assert!(error.contains("FREQ=WEEKLY;INTERVAL=2"), "{rule}: {error}");
    }
    assert!("FREQ=HOURLY".parse::<Repeat>().unwrap_err().to_string().contains("what is understood are DAILY"));
}

#[test]
fn a_rule_that_names_no_day_comes_to_an_end() {
    let none = days("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "2026-11-23T10:00:00Z", "2026-11-24T00:00:00Z", 1);
    assert!(none.is_empty());
    assert!(days("daily", "9999-12-30T10:00:00Z", "9999-12-30T12:00:00Z", 9).is_empty());
    // What began long ago is not gone through day by day.
    assert_eq!(days("daily", "0001-01-01T10:00:00Z", "2026-11-23T00:00:00Z", 1), ["2026-11-23"]);
    assert_eq!(days("FREQ=MONTHLY;BYDAY=1MO", "0001-01-01T10:00:00Z", "2026-12-01T00:00:00Z", 1), ["2026-12-07"]);
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_or_refused(text in ".{0,60}") {
        let _ = text.parse::<Repeat>();
    }

    #[test]
    fn what_is_written_out_is_the_same_rule(
        freq in prop::sample::select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        parts in prop::sample::subsequence(
            vec!["INTERVAL=3", "COUNT=9", "UNTIL=20301231", "BYDAY=MO,SU", "BYDAY=-1FR", "BYMONTHDAY=-1,15", "BYMONTH=2", "WKST=SU"],
            0..4,
        ),
        year in 1..9999_i16,
        month in 1..=12_i8,
        day in 1..=28_i8,
        after in 0..40_000_i64,
    ) {
        let rule = format!("FREQ={freq};{}", parts.join(";"));
        if let Ok(repeat) = rule.parse::<Repeat>() {
            prop_assert_eq!(repeat.to_string().parse::<Repeat>(), Ok(repeat.clone()));
            let first: DateTime = format!("{}T10:00:00Z", Date::new(year, month, day).unwrap()).parse().unwrap();
            let from = first.instant().checked_add(jiff::SignedDuration::from_hours(24 * after)).unwrap_or(first.instant());
            let times: Vec<Timestamp> = repeat.times(&first, from, |_| false).take(40).map(|at| at.instant()).collect();
            prop_assert!(times.is_sorted_by(|one, next| one < next) && times.iter().all(|at| from <= *at));
            // Beginning late finds what beginning early finds.
            let early = repeat.times(&first, first.instant(), |_| false).take(4_000).map(|at| at.instant());
            let early: Vec<Timestamp> = early.filter(|at| from <= *at).take(3).collect();
            prop_assert!(early.iter().zip(&times).all(|(one, other)| one == other), "{rule} from {from}: {early:?} {times:?}");
        }
    }
}
