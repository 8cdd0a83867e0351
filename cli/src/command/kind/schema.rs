//! `grid KIND schema`.

use crate::{client::path, context::Context, failure::Failure};
use clap::{ArgMatches, Command};
use grid_protocol::record::Kind;

pub(super) fn command(kind: &Kind) -> Command {
    Command::new("schema").about(format!("Print the JSON Schema of a {}", kind.name))
}

pub(super) fn run(kind: &Kind, _: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let schema = context.client()?.get(&path(["schema", &kind.name]))?;
    // A schema is a document of its own, the same with and without --json.
    context.out.bytes(format!("{schema:#}\n").as_bytes());
    Ok(())
}
