//! A bound on connections to the port of the API: any program on this machine may open them, without a token.
//!
//! What opens connections and says nothing takes up places until its time is over; it never takes one from the
//! socket file, which only the owner opens, nor file handles without end.

use axum::serve::Listener;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

/// Connections at once: event streams of many pages, and room.
const MOST: usize = 64;
/// Within this a connection has to bring a request that is answered.
const FIRST_ANSWER: Duration = Duration::from_secs(30);

/// A listener that has at most [`MOST`] connections open.
pub(super) struct Bounded {
    listener: TcpListener,
    places: Arc<Semaphore>,
    patience: Duration,
}

/// A connection in its place.
pub(super) struct Placed {
    stream: TcpStream,
    /// Runs out unless something is answered before.
    unanswered: Option<Pin<Box<Sleep>>>,
    _place: OwnedSemaphorePermit,
}

impl Bounded {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(MOST)), patience: FIRST_ANSWER }
    }
}

impl Listener for Bounded {
    type Io = Placed;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Placed, SocketAddr) {
        let place = Arc::clone(&self.places).acquire_owned().await.expect("the semaphore is never closed");
        let (stream, from) = Listener::accept(&mut self.listener).await;
        (Placed { stream, unanswered: Some(Box::pin(sleep(self.patience))), _place: place }, from)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl AsyncRead for Placed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(unanswered) = &mut self.unanswered
            && unanswered.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Placed {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.unanswered = None;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn listener() -> (Bounded, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (Bounded::new(listener), address)
    }

    #[tokio::test]
    async fn no_more_connections_are_taken_than_there_are_places_until_one_is_gone() {
        let (mut bounded, address) = listener().await;
        let mut near = Vec::new();
        let mut far = Vec::new();
        for _ in 0..MOST {
            near.push(TcpStream::connect(address).await.unwrap());
            far.push(bounded.accept().await.0);
        }
        near.push(TcpStream::connect(address).await.unwrap());
        assert_eq!(bounded.places.available_permits(), 0);
        far.pop();
        far.push(bounded.accept().await.0);
        assert_eq!(bounded.places.available_permits(), 0);
    }

    #[tokio::test]
    async fn a_connection_that_brings_no_request_ends_and_one_that_was_answered_stays() {
        let (mut bounded, address) = listener().await;
        bounded.patience = Duration::ZERO;
        let _silent = TcpStream::connect(address).await.unwrap();
        let (mut place, _) = bounded.accept().await;
        let error = place.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        bounded.patience = FIRST_ANSWER;
        let mut served = TcpStream::connect(address).await.unwrap();
        let (mut place, _) = bounded.accept().await;
        place.write_all(b"x").await.unwrap();
        assert!(place.unanswered.is_none());
        served.write_all(b"y").await.unwrap();
        assert_eq!(place.read_u8().await.unwrap(), b'y');
    }
}
