//! An appeal: a group that has lost its words asks its recovery contacts for a new root.
//!
//! ```text
//! asker: new words ─▶ appeal ─▶ first contact: fills in what the new root says of the group's devices, signs
//!                                   └─▶ next contact: compares, signs ─▶ ... ─▶ the quorum: a recovery
//! ```
//!
//! Whoever asks has no keys but the new words, so an appeal proves nothing: people recognise each other by
//! voice, and read [`Appeal::comparison`] to each other, which stands for the new root and nothing else. All
//! contacts sign the same content, which the first of them fills in from what its node holds.
//!
//! The text is `gridappeal1` followed by base32 of the content and a checksum of five bytes. Case and white
//! space do not matter. Nothing in it is secret.

use crate::codec::{self, DecodeError, Format};
use crate::control::{Approval, RecordError, Recovery, RecoveryBody, check_line};
use crate::domain;
use crate::id::{Digest, GroupId, derive, from_base32, to_base32};
use crate::key::PublicKey;
use crate::limits::{MAX_ADDRESS, MAX_ADDRESSES, MAX_APPEAL, MAX_DEVICES, MAX_NAME};
use crate::words::RecoveryWords;
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

const PREFIX: &str = "gridappeal";
const FORMAT: char = '1';
const CHECKSUM: usize = 5;

/// What a group without words asks of its contacts, and what they have made of it so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appeal {
    /// The layout.
    pub format: Format<1>,
    /// What the group is called, by whoever asks.
    pub name: String,
    /// The group, where whoever asks knows its id.
    pub group: Option<GroupId>,
    /// Computers that go on: the beginning of an id, or a label. All others end.
    pub keep: Vec<String>,
    /// Root 0 of the new words.
    pub root: PublicKey,
    /// The commitment to the roots after it.
    pub chain: Digest,
    /// What the contacts sign; none until the first of them has filled it in.
    pub drawn: Option<Drawn>,
}

/// An appeal that a contact's node has filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// What the contacts sign.
    pub body: RecoveryBody,
    /// How many of them it takes.
    pub quorum: u8,
    /// Those that have signed, ascending.
    pub approvals: Vec<Approval>,
    /// What the coalition is called.
    pub coalition_name: String,
    /// Where nodes of contacts can be reached: multiaddresses with `/p2p`.
    pub addresses: Vec<String>,
}

/// Text that is no appeal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseAppealError {
    /// It does not begin like one.
    #[error("this is no appeal to recovery contacts: one begins with `{PREFIX}{FORMAT}`")]
    NotAnAppeal,
    /// A part is missing or mistyped.
    #[error("the appeal is damaged: a part is missing or mistyped; copy it again as a whole")]
    Damaged,
    /// It was made by a newer program.
    #[error("the appeal has format {found}, this program reads format {FORMAT}: a newer program is needed")]
    NewerFormat {
        /// The format that it names.
        found: char,
    },
    /// It is longer than any appeal.
    #[error("an appeal has at most {MAX_APPEAL} characters, found {found}")]
    TooLong {
        /// How many characters there are.
        found: usize,
    },
    /// The checksum fits, but what is inside is no appeal.
    #[error("the appeal cannot be read")]
    Content(#[from] DecodeError),
    /// Something in it is out of bounds.
    #[error("the appeal says something that no appeal may say")]
    Bounds(#[from] RecordError),
    /// What was filled in is not for the root that is asked for.
    #[error("what the contacts are to sign is for another key than the one that is asked for")]
    OtherRoot,
}

/// Why two appeals are not put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// They ask for different roots.
    #[error("the two are answers to different appeals")]
    OtherAppeal,
    /// They were filled in at different contacts.
    #[error("the two were filled in by different contacts, and their signatures are under different contents")]
    OtherContent,
}

impl Appeal {
    /// Asks for root 0 of new words.
    pub fn new(name: &str, group: Option<GroupId>, keep: Vec<String>, words: &RecoveryWords) -> Self {
        let (root, chain) = words.beginning();
        Self { format: Format, name: name.to_owned(), group, keep, root, chain, drawn: None }
    }

    /// The text to hand over.
    pub fn to_text(&self) -> String {
        let mut bytes = codec::encode(self);
        bytes.extend(checksum(&bytes));
        format!("{PREFIX}{FORMAT}{}", to_base32(&bytes))
    }

    /// Whether a text begins like an appeal.
    pub fn looks_like(text: &str) -> bool {
        text.trim_start().get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
    }

    /// Reads the text of an appeal, as it was typed, scanned or sent.
    ///
    /// # Errors
    ///
    /// [`ParseAppealError`] saying whether it is no appeal, a damaged one, or one for a newer program.
    pub fn parse(text: &str) -> Result<Self, ParseAppealError> {
        // White space may be anywhere; twice the length is room enough for it.
        if text.len() > 2 * MAX_APPEAL {
            return Err(ParseAppealError::TooLong { found: text.len() });
        }
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
        if text.len() > MAX_APPEAL {
            return Err(ParseAppealError::TooLong { found: text.len() });
        }
        let mut rest = text.strip_prefix(PREFIX).ok_or(ParseAppealError::NotAnAppeal)?.chars();
        match rest.next() {
            Some(FORMAT) => {}
            Some(found) if found.is_ascii_digit() && found > FORMAT => {
                return Err(ParseAppealError::NewerFormat { found });
            }
            _ => return Err(ParseAppealError::NotAnAppeal),
        }
        let bytes = from_base32(rest.as_str()).ok_or(ParseAppealError::Damaged)?;
        let at = bytes.len().checked_sub(CHECKSUM).ok_or(ParseAppealError::Damaged)?;
        let (content, sum) = bytes.split_at(at);
        if sum != checksum(content) {
            return Err(ParseAppealError::Damaged);
        }
        let appeal: Self = codec::decode(content)?;
        appeal.check()?;
        Ok(appeal)
    }

    /// Checks everything about its shape that is not in its types.
    ///
    /// # Errors
    ///
    /// [`ParseAppealError`] naming what is out of bounds.
    pub fn check(&self) -> Result<(), ParseAppealError> {
        check_line("name of the group", &self.name, MAX_NAME)?;
        self.root.check().map_err(|source| RecordError::Key { whose: "root", source })?;
        let many = |field, most: usize, found: usize| match found > most {
            true => Err(RecordError::Bounds { field, expected: format!("at most {most}"), found: found as u64 }),
            false => Ok(()),
        };
        many("computers that go on", MAX_DEVICES, self.keep.len())?;
        self.keep.iter().try_for_each(|kept| check_line("computer that goes on", kept, MAX_NAME))?;
        let Some(drawn) = &self.drawn else { return Ok(()) };
        if (drawn.body.root, drawn.body.chain) != (self.root, self.chain) {
            return Err(ParseAppealError::OtherRoot);
        }
        check_line("name of the coalition", &drawn.coalition_name, MAX_NAME)?;
        many("addresses", MAX_ADDRESSES, drawn.addresses.len())?;
        drawn.addresses.iter().try_for_each(|address| check_line("address", address, MAX_ADDRESS))?;
        Ok(Recovery { body: drawn.body.clone(), approvals: drawn.approvals.clone() }.check()?)
    }

    /// Twenty digits that stand for the new root, for people to read to each other.
    pub fn comparison(&self) -> String {
        let digest = derive(domain::APPEAL_DIGITS, &codec::encode(&(self.root, self.chain)));
        let groups = digest.chunks_exact(4).take(5).map(|bytes| {
            let number = bytes.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
            format!("{:04}", number % 10_000)
        });
        groups.collect::<Vec<_>>().join(" ")
    }

    /// Whether it asks for the root of these words.
    pub fn is_by(&self, words: &RecoveryWords) -> bool {
        (self.root, self.chain) == words.beginning()
    }

    /// Takes over what another copy of it has gathered.
    ///
    /// # Errors
    ///
    /// [`MergeError`]; then it is as it was.
    pub fn merge(&mut self, other: Self) -> Result<(), MergeError> {
        if (self.root, self.chain) != (other.root, other.chain) {
            return Err(MergeError::OtherAppeal);
        }
        let Some(more) = other.drawn else { return Ok(()) };
        match &mut self.drawn {
            None => self.drawn = Some(more),
            Some(drawn) if drawn.body != more.body => return Err(MergeError::OtherContent),
            Some(drawn) => {
                more.approvals.into_iter().for_each(|approval| drawn.add(approval));
                drawn.reach(more.addresses);
            }
        }
        Ok(())
    }
}

impl Drawn {
    /// Adds what a contact has signed; one that has signed before stays as it is.
    pub fn add(&mut self, approval: Approval) {
        if let Err(at) = self.approvals.binary_search_by_key(&approval.contact, |known| known.contact) {
            self.approvals.insert(at, approval);
        }
    }

    /// Adds addresses, as many as there is room for.
    pub fn reach(&mut self, addresses: Vec<String>) {
        for address in addresses {
            if self.addresses.len() < MAX_ADDRESSES && !self.addresses.contains(&address) {
                self.addresses.push(address);
            }
        }
    }

    /// The recovery, where enough contacts have signed.
    pub fn recovery(&self) -> Option<Recovery> {
        let enough = self.approvals.len() >= usize::from(self.quorum.max(1));
        enough.then(|| Recovery::new(self.body.clone(), self.approvals.clone()))
    }
}

fn checksum(content: &[u8]) -> [u8; CHECKSUM] {
    let [a, b, c, d, e, ..] = derive(domain::APPEAL_TEXT, content);
    [a, b, c, d, e]
}
