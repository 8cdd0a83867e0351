//! What the node tells beside a record: who stands behind it, and what people should know of it.

use crate::{context::Context, escape, output::Page, words::count};
use grid_protocol::record::Kind;
use serde_json::Value;

/// Says who stands behind a record, each group once, with what it does.
pub(super) fn supporters(page: &mut Page, kind: &Kind, record: &Value) {
    let supporters = &record["supporters"];
    if !supporters.is_object() {
        return;
    }
    let is_call = kind.name == "alert";
    let label = if is_call { "Answered by" } else { "Supported by" };
    let who = supporters["who"].as_array().map_or(&[][..], Vec::as_slice);
    if who.is_empty() {
        if is_call {
            page.field(label, "nobody yet");
        }
        return;
    }
    let number = |name: &str| supporters[name].as_u64().unwrap_or_default();
    let bring = match number("people") {
        0 => String::new(),
        1 => ", who bring 1 person".to_owned(),
        people => format!(", who bring {people} people"),
    };
    // Whoever answers no has answered, and brings nothing.
    let groups = if is_call { who.len() as u64 + number("more") } else { number("groups") };
    page.field(label, &format!("{}{bring}", count(groups, "group")));
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    for one in who {
        page.indented("  ", &format!("{}: {}", text(one, "name"), text(one, "does")));
    }
    if number("more") > 0 {
        page.indented("  ", &format!("and {} more", count(number("more"), "group")));
    }
}

/// The kinds of which something is told beside a record: their records are not counted once more.
pub(super) fn is_told(kind: &Kind, record: &Value, counted: &str) -> bool {
    record["supporters"].is_object() && (counted == "support" || (counted == "reply" && kind.name == "alert"))
}

/// Says what people should know of a record that they look at.
pub(super) fn noted(page: &mut Page, record: &Value) {
    for note in record["noted"].as_array().into_iter().flatten() {
        page.field("Note", note["what"].as_str().unwrap_or_default());
        page.indented("  Hint: ", note["hint"].as_str().unwrap_or_default());
    }
}

/// Says what people should know of what they have just written.
pub(super) fn notes(written: &Value, context: &mut Context<'_>) {
    for note in written["notes"].as_array().into_iter().flatten() {
        // What others wrote makes no lines of its own.
        let text = |key: &str| escape::line(note[key].as_str().unwrap_or_default());
        context.out.note(&format!("Note: {}\n  Hint: {}", text("what"), text("hint")));
    }
}
