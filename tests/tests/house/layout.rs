//! What lies where, and how files look from outside.

use super::source::Source;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a visitor sees first.
pub(crate) const TOP_LEVEL: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "cli",
    "docs",
    "node",
    "protocol",
    "tests",
];

/// The aim is 400 lines; beyond this a file has to be split.
pub(crate) const MOST_LINES: usize = 480;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of a file of the repository; none when it is no text.
pub(crate) fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(root().join(path)).ok()
}

/// Every file that git tracks, as long as it exists; where there is no git, every file.
pub(crate) fn tracked_files() -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let mut files = match listed {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout)
            .split('\0')
            .filter(|path| !path.is_empty())
            .map(str::to_owned)
            .collect(),
        _ => walk(&root(), ""),
    };
    files.retain(|path| root().join(path).exists());
    files.sort();
    files
}

fn walk(directory: &Path, prefix: &str) -> Vec<String> {
    let mut files = Vec::new();
    for item in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", item.file_name().to_string_lossy());
        if item.path().is_dir() {
            if !matches!(name.as_str(), "target" | ".git") {
                files.extend(walk(&item.path(), &format!("{name}/")));
            }
        } else {
            files.push(name);
        }
    }
    files
}

/// All Rust files.
pub(crate) fn rust_files() -> Vec<Source> {
    let files = tracked_files();
    let sources: Vec<Source> = files
        .iter()
        .filter(|path| path.ends_with(".rs"))
        .filter_map(|path| read(path).map(|text| Source::new(path, &text)))
        .collect();
    assert!(sources.len() > 100, "found only {} files: is the source where it should be?", sources.len());
    sources
}

/// The names at the top that do not begin with a dot.
pub(crate) fn visible_top_level(files: &[String]) -> Vec<&str> {
    let names: BTreeSet<&str> = files.iter().filter_map(|path| path.split('/').next()).collect();
    names.into_iter().filter(|name| !name.starts_with('.')).collect()
}

/// What to say about a file that is too long.
pub(crate) fn too_long(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > MOST_LINES).then(|| format!("{path}: {lines} lines, at most {MOST_LINES}"))
}

/// Whether a file says at its top what it is, in more than a placeholder.
pub(crate) fn has_story(text: &str) -> bool {
    text.lines().next().and_then(|line| line.strip_prefix("//! ")).is_some_and(|story| story.trim().len() > 8)
}

/// Places that exist on one machine only.
pub(crate) fn machine_paths(text: &str) -> Vec<String> {
    let places = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];
    text.split(|c: char| c.is_whitespace() || "\"'`()<>,;".contains(c))
        .filter(|word| places.iter().any(|place| word.starts_with(place)))
        .map(str::to_owned)
        .collect()
}

/// Links from a page to files that are not there.
pub(crate) fn dead_links(page: &str, text: &str) -> Vec<String> {
    let folder = Path::new(page).parent().unwrap_or(Path::new(""));
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| !target.contains("://") && !target.starts_with('#'))
        .filter(|target| !root().join(folder).join(target.split('#').next().unwrap_or_default()).exists())
        .map(|target| format!("{page}: {target}"))
        .collect()
}

/// Those of `names` that a manifest depends on.
pub(crate) fn dependencies_among(manifest: &str, names: &[&str]) -> Vec<String> {
    let keys = manifest.lines().filter_map(|line| line.split(['.', '=', ' ']).next());
    keys.filter(|key| names.contains(key)).map(str::to_owned).collect()
}
