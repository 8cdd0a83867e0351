//! The API as a program meets it: requests over the socket of a home.

use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

/// An answer of the API.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its HTTP status.
    pub status: u16,
    /// Its body.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}: {}", self.status, self.body))
    }
}

/// One request over the socket of a home.
pub async fn request(home: &Path, method: &str, path: &str, mime: &str, body: &str) -> Answer {
    let stream = UnixStream::connect(home.join("api.sock")).await.expect("the node serves its API");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: grid\r\nconnection: close\r\ncontent-type: {mime}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    exchange(stream, &request).await
}

/// One request over TCP, with no headers but its host and these, each with its end of line.
pub async fn request_tcp(address: SocketAddr, method: &str, path: &str, headers: &str) -> Answer {
    let stream = TcpStream::connect(address).await.expect("the node listens on TCP");
    let host = if headers.to_lowercase().contains("host:") { String::new() } else { format!("host: {address}\r\n") };
    exchange(stream, &format!("{method} {path} HTTP/1.1\r\n{host}connection: close\r\n{headers}\r\n")).await
}

async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> Answer {
    // A node that refuses what is too large does not read it to the end.
    let refused = stream.write_all(request.as_bytes()).await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap_or_else(|error| panic!("{refused:?}, {error}: {answer}"));
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("an answer has a status");
    let body = match head.contains("transfer-encoding: chunked") {
        true => chunks(body),
        false => body.to_owned(),
    };
    Answer { status, body }
}

/// One request with a JSON body.
pub async fn request_json(home: &Path, method: &str, path: &str, body: Value) -> (u16, Value) {
    let answer = request(home, method, path, "application/json", &body.to_string()).await;
    (answer.status, answer.json())
}

/// A text as it stands in a path or a query.
pub fn percent(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escaped).collect()
}

/// The content of a body that comes in chunks.
fn chunks(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a chunk says its size");
        whole.push_str(rest.get(..size).expect("a chunk is whole"));
        body = rest.get(size..).unwrap_or_default().trim_start_matches("\r\n");
    }
    whole
}
