//! `grid KIND export`.

use crate::{
    client::{path, with_query},
    context::Context,
    failure::Failure,
    file,
    output::Format,
};
use clap::{Arg, ArgMatches, Command, builder::PossibleValuesParser, value_parser};
use grid_protocol::record::Kind;
use serde_json::json;
use std::path::{Path, PathBuf};

pub(super) fn command(kind: &Kind) -> Command {
    Command::new("export")
        .about(format!("Write all {} to a file for a spreadsheet or a program", kind.plural))
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .value_parser(PossibleValuesParser::new(["csv", "json"]))
                .help("csv for spreadsheets, json for programs [as the name of the file says, else csv]"),
        )
        .arg(
            Arg::new("output")
                .long("file")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("The file; without it everything is printed"),
        )
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let target = matches.get_one::<PathBuf>("output");
    let format = match matches.get_one::<String>("format") {
        Some(format) => format.as_str(),
        None if target.is_some_and(|path| ends_in_json(path)) => "json",
        None if target.is_none() && context.out.format() == Format::Json => "json",
        None => "csv",
    };
    let path = with_query(&path(["records", &kind.name, "export"]), [("format", format)]);
    let bytes = context.client()?.file(&path)?;
    let Some(target) = target else {
        context.out.bytes(&bytes);
        return Ok(());
    };
    file::write(target, &bytes)?;
    let shown = target.display().to_string();
    context.out.answer(&json!({"file": shown, "format": format, "bytes": bytes.len()}), |page| {
        page.line(&format!("All {} are in {shown}.", kind.plural));
    });
    Ok(())
}

fn ends_in_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}
