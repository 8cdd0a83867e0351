//! `grid news`: what came since somebody looked last.
//!
//! What was seen stands in a file of the home, by device and place in its log: what was written long ago and arrives
//! today is news.

use crate::{
    client::with_query,
    context::{self, Context},
    failure::Failure,
    output::Page,
    table::Table,
    when,
};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// Show what others have written since you looked last
#[derive(Clone, Debug, Args)]
pub(crate) struct News {
    /// Since this day or moment, by the clocks of those who wrote it [default: since you last said --seen]
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// You have seen it: next time only what comes from now on
    #[arg(long)]
    seen: bool,
    /// Only records of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Only those of this group: its name, or its id
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
}

/// What was seen on a home.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Seen {
    version: u8,
    at: String,
    seen: Map<String, Value>,
}

/// The version of the file.
const VERSION: u8 = 1;
/// A file that is larger was not written here.
const BYTES: u64 = 16 * 1024 * 1024;

impl News {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let client = context.client()?;
        let file = context.home()?.join("news.json");
        let before = read(&file);
        let answer = match &self.since {
            Some(since) => {
                let since = moment(since);
                let limit = self.limit.to_string();
                let words = [("kind", self.kind.as_deref()), ("group", self.group.as_deref())];
                let given = words.into_iter().filter_map(|(name, word)| Some((name, word?)));
                let query = [("since", since.as_str()), ("limit", &limit)].into_iter().chain(given);
                client.get(&with_query("/api/news", query))?
            }
            None => client.post(
                "/api/news",
                &json!({"seen": before.seen, "kind": self.kind, "group": self.group, "limit": self.limit}),
            )?,
        };
        if self.seen {
            let seen = answer["seen"].as_object().cloned().unwrap_or_default();
            let at = answer["asked_at"].as_str().unwrap_or_default().to_owned();
            write(&file, &Seen { version: VERSION, at, seen })
                .map_err(|error| Failure::io("note what you have seen", &error))?;
        }
        let mut told = answer.clone();
        if let Some(told) = told.as_object_mut() {
            // How much of each log is here is for the file alone.
            told.remove("seen");
            told.insert("last_seen".to_owned(), json!(Some(&before.at).filter(|at| !at.is_empty())));
        }
        let line = context.line("news --seen");
        context.out.answer(&told, |page| show(page, &answer, &before, &self));
        let total = answer["total"].as_u64().unwrap_or_default();
        if total > 0 && !self.seen && self.since.is_none() {
            context.out.note(&format!("When you have read it: {line}"));
        }
        Ok(())
    }
}

fn show(page: &mut Page, answer: &Value, before: &Seen, asked: &News) {
    let items = answer["items"].as_array().map_or(&[][..], Vec::as_slice);
    if items.is_empty() {
        let since = match (&asked.since, before.at.as_str()) {
            (Some(since), _) => format!(" since {since}"),
            (None, "") => String::new(),
            (None, at) => format!(" since you looked, {}", when::relative(at, context::now())),
        };
        page.line(&format!("Nothing new{since}."));
        return;
    }
    let mut table = Table::new(["When", "What", "Kind", "Called", "Group", "Id"]);
    for item in items {
        let text = |key: &str| item[key].as_str().unwrap_or_default();
        let id: String = text("id").chars().take(8).collect();
        let at = when::relative(text("changed_at"), context::now());
        table.row([&at, text("what"), text("kind"), text("title"), text("group_name"), &id]);
    }
    page.table(&table);
    let total = answer["total"].as_u64().unwrap_or_default();
    let shown = items.len() as u64;
    if total > shown {
        page.line(&format!("{shown} of {total}; more with --limit."));
    }
}

/// A day begins where this computer is; what is no day is left to the node.
fn moment(text: &str) -> String {
    let day = text.trim().parse::<jiff::civil::Date>().ok().filter(|_| !text.contains(':'));
    let start = day.and_then(|day| day.to_zoned(jiff::tz::TimeZone::system()).ok());
    start.map_or_else(|| text.trim().to_owned(), |start| start.timestamp().to_string())
}

/// A file that does not read, or of a version to come, is as good as none: everything is news once more.
fn read(path: &Path) -> Seen {
    let small = fs::metadata(path).is_ok_and(|meta| meta.len() <= BYTES);
    let text = if small { fs::read_to_string(path).unwrap_or_default() } else { String::new() };
    let seen: Seen = serde_json::from_str(&text).unwrap_or_default();
    if seen.version == VERSION { seen } else { Seen::default() }
}

/// The whole file or none of it: a new one takes the place of the old.
fn write(path: &Path, seen: &Seen) -> io::Result<()> {
    let new: PathBuf = path.with_extension("json.new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(serde_json::to_string(seen)?.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn what_was_seen_is_kept_for_its_owner_and_a_damaged_file_is_none() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("news.json");
        let mut seen = Map::new();
        seen.insert("d".to_owned(), json!(7));
        write(&path, &Seen { version: VERSION, at: "2026-11-22T06:00:00Z".to_owned(), seen }).unwrap();
        assert_eq!(read(&path).seen["d"], 7);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for text in ["{torn", r#"{"version": 9, "at": "", "seen": {"d": 7}}"#] {
            fs::write(&path, text).unwrap();
            assert!(read(&path).seen.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_day_begins_here_and_a_moment_stays() {
        assert!(moment("2026-11-30").ends_with('Z'));
        assert_eq!(moment("2026-11-30T10:00:00+11:00"), "2026-11-30T10:00:00+11:00");
        assert_eq!(moment("soon"), "soon");
    }
}
