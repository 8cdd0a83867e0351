//! `grid device lost`: what the end of a computer took, and the way back.

use crate::{
    context::{self, Context},
    failure::Failure,
    output::Page,
    table::Table,
    when,
    words::count,
};
use clap::Args;
use serde_json::{Value, json};

/// List what your group wrote and lost to the end of a computer, and publish it again
#[derive(Clone, Debug, Args)]
pub(crate) struct Lost {
    /// Write what is missing again, as new changes of this computer
    #[arg(long)]
    publish: bool,
    /// With --publish: of this computer only
    #[arg(long, value_name = "DEVICE", requires = "publish")]
    from: Option<String>,
}

impl Lost {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let client = context.client()?;
        if self.publish {
            let answer = client.post("/api/devices/lost", &json!({"device": self.from}))?;
            context.out.answer(&answer, |page| published(page, &answer));
            return Ok(());
        }
        let lost = client.get("/api/devices/lost")?;
        let publish = context.line("device lost --publish");
        context.out.answer(&lost, |page| list(page, &lost, &publish));
        Ok(())
    }
}

fn list(page: &mut Page, lost: &Value, publish: &str) {
    let items = lost["items"].as_array().map_or(&[][..], Vec::as_slice);
    if items.is_empty() {
        page.line("Nothing that your group wrote was lost to a cut.");
        return;
    }
    let mut table = Table::wrapping(["Record", "Title", "Written", "State", "Fields"]).keeping([2]);
    for item in items {
        let text = |key: &str| item[key].as_str().unwrap_or("-").to_owned();
        table.row([
            format!("{} {}", text("kind"), text("id").chars().take(8).collect::<String>()),
            text("title"),
            when::relative(item["last"].as_str().unwrap_or_default(), context::now()),
            state(item).to_owned(),
            fields(item),
        ]);
    }
    page.table(&table);
    if items.iter().any(|item| item["state"] == "missing") {
        page.gap();
        page.line(&format!("What is missing is written again with `{publish}`. Look at it first: whoever had the computer may have written it."));
    }
}

fn state(item: &Value) -> &'static str {
    match item["state"].as_str().unwrap_or_default() {
        "missing" if item["removes"] == true => "missing: it was removed",
        "missing" => "missing",
        "here" => "there again",
        "older" => "older than what is there",
        _ => "not readable here",
    }
}

fn fields(item: &Value) -> String {
    let held = if item["state"] == "missing" { &item["fields"] } else { &item["older"] };
    let names: Vec<&str> = held.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    names.join(", ")
}

fn published(page: &mut Page, answer: &Value) {
    let name = |record: &Value| {
        let text = |key: &str| record[key].as_str().unwrap_or_default().to_owned();
        format!("{} {}", text("kind"), record["title"].as_str().map_or_else(|| text("id"), str::to_owned))
    };
    match answer["published"].as_u64().unwrap_or_default() {
        0 => page.line("Nothing is missing: nothing was written."),
        many => {
            page.heading(&format!("{} written again:", count(many, "record")));
            answer["records"].as_array().into_iter().flatten().for_each(|record| page.indented("  ", &name(record)));
        }
    }
    for skipped in answer["skipped"].as_array().into_iter().flatten() {
        let why = skipped["why"].as_str().unwrap_or_default();
        page.line(&format!("Not written: {}: {why}", name(&skipped["record"])));
    }
}
