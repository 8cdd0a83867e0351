//! A source file as the rules see it: its code without comments, strings and tests, and the paths in it.

use std::collections::BTreeSet;

/// One file.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text with comments, strings and test modules blanked out.
    code: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = without_tests(&without_words(text));
        Self { path: path.to_owned(), text: text.to_owned(), code }
    }

    /// Whether the file as a whole is test code.
    pub(crate) fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path.contains("/tests/") || name == "tests.rs" || name.ends_with("_tests.rs") || name == "sample.rs"
    }

    /// Every path in the code, written out in full from the name of a crate.
    pub(crate) fn paths(&self) -> BTreeSet<Vec<String>> {
        let mut found = BTreeSet::new();
        let tokens = tokens(&self.code);
        let mut at = 0;
        while at < tokens.len() {
            if tokens[at] == "use" {
                let end = tokens[at..].iter().position(|token| token == ";").map_or(tokens.len(), |len| at + len);
                tree(&tokens[at + 1..end], &[], &mut found);
                at = end;
            } else if is_name(&tokens[at]) {
                let mut path = vec![tokens[at].clone()];
                while at + 2 < tokens.len() && tokens[at + 1] == "::" && is_name(&tokens[at + 2]) {
                    path.push(tokens[at + 2].clone());
                    at += 2;
                }
                found.insert(path);
            }
            at += 1;
        }
        found.into_iter().map(|path| self.in_full(path)).collect()
    }

    /// `crate` and `super` replaced by what they stand for.
    fn in_full(&self, path: Vec<String>) -> Vec<String> {
        let (package, inside) = self.path.split_once("/src/").unwrap_or(("", &self.path));
        let krate = format!("grid_{package}");
        let mut module: Vec<&str> = inside.trim_end_matches(".rs").split('/').collect();
        if matches!(module.last(), Some(&"mod" | &"lib" | &"main")) {
            module.pop();
        }
        let mut rest = path.as_slice();
        match rest.first().map(String::as_str) {
            Some("crate") => (module, rest) = (Vec::new(), &rest[1..]),
            Some("self") => rest = &rest[1..],
            Some("super") => {
                while rest.first().is_some_and(|name| name == "super") {
                    module.pop();
                    rest = &rest[1..];
                }
            }
            _ => return path,
        }
        let names = module.into_iter().map(str::to_owned).chain(rest.iter().cloned());
        std::iter::once(krate).chain(names).collect()
    }
}

/// The paths of a use tree.
fn tree(tokens: &[String], prefix: &[String], found: &mut BTreeSet<Vec<String>>) {
    let mut path = prefix.to_vec();
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" => {
                let mut depth = 0;
                let mut start = at + 1;
                for (end, token) in tokens.iter().enumerate().skip(at) {
                    match token.as_str() {
                        "{" => depth += 1,
                        "}" => depth -= 1,
                        _ => {}
                    }
                    if (token == "," && depth == 1) || depth == 0 {
                        tree(&tokens[start..end], &path, found);
                        start = end + 1;
                    }
                    if depth == 0 {
                        break;
                    }
                }
                return;
            }
            "as" => break,
            "self" if !path.is_empty() => {}
            name if is_name(name) => path.push(name.to_owned()),
            _ => {}
        }
        at += 1;
    }
    if !path.is_empty() {
        found.insert(path);
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn tokens(code: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let len = match first {
            c if c.is_alphanumeric() || c == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            ':' if rest.starts_with("::") => 2,
            c => c.len_utf8(),
        };
        tokens.push(rest[..len].to_owned());
        rest = rest[len..].trim_start();
    }
    tokens
}

/// The code with a space in place of every comment and the content of every string.
fn without_words(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => string_len(rest),
            'r' if raw_hashes(rest).is_some() && !ends_in_name(&code) => raw_len(rest),
            '\'' => char_len(rest),
            _ => 0,
        };
        let len = if skipped == 0 { first.len_utf8() } else { skipped };
        code.push_str(if skipped == 0 { &rest[..len] } else { " " });
        rest = &rest[len..];
    }
    code
}

fn ends_in_name(code: &str) -> bool {
    code.ends_with(|c: char| c.is_alphanumeric() || c == '_') && !code.ends_with('b')
}

fn string_len(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

fn raw_hashes(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

fn raw_len(rest: &str) -> usize {
    let hashes = raw_hashes(rest).unwrap_or_default();
    let end = format!("\"{}", "#".repeat(hashes));
    let start = hashes + 2;
    rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len())
}

/// The length of a character, or zero for a lifetime.
fn char_len(rest: &str) -> usize {
    let mut letters = rest.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => rest[3..].find('\'').map_or(rest.len(), |end| end + 4),
        Some(_) => match letters.next() {
            Some((at, '\'')) => at + 1,
            _ => 0,
        },
        None => 0,
    }
}

/// The code without the items that are compiled for tests only.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        kept.push_str(&rest[..at]);
        rest = &rest[at + MARK.len()..];
        let mut depth = 0_usize;
        let end = rest.char_indices().find(|(_, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && matches!(c, '}' | ';')
        });
        rest = end.map_or("", |(at, _)| &rest[at + 1..]);
    }
    kept.push_str(rest);
    kept
}
