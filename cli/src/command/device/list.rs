//! `grid device list`: which computers there are, and what each may do.

use crate::{
    context::{self, Context},
    failure::Failure,
    table::Table,
    when,
};
use clap::Args;
use serde_json::Value;

/// List the computers of your group, and those of the others
#[derive(Clone, Debug, Args)]
pub(crate) struct List {
    /// Those of your group only
    #[arg(long)]
    own: bool,
}

impl List {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let mut devices = context.client()?.get("/api/devices")?;
        if self.own
            && let Some(items) = devices["items"].as_array_mut()
        {
            items.retain(|item| item["own"] == true);
        }
        context.out.answer(&devices, |page| {
            let mut table = Table::wrapping(["Device", "Name", "Group", "May", "State", "Last seen"]).keeping([0, 5]);
            for item in devices["items"].as_array().into_iter().flatten() {
                let text = |key: &str| item[key].as_str().unwrap_or("-").to_owned();
                table.row([
                    text("device").chars().take(10).collect(),
                    text("label"),
                    text("group_name"),
                    rights(item).to_owned(),
                    state(item),
                    seen(item),
                ]);
            }
            page.table(&table);
        });
        Ok(())
    }
}

fn rights(item: &Value) -> &'static str {
    let writes = item["may"].as_array().is_some_and(|may| may.iter().any(|right| right == "write"));
    match (item["governs"].as_bool(), writes) {
        (Some(true), true) => "write, govern",
        (Some(true), false) => "govern",
        (_, true) => "write",
        (_, false) => "-",
    }
}

fn state(item: &Value) -> String {
    let cut = item["cut"].as_u64().map(|cut| format!(", counts up to entry {cut}")).unwrap_or_default();
    match item["state"].as_str().unwrap_or_default() {
        "active" => "active".to_owned(),
        "revoked" => format!("ended{cut}"),
        "forked" => format!("ran twice{cut}"),
        "disputed" => "claimed by several groups".to_owned(),
        other => other.to_owned(),
    }
}

fn seen(item: &Value) -> String {
    match item["last_seen"].as_str() {
        _ if item["this"] == true => "this computer".to_owned(),
        Some(time) => when::relative(time, context::now()),
        None => "not yet".to_owned(),
    }
}
