//! Real nodes on real homes, each a child process that ends with its test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use crate::support::{answer, code, grid, on};
use serde_json::Value;
use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Whatever a test waits for comes within this.
const PATIENCE: Duration = Duration::from_secs(60);

/// A place for the homes of one test.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file and gives its path.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A group that founded a coalition; its node does not run yet.
    pub(crate) fn founder(&self) -> Group {
        let statement = self.file("statement.md", "# Clean water\n\nWe want it.\n");
        let group = Group { home: self.path("founder") };
        let words = ["init", "--coalition", "Clean River", "--group", "Weir", "--statement", &statement];
        let made = group.json(words.into_iter().chain(["--no-input"]));
        assert_eq!(made["recovery_words"].as_array().unwrap().len(), 24);
        assert!(["coalition", "group", "device"].iter().all(|key| made[key].is_string()));
        group
    }

    /// A founder whose node runs.
    pub(crate) fn running_founder(&self) -> (Group, Node) {
        let group = self.founder();
        let node = group.start();
        (group, node)
    }

    /// A group that took an invite of another, whose node runs and was let in.
    pub(crate) fn member(&self, name: &str, by: &Group) -> (Group, Node) {
        let group = self.guest(name, &by.invite(), &["--sign"]);
        let node = group.start();
        group.until(&["status"], |status| status["standing"] == "member");
        (group, node)
    }

    /// A group that took an invite.
    pub(crate) fn guest(&self, name: &str, invite: &str, more: &[&str]) -> Group {
        let group = Group { home: self.path(name) };
        let words = ["join", invite, "--group", name, "--no-input"];
        let made = group.json(words.iter().chain(more));
        assert_eq!(made["recovery_words"].as_array().unwrap().len(), 24);
        group
    }
}

/// A group with its home.
pub(crate) struct Group {
    pub(crate) home: PathBuf,
}

impl Group {
    pub(crate) fn run<T: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = T>) -> Output {
        on(&self.home, words)
    }

    /// The answer of a command that is done.
    pub(crate) fn json<T: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = T>) -> Value {
        answer(&grid().arg("--home").arg(&self.home).arg("--json").args(words).output().unwrap())
    }

    /// An invite for one group.
    pub(crate) fn invite(&self) -> String {
        let answer = self.json(["invite", "create"]);
        assert!(answer["expires"].is_string());
        answer["invite"].as_str().unwrap().to_owned()
    }

    /// Asks until the answer is as it should be.
    pub(crate) fn until<T: AsRef<OsStr> + Clone>(&self, words: &[T], sound: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.json(words);
            if sound(&answer) {
                return answer;
            }
            assert!(Instant::now() < deadline, "waited in vain; the last answer: {answer}");
        }
    }

    /// Starts its node; when this returns it is ready.
    pub(crate) fn start(&self) -> Node {
        self.start_with(&["--listen", "/ip4/127.0.0.1/tcp/0", "--http", "127.0.0.1:0"])
    }

    pub(crate) fn start_with(&self, words: &[&str]) -> Node {
        self.start_by(grid(), words)
    }

    /// Starts its node through a command that ends in the program.
    pub(crate) fn start_by(&self, mut command: Command, words: &[&str]) -> Node {
        let mut child = command
            .arg("--home")
            .arg(&self.home)
            .args(["node", "--with-parent"])
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let node = Node { child, _said: said };
        assert!(line.contains("on the grid"), "the node said {line:?}");
        assert_eq!(code(&self.run(["status"])), 0, "ready means that status answers");
        node
    }
}

/// A node that runs.
pub(crate) struct Node {
    child: Child,
    // Closing it would end what the node says.
    _said: BufReader<ChildStdout>,
}

impl Node {
    /// Sends a signal, by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end, and gives its exit code and how long it took.
    pub(crate) fn ended(mut self) -> (Option<i32>, Duration) {
        let began = Instant::now();
        // Its stdin stays open: what ends it is what the test did.
        let stdin = self.child.stdin.take();
        let status = self.child.wait().unwrap();
        drop(stdin);
        (status.code(), began.elapsed())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
