//! A group's further computer: it is let in with a code, once, and is an ordinary device from then on.

use grid_protocol::authority::Cut;
use grid_protocol::control::{Capabilities, Record, Signer};
use grid_protocol::key::PeerKey;
use grid_protocol::limits::{
    MAX_APPLICATION, MAX_LOBBY_FRAME, MAX_LOBBY_REQUESTS, MAX_LOBBY_REQUESTS_PER_PEER, MAX_PAIRINGS,
};
use grid_protocol::pairing::{PairRefusal, PairRequest, PairingCode};
use grid_protocol::record::Registry;
use grid_protocol::replica::{Direction, Effect, Input, Now, OpenPairingError, Replica};
use grid_protocol::storage::Storage;
use grid_protocol::sync::{Application, Refusal, Request, Response, pack, unpack};
use grid_tests::sim::{Author, Clock, Disk, Keys, NOON, Subject, World, open};
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// The computer of a founder, which holds the group's root.
struct Desk {
    author: Author,
    replica: Replica<Disk>,
    token: u64,
}

impl Desk {
    fn new() -> Self {
        Self::knowing(|_| true)
    }

    /// A founder's computer that holds only some of its records.
    fn knowing(is_held: impl Fn(&Record) -> bool) -> Self {
        let (author, mut records) = Author::found(Arc::new(Keys::new(0)), registry(), "Clear Water", NOON.wall);
        records.retain(is_held);
        let mut disk = Disk::new(Clock::default());
        disk.append_own(&[], &records).expect("storage in memory");
        let replica = open(&author, disk);
        Self { author, replica, token: 0 }
    }

    /// A code whose pairing is open.
    fn code(&mut self, seed: u8) -> PairingCode {
        let code = self.author.code([seed; 32], Capabilities::WRITE, NOON.wall);
        self.replica.open_pairing(code.pairing(), NOON.wall).expect("there is room");
        code
    }

    /// What a peer is answered to a frame; whoever shows an open pairing's code is certified.
    fn answer(&mut self, now: Now, peer: PeerKey, bytes: Vec<u8>) -> Response {
        self.token += 1;
        let input = Input::Request { peer, token: self.token, bytes };
        let mut effects = self.replica.handle(now, input).expect("storage in memory");
        let mut replies = Vec::new();
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Certify { token, request } => {
                    effects.extend(self.author.let_in(&mut self.replica, token, *request));
                }
                Effect::Reply { token, bytes } if token == self.token => replies.push(bytes),
                _ => {}
            }
        }
        assert_eq!(replies.len(), 1, "a request is answered once");
        unpack(&replies[0]).expect("a replica sends whole frames")
    }

    fn pair(&mut self, now: Now, peer: PeerKey, request: &PairRequest) -> Response {
        self.answer(now, peer, pack(&Request::Pair(Box::new(request.clone()))))
    }

    fn devices(&self) -> usize {
        self.replica.authority().devices_of(&self.author.me.group).len()
    }
}

fn registry() -> Arc<Registry> {
    Arc::new(Registry::standard().clone())
}

fn newcomer(code: &PairingCode, number: u32) -> (Author, PairRequest) {
    Author::with_code(code, number, registry())
}

#[test]
fn a_new_device_believes_its_certificate_where_the_coalition_is_not_known_yet() {
    let mut desk = Desk::knowing(|record| !matches!(record, Record::Genesis(_)));
    let code = desk.code(1);
    let (office, request) = newcomer(&code, 70);
    let peer = desk.author.peer();
    let mut replica = open(&office, Disk::new(Clock::default()));
    replica.ask_to_pair(request.clone());
    let mut inputs = vec![Input::Connected { peer, direction: Direction::Dialled }];
    while let Some(input) = inputs.pop() {
        for effect in replica.handle(NOON, input).expect("storage in memory") {
            match effect {
                Effect::Send { id, bytes, .. } => {
                    let bytes = pack(&desk.answer(NOON, office.peer(), bytes));
                    inputs.push(Input::Response { peer, id, bytes });
                }
                Effect::Fault { why, .. } => panic!("the old computer is blamed: {why}"),
                _ => {}
            }
        }
    }
    assert!(!replica.is_pairing());
}

#[test]
fn a_new_device_is_let_in_once_and_told_the_same_when_its_answer_went_lost() {
    let mut desk = Desk::new();
    let code = desk.code(1);
    let (office, request) = newcomer(&code, 70);
    let Response::Paired { records } = desk.pair(NOON, office.peer(), &request) else { panic!("not let in") };
    let is_own = |record: &Record| matches!(record, Record::DeviceCert(cert) if cert.body().device == office.me.device);
    assert!(records.iter().any(is_own) && records.iter().any(|record| matches!(record, Record::Genesis(_))));
    assert_eq!(desk.devices(), 2);
    assert!(matches!(desk.pair(NOON, office.peer(), &request), Response::Paired { .. }));
    let (thief, second) = newcomer(&code, 71);
    assert_eq!(desk.pair(NOON, thief.peer(), &second), Response::NotPaired(PairRefusal::Used));
    assert_eq!(desk.pair(NOON, thief.peer(), &request), Response::NotPaired(PairRefusal::OtherPeer), "a replay");
    assert_eq!(desk.devices(), 2);
}

#[test]
fn every_request_that_breaks_a_rule_is_refused_by_its_name() {
    let mut desk = Desk::new();
    let code = desk.code(1);
    let (office, sound) = newcomer(&code, 70);
    let peer = office.peer();
    let unknown = desk.author.code([9; 32], Capabilities::WRITE, NOON.wall);
    let more = PairingCode { capabilities: Capabilities::ALL, ..code.clone() };
    let other_root = PairingCode { root: Signer::Root(1), ..code.clone() };
    let mut other_group = code.clone();
    other_group.group.0[0] ^= 1;
    let (_, known) = Author::with_code(&code, 0, registry());
    let mut unsigned = sound.clone();
    unsigned.by_device = unsigned.by_peer;
    let later = Now { wall: code.expires.after(Duration::from_millis(1)), ..NOON };
    let cases = [
        (NOON, peer, newcomer(&unknown, 70).1, PairRefusal::Unknown),
        (later, peer, sound.clone(), PairRefusal::Expired),
        (NOON, PeerKey([5; 32]), sound.clone(), PairRefusal::OtherPeer),
        (NOON, peer, newcomer(&more, 70).1, PairRefusal::Altered),
        (NOON, peer, newcomer(&other_root, 70).1, PairRefusal::Altered),
        (NOON, peer, newcomer(&other_group, 70).1, PairRefusal::Altered),
        (NOON, peer, unsigned, PairRefusal::Invalid),
    ];
    for (now, peer, request, expected) in cases {
        assert_eq!(desk.pair(now, peer, &request), Response::NotPaired(expected));
    }
    // The founder's own computer is a member's, and has its certificate.
    let own = desk.author.peer();
    assert_eq!(desk.pair(NOON, own, &known), Response::NotPaired(PairRefusal::KnownDevice));
    assert_eq!(desk.devices(), 1);
    assert!(matches!(desk.pair(NOON, peer, &sound), Response::Paired { .. }), "none of these used the code up");
}

#[test]
fn a_peer_of_another_coalition_is_not_paired_and_is_blamed() {
    let mut desk = Desk::new();
    let mut code = desk.code(1);
    code.coalition.0[0] ^= 1;
    let (stranger, request) = newcomer(&code, 70);
    assert_eq!(desk.pair(NOON, stranger.peer(), &request), Response::Refused(Refusal::WrongCoalition));
    assert_eq!(desk.devices(), 1);
}

#[test]
fn a_code_made_under_an_earlier_root_lets_nobody_in() {
    let mut desk = Desk::new();
    let code = desk.code(1);
    let rotation = desk.author.rotate(&desk.replica, &Default::default());
    desk.replica.commit(Vec::new(), vec![rotation]).expect("storage in memory");
    let (office, request) = newcomer(&code, 70);
    assert_eq!(desk.pair(NOON, office.peer(), &request), Response::NotPaired(PairRefusal::OtherRoot));
}

#[test]
fn a_revoked_device_is_not_let_in_again_with_a_new_code() {
    let mut desk = Desk::new();
    let code = desk.code(1);
    let (office, request) = newcomer(&code, 70);
    assert!(matches!(desk.pair(NOON, office.peer(), &request), Response::Paired { .. }));
    let end = desk.author.end(0, office.me.device, Cut::NOTHING);
    desk.replica.commit(Vec::new(), vec![end]).expect("storage in memory");
    let code = desk.code(2);
    let (_, request) = newcomer(&code, 70);
    assert_eq!(desk.pair(NOON, office.peer(), &request), Response::NotPaired(PairRefusal::KnownDevice));
}

#[test]
fn a_node_holds_few_codes_open_and_forgets_those_that_are_over() {
    let mut desk = Desk::new();
    for seed in 0..u8::try_from(MAX_PAIRINGS).expect("few") {
        desk.code(seed);
    }
    let one_more = desk.author.code([200; 32], Capabilities::WRITE, NOON.wall);
    assert_eq!(desk.replica.open_pairing(one_more.pairing(), NOON.wall), Err(OpenPairingError::TooMany));
    let later = one_more.expires.after(Duration::from_millis(1));
    assert_eq!(desk.replica.open_pairing(one_more.pairing(), later), Ok(()));
}

#[test]
fn requests_for_pairing_are_bounded_as_all_of_strangers_are() {
    let mut desk = Desk::new();
    let code = desk.code(1);
    let (stranger, request) = newcomer(&desk.author.code([9; 32], Capabilities::WRITE, NOON.wall), 90);
    let mut large = request.clone();
    large.certificate.label = "x".repeat(2 * MAX_LOBBY_FRAME);
    let refused = desk.pair(NOON, stranger.peer(), &large);
    assert!(
        matches!(refused, Response::Refused(Refusal::NotMember | Refusal::NotUnderstood)),
        "an oversized request is not looked at: {refused:?}"
    );
    let looked_at = (0..1_000)
        .filter(|_| desk.pair(NOON, stranger.peer(), &request) == Response::NotPaired(PairRefusal::Unknown))
        .count();
    assert_eq!(looked_at, MAX_LOBBY_REQUESTS_PER_PEER as usize - 1);
    // However many strangers ask, whoever has the code is looked at.
    for number in 0..MAX_LOBBY_REQUESTS {
        let mut key = [7; 32];
        key[..4].copy_from_slice(&number.to_be_bytes());
        desk.answer(NOON, PeerKey(key), vec![1, 2, 3]);
    }
    assert_eq!(desk.pair(NOON, PeerKey([6; 32]), &request), Response::Refused(Refusal::TooSoon));
    let (office, sound) = newcomer(&code, 70);
    assert!(matches!(desk.pair(NOON, office.peer(), &sound), Response::Paired { .. }));
}

#[test]
fn an_ended_computer_that_missed_the_news_is_told_when_it_hands_in_its_application() {
    let mut desk = Desk::new();
    let code = desk.code(1);
    let (office, request) = newcomer(&code, 70);
    assert!(matches!(desk.pair(NOON, office.peer(), &request), Response::Paired { .. }));
    let records: Vec<Record> = desk.replica.control().iter().cloned().collect();
    let mut disk = Disk::new(Clock::default());
    disk.append_own(&[], &records).expect("storage in memory");
    let application = open(&office, disk).application().to_vec();
    let end = desk.author.end(0, office.me.device, Cut::NOTHING);
    desk.replica.commit(Vec::new(), vec![end.clone()]).expect("storage in memory");
    let apply = Request::Apply(Application { coalition: office.me.coalition, records: application });
    let Response::Applied { founding, .. } = desk.answer(NOON, office.peer(), pack(&apply)) else { panic!("refused") };
    assert!(founding.contains(&end));
}

#[test]
fn the_application_of_a_computer_stays_small_however_many_its_group_has() {
    let mut desk = Desk::new();
    let mut last = None;
    for number in 0..40 {
        let code = desk.code(u8::try_from(number).expect("few"));
        let (author, request) = newcomer(&code, 100 + number);
        assert!(matches!(desk.pair(NOON, author.peer(), &request), Response::Paired { .. }));
        last = Some(author);
    }
    let records: Vec<Record> = desk.replica.control().iter().cloned().collect();
    let mut disk = Disk::new(Clock::default());
    disk.append_own(&[], &records).expect("storage in memory");
    let replica = open(&last.expect("a computer"), disk);
    let bytes: usize = replica.application().iter().map(|record| record.encode().len()).sum();
    assert!(bytes > 0 && bytes <= MAX_APPLICATION, "{bytes}");
}

/// All are one, and nothing was lost or shown that may not be.
fn equal(world: &mut World) {
    let equal = world.until_healed(Duration::from_secs(600));
    equal.map(drop).unwrap_or_else(|dissent| panic!("seed {}: {dissent}", world.seed));
}

#[test]
fn two_computers_of_a_group_that_write_its_profile_apart_converge_on_one() {
    for seed in 0..3 {
        let mut world = World::new(seed);
        let founder = world.found("Clear Water");
        let ticket = world.invite(founder, 1);
        let guest = world.join(&ticket, founder);
        equal(&mut world);
        let code = world.add_device(founder, Capabilities::WRITE);
        let office = world.pair(&code, founder);
        equal(&mut world);
        assert!(!world.replica(office).is_pairing(), "seed {seed}");
        world.link(office, guest);
        world.split(vec![0, 1, 1]);
        // Neither knows of the other's profile: both begin it, with the same opening.
        let one = world.write(founder, &Subject::Own("group"), &json!({"name": "Weir"}));
        let other = world.write(office, &Subject::Own("group"), &json!({"name": "Weir", "place": "Old bridge"}));
        assert_eq!(one, other);
        world.heal();
        equal(&mut world);
        for node in [founder, guest, office] {
            assert_eq!(world.text(node, one, "name"), "Weir", "seed {seed}");
            assert_eq!(world.text(node, one, "place"), "Old bridge", "seed {seed}");
        }
        assert_eq!(world.blames.len(), 0, "seed {seed}: {:?}", world.blames);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_request_with_any_byte_changed_lets_nobody_in(place in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut desk = Desk::new();
        let code = desk.code(1);
        let (office, request) = newcomer(&code, 70);
        let mut bytes = grid_protocol::codec::encode(&request);
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        if let Ok(altered) = grid_protocol::codec::decode::<PairRequest>(&bytes) {
            let answer = desk.pair(NOON, office.peer(), &altered);
            prop_assert!(!matches!(answer, Response::Paired { .. }), "byte {place}: {answer:?}");
            prop_assert_eq!(desk.devices(), 1);
        }
    }
}
