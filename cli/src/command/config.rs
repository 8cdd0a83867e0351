//! `grid config`: the settings of this home.

use crate::{
    config::Flags,
    context::{Context, HomeOrigin},
    failure::Failure,
    table::Table,
};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

/// See the settings of this home
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ConfigVerb {
    Show(Show),
}

/// Show every setting; they stand in config.toml in the home, in GRID_* variables, or in flags
#[derive(Clone, Debug, Args)]
pub(crate) struct Show {
    /// Say where each value comes from
    #[arg(long)]
    origin: bool,
}

impl ConfigVerb {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let ConfigVerb::Show(verb) = self;
        let config = context.config(&Flags::default())?;
        let home = context.home()?.display().to_string();
        let home_origin = match context.home_origin() {
            HomeOrigin::Named => "--home or GRID_HOME",
            HomeOrigin::Default => "default",
        };
        let mut rows = vec![("home", json!(home), home_origin.to_owned(), "where everything of your group is kept")];
        rows.extend(config.shown().into_iter().map(|set| (set.name, set.value, set.origin, set.about)));
        let mut answer = Map::new();
        for (name, value, origin, _) in &rows {
            let shown = if verb.origin { json!({"value": value, "origin": origin}) } else { value.clone() };
            answer.insert((*name).to_owned(), shown);
        }
        context.out.answer(&Value::Object(answer), |page| {
            let headings: &[&str] =
                if verb.origin { &["Setting", "Value", "From"] } else { &["Setting", "Value", "For"] };
            let mut table = Table::wrapping(headings);
            for (name, value, origin, about) in &rows {
                table.row([*name, &shown(value), if verb.origin { origin } else { about }]);
            }
            page.table(&table);
        });
        Ok(())
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
