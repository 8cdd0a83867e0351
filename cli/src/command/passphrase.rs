//! `grid passphrase`: what lies on this disk, under a passphrase. Works on files alone, while no node runs.

use crate::{
    context::Context,
    failure::Failure,
    output::Page,
    passphrase::{PassphraseFlag, chosen, refused, words},
};
use clap::{Args, Subcommand};
use grid_node::{
    Protection,
    home::Home,
    passphrase::{self, Escrow, Rewritten},
};
use serde_json::json;
use std::path::PathBuf;

/// Keep what lies on this disk under a passphrase
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum PassphraseVerb {
    Set(Set),
    Change(Change),
    Remove(Remove),
    Reset(Reset),
}

/// Encrypt keys and records of this home under a passphrase; the node must not be running
#[derive(Clone, Debug, Args)]
pub(crate) struct Set {
    #[command(flatten)]
    passphrase: PassphraseFlag,
    /// The file with the 24 recovery words, for a home of an earlier version: then they open it too; `-` reads them
    /// from the pipe
    #[arg(long, value_name = "FILE")]
    words_file: Option<PathBuf>,
}

/// Set another passphrase
#[derive(Clone, Debug, Args)]
pub(crate) struct Change {
    #[command(flatten)]
    passphrase: PassphraseFlag,
    /// The file with the new one, on one line
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
    /// The file with the 24 recovery words that open this home from now on, and no others: for a home of an earlier
    /// version, or a group that has new words; `-` reads them from the pipe
    #[arg(long, value_name = "FILE")]
    words_file: Option<PathBuf>,
}

/// Take the passphrase away: keys and records lie unencrypted again
#[derive(Clone, Debug, Args)]
pub(crate) struct Remove {
    #[command(flatten)]
    passphrase: PassphraseFlag,
}

/// Set another passphrase with the 24 recovery words, where the old one is forgotten
#[derive(Clone, Debug, Args)]
pub(crate) struct Reset {
    /// The file with the 24 recovery words; `-` reads them from the pipe
    #[arg(long, value_name = "FILE")]
    words_file: Option<PathBuf>,
    /// The file with the new passphrase, on one line
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

impl PassphraseVerb {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            PassphraseVerb::Set(verb) => verb.run(context),
            PassphraseVerb::Change(verb) => verb.run(context),
            PassphraseVerb::Remove(verb) => verb.run(context),
            PassphraseVerb::Reset(verb) => verb.run(context),
        }
    }
}

impl Set {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let home = begin(context, Protection::Unprotected)?;
        let words = self.words_file.as_deref().map(|file| words(context, Some(file))).transpose()?;
        let new = self.passphrase.chosen(context)?;
        let done = passphrase::set(&home, &new, words.as_ref()).map_err(|error| refused(&error))?;
        let opens = done.escrow == Escrow::Words;
        let next = context.line("node");
        context.out.answer(&answer(Protection::Passphrase, &done), |page| {
            page.heading("Keys and records of this home are encrypted on this disk now.");
            page.line("From now on the node asks for the passphrase when it starts.");
            page.line(match opens {
                true => "Forgotten? `grid passphrase reset` takes your 24 recovery words.",
                false => "Nothing but the passphrase opens it: your group's recovery words were never given here. To have them open it, too: `grid passphrase change --words-file FILE`.",
            });
            page.line("What was deleted can stay readable on the disk for a while, on an SSD above all. Backups and copies from before are as they were.");
            rest(page, &done);
            page.line("Next:");
            page.whole(&format!("  {next}"));
        });
        Ok(())
    }
}

impl Change {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let home = begin(context, Protection::Passphrase)?;
        let old = old(&self.passphrase, context)?;
        let new = chosen(context, self.new_passphrase_file.as_deref(), "--new-passphrase-file")?;
        let words = self.words_file.as_deref().map(|file| words(context, Some(file))).transpose()?;
        passphrase::change(&home, &old, &new, words.as_ref()).map_err(|error| refused(&error))?;
        context.out.answer(&json!({"passphrase": true}), |page| {
            page.heading("The passphrase is another one now.");
            page.line("Whoever knows the old one and has a copy of this home from before can still open that copy.");
        });
        Ok(())
    }
}

impl Remove {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let home = begin(context, Protection::Passphrase)?;
        let old = old(&self.passphrase, context)?;
        let done = passphrase::remove(&home, &old).map_err(|error| refused(&error))?;
        context.out.answer(&answer(Protection::Unprotected, &done), |page| {
            page.heading("This home has no passphrase any more.");
            rest(page, &done);
        });
        crate::passphrase::note_unprotected(context);
        Ok(())
    }
}

impl Reset {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let home = begin(context, Protection::Passphrase)?;
        context.out.page(|page| {
            page.heading("The passphrase of this home is forgotten. Your 24 recovery words open it.");
            page.line("1. You give the words that were shown when the home was made.");
            page.line("2. You choose a new passphrase.");
            page.line("3. The keys are locked with it. Records, members and the words stay as they are.");
            page.gap();
        });
        let words = words(context, self.words_file.as_deref())?;
        let new = chosen(context, self.new_passphrase_file.as_deref(), "--new-passphrase-file")?;
        passphrase::reset(&home, &words, &new).map_err(|error| refused(&error))?;
        let next = context.line("node");
        context.out.answer(&json!({"passphrase": true}), |page| {
            page.heading("The words fit. This home opens with the new passphrase, and with the old one no more.");
            page.line("Put the words back where nobody finds them. Next:");
            page.whole(&format!("  {next}"));
        });
        Ok(())
    }
}

/// The home, which must be as the command takes it, and no node may run on it: said before anybody types anything.
fn begin(context: &Context<'_>, expected: Protection) -> Result<PathBuf, Failure> {
    let home = context.home()?.to_owned();
    let found = passphrase::protection(&home).map_err(|error| refused(&error))?;
    match (expected, found) {
        (Protection::Unprotected, Protection::Passphrase) => Err(refused(&passphrase::PassphraseError::AlreadySet)),
        (Protection::Passphrase, Protection::Unprotected) => Err(refused(&passphrase::PassphraseError::NotSet)),
        _ => {
            // Let go at once: whoever does the work takes it again.
            drop(Home::open(&home).map_err(|error| refused(&error.into()))?);
            Ok(home)
        }
    }
}

fn old(flag: &PassphraseFlag, context: &mut Context<'_>) -> Result<passphrase::Passphrase, Failure> {
    flag.of_home(context)?.ok_or_else(|| refused(&passphrase::PassphraseError::NotSet))
}

fn answer(protection: Protection, done: &Rewritten) -> serde_json::Value {
    let left: Vec<String> = done.left.iter().map(|path| path.display().to_string()).collect();
    json!({
        "passphrase": protection == Protection::Passphrase, "words_open_it": done.escrow == Escrow::Words,
        "unreadable": done.damaged, "left": left,
    })
}

/// What was not rewritten.
fn rest(page: &mut Page, done: &Rewritten) {
    if done.damaged > 0 {
        page.line(&format!(
            "{} places of the journal could not be read, and are gone now: the disk had lost them.",
            done.damaged
        ));
    }
    if !done.left.is_empty() {
        page.line("An earlier fault set these aside. They are as they were; delete them when you need them no more:");
        done.left.iter().for_each(|path| page.whole(&format!("  {}", path.display())));
    }
}
