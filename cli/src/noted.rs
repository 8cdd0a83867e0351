//! What the people of a home have seen, in files of the home.
//!
//! They are notes: without them everything is new once more, and nothing is lost.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// The version of the files.
const VERSION: u8 = 1;
/// A file that is larger was not written here.
const BYTES: u64 = 16 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    version: u8,
    #[serde(flatten)]
    content: T,
}

/// A file that does not read, or of a version to come, is as good as none: everything is new once more.
pub(crate) fn read<T: DeserializeOwned + Default>(path: &Path) -> T {
    let small = fs::metadata(path).is_ok_and(|meta| meta.len() <= BYTES);
    let text = if small { fs::read_to_string(path).unwrap_or_default() } else { String::new() };
    match serde_json::from_str(&text) {
        Ok(Versioned { version: VERSION, content }) => content,
        _ => T::default(),
    }
}

/// The whole file or none of it: a new one takes the place of the old. Its owner alone can read it.
pub(crate) fn write<T: Serialize>(path: &Path, content: &T) -> io::Result<()> {
    let new: PathBuf = path.with_extension("json.new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(serde_json::to_string(&Versioned { version: VERSION, content })?.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeMap, os::unix::fs::PermissionsExt as _};

    type Seen = BTreeMap<String, BTreeMap<String, u64>>;

    #[test]
    fn what_was_seen_is_kept_for_its_owner_and_a_damaged_file_is_none() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("news.json");
        write(&path, &Seen::from([("seen".to_owned(), BTreeMap::from([("d".to_owned(), 7)]))])).unwrap();
        assert_eq!(read::<Seen>(&path)["seen"]["d"], 7);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for text in ["{torn", r#"{"version": 9, "seen": {"d": 7}}"#] {
            fs::write(&path, text).unwrap();
            assert!(read::<Seen>(&path).is_empty(), "{text}");
        }
    }
}
