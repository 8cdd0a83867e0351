//! A podcast out: RSS 2.0 with the recordings as enclosures.

use super::entry::instant;
use super::feed::told;
use super::xml::Xml;
use super::{Entry, Feed};
use crate::record::{Presence, Value};

/// The field that says how long a recording is.
const BYTES: &str = "recording_bytes";

/// The entries that have a recording, as a podcast, in the order in which they come.
pub fn podcast<'a>(feed: &Feed, entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let heard = |entry: &&Entry| entry.presence == Presence::Present && !recording(entry).is_empty();
    let entries: Vec<&Entry> = entries.into_iter().filter(heard).collect();
    let language = entries.iter().map(|entry| entry.text(entry.shape.language.as_ref())).find(|it| is_code(it));
    // A channel has to have a page.
    let link = match feed.link.as_str() {
        "" => entries.first().map_or("about:blank", |entry| recording(entry)),
        link => link,
    };
    let mut out = Xml::new();
    let itunes = ("xmlns:itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd");
    out.open("rss", &[("version", "2.0"), itunes]);
    out.open("channel", &[]);
    out.text("title", &[], &feed.title);
    out.text("link", &[], link);
    out.text("description", &[], &feed.about);
    out.text("language", &[], language.unwrap_or("en"));
    out.text("generator", &[], "Coalition Grid");
    out.text("itunes:author", &[], &feed.author);
    out.text("itunes:explicit", &[], "false");
    for entry in entries {
        episode(&mut out, entry);
    }
    out.close("channel");
    out.close("rss");
    out.into_text()
}

fn episode(out: &mut Xml, entry: &Entry) {
    out.open("item", &[]);
    out.text("title", &[], &entry.title);
    out.text("description", &[], &told(entry));
    out.text("guid", &[("isPermaLink", "false")], &entry.uid());
    let published = entry.starts().map_or_else(|| instant(entry.created), |starts| starts.instant());
    out.text("pubDate", &[], &rfc_2822(published));
    let bytes = match entry.values.get(BYTES) {
        Some(Value::Number(bytes)) if *bytes >= 0.0 => *bytes as u64,
        _ => 0,
    };
    let url = recording(entry);
    out.empty("enclosure", &[("url", url), ("length", &bytes.to_string()), ("type", media_type(url))]);
    let link = entry.text(entry.shape.link.as_ref());
    if !link.is_empty() {
        out.text("link", &[], link);
    }
    if let Some((starts, ends)) = entry.starts().zip(entry.ends()) {
        let seconds = ends.instant().as_second().saturating_sub(starts.instant().as_second());
        out.text("itunes:duration", &[], &seconds.to_string());
    }
    out.text("itunes:explicit", &[], "false");
    out.close("item");
}

fn recording(entry: &Entry) -> &str {
    entry.text(entry.shape.recording.as_ref())
}

/// Whether it is a code of a language, as feeds want it, and no name of one.
fn is_code(language: &str) -> bool {
    let (first, rest) = language.split_once('-').unwrap_or((language, ""));
    (2..=3).contains(&first.len())
        && [first, rest].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// What a recording is, as the end of its address says; most are sound.
fn media_type(url: &str) -> &'static str {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    match path.rsplit('.').next().unwrap_or_default() {
        "m4a" => "audio/x-m4a",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "wav" => "audio/wav",
        "mp4" | "m4v" => "video/mp4",
        "webm" => "video/webm",
        _ => "audio/mpeg",
    }
}

/// `Mon, 30 Nov 2026 10:00:00 +0000`; a time before the year 1900 has no such form and is its first second.
fn rfc_2822(instant: jiff::Timestamp) -> String {
    let local = jiff::tz::Offset::UTC.to_datetime(instant);
    let local = local.max(jiff::civil::date(1900, 1, 1).at(0, 0, 0, 0));
    local.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
