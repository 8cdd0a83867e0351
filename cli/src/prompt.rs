//! Questions to the person at the keyboard.

use crate::{
    failure::Failure,
    output::{Output, Page},
};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::{
    fmt,
    io::{self, BufRead},
};

/// Somebody who answers questions.
pub(crate) struct Keyboard<'a> {
    out: &'a mut Output,
    input: Box<dyn BufRead + 'a>,
}

/// An answer to a question of yes and no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
}

impl<'a> Keyboard<'a> {
    pub(crate) fn new(out: &'a mut Output, input: Box<dyn BufRead + 'a>) -> Self {
        Self { out, input }
    }

    /// Shows something before the next question.
    pub(crate) fn show(&mut self, page: impl FnOnce(&mut Page)) {
        self.out.aside(page);
    }

    /// One line of text that is not empty.
    pub(crate) fn line(&mut self, question: &str) -> Result<String, Failure> {
        loop {
            let line = self.read(question)?;
            if !line.is_empty() {
                return Ok(line);
            }
        }
    }

    /// One line of text, which may be empty.
    pub(crate) fn optional(&mut self, question: &str) -> Result<String, Failure> {
        self.read(question)
    }

    /// Text of several lines; an empty line after text ends it.
    pub(crate) fn text(&mut self, question: &str) -> Result<String, Failure> {
        self.show(|page| page.line(question));
        let mut lines: Vec<String> = Vec::new();
        loop {
            let line = self.read(">")?;
            if line == "." || (line.is_empty() && lines.last().is_some_and(String::is_empty)) {
                let text = lines.join("\n").trim().to_owned();
                if !text.is_empty() {
                    return Ok(text);
                }
                lines.clear();
            } else {
                lines.push(line);
            }
        }
    }

    /// Yes or no.
    pub(crate) fn yes_or_no(&mut self, question: &str) -> Result<Answer, Failure> {
        loop {
            match self.read(&format!("{question} [yes/no]"))?.to_lowercase().as_str() {
                "y" | "yes" => return Ok(Answer::Yes),
                "n" | "no" => return Ok(Answer::No),
                _ => {}
            }
        }
    }

    /// Asks for words of a list by their number, until each is right.
    pub(crate) fn confirm_words(&mut self, words: &[String], asked: &[usize]) -> Result<(), Failure> {
        for position in asked {
            let Some(word) = words.get(*position) else { continue };
            loop {
                let typed = self.read(&format!("Word {}:", position + 1))?;
                if typed.eq_ignore_ascii_case(word) {
                    break;
                }
                self.show(|page| page.line("That is another word. Look at your paper again."));
            }
        }
        Ok(())
    }

    /// A line that is not shown while it is typed, with its blanks.
    pub(crate) fn secret(&mut self, question: &str) -> Result<String, Failure> {
        let _hidden = Hidden::begin()?;
        let mut line = self.read_whole(question)?;
        let end = line.trim_end_matches(['\r', '\n']).len();
        line.truncate(end);
        Ok(line)
    }

    fn read(&mut self, question: &str) -> Result<String, Failure> {
        Ok(self.read_whole(question)?.trim().to_owned())
    }

    fn read_whole(&mut self, question: &str) -> Result<String, Failure> {
        self.out.ask(question);
        let mut line = String::new();
        let read = self.input.read_line(&mut line).map_err(|error| Failure::io("read your answer", &error))?;
        if read == 0 {
            return Err(Failure::usage("the answers ended before the questions did")
                .hint("give everything as flags: see `--help`"));
        }
        Ok(line)
    }
}

/// A terminal that shows nothing of what is typed but the end of the line, until this is dropped.
struct Hidden(Termios);

impl Hidden {
    /// None where stdin is no terminal: nothing is shown there.
    fn begin() -> Result<Option<Self>, Failure> {
        let Ok(before) = tcgetattr(io::stdin()) else { return Ok(None) };
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        quiet.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(io::stdin(), OptionalActions::Now, &quiet)
            .map_err(|error| Failure::io("keep what is typed from the screen", &error.into()))?;
        Ok(Some(Self(before)))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that is gone needs no restoring.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

impl fmt::Debug for Keyboard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyboard").finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::output::Format;

    /// Asks somebody who types this.
    pub(crate) fn with<T>(typed: &str, ask: impl FnOnce(&mut Keyboard<'_>) -> T) -> T {
        let mut out = Output::new(Format::Human);
        ask(&mut Keyboard::new(&mut out, Box::new(typed.as_bytes())))
    }

    #[test]
    fn an_empty_line_is_no_answer() {
        assert_eq!(with("\n  \n River \n", |keyboard| keyboard.line("Name?")).unwrap(), "River");
    }

    #[test]
    fn a_text_ends_at_two_empty_lines_or_a_dot() {
        let text = with("One\n\nTwo\n\n\n", |keyboard| keyboard.text("Text?")).unwrap();
        assert_eq!(text, "One\n\nTwo");
        assert_eq!(with("One\n.\n", |keyboard| keyboard.text("Text?")).unwrap(), "One");
    }

    #[test]
    fn a_secret_keeps_its_blanks_and_may_be_empty() {
        assert_eq!(with(" two words \r\n", |keyboard| keyboard.secret("Passphrase:")).unwrap(), " two words ");
        assert_eq!(with("\n", |keyboard| keyboard.secret("Passphrase:")).unwrap(), "");
    }

    #[test]
    fn a_wrong_word_is_asked_for_again() {
        let words = ["river".to_owned(), "stone".to_owned()];
        with("stone\nRiver\n", |keyboard| keyboard.confirm_words(&words, &[0])).unwrap();
    }

    #[test]
    fn answers_that_end_are_an_error_and_no_loop() {
        assert!(with("", |keyboard| keyboard.line("Name?")).is_err());
        assert!(with("maybe\n", |keyboard| keyboard.yes_or_no("Sure?")).is_err());
        assert_eq!(with("maybe\nYES\n", |keyboard| keyboard.yes_or_no("Sure?")).unwrap(), Answer::Yes);
    }
}
