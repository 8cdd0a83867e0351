//! Versions of the statement: what was proposed, what was adopted, who follows what.

use crate::{
    client::Client,
    command::kind,
    context::{self, Context},
    failure::Failure,
    output::Page,
    table::Table,
    when,
};
use clap::Args;
use serde_json::{Value, json};

/// Vote for a version that was proposed; only electors do, and no vote is taken back
#[derive(Clone, Debug, Args)]
pub(crate) struct Vote {
    /// The version, by its id or the beginning of it
    version: String,
    /// Vote although your group has voted for another version on the same base, or one was adopted there: were both
    /// adopted, the coalition would split
    #[arg(long)]
    although_voted: bool,
}

/// See all versions of the statement: proposed, adopted, followed by whom
#[derive(Clone, Debug, Args)]
pub(crate) struct Versions {}

/// See how the statement became what it is: the versions up to the one that your group follows
#[derive(Clone, Debug, Args)]
pub(crate) struct History {}

impl Vote {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let ask = json!({"version": kind::checked(&self.version)?, "although_voted": self.although_voted});
        let answer = context.client()?.post("/api/statement/votes", &ask)?;
        let sign = context.line(&format!("statement sign {}", short(&answer["version"])));
        context.out.answer(&answer, |page| {
            let (votes, needed) = (&answer["votes"], &answer["needed"]);
            if answer["state"] == "adopted" {
                page.line(&format!("Your group has voted, and with that the version is adopted (votes: {votes})."));
                if let Some(split) = answer["split"].as_str() {
                    page.line(&format!("With that {split}."));
                    page.line("Talk to the others before you sign either.");
                }
                page.line(&format!("Next: `{sign}`"));
            } else {
                page.line(&format!(
                    "Your group has voted: {votes} of {needed} votes. It goes to the others when you meet."
                ));
            }
        });
        Ok(())
    }
}

impl Versions {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let versions = all(&context.client()?)?;
        context.out.answer(&versions, |page| {
            let items = versions["items"].as_array().map_or(&[][..], Vec::as_slice);
            if items.is_empty() {
                page.line("The statement has not arrived yet.");
            }
            for item in items {
                tree(page, item);
            }
            let mut told: Vec<&Value> = Vec::new();
            for item in items.iter().filter(|item| item["split"].is_string()) {
                // Once for each base: its branches say the same of each other.
                if !told.contains(&&item["base"]) {
                    told.push(&item["base"]);
                    page.gap();
                    page.line(&format!("Split: {}.", said(&item["split"])));
                }
            }
        });
        Ok(())
    }
}

fn all(client: &Client) -> Result<Value, Failure> {
    client.get("/api/statement/versions")
}

fn tree(page: &mut Page, item: &Value) {
    let depth = usize::try_from(item["depth"].as_u64().unwrap_or_default()).unwrap_or_default();
    let margin = "  ".repeat(depth.min(20));
    let mut line = format!("{}  {}  {}", short(&item["version"]), said(&item["title"]), state(item));
    if item["way"] == "followed" {
        line.push_str("  <- your group follows this one");
    }
    page.indented(&margin, &line);
    let followers = names(&item["followed_by"]);
    if !followers.is_empty() {
        page.indented(&format!("{margin}  "), &format!("followed by {followers}"));
    }
}

/// Where a version stands, in words.
fn state(item: &Value) -> String {
    let (votes, needed, voters) = (item["votes"].as_array().map_or(0, Vec::len), &item["needed"], &item["voters"]);
    match item["state"].as_str() {
        Some("adopted") if item["base"].is_null() => "by the founders".to_owned(),
        Some("adopted") if item["split"].is_string() => {
            format!("adopted with {votes} of {voters} votes, one of several: split")
        }
        Some("adopted") => format!("adopted with {votes} of {voters} votes"),
        Some("overtaken") => format!("proposed, {votes} of {needed} votes; another one was adopted in its place"),
        _ => format!("proposed, {votes} of {needed} votes"),
    }
}

/// What stands beside the text of a version.
pub(super) fn details(page: &mut Page, version: &Value) {
    page.field("Version", &said(&version["version"]));
    if let Some(base) = version["base"].as_str() {
        page.field("Follows", base);
    }
    page.field("State", &state(version));
    if let Some(split) = version["split"].as_str() {
        page.field("Split", split);
    }
    if let Some(proposer) = version["proposed_by"]["name"].as_str() {
        let at = when::relative(&said(&version["proposed_at"]), context::now());
        page.field("Proposed by", &format!("{proposer}, {at}"));
        page.field("Votes", &or_nobody(names(&version["votes"])));
    }
    page.field("Electors", &or_nobody(names(&version["electors"])));
    let removed = names(&version["removed"]);
    if !removed.is_empty() {
        page.field("Removes", &removed);
    }
    page.field("Followed by", &or_nobody(names(&version["followed_by"])));
}

impl History {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let mut versions = all(&context.client()?)?;
        let items = versions["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
        let on_the_way: Vec<Value> = items.into_iter().filter(|item| item["way"] != "elsewhere").collect();
        versions["items"] = Value::Array(on_the_way);
        context.out.answer(&versions, |page| {
            let headings = ["Number", "Version", "Title", "Proposed by", "When", "Signed by"];
            let mut table = Table::wrapping(headings).keeping([0, 1, 4, 5]);
            for item in versions["items"].as_array().into_iter().flatten() {
                let proposed = item["proposed_at"].as_str().map(|at| when::relative(at, context::now()));
                table.row([
                    item["depth"].to_string(),
                    short(&item["version"]),
                    said(&item["title"]),
                    item["proposed_by"]["name"].as_str().unwrap_or("the founders").to_owned(),
                    proposed.unwrap_or_else(|| "-".to_owned()),
                    item["signatures"].to_string(),
                ]);
            }
            if table.is_empty() {
                page.line("The statement has not arrived yet.");
            } else {
                page.table(&table);
            }
        });
        Ok(())
    }
}

/// The beginning of an id: enough to name it.
pub(super) fn short(id: &Value) -> String {
    said(id).chars().take(10).collect()
}

fn said(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn names(groups: &Value) -> String {
    let groups = groups.as_array().into_iter().flatten();
    groups.map(|group| said(&group["name"])).collect::<Vec<_>>().join(", ")
}

fn or_nobody(names: String) -> String {
    if names.is_empty() { "nobody".to_owned() } else { names }
}
