//! `grid status`: health first, then one line for each group of those that matter now.

mod wrong;

use crate::{
    context::{self, Context},
    failure::Failure,
    output::Page,
    table::Table,
    when,
};
use clap::Args;
use serde_json::Value;

/// See how things stand: what needs you first, then one line for each of the groups that matter now
#[derive(Clone, Debug, Args)]
pub(crate) struct Status {
    /// Show every group, however many there are
    #[arg(long)]
    all: bool,
}

impl Status {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let client = context.client()?;
        let mut status = client.get("/api/status")?;
        if self.all {
            status["peers"] = client.list("/api/peers", u64::MAX, 0, &[])?["items"].take();
        }
        let sign = context.line("statement sign");
        let invite = context.line("invite create");
        let review = context.line("review start");
        context.out.answer(&status, |page| show(page, &status, [&sign, &invite, &review]));
        Ok(())
    }
}

fn show(page: &mut Page, status: &Value, [sign, invite, review]: [&str; 3]) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let number = |name: &str| status[name].as_u64().unwrap_or_default();
    let troubles = status["troubles"].as_array().map_or(&[][..], Vec::as_slice);
    let peers = status["peers"].as_array().map_or(&[][..], Vec::as_slice);
    let needs = status["needs"].as_array().map_or(&[][..], Vec::as_slice);
    let unreadable = wrong::unreadable(status);
    match troubles {
        [] if status["standing"] == "withdrawn" => page.heading("Your group has left: nobody receives what it writes."),
        [] if status["standing"] == "removed" => {
            page.heading("A version of the statement removed your group: nobody receives what it writes.")
        }
        [] if status["standing"] == "pairing" => {
            page.heading("This computer waits for your group's other computer: keep `grid node` running on both.")
        }
        [] if status["standing"] != "member" => {
            page.heading("Your group is not a member yet: nobody receives what it writes.")
        }
        [] if !needs.is_empty() || unreadable.is_some() => {}
        [] if peers.iter().any(|peer| fault(peer).is_some()) => {
            page.heading("Your node is well; with a peer something is wrong: see its next step.")
        }
        [] if wrong::is_broken(status) => page.heading("Your node is well; somebody broke a rule: see below."),
        [] => page.heading("All is well."),
        _ => {}
    }
    if !troubles.is_empty() || !needs.is_empty() || unreadable.is_some() {
        page.heading("Something needs you:");
        if let Some([what, hint]) = &unreadable {
            page.indented("  ", what);
            page.indented("    Hint: ", hint);
        }
        for need in troubles.iter().chain(needs) {
            page.indented("  ", &text(&need["what"]));
            page.indented("    Hint: ", &text(&need["hint"]));
        }
    }
    let note = &status["space"]["note"];
    if note.is_object() {
        page.gap();
        page.heading("Worth knowing about your disk:");
        page.indented("  ", &text(&note["what"]));
        page.indented("    Hint: ", &text(&note["hint"]));
    }
    page.gap();
    wrong::broken(page, status);
    let coalition = status["coalition"]["name"].as_str().unwrap_or("its name has not arrived yet");
    page.field("Coalition", coalition);
    page.field("Group", &format!("{}, {}", text(&status["group"]["name"]), standing(status, sign)));
    let members = match number("members") {
        0 if status["standing"] != "member" => "not known here until your group is a member".to_owned(),
        members => members.to_string(),
    };
    page.field("Members", &members);
    page.field("Records", &number("records").to_string());
    if let Some(reviewed) = status["threat_review"].as_str() {
        page.field("Threats", &threats(reviewed, review));
    }
    page.field("Saved here", &pending(number("pending"), peers.len()));
    for listen in status["listen"].as_array().into_iter().flatten() {
        page.field("Listens on", &text(listen));
    }
    page.field("API", &format!("http://{}", text(&status["http"])));
    page.gap();
    if peers.is_empty() {
        page.line("No other groups yet. This is normal: everything is saved on this computer.");
        match status["standing"].as_str() {
            Some("member") => page.line(&format!("Next: invite a group with `{invite}`.")),
            Some("not_signed" | "withdrawn") => page.line(&format!("Next: sign the statement with `{sign}`.")),
            Some("pairing") => page.line("Next: keep `grid node` running on both computers until they have met."),
            Some("lacks_vouches") => {
                page.line("Next: keep `grid node` running, and ask for the vouch that is missing.")
            }
            Some("refused") => page.line("Next: ask the group that invited you for a new invite."),
            _ => page.line("Next: leave the node running until it has met a node of the coalition."),
        }
        return;
    }
    let mut table = Table::wrapping(["Group", "Path", "Sync", "Last seen", "Next step"]).keeping([3]);
    for peer in peers {
        let seen = peer["last_seen"].as_str().map(|time| when::relative(time, context::now()));
        table.row([
            peer["name"].as_str().unwrap_or("(not known yet)").to_owned(),
            peer["path"].as_str().filter(|path| *path != "none").unwrap_or("-").to_owned(),
            text(&peer["sync"]).replace('_', " "),
            seen.unwrap_or_else(|| "not yet".to_owned()),
            next_step(peer, status, sign),
        ]);
    }
    page.table(&table);
    let more = number("peers_total").saturating_sub(peers.len() as u64);
    if more > 0 {
        page.line(&format!("and {more} more: `grid status --all`"));
    }
}

/// Whether the group has thought about what threatens its people.
fn threats(reviewed: &str, review: &str) -> String {
    match reviewed {
        "before_sync" => "gone through before this computer met others".to_owned(),
        "later" => "gone through".to_owned(),
        "missed" => format!("not gone through, and other groups were met: `{review}`"),
        _ => format!("not gone through yet: `{review}`, best before you meet others"),
    }
}

fn standing(status: &Value, sign: &str) -> String {
    let why = status["standing_why"].as_str().filter(|why| !why.is_empty());
    let nameless = status["coalition"]["name"].is_null();
    match status["standing"].as_str().unwrap_or_default() {
        "waiting" if nameless => {
            "not known until the founding records have come from another group: leave the node running".to_owned()
        }
        "member" => "a member".to_owned(),
        "not_signed" => format!("no member yet: the statement is not signed (`{sign}`)"),
        "waiting" => "waiting for a node of the coalition: your answer is saved and will go when you meet".to_owned(),
        "lacks_vouches" => format!("no member yet: {}", why.unwrap_or("it lacks vouches")),
        "refused" => format!("not admitted: {}", why.unwrap_or("the invite was refused")),
        "pairing" => match why {
            None => "this computer waits for your group's other computer to let it in".to_owned(),
            Some(why) => format!(
                "not let in: {why}. Make a new code there (`grid device add`), and use it here (`grid device join`)"
            ),
        },
        "withdrawn" => "no member any more: it has left".to_owned(),
        "removed" => format!("no member any more: {}", why.unwrap_or("a version of the statement removed it")),
        other => other.to_owned(),
    }
}

fn pending(pending: u64, peers: usize) -> String {
    match (pending, peers) {
        (0, 0) => "everything".to_owned(),
        (0, _) => "everything, and others have it too".to_owned(),
        (1, _) => "everything; 1 change waits for another group to come by".to_owned(),
        (pending, _) => format!("everything; {pending} changes wait for another group to come by"),
    }
}

/// What a peer did against the rules, or what keeps it from being understood.
fn fault(peer: &Value) -> Option<&str> {
    peer["fault"].as_str().filter(|fault| !fault.is_empty())
}

fn next_step(peer: &Value, status: &Value, sign: &str) -> String {
    if let Some(fault) = fault(peer) {
        let hint = peer["hint"].as_str().unwrap_or_default();
        return if hint.is_empty() { fault.to_owned() } else { format!("{fault}: {hint}") };
    }
    if matches!(status["standing"].as_str(), Some("not_signed" | "withdrawn")) {
        return format!("sign: `{sign}`");
    }
    match peer["sync"].as_str() {
        Some("offline") => "nothing: it catches up when it is back".to_owned(),
        Some("fetching") => "nothing: it is catching up".to_owned(),
        Some("waiting") => "nothing: it has not heard yet that this group is a member".to_owned(),
        Some("apart") => {
            "nothing, unless a home was copied or restored: the two hold different histories of one computer".to_owned()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_state_of_a_peer_says_what_it_means_and_what_failed_comes_first() {
        let step = |peer: Value| next_step(&peer, &json!({"standing": "member"}), "grid sign");
        assert!(step(json!({"sync": "waiting"})).contains("not heard yet that this group is a member"));
        assert!(step(json!({"sync": "apart"})).contains("copied or restored"));
        assert!(step(json!({"sync": "offline"})).contains("when it is back"));
        assert!(step(json!({"sync": "fetching"})).contains("catching up"));
        assert_eq!(step(json!({"sync": "in_sync"})), "");
        assert_eq!(step(json!({"sync": "waiting", "fault": "it lies", "hint": "ask it"})), "it lies: ask it");
        let unsigned = next_step(&json!({"sync": "waiting"}), &json!({"standing": "not_signed"}), "grid sign");
        assert_eq!(unsigned, "sign: `grid sign`");
    }
}
