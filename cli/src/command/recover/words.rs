//! The 24 words, from the keyboard or a file; never from the command line, where others of this computer see them.

use crate::{context::Context, failure::Failure, file, prompt::Keyboard};
use grid_protocol::words::{RecoveryWords, WORD_COUNT, WordsError};
use std::path::Path;

/// More than any 24 words take.
const MOST_BYTES: usize = 4 * 1024;

/// Reads the words from a file, or asks for them until they are right.
pub(super) fn read(context: &mut Context<'_>, path: Option<&Path>) -> Result<RecoveryWords, Failure> {
    if let Some(path) = path {
        let text = file::read_text(path, MOST_BYTES)?;
        return RecoveryWords::parse(&text).map_err(|error| wrong(&error));
    }
    let mut keyboard = context.keyboard().ok_or_else(|| {
        Failure::usage("recovering takes the 24 words of your group")
            .hint("leave out --no-input and --json and type them, or name a file with --words-file FILE")
    })?;
    keyboard.show(|page| {
        page.heading("Your group gets a new key from its 24 words.");
        page.line("Nothing is changed until you have seen which computers your group has. Ctrl-C ends it before.");
        page.line("Type the words from your paper, in order, as many in a line as you like.");
    });
    typed(&mut keyboard)
}

/// Asks until the words are right.
fn typed(keyboard: &mut Keyboard<'_>) -> Result<RecoveryWords, Failure> {
    loop {
        let mut text = String::new();
        loop {
            let count = text.split_whitespace().count();
            if count >= WORD_COUNT {
                break;
            }
            let line = keyboard.line(&format!("Words {} to {WORD_COUNT}:", count + 1))?;
            text.push(' ');
            text.push_str(&line);
        }
        match RecoveryWords::parse(&text) {
            Ok(words) => return Ok(words),
            Err(error) => {
                let what = crate::words::capital(&error.to_string());
                keyboard.show(|page| page.line(&format!("{what}. Once more, from the first word.")));
            }
        }
    }
}

fn wrong(error: &WordsError) -> Failure {
    let hint = match error {
        WordsError::Count { .. } => {
            "the file holds the 24 words and nothing else, with spaces or line ends between them"
        }
        WordsError::UnknownWord { .. } | WordsError::Checksum => "compare them with your paper, in order",
    };
    Failure::caused(crate::failure::Exit::Usage, error).code("invalid_words").hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{Format, Output};

    #[test]
    fn words_are_taken_in_several_lines_and_asked_for_again_when_one_is_wrong() {
        let words = RecoveryWords::from_entropy([7; 32]).words();
        let mut wrong = words.clone();
        wrong[3] = "abandn";
        let input = format!("{}\n\n{}\n{}\n", wrong.join(" "), words[..10].join("  "), words[10..].join(" "));
        let mut out = Output::new(Format::Human);
        let read = typed(&mut Keyboard::new(&mut out, Box::new(input.as_bytes()))).unwrap();
        assert_eq!(read.words(), words);
        assert!(typed(&mut Keyboard::new(&mut out, Box::new(&b"river\n"[..]))).is_err(), "answers that end");
    }
}
