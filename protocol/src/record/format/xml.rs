//! Just as much XML as feeds need: elements, attributes, text.

/// Writes XML.
#[derive(Debug)]
pub(super) struct Xml {
    out: String,
}

impl Xml {
    /// A document without an element yet.
    pub(super) fn new() -> Self {
        Self { out: "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_owned() }
    }

    /// Opens an element.
    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, ">\n");
    }

    /// Closes an element.
    pub(super) fn close(&mut self, name: &str) {
        self.out.push_str(&format!("</{name}>\n"));
    }

    /// An element that holds nothing.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, "/>\n");
    }

    /// An element that holds a text.
    pub(super) fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.tag(name, attributes, ">");
        self.out.push_str(&escaped(text));
        self.close(name);
    }

    /// What was written.
    pub(super) fn into_text(self) -> String {
        self.out
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)], end: &str) {
        self.out.push_str(&format!("<{name}"));
        for (name, value) in attributes {
            // Line ends and tabs would become spaces.
            let value = escaped(value).replace('\n', "&#10;").replace('\t', "&#9;");
            self.out.push_str(&format!(" {name}=\"{value}\""));
        }
        self.out.push_str(end);
    }
}

/// The text without what XML 1.0 has no place for.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(letter),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() && !('\u{80}'..='\u{9f}').contains(&letter) && letter != '\u{7f}' => {}
            letter => out.push(letter),
        }
    }
    out
}
