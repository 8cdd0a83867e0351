//! The API of a node over its socket: one request at a time, and never longer than anything may take.

use serde_json::Value;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// No answer takes this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A node's socket.
#[derive(Clone, Debug)]
pub struct Api {
    socket: PathBuf,
}

/// An answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node answered {status}: {error}")]
pub struct Refused {
    /// Its status.
    pub status: u16,
    /// What it says.
    pub error: Value,
}

impl Api {
    /// The API behind a socket.
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned() }
    }

    /// Sends a request, and gives the answer.
    ///
    /// # Errors
    ///
    /// When the node is gone before it has answered, or does not answer.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Result<Value, Refused>> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let body = body.map(Value::to_string).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: grid\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let cut_short = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut_short)?;
        let status: u16 = head.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or_else(cut_short)?;
        let body: Value = serde_json::from_str(body).map_err(|_| cut_short())?;
        Ok(match status {
            200..300 => Ok(body),
            status => Err(Refused { status, error: body["error"].clone() }),
        })
    }

    /// Writes a new record; its id.
    ///
    /// # Errors
    ///
    /// As [`Api::ask`].
    pub fn create(&self, kind: &str, fields: Value) -> io::Result<Result<String, Refused>> {
        let body = serde_json::json!({ "fields": fields });
        let answer = self.ask("POST", &format!("/api/records/{kind}"), Some(&body))?;
        Ok(answer.map(|answer| answer["id"].as_str().unwrap_or_default().to_owned()))
    }

    /// All records of a kind. Only while nothing is written: pages move otherwise.
    ///
    /// # Errors
    ///
    /// As [`Api::ask`]; a refusal is one too.
    pub fn all(&self, kind: &str) -> io::Result<Vec<Value>> {
        const PAGE: usize = 1_000;
        let mut found = Vec::new();
        loop {
            let path = format!("/api/records/{kind}?limit={PAGE}&offset={}", found.len());
            let page = self.ask("GET", &path, None)?.map_err(io::Error::other)?;
            let items = page["items"].as_array().cloned().unwrap_or_default();
            let last = items.len() < PAGE;
            found.extend(items);
            if last {
                return Ok(found);
            }
        }
    }

    /// Where the node stands.
    ///
    /// # Errors
    ///
    /// As [`Api::ask`]; a refusal is one too.
    pub fn status(&self) -> io::Result<Value> {
        self.ask("GET", "/api/status", None)?.map_err(io::Error::other)
    }
}
