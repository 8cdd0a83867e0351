//! `grid KIND merge`.

use super::{meant, undo::words};
use crate::{client::path, context::Context, failure::Failure, output::Page, prompt::Answer, words::count};
use clap::{Arg, ArgAction, ArgMatches, Command};
use grid_protocol::record::Kind;
use serde_json::{Value, json};

pub(super) fn command(kind: &Kind) -> Command {
    Command::new("merge")
        .about(format!("Make one of two of your {}: what KEEP lacks comes from DROP, and DROP is removed", kind.plural))
        .arg(Arg::new("keep").value_name("KEEP").required(true).help("The id or the title of the one that stays"))
        .arg(Arg::new("drop").value_name("DROP").required(true).help("The id or the title of the one that goes"))
        .arg(Arg::new("dry-run").long("dry-run").action(ArgAction::SetTrue).help("Only show what would happen"))
        .arg(Arg::new("yes").long("yes").action(ArgAction::SetTrue).help("Do not ask again"))
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let id = |name: &str| meant(matches.get_one::<String>(name).map_or("", String::as_str));
    let (keep, drop) = (id("keep")?, id("drop")?);
    let dry = matches.get_flag("dry-run");
    let client = context.client()?;
    let path = path(["records", &kind.name, &keep, "merge"]);
    let plan = client.post(&path, &json!({"drop": drop, "dry_run": true}))?;
    if dry {
        context.out.answer(&plan, |page| show(page, kind, &plan, "Would be"));
        return Ok(());
    }
    if !matches.get_flag("yes") {
        context.out.page(|page| show(page, kind, &plan, "Would be"));
        if let Some(mut keyboard) = context.keyboard()
            && keyboard.yes_or_no("Merge them?")? == Answer::No
        {
            return Err(Failure::usage("nothing was merged"));
        }
    }
    let merged = client.post(&path, &json!({"drop": drop, "dry_run": false}))?;
    context.out.answer(&merged, |page| show(page, kind, &merged, "Now"));
    Ok(())
}

fn show(page: &mut Page, kind: &Kind, plan: &Value, when: &str) {
    page.line(&format!("{when} one {}.", kind.name));
    let (fields, differ) = (words(&plan["fields"]), words(&plan["differ"]));
    if !fields.is_empty() {
        page.line(&format!("Taken over: {fields}."));
    }
    if !differ.is_empty() {
        page.line(&format!("Different in the two, so that what stays is that of the one you keep: {differ}."));
    }
    let moved = plan["moved"].as_array().map_or(0, Vec::len) as u64;
    if moved > 0 {
        page.line(&format!("{} of yours that refer to the other refer to this one.", count(moved, "record")));
    }
    if let Some(others) = plan["others"].as_u64().filter(|others| *others > 0) {
        page.line(&format!("{} of other groups go on naming the other one.", count(others, "record")));
    }
}
