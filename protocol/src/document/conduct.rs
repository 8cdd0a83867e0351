//! Whose changes count for nothing by a rule that no honest program breaks.
//!
//! Many changes without effect are nobody's fault: a right that was lost meanwhile, a place behind a cut, a change
//! below that does not count. The other rules an honest program keeps without knowing of anybody else, and a
//! device that breaks one of them is shown as faulty. Nothing follows from that.

use super::history::{Document, Verdict};
use super::verify::{Inert, NoRight};
use crate::key::DeviceId;

/// What a change without effect says of the device that wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// Its program does not keep to the rules.
    AFault,
    /// Nothing: this befalls honest devices.
    Nothing,
}

impl Inert {
    /// What it says of the device that wrote the change.
    pub const fn shows(&self) -> Shows {
        match self {
            Self::NoRight(NoRight::NotOwner)
            | Self::Sequence { .. }
            | Self::StartOp { .. }
            | Self::NotCanonical(_)
            | Self::MissingObject { .. }
            | Self::MissingElement { .. }
            | Self::MissingPredecessor { .. }
            | Self::TooDeep { .. }
            | Self::Unsupported { .. } => Shows::AFault,
            // Rights come and go, and what is built on what does not count goes with it. A twin is a history that was
            // written twice: the fork of the log tells of it.
            Self::NoRight(NoRight::NotMember | NoRight::NoCapability | NoRight::AfterCut | NoRight::Space)
            | Self::Twin(_)
            | Self::DependsOnInert(_) => Shows::Nothing,
        }
    }
}

impl Document {
    /// The changes that show a fault of the device that wrote them, with the places in its log that their entries claim.
    pub fn faulty(&self) -> impl Iterator<Item = (DeviceId, u64, &Inert)> {
        self.faulty.iter().filter_map(|hash| self.nodes.get(hash)).filter_map(|node| match &node.verdict {
            Verdict::Inert(inert) => Some((node.device, node.place.seq(), inert)),
            _ => None,
        })
    }
}
