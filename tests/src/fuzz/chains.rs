//! Chains of headers and entries with what proves them: as they came, and as the device of somebody else would have signed
//! them. Behind a signature stands everything that reads a place.

use grid_protocol::chain::{BranchEntry, HeaderChain, LeanHeader};
use grid_protocol::codec::Format;
use grid_protocol::domain;
use grid_protocol::entry::{Header, body_hash};
use grid_protocol::id::{CoalitionId, EntryId};
use grid_protocol::key::{DeviceId, SecretKey};

/// The same headers by the device of this key, and the id of the first of them. Places behind the last are counted on
/// from 0, so that there is something to sign for these as well.
pub(super) fn anew(chain: &HeaderChain, coalition: CoalitionId, key: &SecretKey) -> (HeaderChain, Option<EntryId>) {
    let mut own = HeaderChain { device: DeviceId(key.public()), ..chain.clone() };
    let (mut first, mut prev, mut seq) = (None, own.prev, own.seq);
    for lean in &own.headers {
        let LeanHeader { time, kind, document, body_len, body_hash } = *lean;
        let (version, device) = (Format, own.device);
        let header = Header { version, coalition, device, seq, prev, time, kind, document, body_len, body_hash };
        prev = header.id();
        first.get_or_insert(prev);
        seq = seq.wrapping_add(1);
    }
    own.signature = key.sign(domain::ENTRY, prev.as_bytes());
    (own, first)
}

/// Verifies a chain as it came, and signed anew.
pub(super) fn prove(chain: &HeaderChain, coalition: CoalitionId, key: &SecretKey) {
    let _ = (chain.verify(&coalition), chain.first(&coalition));
    let (own, first) = anew(chain, coalition, key);
    let fits = own.seq.checked_add(own.headers.len() as u64).is_some();
    match own.verify(&coalition) {
        Ok(id) => assert!(fits && first == Some(id), "a chain proves its first entry"),
        Err(_) => assert!(
            !fits || own.check_length().is_err() || (own.seq == 0) != (own.prev == EntryId::ZERO),
            "a chain that is signed proves its first entry"
        ),
    }
}

/// Verifies an entry with what proves it, as it came, and signed anew behind its own body.
pub(super) fn prove_branch(branch: &BranchEntry, coalition: CoalitionId, key: &SecretKey) {
    prove(&branch.chain, coalition, key);
    let _ = branch.clone().verify(&coalition);
    let mut chain = branch.chain.clone();
    if let Some(lean) = chain.headers.first_mut() {
        lean.body_len = u32::try_from(branch.body.len()).unwrap_or(u32::MAX);
        lean.body_hash = body_hash(&branch.body);
    }
    let (chain, first) = anew(&chain, coalition, key);
    if let Ok(verified) = (BranchEntry { chain, body: branch.body.clone() }).verify(&coalition) {
        assert_eq!((Some(verified.entry().id()), verified.entry().body()), (first, branch.body.as_slice()));
    }
}
