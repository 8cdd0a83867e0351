//! Homes of groups, and the real processes of the program that run on them.

use super::api::Api;
use super::room::Room;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Whatever a run waits for comes within this, or the run has failed.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(20);

/// A place for the homes of one run; it goes with the run.
#[derive(Debug)]
pub struct Place {
    dir: TempDir,
    program: PathBuf,
}

/// The home of a group, and how its node is started.
#[derive(Clone, Debug)]
pub struct Home {
    /// What the group is called.
    pub name: String,
    path: PathBuf,
    room: Arc<Room>,
    program: PathBuf,
    logs: PathBuf,
    words: Vec<String>,
    limit: Option<Limit>,
}

/// A bound that the system sets for the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Bytes of address space.
    Memory(u64),
    /// Bytes of any one file; a write beyond it fails as on a full disk.
    File(u64),
}

/// A node that runs. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
}

/// A node that did not start.
#[derive(Debug, thiserror::Error)]
#[error("the node of {name} did not start: {said}")]
pub struct NotStarted {
    /// Whose node.
    pub name: String,
    /// What it said.
    pub said: String,
}

impl Place {
    /// A place for homes of this program.
    pub fn new(program: &Path) -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary directory"), program: program.to_owned() }
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A home that does not exist yet, for a node in a room.
    pub fn home(&self, name: &str, room: Arc<Room>) -> Home {
        self.home_at(name, self.path(name), room)
    }

    /// The same at another path.
    pub fn home_at(&self, name: &str, path: PathBuf, room: Arc<Room>) -> Home {
        let words = ["--listen", "/ip4/127.0.0.1/tcp/0"].map(str::to_owned).to_vec();
        let logs = self.dir.path().to_owned();
        Home { name: name.to_owned(), path, room, program: self.program.clone(), logs, words, limit: None }
    }

    /// Founds a coalition in a home.
    pub fn found(&self, home: &Home) {
        let statement = self.path("statement.md");
        std::fs::write(&statement, "# Clean water\n\nWe want it.\n").expect("a file is written");
        let statement = statement.to_string_lossy();
        home.json([
            "init",
            "--coalition",
            "Clean River",
            "--group",
            &home.name,
            "--statement",
            &statement,
            "--no-input",
        ]);
    }
}

impl Drop for Place {
    /// What a run left behind is of use only where it failed.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.dir.disable_cleanup(true);
            eprintln!("what the nodes left is in {}", self.dir.path().display());
        }
    }
}

impl Home {
    /// What `grid node` is given beside the home.
    pub fn set_words(&mut self, words: impl IntoIterator<Item = String>) {
        self.words = words.into_iter().collect();
    }

    /// Bounds the node, from its next start on.
    pub const fn set_limit(&mut self, limit: Option<Limit>) {
        self.limit = limit;
    }

    /// The directory, as the node sees it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory, as this process sees it.
    pub fn outside(&self) -> PathBuf {
        self.room.outside(&self.path)
    }

    /// Its room.
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// The file with what its node complains of: beside the home, in the way of no full disk.
    fn log(&self) -> PathBuf {
        self.logs.join(format!("{}.log", self.name))
    }

    /// The API of its node.
    pub fn api(&self) -> Api {
        Api::new(&self.outside().join("api.sock"))
    }

    /// Runs a command of the program on it.
    pub fn run<T: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = T>) -> Output {
        let mut command = self.room.command(&self.program);
        command.arg("--home").arg(&self.path).arg("--json").args(words).stdin(Stdio::null());
        command.output().expect("the program can be run")
    }

    /// The answer of a command that is done.
    pub fn json<T: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = T>) -> Value {
        let output = self.run(words);
        assert!(output.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("the answer is JSON")
    }

    /// An invite for so many groups.
    pub fn invite(&self, count: usize) -> String {
        let answer = self.json(["invite", "create", "--count", &count.to_string()]);
        answer["invite"].as_str().expect("an invite").to_owned()
    }

    /// Takes an invite.
    pub fn join(&self, invite: &str) {
        self.json(["join", invite, "--group", &self.name, "--sign", "--no-input"]);
    }

    /// Starts the node; when this returns it is ready.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start(&self) -> Process {
        self.try_start().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts the node.
    ///
    /// # Errors
    ///
    /// [`NotStarted`] with what it said.
    pub fn try_start(&self) -> Result<Process, NotStarted> {
        let bounded = |script: String| {
            let mut command = self.room.command(Path::new("sh"));
            command.arg("-c").arg(format!("{script}; exec \"$0\" \"$@\"")).arg(&self.program);
            command
        };
        let mut command = match self.limit {
            None => self.room.command(&self.program),
            // One arena: glibc reserves 64 MiB of address space for each, whatever is in it.
            Some(Limit::Memory(bytes)) => bounded(format!("export MALLOC_ARENA_MAX=1; ulimit -v {}", bytes / 1024)),
            Some(Limit::File(bytes)) => bounded(format!("trap '' XFSZ; ulimit -f {}", bytes / 512)),
        };
        command.arg("--home").arg(&self.path).args(["node", "--with-parent", "--http", "127.0.0.1:0"]);
        let log = self.log();
        let complaints = File::create(&log).expect("a file for what the node complains of");
        let child = command.args(&self.words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(complaints);
        let mut child = child.spawn().expect("the program can be run");
        let said = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        let mut process = Process { child };
        // Read for as long as it lives, so that it never waits for a reader.
        let (ready, readiness) = mpsc::channel();
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                if line.contains("is on the grid") {
                    // Nobody listens any more where it took too long.
                    let _ = ready.send(());
                }
            }
        });
        match readiness.recv_timeout(PATIENCE) {
            Ok(()) => Ok(process),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                Err(NotStarted { name: self.name.clone(), said: "nothing, in all the time there was".to_owned() })
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                let ended = process.child.wait().map(|status| status.to_string()).unwrap_or_default();
                let said = format!("{ended}: {}", std::fs::read_to_string(&log).unwrap_or_default().trim());
                Err(NotStarted { name: self.name.clone(), said })
            }
        }
    }

    /// Asks for the status until it is as it should be.
    pub fn until(&self, what: &str, sound: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let status = self.api().status();
            if let Ok(status) = &status
                && sound(status)
            {
                return status.clone();
            }
            assert!(began.elapsed() < PATIENCE, "{}: waited in vain until {what}; last: {status:?}", self.name);
            std::thread::sleep(LOOK);
        }
    }

    /// What the node says is wrong with it.
    pub fn troubles(&self) -> Vec<String> {
        let status = self.api().status().expect("a running node answers");
        let troubles = status["troubles"].as_array().cloned().unwrap_or_default();
        troubles.iter().map(|it| it["what"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Process {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it where it stands.
    pub fn kill(mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child ends");
    }

    /// Ends it in order, and gives its exit code and how long it took.
    pub fn end(mut self) -> (Option<i32>, Duration) {
        let began = Instant::now();
        // The end of its standard input is what ends it.
        drop(self.child.stdin.take());
        let status = self.child.wait().expect("a child ends");
        (status.code(), began.elapsed())
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// A figure of what the kernel says of it, such as `VmHWM`, in bytes.
    pub fn memory(&self, name: &str) -> io::Result<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        number.map(|kilobytes| kilobytes * 1024).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until all nodes have the same root and know so many members; how long that took.
pub fn until_equal(homes: &[&Home], members: usize) -> Duration {
    let began = Instant::now();
    loop {
        let found: Vec<Option<(String, u64)>> = homes
            .iter()
            .map(|home| {
                let status = home.api().status().ok()?;
                Some((status["state_root"].as_str()?.to_owned(), status["members"].as_u64()?))
            })
            .collect();
        let first = found.first().cloned().flatten();
        let all = first.is_some_and(|(_, count)| count == members as u64) && found.iter().all(|it| *it == found[0]);
        if all {
            return began.elapsed();
        }
        if began.elapsed() >= PATIENCE {
            let last: Vec<_> = homes.iter().map(|home| home.api().status()).collect();
            panic!("waited in vain until all are equal; last: {last:#?}");
        }
        std::thread::sleep(LOOK);
    }
}

/// Waits between two writes of somebody who writes all the time.
pub fn breathe(duration: Duration) {
    std::thread::sleep(duration);
}
