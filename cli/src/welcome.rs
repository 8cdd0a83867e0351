//! What a group reads once its home is made: its recovery words, and where to go from here.

use crate::{
    context::Context,
    failure::{Exit, Failure},
    kept,
    output::{Format, Page},
};
use grid_node::{
    home::HomePaths,
    setup::{self, SetupError},
};
use serde_json::json;
use std::path::Path;

/// A home that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Created {
    pub(crate) coalition: String,
    /// Not known yet after joining with a short invite.
    pub(crate) coalition_name: Option<String>,
    pub(crate) group: String,
    pub(crate) device: String,
    pub(crate) words: Vec<String>,
}

impl From<setup::Created> for Created {
    fn from(created: setup::Created) -> Self {
        Self {
            coalition: created.coalition.to_string(),
            coalition_name: created.coalition_name,
            group: created.group.to_string(),
            device: created.device.to_string(),
            words: created.words.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// Why no home was made.
pub(crate) fn not_made(error: &SetupError) -> Failure {
    let (exit, code) = match error {
        SetupError::Invite(_) => (Exit::Usage, "invalid_invite"),
        SetupError::Expired { .. } => (Exit::Refused, "invite_expired"),
        SetupError::Code(_) => (Exit::Usage, "invalid_code"),
        SetupError::CodeExpired { .. } => (Exit::Refused, "code_expired"),
        SetupError::OtherGroup => (Exit::Refused, "wrong_group"),
        SetupError::OtherCoalition { .. } => (Exit::Refused, "wrong_coalition"),
        SetupError::NoText => (Exit::Refused, "no_statement"),
        SetupError::Record(_) | SetupError::Group(_) => (Exit::Usage, "invalid"),
        SetupError::Member => (Exit::Refused, "member_already"),
        SetupError::Local(error) => kept::local(error),
        _ => (Exit::Failed, "storage"),
    };
    Failure::caused(exit, error).code(code).hint(error.hint())
}

/// How many of the words a person repeats.
const CONFIRMED: usize = 3;

/// Refuses a home that is there already, before anybody answers questions in vain.
pub(crate) fn empty_home(home: &Path) -> Result<(), Failure> {
    if HomePaths::new(home).exists() {
        return Err(Failure::new(Exit::Refused, format!("{} is the home of a group already", home.display()))
            .code("home_exists")
            .hint("one home holds one group in one coalition: choose another place with --home DIR"));
    }
    Ok(())
}

/// Shows the recovery words once, has three of them repeated, and says what comes next.
pub(crate) fn show(context: &mut Context<'_>, created: &Created, next: &[String]) -> Result<(), Failure> {
    if context.out.format() == Format::Json {
        let answer = json!({
            "coalition": created.coalition, "group": created.group, "device": created.device,
            "recovery_words": created.words,
        });
        context.out.answer(&answer, |_| {});
        return seen(context);
    }
    context.out.page(|page| words(page, &created.words));
    seen(context)?;
    confirm(context, &created.words)?;
    let name = created.coalition_name.clone().unwrap_or_else(|| created.coalition.clone());
    context.out.page(|page| {
        page.gap();
        page.heading(&format!("Saved on this computer. You are in {name}."));
        page.line("Next:");
        next.iter().for_each(|line| page.whole(&format!("  {line}")));
    });
    Ok(())
}

/// Shows words that count for nothing yet, and has three of them repeated.
pub(crate) fn show_words(context: &mut Context<'_>, new: &[String]) -> Result<(), Failure> {
    context.out.page(|page| words(page, new));
    context.out.finish()?;
    confirm(context, new)
}

fn confirm(context: &mut Context<'_>, words: &[String]) -> Result<(), Failure> {
    if let Some(mut keyboard) = context.keyboard() {
        keyboard.show(|page| page.line("Write them on paper now. Three of them, to be sure:"));
        keyboard.confirm_words(words, &some_positions(words.len())?)?;
    }
    Ok(())
}

/// Nobody may go on with a home whose words nobody saw: it is taken back.
fn seen(context: &mut Context<'_>) -> Result<(), Failure> {
    context.out.finish().map_err(|failure| {
        let home = context.home().map(Path::to_owned);
        let back = home.is_ok_and(|home| setup::take_back(&home).is_ok());
        match back {
            true => failure.hint("the recovery words could not be shown, so nothing was made; mend that and try again"),
            false => failure.hint("the recovery words could not be shown: remove this home and make it again"),
        }
    })
}

fn words(page: &mut Page, words: &[String]) {
    page.heading("Your 24 recovery words");
    page.line("They are shown this once and stored nowhere. Whoever has them can speak for your group; without them a lost computer is a lost group.");
    page.gap();
    let rows = words.len().div_ceil(3);
    for row in 0..rows {
        let cells = (0..3).map(|column| row + column * rows).filter_map(|place| Some((place, words.get(place)?)));
        let line: String = cells.map(|(place, word)| format!("{:>4}. {word:<12}", place + 1)).collect();
        page.whole(line.trim_end());
    }
    page.gap();
}

/// Different positions, in order, chosen at random.
fn some_positions(count: usize) -> Result<Vec<usize>, Failure> {
    let mut chosen = std::collections::BTreeSet::new();
    while chosen.len() < CONFIRMED.min(count) {
        let random = getrandom::u32().map_err(|error| Failure::new(Exit::Failed, format!("no randomness: {error}")))?;
        chosen.insert(usize::try_from(random).unwrap_or_default() % count);
    }
    Ok(chosen.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_different_words_are_asked_for() {
        let positions = some_positions(24).unwrap();
        assert_eq!(positions.len(), CONFIRMED);
        assert!(positions.is_sorted() && positions.iter().all(|place| *place < 24));
        assert!(some_positions(0).unwrap().is_empty());
    }
}
