//! `grid KIND schema`.

use crate::{client::path, context::Context, failure::Failure, output::Format, words::a};
use clap::{ArgMatches, Command};
use grid_protocol::record::Kind;
use serde_json::json;

pub(super) fn command(kind: &Kind) -> Command {
    Command::new("schema").about(format!("Print the JSON Schema of {}", a(&kind.name)))
}

pub(super) fn run(kind: &Kind, _: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let schema = context.client()?.get(&path(["schema", &kind.name]))?;
    // A schema is a document of its own; as an answer it stands in one.
    match context.out.format() {
        Format::Human => context.out.bytes(format!("{schema:#}\n").as_bytes()),
        Format::Json => context.out.answer(&json!({"kind": kind.name, "json_schema": schema}), |_| {}),
    }
    Ok(())
}
