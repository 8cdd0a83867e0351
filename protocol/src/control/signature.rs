//! StatementSignature and Withdrawal: a group signs a version of the statement, or takes that back.
//!
//! The highest counter of a group decides; on a tie the withdrawal. The bytes of a signature have fixed
//! places, so that anyone can check an exported one without this program (all numbers big end first):
//!
//! | bytes | meaning |
//! |---|---|
//! | 1 | format, 1 |
//! | 32 | coalition |
//! | 32 | version |
//! | 32 | group |
//! | 8 | counter |
//! | 8 | time of signing, in ms since 1970 |
//! | 32 | hash of the text |
//! | 2, 33, 35, 36 | signer: 0 and the root's number; 1 and the device's key; 2, number and key of a root after a recovery |
//!
//! The id is `blake3::derive_key(purpose, these bytes)`; the Ed25519 signature is over `purpose || id`.

use crate::codec::{Fixed64, Format};
use crate::control::error::{RecordError, check_list};
use crate::control::record::RecordKey;
use crate::control::signed::{Body, Signed, Signer, Signers, SigningKey, about_the_coalition};
use crate::domain::{self, Purpose};
use crate::id::{CoalitionId, Digest, GroupId, VersionId};
use crate::key::DeviceId;
use crate::limits::MAX_DEVICES;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What a group signs: the fields of the table above, without the signer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementSignatureBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// The version of its statement.
    pub version: VersionId,
    /// The group that signs.
    pub group: GroupId,
    /// Of several the highest counts.
    pub counter: Fixed64,
    /// When the group says that it signed, in ms since 1970.
    pub signed_at: Fixed64,
    /// The hash of the text that was signed.
    pub text_hash: Digest,
}

/// A group's signature under a version of the statement.
pub type StatementSignature = Signed<StatementSignatureBody>;

/// What a group says when it takes its signature back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawalBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// The version of its statement.
    pub version: VersionId,
    /// The group that withdraws.
    pub group: GroupId,
    /// Of several the highest counts.
    pub counter: Fixed64,
    /// When the group says that it withdrew, in ms since 1970.
    pub withdrawn_at: Fixed64,
    /// The last entry of each of the group's devices, ascending: what was written up to there stays.
    pub last: Vec<(DeviceId, u64)>,
}

/// A group's withdrawal of its signature.
pub type Withdrawal = Signed<WithdrawalBody>;

impl Signed<StatementSignatureBody> {
    /// Signs a version of the statement.
    pub fn new(
        (coalition, version): (CoalitionId, VersionId),
        text_hash: Digest,
        group: GroupId,
        counter: u64,
        now: Timestamp,
        key: SigningKey<'_>,
    ) -> Self {
        let (counter, signed_at) = (Fixed64(counter), Fixed64(now.0));
        Self::sign(
            StatementSignatureBody { format: Format, coalition, version, group, counter, signed_at, text_hash },
            key,
        )
    }
}

impl Signed<WithdrawalBody> {
    /// Takes a signature back. `last` is brought into order.
    pub fn new(
        (coalition, version): (CoalitionId, VersionId),
        group: GroupId,
        counter: u64,
        now: Timestamp,
        mut last: Vec<(DeviceId, u64)>,
        key: SigningKey<'_>,
    ) -> Self {
        last.sort_unstable();
        last.dedup_by_key(|(device, _)| *device);
        let (counter, withdrawn_at) = (Fixed64(counter), Fixed64(now.0));
        Self::sign(WithdrawalBody { format: Format, coalition, version, group, counter, withdrawn_at, last }, key)
    }
}

impl Body for StatementSignatureBody {
    const PURPOSE: Purpose = domain::STATEMENT_SIGNATURE;
    const SIGNERS: Signers = Signers::Both;

    about_the_coalition!();

    fn key(&self, signer: Signer) -> RecordKey {
        RecordKey::Signature { group: self.group, version: self.version, signer }
    }

    fn rank(&self) -> u64 {
        self.counter.0
    }

    fn check(&self) -> Result<(), RecordError> {
        Ok(())
    }
}

impl Body for WithdrawalBody {
    const PURPOSE: Purpose = domain::WITHDRAWAL;
    const SIGNERS: Signers = Signers::Both;

    about_the_coalition!();

    fn key(&self, signer: Signer) -> RecordKey {
        RecordKey::Withdrawal { group: self.group, version: self.version, signer }
    }

    fn rank(&self) -> u64 {
        self.counter.0
    }

    fn check(&self) -> Result<(), RecordError> {
        let devices: Vec<DeviceId> = self.last.iter().map(|(device, _)| *device).collect();
        check_list("devices of the withdrawal", &devices, MAX_DEVICES)
    }
}
