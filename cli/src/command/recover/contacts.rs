//! `grid group contacts`: who could give this group new words, and to whom this one could.

use crate::{context::Context, failure::Failure, output::Page};
use clap::{ArgMatches, Command};
use serde_json::Value;

/// The command.
pub(crate) fn command() -> Command {
    Command::new("contacts")
        .about("List your group's recovery contacts, and the groups that have named yours as one of theirs")
}

/// Carries it out.
pub(crate) fn run(_: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let contacts = context.client()?.get("/api/recovery")?;
    context.out.answer(&contacts, |page| {
        match contacts["own"].is_null() {
            true => page.line("Your group has named no recovery contacts: if it loses its 24 words, nobody can help."),
            false => {
                page.line(&format!("{} of these together give your group a new key:", contacts["own"]["quorum"]));
                names(page, &contacts["own"]["contacts"]);
            }
        }
        let entrusted = contacts["entrusted"].as_array().map_or(&[][..], Vec::as_slice);
        if !entrusted.is_empty() {
            page.gap();
            page.line("Your group is a contact of:");
        }
        for group in entrusted {
            let name = group["group_name"].as_str().unwrap_or_default();
            let all = group["contacts"].as_array().map_or(0, Vec::len);
            page.line(&format!("- {name} (it takes {} of {all})", group["quorum"]));
        }
    });
    Ok(())
}

fn names(page: &mut Page, contacts: &Value) {
    for contact in contacts.as_array().into_iter().flatten() {
        match contact["name"].as_str() {
            Some(name) => page.line(&format!("- {name}")),
            None => {
                let id = contact["id"].as_str().unwrap_or_default();
                page.line(&format!("- {id}: not heard of here; where nobody has this id, it can't help"));
            }
        }
    }
}
