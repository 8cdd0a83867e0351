//! Letters that nobody sees: a name made of them looks like no name, or like another's.

/// Whether a character shows nothing by itself: joiners, fillers, directions, variation selectors, tags, blanks that
/// count as letters. Unicode's default ignorable characters, and the blank of Braille.
pub const fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a text shows anything at all.
pub fn is_seen(text: &str) -> bool {
    text.chars().any(|letter| !letter.is_whitespace() && !letter.is_control() && !is_invisible(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fillers_and_joiners_show_nothing_and_those_of_all_languages_do() {
        for text in
            ["", " \t", "\u{3164}", "\u{200b}\u{2060}", "\u{2800}\u{a0}", "\u{ffa0}\u{1160}\u{115f}", "\u{ad}\u{34f}"]
        {
            assert!(!is_seen(text), "{text:?}");
        }
        for text in ["x", "नदी समूह", "川の会", "👩\u{200d}🌾", "…", "אנשי\u{200f}"] {
            assert!(is_seen(text), "{text:?}");
        }
    }
}
