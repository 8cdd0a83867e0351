//! `grid KIND import`.

use super::fields::BLURRED;
use crate::{
    client::{path, with_query},
    context::Context,
    failure::{Exit, Failure},
    file,
    output::Page,
    table::Table,
    words::count,
};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use grid_protocol::{
    limits::MAX_IMPORT,
    record::{Closeness, Kind},
};
use serde_json::Value;
use std::path::PathBuf;

pub(super) fn command(kind: &Kind) -> Command {
    Command::new("import")
        .about(format!(
            "Take in {} from a spreadsheet saved as CSV, from JSON, a calendar (.ics), an address book (.vcf) or a map (.geojson); twice the same file changes nothing",
            kind.plural
        ))
        .arg(
            Arg::new("input")
                .value_name("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("The file; `-` reads it from the pipe"),
        )
        .arg(Arg::new("dry-run").long("dry-run").action(ArgAction::SetTrue).help("Only show what would happen"))
        .arg(
            Arg::new("again")
                .long("again")
                .action(ArgAction::SetTrue)
                .help("Also make those anew that were removed here; without it they stay away"),
        )
        .arg(
            Arg::new("zone")
                .long("zone")
                .value_name("ZONE")
                .help("The zone of times that have none, in calendars and tables [the zone of this computer]"),
        )
        .arg(
            Arg::new("agreed")
                .long("agreed")
                .action(ArgAction::SetTrue)
                .help("Address books: all the people in it agreed to be listed; without that nobody is"),
        )
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let Some(input) = matches.get_one::<PathBuf>("input") else { return Err(Failure::usage("which file?")) };
    let dry = matches.get_flag("dry-run");
    let client = context.client()?;
    let bytes = file::read(input, MAX_IMPORT)?;
    let name = input.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let content_type = content_type(&name, &bytes);
    let mut query = vec![("dry_run", if dry { "true" } else { "false" }), ("filename", name.as_str())];
    query.extend(matches.get_flag("again").then_some(("again", "true")));
    query.extend(matches.get_flag("agreed").then_some(("agreed", "true")));
    let zone = matches.get_one::<String>("zone").cloned();
    let zone = zone.or_else(zone_here);
    query.extend(zone.as_deref().map(|zone| ("zone", zone)));
    let path = with_query(&path(["records", &kind.name, "import"]), query);
    let report = client.send_file(&path, content_type, bytes)?;
    context.out.answer(&report, |page| show(page, kind, &report, dry));
    verdict(context, &report)
}

const CALENDAR: &str = "text/calendar";

/// What a file is, as it begins and as its name ends.
fn content_type(name: &str, bytes: &[u8]) -> &'static str {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let begins = |with: &[u8]| start.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    let name = name.to_lowercase();
    match () {
        () if begins(b"BEGIN:VCALENDAR") => CALENDAR,
        () if begins(b"BEGIN:VCARD") => "text/vcard",
        () if name.ends_with(".geojson") => "application/geo+json",
        () if name.ends_with(".json") || begins(b"[") => "application/json",
        () => "text/csv",
    }
}

/// The zone of this computer, where it knows one.
fn zone_here() -> Option<String> {
    let zone = jiff::tz::TimeZone::system().iana_name()?.to_owned();
    (zone != "Etc/Unknown").then_some(zone)
}

fn show(page: &mut Page, kind: &Kind, report: &Value, dry: bool) {
    let number = |key: &str| report[key].as_u64().unwrap_or_default();
    let mut table = Table::wrapping(["Column of the file", "becomes"]);
    for mapped in report["mapping"].as_array().into_iter().flatten() {
        let text = |key: &str| mapped[key].as_str().unwrap_or_default();
        table.row([text("heading"), text("field")]);
    }
    for heading in report["ignored"].as_array().into_iter().flatten() {
        table.row([heading.as_str().unwrap_or_default(), "(left out)"]);
    }
    page.table(&table);
    let mapped = report["mapping"].as_array().into_iter().flatten();
    // One column of two says in brackets which part of the field it is.
    let named = |mapped: &Value| kind.field(mapped["field"].as_str()?.split(" (").next()?);
    let mut fields = mapped.filter_map(named);
    if fields.any(|field| field.closeness == Closeness::Blurred) {
        page.line(BLURRED);
    }
    page.gap();
    let becomes = report["kind"].as_str().unwrap_or(&kind.name);
    let done = if dry { "Would be" } else { "Now" };
    let (created, changed, unchanged) = (number("created"), number("changed"), number("unchanged"));
    page.line(&format!("{done}, as {becomes}: {created} new, {changed} changed, {unchanged} as they were."));
    not_taken(page, &report["skipped"], "Left alone, because");
    not_taken(page, &report["bad"], "Not taken, because");
    not_taken(page, &report["notes"], "To look at");
}

/// Rows that did not become records, or not without a doubt, each with its reason.
fn not_taken(page: &mut Page, rows: &Value, heading: &str) {
    let mut table = Table::wrapping(["Line", heading]).keeping([0]);
    for row in rows.as_array().into_iter().flatten() {
        table.row([row["line"].to_string(), row["reason"].as_str().unwrap_or_default().to_owned()]);
    }
    if !table.is_empty() {
        page.gap();
        page.table(&table);
    }
}

/// Some bad rows are a remark; nothing but bad rows is an error.
fn verdict(context: &mut Context<'_>, report: &Value) -> Result<(), Failure> {
    let number = |key: &str| report[key].as_u64().unwrap_or_default();
    let bad = report["bad"].as_array().map_or(0, Vec::len);
    let skipped = report["skipped"].as_array().map_or(0, |rows| rows.len() as u64);
    let taken = number("created") + number("changed") + number("unchanged") + skipped;
    let rows = count(bad as u64, "row");
    match (bad, taken) {
        (0, _) => Ok(()),
        (bad, 0) => Err(Failure::new(
            Exit::Failed,
            match bad {
                1 => "the only row could not be taken".to_owned(),
                bad => format!("none of the {bad} rows could be taken"),
            },
        )
        .code("nothing_imported")
        .hint("the reasons stand beside the lines; mend the file and import it again")),
        (bad, _) => {
            let (were, them) = if bad == 1 { ("was", "it") } else { ("were", "them") };
            context.out.note(&format!(
                "{rows} {were} not taken. Mend {them} and import the file again: the others stay as they are."
            ));
            Ok(())
        }
    }
}
