//! Which version of a record was read last on this home, so that an edit of a text is a change of what its writer
//! saw, and not of what others made of it since.
//!
//! It is a cache: without it an edit may be refused until the record is shown again, and nothing is lost.

use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// So many records are remembered.
const RECORDS: usize = 256;
/// A file that is larger was not written here.
const BYTES: u64 = 1024 * 1024;

/// The versions that were read last.
#[derive(Debug)]
pub(crate) struct Seen {
    path: PathBuf,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    /// The oldest first.
    seen: Vec<Version>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Version {
    id: String,
    heads: Vec<String>,
}

impl Seen {
    /// What was read on a home.
    pub(crate) fn on(home: &Path) -> Self {
        Self { path: home.join("seen.json") }
    }

    /// The version of a record that was read last.
    pub(crate) fn heads(&self, id: &str) -> Option<Vec<String>> {
        let mut file = File::open(&self.path).ok()?;
        file.lock_shared().ok()?;
        let found = read(&mut file).seen.into_iter().find(|version| version.id == id);
        found.map(|version| version.heads)
    }

    /// Notes the version of a record that was read just now.
    pub(crate) fn note(&self, id: &str, heads: &[String]) {
        let version = Version { id: id.to_owned(), heads: heads.to_vec() };
        self.change(id, Some(version).filter(|version| !version.heads.is_empty()));
    }

    /// Forgets a record: nobody has read it as it is now.
    pub(crate) fn forget(&self, id: &str) {
        self.change(id, None);
    }

    fn change(&self, id: &str, version: Option<Version>) {
        // What could not be noted is asked for again.
        let _ = self.rewrite(|content| {
            content.seen.retain(|known| known.id != id);
            content.seen.extend(version);
            let surplus = content.seen.len().saturating_sub(RECORDS);
            content.seen.drain(..surplus);
        });
    }

    /// Two commands at once take turns.
    fn rewrite(&self, change: impl FnOnce(&mut Content)) -> io::Result<()> {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&self.path)?;
        file.lock()?;
        let mut content = read(&mut file);
        change(&mut content);
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(serde_json::to_string(&content)?.as_bytes())
    }
}

/// A file that does not read is as good as none.
fn read(file: &mut File) -> Content {
    let mut text = String::new();
    match file.take(BYTES).read_to_string(&mut text) {
        Ok(_) => serde_json::from_str(&text).unwrap_or_default(),
        Err(_) => Content::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn heads(text: &str) -> Vec<String> {
        vec![text.to_owned()]
    }

    #[test]
    fn the_last_version_counts_and_only_its_owner_may_read_it() {
        let home = tempfile::tempdir().unwrap();
        let seen = Seen::on(home.path());
        assert_eq!(seen.heads("a"), None);
        seen.note("a", &heads("1"));
        seen.note("b", &heads("2"));
        seen.note("a", &heads("3"));
        assert_eq!((seen.heads("a"), seen.heads("b")), (Some(heads("3")), Some(heads("2"))));
        seen.forget("a");
        assert_eq!(seen.heads("a"), None);
        let mode = std::fs::metadata(home.path().join("seen.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_a_damaged_file_is_none() {
        let home = tempfile::tempdir().unwrap();
        let seen = Seen::on(home.path());
        (0..=RECORDS).for_each(|number| seen.note(&number.to_string(), &heads("x")));
        assert_eq!((seen.heads("0"), seen.heads("1")), (None, Some(heads("x"))));
        std::fs::write(home.path().join("seen.json"), "{torn").unwrap();
        assert_eq!(seen.heads("1"), None);
        seen.note("1", &heads("y"));
        assert_eq!(seen.heads("1"), Some(heads("y")));
    }
}
