//! `grid init`: a group founds a coalition.

mod rules;

use crate::{
    context::Context,
    failure::Failure,
    file,
    passphrase::{PassphraseFlag, note_unprotected},
    review::ReviewFlags,
    welcome::{self, Created},
};
use clap::Args;
use grid_node::{passphrase::Passphrase, setup};
use grid_protocol::limits::MAX_STATEMENT;
use std::path::{Path, PathBuf};

/// Found a coalition: its name, your group, and the statement that others will sign
#[derive(Clone, Debug, Args)]
pub(crate) struct Init {
    /// What the coalition is called
    #[arg(long, value_name = "NAME")]
    coalition: Option<String>,
    /// What your group is called
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// What the coalition is for, in one sentence [default: the title of the statement]
    #[arg(long, value_name = "SENTENCE")]
    purpose: Option<String>,
    /// The file with the statement, in plain text or Markdown; its first line is the title
    #[arg(long, value_name = "FILE")]
    statement: Option<PathBuf>,
    #[command(flatten)]
    rules: rules::RuleFlags,
    #[command(flatten)]
    passphrase: PassphraseFlag,
    #[command(flatten)]
    threats: ReviewFlags,
}

/// What `--admission open` means, for good.
const STRANGERS: &str = "Open admission: strangers who reach any node join without an invite, as many groups as they like, and what they write may fill every member's disk.";

/// All that founding takes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Founding {
    coalition: String,
    group: String,
    purpose: String,
    title: String,
    text: String,
    rules: setup::FoundingRules,
}

impl Init {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        welcome::empty_home(context.home()?)?;
        let (flag, threats) = (self.passphrase.clone(), self.threats.clone());
        let (review, open) = (threats.given()?, self.rules.is_open());
        let founding = self.complete(context)?;
        let passphrase = flag.for_new_home(context)?;
        let created = found(context.home()?, founding, passphrase.as_ref())?;
        let next = [context.line("node"), context.line("invite create"), context.line("status")];
        welcome::show(context, &created, &next)?;
        if open {
            context.out.note(STRANGERS);
        }
        if passphrase.is_none() {
            note_unprotected(context);
        }
        threats.keep(context, review, passphrase.as_ref())
    }

    /// Asks for what the flags left out.
    fn complete(self, context: &mut Context<'_>) -> Result<Founding, Failure> {
        let rules = self.rules.given();
        let text = self.statement.as_deref().map(|path| file::read_text(path, MAX_STATEMENT)).transpose()?;
        let missing: Vec<&str> = [
            ("--coalition", self.coalition.is_none()),
            ("--group", self.group.is_none()),
            ("--statement", text.is_none()),
        ]
        .into_iter()
        .filter_map(|(flag, missing)| missing.then_some(flag))
        .collect();
        let (coalition, group, purpose, text) = match (self.coalition, self.group, self.purpose, text) {
            (Some(coalition), Some(group), purpose, Some(text)) => (coalition, group, purpose, text),
            (coalition, group, purpose, text) => {
                let mut keyboard = context.keyboard().ok_or_else(|| {
                    Failure::usage(format!("founding a coalition takes {}", missing.join(", ")))
                        .hint("give them as flags, or leave out --no-input and answer questions")
                })?;
                keyboard.show(|page| {
                    page.heading("You found a coalition. This works without internet.");
                    page.line("Nobody will own it: the groups that sign its statement are its members.");
                });
                let coalition = coalition.map_or_else(|| keyboard.line("What is the coalition called?"), Ok)?;
                let group = group.map_or_else(|| keyboard.line("What is your group called?"), Ok)?;
                let purpose =
                    purpose.map_or_else(|| keyboard.line("What is the coalition for, in one sentence?"), Ok)?;
                let text = text.map_or_else(
                    || {
                        let question = "Write the statement that others will sign. Its first line is the title; two empty lines, or a dot alone, end it.";
                        keyboard.text(question)
                    },
                    Ok,
                )?;
                (coalition, group, Some(purpose), text)
            }
        };
        let title = title(&text, self.statement.as_deref());
        let purpose = purpose.unwrap_or_else(|| title.clone());
        Ok(Founding { coalition, group, purpose, title, text, rules })
    }
}

/// The first line that says something, without the marks of a heading.
pub(super) fn title(text: &str, file: Option<&Path>) -> String {
    const LONGEST: usize = 120;
    let line = text.lines().map(plain_line).find(|line| !line.is_empty());
    let stem = file.and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
    let title = line.map(str::to_owned).or(stem).unwrap_or_default();
    match title.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", title[..end].trim_end()),
        None => title,
    }
}

/// A line without the marks of a heading, and without the one that some editors put before a file.
fn plain_line(line: &str) -> &str {
    line.trim_start_matches('\u{feff}').trim().trim_start_matches('#').trim()
}

fn found(home: &Path, founding: Founding, passphrase: Option<&Passphrase>) -> Result<Created, Failure> {
    let found = setup::Found {
        coalition_name: founding.coalition,
        group_name: founding.group,
        purpose: founding.purpose,
        statement_title: founding.title,
        statement_text: founding.text,
        rules: founding.rules,
    };
    setup::found(home, &found, passphrase).map(Created::from).map_err(|error| welcome::not_made(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_of_a_statement_is_its_first_line() {
        assert_eq!(title("\n# Clean river\n\nWe ...", None), "Clean river");
        assert_eq!(title("\u{feff}# Clean river\r\nWe ...", None), "Clean river");
        assert_eq!(title("  ", Some(Path::new("a/river.md"))), "river");
        assert_eq!(title(&"ü".repeat(200), None).chars().count(), 121);
    }
}
