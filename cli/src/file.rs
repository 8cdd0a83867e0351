//! Files that people name on the command line; `-` is stdin.

use crate::failure::{Exit, Failure};
use std::{
    fs,
    io::{self, Read as _},
    path::Path,
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
        let message = format!("{} is too large: at most {limit} bytes are taken", path.display());
        return Err(Failure::usage(message).code("too_large"));
    }
    Ok(bytes)
}

/// The text of a file.
pub(crate) fn read_text(path: &Path, limit: usize) -> Result<String, Failure> {
    String::from_utf8(read(path, limit)?).map_err(|_| {
        Failure::usage(format!("{} is no plain text", path.display()))
            .hint("save it as plain text (UTF-8), not as a document of an office program")
    })
}

/// Writes a file that anybody on this computer may read.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|error| Failure::io(&format!("write {}", path.display()), &error))
}

/// Writes a file that only its owner may read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    grid_node::home::write_private(path, bytes)
        .map_err(|error| Failure::io(&format!("write {}", path.display()), &error))
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let exit = if error.kind() == io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Failed };
    let failure = Failure::new(exit, format!("could not read {}: {error}", path.display()));
    if exit == Exit::NotFound {
        failure.hint("check the name of the file and the directory you are in")
    } else {
        failure
    }
}
