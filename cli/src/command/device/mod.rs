//! `grid device`: the computers of this group and of the others.

mod add;
mod join;
mod list;
mod lost;
mod moved;
mod renew;
mod revoke;

use crate::{context::Context, failure::Failure};
use clap::Subcommand;

/// The computers of your group: add, list, end, move and renew them
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Device {
    List(list::List),
    Add(add::Add),
    Join(join::Join),
    Revoke(revoke::Revoke),
    Lost(lost::Lost),
    Moved(moved::Moved),
    Renew(renew::Renew),
}

impl Device {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Device::List(verb) => verb.run(context),
            Device::Add(verb) => verb.run(context),
            Device::Join(verb) => verb.run(context),
            Device::Revoke(verb) => verb.run(context),
            Device::Lost(verb) => verb.run(context),
            Device::Moved(verb) => verb.run(context),
            Device::Renew(verb) => verb.run(context),
        }
    }
}
