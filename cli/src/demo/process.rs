//! The nodes of the demo: child processes of this same program, each on a home of its own.

use super::Interrupt;
use crate::{
    client::Client,
    failure::{Exit, Failure},
};
use serde_json::{Value, json};
use std::{
    ffi::OsStr,
    fs::File,
    io,
    os::unix::{fs::MetadataExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Everything that the demo waits for happens within this, or something is wrong.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// A node that was told to stop is ended after this.
const GOODBYE: Duration = Duration::from_secs(8);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// A group of the demo: its home, and its node while it runs.
#[derive(Debug)]
pub(super) struct Station {
    pub(super) name: String,
    pub(super) home: PathBuf,
    node: Option<Child>,
}

impl Station {
    pub(super) fn new(name: &str, home: PathBuf) -> Self {
        Self { name: name.to_owned(), home, node: None }
    }

    /// Runs a command of this program on the home, and gives its answer.
    pub(super) fn grid<T: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = T>) -> Result<Value, Failure> {
        self.attempt(words)?.done(&self.name)
    }

    /// Runs a command of this program on the home, whatever comes of it. It runs in the directory of the demo.
    pub(super) fn attempt<T: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = T>) -> Result<Attempt, Failure> {
        let mut command = self.command()?;
        if let Some(dir) = self.home.parent() {
            command.current_dir(dir);
        }
        attempt(command, words)
    }

    /// Whether the node was started and not stopped since.
    pub(super) const fn runs(&self) -> bool {
        self.node.is_some()
    }

    /// Starts the node and waits until it answers.
    pub(super) fn start(&mut self, interrupt: &Interrupt) -> Result<(), Failure> {
        self.start_within(interrupt, PATIENCE)
    }

    /// The same, where there is much to read before it answers.
    pub(super) fn start_within(&mut self, interrupt: &Interrupt, patience: Duration) -> Result<(), Failure> {
        let log = self.log();
        let errors = File::create(&log).map_err(|error| Failure::io("write the log of a node", &error))?;
        let mut command = self.command()?;
        command
            .args([
                "node",
                "--listen",
                "/ip4/127.0.0.1/tcp/0",
                "--http",
                "127.0.0.1:0",
                "--log",
                "warn",
                "--with-parent",
            ])
            // The node ends when this pipe does: also when the demo is killed.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(errors)
            // Ctrl-C is for the demo, which then says goodbye for all.
            .process_group(0);
        self.node = Some(command.spawn().map_err(|error| Failure::io("start a node", &error))?);
        let name = self.name.clone();
        interrupt.until(&format!("the node of {name} answers"), patience, || {
            if let Some(status) = self.node.as_mut().and_then(|node| node.try_wait().ok().flatten()) {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                return Err(Failure::new(
                    Exit::Failed,
                    format!("the node of {name} ended with {status}: {}", said.trim()),
                ));
            }
            Ok(self.client()?.get("/api/status").ok())
        })?;
        Ok(())
    }

    /// Tells the node to stop, and ends it if it does not.
    pub(super) fn stop(&mut self) -> Stopped {
        let Some(mut node) = self.node.take() else { return Stopped::InTime };
        // A node that can't be asked is ended below.
        let _ = self.client().and_then(|client| client.post("/api/stop", &json!({})));
        drop(node.stdin.take());
        match ended_within(&mut node, GOODBYE) {
            Ok(Ended::Yes) => Stopped::InTime,
            Ok(Ended::No) | Err(_) => {
                let _ = node.kill();
                let _ = node.wait();
                Stopped::ByForce
            }
        }
    }

    pub(super) fn client(&self) -> Result<Client, Failure> {
        Client::new(self.home.clone())
    }

    fn log(&self) -> PathBuf {
        self.home.with_extension("log")
    }

    fn command(&self) -> Result<Command, Failure> {
        let mut command = program()?;
        command.arg("--home").arg(&self.home);
        Ok(command)
    }
}

/// This program, untouched by what is set around it.
fn program() -> Result<Command, Failure> {
    let program = std::env::current_exe().map_err(|error| Failure::io("find this program", &error))?;
    let mut command = Command::new(program);
    for name in ["GRID_HOME", "GRID_LISTEN", "GRID_HTTP", "GRID_LOG", "GRID_PASSPHRASE_FILE"] {
        command.env_remove(name);
    }
    Ok(command)
}

/// What came of a command.
#[derive(Clone, Debug)]
pub(super) enum Attempt {
    /// Its answer.
    Done(Value),
    /// It was not carried out.
    Refused {
        /// Why.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
}

impl Attempt {
    /// The answer.
    ///
    /// # Errors
    ///
    /// Why there is none; `whose` stands before it.
    pub(super) fn done(self, whose: &str) -> Result<Value, Failure> {
        match self {
            Attempt::Done(answer) => Ok(answer),
            Attempt::Refused { message, hint } => {
                let failure = Failure::new(Exit::Failed, format!("{whose}: {message}"));
                Err(match hint {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                })
            }
        }
    }

    /// It in a line, for errors.
    pub(super) fn told(&self) -> String {
        match self {
            Attempt::Done(answer) => answer.to_string(),
            Attempt::Refused { message, .. } => message.clone(),
        }
    }
}

/// Runs a command of this program that takes no home.
pub(super) fn attempt_alone<T: AsRef<OsStr>>(
    dir: &Path,
    words: impl IntoIterator<Item = T>,
) -> Result<Attempt, Failure> {
    let mut command = program()?;
    command.current_dir(dir);
    attempt(command, words)
}

fn attempt<T: AsRef<OsStr>>(mut command: Command, words: impl IntoIterator<Item = T>) -> Result<Attempt, Failure> {
    command.args(["--json", "--no-input"]).args(words).stdin(Stdio::null());
    let output = command.output().map_err(|error| Failure::io("run a command of the demo", &error))?;
    if output.status.success() {
        let answer = serde_json::from_slice(&output.stdout);
        return answer
            .map(Attempt::Done)
            .map_err(|error| Failure::new(Exit::Failed, format!("a command of the demo gave no JSON: {error}")));
    }
    let error: Value = serde_json::from_slice(&output.stderr).unwrap_or_default();
    let message = error["error"]["message"]
        .as_str()
        .map_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned(), str::to_owned);
    Ok(Attempt::Refused { message, hint: error["error"]["hint"].as_str().map(str::to_owned) })
}

impl Drop for Station {
    fn drop(&mut self) {
        self.stop();
    }
}

/// How a node ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// By itself.
    InTime,
    /// It had to be ended.
    ByForce,
}

enum Ended {
    Yes,
    No,
}

fn ended_within(child: &mut Child, time: Duration) -> io::Result<Ended> {
    let deadline = Instant::now() + time;
    while Instant::now() < deadline {
        if child.try_wait()?.is_some() {
            return Ok(Ended::Yes);
        }
        std::thread::sleep(LOOK);
    }
    Ok(Ended::No)
}

/// Where the homes lie.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) dir: PathBuf,
    after: After,
    // Held as long as the demo runs: what is left by one that was killed is known by its lock being free.
    _lock: Option<File>,
}

/// What becomes of the homes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// They stay.
    Keep,
    /// They are removed.
    Remove,
}

impl Ground {
    /// Takes a directory that is new or empty.
    pub(super) fn at(dir: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(dir).map_err(|error| Failure::io(&format!("make {}", dir.display()), &error))?;
        let mut items =
            std::fs::read_dir(dir).map_err(|error| Failure::io(&format!("look into {}", dir.display()), &error))?;
        if items.next().is_some() {
            return Err(
                Failure::usage(format!("{} is not empty", dir.display())).hint("name a directory that is new or empty")
            );
        }
        let dir = dir.canonicalize().map_err(|error| Failure::io(&format!("find {}", dir.display()), &error))?;
        Ok(Self { dir, after: After::Keep, _lock: None })
    }

    /// Makes a directory among the temporary ones, for this user alone.
    pub(super) fn temporary(after: After) -> Result<Self, Failure> {
        use std::os::unix::fs::DirBuilderExt as _;
        let random = getrandom::u64().map_err(|error| Failure::new(Exit::Failed, format!("no randomness: {error}")))?;
        let dir = std::env::temp_dir().join(format!("{PREFIX}{random:016x}"));
        let made = std::fs::DirBuilder::new().mode(0o700).create(&dir);
        made.map_err(|error| Failure::io(&format!("make {}", dir.display()), &error))?;
        let dir = dir.canonicalize().map_err(|error| Failure::io(&format!("find {}", dir.display()), &error))?;
        remove_dead(&dir);
        if after == After::Keep {
            return Ok(Self { dir, after, _lock: None });
        }
        // It bears its name once it is locked, so that another demo that starts now never finds it free.
        let (early, name) = (dir.join("demo.new"), dir.join(LOCK));
        let lock = File::create_new(&early).and_then(|file| {
            file.lock()?;
            std::fs::rename(&early, &name).map(|()| file)
        });
        let lock = lock.map_err(|error| Failure::io(&format!("lock {}", dir.display()), &error))?;
        Ok(Self { dir, after, _lock: Some(lock) })
    }

    pub(super) const fn after(&self) -> After {
        self.after
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if self.after == After::Remove {
            // What can't be removed is in a temporary directory anyway.
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

/// How the directories of demos begin.
const PREFIX: &str = "grid-demo-";
/// The file that a demo holds locked, in a directory that goes with it.
const LOCK: &str = "demo.lock";

/// Removes what demos of this user left behind that were killed: keys lie in there. What somebody wanted to keep has
/// no lock file, and what runs holds its own.
fn remove_dead(own: &Path) {
    let (Some(among), Ok(user)) = (own.parent(), own.metadata().map(|it| it.uid())) else { return };
    for item in std::fs::read_dir(among).into_iter().flatten().flatten() {
        let path = item.path();
        let named = item.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let ours = path.symlink_metadata().is_ok_and(|found| found.is_dir() && found.uid() == user);
        if !named || !ours || path == own {
            continue;
        }
        let dead = File::open(path.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok());
        if dead {
            // What can't be removed now, the next demo tries again.
            let _ = std::fs::remove_dir_all(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_dead_demos_left_is_removed() {
        let among = tempfile::tempdir().unwrap();
        let dir = |name: &str| {
            let path = among.path().join(name);
            std::fs::create_dir_all(path.join("home")).unwrap();
            path
        };
        let [own, dead, alive, kept, other] =
            ["grid-demo-0", "grid-demo-1", "grid-demo-2", "grid-demo-3", "mine"].map(dir);
        for path in [&dead, &other] {
            std::fs::write(path.join(LOCK), "").unwrap();
        }
        let lock = File::create_new(alive.join(LOCK)).unwrap();
        lock.lock().unwrap();
        remove_dead(&own);
        assert!(!dead.exists());
        assert!([own, alive, kept, other].iter().all(|path| path.exists()));
    }
}
