//! `grid device`: the computers of this group and of the others.

use crate::{
    context::{self, Context},
    failure::Failure,
    table::Table,
    when,
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// See the computers that this node knows
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Device {
    List(List),
}

/// List this computer and those of other groups
#[derive(Clone, Debug, Args)]
pub(crate) struct List {}

impl Device {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let Device::List(List {}) = self;
        let status = context.client()?.get("/api/status")?;
        let items = items(&status);
        context.out.answer(&json!({"items": items}), |page| {
            let mut table = Table::new(["Device", "Group", "Path", "Last seen"]);
            for item in &items {
                let text = |key: &str| item[key].as_str().unwrap_or("-").to_owned();
                let seen = match item["last_seen"].as_str() {
                    _ if item["own"] == json!(true) => "this computer".to_owned(),
                    Some(time) => when::relative(time, context::now()),
                    None => "not yet".to_owned(),
                };
                table.row([text("device").chars().take(10).collect(), text("name"), text("path"), seen]);
            }
            page.table(&table);
        });
        Ok(())
    }
}

fn items(status: &Value) -> Vec<Value> {
    let own = json!({
        "device": status["device"], "group": status["group"]["id"], "name": status["group"]["name"], "own": true,
        "path": null, "last_seen": null,
    });
    let peer = |peer: &Value| {
        json!({
            "device": peer["device"], "group": peer["group"], "name": peer["name"], "own": false,
            "path": peer["path"], "last_seen": peer["last_seen"],
        })
    };
    std::iter::once(own).chain(status["peers"].as_array().into_iter().flatten().map(peer)).collect()
}
