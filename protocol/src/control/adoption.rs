//! Adoption: a version together with the votes that made it the statement.
//!
//! Whoever holds a proposal and enough votes makes this record from them: nobody signs it, and all who do
//! so make the same id. It proves itself whatever becomes of the proposal and its votes, so nothing that
//! anybody signs later can unmake a decision.

use crate::codec::{Format, encode};
use crate::control::certificate::DeviceCert;
use crate::control::certified::root_behind;
use crate::control::error::{Missing, RecordError, Unmet, check_list};
use crate::control::record::RecordKey;
use crate::control::set::ControlSet;
use crate::control::signed::{Body, Signed, Signer};
use crate::control::version::VersionBody;
use crate::control::vote::{Vote, VoteBody};
use crate::domain;
use crate::id::{CoalitionId, GroupId, RecordId, VersionId};
use crate::key::Signature;
use crate::limits::MAX_ELECTORS;
use serde::{Deserialize, Serialize};

/// A vote without what the adoption says once for all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ballot {
    /// The elector.
    pub group: GroupId,
    /// Which of its keys signed.
    pub signer: Signer,
    /// That key's signature.
    pub signature: Signature,
    /// The certificate of the device that signed; none where a root did.
    pub certificate: Option<Box<DeviceCert>>,
}

impl Ballot {
    /// The root on which the vote stands.
    pub(super) fn root(&self) -> Signer {
        root_behind(self.signer, self.certificate.as_deref())
    }
}

/// An adopted version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoption {
    /// The proposal.
    pub body: VersionBody,
    /// Which key of the proposing group signed it: a part of the version's id.
    pub signer: Signer,
    /// Of enough electors, ascending by group.
    pub votes: Vec<Ballot>,
}

impl Adoption {
    pub(crate) fn new(body: VersionBody, signer: Signer, votes: Vec<&Vote>) -> Self {
        let ballot = |vote: &Vote| Ballot {
            group: vote.body().group,
            signer: vote.signed.signer,
            signature: vote.signed.signature,
            certificate: vote.certificate.clone(),
        };
        Self { body, signer, votes: votes.into_iter().map(ballot).collect() }
    }

    /// The version.
    pub fn version(&self) -> VersionId {
        VersionId::of(domain::VERSION, &encode(&(&self.body, self.signer)))
    }

    /// The record's id: it follows from the version alone, whichever votes prove it.
    pub fn id(&self) -> RecordId {
        Self::id_of(&self.version())
    }

    pub(crate) fn id_of(version: &VersionId) -> RecordId {
        RecordId::of(domain::ADOPTION, version.as_bytes())
    }

    pub(crate) fn key(&self) -> RecordKey {
        RecordKey::Adoption { version: self.version() }
    }

    pub(crate) fn coalition(&self) -> CoalitionId {
        self.body.coalition
    }

    /// The votes as the electors signed them.
    pub fn votes(&self) -> impl Iterator<Item = Vote> {
        let (coalition, version) = (self.body.coalition, self.version());
        self.votes.iter().map(move |ballot| {
            let body = VoteBody { format: Format, coalition, version, group: ballot.group };
            let signed = Signed { body, signer: ballot.signer, signature: ballot.signature };
            Vote { signed, certificate: ballot.certificate.clone() }
        })
    }

    pub(crate) fn check(&self) -> Result<(), RecordError> {
        self.body.check()?;
        self.signer.check()?;
        let voters: Vec<GroupId> = self.votes.iter().map(|ballot| ballot.group).collect();
        check_list("votes", &voters, MAX_ELECTORS)?;
        self.votes().try_for_each(|vote| vote.check())
    }

    pub(crate) fn admit(&self, known: &ControlSet) -> Result<(), Unmet> {
        let base = self.body.base;
        let electors = known.electors_of(&base).ok_or(Unmet::Missing(Missing::Version(base)))?;
        let foreign = |group: &GroupId| electors.binary_search(group).is_err();
        let groups = self.votes.iter().map(|ballot| ballot.group);
        if let Some(group) = groups.chain([self.body.group]).find(foreign) {
            return Err(RecordError::NotElector { group, version: base }.into());
        }
        let (expected, found) = (known.votes_needed(electors.len()), self.votes.len());
        if found < expected {
            return Err(RecordError::Votes { expected, found }.into());
        }
        self.votes().try_for_each(|vote| vote.admit(known))
    }
}
