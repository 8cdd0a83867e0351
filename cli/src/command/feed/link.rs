//! `grid feed link`, `links` and `unlink`: addresses under which calendar programs and readers of news read a feed.

use super::{Narrow, What};
use crate::{
    client::{path, with_query},
    command::kind,
    config::Flags,
    context::{self, Context},
    failure::Failure,
    table::Table,
    when,
};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

/// Make an address that a calendar program, a reader of news or a podcast player on this computer can subscribe to
#[derive(Clone, Debug, Args)]
pub(super) struct Make {
    /// Which feed
    what: What,
    /// What it may show. Whatever program has the address reads that, and may pass it on to its maker's servers
    #[arg(long, default_value = "coalition")]
    audience: Audience,
    /// Who or what reads it, so that you know it again in the list
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    narrow: Narrow,
}

/// List the addresses that other programs read feeds under
#[derive(Clone, Debug, Args)]
pub(super) struct List {}

/// Take an address back: from now on it opens nothing
#[derive(Clone, Debug, Args)]
pub(super) struct Remove {
    /// The id of the link, its first letters, or its whole name, from `grid feed links`
    id: String,
}

/// What a link may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Audience {
    /// What everybody may read
    Public,
    /// What the groups of the coalition may read
    Coalition,
    /// What the people of your own group may read, except what never leaves this computer
    Own,
}

impl Make {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let audience = match self.audience {
            Audience::Public => "public",
            Audience::Coalition => "coalition",
            Audience::Own => "own",
        };
        let filter = with_query("", self.narrow.words(self.what)?);
        let body = json!({
            "feed": self.what.word(), "audience": audience, "filter": filter.trim_start_matches('?'), "name": self.name,
        });
        let made = context.client()?.post("/api/feeds/links", &body)?;
        let address = made["address"].as_str().or(made["path"].as_str()).unwrap_or_default();
        let unlink =
            context.line(&format!("feed unlink {}", kind::new::short(made["id"].as_str().unwrap_or_default())));
        context.out.answer(&made, |page| page.line(address));
        context.out.note(
            "This address is shown once. Paste it into the program that is to read it; a calendar program calls that \
             \u{201c}subscribe\u{201d} or \u{201c}new calendar from the network\u{201d}. Whoever has it, and sits at this \
             computer, can read that feed and nothing else.",
        );
        context.out.note(&format!("To take it back: {unlink}"));
        if let Some(port) = moving_port(&made, context) {
            context.out.note(&format!(
                "The node takes another port each time it starts, and then the address changes. To keep it, write \
                 http = \"127.0.0.1:{port}\" into the settings (`{}` shows where), or start it with --http 127.0.0.1:{port}.",
                context.line("config show --origin")
            ));
        }
        Ok(())
    }
}

/// The port of the address, where the settings leave it to chance.
fn moving_port(made: &Value, context: &Context<'_>) -> Option<u16> {
    let address = made["address"].as_str()?.strip_prefix("http://")?;
    let port = address.split('/').next()?.rsplit(':').next()?.parse().ok()?;
    let config = context.config(&Flags::default()).ok()?;
    config.settings.http.ends_with(":0").then_some(port)
}

impl List {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let links = context.client()?.get("/api/feeds/links")?;
        let items = links["items"].as_array().map_or(&[][..], Vec::as_slice);
        let make = context.line("feed link calendar");
        context.out.answer(&links, |page| {
            if items.is_empty() {
                page.line(&format!("No program reads a feed of this computer. Make an address for one: {make}"));
                return;
            }
            let mut table = Table::wrapping(["Id", "Name", "Feed", "Shows", "Narrowed by", "Made"]).keeping([0, 5]);
            for item in items {
                let text = |key: &str| item[key].as_str().unwrap_or_default();
                let made = when::relative(text("created_at"), context::now());
                let id = kind::new::short(text("id"));
                let filter = typed(text("filter"));
                table.row([id, text("name"), text("feed"), text("audience"), &filter, &made]);
            }
            page.table(&table);
        });
        Ok(())
    }
}

/// What narrows a feed, as a person types it: in an address a space is `%20`.
fn typed(filter: &str) -> String {
    let mut letters = Vec::with_capacity(filter.len());
    let mut rest = filter.as_bytes();
    while let [first, behind @ ..] = rest {
        let code = behind.get(..2).filter(|code| *first == b'%' && code.iter().all(u8::is_ascii_hexdigit));
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        letters.push(code.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&letters).into_owned()
}

impl Remove {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let id = kind::meant(&self.id)?;
        let answer = context.client()?.delete(&path(["feeds", "links", &id]))?;
        context.out.answer(&answer, |page| page.line("The address opens nothing any more."));
        Ok(())
    }
}
