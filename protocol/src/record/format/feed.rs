//! Atom out (RFC 4287): what is new, for news readers.

use super::entry::instant;
use super::xml::Xml;
use super::{Entry, Feed};
use crate::record::Presence;

/// The entries as an Atom feed, in the order in which they come.
pub fn atom<'a>(feed: &Feed, entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let entries: Vec<&Entry> = entries.into_iter().filter(|entry| entry.presence == Presence::Present).collect();
    let newest = entries.iter().map(|entry| instant(entry.changed)).max().unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let mut out = Xml::new();
    out.open("feed", &[("xmlns", "http://www.w3.org/2005/Atom")]);
    out.text("id", &[], &feed.id);
    out.text("title", &[], &feed.title);
    out.text("subtitle", &[], &feed.about);
    out.text("updated", &[], &newest.to_string());
    out.open("author", &[]);
    out.text("name", &[], &feed.author);
    out.close("author");
    if !feed.link.is_empty() {
        out.empty("link", &[("rel", "alternate"), ("href", &feed.link)]);
    }
    out.text("generator", &[], "Coalition Grid");
    for entry in entries {
        item(&mut out, entry);
    }
    out.close("feed");
    out.into_text()
}

fn item(out: &mut Xml, entry: &Entry) {
    out.open("entry", &[]);
    out.text("id", &[], &format!("urn:x-grid:{}:{}", entry.coalition, entry.id));
    out.text("title", &[], &entry.title);
    out.text("updated", &[], &instant(entry.changed).to_string());
    out.text("published", &[], &instant(entry.created).to_string());
    out.open("author", &[]);
    out.text("name", &[], &entry.author);
    out.close("author");
    if let Some(maker) = entry.credit.as_ref().and_then(|credit| credit.maker.as_deref()) {
        out.open("contributor", &[]);
        out.text("name", &[], maker);
        out.close("contributor");
    }
    out.empty("category", &[("term", &entry.kind)]);
    for tag in entry.tags() {
        out.empty("category", &[("term", tag)]);
    }
    let link = entry.text(entry.shape.link.as_ref());
    if !link.is_empty() {
        out.empty("link", &[("rel", "alternate"), ("href", link)]);
    }
    out.text("content", &[("type", "text")], &told(entry));
    out.close("entry");
}

/// When and where, what it is about, and after whose example.
pub(super) fn told(entry: &Entry) -> String {
    let place = entry.text(entry.shape.place.as_ref());
    let when = entry.starts().map(|starts| match starts.zone() {
        Some(zone) => format!("{} ({zone})", starts.local().strftime("%Y-%m-%d %H:%M")),
        None => starts.to_string(),
    });
    let again = entry.repeat().map(|repeat| format!("comes back: {repeat}")).unwrap_or_default();
    let head: Vec<&str> = when.as_deref().into_iter().chain([&*again, place]).filter(|part| !part.is_empty()).collect();
    let text = entry.text(entry.shape.text.as_ref());
    let parts = [head.join(", "), text.to_owned(), entry.thanks()];
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}
