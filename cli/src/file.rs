//! Files that people name on the command line; `-` is stdin.

use crate::failure::{Exit, Failure};
use std::{
    fs::{self, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// The bytes of a file, at most `limit` of them.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read = if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|error| unreadable(path, &error))?;
    if bytes.len() > limit {
        let message = format!("{} is too large: at most {} kB are taken", shown(path), limit / 1024);
        return Err(Failure::usage(message).code("too_large").hint("shorten it, or split it into several files"));
    }
    Ok(bytes)
}

/// The text of a file.
pub(crate) fn read_text(path: &Path, limit: usize) -> Result<String, Failure> {
    String::from_utf8(read(path, limit)?).map_err(|_| {
        Failure::usage(format!("{} is no plain text", shown(path)))
            .hint("save it as plain text (UTF-8), not as a document of an office program")
    })
}

/// Writes a file that anybody on this computer may read.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|error| unwritable(path, &error))
}

/// A file that is there, empty, and was not before; taken away again unless it is filled.
#[derive(Debug)]
pub(crate) struct NewFile {
    path: PathBuf,
    file: Option<fs::File>,
}

impl NewFile {
    /// Makes a file that only its owner may read, where there is none yet.
    pub(crate) fn private(path: &Path) -> Result<Self, Failure> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = file.map_err(|error| unwritable(path, &error))?;
        Ok(Self { path: path.to_owned(), file: Some(file) })
    }

    /// Fills it.
    pub(crate) fn fill(mut self, bytes: &[u8]) -> Result<(), Failure> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let filled = file.write_all(bytes).and_then(|()| file.sync_all());
        filled.map_err(|error| {
            let _ = fs::remove_file(&self.path);
            unwritable(&self.path, &error)
        })
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if self.file.is_some() {
            // What stays is empty.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// How a file is called in a message.
fn shown(path: &Path) -> String {
    if path == Path::new("-") { "what came from the pipe".to_owned() } else { path.display().to_string() }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let exit = if error.kind() == io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Failed };
    let hint = match error.kind() {
        io::ErrorKind::NotFound => "check the name of the file and the directory you are in",
        io::ErrorKind::IsADirectory => "name a file in that directory",
        io::ErrorKind::PermissionDenied => {
            "the file belongs to somebody else: ask them, or copy it to a place of yours"
        }
        _ => "copy the file to another place and try again",
    };
    Failure::new(exit, format!("could not read {}: {error}", shown(path))).hint(hint)
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::new(Exit::Failed, format!("could not write {}: {error}", path.display()));
    match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::usage(format!("{} is there already", path.display()))
            .code("file_exists")
            .hint("choose another name, or take the file away first"),
        io::ErrorKind::NotFound => failure.hint("make the directory first, or name one that is there"),
        io::ErrorKind::IsADirectory => failure.hint("name a file in that directory"),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            failure.hint("choose a place where you may write, such as your own directory")
        }
        io::ErrorKind::StorageFull => failure.hint("make room on the disk, or choose another place"),
        _ => failure.hint("choose another place"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_of_a_file_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        fs::write(&file, "four").unwrap();
        for failure in [
            read(&dir.path().join("missing"), 9).unwrap_err(),
            read(dir.path(), 9).unwrap_err(),
            read(&file, 3).unwrap_err(),
            write(dir.path(), b"x").unwrap_err(),
            write(&dir.path().join("b/c"), b"x").unwrap_err(),
            NewFile::private(&file).unwrap_err(),
        ] {
            assert!(failure.hint.is_some(), "{failure:?}");
        }
        assert!(shown(Path::new("-")).contains("pipe"));
        assert_eq!(fs::read(&file).unwrap(), b"four");
    }

    #[test]
    fn a_new_file_that_is_not_filled_is_taken_away() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        drop(NewFile::private(&path).unwrap());
        assert!(!path.exists());
        NewFile::private(&path).unwrap().fill(b"x").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"x");
    }
}
