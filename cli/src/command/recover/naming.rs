//! Naming recovery contacts as a group joins: by a name in the invite, or by an id.

use crate::{
    context::Context,
    failure::{Exit, Failure},
    prompt::Keyboard,
};
use grid_protocol::{
    control::{Record, RecordError, RecoveryContacts},
    id::GroupId,
    invite::InviteTicket,
    limits::MAX_CONTACTS,
};
use std::collections::BTreeMap;

/// The groups whose names the invite brings.
fn known(ticket: &InviteTicket) -> BTreeMap<GroupId, &str> {
    let inceptions = ticket.records.iter().filter_map(|record| match record {
        Record::Inception(inception) => Some((inception.group(), inception.body.name.as_str())),
        _ => None,
    });
    inceptions.collect()
}

/// The contacts that are named.
pub(crate) fn named(ticket: &InviteTicket, named: &[String], quorum: Option<u8>) -> Result<RecoveryContacts, Failure> {
    let known = known(ticket);
    let groups = named.iter().map(|word| group(&known, word)).collect::<Result<Vec<GroupId>, Failure>>()?;
    RecoveryContacts::new(groups, quorum).map_err(|error| {
        let hint = match &error {
            RecordError::Order { .. } => "name each group once".to_owned(),
            _ => format!("name up to {MAX_CONTACTS} groups, and a number between 1 and how many they are"),
        };
        Failure::caused(Exit::Usage, &error).hint(hint)
    })
}

fn group(known: &BTreeMap<GroupId, &str>, word: &str) -> Result<GroupId, Failure> {
    let word = word.trim();
    if let Ok(id) = word.parse::<GroupId>() {
        return Ok(id);
    }
    let called = |name: &str| name.trim().to_lowercase() == word.to_lowercase();
    let fitting: Vec<&GroupId> = known.iter().filter(|(_, name)| called(name)).map(|(id, _)| id).collect();
    match fitting.as_slice() {
        [group] => Ok(**group),
        [] => {
            let names = known.values().copied().collect::<Vec<_>>().join(", ");
            let names = if names.is_empty() { "no group".to_owned() } else { names };
            Err(Failure::new(Exit::NotFound, format!("the invite does not bring a group {word:?}"))
                .hint(format!("it names {names}; others by their id, which `grid status --json` shows them")))
        }
        several => Err(Failure::usage(format!("{} groups in the invite are called {word:?}", several.len()))
            .hint("name it by its id")),
    }
}

/// Asks for the contacts.
pub(crate) fn ask(keyboard: &mut Keyboard<'_>, ticket: &InviteTicket) -> Result<RecoveryContacts, Failure> {
    keyboard.show(|page| {
        page.line(
            "You may name recovery contacts, now or never: groups that together can give yours a new key when its \
             words are lost. More than half of them together could also take it over, so name groups that you know.",
        );
    });
    loop {
        let line = keyboard.optional("Their names or ids, separated by semicolons (empty for none):")?;
        let words: Vec<String> =
            line.split(';').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect();
        match named(ticket, &words, None) {
            Ok(contacts) => return Ok(contacts),
            Err(failure) => keyboard.show(|page| {
                page.line(&format!("{failure}. {}", failure.hint.clone().unwrap_or_default()));
            }),
        }
    }
}

/// Says what was named, and what to look at again.
pub(crate) fn note(context: &mut Context<'_>, ticket: &InviteTicket, contacts: &RecoveryContacts) {
    if contacts.groups().is_empty() {
        return;
    }
    let known = known(ticket);
    let names: Vec<String> = contacts
        .groups()
        .iter()
        .map(|group| known.get(group).map_or_else(|| group.to_string(), |name| (*name).to_owned()))
        .collect();
    context.out.note(&format!("{} of these can give your group a new key: {}.", contacts.quorum(), names.join(", ")));
    if contacts.groups().iter().any(|group| !known.contains_key(group)) {
        let line = context.line("group contacts");
        context.out.note(&format!("Once your node is in sync, `{line}` shows whether the ids are right."));
    }
}
