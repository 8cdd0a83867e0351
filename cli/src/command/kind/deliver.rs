//! Who has received a record, and waiting for the first who does.

use crate::{
    client::{Client, Heard, path},
    failure::{Exit, Failure},
    span,
};
use clap::{Arg, ArgMatches};
use grid_protocol::record::{Kind, RecordHome};
use serde_json::Value;
use std::time::{Duration, Instant};

/// `--wait`, and how long when nothing is said. What goes nowhere takes it too, for scripts, and its help does not offer it.
pub(crate) fn wait_argument(kind: &Kind) -> Arg {
    Arg::new("wait")
        .long("wait")
        .value_name("SECONDS")
        .num_args(0..=1)
        .default_missing_value("30")
        .value_parser(span::parse)
        .help("Wait until another group has received it; exit code 75 if none does in time [30 s]")
        .hide(kind.home() == RecordHome::Here)
}

/// Whether somebody else has a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// Another group has received it.
    Delivered,
    /// It is saved here, and goes when the nodes meet.
    Queued,
    /// It is saved here, and never goes anywhere.
    Stays,
}

/// Waits as `--wait` says.
pub(super) fn wait(kind: &Kind, id: &str, matches: &ArgMatches, client: &Client) -> Result<Delivery, Failure> {
    if kind.home() == RecordHome::Here {
        return Ok(Delivery::Stays);
    }
    let Some(time) = matches.get_one::<Duration>("wait") else { return Ok(Delivery::Queued) };
    let deadline = Instant::now() + *time;
    // Listening comes first, so that nothing happens between the look and the wait.
    let mut events = client.events()?;
    loop {
        let record = client.get(&path(["records", &kind.name, id]))?;
        if record["received_by"].as_u64().unwrap_or_default() > 0 {
            return Ok(Delivery::Delivered);
        }
        match events.next(deadline) {
            Heard::Event => {}
            Heard::Nothing => return Ok(Delivery::Queued),
            Heard::End => {
                return Err(Failure::new(Exit::Failed, "the node stopped while waiting")
                    .hint("the record is saved; start the node again and look with `show`"));
            }
        }
    }
}

/// The failure of a wait that ran out; `show` is the command that shows how far the record is.
pub(super) fn ran_out(show: &str) -> Failure {
    Failure::new(Exit::TimeUp, "saved on this computer, but no other group has received it in time")
        .hint(format!("it goes by itself when the nodes meet; look with `{show}`"))
}

/// Where a record is, in words.
pub(super) fn told(record: &Value) -> Option<String> {
    let received = record["received_by"].as_u64()?;
    let groups = record["groups"].as_u64()?;
    let waiting: Vec<&str> =
        record["waiting_for"].as_array().into_iter().flatten().filter_map(|group| group["name"].as_str()).collect();
    Some(match (groups, waiting.as_slice()) {
        (0, _) => "saved here; there is no other group yet".to_owned(),
        (1, []) => "received by the one other group".to_owned(),
        (_, []) => format!("received by all {received} other groups"),
        (1, [one]) => format!("saved here; waiting for {one}, the one other group"),
        (_, waiting) => {
            const NAMED: usize = 5;
            let names: Vec<&str> = waiting.iter().take(NAMED).copied().collect();
            // The node names some of many.
            let more = groups.saturating_sub(received).saturating_sub(names.len() as u64);
            let names = names.join(", ");
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("received by {received} of {groups} groups; waiting for {names}{more}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_person_reads_who_has_it_and_who_has_not() {
        assert_eq!(told(&json!({})), None);
        assert!(told(&json!({"received_by": 0, "groups": 0, "waiting_for": []})).unwrap().contains("no other group"));
        assert_eq!(
            told(&json!({"received_by": 1, "groups": 1, "waiting_for": []})).unwrap(),
            "received by the one other group"
        );
        assert_eq!(
            told(&json!({"received_by": 3, "groups": 3, "waiting_for": []})).unwrap(),
            "received by all 3 other groups"
        );
        let record = json!({"received_by": 1, "groups": 2, "waiting_for": [{"group": "x", "name": "Weir"}]});
        assert_eq!(told(&record).unwrap(), "received by 1 of 2 groups; waiting for Weir");
        let waiting: Vec<Value> = (0..20).map(|number| json!({"group": "x", "name": format!("G{number}")})).collect();
        let record = json!({"received_by": 1, "groups": 1_300, "waiting_for": waiting});
        assert_eq!(
            told(&record).unwrap(),
            "received by 1 of 1300 groups; waiting for G0, G1, G2, G3, G4 and 1294 more"
        );
    }
}
