//! Streams through a proxy: two pumps for each, every chunk with the moment at which it goes out.

use super::{Shared, Way};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Bytes that are read at a time.
const CHUNK: usize = 16 * 1024;
/// Chunks under way in one direction; whoever sends more is held back, as by a full pipe.
const UNDER_WAY: usize = 64;

/// Takes streams in until the proxy is dropped; then they end with it.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut streams = JoinSet::new();
    loop {
        while streams.try_join_next().is_some() {}
        let Ok((near, _)) = listener.accept().await else { continue };
        if *shared.way.borrow() == Way::Refused {
            abort(&near);
            continue;
        }
        shared.streams.fetch_add(1, Ordering::Relaxed);
        streams.spawn(carry(near, Arc::clone(&shared)));
    }
}

/// Closes a stream so that the other end sees a reset and not an orderly end.
fn abort(stream: &TcpStream) {
    // Where the system refuses, an orderly end has to do.
    let _ = stream.set_zero_linger();
}

async fn carry(near: TcpStream, shared: Arc<Shared>) {
    let mut resets = shared.resets.subscribe();
    let through = async {
        let far = connect(&shared).await?;
        near.set_nodelay(true)?;
        far.set_nodelay(true)?;
        abort(&near);
        abort(&far);
        let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
        tokio::select! {
            ended = pump(near_in, far_out, &shared) => ended,
            ended = pump(far_in, near_out, &shared) => ended,
        }
    };
    tokio::select! {
        // However a stream ends, both halves are let go of.
        _ = through => {}
        _ = resets.changed() => {}
    }
}

/// Connects as soon as there is somewhere to connect to and the way is open.
async fn connect(shared: &Shared) -> io::Result<TcpStream> {
    opened(shared).await;
    let mut target = shared.target.subscribe();
    let target = target.wait_for(Option::is_some).await.ok().and_then(|target| *target);
    let target = target.ok_or(io::ErrorKind::NotConnected)?;
    TcpStream::connect(target).await
}

async fn opened(shared: &Shared) {
    // The proxy holds the sender for as long as this runs.
    let _ = shared.way.subscribe().wait_for(|way| *way == Way::Open).await;
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, shared: &Shared) -> io::Result<()> {
    let (sender, mut under_way) = mpsc::channel::<(Instant, Vec<u8>)>(UNDER_WAY);
    let reading = async move {
        let mut last = Instant::now();
        loop {
            let mut chunk = vec![0; CHUNK];
            let read = from.read(&mut chunk).await?;
            if read == 0 {
                return Ok(());
            }
            chunk.truncate(read);
            shared.count(read);
            // A stream keeps its order, whatever the jitter.
            last = shared.due(read, last).max(last);
            if sender.send((last, chunk)).await.is_err() {
                return Ok(());
            }
        }
    };
    let writing = async move {
        while let Some((due, chunk)) = under_way.recv().await {
            tokio::time::sleep_until(due).await;
            opened(shared).await;
            to.write_all(&chunk).await?;
        }
        // What was written has to be read before the stream is torn down.
        to.shutdown().await?;
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(())
    };
    let (read, written): (io::Result<()>, io::Result<()>) = tokio::join!(reading, writing);
    read.and(written)
}
