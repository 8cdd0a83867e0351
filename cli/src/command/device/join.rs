//! `grid device join`: the home on a further computer.

use crate::{
    context::Context,
    failure::{Exit, Failure},
    file,
    passphrase::PassphraseFlag,
    welcome,
};
use clap::Args;
use grid_node::setup::{self, PairJoin};
use grid_protocol::limits::MAX_PAIRING_CODE;
use serde_json::json;
use std::path::PathBuf;

/// Use a code of `grid device add` on this computer: it becomes one of your group's
#[derive(Clone, Debug, Args)]
pub(crate) struct Join {
    /// The code
    #[arg(value_name = "CODE")]
    code: Option<String>,
    /// The file with the code; `-` reads it from the pipe
    #[arg(long, value_name = "FILE", conflicts_with = "code")]
    file: Option<PathBuf>,
    /// What this computer is called
    #[arg(long, value_name = "NAME")]
    label: Option<String>,
    #[command(flatten)]
    passphrase: PassphraseFlag,
}

impl Join {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let code = match (&self.file, self.code) {
            (Some(path), _) => file::read_text(path, 2 * MAX_PAIRING_CODE)?,
            (None, Some(code)) => code,
            (None, None) => {
                let usage = "joining takes a code: `grid device join CODE`, or `grid device join --file FILE`";
                return Err(Failure::usage(usage)
                    .hint("your group's other computer makes one with `grid device add`; it begins with gridpair1"));
            }
        };
        let request = PairJoin { code, label: self.label };
        let exists = grid_node::home::HomePaths::new(context.home()?).exists();
        let passphrase =
            if exists { self.passphrase.of_home(context)? } else { self.passphrase.for_new_home(context)? };
        let made = setup::pair(context.home()?, &request, passphrase.as_ref()).map_err(|error| match error {
            setup::SetupError::Record(_) => {
                Failure::caused(Exit::Usage, &error).code("invalid").hint("give a shorter name with --label")
            }
            error => welcome::not_made(&error),
        })?;
        let answer = json!({
            "coalition": made.identity.coalition.to_string(), "group": made.identity.group.to_string(),
            "device": made.identity.device.to_string(), "label": made.label,
        });
        let next = [context.line("node"), context.line("status")];
        context.out.answer(&answer, |page| {
            page.heading(&format!(
                "This computer asks to be one of {} in {}, under the name {}.",
                made.group_name, made.coalition_name, made.label
            ));
            page.line("It has no recovery words: those that you have on paper stay the only ones.");
            page.line("Next, while the node of the other computer still runs:");
            next.iter().for_each(|line| page.whole(&format!("  {line}")));
        });
        Ok(())
    }
}
