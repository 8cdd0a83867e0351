//! `grid group approve`: a recovery contact signs the appeal of a group that has lost its words.

use super::appeal;
use crate::{context::Context, failure::Failure, file, output::Page, prompt::Answer, table::Table, words::count};
use clap::{Args, Command, FromArgMatches as _};
use serde_json::{Value, json};
use std::path::PathBuf;

const ABOUT: &str = "Sign the appeal of a group that has lost its words and named yours as a recovery contact";
const LONG_ABOUT: &str = "\
Sign the appeal of a group that has lost its words and named yours as a recovery contact.

It shows who asks and what your signature does, and asks before it signs. With as many signatures as the group once \
laid down, whoever made the appeal has that group. So speak to the people first, in person or by telephone, and \
compare the digits that both of you see.";

/// The command.
pub(crate) fn command() -> Command {
    Approve::augment_args(Command::new("approve")).about(ABOUT).long_about(LONG_ABOUT)
}

/// Carries it out.
pub(crate) fn run(matches: &clap::ArgMatches, context: &mut Context<'_>) -> Result<(), Failure> {
    let approve = Approve::from_arg_matches(matches).map_err(|error| Failure::usage(error.to_string()))?;
    approve.run(context)
}

#[derive(Clone, Debug, Args)]
struct Approve {
    /// The appeal, or the file with it; `-` reads it from the pipe
    #[arg(value_name = "APPEAL|FILE")]
    appeal: String,
    /// Write the signed appeal to this file
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// You have spoken to them and compared the digits: do not ask
    #[arg(long)]
    yes: bool,
}

impl Approve {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let appeal = appeal::read(&self.appeal)?;
        let client = context.client()?;
        let planned = client.post("/api/recovery/appeal", &json!({"appeal": appeal.to_text()}))?;
        if planned["state"] != "published" && !self.yes {
            confirm(context, &planned)?;
        }
        // What was shown is what is signed.
        let mut answer = client.post("/api/recovery/approval", &json!({"appeal": planned["appeal"]}))?;
        let text = said(&answer, "appeal").to_owned();
        if let Some(path) = &self.file {
            file::write(path, format!("{text}\n").as_bytes())?;
            answer["file"] = json!(path.display().to_string());
        }
        context.out.answer(&answer, |page| {
            let group = said(&answer, "group_name");
            match said(&answer, "state") {
                "published" => {
                    page.heading(&format!("{group} has its new key. Your node tells the coalition."));
                    page.line("Leave your node running, and give them this:");
                    appeal::handed_over(page, &text, self.file.as_deref());
                    page.line("On their new computer they go on with:");
                    page.whole("    grid group recover --by-contacts --approval FILE");
                }
                _ => {
                    page.heading(&format!("Your group has signed: {}.", progress(&answer)));
                    page.line(&format!("Give this back to {group}, or to the next of their contacts:"));
                    appeal::handed_over(page, &text, self.file.as_deref());
                }
            }
        });
        Ok(())
    }
}

fn confirm(context: &mut Context<'_>, planned: &Value) -> Result<(), Failure> {
    let Some(mut keyboard) = context.keyboard() else {
        return Err(Failure::usage("signing for another group was not confirmed")
            .hint("speak to its people, compare the digits, and add --yes"));
    };
    keyboard.show(|page| show(page, planned));
    match keyboard.yes_or_no("Did you speak to them, and are these the digits that they see? Sign?")? {
        Answer::Yes => Ok(()),
        Answer::No => Err(Failure::usage("nothing was signed")),
    }
}

fn show(page: &mut Page, planned: &Value) {
    let group = said(planned, "group_name");
    page.heading(&format!(
        "Somebody says to be {group}, without a computer and without words, and asks for a new key."
    ));
    page.line("Speak to them: in person, or on a number that you had before. They read these digits to you:");
    page.whole(&format!("    {}", said(planned, "comparison")));
    page.gap();
    page.line(&format!("What your signature does ({}):", progress(planned)));
    page.line(&format!(
        "- With enough signatures whoever made this appeal is {group}: its name, its records, its membership, its \
         votes. Nobody can undo it."
    ));
    page.line("- Its old words and keys are over. Its computers:");
    let mut table = Table::wrapping(["Computer", "Label", "Changes here", "Then"]).keeping([0, 2]);
    for device in planned["devices"].as_array().into_iter().flatten() {
        let held = device["held"].as_u64().unwrap_or_default();
        let then = match device["counting"].as_u64() {
            None => "goes on".to_owned(),
            Some(0) => "ends, and nothing of it counts".to_owned(),
            Some(counting) if counting < held => {
                format!("ends; {} that are here stop counting", count(held - counting, "change"))
            }
            Some(_) => "ends, what is here counts".to_owned(),
        };
        let id: String = said(device, "device").chars().take(10).collect();
        table.row([id, said(device, "label").to_owned(), held.to_string(), then]);
    }
    page.table(&table);
    page.gap();
}

/// How many have signed, and who.
fn progress(answer: &Value) -> String {
    let signed = answer["signed"].as_array().map_or(&[][..], Vec::as_slice);
    let names: Vec<&str> = signed.iter().map(|contact| said(contact, "name")).collect();
    let quorum = &answer["quorum"];
    match names.is_empty() {
        true => format!("nobody has signed yet, it takes {quorum} contacts"),
        false => format!("{} of {quorum} signed: {}", names.len(), names.join(", ")),
    }
}

fn said<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
