//! `grid review start`: a review of threats by questions, or by a text that was filled in.

use crate::{
    client::path,
    context::{self, Context},
    failure::{Exit, Failure},
    review,
};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use grid_node::threats::{Met, ThreatReview};
use grid_protocol::{record::Kind, time::Timestamp};
use serde_json::json;
use std::path::PathBuf;

/// The verb of kinds that begin with questions.
pub(super) const NAME: &str = "start";

pub(super) fn command(kind: &Kind) -> Command {
    Command::new(NAME)
        .about(format!("Begin {} with questions that help: seven of them, ten minutes", kind.one()))
        .arg(
            Arg::new("template")
                .long("template")
                .action(ArgAction::SetTrue)
                .help("Print the questions as a text to fill in; takes no node"),
        )
        .arg(
            Arg::new("filled")
                .long("file")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .conflicts_with("template")
                .help("The text, filled in"),
        )
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    if matches.get_flag("template") {
        context.only_text("review start --template")?;
        context.out.bytes(ThreatReview::template().as_bytes());
        return Ok(());
    }
    let client = context.client()?;
    let status = client.get("/api/status")?;
    let review = match (matches.get_one::<PathBuf>("filled"), context.keyboard()) {
        (Some(path), _) => review::read(path)?,
        (None, Some(mut keyboard)) => review::ask(&mut keyboard)?,
        (None, None) => {
            return Err(Failure::usage("nobody is there to answer the questions")
                .hint("print them with --template, fill them in, and give the text with --file FILE"));
        }
    };
    let now = u64::try_from(context::now().as_millisecond()).map(Timestamp).unwrap_or_default();
    let met = if status["threat_review"] == "not_yet" { Met::Nobody } else { Met::Others };
    let patch = review.patch(kind, now, met).map_err(|error| review::refused(&error))?;
    let written = client.post(&path(["records", &kind.name]), &json!({"fields": patch.values().to_json()}))?;
    let id = written["id"].as_str().ok_or_else(|| Failure::new(Exit::Failed, "the node did not say what it wrote"))?;
    let show = context.line(&format!("{} show {}", kind.name, super::new::short(id)));
    context.out.answer(&written, |page| {
        page.heading(
            "Your review is kept. What it says stays on this computer; the other groups learn that you made one.",
        );
        page.line("To read it again:");
        page.whole(&format!("  {show}"));
    });
    Ok(())
}
