//! `grid statement propose`: an elector proposes the next version of the statement.

use super::versions::short;
use crate::{command::init, context::Context, failure::Failure, file};
use clap::Args;
use grid_protocol::limits::MAX_STATEMENT;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Propose the next version of the statement; what you leave out stays as it is. Only electors do
#[derive(Clone, Debug, Args)]
pub(crate) struct Propose {
    /// The file with the new text; `-` reads it from the pipe
    #[arg(long, value_name = "FILE")]
    text_file: Option<PathBuf>,
    /// The new title [default: the first line of a new text]
    #[arg(long, value_name = "TITLE")]
    title: Option<String>,
    /// A policy to add, or to replace where one is called the same: its title and the file with its text
    #[arg(long, value_name = "TITLE=FILE", value_parser = policy)]
    policy: Vec<(String, PathBuf)>,
    /// A policy to leave out, by its title
    #[arg(long, value_name = "TITLE")]
    remove_policy: Vec<String>,
    /// A member that votes on what follows this version, by id or name
    #[arg(long, value_name = "GROUP")]
    add_elector: Vec<String>,
    /// An elector that no longer votes on what follows
    #[arg(long, value_name = "GROUP")]
    remove_elector: Vec<String>,
    /// A group that is no member any more: what it wrote until now stays, what it writes later counts for nobody
    #[arg(long, value_name = "GROUP")]
    remove: Vec<String>,
}

fn policy(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((title, file)) if !title.trim().is_empty() && !file.is_empty() => {
            Ok((title.trim().to_owned(), PathBuf::from(file)))
        }
        _ => Err("expected the title of the policy and the file with its text: TITLE=FILE".to_owned()),
    }
}

impl Propose {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let read = |path: &Path| file::read_text(path, MAX_STATEMENT);
        let text = self.text_file.as_deref().map(read).transpose()?;
        let first_line = text.as_deref().map(|text| init::title(text, self.text_file.as_deref()));
        let policies = self.policy.iter().map(|(title, path)| Ok(json!({"title": title, "text": read(path)?})));
        let policies: Vec<Value> = policies.collect::<Result<_, Failure>>()?;
        let ask = json!({
            "title": self.title.or(first_line), "text": text, "policies": policies,
            "without_policies": self.remove_policy, "add_electors": self.add_elector,
            "remove_electors": self.remove_elector, "remove": self.remove,
        });
        let answer = context.client()?.post("/api/statement/versions", &ask)?;
        let id = short(&answer["version"]);
        let [show, vote] = ["show", "vote"].map(|verb| context.line(&format!("statement {verb} {id}")));
        context.out.answer(&answer, |page| {
            page.line(&format!("Your group has proposed version {id}. It goes to the others when you meet."));
            page.line("Proposing is no vote. Next:");
            page.whole(&format!("  {show}"));
            page.whole(&format!("  {vote}"));
        });
        Ok(())
    }
}
