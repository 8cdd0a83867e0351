//! `grid demo`: three groups on this computer, or a made-up coalition of any size.

use crate::{
    context::Context,
    demo::{self, Ending, Homes, Plan, Shown},
    failure::Failure,
};
use clap::Args;
use std::path::PathBuf;

/// Look around: three groups on this computer found a coalition and act together
///
/// With --groups it shows a made-up coalition of that size instead, after a year of work: its founder's home, with
/// everything that all its groups wrote, to be asked anything.
#[derive(Clone, Debug, Args)]
pub(crate) struct Demo {
    /// Show a made-up coalition of so many groups, from 3 to 1300
    #[arg(long, value_name = "N")]
    groups: Option<usize>,
    /// The seed of the made-up coalition: the same seed makes the same one [default: 1]
    #[arg(long, value_name = "SEED", requires = "groups")]
    seed: Option<u64>,
    /// End by itself once everything was shown
    #[arg(long)]
    once: bool,
    /// Keep the homes in this directory, which must be new or empty
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Keep the homes afterwards
    #[arg(long)]
    keep: bool,
}

impl Demo {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let plan = Plan {
            shown: match self.groups {
                None => Shown::Story,
                Some(groups) => Shown::Coalition { groups, seed: self.seed.unwrap_or(1) },
            },
            ending: if self.once { Ending::AfterStory } else { Ending::OnRequest },
            dir: self.dir,
            homes: if self.keep { Homes::Keep } else { Homes::Remove },
        };
        demo::run(&plan, context.out)
    }
}
