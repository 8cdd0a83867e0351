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
    let chosen = matches.get_one::<String>("format").map(String::as_str);
    let format = match target {
        Some(path) => format_of(path, chosen)?,
        None => chosen.unwrap_or(if context.out.format() == Format::Json { "json" } else { "csv" }),
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

/// What a file is to hold: as was said, or as its name says. A name that promises something else is refused.
fn format_of<'a>(path: &Path, chosen: Option<&'a str>) -> Result<&'a str, Failure> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let stem = path.with_extension("csv");
    match (ending.as_str(), chosen) {
        ("xls" | "xlsx" | "xlsm" | "ods" | "numbers" | "doc" | "docx" | "pdf", _) => {
            Err(Failure::usage(format!("{} would be no file of that kind: exports are CSV or JSON", path.display()))
                .hint(format!("write {}: every spreadsheet opens it", stem.display())))
        }
        (_, Some(chosen)) => Ok(chosen),
        ("json", None) => Ok("json"),
        ("csv" | "txt" | "", None) => Ok("csv"),
        (_, None) => Err(Failure::usage(format!("the name {} does not say what to write", path.display()))
            .hint("end it in .csv or .json, or add --format csv or --format json")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_says_what_is_in_it() {
        let format = |name: &str, chosen| format_of(Path::new(name), chosen).map_err(|failure| failure.hint.unwrap());
        assert_eq!(format("a.csv", None), Ok("csv"));
        assert_eq!(format("a.JSON", None), Ok("json"));
        assert_eq!(format("a", None), Ok("csv"));
        assert_eq!(format("a.tab", Some("csv")), Ok("csv"));
        for chosen in [None, Some("csv"), Some("json")] {
            assert!(format("out/a.xlsx", chosen).unwrap_err().contains("out/a.csv"));
        }
        assert!(format("a.tab", None).unwrap_err().contains("--format"));
    }
}
