//! Inception: the record that a group is named by.
//!
//! It fixes root 0 and, by a commitment, every later root (see [`crate::words`]). It belongs to no
//! coalition: the same group may be a member of several.

use crate::codec::Format;
use crate::control::error::{RecordError, Unmet, bounds, check_line, check_list};
use crate::control::record::RecordKey;
use crate::control::set::ControlSet;
use crate::control::signed::{Body, Signed, Signer, Signers, SigningKey};
use crate::domain::{self, Purpose};
use crate::id::{CoalitionId, Digest, GroupId, VersionId};
use crate::key::PublicKey;
use crate::limits::{MAX_CONTACTS, MAX_NAME};
use crate::words::RecoveryWords;
use serde::{Deserialize, Serialize};

/// The beginning of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InceptionBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The name at the beginning; the group's profile may show a newer one.
    pub name: String,
    /// Root key 0.
    pub root: PublicKey,
    /// `c_0`, the commitment to all later roots.
    pub chain: Digest,
    /// Groups that together may give this group new roots, ascending.
    pub contacts: Vec<GroupId>,
    /// How many of the contacts that takes; 0 where there are none.
    pub quorum: u8,
    /// Random.
    pub nonce: [u8; 16],
}

/// The groups that together may give a group new roots: named when it begins, and for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryContacts {
    groups: Vec<GroupId>,
    quorum: u8,
}

impl RecoveryContacts {
    /// These groups, of which it takes so many; more than half of them where nothing is said.
    ///
    /// # Errors
    ///
    /// [`RecordError`] when a group is named twice, or a number is out of bounds.
    pub fn new(mut groups: Vec<GroupId>, quorum: Option<u8>) -> Result<Self, RecordError> {
        groups.sort_unstable();
        let majority = if groups.is_empty() { 0 } else { groups.len() / 2 + 1 };
        let quorum = quorum.unwrap_or_else(|| u8::try_from(majority).unwrap_or(u8::MAX));
        check_contacts(&groups, quorum)?;
        Ok(Self { groups, quorum })
    }

    /// The groups, ascending.
    pub fn groups(&self) -> &[GroupId] {
        &self.groups
    }

    /// How many of them it takes; 0 where there are none.
    pub fn quorum(&self) -> u8 {
        self.quorum
    }
}

fn check_contacts(contacts: &[GroupId], quorum: u8) -> Result<(), RecordError> {
    check_list("recovery contacts", contacts, MAX_CONTACTS)?;
    let most = contacts.len();
    let least = usize::from(most > 0);
    match (least..=most).contains(&usize::from(quorum)) {
        true => Ok(()),
        false => Err(bounds("quorum of the recovery contacts", format!("{least} to {most}"), quorum.into())),
    }
}

/// An inception signed by its own root 0. The group's id is the hash of it.
pub type Inception = Signed<InceptionBody>;

impl Signed<InceptionBody> {
    /// Begins a group.
    pub fn new(name: &str, words: &RecoveryWords, contacts: Vec<GroupId>, quorum: u8, nonce: [u8; 16]) -> Self {
        let root = words.root(0);
        let body = InceptionBody {
            format: Format,
            name: name.to_owned(),
            root: root.public(),
            chain: words.commitment(0),
            contacts,
            quorum,
            nonce,
        };
        Self::sign(body, SigningKey::Root(0, &root))
    }

    /// The id of the group that this begins.
    pub fn group(&self) -> GroupId {
        self.body.group()
    }

    /// An inception needs nothing but itself.
    pub(crate) fn admit_alone(&self, known: &ControlSet) -> Result<(), Unmet> {
        match self.signer {
            Signer::Root(0) => Ok(self.verify_by(known.proven(), &self.body.root)?),
            found => Err(RecordError::Signer { expected: "root 0", found }.into()),
        }
    }
}

impl Body for InceptionBody {
    const PURPOSE: Purpose = domain::INCEPTION;
    const SIGNERS: Signers = Signers::Roots;

    fn group(&self) -> GroupId {
        GroupId::of(domain::INCEPTION, &crate::codec::encode(&(self, Signer::Root(0))))
    }

    fn coalition(&self) -> Option<CoalitionId> {
        None
    }

    fn version(&self) -> Option<VersionId> {
        None
    }

    fn key(&self, _: Signer) -> RecordKey {
        RecordKey::Inception(self.group())
    }

    fn rank(&self) -> u64 {
        0
    }

    fn check(&self) -> Result<(), RecordError> {
        check_line("name of the group", &self.name, MAX_NAME)?;
        self.root.check().map_err(|source| RecordError::Key { whose: "root", source })?;
        check_contacts(&self.contacts, self.quorum)
    }
}
