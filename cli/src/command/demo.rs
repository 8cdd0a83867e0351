//! `grid demo`: three groups on this computer.

use crate::{
    context::Context,
    demo::{self, Ending, Homes, Plan},
    failure::Failure,
};
use clap::Args;
use std::path::PathBuf;

/// Look around: three groups on this computer found a coalition and act together
#[derive(Clone, Debug, Args)]
pub(crate) struct Demo {
    /// Run the story once, print how it went, and end
    #[arg(long)]
    once: bool,
    /// Keep the three homes in this directory, which must be new or empty
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Keep the three homes afterwards
    #[arg(long)]
    keep: bool,
}

impl Demo {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let plan = Plan {
            ending: if self.once { Ending::AfterStory } else { Ending::OnRequest },
            dir: self.dir,
            homes: if self.keep { Homes::Keep } else { Homes::Remove },
        };
        demo::run(&plan, context.out)
    }
}
