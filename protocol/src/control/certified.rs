//! A signed body that brings the certificate of the device that signed it.
//!
//! Decisions must not hang on which devices of a group are kept: of too many some go, and with them what
//! they signed. So a proposal and a vote carry their own proof, and need only the roots of the group.

use crate::control::certificate::{Capabilities, DeviceCert};
use crate::control::error::{Missing, RecordError, Unmet};
use crate::control::set::ControlSet;
use crate::control::signed::{Body, Signed, Signer, SigningKey};
use crate::id::RecordId;
use serde::{Deserialize, Serialize};

/// A signed body with the certificate of its signer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certified<B> {
    /// The content, signed by a root or a device of the group.
    pub signed: Signed<B>,
    /// The certificate of the device that signed; none where a root did.
    pub certificate: Option<Box<DeviceCert>>,
}

impl<B: Body> Certified<B> {
    /// Signs a body. A device needs its certificate, one that gives it `govern`.
    pub fn sign(body: B, key: SigningKey<'_>, certificate: Option<&DeviceCert>) -> Self {
        let certificate = certificate.filter(|_| matches!(key, SigningKey::Device(_))).cloned().map(Box::new);
        Self { signed: Signed::sign(body, key), certificate }
    }

    /// The content.
    pub fn body(&self) -> &B {
        &self.signed.body
    }

    /// The hash of content and signer.
    pub fn id(&self) -> RecordId {
        self.signed.id()
    }

    /// The root on which it stands.
    pub(crate) fn root(&self) -> Signer {
        root_behind(self.signed.signer, self.certificate.as_deref())
    }

    pub(crate) fn check(&self) -> Result<(), RecordError> {
        self.signed.check()?;
        let group = self.signed.body.group();
        match (self.signed.signer, &self.certificate) {
            (Signer::Root(_) | Signer::Recovered(..), None) => Ok(()),
            (Signer::Device(device), Some(certificate)) => {
                let body = certificate.body();
                if body.group != group || body.device != device || !body.capabilities.has(Capabilities::GOVERN) {
                    return Err(RecordError::Certificate { device });
                }
                certificate.signed.check()
            }
            (found, _) => Err(RecordError::Signer { expected: "a root, or a device with its certificate", found }),
        }
    }

    /// Checks signature and certificate against the roots of the group.
    pub(crate) fn admit(&self, known: &ControlSet) -> Result<(), Unmet> {
        match (self.signed.signer, &self.certificate) {
            (Signer::Device(device), Some(certificate)) => {
                certificate.admit(known)?;
                self.signed.verify_by(known.proven(), &device.0)?;
            }
            _ => return self.signed.admit(known),
        }
        match self.signed.body.version() {
            Some(version) if !known.knows_version(&version) => Err(Unmet::Missing(Missing::Version(version))),
            _ => Ok(()),
        }
    }
}

/// The signer itself, or the root that certified it.
pub(super) fn root_behind(signer: Signer, certificate: Option<&DeviceCert>) -> Signer {
    certificate.map_or(signer, |certificate| certificate.signed.signer)
}
