//! `grid survey total`: what the answers on this computer add up to, shown before it is published.

use super::id_argument;
use crate::{
    client::{path, with_query},
    context::Context,
    failure::Failure,
    output::Page,
    prompt::Answer,
    table::Table,
    words::count,
};
use clap::{Arg, ArgAction, ArgMatches, Command};
use grid_protocol::record::Kind;
use serde_json::{Value, json};

/// The verb of kinds whose records ask many people.
pub(super) const NAME: &str = "total";

pub(super) fn command(kind: &Kind) -> Command {
    Command::new(NAME)
        .about("Add up the answers on this computer, and publish the totals: never an answer, never of few people")
        .arg(id_argument(kind))
        .arg(
            Arg::new("period")
                .long("period")
                .value_name("PERIOD")
                .help("The period the answers are about: 2026-Q4 [default: that of the survey]"),
        )
        .arg(Arg::new("dry-run").long("dry-run").action(ArgAction::SetTrue).help("Only show what would be published"))
        .arg(Arg::new("yes").long("yes").action(ArgAction::SetTrue).help("Publish without asking again"))
}

pub(super) fn run(_: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let id = super::meant(matches.get_one::<String>("id").map_or("", String::as_str))?;
    let period = matches.get_one::<String>("period").map(String::as_str);
    let client = context.client()?;
    let path = path(["surveys", &id, "totals"]);
    let plan = client.get(&with_query(&path, period.map(|period| ("period", period))))?;
    let ready = items(&plan).iter().any(|item| item["state"] == "ready");
    if matches.get_flag("dry-run") {
        context.out.answer(&plan, |page| show(page, &plan));
        return Ok(());
    }
    if !matches.get_flag("yes") && ready {
        let Some(mut keyboard) = context.keyboard() else {
            return Err(Failure::usage("what is published can't be taken back, and nobody is there to ask")
                .hint("look with --dry-run, then publish with --yes"));
        };
        keyboard.show(|page| show(page, &plan));
        if keyboard.yes_or_no("Publish these totals to the coalition?")? == Answer::No {
            return Err(Failure::usage("nothing was published"));
        }
    }
    let published = client.post(&path, &json!({"period": period}))?;
    context.out.answer(&published, |page| show(page, &published));
    Ok(())
}

fn items(plan: &Value) -> &[Value] {
    plan["items"].as_array().map_or(&[][..], Vec::as_slice)
}

fn show(page: &mut Page, plan: &Value) {
    let least = plan["least"].as_u64().unwrap_or_default();
    let mut table = Table::wrapping(["Question", "Period", "Published", "New here", "Total of", "Mean", "State"])
        .keeping([1, 2, 3, 4, 5]);
    for item in items(plan) {
        let figure = |key: &str| item[key].as_f64().map_or_else(|| "-".to_owned(), |figure| figure.to_string());
        let state = match item["state"].as_str().unwrap_or_default() {
            "ready" => "can be published".to_owned(),
            "waiting" => format!("{} missing", count(item["missing"].as_u64().unwrap_or_default(), "answer")),
            "published" => "published".to_owned(),
            "not_asked" => "not asked by this survey".to_owned(),
            _ => "nothing new".to_owned(),
        };
        let text = |key: &str| item[key].as_str().unwrap_or_default();
        table.row([
            text("question"),
            text("period"),
            &figure("published"),
            &figure("new"),
            &figure("answers"),
            &figure("mean"),
            &state,
        ]);
    }
    if table.is_empty() {
        page.line("Nobody has answered here: `grid answer new --survey ID --question TEXT --score 4` records what one person said.");
        return;
    }
    page.table(&table);
    page.gap();
    page.line(&format!(
        "Answers stay on this computer. Totals are told of {least} people or more at a time, so that nobody can work out what one of them said."
    ));
}
