//! Making homes: founding a coalition, and taking an invite. Works without a network.

use crate::clock::{random, wall};
use crate::driver::{keep_refusal, refusal};
use crate::handle::{CommandError, Target};
use crate::home::{Before, Home, HomeError};
use crate::keystore::{Cost, Keystore, KeystoreError};
use crate::outbound::{Edit, Outbound};
use crate::passphrase::Passphrase;
use crate::profile::Profile;
use crate::store::Store;
use grid_protocol::control::{
    self, GenesisBody, NewGroup, Record, RecoveryContacts, SigningKey, Signs, Statement, StatementSignature,
};
use grid_protocol::id::{CoalitionId, GroupId};
use grid_protocol::invite::InviteTicket;
use grid_protocol::key::DeviceId;
use grid_protocol::record::{KindRole, Patch, Registry, Value};
use grid_protocol::replica::{Identity, Recalled, Replica};
use grid_protocol::storage::Storage as _;
use grid_protocol::words::RecoveryWords;
use std::path::Path;
use std::sync::Arc;

mod device;
mod error;
mod founding;
pub mod recover;
mod review;
mod sampled;

pub use device::{NewHome, PairJoin, Renewed, Soundness, moved, pair, renew};
pub use error::SetupError;
pub use founding::{Found, FoundingRules};
pub use review::review;
pub use sampled::{Sampled, Watch, sampled};

/// What a device is called until somebody names it.
const FIRST_DEVICE: &str = "first computer";

/// An invite to be taken.
#[derive(Clone, Debug)]
pub struct JoinRequest {
    /// The text of the invite.
    pub invite: String,
    /// The joining group's name.
    pub group_name: String,
    /// Whether it signs the statement.
    pub signing: Signing,
}

/// Whether a group signs as it joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// It has read the statement, and signs.
    Sign,
    /// It signs later, and is no member until then.
    Later,
}

/// A home that was made.
#[derive(Debug)]
pub struct Created {
    /// The coalition.
    pub coalition: CoalitionId,
    /// Its name, where it is known.
    pub coalition_name: Option<String>,
    /// The group.
    pub group: GroupId,
    /// Its first device.
    pub device: DeviceId,
    /// The 24 recovery words. They are shown once and written nowhere; none where the group had its keys before.
    pub words: Vec<&'static str>,
    /// Why an earlier invite did not let the group in, where it was told.
    pub refused: Option<String>,
}

/// Founds a coalition in a new home, its keys and content under a passphrase where there is one.
///
/// # Errors
///
/// [`SetupError`]; then there is no home.
pub fn found(home: &Path, found: &Found, passphrase: Option<&Passphrase>) -> Result<Created, SetupError> {
    let words = RecoveryWords::from_entropy(random());
    let keys = Keystore::generate(&words, &mut random);
    let statement =
        Statement { title: found.statement_title.clone(), text: found.statement_text.clone(), policies: Vec::new() };
    let genesis = GenesisBody::usual(&found.coalition_name, &found.purpose, statement, Vec::new(), nonce());
    let genesis = found.rules.apply(genesis);
    let secrets = keys.secrets();
    let group =
        NewGroup { name: &found.group_name, words: &words, nonce: nonce(), device: &secrets, label: FIRST_DEVICE };
    let founding = control::found(&group, genesis, wall())?;
    let identity = Identity { coalition: founding.coalition, group: founding.group, device: founding.device };
    let profile = Profile {
        identity,
        name: found.group_name.clone(),
        addresses: Vec::new(),
        ports: Default::default(),
        invite: None,
        pairing: None,
    };
    make(home, protected(keys, passphrase)?, profile, founding.records, &[])?;
    Ok(Created {
        coalition: identity.coalition,
        coalition_name: Some(found.coalition_name.clone()),
        group: identity.group,
        device: identity.device,
        words: words.words(),
        refused: None,
    })
}

/// Takes an invite in a new home, for a group that names these recovery contacts: later it can't. Keys and content are
/// under a passphrase where there is one. The node hands the answer in when it meets a member's node.
///
/// # Errors
///
/// [`SetupError`]; then there is no home.
pub fn join(
    home: &Path,
    request: &JoinRequest,
    contacts: &RecoveryContacts,
    passphrase: Option<&Passphrase>,
) -> Result<Created, SetupError> {
    let ticket = InviteTicket::parse(&request.invite)?;
    let now = wall();
    if ticket.expired(now) {
        return Err(SetupError::Expired { at: ticket.expires });
    }
    let signs = match (request.signing, ticket.statement()) {
        (Signing::Later, _) => Signs::Later,
        (Signing::Sign, Some(statement)) => Signs::Now(statement.text_hash()),
        (Signing::Sign, None) => return Err(SetupError::NoText),
    };
    let words = RecoveryWords::from_entropy(random());
    let keys = Keystore::generate(&words, &mut random);
    let secrets = keys.secrets();
    let group =
        NewGroup { name: &request.group_name, words: &words, nonce: nonce(), device: &secrets, label: FIRST_DEVICE };
    let joining = control::join_records_with(&group, contacts, &ticket, 0, signs, now)?;
    let identity = Identity { coalition: ticket.coalition, group: joining.group, device: joining.device };
    let profile = Profile {
        identity,
        name: request.group_name.clone(),
        addresses: ticket.addresses.clone(),
        ports: Default::default(),
        // The short form is all that a further answer takes.
        invite: ticket.clone().short().to_text().ok(),
        pairing: None,
    };
    make(home, protected(keys, passphrase)?, profile, joining.records, &ticket.records)?;
    Ok(Created {
        coalition: identity.coalition,
        coalition_name: Some(ticket.coalition_name.clone()),
        group: identity.group,
        device: identity.device,
        words: words.words(),
        refused: None,
    })
}

/// Takes another invite in a home whose answer to an earlier one was not taken in: keys and group stay.
///
/// # Errors
///
/// [`SetupError`]; then the answer is as it was. A group that is a member has no use for another invite.
pub fn join_again(
    path: &Path,
    invite: &str,
    signing: Signing,
    passphrase: Option<&Passphrase>,
) -> Result<Created, SetupError> {
    let ticket = InviteTicket::parse(invite)?;
    let now = wall();
    if ticket.expired(now) {
        return Err(SetupError::Expired { at: ticket.expires });
    }
    let home = Home::open(path)?;
    home.must_go_on()?;
    let keys = Keystore::load(&home, passphrase.into())?;
    let mut profile = Profile::load(&home)?;
    let identity = profile.identity;
    if ticket.coalition != identity.coalition {
        return Err(SetupError::OtherCoalition { expected: identity.coalition, found: ticket.coalition });
    }
    let (mut store, _) = Store::open_with(path, identity.coalition, &home.vault())?;
    store.put_records(&ticket.records, &[])?;
    let registry = Arc::new(Registry::standard().clone());
    let (mut replica, _) = Replica::open(identity, registry, store, &Recalled::default(), random())?;
    if replica.is_let_in() {
        return Err(SetupError::Member);
    }
    let key = SigningKey::Device(keys.device());
    let slot = ticket.slot_for(&identity.group, 0);
    let mut records = vec![Record::Join(ticket.join(identity.group, key, slot, now))];
    let is_signed = replica
        .control()
        .iter()
        .any(|record| matches!(record, Record::Signature(signed) if signed.body.group == identity.group));
    if signing == Signing::Sign && !is_signed {
        let about = (ticket.coalition, ticket.version);
        let text = replica.control().statement(&ticket.version).ok_or(SetupError::NoText)?.text_hash();
        records.push(Record::Signature(StatementSignature::new(about, text, identity.group, 1, now, key)));
    }
    replica.commit(Vec::new(), records)?;
    home.renew_place();
    let refused = refusal(replica.storage());
    keep_refusal(replica.storage(), None);
    profile.addresses.extend(ticket.addresses.iter().cloned());
    profile.addresses.sort_unstable();
    profile.addresses.dedup();
    profile.invite = ticket.clone().short().to_text().ok();
    profile.save(&home)?;
    Ok(Created {
        coalition: identity.coalition,
        coalition_name: Some(ticket.coalition_name.clone()),
        group: identity.group,
        device: identity.device,
        words: Vec::new(),
        refused,
    })
}

/// Takes a home back that was made a moment ago, where its recovery words could not be shown to anybody.
///
/// # Errors
///
/// [`HomeError`].
pub fn take_back(path: &Path) -> Result<(), HomeError> {
    Home::open(path)?.discard(Before::Missing);
    Ok(())
}

/// The keys of a new home, under its passphrase if it gets one.
fn protected(mut keys: Keystore, passphrase: Option<&Passphrase>) -> Result<Keystore, KeystoreError> {
    if let Some(passphrase) = passphrase {
        keys.protect(passphrase, Cost::STANDARD)?;
    }
    Ok(keys)
}

/// Makes the home, or nothing.
fn make(path: &Path, keys: Keystore, profile: Profile, own: Vec<Record>, others: &[Record]) -> Result<(), SetupError> {
    let before = if path.exists() { Before::Directory } else { Before::Missing };
    let home = Home::create(path)?;
    let made = fill(&home, keys, &profile, own, others);
    if made.is_err() {
        // Nothing half-made stays; what was there before the home was made does.
        home.discard(before);
    }
    made
}

fn fill(home: &Home, keys: Keystore, profile: &Profile, own: Vec<Record>, others: &[Record]) -> Result<(), SetupError> {
    keys.save(home)?;
    home.unlock(keys.vault());
    let (mut store, _) = Store::open_with(home.paths().root(), profile.identity.coalition, &home.vault())?;
    store.put_records(others, &[])?;
    store.append_own(&[], &own)?;
    let registry = Arc::new(Registry::standard().clone());
    let (mut replica, _) = Replica::open(profile.identity, registry.clone(), store, &Recalled::default(), random())?;
    let outbound = Outbound::new(profile.identity, keys, registry.clone(), None);
    // The group's profile begins with its name.
    if let Some(kind) = registry.with_role(KindRole::Profile) {
        let mut patch = Patch::default();
        let name = Value::Text(profile.name.as_str().into());
        patch.set(kind, &kind.title, Some(name)).map_err(|error| CommandError::Invalid {
            why: error.to_string(),
            hint: error.hint().unwrap_or_default().to_owned(),
        })?;
        let target = Target::Own(kind.name.clone());
        let draft = outbound.draft(&mut replica, wall(), None, &target, &Edit::Patch(patch))?;
        replica.commit(draft.entries, Vec::new())?;
    }
    // Last of all: a home with a profile is a whole one.
    Ok(profile.save(home)?)
}

fn nonce() -> [u8; 16] {
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&random()[..16]);
    nonce
}
