//! `grid KIND export`.

use super::list;
use crate::{
    client::{path, with_query},
    context::Context,
    failure::Failure,
    file,
    output::Format,
};
use clap::{Arg, ArgMatches, Command, builder::PossibleValuesParser, value_parser};
use grid_protocol::record::{Audience, Kind};
use serde_json::json;
use std::path::{Path, PathBuf};

/// The formats that there are.
const FORMATS: [&str; 6] = ["csv", "json", "ics", "atom", "geojson", "vcf"];

pub(super) fn command(kind: &Kind) -> Command {
    Command::new("export")
        .about(format!("Write {} to a file: a table, a calendar, a feed, a map, an address book", kind.plural))
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .value_parser(PossibleValuesParser::new(FORMATS))
                .help("csv for spreadsheets, json for programs, ics for calendars, atom for news readers, geojson for maps, vcf for address books [as the name of the file says, else csv]"),
        )
        .arg(
            Arg::new("output")
                .long("file")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("The file; without it everything is printed"),
        )
        .arg(
            Arg::new("audience")
                .long("audience")
                .value_name("AUDIENCE")
                .value_parser(PossibleValuesParser::new(["public", "coalition", "group", "local"]))
                .help("Only what these readers may see; csv, json and vcf take local, for your own use: all that is here [default: coalition]"),
        )
        .args(list::filters(kind))
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let target = matches.get_one::<PathBuf>("output");
    let chosen = matches.get_one::<String>("format").map(String::as_str);
    let format = match target {
        Some(path) => format_of(path, chosen)?,
        None => chosen.unwrap_or(if context.out.format() == Format::Json { "json" } else { "csv" }),
    };
    if target.is_none() && format != "json" {
        context.only_text(&format!("{} export --format {format}", kind.name))?;
    }
    let client = context.client()?;
    let query = list::query(kind, matches, &client)?;
    let whole = query.is_empty();
    let asked = query.iter().map(|(name, word)| (name.as_str(), word.as_str())).chain([("format", format)]);
    let from = with_query(&path(["records", &kind.name, "export"]), asked);
    let bytes = client.file(&from)?;
    let named = matches.get_one::<String>("audience").map(String::as_str);
    let left_out = left_out(kind, named);
    if !left_out.is_empty() {
        let to_all = if named.is_some() { "" } else { " `--audience local` writes them too, for your own use." };
        context.out.note(&format!("Left out, as such readers do not see it: {}.{to_all}", left_out.join(", ")));
    }
    let more = context.line(&list::with_hidden(kind, "export", &query));
    if context.out.format() == Format::Human {
        let narrowing: Vec<(String, String)> = query.into_iter().filter(|(name, _)| name != "audience").collect();
        // What was asked for is there: that more is hidden is a remark, and no reason to fail.
        if let Ok(page) = list::fetch(kind, 1, 0, &narrowing, &client) {
            list::hidden_note(&page, &more, context);
            if let Some(note) = page["note"].as_str() {
                context.out.note(note);
            }
        }
    }
    let Some(target) = target else {
        context.out.bytes(&bytes);
        return Ok(());
    };
    file::write(target, &bytes)?;
    let shown = target.display().to_string();
    context.out.answer(&json!({"file": shown, "format": format, "bytes": bytes.len()}), |page| {
        let which = if whole { "The" } else { "The chosen" };
        page.line(&format!("{which} {} are in {shown}.", kind.plural));
    });
    Ok(())
}

/// The fields that readers do not see, those of the coalition where none are named.
fn left_out(kind: &Kind, audience: Option<&str>) -> Vec<String> {
    let all = [Audience::Public, Audience::Coalition, Audience::Group, Audience::Local];
    let audience = all.into_iter().find(|it| audience == Some(&*it.to_string())).unwrap_or(Audience::Coalition);
    let hidden = kind.fields.iter().filter(|field| field.audience > audience);
    hidden.map(|field| field.label().to_lowercase()).collect()
}

/// What a file is to hold: as was said, or as its name says. A name that promises something else is refused.
fn format_of<'a>(path: &Path, chosen: Option<&'a str>) -> Result<&'a str, Failure> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let stem = path.with_extension("csv");
    match (ending.as_str(), chosen) {
        ("xls" | "xlsx" | "xlsm" | "ods" | "numbers" | "doc" | "docx" | "pdf", _) => {
            Err(Failure::usage(format!("{} would be no file of that kind: tables are CSV or JSON", path.display()))
                .hint(format!("write {}: every spreadsheet opens it", stem.display())))
        }
        (_, Some(chosen)) => Ok(chosen),
        ("json", None) => Ok("json"),
        ("ics" | "ical", None) => Ok("ics"),
        ("atom" | "xml", None) => Ok("atom"),
        ("geojson", None) => Ok("geojson"),
        ("vcf" | "vcard", None) => Ok("vcf"),
        ("csv" | "txt" | "", None) => Ok("csv"),
        (_, None) => Err(Failure::usage(format!("the name {} does not say what to write", path.display()))
            .hint("end it in .csv, .json, .ics, .atom, .geojson or .vcf, or add --format")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_readers_do_not_see_is_named() {
        let of =
            |kind: &str, audience| left_out(grid_protocol::record::Registry::standard().kind(kind).unwrap(), audience);
        assert_eq!(of("review", None), ["assets", "adversaries", "threats", "measures", "private"]);
        assert_eq!(of("review", Some("group")), ["private"]);
        assert!(of("review", Some("local")).is_empty() && of("moment", None).is_empty());
        assert!(of("report", Some("public")).contains(&"internal".to_owned()));
    }

    #[test]
    fn the_name_of_a_file_says_what_is_in_it() {
        let format = |name: &str, chosen| format_of(Path::new(name), chosen).map_err(|failure| failure.hint.unwrap());
        assert_eq!(format("a.csv", None), Ok("csv"));
        assert_eq!(format("a.JSON", None), Ok("json"));
        assert_eq!(format("a", None), Ok("csv"));
        assert_eq!(format("a.ics", None), Ok("ics"));
        assert_eq!(format("a.tab", Some("csv")), Ok("csv"));
        for chosen in [None, Some("csv"), Some("json")] {
            assert!(format("out/a.xlsx", chosen).unwrap_err().contains("out/a.csv"));
        }
        assert!(format("a.tab", None).unwrap_err().contains("--format"));
    }
}
