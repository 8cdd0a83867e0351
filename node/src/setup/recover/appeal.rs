//! Appealing to the recovery contacts: new words, and the text that asks for them to count.

use crate::clock::random;
use grid_protocol::appeal::{Appeal, ParseAppealError};
use grid_protocol::id::GroupId;
use grid_protocol::words::RecoveryWords;

/// A group that has neither computer nor words.
#[derive(Clone, Debug, Default)]
pub struct Appealing {
    /// What it is called.
    pub name: String,
    /// Its id, where it is known.
    pub group: Option<GroupId>,
    /// Computers that go on: the beginning of an id, or a label.
    pub keep: Vec<String>,
}

/// An appeal, and the words that it is for.
#[derive(Debug)]
pub struct NewAppeal {
    /// It. Nothing in it is secret.
    pub appeal: Appeal,
    /// The 24 new words. They are shown once and written nowhere; they count when enough contacts have signed.
    pub words: Vec<&'static str>,
}

/// Makes new words and asks for them to count. Nothing is kept.
///
/// # Errors
///
/// [`ParseAppealError::Bounds`] when a name is out of bounds.
pub fn appeal(asking: &Appealing) -> Result<NewAppeal, ParseAppealError> {
    let words = RecoveryWords::from_entropy(random());
    let appeal = Appeal::new(&asking.name, asking.group, asking.keep.clone(), &words);
    appeal.check()?;
    Ok(NewAppeal { appeal, words: words.words() })
}
