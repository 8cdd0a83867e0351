//! What a person reads once the group has its new key: what happened, what stays, what to do next.

use super::choose::called;
use crate::{context::Context, output::Page};
use grid_node::setup::recover::{OwnDevice, Recovered, Recovering};
use serde_json::{Value, json};

/// What is told of the group that was recovered.
pub(super) struct Summary {
    coalition: String,
    group: String,
    name: String,
    /// In a new home: how many nodes told of the group.
    told_by: Option<usize>,
}

impl Summary {
    pub(super) fn of(recovering: &Recovering) -> Self {
        Self {
            coalition: recovering.coalition.to_string(),
            group: recovering.group.to_string(),
            name: recovering.name.clone(),
            told_by: recovering.told_by,
        }
    }
}

pub(super) fn show(context: &mut Context<'_>, summary: &Summary, recovered: &Recovered) {
    let lost: Vec<Value> = recovered
        .lost
        .iter()
        .map(|(device, counting)| {
            json!({
                "device": device.device.to_string(), "label": device.label, "entries": device.entries,
                "entries_that_count": counting,
            })
        })
        .collect();
    let kept: Vec<Value> = recovered
        .kept
        .iter()
        .map(|device| json!({"device": device.device.to_string(), "label": device.label}))
        .collect();
    let answer = json!({
        "coalition": summary.coalition, "group": summary.group, "name": summary.name,
        "device": recovered.device.to_string(), "root": recovered.root.number(), "lost": lost, "kept": kept,
        "told_by": summary.told_by,
    });
    let lines = [context.line("node"), context.line("status"), context.line("invite list")];
    context.out.answer(&answer, |page| {
        page.heading(&format!("{} has a new key, and it is on this computer ({}).", summary.name, recovered.root));
        happened(page, recovered);
        stays(page, summary, recovered);
        next(page, summary, recovered, &lines);
    });
}

fn happened(page: &mut Page, recovered: &Recovered) {
    page.gap();
    page.line("What happened:");
    for (device, counting) in &recovered.lost {
        page.line(&format!("- {}", ended(device, *counting)));
    }
    if recovered.lost.is_empty() {
        page.line("- No computer was ended.");
    }
    page.line(
        "- The key that a lost computer holds is over. It certifies nobody, and does not lead to the new one; only \
         your 24 words do.",
    );
}

fn ended(device: &OwnDevice, counting: u64) -> String {
    let name = called(device);
    match device.entries.saturating_sub(counting) {
        0 if counting == 0 => format!("{name} is ended. It had written nothing that is known."),
        0 => format!(
            "{name} is ended: what counts of it: {}; nothing that it writes from now on does.",
            count_of(counting)
        ),
        gone => format!(
            "{name} is ended: what counts of it: {}; {} behind that, and all that it writes from now on, does not.",
            count_of(counting),
            count_of(gone)
        ),
    }
}

fn count_of(entries: u64) -> String {
    if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") }
}

fn stays(page: &mut Page, summary: &Summary, recovered: &Recovered) {
    page.gap();
    page.line("What stays:");
    page.line("- Your group: its id, its name, its records, its signature under the statement, whom it vouched for.");
    page.line("- Your 24 words: the same ones lead to the next key, should it happen again.");
    for device in &recovered.kept {
        page.line(&format!("- {} goes on as it is.", called(device)));
    }
    if summary.told_by.is_some() {
        page.line("- What your group wrote comes back from the other groups once the node runs.");
    }
}

fn next(page: &mut Page, summary: &Summary, recovered: &Recovered, lines: &[String; 3]) {
    let [node, status, invites] = lines;
    page.gap();
    page.line("What to do next:");
    page.line("- Start the node, and leave it running: the others hear of the new key when it meets them.");
    page.whole(&format!("    {node}"));
    page.whole(&format!("    {status}"));
    if !recovered.lost.is_empty() {
        page.line(
            "- Tell the other groups by another way, now: until their nodes have heard of it they take the lost \
             computer for yours. What it has read, its finder can read.",
        );
        page.line(
            "- Invites that the lost computer made let nobody in any more. Look whom it let in since you lost it, and \
             make new invites for whom you want:",
        );
        page.whole(&format!("    {invites}"));
    }
    if !recovered.kept.is_empty() && summary.told_by.is_some() {
        page.line("- Computers are added and ended from this one from now on.");
    }
    page.line("- Put the paper with the words back to its safe place, and remove any file that you copied them to.");
}
