//! Where a node runs: on this machine as it is, or in a room of its own that the kernel makes.
//!
//! A room is a namespace that nothing names: a process holds it, which ends when its standard input does, that is
//! when the run ends, however it ends. With the last process the namespace goes, with its devices and its mounts.
//! So nothing is left behind, and nothing has to be tidied up.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Where a node runs.
#[derive(Debug)]
pub struct Room {
    kind: Kind,
    holder: Option<Child>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Network,
    Mounts,
}

/// Why there is no such room on this machine.
#[derive(Debug, thiserror::Error)]
pub enum NoRoom {
    /// A program is missing, or could not be started.
    #[error("`{program}` can't be run here")]
    Program {
        /// Its name.
        program: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The system refuses.
    #[error("`{command}` is refused here: {said}")]
    Refused {
        /// What was tried.
        command: String,
        /// What it said.
        said: String,
    },
}

impl Room {
    /// This machine as it is.
    pub const fn plain() -> Self {
        Self { kind: Kind::Plain, holder: None }
    }

    /// A network of its own, with nothing in it but loopback.
    ///
    /// # Errors
    ///
    /// [`NoRoom`].
    pub fn network() -> Result<Self, NoRoom> {
        let room = Self::held(Kind::Network, &["unshare", "--net"], "echo ready; exec cat")?;
        room.do_in("ip link set lo up")?;
        Ok(room)
    }

    /// Mounts of its own, with a disk of `size` bytes in memory at `place`.
    ///
    /// # Errors
    ///
    /// [`NoRoom`].
    pub fn disk(place: &Path, size: u64) -> Result<Self, NoRoom> {
        let script = format!("mount -t tmpfs -o size={size} tmpfs '{}' && echo ready; exec cat", place.display());
        Self::held(Kind::Mounts, &["unshare", "--mount", "--propagation", "private"], &script)
    }

    /// Gives the disk at `place` another size.
    ///
    /// # Errors
    ///
    /// [`NoRoom`].
    pub fn resize(&self, place: &Path, size: u64) -> Result<(), NoRoom> {
        self.do_in(&format!("mount -o remount,size={size} '{}'", place.display()))
    }

    fn held(kind: Kind, outer: &[&str], script: &str) -> Result<Self, NoRoom> {
        let program = outer.first().copied().unwrap_or_default();
        let mut holder = Command::new(program)
            .args(outer.iter().skip(1))
            .args(["--", "sh", "-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| NoRoom::Program { program: program.to_owned(), source })?;
        let mut said = String::new();
        let read = holder.stdout.take().map(|out| BufReader::new(out).read_line(&mut said));
        let room = Self { kind, holder: Some(holder) };
        match (read, said.trim()) {
            (Some(Ok(_)), "ready") => Ok(room),
            _ => Err(NoRoom::Refused { command: outer.join(" "), said: room.end() }),
        }
    }

    /// Ends the holder, and gives what it complained about.
    fn end(mut self) -> String {
        let Some(mut holder) = self.holder.take() else { return String::new() };
        drop(holder.stdin.take());
        let output = holder.wait_with_output();
        output.map(|output| String::from_utf8_lossy(&output.stderr).trim().to_owned()).unwrap_or_default()
    }

    /// A process that is in the room as long as it is there.
    pub fn holder(&self) -> Option<u32> {
        self.holder.as_ref().map(Child::id)
    }

    /// A command that runs in the room.
    pub fn command(&self, program: &Path) -> Command {
        let Some(holder) = self.holder() else { return clean(Command::new(program)) };
        let namespace = match self.kind {
            Kind::Network => "--net",
            Kind::Mounts | Kind::Plain => "--mount",
        };
        let mut command = clean(Command::new("nsenter"));
        command.args([OsString::from("--target"), holder.to_string().into(), namespace.into(), "--".into()]);
        command.arg(program);
        command
    }

    /// A file in the room, as it is seen from outside.
    pub fn outside(&self, path: &Path) -> PathBuf {
        match (self.kind, self.holder()) {
            (Kind::Mounts, Some(holder)) => {
                let root = PathBuf::from(format!("/proc/{holder}/root"));
                root.join(path.strip_prefix("/").unwrap_or(path))
            }
            _ => path.to_owned(),
        }
    }

    /// Runs a line of shell in the room.
    ///
    /// # Errors
    ///
    /// [`NoRoom`] when it fails.
    pub fn do_in(&self, line: &str) -> Result<(), NoRoom> {
        let output: Output = self
            .command(Path::new("sh"))
            .args(["-c", line])
            .stdin(Stdio::null())
            .output()
            .map_err(|source| NoRoom::Program { program: "nsenter".to_owned(), source })?;
        match output.status.success() {
            true => Ok(()),
            false => Err(NoRoom::Refused {
                command: line.to_owned(),
                said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            }),
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Some(holder) = &mut self.holder {
            // It may have ended already.
            let _ = holder.kill();
            let _ = holder.wait();
        }
    }
}

/// Away from this user's own settings; only where programs are found stays.
fn clean(mut command: Command) -> Command {
    command.env_clear().env("TZ", "UTC");
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}
