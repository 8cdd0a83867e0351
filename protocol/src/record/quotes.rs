//! Quotation marks of a CSV file that nobody closed.
//!
//! A cell that opens with a quotation mark and never closes it takes every following row into itself, and no reader of
//! CSV says a word. The place where it opened is found here, before the rest is read.

/// A quotation mark that swallows rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpenQuote {
    /// The line where it stands, from 1.
    pub(super) line: usize,
    /// Where in the text the row with it begins.
    pub(super) row: usize,
    /// How many further lines there are.
    pub(super) lines_after: usize,
}

/// Where the scan is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Plain,
    Quoted,
    /// Behind a quotation mark in a quoted cell: the end of it, or the first of two.
    Closing,
}

/// The first quotation mark that is not closed, or closed only where a later cell opens one.
pub(super) fn open_quote(text: &str, delimiter: u8) -> Option<OpenQuote> {
    let (mut state, mut line, mut row) = (State::CellStart, 1, 0);
    let mut opened = OpenQuote { line: 1, row: 0, lines_after: 0 };
    for (place, byte) in text.bytes().enumerate() {
        let ends_cell = byte == delimiter || matches!(byte, b'\n' | b'\r');
        state = match state {
            State::CellStart if byte == b'"' => {
                opened = OpenQuote { line, row, lines_after: 0 };
                State::Quoted
            }
            State::CellStart | State::Plain if ends_cell => State::CellStart,
            State::CellStart | State::Plain => State::Plain,
            State::Quoted if byte == b'"' => State::Closing,
            State::Quoted => State::Quoted,
            State::Closing if byte == b'"' => State::Quoted,
            State::Closing if ends_cell => State::CellStart,
            // Text behind the end of a cell. On one line that is somebody's way to write; over several it is the mark
            // of another cell.
            State::Closing if line > opened.line => return Some(opened.counted(text)),
            State::Closing => State::Plain,
        };
        line += usize::from(byte == b'\n');
        if matches!(byte, b'\n' | b'\r') && state == State::CellStart {
            row = place + 1;
        }
    }
    (state == State::Quoted).then(|| opened.counted(text))
}

impl OpenQuote {
    fn counted(self, text: &str) -> Self {
        let lines = text.trim_end().bytes().filter(|byte| *byte == b'\n').count() + 1;
        Self { lines_after: lines.saturating_sub(self.line), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(usize, &str, usize)> {
        open_quote(text, b',').map(|quote| (quote.line, &text[quote.row..], quote.lines_after))
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_is_found_where_it_opened() {
        assert_eq!(found("a,b\n1,2\n3,\"4\n5,6\n7,8\n"), Some((3, "3,\"4\n5,6\n7,8\n", 2)));
        assert_eq!(found("a,b\n\"1\n2\",\"3\n4,5"), Some((3, "\"1\n2\",\"3\n4,5", 1)));
        assert_eq!(found("a\n\""), Some((2, "\"", 0)));
    }

    #[test]
    fn a_quotation_mark_that_a_later_cell_closes_is_found_too() {
        assert_eq!(found("a,b\n\"1,2\n3,\"4\"\n"), Some((2, "\"1,2\n3,\"4\"\n", 1)));
    }

    #[test]
    fn cells_with_line_breaks_and_doubled_marks_are_sound() {
        for text in ["", "a,b\n\"1\n2\",\"say \"\"hi\"\"\"\n3,4\n", "a\r\n\"b\"\r\nc \"d\" e\r\n", "a\n\"b\" c\nd\n"] {
            assert_eq!(found(text), None, "{text:?}");
        }
    }
}
