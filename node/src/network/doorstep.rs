//! No address takes all the places where connections are negotiated.
//!
//! Opening a connection and then saying nothing costs an attacker a socket, and the node a place until the
//! handshake is given up. The places are few, so each address gets a part of them, also where many
//! peers may share one: an office behind one router that starts all its nodes at once waits for a moment.

use super::address;
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
    dummy,
};
use libp2p::{Multiaddr, PeerId};
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::task::{Context, Poll};

/// One address gets this part of the places: one in so many.
const SHARE: u32 = 4;

/// Which incoming connections are being negotiated, and from where.
pub(super) struct Doorstep {
    share: usize,
    waiting: HashMap<ConnectionId, IpAddr>,
}

/// A connection was refused because its address has its part of the places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{waiting} connections from {from} are being negotiated already")]
pub(super) struct Crowded {
    from: IpAddr,
    waiting: usize,
}

impl Doorstep {
    /// Shares so many places among addresses.
    pub(super) fn new(places: u32) -> Self {
        Self { share: usize::try_from(places / SHARE).unwrap_or(usize::MAX).max(1), waiting: HashMap::new() }
    }

    fn enter(&mut self, connection: ConnectionId, from: IpAddr) -> Result<(), Crowded> {
        let waiting = self.waiting.values().filter(|ip| **ip == from).count();
        if waiting >= self.share {
            return Err(Crowded { from, waiting });
        }
        self.waiting.insert(connection, from);
        Ok(())
    }
}

impl NetworkBehaviour for Doorstep {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let Some(ip) = address::ip(remote) else { return Ok(()) };
        self.enter(connection, ip.to_canonical()).map_err(ConnectionDenied::new)
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.waiting.remove(&connection);
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        // Comes for each incoming connection that does not come about, whoever refused it.
        if let FromSwarm::ListenFailure(failure) = event {
            self.waiting.remove(&failure.connection_id);
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrive(step: &mut Doorstep, number: usize, from: &str) -> Result<(), Crowded> {
        step.enter(ConnectionId::new_unchecked(number), from.parse().unwrap())
    }

    #[test]
    fn an_address_that_has_its_part_waits_while_others_come_in() {
        let mut step = Doorstep::new(8);
        for number in 0..2 {
            arrive(&mut step, number, "192.0.2.1").unwrap();
        }
        let refused = arrive(&mut step, 2, "192.0.2.1").unwrap_err();
        assert_eq!(refused.to_string(), "2 connections from 192.0.2.1 are being negotiated already");
        arrive(&mut step, 3, "192.0.2.2").unwrap();
    }

    #[test]
    fn few_places_still_give_one_to_each() {
        let mut step = Doorstep::new(1);
        arrive(&mut step, 0, "192.0.2.1").unwrap();
        arrive(&mut step, 1, "2001:db8::1").unwrap();
    }
}
