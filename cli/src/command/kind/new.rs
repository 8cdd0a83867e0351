//! `grid KIND new`.

use super::{base, beside, deliver, deliver::Delivery, fields};
use crate::{
    context::Context,
    failure::{Exit, Failure},
    output::Format,
};
use clap::{ArgMatches, Command};
use grid_protocol::record::{Kind, RecordHome, Singleton};
use serde_json::{Value, json};

pub(super) fn command(kind: &Kind) -> Command {
    let about = match kind.singleton {
        Singleton::OncePerGroup => format!("Write your own {}; your group has one", kind.name),
        Singleton::Many if kind.home() == RecordHome::Here => {
            format!("Make a new {}; it stays on this computer, and nobody else receives it", kind.name)
        }
        Singleton::Many => format!("Make a new {}; it is saved here and goes to the others by itself", kind.name),
    };
    Command::new("new").about(about).arg(deliver::wait_argument(kind)).args(fields::flags(kind))
}

pub(super) fn run(kind: &Kind, matches: &ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    if kind.singleton == Singleton::OncePerGroup && super::own(kind, &context.client()?).is_ok() {
        let edit = context.line(&format!("{} edit", kind.name));
        return Err(Failure::new(
            Exit::Refused,
            format!("your group has its {} already; a new one would overwrite it", kind.name),
        )
        .code("exists")
        .hint(format!("change it with `{edit}`")));
    }
    write(kind, [], matches, context)
}

/// Makes a record of what the flags say and of texts that were said in another way.
pub(crate) fn write<const N: usize>(
    kind: &Kind,
    texts: [(&str, String); N],
    matches: &ArgMatches,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let client = context.client()?;
    let mut fields = fields::patch(kind, "new", matches, &client)?;
    fields.extend(texts.map(|(name, text)| (name.to_owned(), Value::String(text))));
    // A kind that exists once may be written piece by piece.
    if kind.singleton == Singleton::Many && fields.get(&*kind.title).is_none_or(Value::is_null) {
        let title = kind.field(&kind.title).map_or_else(|| kind.title.to_string(), |field| field.flag());
        return Err(Failure::usage(format!("--{title} is missing: every {} needs one", kind.name))
            .code("invalid")
            .hint(format!("see `grid {} new --help`", kind.name)));
    }
    let written = base::Edit { kind, matches, client: &client, fields }.write(None, context)?;
    base::note_made(kind, &written, context)?;
    finish(kind, written, matches, &client, context)
}

/// Tells what was written, after waiting as `--wait` says.
pub(super) fn finish(
    kind: &Kind,
    mut written: Value,
    matches: &ArgMatches,
    client: &crate::client::Client,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let id = written["id"].as_str().unwrap_or_default().to_owned();
    let delivery = deliver::wait(kind, &id, matches, client)?;
    written["delivered"] = json!(delivery == Delivery::Delivered);
    let show = context.line(&format!("{} show {}", kind.name, short(&id)));
    context.out.answer(&written, |page| {
        page.whole(&id);
    });
    context.out.note(match (written["change"].as_str(), delivery) {
        (Some("unchanged"), _) => "All was so already; nothing was written.",
        (_, Delivery::Stays) => "Saved on this computer. It stays here: nobody else receives it.",
        (_, Delivery::Delivered) => "Saved, and another group has received it.",
        (_, Delivery::Queued) if context.out.format() == Format::Human && is_outside(client) => {
            "Saved on this computer. Your group is no member, so nobody receives it: see `grid status`."
        }
        (_, Delivery::Queued) => "Saved on this computer; it goes to the others when the nodes meet.",
    });
    beside::notes(&written, context);
    fields::note_blurred(kind, matches, context);
    let see = if delivery == Delivery::Stays { "See it" } else { "See how far it is" };
    context.out.note(&format!("{see}: {show}"));
    if matches.contains_id("wait") && delivery == Delivery::Queued {
        return Err(deliver::ran_out(&show));
    }
    Ok(())
}

/// Whether the group has left, was removed or was refused, so that nobody takes what it writes.
fn is_outside(client: &crate::client::Client) -> bool {
    let status = client.get("/api/status").unwrap_or_default();
    matches!(status["standing"].as_str(), Some("withdrawn" | "removed" | "refused"))
}

/// As much of an id as people type.
pub(crate) fn short(id: &str) -> &str {
    id.get(..10).unwrap_or(id)
}
