//! `grid device revoke`: ends a computer of this group, after saying what that does.

use crate::{
    client,
    context::{self, Context},
    failure::Failure,
    output::Page,
    prompt::Answer,
    when,
    words::count,
};
use clap::Args;
use serde_json::{Value, json};

/// End a computer of your group that is lost, sold or broken: what it writes from then on does not count
#[derive(Clone, Debug, Args)]
pub(crate) struct Revoke {
    /// The computer: the first letters of its id, or its name, from `grid device list`
    #[arg(value_name = "DEVICE")]
    device: String,
    /// Drop what it wrote from here on: the number of an entry, or a time such as 2026-11-30T10:00:00Z [default: keep
    /// all that is here]
    #[arg(long, value_name = "SEQ|TIME")]
    before: Option<String>,
    /// Do not ask again
    #[arg(long)]
    yes: bool,
}

impl Revoke {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let client = context.client()?;
        let path = client::path(["devices", &self.device, "revocation"]);
        let before = self.before.as_deref().map(|before| match before.parse::<u64>() {
            Ok(_) => ("before_seq", before),
            Err(_) => ("before_time", before),
        });
        let planned = client.get(&client::with_query(&path, before))?;
        if !self.yes {
            confirm(context, &planned)?;
        }
        // What was shown is what is done, also when more has come in since.
        let answer = client.post(&path, &json!({"before_seq": planned["cut"]}))?;
        context.out.answer(&answer, |page| {
            page.heading(&format!("{} is ended: nothing that it writes counts any more.", name(&answer)));
            consequences(page, &answer);
        });
        let recover = context.line("group recover");
        context.out.note(&format!(
            "\nIf that computer held your group's key (the one that founded or joined for the group does), whoever has \
             it can let in further computers: give your group a new key with the recovery words, `{recover}`."
        ));
        if answer["device"]["governs"] == true {
            context.out.note(&format!(
                "It could also sign, invite and vote for your group; only `{recover}` takes that from it."
            ));
        }
        Ok(())
    }
}

fn confirm(context: &mut Context<'_>, planned: &Value) -> Result<(), Failure> {
    let Some(mut keyboard) = context.keyboard() else {
        return Err(Failure::usage("ending a computer was not confirmed").hint("add --yes"));
    };
    keyboard.show(|page| {
        page.heading(&format!("This ends {} for ever; it can only come back with new keys.", name(planned)));
        consequences(page, planned);
    });
    match keyboard.yes_or_no("End it?")? {
        Answer::Yes => Ok(()),
        Answer::No => Err(Failure::usage("nothing was done: the computer stays")),
    }
}

fn name(planned: &Value) -> String {
    let text = |key: &str| planned["device"][key].as_str().unwrap_or_default();
    format!("{} ({})", text("label"), text("device").chars().take(10).collect::<String>())
}

/// What stays and what is lost.
fn consequences(page: &mut Page, planned: &Value) {
    let number = |key: &str| usize::try_from(planned[key].as_u64().unwrap_or_default()).unwrap_or(usize::MAX);
    let until = planned["kept_until"].as_str().map(|time| when::detailed(time, context::now()));
    match (number("kept"), until) {
        (0, _) | (_, None) => page.line("Nothing that it wrote stays."),
        (kept, Some(until)) => {
            page.line(&format!("What stays: {}, the last of {until}.", count(kept as u64, "change")))
        }
    }
    match number("lost") {
        0 => page.line("What is lost: nothing that is here; what it wrote and sent to nobody."),
        lost => {
            page.line(&format!(
                "What is lost: {}, except where others have built on them; they changed",
                count(lost as u64, "change")
            ));
            for record in planned["records"].as_array().into_iter().flatten() {
                let text = |key: &str| record[key].as_str().unwrap_or("?").to_owned();
                let title = record["title"].as_str().map_or_else(|| text("id"), str::to_owned);
                page.indented("  ", &format!("{} {title}", text("kind")));
            }
            page.line("Those can be published again: `grid device lost`.");
        }
    }
}
