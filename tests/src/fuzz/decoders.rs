//! Targets that decode. Where a checksum or a signature would stop nearly every input at the door, the input is also
//! tried as what stands behind it.

use super::choices::Choices;
use super::{Reached, anew, chains};
use crate::corpus::{ENEMY, enemy_first, honest};
use grid_protocol::appeal::{Appeal, Drawn};
use grid_protocol::codec::{self, Format};
use grid_protocol::control::{ControlSet, Record};
use grid_protocol::document::{ChangeBody, Document, Prescanned, Right, Verdict, chunk, prescan};
use grid_protocol::domain;
use grid_protocol::entry::{Entry, EntryKind, Header, body_hash, keeps_signature, read_change};
use grid_protocol::id::{Actor, CoalitionId, DocumentId, EntryId, derive, to_base32};
use grid_protocol::invite::InviteTicket;
use grid_protocol::key::{DeviceId, PublicKey, SecretKey};
use grid_protocol::pairing::PairingCode;
use grid_protocol::record::{Agreed, DateTime, ImportOptions, ImportPlan, Kind, Patch, Registry};
use grid_protocol::run::Run;
use grid_protocol::sheet::StatementSheet;
use grid_protocol::sync::{Gossip, Request, Response, pack, unpack};
use grid_protocol::time::Timestamp;
use grid_protocol::words::RecoveryWords;
use serde::{Serialize, de::DeserializeOwned};
use std::sync::LazyLock;

const COALITION: CoalitionId = CoalitionId([0xc0; 32]);

/// A frame, or else the plain message in one. What is read is what is written again.
fn frame<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Reached {
    let framed = unpack::<T>(bytes).or_else(|_| unpack::<T>(&plain(bytes)));
    if let Ok(message) = &framed {
        let again = unpack::<T>(&pack(message)).expect("a message that was read");
        assert_eq!(codec::encode(&again), codec::encode(message));
    }
    Reached::of(&framed)
}

/// The frame of a plain message.
fn plain(message: &[u8]) -> Vec<u8> {
    [&[1, 0], message].concat()
}

/// A request of a peer. What an application holds is also signed anew and judged.
pub fn request(bytes: &[u8]) -> Reached {
    let message = unpack::<Request>(bytes).or_else(|_| unpack::<Request>(&plain(bytes)));
    if let Ok(Request::Apply(application)) = &message {
        anew::apply(&application.records);
    }
    frame::<Request>(bytes)
}

/// An answer of a peer. Chains and branches in it are proven: as they came, and signed anew.
pub fn response(bytes: &[u8]) -> Reached {
    match unpack::<Response>(bytes).or_else(|_| unpack::<Response>(&plain(bytes))) {
        Ok(Response::Chain(Some(chain))) => chains::prove(&chain, COALITION, &key()),
        Ok(Response::Recalled { heads, .. }) => {
            heads.iter().take(16).for_each(|chain| chains::prove(chain, COALITION, &key()));
        }
        Ok(Response::Branches(branches)) => {
            branches.iter().take(16).for_each(|branch| chains::prove_branch(branch, COALITION, &key()));
        }
        _ => {}
    }
    frame::<Response>(bytes)
}

/// A message of gossip.
pub fn gossip(bytes: &[u8]) -> Reached {
    frame::<Gossip>(bytes)
}

fn key() -> SecretKey {
    SecretKey::from_seed(&[0x66; 32])
}

/// An announced entry: as it came, and as its own device would have signed it.
pub fn entry(bytes: &[u8]) -> Reached {
    let Ok(entry) = Entry::decode(bytes) else { return Reached::Refused };
    assert_eq!(codec::encode(&entry), bytes);
    let coalition = entry.header.coalition;
    let as_it_came = entry.clone().verify(&coalition);
    if let Ok(verified) = &as_it_came {
        assert_eq!(verified.announce().as_ref(), Some(&entry));
        assert_eq!(verified.change().is_some(), entry.header.kind == EntryKind::Change);
    }
    let _ = read_change(&entry.header, &entry.body);
    let header = Header {
        device: DeviceId(key().public()),
        body_len: u32::try_from(entry.body.len()).unwrap_or(u32::MAX),
        body_hash: body_hash(&entry.body),
        ..entry.header
    };
    let signature = key().sign(domain::ENTRY, header.id().as_bytes());
    let _ = Entry { header, body: entry.body, signature }.verify(&coalition);
    Reached::Read
}

/// A run of entries: as it came, and as one device would have signed it.
pub fn run(bytes: &[u8]) -> Reached {
    let Ok(run) = codec::decode::<Run>(bytes) else { return Reached::Refused };
    let _ = run.clone().verify(&COALITION);
    let mut own = Run { device: DeviceId(key().public()), ..run };
    let (mut prev, last) = (own.prev, own.entries.len().saturating_sub(1));
    for (at, lean) in own.entries.iter_mut().enumerate() {
        let seq = own.first.wrapping_add(at as u64);
        let id = lean.header(COALITION, own.device, seq, prev).id();
        let signed = keeps_signature(seq) || at == last;
        lean.signature = signed.then(|| key().sign(domain::ENTRY, id.as_bytes()));
        prev = id;
    }
    let entries = own.entries.len();
    if let Ok(verified) = own.verify(&COALITION) {
        assert_eq!((verified.entries().len(), verified.head().id), (entries, prev));
    }
    Reached::Read
}

/// A set that knows the records of a small coalition.
static FOUNDED: LazyLock<ControlSet> = LazyLock::new(|| {
    let known = || super::seeds::encoded("record-").into_iter().map(|(_, bytes)| Record::decode(&bytes));
    let coalition = known().find_map(|record| record.ok()?.coalition()).unwrap_or(COALITION);
    let mut set = ControlSet::new(coalition);
    known().flatten().for_each(|record| drop(set.offer(record)));
    set
});

/// A control record, offered to a set that knows the records of a small coalition: as it came, and signed anew.
pub fn record(bytes: &[u8]) -> Reached {
    let Ok(record) = Record::decode(bytes) else { return Reached::Refused };
    assert_eq!(record.encode(), bytes);
    let mut set = FOUNDED.clone();
    let before = set.len();
    set.offer(record.clone());
    let fingerprint = set.fingerprint();
    set.offer(record.clone());
    assert!(set.len() <= before + 1 + set.waiting() && set.fingerprint() == fingerprint, "an offer counts once");
    anew::offer(record);
    Reached::Read
}

/// The text of an invite; or what stands in one, packed or not.
pub fn invite(bytes: &[u8]) -> Reached {
    let as_text = |format: char, packed: &[u8]| {
        let sum = derive(domain::INVITE_TEXT, packed);
        format!("grid{format}{}", to_base32(&[packed, sum.split_at(5).0].concat()))
    };
    let text = String::from_utf8_lossy(bytes);
    let packed = zstd::bulk::compress(bytes, 1).unwrap_or_default();
    let found = InviteTicket::parse(&text)
        .or_else(|_| InviteTicket::parse(&as_text('1', bytes)))
        .or_else(|_| InviteTicket::parse(&as_text('1', &packed)))
        .or_else(|_| InviteTicket::parse(&as_text('2', &packed)));
    if let Ok(ticket) = &found {
        let _ = (ticket.genesis(), ticket.proof(), ticket.expired(Timestamp(0)));
        if let Ok(text) = ticket.to_text() {
            assert_eq!(InviteTicket::parse(&text).expect("an invite that was written"), *ticket);
        }
    }
    Reached::of(&found)
}

/// The text of a pairing code, or what stands in one.
pub fn pairing(bytes: &[u8]) -> Reached {
    let sum = derive(domain::PAIRING_TEXT, bytes);
    let framed = format!("gridpair1{}", to_base32(&[bytes, sum.split_at(5).0].concat()));
    let found = PairingCode::parse(&String::from_utf8_lossy(bytes)).or_else(|_| PairingCode::parse(&framed));
    if let Ok(code) = &found {
        let _ = (code.pairing(), code.expired(Timestamp(0)));
        assert_eq!(PairingCode::parse(&code.to_text()).as_ref(), Ok(code), "a code that was written");
    }
    Reached::of(&found)
}

/// The text of an appeal, or what stands in one; and two copies of it put together.
pub fn appeal(bytes: &[u8]) -> Reached {
    let sum = derive(domain::APPEAL_TEXT, bytes);
    let framed = format!("gridappeal1{}", to_base32(&[bytes, sum.split_at(5).0].concat()));
    let found = Appeal::parse(&String::from_utf8_lossy(bytes)).or_else(|_| Appeal::parse(&framed));
    if let Ok(appeal) = &found {
        let _ = (appeal.comparison(), appeal.drawn.as_ref().and_then(Drawn::recovery));
        assert_eq!(Appeal::parse(&appeal.to_text()).as_ref(), Ok(appeal), "an appeal that was written");
        let mut both = appeal.clone();
        assert_eq!(both.merge(appeal.clone()), Ok(()), "two copies of one appeal");
        let drawn = |appeal: &Appeal| appeal.drawn.as_ref().map(|drawn| (drawn.body.clone(), drawn.approvals.clone()));
        assert_eq!(drawn(&both), drawn(appeal), "its own copy adds nothing");
    }
    Reached::of(&found)
}

/// A statement sheet.
pub fn sheet(bytes: &[u8]) -> Reached {
    let found = StatementSheet::verify(bytes);
    if let Ok(report) = &found {
        assert!(!report.is_sound() || report.sheet.to_bytes() == bytes, "one file for one sheet");
        assert_eq!(report.valid.len() + report.bad.len(), report.sheet.rows.len());
    }
    Reached::of(&found)
}

/// The body of an entry: an opening, and a change.
pub fn opening(bytes: &[u8]) -> Reached {
    let found = ChangeBody::decode(bytes);
    if let Ok(body) = &found {
        assert_eq!(body.encode(), bytes);
        let header = Header {
            version: Format,
            coalition: COALITION,
            device: DeviceId(key().public()),
            seq: 0,
            prev: EntryId::ZERO,
            time: Timestamp(0),
            kind: EntryKind::Change,
            document: body.opening.as_ref().map_or(DocumentId([0; 32]), |opening| opening.document(&COALITION)),
            body_len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            body_hash: body_hash(bytes),
        };
        let _ = read_change(&header, bytes);
    }
    Reached::of(&found)
}

/// The inside of a change chunk, by whoever it says wrote it, offered after honest changes.
pub fn change(bytes: &[u8]) -> Reached {
    let whole = prescan(bytes, &ENEMY);
    let deps = bytes.first().map_or(0, |deps| usize::from(*deps));
    let writer = bytes.get(2 + 32 * deps..).and_then(|rest| rest.first_chunk()).map_or(ENEMY, |name| Actor(*name));
    let Ok(change) = whole.or_else(|_| prescan(&chunk(bytes), &writer)) else { return Reached::Refused };
    let mut document = Document::new(DocumentId([0; 32]));
    let mut offer = |change: &Prescanned| {
        document.offer(change.clone(), DeviceId(PublicKey([1; 32])), change.seq(), Right::MayWrite)
    };
    for (bytes, actor) in honest() {
        offer(&prescan(&bytes, &actor).expect("an honest change"));
    }
    offer(&prescan(&enemy_first().bytes(), &ENEMY).expect("a harmless change"));
    let verdict = offer(&change).verdict;
    let read = super::guard::check(&mut document);
    assert!(verdict != Verdict::Effective || !read.is_empty(), "an effective change shows");
    Reached::Read
}

/// Kinds with fields of every type, in an order that what is kept relies on.
fn kinds() -> Vec<&'static Kind> {
    let names = ["group", "action", "resource", "page", "prospect"];
    names.iter().filter_map(|name| Registry::standard().kind(name)).map(|kind| &**kind).collect()
}

/// A file to import, as CSV or JSON; its first byte chooses the kind.
pub fn table(bytes: &[u8]) -> Reached {
    let (kind, file) = bytes.split_first().unwrap_or((&0, &[]));
    let kinds = kinds();
    let kind = Choices::new(&[*kind]).one(&kinds).copied().expect("there are kinds");
    let found = ImportPlan::read(kind, file, &ImportOptions::default());
    if let Ok(plan) = &found {
        assert!(plan.rows.len() + plan.bad.len() <= 1 + file.len());
    }
    Reached::of(&found)
}

/// A file to import with whatever is said about it: a calendar, an address book, or anything else. The first byte chooses
/// the kind, the second what is said.
pub fn calendar(bytes: &[u8]) -> Reached {
    let (chosen, file) = bytes.split_at_checked(2).unwrap_or((&[0, 0], &[]));
    let kinds = ["event", "action", "person", "group", "task", "alert"].map(|name| Registry::standard().kind(name));
    let mut choices = Choices::new(chosen);
    let kind = choices.one(&kinds).copied().flatten().expect("these kinds are known");
    let said = choices.byte();
    let is = |bit: u8| said >> bit & 1 == 1;
    let options = ImportOptions {
        delimiter: is(0).then_some(b';'),
        mapping: if is(1) { vec![("SUMMARY".to_owned(), "place".to_owned())] } else { Vec::new() },
        zone: is(2).then(|| "Australia/Sydney".to_owned()),
        agreed: if is(3) { Agreed::Said } else { Agreed::NotSaid },
        home: is(4).then_some(COALITION),
        ..ImportOptions::default()
    };
    let found = ImportPlan::read(kind, file, &options);
    if let Ok(plan) = &found {
        assert!(plan.rows.len() + plan.bad.len() <= 1 + file.len());
    }
    Reached::of(&found)
}

/// The fields of a record in JSON; the first byte chooses the kind.
pub fn patch(bytes: &[u8]) -> Reached {
    let (kind, text) = bytes.split_first().unwrap_or((&0, &[]));
    let kinds = kinds();
    let kind = Choices::new(&[*kind]).one(&kinds).copied().expect("there are kinds");
    let Ok(json) = serde_json::from_slice(text) else { return Reached::Refused };
    Reached::of(&Patch::from_json(kind, &json))
}

/// A moment as people type it.
pub fn moment(bytes: &[u8]) -> Reached {
    let found = DateTime::parse(&String::from_utf8_lossy(bytes));
    if let Ok(moment) = &found {
        let again = DateTime::parse(&moment.to_string()).expect("a moment that was written");
        assert_eq!(again.instant(), moment.instant());
        let _ = (moment.local(), moment.offset_seconds(), moment.zone());
    }
    Reached::of(&found)
}

/// Recovery words, and ids, as people type them.
pub fn words(bytes: &[u8]) -> Reached {
    let text = String::from_utf8_lossy(bytes);
    let _ = text.parse::<DocumentId>().map(|id| assert_eq!(id.to_string().parse(), Ok(id)));
    let found = RecoveryWords::parse(&text);
    if let Ok(words) = &found {
        let text = words.words().join(" ");
        assert_eq!(RecoveryWords::parse(&text).map(|again| again.words()).ok(), Some(words.words()));
    }
    Reached::of(&found)
}
