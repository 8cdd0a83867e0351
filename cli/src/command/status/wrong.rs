//! What is wrong, in the status: rules that somebody broke, and records that this computer can't read.

use crate::output::Page;
use serde_json::Value;

/// Lines of each sort that a page shows; `--json` has more.
const SHOWN: usize = 3;

/// Records that this computer can't read: what is wrong with it, and what to do.
pub(super) fn unreadable(status: &Value) -> Option<[String; 2]> {
    let rows = rows(status, "unreadable");
    let first = rows.first()?;
    let text = |key: &str| first[key].as_str().unwrap_or_default();
    let what = match total(status, "unreadable") {
        1 => format!("A record can't be read on this computer ({} {}): {}.", text("kind"), text("record"), text("why")),
        count => format!(
            "{count} records can't be read on this computer, the first ({} {}): {}.",
            text("kind"),
            text("record"),
            text("why")
        ),
    };
    let hint = "this is a fault of the program: please report it with these words; nothing is lost, what the record \
                holds is kept and passed on";
    Some([what, hint.to_owned()])
}

/// Whether there is anything of which [`broken`] tells.
pub(super) fn is_broken(status: &Value) -> bool {
    faults(status).next().is_some() || !rows(status, "faulty_devices").is_empty()
}

/// Who broke which rule, in a few lines.
pub(super) fn broken(page: &mut Page, status: &Value) {
    if !is_broken(status) {
        return;
    }
    page.heading("Rules that somebody broke; nothing is believed that breaks one:");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all: Vec<&Value> = faults(status).collect();
    for fault in all.iter().take(SHOWN) {
        page.indented("  ", &text(&fault["what"]));
        page.indented("    Hint: ", &text(&fault["hint"]));
    }
    let devices = rows(status, "faulty_devices");
    for device in devices.iter().take(SHOWN) {
        let changes = match device["changes"].as_u64() {
            Some(1) => "1 change".to_owned(),
            changes => format!("{} changes", changes.unwrap_or_default()),
        };
        let who = device["name"].as_str().unwrap_or("a group that is not known here");
        let which: String = text(&device["device"]).chars().take(10).collect();
        page.indented(
            "  ",
            &format!(
                "A computer of {who} ({which}) writes what no honest program writes: {changes} of it count for nothing \
                 here and everywhere, the last in record {}: {}.",
                text(&device["record"]),
                text(&device["rule"])
            ),
        );
        page.indented("    Hint: ", "tell its operator, who may need a newer version, or whose keys somebody else has");
    }
    let beyond = |name| total(status, name).saturating_sub(rows(status, name).len());
    let unnamed = beyond("faults") + beyond("faulty_devices");
    let more = all.len().saturating_sub(SHOWN) + devices.len().saturating_sub(SHOWN) + unnamed;
    if more > 0 {
        page.line(&format!("  and {more} more: `grid status --json`"));
    }
    page.gap();
}

/// Faults that stand nowhere else: forks stand at the peer that wrote them, splits under what needs you.
fn faults(status: &Value) -> impl Iterator<Item = &Value> {
    let elsewhere = |fault: &&Value| matches!(fault["fault"].as_str(), Some("forked" | "split"));
    rows(status, "faults").iter().filter(move |fault| !elsewhere(fault))
}

fn rows<'a>(status: &'a Value, name: &str) -> &'a [Value] {
    status[name].as_array().map_or(&[], Vec::as_slice)
}

/// How many rows there are, of which a status names the first.
fn total(status: &Value, name: &str) -> usize {
    let told = status[format!("{name}_total")].as_u64().and_then(|told| usize::try_from(told).ok());
    told.unwrap_or_default().max(rows(status, name).len())
}
