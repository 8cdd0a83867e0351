//! Lengths of time as people write them: `90s`, `30m`, `12h`, `7d`, `2w`.

use std::time::Duration;

/// Text that is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a length of time such as 30m, 12h, 7d or 2w, found {found:?}")]
pub(crate) struct ParseSpanError {
    found: String,
}

/// Reads a length of time; a number alone means seconds.
pub(crate) fn parse(text: &str) -> Result<Duration, ParseSpanError> {
    let wrong = || ParseSpanError { found: text.chars().take(40).collect() };
    let trimmed = text.trim();
    let digits = trimmed.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match &trimmed[digits.len()..] {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        "w" => 7 * 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let seconds = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(wrong)?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        assert_eq!(parse("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("30m"), Ok(Duration::from_secs(1_800)));
        assert_eq!(parse(" 7d "), Ok(Duration::from_secs(604_800)));
        assert_eq!(parse("2w"), Ok(Duration::from_secs(1_209_600)));
    }

    #[test]
    fn anything_else_is_named_in_the_error() {
        for text in ["", "d", "-1d", "1.5h", "7 days", "99999999999999999999w", "7é"] {
            assert!(parse(text).unwrap_err().to_string().contains("7d"), "{text}");
        }
    }
}
