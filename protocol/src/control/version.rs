//! Version: a proposal for the next statement, its electors, and who has to leave.
//!
//! It names the version that it follows, its base. The electors that the base lists vote on it; enough of
//! them adopt it (see [`crate::control::adoption`]). Only they propose, each a few on one base, so that nobody
//! grows the set without bound. The id of a version is that of the proposal.

use crate::codec::{Format, encode};
use crate::control::certificate::DeviceCert;
use crate::control::certified::Certified;
use crate::control::error::{Missing, RecordError, Unmet, bounds, check_list};
use crate::control::record::RecordKey;
use crate::control::set::ControlSet;
use crate::control::signed::{Body, Signer, Signers, SigningKey};
use crate::control::statement::Statement;
use crate::domain::{self, Purpose};
use crate::id::{CoalitionId, GroupId, VersionId};
use crate::key::DeviceId;
use crate::limits::{MAX_DEVICES, MAX_ELECTORS, MAX_PROPOSALS, MAX_REMOVED, MAX_VERSION};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A group that a version removes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// The group.
    pub group: GroupId,
    /// The last entry of each of its devices, ascending: what was written up to there stays. A device that
    /// is not listed had written nothing.
    pub last: Vec<(DeviceId, u64)>,
}

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// The version that this one follows.
    pub base: VersionId,
    /// The group that proposes it.
    pub group: GroupId,
    /// Of its proposals on this base, from 0.
    pub number: u32,
    /// When the group says that it proposed, in ms since 1970.
    pub proposed_at: Timestamp,
    /// The statement and its policies.
    pub statement: Statement,
    /// Who votes on what follows this version, ascending.
    pub electors: Vec<GroupId>,
    /// Who is no member any more, ascending.
    pub removed: Vec<Removal>,
}

/// A proposal, signed by an elector of its base.
pub type Version = Certified<VersionBody>;

impl VersionBody {
    /// The changes to a base that a proposal begins with, brought into order.
    pub fn new(
        (coalition, base): (CoalitionId, VersionId),
        (group, number): (GroupId, u32),
        proposed_at: Timestamp,
        statement: Statement,
        mut electors: Vec<GroupId>,
        mut removed: Vec<Removal>,
    ) -> Self {
        electors.sort_unstable();
        electors.dedup();
        removed.sort_by_key(|removal| removal.group);
        removed.dedup_by_key(|removal| removal.group);
        for removal in &mut removed {
            removal.last.sort_unstable();
            removal.last.dedup_by_key(|(device, _)| *device);
        }
        Self { format: Format, coalition, base, group, number, proposed_at, statement, electors, removed }
    }
}

impl Certified<VersionBody> {
    /// Proposes a version.
    pub fn new(body: VersionBody, key: SigningKey<'_>, certificate: Option<&DeviceCert>) -> Self {
        Self::sign(body, key, certificate)
    }

    /// The version's id.
    pub fn version(&self) -> VersionId {
        VersionId(self.id().0)
    }

    pub(crate) fn admit_proposal(&self, known: &ControlSet) -> Result<(), Unmet> {
        let body = self.body();
        match known.electors_of(&body.base) {
            None => Err(Unmet::Missing(Missing::Version(body.base))),
            Some(electors) if electors.binary_search(&body.group).is_err() => {
                Err(RecordError::NotElector { group: body.group, version: body.base }.into())
            }
            Some(_) => self.admit(known),
        }
    }
}

impl Body for VersionBody {
    const PURPOSE: Purpose = domain::VERSION;
    const SIGNERS: Signers = Signers::Both;

    fn group(&self) -> GroupId {
        self.group
    }

    fn coalition(&self) -> Option<CoalitionId> {
        Some(self.coalition)
    }

    fn version(&self) -> Option<VersionId> {
        Some(self.base)
    }

    /// A group has a few numbers, whichever key it signs with.
    fn key(&self, _signer: Signer) -> RecordKey {
        RecordKey::Version { base: self.base, group: self.group, number: self.number }
    }

    fn rank(&self) -> u64 {
        0
    }

    fn check(&self) -> Result<(), RecordError> {
        if self.number >= MAX_PROPOSALS {
            return Err(bounds("number of the proposal", format!("below {MAX_PROPOSALS}"), self.number.into()));
        }
        self.statement.check()?;
        check_list("electors", &self.electors, MAX_ELECTORS)?;
        if self.electors.is_empty() {
            return Err(bounds("electors", "at least one", 0));
        }
        let removed: Vec<GroupId> = self.removed.iter().map(|removal| removal.group).collect();
        check_list("removed groups", &removed, MAX_REMOVED)?;
        for removal in &self.removed {
            let devices: Vec<DeviceId> = removal.last.iter().map(|(device, _)| *device).collect();
            check_list("devices of a removed group", &devices, MAX_DEVICES)?;
        }
        if let Some(both) = self.electors.iter().position(|elector| removed.binary_search(elector).is_ok()) {
            return Err(bounds("electors", "none of the groups that are removed", both as u64));
        }
        match encode(self).len() {
            found if found > MAX_VERSION => {
                Err(bounds("size of the version", format!("at most {MAX_VERSION} bytes"), found as u64))
            }
            _ => Ok(()),
        }
    }
}
