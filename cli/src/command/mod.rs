//! One verb, one file.

pub(crate) mod ask;
mod completions;
mod config;
mod demo;
mod device;
mod feed;
mod help_reference;
mod init;
mod invitation;
mod invite;
mod join;
pub(crate) mod kind;
mod leave;
mod man;
mod mandate;
mod news;
mod node;
mod passphrase;
mod recover;
pub(crate) mod say;
mod statement;
mod status;
mod vouch;

use crate::{
    arguments,
    context::Context,
    failure::{Exit, Failure},
    output::Output,
};
use clap::{ArgMatches, FromArgMatches as _, Subcommand};
use grid_node::question;
use grid_protocol::record::Registry;

/// The commands that are no kind's.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Verb {
    Demo(demo::Demo),
    Init(init::Init),
    Join(join::Join),
    Node(node::Node),
    Status(status::Status),
    News(news::News),
    Feed(Box<feed::Feed>),
    #[command(subcommand)]
    Invite(invite::Invite),
    #[command(subcommand)]
    Statement(statement::Statement),
    #[command(subcommand)]
    Mandate(mandate::Mandate),
    Vouch(vouch::Vouch),
    Leave(leave::Leave),
    #[command(subcommand)]
    Device(device::Device),
    #[command(subcommand)]
    Passphrase(passphrase::PassphraseVerb),
    #[command(subcommand)]
    Config(config::ConfigVerb),
    Completions(completions::Completions),
    #[command(hide = true)]
    Man(man::Man),
    #[command(hide = true)]
    HelpReference(help_reference::HelpReference),
}

/// Carries out what the command line says.
pub(crate) fn run(matches: &ArgMatches, out: &mut Output) -> Result<(), Failure> {
    let globals = arguments::globals(matches)?;
    let mut context = Context::new(&globals, out);
    if let Some((name, matches)) = matches.subcommand()
        && let Some(kind) = Registry::standard().kind(name)
    {
        return kind::run(kind, matches, &mut context);
    }
    match matches.subcommand() {
        Some(("ask", matches)) => return ask::run(matches, &mut context),
        Some(("say", matches)) => return say::run(matches, &mut context),
        Some((name, matches)) => {
            if let Some(question) = question::named(name) {
                return ask::answer(question, matches, &mut context);
            }
        }
        None => {}
    }
    let verb = Verb::from_arg_matches(matches).map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    match verb {
        Verb::Demo(verb) => verb.run(&mut context),
        Verb::Init(verb) => verb.run(&mut context),
        Verb::Join(verb) => verb.run(&mut context),
        Verb::Node(verb) => verb.run(&mut context),
        Verb::Status(verb) => verb.run(&mut context),
        Verb::News(verb) => verb.run(&mut context),
        Verb::Feed(verb) => verb.run(&mut context),
        Verb::Invite(verb) => verb.run(&mut context),
        Verb::Statement(verb) => verb.run(&mut context),
        Verb::Mandate(verb) => verb.run(&mut context),
        Verb::Vouch(verb) => verb.run(&mut context),
        Verb::Leave(verb) => verb.run(&mut context),
        Verb::Device(verb) => verb.run(&mut context),
        Verb::Passphrase(verb) => verb.run(&mut context),
        Verb::Config(verb) => verb.run(&mut context),
        Verb::Completions(verb) => verb.run(&mut context),
        Verb::Man(verb) => verb.run(&mut context),
        Verb::HelpReference(verb) => verb.run(&mut context),
    }
}
