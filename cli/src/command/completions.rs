//! `grid completions`: the shell finishes words.

use crate::{arguments, context::Context, failure::Failure};
use clap::Args;
use clap_complete::Shell;

/// Print the script that lets your shell finish words of this command
#[derive(Clone, Debug, Args)]
pub(crate) struct Completions {
    /// Your shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        context.only_text("completions")?;
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut arguments::command(), "grid", &mut script);
        context.out.bytes(&script);
        Ok(())
    }
}
