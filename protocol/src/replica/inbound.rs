//! What comes in: decoded, verified, stored, read, in this order and through one door.

use super::burden::Weight;
use super::effect::{Effect, Input, Now, PeerStanding, PeerSync};
use super::lobby::{Telling, Turn};
use super::own_log::Branch;
use super::pairing::Answered;
use super::peer::{Knows, Peer, standing};
use super::{PULL_EVERY, PULL_SOON, Replica, hints};
use crate::entry::VerifiedEntry;
use crate::id::CoalitionId;
use crate::key::PeerKey;
use crate::limits::{MAX_FRAME, MAX_LOBBY_FRAME};
use crate::storage::{Storage, StorageError};
use crate::sync::message::Hello;
use crate::sync::{
    Application, FrameError, Intake, Lookahead, Next, Recall, Refusal, Request, Response, SessionError, pack, serve,
    unpack, unpack_within,
};
use std::sync::Arc;

/// Batches of one peer that may wait before we stop asking ahead.
const BACKLOG_PER_PEER: usize = 2;

/// A batch that waits to be worked on.
#[derive(Debug)]
pub(super) enum Work {
    /// Entries that are stored and not read yet.
    Read(Vec<VerifiedEntry>),
    /// What a peer sent.
    Take {
        /// The peer.
        peer: PeerKey,
        /// The batch.
        intake: Intake,
    },
}

impl<S: Storage> Replica<S> {
    /// Takes one input. Quick: heavy work goes to the backlog.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when this machine's storage fails before anything came of the input; where something
    /// did, it is told by [`Effect::Failed`] behind it. The replica stays usable.
    pub fn handle(&mut self, now: Now, input: Input) -> Result<Vec<Effect>, StorageError> {
        let mut effects = Vec::new();
        self.clock = now.monotonic;
        let taken = self.take_input(now, input, &mut effects);
        with_failure(effects, taken)
    }

    fn take_input(&mut self, now: Now, input: Input, effects: &mut Vec<Effect>) -> Result<(), StorageError> {
        match input {
            Input::Connected { peer, direction } => {
                let standing = standing(&self.authority, &peer);
                self.peers.insert(peer, Peer::new(direction, standing));
                let standing = self.audible(peer);
                effects.push(Effect::Standing { peer, standing });
                self.greet(peer, effects);
                self.pull(peer, effects);
            }
            Input::Disconnected { peer } => {
                self.peers.remove(&peer);
            }
            Input::Request { peer, token, bytes } => {
                let (response, failed) = match self.answer(now, (peer, token), &bytes, effects) {
                    Ok(Answered::Later) => return Ok(()),
                    Ok(Answered::Now(response)) => (response, Ok(())),
                    Err(error) => (Response::Refused(Refusal::Unable), Err(error)),
                };
                effects.push(Effect::Reply { token, bytes: pack(&response) });
                failed?;
            }
            Input::Response { peer, id, bytes } => self.take_response(peer, id, &bytes, effects)?,
            Input::RequestFailed { peer, id } => {
                if let Some(known) = self.peers.get_mut(&peer) {
                    known.forget(id);
                }
            }
            Input::Gossip { from, token, bytes } => self.take_news(now, from, token, &bytes, effects)?,
            Input::Audible { peer } => {
                if let PeerStanding::Member { group, .. } = standing(&self.authority, &peer) {
                    for log in self.authority.devices_of(&group).to_vec() {
                        self.owe_receipt(now, log);
                    }
                }
            }
            Input::Tick => {
                self.tick(now, effects);
                self.settle_records()?;
                self.read_unread(effects)?;
            }
            Input::Misbehaved { peer, why } => self.tell_fault(peer, why, effects),
        }
        Ok(())
    }

    /// Works on one batch of the backlog.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when this machine's storage fails before anything of the batch was kept; where
    /// something was, [`Effect::Failed`] says so behind it. The rest of the batch is pulled again.
    pub fn work(&mut self, now: Now) -> Result<Vec<Effect>, StorageError> {
        let mut effects = Vec::new();
        self.clock = now.monotonic;
        match self.backlog.pop_front() {
            None => {}
            Some(Work::Read(entries)) => {
                let rows = self.documents.take(&entries, &self.storage, &self.authority)?;
                effects.push(Effect::Rows(rows));
            }
            Some(Work::Take { peer, intake }) => {
                if let Some(known) = self.peers.get_mut(&peer) {
                    known.backlog = known.backlog.saturating_sub(1);
                }
                let before = self.held();
                let admitted = match intake {
                    Intake::Nothing => Ok(()),
                    Intake::Records(records) => self.admit_records_of(peer, records, &mut effects),
                    Intake::Runs(runs) => self.admit_runs(now, peer, runs, &mut effects),
                };
                if let Err(error) = admitted {
                    // Nothing would ask for the rest: the next pull begins afresh.
                    if let Some(known) = self.peers.get_mut(&peer) {
                        known.session.give_up();
                        known.sync = PeerSync::NotYet;
                    }
                    return with_failure(effects, Err(error));
                }
                if self.held() != before {
                    self.hurry(now);
                }
                let gone_on = self.go_on(peer, &mut effects);
                return with_failure(effects, gone_on);
            }
        }
        Ok(effects)
    }

    fn tick(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.relent(now, effects);
        if let Some(says) = self.receipts.collect(now.monotonic, &self.logs, &mut self.random) {
            effects.push(Effect::Sign(says));
        }
        let is_due = now.monotonic >= self.pull_due;
        let is_soon = self.pull_soon.is_some_and(|due| now.monotonic >= due);
        if is_soon && !is_due && self.peers.values().any(|peer| peer.session.is_pulling()) {
            // What is being fetched is not fetched twice.
            self.pull_soon = None;
            self.hurry(now);
        } else if is_due || is_soon {
            self.pull_soon = None;
            self.pull_due = now.monotonic + PULL_EVERY + self.random.up_to(PULL_EVERY / 4);
            let knows = self.knows();
            let asked: Vec<PeerKey> =
                self.peers.iter().filter(|(_, peer)| peer.is_asked(knows)).map(|(key, _)| *key).collect();
            if !asked.is_empty() {
                let index = usize::try_from(self.random.number() % asked.len() as u64).unwrap_or(0);
                if let Some(peer) = asked.get(index) {
                    self.pull(*peer, effects);
                }
            }
        }
    }

    /// Something was missed, so there may be more: the next pull does not wait for its turn. As long as
    /// pulls bring something, nodes make more of them, and what a part of the network missed spreads there
    /// in seconds.
    pub(super) fn hurry(&mut self, now: Now) {
        if self.pull_soon.is_none() {
            self.pull_soon = Some(now.monotonic + PULL_SOON + self.random.up_to(PULL_SOON));
        }
    }

    /// Whether this node can tell who is a member.
    pub(super) fn knows(&self) -> Knows {
        if self.control.genesis().is_some() { Knows::Coalition } else { Knows::Nobody }
    }

    /// How much is held: it grows with everything that comes in.
    fn held(&self) -> (u64, usize) {
        (self.logs.total(), self.control.len())
    }

    /// Tells a member where the others can be reached.
    pub(super) fn greet(&mut self, key: PeerKey, effects: &mut Vec<Effect>) {
        let hints = self.hints.some(&mut self.random);
        let Some(peer) = self.peers.get_mut(&key) else { return };
        if matches!(peer.standing, PeerStanding::Member { .. }) && !hints.is_empty() {
            let id = peer.session.fresh_id();
            effects.push(Effect::Send { peer: key, id, bytes: pack(&Request::Hints(hints)) });
        }
    }

    /// Begins a pull, or notes that one is due after the one under way.
    pub(super) fn pull(&mut self, key: PeerKey, effects: &mut Vec<Effect>) {
        let nonce = self.random.number();
        let Some(mut peer) = self.peers.remove(&key) else { return };
        if peer.is_asked(self.knows()) {
            match peer.session.start(self.view(), nonce) {
                Some((id, request)) => {
                    peer.contradicts = false;
                    if peer.sync == PeerSync::NotYet {
                        peer.sync = PeerSync::Fetching;
                    }
                    effects.push(Effect::Send { peer: key, id, bytes: pack(&request) });
                }
                None => peer.pull_again = true,
            }
        }
        self.peers.insert(key, peer);
    }

    /// Asks for what is still missing, or ends the pull.
    fn go_on(&mut self, key: PeerKey, effects: &mut Vec<Effect>) -> Result<(), StorageError> {
        let Some(mut peer) = self.peers.remove(&key) else { return Ok(()) };
        let mut pulled = None;
        if peer.backlog == 0 {
            match peer.session.next(self.view()) {
                None => {}
                Some(Next::Ask(requests)) => {
                    if !requests.is_empty() {
                        peer.sync = PeerSync::Fetching;
                    }
                    effects.extend(requests.iter().map(|(id, request)| Effect::Send {
                        peer: key,
                        id: *id,
                        bytes: pack(request),
                    }));
                }
                Some(Next::Done(done)) => {
                    peer.withholds = if done.withheld.is_empty() { 0 } else { peer.withholds.saturating_add(1) };
                    let is_apart = peer.contradicts || !done.conflicts.is_empty();
                    peer.sync = if is_apart { PeerSync::Apart } else { PeerSync::InSync };
                    self.answered_by(peer.standing);
                    effects.push(Effect::Pulled { peer: key, pulled: done.clone() });
                    pulled = Some(done);
                }
            }
        }
        let again = peer.pull_again && !peer.session.is_pulling();
        peer.pull_again &= !again;
        self.peers.insert(key, peer);
        if again {
            self.pull(key, effects);
        }
        let Some(pulled) = pulled else { return Ok(()) };
        if self.peers.get(&key).is_some_and(|peer| peer.sync == PeerSync::InSync) {
            self.note_branch(key, &self.me.device.clone(), Branch::Ours);
        }
        for (device, at) in pulled.conflicts {
            self.note_branch(key, &device, Branch::Other);
            self.suspect(key, device, at, effects);
        }
        self.ask_disputed(key, effects)?;
        self.ask_branches(key, effects)
    }

    fn answer(
        &mut self,
        now: Now,
        (peer, token): (PeerKey, u64),
        bytes: &[u8],
        effects: &mut Vec<Effect>,
    ) -> Result<Answered, StorageError> {
        let now_refused = |refusal| Ok(Answered::Now(Response::Refused(refusal)));
        let member = match standing(&self.authority, &peer) {
            PeerStanding::Member { device, .. } => Some(device),
            PeerStanding::Lobby => None,
        };
        let is_member = member.is_some();
        if let Some(device) = member {
            if let Some(turned_away) = self.turn_of_member(now, (peer, token), device, effects) {
                return Ok(turned_away);
            }
        } else {
            let turn = match self.lobby.ask(now.monotonic, peer) {
                Turn::Crowded => self.turn_of_invited(now, bytes),
                Turn::Flooding => {
                    self.tell_fault(peer, FLOODS.to_owned(), effects);
                    Turn::TooSoon
                }
                turn => turn,
            };
            if turn != Turn::Granted {
                return now_refused(Refusal::TooSoon);
            }
        }
        if !is_member && bytes.len() > MAX_LOBBY_FRAME {
            // It may take itself for a member: no reason to blame it, and none to unpack this.
            return now_refused(Refusal::NotMember);
        }
        let limit = if is_member { MAX_FRAME } else { MAX_LOBBY_FRAME };
        let request = match unpack_within::<Request>(bytes, limit) {
            Ok(request) => request,
            // Packed it was short enough; what a member may ask is longer.
            Err(FrameError::TooLarge { found, .. }) if !is_member && found <= MAX_FRAME as u64 => {
                return now_refused(Refusal::NotMember);
            }
            Err(error) => {
                self.fault(peer, error.to_string(), effects);
                return now_refused(Refusal::NotUnderstood);
            }
        };
        let named = match &request {
            Request::Apply(Application { coalition, .. })
            | Request::Hello(Hello { coalition, .. })
            | Request::HelloOf1(Hello { coalition, .. })
            | Request::Recall(Recall { coalition, .. }) => Some(*coalition),
            Request::Pair(request) => Some(request.coalition),
            _ => None,
        };
        if let Some(coalition) = named.filter(|coalition| *coalition != self.me.coalition) {
            self.fault(peer, foreign(&self.me.coalition, &coalition), effects);
            return now_refused(Refusal::WrongCoalition);
        }
        let mut looked_at = 0;
        let response = match request {
            Request::Apply(application) => self.judge(now, peer, application, effects)?,
            Request::Pair(request) => return Ok(self.judge_pairing(now, (peer, token), request, effects)),
            Request::Recall(asked) => {
                let answer = self.recalled(peer, &asked).unwrap_or(Response::Refused(Refusal::Unable));
                if answer == Response::Refused(Refusal::Unproven) {
                    self.fault(peer, Refusal::Unproven.to_string(), effects);
                }
                answer
            }
            _ if !is_member => Response::Refused(Refusal::NotMember),
            Request::Hello(hello) => {
                self.greeted(now, peer, (hello.control, hello.logs), effects, |view| serve::hello(view, &hello))
            }
            Request::HelloOf1(hello) => {
                self.greeted(now, peer, (hello.control, hello.logs), effects, |view| serve::hello_of_1(view, &hello))
            }
            Request::ControlOf1(wants) => serve::control_of_1(self.view(), &wants),
            Request::Control(wants) => serve::control(self.view(), &wants),
            Request::Runs(wants) => {
                serve::runs(self.view(), &self.storage, &wants).unwrap_or(Response::Refused(Refusal::Unable))
            }
            Request::Ids(want) => serve::ids(&self.storage, &want).unwrap_or(Response::Refused(Refusal::Unable)),
            Request::Chain(want) => serve::chain(&self.storage, &want).unwrap_or(Response::Refused(Refusal::Unable)),
            Request::Branches(wants) => {
                let answer = self.branches(&wants, &mut looked_at);
                answer.unwrap_or(Response::Refused(Refusal::Unable))
            }
            Request::Hints(hints) if hints.len() > hints::TOLD => Response::Refused(Refusal::NotUnderstood),
            Request::Hints(hints) => {
                looked_at = hints.len() as u64;
                for hint in hints {
                    self.take_hint(now, peer, &hint, effects);
                }
                Response::Noted
            }
        };
        if let Some(device) = member {
            let weight = Weight::of(&response);
            let looked_at = weight.looked_at.saturating_add(looked_at);
            self.count_answer(now, device, bytes.len(), Weight { looked_at, ..weight });
        }
        Ok(Answered::Now(response))
    }

    fn take_response(
        &mut self,
        key: PeerKey,
        id: u64,
        bytes: &[u8],
        effects: &mut Vec<Effect>,
    ) -> Result<(), StorageError> {
        let response = match unpack::<Response>(bytes) {
            Ok(response) => response,
            Err(error) => {
                self.fault(key, error.to_string(), effects);
                return Ok(());
            }
        };
        let Some(mut peer) = self.peers.remove(&key) else { return Ok(()) };
        if peer.application.is_some_and(|(application, _)| application == id) {
            self.peers.insert(key, peer);
            return self.application_answered(key, response, effects);
        }
        if let Some(hunt) = peer.hunt.take_if(|hunt| hunt.waits_for(id)) {
            self.peers.insert(key, peer);
            return self.hunted(key, hunt, response, effects);
        }
        if let Some(asked) = peer.branches.take_if(|asked| asked.id == id) {
            self.peers.insert(key, peer);
            return self.take_branches(key, &asked, response, effects);
        }
        if let Some(asked) = peer.disputed.take_if(|asked| asked.id == id) {
            self.peers.insert(key, peer);
            return self.take_disputed(key, &asked, response, effects);
        }
        let lookahead = if peer.backlog < BACKLOG_PER_PEER { Lookahead::Allowed } else { Lookahead::Held };
        let unknown = matches!(response, Response::Refused(Refusal::NotMember));
        match peer.session.take(self.view(), id, response, lookahead) {
            Ok((intake, ahead)) => {
                effects.extend(ahead.map(|(id, request)| Effect::Send { peer: key, id, bytes: pack(&request) }));
                let waits = !matches!(intake, Intake::Nothing);
                if waits {
                    peer.backlog += 1;
                    self.backlog.push_back(Work::Take { peer: key, intake });
                }
                self.peers.insert(key, peer);
                if !waits {
                    self.go_on(key, effects)?;
                }
            }
            Err(_) if unknown => {
                peer.sync = PeerSync::Waiting;
                self.peers.insert(key, peer);
                self.ask_why(key, effects);
            }
            Err(SessionError::Refused(Refusal::TooSoon)) => {
                peer.sync = PeerSync::NotYet;
                self.peers.insert(key, peer);
                // An answer to an open invite is looked at however many strangers ask.
                self.apply(key, effects);
            }
            Err(error) => {
                peer.sync = PeerSync::NotYet;
                self.peers.insert(key, peer);
                self.fault(key, error.to_string(), effects);
            }
        }
        Ok(())
    }

    /// Notes that a peer broke a rule; what it was asked for is given up.
    pub(super) fn fault(&mut self, key: PeerKey, why: String, effects: &mut Vec<Effect>) {
        if let Some(peer) = self.peers.get_mut(&key) {
            peer.session.give_up();
        }
        self.tell_fault(key, why, effects);
    }

    pub(super) fn tell_fault(&mut self, key: PeerKey, why: String, effects: &mut Vec<Effect>) {
        if let Some(peer) = self.peers.get_mut(&key) {
            peer.fault = Some(why.clone());
        }
        if self.lobby.fault(self.clock, key) == Telling::Due {
            effects.push(Effect::Fault { peer: key, why });
        }
    }
}

/// A stranger that asks without end.
const FLOODS: &str = "it asks far more often than a newcomer has to, and is not answered until it asks less";

/// What came of an input is told, whatever failed behind it.
fn with_failure(mut effects: Vec<Effect>, outcome: Result<(), StorageError>) -> Result<Vec<Effect>, StorageError> {
    match outcome {
        Err(error) if effects.is_empty() => return Err(error),
        Err(error) => effects.push(Effect::Failed(Arc::new(error))),
        Ok(()) => {}
    }
    Ok(effects)
}

fn foreign(expected: &CoalitionId, found: &CoalitionId) -> String {
    format!("the peer belongs to another coalition ({}), this node to {}", found.short(), expected.short())
}
