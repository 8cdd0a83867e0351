//! The only place that prints.
//!
//! Answers go to stdout, everything else to stderr. Text is made safe for the terminal at this door, so no caller can
//! forget it. A reader that closes the pipe early is no error.

use crate::{
    escape,
    failure::Failure,
    table::{Table, wrap},
};
use clap::builder::StyledStr;
use serde_json::{Value, json};
use std::io::{self, IsTerminal as _, Write};

/// Who reads the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A person.
    Human,
    /// A program.
    Json,
}

/// Stdout and stderr.
#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
    paint: Paint,
    width: Option<usize>,
    trouble: Option<io::Error>,
}

/// Whether headings are set in bold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paint {
    Plain,
    Bold,
}

impl Output {
    /// The output of this process: colours and widths as the terminal, `NO_COLOR` and `TERM` say.
    pub(crate) fn new(format: Format) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let terminal = io::stdout().is_terminal();
        let paint = if terminal && !set("NO_COLOR") && !dumb { Paint::Bold } else { Paint::Plain };
        let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
        let seen = || terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
        let width = told.filter(|columns| *columns > 0).or_else(|| terminal.then(seen));
        Self { format, paint, width, trouble: None }
    }

    /// Takes at most so many columns from now on, also where nothing is known of the terminal.
    pub(crate) fn narrow(&mut self, columns: usize) {
        self.width = Some(self.width.map_or(columns, |width| width.min(columns)));
    }

    pub(crate) const fn format(&self) -> Format {
        self.format
    }

    /// The answer: the JSON value, or the page that a person reads.
    pub(crate) fn answer(&mut self, value: &Value, page: impl FnOnce(&mut Page)) {
        match self.format {
            Format::Json => {
                let mut value = value.clone();
                if let Some(object) = value.as_object_mut() {
                    object.entry("schema").or_insert(json!(1));
                }
                self.out(format!("{}\n", escape::json(&value.to_string())).as_bytes());
            }
            Format::Human => self.page(page),
        }
    }

    /// A page for people; with `--json` nothing.
    pub(crate) fn page(&mut self, page: impl FnOnce(&mut Page)) {
        if self.format == Format::Human {
            let mut shown = Page { text: String::new(), paint: self.paint, width: self.width };
            page(&mut shown);
            self.out(shown.text.as_bytes());
        }
    }

    /// Bytes as they are: a file that somebody asked for on stdout.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.out(bytes);
    }

    /// A line beside the answer, for people, on stderr.
    pub(crate) fn note(&mut self, text: &str) {
        if self.format == Format::Human {
            err(&escape::block(text));
        }
    }

    /// A question on stderr; the answer is typed behind it.
    pub(crate) fn ask(&mut self, question: &str) {
        let mut stderr = io::stderr().lock();
        // Whoever cannot see the question does not answer it either.
        let _ = write!(stderr, "{} ", escape::block(question)).and_then(|()| stderr.flush());
    }

    /// Text for the person at the keyboard, on stderr, between questions.
    pub(crate) fn aside(&mut self, page: impl FnOnce(&mut Page)) {
        let mut shown = Page { text: String::new(), paint: self.paint, width: self.width };
        page(&mut shown);
        let _ = io::stderr().lock().write_all(shown.text.as_bytes());
    }

    /// Help and version, as clap made them.
    pub(crate) fn help(&mut self, text: &StyledStr) {
        let shown = match self.paint {
            Paint::Bold => text.ansi().to_string(),
            Paint::Plain => text.to_string(),
        };
        self.out(shown.as_bytes());
    }

    /// What went wrong, on stderr.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        match self.format {
            Format::Json => err(&escape::json(&failure.to_json().to_string())),
            Format::Human => {
                err(&format!("Error: {}", escape::block(&failure.message)));
                if let Some(hint) = &failure.hint {
                    err(&format!("Hint: {}", escape::block(hint)));
                }
            }
        }
    }

    /// What stopped the answer from being printed: a full disk, never a closed pipe.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        match self.trouble.take() {
            Some(error) => Err(Failure::io("print the answer", &error)),
            None => Ok(()),
        }
    }

    fn out(&mut self, bytes: &[u8]) {
        let mut stdout = io::stdout().lock();
        if let Err(error) = stdout.write_all(bytes).and_then(|()| stdout.flush())
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.trouble.get_or_insert(error);
        }
    }
}

fn err(line: &str) {
    // Nobody is left to tell when stderr is closed.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// What a person reads.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
    paint: Paint,
    width: Option<usize>,
}

impl Page {
    /// A line that stands out, broken where the terminal ends.
    pub(crate) fn heading(&mut self, text: &str) {
        for line in wrap(&escape::line(text), self.width.unwrap_or(usize::MAX)) {
            match self.paint {
                Paint::Bold => self.push(&format!("\u{1b}[1m{line}\u{1b}[0m")),
                Paint::Plain => self.push(&line),
            }
        }
    }

    /// One or more lines, broken where the terminal ends.
    pub(crate) fn line(&mut self, text: &str) {
        self.indented("", text);
    }

    /// One line that is never broken, so that it can be copied whole.
    pub(crate) fn whole(&mut self, text: &str) {
        let text = escape::line(text);
        self.push(&text);
    }

    /// A name and its value; further lines stand below the first.
    pub(crate) fn field(&mut self, label: &str, value: &str) {
        const LABEL: usize = 14;
        let head = format!("{:<LABEL$} ", format!("{}:", escape::line(label)));
        if value.contains('\n') {
            self.push(head.trim_end());
            self.indented("  ", value);
        } else {
            self.indented_after(&head, &" ".repeat(LABEL + 1), value);
        }
    }

    /// A text with its title; most texts begin with it, and then it is not said twice.
    pub(crate) fn titled(&mut self, margin: &str, title: &str, text: &str) {
        let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        if first.trim_start_matches('#').trim() != title.trim() {
            self.heading(title);
            self.gap();
        }
        self.indented(margin, text);
    }

    /// Text set off from the margin.
    pub(crate) fn indented(&mut self, margin: &str, text: &str) {
        self.indented_after(margin, margin, text);
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A table.
    pub(crate) fn table(&mut self, table: &Table) {
        self.table_within("", table);
    }

    /// A table set off from the margin.
    pub(crate) fn table_within(&mut self, margin: &str, table: &Table) {
        let printed = table.printed(self.width.map(|width| width.saturating_sub(margin.len())));
        for line in &printed.headings {
            // Cells were escaped when they were added.
            match self.paint {
                Paint::Bold => self.push(&format!("{margin}\u{1b}[1m{line}\u{1b}[0m")),
                Paint::Plain => self.push(&format!("{margin}{line}")),
            }
        }
        printed.rows.iter().for_each(|line| self.push(&format!("{margin}{line}")));
        if let Some(note) = printed.note {
            self.indented(margin, &note);
        }
    }

    fn indented_after(&mut self, first: &str, rest: &str, text: &str) {
        let text = escape::block(text.trim_end());
        let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(rest.len()));
        for (number, line) in wrap(&text, room).iter().enumerate() {
            let margin = if number == 0 { first } else { rest };
            let line = format!("{margin}{line}");
            self.push(line.trim_end());
        }
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: Option<usize>) -> Page {
        Page { text: String::new(), paint: Paint::Plain, width }
    }

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through_the_door() {
        let mut page = page(None);
        page.heading("a\u{1b}[2J");
        page.line("b\u{1b}[2J");
        page.field("c\u{1b}", "d\u{202e}");
        page.whole("e\u{7}");
        let mut table = Table::new(["f\u{1b}"]);
        table.row(["g\u{9b}"]);
        page.table(&table);
        assert!(!page.text.chars().any(|letter| letter.is_control() && letter != '\n'), "{:?}", page.text);
        assert!(!page.text.contains('\u{202e}'));
    }

    #[test]
    fn long_values_are_broken_under_their_own_margin() {
        let mut page = page(Some(40));
        page.field("About", "a river that nobody may drink from any more");
        assert_eq!(page.text, "About:         a river that nobody may\n               drink from any more\n");
    }

    #[test]
    fn long_headings_are_broken_where_the_terminal_ends() {
        let mut page = page(Some(24));
        page.heading("Funders and their rights: who may decide what");
        assert_eq!(page.text, "Funders and their\nrights: who may decide\nwhat\n");
        page.text.clear();
        page.paint = Paint::Bold;
        page.heading("Funders and their rights");
        assert_eq!(page.text, "\u{1b}[1mFunders and their rights\u{1b}[0m\n");
    }
}
