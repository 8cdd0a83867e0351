//! The peers of this node: some of them stand in the status, all of them here, page by page.

use super::Api;
use super::error::{ApiError, ErrorAnswer};
use super::filter::Page;
use super::input::{Answer, Words};
use crate::view::PeerRow;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// A peer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Peer {
    /// Its group, once it is known as a member.
    group: Option<String>,
    /// The group's name.
    name: Option<String>,
    /// Its device.
    device: Option<String>,
    /// `tcp`, `quic` or `none`.
    #[schema(value_type = String)]
    path: crate::view::PeerPath,
    /// Its address, while connected.
    address: Option<String>,
    /// `in_sync`, `fetching`, `waiting`, `apart`, `offline` or `fault`.
    #[schema(value_type = String)]
    sync: crate::view::PeerState,
    /// When it was connected last, RFC 3339.
    last_seen: Option<String>,
    /// The last rule that it broke, in words.
    fault: Option<String>,
    /// What to do about that.
    hint: Option<&'static str>,
}

/// A page of the peers.
#[derive(Serialize, ToSchema)]
pub(crate) struct PeersAnswer {
    /// The peers: those with a fault first, then those that are connected, then those that were here last.
    items: Vec<Peer>,
    /// How many there are on all pages.
    total: usize,
}

impl From<PeerRow> for Peer {
    fn from(peer: PeerRow) -> Self {
        let (sync, hint) = (peer.shown_sync(), peer.hint());
        Self {
            group: peer.group.map(|group| group.to_string()),
            name: peer.name,
            device: peer.device.map(|device| device.to_string()),
            path: peer.path,
            sync,
            hint,
            address: peer.address,
            last_seen: peer.last_seen.map(|time| time.to_string()),
            fault: peer.fault,
        }
    }
}

/// All peers, connected now or known.
#[utoipa::path(
    get, path = "/api/peers", operation_id = "peers", tag = "node",
    params(
        ("limit" = Option<usize>, Query, description = "So many at most, up to 1000; 50 without it."),
        ("offset" = Option<usize>, Query, description = "So many of the first are left out."),
    ),
    responses(
        (status = 200, description = "The peers.", body = PeersAnswer),
        (status = 400, description = "This is no page.", body = ErrorAnswer),
        (status = 503, description = "The node is stopping.", body = ErrorAnswer),
    )
)]
pub(crate) async fn list(State(api): State<Api>, mut words: Words) -> Result<Answer<PeersAnswer>, ApiError> {
    let page = Page::take(&mut words)?;
    words.nothing_else(&["limit", "offset"])?;
    let (peers, total) = page.of(api.handle.status().await?.peers.into_iter());
    Ok(Answer(PeersAnswer { items: peers.into_iter().map(Peer::from).collect(), total }))
}
