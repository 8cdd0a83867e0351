//! `grid statement`: what the groups of the coalition signed.

mod diff;
mod propose;
mod versions;

use super::{kind, leave};
use crate::{
    client::{self, Client},
    context::{self, Context},
    failure::{Exit, Failure},
    file,
    output::Page,
    table::Table,
    when,
};
use clap::{Args, Subcommand};
use grid_protocol::{
    limits::MAX_SHEET,
    sheet::{SheetError, SheetReport, StatementSheet},
};
use serde_json::{Value, json};
use std::{error::Error as _, path::PathBuf};

/// Read, sign, change, export and check the statement that makes the coalition
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Statement {
    Show(Show),
    Sign(Sign),
    Diff(diff::Diff),
    Propose(propose::Propose),
    Vote(versions::Vote),
    Versions(versions::Versions),
    History(versions::History),
    Withdraw(leave::Leave),
    Export(Export),
    Verify(Verify),
}

/// Read the statement, and see who signed it
#[derive(Clone, Debug, Args)]
pub(crate) struct Show {
    /// Another version than the one that your group follows: its id, or the beginning of it
    version: Option<String>,
}

/// Sign the statement for your group: that makes it a member, and it follows what it signed
#[derive(Clone, Debug, Args)]
pub(crate) struct Sign {
    /// An adopted version, by its id or the beginning of it [default: the newest on your way]
    version: Option<String>,
}

/// Write the statement with its signatures to a file that anybody can check
#[derive(Clone, Debug, Args)]
pub(crate) struct Export {
    /// Another version than the one that your group follows: its id, or the beginning of it
    version: Option<String>,
    /// The file; without it the sheet is printed
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Check an exported statement, without a node and without a network
#[derive(Clone, Debug, Args)]
pub(crate) struct Verify {
    /// The exported file; `-` reads it from the pipe
    file: PathBuf,
}

impl Statement {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Statement::Show(verb) => verb.run(context),
            Statement::Sign(verb) => verb.run(context),
            Statement::Diff(verb) => verb.run(context),
            Statement::Propose(verb) => verb.run(context),
            Statement::Vote(verb) => verb.run(context),
            Statement::Versions(verb) => verb.run(context),
            Statement::History(verb) => verb.run(context),
            Statement::Withdraw(verb) => verb.run(context),
            Statement::Export(verb) => verb.run(context),
            Statement::Verify(verb) => verb.run(context),
        }
    }
}

impl Show {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let client = context.client()?;
        let statement = match &self.version {
            Some(version) => one(&client, version)?,
            None => client.get("/api/statement")?,
        };
        context.out.answer(&statement, |page| {
            let text = |key: &str| statement[key].as_str().unwrap_or_default();
            page.titled("", text("title"), text("text"));
            for policy in statement["policies"].as_array().into_iter().flatten() {
                page.gap();
                page.heading(&format!("Policy: {}", policy["title"].as_str().unwrap_or_default()));
                page.indented("  ", policy["text"].as_str().unwrap_or_default());
            }
            page.gap();
            if self.version.is_some() {
                versions::details(page, &statement);
                page.gap();
            }
            signers(page, &statement);
        });
        Ok(())
    }
}

/// A version with all that it says.
fn one(client: &Client, version: &str) -> Result<Value, Failure> {
    client.get(&client::path(["statement", "versions", &kind::checked(version)?]))
}

fn signers(page: &mut Page, statement: &Value) {
    let mut table = Table::wrapping(["Signed by", "When"]).keeping([1]);
    let rows = statement["signed_by"].as_array().or(statement["signatures"].as_array());
    for row in rows.into_iter().flatten() {
        let text = |key: &str| row[key].as_str().unwrap_or_default();
        table.row([text("name"), &when::relative(text("signed_at"), context::now())]);
    }
    if table.is_empty() {
        page.line("Nobody has signed it yet.");
    } else {
        page.table(&table);
    }
}

impl Sign {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let ask = match &self.version {
            Some(version) => json!({"version": kind::checked(version)?}),
            None => json!({}),
        };
        let signed = context.client()?.post("/api/statement/signature", &ask)?;
        context.out.answer(&signed, |page| {
            page.line(&format!(
                "Your group has signed version {} of the statement. Saved on this computer; it goes to the others when \
                 you meet.",
                versions::short(&signed["version"])
            ));
        });
        Ok(())
    }
}

impl Export {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let version = self.version.as_deref().map(kind::checked).transpose()?;
        let query = version.map(|version| ("version", version));
        let sheet = context.client()?.file(&client::with_query("/api/statement/sheet", query))?;
        let Some(path) = self.file else {
            context.out.bytes(&sheet);
            return Ok(());
        };
        file::write(&path, &sheet)?;
        let shown = path.display().to_string();
        context.out.answer(&json!({"file": shown, "bytes": sheet.len()}), |page| {
            page.line(&format!("The statement with its signatures is in {shown}."));
            page.line(&format!("Anybody can check it: grid statement verify {shown}"));
        });
        Ok(())
    }
}

impl Verify {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let bytes = file::read(&self.file, MAX_SHEET)?;
        let report = StatementSheet::verify(&bytes).map_err(|error| unreliable(&error))?;
        let answer = json!({
            "title": report.sheet.statement.title,
            "coalition": {"id": report.sheet.coalition.id, "name": report.sheet.coalition.name},
            "valid": report.valid.iter().filter_map(|row| report.sheet.rows.get(*row)).map(|row| &row.name).collect::<Vec<_>>(),
            "bad": report.bad.iter().map(|bad| json!({"row": bad.row, "name": bad.name, "why": bad.error.to_string()})).collect::<Vec<_>>(),
        });
        context.out.answer(&answer, |page| show_report(page, &report));
        if report.sheet.rows.is_empty() {
            return Err(Failure::new(Exit::Refused, "nobody has signed what is in this file")
                .code("not_signed")
                .hint("a text without signatures binds nobody: ask for a sheet that its groups have signed"));
        }
        if report.is_sound() {
            return Ok(());
        }
        let (bad, all) = (report.bad.len(), report.sheet.rows.len());
        let why = match (bad, all) {
            (1, 1) => "the only signature in this file does not hold".to_owned(),
            (1, all) => format!("1 of {all} signatures in this file does not hold"),
            (bad, all) => format!("{bad} of {all} signatures in this file do not hold"),
        };
        Err(Failure::new(Exit::Refused, why)
            .code("not_valid")
            .hint("ask for the file again, from a group that you trust; do not rely on this one"))
    }
}

fn unreliable(error: &SheetError) -> Failure {
    let mut why = error.to_string();
    if let Some(cause) = error.source() {
        why = format!("{why}: {cause}");
    }
    let hint = match error {
        SheetError::NewerSchema { .. } => "install the newer program",
        _ => "ask for the file again, from a group that you trust; do not rely on this one",
    };
    Failure::new(Exit::Refused, why).code("not_valid").hint(hint)
}

fn show_report(page: &mut Page, report: &SheetReport) {
    page.heading(&report.sheet.statement.title);
    page.field("Coalition", &format!("{} ({})", report.sheet.coalition.name, report.sheet.coalition.id));
    page.gap();
    let mut table = Table::wrapping(["Signed by", "Group", "Check"]).keeping([1]);
    for (number, row) in report.sheet.rows.iter().enumerate() {
        let bad = report.bad.iter().find(|bad| bad.row == number);
        let check = bad.map_or_else(|| "holds".to_owned(), |bad| format!("does not hold: {}", bad.error));
        table.row([row.name.as_str(), row.group.as_str(), &check]);
    }
    if table.is_empty() {
        page.line("Nobody has signed it.");
    } else {
        page.table(&table);
    }
    page.gap();
    page.line(
        "Compare the id of the coalition with one that you got another way: the file alone cannot prove that part.",
    );
}
