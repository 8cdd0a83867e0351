//! The review of threats on the command line: as a text that was filled in, or as questions at the keyboard.

use crate::{
    context::Context,
    failure::{Exit, Failure},
    file,
    prompt::{Answer, Keyboard},
};
use clap::Args;
use grid_node::{
    passphrase::Passphrase,
    setup,
    threats::{Part, ReviewError, ThreatReview},
};
use std::path::{Path, PathBuf};

/// The longest text that is read.
const LONGEST: usize = 64 * 1024;

/// What to do about the review as a home is made.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ReviewFlags {
    /// The file with your review of threats, as `grid review start --template` prints it: it is kept before the node
    /// meets anybody
    #[arg(long, value_name = "FILE")]
    review: Option<PathBuf>,
    /// Think about threats later: `grid status` and `grid health` go on asking
    #[arg(long, conflicts_with = "review")]
    review_later: bool,
}

impl ReviewFlags {
    /// The review in the file, where one is given: read before anything is made.
    pub(crate) fn given(&self) -> Result<Option<ThreatReview>, Failure> {
        self.review.as_deref().map(read).transpose()
    }

    /// Asks for the review where none was given and somebody is there, and keeps it in the new home.
    pub(crate) fn keep(
        &self,
        context: &mut Context<'_>,
        given: Option<ThreatReview>,
        passphrase: Option<&Passphrase>,
    ) -> Result<(), Failure> {
        let review = match (given, self.review_later) {
            (Some(review), _) => Some(review),
            (None, true) => None,
            (None, false) => match context.keyboard() {
                Some(mut keyboard) => offer(&mut keyboard)?,
                None => None,
            },
        };
        let again = context.line("review start");
        let Some(review) = review else {
            context.out.note(&format!(
                "Nobody has thought about threats yet. Best before your node meets others, and ten minutes long: {again}"
            ));
            return Ok(());
        };
        setup::review(context.home()?, &review, passphrase).map_err(|error| {
            Failure::caused(Exit::Failed, &error)
                .code("storage")
                .hint(format!("your home is made; once its node runs, repeat the review: {again}"))
        })?;
        context
            .out
            .note("Your review of threats is kept. What it says stays on this computer; the other groups learn that you made one.");
        Ok(())
    }
}

/// Reads a review that was filled in.
pub(crate) fn read(path: &Path) -> Result<ThreatReview, Failure> {
    ThreatReview::parse(&file::read_text(path, LONGEST)?).map_err(|error| refused(&error))
}

/// Why it is no review.
pub(crate) fn refused(error: &ReviewError) -> Failure {
    Failure::caused(Exit::Usage, error).code("invalid").hint(error.hint())
}

/// Asks whether to do it now.
fn offer(keyboard: &mut Keyboard<'_>) -> Result<Option<ThreatReview>, Failure> {
    keyboard.show(|page| {
        page.gap();
        page.heading("Before your computer meets others");
        page.line("Who could be harmed by what you do here, and what do you do about it? Seven short questions; an empty line goes on.");
    });
    match keyboard.yes_or_no("Go through them now? (No: you are reminded.)")? {
        Answer::No => Ok(None),
        Answer::Yes => ask(keyboard).map(Some),
    }
}

/// Asks the questions.
pub(crate) fn ask(keyboard: &mut Keyboard<'_>) -> Result<ThreatReview, Failure> {
    let mut review = ThreatReview::default();
    for part in Part::ALL {
        keyboard.show(|page| {
            page.gap();
            page.line(part.guide());
        });
        let question = format!("{}?", part.heading());
        loop {
            let said = if part.is_needed() { keyboard.line(&question)? } else { keyboard.optional(&question)? };
            review.set(part, &said);
            match (part, review.again()) {
                (Part::Again, Err(error)) => keyboard.show(|page| page.line(&error.to_string())),
                _ => break,
            }
        }
    }
    Ok(review)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::tests::with;

    #[test]
    fn whoever_says_later_is_asked_nothing_and_a_day_that_is_none_is_asked_for_again() {
        assert_eq!(with("no\n", offer).unwrap(), None);
        let review = with("yes\n\n\nA thief\nTheft\nLocks\n\nsoon\n2027-05-01\n", offer).unwrap().unwrap();
        let mut expected = ThreatReview::default();
        for (part, said) in [
            (Part::Adversaries, "A thief"),
            (Part::Threats, "Theft"),
            (Part::Measures, "Locks"),
            (Part::Again, "2027-05-01"),
        ] {
            expected.set(part, said);
        }
        assert_eq!(review, expected);
        assert!(review.check().is_ok());
    }
}
