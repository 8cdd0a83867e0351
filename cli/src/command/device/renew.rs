//! `grid device renew`: new keys for a home that ran twice, was copied, or whose own log has a gap that nobody fills.

use crate::{
    context::Context,
    failure::{Exit, Failure},
    passphrase::PassphraseFlag,
    prompt::Answer,
    welcome,
    words::count,
};
use clap::Args;
use grid_node::setup::{self, SetupError, Soundness};
use serde_json::json;

/// Give this home new keys after it ran twice, was copied or restored, or lost entries for good. The node must not run
#[derive(Clone, Debug, Args)]
pub(crate) struct Renew {
    /// Also where nothing shows: it was restored from a backup, and what it wrote since is out of reach
    #[arg(long)]
    restored: bool,
    /// Do not ask again
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    passphrase: PassphraseFlag,
}

impl Renew {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        if !self.yes {
            confirm(context)?;
        }
        let soundness = if self.restored { Soundness::Doubted } else { Soundness::Trusted };
        let passphrase = self.passphrase.of_home(context)?;
        let renewed = setup::renew(context.home()?, soundness, passphrase.as_ref()).map_err(|error| match error {
            SetupError::Sound => Failure::caused(Exit::Refused, &error).code("sound").hint(error.hint()),
            SetupError::NotRenewed(_) => Failure::caused(Exit::Refused, &error).code("refused").hint(error.hint()),
            error => welcome::not_made(&error),
        })?;
        let answer = json!({
            "old": renewed.old.to_string(), "device": renewed.new.to_string(), "cut": renewed.cut, "lost": renewed.lost,
        });
        let (node, lost) = (context.line("node"), context.line("device lost"));
        context.out.answer(&answer, |page| {
            page.heading("This home has new keys and goes on. Its group, its name and its records stay.");
            page.line(&format!("What it wrote before counts up to entry {}.", renewed.cut));
            match renewed.lost {
                0 => page.line("Nothing that is here was lost."),
                many => page.line(&format!("{} do not count; they are kept here.", count(many as u64, "change"))),
            }
            page.line("Next:");
            page.whole(&format!("  {node}"));
            if renewed.lost > 0 {
                page.whole(&format!("  {lost}"));
            }
            page.line("Never start another copy of this home: delete it.");
        });
        Ok(())
    }
}

fn confirm(context: &mut Context<'_>) -> Result<(), Failure> {
    let Some(mut keyboard) = context.keyboard() else {
        return Err(Failure::usage("giving this home new keys was not confirmed").hint("add --yes"));
    };
    let question = "The old keys of this home end for ever, here and in every copy. Give it new ones?";
    match keyboard.yes_or_no(question)? {
        Answer::Yes => Ok(()),
        Answer::No => Err(Failure::usage("nothing was done: the keys stay")),
    }
}
