//! Asking for the records of a group with nothing but its recovery words.
//!
//! Whoever lost every computer of a group has its 24 words, and an invite that says where nodes are. The
//! answer is for whoever knows root 0 of the words alone: the request is signed with it, for one coalition
//! and for the key behind the asker's PeerId, so nobody else can send it again.

use crate::chain::HeaderChain;
use crate::codec::{Format, encode};
use crate::control::Record;
use crate::domain;
use crate::id::{CoalitionId, GroupId, RecordId, derive};
use crate::key::{PeerKey, PublicKey, SecretKey, Signature};
use crate::sync::message::{Response, Rest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A request for the records of the group that has this root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recall {
    /// The layout.
    pub version: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// Root 0 of the words.
    pub root: PublicKey,
    /// The group, where the asker knows it: several may have begun with these words.
    pub group: Option<GroupId>,
    /// The last record of the answer before, when that one was not whole.
    pub after: Option<RecordId>,
    /// By that root, over the coalition and the asker's key.
    pub proof: Signature,
}

impl Recall {
    /// Asks as the peer `asker`.
    pub fn new(coalition: CoalitionId, asker: &PeerKey, root: &SecretKey, group: Option<GroupId>) -> Self {
        let proof = root.sign(domain::RECALL, &asked(&coalition, asker));
        Self { version: Format, coalition, root: root.public(), group, after: None, proof }
    }

    /// Whether the asker knows the root.
    pub fn is_proven(&self, asker: &PeerKey) -> bool {
        self.root.verify(domain::RECALL, &asked(&self.coalition, asker), &self.proof).is_ok()
    }
}

fn asked(coalition: &CoalitionId, asker: &PeerKey) -> [u8; 32] {
    derive(domain::RECALL, &encode(&(Format::<1>, coalition, asker)))
}

/// One answer: the records behind `after` by ascending id, as many as fit `room` bytes and at least one.
pub fn page(
    records: &BTreeMap<RecordId, Record>,
    heads: Vec<HeaderChain>,
    after: Option<RecordId>,
    mut room: usize,
) -> Response {
    let mut told = Vec::new();
    for (_, record) in records.iter().filter(|(id, _)| after.is_none_or(|after| **id > after)) {
        let size = encode(record).len();
        if size > room && !told.is_empty() {
            return Response::Recalled { records: told, heads, rest: Rest::More };
        }
        room = room.saturating_sub(size);
        told.push(record.clone());
    }
    Response::Recalled { records: told, heads, rest: Rest::None }
}
