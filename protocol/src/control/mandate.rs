//! Mandate and Endorsement: a licence to operate, given by electors for a term.
//!
//! A group claims a role under a version: steward, backbone, representative and the like. The claim alone
//! gives nothing; it takes endorsements by electors of that version, each of which can be taken back. When
//! a mandate held is worked out in [`crate::authority::mandates`].

use crate::codec::Format;
use crate::control::error::{Missing, RecordError, Unmet, bounds, check_text};
use crate::control::record::RecordKey;
use crate::control::set::ControlSet;
use crate::control::signed::{
    Body, Signed, Signer, Signers, SigningKey, about_no_version, about_the_coalition, check_elector,
};
use crate::domain::{self, Purpose};
use crate::id::{CoalitionId, GroupId, RecordId, VersionId};
use crate::limits::{MAX_MANDATES, MAX_SCOPE};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The highest counter of an endorsement: its rank needs one bit more.
const MAX_RANKED: u64 = u64::MAX / 2;

/// What the holder of a mandate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Looks after a part of the common ground.
    Steward,
    /// Keeps the coalition running.
    Backbone,
    /// Speaks and decides for others in a place.
    Representative,
    /// Receives and keeps money for others.
    FiscalSponsor,
    /// Speaks in public.
    Speaker,
}

impl Role {
    /// All roles, in the order of their numbers.
    pub const ALL: [Self; 5] =
        [Self::Steward, Self::Backbone, Self::Representative, Self::FiscalSponsor, Self::Speaker];

    /// The name by which people and programs choose it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Steward => "steward",
            Self::Backbone => "backbone",
            Self::Representative => "representative",
            Self::FiscalSponsor => "fiscal-sponsor",
            Self::Speaker => "speaker",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// From when to when: the end is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Term {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment that is no longer part of it.
    pub to: Timestamp,
}

/// What a group claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MandateBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// The version whose electors endorse it.
    pub version: VersionId,
    /// The holder.
    pub group: GroupId,
    /// Which of the mandates that this key claims under the version, from 0.
    pub number: u32,
    /// Of several claims with one number the highest counts.
    pub counter: u64,
    /// What the holder is.
    pub role: Role,
    /// For what, in words.
    pub scope: String,
    /// For how long.
    pub term: Term,
}

/// A claim of a mandate, signed by its holder.
pub type Mandate = Signed<MandateBody>;

/// What an elector says about a mandate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stance {
    /// It endorses it.
    Endorsed,
    /// It takes its endorsement back.
    Withdrawn,
}

/// An elector's word on a mandate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndorsementBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// The claim.
    pub mandate: RecordId,
    /// The elector.
    pub group: GroupId,
    /// The highest decides; on a tie what takes back.
    pub counter: u64,
    /// When it begins to hold, as the elector says.
    pub at: Timestamp,
    /// What it says.
    pub stance: Stance,
}

/// An endorsement of a mandate, or its withdrawal, signed by an elector.
pub type Endorsement = Signed<EndorsementBody>;

impl Signed<EndorsementBody> {
    /// Endorses a mandate, or takes that back.
    pub fn new(
        (coalition, mandate): (CoalitionId, RecordId),
        group: GroupId,
        counter: u64,
        (stance, at): (Stance, Timestamp),
        key: SigningKey<'_>,
    ) -> Self {
        Self::sign(EndorsementBody { format: Format, coalition, mandate, group, counter, at, stance }, key)
    }

    pub(crate) fn admit_endorsement(&self, known: &ControlSet) -> Result<(), Unmet> {
        let EndorsementBody { mandate, group, .. } = self.body;
        let claim = known.mandate(&mandate).ok_or(Unmet::Missing(Missing::Mandate(mandate)))?;
        check_elector(known, group, claim.body.version)?;
        self.admit(known)
    }
}

impl Body for MandateBody {
    const PURPOSE: Purpose = domain::MANDATE;
    const SIGNERS: Signers = Signers::Both;

    about_the_coalition!();

    fn key(&self, signer: Signer) -> RecordKey {
        RecordKey::Mandate { group: self.group, version: self.version, signer, number: self.number }
    }

    fn rank(&self) -> u64 {
        self.counter
    }

    fn check(&self) -> Result<(), RecordError> {
        if self.number >= MAX_MANDATES {
            return Err(bounds("number of the mandate", format!("below {MAX_MANDATES}"), self.number.into()));
        }
        check_text("scope of the mandate", &self.scope, MAX_SCOPE)?;
        if self.term.from >= self.term.to {
            return Err(bounds("end of the term", format!("after {} ms", self.term.from.0), self.term.to.0));
        }
        Ok(())
    }
}

impl Body for EndorsementBody {
    const PURPOSE: Purpose = domain::ENDORSEMENT;
    const SIGNERS: Signers = Signers::Both;

    // The version is that of the mandate, which is asked for itself.
    about_no_version!();

    fn key(&self, signer: Signer) -> RecordKey {
        RecordKey::Endorsement { mandate: self.mandate, group: self.group, signer }
    }

    fn rank(&self) -> u64 {
        self.counter.saturating_mul(2) | u64::from(self.stance == Stance::Withdrawn)
    }

    fn check(&self) -> Result<(), RecordError> {
        match self.counter {
            found if found >= MAX_RANKED => Err(bounds("counter", format!("below {MAX_RANKED}"), found)),
            _ => Ok(()),
        }
    }
}
