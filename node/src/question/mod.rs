//! Questions: what people ask of everything that is here, answered from the views. One question, one file.
//!
//! A question names its words and answers with sections of rows. The API, the command line and pages show any of them
//! without knowing it: a new one takes its file and one line in [`ALL`].
//!
//! ```text
//! words ──▶ Asked ──┐
//!                   ├──▶ Question::answer ──▶ Reply { sections of rows } ──▶ JSON, tables
//! Views, now ───────┘
//! ```
//!
//! An answer holds nothing that could not be worked out again, and every row says why it is there.

mod adding_up;
mod agenda;
mod amplify;
mod asked;
mod backbone;
mod backing;
mod board;
mod bodies;
mod bookings;
mod calls;
mod came;
mod cases;
mod costs;
mod decisions;
mod drafts;
mod find;
#[cfg(test)]
pub(crate) mod fixture;
mod flows;
mod funds;
mod governing;
mod health;
mod help;
#[cfg(test)]
mod hostile;
mod introduce;
mod leaders;
mod lessons;
mod letters;
mod lookup;
mod makers;
mod map;
mod matching;
mod mode;
mod moments;
mod narrow;
mod near;
mod nested;
mod newcomers;
mod notes;
mod owed;
mod pairs;
mod period;
mod plans;
mod privacy;
mod purse;
mod reflection;
mod reply;
mod report;
mod reviews;
mod scores;
mod seats;
mod shown;
mod silence;
mod spoken;
mod stored;
mod success;
mod supporters;
mod systems;
mod talk;
mod ties;
mod told;
mod trust;
mod turns;
mod units;
mod wanted;
mod who;
mod whose;
mod words;

pub use asked::{Asked, Unanswerable};
pub(crate) use calls::waiting;
pub(crate) use notes::{Note, Occasion, notes};
pub use reply::{Column, Reply, Section};
pub(crate) use supporters::supporters;

use crate::view::Views;
use grid_protocol::time::Timestamp;
use std::collections::BTreeMap;

/// Everything that can be asked, in the order in which lists show it.
pub const ALL: &[&Question] = &[
    &find::QUESTION,
    &leaders::QUESTION,
    &who::QUESTION,
    &wanted::QUESTION,
    &matching::QUESTION,
    &introduce::QUESTION,
    &board::QUESTION,
    &newcomers::QUESTION,
    &help::QUESTION,
    &bookings::QUESTION,
    &words::QUESTION,
    &makers::QUESTION,
    &map::QUESTION,
    &lessons::QUESTION,
    &silence::QUESTION,
    // What the coalition is made of, does, and adds up to.
    &health::QUESTION,
    &agenda::QUESTION,
    &report::QUESTION,
    &units::QUESTION,
    &bodies::QUESTION,
    &decisions::QUESTION,
    &mode::QUESTION,
    &spoken::QUESTION,
    &drafts::QUESTION,
    &talk::QUESTION,
    &systems::QUESTION,
    &moments::QUESTION,
    &amplify::QUESTION,
    &calls::QUESTION,
    &adding_up::QUESTION,
    &letters::QUESTION,
    &cases::QUESTION,
    &flows::QUESTION,
    &costs::QUESTION,
    &funds::QUESTION,
    &success::QUESTION,
    &trust::QUESTION,
    &backbone::QUESTION,
    &reflection::QUESTION,
    &plans::QUESTION,
    &reviews::QUESTION,
    &privacy::QUESTION,
];

/// Something that can be asked.
#[derive(Debug)]
pub struct Question {
    /// Its name in commands and paths: `silence`.
    pub name: &'static str,
    /// What it asks, in a sentence.
    pub about: &'static str,
    /// Where the command line has it.
    pub place: Place,
    /// What narrows it.
    pub words: &'static [Word],
    /// Works the answer out.
    pub answer: fn(&Asked<'_>) -> Result<Reply, Unanswerable>,
}

/// Where the command line has a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// As a command of its own: `grid find`. Beside a kind of the same name it is what its command does alone.
    Command,
    /// Under `grid ask`, as all questions are.
    Ask,
}

/// What narrows a question.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// Its name: `place`.
    pub name: &'static str,
    /// What it does, in a sentence, with what it takes.
    pub about: &'static str,
    /// How often it may be given.
    pub many: Given,
}

/// What narrows every question.
const MOST: Word = Word {
    name: "most",
    about: "How many rows of each part to show, such as 1000; 200 if nothing is said.",
    many: Given::Once,
};

/// How often a word may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Once.
    Once,
    /// Any number of times; all of them count.
    Often,
    /// Without its name: the command line takes what stands alone. Several words are one text.
    Bare,
}

/// The question of this name.
pub fn named(name: &str) -> Option<&'static Question> {
    ALL.iter().find(|question| question.name == name).copied()
}

impl Question {
    /// What narrows it: its own words, then those of every question.
    pub fn all_words(&self) -> impl Iterator<Item = &Word> {
        let own = self.words.iter().any(|word| word.name == MOST.name);
        self.words.iter().chain((!own).then_some(&MOST))
    }

    /// Asks it.
    ///
    /// # Errors
    ///
    /// [`Unanswerable`] when a word is not one of the question's, or does not say what it should.
    pub fn ask(
        &self,
        views: &Views,
        now: Timestamp,
        words: BTreeMap<String, Vec<String>>,
    ) -> Result<Reply, Unanswerable> {
        for (name, values) in &words {
            let word = self.all_words().find(|word| word.name == name).ok_or_else(|| self.unknown(name))?;
            if word.many == Given::Once && values.len() > 1 {
                return Err(Unanswerable::new(format!("{name} is given twice"), "Give it once."));
            }
        }
        let asked = Asked::new(views, now, words);
        let reply = (self.answer)(&asked)?;
        reply.shown(&asked)
    }

    fn unknown(&self, name: &str) -> Unanswerable {
        let known: Vec<&str> = self.all_words().map(|word| word.name).collect();
        let known = known.join(", ");
        let shown: String = name.chars().take(80).collect();
        Unanswerable::new(format!("{} has no word {shown:?}", self.name), format!("Known here: {known}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_question_has_a_name_of_its_own_and_says_what_it_asks() {
        let names: BTreeSet<&str> = ALL.iter().map(|question| question.name).collect();
        assert_eq!(names.len(), ALL.len());
        for question in ALL {
            assert!(question.about.ends_with('.'), "{}", question.name);
            assert!(question.all_words().all(|word| word.about.ends_with('.')), "{}", question.name);
        }
    }
}
