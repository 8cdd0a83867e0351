//! `grid invite`: the way in for another group.

use super::{invitation, kind};
use crate::{
    client,
    context::{self, Context},
    failure::Failure,
    file::NewFile,
    qr, span,
    table::Table,
    when,
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::{path::PathBuf, time::Duration};

/// Invite other groups: create, list and revoke invites
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Invite {
    Create(Create),
    Show(Show),
    List(List),
    Revoke(Revoke),
}

/// Make an invite; whoever has it can join, so pass it on in private
#[derive(Clone, Debug, Args)]
pub(crate) struct Create {
    /// Whom it is for, as a reminder in what is printed
    #[arg(long = "for", value_name = "NAME")]
    name: Option<String>,
    /// How long it can be used: 12h, 7d, 2w
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = span::parse)]
    expires: Duration,
    /// How many groups may use it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Show it as a QR code too
    #[arg(long)]
    qr: bool,
    /// Write it to a file, for a USB stick or a mail
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Read an invite that came to you: who invites, the statement, what members get, what newcomers ask. Nothing is signed
#[derive(Clone, Debug, Args)]
pub(crate) struct Show {
    /// The invite, as it came to you
    #[arg(value_name = "INVITE", required_unless_present = "file")]
    invite: Option<String>,
    /// The file with the invite; `-` reads it from the pipe
    #[arg(long, value_name = "FILE", conflicts_with = "invite")]
    file: Option<PathBuf>,
}

/// An invite lasts this long at most.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3_600);

/// List the invites of this computer
#[derive(Clone, Debug, Args)]
pub(crate) struct List {}

/// Take back an invite that nobody has used
#[derive(Clone, Debug, Args)]
pub(crate) struct Revoke {
    /// Its number, from `grid invite list`
    slot: u32,
    /// Where invites of several versions of the statement have that number: the version
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
}

impl Invite {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Invite::Create(verb) => verb.run(context),
            Invite::Show(verb) => verb.run(context),
            Invite::List(verb) => verb.run(context),
            Invite::Revoke(verb) => verb.run(context),
        }
    }
}

impl Create {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        if self.expires.as_secs() == 0 || self.expires > LONGEST {
            return Err(Failure::usage("--expires takes a time of up to a year, and more than nothing")
                .hint("for example --expires 12h, --expires 7d or --expires 8w"));
        }
        let client = context.client()?;
        // The file first: an invite that nobody gets to see would only lie about.
        let file = self.file.as_deref().map(NewFile::private).transpose()?;
        let ask = json!({"count": self.count, "expires_s": self.expires.as_secs()});
        let mut answer = client.post("/api/invites", &ask)?;
        let invite = answer["invite"].as_str().unwrap_or_default().to_owned();
        let code = if self.qr { Some(qr::code(answer["short"].as_str().unwrap_or(&invite))?) } else { None };
        if let (Some(file), Some(path)) = (file, &self.file) {
            file.fill(format!("{invite}\n").as_bytes())?;
            answer["file"] = json!(path.display().to_string());
        }
        if let Some(name) = &self.name {
            answer["for"] = json!(name);
        }
        let expires = when::detailed(answer["expires"].as_str().unwrap_or_default(), context::now());
        context.out.answer(&answer, |page| {
            match &self.file {
                Some(path) => page.line(&format!("The invite is in {}.", path.display())),
                None => page.whole(&invite),
            }
            if let Some(code) = &code {
                code.lines().for_each(|line| page.whole(line));
            }
        });
        let whom = self.name.as_deref().unwrap_or("the group you invite");
        context.out.note(&format!("\nPass it on to {whom} in private: whoever has it can join."));
        let join = if self.file.is_some() { "grid join --file FILE" } else { "grid join INVITE" };
        context.out.note(&format!("It can be used until {expires}. They run: {join}"));
        let pages: Vec<&str> = answer["pages"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        context.out.note(&match pages.is_empty() {
            true => "It brings the statement, and no page on what members get or what newcomers ask: `grid page new --purpose value` writes one.".to_owned(),
            false => format!("It brings, to be read before signing: the statement; {}.", pages.join("; ")),
        });
        Ok(())
    }
}

impl Show {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let ticket = invitation::read(self.file.as_deref(), self.invite.as_deref())?;
        let join = context.line(if self.file.is_some() { "join --file FILE" } else { "join INVITE" });
        context.out.answer(&invitation::as_json(&ticket), |page| {
            invitation::show(page, &ticket);
            page.gap();
            page.line("Nothing is signed. To join, when your group wants to:");
            page.whole(&format!("  {join}"));
        });
        Ok(())
    }
}

impl List {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let invites = context.client()?.get("/api/invites")?;
        let create = context.line("invite create");
        context.out.answer(&invites, |page| {
            let items = invites["items"].as_array().map_or(&[][..], Vec::as_slice);
            // Only where the statement has changed since do several versions have invites.
            let versions = items.iter().zip(items.iter().skip(1)).any(|(one, next)| one["version"] != next["version"]);
            let headings = ["Number", "State", "Used by", "Expires"].into_iter().chain(versions.then_some("Version"));
            let mut table = Table::wrapping(headings).keeping([0, 3, 4]);
            for invite in items {
                let version = invite["version"].as_str().unwrap_or_default().chars().take(10).collect();
                let row = [
                    invite["slot"].to_string(),
                    invite["state"].as_str().unwrap_or_default().to_owned(),
                    used_by(invite),
                    when::relative(invite["expires"].as_str().unwrap_or_default(), context::now()),
                ];
                table.row(row.into_iter().chain(versions.then_some(version)));
            }
            if table.is_empty() {
                page.line(&format!("No invites yet. Make one with `{create}`."));
            } else {
                page.table(&table);
            }
        });
        Ok(())
    }
}

fn used_by(invite: &Value) -> String {
    let text = |key: &str| invite[key].as_str().filter(|text| !text.is_empty());
    text("name").or_else(|| text("group")).unwrap_or("-").to_owned()
}

impl Revoke {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let version = self.version.as_deref().map(kind::checked).transpose()?;
        let query = version.map(|version| ("version", version));
        let path = client::with_query(&format!("/api/invites/{}", self.slot), query);
        let mut answer = context.client()?.delete(&path)?;
        answer["slot"] = json!(self.slot);
        context.out.answer(&answer, |page| page.line(&format!("Invite {} is taken back.", self.slot)));
        context.out.note("Its place does not come free again; those of invites that ran out unused do.");
        Ok(())
    }
}
