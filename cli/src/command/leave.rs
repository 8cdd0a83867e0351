//! `grid leave`: a group withdraws its signature.

use crate::{context::Context, failure::Failure, prompt::Answer};
use clap::Args;

/// Leave the coalition: withdraw your group's signature. What it wrote stays
#[derive(Clone, Debug, Args)]
pub(crate) struct Leave {
    /// Do not ask again
    #[arg(long)]
    yes: bool,
}

impl Leave {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let client = context.client()?;
        if !self.yes {
            confirm(context)?;
        }
        let answer = client.delete("/api/statement/signature")?;
        let sign = context.line("statement sign");
        context.out.answer(&answer, |page| {
            page.line("Your group has withdrawn its signature. It is no member any more; what it wrote stays with the others.");
            page.line(&format!("Should you change your mind: {sign}"));
        });
        Ok(())
    }
}

fn confirm(context: &mut Context<'_>) -> Result<(), Failure> {
    let Some(mut keyboard) = context.keyboard() else {
        return Err(Failure::usage("leaving was not confirmed").hint("add --yes"));
    };
    match keyboard.yes_or_no("Your group will be no member any more. What it wrote stays with the others. Leave?")? {
        Answer::Yes => Ok(()),
        Answer::No => Err(Failure::usage("nothing was done: you stay")),
    }
}
