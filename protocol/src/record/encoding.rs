//! The letters of a file that somebody exported: UTF-8, or what spreadsheets and calendars write in its place.

use std::borrow::Cow;

/// What stands at 0x80 to 0x9F of Windows-1252; what has no letter there is a nul.
const HIGH: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”', '•',
    '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// How a file was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As it says.
    Certain,
    /// As Windows-1252, since it is no UTF-8: the first line that is not.
    Guessed {
        /// Its number, from 1.
        line: u64,
    },
}

/// The text of a file, or the first line that is none.
pub(super) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), usize> {
    // Some spreadsheets call this "Unicode text".
    for (mark, pair) in [([0xFF, 0xFE], u16::from_le_bytes as fn([u8; 2]) -> u16), ([0xFE, 0xFF], u16::from_be_bytes)] {
        if let Some(rest) = bytes.strip_prefix(&mark) {
            let units = rest.chunks_exact(2).filter_map(|unit| unit.try_into().ok().map(pair));
            let text: Result<String, _> = char::decode_utf16(units).collect();
            return text.map(|text| (Cow::Owned(text), Encoding::Certain)).map_err(|_| 1);
        }
    }
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok((Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)), Encoding::Certain)),
        Err(error) => error,
    };
    let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let letter = |byte: &u8| match byte {
        0x80..=0x9F => HIGH.get(usize::from(byte - 0x80)).copied().unwrap_or_default(),
        byte => char::from(*byte),
    };
    let text: String = bytes.iter().map(letter).collect();
    // No text has a nul in it: this is a picture, or the file of a program.
    if text.contains('\0') {
        return Err(line);
    }
    Ok((Cow::Owned(text), Encoding::Guessed { line: u64::try_from(line).unwrap_or(u64::MAX) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_spreadsheets_write_is_read_and_a_guess_is_called_one() {
        let read = |bytes: &[u8]| decode(bytes).map(|(text, encoding)| (text.into_owned(), encoding));
        assert_eq!(read("\u{feff}Café".as_bytes()), Ok(("Café".to_owned(), Encoding::Certain)));
        assert_eq!(read(b"\xff\xfeC\0a\0f\0\xe9\0"), Ok(("Café".to_owned(), Encoding::Certain)));
        assert_eq!(read(b"\xfe\xff\0C\0a"), Ok(("Ca".to_owned(), Encoding::Certain)));
        let guessed = Encoding::Guessed { line: 2 };
        assert_eq!(read(b"Name\nCaf\xe9 \x93Nord\x94 \x80\n"), Ok(("Name\nCafé “Nord” €\n".to_owned(), guessed)));
        assert_eq!(read(b"Name\n\n\x81"), Err(3));
        assert_eq!(read(b"PK\x03\x04\0\xff"), Err(1));
    }
}
