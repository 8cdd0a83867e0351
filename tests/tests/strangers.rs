//! Thousands of keys that belong to nobody knock at a node: what it spends on them, and that honest nodes are one in the
//! end. They greet as members do, and they hand in applications as newcomers do, in order in themselves.

mod meter;

use grid_protocol::codec::Format;
use grid_protocol::control::{
    Capabilities, DeviceCert, DeviceCertBody, DeviceSecrets, InceptionBody, Record, Signed, SigningKey,
    StatementSignature,
};
use grid_protocol::id::{CoalitionId, Digest, VersionId};
use grid_protocol::key::{DeviceId, PeerKey, SealKey, SecretKey};
use grid_protocol::limits::{MAX_LOBBY_REQUESTS, MAX_LOBBY_REQUESTS_PER_PEER};
use grid_protocol::replica::{Direction, Input};
use grid_protocol::sync::message::Hello;
use grid_protocol::sync::{Application, Request, pack};
use grid_protocol::time::Timestamp;
use grid_tests::sim::{NOON, Siege, Spent};
use meter::meter;

/// Keys that belong to nobody.
const KEYS: u32 = 5_000;
const KB: u64 = 1_000;
/// What the victim does beside it is next to nothing: no time passes.
const BESIDE: u64 = 50;

fn number(number: u32, purpose: u8) -> [u8; 32] {
    let mut seed = [purpose; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    seed
}

/// What a group hands in that nobody invited: its beginning, its computer and its signature, all of it sound.
fn application(coalition: CoalitionId, text: Digest, key: u32) -> (PeerKey, Vec<u8>) {
    let [root, device, peer] = [1, 2, 3].map(|purpose| SecretKey::from_seed(&number(key, purpose)));
    let begun = InceptionBody {
        format: Format,
        name: format!("Nobody {key}"),
        root: root.public(),
        chain: Digest(number(key, 4)),
        contacts: Vec::new(),
        quorum: 0,
        nonce: [0; 16],
    };
    let inception = Signed::sign(begun, SigningKey::Root(0, &root));
    let (group, peer_key) = (inception.group(), PeerKey(peer.public().0));
    let certified = DeviceCertBody {
        format: Format,
        group,
        device: DeviceId(device.public()),
        seal: SealKey(number(key, 5)),
        peer: peer_key,
        capabilities: Capabilities::ALL,
        label: "laptop".to_owned(),
        expires: None,
        serial: 0,
    };
    let secrets = DeviceSecrets { device, peer, seal: SealKey(number(key, 5)) };
    let certificate = DeviceCert::new(certified, SigningKey::Root(0, &root), &secrets);
    let about = (coalition, VersionId::first(&coalition));
    let time: Timestamp = NOON.wall;
    let signature = StatementSignature::new(about, text, group, 1, time, SigningKey::Device(&secrets.device));
    let records = vec![Record::Inception(inception), Record::DeviceCert(certificate), Record::Signature(signature)];
    (peer_key, pack(&Request::Apply(Application { coalition, records })))
}

/// Each of them connects, asks three times, and goes.
fn knock(siege: &mut Siege, asked: impl Fn(u32) -> (PeerKey, Vec<u8>)) {
    let victim = siege.victim;
    for key in 0..KEYS {
        let (peer, request) = asked(key);
        siege.feed(victim, Input::Connected { peer, direction: Direction::Accepted });
        for token in 0..3 {
            siege.feed(victim, Input::Request { peer, token: u64::MAX - token, bytes: request.clone() });
        }
        siege.feed(victim, Input::Disconnected { peer });
    }
}

/// Nothing of them is kept, and none of them is asked anything.
fn assert_nothing_came_of_it(siege: &Siege, before: (Digest, usize)) {
    let victim = siege.replica(siege.victim);
    assert_eq!((siege.root(siege.victim), victim.control().len()), before);
    let known: Vec<PeerKey> = (0..siege.nodes().len()).map(|node| siege.author(node).peer()).collect();
    assert!(victim.peers().all(|peer| known.contains(&peer.peer)));
}

fn state(siege: &Siege) -> (Digest, usize) {
    (siege.root(siege.victim), siege.replica(siege.victim).control().len())
}

#[test]
fn thousands_of_keys_that_greet_are_turned_away_and_cost_little() {
    const { assert!(KEYS > MAX_LOBBY_REQUESTS && MAX_LOBBY_REQUESTS_PER_PEER > 3) };
    let mut siege = Siege::new(9, 7, meter);
    let victim = siege.replica(siege.victim);
    let hello = Hello {
        version: Format,
        coalition: victim.me().coalition,
        control: victim.control().fingerprint(),
        logs: victim.logs().digest(),
        devices: victim.logs().devices_digest(),
        nonce: 5,
    };
    let (request, before) = (pack(&Request::Hello(hello)), state(&siege));
    let most = Spent {
        bytes_in: 0,
        bytes_out: 0,
        news_judged: 0,
        answered: 0,
        worked: BESIDE,
        signatures: 0,
        hashed: 4 * KB,
        // Those that come when a minute is full are decoded to see whether they answer an invite.
        decoded: (3 * u64::from(KEYS) + BESIDE) * request.len() as u64,
        applied: 0,
        // The keys of those that were looked at in this minute.
        held: u64::from(MAX_LOBBY_REQUESTS) * 60,
        at_once: 20 * KB,
    };
    siege.endures("five thousand keys that greet", &most, |siege| {
        knock(siege, |key| (PeerKey(number(key, 9)), request.clone()));
        assert_nothing_came_of_it(siege, before);
    });
}

#[test]
fn thousands_of_keys_that_hand_in_applications_are_turned_away_and_cost_what_is_looked_at() {
    let mut siege = Siege::new(12, 7, meter);
    let victim = siege.replica(siege.victim);
    let coalition = victim.me().coalition;
    let text = victim.control().genesis().expect("a member knows the genesis").body.statement.text_hash();
    let before = state(&siege);
    let looked_at = u64::from(MAX_LOBBY_REQUESTS);
    let length = application(coalition, text, 0).1.len() as u64;
    let most = Spent {
        bytes_in: 0,
        bytes_out: 0,
        news_judged: 0,
        answered: 0,
        worked: BESIDE,
        // The group's beginning, its computer three times, and its signature.
        signatures: 5 * looked_at,
        hashed: 5 * looked_at * length,
        // Each is decoded to see whether it answers an invite, and again where it is looked at.
        decoded: (3 * u64::from(KEYS) + 3 * looked_at) * (length + 50),
        applied: 0,
        held: looked_at * 60,
        at_once: 50 * KB,
    };
    siege.endures("five thousand applications", &most, |siege| {
        knock(siege, |key| application(coalition, text, key));
        assert_nothing_came_of_it(siege, before);
    });
}
