//! `grid`: the one program of the Coalition Grid.
//!
//! `grid node` runs the node of a group. Every other command either works on files alone or is a client of that node.
//!
//! ```text
//! words ─► arguments ─► command/VERB ─► client ─► node
//!                            └─ Failure or answer ─► output ─► stdout, stderr, exit code
//! ```

mod arguments;
mod client;
mod command;
mod config;
mod context;
mod demo;
mod escape;
mod failure;
mod file;
mod kept;
mod noted;
mod output;
mod passphrase;
mod prompt;
mod qr;
mod review;
mod saved;
mod seen;
mod span;
mod table;
mod welcome;
mod when;
mod words;

use failure::Failure;
use output::Output;
use std::{ffi::OsString, process::ExitCode};

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let matches = match arguments::command().try_get_matches_from(&words) {
        Ok(matches) => matches,
        Err(error) => return refused_words(&error, &words),
    };
    let mut out = Output::new(arguments::format(&matches));
    let outcome = command::run(&matches, &mut out).and_then(|()| out.finish());
    end(&mut out, outcome)
}

/// Help and version, which clap counts as errors, and words that are no command.
fn refused_words(error: &clap::Error, words: &[OsString]) -> ExitCode {
    let format = arguments::format_asked_for(words);
    let mut out = Output::new(format);
    let outcome = match arguments::failure(error, words, format) {
        Some(failure) => Err(failure),
        None => {
            out.help(&error.render());
            out.finish()
        }
    };
    end(&mut out, outcome)
}

fn end(out: &mut Output, outcome: Result<(), Failure>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            out.failure(&failure);
            ExitCode::from(failure.exit.code())
        }
    }
}
