//! `--editor`: a text in the editor that its writer is used to.

use super::base;
use crate::{
    failure::{Exit, Failure},
    file::{self, NewFile},
};
use clap::{Arg, ArgMatches};
use grid_protocol::{
    limits::MAX_TEXT,
    record::{Field, Kind},
};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// `--editor`, where a kind has a long text.
pub(super) fn argument(kind: &Kind) -> Option<Arg> {
    let mut names = base::texts(kind).map(Field::flag);
    let first = names.next()?;
    let help = match names.next() {
        None => format!("Change the {first} in your editor ($VISUAL or $EDITOR)"),
        Some(_) => format!("Change a text in your editor ($VISUAL or $EDITOR); FIELD says which [default: {first}]"),
    };
    let arg = Arg::new("editor").long("editor").value_name("FIELD").num_args(0..=1).require_equals(true);
    Some(arg.default_missing_value(first).help(help))
}

/// The field that `--editor` names.
pub(super) fn field<'k>(kind: &'k Kind, matches: &ArgMatches) -> Result<Option<&'k Field>, Failure> {
    let Some(name) = matches.try_get_one::<String>("editor").ok().flatten() else { return Ok(None) };
    let found = base::texts(kind).find(|field| field.flag() == *name);
    found.map(Some).ok_or_else(|| {
        let texts: Vec<String> = base::texts(kind).map(Field::flag).collect();
        Failure::usage(format!("--editor takes a long text, and {name:?} is none")).hint(format!(
            "{} has these: {}",
            kind.one(),
            texts.join(", ")
        ))
    })
}

/// What came out of the editor.
pub(super) struct Edited {
    /// The field in its JSON form.
    pub(super) value: Value,
    /// The file, which stays until the text is written.
    kept: PathBuf,
}

impl Edited {
    /// The text is written: the file has done its work.
    pub(super) fn done(self) {
        // It lies in the home, which nobody else can look into.
        let _ = std::fs::remove_file(self.kept);
    }

    /// Says where the text is, when it could not be written.
    pub(super) fn kept(self, failure: Failure) -> Failure {
        let kept = format!("your text is kept in {}", self.kept.display());
        let hint = failure.hint.as_ref().map_or_else(|| kept.clone(), |hint| format!("{hint}; {kept}"));
        failure.hint(hint)
    }
}

/// Opens a text of a record in the editor; nothing where it comes back as it was.
pub(super) fn open(field: &Field, record: Option<&Value>, home: &Path) -> Result<Option<Edited>, Failure> {
    let chosen = ["VISUAL", "EDITOR"].iter().filter_map(std::env::var_os).find(|value| !value.is_empty());
    let editor = chosen.ok_or_else(|| {
        Failure::usage("no editor is named: neither VISUAL nor EDITOR is set").hint("for example: export EDITOR=nano")
    })?;
    let random = getrandom::u64().map_err(|error| Failure::new(Exit::Failed, format!("no randomness: {error}")))?;
    let path = home.join(format!("edit-{random:016x}.md"));
    let before = record.and_then(|record| record[&*field.name].as_str()).unwrap_or_default();
    NewFile::private(&path)?.fill(before.as_bytes())?;
    let edited = run(editor, &path).and_then(|()| file::read_text(&path, MAX_TEXT));
    let text = edited.inspect_err(|_| drop(std::fs::remove_file(&path)))?;
    // Editors end the last line where the text had no end.
    let text = if before.ends_with('\n') { &*text } else { text.strip_suffix('\n').unwrap_or(&text) };
    if text == before {
        let _ = std::fs::remove_file(&path);
        return Ok(None);
    }
    let value = field.from_text(text).map_err(|unfit| Failure::usage(format!("{}: {unfit}", field.name)))?;
    Ok(Some(Edited { value: value.map_or(Value::Null, |value| value.to_json()), kept: path }))
}

/// The setting may hold words of its own, as in `code --wait`.
fn run(mut editor: std::ffi::OsString, path: &Path) -> Result<(), Failure> {
    editor.push(" \"$1\"");
    let status = Command::new("sh").arg("-c").arg(&editor).arg("sh").arg(path).status();
    let status = status.map_err(|error| Failure::io("start the editor", &error))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(Exit::Failed, format!("the editor ended with {status}; nothing was changed"))
        .hint("check what VISUAL and EDITOR say"))
}
