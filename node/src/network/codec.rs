//! The pull protocol on a stream: one request, one response, each a length and its bytes.
//!
//! ```text
//! u32 length (big endian) || bytes
//! ```
//!
//! A length above the bound ends the stream before anything is allocated for it.

use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use grid_protocol::limits;
use libp2p::StreamProtocol;
use libp2p::request_response::Codec;
use std::io;
use std::time::Duration;

#[cfg(test)]
pub(super) use tests::Room;

/// The protocol's name in negotiation.
pub(super) const PULL: StreamProtocol = StreamProtocol::new("/coalition-grid/pull/1");
/// Bytes set aside for a frame before any of it has arrived: a length alone must not claim megabytes.
pub(super) const FIRST_ALLOCATION: usize = 16 * 1024;
/// Bytes of an answer that a slow line brings while it is waited for, and a peer that sends one now and then does not.
const STEADY: usize = 2 * FIRST_ALLOCATION;
/// Bytes of a request above its bound that are read and dropped.
const DROPPED: u64 = 1024 * 1024;
/// Frames up to this size are written in one piece together with their length.
const ONE_PIECE: usize = 16 * 1024;

/// A request as it arrives. One that breaks its bound is handed on as such: libp2p keeps a failed reading to
/// itself, and nobody would learn whose request it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Within the bound.
    Frame(Vec<u8>),
    /// Above it, and not read.
    TooLarge {
        /// What is wrong, in words.
        why: String,
    },
    /// Its end had not come in time.
    Unfinished,
}

/// Reads and writes the frames of the pull protocol, within bounds.
#[derive(Clone, Debug)]
pub(super) struct PullCodec {
    read: Bounds,
    write: Bounds,
    /// How long a frame may take to arrive; as long as libp2p waits where left out.
    patience: Option<Duration>,
    /// Between two bytes of a request or an answer that never ends.
    #[cfg(test)]
    trickle: Option<Duration>,
    /// The most room that was made for what has not arrived.
    #[cfg(test)]
    room: Room,
}

/// What came of a frame.
enum Read {
    /// All of it.
    Whole(Vec<u8>),
    /// So many bytes behind its length, in rough steps; none where not even the length has come.
    Unfinished { come: Option<usize> },
}

#[derive(Clone, Copy, Debug)]
struct Bounds {
    request: usize,
    response: usize,
}

const PROTOCOL_BOUNDS: Bounds = Bounds { request: limits::MAX_REQUEST, response: limits::MAX_FRAME };

impl Default for PullCodec {
    fn default() -> Self {
        Self {
            read: PROTOCOL_BOUNDS,
            write: PROTOCOL_BOUNDS,
            patience: None,
            #[cfg(test)]
            trickle: None,
            #[cfg(test)]
            room: Room::default(),
        }
    }
}

impl PullCodec {
    /// The same, which waits for the end of a frame for nine tenths of the time that the whole exchange may take. Of a
    /// request that libp2p gives up itself nobody is told.
    pub(super) fn waiting_within(self, whole: Duration) -> Self {
        Self { patience: Some(whole / 10 * 9), ..self }
    }

    /// Reads a frame, or what there was of it when its time was up.
    async fn in_time<T: AsyncRead + Unpin + Send>(&self, io: &mut T, what: &str, bound: usize) -> io::Result<Read> {
        let mut come = None;
        let frame = read_frame(io, what, bound, &mut come);
        let Some(patience) = self.patience else { return frame.await.map(Read::Whole) };
        match tokio::time::timeout(patience, frame).await {
            Ok(frame) => frame.map(Read::Whole),
            Err(_) => Ok(Read::Unfinished { come }),
        }
    }
}

#[cfg(test)]
impl PullCodec {
    /// A codec of somebody who sends whatever he likes.
    pub(super) fn unbounded_writer() -> Self {
        Self { write: Bounds { request: usize::MAX, response: usize::MAX }, ..Self::default() }
    }

    /// A codec of somebody who sends a byte of each request and answer now and then, and never the last.
    pub(super) fn slow_writer(pause: Duration) -> Self {
        Self { trickle: Some(pause), ..Self::default() }
    }

    /// Where it is noted how much room this codec and its copies make for what has not arrived.
    pub(super) fn room(&self) -> Room {
        self.room.clone()
    }
}

impl Codec for PullCodec {
    type Protocol = StreamProtocol;
    type Request = Asked;
    type Response = Vec<u8>;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Asked>
    where
        T: AsyncRead + Unpin + Send,
    {
        #[cfg(test)]
        let io = &mut tests::Noting { io, room: self.room() };
        match self.in_time(io, "request", self.read.request).await {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                // A peer whose writing stalls would wait for its own timeout: what it sends is read and dropped.
                futures::io::copy(io.take(DROPPED), &mut futures::io::sink()).await?;
                Ok(Asked::TooLarge { why: error.to_string() })
            }
            read => read.map(|read| match read {
                Read::Whole(frame) => Asked::Frame(frame),
                Read::Unfinished { .. } => Asked::Unfinished,
            }),
        }
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        #[cfg(test)]
        let io = &mut tests::Noting { io, room: self.room() };
        match self.in_time(io, "response", self.read.response).await? {
            Read::Whole(frame) => Ok(frame),
            // Whoever is too busy to begin is not one that sends a little now and then.
            Read::Unfinished { come: None } => Err(io::Error::other("the answer had not begun in time")),
            Read::Unfinished { come: Some(come) } if come < STEADY => Err(io::ErrorKind::TimedOut.into()),
            Read::Unfinished { .. } => Err(io::Error::other("the line is too slow for this answer")),
        }
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, io: &mut T, request: Asked) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        #[cfg(test)]
        if let Some(pause) = self.trickle {
            return tests::trickle(io, limits::MAX_REQUEST, pause).await;
        }
        match request {
            Asked::Frame(frame) => write_frame(io, "request", self.write.request, &frame).await,
            Asked::TooLarge { why } => Err(io::Error::new(io::ErrorKind::InvalidData, why)),
            Asked::Unfinished => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    async fn write_response<T>(&mut self, _: &StreamProtocol, io: &mut T, frame: Vec<u8>) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        #[cfg(test)]
        if let Some(pause) = self.trickle {
            return tests::trickle(io, limits::MAX_FRAME, pause).await;
        }
        write_frame(io, "response", self.write.response, &frame).await
    }
}

async fn read_frame<T: AsyncRead + Unpin + Send>(
    io: &mut T,
    what: &str,
    bound: usize,
    come: &mut Option<usize>,
) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    io.read_exact(&mut length).await?;
    *come = Some(0);
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > bound {
        return Err(too_large(what, bound, length));
    }
    let mut frame = Vec::with_capacity(length.min(FIRST_ALLOCATION));
    while frame.len() < length {
        let start = frame.len();
        // Doubles what has arrived, so that memory follows the bytes.
        frame.resize(length.min((2 * start).max(FIRST_ALLOCATION)), 0);
        let (_, rest) = frame.split_at_mut(start);
        io.read_exact(rest).await?;
        *come = Some(frame.len());
    }
    Ok(frame)
}

async fn write_frame<T>(io: &mut T, what: &str, bound: usize, frame: &[u8]) -> io::Result<()>
where
    T: AsyncWrite + Unpin + Send,
{
    let length = match u32::try_from(frame.len()) {
        Ok(length) if frame.len() <= bound => length.to_be_bytes(),
        _ => return Err(too_large(what, bound, frame.len())),
    };
    if frame.len() <= ONE_PIECE {
        return io.write_all(&[&length, frame].concat()).await;
    }
    io.write_all(&length).await?;
    io.write_all(frame).await
}

fn too_large(what: &str, bound: usize, found: usize) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a {what} has at most {bound} bytes, this one has {found}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use futures::io::Cursor;
    use proptest::prelude::*;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll};

    /// The most room that was made for what has not arrived.
    #[derive(Clone, Debug, Default)]
    pub(in super::super) struct Room(Arc<AtomicUsize>);

    impl Room {
        /// In bytes, for one stream.
        pub(in super::super) fn most(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    /// A stream whose reader's room is noted.
    pub(super) struct Noting<'a, T> {
        pub(super) io: &'a mut T,
        pub(super) room: Room,
    }

    impl<T: AsyncRead + Unpin> AsyncRead for Noting<'_, T> {
        fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
            self.room.0.fetch_max(buffer.len(), Ordering::Relaxed);
            Pin::new(&mut *self.io).poll_read(cx, buffer)
        }
    }

    /// A frame that claims to be so long, a byte of it at a time, until the other side has enough.
    pub(super) async fn trickle<T: AsyncWrite + Unpin + Send>(
        io: &mut T,
        claimed: usize,
        pause: Duration,
    ) -> io::Result<()> {
        io.write_all(&u32::try_from(claimed).unwrap_or(u32::MAX).to_be_bytes()).await?;
        loop {
            io.write_all(&[0]).await?;
            io.flush().await?;
            // Nobody wakes it: time passes.
            let _ = tokio::time::timeout(pause, std::future::pending::<()>()).await;
        }
    }

    fn read(bytes: &[u8]) -> io::Result<Asked> {
        block_on(PullCodec::default().read_request(&PULL, &mut Cursor::new(bytes)))
    }

    #[test]
    fn a_frame_of_any_allowed_size_comes_back_as_it_was() {
        for size in [0, 1, ONE_PIECE, ONE_PIECE + 1, 3 * FIRST_ALLOCATION + 5, limits::MAX_REQUEST] {
            let frame: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
            let mut wire = Vec::new();
            block_on(PullCodec::default().write_request(&PULL, &mut wire, Asked::Frame(frame.clone()))).unwrap();
            assert_eq!(wire.len(), size + 4);
            assert_eq!(read(&wire).unwrap(), Asked::Frame(frame));
        }
    }

    #[test]
    fn a_frame_above_its_bound_is_refused_by_its_length_alone() {
        let asked = read(&u32::MAX.to_be_bytes()).unwrap();
        assert!(matches!(asked, Asked::TooLarge { why } if why.contains("4294967295")));
        let frame = vec![0; limits::MAX_FRAME + 1];
        let error = block_on(PullCodec::default().write_response(&PULL, &mut Vec::new(), frame)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    /// A stream of which one byte comes at a time, and which notes how much room was made for the next.
    struct Trickle {
        bytes: Vec<u8>,
        at: usize,
        room: usize,
        is_ready: bool,
    }

    impl AsyncRead for Trickle {
        fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
            self.room = self.room.max(buffer.len());
            self.is_ready = !self.is_ready;
            let (Some(next), true) = (self.bytes.get(self.at).copied(), self.is_ready) else {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            };
            buffer[0] = next;
            self.at += 1;
            Poll::Ready(Ok(1))
        }
    }

    #[test]
    fn a_length_that_is_never_filled_takes_as_much_room_as_has_arrived() {
        let arrived = 3 * FIRST_ALLOCATION;
        let claimed = u32::try_from(limits::MAX_FRAME).unwrap().to_be_bytes();
        let bytes = claimed.into_iter().chain(std::iter::repeat_n(7, arrived)).collect();
        let mut slow = Trickle { bytes, at: 0, room: 0, is_ready: false };
        let mut codec = PullCodec::default();
        {
            let (protocol, stream) = (PULL, &mut slow);
            let mut reading = Box::pin(codec.read_response(&protocol, stream));
            let mut cx = Context::from_waker(futures::task::noop_waker_ref());
            // Each byte takes two looks; the stream never ends, and nor does the reading.
            for _ in 0..2 * (arrived + 4) + 100 {
                assert!(reading.as_mut().poll(&mut cx).is_pending());
            }
        }
        assert_eq!(slow.at, arrived + 4, "all that came was read");
        assert!(slow.room <= arrived, "room for {} bytes, {arrived} arrived", slow.room);
    }

    #[tokio::test]
    async fn an_answer_that_is_not_there_in_time_tells_a_slow_line_from_one_on_which_next_to_nothing_comes() {
        for (come, kind) in
            [(0, io::ErrorKind::TimedOut), (100, io::ErrorKind::TimedOut), (STEADY, io::ErrorKind::Other)]
        {
            let claimed = u32::try_from(limits::MAX_FRAME).unwrap().to_be_bytes();
            let sent: Vec<u8> = claimed.into_iter().chain(std::iter::repeat_n(7, come)).collect();
            let mut stalled = Cursor::new(sent).chain(Stalled);
            let mut codec = PullCodec::default().waiting_within(Duration::from_millis(50));
            assert_eq!(codec.read_response(&PULL, &mut stalled).await.unwrap_err().kind(), kind, "{come}");
            assert_eq!(codec.read_request(&PULL, &mut Stalled).await.unwrap(), Asked::Unfinished);
            let unbegun = codec.read_response(&PULL, &mut Stalled).await.unwrap_err();
            assert_eq!(unbegun.kind(), io::ErrorKind::Other, "who is too busy to begin is not held to account");
        }
    }

    /// A stream on which nothing comes any more.
    struct Stalled;

    impl AsyncRead for Stalled {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut [u8]) -> Poll<io::Result<usize>> {
            Poll::Pending
        }
    }

    #[test]
    fn a_frame_cut_short_is_an_error() {
        assert_eq!(read(&[0, 0, 0, 9, 1, 2]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(read(&[0, 0]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = read(&bytes);
        }
    }
}
