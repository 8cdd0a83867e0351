//! Where the API listens: a socket file that only its owner opens, and a port of this machine.

use super::error::HttpError;
use std::fs::Permissions;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use tokio::net::{TcpListener, UnixListener, UnixSocket, UnixStream};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 256;

/// Listens on a loopback port.
pub(super) async fn tcp(address: SocketAddr) -> Result<(TcpListener, SocketAddr), HttpError> {
    if !address.ip().is_loopback() {
        return Err(HttpError::NotLoopback { address });
    }
    let failed = |source: Error| match source.kind() {
        ErrorKind::AddrInUse => HttpError::PortTaken { address },
        _ => HttpError::Tcp { address, source },
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Listens on a socket file with mode 0600, set before the first connection can come.
pub(super) async fn socket(path: &Path) -> Result<UnixListener, HttpError> {
    clear(path).await?;
    let failed = |source| HttpError::Socket { path: path.to_owned(), source };
    let socket = UnixSocket::new_stream().map_err(failed)?;
    socket.bind(path).map_err(failed)?;
    let listening = std::fs::set_permissions(path, Permissions::from_mode(0o600)).and_then(|()| socket.listen(BACKLOG));
    listening.map_err(|source| {
        let _ = std::fs::remove_file(path);
        failed(source)
    })
}

/// Takes away a socket that a node left behind when it was killed.
async fn clear(path: &Path) -> Result<(), HttpError> {
    let failed = |source| HttpError::Socket { path: path.to_owned(), source };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(failed(source)),
        Ok(found) if !found.file_type().is_socket() => return Err(HttpError::NotASocket { path: path.to_owned() }),
        Ok(_) => {}
    }
    match UnixStream::connect(path).await {
        Ok(_) => Err(HttpError::SocketTaken { path: path.to_owned() }),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => std::fs::remove_file(path).map_err(failed),
        Err(source) => Err(failed(source)),
    }
}
