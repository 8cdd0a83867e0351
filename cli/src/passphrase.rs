//! Where a passphrase comes from: a file, or whoever sits at the keyboard.

use crate::{
    config::Flags,
    context::Context,
    failure::{Exit, Failure},
    file, kept,
    prompt::Keyboard,
};
use clap::Args;
use grid_node::{
    KeystoreError, LocalError, Protection,
    passphrase::{self, Passphrase, PassphraseError, UnfitPassphrase},
};
use grid_protocol::words::{RecoveryWords, WORD_COUNT};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// A file with a passphrase or with words is shorter.
const FILE: usize = 4096;
/// How often a wrong passphrase may be typed.
const TRIES: usize = 3;

/// The flag that names the file with the passphrase of a home.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PassphraseFlag {
    /// The file with the passphrase of this home, on one line; `-` reads it from the pipe
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseFlag {
    /// As a setting, for a command that has others.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.passphrase_file.clone()
    }

    /// The passphrase of a home that is there, if it has one.
    pub(crate) fn of_home(&self, context: &mut Context<'_>) -> Result<Option<Passphrase>, Failure> {
        let home = context.home()?.to_owned();
        match passphrase::protection(&home) {
            Ok(Protection::Passphrase) => {}
            // What is wrong with a home says whoever opens it.
            Ok(Protection::Unprotected) | Err(_) => return Ok(None),
        }
        if let Some(given) = self.given(context)? {
            return Ok(Some(given));
        }
        let mut keyboard = context.keyboard().ok_or_else(|| {
            let locked = KeystoreError::Locked;
            Failure::caused(Exit::Failed, &locked).code("passphrase_needed").hint(locked.hint())
        })?;
        let mut tries = 1;
        loop {
            let typed = keyboard.secret("Passphrase of this home:")?;
            let failure = match Passphrase::new(typed) {
                Ok(typed) => match passphrase::check(&home, &typed) {
                    Ok(()) => return Ok(Some(typed)),
                    Err(error @ PassphraseError::Local(LocalError::Keys(KeystoreError::WrongPassphrase))) => {
                        refused(&error)
                    }
                    Err(error) => return Err(refused(&error)),
                },
                Err(_) => refused(&KeystoreError::WrongPassphrase.into()),
            };
            if tries == TRIES {
                return Err(failure);
            }
            tries += 1;
            keyboard.show(|page| page.line("That is not it. Once more:"));
        }
    }

    /// The passphrase of a home that is about to be made, if it gets one.
    pub(crate) fn for_new_home(&self, context: &mut Context<'_>) -> Result<Option<Passphrase>, Failure> {
        if let Some(given) = self.given(context)? {
            return Ok(Some(given));
        }
        let Some(mut keyboard) = context.keyboard() else { return Ok(None) };
        keyboard.show(|page| {
            page.line("A passphrase keeps what lies on this disk from whoever takes the computer. Without it, and without the recovery words that come next, nobody opens it again.");
        });
        typed_twice(&mut keyboard, "Passphrase (empty for none):")
    }

    /// A passphrase that is set: from the file, or typed.
    pub(crate) fn chosen(&self, context: &mut Context<'_>) -> Result<Passphrase, Failure> {
        match self.given(context)? {
            Some(given) => Ok(given),
            None => chosen(context, None, "--passphrase-file"),
        }
    }

    /// From the file that the flag or the settings name.
    pub(crate) fn given(&self, context: &mut Context<'_>) -> Result<Option<Passphrase>, Failure> {
        let flags = Flags { passphrase_file: self.path(), ..Flags::default() };
        let path = context.config(&flags)?.settings.passphrase_file;
        path.map(|path| from_file(context, &path)).transpose()
    }
}

/// A new passphrase: from this file, or typed.
pub(crate) fn chosen(context: &mut Context<'_>, file: Option<&Path>, flag: &str) -> Result<Passphrase, Failure> {
    if let Some(path) = file {
        return from_file(context, path);
    }
    let mut keyboard = context.keyboard().ok_or_else(|| {
        Failure::usage(format!("a new passphrase takes {flag}"))
            .hint(format!("write it into a file that only you can read: {flag} FILE; or type it in a terminal"))
    })?;
    loop {
        if let Some(typed) = typed_twice(&mut keyboard, "New passphrase:")? {
            return Ok(typed);
        }
    }
}

/// The recovery words: from this file, or typed.
pub(crate) fn words(context: &mut Context<'_>, file: Option<&Path>) -> Result<RecoveryWords, Failure> {
    if let Some(path) = file {
        private(context, path);
        let text = file::read_text(path, FILE)?;
        return RecoveryWords::parse(&text).map_err(|error| {
            Failure::caused(Exit::Usage, &error)
                .code("invalid_words")
                .hint("the 24 words of your group, in order, with spaces between them and nothing else")
        });
    }
    let mut keyboard = context.keyboard().ok_or_else(|| {
        Failure::usage("the recovery words are missing")
            .hint("type them in a terminal, or pipe them in: --words-file -")
    })?;
    loop {
        let mut text = keyboard.line("Your 24 recovery words, in order; several lines are fine:")?;
        while text.split_whitespace().count() < WORD_COUNT {
            text = format!("{text} {}", keyboard.line(">")?);
        }
        match RecoveryWords::parse(&text) {
            Ok(words) => return Ok(words),
            Err(error) => keyboard.show(|page| page.line(&format!("{error}. Look at your paper again."))),
        }
    }
}

/// What a passphrase error is to a user.
pub(crate) fn refused(error: &PassphraseError) -> Failure {
    let (exit, code) = match error {
        PassphraseError::Local(error) => kept::local(error),
        PassphraseError::AlreadySet => (Exit::Refused, "passphrase_set"),
        PassphraseError::NotSet => (Exit::Refused, "no_passphrase"),
        _ => (Exit::Failed, "storage"),
    };
    Failure::caused(exit, error).code(code).hint(error.hint())
}

/// Says what it means that a home has no passphrase.
pub(crate) fn note_unprotected(context: &mut Context<'_>) {
    let hint = context.line("passphrase set");
    context.out.note(&format!(
        "Keys and records lie unencrypted on this disk: whoever has it reads all of them and can write as your group.\nHint: `{hint}`"
    ));
}

/// Types it twice; none where the first time nothing was typed.
fn typed_twice(keyboard: &mut Keyboard<'_>, question: &str) -> Result<Option<Passphrase>, Failure> {
    loop {
        let typed = keyboard.secret(question)?;
        if typed.is_empty() {
            return Ok(None);
        }
        match Passphrase::new(typed) {
            Err(error) => keyboard.show(|page| page.line(&format!("{error}: {}.", error.hint()))),
            Ok(first) => {
                let again = Passphrase::new(keyboard.secret("Once more, to be sure:")?);
                if again.as_ref() == Ok(&first) {
                    return Ok(Some(first));
                }
                keyboard.show(|page| page.line("These were two different ones."));
            }
        }
    }
}

fn from_file(context: &mut Context<'_>, path: &Path) -> Result<Passphrase, Failure> {
    private(context, path);
    let mut text = file::read_text(path, FILE)?;
    let end = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(end);
    Passphrase::new(text).map_err(|error: UnfitPassphrase| {
        Failure::usage(format!("{}: {error}", path.display())).code("unfit_passphrase").hint(error.hint())
    })
}

/// Warns of a file that others can read.
fn private(context: &mut Context<'_>, path: &Path) {
    let Ok(found) = fs::metadata(path) else { return };
    if found.is_file() && found.permissions().mode() & 0o077 != 0 {
        let path = path.display();
        context.out.note(&format!("Other users of this computer can read {path}.\nHint: chmod 600 {path}"));
    }
}
