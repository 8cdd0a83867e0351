//! Which computers of the group are lost.

use crate::{
    context::{self, Context},
    failure::{Exit, Failure},
    output::Page,
    prompt::Answer,
    table::Table,
    when,
    words::count,
};
use grid_node::setup::recover::{Before, DeviceState, OwnDevice, Recovering};
use grid_protocol::{key::DeviceId, time::Timestamp};
use jiff::{civil, tz::TimeZone};
use std::collections::{BTreeMap, BTreeSet};

/// What the command line says about it.
pub(super) struct Choice<'a> {
    pub(super) lost: &'a [String],
    pub(super) keep: &'a [String],
    pub(super) before: Option<Before>,
}

/// Reads a time, or the number of an entry.
pub(super) fn before(text: &str) -> Result<Before, Failure> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map(Before::Seq).map_err(|_| no_time(text));
    }
    let time = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let local = text.parse::<civil::DateTime>().ok().or_else(|| Some(text.parse::<civil::Date>().ok()?.into()))?;
        Some(local.to_zoned(TimeZone::system()).ok()?.timestamp())
    });
    let milliseconds = time.and_then(|time| u64::try_from(time.as_millisecond()).ok());
    milliseconds.map(|ms| Before::Time(Timestamp(ms))).ok_or_else(|| no_time(text))
}

fn no_time(text: &str) -> Failure {
    Failure::usage(format!("--before: expected a time or the number of an entry, found {text:?}"))
        .hint("a time looks like 2026-11-30T10:00, 2026-11-30 or 2026-11-30T10:00:00Z")
}

/// The lost computers, and what of them counts: as the command line says, and as answered.
pub(super) fn lost(
    context: &mut Context<'_>,
    recovering: &Recovering,
    choice: &Choice<'_>,
) -> Result<BTreeMap<DeviceId, Before>, Failure> {
    let mut lost: BTreeSet<DeviceId> = named(recovering, choice.lost)?;
    let kept: BTreeSet<DeviceId> = named(recovering, choice.keep)?;
    if let Some(device) = recovering.devices.iter().find(|device| lost.contains(&device.device)) {
        if kept.contains(&device.device) {
            return Err(Failure::usage(format!("{} is named as lost and as kept", called(device))));
        }
        if device.state == DeviceState::Here {
            return Err(Failure::usage("this computer can't be the lost one")
                .hint("run this on a computer that you still have, or on a new one with --from INVITE"));
        }
    }
    let is_open = |device: &&OwnDevice| {
        device.state == DeviceState::Elsewhere && !lost.contains(&device.device) && !kept.contains(&device.device)
    };
    let open: Vec<OwnDevice> = recovering.devices.iter().filter(is_open).cloned().collect();
    if let Some(mut keyboard) = context.keyboard() {
        keyboard.show(|page| overview(page, recovering));
        for device in &open {
            let question = format!("Is {} lost? (No: it goes on as it is.)", called(device));
            if keyboard.yes_or_no(&question)? == Answer::Yes {
                lost.insert(device.device);
            }
        }
        keyboard.show(|page| match lost.len() as u64 {
            0 => page.line("No computer is lost: your group gets a new key, and everything goes on."),
            some => page.line(&format!(
                "You end {}: what it wrote so far stays, what it writes from now on counts nowhere.",
                count(some, "computer")
            )),
        });
        if keyboard.yes_or_no("Make the new key now? It can't be undone.")? == Answer::No {
            return Err(Failure::usage("nothing was done: your group's keys are what they were"));
        }
    } else if recovering.told_by.is_some() {
        lost.extend(open.iter().map(|device| device.device));
    } else if let Some(first) = open.first() {
        let all: Vec<String> = open.iter().map(called).collect();
        let short: String = first.device.to_string().chars().take(10).collect();
        return Err(Failure::usage(format!("say whether these computers are lost: {}", all.join("; ")))
            .hint(format!("name each: --lost {short} or --keep {short}")));
    }
    let before = choice.before.unwrap_or(Before::Known);
    if matches!(before, Before::Seq(_)) && lost.len() > 1 {
        return Err(Failure::usage("--before with the number of an entry takes one lost computer")
            .hint("give a time instead, or recover and cut the others with `grid device revoke`"));
    }
    Ok(lost.into_iter().map(|device| (device, before)).collect())
}

/// The devices that words name: by the beginning of an id, or by label.
fn named(recovering: &Recovering, words: &[String]) -> Result<BTreeSet<DeviceId>, Failure> {
    const SHORTEST: usize = 6;
    let mut found = BTreeSet::new();
    for word in words {
        let word = word.trim();
        let by_id = |device: &&OwnDevice| {
            word.len() >= SHORTEST && device.device.to_string().starts_with(&word.to_ascii_lowercase())
        };
        let by_label = |device: &&OwnDevice| device.label == word;
        let mut fitting: Vec<&OwnDevice> = recovering.devices.iter().filter(by_id).collect();
        if fitting.is_empty() {
            fitting = recovering.devices.iter().filter(by_label).collect();
        }
        match fitting.as_slice() {
            [device] => found.insert(device.device),
            [] => {
                let all: Vec<String> = recovering.devices.iter().map(called).collect();
                return Err(Failure::new(Exit::NotFound, format!("your group has no computer {word:?}"))
                    .hint(format!("it has: {}", all.join("; "))));
            }
            several => {
                return Err(Failure::usage(format!("{word:?} fits {}", count(several.len() as u64, "computer")))
                    .hint("name it by the beginning of its id"));
            }
        };
    }
    Ok(found)
}

/// How a computer is called in a sentence.
pub(super) fn called(device: &OwnDevice) -> String {
    let id: String = device.device.to_string().chars().take(10).collect();
    format!("{} ({id})", if device.label.is_empty() { "a computer" } else { &device.label })
}

/// The group and its computers.
fn overview(page: &mut Page, recovering: &Recovering) {
    page.heading(&format!("The words fit: they lead to {} of {}.", recovering.next, recovering.name));
    if let Some(nodes) = recovering.told_by {
        page.line(&format!("{} told of your group.", crate::words::capital(&count(nodes as u64, "node"))));
    }
    let mut table = Table::wrapping(["Computer", "Label", "Entries", "Wrote last", ""]).keeping([0, 2, 3]);
    for device in &recovering.devices {
        let state = match device.state {
            DeviceState::Here => "this computer",
            DeviceState::Elsewhere => "",
            DeviceState::Ended => "ended before",
        };
        let written =
            device.written.map_or_else(|| "-".to_owned(), |time| when::relative(&time.to_string(), context::now()));
        let id: String = device.device.to_string().chars().take(10).collect();
        table.row([id, device.label.clone(), device.entries.to_string(), written, state.to_owned()]);
    }
    page.table(&table);
    page.gap();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_and_the_number_of_an_entry_are_told_apart() {
        assert_eq!(before("42").unwrap(), Before::Seq(42));
        assert_eq!(before("1970-01-01T00:00:01Z").unwrap(), Before::Time(Timestamp(1_000)));
        assert!(matches!(before("2026-11-30").unwrap(), Before::Time(_)));
        assert!(matches!(before("2026-11-30T10:00").unwrap(), Before::Time(_)));
        for text in ["", "yesterday", "-4", "99999999999999999999999"] {
            assert_eq!(before(text).unwrap_err().exit, Exit::Usage, "{text}");
        }
    }
}
