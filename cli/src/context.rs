//! What a command works with: the home, the way to its node, and whoever sits at the keyboard.

use crate::{
    arguments::Globals,
    client::Client,
    config::{Config, Flags},
    failure::Failure,
    output::{Format, Output},
    prompt::Keyboard,
};
use grid_node::home::{HomePaths, default_home};
use std::{
    io::IsTerminal as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// What a command works with.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) out: &'a mut Output,
    home: Option<PathBuf>,
    home_origin: HomeOrigin,
    questions: Questions,
}

/// Who chose the home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HomeOrigin {
    /// `--home` or `GRID_HOME`.
    Named,
    /// Nobody.
    Default,
}

/// Whether somebody is there to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Questions {
    /// Somebody sits at the keyboard.
    Ask,
    /// Nobody does, or nobody wants to be asked.
    Never,
}

impl<'a> Context<'a> {
    /// What the flags say; questions are asked where stdin is a terminal.
    pub(crate) fn new(globals: &Globals, out: &'a mut Output) -> Self {
        let named = globals.home.clone().filter(|home| !home.as_os_str().is_empty());
        let home_origin = if named.is_some() { HomeOrigin::Named } else { HomeOrigin::Default };
        let home = named.or_else(|| default_home(|name| std::env::var_os(name)));
        let nobody = globals.no_input || out.format() == Format::Json || !std::io::stdin().is_terminal();
        Self { out, home, home_origin, questions: if nobody { Questions::Never } else { Questions::Ask } }
    }

    /// The home; commands that work on files alone never ask for it.
    pub(crate) fn home(&self) -> Result<&Path, Failure> {
        self.home.as_deref().ok_or_else(|| {
            Failure::usage("there is no place for a home: neither XDG_STATE_HOME nor HOME is set")
                .hint("name one with `--home DIR`")
        })
    }

    pub(crate) const fn home_origin(&self) -> HomeOrigin {
        self.home_origin
    }

    /// The way to the node of this home.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        Client::new(self.home()?.to_owned())
    }

    /// Refuses `--json` where the answer is a text of its own.
    pub(crate) fn only_text(&self, command: &str) -> Result<(), Failure> {
        match self.out.format() {
            Format::Human => Ok(()),
            Format::Json => Err(Failure::usage(format!("`grid {command}` prints a text, and takes no --json"))
                .hint("leave --json out; where there is a --file, what was written is told as JSON")),
        }
    }

    /// The settings of this home.
    pub(crate) fn config(&self, flags: &Flags) -> Result<Config, Failure> {
        Config::read(&HomePaths::new(self.home()?).config(), flags)
    }

    /// Whoever sits at the keyboard, if they want to be asked.
    pub(crate) fn keyboard(&mut self) -> Option<Keyboard<'_>> {
        match self.questions {
            Questions::Ask => Some(Keyboard::new(self.out, Box::new(std::io::stdin().lock()))),
            Questions::Never => None,
        }
    }

    /// A command line that works on this home, for hints.
    pub(crate) fn line(&self, words: &str) -> String {
        match (self.home_origin, &self.home) {
            (HomeOrigin::Named, Some(home)) => format!("grid --home {} {words}", home.display()),
            _ => format!("grid {words}"),
        }
    }
}

/// The time on this computer's clock.
pub(crate) fn now() -> jiff::Timestamp {
    jiff::Timestamp::try_from(SystemTime::now()).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}
