//! The invite that one group hands to another: as link, file or QR code.
//!
//! It holds the secret half of the invite key, so whoever has the text can join: it is passed on in
//! private. The long form also carries the genesis and the records that prove the invite, so that the
//! statement can be read and the invite checked before any node is reached; the short form leaves them out.
//!
//! The text is `grid1`, or `grid2` where it brings pages, followed by base32 of the zstd-compressed content and a checksum of five bytes.
//! Case and white space do not matter, `grid:` may stand in front.

use crate::authority::Authority;
use crate::codec::{self, DecodeError, Format};
use crate::control::{
    Capabilities, ControlSet, Genesis, Invite, Join, JoinBody, Kind, Record, RecordError, Signer, SigningKey, Statement,
};
use crate::domain;
use crate::id::{CoalitionId, GroupId, RecordId, VersionId, derive, from_base32, to_base32};
use crate::key::{DeviceId, SecretKey};
use crate::limits::{MAX_ADDRESSES, MAX_INVITE, MAX_INVITE_UNPACKED};
use crate::time::Timestamp;
use pages::WithPages;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, io};

mod pages;
#[cfg(test)]
mod tests;

pub use pages::OpenPage;

const PREFIX: &str = "grid";
/// Without pages.
const FORMAT: char = '1';
/// With pages to read before signing.
const PAGES_FORMAT: char = '2';
const CHECKSUM: usize = 5;

/// All that a newcomer needs to join. Whoever has it can use it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteTicket {
    /// The layout.
    pub format: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// Its name, to be shown before anything is checked.
    pub coalition_name: String,
    /// The name of the group that invites.
    pub inviter: String,
    /// The version of the statement that was in force.
    pub version: VersionId,
    /// The device that issued the invite.
    pub issuer: DeviceId,
    /// The first of its slots that are open.
    pub first: u32,
    /// How many slots are open.
    pub count: u32,
    /// The seed of the invite key.
    pub seed: [u8; 32],
    /// After this nobody is let in by it.
    pub expires: Timestamp,
    /// Where nodes can be reached: multiaddresses with `/p2p`.
    pub addresses: Vec<String>,
    /// In the long form: founders' inceptions, genesis, what proves the version, the inviter's inception and
    /// certificate, the invite.
    pub records: Vec<Record>,
    /// In format 2: what to read before signing.
    #[serde(skip)]
    pub pages: Vec<OpenPage>,
}

/// Text that is no invite.
#[derive(Debug, thiserror::Error)]
pub enum ParseInviteError {
    /// It does not begin like one.
    #[error("this is no invite: an invite begins with `{PREFIX}{FORMAT}` or `{PREFIX}{PAGES_FORMAT}`")]
    NotAnInvite,
    /// A part is missing or mistyped.
    #[error("the invite is damaged: a part is missing or mistyped; copy it again as a whole")]
    Damaged,
    /// It was made by a newer program.
    #[error(
        "the invite has format {found}, this program reads formats up to {PAGES_FORMAT}: a newer program is needed"
    )]
    NewerFormat {
        /// The format that it names.
        found: char,
    },
    /// It is longer than any invite.
    #[error("an invite has at most {MAX_INVITE} characters, found {found}")]
    TooLong {
        /// How many characters there are.
        found: usize,
    },
    /// The checksum fits, but what is inside does not unpack.
    #[error("the invite does not unpack")]
    Unpack(#[source] io::Error),
    /// The checksum fits, but what is inside is no invite.
    #[error("the invite cannot be read")]
    Content(#[from] DecodeError),
    /// It brings no pages where it says so, or more or longer ones than any invite.
    #[error("the invite brings no pages, more of them or longer ones than an invite can")]
    Pages,
    /// A record in it is out of bounds.
    #[error("a record in the invite is invalid")]
    Record(#[from] RecordError),
}

/// An invite whose text would be too long.
#[derive(Debug, thiserror::Error)]
#[error("the invite would have {len} characters, at most {MAX_INVITE} are possible: use the short form")]
pub struct InviteTooLong {
    /// How many characters there would be, or bytes before they are packed.
    pub len: usize,
}

/// What a device wants to offer.
#[derive(Debug)]
pub struct NewInvite<'a> {
    /// The device that invites.
    pub device: &'a SecretKey,
    /// 32 random bytes, the seed of the invite key.
    pub seed: [u8; 32],
    /// For how many groups.
    pub count: u32,
    /// The time.
    pub now: Timestamp,
    /// Until when.
    pub expires: Timestamp,
    /// Where nodes can be reached.
    pub addresses: Vec<String>,
}

/// Why a device cannot invite.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// The genesis of the coalition is not known yet.
    #[error("the founding record of the coalition has not arrived yet")]
    NoGenesis,
    /// The device has no `govern`.
    #[error("this device may not invite: its group did not give it `govern`")]
    NotGoverning,
    /// Too few slots are free.
    #[error("{wanted} vouch slots in a row are needed, but too few of this device's {all} are free")]
    NoFreeSlots {
        /// How many were asked for.
        wanted: u32,
        /// How many the device has in all.
        all: u32,
    },
}

impl InviteTicket {
    /// Opens free slots of a device: the ticket to hand over, and the record to publish.
    ///
    /// # Errors
    ///
    /// [`IssueError`] when the device may not invite, or has no free slots.
    pub fn issue(set: &ControlSet, authority: &Authority, new: NewInvite<'_>) -> Result<(Self, Record), IssueError> {
        let issuer = DeviceId(new.device.public());
        let genesis = set.genesis().ok_or(IssueError::NoGenesis)?;
        let group = authority.keys().governs(&issuer).ok_or(IssueError::NotGoverning)?;
        let (coalition, version) = (set.coalition(), authority.followed().ok_or(IssueError::NoGenesis)?);
        let all = authority.governance().slot_count(authority.keys(), &version, &issuer);
        let first = authority
            .free_slots(&issuer, new.count.max(1), new.now)
            .ok_or(IssueError::NoFreeSlots { wanted: new.count, all })?;
        let count = new.count.max(1);
        let invite = Invite::new(
            (coalition, version),
            group,
            (first, count),
            SecretKey::from_seed(&new.seed).public(),
            (new.now, new.expires),
            new.device,
        );
        let record = Record::Invite(invite);
        let ticket = Self {
            format: Format,
            coalition,
            coalition_name: genesis.body.name.clone(),
            inviter: authority.name_of(&group).unwrap_or_default().to_owned(),
            version,
            issuer,
            first,
            count,
            seed: new.seed,
            expires: new.expires,
            addresses: new.addresses.into_iter().take(MAX_ADDRESSES).collect(),
            pages: Vec::new(),
            records: chain(set, &version, (&group, &issuer), record.clone()).ok_or(IssueError::NoGenesis)?,
        };
        Ok((ticket, record))
    }

    /// The same without the texts and records, short enough for a QR code.
    #[must_use]
    pub fn short(mut self) -> Self {
        self.records.clear();
        self.pages.clear();
        self
    }

    /// The text to hand over.
    ///
    /// # Errors
    ///
    /// [`InviteTooLong`] when the statement is so long that the short form has to do.
    pub fn to_text(&self) -> Result<String, InviteTooLong> {
        let (format, content) = match self.pages.is_empty() {
            true => (FORMAT, codec::encode(self)),
            false => (PAGES_FORMAT, codec::encode(&WithPages::of(self))),
        };
        if content.len() > MAX_INVITE_UNPACKED {
            return Err(InviteTooLong { len: content.len() });
        }
        let mut packed =
            zstd::bulk::compress(&content, 19).expect("compressing into a buffer of its own size cannot fail");
        packed.extend(checksum(&packed));
        let text = format!("{PREFIX}{format}{}", to_base32(&packed));
        if text.len() > MAX_INVITE { Err(InviteTooLong { len: text.len() }) } else { Ok(text) }
    }

    /// Reads the text of an invite, as it comes out of a message, a link or a file.
    ///
    /// # Errors
    ///
    /// [`ParseInviteError`] saying whether it is no invite, a damaged one, or one for a newer program.
    pub fn parse(text: &str) -> Result<Self, ParseInviteError> {
        // White space may be anywhere; twice the length is room enough for it.
        if text.len() > 2 * MAX_INVITE {
            return Err(ParseInviteError::TooLong { found: text.len() });
        }
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
        if text.len() > MAX_INVITE {
            return Err(ParseInviteError::TooLong { found: text.len() });
        }
        let text = text.strip_prefix("grid:").unwrap_or(&text).trim_start_matches('/');
        let mut rest = text.strip_prefix(PREFIX).ok_or(ParseInviteError::NotAnInvite)?.chars();
        let format = match rest.next() {
            Some(format @ (FORMAT | PAGES_FORMAT)) => format,
            Some(found) if found.is_ascii_digit() && found > PAGES_FORMAT => {
                return Err(ParseInviteError::NewerFormat { found });
            }
            _ => return Err(ParseInviteError::NotAnInvite),
        };
        let bytes = from_base32(rest.as_str()).ok_or(ParseInviteError::Damaged)?;
        let at = bytes.len().checked_sub(CHECKSUM).ok_or(ParseInviteError::Damaged)?;
        let (packed, sum) = bytes.split_at(at);
        if sum != checksum(packed) {
            return Err(ParseInviteError::Damaged);
        }
        let content = zstd::bulk::decompress(packed, MAX_INVITE_UNPACKED).map_err(ParseInviteError::Unpack)?;
        let ticket: Self = match format {
            PAGES_FORMAT => codec::decode::<WithPages>(&content)?.into_ticket()?,
            _ => codec::decode(&content)?,
        };
        ticket.records.iter().try_for_each(Record::check)?;
        Ok(ticket)
    }

    /// Whether nobody is let in by it any more.
    pub fn expired(&self, now: Timestamp) -> bool {
        now > self.expires
    }

    /// The genesis, in the long form.
    pub fn genesis(&self) -> Option<&Genesis> {
        self.records.iter().find_map(|record| match record {
            Record::Genesis(genesis) if genesis.coalition() == self.coalition => Some(&**genesis),
            _ => None,
        })
    }

    /// The statement of the version that the invite is for, in the long form, where its records prove it.
    pub fn statement(&self) -> Option<Statement> {
        let mut set = ControlSet::new(self.coalition);
        set.offer_all(self.records.clone(), None);
        set.statement(&self.version).cloned()
    }

    /// The records that prove the invite to a node that has not heard of it; none in the short form.
    pub fn proof(&self) -> Vec<Record> {
        let issuer = self.records.iter().find_map(|record| match record {
            Record::Invite(invite) if invite.signer == Signer::Device(self.issuer) => Some(invite.body.group),
            _ => None,
        });
        let of_issuer = |record: &&Record| {
            let proves = matches!(record.kind(), Kind::Inception | Kind::DeviceCert | Kind::Rotation | Kind::Invite);
            record.group() == issuer && proves
        };
        if issuer.is_none() { Vec::new() } else { self.records.iter().filter(of_issuer).cloned().collect() }
    }

    /// The slot that a group should take: where it is taken, the next attempt takes the next.
    pub fn slot_for(&self, group: &GroupId, attempt: u32) -> u32 {
        let [a, b, c, d, ..] = group.0;
        let step = u64::from(u32::from_be_bytes([a, b, c, d])) + u64::from(attempt);
        let offset = step % u64::from(self.count.max(1));
        self.first.saturating_add(u32::try_from(offset).unwrap_or_default())
    }

    /// The join of a group through one of the slots.
    pub fn join(&self, group: GroupId, key: SigningKey<'_>, slot: u32, now: Timestamp) -> Join {
        let invite = SecretKey::from_seed(&self.seed);
        let body = JoinBody {
            format: Format,
            coalition: self.coalition,
            version: self.version,
            group,
            issuer: self.issuer,
            slot,
            key: invite.public(),
            joined_at: now,
        };
        Join::new(body, key, &invite)
    }
}

/// In an order in which no record waits for another.
fn chain(
    set: &ControlSet,
    version: &VersionId,
    (group, issuer): (&GroupId, &DeviceId),
    invite: Record,
) -> Option<Vec<Record>> {
    let mut records = set.proof_of(version)?;
    let certificates = set.certificates(group, issuer);
    let governing = certificates.into_iter().find(|cert| cert.body().capabilities.has(Capabilities::GOVERN))?;
    let known: BTreeSet<RecordId> = records.iter().map(Record::id).collect();
    records
        .extend(set.keys_of(group, governing.signed.signer).into_iter().filter(|record| !known.contains(&record.id())));
    records.extend([Record::DeviceCert(governing.clone()), invite]);
    Some(records)
}

fn checksum(packed: &[u8]) -> [u8; CHECKSUM] {
    let [a, b, c, d, e, ..] = derive(domain::INVITE_TEXT, packed);
    [a, b, c, d, e]
}

impl fmt::Debug for InviteTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InviteTicket")
            .field("coalition", &self.coalition)
            .field("issuer", &self.issuer)
            .field("first", &self.first)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}
