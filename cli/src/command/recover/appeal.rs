//! Without the words: an appeal to the recovery contacts, and what comes back from them.

use crate::{
    context::Context,
    failure::{Exit, Failure},
    file,
    output::{Format, Page},
    welcome,
    words::count,
};
use grid_node::setup::recover::{self, Appealing};
use grid_protocol::{
    appeal::{Appeal, MergeError, ParseAppealError},
    limits::MAX_APPEAL,
};
use serde_json::json;
use std::path::Path;

/// Makes new words and the appeal for them, and says how to go on.
pub(super) fn ask(context: &mut Context<'_>, asking: &Appealing, file: Option<&Path>) -> Result<(), Failure> {
    let mut asking = asking.clone();
    if asking.name.is_empty() {
        let mut keyboard = context.keyboard().ok_or_else(|| {
            Failure::usage("an appeal takes the name of your group").hint("give it: --name NAME, as others see it")
        })?;
        keyboard.show(|page| {
            page.heading("Your recovery contacts together can give your group a new key.");
            page.line(
                "You get 24 new words, and an appeal that you give to the contacts. The old words are over then.",
            );
        });
        asking.name = keyboard.line("What is your group called?")?;
    }
    let made = recover::appeal(&asking).map_err(|error| unreadable(&error))?;
    let words: Vec<String> = made.words.into_iter().map(str::to_owned).collect();
    let text = made.appeal.to_text();
    let mut answer = json!({
        "appeal": text, "comparison": made.appeal.comparison(), "name": made.appeal.name, "recovery_words": words,
    });
    if context.out.format() == Format::Human {
        welcome::show_words(context, &words)?;
    }
    if let Some(path) = file {
        file::write(path, format!("{text}\n").as_bytes())?;
        answer["file"] = json!(path.display().to_string());
    }
    let again = context.line("group recover --by-contacts --approval FILE");
    context.out.answer(&answer, |page| {
        page.gap();
        page.heading("Your appeal to the recovery contacts");
        handed_over(page, &text, file);
        page.gap();
        page.line("Nothing in it is secret. Next:");
        page.line("- Send it to one of your contacts, who runs `grid group approve APPEAL` and sends it back.");
        page.line("- Call them. Who you are, they know by your voice; that the appeal is yours, by these digits:");
        page.whole(&format!("    {}", made.appeal.comparison()));
        page.line(
            "- Send what comes back to the next contact, until as many have signed as your group once laid down.",
        );
        page.line("- Then, on the computer that your group goes on with:");
        page.whole(&format!("    {again}"));
    });
    Ok(())
}

/// What the contacts have signed, put together.
pub(super) fn gather(given: &[String]) -> Result<Appeal, Failure> {
    let mut appeals = given.iter().map(|given| read(given));
    let Some(first) = appeals.next() else { return Err(Failure::usage("no approval was given")) };
    let mut all = first?;
    for appeal in appeals {
        all.merge(appeal?).map_err(|error| {
            Failure::caused(Exit::Usage, &error).code("approvals_differ").hint(match error {
                MergeError::OtherAppeal => "leave out the answers to earlier appeals",
                MergeError::OtherContent => "send the answer of one contact to the next one, and so on",
            })
        })?;
    }
    Ok(all)
}

/// Says how many contacts have to sign still.
pub(super) fn wait(context: &mut Context<'_>, appeal: &Appeal, file: Option<&Path>) -> Result<(), Failure> {
    let (signed, quorum) = appeal.drawn.as_ref().map_or((0, None), |drawn| (drawn.approvals.len(), Some(drawn.quorum)));
    let text = appeal.to_text();
    let mut answer = json!({
        "appeal": text, "comparison": appeal.comparison(), "name": appeal.name, "signed": signed, "quorum": quorum,
        "state": "open",
    });
    if let Some(path) = file {
        file::write(path, format!("{text}\n").as_bytes())?;
        answer["file"] = json!(path.display().to_string());
    }
    context.out.answer(&answer, |page| {
        let signed = count(signed as u64, "contact");
        match quorum {
            Some(quorum) => page.heading(&format!("{signed} signed so far, it takes {quorum}.")),
            None => page.heading("No contact has signed yet."),
        }
        page.line("Send this to a contact that has not signed yet:");
        handed_over(page, &text, file);
    });
    Ok(())
}

pub(super) fn handed_over(page: &mut Page, text: &str, file: Option<&Path>) {
    match file {
        Some(path) => page.line(&format!("It is in {}.", path.display())),
        None => page.whole(text),
    }
}

/// An appeal, as it was given on the command line: its text, or the file with it.
pub(super) fn read(given: &str) -> Result<Appeal, Failure> {
    let parsed = match Appeal::looks_like(given) {
        true => Appeal::parse(given),
        false => Appeal::parse(&file::read_text(Path::new(given), 2 * MAX_APPEAL)?),
    };
    parsed.map_err(|error| unreadable(&error))
}

fn unreadable(error: &ParseAppealError) -> Failure {
    let hint = match error {
        ParseAppealError::NewerFormat { .. } => "install the newer program",
        ParseAppealError::NotAnAppeal => "an appeal begins with gridappeal1; give it, or the file that holds it",
        ParseAppealError::Bounds(_) => "shorten the name, and leave out line breaks",
        _ => "copy it again as a whole, or ask for it as a file",
    };
    Failure::caused(Exit::Usage, error).code("invalid_appeal").hint(hint)
}
