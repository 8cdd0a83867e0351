//! `grid device moved`: a home that was moved, or put back from a backup, goes on with the keys that it has.

use crate::{
    context::Context,
    failure::{Exit, Failure},
    prompt::Answer,
    welcome,
};
use clap::Args;
use grid_node::setup::{self, SetupError};
use serde_json::json;

/// Go on with a home that was moved or put back from a backup, where no other copy will ever run. The node must not run
#[derive(Clone, Debug, Args)]
pub(crate) struct Moved {
    /// Do not ask again
    #[arg(long)]
    yes: bool,
}

impl Moved {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        if !self.yes {
            confirm(context)?;
        }
        setup::moved(context.home()?).map_err(|error| match error {
            SetupError::InPlace => Failure::caused(Exit::Refused, &error).code("in_place").hint(error.hint()),
            error => welcome::not_made(&error),
        })?;
        let (node, renew) = (context.line("node"), context.line("device renew"));
        context.out.answer(&json!({"moved": true}), |page| {
            page.heading("This home goes on here, with the keys that it has.");
            page.line("Before it writes, it asks other groups' nodes how much it had written, and fetches what is missing here.");
            page.line("It waits until two groups have said it, or the only other one: what the other copy wrote since would contradict what you write.");
            page.line("Delete every other copy, and never start one.");
            page.line("Next:");
            page.whole(&format!("  {node}"));
            page.line("If too few can be reached, or you doubt what they say, give this home new keys instead:");
            page.whole(&format!("  {renew}"));
        });
        Ok(())
    }
}

fn confirm(context: &mut Context<'_>) -> Result<(), Failure> {
    let Some(mut keyboard) = context.keyboard() else {
        return Err(Failure::usage("that no other copy of this home will run was not confirmed").hint("add --yes"));
    };
    let question =
        "Is this the only copy of this home that will ever run again? The one that it came from must be gone for good.";
    match keyboard.yes_or_no(question)? {
        Answer::Yes => Ok(()),
        Answer::No => Err(Failure::usage("nothing was done").hint(
            "if both computers should go on, delete this copy and use `grid device add`; if you are not sure, `grid device renew`",
        )),
    }
}
