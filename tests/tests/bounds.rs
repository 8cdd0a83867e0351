//! What a node bears: strangers that ask too much, members that tell of groups nobody knows, addresses that
//! lead elsewhere, entries of a later version. Each with what it costs, and with members that are served as before.

mod meter;

use grid_protocol::control::Record;
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::key::PeerKey;
use grid_protocol::limits::{MAX_FRAME, MAX_LOBBY_FRAME, MAX_LOBBY_REQUESTS, MAX_LOBBY_REQUESTS_PER_PEER};
use grid_protocol::record::Registry;
use grid_protocol::replica::{Direction, Effect, Input, Judgement, Now, Replica};
use grid_protocol::run::VerifiedRun;
use grid_protocol::storage::Storage;
use grid_protocol::sync::message::Hello;
use grid_protocol::sync::{
    Application, ApplicationOutcome, News, Refusal, Request, Response, Says, pack, peer_id, unpack,
};
use grid_tests::sim::{Author, Clock, Disk, Exchange, Keys, NOON, Spent, Subject, open, told};
use meter::meter;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

const KB: u64 = 1_000;
/// What a few requests cost at most that nobody looks at.
const NEXT_TO_NOTHING: Spent = Spent {
    bytes_in: 0,
    bytes_out: 0,
    news_judged: 0,
    answered: 0,
    worked: 0,
    signatures: 0,
    hashed: 4 * KB,
    decoded: 4 * KB,
    applied: 0,
    held: 4 * KB,
    at_once: 10 * KB,
};

/// Something may cost so much.
fn costs<T>(what: &str, most: &Spent, act: impl FnOnce() -> T) -> T {
    let (done, spent) = Spent::by(meter, act);
    spent.assert_at_most(most, what);
    done
}

/// A member's news is taken in, and its question is answered, whatever others did.
fn assert_serves(replica: &mut Replica<Disk>, member: &Author) {
    let mut desk = open(member, replica.storage().clone());
    let head = desk.own_head().copied();
    let fields = json!({"title": "Still here"});
    let (document, entries) =
        member.write_after(head, &mut desk, NOON.wall, &Subject::New("action"), [77; 16], &fields);
    let bytes = told(News::Entry(entries[0].announce().expect("signed")));
    let effects = handle(replica, NOON, Input::Gossip { from: member.peer(), token: 9, bytes });
    let taken = |effect: &Effect| matches!(effect, Effect::Judge { judgement: Judgement::Accept, .. });
    assert!(effects.iter().any(taken), "{effects:?}");
    while replica.is_busy() {
        replica.work(NOON).expect("storage in memory");
    }
    assert!(replica.documents().knows(&document));
    let greeting = pack(&Request::Hello(hello(replica)));
    let (answer, _) = ask(replica, NOON, member.peer(), greeting);
    assert!(matches!(answer, Response::Hello { .. }), "{answer:?}");
}

/// A founder, a group that it invited, and the records of both.
fn pair() -> (Author, Author, Vec<Record>) {
    let registry = Arc::new(grid_protocol::record::Registry::standard().clone());
    let (founder, mut records) = Author::found(Arc::new(Keys::new(0)), registry.clone(), "Clear Water", NOON.wall);
    let (ticket, invite) = founder.invite(&open(&founder, disk(&records)), [9; 32], 1, NOON.wall);
    records.push(invite);
    let (guest, joining) = Author::join(Arc::new(Keys::new(1)), registry, &ticket, 0, NOON.wall);
    records.extend(joining);
    (founder, guest, records)
}

fn disk(records: &[Record]) -> Disk {
    let mut disk = Disk::new(Clock::default());
    disk.append_own(&[], records).expect("storage in memory");
    disk
}

fn handle(replica: &mut Replica<Disk>, now: Now, input: Input) -> Vec<Effect> {
    replica.handle(now, input).expect("storage in memory")
}

/// What a replica answers to a stranger, and the faults that it tells of.
fn ask(replica: &mut Replica<Disk>, now: Now, peer: PeerKey, bytes: Vec<u8>) -> (Response, usize) {
    let effects = handle(replica, now, Input::Request { peer, token: 1, bytes });
    let faults = effects.iter().filter(|effect| matches!(effect, Effect::Fault { .. })).count();
    let answer = effects.into_iter().find_map(|effect| match effect {
        Effect::Reply { bytes, .. } => Some(unpack(&bytes).expect("a whole frame")),
        _ => None,
    });
    (answer.expect("every request is answered"), faults)
}

fn hello(replica: &Replica<Disk>) -> Hello {
    Hello {
        version: grid_protocol::codec::Format,
        coalition: replica.me().coalition,
        control: replica.control().fingerprint(),
        logs: replica.logs().digest(),
        devices: replica.logs().devices_digest(),
        nonce: 5,
    }
}

#[test]
fn a_stranger_that_asks_without_end_waits_a_minute_and_keeps_nobody_else_out() {
    let (founder, guest, records) = pair();
    let mut replica = open(&founder, disk(&records));
    let greeting = pack(&Request::Hello(hello(&replica)));
    let (stranger, other) = (PeerKey([7; 32]), PeerKey([8; 32]));
    let looked_at = u64::from(MAX_LOBBY_REQUESTS_PER_PEER) * greeting.len() as u64;
    let most = Spent { decoded: 2 * looked_at, ..NEXT_TO_NOTHING };
    costs("a stranger that asks without end", &most, || {
        for _ in 0..MAX_LOBBY_REQUESTS_PER_PEER {
            assert_eq!(ask(&mut replica, NOON, stranger, greeting.clone()).0, Response::Refused(Refusal::NotMember));
        }
        for _ in 0..64 {
            assert_eq!(ask(&mut replica, NOON, stranger, greeting.clone()), (Response::Refused(Refusal::TooSoon), 0));
        }
    });
    assert_eq!(ask(&mut replica, NOON, other, greeting.clone()).0, Response::Refused(Refusal::NotMember));
    for _ in 0..2 * MAX_LOBBY_REQUESTS_PER_PEER {
        let answer = ask(&mut replica, NOON, guest.peer(), greeting.clone()).0;
        assert!(matches!(answer, Response::Hello { .. }), "members are not bounded: {answer:?}");
    }
    assert_serves(&mut replica, &guest);
    let later = Now { monotonic: NOON.monotonic + Duration::from_secs(60), ..NOON };
    assert_eq!(ask(&mut replica, later, stranger, greeting).0, Response::Refused(Refusal::NotMember));
}

#[test]
fn whoever_is_told_to_come_later_blames_nobody() {
    let (founder, guest, records) = pair();
    let mut asker = open(&guest, disk(&records));
    let peer = founder.peer();
    let effects = handle(&mut asker, NOON, Input::Connected { peer, direction: Direction::Dialled });
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Send { id, bytes, .. } if matches!(unpack(bytes), Ok(Request::Hello(_))) => Some(*id),
        _ => None,
    });
    let bytes = pack(&Response::Refused(Refusal::TooSoon));
    let effects = handle(&mut asker, NOON, Input::Response { peer, id: asked.expect("a hello"), bytes });
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Fault { .. })), "{effects:?}");
}

#[test]
fn what_a_stranger_sends_is_not_unpacked_beyond_what_an_application_needs() {
    let (founder, guest, records) = pair();
    let mut replica = open(&founder, disk(&records));
    let stranger = PeerKey([7; 32]);
    let refused = |refusal| Response::Refused(refusal);
    let plain = vec![0x5a; MAX_LOBBY_FRAME + 1];
    // A few bytes that claim two megabytes: the claim is enough. It may take itself for a member, who may send that.
    let claims = pack(&vec![0_u8; MAX_FRAME - 16]);
    // More than that nobody may send.
    let bomb = pack(&vec![0_u8; 2 * MAX_FRAME]);
    assert!(claims.len() < 1_000 && bomb.len() < 1_000);
    costs("frames of a stranger that claim megabytes", &NEXT_TO_NOTHING, || {
        assert_eq!(ask(&mut replica, NOON, stranger, plain), (refused(Refusal::NotMember), 0));
        assert_eq!(ask(&mut replica, NOON, stranger, claims), (refused(Refusal::NotMember), 0));
        assert_eq!(ask(&mut replica, NOON, stranger, bomb), (refused(Refusal::NotUnderstood), 1));
    });
    assert_serves(&mut replica, &guest);
}

#[test]
fn the_faults_of_one_peer_are_told_once_a_minute() {
    let (founder, guest, records) = pair();
    let mut replica = open(&founder, disk(&records));
    let told = |replica: &mut Replica<Disk>, seconds: u64| -> usize {
        let now = Now { monotonic: NOON.monotonic + Duration::from_secs(seconds), ..NOON };
        (0..100).map(|_| ask(replica, now, guest.peer(), vec![9, 9, 9]).1).sum()
    };
    costs("three hundred frames that are none", &NEXT_TO_NOTHING, || {
        assert_eq!(told(&mut replica, 0), 1);
        assert_eq!(told(&mut replica, 59), 0);
        assert_eq!(told(&mut replica, 60), 1);
    });
    assert_serves(&mut replica, &guest);
}

#[test]
fn an_answer_to_an_open_invite_is_looked_at_however_many_strangers_ask() {
    let (founder, guest, records) = pair();
    let (known, application): (Vec<Record>, Vec<Record>) =
        records.iter().cloned().partition(|record| record.group() != Some(guest.me.group));
    let mut replica = open(&founder, disk(&known));
    let greeting = pack(&Request::Hello(hello(&replica)));
    let looked_at = u64::from(MAX_LOBBY_REQUESTS);
    let held = 120 * looked_at;
    let most = Spent { decoded: looked_at * greeting.len() as u64, held, at_once: held, ..NEXT_TO_NOTHING };
    costs("as many strangers as are looked at", &most, || {
        for number in 0..MAX_LOBBY_REQUESTS {
            let mut key = [7; 32];
            key[..4].copy_from_slice(&number.to_be_bytes());
            let answer = ask(&mut replica, NOON, PeerKey(key), greeting.clone()).0;
            assert_eq!(answer, Response::Refused(Refusal::NotMember));
        }
    });
    assert_eq!(ask(&mut replica, NOON, guest.peer(), greeting).0, Response::Refused(Refusal::TooSoon));
    let coalition = founder.me.coalition;
    let without: Vec<Record> =
        application.iter().filter(|record| !matches!(record, Record::Join(_))).cloned().collect();
    let request = pack(&Request::Apply(Application { coalition, records: without }));
    assert_eq!(ask(&mut replica, NOON, guest.peer(), request).0, Response::Refused(Refusal::TooSoon));
    let request = pack(&Request::Apply(Application { coalition, records: application }));
    let answer = ask(&mut replica, NOON, guest.peer(), request).0;
    assert!(matches!(answer, Response::Applied { outcome: ApplicationOutcome::Member, .. }), "{answer:?}");
    assert_serves(&mut replica, &guest);
}

#[test]
fn a_newcomer_that_is_told_to_come_later_hands_in_its_answer_at_once() {
    let (founder, guest, records) = pair();
    let mut asker = open(&guest, disk(&records));
    let peer = founder.peer();
    let effects = handle(&mut asker, NOON, Input::Connected { peer, direction: Direction::Dialled });
    let id = effects.iter().find_map(|effect| match effect {
        Effect::Send { id, .. } => Some(*id),
        _ => None,
    });
    let bytes = pack(&Response::Refused(Refusal::TooSoon));
    let effects = handle(&mut asker, NOON, Input::Response { peer, id: id.expect("a hello"), bytes });
    let applies = |effect: &Effect| matches!(effect, Effect::Send { bytes, .. } if matches!(unpack(bytes), Ok(Request::Apply(_))));
    assert!(effects.iter().any(applies), "{effects:?}");
}

#[test]
fn a_group_is_not_confirmed_by_one_that_it_let_in_itself() {
    let registry = Arc::new(grid_protocol::record::Registry::standard().clone());
    let (founder, mut records) = Author::found(Arc::new(Keys::new(0)), registry.clone(), "Clear Water", NOON.wall);
    let (ticket, invite) = founder.invite(&open(&founder, disk(&records)), [9; 32], 1, NOON.wall);
    records.push(invite);
    // The invite may be used up, as the founder knows: this group does not.
    let (sham, joining) = Author::join(Arc::new(Keys::new(1)), registry.clone(), &ticket, 0, NOON.wall);
    records.extend(joining);
    let (ticket, invite) = sham.invite(&open(&sham, disk(&records)), [8; 32], 1, NOON.wall);
    records.push(invite);
    let (guest, joining) = Author::join(Arc::new(Keys::new(2)), registry, &ticket, 0, NOON.wall);
    records.extend(joining);
    let vouches = guest.vouches(&open(&guest, disk(&records)));
    assert!(vouches.is_empty());
    let mut with_guest = Exchange::new((&sham, disk(&records)), (&guest, disk(&records)));
    with_guest.pull();
    assert_eq!((with_guest.pulls, with_guest.asker.is_confirmed()), (1, false));
    let mut with_founder = Exchange::new((&sham, disk(&records)), (&founder, disk(&records)));
    with_founder.pull();
    assert_eq!((with_founder.pulls, with_founder.asker.is_confirmed()), (1, true));
    assert!(open(&founder, disk(&records)).is_let_in());
}

#[test]
fn what_was_kept_is_told_where_the_rest_of_a_batch_fails() {
    let (founder, guest, mut records) = pair();
    let (second, certificate) = guest.further_device(50);
    records.push(certificate);
    let mut whole = disk(&records);
    let mut desk = open(&guest, disk(&records));
    for (author, nonce) in [(&guest, 1), (&second, 2)] {
        let fields = json!({"title": "Walk"});
        let (_, entries) =
            author.write_after(None, &mut desk, NOON.wall, &Subject::New("action"), [nonce; 16], &fields);
        whole.append(&[VerifiedRun::single(entries[0].clone()).expect("signed")]).expect("storage in memory");
    }
    let mut exchange = Exchange::new((&founder, disk(&records)), (&guest, whole));
    exchange.asker.storage().fill_after(1);
    // The exchange takes no error: what was kept has to be told, and the failure behind it.
    exchange.pull();
    assert_eq!(exchange.asker.logs().total(), 1);
    assert_eq!(exchange.failures, 1);
}

#[test]
fn frames_that_the_network_refused_are_told_once_a_minute_too() {
    let (founder, guest, records) = pair();
    let mut replica = open(&founder, disk(&records));
    let peer = PeerKey([7; 32]);
    let told: usize = costs("a thousand frames that the network refused", &NEXT_TO_NOTHING, || {
        let told = (0..1_000).map(|number| {
            let input = Input::Misbehaved { peer, why: format!("a frame of {number} MB") };
            handle(&mut replica, NOON, input).iter().filter(|effect| matches!(effect, Effect::Fault { .. })).count()
        });
        told.sum()
    });
    assert_eq!(told, 1);
    assert_serves(&mut replica, &guest);
}

#[test]
fn a_member_that_tells_of_groups_nobody_knows_changes_nothing() {
    let (founder, guest, records) = pair();
    let mut exchange = Exchange::new((&founder, disk(&records)), (&guest, disk(&records)));
    let (before, kept) = (exchange.asker.control().fingerprint(), exchange.asker.control().len());
    let registry = Arc::new(grid_protocol::record::Registry::standard().clone());
    let strangers = (100..110).flat_map(|number| {
        let (_, strangers) = Author::found(Arc::new(Keys::new(number)), registry.clone(), "Elsewhere", NOON.wall);
        strangers.into_iter().filter(|record| record.coalition().is_none()).map(|record| told(News::Record(record)))
    });
    let strangers: Vec<Vec<u8>> = strangers.collect();
    let bytes = strangers.iter().map(Vec::len).sum::<usize>() as u64;
    let most =
        Spent { hashed: 5 * bytes, decoded: 5 * bytes, held: 10 * bytes, at_once: 10 * bytes, ..NEXT_TO_NOTHING };
    costs("groups that nobody knows", &most, || strangers.into_iter().for_each(|news| exchange.hear(news)));
    assert_eq!(exchange.blames, Vec::<String>::new());
    assert_eq!((exchange.asker.control().fingerprint(), exchange.asker.control().len()), (before, kept));
    assert_eq!(exchange.asker.control().waiting(), 20);
    assert_eq!(exchange.asker.storage().records().expect("storage in memory").len(), kept, "nothing on disk");
    assert_serves(&mut exchange.asker, &guest);
}

#[test]
fn a_hint_whose_addresses_lead_to_another_peer_is_not_followed() {
    let (founder, guest, records) = pair();
    let mut replica = open(&founder, disk(&records));
    let mut say = |to: PeerKey, time: u64| {
        let address = format!("/ip4/192.0.2.1/tcp/4001/p2p/{}", peer_id(&to));
        let hint = guest.hint(grid_protocol::time::Timestamp(time), Says::Reachable(vec![address]));
        let input = Input::Gossip { from: guest.peer(), token: 1, bytes: told(News::Hint(hint)) };
        let effects = handle(&mut replica, NOON, input);
        let followed = effects.iter().any(|effect| matches!(effect, Effect::Hint(_)));
        let judged = effects.iter().find_map(|effect| match effect {
            Effect::Judge { judgement, .. } => Some(*judgement),
            _ => None,
        });
        (followed, judged)
    };
    let most = Spent { signatures: 1, ..NEXT_TO_NOTHING };
    let judged = costs("addresses that lead elsewhere", &most, || say(founder.peer(), 2));
    assert_eq!(judged, (false, Some(Judgement::Ignore)));
    assert_eq!(say(guest.peer(), 1), (true, Some(Judgement::Accept)));
    assert_serves(&mut replica, &guest);
}

#[test]
fn a_sealed_entry_of_a_later_version_keeps_its_log_whole_and_has_no_effect() {
    let (founder, guest, records) = pair();
    let mut desk = open(&guest, disk(&records));
    let note = |desk: &mut Replica<Disk>, head: Option<Head>, number: u8| -> (_, VerifiedEntry) {
        let fields = json!({"title": format!("Walk {number}")});
        let (document, mut entries) =
            guest.write_after(head, desk, NOON.wall, &Subject::New("action"), [number; 16], &fields);
        (document, entries.remove(0))
    };
    let (document, first) = note(&mut desk, None, 1);
    let coalition = guest.me.coalition;
    let secret = guest.sealed(first.head().as_ref(), NOON.wall, document, vec![0xa5; 300]);
    let secret = secret.verify(&coalition).expect("its length and hash are right");
    // What would be a change in the clear is none when it says that it is sealed.
    let (hidden, clear) = note(&mut desk, secret.head(), 2);
    let hiding = guest.sealed(secret.head().as_ref(), NOON.wall, hidden, clear.body().to_vec());
    let hiding = hiding.verify(&coalition).expect("its length and hash are right");
    let (_, last) = note(&mut desk, hiding.head(), 3);
    let entries = [first, secret.clone(), hiding, last];
    let mut whole = disk(&records);
    let runs: Vec<VerifiedRun> = entries.iter().cloned().filter_map(VerifiedRun::single).collect();
    whole.append(&runs).expect("storage in memory");

    let mut pulled = Exchange::new((&founder, disk(&records)), (&guest, whole));
    pulled.pull();
    let mut heard = Exchange::new((&founder, disk(&records)), (&guest, disk(&records)));
    entries.iter().for_each(|entry| heard.hear(told(News::Entry(entry.announce().expect("signed")))));
    for exchange in [&mut pulled, &mut heard] {
        assert_eq!(exchange.blames, Vec::<String>::new());
        let replica = &exchange.asker;
        assert_eq!(replica.logs().entries(&guest.me.device), 4);
        assert!(!replica.documents().knows(&hidden));
        assert_eq!(replica.documents().len(), 2);
        let again = open(&founder, replica.storage().clone());
        assert_eq!(again.state_root(), replica.state_root(), "read from the disk");
        assert_eq!(again.documents().len(), 2);
    }
    let mut forged = secret.announce().expect("signed");
    forged.body[0] ^= 1;
    assert!(forged.verify(&coalition).is_err());
}

#[test]
fn a_change_without_effect_makes_no_record_newer_and_nobody_its_writer() {
    let (founder, guest, records) = pair();
    let registry = Registry::standard();
    let keep = |disk: &mut Disk, entries: &[VerifiedEntry]| {
        let runs: Vec<VerifiedRun> = entries.iter().cloned().filter_map(VerifiedRun::single).collect();
        disk.append(&runs).expect("storage in memory");
    };
    let mut whole = disk(&records);
    let mut desk = open(&guest, whole.clone());
    let walk = json!({"title": "Walk"});
    let (document, walk) = guest.write_after(None, &mut desk, NOON.wall, &Subject::New("action"), [1; 16], &walk);
    keep(&mut whole, &walk);
    let mut desk = open(&founder, whole.clone());
    let later = NOON.wall.after(Duration::from_secs(3_600));
    let theirs = json!({"title": "Ours now"});
    let (_, theirs) = founder.write_after(None, &mut desk, later, &Subject::Existing(document), [2; 16], &theirs);

    let mut heard = Exchange::new((&guest, whole.clone()), (&founder, whole.clone()));
    theirs.iter().for_each(|entry| heard.hear(told(News::Entry(entry.announce().expect("signed")))));
    keep(&mut whole, &theirs);
    let mut read = open(&guest, whole);
    for replica in [&mut heard.asker, &mut read] {
        assert_eq!(replica.logs().entries(&founder.me.device), 1, "it is kept");
        let row = replica.live(document).expect("storage in memory").row(registry);
        assert_eq!(row.values.text("title"), "Walk");
        assert_eq!((row.created, row.changed, row.changed_by), (NOON.wall, NOON.wall, Some(guest.me.device)));
        assert_eq!(row.latest.iter().map(|(device, _)| *device).collect::<Vec<_>>(), [guest.me.device]);
    }
}
