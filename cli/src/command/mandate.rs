//! `grid mandate`: a licence to operate, claimed by a group and endorsed by electors.

use super::kind;
use crate::{
    client::{self, Client},
    context::{self, Context},
    failure::Failure,
    output::Page,
    table::Table,
    when,
};
use clap::{Args, Subcommand, builder::PossibleValuesParser};
use grid_protocol::control::Role;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Value, json};

/// Claim, endorse and see mandates: who may act for the coalition, in what, for how long
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Mandate {
    Claim(Claim),
    Endorse(Endorse),
    Withdraw(Withdraw),
    List(List),
    Show(Show),
}

/// Claim a mandate for your group; it holds once enough electors endorse it
#[derive(Clone, Debug, Args)]
pub(crate) struct Claim {
    /// For what, in words; the name of a role alone stands for that role
    #[arg(long, value_name = "TEXT")]
    scope: String,
    /// What your group is in that
    #[arg(long, value_name = "ROLE", value_parser = PossibleValuesParser::new(Role::ALL.map(Role::name)))]
    role: Option<String>,
    /// When it begins: 2027-03-01, or a moment with its zone [default: now]
    #[arg(long, value_name = "DAY", value_parser = moment)]
    from: Option<Timestamp>,
    /// When it ends: 2028-03-01, or a moment with its zone
    #[arg(long, value_name = "DAY", value_parser = moment)]
    until: Timestamp,
    /// The version of the statement whose electors endorse it [default: the one that your group follows]
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
}

/// Endorse a mandate; only electors of its version do
#[derive(Clone, Debug, Args)]
pub(crate) struct Endorse {
    /// The mandate, by its id or the beginning of it
    id: String,
}

/// Take your endorsement back, or give back a mandate of your own
#[derive(Clone, Debug, Args)]
pub(crate) struct Withdraw {
    /// The mandate, by its id or the beginning of it
    id: String,
}

/// List the mandates: who, for what, how long, endorsed by how many
#[derive(Clone, Debug, Args)]
pub(crate) struct List {}

/// See one mandate, with who endorses it
#[derive(Clone, Debug, Args)]
pub(crate) struct Show {
    /// The mandate, by its id or the beginning of it
    id: String,
}

impl Mandate {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Mandate::Claim(verb) => verb.run(context),
            Mandate::Endorse(verb) => verb.run(context),
            Mandate::Withdraw(verb) => verb.run(context),
            Mandate::List(verb) => verb.run(context),
            Mandate::Show(verb) => verb.run(context),
        }
    }
}

/// A day in the zone of this computer, or a moment with a zone of its own.
fn moment(text: &str) -> Result<Timestamp, String> {
    // A day would also be read out of a moment.
    let day = || text.parse::<Date>().ok().and_then(|day| day.to_zoned(TimeZone::system()).ok());
    text.parse()
        .ok()
        .or_else(|| day().map(|day| day.timestamp()))
        .ok_or_else(|| "expected a day such as 2027-03-01, or a moment such as 2027-03-01T09:00:00+11:00".to_owned())
}

impl Claim {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let named = Role::ALL.into_iter().map(Role::name).find(|role| *role == self.scope.trim());
        let role = self.role.as_deref().or(named).ok_or_else(|| {
            let known = Role::ALL.map(Role::name).join(", ");
            Failure::usage("a mandate takes a role").hint(format!("add --role with one of {known}"))
        })?;
        let version = self.version.as_deref().map(kind::checked).transpose()?;
        let from = self.from.map(|from| from.to_string());
        let ask = json!({
            "role": role, "scope": self.scope, "from": from, "until": self.until.to_string(), "version": version,
        });
        let answer = context.client()?.post("/api/mandates", &ask)?;
        let endorse = context.line(&format!("mandate endorse {}", short(&answer["id"])));
        context.out.answer(&answer, |page| {
            page.line("Your group claims the mandate. It holds once enough electors endorse it; each of them runs:");
            page.whole(&format!("  {endorse}"));
        });
        Ok(())
    }
}

/// The path of a mandate, and of something below it.
fn path_of(id: &str, below: &[&str]) -> Result<String, Failure> {
    let id = kind::checked(id)?;
    Ok(client::path(["mandates", &id].into_iter().chain(below.iter().copied())))
}

impl Endorse {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let client = context.client()?;
        client.post(&path_of(&self.id, &["endorsement"])?, &json!({}))?;
        let mandate = client.get(&path_of(&self.id, &[])?)?;
        context.out.answer(&mandate, |page| page.line(&format!("Your group endorses it: {}.", state(&mandate))));
        Ok(())
    }
}

impl Withdraw {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let client = context.client()?;
        let mandate = find(&client, &self.id)?;
        let is_own = mandate["mine"] == json!(true);
        let below: &[&str] = if is_own { &[] } else { &["endorsement"] };
        let answer = client.delete(&path_of(mandate["id"].as_str().unwrap_or(&self.id), below)?)?;
        context.out.answer(&answer, |page| {
            page.line(if is_own {
                "Your group has given the mandate back: its term is over."
            } else {
                "Your group has taken its endorsement back."
            });
        });
        Ok(())
    }
}

fn find(client: &Client, id: &str) -> Result<Value, Failure> {
    client.get(&path_of(id, &[])?)
}

impl List {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let mandates = context.client()?.get("/api/mandates")?;
        let claim = context.line("mandate claim");
        context.out.answer(&mandates, |page| {
            let headings = ["Id", "Group", "Role", "Scope", "Until", "Endorsed", "State"];
            let mut table = Table::wrapping(headings).keeping([0, 4]);
            for item in mandates["items"].as_array().into_iter().flatten() {
                table.row([
                    short(&item["id"]),
                    said(&item["group_name"]),
                    said(&item["role"]),
                    said(&item["scope"]),
                    when::relative(&said(&item["until"]), context::now()),
                    endorsed(item),
                    state(item),
                ]);
            }
            if table.is_empty() {
                page.line(&format!("No mandates yet. A group claims one with `{claim}`."));
            } else {
                page.table(&table);
            }
        });
        Ok(())
    }
}

impl Show {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let mandate = find(&context.client()?, &self.id)?;
        context.out.answer(&mandate, |page| show(page, &mandate));
        Ok(())
    }
}

fn show(page: &mut Page, mandate: &Value) {
    page.heading(&format!("{}, {}", said(&mandate["group_name"]), said(&mandate["role"])));
    page.field("Scope", &said(&mandate["scope"]));
    page.field("From", &when::detailed(&said(&mandate["from"]), context::now()));
    page.field("Until", &when::detailed(&said(&mandate["until"]), context::now()));
    page.field("State", &state(mandate));
    let endorsers = mandate["endorsers"].as_array().into_iter().flatten().map(|group| said(&group["name"]));
    let endorsers = endorsers.collect::<Vec<_>>().join(", ");
    page.field("Endorsed by", if endorsers.is_empty() { "nobody" } else { &endorsers });
    page.field("Version", &said(&mandate["version"]));
    page.field("Id", &said(&mandate["id"]));
}

fn endorsed(mandate: &Value) -> String {
    format!("{} of {}", mandate["endorsers"].as_array().map_or(0, Vec::len), mandate["needed"])
}

/// Where a mandate stands, in words.
fn state(mandate: &Value) -> String {
    let at = || when::relative(&said(&mandate["state_at"]), context::now());
    match mandate["state"].as_str() {
        Some("valid") => format!("valid, until {}", at()),
        Some("upcoming") => format!("valid from {}", at()),
        Some("over") => "over".to_owned(),
        _ => format!("waiting for endorsements: {}", endorsed(mandate)),
    }
}

fn short(id: &Value) -> String {
    said(id).chars().take(10).collect()
}

fn said(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_and_a_moment_with_its_zone_are_taken() {
        assert!(moment("2027-03-01").is_ok());
        assert_eq!(moment("2027-03-01T09:00:00+11:00").unwrap(), "2027-02-28T22:00:00Z".parse().unwrap());
        assert!(moment("next week").is_err() && moment("2027-13-01").is_err());
    }
}
