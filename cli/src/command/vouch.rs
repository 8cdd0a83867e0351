//! `grid vouch`: one more group says that another one belongs.

use crate::{
    context::{self, Context},
    failure::Failure,
    output::Page,
    table::Table,
    when,
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Vouch for a group that is a member, or whose application waits here: then it does not stand on one group alone
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, disable_help_subcommand = true)]
#[command(
    after_help = "A vouch is not taken back. What ends a membership is a version of the statement: `grid statement \
                        propose --remove GROUP`."
)]
pub(crate) struct Vouch {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// The group: its name, its id or the beginning of it
    #[arg(required = true, value_name = "GROUP")]
    group: Option<String>,
}

/// What there is beside giving one.
#[derive(Clone, Debug, Subcommand)]
enum Verb {
    List(List),
}

/// See who vouches for whom, who would fall with whom, and the slots of this computer
#[derive(Clone, Debug, Args)]
struct List {}

impl Vouch {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match (self.verb, self.group) {
            (Some(Verb::List(verb)), _) => verb.run(context),
            (None, Some(group)) => give(&group, context),
            (None, None) => Err(Failure::usage("say for which group: `grid vouch GROUP`")),
        }
    }
}

fn give(group: &str, context: &mut Context<'_>) -> Result<(), Failure> {
    let answer = context.client()?.post("/api/vouches", &json!({"group": group}))?;
    context.out.answer(&answer, |page| {
        let name = said(&answer["group"]["name"]);
        page.line(&format!("Your group vouches for {name}. {}", stands(&answer, &name)));
        page.line("Saved on this computer; it goes to the others when you meet.");
    });
    Ok(())
}

/// What the group has now, and what it lacks.
fn stands(answer: &Value, name: &str) -> String {
    let count = answer["vouchers"].as_u64().unwrap_or_default();
    let needed = answer["needed"].as_u64();
    match (answer["standing"].as_str(), needed) {
        (Some("member"), Some(needed)) if count > needed => {
            format!("It is a member, with {count} vouches where {needed} would do.")
        }
        (Some("member"), _) => "It is a member.".to_owned(),
        (Some("lacks_vouches"), Some(needed)) => {
            let more = needed.saturating_sub(count);
            format!("It has {count} of {needed} vouches: ask {} more to run `grid vouch {name:?}`.", groups(more))
        }
        _ => "It is a member once it signs the statement.".to_owned(),
    }
}

fn groups(count: u64) -> String {
    if count == 1 { "1 group".to_owned() } else { format!("{count} groups") }
}

impl List {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let vouches = context.client()?.get("/api/vouches")?;
        context.out.answer(&vouches, |page| show(page, &vouches));
        Ok(())
    }
}

fn show(page: &mut Page, vouches: &Value) {
    let whose = if vouches["by"] == "electors" { "electors" } else { "members" };
    match (vouches["by"].as_str(), vouches["needed"].as_u64()) {
        (None, _) => page.line("The founding records have not come yet: keep the node running."),
        (_, Some(1)) => {
            page.line(&format!("A group belongs once it has signed and one of the {whose} vouches for it."))
        }
        (_, Some(needed)) => {
            page.line(&format!("A group belongs once it has signed and {needed} of the {whose} vouch for it."))
        }
        (_, None) => page.line("Whoever signs belongs here: no vouch is needed."),
    }
    let mut table = Table::wrapping(["Group", "Is", "Vouched for by", "Would fall with it"]);
    for group in rows(&vouches["groups"]) {
        let vouchers = match names(&group["vouchers"]) {
            none if none.is_empty() && group["founder"] == true => "a founder needs none".to_owned(),
            none if none.is_empty() => "nobody".to_owned(),
            names => names,
        };
        table.row([said(&group["name"]), standing(group), vouchers, carried(group)]);
    }
    if !table.is_empty() {
        page.gap();
        page.table(&table);
        rows(&vouches["groups"]).iter().flat_map(vain).for_each(|line| page.line(&line));
        page.line("Who would fall stands on that group in the end; a vouch of one that does not changes it: `grid vouch GROUP`.");
    }
    page.gap();
    let free = vouches["free"].as_u64().unwrap_or_default();
    let slots = rows(&vouches["slots"]);
    page.line(&format!("Slots of this computer: {free} free, {} taken.", slots.len()));
    let mut table = Table::wrapping(["Slot", "Holds"]);
    let versions = slots.iter().any(|slot| slot["version"] != slots[0]["version"]);
    for slot in slots {
        let version: String = said(&slot["version"]).chars().take(10).collect();
        let number = if versions { format!("{} ({version})", slot["slot"]) } else { slot["slot"].to_string() };
        table.row([number, holds(slot)]);
    }
    if !table.is_empty() {
        page.table(&table);
    }
}

/// Who stood for a group in vain, and what brings it back.
fn vain(group: &Value) -> Vec<String> {
    let name = said(&group["name"]);
    let line = |why| format!("{name} waits: {}. A member brings it back: `grid vouch {name:?}`.", said(why));
    rows(&group["in_vain"]).iter().map(line).collect()
}

/// Who stands on a group, as far as they are named.
fn carried(group: &Value) -> String {
    let named = names(&group["carries"]);
    match group["carried"].as_u64() {
        None => "not counted: too many groups".to_owned(),
        Some(0) => "nobody".to_owned(),
        Some(count) => match usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(rows(&group["carries"]).len())
        {
            0 => named,
            more => format!("{named} and {more} more"),
        },
    }
}

fn standing(group: &Value) -> String {
    match group["standing"].as_str().unwrap_or_default() {
        "member" => "member".to_owned(),
        "lacks_vouches" => "waiting for a vouch".to_owned(),
        "not_signed" => "not signed yet".to_owned(),
        other => other.to_owned(),
    }
}

fn holds(slot: &Value) -> String {
    let who = names(&slot["groups"]);
    match slot["state"].as_str().unwrap_or_default() {
        "vouch" => format!("a vouch for {who}"),
        "answer" => format!("{who}, by an invite; the vouch follows"),
        "invite" => {
            let ends = when::relative(&said(&slot["expires"]), context::now());
            format!("an invite that nobody has used; it ends {ends}")
        }
        "taken_back" => "an invite that was taken back".to_owned(),
        "void" => format!("nothing that counts: this computer vouched with it for {who}"),
        other => other.to_owned(),
    }
}

fn rows(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn names(groups: &Value) -> String {
    rows(groups).iter().map(|group| said(&group["name"])).collect::<Vec<_>>().join(", ")
}

fn said(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_lost_a_vouch_is_told_why_and_how_a_member_brings_it_back() {
        let group = json!({"name": "Lake", "in_vain": ["Mill stood for it in vain"]});
        let told = ["Lake waits: Mill stood for it in vain. A member brings it back: `grid vouch \"Lake\"`."];
        assert_eq!(vain(&group), told);
        assert!(vain(&json!({"name": "Weir", "in_vain": []})).is_empty());
    }

    #[test]
    fn who_stands_on_a_group_is_named_counted_or_said_to_be_neither() {
        let two = json!([{"name": "Mill"}, {"name": "Lake"}]);
        let cases = [
            (json!({"carries": two, "carried": 2}), "Mill, Lake"),
            (json!({"carries": two, "carried": 30}), "Mill, Lake and 28 more"),
            (json!({"carries": [], "carried": 0}), "nobody"),
            (json!({"carries": [], "carried": null}), "not counted: too many groups"),
        ];
        for (group, said) in cases {
            assert_eq!(carried(&group), said, "{group}");
        }
    }
}
