//! What other groups wrote, made safe for a terminal.
//!
//! A name can hold control sequences that move the cursor or change colours, and characters that turn the reading
//! direction around, so that `Bob` is read where `eve` stands. They are shown as what they are instead.

use grid_protocol::letters::is_invisible;
use std::fmt::Write as _;

/// Text of one line: line breaks are shown too.
pub(crate) fn line(text: &str) -> String {
    shown(text, &[])
}

/// Text of many lines.
pub(crate) fn block(text: &str) -> String {
    shown(&text.replace("\r\n", "\n"), &['\n', '\t'])
}

/// JSON that a terminal can show: the same value, with the characters that a terminal obeys written as `\u....`.
pub(crate) fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter != '\n' && obeyed(letter) {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(letter);
        }
    }
    out
}

fn shown(text: &str, kept: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            letter if kept.contains(&letter) || !obeyed(letter) => out.push(letter),
            '\n' => out.push('⏎'),
            '\t' => out.push(' '),
            letter => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(letter));
            }
        }
    }
    out
}

/// Whether a terminal does something with a character beside showing it.
fn obeyed(letter: char) -> bool {
    letter.is_control()
        || match letter {
            // Joiners and variation selectors belong to names of many languages, and to pictures.
            '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{180b}'..='\u{180f}' | '\u{e0100}'..='\u{e01ef}' => {
                false
            }
            // Separators of lines, fillers and blanks that hide in names, tags: invisible copies of ASCII.
            _ => is_invisible(letter),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_as_what_it_is() {
        assert_eq!(line("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(line("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(line("ab\u{202e}dc"), "ab\\u{202e}dc");
        for letter in
            ['\u{ad}', '\u{34f}', '\u{115f}', '\u{200b}', '\u{2028}', '\u{2060}', '\u{2800}', '\u{3164}', '\u{e0041}']
        {
            assert_eq!(line(&format!("River{letter}")), format!("River\\u{{{:x}}}", u32::from(letter)));
        }
        assert_eq!(line("one\ntwo\tthree"), "one⏎two three");
    }

    #[test]
    fn names_of_all_languages_stay_as_they_are() {
        for name in ["Río Verde", "नदी समूह", "川の会", "אנשי הנחל", "👩‍🌾 farmers"] {
            assert_eq!(line(name), name);
        }
    }

    #[test]
    fn a_text_keeps_its_lines() {
        assert_eq!(block("one\r\ntwo\n\u{7}"), "one\ntwo\n\\u{7}");
    }

    #[test]
    fn escaped_json_is_the_same_value() {
        let value = serde_json::json!({"name": "a\u{9b}b\u{202e}c\u{e0041}", "text": "x\ny"});
        let text = json(&value.to_string());
        assert!(!text.contains('\u{9b}') && !text.contains('\u{202e}') && !text.contains('\u{e0041}'));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
