//! Asking for a group's records with nothing but its words: who is answered, with what, and within which bounds.

use grid_protocol::authority::{Cut, renew};
use grid_protocol::control::{DeviceSecrets, Kind, Record};
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::id::{CoalitionId, GroupId};
use grid_protocol::key::{DeviceId, PeerKey, SealKey, SecretKey};
use grid_protocol::limits::{
    MAX_APPLICATION, MAX_LOBBY_REQUESTS, MAX_LOBBY_REQUESTS_PER_INVITE, MAX_LOBBY_REQUESTS_PER_PEER,
};
use grid_protocol::replica::{Effect, Identity, Input, Recalled, Replica};
use grid_protocol::run::VerifiedRun;
use grid_protocol::storage::Storage;
use grid_protocol::sync::message::Rest;
use grid_protocol::sync::{
    Application, ApplicationOutcome, Gathered, Recall, Refusal, RegainError, Request, Response, pack, recall, unpack,
};
use grid_protocol::words::RecoveryWords;
use grid_tests::sim::{Author, Clock, Disk, Keys, NOON, Subject, open};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

const ASKER: PeerKey = PeerKey([7; 32]);

/// A founder, a guest that wrote five entries, and a node of the founder that holds all of it.
struct Valley {
    founder: Author,
    guest: Author,
    words: RecoveryWords,
    entries: Vec<VerifiedEntry>,
    node: Replica<Disk>,
    records: Vec<Record>,
}

/// The words behind [`Keys::new`].
fn words(number: u32) -> RecoveryWords {
    let mut entropy = [4; 32];
    entropy[..4].copy_from_slice(&number.to_be_bytes());
    RecoveryWords::from_entropy(entropy)
}

impl Valley {
    fn new() -> Self {
        let registry = Arc::new(grid_protocol::record::Registry::standard().clone());
        let (founder, mut records) = Author::found(Arc::new(Keys::new(0)), registry.clone(), "Clear Water", NOON.wall);
        let (ticket, invite) = founder.invite(&open(&founder, disk(&records)), [9; 32], 1, NOON.wall);
        records.push(invite);
        let (guest, joining) = Author::join(Arc::new(Keys::new(1)), registry, &ticket, 0, NOON.wall);
        records.extend(joining);
        let mut desk = open(&guest, disk(&records));
        let mut entries: Vec<VerifiedEntry> = Vec::new();
        for number in 0..5 {
            let head: Option<Head> = entries.last().and_then(VerifiedEntry::head);
            let fields = json!({"title": format!("Walk {number}")});
            let new = guest.write_after(head, &mut desk, NOON.wall, &Subject::New("action"), [number; 16], &fields);
            entries.extend(new.1);
        }
        let mut held = disk(&records);
        let runs: Vec<VerifiedRun> = entries.iter().cloned().filter_map(VerifiedRun::single).collect();
        held.append(&runs).expect("storage in memory");
        let node = open(&founder, held);
        Self { founder, guest, words: words(1), entries, node, records }
    }

    fn recall(&self) -> Recall {
        Recall::new(self.founder.me.coalition, &ASKER, &self.words.root(0), None)
    }

    fn ask(&mut self, peer: PeerKey, asked: Recall) -> Response {
        ask(&mut self.node, peer, &Request::Recall(asked))
    }

    fn told(&mut self) -> Gathered {
        let asked = self.recall();
        let Response::Recalled { records, heads, rest: Rest::None } = self.ask(ASKER, asked) else {
            panic!("the group is known")
        };
        let mut gathered = Gathered::new(self.founder.me.coalition, &self.words);
        gathered.take(records, &heads);
        gathered
    }
}

fn disk(records: &[Record]) -> Disk {
    let mut disk = Disk::new(Clock::default());
    disk.append_own(&[], records).expect("storage in memory");
    disk
}

fn ask(node: &mut Replica<Disk>, peer: PeerKey, request: &Request) -> Response {
    let input = Input::Request { peer, token: 1, bytes: pack(request) };
    let effects = node.handle(NOON, input).expect("storage in memory");
    let answer = effects.into_iter().find_map(|effect| match effect {
        Effect::Reply { bytes, .. } => Some(unpack(&bytes).expect("a whole frame")),
        _ => None,
    });
    answer.expect("every request is answered")
}

fn device(number: u8) -> DeviceSecrets {
    DeviceSecrets {
        device: SecretKey::from_seed(&[number; 32]),
        peer: SecretKey::from_seed(&[number + 1; 32]),
        seal: SealKey([9; 32]),
    }
}

#[test]
fn whoever_has_the_words_of_a_group_learns_its_keys_and_where_its_logs_end() {
    let mut valley = Valley::new();
    let regained = valley.told().regain().expect("one group has these words");
    let guest = valley.guest.me;
    assert_eq!((regained.group, regained.name.as_str()), (guest.group, "Group 1"));
    let last = valley.entries.last().expect("entries");
    let cuts: BTreeMap<_, Cut> = regained.ends.iter().map(|(device, end)| (*device, end.cut)).collect();
    assert_eq!(cuts, BTreeMap::from([(guest.device, Cut { seq: 5, entry: last.id() })]));
    assert!(regained.set.genesis().is_some(), "what the coalition began with comes along");
    let kinds: Vec<Kind> = regained.set.iter().filter(|r| r.group() == Some(guest.group)).map(Record::kind).collect();
    assert!(kinds.iter().all(|kind| matches!(kind, Kind::Inception | Kind::DeviceCert)), "{kinds:?}");

    // What comes of it takes the thief's place on a node that holds everything.
    let (coalition, keys) = (guest.coalition, regained.authority.keys());
    let new = device(40);
    let renewed = renew(coalition, keys, guest.group, &valley.words, (&new, "new"), &cuts).expect("the words lead on");
    let records = [valley.records.clone(), renewed.records].concat();
    let node = open(&valley.founder, disk(&records));
    assert!(node.authority().is_revoked(&guest.device));
    assert!(node.authority().is_member(&guest.group));
    assert_eq!(node.authority().cut(&guest.device).map(|cut| cut.seq), Some(5));
}

#[test]
fn nobody_is_answered_without_the_root_key_or_as_somebody_else_or_for_another_coalition() {
    let mut valley = Valley::new();
    let good = valley.recall();
    let unproven = Response::Refused(Refusal::Unproven);
    let forged =
        Recall { proof: SecretKey::from_seed(&[1; 32]).sign(grid_protocol::domain::RECALL, &[0; 32]), ..good.clone() };
    assert_eq!(valley.ask(ASKER, forged), unproven);
    assert_eq!(valley.ask(PeerKey([8; 32]), good.clone()), unproven, "overheard and sent by another one");
    let elsewhere = Recall::new(CoalitionId([1; 32]), &ASKER, &valley.words.root(0), None);
    assert_eq!(valley.ask(ASKER, elsewhere.clone()), Response::Refused(Refusal::WrongCoalition));
    let relabelled = Recall { coalition: good.coalition, ..elsewhere };
    assert_eq!(valley.ask(ASKER, relabelled), unproven);
    let later = Recall::new(good.coalition, &ASKER, &valley.words.root(1), None);
    assert_eq!(valley.ask(ASKER, later), Response::Refused(Refusal::NoSuchGroup));
    let other = Recall { group: Some(valley.founder.me.group), ..good.clone() };
    assert_eq!(valley.ask(ASKER, other), Response::Refused(Refusal::NoSuchGroup));
    let named = Recall { group: Some(valley.guest.me.group), ..good };
    assert!(matches!(valley.ask(ASKER, named), Response::Recalled { .. }));
}

#[test]
fn a_group_that_nobody_let_in_is_not_told_of() {
    let valley = Valley::new();
    let known: Vec<Record> =
        valley.records.iter().filter(|r| r.group() != Some(valley.guest.me.group)).cloned().collect();
    let mut node = open(&valley.founder, disk(&known));
    assert_eq!(ask(&mut node, ASKER, &Request::Recall(valley.recall())), Response::Refused(Refusal::NoSuchGroup));
}

#[test]
fn whoever_recalls_without_end_waits_like_other_strangers() {
    let mut valley = Valley::new();
    let asked = valley.recall();
    for _ in 0..MAX_LOBBY_REQUESTS_PER_PEER {
        assert!(matches!(valley.ask(ASKER, asked.clone()), Response::Recalled { .. }));
    }
    assert_eq!(valley.ask(ASKER, asked), Response::Refused(Refusal::TooSoon));
}

#[test]
fn whoever_has_the_words_is_answered_however_many_strangers_ask() {
    let mut valley = Valley::new();
    for number in 0..MAX_LOBBY_REQUESTS {
        let mut key = [9; 32];
        key[..4].copy_from_slice(&number.to_be_bytes());
        let answer = ask(&mut valley.node, PeerKey(key), &Request::Runs(Vec::new()));
        assert_eq!(answer, Response::Refused(Refusal::NotMember));
    }
    let asked = valley.recall();
    let unknown = Recall::new(asked.coalition, &ASKER, &words(99).root(0), None);
    assert_eq!(valley.ask(ASKER, unknown), Response::Refused(Refusal::NoSuchGroup));
    assert!(matches!(valley.ask(ASKER, asked.clone()), Response::Recalled { .. }));
    // Anybody can say so, and each time has to be looked at.
    for _ in 2..MAX_LOBBY_REQUESTS_PER_INVITE {
        assert!(matches!(valley.ask(ASKER, asked.clone()), Response::Recalled { .. }));
    }
    assert_eq!(valley.ask(ASKER, asked), Response::Refused(Refusal::TooSoon));
}

#[test]
fn what_does_not_fit_one_answer_comes_in_the_next_one_and_nothing_twice() {
    let valley = Valley::new();
    let all: BTreeMap<_, _> = valley.records.iter().map(|record| (record.id(), record.clone())).collect();
    for room in [1, 700, 1_500, 1 << 20] {
        let (mut told, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let Response::Recalled { records, rest, .. } = recall::page(&all, Vec::new(), after, room) else {
                panic!("a page")
            };
            let bytes: usize = records.iter().map(|record| record.encode().len()).sum();
            assert!(records.len() == 1 || bytes <= room, "{bytes} of {room}");
            after = records.last().map(Record::id);
            told.extend(records);
            pages += 1;
            if rest == Rest::None {
                break;
            }
        }
        assert_eq!(told, all.values().cloned().collect::<Vec<_>>(), "{pages} pages of {room}");
        assert!(room > 1 || pages == all.len());
    }
}

#[test]
fn a_node_that_lies_can_leave_things_out_and_add_nothing() {
    let mut valley = Valley::new();
    let asked = valley.recall();
    let Response::Recalled { records, heads, .. } = valley.ask(ASKER, asked) else { panic!("the group is known") };
    let coalition = valley.founder.me.coalition;
    let mut gathered = Gathered::new(coalition, &valley.words);
    // A log that would be longer, and one that is as short as it gets.
    let mut longer = heads.clone();
    longer[0].seq = 900;
    gathered.take(records.clone(), &longer);
    assert_eq!(gathered.regain().expect("known").ends, BTreeMap::new());
    let short = valley.node.storage().run(&valley.guest.me.device, 0, 0).expect("storage in memory").expect("entries");
    gathered.take(Vec::new(), &grid_protocol::chain::HeaderChain::of(&short).into_iter().collect::<Vec<_>>());
    gathered.take(Vec::new(), &heads);
    assert_eq!(
        gathered.regain().expect("known").ends[&valley.guest.me.device].cut.seq,
        5,
        "the longest that is proven"
    );
    // What a liar says in the name of a record takes nothing from what the others told.
    let mut forged = records.clone();
    for record in &mut forged {
        if let Record::Inception(inception) = record {
            inception.signature.0 = [3; 64];
        }
    }
    gathered.take(forged, &[]);
    assert_eq!(gathered.regain().expect("what others told").name, "Group 1");
    // A group with our root in an inception that nobody signed.
    let made_up = records.iter().find_map(|record| match record {
        Record::Inception(inception) if inception.group() == valley.guest.me.group => Some(inception.clone()),
        _ => None,
    });
    let mut made_up = made_up.expect("its inception");
    made_up.body.name = "Impostor".to_owned();
    gathered.take(vec![Record::Inception(made_up)], &[]);
    assert_eq!(gathered.regain().expect("still one").name, "Group 1");
    // One that root 0 has signed: whoever has the words has to say which group is theirs.
    let nonce = [8; 16];
    let twin = grid_protocol::control::Inception::new("Twin", &valley.words, Vec::new(), 0, nonce);
    let group: GroupId = twin.group();
    gathered.take(vec![Record::Inception(twin)], &[]);
    let Err(RegainError::Several { groups }) = gathered.regain() else { panic!("two groups") };
    assert!(groups.iter().any(|(known, name)| *known == group && name == "Twin"));
    assert_eq!(Gathered::new(coalition, &valley.words).regain().err(), Some(RegainError::None));
}

#[test]
fn a_group_of_many_computers_is_taken_in_under_its_new_root() {
    let mut valley = Valley::new();
    let certificates: Vec<Record> = (0..40).map(|number| valley.guest.further_device(500 + number).1).collect();
    let known = [valley.records.clone(), certificates].concat();
    valley.node = open(&valley.founder, disk(&known));
    let regained = valley.told().regain().expect("one group has these words");
    assert_eq!(regained.authority.devices_of(&regained.group).len(), 41);
    let me = valley.guest.me;
    let new = device(40);
    let (keys, none) = (regained.authority.keys(), BTreeMap::new());
    let renewed = renew(me.coalition, keys, me.group, &valley.words, (&new, "new"), &none).expect("the words lead on");
    let held: Vec<Record> = known.iter().chain(&renewed.records).cloned().collect();
    let identity = Identity { device: DeviceId(new.device.public()), ..me };
    let registry = Arc::new(grid_protocol::record::Registry::standard().clone());
    let opened = Replica::open(identity, registry, disk(&held), &Recalled::default(), [3; 32]);
    let application = opened.expect("storage in memory").0.application().to_vec();
    let bytes: usize = application.iter().map(|record| record.encode().len()).sum();
    assert!(bytes <= MAX_APPLICATION, "{bytes} bytes");
    let peer = PeerKey(new.peer.public().0);
    let handed_in = Request::Apply(Application { coalition: me.coalition, records: application });
    let answer = ask(&mut valley.node, peer, &handed_in);
    assert!(matches!(answer, Response::Applied { outcome: ApplicationOutcome::Member, .. }), "{answer:?}");
    assert_eq!(valley.node.authority().device_of_peer(&peer), Some((me.group, identity.device)));
}
