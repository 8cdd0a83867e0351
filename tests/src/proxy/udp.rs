//! Datagrams through a proxy: a socket of its own for every sender, so that answers find back.

use super::{Shared, Way};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// The longest datagram.
const LONGEST: usize = 65_536;
/// Senders that are remembered.
const SENDERS: usize = 256;
/// What would have to wait longer than this for its turn is lost: no router queues for ever.
const LONGEST_QUEUE: Duration = Duration::from_millis(500);

/// One sender, and when the last datagram towards the target goes out.
struct Sender {
    socket: Arc<UdpSocket>,
    last: Instant,
}

/// Passes datagrams on until the proxy is dropped.
pub(super) async fn serve(near: UdpSocket, shared: Arc<Shared>) {
    let near = Arc::new(near);
    let mut senders: HashMap<SocketAddr, Sender> = HashMap::new();
    let (mut answers, mut flying) = (JoinSet::new(), JoinSet::new());
    let mut buffer = vec![0; LONGEST];
    loop {
        while flying.try_join_next().is_some() {}
        // An error here belongs to an earlier datagram.
        let Ok((length, from)) = near.recv_from(&mut buffer).await else { continue };
        let datagram = buffer.get(..length).unwrap_or_default();
        let Some(target) = *shared.target.borrow() else { continue };
        if senders.len() >= SENDERS && !senders.contains_key(&from) {
            answers.abort_all();
            senders.clear();
        }
        let sender = match senders.entry(from) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let Ok(socket) = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await else { continue };
                let socket = Arc::new(socket);
                shared.streams.fetch_add(1, Ordering::Relaxed);
                answers.spawn(answer(Arc::clone(&socket), Arc::clone(&near), from, Arc::clone(&shared)));
                place.insert(Sender { socket, last: Instant::now() })
            }
        };
        pass(&mut flying, datagram, &sender.socket, target, &mut sender.last, &shared);
    }
}

/// Passes on what comes back for one sender.
async fn answer(far: Arc<UdpSocket>, near: Arc<UdpSocket>, to: SocketAddr, shared: Arc<Shared>) {
    let mut flying = JoinSet::new();
    let mut last = Instant::now();
    let mut buffer = vec![0; LONGEST];
    loop {
        while flying.try_join_next().is_some() {}
        let Ok((length, _)) = far.recv_from(&mut buffer).await else { continue };
        let datagram = buffer.get(..length).unwrap_or_default();
        pass(&mut flying, datagram, &near, to, &mut last, &shared);
    }
}

/// Sends one datagram when it is due, unless it gets lost.
fn pass(
    flying: &mut JoinSet<()>,
    datagram: &[u8],
    out: &Arc<UdpSocket>,
    to: SocketAddr,
    last: &mut Instant,
    shared: &Arc<Shared>,
) {
    let weather = *shared.weather.borrow();
    let due = shared.due(datagram.len(), *last);
    let queued = due.saturating_duration_since(Instant::now() + weather.delay + weather.jitter);
    let lost = shared.random().happens(weather.loss_per_mille) || queued > LONGEST_QUEUE;
    if lost || *shared.way.borrow() != Way::Open {
        shared.lost.fetch_add(1, Ordering::Relaxed);
        return;
    }
    if weather.bandwidth.is_some() {
        *last = due;
    }
    shared.count(datagram.len());
    let (out, datagram, shared) = (Arc::clone(out), datagram.to_vec(), Arc::clone(shared));
    flying.spawn(async move {
        tokio::time::sleep_until(due).await;
        if *shared.way.borrow() == Way::Open {
            // A datagram that can't be sent is a lost one.
            let _ = out.send_to(&datagram, to).await;
        }
    });
}
