//! `grid news`: what came since somebody looked last.
//!
//! What was seen stands in a file of the home, by device and place in its log: what was written long ago and arrives
//! today is news.

use crate::{
    client::with_query,
    command::kind::hidden_note,
    context::{self, Context},
    failure::Failure,
    noted,
    output::Page,
    table::Table,
    when,
};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
/// Show what others have written since you looked last
#[derive(Clone, Debug, Args)]
pub(crate) struct News {
    /// Since this day or moment, by the clocks of those who wrote it [default: since you last said --seen]
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// You have seen it: next time only what comes from now on. Where more is there than is shown, nothing is marked
    #[arg(long, conflicts_with_all = ["since", "kind", "group"])]
    seen: bool,
    /// With --seen: mark also what is not shown
    #[arg(long, requires = "seen")]
    all: bool,
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
    at: String,
    seen: Map<String, Value>,
}

impl News {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let client = context.client()?;
        let file = context.home()?.join("news.json");
        let before: Seen = noted::read(&file);
        let answer = match &self.since {
            Some(since) => {
                let limit = self.limit.to_string();
                let words = [("kind", self.kind.as_deref()), ("group", self.group.as_deref())];
                let given = words.into_iter().filter_map(|(name, word)| Some((name, word?)));
                let query = [("since", since.trim()), ("limit", &limit)].into_iter().chain(given);
                client.get(&with_query("/api/news", query))?
            }
            None => client.post(
                "/api/news",
                &json!({"seen": before.seen, "kind": self.kind, "group": self.group, "limit": self.limit}),
            )?,
        };
        let total = answer["total"].as_u64().unwrap_or_default();
        let shown = answer["items"].as_array().map_or(0, Vec::len) as u64;
        // What nobody was shown stays news.
        let marks = self.seen && (self.all || total <= shown);
        if marks {
            let seen = answer["seen"].as_object().cloned().unwrap_or_default();
            let at = answer["asked_at"].as_str().unwrap_or_default().to_owned();
            noted::write(&file, &Seen { at, seen }).map_err(|error| Failure::io("note what you have seen", &error))?;
        }
        let mut told = answer.clone();
        if let Some(told) = told.as_object_mut() {
            // How much of each log is here is for the file alone.
            told.remove("seen");
            told.insert("last_seen".to_owned(), json!(Some(&before.at).filter(|at| !at.is_empty())));
            told.insert("marked".to_owned(), json!(marks));
        }
        let line = context.line("news --seen");
        context.out.answer(&told, |page| show(page, &answer, &before, &self));
        hidden_note(&answer, &context.line("hiding list"), context);
        if total > 0 && !self.seen && self.since.is_none() {
            context.out.note(&format!("When you have read it: {line}"));
        }
        if self.seen && !marks {
            let unseen = total - shown;
            context.out.note(&format!(
                "Nothing was marked: {unseen} are not shown. Show more with --limit, or mark all: {line} --all"
            ));
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
    let headings = ["When", "What", "Kind", "Called", "Group", "Id"];
    let mut table = Table::new(headings).keeping([0, 1, 2, 5]).sparing([4, 1], "grid KIND show ID");
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
