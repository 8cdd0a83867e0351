//! Peers whose requests and answers never come to an end.
//!
//! Each takes a stream and the room of what has come of it until it is given up, so it costs little; but the peer should
//! have a name. A slow line does the same now and then. So what did not end is held against what did: a peer is named
//! once more than half of many exchanges with it came to nothing that way.

use libp2p::PeerId;
use std::collections::HashMap;

/// Exchanges that were given up, at least, before a peer is named.
const MANY: u32 = 8;
/// Exchanges that are remembered. Beyond it both numbers are halved, so that a past in good order is no licence.
const REMEMBERED: u32 = 256;

/// How an exchange with a peer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exchange {
    /// Request and answer arrived.
    Whole,
    /// Part of it had not come when its time was up.
    GivenUp,
}

/// What is known of the peers that are connected.
#[derive(Debug, Default)]
pub(super) struct Pace {
    peers: HashMap<PeerId, Counts>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    whole: u32,
    given_up: u32,
}

impl Pace {
    /// Counts an exchange with a connected peer; what is to be said of the peer, if anything is.
    pub(super) fn note(&mut self, peer: PeerId, ended: Exchange) -> Option<String> {
        let counts = self.peers.entry(peer).or_default();
        match ended {
            Exchange::Whole => counts.whole += 1,
            Exchange::GivenUp => counts.given_up += 1,
        }
        let all = counts.whole + counts.given_up;
        if counts.given_up >= MANY && counts.given_up > counts.whole {
            let given_up = counts.given_up;
            // It is said again when it goes on.
            *counts = Counts::default();
            return Some(format!(
                "{given_up} of the last {all} requests and answers exchanged with it did not come to their end in time: it \
                 sends a little now and then, or its line carries next to nothing"
            ));
        }
        if all >= REMEMBERED {
            *counts = Counts { whole: counts.whole / 2, given_up: counts.given_up / 2 };
        }
        None
    }

    /// Forgets a peer that is gone.
    pub(super) fn forget(&mut self, peer: &PeerId) {
        self.peers.remove(peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(pace: &mut Pace, peer: PeerId, exchanges: impl IntoIterator<Item = Exchange>) -> usize {
        exchanges.into_iter().filter_map(|ended| pace.note(peer, ended)).count()
    }

    const LONG: usize = 10_000;

    #[test]
    fn whoever_never_ends_anything_is_named_and_named_again_while_it_goes_on() {
        let (mut pace, peer) = (Pace::default(), PeerId::random());
        let slow = |count| std::iter::repeat_n(Exchange::GivenUp, count);
        assert_eq!(named(&mut pace, peer, slow(MANY as usize - 1)), 0);
        assert_eq!(named(&mut pace, PeerId::random(), slow(1)), 0, "each has an account of its own");
        let why = pace.note(peer, Exchange::GivenUp).unwrap();
        assert!(why.starts_with("8 of the last 8 requests and answers"), "{why}");
        assert_eq!(named(&mut pace, peer, slow(3 * MANY as usize)), 3);
    }

    #[test]
    fn a_slow_line_on_which_as_much_arrives_as_does_not_is_nobodys_fault() {
        let (mut pace, peer) = (Pace::default(), PeerId::random());
        let slow_line = (0..LONG).map(|number| if number % 2 == 1 { Exchange::GivenUp } else { Exchange::Whole });
        assert_eq!(named(&mut pace, peer, slow_line), 0);
        // A line that fails for a while, with as many exchanges under way as there may be.
        let fails = std::iter::repeat_n(Exchange::Whole, 40).chain(std::iter::repeat_n(Exchange::GivenUp, 32));
        assert_eq!(named(&mut Pace::default(), peer, fails), 0);
    }

    #[test]
    fn a_past_in_good_order_is_used_up() {
        let (mut pace, peer) = (Pace::default(), PeerId::random());
        assert_eq!(named(&mut pace, peer, std::iter::repeat_n(Exchange::Whole, LONG)), 0);
        let turned = std::iter::repeat_n(Exchange::GivenUp, REMEMBERED as usize);
        assert!(named(&mut pace, peer, turned) > 0);
        pace.forget(&peer);
        assert!(pace.peers.is_empty());
    }
}
