//! The review of threats, written into a home before its node meets anybody.

use super::SetupError;
use crate::clock::{random, wall};
use crate::handle::Target;
use crate::home::Home;
use crate::keystore::Keystore;
use crate::outbound::{Edit, Outbound};
use crate::passphrase::Passphrase;
use crate::profile::Profile;
use crate::store::{LocalRecord, Store};
use crate::threats::{Met, ThreatReview};
use grid_protocol::codec::Format;
use grid_protocol::id::DocumentId;
use grid_protocol::record::{Presence, Registry, Values};
use grid_protocol::replica::{Recalled, Replica};
use std::path::Path;
use std::sync::Arc;

/// The kind of the record.
const REVIEW: &str = "review";

/// Writes the review of a group into its home, which was made a moment ago: no node has run there.
///
/// # Errors
///
/// [`SetupError`]; then the home is as it was.
pub fn review(path: &Path, review: &ThreatReview, passphrase: Option<&Passphrase>) -> Result<DocumentId, SetupError> {
    let registry = Arc::new(Registry::standard().clone());
    let target = Target::New(REVIEW.to_owned());
    let home = Home::open(path)?;
    let keys = Keystore::load(&home, passphrase.into())?;
    let identity = Profile::load(&home)?.identity;
    let (store, _) = Store::open_with(path, identity.coalition, &home.vault())?;
    let (mut replica, _) = Replica::open(identity, registry.clone(), store, &Recalled::default(), random())?;
    let outbound = Outbound::new(identity, keys, registry.clone(), None);
    let now = wall();
    let kind = outbound.kind_named(REVIEW)?;
    let (travels, stays) = review.patch(&kind, now, Met::Nobody)?.split(&kind);
    let (document, opening) = outbound.place(&target, &kind)?;
    let head = replica.own_head().copied();
    let place = (document, opening.clone());
    let draft = outbound.draft_in(&mut replica, now, head, place, &Edit::Patch(travels))?;
    let values = stays.over(&kind, Values::default()).to_json().to_string();
    let presence = Presence::Present;
    let local = LocalRecord { version: Format, document, opening, created: now, changed: now, values, presence };
    replica.storage_mut().local_beside(vec![local]);
    replica.commit(draft.entries, Vec::new())?;
    Ok(document)
}
