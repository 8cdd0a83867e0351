//! Words as sentences need them: numbers with their nouns, articles, capitals.

/// A number with its noun: `1 row`, `2 rows`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A noun with its article: `an action`.
pub(crate) fn a(noun: &str) -> String {
    grid_protocol::record::one_of(noun)
}

/// With a capital in front.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Without a capital in front.
pub(crate) fn uncapital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:,=+@".contains(letter);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_a_shell_would_take_apart_is_quoted() {
        assert_eq!(quoted("--until"), "--until");
        assert_eq!(quoted("Day of the Sarn"), "'Day of the Sarn'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn nouns_go_with_their_numbers_and_articles() {
        assert_eq!([count(1, "row"), count(0, "row"), count(12, "row")], ["1 row", "0 rows", "12 rows"]);
        assert_eq!([a("action"), a("group"), a("orchard")], ["an action", "a group", "an orchard"]);
        assert_eq!((capital("boats"), uncapital("A boat")), ("Boats".to_owned(), "a boat".to_owned()));
    }
}
