//! How gossipsub is set up.
//!
//! Anonymous: what is gossiped carries its own signature, so neither author nor number travels with it.
//! gossipsub then gives every message the same id and drops all but the first as duplicates; here the
//! id is the hash of the *whole* message. An id that left out signature or body would let anybody
//! poison it: the first, broken copy would keep out the sound one.

use super::NetworkError;
use grid_protocol::limits;
use libp2p::gossipsub::{
    Behaviour, ConfigBuilder, IdentTopic, IdentityTransform, MaxCountSubscriptionFilter, MessageAuthenticity,
    MessageId, PeerScoreParams, PeerScoreThresholds, TopicHash, TopicScoreParams, ValidationMode,
    WhitelistSubscriptionFilter, score_parameter_decay,
};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// gossipsub that knows one topic; what peers subscribe to beside it is not even remembered.
pub(super) type Gossip = Behaviour<IdentityTransform, MaxCountSubscriptionFilter<WhitelistSubscriptionFilter>>;

/// Between two rounds of upkeep. A message can be judged for five of them.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// What a message is framed with: topic, field tags, lengths.
const FRAMING: usize = 1_024;
/// How long a message is recognised as seen. Pull brings older ones, and the store knows them.
const REMEMBERED: Duration = Duration::from_secs(60);
/// How long a rejected message weighs on who sent it, and how long the score of the absent is kept.
const GRUDGE: Duration = Duration::from_secs(600);

/// Peers to whom news goes at once; the others are told what there is, and ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeshSize {
    /// With fewer, more are taken in.
    pub low: usize,
    /// As many as there should be.
    pub usual: usize,
    /// With as many, some are let go.
    pub high: usize,
    /// At least as many of them were dialled by this node, so that nobody surrounds it by dialling.
    pub outbound: usize,
}

/// The mesh of every node. The simulated network works with the same one.
pub const MESH: MeshSize = MeshSize { low: 6, usual: 8, high: 14, outbound: 3 };

/// The topic of a coalition.
pub(super) fn topic(digest: &[u8; 32]) -> IdentTopic {
    IdentTopic::new(data_encoding::HEXLOWER.encode(digest))
}

/// The id of a message: the BLAKE3 hash of all of it.
pub(super) fn message_id(data: &[u8]) -> [u8; 32] {
    *blake3::hash(data).as_bytes()
}

/// gossipsub, subscribed to `topic`.
pub(super) fn gossip(topic: &IdentTopic) -> Result<Gossip, NetworkError> {
    let failed = |reason: String| NetworkError::Transport { reason };
    let config = ConfigBuilder::default()
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(|message| MessageId::new(&message_id(&message.data)))
        .max_transmit_size(limits::MAX_GOSSIP + FRAMING)
        .duplicate_cache_time(REMEMBERED)
        .heartbeat_interval(HEARTBEAT)
        .heartbeat_initial_delay(Duration::from_millis(200))
        .flood_publish(true)
        .mesh_outbound_min(MESH.outbound)
        .mesh_n_low(MESH.low)
        .mesh_n(MESH.usual)
        .mesh_n_high(MESH.high)
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let filter = MaxCountSubscriptionFilter {
        filter: WhitelistSubscriptionFilter(HashSet::from([topic.hash()])),
        max_subscribed_topics: 1,
        max_subscriptions_per_request: 16,
    };
    let mut gossip = Behaviour::new_with_subscription_filter_and_transform(
        MessageAuthenticity::Anonymous,
        config,
        filter,
        IdentityTransform,
    )
    .map_err(|error| failed(error.to_owned()))?;
    gossip.with_peer_score(score(topic.hash()), PeerScoreThresholds::default()).map_err(failed)?;
    gossip.subscribe(topic).map_err(|error| failed(error.to_string()))?;
    Ok(gossip)
}

/// What costs and earns score.
///
/// A rejected message is proof of bad faith, so the third one within minutes silences its sender.
/// The penalties for delivering too little are off: a coalition is silent for hours, and gossipsub
/// would take every silent member for a freeloader. Colocation is counted elsewhere and comes in as
/// the application's score.
fn score(topic: TopicHash) -> PeerScoreParams {
    let on_topic = TopicScoreParams {
        topic_weight: 1.0,
        time_in_mesh_weight: 0.01,
        time_in_mesh_quantum: Duration::from_secs(60),
        time_in_mesh_cap: 60.0,
        first_message_deliveries_weight: 0.1,
        first_message_deliveries_decay: score_parameter_decay(GRUDGE),
        first_message_deliveries_cap: 50.0,
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        invalid_message_deliveries_weight: -10.0,
        invalid_message_deliveries_decay: score_parameter_decay(GRUDGE),
        ..TopicScoreParams::default()
    };
    PeerScoreParams {
        topics: HashMap::from([(topic, on_topic)]),
        app_specific_weight: 1.0,
        ip_colocation_factor_weight: 0.0,
        behaviour_penalty_threshold: 6.0,
        retain_score: GRUDGE,
        ..PeerScoreParams::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_different_content_have_different_ids() {
        assert_ne!(message_id(b"a"), message_id(b"b"));
        assert_eq!(message_id(b"a"), message_id(b"a"));
    }

    #[test]
    fn the_settings_are_sound() {
        assert!(gossip(&topic(&[7; 32])).is_ok());
    }
}
