//! The way to a running node: JSON over HTTP on the socket in its home.

use crate::failure::{Exit, Failure};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1::{self, SendRequest},
    header::{CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value};
use std::{
    io,
    path::PathBuf,
    time::{Duration, Instant},
};
use tokio::{net::UnixStream, runtime::Runtime, time::timeout};

/// A node answers within this, or something is wrong with it; an import of a large file takes long.
const PATIENCE: Duration = Duration::from_secs(300);
/// So many items of a list at once; a node gives no more.
const PAGE: u64 = 1_000;

/// A client of the node that runs on one home.
#[derive(Debug)]
pub(crate) struct Client {
    home: PathBuf,
    runtime: Runtime,
}

impl Client {
    /// The client of the node on `home`; whether one runs shows at the first question.
    pub(crate) fn new(home: PathBuf) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self { home, runtime: runtime.map_err(|error| Failure::io("start the client", &error))? })
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, Failure> {
        self.json(Method::GET, path, None)
    }

    /// A list, page by page: as many items as are asked for.
    pub(crate) fn list(
        &self,
        path: &str,
        limit: u64,
        offset: u64,
        query: &[(String, String)],
    ) -> Result<Value, Failure> {
        let mut items = Vec::new();
        loop {
            let got = items.len() as u64;
            let page = (limit - got.min(limit)).min(PAGE);
            let part = [("limit", page.to_string()), ("offset", offset.saturating_add(got).to_string())];
            let part = part.iter().map(|(name, value)| (*name, value.as_str()));
            let words = query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let mut list = self.get(&with_query(path, part.chain(words)))?;
            let more = list["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
            let short = (more.len() as u64) < page;
            items.extend(more);
            if short || items.len() as u64 >= limit {
                list["items"] = Value::Array(items);
                return Ok(list);
            }
        }
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.json(Method::POST, path, Some(body))
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.json(Method::PATCH, path, Some(body))
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Value, Failure> {
        self.json(Method::DELETE, path, None)
    }

    /// Hands in a file.
    pub(crate) fn send_file(&self, path: &str, content_type: &'static str, bytes: Vec<u8>) -> Result<Value, Failure> {
        read(&self.exchange(Method::POST, path, Some((content_type, bytes)))?)
    }

    /// Fetches a file.
    pub(crate) fn file(&self, path: &str) -> Result<Vec<u8>, Failure> {
        Ok(self.exchange(Method::GET, path, None)?.to_vec())
    }

    /// Listens to what happens from now on.
    pub(crate) fn events(&self) -> Result<Events<'_>, Failure> {
        let request = request(&Method::GET, "/api/events", None)?;
        let (sender, response) = self.runtime.block_on(async {
            let mut sender = self.connect().await?;
            let response = timeout(PATIENCE, sender.send_request(request)).await;
            Ok::<_, Failure>((sender, response.map_err(|_| no_answer())?.map_err(|error| interrupted(&error))?))
        })?;
        if !response.status().is_success() {
            let body = self.runtime.block_on(response.into_body().collect()).map_err(|error| interrupted(&error))?;
            return Err(refusal(StatusCode::INTERNAL_SERVER_ERROR, &body.to_bytes()));
        }
        Ok(Events { runtime: &self.runtime, _sender: sender, body: response.into_body(), unread: Vec::new() })
    }

    fn json(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let body = body.map(|body| ("application/json", body.to_string().into_bytes()));
        read(&self.exchange(method, path, body)?)
    }

    fn exchange(&self, method: Method, path: &str, body: Option<(&'static str, Vec<u8>)>) -> Result<Bytes, Failure> {
        let request = request(&method, path, body)?;
        self.runtime.block_on(async {
            let mut sender = self.connect().await?;
            let answer = async {
                let response: Response<Incoming> = sender.send_request(request).await?;
                let status = response.status();
                Ok::<_, hyper::Error>((status, response.into_body().collect().await?.to_bytes()))
            };
            let (status, body) =
                timeout(PATIENCE, answer).await.map_err(|_| no_answer())?.map_err(|error| interrupted(&error))?;
            if status.is_success() { Ok(body) } else { Err(refusal(status, &body)) }
        })
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Failure> {
        let socket = grid_node::home::HomePaths::new(&self.home).api_socket();
        let stream = UnixStream::connect(&socket).await.map_err(|error| self.unreachable(&error))?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| interrupted(&error))?;
        // Its errors come out at the request.
        tokio::spawn(connection);
        Ok(sender)
    }

    fn unreachable(&self, error: &io::Error) -> Failure {
        let home = self.home.display();
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
                if grid_node::home::HomePaths::new(&self.home).exists() =>
            {
                Failure::new(Exit::NotRunning, format!("no node is running on {home}"))
                    .hint(format!("start it with `grid --home {home} node`, in a window of its own, and leave it open"))
            }
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::NotADirectory => Failure::new(
                Exit::NotRunning,
                format!("there is no group on this computer yet: {home} is empty"),
            )
            .hint(
                "found a coalition with `grid init`, take an invite with `grid join`, or look around with `grid demo`",
            ),
            io::ErrorKind::PermissionDenied => Failure::io(&format!("reach the node on {home}"), error)
                .hint("the node belongs to another user of this computer; use that account, or another --home"),
            _ => Failure::io(&format!("reach the node on {home}"), error),
        }
    }
}

/// What happens in a node, as it happens.
#[derive(Debug)]
pub(crate) struct Events<'a> {
    runtime: &'a Runtime,
    // The connection ends when this is dropped.
    _sender: SendRequest<Full<Bytes>>,
    body: Incoming,
    unread: Vec<u8>,
}

/// What came of listening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Something happened.
    Event,
    /// Nothing until the deadline.
    Nothing,
    /// The node has ended.
    End,
}

impl Events<'_> {
    /// Waits for the next event.
    pub(crate) fn next(&mut self, deadline: Instant) -> Heard {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
                let event: Vec<u8> = self.unread.drain(..end + 2).collect();
                // Comments keep the connection alive and say nothing.
                if !event.starts_with(b":") {
                    return Heard::Event;
                }
                continue;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let frame = self.runtime.block_on(async { timeout(left, self.body.frame()).await });
            match frame {
                Err(_) => return Heard::Nothing,
                Ok(None | Some(Err(_))) => return Heard::End,
                Ok(Some(Ok(frame))) => self.unread.extend(frame.data_ref().into_iter().flatten()),
            }
        }
    }
}

/// A path with its parts escaped.
pub(crate) fn path<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    parts.into_iter().fold("/api".to_owned(), |path, part| path + "/" + &percent(part))
}

/// A path with a query.
pub(crate) fn with_query<K: AsRef<str>, V: AsRef<str>>(path: &str, pairs: impl IntoIterator<Item = (K, V)>) -> String {
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(key, value)| format!("{}={}", percent(key.as_ref()), percent(value.as_ref())))
        .collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn request(
    method: &Method,
    path: &str,
    body: Option<(&'static str, Vec<u8>)>,
) -> Result<Request<Full<Bytes>>, Failure> {
    let mut request = Request::builder().method(method).uri(path).header(HOST, "localhost");
    let mut content = Bytes::new();
    if let Some((content_type, bytes)) = body {
        request = request.header(CONTENT_TYPE, content_type);
        content = bytes.into();
    }
    request.body(Full::new(content)).map_err(|error| Failure::caused(Exit::Failed, &error))
}

fn read(bytes: &[u8]) -> Result<Value, Failure> {
    if bytes.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        Failure::new(Exit::Failed, format!("the node's answer is not readable: {error}"))
            .hint("the node and this command may be of different versions; restart the node")
    })
}

/// What the node says against a request.
fn refusal(status: StatusCode, body: &[u8]) -> Failure {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |key: &str| body["error"][key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let code = text("code");
    let exit = match (code.as_deref(), status.as_u16()) {
        (Some("usage" | "invalid" | "too_large"), _) | (None, 400 | 413 | 422) => Exit::Usage,
        (Some("not_found"), _) | (None, 404) => Exit::NotFound,
        (Some("refused" | "not_yours" | "home_copied"), _) | (None, 403) => Exit::Refused,
        _ => Exit::Failed,
    };
    let message = text("message").unwrap_or_else(|| format!("the node answered {status}"));
    let failure = Failure { hint: text("hint"), ..Failure::new(exit, message) };
    match code {
        Some(code) => failure.code(&code),
        None => failure,
    }
}

fn interrupted(error: &hyper::Error) -> Failure {
    Failure::caused(Exit::Failed, error)
        .code("interrupted")
        .hint("the node ended before it had answered; look with `grid status`, then try again")
}

fn no_answer() -> Failure {
    Failure::new(Exit::Failed, format!("the node did not answer within {} s", PATIENCE.as_secs()))
        .code("no_answer")
        .hint("the node may be busy or stuck: look at the window it runs in")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_stays_one_part_of_a_path() {
        assert_eq!(path(["records", "page", "../x?y"]), "/api/records/page/..%2Fx%3Fy");
        assert_eq!(with_query("/api/x", [("text", "Río & co")]), "/api/x?text=R%C3%ADo%20%26%20co");
        assert_eq!(with_query("/api/x", [("", ""); 0]), "/api/x");
    }

    #[test]
    fn the_words_of_the_node_decide_the_exit_code() {
        let refusal = |status: u16, code: &str| {
            let body = serde_json::json!({"error": {"code": code, "message": "m", "hint": "h"}}).to_string();
            refusal(StatusCode::from_u16(status).unwrap(), body.as_bytes()).exit
        };
        assert_eq!(refusal(400, "invalid"), Exit::Usage);
        assert_eq!(refusal(413, "too_large"), Exit::Usage);
        assert_eq!(refusal(404, "not_found"), Exit::NotFound);
        assert_eq!(refusal(403, "not_yours"), Exit::Refused);
        assert_eq!(refusal(403, "home_copied"), Exit::Refused);
        assert_eq!(refusal(507, "disk_full"), Exit::Failed);
        assert_eq!(refusal(401, "unauthorised"), Exit::Failed);
    }

    #[test]
    fn an_answer_without_words_is_told_by_its_number() {
        let failure = refusal(StatusCode::NOT_FOUND, b"<html>");
        assert_eq!((failure.exit, failure.code.as_str()), (Exit::NotFound, "not_found"));
        assert!(failure.message.contains("404"));
    }
}
