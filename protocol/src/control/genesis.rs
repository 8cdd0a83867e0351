//! Genesis: the record that a coalition is named by, with version 0 of its statement and rules.

use crate::codec::{Format, encode};
use crate::control::error::{Missing, RecordError, Unmet, bounds, check_line, check_list, check_text};
use crate::control::record::RecordKey;
use crate::control::set::ControlSet;
use crate::control::statement::Statement;
use crate::domain;
use crate::id::{CoalitionId, GroupId, RecordId, VersionId};
use crate::key::{SecretKey, Signature};
use crate::limits::{ELECTOR_SLOTS, MAX_FOUNDERS, MAX_NAME, MAX_PURPOSE, MAX_SLOTS, MEMBER_SLOTS};
use serde::{Deserialize, Serialize};

/// The newest rules that this program knows.
pub const RULES_VERSION: u16 = 1;

/// Whose vouches count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VouchedBy {
    /// Those of every member.
    Members,
    /// Those of electors only.
    Electors,
}

/// How a group becomes a member, beside signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Admission {
    /// This many different groups have to vouch for it.
    Vouched {
        /// How many.
        count: u8,
        /// Which groups.
        by: VouchedBy,
    },
    /// Signing is enough.
    Open,
}

/// The share of electors that adopts a new version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    /// Of the fraction.
    pub numerator: u16,
    /// Of the fraction.
    pub denominator: u16,
}

/// What the founders agree on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenesisBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The name of the coalition.
    pub name: String,
    /// What it is for, in a few sentences.
    pub purpose: String,
    /// The statement and policies of version 0.
    pub statement: Statement,
    /// The founders, ascending; they vote on the next version.
    pub electors: Vec<GroupId>,
    /// How others become members.
    pub admission: Admission,
    /// What adopts a next version.
    pub threshold: Threshold,
    /// Vouch slots of each governing device of a member.
    pub member_slots: u32,
    /// Vouch slots of each governing device of an elector.
    pub elector_slots: u32,
    /// The rules by which all this is read.
    pub rules_version: u16,
    /// Random.
    pub nonce: [u8; 16],
}

/// A genesis with the signatures of its founders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// What they agree on.
    pub body: GenesisBody,
    /// One signature for each elector, in their order, by its root 0.
    pub signatures: Vec<Signature>,
}

impl Threshold {
    /// How many of so many electors adopt a version: always more than half.
    pub fn votes_needed(self, electors: usize) -> usize {
        (electors * usize::from(self.numerator)).div_ceil(usize::from(self.denominator).max(1))
    }
}

impl GenesisBody {
    /// A genesis with the usual rules: one vouch by any member, two thirds of the electors, usual slots.
    pub fn usual(name: &str, purpose: &str, statement: Statement, electors: Vec<GroupId>, nonce: [u8; 16]) -> Self {
        Self {
            format: Format,
            name: name.to_owned(),
            purpose: purpose.to_owned(),
            statement,
            electors,
            admission: Admission::Vouched { count: 1, by: VouchedBy::Members },
            threshold: Threshold { numerator: 2, denominator: 3 },
            member_slots: MEMBER_SLOTS,
            elector_slots: ELECTOR_SLOTS,
            rules_version: RULES_VERSION,
            nonce,
        }
    }

    /// The id of the coalition that this founds.
    pub fn coalition(&self) -> CoalitionId {
        CoalitionId::of(domain::GENESIS, &encode(self))
    }

    /// A founder's signature, by its root 0.
    pub fn sign(&self, root: &SecretKey) -> Signature {
        root.sign(domain::GENESIS, self.coalition().as_bytes())
    }
}

impl Genesis {
    /// The id of the coalition.
    pub fn coalition(&self) -> CoalitionId {
        self.body.coalition()
    }

    /// The id of version 0.
    pub fn version(&self) -> VersionId {
        VersionId::first(&self.coalition())
    }

    /// The same bytes as the coalition's id.
    pub fn id(&self) -> RecordId {
        RecordId(self.coalition().0)
    }

    pub(crate) fn key(&self) -> RecordKey {
        RecordKey::Genesis
    }

    pub(crate) fn check(&self) -> Result<(), RecordError> {
        let body = &self.body;
        if body.rules_version > RULES_VERSION {
            return Err(RecordError::NewerRules { known: RULES_VERSION, found: body.rules_version });
        }
        check_line("name of the coalition", &body.name, MAX_NAME)?;
        check_text("purpose of the coalition", &body.purpose, MAX_PURPOSE)?;
        body.statement.check()?;
        check_list("electors", &body.electors, MAX_FOUNDERS)?;
        let founders = body.electors.len();
        if founders == 0 {
            return Err(bounds("electors", "at least one", 0));
        }
        if self.signatures.len() != founders {
            return Err(bounds("signatures", format!("{founders}, one of each elector"), self.signatures.len() as u64));
        }
        // With more vouches asked for than there are founders nobody could ever join.
        if let Admission::Vouched { count, .. } = body.admission
            && !(1..=founders).contains(&usize::from(count))
        {
            return Err(bounds("vouches that admission asks for", format!("1 to {founders}"), count.into()));
        }
        let Threshold { numerator, denominator } = body.threshold;
        if u32::from(numerator) * 2 <= u32::from(denominator) || numerator > denominator {
            return Err(bounds(
                "threshold",
                format!("more than half of {denominator}, and at most all"),
                numerator.into(),
            ));
        }
        for (field, slots) in [("slots of members", body.member_slots), ("slots of electors", body.elector_slots)] {
            if slots > MAX_SLOTS {
                return Err(bounds(field, format!("at most {MAX_SLOTS}"), slots.into()));
            }
        }
        Ok(())
    }

    pub(crate) fn admit(&self, known: &ControlSet) -> Result<(), Unmet> {
        let id = self.coalition();
        for (elector, signature) in self.body.electors.iter().zip(&self.signatures) {
            let Some(inception) = known.inception(elector) else {
                return Err(Unmet::Missing(Missing::Inception(*elector)));
            };
            let root = inception.body.root;
            root.verify(domain::GENESIS, id.as_bytes(), signature)
                .map_err(|source| RecordError::Signature { by: format!("founder {}", elector.short()), source })?;
        }
        Ok(())
    }
}
