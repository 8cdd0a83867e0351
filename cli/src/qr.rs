//! QR codes out of block characters, to be read from a screen.

use crate::failure::{Exit, Failure};
use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};

/// The code of a text. Blocks are drawn where the code is light: right on a dark terminal, and readers take both.
pub(crate) fn code(text: &str) -> Result<String, Failure> {
    // Letters and digits alone take half the room, and invites do not mind their case.
    let code = QrCode::with_error_correction_level(text.to_uppercase(), EcLevel::L).map_err(|_| {
        Failure::new(Exit::Failed, "the invite is too long for a QR code").hint("hand it over as a file: --file FILE")
    })?;
    Ok(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).quiet_zone(true).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_square_of_blocks() {
        let code = code("grid1abcdefghijklmnop").unwrap();
        let lines: Vec<&str> = code.lines().collect();
        let widths: Vec<usize> = lines.iter().map(|line| line.chars().count()).collect();
        assert!(widths.iter().all(|width| *width == widths[0] && width.div_ceil(2) == lines.len()), "{widths:?}");
    }

    #[test]
    fn a_text_that_fits_no_code_is_refused() {
        assert!(code(&"x".repeat(8_000)).unwrap_err().hint.is_some());
    }
}
