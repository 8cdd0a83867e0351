//! A home for a look around: the founder of a made-up coalition, with everything that all its groups wrote in a year.
//!
//! Nobody's node is asked: the keys of all groups are made here, every record and every entry is signed by the group
//! whose it is, and the keys of all but the founder are forgotten. What lies in the home then is what lies in any.

use super::{FIRST_DEVICE, SetupError, nonce};
use crate::clock::random;
use crate::handle::CommandError;
use crate::home::{Before, Home};
use crate::keystore::Keystore;
use crate::outbound::{self, Edit};
use crate::profile::Profile;
use crate::sample::{DAYS, Drafted, Sample};
use crate::setup::Created;
use crate::store::{LocalRecord, Store};
use automerge::{ActorId, Automerge};
use grid_protocol::authority::Authority;
use grid_protocol::codec::Format;
use grid_protocol::control::{
    self, ControlSet, DeviceSecrets, Endorsement, GenesisBody, Mandate, MandateBody, NewGroup, Record, SigningKey,
    Signs, Stance, Statement, Term, Vouch,
};
use grid_protocol::document::{ChangeBody, KindName, Opening, WriteRule, actor};
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::id::{CoalitionId, DocumentId, GroupId};
use grid_protocol::invite::{InviteTicket, NewInvite};
use grid_protocol::key::{DeviceId, SealKey, SecretKey};
use grid_protocol::record::{self, Kind, Patch, Presence, Registry, Singleton, Values};
use grid_protocol::replica::Identity;
use grid_protocol::run::VerifiedRun;
use grid_protocol::storage::Storage as _;
use grid_protocol::time::Timestamp;
use grid_protocol::words::RecoveryWords;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

const NAME: &str = "Hundred Valleys";
const PURPOSE: &str = "That water, land and homes belong to those who live by them.";
const TITLE: &str = "What we share";
const TEXT: &str = "# What we share\n\nEach valley acts in its own way. We tell each other, we back each other, and nobody \
                    speaks for another group.\n";
/// Entries that are kept at once.
const BATCH: usize = 512;
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Told how many records there are; whether to go on.
pub type Watch<'a> = &'a mut dyn FnMut(usize) -> ControlFlow<()>;

/// A group of the coalition, as long as it writes.
struct Writer {
    group: GroupId,
    device: DeviceId,
    key: SecretKey,
    head: Option<Head>,
}

/// A made-up coalition in a home.
#[derive(Debug)]
pub struct Sampled {
    /// The home.
    pub created: Created,
    /// The ids of the records of the sample, in their order.
    pub ids: Vec<String>,
}

/// Makes the home of the founder of a made-up coalition, in which all that its groups wrote is there. The last of it
/// was written now. `watch` is told how many records there are, again and again, and may end it.
///
/// # Errors
///
/// [`SetupError`]; then there is no home.
pub fn sampled(path: &Path, sample: &Sample, now: Timestamp, watch: Watch<'_>) -> Result<Sampled, SetupError> {
    let before = if path.exists() { Before::Directory } else { Before::Missing };
    let home = Home::create(path)?;
    let made = fill(&home, sample, now, watch);
    if made.is_err() {
        home.discard(before);
    }
    made
}

fn fill(home: &Home, sample: &Sample, now: Timestamp, watch: Watch<'_>) -> Result<Sampled, SetupError> {
    let past = DAY.saturating_mul(u32::try_from(DAYS).unwrap_or_default());
    let begun = Timestamp(now.0.saturating_sub(millis(past)));
    let words = RecoveryWords::from_entropy(random());
    let keys = Keystore::generate(&words, &mut random);
    let name = sample.groups.first().map_or(NAME, String::as_str);
    let members = members(name, &words, keys.secrets(), sample, begun)?;
    let Members { identity, own, others, mut writers } = members;

    keys.save(home)?;
    home.unlock(keys.vault());
    let (mut store, _) = Store::open_with(home.paths().root(), identity.coalition, &home.vault())?;
    store.put_records(&others, &[])?;
    store.append_own(&[], &own)?;
    let mut ids = Vec::with_capacity(sample.records.len());
    let mut here = Vec::new();
    for (number, drafted) in sample.records.chunks(BATCH).enumerate() {
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for (place, record) in drafted.iter().enumerate() {
            let number = (number * BATCH + place + 1) as u64;
            let at = begun.0 + millis(past) * number / (sample.records.len() as u64).max(1);
            let Some(writer) = writers.get_mut(record.by) else { continue };
            let written = written(identity.coalition, writer, record, &ids, Timestamp(at))?;
            ids.push(written.document.to_string());
            match record.by {
                0 => {
                    own.extend(written.runs);
                    here.extend(written.here);
                }
                // What they keep to themselves lies on their own computers.
                _ => others.extend(written.runs),
            }
        }
        store.append(&others)?;
        if !own.is_empty() {
            store.append_own(&own, &[])?;
        }
        if watch(ids.len()).is_break() {
            return Err(SetupError::Stopped);
        }
    }
    if let Some(founder) = writers.first() {
        for record in &sample.here {
            here.push(kept(identity.coalition, founder, record, &ids, now)?);
        }
        store.local_put(&here)?;
    }
    store.flush()?;
    drop(store);
    let profile = Profile {
        identity,
        name: name.to_owned(),
        addresses: Vec::new(),
        ports: Default::default(),
        invite: None,
        pairing: None,
    };
    // Last of all: a home with a profile is a whole one.
    profile.save(home)?;
    let created = Created {
        coalition: identity.coalition,
        coalition_name: Some(NAME.to_owned()),
        group: identity.group,
        device: identity.device,
        words: words.words(),
        refused: None,
    };
    Ok(Sampled { created, ids })
}

/// Who belongs, and the records that say so.
struct Members {
    identity: Identity,
    own: Vec<Record>,
    others: Vec<Record>,
    writers: Vec<Writer>,
}

/// The founder founds, invites all others at once, and they join.
fn members(
    name: &str,
    words: &RecoveryWords,
    secrets: DeviceSecrets,
    sample: &Sample,
    begun: Timestamp,
) -> Result<Members, SetupError> {
    let statement = Statement { title: TITLE.to_owned(), text: TEXT.to_owned(), policies: Vec::new() };
    let guests = u32::try_from(sample.groups.len().saturating_sub(1)).unwrap_or(u32::MAX);
    let mut genesis = GenesisBody::usual(NAME, PURPOSE, statement, Vec::new(), nonce());
    // The founder may go on inviting.
    genesis.elector_slots = genesis.elector_slots.saturating_add(guests);
    let group = NewGroup { name, words, nonce: nonce(), device: &secrets, label: FIRST_DEVICE };
    let founding = control::found(&group, genesis, begun)?;
    let identity = Identity { coalition: founding.coalition, group: founding.group, device: founding.device };
    let mut own = founding.records;
    let mut set = ControlSet::new(identity.coalition);
    for record in &own {
        set.offer(record.clone());
    }
    let new = NewInvite {
        device: &secrets.device,
        seed: random(),
        count: guests,
        now: begun,
        expires: begun.after(DAY),
        addresses: Vec::new(),
    };
    let authority = Authority::evaluate_for(&set, &identity.group);
    let (ticket, invite) = InviteTicket::issue(&set, &authority, new).map_err(impossible)?;
    set.offer(invite.clone());
    own.push(invite);

    let mut others = Vec::new();
    let mut writers = Vec::with_capacity(sample.groups.len());
    let mut taken = BTreeSet::new();
    let guests = sample.groups.iter().skip(1).map(|name| joined(name, &ticket, &mut taken, begun));
    for guest in guests.collect::<Vec<_>>() {
        let (writer, records) = guest?;
        for record in &records {
            set.offer(record.clone());
        }
        others.extend(records);
        writers.push(writer);
    }
    let authority = Authority::evaluate_for(&set, &identity.group);
    own.extend(authority.vouches_due(&identity.device).into_iter().map(|due| {
        let about = (identity.coalition, due.version);
        Record::Vouch(Vouch::new(about, identity.group, due.slot, due.target, &secrets.device))
    }));
    let founder = Writer { group: identity.group, device: identity.device, key: secrets.device, head: None };
    writers.insert(0, founder);
    own.extend(mandates(identity.coalition, &authority, &writers, sample, begun)?);
    Ok(Members { identity, own, others, writers })
}

/// The mandates that groups claim, each with the word of the founder, who alone is asked.
fn mandates(
    coalition: CoalitionId,
    authority: &Authority,
    writers: &[Writer],
    sample: &Sample,
    begun: Timestamp,
) -> Result<Vec<Record>, SetupError> {
    let (Some(version), Some(founder)) = (authority.followed(), writers.first()) else { return Ok(Vec::new()) };
    let day = |day: usize| begun.after(DAY.saturating_mul(u32::try_from(day).unwrap_or_default()));
    let mut records = Vec::with_capacity(2 * sample.mandates.len());
    let mut claimed: BTreeMap<usize, u32> = BTreeMap::new();
    for licence in &sample.mandates {
        let Some(writer) = writers.get(licence.by) else { continue };
        let number = claimed.entry(licence.by).or_default();
        let body = MandateBody {
            format: Format,
            coalition,
            version,
            group: writer.group,
            number: *number,
            counter: 0,
            role: licence.role,
            scope: licence.scope.to_owned(),
            term: Term { from: day(licence.from), to: day(licence.until) },
        };
        *number += 1;
        let claim = Mandate::sign(body, SigningKey::Device(&writer.key));
        let word = (Stance::Endorsed, day(licence.from));
        let about = (coalition, claim.id());
        let endorsed = Endorsement::new(about, founder.group, 0, word, SigningKey::Device(&founder.key));
        records.extend([Record::Mandate(claim), Record::Endorsement(endorsed)]);
    }
    Ok(records)
}

/// A group joins through the first free slot.
fn joined(
    name: &str,
    ticket: &InviteTicket,
    taken: &mut BTreeSet<u32>,
    now: Timestamp,
) -> Result<(Writer, Vec<Record>), SetupError> {
    let words = RecoveryWords::from_entropy(random());
    let secrets = DeviceSecrets {
        device: SecretKey::from_seed(&random()),
        peer: SecretKey::from_seed(&random()),
        seal: SealKey(random()),
    };
    let group = NewGroup { name, words: &words, nonce: nonce(), device: &secrets, label: FIRST_DEVICE };
    let signs = || ticket.statement().map_or(Signs::Later, |statement| Signs::Now(statement.text_hash()));
    let mut joining = control::join_records(&group, ticket, 0, signs(), now)?;
    let free = (0..ticket.count).find(|attempt| !taken.contains(&ticket.slot_for(&joining.group, *attempt)));
    if let Some(attempt @ 1..) = free {
        joining = control::join_records(&group, ticket, attempt, signs(), now)?;
    }
    taken.extend(free.map(|attempt| ticket.slot_for(&joining.group, attempt)));
    let writer = Writer { group: joining.group, device: joining.device, key: secrets.device, head: None };
    Ok((writer, joining.records))
}

/// A record that a group wrote.
struct Written {
    document: DocumentId,
    /// The entries that hold what travels of it.
    runs: Vec<VerifiedRun>,
    /// What stays where it was written.
    here: Option<LocalRecord>,
}

/// A group writes a record.
fn written(
    coalition: CoalitionId,
    writer: &mut Writer,
    drafted: &Drafted,
    ids: &[String],
    at: Timestamp,
) -> Result<Written, SetupError> {
    let kind = Registry::standard().kind(drafted.kind).ok_or_else(|| unknown(drafted.kind))?;
    let opening = opening(kind, writer.group)?;
    let document = opening.document(&coalition);
    let patch = Patch::from_json(kind, &drafted.with_ids(ids).into()).map_err(impossible)?;
    let (patch, here) = patch.split(kind);
    let here = here.fields().next().is_some().then(|| LocalRecord {
        version: Format,
        document,
        opening: opening.clone(),
        created: at,
        changed: at,
        values: here.over(kind, Values::default()).to_json().to_string(),
        presence: Presence::Present,
    });
    let actor = actor(&coalition, &document, &writer.device);
    let mut draft = Automerge::new().with_actor(ActorId::from(actor.0.as_slice()));
    let changes = outbound::write(&mut draft, kind, &Edit::Patch(patch), at).map_err(impossible)?;
    let mut runs = Vec::with_capacity(changes.len());
    for (number, change) in changes.into_iter().enumerate() {
        let body = ChangeBody { opening: (number == 0).then(|| opening.clone()), change }.encode();
        let entry = VerifiedEntry::write(coalition, &writer.key, writer.head.as_ref(), at, document, body)
            .map_err(impossible)?;
        writer.head = entry.head();
        runs.extend(VerifiedRun::single(entry));
    }
    Ok(Written { document, runs, here })
}

/// A record of which nothing travels.
fn kept(
    coalition: CoalitionId,
    writer: &Writer,
    drafted: &Drafted,
    ids: &[String],
    at: Timestamp,
) -> Result<LocalRecord, SetupError> {
    let kind = Registry::standard().kind(drafted.kind).ok_or_else(|| unknown(drafted.kind))?;
    let opening = opening(kind, writer.group)?;
    let document = opening.document(&coalition);
    let patch = Patch::from_json(kind, &drafted.with_ids(ids).into()).map_err(impossible)?;
    let values = patch.over(kind, kind.defaults()).to_json().to_string();
    let presence = Presence::Present;
    Ok(LocalRecord { version: Format, document, opening, created: at, changed: at, values, presence })
}

fn opening(kind: &Kind, group: GroupId) -> Result<Opening, SetupError> {
    let rule = match kind.rule {
        record::WriteRule::Owner => WriteRule::Owner,
        record::WriteRule::Members => WriteRule::Members,
    };
    let name = kind.name.parse::<KindName>().map_err(|_| unknown(&kind.name))?;
    let once = Opening::singleton(group, name, rule);
    Ok(match kind.singleton {
        Singleton::OncePerGroup => once,
        Singleton::Many => Opening { nonce: nonce(), ..once },
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn unknown(kind: &str) -> SetupError {
    impossible(CommandError::NotFound { what: "kind of record".to_owned(), id: kind.to_owned() })
}

/// What a made-up coalition never runs into.
fn impossible(error: impl std::error::Error + Send + Sync + 'static) -> SetupError {
    SetupError::MadeUp { source: Box::new(error) }
}
