//! What is fuzzed: every decoder of bytes from others, the frames of files, and the guard in front of Automerge.
//!
//! Each target takes any bytes and must neither panic nor contradict itself. `tests/fuzz` hands them to libFuzzer, which
//! needs a compiler of its own; the same targets, seeds and kept inputs run with a small mutator in the ordinary tests.
//! This module and the corpus of crafted changes need nothing but the protocol, so that `tests/fuzz` compiles just those.

mod anew;
mod chains;
mod choices;
mod decoders;
mod files;
mod guard;
mod messages;
mod mutate;
mod seeds;

pub use decoders::{
    appeal, calendar, change, entry, gossip, invite, moment, opening, pairing, patch, record, request, response, run,
    sheet, table, words,
};
pub use files::{journal, rows};
pub use guard::guard;
pub use mutate::Mutator;

/// How far an input came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It was taken for what it says it is.
    Read,
    /// It was refused.
    Refused,
}

impl Reached {
    fn of<T, E>(result: &Result<T, E>) -> Self {
        if result.is_ok() { Self::Read } else { Self::Refused }
    }
}

/// One thing that is fuzzed.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, and that of its folder of kept inputs.
    pub name: &'static str,
    /// What is done with an input.
    pub run: fn(&[u8]) -> Reached,
    /// Inputs to begin with.
    pub seeds: fn() -> Seeds,
    /// How many mutated inputs the ordinary tests try.
    pub cases: usize,
}

/// Inputs with a name each.
pub type Seeds = Vec<(String, Vec<u8>)>;

const fn target(name: &'static str, run: fn(&[u8]) -> Reached, seeds: fn() -> Seeds, cases: usize) -> Target {
    Target { name, run, seeds, cases }
}

/// All targets.
pub const TARGETS: [Target; 20] = [
    target("request", request, messages::requests, 3_000),
    target("response", response, messages::responses, 3_000),
    target("gossip", gossip, || seeds::encoded("gossip-"), 3_000),
    target("entry", entry, seeds::entries, 3_000),
    target("run", run, messages::runs, 1_000),
    target("record", record, messages::records_of_all_kinds, 2_000),
    target("invite", invite, seeds::invites, 1_000),
    target("pairing", pairing, messages::pairing_codes, 2_000),
    target("appeal", appeal, messages::appeals, 2_000),
    target("sheet", sheet, seeds::sheets, 300),
    target("opening", opening, seeds::openings, 3_000),
    target("change", change, seeds::changes, 1_500),
    target("table", table, seeds::tables, 2_000),
    target("calendar", calendar, seeds::calendars, 2_000),
    target("patch", patch, seeds::patches, 2_000),
    target("moment", moment, seeds::moments, 5_000),
    target("words", words, seeds::words, 3_000),
    target("journal", journal, files::journals, 3_000),
    target("rows", rows, files::files_of_rows, 3_000),
    target("guard", guard, seeds::guards, 600),
];
