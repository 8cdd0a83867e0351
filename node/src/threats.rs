//! The review of threats that a group makes before its node meets others: a few questions, and a text to fill in.
//!
//! What is asked is short on purpose: people answer it in the evening, after work. What they say stays on their computer, as
//! a list of what hurts has to; the coalition is told that a review was made, about what, with whom, and when it comes again.

use crate::view::Views;
use grid_protocol::record::{Kind, Patch, PatchError, Value};
use grid_protocol::time::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, json};
use std::fmt::Write as _;

/// Days until a review that names no day is gone through again.
const AGAIN_DAYS: i64 = 180;
/// What a review is called that has no name.
const TITLE: &str = "Our group";

/// A part of the review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Whom or what it is about.
    Title,
    /// What has to be protected.
    Assets,
    /// From whom.
    Adversaries,
    /// What could happen.
    Threats,
    /// What is done about it.
    Measures,
    /// With whom it was made.
    Partners,
    /// When it is gone through again.
    Again,
}

impl Part {
    /// All parts, in the order in which they are asked.
    pub const ALL: [Self; 7] =
        [Self::Title, Self::Assets, Self::Adversaries, Self::Threats, Self::Measures, Self::Partners, Self::Again];

    /// What it is called in the text, and how it is asked.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Title => "Whom or what it is about",
            Self::Assets => "What must not get into the wrong hands, and who must not come to harm",
            Self::Adversaries => "Who might want that",
            Self::Threats => "What could happen",
            Self::Measures => "What you do about it, and who does it",
            Self::Partners => "With whom you talked about it",
            Self::Again => "When you go through it again",
        }
    }

    /// What helps to answer it.
    pub const fn guide(self) -> &'static str {
        match self {
            Self::Title => "The other groups read this line: our group, an action, those who are named in public.",
            Self::Assets => {
                "Stays on this computer. Lists of supporters, home addresses, the plan for the gate, Ana's job."
            }
            Self::Adversaries => {
                "Stays on this computer. A company, a landlord, somebody's former partner, a thief of laptops."
            }
            Self::Threats => {
                "Stays on this computer. Letters at home, a laptop taken on the train, a stranger in the chat."
            }
            Self::Measures => {
                "Stays on this computer. Recovery words on paper at Bo's, a passphrase, aliases, nobody goes home alone."
            }
            Self::Partners => {
                "The other groups read this. Names of groups or people, with commas between them; may stay empty."
            }
            Self::Again => "A day such as 2027-05-01; half a year from now where it stays empty.",
        }
    }

    /// The field of the record that holds it.
    const fn field(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Assets => "assets",
            Self::Adversaries => "adversaries",
            Self::Threats => "threats",
            Self::Measures => "measures",
            Self::Partners => "partners",
            Self::Again => "again",
        }
    }

    /// Whether a review says nothing without it.
    pub const fn is_needed(self) -> bool {
        matches!(self, Self::Threats | Self::Measures)
    }
}

/// Whether a node has met another group's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// Not yet: nothing that others wrote is here.
    Nobody,
    /// It has.
    Others,
}

/// Whether this group has reviewed what threatens its people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reviewed {
    /// Before its node met another group's.
    BeforeSync,
    /// Since then.
    Later,
    /// Not yet, and nobody was met.
    NotYet,
    /// Not yet, and other groups were met without it.
    Missed,
}

/// Whether the node has met another group's: something that others wrote is here.
pub fn met(views: &Views) -> Met {
    let others =
        |row: &std::sync::Arc<grid_protocol::replica::Row>| row.owner().is_some_and(|group| group != views.own);
    if views.records.held().any(others) { Met::Others } else { Met::Nobody }
}

/// Whether this group has reviewed what threatens its people.
pub fn reviewed(views: &Views) -> Reviewed {
    let mut own = views.records.of_kind("review").filter(|row| row.owner() == Some(views.own)).peekable();
    match own.peek().is_some() {
        true if own.any(|row| row.values.get("before_sync") == Some(&Value::Flag(true))) => Reviewed::BeforeSync,
        true => Reviewed::Later,
        false if met(views) == Met::Nobody => Reviewed::NotYet,
        false => Reviewed::Missed,
    }
}

/// A review as somebody answered it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreatReview {
    parts: [String; 7],
}

/// Why a text is no review.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// A part that has to be there is empty.
    #[error("the review says nothing under {:?}", part.heading())]
    Empty {
        /// The part.
        part: Part,
    },
    /// It has a heading that the template does not have.
    #[error("the review has a heading {heading:?}, which the template does not have")]
    Unknown {
        /// The heading.
        heading: String,
    },
    /// The day is none.
    #[error("{:?}: expected a day such as 2027-05-01, found {found:?}", Part::Again.heading())]
    Day {
        /// What there is.
        found: String,
    },
    /// A part is longer than its field.
    #[error(transparent)]
    Field(#[from] PatchError),
}

impl ReviewError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Empty { .. } => "a sentence is enough; go through it again later".to_owned(),
            Self::Unknown { .. } => {
                "leave the headings as they are: `grid review start --template` prints them".to_owned()
            }
            Self::Day { .. } => "give the day like that, or leave it empty".to_owned(),
            Self::Field(error) => error.hint().unwrap_or("shorten it").to_owned(),
        }
    }
}

impl ThreatReview {
    /// The text to fill in.
    pub fn template() -> String {
        let mut text = String::from(
            "# What could go wrong, and what you do about it\n\n> Ten minutes, before your computer meets others. Write under \
             the headings; lines that begin with > are help and are left out.\n",
        );
        for part in Part::ALL {
            let _ = write!(text, "\n## {}\n\n> {}\n\n", part.heading(), part.guide());
        }
        text
    }

    /// Writes a part.
    pub fn set(&mut self, part: Part, text: &str) {
        text.trim().clone_into(&mut self.parts[part as usize]);
    }

    /// Reads a template that was filled in.
    ///
    /// # Errors
    ///
    /// [`ReviewError`] naming the part that is missing or not known.
    pub fn parse(text: &str) -> Result<Self, ReviewError> {
        let mut review = Self::default();
        let mut part: Option<Part> = None;
        for line in text.trim_start_matches('\u{feff}').lines().map(str::trim_end) {
            if let Some(heading) = line.strip_prefix("## ") {
                let heading = heading.trim();
                let named = |part: &Part| part.heading().eq_ignore_ascii_case(heading);
                let unknown = || ReviewError::Unknown { heading: heading.chars().take(80).collect() };
                part = Some(Part::ALL.into_iter().find(named).ok_or_else(unknown)?);
            } else if !line.trim_start().starts_with('>')
                && let Some(part) = part
            {
                let held = &mut review.parts[part as usize];
                held.push_str(line);
                held.push('\n');
            }
        }
        review.parts.iter_mut().for_each(|part| *part = part.trim().to_owned());
        review.check()?;
        Ok(review)
    }

    /// The day on which it is gone through again, where one is named.
    ///
    /// # Errors
    ///
    /// [`ReviewError::Day`].
    pub fn again(&self) -> Result<Option<Date>, ReviewError> {
        match self.part(Part::Again) {
            "" => Ok(None),
            day => day.parse().map(Some).map_err(|_| ReviewError::Day { found: day.chars().take(80).collect() }),
        }
    }

    /// Whether it says what a review has to say.
    ///
    /// # Errors
    ///
    /// [`ReviewError`].
    pub fn check(&self) -> Result<(), ReviewError> {
        if let Some(part) = Part::ALL.into_iter().find(|part| part.is_needed() && self.part(*part).is_empty()) {
            return Err(ReviewError::Empty { part });
        }
        self.again().map(|_| ())
    }

    /// What is written as the record of a review that was gone through now.
    ///
    /// # Errors
    ///
    /// [`ReviewError`] when a part is empty that must not be, or does not fit its field.
    pub fn patch(&self, kind: &Kind, now: Timestamp, met: Met) -> Result<Patch, ReviewError> {
        self.check()?;
        let now = jiff::Timestamp::from_millisecond(i64::try_from(now.0).unwrap_or_default()).unwrap_or_default();
        let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let later = || today.saturating_add(jiff::Span::new().days(AGAIN_DAYS));
        let again = self.again()?.unwrap_or_else(later);
        let mut fields = Map::new();
        for part in [Part::Assets, Part::Adversaries, Part::Threats, Part::Measures, Part::Partners] {
            let text = match part {
                Part::Partners => self.part(part).replace('\n', ", "),
                _ => self.part(part).to_owned(),
            };
            fields.insert(part.field().to_owned(), json!(text));
        }
        let title = self.part(Part::Title).lines().next().unwrap_or_default();
        fields.insert("title".to_owned(), json!(if title.is_empty() { TITLE } else { title }));
        fields.insert("partners".to_owned(), json!(self.partners()));
        fields.insert("reviewed".to_owned(), json!(now.to_string()));
        fields.insert("again".to_owned(), json!(format!("{again}T12:00:00Z")));
        fields.insert("before_sync".to_owned(), json!(met == Met::Nobody));
        Ok(Patch::from_json(kind, &serde_json::Value::Object(fields))?)
    }

    fn part(&self, part: Part) -> &str {
        &self.parts[part as usize]
    }

    fn partners(&self) -> Vec<&str> {
        let names = self.part(Part::Partners).split([',', ';', '\n']);
        names.map(|name| name.trim().trim_start_matches(['-', '*']).trim()).filter(|name| !name.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grid_protocol::record::Registry;

    const NOW: Timestamp = Timestamp(1_795_348_800_000);

    fn filled(part: Part, said: &str) -> String {
        ThreatReview::template().replace(part.guide(), &format!("{}\n\n{said}", part.guide()))
    }

    #[test]
    fn a_template_that_was_filled_in_becomes_a_review_of_today() {
        let mut text = ThreatReview::template();
        for (part, said) in [
            (Part::Assets, "The list."),
            (Part::Threats, "A laptop is taken.\n\nOn the train."),
            (Part::Measures, "A passphrase."),
            (Part::Partners, "Mill Street, Ferry Friends"),
        ] {
            text = text.replace(part.guide(), &format!("{}\n\n{said}", part.guide()));
        }
        let kind = Registry::standard().kind("review").unwrap();
        let review = ThreatReview::parse(&text).unwrap();
        let values = review.patch(kind, NOW, Met::Nobody).unwrap().over(kind, kind.defaults());
        assert_eq!(values.text("title"), TITLE);
        assert_eq!(values.text("threats"), "A laptop is taken.\n\nOn the train.");
        assert_eq!(values.text("assets"), "The list.");
        let json = values.to_json();
        assert_eq!(json["partners"], json!(["Ferry Friends", "Mill Street"]));
        assert_eq!(json["before_sync"], json!(true));
        assert!(json["again"].as_str().unwrap().starts_with("2027-05-21"), "{json}");
        assert!(kind.check(&values).is_ok());
        let (travels, stays) = review.patch(kind, NOW, Met::Others).unwrap().split(kind);
        for field in ["assets", "adversaries", "threats", "measures"] {
            assert!(travels.get(field).is_none() && stays.get(field).is_some(), "{field}");
        }
        assert!(travels.get("title").is_some() && travels.get("again").is_some());
    }

    #[test]
    fn what_is_empty_or_not_known_is_named() {
        let error = ThreatReview::parse(&ThreatReview::template()).unwrap_err();
        assert!(matches!(error, ReviewError::Empty { part: Part::Threats }), "{error}");
        let error = ThreatReview::parse(&filled(Part::Threats, "Theft.")).unwrap_err();
        assert!(matches!(error, ReviewError::Empty { part: Part::Measures }), "{error}");
        let error = ThreatReview::parse("## Something else\n").unwrap_err();
        assert!(matches!(error, ReviewError::Unknown { .. }), "{error}");
        let both = filled(Part::Threats, "Theft.").replace(Part::Measures.guide(), "\nLocks.");
        let error = ThreatReview::parse(&both.replace(Part::Again.guide(), "\nsoon")).unwrap_err();
        assert!(matches!(error, ReviewError::Day { .. }), "{error}");
        for error in [error, ReviewError::Empty { part: Part::Measures }] {
            assert!(!error.hint().is_empty());
        }
    }
}
