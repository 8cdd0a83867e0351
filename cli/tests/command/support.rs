//! The program under test, and a node that answers what a test says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use serde_json::{Value, json};
use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
};
use tempfile::TempDir;

/// The program, away from this machine's own settings.
pub(crate) fn grid() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grid"));
    command.env_clear().env("TZ", "UTC").stdin(Stdio::null());
    command
}

/// Runs the program on a home.
pub(crate) fn on<T: AsRef<OsStr>>(home: &Path, words: impl IntoIterator<Item = T>) -> Output {
    grid().arg("--home").arg(home).args(words).output().unwrap()
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("ended by a signal: {output:?}"))
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The answer of a command with `--json`.
pub(crate) fn answer(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["schema"], 1);
    value
}

/// The error of a command with `--json`, after checking its shape.
pub(crate) fn error(output: &Output) -> Value {
    let value: Value = serde_json::from_slice(&output.stderr).unwrap_or_else(|_| panic!("no JSON: {output:?}"));
    assert_eq!(value["schema"], 1);
    let error = value["error"].as_object().unwrap();
    assert_eq!(error.keys().collect::<Vec<_>>(), ["code", "hint", "message"]);
    assert!(error["code"].is_string() && error["message"].is_string());
    value["error"].clone()
}

/// A request that a fake node got.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// A home with a node behind its socket that answers what a function says.
pub(crate) struct FakeNode {
    dir: TempDir,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl FakeNode {
    /// A node that gives status and body for a request.
    pub(crate) fn new(answers: impl Fn(&Asked) -> (u16, Value) + Send + 'static) -> Self {
        let dir = home();
        let listener = UnixListener::bind(dir.path().join("api.sock")).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        // The thread ends with the test.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &answers, &seen);
            }
        });
        Self { dir, asked }
    }

    /// A node that gives one answer to everything.
    pub(crate) fn saying(status: u16, body: Value) -> Self {
        Self::new(move |_| (status, body.clone()))
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    pub(crate) fn run<T: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = T>) -> Output {
        on(self.dir.path(), words)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// A directory that looks like the home of a group.
pub(crate) fn home() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("format"), "1\n").unwrap();
    dir
}

fn serve(stream: UnixStream, answers: &impl Fn(&Asked) -> (u16, Value), seen: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or_default() == 0 {
        return;
    }
    let mut words = line.split(' ');
    let (method, path) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let Some((name, value)) = header.trim().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let asked = Asked { method, path, body };
    let mut stream = stream;
    if asked.path == "/api/events" {
        // An open stream that says nothing but that it is alive.
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: alive\n\n";
        stream.write_all(head.as_bytes()).unwrap();
        std::mem::forget(stream);
        return;
    }
    let (status, answer) = answers(&asked);
    seen.lock().unwrap().push(asked);
    let answer = match answer {
        Value::String(text) => text,
        other => other.to_string(),
    };
    // Whoever asked may be gone.
    let _ = write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
}

/// What a node says against a request.
pub(crate) fn refusal(code: &str, message: &str) -> Value {
    json!({"schema": 1, "error": {"code": code, "message": message, "hint": "try something else"}})
}

/// A status as a node gives it.
pub(crate) fn status() -> Value {
    json!({
        "schema": 1, "coalition": {"id": "c".repeat(52), "name": "Clean River"},
        "group": {"id": "g".repeat(52), "name": "Weir"}, "device": "d".repeat(52), "standing": "member",
        "standing_why": null, "state_root": "r".repeat(52), "members": 1, "records": 2, "pending": 0, "peers": [],
        "http": "127.0.0.1:9", "listen": ["/ip4/127.0.0.1/tcp/9/p2p/x"], "troubles": [],
    })
}
