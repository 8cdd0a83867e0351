//! Rules that hold between the fields of several kinds.

use super::{Complaint, DateTime, Money, Repeat, Role};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// The days of the week, as tags.
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The first of two moments is not behind the second.
pub(super) fn in_order(
    moments: &[(&str, &Option<DateTime>); 2],
    fields: &'static [&'static str],
) -> Result<(), Complaint> {
    let [(_, first), (name, last)] = moments;
    match (first, last) {
        (Some(first), Some(last)) if last.instant() < first.instant() => Err(Complaint {
            fields,
            message: format!("{name}: expected a time after the start ({first}), found {last}"),
        }),
        _ => Ok(()),
    }
}

/// What comes back says when it takes place first, by a rule that is understood; what is left out are days of the rule, and
/// not all of them.
pub(super) fn comes_back(starts: &Option<DateTime>, repeats: &str, except: &BTreeSet<String>) -> Result<(), Complaint> {
    let complaint = |message: String| Err(Complaint { fields: &["repeats", "except", "starts"], message });
    if let Some(found) = except.iter().find(|day| day.parse::<Date>().is_err()) {
        return complaint(format!("except: expected days like 2026-12-28, found {found:?}"));
    }
    if repeats.trim().is_empty() {
        return match except.first() {
            None => Ok(()),
            Some(found) => complaint(format!(
                "except: expected no days, since nothing comes back, found {found}: clear except too, or say in repeats how \
                 it comes back"
            )),
        };
    }
    let rule: Repeat = match repeats.parse() {
        Ok(rule) => rule,
        Err(error) => return complaint(format!("repeats: {error}")),
    };
    let Some(starts) = starts else {
        return complaint("starts: expected the first time of what comes back".to_owned());
    };
    let days: BTreeSet<Date> = except.iter().filter_map(|day| day.parse().ok()).collect();
    if let Some(day) = days.iter().find(|day| !rule.falls_on(starts, **day)) {
        return complaint(format!("except: {day} is no day on which it comes back: take it out of except"));
    }
    match rule.times(starts, starts.instant(), |day| days.contains(&day)).next() {
        Some(_) => Ok(()),
        None => complaint(
            "repeats: no time is left: the rule ends before it starts, or all its days are left out by except"
                .to_owned(),
        ),
    }
}

/// Nothing is counted below zero.
pub(super) fn not_negative(counts: &[(&str, Option<f64>)], fields: &'static [&'static str]) -> Result<(), Complaint> {
    match counts.iter().find_map(|(name, count)| Some((name, count.filter(|count| *count < 0.0)?))) {
        Some((name, found)) => Err(Complaint { fields, message: format!("{name}: expected 0 or more, found {found}") }),
        None => Ok(()),
    }
}

/// What is counted is whole, and not below zero: nobody brings two people and a half.
pub(super) fn counts(counts: &[(&str, Option<f64>)], fields: &'static [&'static str]) -> Result<(), Complaint> {
    not_negative(counts, fields)?;
    match counts.iter().find_map(|(name, count)| Some((name, count.filter(|count| count.fract() != 0.0)?))) {
        Some((name, found)) => {
            Err(Complaint { fields, message: format!("{name}: expected a whole number, found {found}") })
        }
        None => Ok(()),
    }
}

/// What stands for a consent or a vote was said: leaving it out says nothing.
pub(super) fn said<T>(
    name: &str,
    said: Option<&T>,
    words: &str,
    fields: &'static [&'static str],
) -> Result<(), Complaint> {
    match said {
        Some(_) => Ok(()),
        None => {
            Err(Complaint { fields, message: format!("{name}: expected {words}; nobody says it by leaving it out") })
        }
    }
}

/// No amount is below zero.
pub(super) fn money_not_negative(
    name: &str,
    amount: Option<&Money>,
    fields: &'static [&'static str],
) -> Result<(), Complaint> {
    match amount.filter(|amount| amount.amount() < 0) {
        Some(found) => Err(Complaint { fields, message: format!("{name}: expected 0 or more, found {found}") }),
        None => Ok(()),
    }
}

/// Every word is one of a few.
pub(super) fn words(
    name: &str,
    found: &BTreeSet<String>,
    known: &[&str],
    fields: &'static [&'static str],
) -> Result<(), Complaint> {
    match found.iter().find(|word| !known.contains(&word.as_str())) {
        None => Ok(()),
        Some(word) => {
            let known = match known.split_last() {
                Some((last, others)) => format!("{} or {last}", others.join(", ")),
                None => String::new(),
            };
            Err(Complaint { fields, message: format!("{name}: expected {known}, found {word:?}") })
        }
    }
}

/// Every role is one of the five.
pub(super) fn roles(found: &BTreeSet<String>) -> Result<(), Complaint> {
    words("roles", found, &Role::ALL.map(Role::word), &["roles"])
}

/// Every day is one of the week.
pub(super) fn days(found: &BTreeSet<String>) -> Result<(), Complaint> {
    words("days", found, &DAYS, &["days"])
}

/// Nobody is listed without having agreed.
pub(super) fn agreed(agreed: bool) -> Result<(), Complaint> {
    match agreed {
        true => Ok(()),
        false => Err(Complaint {
            fields: &["agreed", "name"],
            message: "agreed: expected yes: nobody is listed without having agreed to it".to_owned(),
        }),
    }
}
