//! Why a command did not do what it was asked: what happened, why, and what to do next.
//!
//! Every error of every layer ends here, so that people read one form and scripts see one shape and one set of exit
//! codes.

use serde_json::{Value, json};
use std::error::Error;

/// How the program ends when something went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Something failed.
    Failed,
    /// The command line or the input is wrong.
    Usage,
    /// No node runs on this home.
    NotRunning,
    /// There is no such thing.
    NotFound,
    /// A rule forbids it.
    Refused,
    /// `--wait` ran out.
    TimeUp,
}

impl Exit {
    /// The exit code.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::NotRunning => 3,
            Exit::NotFound => 4,
            Exit::Refused => 5,
            Exit::TimeUp => 75,
        }
    }

    /// The word for it in JSON, where nobody gave a more exact one.
    const fn word(self) -> &'static str {
        match self {
            Exit::Failed => "error",
            Exit::Usage => "usage",
            Exit::NotRunning => "not_running",
            Exit::NotFound => "not_found",
            Exit::Refused => "refused",
            Exit::TimeUp => "wait_ran_out",
        }
    }
}

/// A command that was not carried out, or not wholly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// A failure with the usual code of its exit.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, code: exit.word().to_owned(), message: message.into(), hint: None }
    }

    /// The command line or the input is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// From an error of a library, with all its causes.
    pub(crate) fn caused(exit: Exit, error: &dyn Error) -> Self {
        Self::new(exit, chain(error))
    }

    /// From an error of the system while doing something.
    pub(crate) fn io(doing: &str, error: &std::io::Error) -> Self {
        Self::new(Exit::Failed, format!("could not {doing}: {error}"))
    }

    /// With what to do next.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With a more exact word for scripts.
    #[must_use]
    pub(crate) fn code(mut self, code: &str) -> Self {
        code.clone_into(&mut self.code);
        self
    }

    /// The form for scripts.
    pub(crate) fn to_json(&self) -> Value {
        json!({"schema": 1, "error": {"code": self.code, "message": self.message, "hint": self.hint}})
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_codes_are_the_ones_that_scripts_know() {
        let exits = [Exit::Failed, Exit::Usage, Exit::NotRunning, Exit::NotFound, Exit::Refused, Exit::TimeUp];
        assert_eq!(exits.map(Exit::code), [1, 2, 3, 4, 5, 75]);
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("the page did not open")]
        struct Outer(#[source] std::io::Error);
        let failure = Failure::caused(Exit::Failed, &Outer(std::io::Error::other("the disk is tired")));
        assert_eq!(failure.message, "the page did not open: the disk is tired");
    }
}
