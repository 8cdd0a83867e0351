//! `grid KIND duplicates`.

use super::{listed::called, new::short};
use crate::{client::path, context::Context, failure::Failure, table::Table};
use clap::{ArgMatches, Command};
use grid_protocol::record::Kind;
use serde_json::Value;

pub(super) fn command(kind: &Kind) -> Command {
    Command::new("duplicates").about(format!("Show {} that may be the same", kind.plural))
}

pub(super) fn run(kind: &Kind, _: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let found = context.client()?.get(&path(["records", &kind.name, "duplicates"]))?;
    let merge = context.line(&format!("{} merge KEEP DROP", kind.name));
    let clusters = found["items"].as_array().map_or(&[][..], Vec::as_slice);
    context.out.answer(&found, |page| {
        let mut table = Table::wrapping(["Id", "Called", "Group", "Same as"]).keeping([0, 3]);
        let mut two_of_yours = false;
        for cluster in clusters {
            let rows = cluster.as_array().map_or(&[][..], Vec::as_slice);
            let first = rows.first().and_then(|row| row["id"].as_str()).unwrap_or_default();
            two_of_yours |= rows.iter().filter(|row| row["mine"] == Value::Bool(true)).count() > 1;
            for (index, row) in rows.iter().enumerate() {
                let group =
                    if row["mine"] == Value::Bool(true) { "yours" } else { row["group_name"].as_str().unwrap_or("-") };
                let same = if index == 0 { "" } else { short(first) };
                let id = row["id"].as_str().unwrap_or_default();
                table.row([short(id), &called(kind, row), group, same]);
            }
        }
        if table.is_empty() {
            page.line(&format!("No {} that look the same.", kind.plural));
        } else {
            page.table(&table);
            page.gap();
            page.line(&match two_of_yours {
                true => format!("If two of yours are the same: {merge}"),
                false => "Only the group that wrote a record can merge it.".to_owned(),
            });
        }
    });
    Ok(())
}
