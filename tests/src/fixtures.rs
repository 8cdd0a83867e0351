//! Data as this version of the grid writes it, kept in `tests/fixtures`: every later version has to read it.
//!
//! `cargo run -p grid-tests --bin make-fixtures` writes it anew, which only a change of a format justifies; then the
//! old data stays beside the new. The keys in it belong to groups that exist nowhere else.

mod governing;

pub use governing::governing_records;

use grid_node::store::LocalRecord;
use grid_protocol::codec;
use grid_protocol::control::Record;
use grid_protocol::entry::Entry;
use grid_protocol::invite::OpenPage;
use grid_protocol::run::Run;
use grid_protocol::sync::{Gossip, Request, Response, unpack};
use serde_json::Value;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Ending of a file that is kept compressed: the store reserves space that it does not use yet.
const PACKED: &str = "zst";
/// What a home holds only while its node runs, and where it lies.
const PASSING: &[&str] = &["lock", "api.sock", "api.token", "api.json", "place"];
/// The best that zstd does without needing more memory to unpack.
const LEVEL: i32 = 19;

/// Where the fixtures of this format are.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/format-1")
}

/// Where the fixture of a home with a passphrase is, which came with the third format of the key file.
pub fn sealed_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/format-3")
}

/// The pages of the invite that brings some.
pub fn pages() -> Vec<OpenPage> {
    let page = |purpose: &str, title: &str, text: &str| OpenPage {
        title: title.to_owned(),
        purpose: purpose.to_owned(),
        by: "Weir".to_owned(),
        text: text.to_owned(),
    };
    vec![
        page("value", "What you get", "Songs, a van on Saturdays, and people who come when you call.\n"),
        page("faq", "“Must we agree on everything?”", "No. Each group acts in its own way. — Äußert euch! מים\n"),
    ]
}

/// The content of an encoded sample, in a form that can be compared. Its name begins with what it is.
///
/// # Errors
///
/// When it does not decode.
pub fn content(name: &str, bytes: &[u8]) -> Result<Value, Box<dyn Error>> {
    Ok(match name.split(['-', '.']).next().unwrap_or_default() {
        "record" => serde_json::to_value(Record::decode(bytes)?)?,
        "entry" => serde_json::to_value(Entry::decode(bytes)?)?,
        "run" => serde_json::to_value(codec::decode::<Run>(bytes)?)?,
        "request" => serde_json::to_value(unpack::<Request>(bytes)?)?,
        "response" => serde_json::to_value(unpack::<Response>(bytes)?)?,
        "local" => serde_json::to_value(codec::decode::<LocalRecord>(bytes)?)?,
        "gossip" => serde_json::to_value(unpack::<Gossip>(bytes)?)?,
        other => return Err(format!("nothing is called {other}").into()),
    })
}

/// Copies a home that no node uses, its store compressed.
///
/// # Errors
///
/// When a file can't be read or written.
pub fn pack_home(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    copy(from, to, &|path, bytes| {
        let is_stored = path.components().any(|part| part.as_os_str() == "store");
        Ok(if is_stored { (added(path), zstd::encode_all(bytes.as_slice(), LEVEL)?) } else { (path.to_owned(), bytes) })
    })
}

/// Makes a home of a packed one.
///
/// # Errors
///
/// When a file can't be read or written.
pub fn unpack_home(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    copy(from, to, &|path, bytes| {
        Ok(match path.extension() {
            Some(ending) if ending == PACKED => (path.with_extension(""), zstd::decode_all(bytes.as_slice())?),
            _ => (path.to_owned(), bytes),
        })
    })
}

/// A path with the ending of packed files.
fn added(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(PACKED);
    PathBuf::from(name)
}

type Change = dyn Fn(&Path, Vec<u8>) -> Result<(PathBuf, Vec<u8>), Box<dyn Error>>;

fn copy(from: &Path, to: &Path, change: &Change) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for item in fs::read_dir(from)? {
        let item = item?;
        let (path, target) = (item.path(), to.join(item.file_name()));
        if item.file_type()?.is_dir() {
            copy(&path, &target, change)?;
        } else if !PASSING.iter().any(|name| item.file_name() == *name) {
            let (target, bytes) = change(&target, fs::read(path)?)?;
            fs::write(target, bytes)?;
        }
    }
    Ok(())
}
