//! How much strangers may ask: each of them, and all together, in a minute of virtual time.
//!
//! Whoever can open a connection can ask, and every answer costs. What is over the bound is refused
//! before it is unpacked, and held against nobody: an honest newcomer asks again later. Whoever answers an
//! invite that stands open need not wait for strangers that answer none, who cost nothing to make. The same minute
//! bounds how often one peer's faults are told: a peer that breaks a rule a thousand times a second must
//! not fill logs.

use crate::key::{PeerKey, PublicKey};
use crate::limits::{MAX_LOBBY_REQUESTS, MAX_LOBBY_REQUESTS_PER_INVITE, MAX_LOBBY_REQUESTS_PER_PEER};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the bounds are counted over.
const WINDOW: Duration = Duration::from_secs(60);
/// Requests of one stranger in a minute for which it is named: those that are looked at, four times over.
const FLOOD: u32 = 4 * MAX_LOBBY_REQUESTS_PER_PEER;
/// Faulty peers that are told apart within a minute; the faults of further ones are not told.
const FAULTY: usize = 1_024;

/// Whether a stranger's request is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is.
    Granted,
    /// It came too soon.
    TooSoon,
    /// It came too soon, as so many before it that the stranger is named.
    Flooding,
    /// Strangers have asked too much together: it is looked at if it answers an open invite.
    Crowded,
}

/// Whether a fault is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// It is the peer's first in this minute.
    Due,
    /// The peer was named a moment ago.
    Spared,
}

/// What strangers asked in the minute under way.
#[derive(Debug, Default)]
pub(super) struct Lobby {
    since: Duration,
    asked: BTreeMap<PeerKey, u32>,
    total: u32,
    invited: BTreeMap<PublicKey, u32>,
    recalls: u32,
    faulty: BTreeMap<PeerKey, Duration>,
}

impl Lobby {
    /// Counts a request of a stranger.
    pub(super) fn ask(&mut self, now: Duration, peer: PeerKey) -> Turn {
        if now.saturating_sub(self.since) >= WINDOW {
            self.since = now;
            self.asked.clear();
            self.invited.clear();
            self.total = 0;
            self.recalls = 0;
        }
        if let Some(asked) = self.asked.get_mut(&peer).filter(|asked| **asked >= MAX_LOBBY_REQUESTS_PER_PEER) {
            *asked = asked.saturating_add(1);
            return if *asked == FLOOD { Turn::Flooding } else { Turn::TooSoon };
        }
        if self.total >= MAX_LOBBY_REQUESTS {
            return Turn::Crowded;
        }
        *self.asked.entry(peer).or_default() += 1;
        self.total += 1;
        Turn::Granted
    }

    /// Counts an answer to an open invite, where there are too many strangers. Invites are few: members make them.
    pub(super) fn answer_invite(&mut self, invite: PublicKey) -> Turn {
        let answered = self.invited.entry(invite).or_default();
        if *answered >= MAX_LOBBY_REQUESTS_PER_INVITE {
            return Turn::TooSoon;
        }
        *answered += 1;
        Turn::Granted
    }

    /// Counts a request by somebody who says that he has the words of a group, where there are too many
    /// strangers: anybody can say so, and looking costs.
    pub(super) fn recall(&mut self) -> Turn {
        if self.recalls >= MAX_LOBBY_REQUESTS_PER_INVITE {
            return Turn::TooSoon;
        }
        self.recalls += 1;
        Turn::Granted
    }

    /// Notes a fault of any peer.
    pub(super) fn fault(&mut self, now: Duration, peer: PeerKey) -> Telling {
        if self.faulty.get(&peer).is_some_and(|at| now.saturating_sub(*at) < WINDOW) {
            return Telling::Spared;
        }
        if self.faulty.len() >= FAULTY {
            self.faulty.retain(|_, at| now.saturating_sub(*at) < WINDOW);
        }
        if self.faulty.len() >= FAULTY {
            return Telling::Spared;
        }
        self.faulty.insert(peer, now);
        Telling::Due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn peer(number: u32) -> PeerKey {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&number.to_be_bytes());
        PeerKey(key)
    }

    #[test]
    fn one_stranger_cannot_use_up_the_turns_of_another() {
        let mut lobby = Lobby::default();
        let granted = (0..1_000).filter(|_| lobby.ask(Duration::ZERO, peer(1)) == Turn::Granted).count();
        assert_eq!(granted, MAX_LOBBY_REQUESTS_PER_PEER as usize);
        assert_eq!(lobby.ask(Duration::ZERO, peer(2)), Turn::Granted);
        assert_eq!(lobby.ask(WINDOW, peer(1)), Turn::Granted, "a minute later");
    }

    #[test]
    fn a_stranger_that_asks_without_end_is_named_once_a_minute() {
        let mut lobby = Lobby::default();
        let named = |lobby: &mut Lobby, now| (0..1_000).filter(|_| lobby.ask(now, peer(1)) == Turn::Flooding).count();
        assert_eq!((named(&mut lobby, Duration::ZERO), named(&mut lobby, WINDOW)), (1, 1));
        // A newcomer that asks a few times too many is not.
        let patient = (0..2 * MAX_LOBBY_REQUESTS_PER_PEER).map(|_| lobby.ask(WINDOW, peer(2)));
        assert!(patient.into_iter().all(|turn| matches!(turn, Turn::Granted | Turn::TooSoon)));
    }

    #[test]
    fn all_strangers_together_are_bounded() {
        let mut lobby = Lobby::default();
        let granted = (0..100_000).filter(|n| lobby.ask(Duration::ZERO, peer(*n)) == Turn::Granted).count();
        assert_eq!(granted, MAX_LOBBY_REQUESTS as usize);
        assert_eq!(lobby.ask(Duration::ZERO, peer(200_000)), Turn::Crowded);
        let key = crate::key::SecretKey::from_seed(&[1; 32]).public();
        let granted = (0..100_000).filter(|_| lobby.answer_invite(key) == Turn::Granted).count();
        assert_eq!(granted, MAX_LOBBY_REQUESTS_PER_INVITE as usize);
        assert!(lobby.asked.len() <= MAX_LOBBY_REQUESTS as usize);
        let granted = (0..100_000).filter(|_| lobby.recall() == Turn::Granted).count();
        assert_eq!(granted, MAX_LOBBY_REQUESTS_PER_INVITE as usize);
    }

    #[test]
    fn a_peer_is_named_once_a_minute() {
        let mut lobby = Lobby::default();
        assert_eq!(lobby.fault(Duration::ZERO, peer(1)), Telling::Due);
        assert_eq!(lobby.fault(Duration::from_secs(59), peer(1)), Telling::Spared);
        assert_eq!(lobby.fault(Duration::from_secs(60), peer(1)), Telling::Due);
        let told: BTreeSet<u32> =
            (0..5_000).filter(|n| lobby.fault(Duration::from_secs(61), peer(*n)) == Telling::Due).collect();
        assert!(told.len() <= FAULTY);
        assert!(lobby.faulty.len() <= FAULTY);
    }
}
