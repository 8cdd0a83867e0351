//! Recovery: a group's contacts give it a new root, because its words are lost.
//!
//! The inception names the contacts and how many of them it takes. Each signs with a root of its own.
//! The new root comes with new words, and begins a sequence of roots of its own; the old one is over.

use crate::codec::{Format, encode};
use crate::control::error::{Missing, RecordError, Unmet, bounds};
use crate::control::plain_root;
use crate::control::record::RecordKey;
use crate::control::root::RootNumber;
use crate::control::rotation::{Listed, check_listed};
use crate::control::set::ControlSet;
use crate::control::signed::Signer;
use crate::domain;
use crate::id::{CoalitionId, Digest, GroupId, RecordId};
use crate::key::{PublicKey, SecretKey, Signature};
use crate::limits::{MAX_CONTACTS, MAX_RECOVERIES};
use serde::{Deserialize, Serialize};

/// A new beginning for the roots of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The coalition whose logs the cuts are of.
    pub coalition: CoalitionId,
    /// The group that is recovered.
    pub group: GroupId,
    /// The how manieth recovery of the group this is, from 1.
    pub recovery: u32,
    /// The new root.
    pub root: PublicKey,
    /// The commitment to all roots after it.
    pub chain: Digest,
    /// The devices that keep their place, ascending.
    pub devices: Vec<Listed>,
}

/// A contact's signature under a recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The contact.
    pub contact: GroupId,
    /// The root of the contact that signs.
    #[serde(rename = "number", with = "plain_root")]
    pub signer: Signer,
    /// That root's signature over `purpose || id`.
    pub signature: Signature,
}

/// A recovery with the signatures of enough contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// The content.
    pub body: RecoveryBody,
    /// Of the contacts, ascending.
    pub approvals: Vec<Approval>,
}

impl RecoveryBody {
    /// The hash of the content: what contacts sign.
    pub fn id(&self) -> RecordId {
        RecordId::of(domain::RECOVERY, &encode(self))
    }

    /// Signs as one of the contacts, with a root of its own.
    pub fn approve(&self, contact: GroupId, number: RootNumber, root: &SecretKey) -> Approval {
        let signature = root.sign(domain::RECOVERY, self.id().as_bytes());
        Approval { contact, signer: Signer::of_root(number, root.public()), signature }
    }
}

impl Recovery {
    /// A recovery with what its contacts have signed. The approvals are brought into order.
    pub fn new(body: RecoveryBody, mut approvals: Vec<Approval>) -> Self {
        approvals.sort_unstable_by_key(|approval| approval.contact);
        approvals.dedup_by_key(|approval| approval.contact);
        Self { body, approvals }
    }

    /// The hash of the content.
    pub fn id(&self) -> RecordId {
        self.body.id()
    }

    pub(crate) fn key(&self) -> RecordKey {
        let RecoveryBody { group, recovery, root, chain, .. } = self.body;
        RecordKey::Recovery { group, recovery, root, chain }
    }

    pub(crate) fn rank(&self) -> u64 {
        0
    }

    pub(crate) fn check(&self) -> Result<(), RecordError> {
        let body = &self.body;
        if !(1..=MAX_RECOVERIES).contains(&body.recovery) {
            return Err(bounds("number of the recovery", format!("1 to {MAX_RECOVERIES}"), body.recovery.into()));
        }
        body.root.check().map_err(|source| RecordError::Key { whose: "root", source })?;
        check_listed(&body.devices)?;
        if self.approvals.len() > MAX_CONTACTS {
            let expected = format!("at most {MAX_CONTACTS}");
            return Err(bounds("approvals of the recovery", expected, self.approvals.len() as u64));
        }
        if !self.approvals.is_sorted_by(|one, next| one.contact < next.contact) {
            return Err(RecordError::Order { field: "approvals of the recovery" });
        }
        self.approvals.iter().try_for_each(|approval| approval.signer.check())
    }

    /// Enough contacts of the inception have signed. The recovery before is not asked for: a contact's word
    /// holds, whichever records came first.
    pub(crate) fn admit(&self, known: &ControlSet) -> Result<(), Unmet> {
        let group = self.body.group;
        let Some(inception) = known.inception(&group) else {
            return Err(Unmet::Missing(Missing::Inception(group)));
        };
        let id = self.id();
        let expected = inception.body.quorum.max(1);
        if self.approvals.len() < usize::from(expected) {
            let found = u8::try_from(self.approvals.len()).unwrap_or(u8::MAX);
            return Err(RecordError::Quorum { expected, found }.into());
        }
        for approval in &self.approvals {
            let Approval { contact, signer, signature } = approval;
            if inception.body.contacts.binary_search(contact).is_err() {
                return Err(RecordError::NoContact { group: *contact }.into());
            }
            known.verify_root(contact, *signer, (domain::RECOVERY, id), signature)?;
        }
        Ok(())
    }
}

impl ControlSet {
    /// Whether a contact of the group has signed this content, with a root of its own that is known here.
    pub fn has_approved(&self, body: &RecoveryBody, approval: &Approval) -> bool {
        let Approval { contact, signer, signature } = approval;
        let is_contact = self.contacts_of(&body.group).is_some_and(|(contacts, _)| contacts.contains(contact));
        let id = body.id();
        is_contact && self.verify_root(contact, *signer, (domain::RECOVERY, id), signature).is_ok()
    }
}
