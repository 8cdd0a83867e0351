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
    pub(crate) fn admit_alone(&self, _: &ControlSet) -> Result<(), Unmet> {
        match self.signer {
            Signer::Root(0) => Ok(self.verify(&self.body.root)?),
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
        check_list("recovery contacts", &self.contacts, MAX_CONTACTS)?;
        let most = self.contacts.len();
        let least = usize::from(most > 0);
        if (least..=most).contains(&usize::from(self.quorum)) {
            Ok(())
        } else {
            Err(bounds("quorum of the recovery contacts", format!("{least} to {most}"), self.quorum.into()))
        }
    }
}
