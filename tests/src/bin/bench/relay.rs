//! A door between two nodes that counts the bytes that go through it.

use crate::Trouble;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A relay in front of one node.
pub(crate) struct Relay {
    /// The address to dial in place of the node's own.
    pub(crate) address: String,
    bytes: Arc<AtomicU64>,
}

impl Relay {
    /// Starts a relay in front of `/ip4/127.0.0.1/tcp/PORT/p2p/PEER`.
    pub(crate) async fn before(address: &str) -> Result<Self, Trouble> {
        let parts: Vec<&str> = address.split('/').collect();
        let ["", "ip4", host, "tcp", port, "p2p", peer] = parts.as_slice() else {
            return Err(format!("{address} is no TCP address").into());
        };
        let target = format!("{host}:{port}");
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let own = listener.local_addr()?.port();
        let bytes = Arc::new(AtomicU64::new(0));
        let counted = bytes.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if let Ok(far) = TcpStream::connect(&target).await {
                    let (near_in, near_out) = near.into_split();
                    let (far_in, far_out) = far.into_split();
                    tokio::spawn(pass(near_in, far_out, counted.clone()));
                    tokio::spawn(pass(far_in, near_out, counted.clone()));
                }
            }
        });
        Ok(Self { address: format!("/ip4/127.0.0.1/tcp/{own}/p2p/{peer}"), bytes })
    }

    /// Bytes so far, both ways.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, bytes: Arc<AtomicU64>) {
    let mut piece = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        bytes.fetch_add(length as u64, Ordering::Relaxed);
        let Some(piece) = piece.get(..length) else { return };
        if to.write_all(piece).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
