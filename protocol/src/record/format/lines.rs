//! Content lines, as calendars (RFC 5545, 3.1) and address books (RFC 6350, 3.2) have them: `NAME;PARAM=x:value`.

/// A line in octets, its end left out: longer ones are folded.
const WIDTH: usize = 75;

/// Writes content lines.
#[derive(Debug, Default)]
pub(super) struct Writer {
    out: String,
}

impl Writer {
    /// Writes a line; the value stands as it is, but for what would end the line.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        let mut used = 0;
        let value: String = value.chars().filter(|letter| !letter.is_control() || *letter == '\t').collect();
        for letter in name.chars().chain([':']).chain(value.chars()) {
            if used + letter.len_utf8() > WIDTH {
                self.out.push_str("\r\n ");
                used = 1;
            }
            self.out.push(letter);
            used += letter.len_utf8();
        }
        self.out.push_str("\r\n");
    }

    /// Writes a text; an empty one is no line.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        if !text.trim().is_empty() {
            self.raw(name, &escaped(text));
        }
    }

    /// What was written.
    pub(super) fn into_text(self) -> String {
        self.out
    }
}

/// A text with its signs escaped and its line ends as `\n`.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let text = text.replace("\r\n", "\n");
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => out.extend(['\\', letter]),
            '\n' | '\r' => out.push_str("\\n"),
            letter => out.push(letter),
        }
    }
    out
}

/// The text behind an escaped one.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            letter => out.push(letter),
        }
    }
    out
}

/// The parts of a value that `separator` divides, each as its text.
pub(super) fn parts(value: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escape = false;
    for letter in value.chars() {
        if letter == separator && !escape {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
        escape = letter == '\\' && !escape;
    }
    parts.iter().map(|part| unescaped(part).trim().to_owned()).collect()
}

/// A content line that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The line of the file where it begins.
    pub(super) number: u64,
    /// Its name in capitals, without the group in front of it.
    pub(super) name: String,
    params: Vec<(String, String)>,
    /// Its value, still escaped.
    pub(super) value: String,
}

impl Line {
    /// A parameter, by its name in capitals.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Its text.
    pub(super) fn text(&self) -> String {
        match self.param("ENCODING").map(str::to_ascii_uppercase).as_deref() {
            Some("QUOTED-PRINTABLE") => unescaped(&quoted_printable(&self.value)),
            _ => unescaped(&self.value),
        }
    }

    /// The same line with one value of several.
    pub(super) fn saying(&self, value: &str) -> Self {
        Self { value: value.to_owned(), number: self.number, name: self.name.clone(), params: self.params.clone() }
    }

    fn parse(number: u64, text: &str) -> Option<Self> {
        let mut quoted = false;
        let mut cuts = Vec::new();
        let mut colon = None;
        for (at, letter) in text.char_indices() {
            match letter {
                '"' => quoted = !quoted,
                ';' if !quoted => cuts.push(at),
                ':' if !quoted => {
                    colon = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let colon = colon?;
        let bounds: Vec<usize> = cuts.into_iter().chain([colon]).collect();
        let name = text.get(..*bounds.first()?)?.trim().to_ascii_uppercase();
        let name = name.rsplit('.').next().unwrap_or_default().to_owned();
        let params = bounds.windows(2).filter_map(|pair| {
            let text = text.get(pair.first()? + 1..*pair.last()?)?;
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            Some((name.trim().to_ascii_uppercase(), value.trim().trim_matches('"').to_owned()))
        });
        let params = params.collect();
        Some(Self { number, name, params, value: text.get(colon + 1..)?.to_owned() })
    }
}

/// The content lines of a file, unfolded. What is no such line is passed over.
pub(super) fn read(text: &str) -> Vec<Line> {
    let mut folded: Vec<(u64, String)> = Vec::new();
    for (number, line) in (1..).zip(text.split('\n')) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let more = line.strip_prefix([' ', '\t']);
        match (more, folded.last_mut()) {
            (Some(more), Some((_, before))) => before.push_str(more),
            // Old address books break lines of quoted-printable with a sign at the end.
            (None, Some((_, before)))
                if before.ends_with('=') && before.to_ascii_uppercase().contains("QUOTED-PRINTABLE") =>
            {
                before.pop();
                before.push_str(line);
            }
            _ => folded.push((number, line.to_owned())),
        }
    }
    folded.iter().filter_map(|(number, line)| Line::parse(*number, line)).collect()
}

fn quoted_printable(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match (first, hex.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'=', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A component of a calendar, or a card: its lines, those of components within it left out.
#[derive(Clone, Debug)]
pub(super) struct Component {
    /// What it is: `VEVENT`.
    pub(super) name: String,
    /// The line of the file where it begins.
    pub(super) number: u64,
    /// Its own lines.
    pub(super) lines: Vec<Line>,
    /// The components within it.
    pub(super) within: Vec<Component>,
}

impl Component {
    /// The first line of this name.
    pub(super) fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.name == name)
    }

    /// The text of the first line of this name, empty where there is none.
    pub(super) fn text(&self, name: &str) -> String {
        self.line(name).map(Line::text).unwrap_or_default()
    }
}

/// Components within components; deeper ones are passed over.
const DEPTH: usize = 8;

/// The outermost components of a file; one that is not closed ends with the file.
pub(super) fn components(text: &str) -> Vec<Component> {
    let mut open: Vec<Component> = Vec::new();
    let mut done = Vec::new();
    let mut too_deep = 0_usize;
    let close = |open: &mut Vec<Component>, done: &mut Vec<Component>| {
        let Some(closed) = open.pop() else { return };
        match open.last_mut() {
            Some(outer) => outer.within.push(closed),
            None => done.push(closed),
        }
    };
    for line in read(text) {
        match line.name.as_str() {
            "BEGIN" if open.len() >= DEPTH => too_deep += 1,
            "BEGIN" => {
                let name = line.value.trim().to_ascii_uppercase();
                open.push(Component { name, number: line.number, lines: Vec::new(), within: Vec::new() });
            }
            "END" if too_deep > 0 => too_deep -= 1,
            "END" => close(&mut open, &mut done),
            _ if too_deep > 0 => {}
            _ => {
                if let Some(component) = open.last_mut() {
                    component.lines.push(line);
                }
            }
        }
    }
    while !open.is_empty() {
        close(&mut open, &mut done);
    }
    done
}
