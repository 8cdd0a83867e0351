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
/// Within this a connection has to say what it wants, to the end of the head of a request: whoever says nothing must not
/// take the place of whoever does.
const FIRST_HEAD: Duration = Duration::from_secs(3);
/// Within this it has to bring a request that is answered.
const FIRST_ANSWER: Duration = Duration::from_secs(30);

/// A listener that has at most [`MOST`] connections open.
pub(super) struct Bounded {
    listener: TcpListener,
    places: Arc<Semaphore>,
    patience: Patience,
}

/// How long a connection may be silent.
#[derive(Clone, Copy, Debug)]
struct Patience {
    head: Duration,
    answer: Duration,
}

/// A connection in its place.
pub(super) struct Placed {
    stream: TcpStream,
    /// Runs out unless something is answered before.
    unanswered: Option<Pin<Box<Sleep>>>,
    patience: Patience,
    head: Head,
    _place: OwnedSemaphorePermit,
}

impl Bounded {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self {
            listener,
            places: Arc::new(Semaphore::new(MOST)),
            patience: Patience { head: FIRST_HEAD, answer: FIRST_ANSWER },
        }
    }
}

impl Listener for Bounded {
    type Io = Placed;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Placed, SocketAddr) {
        let place = Arc::clone(&self.places).acquire_owned().await.expect("the semaphore is never closed");
        let (stream, from) = Listener::accept(&mut self.listener).await;
        let (patience, unanswered) = (self.patience, Some(Box::pin(sleep(self.patience.head))));
        (Placed { stream, unanswered, patience, head: Head::default(), _place: place }, from)
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
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let news = buffer.filled().get(before..).unwrap_or_default();
        if self.head.take(news) == Heard::ToTheEnd && self.unanswered.is_some() {
            self.unanswered = Some(Box::pin(sleep(self.patience.answer)));
        }
        polled
    }
}

/// The head of the first request, as far as it has come.
#[derive(Clone, Copy, Debug, Default)]
struct Head {
    /// The line ends that stand last, one behind the other.
    line_ends: usize,
    over: bool,
}

/// What has come of the head with some more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// Its end is among them.
    ToTheEnd,
    /// It is not, or it came before.
    Nothing,
}

impl Head {
    fn take(&mut self, bytes: &[u8]) -> Heard {
        for byte in bytes.iter().take_while(|_| !self.over) {
            match byte {
                b'\n' => self.line_ends += 1,
                b'\r' => {}
                _ => self.line_ends = 0,
            }
            if self.line_ends == 2 {
                self.over = true;
                return Heard::ToTheEnd;
            }
        }
        Heard::Nothing
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
        bounded.patience.head = Duration::ZERO;
        let _silent = TcpStream::connect(address).await.unwrap();
        let (mut place, _) = bounded.accept().await;
        let error = place.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        bounded.patience.head = FIRST_HEAD;
        let mut served = TcpStream::connect(address).await.unwrap();
        let (mut place, _) = bounded.accept().await;
        place.write_all(b"x").await.unwrap();
        assert!(place.unanswered.is_none());
        served.write_all(b"y").await.unwrap();
        assert_eq!(place.read_u8().await.unwrap(), b'y');
    }

    #[tokio::test]
    async fn a_connection_has_the_time_of_an_answer_once_it_has_said_what_it_wants() {
        let (mut bounded, address) = listener().await;
        bounded.patience = Patience { head: FIRST_ANSWER, answer: Duration::ZERO };
        let mut far = TcpStream::connect(address).await.unwrap();
        let (mut place, _) = bounded.accept().await;
        let mut half = [0; 16];
        far.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        place.read_exact(&mut half).await.unwrap();
        assert!(!place.head.over);
        far.write_all(b"\r\n").await.unwrap();
        place.read_exact(&mut half[..2]).await.unwrap();
        assert!(place.head.over);
        assert_eq!(place.read_u8().await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(FIRST_HEAD <= Duration::from_secs(3));
    }
}
