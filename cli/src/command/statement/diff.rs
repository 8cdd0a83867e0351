//! What a version of the statement changes.

use crate::{client, command::kind, context::Context, failure::Failure, output::Page};
use clap::Args;
use serde_json::Value;

/// See what a version of the statement changes, word by word
#[derive(Clone, Debug, Args)]
pub(crate) struct Diff {
    /// The version; with a second one the version to compare with [default: the one that your group follows]
    #[arg(value_name = "VERSION")]
    first: Option<String>,
    /// The version that is compared with the first; without it the first one with its base
    #[arg(value_name = "VERSION2")]
    second: Option<String>,
}

impl Diff {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let (first, second) = (self.first.as_deref(), self.second.as_deref());
        let (from, to) = if second.is_some() { (first, second) } else { (None, first) };
        let checked = |(name, id): (&'static str, Option<&str>)| id.map(|id| Ok((name, kind::checked(id)?)));
        let query: Vec<(&str, String)> =
            [("from", from), ("to", to)].into_iter().filter_map(checked).collect::<Result<_, Failure>>()?;
        let query = query.iter().map(|(name, id)| (*name, id.as_str()));
        let diff = context.client()?.get(&client::with_query("/api/statement/diff", query))?;
        context.out.answer(&diff, |page| show(page, &diff));
        Ok(())
    }
}

fn show(page: &mut Page, diff: &Value) {
    let called = |version: &Value| {
        let id: String = said(version, "version").chars().take(10).collect();
        format!("{} ({id})", said(version, "title"))
    };
    page.heading(&format!("From {} to {}", called(&diff["from"]), called(&diff["to"])));
    page.line("What goes stands in [-...-], what comes in {+...+}.");
    page.gap();
    let mut is_same = true;
    let mut changed = |page: &mut Page, title: &str, text: &Value| {
        is_same = false;
        page.line(title);
        lines(text).iter().for_each(|line| page.indented("  ", line));
        page.gap();
    };
    if has_changes(&diff["text"]) {
        changed(page, "Text:", &diff["text"]);
    }
    for policy in items(&diff["policies"]) {
        changed(page, &format!("Policy {}: {}", said(policy, "is"), said(policy, "title")), &policy["text"]);
    }
    for (title, groups) in [
        ("New electors", &diff["electors"]["added"]),
        ("Electors no more", &diff["electors"]["removed"]),
        ("Removes", &diff["removes"]),
    ] {
        let names: Vec<&str> = items(groups).map(|group| said(group, "name")).collect();
        if !names.is_empty() {
            is_same = false;
            page.field(title, &names.join(", "));
        }
    }
    if is_same && diff["from"]["title"] == diff["to"]["title"] {
        page.line("Nothing differs.");
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn has_changes(text: &Value) -> bool {
    items(text).any(|stretch| stretch["is"] != "same")
}

fn said<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// The lines in which something changes, with one line around them; dots stand for the others.
fn lines(text: &Value) -> Vec<String> {
    let mut all = vec![(String::new(), false)];
    for stretch in items(text) {
        let (before, after, changes) = match said(stretch, "is") {
            "removed" => ("[-", "-]", true),
            "added" => ("{+", "+}", true),
            _ => ("", "", false),
        };
        // Marks are closed at the end of a line, so that each line can be read by itself.
        let text = said(stretch, "text");
        // What comes behind the end of its last line is another stretch's.
        let last = if text.trim_end_matches('\n').is_empty() { usize::MAX } else { text.matches('\n').count() };
        for (number, part) in text.split('\n').enumerate() {
            if number > 0 {
                all.push((String::new(), false));
            }
            if let Some((line, is_changed)) = all.last_mut() {
                let is_marked = changes && !(part.is_empty() && number == last);
                *is_changed |= is_marked;
                if !part.is_empty() || (is_marked && number > 0) {
                    line.push_str(&format!("{before}{part}{after}"));
                }
            }
        }
    }
    let near = |at: usize| {
        let around = at.saturating_sub(1)..=at + 1;
        all.get(*around.start()..=(*around.end()).min(all.len() - 1)).is_some_and(|near| near.iter().any(|(_, is)| *is))
    };
    let mut shown: Vec<String> = Vec::new();
    for (at, (line, _)) in all.iter().enumerate() {
        match near(at) {
            true => shown.push(line.clone()),
            false if shown.last().is_none_or(|last| last != "...") => shown.push("...".to_owned()),
            false => {}
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_changes_is_shown_with_a_line_around_it() {
        let text = json!([
            {"is": "same", "text": "One\nTwo\nThree\nFour "}, {"is": "removed", "text": "five"},
            {"is": "added", "text": "six"}, {"is": "same", "text": "\nSeven\nEight"},
        ]);
        assert_eq!(lines(&text), ["...", "Three", "Four [-five-]{+six+}", "Seven", "..."]);
    }

    #[test]
    fn a_mark_never_reaches_over_the_end_of_a_line() {
        let text = json!([{"is": "same", "text": "One "}, {"is": "added", "text": "two\nthree"}]);
        assert_eq!(lines(&text), ["One {+two+}", "{+three+}"]);
        let text = json!([{"is": "added", "text": "One\n\nTwo\n"}, {"is": "same", "text": "Three"}]);
        assert_eq!(lines(&text), ["{+One+}", "{++}", "{+Two+}", "Three"]);
    }
}
