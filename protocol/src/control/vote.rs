//! Vote: an elector's yes to a version.
//!
//! There is no vote against, and none is taken back. A group has one place for each version, and any vote
//! in it says the same; so no vote of a group can push out another one's meaning.

use crate::codec::Format;
use crate::control::certificate::DeviceCert;
use crate::control::certified::Certified;
use crate::control::error::{Missing, RecordError, Unmet};
use crate::control::record::RecordKey;
use crate::control::set::ControlSet;
use crate::control::signed::{Body, Signer, Signers, SigningKey, about_no_version, check_elector};
use crate::domain::{self, Purpose};
use crate::id::{CoalitionId, GroupId, VersionId};
use serde::{Deserialize, Serialize};

/// What an elector says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// The version that it wants.
    pub version: VersionId,
    /// The elector.
    pub group: GroupId,
}

/// A vote, signed by an elector of the version's base.
pub type Vote = Certified<VoteBody>;

impl Certified<VoteBody> {
    /// Votes for a version.
    pub fn new(
        (coalition, version): (CoalitionId, VersionId),
        group: GroupId,
        key: SigningKey<'_>,
        certificate: Option<&DeviceCert>,
    ) -> Self {
        Self::sign(VoteBody { format: Format, coalition, version, group }, key, certificate)
    }

    pub(crate) fn admit_vote(&self, known: &ControlSet) -> Result<(), Unmet> {
        let VoteBody { version, group, .. } = *self.body();
        let proposal = known.version_body(&version).ok_or(Unmet::Missing(Missing::Version(version)))?;
        check_elector(known, group, proposal.base)?;
        self.admit(known)
    }
}

impl Body for VoteBody {
    const PURPOSE: Purpose = domain::VOTE;
    const SIGNERS: Signers = Signers::Both;

    // The version need not be adopted, as it must be for all other records.
    about_no_version!();

    fn key(&self, _signer: Signer) -> RecordKey {
        RecordKey::Vote { version: self.version, group: self.group }
    }

    fn rank(&self) -> u64 {
        0
    }

    fn check(&self) -> Result<(), RecordError> {
        Ok(())
    }
}
