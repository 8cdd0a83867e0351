//! Invites as those read them who are invited: before anything is made or signed, and without a node.

use crate::{
    context,
    failure::{Exit, Failure},
    file,
    output::Page,
    when,
};
use grid_protocol::{
    invite::{InviteTicket, ParseInviteError},
    limits::MAX_INVITE,
};
use serde_json::{Value, json};
use std::path::Path;

/// The text of an invite: from a file, or as it was typed.
pub(super) fn text(file: Option<&Path>, typed: Option<&str>) -> Result<String, Failure> {
    match file {
        Some(path) => file::read_text(path, 2 * MAX_INVITE),
        None => Ok(typed.unwrap_or_default().to_owned()),
    }
}

/// Reads the text of an invite.
pub(super) fn parse(text: &str) -> Result<InviteTicket, Failure> {
    InviteTicket::parse(text).map_err(|error| unreadable(&error))
}

/// Both at once.
pub(super) fn read(file: Option<&Path>, typed: Option<&str>) -> Result<InviteTicket, Failure> {
    parse(&text(file, typed)?)
}

/// What an invite says, for programs. Its secret is not in it.
pub(super) fn as_json(ticket: &InviteTicket) -> Value {
    let statement = ticket.statement().map(|statement| {
        let policy = |policy: &grid_protocol::control::Policy| json!({"title": policy.title, "text": policy.text});
        let policies: Vec<Value> = statement.policies.iter().map(policy).collect();
        json!({"title": statement.title, "text": statement.text, "policies": policies})
    });
    let page = |page: &grid_protocol::invite::OpenPage| json!({"title": page.title, "purpose": page.purpose, "by": page.by, "text": page.text});
    json!({
        "coalition": {"id": ticket.coalition.to_string(), "name": ticket.coalition_name},
        "inviter": ticket.inviter,
        "expires": ticket.expires.to_string(),
        "purpose": ticket.genesis().map(|genesis| genesis.body.purpose.clone()),
        "statement": statement,
        "pages": ticket.pages.iter().map(page).collect::<Vec<_>>(),
    })
}

/// Who invites.
pub(super) fn inviter(ticket: &InviteTicket) -> &str {
    if ticket.inviter.is_empty() { "the group that invited you" } else { &ticket.inviter }
}

/// What an invite says: who invites, for what, the statement, and the pages to read before signing.
pub(super) fn show(page: &mut Page, ticket: &InviteTicket) {
    page.heading(&format!("{} invites you to {}.", inviter(ticket), ticket.coalition_name));
    page.field("Ends", &when::detailed(&ticket.expires.to_string(), context::now()));
    match ticket.genesis().zip(ticket.statement()) {
        Some((genesis, statement)) => {
            page.field("Purpose", &genesis.body.purpose);
            page.gap();
            page.titled("  ", &statement.title, &statement.text);
            for policy in &statement.policies {
                page.gap();
                page.indented("  ", &format!("Policy: {}", policy.title));
                page.indented("    ", &policy.text);
            }
            page.gap();
        }
        None => {
            page.line(
                "This is a short invite: purpose and statement arrive when your node meets theirs. You sign then.",
            );
        }
    }
    for shown in &ticket.pages {
        let heading = match shown.purpose.as_str() {
            "value" => "What a member gets, and gives",
            "faq" => "What newcomers ask",
            "privacy" => "What is stored, and who may read it",
            _ => "To read before signing",
        };
        page.heading(&format!("{heading}: {}", shown.title));
        page.indented("  ", &shown.text);
        page.gap();
    }
    if !ticket.pages.is_empty() {
        page.line(&format!(
            "These pages are as {} had them when the invite was made; they are not signed.",
            inviter(ticket)
        ));
    }
}

fn unreadable(error: &ParseInviteError) -> Failure {
    let hint = match error {
        ParseInviteError::NewerFormat { .. } => "install the newer program",
        ParseInviteError::NotAnInvite => "an invite begins with grid1 or grid2; if it came as a file, use --file FILE",
        _ => "copy it again as a whole, or ask for it as a file and use --file FILE",
    };
    Failure::caused(Exit::Usage, error).code("invalid_invite").hint(hint)
}
