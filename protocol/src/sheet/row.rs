//! One row of a statement sheet: a group's signature and the records that prove it.

use super::{Subject, from_hex, to_hex};
use crate::control::{Capabilities, ControlSet, Kind, Offer, Record, RecordError, Signer, StatementSignature};
use crate::domain;
use crate::key::signed_bytes;
use crate::time::Timestamp;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

/// A group's signature, as anyone can check it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetRow {
    /// The group's id in base32.
    pub group: String,
    /// The name that the group had at its beginning.
    pub name: String,
    /// When the group says that it signed: RFC 3339.
    pub signed_at: String,
    /// The same in ms since 1970.
    pub signed_at_ms: u64,
    /// Of several signatures of a group the highest counts.
    pub counter: u64,
    /// The key that signed, in hex.
    pub key: String,
    /// The signature, in hex.
    pub signature: String,
    /// What the signature is over, in hex.
    pub signed_bytes: String,
    /// What was hashed for that, in hex.
    pub hashed_bytes: String,
    /// The group's inception record, in hex.
    pub inception: String,
    /// Where a later root signed: the records that lead to it, in hex, each after those it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roots: Vec<String>,
    /// The certificate of the device that signed, in hex; none where a root signed.
    pub certificate: Option<String>,
    /// The signature record, in hex.
    pub record: String,
}

/// Why a row does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// A record is no record.
    #[error("its {what} cannot be read")]
    Unreadable {
        /// Which record.
        what: &'static str,
        /// What is wrong with it.
        #[source]
        source: RecordError,
    },
    /// A record stands where one of another kind belongs.
    #[error("another record stands in the place of its {what}")]
    OtherRecord {
        /// Which record.
        what: &'static str,
    },
    /// A record is invalid.
    #[error("its {what} is invalid")]
    Invalid {
        /// Which record.
        what: &'static str,
        /// What is wrong with it.
        #[source]
        source: RecordError,
    },
    /// Nothing ties the key to the group.
    #[error("nothing in the row ties the key that signed to the group")]
    NotCertified,
    /// Another text was signed.
    #[error("the signature is under another text or version")]
    OtherText,
    /// A field differs from what the records say.
    #[error("{field} was altered: it is not what the records of the row say")]
    Altered {
        /// Which field.
        field: &'static str,
    },
    /// The group stands twice, or in the wrong place.
    #[error("its group stands twice, or in the wrong place")]
    OutOfOrder,
}

impl SheetRow {
    /// The row of a signature; none where the set does not hold what proves it.
    pub(super) fn of(set: &ControlSet, signature: &StatementSignature) -> Option<Self> {
        let body = &signature.body;
        let inception = set.inception(&body.group)?;
        let (root, key, certificate) = match signature.signer {
            Signer::Device(device) => {
                let certificates = set.certificates(&body.group, &device);
                let found = certificates.into_iter().find(|c| c.body().capabilities.has(Capabilities::GOVERN))?;
                (found.signed.signer, device.0, Some(to_hex(&Record::DeviceCert(found.clone()))))
            }
            root => (root, set.root_key(&body.group, root)?, None),
        };
        let roots = set.root_proof(&body.group, root.root()?);
        Some(Self {
            group: body.group.to_string(),
            name: inception.body.name.clone(),
            signed_at: Timestamp(body.signed_at.0).to_string(),
            signed_at_ms: body.signed_at.0,
            counter: body.counter.0,
            key: HEXLOWER.encode(key.as_bytes()),
            signature: HEXLOWER.encode(&signature.signature.0),
            signed_bytes: HEXLOWER.encode(&signed_bytes(domain::STATEMENT_SIGNATURE, signature.id().as_bytes())),
            hashed_bytes: HEXLOWER.encode(&signature.hashed_bytes()),
            inception: to_hex(&Record::Inception(inception.clone())),
            roots: roots.iter().map(to_hex).collect(),
            certificate,
            record: to_hex(&Record::Signature(signature.clone())),
        })
    }

    /// Checks the records of the row, and that its other fields say the same.
    pub(super) fn verify(&self, subject: &Subject) -> Result<(), RowError> {
        let mut set = ControlSet::beside(&subject.set);
        let inception = read("inception", &self.inception)?;
        let certificate = self.certificate.as_ref().map(|text| read("certificate", text)).transpose()?;
        let record = read("signature", &self.record)?;
        let Record::Inception(_) = inception else { return Err(RowError::OtherRecord { what: "inception" }) };
        if certificate.as_ref().is_some_and(|record| !matches!(record, Record::DeviceCert(_))) {
            return Err(RowError::OtherRecord { what: "certificate" });
        }
        let Record::Signature(signature) = record.clone() else {
            return Err(RowError::OtherRecord { what: "signature" });
        };
        prove(&mut set, "inception", inception)?;
        for root in &self.roots {
            let root = read("root", root)?;
            if !matches!(root.kind(), Kind::Inception | Kind::Rotation | Kind::Recovery) {
                return Err(RowError::OtherRecord { what: "root" });
            }
            prove(&mut set, "root", root)?;
        }
        if let Some(certificate) = certificate {
            prove(&mut set, "certificate", certificate)?;
        }
        prove(&mut set, "signature", record)?;
        if signature.body.version != subject.version || signature.body.text_hash != subject.text_hash {
            return Err(RowError::OtherText);
        }
        let expected = Self::of(&set, &signature).ok_or(RowError::NotCertified)?;
        self.compare(&expected)
    }

    fn compare(&self, expected: &Self) -> Result<(), RowError> {
        let fields = [
            ("group", self.group == expected.group),
            ("name", self.name == expected.name),
            ("signed_at", self.signed_at == expected.signed_at),
            ("signed_at_ms", self.signed_at_ms == expected.signed_at_ms),
            ("counter", self.counter == expected.counter),
            ("key", self.key == expected.key),
            ("signature", self.signature == expected.signature),
            ("signed_bytes", self.signed_bytes == expected.signed_bytes),
            ("hashed_bytes", self.hashed_bytes == expected.hashed_bytes),
            ("inception", self.inception == expected.inception),
            ("roots", self.roots == expected.roots),
            ("certificate", self.certificate == expected.certificate),
            ("record", self.record == expected.record),
        ];
        match fields.into_iter().find(|(_, same)| !same) {
            Some((field, _)) => Err(RowError::Altered { field }),
            None => Ok(()),
        }
    }
}

fn read(what: &'static str, text: &str) -> Result<Record, RowError> {
    from_hex(text).map_err(|source| RowError::Unreadable { what, source })
}

fn prove(set: &mut ControlSet, what: &'static str, record: Record) -> Result<(), RowError> {
    match set.offer(record) {
        Offer::Inserted { .. } => Ok(()),
        Offer::Refused(source) => Err(RowError::Invalid { what, source }),
        _ => Err(RowError::NotCertified),
    }
}
