//! `grid man`: the manual pages, for whoever makes packages.

use crate::{arguments, context::Context, failure::Failure, file};
use clap::{Args, Command};
use grid_protocol::record::Registry;
use serde_json::json;
use std::path::PathBuf;

/// Print the manual page, or write one for each command
#[derive(Clone, Debug, Args)]
pub(crate) struct Man {
    /// A directory that is there, for one page for each command
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let is_kind = |command: &Command| Registry::standard().kind(command.get_name()).is_some();
        // The help hides the kinds because there are many; a manual has a page for each.
        let shown = |command: Command| if is_kind(&command) { command.hide(false) } else { command };
        let mut command = arguments::command().mut_subcommands(shown);
        command.build();
        let Some(dir) = self.dir else {
            context.only_text("man")?;
            context.out.bytes(&page(command)?);
            return Ok(());
        };
        let mut pages = Vec::new();
        collect(&command, "grid", &mut pages)?;
        for (name, page) in &pages {
            file::write(&dir.join(format!("{name}.1")), page)?;
        }
        context.out.answer(&json!({"pages": pages.len()}), |shown| {
            shown.line(&format!("{} manual pages are in {}.", pages.len(), dir.display()));
        });
        Ok(())
    }
}

fn collect(command: &Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
    pages.push((name.to_owned(), page(command.clone().name(name.to_owned()))?));
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        collect(sub, &format!("{name}-{}", sub.get_name()), pages)?;
    }
    Ok(())
}

fn page(command: Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(|error| Failure::io("make the manual page", &error))?;
    Ok(page)
}
