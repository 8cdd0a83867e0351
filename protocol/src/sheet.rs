//! The exported statement sheet: who signed, in a file that anyone can check without a node.
//!
//! A sheet is JSON. It holds the statement, the genesis that names the coalition, and one row for each
//! member whose signature stands, with the records that prove it. [`StatementSheet::verify`] checks all of it and builds
//! the file again: every byte has to be the same.
//!
//! Without this program, a row is checked with any Ed25519 library. In Python:
//!
//! ```python
//! import json
//! from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
//! for row in json.load(open("sheet.json"))["rows"]:
//!     key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(row["key"]))
//!     key.verify(bytes.fromhex(row["signature"]), bytes.fromhex(row["signed_bytes"]))
//! ```
//!
//! `signed_bytes` is the purpose followed by the BLAKE3 `derive_key` hash of `hashed_bytes` under that
//! purpose; the `layout` of the sheet says where in `hashed_bytes` coalition, group, time and the hash of
//! the text stand. That hash is `blake3(statement.text).derive_key(purposes.text)`. `inception` and
//! `certificate` tie the key to the group: a key that is no root is named in a certificate signed by one.

mod row;

#[cfg(test)]
mod tests;

pub use row::{RowError, SheetRow};

use crate::authority::{Authority, SignedBy, Validity};
use crate::control::{ControlSet, Inception, Kind, Offer, Record, RecordError};
use crate::domain;
use crate::id::{CoalitionId, Digest, GroupId, VersionId};
use crate::limits::MAX_SHEET;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

/// The newest layout of sheets that this program knows.
pub const SHEET_SCHEMA: u32 = 2;

/// The layout of sheets of version 0: that of programs that know no other version.
const FIRST_SCHEMA: u32 = 1;

const LAYOUT: &str = "hashed_bytes: format (1 byte, 1), coalition (32), version (32), group (32), counter (8, big end first), \
    signed_at in ms since 1970 (8, big end first), text_hash (32), signer (0 and the number of the root, or 1 and the 32 bytes \
    of the device's key). signed_bytes: purposes.signature as UTF-8, then blake3 derive_key(purposes.signature, hashed_bytes). \
    signature: Ed25519 (RFC 8032) by key over signed_bytes. text_hash: blake3 derive_key(purposes.text, statement.text as UTF-8). \
    Ids of coalitions and groups are base32 (RFC 4648, lower case, no padding) of the same 32 bytes; all else is hex.";

/// Who signed a statement, with all that proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementSheet {
    /// The layout of the file.
    pub schema: u32,
    /// The coalition.
    pub coalition: SheetCoalition,
    /// What was signed.
    pub statement: SheetStatement,
    /// Under which purposes things are hashed and signed.
    pub purposes: SheetPurposes,
    /// Where in the bytes things stand, for those who check without this program.
    pub layout: String,
    /// The signatures that stand, by ascending group.
    pub rows: Vec<SheetRow>,
}

/// The coalition of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetCoalition {
    /// Its id in base32.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The inceptions of its founders, in hex.
    pub founders: Vec<String>,
    /// The genesis record, in hex.
    pub genesis: String,
}

/// The statement of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetStatement {
    /// What it is called.
    pub title: String,
    /// What it says, exactly as signed.
    pub text: String,
    /// The hash of the text, in hex.
    pub text_hash: String,
    /// The id of the version, in hex.
    pub version: String,
    /// What proves that the version was adopted, in hex: each adoption on the way to it behind the keys of its
    /// voters. Left out for version 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adoptions: Vec<String>,
}

/// The purposes that a checker needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetPurposes {
    /// Of a signature under a statement.
    pub signature: String,
    /// Of the hash of a text.
    pub text: String,
}

/// What a check of a sheet found.
#[derive(Debug)]
pub struct SheetReport {
    /// The sheet.
    pub sheet: StatementSheet,
    /// The rows that hold, by their place from 0.
    pub valid: Vec<usize>,
    /// The rows that do not hold, and why.
    pub bad: Vec<BadRow>,
}

impl SheetReport {
    /// Whether everything holds.
    pub fn is_sound(&self) -> bool {
        self.bad.is_empty()
    }
}

/// A row that does not hold.
#[derive(Debug)]
pub struct BadRow {
    /// Its place, from 0.
    pub row: usize,
    /// The name that it gives.
    pub name: String,
    /// Why it does not hold.
    pub error: RowError,
}

/// Why a sheet as a whole cannot be relied on.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// It is larger than any sheet.
    #[error("a statement sheet has at most {MAX_SHEET} bytes, found {found}")]
    TooLarge {
        /// Its size.
        found: usize,
    },
    /// It is not the JSON of a sheet.
    #[error("the file is no statement sheet")]
    NotASheet(#[source] serde_json::Error),
    /// It was made by a newer program.
    #[error("the sheet has schema {found}, this program reads up to {SHEET_SCHEMA}: a newer program is needed")]
    NewerSchema {
        /// The schema that it names.
        found: u32,
    },
    /// A record of the coalition is no record.
    #[error("the {what} in the sheet cannot be read")]
    Unreadable {
        /// Which record.
        what: &'static str,
        /// What is wrong with it.
        #[source]
        source: RecordError,
    },
    /// A record of the coalition does not prove what it should.
    #[error("the {what} in the sheet does not belong to the coalition that the sheet names")]
    Unproven {
        /// Which record.
        what: &'static str,
    },
    /// A part of the sheet differs from what the records prove.
    #[error("the sheet was altered: {what} is not what the founders signed")]
    Altered {
        /// Which part.
        what: &'static str,
    },
    /// All parts hold, but the bytes are not those of an export.
    #[error("the file was altered: byte {at} differs from the sheet that its records make")]
    Bytes {
        /// The first byte that differs, from 0.
        at: usize,
    },
    /// There is nothing to export yet.
    #[error("the founding record of the coalition has not arrived yet")]
    NoGenesis,
    /// The version was not adopted, as far as is known.
    #[error("version {} was not adopted, as far as is known here", .version.short())]
    NotAdopted {
        /// The version.
        version: VersionId,
    },
}

/// What a sheet is about: a version of the statement, and a set that proves it.
pub(crate) struct Subject {
    set: ControlSet,
    version: VersionId,
    text_hash: Digest,
}

impl StatementSheet {
    /// The signatures of all members under the version that is followed, as far as this set knows them.
    ///
    /// # Errors
    ///
    /// [`SheetError::NoGenesis`] while the genesis is not known.
    pub fn export(set: &ControlSet, authority: &Authority) -> Result<Self, SheetError> {
        Self::export_version(set, authority, &authority.followed().ok_or(SheetError::NoGenesis)?)
    }

    /// The signatures of all members under an adopted version.
    ///
    /// # Errors
    ///
    /// [`SheetError::NoGenesis`], or [`SheetError::NotAdopted`].
    pub fn export_version(set: &ControlSet, authority: &Authority, version: &VersionId) -> Result<Self, SheetError> {
        let standing = |signed: &&SignedBy| signed.validity == Validity::Standing && authority.is_member(&signed.group);
        let signatures = authority.signatures(version).iter().filter(standing);
        let rows = signatures.filter_map(|signed| SheetRow::of(set, &signed.record)).collect();
        Self::of(set, version, rows)
    }

    fn of(set: &ControlSet, version: &VersionId, rows: Vec<SheetRow>) -> Result<Self, SheetError> {
        let genesis = set.genesis().ok_or(SheetError::NoGenesis)?;
        let not_adopted = SheetError::NotAdopted { version: *version };
        let Some((statement, proof)) = set.statement(version).zip(set.proof_of(version)) else {
            return Err(not_adopted);
        };
        let founders: Vec<&Inception> = genesis.body.electors.iter().filter_map(|id| set.inception(id)).collect();
        // The founders and the genesis have a place of their own.
        let adoptions = proof.into_iter().skip_while(|record| record.kind() != Kind::Genesis).skip(1);
        Ok(Self {
            schema: if *version == genesis.version() { FIRST_SCHEMA } else { SHEET_SCHEMA },
            coalition: SheetCoalition {
                id: genesis.coalition().to_string(),
                name: genesis.body.name.clone(),
                founders: founders.iter().map(|inception| to_hex(&Record::Inception((*inception).clone()))).collect(),
                genesis: to_hex(&Record::Genesis(Box::new(genesis.clone()))),
            },
            statement: SheetStatement {
                title: statement.title.clone(),
                text: statement.text.clone(),
                text_hash: HEXLOWER.encode(&statement.text_hash().0),
                version: HEXLOWER.encode(&version.0),
                adoptions: adoptions.map(|record| to_hex(&record)).collect(),
            },
            purposes: SheetPurposes {
                signature: domain::STATEMENT_SIGNATURE.as_str().to_owned(),
                text: domain::STATEMENT_TEXT.as_str().to_owned(),
            },
            layout: LAYOUT.to_owned(),
            rows,
        })
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("strings and numbers always make JSON");
        bytes.push(b'\n');
        bytes
    }

    /// Checks a file on its own, without node or network: coalition, text, every row, every byte.
    ///
    /// # Errors
    ///
    /// [`SheetError`] when the sheet as a whole does not hold. Single bad rows are in the report.
    pub fn verify(bytes: &[u8]) -> Result<SheetReport, SheetError> {
        if bytes.len() > MAX_SHEET {
            return Err(SheetError::TooLarge { found: bytes.len() });
        }
        let sheet = Self::read(bytes)?;
        let subject = sheet.subject()?;
        let expected = Self::of(&subject.set, &subject.version, Vec::new())?;
        let altered = [
            ("the text", sheet.statement.text != expected.statement.text),
            ("the hash of the text", sheet.statement.text_hash != expected.statement.text_hash),
            ("the statement", sheet.statement != expected.statement),
            ("the coalition", sheet.coalition != expected.coalition),
            ("the purposes", sheet.purposes != expected.purposes),
            ("the layout", sheet.layout != expected.layout),
            ("the schema", sheet.schema != expected.schema),
        ];
        if let Some((what, _)) = altered.into_iter().find(|(_, differs)| *differs) {
            return Err(SheetError::Altered { what });
        }
        let (mut valid, mut bad) = (Vec::new(), Vec::new());
        let mut before: Option<GroupId> = None;
        for (at, row) in sheet.rows.iter().enumerate() {
            // An id that does not parse is found by the row's own check.
            let group: Option<GroupId> = row.group.parse().ok();
            let repeated = group.is_some() && group <= before;
            before = group.max(before);
            match if repeated { Err(RowError::OutOfOrder) } else { row.verify(&subject) } {
                Ok(()) => valid.push(at),
                Err(error) => bad.push(BadRow { row: at, name: row.name.clone(), error }),
            }
        }
        if bad.is_empty() {
            let exported = sheet.to_bytes();
            if exported != bytes {
                let same = exported.iter().zip(bytes).take_while(|(a, b)| a == b).count();
                return Err(SheetError::Bytes { at: same });
            }
        }
        Ok(SheetReport { sheet, valid, bad })
    }

    fn read(bytes: &[u8]) -> Result<Self, SheetError> {
        /// The one field that every schema has.
        #[derive(Deserialize)]
        struct AnySchema {
            schema: u32,
        }
        match serde_json::from_slice::<AnySchema>(bytes) {
            Ok(AnySchema { schema: found }) if found > SHEET_SCHEMA => Err(SheetError::NewerSchema { found }),
            Ok(_) => serde_json::from_slice(bytes).map_err(SheetError::NotASheet),
            Err(error) => Err(SheetError::NotASheet(error)),
        }
    }

    /// The version that the sheet is about, and the set that its founding records and adoptions make.
    fn subject(&self) -> Result<Subject, SheetError> {
        let coalition: CoalitionId =
            self.coalition.id.parse().map_err(|_| SheetError::Altered { what: "the id of the coalition" })?;
        let mut set = ControlSet::new(coalition);
        let founders = self.coalition.founders.iter().map(|founder| ("founder", founder));
        let adoptions = self.statement.adoptions.iter().map(|record| ("adoption", record));
        for (what, text) in founders.chain([("genesis", &self.coalition.genesis)]).chain(adoptions) {
            let record = from_hex(text).map_err(|source| SheetError::Unreadable { what, source })?;
            if !matches!(set.offer(record), Offer::Inserted { .. }) {
                return Err(SheetError::Unproven { what });
            }
        }
        let version = HEXLOWER.decode(self.statement.version.as_bytes()).ok().and_then(|id| id.try_into().ok());
        let version = VersionId(version.ok_or(SheetError::Altered { what: "the id of the version" })?);
        let statement = set.statement(&version).ok_or(SheetError::Unproven { what: "version" })?;
        let text_hash = statement.text_hash();
        Ok(Subject { set, version, text_hash })
    }
}

fn to_hex(record: &Record) -> String {
    HEXLOWER.encode(&record.encode())
}

fn from_hex(text: &str) -> Result<Record, RecordError> {
    // Text that is not hex decodes to nothing, which is no record.
    Record::decode(&HEXLOWER.decode(text.as_bytes()).unwrap_or_default())
}
