//! Carrying out what the replica decided.

use super::Driver;
use super::cache;
use crate::event::Event;
use crate::network;
use crate::node::Dialling;
use crate::view::{self, Dated, OwnMembership};
use grid_protocol::authority::Ending;
use grid_protocol::replica::{Effect, Judgement, PeerStanding, Row};
use grid_protocol::sync::{ApplicationOutcome, Hint, HintBody, Says};
use std::collections::VecDeque;
use std::time::Duration;

/// A node repeats its addresses at most this often.
const ANNOUNCE_EVERY: Duration = Duration::from_secs(20);

/// The invite has no slot that was not tried.
struct NoSlot;

impl Driver {
    pub(super) async fn carry_out(&mut self, effects: Vec<Effect>) {
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            match effect {
                Effect::Send { peer, id, bytes } => self.network.request(peer, id, bytes).await,
                Effect::Reply { token, bytes } => {
                    if let Some(answer) = self.requests.remove(&token) {
                        self.network.respond(answer, bytes).await;
                    }
                }
                Effect::Publish { bytes } => {
                    // What does not fit gossip is pulled.
                    if let Err(error) = self.network.publish(bytes).await {
                        tracing::debug!(%error, "not gossiped");
                    }
                }
                Effect::Judge { token, judgement } => {
                    if let Some(token) = self.gossip.remove(&token) {
                        let judgement = match judgement {
                            Judgement::Accept => network::Judgement::Accept,
                            Judgement::Ignore => network::Judgement::Ignore,
                            Judgement::Reject => network::Judgement::Reject,
                        };
                        self.network.judge(token, judgement).await;
                    }
                }
                Effect::Standing { peer, standing } => {
                    let standing = match standing {
                        PeerStanding::Member { device, .. } => {
                            self.book.identified(peer, device);
                            network::Standing::Member
                        }
                        PeerStanding::Lobby => network::Standing::Lobby,
                    };
                    self.network.admit(peer, standing).await;
                }
                Effect::Sign(_) if self.is_silent() => {}
                Effect::Sign(says) => {
                    let hint = self.hint(says);
                    queue.push_back(self.replica.announce(hint));
                }
                Effect::Hint(hint) if hint.device == self.replica.me().device => queue.extend(self.outdo(&hint)),
                Effect::Hint(hint) => self.take_hint(&hint),
                Effect::Rows(rows) => self.take_rows(rows),
                Effect::AuthorityChanged => {
                    self.take_authority();
                    self.confirm_joins_into(&mut queue);
                }
                Effect::Pulled { peer, pulled } => {
                    if self.replica.is_let_in() && self.own_membership == OwnMembership::Claimed {
                        self.take_authority();
                    }
                    for (device, _) in &pulled.conflicts {
                        tracing::warn!(%device, "two histories of one device");
                    }
                    let group =
                        self.replica.peers().find(|view| view.peer == peer).and_then(|view| match view.standing {
                            PeerStanding::Member { group, .. } => Some(group.to_string()),
                            PeerStanding::Lobby => None,
                        });
                    let _ = self.events.send(Event::Synced { group });
                }
                Effect::Certify { token, request } => queue.extend(self.certify(token, *request)),
                Effect::Pairing(outcome) => self.take_pairing(outcome),
                Effect::Application { outcome, .. } => queue.extend(self.take_application(outcome)),
                Effect::Failed(error) => self.note_storage(&error),
                Effect::Fault { peer, why } => {
                    tracing::warn!(%peer, %why, "peer broke a rule");
                    let _ = self.events.send(Event::PeerFault { why });
                }
            }
        }
    }

    /// Answers an invite for many again, with its next slot.
    fn take_next_slot(&mut self) -> Result<Vec<Effect>, NoSlot> {
        if self.is_silent() {
            return Err(NoSlot);
        }
        let join = self.outbound.next_join(&self.replica, self.clock.now().wall).ok_or(NoSlot)?;
        self.replica.commit(Vec::new(), vec![join]).map_err(|error| {
            self.note_storage(&error);
            NoSlot
        })
    }

    fn take_application(&mut self, outcome: ApplicationOutcome) -> Vec<Effect> {
        let (name, why) = match outcome {
            ApplicationOutcome::Member => ("member", None),
            ApplicationOutcome::Noted => ("noted", None),
            ApplicationOutcome::SlotTaken(why) => match self.take_next_slot() {
                Ok(effects) => return effects,
                Err(NoSlot) => ("refused", Some(why)),
            },
            ApplicationOutcome::Refused(why) => ("refused", Some(why)),
        };
        if self.application != why {
            cache::keep_refusal(self.replica.storage(), why.as_deref());
            self.application.clone_from(&why);
        }
        let _ = self.events.send(Event::Application { outcome: name.to_owned(), why });
        Vec::new()
    }

    /// Signs a hint whose time is later than that of every other one of this device: of two the later counts,
    /// and the clock may have been set back since.
    fn hint(&mut self, says: Says) -> Hint {
        let now = self.clock.now().wall.max(self.latest_hint.after(Duration::from_millis(1)));
        self.latest_hint = now;
        self.outbound.hint(now, says)
    }

    /// Says anew what others know of this device from a time when its clock was ahead.
    fn outdo(&mut self, known: &HintBody) -> Option<Effect> {
        if self.is_silent() || known.time <= self.latest_hint {
            return None;
        }
        self.latest_hint = known.time;
        let addresses = self.book.own_addresses(&self.listen);
        if addresses.is_empty() {
            return None;
        }
        let hint = self.hint(Says::Reachable(addresses));
        Some(self.replica.announce(hint))
    }

    fn take_hint(&mut self, hint: &HintBody) {
        cache::keep_hint(self.replica.storage(), hint);
        match &hint.says {
            Says::Reachable(addresses) => {
                self.book.learn(hint.device, hint.time, addresses, self.clock.now().monotonic);
            }
            Says::Received(_) => {
                if let Some(group) = self.replica.authority().group_of(&hint.device) {
                    let _ = self.events.send(Event::Received { group });
                }
            }
        }
    }

    /// Shows rows, then tells of them, so that whoever hears of a record can read it.
    pub(super) fn take_rows(&mut self, rows: Vec<Row>) {
        let now = self.clock.now().wall;
        let rows: Vec<Dated> = {
            let mut views = self.views.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            let rows: Vec<Dated> = rows.into_iter().map(|row| views.dated(row.into(), now)).collect();
            views.take_rows(rows.iter().map(|dated| dated.row.clone()));
            rows
        };
        for Dated { row, .. } in &rows {
            if let (Some(kind), Some(group)) = (row.kind(), row.owner()) {
                let _ = self.events.send(Event::RecordChanged { kind: kind.to_owned(), id: row.document, group });
            }
        }
        self.keeping.rows(rows);
    }

    fn take_authority(&mut self) {
        self.keeping.rights(self.replica.read_under());
        self.book.take_authority(self.replica.authority());
        let own = if self.replica.is_let_in() { OwnMembership::Confirmed } else { OwnMembership::Claimed };
        self.own_membership = own;
        self.note_own_end();
        let now = self.clock.now().wall;
        let news = {
            let mut views = self.views.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            let (versions, mandates) = (views.versions.clone(), views.mandates.clone());
            views.take_authority(self.replica.control(), self.replica.authority(), own);
            let mut news = view::deliberated(&versions, &views.versions);
            news.extend(view::endorsed(&mandates, &views.mandates, now));
            news
        };
        let _ = self.events.send(Event::MembersChanged);
        for news in news {
            let _ = self.events.send(news);
        }
    }

    /// Confirms joins through this device's invites, as soon as they are known, and says again what this group
    /// has signed, as soon as a device of it is ended.
    fn confirm_joins_into(&mut self, queue: &mut VecDeque<Effect>) {
        if self.may_sign().is_err() {
            return;
        }
        let mut due = self.outbound.vouches(&self.replica);
        due.extend(self.outbound.say_again(&self.replica, Ending::Nobody));
        if due.is_empty() {
            return;
        }
        match self.replica.commit(Vec::new(), due) {
            Ok(effects) => queue.extend(effects),
            Err(error) => self.note_storage(&error),
        }
    }

    pub(super) async fn confirm_joins(&mut self) {
        let mut queue = VecDeque::new();
        self.confirm_joins_into(&mut queue);
        self.carry_out(queue.into()).await;
    }

    /// Tells peers where this node can be reached.
    pub(super) async fn announce_addresses(&mut self) {
        let now = self.clock.now();
        let recently = self.announced.is_some_and(|at| now.monotonic < at + ANNOUNCE_EVERY);
        let addresses = self.book.own_addresses(&self.listen);
        if self.is_silent() || recently || addresses.is_empty() {
            return;
        }
        self.announced = Some(now.monotonic);
        let hint = self.hint(Says::Reachable(addresses));
        let effect = self.replica.announce(hint);
        self.carry_out(vec![effect]).await;
    }

    pub(super) async fn dial_due(&mut self) {
        if self.dialling == Dialling::OnRequest {
            return;
        }
        let now = self.clock.now().monotonic;
        for address in self.book.due(now) {
            self.network.dial(address).await;
        }
    }
}
