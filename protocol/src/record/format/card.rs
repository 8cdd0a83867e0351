//! vCards out: version 3.0 (RFC 2426) in UTF-8, which every telephone reads.

use super::Entry;
use super::entry::instant;
use super::lines::{Writer, escaped};
use crate::record::Presence;

/// The entries as an address book.
pub fn cards<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let mut out = Writer::default();
    for entry in entries.into_iter().filter(|entry| entry.presence == Presence::Present) {
        card(&mut out, entry);
    }
    out.into_text()
}

fn card(out: &mut Writer, entry: &Entry) {
    let shape = &entry.shape;
    out.raw("BEGIN", "VCARD");
    out.raw("VERSION", "3.0");
    out.text("UID", &entry.uid());
    out.raw("REV", &instant(entry.changed).to_string());
    out.text("FN", &entry.title);
    // Nobody knows which part of a name is which.
    out.raw("N", &format!("{};;;;", escaped(&entry.title)));
    out.text("EMAIL", entry.text(shape.email.as_ref()));
    out.text("TEL", entry.text(shape.phone.as_ref()));
    let reach = entry.text(shape.reach.as_ref());
    match Reach::of(reach) {
        Reach::Mail => out.text("EMAIL", reach),
        Reach::Telephone => out.text("TEL", reach),
        Reach::Words => out.text("X-GRID-REACH", reach),
    }
    let place = entry.text(shape.place.as_ref());
    if !place.is_empty() {
        out.raw("ADR", &format!(";;;{};;;", escaped(place)));
    }
    if let Some(point) = entry.point() {
        out.raw("GEO", &format!("{};{}", point.latitude(), point.longitude()));
    }
    let link = entry.text(shape.link.as_ref());
    if !link.is_empty() {
        out.raw("URL", link);
    }
    let tags: Vec<String> = entry.tags().map(escaped).collect();
    if !tags.is_empty() {
        out.raw("CATEGORIES", &tags.join(","));
    }
    out.text("NOTE", entry.text(shape.note.as_ref()));
    out.text("ORG", &entry.author);
    out.raw("END", "VCARD");
}

/// What a way to be reached looks like.
enum Reach {
    Mail,
    Telephone,
    Words,
}

impl Reach {
    fn of(text: &str) -> Self {
        let is_word = !text.trim().contains(char::is_whitespace);
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let is_number = text.chars().all(|letter| letter.is_ascii_digit() || " +-/().".contains(letter));
        match () {
            () if is_word && text.contains('@') => Self::Mail,
            () if is_number && digits >= 3 => Self::Telephone,
            () => Self::Words,
        }
    }
}
